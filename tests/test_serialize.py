"""Six formats that other tools read back as the same graph, byte for byte the same each time."""

import io
import json
import shutil
import subprocess
import xml.etree.ElementTree
from collections.abc import Iterable

import pyoxigraph
import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Triple

from scholargraph.graph import vocab as v
from scholargraph.graph.backup import backup, restore, stats
from scholargraph.graph.describe import MOST_MENTIONS, MOST_PAPERS, describe
from scholargraph.graph.iris import DEFAULT_BASE, Iris
from scholargraph.graph.rdfxml import NotXml
from scholargraph.graph.serialize import FORMATS, serialize
from scholargraph.graph.store import Store, StoreError

EXAMPLE = "https://example.org/"


def written(graph: object, format: str, **options: dict[str, str]) -> bytes:
    return b"".join(serialize(graph, format, **options))  # type: ignore[arg-type]


def read(content: bytes, format: str) -> set[Quad]:
    return set(pyoxigraph.parse(content, FORMATS[format].engine))


def default_quads(store: Store) -> set[Quad]:
    with store.snapshot() as snapshot:
        return set(snapshot.quads(graph=DefaultGraph()))


def quad(text: str, predicate: str = "says") -> Quad:
    return Quad(NamedNode(EXAMPLE + "s"), NamedNode(EXAMPLE + predicate), Literal(text))


@pytest.mark.parametrize("format", FORMATS)
def test_the_store_is_read_back_whole(store, format):
    with store.snapshot() as snapshot:
        content = written(snapshot, format)
        expected = set(snapshot.quads())
    if not FORMATS[format].graphs:
        expected = default_quads(store)

    assert read(content, format) == expected


@pytest.mark.parametrize("format", FORMATS)
def test_two_exports_are_byte_identical(store, format):
    with store.snapshot() as snapshot:
        first = written(snapshot, format)
        shuffled = sorted(snapshot.quads(), key=lambda quad: str(quad.object))
        if not FORMATS[format].graphs:
            shuffled = [quad for quad in shuffled if quad.graph_name == DefaultGraph()]
        second = written(shuffled, format)

    assert first == second


# rdflib 7.6's own JSON-LD parser uses what rdflib 7.6 deprecates.
@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
@pytest.mark.parametrize("format", ["ttl", "nt", "jsonld", "rdf"])
def test_rdflib_reads_the_same_number_of_triples(store, format):
    name = {"ttl": "turtle", "jsonld": "json-ld", "rdf": "xml"}.get(format, format)
    quads = default_quads(store)

    graph = rdflib.Graph().parse(data=written(quads, format), format=name)

    assert len(graph) == len(quads)


@pytest.mark.skipif(shutil.which("rapper") is None, reason="rapper (raptor2-utils) is not here")
@pytest.mark.parametrize(
    ("format", "name"),
    [("ttl", "turtle"), ("nt", "ntriples"), ("rdf", "rdfxml"), ("trig", "trig"), ("nq", "nquads")],
)
def test_rapper_reads_the_same_number_of_triples(store, tmp_path, format, name):
    file = tmp_path / f"graph.{format}"
    with store.snapshot() as snapshot:
        file.write_bytes(written(snapshot, format))
        number = len(snapshot.quads(graph=None if FORMATS[format].graphs else DefaultGraph()))

    answer = subprocess.run(
        ["rapper", "-i", name, "-c", str(file)], capture_output=True, text=True, check=False
    )

    assert f"Parsing returned {number} triples" in answer.stderr
    assert answer.returncode == 0


IRIS = st.sampled_from(
    [f"{EXAMPLE}a", f"{EXAMPLE}b#c-1", f"{EXAMPLE}d/e.f", v.PREFIXES["sg"] + "Mention", "urn:x:1"]
    + [f"{EXAMPLE}x&y='z'", f"{EXAMPLE}何", v.PREFIXES["sg"], v.PREFIXES["dct"] + "a.b"]
).map(NamedNode)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
LITERALS = st.one_of(
    TEXTS.map(Literal),
    TEXTS.map(lambda text: Literal(text, language="en-GB")),
    st.integers().map(Literal),
    st.booleans().map(Literal),
    st.floats().map(Literal),
    st.sampled_from(["1", "1.5", "-.5", "1.", "+2.0", "x", "0012", ""]).flatmap(
        lambda text: st.sampled_from([v.XSD_DECIMAL, v.XSD_INTEGER, v.XSD_BOOLEAN, v.XSD_DATE]).map(
            lambda datatype: Literal(text, datatype=datatype)
        )
    ),
)
NODES = st.one_of(IRIS, st.just(BlankNode("b1")))
GRAPHS = st.sampled_from([DefaultGraph(), NamedNode(f"{EXAMPLE}g"), NamedNode(f"{EXAMPLE}h")])
QUADS = st.lists(st.builds(Quad, NODES, IRIS, st.one_of(NODES, LITERALS), GRAPHS), max_size=8)


def without_labels(quads: Iterable[Quad]) -> list[str]:
    """Quads as text in which every blank node looks the same; there is one in each example."""
    return sorted(
        " ".join(
            "_:" if isinstance(term, BlankNode) else str(term)
            for term in (q.subject, q.predicate, q.object, q.graph_name)
        )
        for q in quads
    )


@pytest.mark.parametrize("format", ["nq", "trig", "jsonld"])
@given(quads=QUADS)
@settings(max_examples=150)
def test_any_dataset_is_read_back(format, quads):
    content = written(quads, format)

    assert without_labels(read(content, format)) == without_labels(set(quads))


@pytest.mark.parametrize("format", ["nt", "ttl", "rdf"])
@given(quads=QUADS)
@settings(max_examples=150)
def test_any_graph_is_read_back_or_refused(format, quads):
    triples = {Quad(quad.subject, quad.predicate, quad.object) for quad in quads}
    try:
        content = written(quads, format)
    except NotXml:
        assert format == "rdf"
        return

    assert without_labels(read(content, format)) == without_labels(triples)


def test_turtle_is_grouped_sorted_and_short():
    subject = NamedNode(f"{EXAMPLE}paper#mention-1")
    quads = [
        Quad(subject, v.EXACT, Literal('A "quoted" word')),
        Quad(subject, v.START, Literal(3)),
        Quad(subject, v.CONFIDENCE, Literal("0.5", datatype=v.XSD_DECIMAL)),
        Quad(subject, v.CONFIDENCE, Literal("1", datatype=v.XSD_DECIMAL)),
        Quad(subject, v.TYPE, v.MENTION),
        Quad(subject, v.PART_OF, NamedNode(f"{EXAMPLE}paper")),
        Quad(NamedNode(f"{EXAMPLE}paper"), v.CODE_FLAG, Literal(True)),
    ]
    prefixes = {prefix: v.PREFIXES[prefix] for prefix in ("sg", "dct", "oa", "xsd")}

    assert (
        written(quads, "ttl", prefixes=prefixes).decode()
        == """\
@prefix sg: <https://w3id.org/scholargraph/ns#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix oa: <http://www.w3.org/ns/oa#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

<https://example.org/paper>
    sg:codeFlag true .

<https://example.org/paper#mention-1>
    a sg:Mention ;
    dct:isPartOf <https://example.org/paper> ;
    oa:exact "A \\"quoted\\" word" ;
    oa:start 3 ;
    sg:confidence 0.5 , "1"^^xsd:decimal .
"""
    )


def test_json_ld_is_compact():
    subject = NamedNode(f"{EXAMPLE}paper")
    quads = [
        Quad(subject, v.TYPE, v.ARTICLE),
        Quad(subject, v.TITLE, Literal("One")),
        Quad(subject, v.CREATOR, NamedNode(f"{EXAMPLE}ada")),
        Quad(subject, v.CODE_FLAG, Literal(True)),
        Quad(subject, v.ISSUED, Literal("2023", datatype=v.XSD_YEAR)),
    ]

    assert json.loads(written(quads, "jsonld"))["@graph"] == [
        {
            "@id": "https://example.org/paper",
            "@type": ["schema:ScholarlyArticle"],
            "dct:creator": {"@id": "https://example.org/ada"},
            "dct:issued": {"@value": "2023", "@type": "xsd:gYear"},
            "dct:title": "One",
            "sg:codeFlag": True,
        }
    ]


@pytest.mark.parametrize(
    "quads",
    [
        [quad("bell \x07")],
        [quad("one", predicate="1")],
        [quad("one", predicate="")],
        [quad("\ufffe")],
    ],
)
def test_what_xml_cannot_say_is_refused_with_a_remedy(quads):
    with pytest.raises(NotXml, match="export Turtle instead"):
        written(quads, "rdf")


def test_markup_in_texts_stays_text(store):
    with store.snapshot() as snapshot:
        root = xml.etree.ElementTree.parse(io.BytesIO(written(snapshot, "rdf"))).getroot()
    titles = {node.text for node in root.iter("{http://purl.org/dc/terms/}title")}

    assert any(str(title).startswith("<script>alert(1)</script>") for title in titles)


@pytest.mark.parametrize("format", FORMATS)
def test_an_empty_graph_is_a_whole_file(format):
    assert read(written([], format), format) == set()


def test_triples_of_a_construct_are_written(store):
    with store.snapshot() as snapshot:
        triples = snapshot.construct("CONSTRUCT { ?s a ?o } WHERE { ?s a ?o }")

    assert isinstance(triples[0], Triple)
    assert len(read(written(triples, "ttl"), "ttl")) == len(set(triples))


def test_large_graphs_come_in_chunks():
    quads = [quad(f"{n:06}" * 20) for n in range(2_000)]

    chunks = list(serialize(quads, "nt"))

    assert len(chunks) > 3 and max(map(len, chunks)) < 100_000


def described(store: Store, path: str) -> set[Quad]:
    with store.snapshot() as snapshot:
        quads = describe(snapshot, NamedNode(DEFAULT_BASE + path), Iris())
    assert len(quads) == len(set(quads))
    return set(quads)


def objects(quads: set[Quad], subject: str, predicate: NamedNode) -> set[str]:
    node = NamedNode(DEFAULT_BASE + subject)
    return {q.object.value for q in quads if q.subject == node and q.predicate == predicate}


def test_a_paper_s_description_has_its_parts_and_the_names_of_what_it_links_to(store):
    quads = described(store, "paper/arxiv:2305.00001")

    assert objects(quads, "paper/arxiv:2305.00001#author-2", v.POSITION) == {"2"}
    assert objects(quads, "author/jose-garcia-marquez", v.NAME) == {"José García-Márquez"}
    assert objects(quads, "dataset/deltasar", v.LABEL) == {"DeltaSAR"}
    assert objects(quads, "category/cs.CV", v.LABEL) == {"Computer Vision and Pattern Recognition"}


def test_an_author_s_description_has_papers_and_what_the_profile_claims(store):
    quads = described(store, "author/ada-lindqvist")

    assert objects(quads, "author/ada-lindqvist", v.NAME) == {"Ada Lindqvist"}
    assert len({q.subject for q in quads if q.predicate == v.CREATOR}) == 4
    assert objects(quads, "paper/arxiv:2305.00001", v.ISSUED) == {"2023-05-17"}
    assert objects(quads, "profile/ada-lindqvist#claim-h-index", v.VALUE) == {"9"}


def test_a_concept_s_description_has_mentions_with_their_sentences(store):
    quads = described(store, "method/u-net")

    sentences = {q.object.value for q in quads if q.predicate == v.VALUE}
    assert "Volunteers draw maps that U-Net learns from for river segmentation." in sentences
    assert len({q.subject for q in quads if q.predicate == v.OF_CONCEPT}) == 3
    assert (
        Quad(
            NamedNode(f"{DEFAULT_BASE}method/rivernet"),
            v.RELATIONS["comparedWith"],
            NamedNode(f"{DEFAULT_BASE}method/u-net"),
        )
        in quads
    )


@pytest.mark.parametrize("path", ["paper/unknown", "author/", "method/u-ne", "paper/a#b"])
def test_what_the_graph_does_not_know_has_no_description(store, path):
    assert described(store, path) == set()


def test_a_description_is_bounded(empty_store):
    concept = NamedNode(f"{DEFAULT_BASE}method/popular")
    quads = []
    for n in range(MOST_PAPERS + 50):
        paper = NamedNode(f"{DEFAULT_BASE}paper/{n:04}")
        mention = NamedNode(f"{paper.value}#mention")
        quads += [
            Quad(paper, v.USES["method"], concept),
            Quad(paper, v.ISSUED, Literal(f"{1700 + n}", datatype=v.XSD_YEAR)),
            Quad(mention, v.PART_OF, paper),
            Quad(mention, v.OF_CONCEPT, concept),
        ]
    with empty_store.writing() as writer:
        writer.apply([], quads)

    found = described(empty_store, "method/popular")

    years = {q.object.value for q in found if q.predicate == v.ISSUED}
    assert len(years) == MOST_PAPERS and min(years) == "1750"
    assert len([q for q in found if q.predicate == v.OF_CONCEPT]) == MOST_MENTIONS


def test_a_backup_is_a_store_of_the_same_graph(store, tmp_path):
    number = backup(store, tmp_path / "saved.db")

    saved = Store.open(tmp_path / "saved.db")
    assert default_quads(saved) == default_quads(store)
    assert number == len(default_quads(store))


def test_a_backup_shares_no_file_with_its_store(store, tmp_path):
    backup(store, tmp_path / "saved.db")

    inodes = {path.stat().st_ino for path in store.path.rglob("*")}
    assert inodes & {path.stat().st_ino for path in (tmp_path / "saved.db").rglob("*")} == set()


def test_restoring_brings_the_saved_state_back(store, tmp_path):
    backup(store, tmp_path / "saved.db")
    before = default_quads(store)
    with store.writing() as writer:
        writer.update("DELETE WHERE { ?s a ?o }; INSERT DATA { <urn:a> <urn:b> <urn:c> }")

    restore(tmp_path / "saved.db", store)

    assert default_quads(store) == before


def test_restoring_makes_a_store_where_there_is_none(store, tmp_path):
    backup(store, tmp_path / "saved.db")
    target = Store.open(tmp_path / "new.db", create=True)

    restore(tmp_path / "saved.db", target)

    assert default_quads(Store.open(target.path)) == default_quads(store)


@pytest.mark.parametrize("place", ["full", "file", "papers.db/inside"])
def test_a_backup_overwrites_nothing(store, tmp_path, place):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("years of work")
    (tmp_path / "file").write_text("x")

    with pytest.raises(StoreError, match=r"exists already|inside the store"):
        backup(store, tmp_path / place)

    assert (tmp_path / "full" / "thesis.tex").read_text() == "years of work"


def test_restoring_from_what_is_no_store_changes_nothing(store, tmp_path):
    before = store.current()

    with pytest.raises(StoreError, match="no such store"):
        restore(tmp_path / "nowhere", store)

    assert store.current() == before


def test_a_backup_with_another_base_is_not_mixed_in(store, tmp_path):
    other = Store.open(tmp_path / "other.db", create=True, base="https://other.example.org/")
    with other.writing() as writer:
        writer.apply([], [quad("one")])

    with pytest.raises(StoreError, match="restore into a new folder"):
        restore(other.path, store)


def test_stats_count_what_is_there(store, corpus):
    with store.snapshot() as snapshot:
        counts = stats(snapshot)

    assert (counts.papers, counts.authors, counts.runs) == (8, 9, 1)
    assert counts.concepts == {"method": 11, "dataset": 4, "task": 5, "metric": 3}
    assert counts.mentions == sum(len(extraction.mentions) for _, extraction in corpus)
    assert counts.triples == len(default_quads(store))
