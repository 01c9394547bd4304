"""Whole graphs of a store, read, replaced, added to and removed: the Graph Store Protocol."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import pyoxigraph
from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad, RdfFormat, parse

from scholargraph import ScholarGraphError

from .snapshots import Snapshot
from .store import Store, Writer

Graph = NamedNode | DefaultGraph
Condition = Callable[[str | None], bool]

FORMATS = {
    "text/turtle": RdfFormat.TURTLE,
    "application/n-triples": RdfFormat.N_TRIPLES,
    "application/rdf+xml": RdfFormat.RDF_XML,
    "application/ld+json": RdfFormat.JSON_LD,
}


class RdfError(ScholarGraphError):
    """A document that is not the RDF it is said to be."""


class GraphChanged(ScholarGraphError):
    """A graph that is not what the request for its change takes it to be."""


@dataclass(frozen=True, slots=True)
class Document:
    """One RDF document of a request."""

    data: bytes
    media_type: str


def exists(snapshot: Snapshot, graph: Graph) -> bool:
    """Whether *graph* is there; the default graph always is."""
    return isinstance(graph, DefaultGraph) or snapshot.store.contains_named_graph(graph)


def fingerprint(engine: pyoxigraph.Store, graph: Graph) -> str | None:
    """What changes when *graph* does; None where it is absent."""
    if isinstance(graph, NamedNode) and not engine.contains_named_graph(graph):
        return None
    digest = hashlib.sha256()
    for line in sorted(str(quad) for quad in engine.quads_for_pattern(None, None, None, graph)):
        digest.update(line.encode())
    return digest.hexdigest()[:32]


def put(
    store: Store,
    graph: Graph,
    documents: Iterable[Document],
    *,
    replace: bool,
    base: str,
    condition: Condition | None = None,
) -> bool:
    """
    Makes the documents' triples the whole of *graph* or, without *replace*, adds them to it.

    All or nothing; whether the graph is new. Relative IRIs are resolved against *base*.

    Raises:
        RdfError: A document cannot be read; nothing has changed.
        GraphChanged: The graph is not as *condition*, given its fingerprint, wants it.
        StoreBusy: Another process is writing.
    """
    quads = [quad for document in documents for quad in _quads(document, graph, base)]
    with store.writing() as writer:
        engine = _unchanged(writer, graph, condition)
        new = not isinstance(graph, DefaultGraph) and not engine.contains_named_graph(graph)
        if replace and not new:
            # One update is one transaction. Blank nodes of the old graph go with CLEAR only.
            target = "DEFAULT" if isinstance(graph, DefaultGraph) else f"GRAPH {graph}"
            engine.update(f"CLEAR {target} ; {_insertion(quads)}")
        else:
            engine.extend(quads)
            if not quads and isinstance(graph, NamedNode):
                engine.add_graph(graph)
    return new


def remove(store: Store, graph: Graph, *, condition: Condition | None = None) -> bool:
    """
    Removes *graph*, or empties the default graph; whether it was there.

    Raises:
        GraphChanged: As for `put`.
    """
    with store.writing() as writer:
        engine = _unchanged(writer, graph, condition)
        if isinstance(graph, DefaultGraph):
            engine.clear_graph(graph)
            return True
        known = engine.contains_named_graph(graph)
        engine.remove_graph(graph)
    return known


def _unchanged(writer: Writer, graph: Graph, condition: Condition | None) -> pyoxigraph.Store:
    engine = writer.store
    if condition is not None and not condition(fingerprint(engine, graph)):
        raise GraphChanged("the graph is not, or no longer, what the request takes it to be")
    return engine


def _quads(document: Document, graph: Graph, base: str) -> Iterator[Quad]:
    try:
        for quad in parse(
            document.data,
            format=FORMATS[document.media_type],
            base_iri=base,
            rename_blank_nodes=True,  # blank nodes of two documents are never the same
        ):
            if not isinstance(quad.graph_name, DefaultGraph):
                raise RdfError(f"the document names the graph {quad.graph_name}; send triples only")
            yield Quad(quad.subject, quad.predicate, quad.object, graph)
    except (SyntaxError, ValueError) as error:
        raise RdfError(f"not {document.media_type}: {error}") from error


def _insertion(quads: Iterable[Quad]) -> str:
    lines = []
    for quad in quads:
        triple = f"{quad.subject} {quad.predicate} {quad.object} ."
        named = isinstance(quad.graph_name, NamedNode | BlankNode)
        lines.append(f"GRAPH {quad.graph_name} {{ {triple} }}" if named else triple)
    return f"INSERT DATA {{ {' '.join(lines)} }}"
