"""
What a change of records means for papers: which there are, under which IRIs, saying what.

Records that come are put beside those that the graph has of the same works; works are grouped anew
(see `scholargraph.graph.identify`), and each is one paper. A paper keeps the IRI under which it was
first. Where two papers turn out to be one, the IRI of the better identifier stays, and the other
leads to it. Nothing is changed here: a `Change` is what has to be.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from pyoxigraph import NamedNode, Quad

import scholargraph
from scholargraph.extract.mentions import Extraction
from scholargraph.extract.papers import Paper

from . import vocab as v
from .amending import Amender, run_of
from .build import (
    Run,
    claim_lines,
    evidence_lines,
    evidence_quads,
    run_iri,
    statement_lines,
    type_lines,
)
from .citations import Citations, Known
from .decisions import Decision
from .entities import value_of
from .identify import title_digests
from .iris import Iris, digest, paper_keys
from .merging import merged, text_record
from .ntriples import Lines, each_once, line, literal, quads_in
from .parts import FACTS, Readable
from .pool import Arrival, Piece, Pool
from .records import Held, Record, record_quads, whole_hash
from .witnesses import Counts, add_to, is_plain, witnessed_in

Extractor = Callable[[Iterable[Paper]], Iterator[tuple[Paper, Extraction]]]


@dataclass(slots=True)
class Change:
    """
    Quads to remove and to add, in the facts and beside them.

    *old* and *new* are what papers own among the facts; *remove* and *add* all the rest. *written*
    has, of papers that were not there, lines of all that they own among the facts, and *witnessed*
    what these say of authors and concepts: quads of thousands of papers take their time. *moved*
    has the papers that end, with their successors if they have some; *works* the cited works that
    are papers now. *came* says of each arrival what it did: ``new``, ``changed`` or ``unchanged``;
    *joined* counts those that came to a paper of another source. *dropped* has the hashes of
    records that gave way to a new state. *runs* read something beside those that came. *before* and
    *after* are the papers concerned.
    """

    old: list[Quad] = field(default_factory=list)
    new: list[Quad] = field(default_factory=list)
    remove: list[Quad] = field(default_factory=list)
    add: list[Quad] = field(default_factory=list)
    written: dict[NamedNode, Lines] = field(default_factory=dict)
    witnessed: Counts = field(default_factory=dict)
    moved: dict[NamedNode, NamedNode | None] = field(default_factory=dict)
    works: dict[NamedNode, NamedNode | None] = field(default_factory=dict)
    came: list[str] = field(default_factory=list)
    joined: int = 0
    dropped: set[str] = field(default_factory=set)
    runs: list[Run] = field(default_factory=list)
    before: list[NamedNode] = field(default_factory=list)
    after: list[NamedNode] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not (self.old or self.new or self.remove or self.add or self.written)


@dataclass(slots=True, eq=False)
class _Work:
    """A paper to be: its records, its IRI, and whether the graph has it already, and like this."""

    pieces: list[Piece]
    iri: NamedNode
    there: bool = False
    same: bool = False

    @property
    def records(self) -> list[Record]:
        if len(self.pieces) == 1:  # as nearly always: the name takes time
            return [self.pieces[0].record]
        return sorted((piece.record for piece in self.pieces), key=lambda record: record.name)

    @property
    def brought(self) -> list[Arrival]:
        return [arrival for piece in self.pieces for arrival in piece.brought]


class Reconciler:
    """
    One change of *graph*, read as it is before it.

    *decisions* are kept to; *extract* reads texts that nobody has read yet, and *model* names it.
    """

    def __init__(
        self,
        graph: Readable,
        iris: Iris,
        *,
        decisions: Sequence[Decision] = (),
        extract: Extractor | None = None,
        model: str = "",
    ) -> None:
        self._graph = graph
        self._iris = iris
        self._extract = extract
        self._model = model
        self._pool = Pool(graph, iris, decisions)
        self._amender = Amender(graph, iris)
        self._change = Change()

    def arrive(self, arrivals: Sequence[Arrival], *, alive: Container[str] = ()) -> Change:
        """What *arrivals* mean. No record whose hash is in *alive* is a former state of another."""
        pieces = [self._pool.arrive(arrival, alive) for arrival in arrivals]
        work_of = {piece: work for work in self._rebuild(()) for piece in work.pieces}
        begun: set[int] = set()
        for piece in pieces:
            work = work_of[piece]
            if work.same:
                self._change.came.append("unchanged")
            elif work.there or id(work) in begun:
                self._change.came.append("changed")
                self._change.joined += piece.home is None and len(work.pieces) > 1
            else:
                self._change.came.append("new")
            begun.add(id(work))
        self._change.dropped = self._pool.dropped
        return self._change

    def gone(self, papers: Sequence[NamedNode]) -> Change:
        """What it means that *papers* are no more, whoever speaks of them."""
        self._pool.load(papers)
        for source in {s for piece in self._pool.pieces for s in piece.record.sources}:
            self._pool.leave(source, set(papers))
        self._rebuild(())
        return self._change

    def without(self, source: NamedNode, papers: Sequence[NamedNode]) -> Change:
        """What it means that *source* says nothing of *papers* any more."""
        self._pool.load(papers)
        self._pool.leave(source, set(papers))
        self._rebuild(())
        return self._change

    def again(self, papers: Sequence[NamedNode], prefer: Container[NamedNode] = ()) -> Change:
        """What decisions mean for *papers*; *prefer* are IRIs to have, or to go back to."""
        self._pool.load(papers)
        self._rebuild(prefer)
        return self._change

    def _rebuild(self, prefer: Container[NamedNode]) -> list[_Work]:
        works = self._named(prefer)
        before = {paper: _known(found.records) for paper, found in self._pool.held.items()}
        after: dict[NamedNode, Known | None] = dict.fromkeys(before)
        for work in works:
            after[work.iri] = _known(work.records)
            self._build(work)
        kept = {work.iri for work in works}
        self._change.before = sorted(before, key=value_of)
        self._change.after = sorted(kept, key=value_of)
        for paper, found in self._pool.held.items():
            if paper not in kept:
                self._change.old += found.facts
                self._change.remove += [*found.beside, *self._amender.saved(paper)]
                self._change.moved[paper] = self._successor(paper, works)
        told = {
            paper: (before.get(paper), after[paper])
            for paper in after
            if before.get(paper) != after[paper]
        }
        citations = Citations(
            self._graph,
            self._iris,
            {paper: was for paper, (was, _) in told.items()},
            {paper: now for paper, (_, now) in told.items()},
            self._pool.said,
        ).changes()
        self._change.remove += citations.remove
        self._change.add += citations.add
        self._change.works = citations.works
        return works

    # Names

    def _named(self, prefer: Container[NamedNode]) -> list[_Work]:
        """The works with their IRIs: those that they had, as far as they can keep them."""
        groups = sorted(self._pool.works(), key=lambda group: group[0].record.name)
        homes = self._homes(groups)
        works, taken = [], set()
        for number, group in enumerate(groups):
            if mine := [home for home, owner in homes.items() if owner == number]:
                iri = min(mine, key=lambda home: (home not in prefer, *self._rank(home)))
                taken.add(iri)
                works.append(_Work(group, iri, there=True))
        named = {id(work.pieces) for work in works}
        for group in groups:
            if id(group) in named:
                continue
            iri = next(iri for iri in self._mint(group, prefer) if self._is_free(iri, taken))
            taken.add(iri)
            there = any(piece.home for piece in group) or any(
                new in group for _, new in self._pool.replaced
            )
            works.append(_Work(group, iri, there))
        return works

    def _homes(self, groups: Sequence[Sequence[Piece]]) -> dict[NamedNode, int]:
        """By paper of the graph, the number of the group that it goes on with."""
        claims: dict[NamedNode, list[tuple[bool, int, int]]] = {}
        for number, group in enumerate(groups):
            counts: dict[NamedNode, list[bool]] = {}
            for piece in group:
                minted = self._iris.resource("paper", paper_keys(piece.record.paper)[0])
                if piece.home is not None:
                    counts.setdefault(piece.home, []).append(minted == piece.home)
                for home, new in self._pool.replaced:
                    if new is piece and minted == home:
                        counts.setdefault(home, []).append(True)
            for home, own in counts.items():
                claims.setdefault(home, []).append((any(own), len(own), -number))
        return {home: -max(found)[2] for home, found in claims.items()}

    def _rank(self, paper: NamedNode) -> tuple[int, str]:
        """The IRIs of better identifiers come first."""
        scheme = self._iris.key(paper.value).partition(":")[0]
        return {"doi": 0, "arxiv": 1}.get(scheme, 2), paper.value

    def _mint(self, group: Sequence[Piece], prefer: Container[NamedNode]) -> Iterator[NamedNode]:
        came = sorted(group, key=lambda piece: piece.number)
        keys = [key for piece in came for key in paper_keys(piece.record.paper)]
        minted = list(dict.fromkeys(self._iris.resource("paper", key) for key in keys))
        own = minted[: len(paper_keys(came[0].record.paper))]
        former = self._iris.removed_graph()
        split = all(piece.home for piece in group)

        def rank(paper: NamedNode) -> tuple[bool, bool, bool, int, str]:
            # What was split off goes back to the IRI that it had before; what is new is called
            # after the record that came first.
            was = split and bool(self._graph.quads(paper, v.REPLACED_BY, None, former))
            late = not split and paper not in own
            return paper not in prefer, not was, late, *self._rank(paper)

        yield from sorted(minted, key=rank)
        last = min(minted, key=self._rank)
        names = sorted(piece.record.name for piece in group)
        yield NamedNode(f"{last.value}-{names[0][:8]}")
        yield NamedNode(f"{last.value}-{digest(*names)}")

    def _is_free(self, paper: NamedNode, taken: Container[NamedNode]) -> bool:
        if paper in taken:
            return False
        if paper in self._pool.held:  # its records are elsewhere, or gone
            return True
        return not self._graph.quads(paper, v.TYPE, v.ARTICLE, FACTS)

    def _successor(self, paper: NamedNode, works: Sequence[_Work]) -> NamedNode | None:
        """The paper under which most of what *paper* was goes on."""
        found: dict[NamedNode, int] = {}
        for work in works:
            number = sum(piece.home == paper for piece in work.pieces)
            number += sum(home == paper and new in work.pieces for home, new in self._pool.replaced)
            if number:
                found[work.iri] = number
        return min(found, key=lambda iri: (-found[iri], iri.value), default=None)

    # Quads

    def _build(self, work: _Work) -> None:
        records = work.records
        was = self._pool.held.get(work.iri)
        hashes = [record.hash for record in records]
        read = any(arrival.extraction is not None for arrival in work.brought)
        if was is not None and not read and _unchanged(was, records):
            work.same = True
            return
        if was is None and self._write(work, records):
            return
        facts = quads_in(self._facts(work, records))
        beside = []
        if len(records) > 1:
            beside = [quad for one in records for quad in record_quads(one, work.iri, self._iris)]
        evidence, kept = self._amended(work, records)
        facts += evidence
        beside += kept
        if was is None:
            self._change.new += facts
            self._change.add += beside
            return
        known = sorted(record.hash for record in was.records)
        work.same = known == sorted(hashes) and _plain(was.facts) == _plain(facts)
        if set(was.facts) != set(facts):
            self._change.old += was.facts
            self._change.new += facts
        stood = [*was.beside, *self._amender.saved(work.iri)]
        if set(stood) != set(beside):
            self._change.remove += stood
            self._change.add += beside

    def _write(self, work: _Work, records: Sequence[Record]) -> bool:
        """Writes a paper of one record out that was read now and is new; whether it is such."""
        arrival = self._reader(work, records)
        if len(records) > 1 or arrival is None or arrival.extraction is None:
            return False
        (record,) = records
        paper, extraction = record.paper, arrival.extraction
        if self._amender.concerns(work.iri) or not is_plain(paper, extraction):
            return False
        run = self._noted(self._reading(record.sources[0], arrival.run.model))
        evidence = evidence_lines(work.iri, paper, extraction, run, self._iris)
        self._change.written[work.iri] = each_once([*self._facts(work, records), *evidence])
        for node, item in witnessed_in(paper, extraction, self._iris):
            add_to(self._change.witnessed.setdefault(node, {}), item, 1)
        return True

    def _facts(self, work: _Work, records: Sequence[Record]) -> Iterator[str]:
        iri, alone = work.iri, len(records) == 1
        paper = records[0].paper if alone else merged(records)
        yield from type_lines(iri)
        yield from statement_lines(paper, iri, self._iris)
        for source in {source for record in records for source in record.sources}:
            yield line(iri, v.SOURCE, source)
        yield line(iri, v.RECORD_HASH, literal(whole_hash(record.hash for record in records)))
        for record in records:
            name = () if alone else (record.name,)
            source, captured = record.sources[0], record.captured
            for claim in record.paper.claims:
                yield from claim_lines(claim, iri, iri, source, captured, *name)

    def _amended(self, work: _Work, records: Sequence[Record]) -> tuple[list[Quad], list[Quad]]:
        """The paper's evidence as people have corrected it, and the extractor's where they have."""
        record = text_record(records)
        read = self._kept(work, list(self._evidence(work, records)), record.sources[0])
        run = run_of(self._graph, work.iri, read)
        if run is None:
            reading = self._reading(record.sources[0], self._model)
            run = run_iri(reading, self._iris)
        paper = record.paper
        return self._amender.amended(work.iri, paper.title, paper.abstract, read, run)

    def _kept(self, work: _Work, read: list[Quad], source: NamedNode) -> list[Quad]:
        """
        What was *read* in the file *source*; where an earlier run read the very same in it, that.

        So a new model rewrites nothing of a paper in which it finds what was known, but for the
        hash that says so.
        """
        was = self._pool.held.get(work.iri)
        if was is None:
            return read
        before = self._amender.machine(was.iri, was.evidence)
        run = run_of(self._graph, work.iri, before)
        same = run is not None and self._graph.quads(run, v.USED, source, FACTS)
        return before if same and _plain(before) == _plain(read) else read

    def _evidence(self, work: _Work, records: Sequence[Record]) -> Iterable[Quad]:
        """What the extractor found in the paper's text: now, before, or else here."""
        record = text_record(records)
        text = record.paper.title, record.paper.abstract
        source = record.sources[0]
        arrival = self._reader(work, records)
        if arrival is not None and arrival.extraction is not None:
            run = self._reading(source, arrival.run.model)
            return self._read(work.iri, record.paper, arrival.extraction, run)
        for piece in work.pieces:
            was = self._pool.held.get(piece.home) if piece.home else None
            if was is None or (was.title, was.abstract) != text:
                continue
            if text_record(was.records).sources[0] == source:
                read = self._amender.machine(was.iri, was.evidence)
                return _renamed(read, was.iri, work.iri)
        if self._extract is None:
            raise ValueError(f"{work.iri.value}: nobody has read its text, and there is no reader")
        ((_, extraction),) = self._extract([record.paper])
        run = self._reading(source, self._model)
        return self._read(work.iri, record.paper, extraction, run)

    def _reader(self, work: _Work, records: Sequence[Record]) -> Arrival | None:
        """The arrival whose text was read now, and is the paper's."""
        paper = text_record(records).paper
        text = paper.title, paper.abstract
        for arrival in work.brought:
            if arrival.extraction and text == (arrival.paper.title, arrival.paper.abstract):
                return arrival
        return None

    def _read(
        self, iri: NamedNode, paper: Paper, extraction: Extraction, run: Run
    ) -> Iterable[Quad]:
        return evidence_quads(iri, paper, extraction, self._noted(run), self._iris)

    def _noted(self, run: Run) -> NamedNode:
        """The IRI of *run*, which has read something."""
        if run not in self._change.runs:
            self._change.runs.append(run)
        return run_iri(run, self._iris)

    def _reading(self, source: NamedNode, model: str) -> Run:
        """The run that reads the file *source* with *model*."""
        known = self._pool.run(source)
        if known is None:
            raise ValueError(f"{source.value}: the graph does not know this file")
        return replace(known, version=scholargraph.__version__, model=model)


def _known(records: Sequence[Record]) -> Known:
    alone = len(records) == 1
    return Known(
        paper=records[0].paper if alone else merged(records),
        titles=frozenset(
            key for record in records if (key := title_digests(record.paper)) is not None
        ),
        references=frozenset(node for record in records for node in record.references),
    )


def _unchanged(was: Held, records: Sequence[Record]) -> bool:
    def stated(some: Iterable[Record]) -> set[tuple[object, ...]]:
        return {(record.content, record.sources, record.hash) for record in some}

    return stated(was.records) == stated(records)


# Who says so may change while what is said does not.
_SAID_BY = {v.SOURCE, v.RECORD_HASH, v.GENERATED_BY}


def _plain(facts: Iterable[Quad]) -> set[Quad]:
    return {quad for quad in facts if quad.predicate not in _SAID_BY}


def _renamed(evidence: Iterable[Quad], was: NamedNode, iri: NamedNode) -> Iterator[Quad]:
    """The *evidence* of the paper *was* as that of the paper *iri*."""
    if was == iri:
        yield from evidence
        return
    start = f"{was.value}#"

    def moved(term: object) -> object:
        if term == was:
            return iri
        if isinstance(term, NamedNode) and term.value.startswith(start):
            return NamedNode(f"{iri.value}#{term.value.removeprefix(start)}")
        return term

    for quad in evidence:
        yield Quad(moved(quad.subject), quad.predicate, moved(quad.object))  # type: ignore[arg-type]
