"""Papers and profiles into the store: one transaction that changes exactly what is stale."""

import datetime
import hashlib
import json
from collections.abc import Container, Iterator, Sequence
from dataclasses import asdict, dataclass, field

from pyoxigraph import Literal, NamedNode, Quad

from scholargraph.extract.mentions import Extraction
from scholargraph.extract.papers import Paper, Profile

from . import vocab as v
from .build import Run, paper_quads, profile_quads, run_iri, run_quads, source_iri
from .iris import Iris
from .parts import FACTS, Readable, owned
from .settle import Names
from .store import Store, Writer
from .tombstones import buried, lifted

# Part of every record's hash: another number rebuilds every paper at its next import. To be
# raised when build.py makes other quads of the same paper.
BUILD_VERSION = "1"


@dataclass(frozen=True, slots=True)
class PaperEntry:
    """A paper on its way into the store, and the run that brings it."""

    paper: Paper
    extraction: Extraction
    run: Run


@dataclass(frozen=True, slots=True)
class ProfileEntry:
    """A profile on its way into the store, and the run that brings it."""

    profile: Profile
    run: Run


Entry = PaperEntry | ProfileEntry


@dataclass(slots=True)
class Outcome:
    """What commits have done so far; *replaced* are papers that went under another IRI."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    triples_added: int = 0
    triples_removed: int = 0
    replaced: set[NamedNode] = field(default_factory=set)


class Committer:
    """Commits entries to *store*, one batch after another; *wait* as for `Store.writing`."""

    def __init__(self, store: Store, *, wait: float = 30.0) -> None:
        self._store = store
        self._wait = wait
        self._names = Names(store.iris)
        self._last = ""

    def commit(
        self,
        entries: Sequence[Entry],
        outcome: Outcome,
        *,
        alive: Container[NamedNode] = (),
        optimize: bool = False,
    ) -> None:
        """
        Makes the graph say what *entries* say, in one transaction; counts it in *outcome*.

        A paper of *alive* is not taken for the former state of another.

        Raises: StoreBusy, StoreError.
        """
        with self._store.writing(wait=self._wait) as writer:
            if self._store.current() != self._last:
                self._names.forget()
            self._commit(writer, entries, outcome, alive)
            if optimize:
                writer.optimize()
        self._last = writer.published

    def _commit(
        self,
        writer: Writer,
        entries: Sequence[Entry],
        outcome: Outcome,
        alive: Container[NamedNode],
    ) -> None:
        iris = self._store.iris
        old: list[Quad] = []
        new: list[Quad] = []
        runs: dict[Run, None] = {}
        moved: dict[NamedNode, NamedNode | None] = {}
        for entry in entries:
            subject = subject_of(entry, iris)
            quads = list(entry_quads(entry, iris))
            stored = owned(writer, subject)
            if set(stored) == set(quads):
                outcome.unchanged += isinstance(entry, PaperEntry)
                continue
            runs[entry.run] = None
            old += stored
            new += quads
            if isinstance(entry, ProfileEntry):
                continue
            former = [] if stored else list(_former(writer, entry, iris))
            former = [paper for paper in former if paper not in alive]
            former = [paper for paper in former if paper not in outcome.replaced]
            for paper in former:
                old += owned(writer, paper)
            moved.update(dict.fromkeys(former, subject))
            outcome.replaced.update(former)
            outcome.changed += bool(stored or former)
            outcome.new += not (stored or former)
        remove, add = self._names.settle(writer, old, new)
        for run in runs:
            gone, come = _record(writer, run, iris)
            remove += gone
            add += come
            # When runs began and ended is kept beside the facts, and is not counted among them.
            outcome.triples_removed -= sum(
                quad.graph_name != FACTS and quad not in come for quad in gone
            )
            outcome.triples_added -= sum(
                quad.graph_name != FACTS and quad not in writer for quad in come
            )
        stones = buried(old, moved, iris)
        back = lifted(writer, [*new, *add], iris)
        removed, added = writer.apply([*old, *remove, *back], [*new, *add, *stones])
        outcome.triples_removed += removed - len(back)
        outcome.triples_added += added - len(stones)


def record_hash(paper: Paper, run: Run) -> str:
    """
    Tells whether *paper* has to be read again: over its record, the model and this version's quads.

    The day of capture counts where the paper carries claims, since these say when they were made.

    Raises: UnicodeEncodeError for text with half of a surrogate pair, which no store can keep.
    """
    captured = run.captured if paper.claims else None
    value = [BUILD_VERSION, run.model, captured, asdict(paper)]
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def subject_of(entry: Entry, iris: Iris) -> NamedNode:
    """The resource that *entry* describes, which owns its quads."""
    if isinstance(entry, PaperEntry):
        return iris.paper(entry.paper)
    return iris.profile(entry.profile.author)


def entry_quads(entry: Entry, iris: Iris) -> Iterator[Quad]:
    """Every quad that the resource of *entry* shall own."""
    if isinstance(entry, PaperEntry):
        digest = record_hash(entry.paper, entry.run)
        return paper_quads(entry.paper, entry.extraction, entry.run, iris, record_hash=digest)
    return profile_quads(entry.profile, entry.run, iris)


def stored_hash(graph: Readable, paper: NamedNode) -> str | None:
    """The record hash that *paper* has in *graph*, None where the paper is not there."""
    for quad in graph.quads(paper, v.RECORD_HASH, None, FACTS):
        if isinstance(quad.object, Literal):
            return quad.object.value
    return None


def captured_before(graph: Readable, sha256: str, iris: Iris) -> str | None:
    """The day on which the file with this hash was captured, as an earlier import stated it."""
    days = graph.quads(iris.source(sha256), v.CAPTURED, None, FACTS)
    return max((q.object.value for q in days if isinstance(q.object, Literal)), default=None)


def _former(writer: Writer, entry: PaperEntry, iris: Iris) -> Iterator[NamedNode]:
    """
    Papers that *entry* is the new state of, though its IRI is another.

    That is where the title was corrected, a DOI came to be known, or the day of capture moved a
    date into another year: a paper with the same id or title, from a file of the same name. Since
    ids such as '1' are given by many, they must also share an author or the abstract.
    """
    paper = entry.paper
    authors = {iris.author(author.name) for author in paper.authors}
    candidates = writer.quads(None, v.IDENTIFIER, Literal(paper.id), FACTS)
    if paper.title:
        candidates += writer.quads(None, v.TITLE, Literal(paper.title), FACTS)
    for candidate in dict.fromkeys(quad.subject for quad in candidates):
        if not isinstance(candidate, NamedNode):
            continue
        values: dict[NamedNode, set[object]] = {}
        for quad in writer.quads(candidate, None, None, FACTS):
            values.setdefault(quad.predicate, set()).add(quad.object)
        names = {
            quad.object
            for source in values.get(v.SOURCE, ())
            if isinstance(source, NamedNode)
            for quad in writer.quads(source, v.FILE_NAME, None, FACTS)
        }
        shared = authors & values.get(v.CREATOR, set()) or (
            Literal(paper.abstract) in values.get(v.ABSTRACT, ())
        )
        if shared and Literal(entry.run.file_name) in names:
            yield candidate


def _record(writer: Writer, run: Run, iris: Iris) -> tuple[list[Quad], list[Quad]]:
    """What to remove and to add so that *run* is on record, as ending now."""
    activity, source, times = run_iri(run, iris), source_iri(run, iris), iris.runs_graph()
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    moment = Literal(now.replace("+00:00", "Z"), datatype=v.XSD_DATE_TIME)
    come = list(run_quads(run, iris))
    # A file known by an earlier name keeps it; its day of capture is the last one given.
    known = writer.quads(source, v.FILE_NAME, None, FACTS)
    if known:
        come = [quad for quad in come if quad.predicate != v.FILE_NAME]
    gone = writer.quads(source, v.CAPTURED, None, FACTS) if run.captured else []
    gone += writer.quads(activity, v.ENDED, None, times)
    come.append(Quad(activity, v.ENDED, moment, times))
    if not writer.quads(activity, v.STARTED, None, times):
        come.append(Quad(activity, v.STARTED, moment, times))
    return gone, come
