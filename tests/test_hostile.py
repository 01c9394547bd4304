"""Queries meant to harm, against a real server: honest answers, and others are served."""

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest
from pyoxigraph import Literal, NamedNode, Quad
from serving import served

from scholargraph.graph.store import Store

EX = "http://example.org/"
TIMEOUT = 1.0
MEGABYTE = 1024 * 1024

CROSS = "?a ?b ?c . ?d ?e ?f . ?g ?h ?i"
ENDLESS = f"SELECT (COUNT(*) AS ?n) {{ {CROSS} }}"
SORTED = f"SELECT * {{ {CROSS} }} ORDER BY ?c ?f ?i"

# Every node of this many leads to every other, by two predicates.
CLIQUE = 40


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    store = Store.open(folder / "papers.db", create=True)
    plain = [
        Quad(NamedNode(f"{EX}s{n}"), NamedNode(f"{EX}p"), Literal(f"{'a' * 40}{n}"))
        for n in range(400)
    ]
    nodes = [NamedNode(f"{EX}n{number}") for number in range(CLIQUE)]
    dense = [
        Quad(one, NamedNode(EX + name), other) for one in nodes for other in nodes for name in "ab"
    ]
    with store.writing() as writer:
        writer.apply([], plain + dense)
    options = ("--query-timeout", str(TIMEOUT), "--query-memory", "200")
    with served(store.path, *options, cwd=folder) as address:
        yield f"{address}/sparql"


def ask(address, query):
    """
    Status, document and seconds of the answer to *query*.

    Whatever was asked: an answer is whole, an error is a problem document with its own status, says
    when to try again where that may help, and shows nothing of the server's inside.
    """
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
            assert error.headers.get_content_type() == "application/problem+json"
            assert document["status"] == status
            assert "Traceback" not in json.dumps(document)
            if status in (429, 503):
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


def chained(function, times, seed):
    """A variable after *times* applications of *function*, each to the one before."""
    binds = [f"BIND({seed} AS ?v0)"]
    binds += [f"BIND({function.format(f'?v{n}')} AS ?v{n + 1})" for n in range(times)]
    return f"SELECT (STRLEN(STR(?v{times})) AS ?length) {{ {' '.join(binds)} }}"


BOMBS = {
    "sorted": SORTED,
    "grouped": f"SELECT ?c (COUNT(DISTINCT *) AS ?n) {{ {CROSS} }} GROUP BY ?c HAVING(?n > 1)",
    "concatenated": "SELECT (GROUP_CONCAT(?l) AS ?x) "
    f"{{ {CROSS} BIND(CONCAT(STR(?c), '{'x' * 5000}') AS ?l) }}",
    "distinct": "SELECT DISTINCT ?x "
    f"{{ {CROSS} BIND(CONCAT(STR(?c), STR(?f), STR(?i), '{'x' * 500}') AS ?x) }}",
    "unequal each time": f"SELECT DISTINCT ?x {{ {CROSS} BIND(UUID() AS ?x) }}",
    "constructed": "CONSTRUCT { ?a ?b [ ?e [ ?h ?i ] ] } " + f"WHERE {{ {CROSS} }}",
    "described": f"DESCRIBE * {{ {CROSS} }}",
    "replaced": f"SELECT * {{ BIND(REPLACE('{'a' * 10000}', 'a', '{'b' * 100_000}') AS ?x) "
    "BIND(REPLACE(?x, 'b', ?x) AS ?y) }",
    "doubled": chained("CONCAT({0}, {0})", 40, "'abcdefgh'"),
    "doubled in a datatype": chained("STRDT(CONCAT(STR({0}), STR({0})), <x:t>)", 40, "'abcdefgh'"),
    "doubled in an IRI": chained("IRI(CONCAT(STR({0}), STR({0})))", 40, "'http://example.org/'"),
    "squared by a pattern": chained("REPLACE({0}, 'a', {0})", 12, "'aaaaaaaaaaaaaaaa'"),
    "encoded again and again": chained("ENCODE_FOR_URI(CONCAT({0}, '%'))", 60_000, "'%'"),
    "paths of all": f"SELECT (COUNT(*) AS ?n) {{ ?a (<{EX}a>|<{EX}b>)* ?b . "
    f"?b (<{EX}a>|<{EX}b>)* ?c . ?c (<{EX}a>|<{EX}b>)* ?d . ?d (<{EX}a>/<{EX}b>)* ?e }}",
    "paths of none": "SELECT * { ?a (!<x:x>|^<x:y>)* ?b . ?c (!<x:x>|^<x:y>)* ?d . "
    "?e (!<x:x>)* ?f } ORDER BY ?f ?d ?b",
    "optional": f"SELECT (COUNT(*) AS ?n) {{ ?a <{EX}a> ?b "
    + " ".join(f"OPTIONAL {{ ?a{n} <{EX}b> ?b{n} }}" for n in range(200))
    + " }",
    "optional chain": f"SELECT (COUNT(*) AS ?n) {{ ?v0 <{EX}a> ?v1 "
    + " ".join(f"OPTIONAL {{ ?v{n} <{EX}b> ?v{n + 1} }}" for n in range(1, 60))
    + " }",
    "minus": f"SELECT (COUNT(*) AS ?n) {{ {CROSS} MINUS {{ ?a ?x ?y . ?z ?w ?i }} }}",
    "exists": f"ASK {{ {CROSS} FILTER NOT EXISTS {{ ?x ?y ?c }} }}",
    "two long tables": "SELECT (COUNT(*) AS ?n) "
    + " ".join(
        ("{ " if name == "x" else "")
        + f"VALUES ?{name} {{ {' '.join(str(n) for n in range(10_000))} }}"
        for name in "xy"
    )
    + " FILTER(?x * ?y = -1) }",
    "subqueries": "SELECT (COUNT(*) AS ?n) { "
    + " ".join(
        f"{{ SELECT ?c{n} {{ ?a{n} ?b{n} ?c{n} }} ORDER BY ?c{n} LIMIT 4000 }}" for n in range(4)
    )
    + " }",
    "hashed": f"SELECT (MAX(?x) AS ?y) {{ {CROSS} BIND(SHA512(CONCAT(STR(?c), STR(?i))) AS ?x) }}",
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_stopped(address, bomb):
    status, problem, took = ask(address, bomb)

    assert status in (400, 503), problem
    assert took < TIMEOUT + 4
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


LONG = {
    "values": f"SELECT * {{ VALUES ?s {{ {' '.join(f'<{EX}{n}>' for n in range(10_000))} }} }}",
    "unions": f"ASK {{ {' UNION '.join(['{}'] * 100_000)} }}",
    "unions of patterns": f"ASK {{ {' UNION '.join(['{ ?s ?p ?o }'] * 20_000)} }}",
    "patterns": "ASK { " + " ".join(f"?v{n} <{EX}p> ?v{n + 1} ." for n in range(20_000)) + " }",
    "optionals": "ASK { " + "OPTIONAL { ?s ?p ?o } " * 20_000 + "}",
    "filters": "ASK { " + "FILTER(1 = 1) " * 50_000 + "}",
    "variables": f"SELECT {' '.join(f'?v{n}' for n in range(50_000))} {{ }}",
    "aggregates": "SELECT "
    + " ".join(f"(COUNT(?s) AS ?v{n})" for n in range(10_000))
    + " { ?s ?p 1 }",
    "groups": f"SELECT * {{ ?s ?p 1 }} ORDER BY {' '.join(f'?v{n}' for n in range(50_000))}",
    "list": f"ASK {{ FILTER(1 IN ({','.join(['0'] * 200_000)})) }}",
    "arguments": f"ASK {{ FILTER(CONCAT({','.join(['?x'] * 100_000)}) = '') }}",
    "disjunction": f"ASK {{ FILTER({' || '.join(['false'] * 100_000)}) }}",
    "sum": f"ASK {{ FILTER({' + '.join(['1'] * 100_000)} = 0) }}",
    "path": f"ASK {{ ?s {'/'.join([f'<{EX}a>'] * 10_000)} ?o }}",
    "path of choices": f"ASK {{ ?s ({'|'.join([f'<{EX}z>'] * 10_000)})+ ?o }}",
    "path in brackets": f"ASK {{ ?s {'(' * 3000}<{EX}a>{')*' * 3000} <{EX}z> }}",
    "negated path": f"ASK {{ ?s !({'|'.join([f'<{EX}a>'] * 50_000)}) <{EX}z> }}",
    "prefixes": " ".join(f"PREFIX p{n}: <{EX}{n}/>" for n in range(20_000)) + " ASK {}",
    "graphs": " ".join(["ASK", *(f"FROM <{EX}{n}>" for n in range(20_000)), "{ ?s ?p ?o }"]),
    "comment": f"ASK {{}} # {'x' * MEGABYTE}",
    "space": f"ASK {{ {' ' * MEGABYTE} }}",
    "lines": f"ASK {{ {chr(10) * MEGABYTE} nonsense",
    "literal": f"SELECT ('{'x' * MEGABYTE}' AS ?x) {{}}",
    "unclosed literal": f"SELECT ('{'x' * MEGABYTE}",
    "IRI": f"ASK {{ ?s ?p <{EX}{'x' * MEGABYTE}> }}",
    "variable": f"SELECT ?{'x' * MEGABYTE} {{}}",
    "language": f"ASK {{ ?s ?p 'x'@en-{'abcdefgh-' * 50_000}x }}",
    "integer": f"SELECT ({'9' * 100_000} + 1 AS ?x) {{}}",
    "decimal": f"SELECT (0.{'3' * 100_000} * 3.0 AS ?x) {{}}",
    "exponent": "SELECT (1e999999999 * 1e-999999999 AS ?x) {}",
    "cast": f"SELECT (<http://www.w3.org/2001/XMLSchema#integer>('{'9' * MEGABYTE}') AS ?x) {{}}",
    "date": "SELECT ('99999999999-12-31T00:00:00Z'^^<http://www.w3.org/2001/XMLSchema#dateTime> "
    "+ 'P9999999999Y'^^<http://www.w3.org/2001/XMLSchema#yearMonthDuration> AS ?x) {}",
    "limit": "SELECT * {} LIMIT 99999999999999999999999999",
    "offset": "SELECT * {} OFFSET 18446744073709551615",
    "NUL": "ASK { ?s ?p '\0' }",
    "escaped NUL": r"SELECT ('\u0000' AS ?x) {}",
    "half a character": r"SELECT ('\uD800' AS ?x) {}",
    "beyond all characters": r"SELECT ('\UFFFFFFFF' AS ?x) {}",
    "IRI with a space": "ASK { ?s ?p <http://example.org/a b> }",
    "regular expression": "ASK { ?s ?p ?o FILTER(REGEX(?o, '(((((a*)*)*)*)*)*b{500}{20}')) }",
    "many regular expressions": "ASK { ?s ?p ?o "
    f"FILTER(REGEX(?o, CONCAT(?o, '{'(b*)*' * 5000}'))) }}",
    "flags of a regular expression": "ASK { ?s ?p ?o FILTER(REGEX(?o, 'x', 'ismxqzzzz')) }",
    "replacement": "SELECT (REPLACE('a', '(a)', '$99999999999999999999') AS ?x) {}",
}


@pytest.mark.parametrize("query", LONG.values(), ids=LONG)
def test_an_odd_or_overlong_query_is_answered_or_refused(address, query):
    status, problem, took = ask(address, query)

    assert status in (200, 400, 503), problem
    assert took < TIMEOUT + 4
    assert is_well(address)


@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(a|aa)+b$", "^(([a-z])+.)+[A-Z]([a-z])+$"])
def test_a_catastrophic_regular_expression_is_harmless(address, pattern):
    status, document, _ = ask(
        address, f"SELECT (COUNT(*) AS ?n) {{ ?s <{EX}p> ?o FILTER(REGEX(?o, '{pattern}')) }}"
    )

    assert (status, document["results"]["bindings"][0]["n"]["value"]) == (200, "0")


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
        "SELECT * { SERVICE SILENT ?anywhere { ?s ?p ?o } }",
        r"SELECT * { S\u0045RVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
        "SELECT * { FILTER NOT EXISTS { { SELECT * { sErViCe<http://127.0.0.1:1/>{} } } } }",
    ],
)
def test_no_spelling_makes_the_server_ask_another(address, query):
    status, problem, took = ask(address, query)

    assert status in (400, 403), problem
    assert took < TIMEOUT


def test_hostile_and_ordinary_queries_at_once(address):
    hostile = [f"{ENDLESS} # {number}" for number in range(10)]
    hostile += [f"{SORTED} # {number}" for number in range(10)]
    ordinary = [f"SELECT ?o {{ <{EX}s{number}> ?p ?o }}" for number in range(30)]
    with ThreadPoolExecutor(30) as threads:
        bad = [threads.submit(ask, address, query) for query in hostile]
        good = [threads.submit(ask, address, query) for query in ordinary]

    assert {result.result()[0] for result in bad} <= {429, 503}
    for number, result in enumerate(good):
        status, document, _ = result.result()
        # Whoever waited too long behind the others was told so, and got no half answer.
        if status == 200:
            assert document["results"]["bindings"][0]["o"]["value"].endswith(f"a{number}")
        else:
            assert status in (429, 503)
    assert is_well(address)
