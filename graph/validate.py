"""
Does a graph keep to graph/shapes.ttl?

pyshacl, an optional extra, checks the shapes' core constraints, on a part of the graph at a time.
Their SPARQL constraints run in Oxigraph over the whole: for a graph of 1,200 triples they took 4 s
in pyshacl, and a few milliseconds there.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import resources
from itertools import islice

import rdflib
from pyoxigraph import Literal, NamedNode, Quad
from rdflib.namespace import RDF, SH

from scholargraph import ScholarGraphError

from . import vocab as v
from .parts import FACTS
from .snapshots import Snapshot, Term
from .subjects import subjects

# Nodes checked at once; memory and time for each node hardly change with it.
_NODES = 2_000


class ValidationUnavailable(ScholarGraphError):
    """The library that checks shapes is not installed."""


@dataclass(frozen=True, slots=True, order=True)
class Violation:
    """*node* breaks the rule *shape*, a name in shapes.ttl; *value* is what is wrong, if known."""

    node: str
    shape: str
    message: str
    value: str = ""

    def __str__(self) -> str:
        value = f" (found {self.value})" if self.value else ""
        return f"{self.node}: {self.message}{value} [{self.shape}]"


def validate(
    snapshot: Snapshot, *, progress: Callable[[int], None] | None = None
) -> list[Violation]:
    """
    Where the default graph of *snapshot* breaks its shapes, in order of nodes; empty if nowhere.

    *progress* is told how many more nodes have been checked.

    Raises: ValidationUnavailable.
    """
    text = resources.files("scholargraph.graph").joinpath("shapes.ttl").read_text(encoding="utf-8")
    shapes = rdflib.Graph().parse(data=text, format="turtle")
    found = set(_sparql(snapshot, shapes))
    shapes.remove((None, SH.sparql, None))
    nodes = subjects(snapshot, FACTS)
    while part := list(islice(nodes, _NODES)):
        found.update(_core(snapshot, shapes, [n for n in part if isinstance(n, NamedNode)]))
        if progress:
            progress(len(part))
    return sorted(found)


def _core(snapshot: Snapshot, shapes: rdflib.Graph, nodes: list[NamedNode]) -> Iterator[Violation]:
    try:
        import pyshacl
    except ModuleNotFoundError as error:
        raise ValidationUnavailable(
            "pyshacl is not installed; pip install 'scholargraph[validate]'"
        ) from error
    data = rdflib.Graph()
    about: set[Term] = set(nodes)
    linked: set[NamedNode] = set()
    for node in nodes:
        for quad in snapshot.quads(node, None, None, FACTS):
            data.add(_triple(quad))
            if isinstance(quad.object, NamedNode) and quad.predicate != v.TYPE:
                linked.add(quad.object)
    # Shapes ask of what a node links to nothing but its class.
    for node in linked - about:
        for quad in snapshot.quads(node, v.TYPE, None, FACTS):
            data.add(_triple(quad))
    # Not its own focus_nodes: with them, pyshacl 0.40 passes over values in qualified shapes.
    _, report, _ = pyshacl.validate(data, shacl_graph=shapes)
    names = {node.value for node in nodes}
    for result in report.subjects(RDF.type, SH.ValidationResult):
        focus = str(report.value(result, SH.focusNode))
        if focus not in names:
            continue
        value = report.value(result, SH.value)
        yield Violation(
            node=focus,
            shape=_name(report.value(result, SH.sourceShape)),
            message=str(report.value(result, SH.resultMessage)),
            value="" if value is None else str(value)[:100],
        )


def _sparql(snapshot: Snapshot, shapes: rdflib.Graph) -> Iterator[Violation]:
    prefixes = "".join(f"PREFIX {name}: <{start}>\n" for name, start in v.PREFIXES.items())
    for shape, constraint in shapes.subject_objects(SH.sparql):
        classes = {NamedNode(str(name)) for name in shapes.objects(shape, SH.targetClass)}
        select = str(shapes.value(constraint, SH.select)).replace("$this", "?this")
        for row in snapshot.select(prefixes + select):
            node, value = row["this"], row["value"]
            if isinstance(node, NamedNode) and any(
                snapshot.quads(node, v.TYPE, name, FACTS) for name in classes
            ):
                yield Violation(
                    node=node.value,
                    shape=_name(constraint),
                    message=str(shapes.value(constraint, SH.message)),
                    value=getattr(value, "value", "")[:100],
                )


def _name(shape: object) -> str:
    return str(shape).rpartition("#")[2]


def _triple(quad: Quad) -> tuple[rdflib.term.Node, rdflib.term.Node, rdflib.term.Node]:
    return _term(quad.subject), _term(quad.predicate), _term(quad.object)


def _term(term: Term) -> rdflib.term.Node:
    if isinstance(term, Literal):
        if term.language is not None:
            return rdflib.Literal(term.value, lang=term.language)
        if term.datatype == v.XSD_STRING:  # to rdflib, not the same as a literal without a datatype
            return rdflib.Literal(term.value)
        return rdflib.Literal(term.value, datatype=rdflib.URIRef(term.datatype.value))
    return rdflib.URIRef(term.value) if isinstance(term, NamedNode) else rdflib.BNode(str(term))
