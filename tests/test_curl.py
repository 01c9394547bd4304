"""curl against `scholargraph serve` itself: every way to ask, every format, long bodies."""

import gzip
import json
import shutil
import subprocess
import urllib.request
import zlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from pyoxigraph import QueryResultsFormat, QuerySolutions, RdfFormat, parse, parse_query_results
from serving import served

EX = "http://example.org/"
TOKEN = "open sesame"
MEGABYTE = 1024 * 1024

LABELS = """
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX sg: <https://w3id.org/scholargraph/ns#>
"""
METHODS = f"{LABELS} SELECT ?method ?label {{ ?method a sg:Method ; skos:prefLabel ?label }}"
CLASSES = f"{LABELS} CONSTRUCT {{ ?s a ?c }} {{ ?s a ?c . ?s a sg:Method }}"

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
    with urllib.request.urlopen(f"{address}/sparql?query={quote(METHODS)}") as answer:
        return len(json.load(answer)["results"]["bindings"])


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
