"""What a paper or a profile owns: itself, and every node that says it is a part of it."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad

from . import vocab as v
from .snapshots import Term


class Readable(Protocol):
    """A `Snapshot` or a `Writer`: whatever quads can be looked up in."""

    def quads(
        self,
        subject: NamedNode | BlankNode | None = None,
        predicate: NamedNode | None = None,
        object: Term | None = None,
        graph: NamedNode | BlankNode | DefaultGraph | None = None,
    ) -> list[Quad]: ...

    def select(self, query: str, **bindings: Term) -> list[dict[str, Term | None]]: ...

    def select_each(
        self, query: str, name: str, values: Iterable[Term]
    ) -> Iterator[tuple[Term, list[dict[str, Term | None]]]]: ...

    def holds(self, graph: NamedNode) -> bool: ...

    def expect(self, nodes: Iterable[NamedNode], *, parts: bool = False) -> None: ...

    def expect_values(self, predicate: NamedNode, values: Iterable[Term]) -> None: ...


FACTS = DefaultGraph()


def parts(graph: Readable, owner: NamedNode) -> list[NamedNode]:
    """The nodes that are part of *owner*, in order of their IRIs."""
    quads = graph.quads(None, v.PART_OF, owner, FACTS)
    nodes = [quad.subject for quad in quads if isinstance(quad.subject, NamedNode)]
    return sorted(nodes, key=lambda node: node.value)


def owned(graph: Readable, owner: NamedNode) -> list[Quad]:
    """Every quad about *owner* and about its parts."""
    quads = graph.quads(owner, None, None, FACTS)
    for node in parts(graph, owner):
        quads += graph.quads(node, None, None, FACTS)
    return quads
