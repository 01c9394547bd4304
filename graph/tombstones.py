"""
What was removed: the IRIs that once were here, what they stood for, and since when they are gone.

A tombstone is in a named graph of its own, so that facts stay facts: the former type and name of
the resource, and its prov:invalidatedAtTime. It is lifted when the resource comes back.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, Quad

from . import vocab as v
from .iris import Iris
from .parts import Readable

# What a resource is remembered by.
_KEPT = (v.TYPE, v.TITLE, v.IDENTIFIER, v.NAME, v.LABEL, v.NAME_AS_GIVEN)
_NAMES = (v.TITLE, v.LABEL, v.NAME, v.NAME_AS_GIVEN)


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A removed resource: its last name, '' where it had none, and the moment as xsd:dateTime."""

    iri: str
    name: str
    removed: str


def tombstone(graph: Readable, iri: NamedNode, iris: Iris) -> Tombstone | None:
    """The tombstone of *iri*, None where it was never removed or has come back."""
    said: dict[NamedNode, str] = {}
    for quad in graph.quads(iri, None, None, iris.removed_graph()):
        if isinstance(quad.object, Literal):
            said[quad.predicate] = quad.object.value
    if v.INVALIDATED not in said:
        return None
    name = next((said[predicate] for predicate in _NAMES if predicate in said), "")
    return Tombstone(iri.value, name, said[v.INVALIDATED])


def buried(gone: Iterable[Quad], nodes: Iterable[NamedNode], moment: str, iris: Iris) -> list[Quad]:
    """The tombstones of *nodes*, of which *gone* holds what was said; *moment* is ISO 8601, UTC."""
    graph, when = iris.removed_graph(), Literal(moment, datatype=v.XSD_DATE_TIME)
    stones = [Quad(node, v.INVALIDATED, when, graph) for node in nodes]
    wanted = {stone.subject for stone in stones}
    return stones + [
        Quad(quad.subject, quad.predicate, quad.object, graph)
        for quad in gone
        if quad.predicate in _KEPT and quad.subject in wanted
    ]


def lifted(graph: Readable, come: Iterable[Quad], iris: Iris) -> list[Quad]:
    """The tombstones of what is described again by *come*."""
    place = iris.removed_graph()
    stones = {quad.subject for quad in graph.quads(None, v.INVALIDATED, None, place)}
    if not stones:
        return []
    back = stones & {quad.subject for quad in come}
    return [
        quad
        for node in back
        if isinstance(node, NamedNode)
        for quad in graph.quads(node, None, None, place)
    ]
