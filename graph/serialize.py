"""
Graphs as files: Turtle, N-Triples, JSON-LD, RDF/XML, TriG and N-Quads, streamed.

The order is canonical (graph, subject, predicate, object), so that the same graph gives the same
bytes and two exports can be compared line by line. Oxigraph's own writers are quicker, but their
prefixes come in another order each time, their JSON-LD has no context, and their RDF/XML is not
well-formed for some predicates and characters.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby, islice

from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad, RdfFormat, Triple

from . import jsonld, rdfxml, turtle
from .description import Description, Graph
from .snapshots import Snapshot, Term
from .subjects import subjects
from .vocab import PREFIXES, TYPE

_Writer = Callable[[Iterator[Description], Mapping[str, str]], Iterator[str]]

# What is sent at once; below it, chunks cost more than their bytes.
_CHUNK = 64 * 2**10

# Nodes whose quads are asked for together, where that is quicker.
_AHEAD = 2000


@dataclass(frozen=True, slots=True)
class Format:
    """
    A way to write a graph down. *graphs* says whether it keeps the names of graphs.

    *engine* is what Oxigraph calls it, for reading.
    """

    suffix: str
    media_type: str
    engine: RdfFormat
    graphs: bool
    write: _Writer


FORMATS: dict[str, Format] = {
    format.suffix: format
    for format in (
        Format("ttl", "text/turtle", RdfFormat.TURTLE, False, turtle.write),
        Format("nt", "application/n-triples", RdfFormat.N_TRIPLES, False, turtle.write_lines),
        Format("jsonld", "application/ld+json", RdfFormat.JSON_LD, True, jsonld.write),
        Format("rdf", "application/rdf+xml", RdfFormat.RDF_XML, False, rdfxml.write),
        Format("trig", "application/trig", RdfFormat.TRIG, True, turtle.write),
        Format("nq", "application/n-quads", RdfFormat.N_QUADS, True, turtle.write_lines),
    )
}


def serialize(
    graph: Snapshot | Iterable[Quad | Triple],
    format: str,
    *,
    prefixes: Mapping[str, str] = PREFIXES,
) -> Iterator[bytes]:
    """
    *graph* in *format*, one of `FORMATS`, as chunks of UTF-8.

    Of a snapshot, a format without graphs shows the default graph; memory stays flat. Quads are
    sorted in memory; in a format without graphs their graphs are left out.

    Raises: rdfxml.NotXml while it writes, for what RDF/XML cannot say.
    """
    chosen = FORMATS[format]
    if isinstance(graph, Snapshot):
        descriptions = _of_snapshot(graph, named=chosen.graphs)
    else:
        descriptions = described(graph, named=chosen.graphs)
    return chunks(chosen.write(descriptions, prefixes))


def _of_snapshot(snapshot: Snapshot, *, named: bool) -> Iterator[Description]:
    graphs: list[Graph] = [DefaultGraph()]
    if named:
        graphs += sorted(snapshot.named_graphs(), key=str)
    for graph in graphs:
        nodes = subjects(snapshot, graph)
        while part := list(islice(nodes, _AHEAD)):
            snapshot.expect(node for node in part if isinstance(node, NamedNode))
            for node in part:
                yield graph, node, _values(snapshot.quads(node, None, None, graph))


def described(quads: Iterable[Quad | Triple], *, named: bool) -> Iterator[Description]:
    """*quads*, grouped and sorted in memory; where not *named*, as if all were of one graph."""
    default = DefaultGraph()
    distinct: set[Quad] = set()
    for quad in quads:
        graph = quad.graph_name if named and isinstance(quad, Quad) else default
        distinct.add(Quad(quad.subject, quad.predicate, quad.object, graph))

    def place(quad: Quad) -> tuple[bool, str, tuple[bool, str]]:
        unnamed = isinstance(quad.graph_name, DefaultGraph)
        return not unnamed, str(quad.graph_name), _order(quad.subject)

    for _, group in groupby(sorted(distinct, key=place), key=place):
        members = list(group)
        node = members[0].subject
        if isinstance(node, NamedNode | BlankNode):
            yield members[0].graph_name, node, _values(members)


def _values(quads: Iterable[Quad]) -> list[tuple[NamedNode, list[Term]]]:
    values: dict[NamedNode, list[Term]] = {}
    for quad in quads:
        values.setdefault(quad.predicate, []).append(quad.object)
    order = sorted(values, key=lambda predicate: (predicate != TYPE, predicate.value))
    return [
        (predicate, sorted(found, key=str) if len(found := values[predicate]) > 1 else found)
        for predicate in order
    ]


def _order(term: Term) -> tuple[bool, str]:
    # By what stands between the brackets, so that a paper comes before its own parts.
    return isinstance(term, BlankNode), term.value if isinstance(term, NamedNode) else str(term)


def chunks(pieces: Iterator[str]) -> Iterator[bytes]:
    """*pieces* as UTF-8, enough of them at once to be worth sending."""
    waiting: list[str] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= _CHUNK:
            yield "".join(waiting).encode()
            waiting, size = [], 0
    if waiting:
        yield "".join(waiting).encode()
