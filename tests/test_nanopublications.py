"""Each statement of a paper is a nanopublication that other programs take for one."""

import nanopub
import pytest
import rdflib
from pyoxigraph import DefaultGraph, NamedNode, RdfFormat, parse

from scholargraph.graph import vocab as v
from scholargraph.graph.nanopublications import NANOPUB, nanopublications
from scholargraph.graph.store import Snapshot, Store

# rdflib 7.6 itself, and the nanopub library, use what rdflib 7.6 deprecates.
pytestmark = [
    pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Dataset:DeprecationWarning"),
]

VALUE = rdflib.URIRef(v.VALUE.value)
HEAD = rdflib.URIRef(f"{NANOPUB}Nanopublication")


@pytest.fixture
def snapshot(store: Store) -> Snapshot:
    return store.snapshot()


@pytest.fixture
def published(snapshot: Snapshot) -> rdflib.Dataset:
    dataset = rdflib.Dataset()
    dataset.parse(data=b"".join(nanopublications(snapshot)), format="trig")
    return dataset


def nodes(snapshot: Snapshot, kind: NamedNode) -> set[str]:
    return {quad.subject.value for quad in snapshot.quads(None, v.TYPE, kind, DefaultGraph())}


def test_every_relation_result_and_introduction_is_one(snapshot, published):
    found = {str(node) for node, *_ in published.quads((None, rdflib.RDF.type, HEAD, None))}

    introduced = snapshot.quads(None, v.INTRODUCES, None, DefaultGraph())
    stated = nodes(snapshot, v.RELATION) | nodes(snapshot, v.RESULT_CLAIM)
    assert {f"{node}-np" for node in stated} <= found
    assert len(found) == len(stated) + len(introduced)


def test_the_nanopub_library_calls_each_valid(published):
    heads = list(published.quads((None, rdflib.RDF.type, HEAD, None)))
    for node, *_ in heads:
        single = rdflib.ConjunctiveGraph()
        for part in ("head", "assertion", "provenance", "pubinfo"):
            name = rdflib.URIRef(f"{node}-{part}")
            for triple in published.graph(name):
                single.get_context(name).add(triple)

        assert nanopub.Nanopub(rdf=single).is_valid


def test_an_assertion_says_where_it_is_from(snapshot, published):
    (paper, _, concept, _) = next(
        iter(published.quads((None, rdflib.URIRef(v.INTRODUCES.value), None, None)))
    )
    *_, kind, key = concept.split("/")
    assertion = rdflib.URIRef(f"{paper}#introduces-{kind}-{key}-np-assertion")
    derived = rdflib.URIRef(v.term("prov:wasDerivedFrom").value)

    said = {(p, o) for _, p, o, _ in published.quads((assertion, None, None, None))}
    sentences = {o for p, o in said if p == derived and o != paper}
    assert (derived, paper) in said
    assert sentences
    for sentence in sentences:
        texts = [o for *_, o, _ in published.quads((sentence, VALUE, None, None))]
        assert texts and all(map(str, texts))


def test_the_same_graph_gives_the_same_bytes(snapshot, store):
    with store.snapshot() as again:
        first, second = (b"".join(nanopublications(graph)) for graph in (snapshot, again))

    assert first == second
    assert len(list(parse(first, RdfFormat.TRIG))) > 0
