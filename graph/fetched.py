"""What is read of a SPARQL server in few journeys, and looked up here."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

import pyoxigraph
from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad

from . import vocab as v
from .endpoint import Endpoint
from .locks import StoreError
from .parts import FACTS
from .snapshots import Term

# The graph that says what a store on a server is; it is none of what the store holds.
MARKER = NamedNode("urn:scholargraph:store")

# Nodes that one query asks for: with their IRIs it stays below the 200 kB that some servers take.
TOGETHER = 500

_Item = TypeVar("_Item")


class Fetched:
    """
    What was read of a server in one state: every quad of some nodes, and who has some values.

    Of *owners* all parts are known, also which parts they do not have.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._mirror = pyoxigraph.Store()
        self._nodes: set[NamedNode] = set()
        self._owners: set[NamedNode] = set()
        self._values: set[tuple[NamedNode, Term]] = set()

    def answers(
        self,
        subject: NamedNode | BlankNode | None,
        predicate: NamedNode | None,
        object: Term | None,
        graph: NamedNode | BlankNode | DefaultGraph | None,
    ) -> bool:
        """Whether `quads` knows all that match."""
        if isinstance(subject, NamedNode):
            return self._knows(subject)
        if subject is None and predicate is not None and object is not None:
            if predicate == v.PART_OF and object in self._owners:
                return True
            return (predicate, object) in self._values
        return False

    def quads(
        self,
        subject: NamedNode | BlankNode | None,
        predicate: NamedNode | None,
        object: Term | None,
        graph: NamedNode | BlankNode | DefaultGraph | None,
    ) -> list[Quad]:
        return list(self._mirror.quads_for_pattern(subject, predicate, object, graph))

    def fetch(self, nodes: Iterable[NamedNode], *, parts: bool = False) -> None:
        """Reads every quad of *nodes* that is not known yet; with *parts*, of their parts too."""
        known = self._owners.__contains__ if parts else self._knows
        wanted = [node for node in dict.fromkeys(nodes) if not known(node)]
        for some in _batches(wanted, TOGETHER):
            among = f"VALUES ?s {{ {' '.join(map(str, some))} }}"
            self._read(f"{among} ?s ?p ?o", f"{among} GRAPH ?g {{ ?s ?p ?o }}")
            self._nodes.update(some)
        if parts and wanted:
            self.fetch(self._parts(wanted), parts=True)
            self._owners.update(wanted)

    def _parts(self, owners: list[NamedNode]) -> Iterator[NamedNode]:
        for some in _batches(owners, TOGETHER):
            among = f"VALUES ?owner {{ {' '.join(map(str, some))} }}"
            part = f"?s {v.PART_OF} ?owner"
            union = f"{{ {among} {part} }} UNION {{ {among} GRAPH ?g {{ {part} }} }}"
            for row in self._endpoint.select(f"SELECT DISTINCT ?s WHERE {{ {union} }}"):
                if isinstance(row["s"], NamedNode):
                    yield row["s"]

    def fetch_values(self, predicate: NamedNode, values: Iterable[Term]) -> None:
        """Reads who has one of *values* for *predicate*."""
        wanted = [
            value for value in dict.fromkeys(values) if (predicate, value) not in self._values
        ]
        for some in _batches(wanted, TOGETHER):
            among = f"VALUES ?o {{ {' '.join(map(str, some))} }} BIND ({predicate} AS ?p)"
            has = f"?s {predicate} ?o"
            self._read(f"{has} . {among}", f"GRAPH ?g {{ {has} }} {among}")
            self._values.update((predicate, value) for value in some)

    def change(self, removed: Iterable[Quad], added: Iterable[Quad]) -> None:
        """Takes notice of a commit; who has which values has to be asked again."""
        for quad in removed:
            self._mirror.remove(quad)
        self._mirror.extend(added)
        self._values.clear()

    def _knows(self, node: NamedNode) -> bool:
        if node in self._nodes:
            return True
        owner, separator, _ = node.value.partition("#")
        return bool(separator) and NamedNode(owner) in self._owners

    def _read(self, *patterns: str) -> None:
        union = " UNION ".join(f"{{ {pattern} }}" for pattern in patterns)
        rows = self._endpoint.select(f"SELECT ?s ?p ?o ?g WHERE {{ {union} }}")
        self._mirror.extend(_quads(rows))


def looked_up(
    endpoint: Endpoint,
    subject: NamedNode | BlankNode | None,
    predicate: NamedNode | None,
    object: Term | None,
    graph: NamedNode | BlankNode | DefaultGraph | None,
) -> list[Quad]:
    """The quads that match; None matches everything but the marker."""
    if any(isinstance(term, BlankNode) for term in (subject, object, graph)):
        raise StoreError(f"{endpoint.query}: has blank nodes, which no query can name")
    pattern = f"{subject or '?s'} {predicate or '?p'} {object or '?o'}"
    if graph is not None:
        named = isinstance(graph, NamedNode)
        where = f"GRAPH {graph} {{ {pattern} }}" if named else pattern
        triples = endpoint.construct(f"CONSTRUCT {{ {pattern} }} WHERE {{ {where} }}")
        return [Quad(t.subject, t.predicate, t.object, graph) for t in triples]
    rows = endpoint.select(
        f"SELECT * WHERE {{ {{ {pattern} }} UNION {{ GRAPH ?g {{ {pattern} }} }} }}"
    )
    given: dict[str, Term | None] = {"s": subject, "p": predicate, "o": object}
    known = {name: term for name, term in given.items() if term is not None}
    return list(_quads({**row, **known} for row in rows))


def _quads(rows: Iterable[dict[str, Term | None]]) -> Iterator[Quad]:
    for row in rows:
        subject, predicate, object, graph = row["s"], row["p"], row["o"], row.get("g")
        if graph == MARKER or object is None:
            continue
        if isinstance(subject, NamedNode | BlankNode) and isinstance(predicate, NamedNode):
            place = graph if isinstance(graph, NamedNode | BlankNode) else FACTS
            yield Quad(subject, predicate, object, place)


def select_each(
    endpoint: Endpoint, query: str, name: str, values: Iterable[Term]
) -> Iterator[tuple[Term, list[dict[str, Term | None]]]]:
    for some in _batches(dict.fromkeys(values), TOGETHER):
        among = f"VALUES ?{name} {{ {' '.join(map(str, some))} }}"
        found: dict[Term | None, list[dict[str, Term | None]]] = {}
        for row in endpoint.select(query.replace("{", f"{{ {among}", 1)):
            found.setdefault(row[name], []).append(row)
        for value in some:
            yield value, found.get(value, [])


def _batches(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    rest = iter(items)
    while some := list(islice(rest, size)):
        yield some
