"""Downloads and exported files: they read back with what was written, and are whole or absent."""

import csv
import io
import json
import os
from pathlib import Path
from xml.etree import ElementTree

import networkx as nx
import pytest
from corpus import HOSTILE_NAME, HOSTILE_TITLE
from flask.testing import FlaskClient
from pyoxigraph import Dataset, RdfFormat, parse

from scholargraph.graph.communities import FOLDED, fold
from scholargraph.graph.entities import NodeKind
from scholargraph.graph.export import (
    ExportError,
    choice,
    chunks,
    export,
    guarded,
    network_chunks,
    xml_graph,
)
from scholargraph.graph.incidence import Incidence
from scholargraph.graph.network import coauthors, concepts
from scholargraph.graph.store import Snapshot, Store

BASE = "https://w3id.org/scholargraph/"

RDF = {
    "ttl": RdfFormat.TURTLE,
    "nt": RdfFormat.N_TRIPLES,
    "jsonld": RdfFormat.JSON_LD,
    "rdf": RdfFormat.RDF_XML,
    "trig": RdfFormat.TRIG,
    "nq": RdfFormat.N_QUADS,
}


@pytest.fixture
def snapshot(store: Store) -> Snapshot:
    return store.snapshot()


def read(data: bytes, format: str) -> nx.Graph:
    if format == "graphml":
        return nx.parse_graphml(data.decode())
    if format == "gexf":
        return nx.read_gexf(io.BytesIO(data))
    return nx.node_link_graph(json.loads(data), edges="links")


@pytest.mark.parametrize("what", ["coauthors", "concepts"])
def test_networks_for_cytoscape_and_vosviewer_hold_the_same(snapshot: Snapshot, what: str) -> None:
    original = read(b"".join(chunks(snapshot, what, "json")), "json")  # type: ignore[arg-type]
    links = {frozenset(link) for link in original.edges}
    drawn = nx.cytoscape_graph(json.loads(b"".join(chunks(snapshot, what, "cyjs"))))  # type: ignore[arg-type]
    seen = json.loads(b"".join(chunks(snapshot, what, "vosviewer.json")))["network"]  # type: ignore[arg-type]

    assert set(drawn) == {item["id"] for item in seen["items"]} == set(original)
    assert {frozenset(link) for link in drawn.edges} == links
    assert {frozenset((link["source_id"], link["target_id"])) for link in seen["links"]} == links


@pytest.mark.parametrize("format", ["graphml", "gexf", "json"])
@pytest.mark.parametrize("what", ["coauthors", "concepts"])
def test_a_network_reads_back_whole(snapshot: Snapshot, what: str, format: str) -> None:
    corpus = Incidence.read(snapshot)
    original = coauthors(corpus) if what == "coauthors" else concepts(corpus)
    found = read(b"".join(chunks(snapshot, what, format)), format)  # type: ignore[arg-type]

    assert set(found) == set(original)
    assert {frozenset(link) for link in found.edges} == {frozenset(x) for x in original.edges}
    for a, b, weight in original.edges(data="weight"):
        assert found.edges[a, b]["weight"] == weight
    for node, label in original.nodes(data="label"):
        assert found.nodes[node]["label"] == label


@pytest.mark.parametrize("format", ["graphml", "gexf", "json", "cyjs", "vosviewer.json"])
@pytest.mark.parametrize(("what", "kinds"), FOLDED.items())
def test_every_node_says_the_community_that_the_view_folds_it_into(
    snapshot: Snapshot, what: str, kinds: tuple[NodeKind, ...], format: str
) -> None:
    groups = fold(Incidence.read(snapshot), kinds).communities
    data = b"".join(chunks(snapshot, what, format))  # type: ignore[arg-type]
    if format == "cyjs":
        nodes = dict(nx.cytoscape_graph(json.loads(data)).nodes(data="community"))
    elif format == "vosviewer.json":
        items = json.loads(data)["network"]["items"]
        nodes = {item["id"]: item.get("cluster") for item in items}
    else:
        nodes = dict(read(data, format).nodes(data="community"))

    assert len(groups) > 1
    assert {node: number for node, number in nodes.items() if number is not None} == {
        member: number
        for number, community in enumerate(groups, start=1)
        for member in community.members
    }


@pytest.mark.parametrize("format", ["graphml", "gexf", "json"])
def test_labels_survive_whatever_they_hold(format: str) -> None:
    graph = nx.Graph()
    label = "a\x00b\x0b<script>]]>&\ufffe é 何 \U0001d465"
    for node in ("x", "y"):
        graph.add_node(node, kind="method", papers=1, label=label)
    graph.add_edge("x", "y", weight=1, papers=("p",), first=None, last=None)
    found = read(b"".join(network_chunks(graph, format)), format)

    kept = label if format == "json" else "ab<script>]]>& é 何 \U0001d465"
    assert found.nodes["x"]["label"] == kept
    assert found.number_of_edges() == 1


def test_an_undated_link_has_no_years() -> None:
    graph = nx.Graph()
    for node in ("x", "y"):
        graph.add_node(node, kind="method", papers=1, label=node)
    graph.add_edge("x", "y", weight=1, papers=("p", "q"), first=None, last=None)

    assert xml_graph(graph).edges["x", "y"] == {"weight": 1, "papers": "p q"}


def rows(data: bytes) -> list[dict[str, str]]:
    text = data.decode()
    assert "\r\n" in text
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_links_as_csv_name_both_ends(snapshot: Snapshot) -> None:
    found = rows(b"".join(chunks(snapshot, "coauthors", "csv")))

    assert len(found) == 15
    assert found[0] == {
        "a": "https://w3id.org/scholargraph/author/ada-lindqvist",
        "a_label": "Ada Lindqvist",
        "a_kind": "author",
        "b": "https://w3id.org/scholargraph/author/jose-garcia-marquez",
        "b_label": "José García-Márquez",
        "b_kind": "author",
        "papers": "2",
        "first": "2023",
        "last": "2024",
    }
    assert HOSTILE_NAME in {row["b_label"] for row in found}


def test_papers_as_csv_hold_a_row_a_paper(snapshot: Snapshot) -> None:
    found = rows(b"".join(chunks(snapshot, "papers", "csv")))

    assert [row["date"] for row in found] == sorted((r["date"] for r in found), reverse=True)
    (river,) = [row for row in found if row["arxiv"] == "2305.00001"]
    assert river == {
        "paper": "https://w3id.org/scholargraph/paper/arxiv:2305.00001",
        "title": "RiverNet: Following Water in Radar Images",
        "date": "2023-05-17",
        "venue": "Workshop on Water",
        "doi": "",
        "arxiv": "2305.00001",
        "authors": "Ada Lindqvist; José García-Márquez; Wei Chen",
        "categories": "cs.CV; eess.IV",
        "code": "https://example.org/code/rivernet",
        "methods": "Convolutional Network; RiverNet; U-Net",
        "datasets": "DeltaSAR",
        "tasks": "river segmentation",
        "metrics": "mIoU",
    }
    assert len(found) == 8
    (hidden,) = [row for row in found if row["title"] == "Maps from Many Hands"]
    assert hidden["authors"].endswith("; Ada Lindqvist")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_what_a_spreadsheet_would_run_is_guarded(text: str) -> None:
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("suffix", RDF)
def test_the_whole_graph_comes_in_every_format(
    client: FlaskClient, store: Store, suffix: str
) -> None:
    response = client.get(f"/export/graph.{suffix}")

    assert response.status_code == 200
    assert response.headers["Content-Disposition"] == f'attachment; filename="graph.{suffix}"'
    found = Dataset(parse(response.data, RDF[suffix]))
    with store.snapshot() as snapshot:
        quads = snapshot.quads()
    named = suffix in ("jsonld", "trig", "nq")
    assert len(found) == len([q for q in quads if named or str(q.graph_name) == "DEFAULT"])
    assert HOSTILE_TITLE in {
        quad.object.value.removesuffix(" Considered Harmful to Text Classification")
        for quad in found
        if quad.predicate.value == "http://purl.org/dc/terms/title"
    }


def test_an_unchanged_graph_is_not_sent_again(client: FlaskClient, store: Store) -> None:
    tag = client.get("/export/graph.nt").headers["ETag"]

    assert client.get("/export/graph.nt", headers={"If-None-Match": tag}).status_code == 304
    assert client.get("/export/graph.ttl").headers["ETag"] != tag
    with store.writing() as writer:
        writer.update("INSERT DATA { <urn:a> <urn:b> <urn:c> }")
    assert client.get("/export/graph.nt", headers={"If-None-Match": tag}).status_code == 200


def test_a_head_request_writes_nothing(client: FlaskClient) -> None:
    response = client.head("/export/graph.ttl")

    assert response.status_code == 200
    assert "Content-Length" not in response.headers
    assert response.data == b""


def test_what_rdf_xml_cannot_say_is_refused_before_the_first_byte(
    client: FlaskClient, store: Store
) -> None:
    with store.writing() as writer:
        writer.update("INSERT DATA { <urn:a> <urn:b/1> <urn:c> }")
    response = client.get("/export/graph.rdf")

    assert response.status_code == 406
    assert client.get("/export/graph.ttl").status_code == 200


def test_parameters_bound_a_network(client: FlaskClient) -> None:
    text = client.get("/export/concepts.json?kinds=dataset,task&min=2").data

    graph = read(text, "json")
    assert {kind for _, kind in graph.nodes(data="kind")} == {"dataset", "task"}
    assert all(weight > 1 for *_, weight in graph.edges(data="weight"))


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/export/graph.csv", 404),
        ("/export/coauthors.ttl", 404),
        ("/export/authors.bib", 404),
        ("/export/everything.ttl", 404),
        ("/export/concepts.csv?kinds=robot", 400),
        ("/export/coauthors.csv?min=0", 400),
    ],
)
def test_what_cannot_be_downloaded(client: FlaskClient, address: str, status: int) -> None:
    assert client.get(address).status_code == status


@pytest.mark.parametrize("suffix", ["graphml", "gexf", "csv"])
@pytest.mark.parametrize(
    "chosen",
    [
        {"focus": f"{BASE}author/amina-diallo"},
        {"focus": f"{BASE}author/ada-lindqvist", "hide": f"{BASE}author/wei-chen"},
        {"view": "mixed", "kinds": "author,method,paper", "from": "2022"},
        {"view": "concepts", "fold": "yes"},
        {"view": "path", "a": f"{BASE}author/ada-lindqvist", "b": f"{BASE}dataset/crowdmaps"},
    ],
    ids=["author", "hidden", "mixed", "folded", "path"],
)
def test_what_the_view_shows_can_be_downloaded(
    client: FlaskClient, chosen: dict[str, str], suffix: str
) -> None:
    response = client.get(f"/explore.{suffix}", query_string=chosen)
    shown = json.loads(client.get("/explore.json", query_string=chosen).text)

    links = {frozenset((edge["from"], edge["to"])): edge["value"] for edge in shown["edges"]}
    assert links
    if suffix == "csv":
        found = {frozenset((row["a"], row["b"])): int(row["papers"]) for row in rows(response.data)}
        assert found == links
    else:
        graph = read(response.data, suffix)
        assert set(graph) == {node["id"] for node in shown["nodes"]}
        weights = {frozenset(ends): weight for *ends, weight in graph.edges(data="weight")}
        assert weights == links


def test_the_page_lists_every_download(client: FlaskClient) -> None:
    page = client.get("/export").text

    for address in ("graph.ttl", "graph.nq", "coauthors.gexf", "concepts.graphml", "papers.csv"):
        assert f'href="/export/{address}"' in page


@pytest.mark.parametrize(
    ("name", "format", "what", "chosen"),
    [
        ("graph.ttl", None, None, ("graph", "ttl")),
        ("x.NQ", None, None, ("graph", "nq")),
        ("concepts.graphml", None, None, ("concepts", "graphml")),
        ("papers.csv", None, None, ("papers", "csv")),
        ("out", "gexf", "coauthors", ("coauthors", "gexf")),
        ("coauthors.txt", "csv", None, ("coauthors", "csv")),
        ("coauthors.vosviewer.json", None, None, ("coauthors", "vosviewer.json")),
        ("my.map.cyjs", None, "concepts", ("concepts", "cyjs")),
        ("statements.trig", None, None, ("graph", "trig")),
        ("nanopublications.trig", None, None, ("nanopublications", "trig")),
    ],
)
def test_the_name_says_what_to_write(
    name: str, format: str | None, what: str | None, chosen: tuple[str, str]
) -> None:
    assert choice(Path(name), format, what) == chosen


@pytest.mark.parametrize(
    ("name", "format", "what", "message"),
    [
        ("out.docx", None, None, "'docx' is no format"),
        ("out", None, None, "no suffix says the format"),
        ("mine.graphml", None, None, "say with --what which: coauthors, concepts"),
        ("mine.ttl", None, "coauthors", "coauthors cannot be written as ttl"),
        ("mine.ttl", None, "world", "'world' cannot be exported"),
    ],
)
def test_an_export_that_cannot_be_is_explained(
    name: str, format: str | None, what: str | None, message: str
) -> None:
    with pytest.raises(ExportError, match=message):
        choice(Path(name), format, what)


def test_an_export_is_written_whole(snapshot: Snapshot, tmp_path: Path) -> None:
    path = tmp_path / "coauthors.gexf"
    path.write_text("old")

    assert export(snapshot, path) == ("coauthors", "gexf")
    assert len(nx.read_gexf(path)) == 9
    assert os.listdir(tmp_path / "..") and not list(tmp_path.glob(".*"))
    ElementTree.parse(path)


def test_a_failed_export_leaves_the_old_file(store: Store, tmp_path: Path) -> None:
    with store.writing() as writer:
        writer.update("INSERT DATA { <urn:a> <urn:b/1> <urn:c> }")
    path = tmp_path / "graph.rdf"
    path.write_text("old")

    with store.snapshot() as snapshot, pytest.raises(Exception, match="urn:b/1"):
        export(snapshot, path)
    assert path.read_text() == "old"
    assert not list(tmp_path.glob(".*"))


def test_an_export_into_no_folder_is_explained(snapshot: Snapshot, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="cannot be written"):
        export(snapshot, tmp_path / "absent" / "graph.ttl")
