"""
The graph's own abstracts read again, by another release of the extractor: no file is needed.

Of a paper in which the extractor finds what it found before, only the hash changes that says by
which model it was read; so a file that is imported afterwards has not to be read again either.
"""

import datetime
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pyoxigraph import Literal, NamedNode, Quad

import scholargraph
from scholargraph.extract.mentions import Extraction
from scholargraph.extract.papers import Paper

from . import vocab as v
from .amending import Amender, run_of
from .build import Run, evidence_quads, run_iri
from .commit import on_record, with_model
from .entities import value_of
from .history import Tally, report_quads, stored_report
from .merging import text_record
from .parts import FACTS
from .pool import Pool
from .records import Held, held, record_node, whole_hash
from .settle import Names
from .store import Store, Writer

# What a re-extraction is reported to have read.
SOURCE = "the graph itself"
BATCH = 256

Extractor = Callable[[Iterable[Paper]], Iterator[tuple[Paper, Extraction]]]


@dataclass(frozen=True, slots=True)
class Reextraction:
    """How many papers were *read* again, in how many of them something else was found, triples."""

    read: int
    changed: int
    triples_added: int
    triples_removed: int
    seconds: float

    def text(self) -> str:
        """
        The re-extraction for people.

        >>> print(Reextraction(3, 1, 20, 18, 1.5).text())
        3 papers read again in 1.5 s: 1 changed; 20 triples added, 18 removed
        """
        return (
            f"{self.read:,} papers read again in {self.seconds:.1f} s: {self.changed:,} changed; "
            f"{self.triples_added:,} triples added, {self.triples_removed:,} removed"
        )


def reextract(
    store: Store,
    *,
    extract: Extractor,
    model: str,
    batch: int = BATCH,
    wait: float = 30.0,
    progress: Callable[[int], None] | None = None,
) -> Reextraction:
    """
    Reads every paper of *store* that another model than *model* has read, with *extract*.

    A commit is made every *batch* papers: interrupted at any moment, it can be run again, and goes
    on from there. Corrections stay. It is one numbered change, and a run of its own.

    Raises: StoreBusy, StoreError.
    """
    began = time.monotonic()
    store.recover(wait=wait)
    work = _Reading(store, model, wait)
    ready: list[tuple[Paper, Extraction]] = []
    for pair in extract(work.stale()):
        ready.append(pair)
        if len(ready) >= batch:
            work.commit(ready)
            if progress:
                progress(len(ready))
            ready = []
    if ready or work.tally.number is not None:
        work.commit(ready, last=True)
    tally = work.tally
    return Reextraction(
        read=tally.changed + tally.unchanged,
        changed=tally.changed,
        triples_added=tally.triples_added,
        triples_removed=tally.triples_removed,
        seconds=time.monotonic() - began,
    )


class _Reading:
    def __init__(self, store: Store, model: str, wait: float) -> None:
        self._store = store
        self._iris = store.iris
        self._model = model
        self._wait = wait
        self.tally = Tally()

    def stale(self) -> Iterator[Paper]:
        """The papers that another model has read, each called by its IRI."""
        with self._store.snapshot() as snapshot:
            articles = snapshot.quads(None, v.TYPE, v.ARTICLE, FACTS)
            for paper in sorted({value_of(quad.subject) for quad in articles}):
                was = held(snapshot, NamedNode(paper), self._iris)
                if was is not None and self._is_stale(was):
                    yield Paper(paper, was.title, was.abstract)

    def _is_stale(self, paper: Held) -> bool:
        return any(one.hash != with_model(one.hash, self._model) for one in paper.records)

    def commit(self, read: Sequence[tuple[Paper, Extraction]], *, last: bool = False) -> None:
        with self._store.writing(wait=self._wait) as writer:
            if self.tally.number is None:
                writer.begin("reextract")
                self.tally.number = writer.number()
                self.tally.started = _now()
            writer.begin("reextract", self.tally.number)
            change = _Change(writer, self._model)
            for paper, extraction in read:
                change.take(paper, extraction, self.tally)
            remove, add = change.settled()
            effect = writer.effect(remove, add)
            removed, added = effect.facts
            self.tally.triples_removed += removed
            self.tally.triples_added += added
            report = report_quads(
                SOURCE,
                self.tally,
                ended=_now(),
                over=last,
                operation="reextract",
                iris=self._iris,
                model=self._model,
            )
            stored = stored_report(writer, self.tally.number, self._iris)
            writer.apply(stored, report, known=effect)


class _Change:
    """What the readings of one batch change."""

    def __init__(self, writer: Writer, model: str) -> None:
        self._writer = writer
        self._iris = writer.iris
        self._model = model
        self._amender = Amender(writer, writer.iris)
        self._pool = Pool(writer, writer.iris, ())
        self._old: list[Quad] = []
        self._new: list[Quad] = []
        self._remove: list[Quad] = []
        self._add: list[Quad] = []
        self._runs: dict[Run, None] = {}

    def take(self, paper: Paper, extraction: Extraction, tally: Tally) -> None:
        iri = NamedNode(paper.id)
        was = held(self._writer, iri, self._iris)
        if was is None or (was.title, was.abstract) != (paper.title, paper.abstract):
            return  # it was removed or changed meanwhile
        known = self._pool.run(text_record(was.records).sources[0])
        if known is None:
            return
        run = replace(known, version=scholargraph.__version__, model=self._model)
        node = run_iri(run, self._iris)
        before = self._amender.machine(iri, was.evidence)
        read = list(evidence_quads(iri, paper, extraction, node, self._iris))
        self._hashes(was)
        if _plain(read) == _plain(before):
            tally.unchanged += 1
            return
        tally.changed += 1
        self._runs[run] = None
        origin = run_of(self._writer, iri, read) or node
        evidence, kept = self._amender.amended(iri, was.title, was.abstract, read, origin)
        self._old += was.evidence
        self._new += evidence
        self._remove += self._amender.saved(iri)
        self._add += kept

    def _hashes(self, was: Held) -> None:
        """Says of the paper, and of each of its records, that this model has read it."""
        hashes = {one.hash: with_model(one.hash, self._model) for one in was.records}
        if not was.beside:
            self._replace(was.iri, hashes[was.records[0].hash], FACTS)
            return
        for one in was.records:
            place = self._iris.records_graph()
            self._replace(record_node(was.iri, one), hashes[one.hash], place)
        self._replace(was.iri, whole_hash(hashes.values()), FACTS)

    def _replace(self, node: NamedNode, digest: str, place: object) -> None:
        graph = place if isinstance(place, NamedNode) else FACTS
        self._remove += self._writer.quads(node, v.RECORD_HASH, None, graph)
        self._add.append(Quad(node, v.RECORD_HASH, Literal(digest), graph))

    def settled(self) -> tuple[list[Quad], list[Quad]]:
        """What to remove and what to add."""
        remove, add = Names(self._iris).settle(self._writer, self._old, self._new)
        for run in self._runs:
            gone, come = on_record(self._writer, run, self._iris)
            remove += gone
            add += come
        return [*remove, *self._old, *self._remove], [*add, *self._new, *self._add]


def _plain(evidence: Iterable[Quad]) -> set[Quad]:
    return {quad for quad in evidence if quad.predicate != v.GENERATED_BY}


def _now() -> str:
    moment = datetime.datetime.now(datetime.UTC)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
