"""Files into the store: read, skip what is unchanged, extract, commit in batches, report."""

import datetime
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pyoxigraph import NamedNode

import scholargraph
from scholargraph.extract import sources
from scholargraph.extract.mentions import Extraction
from scholargraph.extract.papers import Paper, Profile, Refusal

from . import vocab as v
from .build import Run, run_iri, source_iri
from .commit import (
    Committer,
    Entry,
    Outcome,
    PaperEntry,
    ProfileEntry,
    captured_before,
    entry_quads,
    record_hash,
    stored_sources,
    subject_of,
)
from .entities import value_of
from .history import Skipped, Tally
from .history import run as summary
from .parts import FACTS, owned
from .snapshots import Snapshot
from .store import Store

# Papers of a first commit, extracted in some 10 s; and of the largest, by what it holds in memory.
BATCH = 256
_LARGEST = 2_048
# The part of what is done that an interruption may cost. What a commit adds the engine sorts into
# what is there, which takes the longer the more that is: so commits become fewer.
_AT_RISK = 4

# From here on the folder is compacted at the end: DESIGN measured disk queries 1.1 to 14 times
# cheaper after it, and 0.3 s of work at 100,000 triples. On the way it does not pay.
_OPTIMIZE_FROM = 5_000

Extractor = Callable[[Iterable[Paper]], Iterator[tuple[Paper, Extraction]]]


@dataclass(frozen=True, slots=True)
class Report:
    """
    What an import did.

    *read* counts papers; *new*, *changed* and *unchanged* are those now in the graph. *skipped* is
    what was refused, with its place: a paper, or a part of one that went in without it. *papers* is
    how many the store holds now. *joined* counts records that came to a paper of another source.
    """

    read: int
    new: int
    changed: int
    unchanged: int
    skipped: tuple[Refusal, ...]
    triples_added: int
    triples_removed: int
    papers: int
    seconds: float
    joined: int = 0

    def text(self) -> str:
        """
        The report for people, several lines without a newline at the end.

        >>> print(Report(3, 2, 0, 1, (), 210, 0, 40, 1.5).text())
        3 papers read in 1.5 s: 2 new, 0 changed, 1 unchanged, 0 refused
        210 triples added, 0 removed; 40 papers in the store
        """
        lines = [
            f"{_number(self.read, 'paper')} read in {self.seconds:.1f} s: {self.new:,} new, "
            f"{self.changed:,} changed, {self.unchanged:,} unchanged, "
            f"{len(self.skipped):,} refused",
            f"{_number(self.triples_added, 'triple')} added, {self.triples_removed:,} removed; "
            f"{_number(self.papers, 'paper')} in the store",
        ]
        if self.joined:
            lines.append(
                f"{_number(self.joined, 'record')} of papers that another source speaks of too; "
                "their pages say where the sources disagree"
            )
        return "\n".join([*lines, *(f"refused: {refusal}" for refusal in self.skipped)])


def import_files(
    paths: Sequence[Path],
    store: Store,
    *,
    extract: Extractor,
    model: str,
    format: str = "auto",
    captured: datetime.date | None = None,
    columns: Mapping[str, str] | None = None,
    batch: int = BATCH,
    wait: float = 30.0,
    progress: Callable[[int], None] | None = None,
) -> Report:
    """
    Reads *paths* into *store*, and says what came of it.

    *extract* is given the papers that are new or changed, as a stream, and yields each with its
    extraction, in any order; *model* identifies it. *format*, *captured* and *columns* are as
    for `scholargraph.extract.sources.read`; a page that was imported before keeps its day of
    capture.
    A commit is made every *batch* papers, and more seldom when many thousands are done; each paper
    is whole in one of them: interrupted at any moment, an import can be run again. *progress* is
    told how many more papers are done. *wait* is how many seconds to wait for other writers.

    Raises: StoreBusy, StoreError; SourceError for an unknown *format*.
    """
    began = time.monotonic()
    if format != "auto" and format not in sources.FORMATS:
        known = ", ".join(sources.FORMATS)
        raise sources.SourceError(f"no format is called {format!r}; use auto or one of {known}")
    store.recover(wait=wait)
    snapshot = store.snapshot() if store.exists else None
    try:
        intake = _Intake(store, snapshot, model, captured, progress or _silent, columns)
        committer = Committer(store, wait=wait, extract=extract)
        ready: list[Entry] = []
        done = 0
        for paper, extraction in extract(intake.papers(paths, format)):
            ready.append(PaperEntry(paper, extraction, *intake.take_run(paper)))
            if len(ready) >= max(batch, min(done // _AT_RISK, _LARGEST)):
                ready = [*intake.take_profiles(), *ready, *intake.take_repeated()]
                committer.commit(ready, intake.outcome, alive=intake.seen)
                intake.progress(_papers_of(ready))
                done += len(ready)
                ready = []
        ready = [*intake.take_profiles(), *ready, *intake.take_repeated()]
        many = intake.outcome.new + len(ready) >= _OPTIMIZE_FROM
        if ready or intake.has_news():
            committer.commit(ready, intake.outcome, alive=intake.seen, optimize=many, last=True)
            intake.progress(_papers_of(ready))
    finally:
        if snapshot is not None:
            snapshot.close()
    if intake.waiting:
        raise ValueError(f"the extractor kept {_number(len(intake.waiting), 'paper')} to itself")
    outcome = intake.outcome
    return Report(
        read=intake.read,
        new=outcome.new,
        changed=outcome.changed,
        unchanged=intake.unchanged + outcome.unchanged,
        skipped=tuple(intake.refusals),
        triples_added=outcome.triples_added,
        triples_removed=outcome.triples_removed,
        papers=_papers_in(store),
        seconds=time.monotonic() - began,
        joined=outcome.joined,
    )


@dataclass(slots=True)
class _Intake:
    """The way of records from files to the extractor, and what was met on it."""

    store: Store
    snapshot: Snapshot | None
    model: str
    captured: datetime.date | None
    progress: Callable[[int], None]
    columns: Mapping[str, str] | None = None
    read: int = 0
    unchanged: int = 0
    refusals: list[Refusal] = field(default_factory=list)
    outcome: Outcome = field(default_factory=Outcome)
    # What this import has met: hashes of records with their files; the runs and hashes of papers
    # that are being extracted; records that other files have as well, which need not be.
    seen: dict[str, set[NamedNode]] = field(default_factory=dict)
    waiting: dict[Paper, list[tuple[Run, str]]] = field(default_factory=dict)
    repeated: list[PaperEntry] = field(default_factory=list)
    profiles: list[ProfileEntry] = field(default_factory=list)

    def papers(self, paths: Sequence[Path], format: str) -> Iterator[Paper]:
        """The papers of *paths* that have to be extracted."""
        for path in paths:
            run: Run | None = None
            try:
                run, day = self._run(path, format)
                for record in sources.read(
                    path, format=run.format, captured=day, columns=self.columns
                ):
                    if isinstance(record, Refusal):
                        self._refuse(record, run)
                    elif isinstance(record, Profile):
                        self._profile(record, run)
                    elif self._is_stale(record, run, path):
                        yield record
            except sources.SourceError as error:
                self._refuse(_refusal(path, str(error)), run or path.name)

    def take_profiles(self) -> list[ProfileEntry]:
        taken, self.profiles = self.profiles, []
        return taken

    def take_run(self, paper: Paper) -> tuple[Run, str]:
        """The run that *paper*, extracted now, was read by, and the hash of its record."""
        runs = self.waiting[paper]
        taken = runs.pop()
        if not runs:
            del self.waiting[paper]
        return taken

    def take_repeated(self) -> list[PaperEntry]:
        """The records that other files have as well, as far as those were extracted."""
        taken = [entry for entry in self.repeated if entry.paper not in self.waiting]
        self.repeated = [entry for entry in self.repeated if entry.paper in self.waiting]
        return taken

    def has_news(self) -> bool:
        """
        Whether a run has something to report that its last report does not say.

        A store is not made for a report alone.
        """
        return self.store.exists and any(
            tally.touched and not (tally.number is None and self._is_known(run, tally))
            for run, tally in self.outcome.tallies.items()
        )

    def _is_known(self, run: Run | str, tally: Tally) -> bool:
        """Whether *run*, which changed nothing, refused the same at its last time."""
        if not isinstance(run, Run) or self.snapshot is None:
            return False
        before = summary(self.snapshot, run_iri(run, self.store.iris).value)
        return before is not None and before.skipped == tuple(tally.skipped or ())

    def _leave(self, run: Run) -> None:
        self.unchanged += 1
        self.outcome.tally(run).unchanged += 1

    def _refuse(self, refusal: Refusal, run: Run | str) -> None:
        self.refusals.append(refusal)
        skipped = Skipped(refusal.path.name, refusal.line, refusal.reason)
        self.outcome.tally(run).skip(skipped)

    def _run(self, path: Path, format: str) -> tuple[Run, datetime.date | None]:
        kind = sources.recognise(path, self.columns) if format == "auto" else format
        sha256 = sources.source_hash(path)
        day = self.captured
        if day is None and self.snapshot is not None:
            earlier = captured_before(self.snapshot, sha256, self.store.iris)
            day = datetime.date.fromisoformat(earlier) if earlier else None
        if day is None and kind == "profile":
            day = datetime.date.today()
        run = Run(
            file_name=path.name,
            sha256=sha256,
            format=kind,
            version=scholargraph.__version__,
            model=self.model,
            captured=day.isoformat() if day else None,
        )
        return run, day

    def _profile(self, profile: Profile, run: Run) -> None:
        entry = ProfileEntry(profile, run)
        page = subject_of(entry, self.store.iris)
        if self.snapshot is not None:
            stored = owned(self.snapshot, page)
            if set(stored) == set(entry_quads(entry, self.store.iris)):
                return
        self.profiles.append(entry)

    def _is_stale(self, paper: Paper, run: Run, path: Path) -> bool:
        """Whether *paper* has to be extracted; counts it, and refuses what cannot be kept."""
        self.read += 1
        title = paper.title or paper.id
        if paper.verbatim:
            reason = (
                f"{title!r} has `text` instead of title and abstract, so there is nothing to keep "
                "it under; `scholargraph extract` reads such records"
            )
            self._refuse(Refusal(path, None, reason), run)
            return False
        try:
            digest = record_hash(paper, run)
        except UnicodeEncodeError:
            reason = f"{paper.id!r} has half of a surrogate pair in it; write the file as UTF-8"
            self._refuse(Refusal(path, None, reason), run)
            return False
        source = source_iri(run, self.store.iris)
        met = self.seen.setdefault(digest, set())
        if source in met or self._is_stored(digest, run):
            met.add(source)
            self._leave(run)
            self.progress(1)
            return False
        stored = self._stored(digest)
        met.add(source)
        if len(met) > 1 or stored:
            self.repeated.append(PaperEntry(paper, None, run, digest))
            return False
        self.waiting.setdefault(paper, []).append((run, digest))
        return True

    def _stored(self, digest: str) -> list[NamedNode]:
        """The files that the store has a record with this hash from, unless it was dropped."""
        if self.snapshot is None or digest in self.outcome.dropped:
            return []
        return stored_sources(self.snapshot, digest, self.store.iris)

    def _is_stored(self, digest: str, run: Run) -> bool:
        """Whether a state of the file of *run* has brought the record with this hash."""
        source = source_iri(run, self.store.iris)
        return any(
            stored == source or (self.snapshot is not None and self._file(stored) == _file(run))
            for stored in self._stored(digest)
        )

    def _file(self, source: NamedNode) -> tuple[str, str]:
        """The name and the format of a file of the store."""
        assert self.snapshot is not None
        said = {
            quad.predicate: value_of(quad.object)
            for quad in self.snapshot.quads(source, None, None, FACTS)
        }
        return said.get(v.FILE_NAME, ""), said.get(v.FORMAT, "")


def _file(run: Run) -> tuple[str, str]:
    return run.file_name, run.format


def _refusal(path: Path, message: str) -> Refusal:
    """A `SourceError` as a refusal: its message begins with the file, and the line if known."""
    match = re.match(rf"{re.escape(str(path))}:(?:(\d+):)? ", message)
    if match is None:
        return Refusal(path, None, message)
    return Refusal(path, int(match[1]) if match[1] else None, message[match.end() :])


def _papers_in(store: Store) -> int:
    if not store.exists:
        return 0
    with store.snapshot() as snapshot:
        return len(snapshot.quads(None, v.TYPE, v.ARTICLE, FACTS))


def _papers_of(entries: Sequence[Entry]) -> int:
    return sum(isinstance(entry, PaperEntry) for entry in entries)


def _number(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _silent(done: int) -> None:
    """No progress is shown."""
