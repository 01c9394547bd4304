"""Records that may speak of the same works, out of the graph and on their way into it."""

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from pyoxigraph import DefaultGraph, Literal, NamedNode

from scholargraph.extract.mentions import Extraction
from scholargraph.extract.papers import Paper, Reference

from . import vocab as v
from .build import Run, source_iri
from .citations import reference_node
from .decisions import Decision
from .entities import value_of
from .identify import Pair, groups, known_by, title_digests
from .iris import Iris, paper_keys, slug
from .parts import FACTS, Readable
from .records import Held, Origin, Record, held, normal


@dataclass(frozen=True, slots=True)
class Arrival:
    """A record on its way in; *extraction* is None where its text may have been read before."""

    paper: Paper
    extraction: Extraction | None
    run: Run
    hash: str


@dataclass(slots=True, eq=False)
class Piece:
    """
    A record, the paper that had it, and the arrivals that brought it.

    *number* grows in the order in which records came.
    """

    record: Record
    number: int
    home: NamedNode | None = None
    brought: list[Arrival] = field(default_factory=list)


class Pool:
    """
    The records of *graph* that a change concerns, whole papers at a time, and those that come.

    *said* holds what the references of arrivals say; *replaced* the papers of which a record gave
    way to another, with that; *dropped* the hashes of records that did.
    """

    def __init__(self, graph: Readable, iris: Iris, decisions: Sequence[Decision]) -> None:
        self._graph = graph
        self._iris = iris
        self._decisions = decisions
        self._runs: dict[NamedNode, Run | None] = {}
        self._absent: set[NamedNode] = set()
        self.held: dict[NamedNode, Held] = {}
        self.pieces: list[Piece] = []
        self._named: dict[tuple[str, str], list[Piece]] = {}
        self.said: dict[NamedNode, Reference] = {}
        self.replaced: list[tuple[NamedNode, Piece]] = []
        self.dropped: set[str] = set()

    def load(self, papers: Iterable[NamedNode]) -> None:
        """Takes *papers* in, and all whose records may speak of the same works."""
        waiting = list(papers)
        while waiting:
            paper = waiting.pop()
            if paper in self.held or paper in self._absent:
                continue
            found = held(self._graph, paper, self._iris)
            if found is None:
                self._absent.add(paper)
                continue
            self.held[paper] = found
            for record in found.records:
                self._add(Piece(record, len(self.pieces), paper))
                waiting += self._near(record)

    def arrive(self, arrival: Arrival, alive: Container[str]) -> Piece:
        """Puts *arrival* in, in place of the state that its source gave before."""
        source = source_iri(arrival.run, self._iris)
        known = self.run(source)  # a file keeps the name by which it was known first
        self._runs[source] = replace(
            arrival.run, file_name=known.file_name if known else arrival.run.file_name
        )
        record = self._record(arrival, source)
        near = [self._iris.resource("paper", key) for key in paper_keys(record.paper)]
        self.load([*near, *self._near(record), *self._namesakes(record, source)])
        namesakes = dict.fromkeys(
            piece for name in _names(record.paper) for piece in self._named.get(name, ())
        )
        same = next((one for one in namesakes if one.record.content == record.content), None)
        if same is None:
            same = Piece(record, len(self.pieces))
            self._add(same)
        for piece in namesakes:
            if piece is not same:
                self._give_way(piece, same, source, alive)
        # Where another state of the same file said so before, this one does now.
        left = {one for one in same.record.sources if not self._alike(one, source)}
        sources = tuple(sorted({*left, source}, key=value_of))
        same.record = replace(same.record, sources=sources, hash=arrival.hash)
        same.brought.append(arrival)
        return same

    def _add(self, piece: Piece) -> None:
        self.pieces.append(piece)
        for name in _names(piece.record.paper):
            self._named.setdefault(name, []).append(piece)

    def leave(self, source: NamedNode, papers: Container[NamedNode]) -> None:
        """Takes what *source* says of *papers* out."""
        for piece in self.pieces:
            if piece.home in papers:
                self._without(piece, source)

    def run(self, source: NamedNode) -> Run | None:
        """The file *source* as a run that read it, its software and model unknown."""
        if source not in self._runs:
            said = {
                quad.predicate: value_of(quad.object)
                for quad in self._graph.quads(source, None, None, FACTS)
            }
            self._runs[source] = (
                Run(
                    file_name=said.get(v.FILE_NAME, ""),
                    sha256=said[v.SHA256],
                    format=said.get(v.FORMAT, ""),
                    version="",
                    model="",
                    captured=said.get(v.CAPTURED),
                )
                if v.SHA256 in said
                else None
            )
        return self._runs[source]

    def origins(self, record: Record) -> Iterator[Origin]:
        """Where *record* stands."""
        for source in record.sources:
            if (run := self.run(source)) is not None:
                yield Origin(run.file_name, run.format, record.paper.id)

    def identified(self, id: str) -> Iterator[NamedNode]:
        """The papers that some source calls *id*."""
        yield from self._called(v.IDENTIFIER, id)

    def works(self) -> list[list[Piece]]:
        """The records that are still there, in groups of those of the same work."""
        blocks: dict[int, list[Piece]] = {}
        live = [piece for piece in self.pieces if piece.record.sources]
        place: dict[object, int] = {}
        for number, piece in enumerate(live):
            blocks[number] = [piece]
            mine = number
            for key in self._keys(piece.record):
                other = place.setdefault(key, mine)
                if other != mine:  # the smaller block joins the greater
                    small, great = sorted((mine, other), key=lambda n: len(blocks[n]))
                    blocks[great] += blocks.pop(small)
                    place = {k: great if n == small else n for k, n in place.items()}
                    mine = great
        return [group for block in blocks.values() for group in self._grouped(block)]

    def _grouped(self, block: list[Piece]) -> Iterator[list[Piece]]:
        if len(block) == 1:
            yield block
            return
        block.sort(key=lambda piece: piece.record.name)
        together, apart = self._decided(block)
        for group in groups(
            [piece.record.paper for piece in block],
            together=together,
            apart=apart,
            order=[piece.record.name for piece in block],
        ):
            yield [block[place] for place in group]

    def _decided(self, block: list[Piece]) -> tuple[set[Pair], set[Pair]]:
        together: set[Pair] = set()
        apart: set[Pair] = set()
        if not self._decisions:
            return together, apart
        places: dict[Origin, list[int]] = {}
        for place, piece in enumerate(block):
            for origin in self.origins(piece.record):
                places.setdefault(origin, []).append(place)
        for decision in self._decisions:
            one, other = (places.get(origin, ()) for origin in decision.records)
            pairs = {(min(i, j), max(i, j)) for i in one for j in other if i != j}
            (together if decision.same else apart).update(pairs)
        return together, apart

    def _keys(self, record: Record) -> Iterator[object]:
        """What two records of one work have in common, one of these at least."""
        yield from known_by(record.paper)
        yield title_digests(record.paper) or record.name
        if self._decisions:
            origins = set(self.origins(record))
            for decision in self._decisions:
                if decision.same and not origins.isdisjoint(decision.records):
                    yield decision.records

    def _record(self, arrival: Arrival, source: NamedNode) -> Record:
        nodes = {}
        for reference in arrival.paper.references:
            if (node := reference_node(reference, self._iris)) is not None:
                nodes[node] = reference
        self.said.update(nodes)
        return Record(
            paper=normal(arrival.paper),
            sources=(source,),
            captured=arrival.run.captured if arrival.paper.claims else None,
            hash=arrival.hash,
            references=frozenset(nodes),
        )

    def _near(self, record: Record) -> Iterator[NamedNode]:
        """The papers that share an identifier or a title with *record*, or shall be one with it."""
        quads = [
            quad
            for address in known_by(record.paper)
            for quad in self._graph.quads(None, v.SAME_AS, address, FACTS)
        ]
        if key := title_digests(record.paper):
            place = self._iris.references_graph()
            quads += self._graph.quads(None, v.TITLE_KEY, Literal(key), place)
        yield from self._papers(quad.subject for quad in quads)
        if not any(decision.same for decision in self._decisions):
            return
        origins = set(self.origins(record))
        for decision in self._decisions:
            if decision.same and not origins.isdisjoint(decision.records):
                for origin in decision.records:
                    yield from self.identified(origin.id)

    def _namesakes(self, record: Record, source: NamedNode) -> Iterator[NamedNode]:
        """Papers that may be a former state of *record*: of its file, with its id or its title."""
        for predicate, text in ((v.IDENTIFIER, record.paper.id), (v.TITLE, record.paper.title)):
            if text:
                for paper in self._called(predicate, text):
                    if any(self._alike(one, source) for one in self._sources_of(paper)):
                        yield paper

    @cached_property
    def _places(self) -> tuple[NamedNode | DefaultGraph, ...]:
        """Where papers are called something: most graphs have no paper of several records."""
        beside = self._iris.records_graph()
        return (FACTS, beside) if self._graph.holds(beside) else (FACTS,)

    def _called(self, predicate: NamedNode, text: str) -> Iterator[NamedNode]:
        for place in self._places:
            quads = self._graph.quads(None, predicate, Literal(text), place)
            yield from self._papers(quad.subject for quad in quads)

    def _sources_of(self, paper: NamedNode) -> Iterator[NamedNode]:
        for quad in self._graph.quads(paper, v.SOURCE, None, FACTS):
            if isinstance(quad.object, NamedNode):
                yield quad.object

    def _papers(self, nodes: Iterable[object]) -> Iterator[NamedNode]:
        start = f"{self._iris.base}paper/"
        for node in nodes:
            if isinstance(node, NamedNode) and node.value.startswith(start):
                yield NamedNode(node.value.partition("#")[0])

    def _alike(self, one: NamedNode, other: NamedNode) -> bool:
        """Whether two sources are states of one file."""
        mine, others = self.run(one), self.run(other)
        return (
            mine is not None
            and others is not None
            and (mine.file_name, mine.format) == (others.file_name, others.format)
        )

    def _give_way(self, piece: Piece, new: Piece, source: NamedNode, alive: Container[str]) -> None:
        """
        Takes *piece* out for as much as it is a former state of *new*.

        That is where a file of the same name has a record of the same id or title. Since ids such
        as '1' are given by many, they must also share an author, the abstract, or what they would
        be called by.
        """
        old, paper, other = piece.record, new.record.paper, piece.record.paper
        if piece.home is None or old.hash in alive:
            return
        authors = {slug(author.name) for author in paper.authors}
        if not (
            other.abstract == paper.abstract
            or (other.id == paper.id and paper_keys(other)[0] == paper_keys(paper)[0])
            or any(slug(author.name) in authors for author in other.authors)
        ):
            return
        for one in old.sources:
            if self._alike(one, source):
                self._without(piece, one)
                self.replaced.append((piece.home, new))

    def _without(self, piece: Piece, source: NamedNode) -> None:
        left = tuple(one for one in piece.record.sources if one != source)
        if left != piece.record.sources:
            self.dropped.add(piece.record.hash)
            piece.record = replace(piece.record, sources=left)


def _names(paper: Paper) -> Iterator[tuple[str, str]]:
    """What two states of one record have in common, one of these at least."""
    yield "id", paper.id
    if paper.title:
        yield "title", paper.title
