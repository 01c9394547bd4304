"""Whole graphs of a store, read, replaced, added to and removed: the Graph Store Protocol."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad

from scholargraph import ScholarGraphError

from .documents import Document, triples
from .snapshots import Snapshot
from .store import Writer

Graph = NamedNode | DefaultGraph


class GraphChanged(ScholarGraphError):
    """A graph that is not what the request for its change takes it to be."""


@dataclass(frozen=True, slots=True)
class Condition:
    """
    What a graph must be for a change to be made.

    Its fingerprint is one of *wanted*, and none of *refused*; ``*`` stands for any that there is.
    """

    wanted: frozenset[str] | None = None
    refused: frozenset[str] = frozenset()

    def holds(self, found: str | None) -> bool:
        """Whether it may be made to the graph with the fingerprint *found*."""
        if self.wanted is not None and (found is None or not self.wanted & {found, "*"}):
            return False
        return found is None or not self.refused & {found, "*"}

    def json(self) -> dict[str, list[str] | None]:
        """This condition for another process."""
        wanted = None if self.wanted is None else sorted(self.wanted)
        return {"wanted": wanted, "refused": sorted(self.refused)}

    @classmethod
    def from_json(cls, value: dict[str, list[str] | None] | None) -> "Condition | None":
        """What `json` was made of."""
        if value is None:
            return None
        wanted = value["wanted"]
        return cls(None if wanted is None else frozenset(wanted), frozenset(value["refused"] or ()))


def graph_named(text: str) -> Graph:
    """The graph that prints as *text*."""
    return DefaultGraph() if text == "DEFAULT" else NamedNode(text[1:-1])


def exists(found: Snapshot | Writer, graph: Graph) -> bool:
    """Whether *graph* is there; the default graph always is."""
    return isinstance(graph, DefaultGraph) or found.holds(graph)


def fingerprint(found: Snapshot | Writer, graph: Graph) -> str | None:
    """What changes when *graph* does; None where it is absent."""
    if not exists(found, graph):
        return None
    digest = hashlib.sha256()
    for line in sorted(str(quad) for quad in found.quads(graph=graph)):
        digest.update(line.encode())
    return digest.hexdigest()[:32]


def putting(
    graph: Graph,
    documents: Sequence[Document],
    *,
    replace: bool,
    base: str,
    condition: Condition | None = None,
) -> Callable[[Writer], bool]:
    """
    Makes the documents' triples the whole of *graph* or, without *replace*, adds them to it.

    The documents are read now, and nothing else is done: what comes back makes the change, all or
    nothing, and says whether the graph is new. Relative IRIs are resolved against *base*.

    Raises:
        RdfError: A document cannot be read.
        GraphChanged: Later, where the graph is not as *condition* wants it.
    """

    def quads() -> Iterator[Quad]:
        for document in documents:
            for quad in triples(document, base):
                yield Quad(quad.subject, quad.predicate, quad.object, graph)

    # Read twice: once to know that all of it is sound, again to store it. Keeping what was read
    # takes ten times the document's own memory.
    empty = not sum(1 for _ in quads())

    def change(writer: Writer) -> bool:
        _check(writer, graph, condition)
        new = not exists(writer, graph)
        if replace and not new:
            # One update is one transaction. Blank nodes of the old graph go with CLEAR only.
            target = "DEFAULT" if isinstance(graph, DefaultGraph) else f"GRAPH {graph}"
            writer.update(
                f"CLEAR {target} ; {_insertion(quads())}", within=((None, None, None, graph),)
            )
            return False
        writer.extend(quads())
        if empty and isinstance(graph, NamedNode):
            writer.add_graph(graph)
        return new

    return change


def removing(graph: Graph, *, condition: Condition | None = None) -> Callable[[Writer], bool]:
    """
    Removes *graph*, or empties the default graph: what comes back does, and says if it was there.

    Raises:
        GraphChanged: As for `putting`.
    """

    def change(writer: Writer) -> bool:
        _check(writer, graph, condition)
        known = exists(writer, graph)
        if known:
            writer.remove_graph(graph)
        return known

    return change


def _check(writer: Writer, graph: Graph, condition: Condition | None) -> None:
    if condition is not None and not condition.holds(fingerprint(writer, graph)):
        raise GraphChanged("the graph is not, or no longer, what the request takes it to be")


def _insertion(quads: Iterable[Quad]) -> str:
    lines = []
    for quad in quads:
        triple = f"{quad.subject} {quad.predicate} {quad.object} ."
        named = isinstance(quad.graph_name, NamedNode | BlankNode)
        lines.append(f"GRAPH {quad.graph_name} {{ {triple} }}" if named else triple)
    return f"INSERT DATA {{ {' '.join(lines)} }}"
