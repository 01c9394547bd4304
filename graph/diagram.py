"""The ontology as a diagram: which classes there are, and what leads from one to another."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import networkx as nx
import pyoxigraph
from pyoxigraph import NamedNode, RdfFormat

from .layout import positions
from .ontology import triples
from .vocab import PREFIXES, TYPE, term

# Boxes are wider than the nodes that the layout has in mind, and arrows carry names.
WIDER, HIGHER = 2.0, 2.6


@dataclass(frozen=True, slots=True)
class Box:
    """A class by its prefixed name, its middle at *x* and *y* in pixels."""

    name: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Arrow:
    """The properties *names* from *subject* to *object*, or that the one is a kind of the other."""

    subject: str
    object: str
    names: tuple[str, ...]
    is_a: bool = False


@dataclass(frozen=True, slots=True)
class Diagram:
    """
    Every class that a property leads from or to, and the arrows between them.

    Arrows come from what ontology.ttl says of domains, ranges and superclasses, and from the
    classes that shapes.ttl wants at the ends of properties. *loops* are properties that lead from
    a class to itself, by its name.
    """

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    loops: tuple[tuple[str, tuple[str, ...]], ...]


@cache
def diagram() -> Diagram:
    """Reads both files, and lays the classes out; the same files give the same diagram."""
    found = _declared() | _shaped()
    names: dict[tuple[str, str], set[str]] = defaultdict(set)
    for subject, name, object in found:
        names[subject, object].add(name)
    kinds = {
        (_short(triple.subject), _short(triple.object))
        for triple in triples()
        if triple.predicate == term("rdfs:subClassOf")
    }
    kinds = {pair for pair in kinds if pair[0] != pair[1]}
    graph = nx.Graph([pair for pair in (*sorted(names), *sorted(kinds)) if pair[0] != pair[1]])
    return Diagram(
        boxes=tuple(
            Box(name, round(x * WIDER, 1), round(y * HIGHER, 1))
            for name, (x, y) in sorted(positions(graph).items())
        ),
        arrows=tuple(
            [
                Arrow(subject, object, tuple(sorted(found)))
                for (subject, object), found in sorted(names.items())
                if subject != object
            ]
            + [Arrow(subject, object, (), is_a=True) for subject, object in sorted(kinds)]
        ),
        loops=tuple(
            (subject, tuple(sorted(found)))
            for (subject, object), found in sorted(names.items())
            if subject == object
        ),
    )


def _declared() -> set[tuple[str, str, str]]:
    """Class, property and class, by what the ontology says of domains and ranges."""
    ends: dict[str, dict[str, list[str]]] = defaultdict(lambda: {"domain": [], "range": []})
    properties = {
        triple.subject
        for triple in triples()
        if triple.predicate == TYPE and triple.object == term("owl:ObjectProperty")
    }
    for triple in triples():
        for end in ("domain", "range"):
            if triple.predicate == term(f"rdfs:{end}") and triple.subject in properties:
                ends[_short(triple.subject)][end].append(_short(triple.object))
    return {
        (subject, name, object)
        for name, found in ends.items()
        for subject in found["domain"]
        for object in found["range"]
    }


def _shaped() -> set[tuple[str, str, str]]:
    """Class, property and class, by what the shapes want at the end of a path."""
    text = files(__package__).joinpath("shapes.ttl").read_bytes()
    shapes = [quad.triple for quad in pyoxigraph.parse(text, RdfFormat.TURTLE)]

    def pairs(predicate: str) -> dict[object, list[object]]:
        wanted = term(predicate)
        said: dict[object, list[object]] = defaultdict(list)
        for triple in shapes:
            if triple.predicate == wanted:
                said[triple.subject].append(triple.object)
        return said

    targets, properties = pairs("sh:targetClass"), pairs("sh:property")
    paths, classes = pairs("sh:path"), pairs("sh:class")
    return {
        (_short(subject), _short(path), _short(object))
        for shape, subjects in targets.items()
        for subject in subjects
        for property in properties.get(shape, ())
        for path in paths.get(property, ())
        for object in classes.get(property, ())
        if all(isinstance(node, NamedNode) for node in (subject, path, object))
    }


def _short(node: object) -> str:
    """An IRI by its prefix, as the page writes it."""
    iri = node.value if isinstance(node, NamedNode) else ""
    for prefix, namespace in PREFIXES.items():
        if iri.startswith(namespace):
            return f"{prefix}:{iri[len(namespace) :]}"
    return iri
