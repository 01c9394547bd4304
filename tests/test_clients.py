"""Other people's clients against `scholargraph serve` itself: what they ask, they get."""

import json
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from pyoxigraph import RdfFormat, parse
from rdflib import Dataset, Graph, Literal, Namespace, URIRef
from rdflib.plugins.stores.sparqlstore import SPARQLStore, SPARQLUpdateStore
from serving import served
from SPARQLWrapper import SPARQLWrapper
from SPARQLWrapper.SPARQLExceptions import QueryBadFormed, Unauthorized

EX = Namespace("http://example.org/")
TOKEN = "open sesame"
MEGABYTE = 1024 * 1024

COMUNICA = Path(__file__).parent / "comunica"
CHROMIUM = shutil.which("chromium")

LABELS = """
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX sg: <https://w3id.org/scholargraph/ns#>
"""
METHODS = f"{LABELS} SELECT ?method ?label {{ ?method a sg:Method ; skos:prefLabel ?label }}"
CLASSES = f"{LABELS} CONSTRUCT {{ ?s a ?c }} {{ ?s a ?c . ?s a sg:Method }}"
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"


@pytest.fixture(scope="module")
def address(_made_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server over the corpus, which the token may change."""
    folder = tmp_path_factory.mktemp("clients")
    shutil.copytree(_made_store, folder / "papers.db")
    options = ("--query-timeout", "1.5")
    store = folder / "papers.db"
    with served(store, *options, cwd=folder, SCHOLARGRAPH_TOKEN=TOKEN) as address:
        yield address


@pytest.fixture
def methods(address):
    """How many methods the corpus names, by what a client counts itself."""
    with urllib.request.urlopen(f"{address}/sparql?query={quote(METHODS)}") as answer:
        return len(json.load(answer)["results"]["bindings"])


# SPARQLWrapper


def wrapper(address, query, **choices):
    client = SPARQLWrapper(f"{address}/sparql", **choices)
    client.setQuery(query)
    client.setTimeout(30)
    return client


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("way", ["urlencoded", "postdirectly"])
def test_sparqlwrapper_reads_solutions_in_every_format(address, methods, method, way):
    def ask(format):
        client = wrapper(address, METHODS, returnFormat=format)
        client.setMethod(method)
        client.setRequestMethod(way)
        return client.queryAndConvert()

    table, columns = ask("csv"), ask("tsv")
    assert len(ask("json")["results"]["bindings"]) == methods > 3
    assert len(ask("xml").getElementsByTagName("result")) == methods
    assert table.startswith(b"method,label\r\n") and table.count(b"\r\n") == methods + 1
    assert columns.startswith(b"?method\t?label\n") and columns.count(b"\n") == methods + 1


@pytest.mark.parametrize("format", ["json", "xml"])
def test_sparqlwrapper_reads_a_boolean(address, format):
    answer = wrapper(address, "ASK { ?s ?p ?o }", returnFormat=format).queryAndConvert()

    truth = answer["boolean"] if format == "json" else answer.toxml()
    assert truth is True or "<boolean>true</boolean>" in truth


@pytest.mark.parametrize("format", ["turtle", "n3", "rdf", "rdf+xml", "json-ld", "xml"])
@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")  # by rdflib
@pytest.mark.filterwarnings("ignore:Sending Accept header")  # which it does not know for "rdf"
def test_sparqlwrapper_reads_a_graph_in_every_format(address, methods, format):
    answer = wrapper(address, CLASSES, returnFormat=format).queryAndConvert()

    graph = answer
    if isinstance(answer, bytes):
        graph = Graph().parse(data=answer, format="turtle")
    assert len({subject for subject, _, _ in graph}) == methods


def test_sparqlwrapper_understands_refusals(address):
    with pytest.raises(QueryBadFormed, match="line"):
        wrapper(address, "SELECT nonsense").query()
    with pytest.raises(urllib.error.HTTPError, match="503"):
        wrapper(address, ENDLESS).query()


def test_sparqlwrapper_changes_the_graph_with_the_token(address):
    update = f"INSERT DATA {{ <{EX.wrapper}> <{EX.says}> 'é \U0001f4da' }}"
    client = SPARQLWrapper(f"{address}/update")
    client.setMethod("POST")
    client.setQuery(update)
    with pytest.raises(Unauthorized):
        client.query()
    client.addCustomHttpHeader("Authorization", f"Bearer {TOKEN}")
    outcomes = []
    for way in ("urlencoded", "postdirectly"):
        client.setRequestMethod(way)
        outcomes.append(client.query().response.status)

    found = wrapper(address, f"SELECT ?o {{ <{EX.wrapper}> ?p ?o }}", returnFormat="json")
    (row,) = found.queryAndConvert()["results"]["bindings"]
    assert outcomes == [204, 204]
    assert row["o"]["value"] == "é \U0001f4da"


# rdflib


def test_rdflib_reads_the_endpoint_as_a_graph(address, methods):
    graph = Graph(SPARQLStore(f"{address}/sparql"))
    rows = list(graph.query(METHODS))
    subjects = set(graph.subjects(None, URIRef("https://w3id.org/scholargraph/ns#Method")))
    described = graph.query(f"DESCRIBE <{rows[0].method}>").graph
    graph.close()

    assert len(rows) == len(subjects) == methods
    assert described is not None and (URIRef(rows[0].method), None, None) in described


@pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
@pytest.mark.parametrize("format", ["json", "xml", "csv", "tsv"])
def test_rdflib_reads_every_format_by_every_method(address, methods, method, format):
    store = SPARQLStore(f"{address}/sparql", method=method, returnFormat=format)
    graph = Graph(store)

    assert len(list(graph.query(METHODS))) == methods
    graph.close()


def test_rdflib_writes_through_the_endpoint(address):
    store = SPARQLUpdateStore(
        f"{address}/sparql",
        f"{address}/update",
        headers={"Authorization": f"Bearer {TOKEN}"},
    )
    dataset = Dataset(store, default_union=True)
    named = dataset.graph(EX.graph)
    named.add((EX.s, EX.p, Literal('a <b> & "c"\n', lang="en")))
    named.add((EX.s, EX.p, Literal("7", datatype=EX.number)))
    kept = set(named)
    named.remove((EX.s, EX.p, Literal("7", datatype=EX.number)))
    left = set(named)
    dataset.update("INSERT DATA { GRAPH <http://example.org/graph> { <x:a> <x:b> <x:c> } }")
    after = len(named)
    dataset.remove_graph(named)

    assert len(kept) == 2
    assert left == {(EX.s, EX.p, Literal('a <b> & "c"\n', lang="en"))}
    assert after == 2
    assert len(named) == 0


# Comunica


@pytest.fixture(scope="module")
def comunica(address):
    """What Comunica makes of some questions, one after the other."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node: apt install nodejs npm")
    assert (COMUNICA / "node_modules").is_dir(), "npm ci --prefix tests/comunica"
    ontology = f"{LABELS} PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> "
    endpoint, sparql = f"{address}/sparql", "application/sparql-results+json"
    asked = {
        "select": (METHODS, [endpoint], sparql),
        "ask": ("ASK { ?s ?p ?o }", [endpoint], sparql),
        "construct": (CLASSES, [endpoint], "application/n-triples"),
        "join": (
            f"{ontology} SELECT ?s ?name {{ ?s skos:prefLabel ?label ; a ?class . "
            "?class rdfs:label ?name FILTER(?class = sg:Method) }",
            [endpoint, f"{address}/ontology"],
            sparql,
        ),
        "twice": (
            f"{LABELS} SELECT * {{ ?s a sg:Method ; skos:prefLabel ?label }}",
            [endpoint, f"{endpoint}?format=json"],
            sparql,
        ),
        "endless": (ENDLESS, [{"type": "sparql", "value": endpoint}], sparql),
        "absent": (METHODS, [{"type": "sparql", "value": f"{address}/absent"}], sparql),
    }
    questions = [
        {"query": query, "sources": sources, "format": format}
        for query, sources, format in asked.values()
    ]
    done = subprocess.run(
        [node, "ask.mjs"],
        cwd=COMUNICA,
        input=json.dumps(questions),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return dict(zip(asked, json.loads(done.stdout), strict=True))


def bindings(outcome):
    return json.loads(outcome["answer"])["results"]["bindings"]


def test_comunica_recognises_the_endpoint_and_selects(comunica, methods):
    rows = bindings(comunica["select"])

    assert len(rows) == methods
    assert {frozenset(row) for row in rows} == {frozenset({"method", "label"})}


def test_comunica_asks(comunica):
    assert json.loads(comunica["ask"]["answer"])["boolean"] is True


def test_comunica_constructs(comunica, methods):
    quads = parse(comunica["construct"]["answer"], RdfFormat.N_TRIPLES)

    assert len({quad.subject for quad in quads}) == methods


def test_comunica_joins_the_endpoint_with_a_document_of_the_same_server(comunica, methods):
    rows = bindings(comunica["join"])

    assert len(rows) == methods
    assert {row["name"]["value"] for row in rows} == {"method"}


def test_comunica_joins_two_endpoints(comunica, methods):
    rows = bindings(comunica["twice"])

    assert len({row["s"]["value"] for row in rows}) == methods


def test_comunica_learns_that_a_query_was_stopped(comunica):
    assert "503" in comunica["endless"]["error"]


def test_comunica_learns_that_an_endpoint_is_absent(comunica):
    assert "404" in comunica["absent"]["error"]


# A browser


@pytest.fixture
def page():
    driver = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no chromium: apt install chromium")
    with driver.sync_playwright() as playing:
        browser = playing.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        yield browser.new_page()
        browser.close()


def test_a_browser_asks_in_the_editor(address, page, methods):
    page.goto(f"{address}/sparql")
    page.fill("#query", METHODS)
    page.click("#run")
    page.wait_for_selector("#result tbody tr")
    rows = page.locator("#result tbody tr").count()
    page.fill("#query", "SELECT * WHERE { nonsense }")
    page.click("#run")
    page.wait_for_selector("#problem:not([hidden])")
    complaint = page.inner_text("#problem")
    page.fill("#query", ENDLESS)
    page.click("#run")
    page.wait_for_selector("#problem:has-text('stopped after')")

    assert rows == methods
    assert "line 1" in complaint.lower()
