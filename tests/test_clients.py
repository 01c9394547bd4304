"""Other people's clients against `scholargraph serve` itself: what they ask, they get."""

import gzip
import json
import shutil
import subprocess
import urllib.error
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyoxigraph import QueryResultsFormat, QuerySolutions, RdfFormat, parse, parse_query_results
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

SOLUTIONS = {
    "application/sparql-results+json": QueryResultsFormat.JSON,
    "application/sparql-results+xml": QueryResultsFormat.XML,
    "text/tab-separated-values": QueryResultsFormat.TSV,
}
GRAPHS = {
    "text/turtle": RdfFormat.TURTLE,
    "application/n-triples": RdfFormat.N_TRIPLES,
    "application/ld+json": RdfFormat.JSON_LD,
    "application/rdf+xml": RdfFormat.RDF_XML,
    "application/trig": RdfFormat.TRIG,
    "application/n-quads": RdfFormat.N_QUADS,
}


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
    answer = run_curl(f"{address}/sparql", "--get", "--data-urlencode", f"query={METHODS}")
    return len(json.loads(answer)["results"]["bindings"])


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


# curl


def run_curl(*arguments, data=None):
    """What curl writes to stdout; it fails only where it has no answer at all."""
    if shutil.which("curl") is None:
        pytest.skip("no curl: apt install curl")
    command = ["curl", "--silent", "--show-error", "--max-time", "60", *arguments]
    done = subprocess.run(command, input=data, capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def status(*arguments, data=None):
    """The status curl saw, the content type, how many bytes it sent and got."""
    told = "%{http_code} %{size_upload} %{size_download} %{content_type}"
    written = run_curl("--output", "/dev/null", "--write-out", told, *arguments, data=data)
    code, up, down, media_type = written.decode().split(" ", 3)
    return int(code), int(up), int(down), media_type


WAYS = {
    "GET": ("--get", "--data-urlencode", "query@-"),
    "form": ("--data-urlencode", "query@-"),
    "direct": ("--data-binary", "@-", "--header", "Content-Type: application/sparql-query"),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_curl_reads_solutions_in_every_format(address, methods, way):
    for media_type, format in SOLUTIONS.items():
        body = run_curl(
            f"{address}/sparql", *way, "--header", f"Accept: {media_type}", data=METHODS.encode()
        )
        solutions = parse_query_results(body, format)
        assert isinstance(solutions, QuerySolutions) and len(list(solutions)) == methods
    table = run_curl(f"{address}/sparql", *way, "--header", "Accept: text/csv", data=b"ASK {}")

    assert table == b"true"


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_curl_reads_graphs_in_every_format(address, methods, way):
    for media_type, format in GRAPHS.items():
        body = run_curl(
            f"{address}/sparql", *way, "--header", f"Accept: {media_type}", data=CLASSES.encode()
        )

        assert len({quad.subject for quad in parse(body, format)}) == methods


def test_curl_asks_for_the_head_only(address):
    query = ("--get", "--data-urlencode", f"query={METHODS}", f"{address}/sparql")
    whole = status(*query)
    head = status("--head", *query)
    fields = dict(
        line.split(": ", 1)
        for line in run_curl("--head", *query).decode().lower().split("\r\n")
        if ": " in line
    )

    assert (whole[0], whole[3]) == (head[0], head[3]) == (200, "application/sparql-results+json")
    assert int(fields["content-length"]) == whole[2] > 0
    assert "accept" in fields["vary"]


def test_curl_learns_what_is_allowed(address):
    fields = run_curl("--request", "OPTIONS", "--include", f"{address}/sparql").decode()
    code, _, _, media_type = status("--request", "PATCH", f"{address}/sparql")

    (allowed,) = [line for line in fields.splitlines() if line.lower().startswith("allow:")]
    assert {"GET", "HEAD", "POST", "OPTIONS"} <= set(allowed.partition(": ")[2].split(", "))
    assert (code, media_type) == (405, "application/problem+json")


@pytest.mark.parametrize("coding", ["gzip", "deflate", "identity", "br", "zstd, gzip;q=0"])
def test_curl_may_ask_for_compression(address, coding):
    """An answer is as long and as coded as its header says, whatever was asked."""
    query = ("--get", "--data-urlencode", f"query={METHODS}", f"{address}/sparql")
    plain = run_curl(*query)
    fields, _, body = run_curl(
        "--include", "--header", f"Accept-Encoding: {coding}", *query
    ).partition(b"\r\n\r\n")

    head = dict(
        line.split(": ", 1) for line in fields.decode().lower().splitlines() if ": " in line
    )
    used = head.get("content-encoding", "identity")
    assert used == "identity" or used in coding.split(",")[0]
    if used == "gzip":
        body = gzip.decompress(body)
    elif used == "deflate":
        body = zlib.decompress(body)
    assert body == plain
    assert run_curl("--compressed", *query) == plain


def test_curl_sends_a_big_query_once_it_may(address):
    values = " ".join(f"<{EX}{number}>" for number in range(80_000))
    query = f"ASK {{ VALUES ?s {{ {values} }} }}".encode()
    code, sent, _, media_type = status(
        f"{address}/sparql", *WAYS["direct"], "--header", "Expect: 100-continue", data=query
    )

    assert (code, media_type) in [
        (200, "application/sparql-results+json"),
        (503, "application/problem+json"),  # a slow machine's time is over first
    ]
    assert sent == len(query) > 2 * MEGABYTE


def test_curl_is_told_early_that_a_body_is_too_large(address, tmp_path):
    """2 GB that are never sent: a file full of holes."""
    with open(tmp_path / "vast.nt", "wb") as vast:
        vast.truncate(2 * 1024 * MEGABYTE)
    code, sent, _, media_type = status(
        f"{address}/store?graph={EX}vast",
        *("--upload-file", str(tmp_path / "vast.nt")),
        *("--header", f"Authorization: Bearer {TOKEN}"),
        *("--header", "Content-Type: application/n-triples"),
        *("--header", "Expect: 100-continue"),
    )

    assert (code, media_type) == (413, "application/problem+json")
    assert sent < 8 * MEGABYTE


def test_curl_keeps_a_graph(address, tmp_path):
    document = tmp_path / "graph.ttl"
    document.write_text("<#s> <#p> 'one', 'two' .", "utf-8")
    graph = f"{address}/store?graph={EX}kept"
    token = ("--header", f"Authorization: Bearer {TOKEN}")
    turtle = ("--header", "Content-Type: text/turtle")

    def head():
        code, _, _, media_type = status("--head", graph, "--header", "Accept: text/turtle")
        return code, media_type

    absent = head()
    made = status("--upload-file", document, *token, *turtle, graph)
    present = head()
    replaced = status("--upload-file", document, *token, *turtle, graph)
    added = status("--data", "<#s> <#p> 'three' .", *token, *turtle, graph)
    triples = parse(run_curl(graph, "--header", "Accept: text/turtle"), RdfFormat.TURTLE)
    removed = status("--request", "DELETE", *token, graph)
    unknown = status("--request", "DELETE", "--header", "Authorization: Bearer guess", graph)

    assert absent == (404, "application/problem+json")
    assert (made[0], replaced[0], added[0], removed[0], unknown[0]) == (201, 204, 204, 204, 401)
    assert present[0] == 200 and present[1].startswith("text/turtle")
    assert {triple.object.value for triple in triples} == {"one", "two", "three"}
    assert head() == absent


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
