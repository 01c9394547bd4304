"""Queries meant to harm, against a real server: honest answers, and others are served."""

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest
from pyoxigraph import Literal, NamedNode, Quad
from serving import granian

from scholargraph.graph.store import Store

EX = "http://example.org/"
TIMEOUT = 1.0
MEGABYTE = 1024 * 1024

ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
SORTED = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?c ?f ?i"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    store = Store.open(folder / "papers.db", create=True)
    with store.writing() as writer:
        writer.apply(
            [],
            [
                Quad(NamedNode(f"{EX}s{n}"), NamedNode(f"{EX}p"), Literal(f"{'a' * 40}{n}"))
                for n in range(400)
            ],
        )
    settings = {"SCHOLARGRAPH_QUERY_TIMEOUT": str(TIMEOUT), "SCHOLARGRAPH_QUERY_MEMORY": "200"}
    with granian(store.path, cwd=folder, **settings) as address:
        yield f"{address}/sparql"


def ask(address, query):
    """Status, document and seconds of the answer to *query*."""
    request = urllib.request.Request(
        address, query.encode(), {"Content-Type": "application/sparql-query"}
    )
    begin = time.monotonic()
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            status, document = response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            status, document = error.code, json.load(error)
            if status == 503:
                assert int(error.headers["Retry-After"]) > 0
    return status, document, time.monotonic() - begin


def is_well(address):
    status, document, _ = ask(address, f"SELECT (COUNT(*) AS ?n) {{ ?s <{EX}p> ?o }}")
    return (status, document["results"]["bindings"][0]["n"]["value"]) == (200, "400")


def test_an_endless_query_is_stopped_in_time(address):
    assert is_well(address)

    status, problem, took = ask(address, ENDLESS)

    assert (status, problem["title"]) == (503, "The query took too long")
    assert TIMEOUT <= took < TIMEOUT + 2
    assert is_well(address)


@pytest.mark.parametrize(
    "bomb",
    [
        SORTED,
        "SELECT (GROUP_CONCAT(?l) AS ?x) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i "
        f"BIND(CONCAT(?c, '{'x' * 5000}') AS ?l) }}",
        "SELECT DISTINCT ?x { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i "
        f"BIND(CONCAT(?c, ?f, ?i, '{'x' * 500}') AS ?x) }}",
        f"SELECT * {{ BIND(REPLACE('{'a' * 10000}', 'a', '{'b' * 100_000}') AS ?x) "
        "BIND(REPLACE(?x, 'b', ?x) AS ?y) }",
        "SELECT * { ?a (!<x:x>|^<x:y>)* ?b . ?c (!<x:x>|^<x:y>)* ?d . ?e (!<x:x>)* ?f }",
    ],
)
def test_a_bomb_is_stopped(address, bomb):
    status, problem, took = ask(address, bomb)

    assert status in (400, 503), problem
    assert took < TIMEOUT + 3
    assert is_well(address)


@pytest.mark.parametrize("length", [500, 5_000, 50_000])
@pytest.mark.parametrize(
    ("before", "opening", "inside", "closing", "after"),
    [
        ("ASK { ", "{", "", "}", " }"),
        ("ASK { FILTER(", "(", "1", ")", ") }"),
        ("ASK { FILTER(", "!", "true", "", ") }"),
        ("ASK { ?s ?p ", "[ <x:p> ", "1", "]", " }"),
        ("ASK { ?s ", "(", "<x:p>", ")", " ?o }"),
        ("ASK { ", "{ SELECT * { ", "", " } }", " }"),
        ("ASK { FILTER ", "EXISTS { FILTER ", "(true)", " }", " }"),
    ],
)
def test_deep_nesting_is_answered_or_refused(
    address, length, before, opening, inside, closing, after
):
    query = f"{before}{opening * length}{inside}{closing * length}{after}"

    status, problem, took = ask(address, query)

    assert status in (200, 400, 503), problem
    assert took < TIMEOUT + 4


def test_a_query_of_a_megabyte_is_answered(address):
    values = " ".join(f"<{EX}s{n}>" for n in range(45_000))
    query = f"SELECT (COUNT(*) AS ?n) {{ VALUES ?s {{ {values} }} ?s <{EX}p> ?o }}"

    status, document, _ = ask(address, query)

    assert len(query) > MEGABYTE
    assert status == 503 or document["results"]["bindings"][0]["n"]["value"] == "400"
    assert is_well(address)


@pytest.mark.parametrize("pattern", ["^(a+)+$", "(((((a*)*)*)*)*)*b{500}{20}"])
def test_a_catastrophic_regular_expression_is_harmless(address, pattern):
    status, document, _ = ask(
        address, f"SELECT (COUNT(*) AS ?n) {{ ?s ?p ?o FILTER(REGEX(?o, '{pattern}')) }}"
    )

    assert (status, document["results"]["bindings"][0]["n"]["value"]) == (200, "0")


def test_hostile_and_ordinary_queries_at_once(address):
    hostile = [f"{ENDLESS} # {number}" for number in range(10)]
    hostile += [f"{SORTED} # {number}" for number in range(10)]
    ordinary = [f"SELECT ?o {{ <{EX}s{number}> ?p ?o }}" for number in range(30)]
    with ThreadPoolExecutor(30) as threads:
        bad = [threads.submit(ask, address, query) for query in hostile]
        good = [threads.submit(ask, address, query) for query in ordinary]

    assert {result.result()[0] for result in bad} == {503}
    for number, result in enumerate(good):
        status, document, _ = result.result()
        # Whoever waited too long behind the others was told so, and got no half answer.
        if status == 200:
            assert document["results"]["bindings"][0]["o"]["value"].endswith(f"a{number}")
        else:
            assert status == 503
    assert is_well(address)
