"""
What was removed: the IRIs that once were here, what they stood for, and since when they are gone.

A tombstone is in a named graph of its own, so that facts stay facts: the former type of the
resource as dct:type, its name, its prov:invalidatedAtTime, and where a paper went on under another
IRI, since its DOI came to be known for example, dct:isReplacedBy. It is lifted when the resource
comes back.
"""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, Quad

from . import vocab as v
from .entities import value_of
from .iris import Iris
from .parts import Readable

# What a resource is remembered by.
_KEPT = (v.TITLE, v.IDENTIFIER, v.NAME, v.LABEL, v.NAME_AS_GIVEN)
_NAMES = (v.TITLE, v.LABEL, v.NAME, v.NAME_AS_GIVEN)


@dataclass(frozen=True, slots=True)
class Tombstone:
    """
    A removed resource: its last name, '' where it had none, and the moment as xsd:dateTime.

    *successor* is the IRI under which it goes on, None for what is gone.
    """

    iri: str
    name: str
    removed: str
    successor: str | None = None


def tombstone(graph: Readable, iri: NamedNode, iris: Iris) -> Tombstone | None:
    """The tombstone of *iri*, None where it was never removed or has come back."""
    said: dict[NamedNode, str] = {}
    for quad in graph.quads(iri, None, None, iris.removed_graph()):
        said[quad.predicate] = value_of(quad.object)
    if v.INVALIDATED not in said:
        return None
    name = next((said[predicate] for predicate in _NAMES if predicate in said), "")
    return Tombstone(iri.value, name, said[v.INVALIDATED], said.get(v.REPLACED_BY))


def buried(
    gone: Iterable[Quad], nodes: Mapping[NamedNode, NamedNode | None], iris: Iris
) -> list[Quad]:
    """
    The tombstones, of this moment, of *nodes*, each with its successor if it has one.

    *gone* holds what was said of them.
    """
    graph = iris.removed_graph()
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    when = Literal(now.replace("+00:00", "Z"), datatype=v.XSD_DATE_TIME)
    stones = []
    for node, after in nodes.items():
        stones += [Quad(node, v.TYPE, v.ENTITY, graph), Quad(node, v.INVALIDATED, when, graph)]
        if after is not None:
            stones.append(Quad(node, v.REPLACED_BY, after, graph))
    for quad in gone:
        if quad.subject in nodes and quad.predicate == v.TYPE:
            stones.append(Quad(quad.subject, v.FORMER_TYPE, quad.object, graph))
        elif quad.subject in nodes and quad.predicate in _KEPT:
            stones.append(Quad(quad.subject, quad.predicate, quad.object, graph))
    return stones


def lifted(
    graph: Readable, come: Iterable[Quad], iris: Iris, nodes: Iterable[NamedNode] = ()
) -> list[Quad]:
    """The tombstones of what is described again by *come*, and of *nodes*."""
    place = iris.removed_graph()
    stones = {quad.subject for quad in graph.quads(None, v.INVALIDATED, None, place)}
    if not stones:
        return []
    back = stones & {*nodes, *(quad.subject for quad in come)}
    return [
        quad
        for node in back
        if isinstance(node, NamedNode)
        for quad in graph.quads(node, None, None, place)
    ]
