"""All papers as schema.org JSON-LD: rdflib reads back what the graph holds, without a network."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import rdflib
from corpus import HOSTILE_NAME
from flask.testing import FlaskClient
from rdflib import RDF, URIRef

from scholargraph.extract.mentions import Extraction
from scholargraph.extract.papers import Author, Paper, Reference
from scholargraph.graph import bibliography
from scholargraph.graph import vocab as v
from scholargraph.graph.build import Run
from scholargraph.graph.commit import Committer, Outcome, PaperEntry
from scholargraph.graph.export import choice, chunks, export
from scholargraph.graph.iris import DEFAULT_BASE
from scholargraph.graph.schema_org import CONTEXT
from scholargraph.graph.store import Store

SCHEMA = rdflib.Namespace("https://schema.org/")
FILE = "export/papers.jsonld"
RUN = Run("shelf.bib", "7" * 64, "bibtex", "0.1.0", "none-1")
FULL = Paper(
    "full",
    'Ice & <Water>: \u202e"why" it floats',
    "One line.\nAnother.",
    authors=(
        Author("Ada Lindqvist", 1, "0000-0002-1825-0097", ("Lake University", "Ice Museum")),
        Author("Noor van Dijk", 2),
    ),
    date="2021-06",
    venue="Journal of Ice",
    ids=(("doi", "10.5555/ice.7"), ("arxiv", "2106.00007"), ("pmid", "29456894")),
    urls=("https://example.org/ice water", "javascript:alert(1)"),
    genre="article",
    volume="12",
    issue="3",
    pages="101-118",
    publisher="Shadow Press",
    withdrawn=True,
    references=(Reference((("doi", "10.5555/cited"),), "Cold Facts"),),
)
ICE = URIRef(f"{DEFAULT_BASE}paper/doi:10.5555/ice.7")

# What rdflib 7.6 itself uses.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib.*")


@pytest.fixture
def full(store: Store) -> Store:
    """The corpus, and a paper of which everything is known."""
    nothing = Extraction((), (), (), (), (), "none-1")
    Committer(store).commit([PaperEntry(FULL, nothing, RUN)], Outcome())
    return store


def written(store: Store) -> bytes:
    with store.snapshot() as snapshot:
        return b"".join(chunks(snapshot, "papers", "jsonld"))


@pytest.fixture
def read_back(full: Store) -> rdflib.Graph:
    return rdflib.Graph().parse(data=written(full), format="json-ld")


def nodes(data: bytes) -> dict[str, dict[str, Any]]:
    return {node["@id"]: node for node in json.loads(data)["@graph"]}


def test_rdflib_counts_the_papers_authors_and_identifiers_of_the_graph(
    full: Store, read_back: rdflib.Graph
) -> None:
    with full.snapshot() as snapshot:
        papers = {quad.subject.value for quad in snapshot.quads(None, v.TYPE, v.ARTICLE)}
        wrote = {(q.subject.value, q.object.value) for q in snapshot.quads(None, v.CREATOR)}
        named = {(q.subject.value, q.object.value) for q in snapshot.quads(None, v.NAME)}
        dois = {(q.subject.value, q.object.value) for q in snapshot.quads(None, v.DOI)}
        arxiv = {(q.subject.value, q.object.value) for q in snapshot.quads(None, v.ARXIV_ID)}
        same = {(q.subject.value, q.object.value) for q in snapshot.quads(None, v.SAME_AS)}
        titles = {(q.subject.value, q.object.value) for q in snapshot.quads(None, v.TITLE)}

    def pairs(predicate: URIRef, kind: URIRef = SCHEMA.ScholarlyArticle) -> set[tuple[str, str]]:
        things = set(read_back.subjects(RDF.type, kind))
        return {(str(s), str(o)) for s, o in read_back.subject_objects(predicate) if s in things}

    assert {str(paper) for paper in read_back.subjects(RDF.type, SCHEMA.ScholarlyArticle)} == papers
    assert pairs(SCHEMA.author) == wrote
    assert pairs(SCHEMA.name, SCHEMA.Person) == named
    assert pairs(SCHEMA.headline) == {pair for pair in titles if pair[0] in papers}
    assert pairs(SCHEMA.sameAs) == {pair for pair in same if pair[0] in papers}
    identified = {
        (str(paper), str(read_back.value(node, SCHEMA.value)))
        for paper, node in read_back.subject_objects(SCHEMA.identifier)
    }
    assert identified == {pair for pair in dois | arxiv if pair[0] in papers}
    assert len(papers) == 9 and HOSTILE_NAME in {name for _, name in named}


def test_the_file_says_all_of_a_paper(full: Store, read_back: rdflib.Graph) -> None:
    node = nodes(written(full))[str(ICE)]

    assert node == {
        "@type": "ScholarlyArticle",
        "@id": str(ICE),
        "headline": FULL.title,
        "name": FULL.title,
        "abstract": FULL.abstract,
        "author": [
            {
                "@type": "Person",
                "@id": f"{DEFAULT_BASE}author/ada-lindqvist",
                "name": "Ada Lindqvist",
                "sameAs": "https://orcid.org/0000-0002-1825-0097",
                "affiliation": [
                    {"@type": "Organization", "name": "Ice Museum"},
                    {"@type": "Organization", "name": "Lake University"},
                ],
            },
            {
                "@type": "Person",
                "@id": f"{DEFAULT_BASE}author/noor-van-dijk",
                "name": "Noor van Dijk",
            },
        ],
        "datePublished": "2021-06",
        "isPartOf": {
            "@type": "PublicationIssue",
            "issueNumber": "3",
            "isPartOf": {
                "@type": "PublicationVolume",
                "volumeNumber": "12",
                "isPartOf": {"@type": "Periodical", "name": "Journal of Ice"},
            },
        },
        "identifier": [
            {"@type": "PropertyValue", "propertyID": "doi", "value": "10.5555/ice.7"},
            {"@type": "PropertyValue", "propertyID": "arxiv", "value": "2106.00007"},
        ],
        "sameAs": [
            "https://doi.org/10.5555/ice.7",
            "https://arxiv.org/abs/2106.00007",
            "https://pubmed.ncbi.nlm.nih.gov/29456894",
        ],
        "pagination": "101-118",
        "publisher": {"@type": "Organization", "name": "Shadow Press"},
        "url": ["https://example.org/ice%20water"],
        "citation": [
            {
                "@type": "CreativeWork",
                "@id": f"{DEFAULT_BASE}work/doi:10.5555/cited",
                "name": "Cold Facts",
            }
        ],
        "creativeWorkStatus": "Withdrawn",
    }
    assert read_back.value(ICE, SCHEMA.datePublished).datatype == SCHEMA.Date
    assert read_back.value(ICE, SCHEMA.url) == URIRef("https://example.org/ice%20water")


def test_the_context_is_all_in_the_file(full: Store) -> None:
    context = json.loads(written(full))["@context"]

    assert context == CONTEXT
    # A string would be the address of another context; a term's "@context" could be one too.
    assert isinstance(context, dict)
    assert {key for term in context.values() if isinstance(term, dict) for key in term} == {"@type"}


def test_the_same_graph_gives_the_same_bytes(full: Store) -> None:
    assert written(full) == written(full)


def test_a_paper_is_a_line_whatever_batch_it_comes_in(
    full: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bibliography, "BATCH", 2)
    with full.snapshot() as snapshot:
        assert [len(b) for b in bibliography.batches(snapshot)] == [2, 2, 2, 2, 1]
    lines = written(full).decode().splitlines()

    assert len(lines) == 9 + 3
    assert [json.loads(line.rstrip(","))["@id"] for line in lines[2:-1]] == sorted(
        nodes(written(full))
    )


def test_a_graph_without_papers_is_a_document_without_nodes(empty_store: Store) -> None:
    with empty_store.writing() as writer:
        writer.update("INSERT DATA { <urn:a> <urn:b> <urn:c> }")
    found = rdflib.Graph().parse(data=written(empty_store), format="json-ld")

    assert len(found) == 0


@pytest.mark.parametrize("place", ["arxiv:2305.00001", "doi:10.5555/ice.7", "doi:10.5555/cook.9"])
def test_the_head_of_a_page_is_the_node_of_the_file(
    full: Store, client: FlaskClient, place: str
) -> None:
    page = client.get(f"/paper/{place}").text
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    head = json.loads(found[1])

    assert head.pop("@context") == "https://schema.org"
    assert head == nodes(written(full))[f"{DEFAULT_BASE}paper/{place}"]


def test_it_is_a_download_and_a_file(full: Store, client: FlaskClient, tmp_path: Path) -> None:
    response = client.get(f"/{FILE}")
    with full.snapshot() as snapshot:
        assert export(snapshot, tmp_path / "papers.jsonld") == ("papers", "jsonld")

    assert (response.status_code, response.mimetype) == (200, "application/ld+json")
    assert response.data == (tmp_path / "papers.jsonld").read_bytes() == written(full)
    assert f'href="/{FILE}">schema.org</a>' in client.get("/export").text


def test_only_the_name_papers_chooses_it_over_the_whole_graph() -> None:
    assert choice(Path("papers.jsonld")) == ("papers", "jsonld")
    assert choice(Path("mine.jsonld")) == ("graph", "jsonld")


def test_the_description_of_the_data_names_it_as_a_distribution(client: FlaskClient) -> None:
    dcat = rdflib.Namespace("http://www.w3.org/ns/dcat#")
    found = rdflib.Graph().parse(data=client.get("/.well-known/void.ttl").data, format="turtle")
    dataset, file = (URIRef(f"http://localhost/{x}") for x in (".well-known/void#dataset", FILE))

    assert file in set(found.objects(dataset, dcat.distribution))
    assert found.value(file, rdflib.DCTERMS.conformsTo) == URIRef("https://schema.org/")
    # Its terms are not those whose figures the description gives.
    assert file not in set(found.objects(dataset, rdflib.VOID.dataDump))
