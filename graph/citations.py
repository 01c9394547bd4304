"""
Citations: from a paper to what its references mean.

A reference means the paper of this graph that has one of its identifiers, of several identifiers
the surest; else the only paper with its title and year. Otherwise it means a work that the graph
knows from references alone: a fabio:Work, since nobody has read it as the article it may be, and
counts of articles shall be of those that were imported. It is called after the first identifier of
the reference, else after title and year.

What references say stands beside the facts, in a named graph: one node for all references that say
the same, with the addresses of its identifiers, its title and its year, and what it stands for.
Facts are a function of these nodes and of the papers that are there, so that the order of imports
changes nothing, and what was a paper becomes a work again when it is removed.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pyoxigraph import Literal, NamedNode, Quad

from scholargraph.extract.papers import Paper, Reference

from . import vocab as v
from .build import date_literal
from .entities import value_of
from .identifiers import ADDRESSES, addresses, canonical, identifiers
from .identify import is_cited, title_digest
from .iris import Iris, digest, slug, title_key
from .parts import FACTS, Readable

_LONGEST_TITLE = 300


@dataclass(frozen=True, slots=True)
class Known:
    """
    A paper as references find it: what it is called and when it appeared in *paper*, the digests
    of the titles of its records, and the nodes of its own *references*.
    """

    paper: Paper
    titles: frozenset[str] = frozenset()
    references: frozenset[NamedNode] = frozenset()

    @property
    def addresses(self) -> frozenset[NamedNode]:
        return frozenset(addresses(self.paper.ids))


@dataclass(slots=True)
class Changes:
    """Quads to remove and to add, and the works that became papers, with these."""

    remove: list[Quad] = field(default_factory=list)
    add: list[Quad] = field(default_factory=list)
    works: dict[NamedNode, NamedNode | None] = field(default_factory=dict)


def reference_node(reference: Reference, iris: Iris) -> NamedNode | None:
    """What *reference* is called in the graph; None for one that says nothing to find it by."""
    ids = _ids(reference)
    if not ids and not slug(reference.title or ""):
        return None
    text = " ".join(":".join(pair) for pair in ids)
    return iris.reference(text, (reference.title or "")[:_LONGEST_TITLE], reference.year or "")


class Citations:
    """
    What a change of papers means for citations.

    *before* and *after* are the papers that change, None where one is not there; *said* holds what
    new reference nodes say. One instance serves one change of *graph*, which it reads as it was.
    """

    def __init__(
        self,
        graph: Readable,
        iris: Iris,
        before: Mapping[NamedNode, Known | None],
        after: Mapping[NamedNode, Known | None],
        said: Mapping[NamedNode, Reference],
    ) -> None:
        self._graph = graph
        self._iris = iris
        self._place = iris.references_graph()
        self._before = before
        self._after = after
        self._said = said
        self._by_address: dict[NamedNode, list[NamedNode]] = {}
        self._by_title: dict[str, list[NamedNode]] = {}
        self._newly: dict[NamedNode, set[NamedNode]] = {}  # what stands for what, of all examined
        self._standing: dict[NamedNode, set[NamedNode]] = {}
        self._changed: dict[NamedNode, tuple[set[NamedNode], set[NamedNode]]] = {}
        for paper, known in after.items():
            if known is not None:
                for address in known.addresses:
                    self._by_address.setdefault(address, []).append(paper)
                for title in known.titles:
                    self._by_title.setdefault(title, []).append(paper)

    def changes(self) -> Changes:
        """The quads that go and come, in the facts and beside them."""
        found = Changes()
        citing = self._citing(found)
        meant: dict[NamedNode, tuple[NamedNode | None, NamedNode | None]] = {}
        for node in self._affected():
            was = self._stands_for(node)
            now = self._meaning(node) if self._cited_after(node, citing) else None
            meant[node] = was, now
            if now is not None:
                self._newly.setdefault(now, set()).add(node)
        self._describe(meant, found)
        self._cite(meant, citing, found)
        self._name_works(meant, found)
        return found

    def _citing(self, found: Changes) -> dict[NamedNode, tuple[set[NamedNode], set[NamedNode]]]:
        """By reference node the papers that no longer have it, and those that have it newly."""
        citing: dict[NamedNode, tuple[set[NamedNode], set[NamedNode]]] = {}
        for paper in {**self._before, **self._after}:
            was, now = self._before.get(paper), self._after.get(paper)
            old = was.references if was else frozenset()
            new = now.references if now else frozenset()
            for node in old - new:
                citing.setdefault(node, (set(), set()))[0].add(paper)
                found.remove.append(Quad(paper, v.REFERENCE, node, self._place))
            for node in new - old:
                citing.setdefault(node, (set(), set()))[1].add(paper)
                found.add.append(Quad(paper, v.REFERENCE, node, self._place))
            gone = _titles(was) - _titles(now)
            come = _titles(now) - _titles(was)
            found.remove += (
                Quad(paper, v.TITLE_KEY, Literal(key), self._place) for key in sorted(gone)
            )
            found.add += (
                Quad(paper, v.TITLE_KEY, Literal(key), self._place) for key in sorted(come)
            )
        self._changed = citing
        return citing

    def _affected(self) -> Iterator[NamedNode]:
        """The reference nodes that come or go, or may mean something else now."""
        nodes = dict.fromkeys(self._changed)
        for paper in {**self._before, **self._after}:
            was, now = self._before.get(paper), self._after.get(paper)
            if was and now and _found_by(was) == _found_by(now):
                continue
            for known in (was, now):
                if known is None:
                    continue
                for address in known.addresses:
                    nodes.update(dict.fromkeys(self._nodes(v.SAME_AS, address)))
                for title in known.titles:
                    nodes.update(dict.fromkeys(self._nodes(v.TITLE_KEY, Literal(title))))
        start = f"{self._iris.base}reference/"
        yield from (node for node in nodes if node.value.startswith(start))

    def _nodes(self, predicate: NamedNode, value: NamedNode | Literal) -> list[NamedNode]:
        quads = self._graph.quads(None, predicate, value, self._place)
        return [quad.subject for quad in quads if isinstance(quad.subject, NamedNode)]

    def _stands_for(self, node: NamedNode) -> NamedNode | None:
        for quad in self._graph.quads(node, v.STANDS_FOR, None, self._place):
            if isinstance(quad.object, NamedNode):
                return quad.object
        return None

    def _cited_after(
        self,
        node: NamedNode,
        citing: Mapping[NamedNode, tuple[set[NamedNode], set[NamedNode]]],
    ) -> bool:
        gone, come = citing.get(node, (set(), set()))
        return bool(come) or any(paper not in gone for paper in self._citers(node))

    def _citers(self, node: NamedNode) -> list[NamedNode]:
        """The papers that had *node* among their references before the change."""
        return self._nodes(v.REFERENCE, node)

    def _reference(self, node: NamedNode) -> Reference:
        """What *node* says."""
        if node in self._said:
            return self._said[node]
        values: dict[NamedNode, list[str]] = {}
        for quad in self._graph.quads(node, None, None, self._place):
            values.setdefault(quad.predicate, []).append(value_of(quad.object))
        return Reference(
            ids=tuple(sorted(identifiers(values.get(v.SAME_AS, ())), key=_surest)),
            title=next(iter(values.get(v.TITLE, ())), None),
            year=next(iter(values.get(v.ISSUED, ())), None),
        )

    def _meaning(self, node: NamedNode) -> NamedNode:
        """What *node* stands for after the change."""
        reference = self._reference(node)
        for address in addresses(reference.ids):
            if papers := self._papers(v.SAME_AS, address, self._by_address.get(address, ())):
                return min(papers, key=value_of)
        key = title_digest(reference.title) if reference.title and reference.year else None
        if key is not None:
            papers = {
                paper
                for paper in self._papers(v.TITLE_KEY, Literal(key), self._by_title.get(key, ()))
                if is_cited(self._paper(paper), reference)
            }
            if len(papers) == 1:
                return papers.pop()
        return self._iris.work(work_key(reference))

    def _papers(
        self, predicate: NamedNode, value: NamedNode | Literal, come: Iterable[NamedNode]
    ) -> set[NamedNode]:
        """The papers that have *value* after the change; *come* are those of the change."""
        place = FACTS if predicate == v.SAME_AS else self._place
        found = set(come)
        start = f"{self._iris.base}paper/"
        for quad in self._graph.quads(None, predicate, value, place):
            paper = quad.subject
            if not isinstance(paper, NamedNode) or paper in self._after or paper in self._before:
                continue
            if paper.value.startswith(start):
                found.add(paper)
        return found

    def _paper(self, paper: NamedNode) -> Paper:
        known = self._after.get(paper)
        return known.paper if known else stored_paper(self._graph, paper)

    def _describe(
        self,
        meant: Mapping[NamedNode, tuple[NamedNode | None, NamedNode | None]],
        found: Changes,
    ) -> None:
        """The quads of the reference nodes themselves."""
        for node, (was, now) in meant.items():
            if now is None:
                found.remove += self._graph.quads(node, None, None, self._place)
                continue
            if was == now:
                continue
            if was is not None:
                found.remove.append(Quad(node, v.STANDS_FOR, was, self._place))
            else:
                found.add += _reference_quads(node, self._said[node], self._place)
            found.add.append(Quad(node, v.STANDS_FOR, now, self._place))

    def _cite(
        self,
        meant: Mapping[NamedNode, tuple[NamedNode | None, NamedNode | None]],
        citing: Mapping[NamedNode, tuple[set[NamedNode], set[NamedNode]]],
        found: Changes,
    ) -> None:
        """The citations: of papers whose references changed, and of references that moved."""
        add: set[tuple[NamedNode, NamedNode]] = set()
        remove: set[tuple[NamedNode, NamedNode]] = set()
        for node, (was, now) in meant.items():
            gone, come = citing.get(node, (set(), set()))
            moved = was != now
            stay = set(self._citers(node)) - gone if moved and was is not None else set()
            if now is not None:
                add |= {(paper, now) for paper in (come | stay if moved else come) if paper != now}
            if was is not None:
                remove |= {(paper, was) for paper in (gone | stay if moved else gone)}
        for paper, target in remove - add:
            if not self._still_cites(paper, target, meant):
                found.remove.append(Quad(paper, v.CITES, target))
        found.add += (Quad(paper, v.CITES, target) for paper, target in add)

    def _still_cites(
        self,
        paper: NamedNode,
        target: NamedNode,
        meant: Mapping[NamedNode, tuple[NamedNode | None, NamedNode | None]],
    ) -> bool:
        """Whether another reference of *paper* still means *target*."""
        if target not in self._standing:
            self._standing[target] = self._standing_for(target, meant)
        now = self._after.get(paper)
        if paper in self._after or paper in self._before:
            return now is not None and not now.references.isdisjoint(self._standing[target])
        return any(
            self._graph.quads(paper, v.REFERENCE, node, self._place)
            for node in self._standing[target]
        )

    def _standing_for(
        self,
        target: NamedNode,
        meant: Mapping[NamedNode, tuple[NamedNode | None, NamedNode | None]],
    ) -> set[NamedNode]:
        """The reference nodes that stand for *target* after the change."""
        nodes = {node for node in self._nodes(v.STANDS_FOR, target) if node not in meant}
        return nodes | self._newly.get(target, set())

    def _name_works(
        self,
        meant: Mapping[NamedNode, tuple[NamedNode | None, NamedNode | None]],
        found: Changes,
    ) -> None:
        """What works are called, by the references that mean them."""
        standing: dict[NamedNode, set[NamedNode]] = {}
        became: dict[NamedNode, set[NamedNode]] = {}
        start = f"{self._iris.base}work/"
        for node, (was, now) in meant.items():
            for target in {was, now} - {None}:
                if was != now and target is not None and target.value.startswith(start):
                    standing.setdefault(target, set())
            if now is not None:
                standing.get(now, set()).add(node)
                if was is not None and was != now:
                    became.setdefault(was, set()).add(now)
        for work, nodes in standing.items():
            nodes |= self._standing_for(work, meant)
            stored = self._graph.quads(work, None, None, FACTS)
            wanted = list(_work_quads(work, [self._reference(node) for node in nodes]))
            found.remove += [quad for quad in stored if quad not in wanted]
            found.add += [quad for quad in wanted if quad not in stored]
            papers = sorted(became.get(work, ()), key=value_of)
            if not nodes and papers:
                found.works[work] = papers[0]


def stored_paper(graph: Readable, paper: NamedNode) -> Paper:
    """As much of *paper* as tells whether a reference means it."""
    values: dict[NamedNode, list[str]] = {}
    for quad in graph.quads(paper, None, None, FACTS):
        values.setdefault(quad.predicate, []).append(value_of(quad.object))
    return Paper(
        id="",
        title=next(iter(values.get(v.TITLE, ())), ""),
        abstract="",
        date=next(iter(values.get(v.ISSUED, ())), None),
        ids=tuple(identifiers(values.get(v.SAME_AS, ()))),
    )


def work_key(reference: Reference) -> str:
    """What a work that nothing but *reference* speaks of is called."""
    for scheme, value in _ids(reference):
        return f"{scheme}:{value}"
    title = (reference.title or "")[:_LONGEST_TITLE]
    return title_key(slug(title) or digest(title), reference.year)


def _ids(reference: Reference) -> list[tuple[str, str]]:
    """Its identifiers with public addresses, those of the surest schemes first."""
    pairs = {canonical(*pair) for pair in reference.ids}
    return sorted((pair for pair in pairs if pair[0] in ADDRESSES), key=_surest)


def _surest(pair: tuple[str, str]) -> tuple[int, str]:
    return list(ADDRESSES).index(pair[0]), pair[1]


def _titles(known: Known | None) -> frozenset[str]:
    return known.titles if known else frozenset()


def _found_by(known: Known) -> tuple[object, ...]:
    """What decides which references mean a paper."""
    paper = known.paper
    return known.addresses, known.titles, slug(paper.title), (paper.date or "")[:4]


def _reference_quads(node: NamedNode, reference: Reference, place: NamedNode) -> Iterator[Quad]:
    for address in addresses(reference.ids):
        yield Quad(node, v.SAME_AS, address, place)
    if reference.title:
        title = reference.title[:_LONGEST_TITLE]
        yield Quad(node, v.TITLE, Literal(title), place)
        if key := title_digest(title):
            yield Quad(node, v.TITLE_KEY, Literal(key), place)
    if reference.year:
        yield Quad(node, v.ISSUED, date_literal(reference.year), place)


def _work_quads(work: NamedNode, references: list[Reference]) -> Iterator[Quad]:
    """What *references*, all of one work, say of it: the longest title, the first year."""
    if not references:
        return
    yield Quad(work, v.TYPE, v.WORK)
    for address in {node for reference in references for node in addresses(reference.ids)}:
        yield Quad(work, v.SAME_AS, address)
    titles = {reference.title[:_LONGEST_TITLE] for reference in references if reference.title}
    if titles:
        yield Quad(work, v.TITLE, Literal(min(titles, key=lambda title: (-len(title), title))))
    years = {reference.year for reference in references if reference.year}
    if years:
        yield Quad(work, v.ISSUED, date_literal(min(years)))
