"""
What papers say as nanopublications: each statement by itself, with where it is from.

One has four graphs (https://nanopub.net/guidelines/working_draft/): the head; the assertion, which
is a relation, an introduced concept or a result; its provenance, which is the sentences, how sure
the extractor is, and its run; and when and by which run the nanopublication was made.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal

from pyoxigraph import Literal, NamedNode, Quad

from . import serialize, turtle
from . import vocab as v
from .iris import part
from .parts import owned
from .snapshots import Term
from .store import Snapshot
from .tables import articles

NANOPUB = "http://www.nanopub.org/nschema#"
PREFIXES = {"np": NANOPUB, **v.PREFIXES}

_NANOPUBLICATION = NamedNode(f"{NANOPUB}Nanopublication")
_HAS = {
    "assertion": NamedNode(f"{NANOPUB}hasAssertion"),
    "provenance": NamedNode(f"{NANOPUB}hasProvenance"),
    "pubinfo": NamedNode(f"{NANOPUB}hasPublicationInfo"),
}
_CREATED = v.term("dct:created")
_DERIVED_FROM = v.term("prov:wasDerivedFrom")
# What a result claims; the rest that is said of it is where it stands.
_CLAIMED = (v.TYPE, v.VALUE, v.UNIT, v.CHANGE, *v.RESULT_PARTS.values())

_Values = dict[NamedNode, list[Term]]
_Triple = tuple[NamedNode, NamedNode, Term]


def nanopublications(snapshot: Snapshot) -> Iterator[bytes]:
    """TriG, paper by paper in the order of their IRIs; the same graph gives the same bytes."""
    described = (
        description
        for paper in articles(snapshot)
        for quads in _of_paper(snapshot, paper)
        for description in serialize.described(quads, named=True)
    )
    return serialize.chunks(turtle.write(described, PREFIXES))


def _of_paper(snapshot: Snapshot, paper: NamedNode) -> Iterator[list[Quad]]:
    nodes: dict[Term, _Values] = defaultdict(lambda: defaultdict(list))
    for quad in owned(snapshot, paper):
        if isinstance(quad.subject, NamedNode):
            nodes[quad.subject][quad.predicate].append(quad.object)
    for node, assertion, evidence in _statements(paper, nodes):
        graphs = {name: NamedNode(f"{node.value}-{name}") for name in ("head", *_HAS)}
        runs = _values(nodes, evidence, v.GENERATED_BY)
        yield [
            *(
                Quad(subject, predicate, value, graphs[name])
                for name, triples in (
                    ("head", [(node, v.TYPE, _NANOPUBLICATION)]),
                    ("head", [(node, has, graphs[name]) for name, has in _HAS.items()]),
                    ("assertion", assertion),
                    ("provenance", _provenance(graphs["assertion"], paper, evidence, nodes)),
                    ("pubinfo", [(node, _CREATED, day) for day in _ended(snapshot, runs)]),
                    ("pubinfo", [(node, v.GENERATED_BY, run) for run in runs]),
                )
                for subject, predicate, value in triples
            )
        ]


def _statements(
    paper: NamedNode, nodes: Mapping[Term, _Values]
) -> Iterator[tuple[NamedNode, list[_Triple], list[Term]]]:
    """The IRI of each nanopublication, what it asserts, and the nodes that are evidence of it."""
    mentions: dict[Term, list[Term]] = defaultdict(list)
    for node in sorted(nodes, key=str):
        values = nodes[node]
        assert isinstance(node, NamedNode)
        for concept in values[v.OF_CONCEPT]:
            mentions[concept].append(node)
        own = NamedNode(f"{node.value}-np")
        if v.RELATION in values[v.TYPE]:
            subjects, predicates, objects = (
                values[part] for part in (v.SUBJECT, v.PREDICATE, v.OBJECT)
            )
            for subject, predicate, value in zip(subjects, predicates, objects, strict=True):
                if isinstance(subject, NamedNode) and isinstance(predicate, NamedNode):
                    yield own, [(subject, predicate, value)], [node]
        elif v.RESULT_CLAIM in values[v.TYPE]:
            claimed = [(node, name, value) for name in _CLAIMED for value in values[name]]
            yield own, claimed, [node]
    for concept in sorted(nodes[paper][v.INTRODUCES], key=str):
        assert isinstance(concept, NamedNode)
        kind, key = concept.value.rsplit("/", 2)[1:]
        own = part(paper, "introduces", kind, key, "np")
        yield own, [(paper, v.INTRODUCES, concept)], mentions[concept]


def _provenance(
    assertion: NamedNode, paper: NamedNode, evidence: list[Term], nodes: Mapping[Term, _Values]
) -> Iterator[_Triple]:
    for run in _values(nodes, evidence, v.GENERATED_BY):
        yield assertion, v.GENERATED_BY, run
    confidences = [term.value for term in _literals(nodes, evidence, v.CONFIDENCE)]
    for confidence in sorted(confidences, key=Decimal)[-1:]:  # several mentions: the surest
        yield assertion, v.CONFIDENCE, Literal(confidence, datatype=v.XSD_DECIMAL)
    yield assertion, _DERIVED_FROM, paper
    for sentence in _values(nodes, evidence, v.IN_SENTENCE):
        yield assertion, _DERIVED_FROM, sentence
        yield sentence, v.PART_OF, paper
        for text in nodes[sentence][v.VALUE]:
            yield sentence, v.VALUE, text


def _values(
    nodes: Mapping[Term, _Values], evidence: list[Term], predicate: NamedNode
) -> list[NamedNode]:
    found = dict.fromkeys(value for node in evidence for value in nodes[node][predicate])
    return [value for value in found if isinstance(value, NamedNode)]


def _literals(
    nodes: Mapping[Term, _Values], evidence: list[Term], predicate: NamedNode
) -> list[Literal]:
    found = (value for node in evidence for value in nodes[node][predicate])
    return [value for value in found if isinstance(value, Literal)]


def _ended(snapshot: Snapshot, runs: list[NamedNode]) -> list[Literal]:
    """When the last of *runs* ended, for which the graph says so."""
    moments = {
        quad.object.value
        for run in runs
        for quad in snapshot.quads(run, v.ENDED)
        if isinstance(quad.object, Literal)
    }
    return [Literal(max(moments), datatype=v.XSD_DATE_TIME)] if moments else []
