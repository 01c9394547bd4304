"""ontology.ttl declares exactly the terms that the graph is written in."""

import re
from importlib import resources
from pathlib import Path

import pyoxigraph
import pytest
import rdflib
from conftest import RUN
from corpus import paper
from rdflib.namespace import OWL, RDF, RDFS

import scholargraph
from scholargraph.graph import vocab
from scholargraph.graph.commit import Committer, Outcome, PaperEntry
from scholargraph.graph.vocab import PREFIXES

ROOT = Path(scholargraph.__file__).parent
SG = PREFIXES["sg"]


@pytest.fixture(scope="module")
def ontology() -> rdflib.Graph:
    text = resources.files("scholargraph").joinpath("ontology.ttl").read_text(encoding="utf-8")
    return rdflib.Graph().parse(data=text, format="turtle")


def declared(ontology: rdflib.Graph) -> set[str]:
    kinds = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty)
    return {str(term) for kind in kinds for term in ontology.subjects(RDF.type, kind)}


def used_in_code() -> set[str]:
    names = {name for value in vars(vocab).values() for name in _terms(value)}
    return {name for name in names if name.startswith(SG)}


def _terms(value: object) -> set[str]:
    if isinstance(value, pyoxigraph.NamedNode):
        return {value.value}
    if isinstance(value, dict):
        return {item.value for item in value.values() if isinstance(item, pyoxigraph.NamedNode)}
    return set()


def test_the_terms_used_are_the_terms_declared(ontology):
    assert used_in_code() == declared(ontology)


def test_every_term_of_the_namespace_is_declared(ontology):
    named = {str(term) for triple in ontology for term in triple if str(term).startswith(SG)}

    assert named == declared(ontology) | {SG}


def test_every_term_has_a_label_and_says_in_a_sentence_what_it_means(ontology):
    for term in declared(ontology):
        labels = list(ontology.objects(rdflib.URIRef(term), RDFS.label))
        comments = list(ontology.objects(rdflib.URIRef(term), RDFS.comment))

        assert len(labels) == len(comments) == 1, term
        assert labels[0].language == comments[0].language == "en"
        assert re.fullmatch(r"[A-Z].{20,}[.']", str(comments[0])), term


def test_both_parsers_agree_on_the_ontology(ontology):
    quads = list(pyoxigraph.parse(path=str(ROOT / "ontology.ttl")))

    assert len(quads) == len(ontology) > 250


def test_the_graph_uses_only_declared_terms(store, ontology):
    with store.snapshot() as snapshot:
        terms = {
            term.value
            for quad in snapshot.quads()
            for term in (quad.predicate, quad.object)
            if isinstance(term, pyoxigraph.NamedNode) and term.value.startswith(SG)
        }

    assert terms <= declared(ontology)
    assert len(terms) > 45


@pytest.mark.parametrize(
    "path",
    sorted([*ROOT.glob("graph/queries/**/*.rq"), ROOT / "graph" / "shapes.ttl"]),
    ids=lambda path: path.name,
)
def test_queries_and_shapes_use_only_declared_terms(path, ontology):
    names = set(re.findall(r"\bsg:(\w+)", path.read_text(encoding="utf-8")))

    assert {SG + name for name in names} <= declared(ontology)


def test_properties_have_the_ranges_that_the_graph_has(store, ontology):
    classes = {
        rdflib.URIRef(SG + name) for name in ("Method", "Dataset", "Task", "Metric", "Sentence")
    }
    ranges = {
        str(term): str(kind)
        for term, kind in ontology.subject_objects(RDFS.range)
        if kind in classes
    }

    sized = paper("sized-1", "Sizes", "We tune {BERT-large|method|BERT-large}.")
    Committer(store).commit([PaperEntry(*sized, RUN)], Outcome())

    with store.snapshot() as snapshot:
        for predicate, kind in ranges.items():
            quads = snapshot.quads(None, pyoxigraph.NamedNode(predicate))
            assert quads, predicate
            for quad in quads:
                assert snapshot.quads(quad.object, vocab.TYPE, pyoxigraph.NamedNode(kind)), quad
