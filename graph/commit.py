"""Papers and profiles into the store: one transaction that changes exactly what is stale."""

import datetime
import gc
import hashlib
import json
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, is_dataclass

from pyoxigraph import Literal, NamedNode, Quad

from scholargraph.extract.mentions import Extraction
from scholargraph.extract.papers import Paper, Profile

from . import vocab as v
from .build import Run, paper_quads, profile_quads, run_iri, run_quads, source_iri
from .decisions import decisions
from .history import Tally, report_quads, stored_report
from .indexing import missing
from .iris import Iris
from .parts import FACTS, Readable, owned
from .pool import Arrival
from .reconcile import Change, Extractor, Reconciler
from .settle import Names
from .store import Store, Writer
from .tombstones import buried, lifted

# Part of every record's hash: another number rebuilds every paper at its next import. To be
# raised when build.py makes other quads of the same paper.
BUILD_VERSION = "2"

# Of each class met, the names of its fields; of none that is no dataclass.
_FIELDS: dict[type, tuple[str, ...]] = {}


@dataclass(frozen=True, slots=True)
class PaperEntry:
    """
    A paper on its way into the store, and the run that brings it.

    *extraction* is None for a record that was read before, out of another file. *hash* is its
    `record_hash`, where that is known.
    """

    paper: Paper
    extraction: Extraction | None
    run: Run
    hash: str | None = None


@dataclass(frozen=True, slots=True)
class ProfileEntry:
    """A profile on its way into the store, and the run that brings it."""

    profile: Profile
    run: Run


Entry = PaperEntry | ProfileEntry


@dataclass(slots=True)
class Outcome:
    """
    What commits have done so far.

    *joined* counts records that came to a paper of another source; *dropped* are the hashes of
    records that gave way to a new state. *tallies* are the counts of each run, or of each file that
    could not be opened, by its name.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    triples_added: int = 0
    triples_removed: int = 0
    joined: int = 0
    dropped: set[str] = field(default_factory=set)
    tallies: dict[Run | str, Tally] = field(default_factory=dict)

    def tally(self, run: Run | str) -> Tally:
        """The counts of *run*."""
        return self.tallies.setdefault(run, Tally())


class Committer:
    """
    Commits entries to *store*, one batch after another; *wait* as for `Store.writing`.

    *operation* is what its runs are reported to be: see `scholargraph.graph.history.RunSummary`.
    *extract* reads what a record says where another gives way to it that was read.
    """

    def __init__(
        self,
        store: Store,
        *,
        wait: float = 30.0,
        operation: str = "import",
        extract: Extractor | None = None,
    ) -> None:
        self._store = store
        self._extract = extract
        self._wait = wait
        self._operation = operation
        self._names = Names(store.iris)
        self._last = ""

    def commit(
        self,
        entries: Sequence[Entry],
        outcome: Outcome,
        *,
        alive: Container[str] = (),
        optimize: bool = False,
        last: bool = False,
    ) -> None:
        """
        Makes the graph say what *entries* say, in one transaction for each run that brings some;
        counts it in *outcome*, and reports it in the graph.

        A record whose hash is in *alive* is not taken for the former state of another. With *last*,
        all reports are final.

        Raises: StoreBusy, StoreError.
        """
        with _uncollected(), self._store.writing(wait=self._wait, late=True) as writer:
            if self._store.current() != self._last:
                self._names.forget()
            if not writer.holds(self._store.iris.references_graph()):
                writer.apply([], missing(writer, self._store.iris))
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
        alive: Container[str],
    ) -> None:
        iris = self._store.iris
        tally = outcome.tally(run)
        _announce(writer, entries, iris)
        reconciler = Reconciler(
            writer,
            iris,
            decisions=decisions(writer, iris),
            extract=self._extract,
            model=run.model,
        )
        arrivals = [
            Arrival(entry.paper, entry.extraction, run, entry.hash or record_hash(entry.paper, run))
            for entry in entries
            if isinstance(entry, PaperEntry)
        ]
        change = reconciler.arrive(arrivals, alive=alive)
        for entry in entries:
            if isinstance(entry, ProfileEntry):
                stored = owned(writer, subject_of(entry, iris))
                quads = list(entry_quads(entry, iris))
                if set(stored) != set(quads):
                    change.old += stored
                    change.new += quads
        for counts in (outcome, tally):
            counts.new += change.came.count("new")
            counts.changed += change.came.count("changed")
            counts.unchanged += change.came.count("unchanged")
        outcome.joined += change.joined
        outcome.dropped |= change.dropped
        if not change.is_empty:
            self._apply(writer, run, change, outcome)

    def _apply(self, writer: Writer, run: Run, change: Change, outcome: Outcome) -> None:
        tally = outcome.tally(run)
        remove, add = settled(writer, self._names, change)
        for read in dict.fromkeys([run, *change.runs]):
            gone, come = on_record(writer, read, self._store.iris)
            remove += gone
            add += come
        effect = writer.effect(remove, add, change.written)
        removed, added = effect.facts
        tally.triples_removed += removed
        tally.triples_added += added
        outcome.triples_removed += removed
        outcome.triples_added += added
        gone, come = self._report(writer, run, tally, over=False)
        lifted, stones = tombstones(writer, change, add, self._store.iris)
        writer.apply([*gone, *lifted], [*come, *stones], known=effect)


@contextmanager
def _uncollected() -> Iterator[None]:
    """
    Keeps Python from looking for cycles among hundreds of thousands of quads, of which there are
    none: that takes a sixth of a commit's time.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def settled(writer: Writer, names: Names, change: Change) -> tuple[list[Quad], list[Quad]]:
    """
    What to remove and to add for *change*, with what authors and concepts are called then.

    What it has written out comes besides.
    """
    remove, add = names.settle(writer, change.old, change.new, change.witnessed)
    return [*remove, *change.old, *change.remove], [*add, *change.new, *change.add]


def tombstones(
    writer: Writer, change: Change, add: Sequence[Quad], iris: Iris
) -> tuple[list[Quad], list[Quad]]:
    """Those to remove, of what comes back with *add*, and those to add, for what ends."""
    stones = buried([*change.old, *change.remove], change.moved | change.works, iris)
    return lifted(writer, add, iris, change.written), stones


def _announce(writer: Writer, entries: Sequence[Entry], iris: Iris) -> None:
    """Tells *writer* what will be looked up of *entries*."""
    writer.expect([subject_of(entry, iris) for entry in entries], parts=True)
    papers = [entry.paper for entry in entries if isinstance(entry, PaperEntry)]
    writer.expect_values(v.IDENTIFIER, [Literal(paper.id) for paper in papers])
    writer.expect_values(v.TITLE, [Literal(paper.title) for paper in papers if paper.title])


def record_hash(paper: Paper, run: Run) -> str:
    """
    Tells whether *paper* has to be read again: over its record, the model and this version's quads.

    The last eight digits tell the model, and the rest everything else, so that a paper whose text
    is read by another model need not be imported for it: see `scholargraph.graph.reextraction`.
    The day of capture counts where the paper carries claims, since these say when they were made.

    Raises: UnicodeEncodeError for text with half of a surrogate pair, which no store can keep.
    """
    captured = run.captured if paper.claims else None
    value = [BUILD_VERSION, captured, paper]
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, default=_plain)
    return with_model(hashlib.sha256(text.encode()).hexdigest()[:32], run.model)


def with_model(digest: str, model: str) -> str:
    """The record hash *digest* of a paper that *model* has read."""
    return digest[:24] + hashlib.sha256(model.encode()).hexdigest()[:8]


def _plain(value: object) -> object:
    """For JSON: what `dataclasses.asdict` makes of *value*, in a fifth of the time."""
    kind = type(value)
    if kind not in _FIELDS:
        _FIELDS[kind] = tuple(part.name for part in fields(kind)) if is_dataclass(kind) else ()
    names = _FIELDS[kind]
    return {name: getattr(value, name) for name in names} if names else str(value)


def subject_of(entry: Entry, iris: Iris) -> NamedNode:
    """The resource that *entry* describes, which owns its quads."""
    if isinstance(entry, PaperEntry):
        return iris.paper(entry.paper)
    return iris.profile(entry.profile.author)


def entry_quads(entry: Entry, iris: Iris) -> Iterable[Quad]:
    """Every quad that the resource of *entry* shall own."""
    if isinstance(entry, PaperEntry):
        if entry.extraction is None:
            raise ValueError(f"{entry.paper.id}: a record that was not read has no evidence")
        digest = record_hash(entry.paper, entry.run)
        return paper_quads(entry.paper, entry.extraction, entry.run, iris, record_hash=digest)
    return profile_quads(entry.profile, entry.run, iris)


def stored_sources(graph: Readable, digest: str, iris: Iris) -> list[NamedNode]:
    """The files that *graph* has a record with this hash from."""
    return [
        said.object
        for place in (FACTS, iris.records_graph())
        for quad in graph.quads(None, v.RECORD_HASH, Literal(digest), place)
        if isinstance(quad.subject, NamedNode)
        for said in graph.quads(quad.subject, v.SOURCE, None, place)
        if isinstance(said.object, NamedNode)
    ]


def captured_before(graph: Readable, sha256: str, iris: Iris) -> str | None:
    """The day on which the file with this hash was captured, as an earlier import stated it."""
    days = graph.quads(iris.source(sha256), v.CAPTURED, None, FACTS)
    return max((q.object.value for q in days if isinstance(q.object, Literal)), default=None)


def on_record(writer: Writer, run: Run, iris: Iris) -> tuple[list[Quad], list[Quad]]:
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
