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
from .history import Tally, report_quads, stored_report
from .iris import Iris
from .parts import FACTS, Readable, owned
from .settle import Names
from .store import Store, Writer
from .tombstones import buried, lifted

# Part of every record's hash: another number rebuilds every paper at its next import. To be
# raised when build.py makes other quads of the same paper.
BUILD_VERSION = "2"


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
    """
    What commits have done so far; *replaced* are papers that went under another IRI.

    *tallies* are the counts of each run, or of each file that could not be opened, by its name.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    triples_added: int = 0
    triples_removed: int = 0
    replaced: set[NamedNode] = field(default_factory=set)
    tallies: dict[Run | str, Tally] = field(default_factory=dict)

    def tally(self, run: Run | str) -> Tally:
        """The counts of *run*."""
        return self.tallies.setdefault(run, Tally())


class Committer:
    """
    Commits entries to *store*, one batch after another; *wait* as for `Store.writing`.

    *operation* is what its runs are reported to be: see `scholargraph.graph.history.RunSummary`.
    """

    def __init__(self, store: Store, *, wait: float = 30.0, operation: str = "import") -> None:
        self._store = store
        self._wait = wait
        self._operation = operation
        self._names = Names(store.iris)
        self._last = ""

    def commit(
        self,
        entries: Sequence[Entry],
        outcome: Outcome,
        *,
        alive: Container[NamedNode] = (),
        optimize: bool = False,
        last: bool = False,
    ) -> None:
        """
        Makes the graph say what *entries* say, in one transaction for each run that brings some;
        counts it in *outcome*, and reports it in the graph.

        A paper of *alive* is not taken for the former state of another. With *last*, all reports
        are final.

        Raises: StoreBusy, StoreError.
        """
        with self._store.writing(wait=self._wait) as writer:
            if self._store.current() != self._last:
                self._names.forget()
            groups: dict[Run, list[Entry]] = {}
            for entry in entries:
                groups.setdefault(entry.run, []).append(entry)
            for run, group in groups.items():
                self._commit(writer, run, group, outcome, alive)
            if last:
                self._close(writer, outcome)
            if optimize:
                writer.optimize()
        self._last = writer.published

    def _close(self, writer: Writer, outcome: Outcome) -> None:
        remove: list[Quad] = []
        add: list[Quad] = []
        for run, tally in outcome.tallies.items():
            if tally.touched:
                gone, come = self._report(writer, run, tally, over=True)
                remove += gone
                add += come
        writer.apply(remove, add)

    def _report(
        self, writer: Writer, run: Run | str, tally: Tally, *, over: bool
    ) -> tuple[list[Quad], list[Quad]]:
        """What to remove and to add so that the report of *run* says what *tally* says."""
        iris = self._store.iris
        if tally.number is None:
            writer.begin(self._operation)
            tally.number = writer.number()
            tally.started = _now()
        writer.begin(self._operation, tally.number)
        gone = stored_report(writer, tally.number, iris)
        come = report_quads(
            run, tally, ended=_now(), over=over, operation=self._operation, iris=iris
        )
        return gone, list(come)

    def _commit(
        self,
        writer: Writer,
        run: Run,
        entries: Sequence[Entry],
        outcome: Outcome,
        alive: Container[NamedNode],
    ) -> None:
        iris = self._store.iris
        old: list[Quad] = []
        new: list[Quad] = []
        tally = outcome.tally(run)
        moved: dict[NamedNode, NamedNode | None] = {}
        _announce(writer, entries, iris)
        for entry in entries:
            subject = subject_of(entry, iris)
            quads = list(entry_quads(entry, iris))
            stored = owned(writer, subject)
            if set(stored) == set(quads):
                outcome.unchanged += isinstance(entry, PaperEntry)
                tally.unchanged += isinstance(entry, PaperEntry)
                continue
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
            tally.changed += bool(stored or former)
            tally.new += not (stored or former)
            outcome.changed += bool(stored or former)
            outcome.new += not (stored or former)
        if not old and not new:
            return
        remove, add = self._names.settle(writer, old, new)
        gone, come = _record(writer, run, iris)
        remove += [*old, *gone]
        add += [*new, *come]
        removed, added = effect(writer, remove, add)
        tally.triples_removed += removed
        tally.triples_added += added
        outcome.triples_removed += removed
        outcome.triples_added += added
        stones = buried(old, moved, iris)
        back = lifted(writer, add, iris)
        gone, come = self._report(writer, run, tally, over=False)
        writer.apply([*remove, *back, *gone], [*add, *stones, *come])


def _announce(writer: Writer, entries: Sequence[Entry], iris: Iris) -> None:
    """Tells *writer* what will be looked up of *entries*."""
    writer.expect([subject_of(entry, iris) for entry in entries], parts=True)
    papers = [entry.paper for entry in entries if isinstance(entry, PaperEntry)]
    writer.expect_values(v.IDENTIFIER, [Literal(paper.id) for paper in papers])
    writer.expect_values(v.TITLE, [Literal(paper.title) for paper in papers if paper.title])


def effect(writer: Writer, remove: Sequence[Quad], add: Sequence[Quad]) -> tuple[int, int]:
    """How many facts go and how many come when *remove* gives way to *add*."""
    gone = {quad for quad in remove if quad.graph_name == FACTS}
    come = {quad for quad in add if quad.graph_name == FACTS}
    removed = sum(quad in writer for quad in gone - come)
    return removed, sum(quad not in writer for quad in come)


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
    moment = Literal(_now(), datatype=v.XSD_DATE_TIME)
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


def _now() -> str:
    moment = datetime.datetime.now(datetime.UTC)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
