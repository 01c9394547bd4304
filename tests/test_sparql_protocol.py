"""The SPARQL 1.1 Protocol at /sparql, by the rules and by other people's clients."""

import csv
import io
import json
import urllib.error
import urllib.parse
import urllib.request
from xml.etree import ElementTree

import pytest
from asgi import as_wsgi
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse
from rdflib import Graph, URIRef
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from serving import granian
from SPARQLWrapper import SPARQLWrapper
from werkzeug.test import Client

from scholargraph.graph.store import Store
from scholargraph.server import create_app
from scholargraph.web.front import Front
from scholargraph.web.service import Settings

EX = "http://example.org/"
ONE = f"SELECT ?o {{ <{EX}s> <{EX}p> ?o }}"
FORM = "application/x-www-form-urlencoded"
JSON = "application/sparql-results+json"
TURTLE = "text/turtle"


def thing(name):
    return NamedNode(EX + name)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = Store.open(tmp_path_factory.mktemp("protocol") / "papers.db", create=True)
    with store.writing() as writer:
        writer.apply(
            [],
            [
                Quad(thing("s"), thing("p"), Literal('a <b> & "c", é')),
                Quad(thing("t"), thing("p"), Literal("in g"), thing("g")),
                Quad(thing("u"), thing("p"), Literal("in h"), thing("h")),
            ],
        )
    return store


@pytest.fixture(scope="module")
def app(store):
    app = create_app(Settings(store=store.path))
    app.testing = True
    yield app
    app.extensions["scholargraph"].close()


@pytest.fixture(scope="module")
def front(app):
    return Front(app, threads=2)


@pytest.fixture(params=["flask", "front"])
def client(request, app, front):
    """A client of Flask alone, then of the front that stands before it in `scholargraph serve`."""
    if request.param == "flask":
        return app.test_client()
    return Client(as_wsgi(front), app.response_class)


@pytest.fixture(scope="module")
def address(store, tmp_path_factory):
    with granian(store.path, cwd=tmp_path_factory.mktemp("server")) as address:
        yield f"{address}/sparql"


def get(client, query=ONE, accept="", **parameters):
    pairs = urllib.parse.urlencode({"query": query, **parameters}, doseq=True)
    return client.get(f"/sparql?{pairs}", headers={"Accept": accept} if accept else {})


def objects(response):
    assert response.status_code == 200, response.text
    return sorted(row["o"]["value"] for row in response.get_json(force=True)["results"]["bindings"])


# The three ways to send a query


def test_a_query_may_come_by_get_by_form_and_as_it_is(client):
    answers = [
        get(client),
        client.post("/sparql", data={"query": ONE}),
        client.post("/sparql", data=ONE, content_type="application/sparql-query"),
    ]

    assert [objects(answer) for answer in answers] == [['a <b> & "c", é']] * 3


def test_head_answers_as_get_without_a_body(client):
    whole, head = get(client), client.head("/sparql", query_string={"query": ONE})

    assert (head.status_code, head.content_type) == (200, whole.content_type)
    assert (head.content_length, head.data) == (len(whole.data), b"")


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/sparql-query; charset=utf-8", 200),
        ("application/sparql-query;charset=UTF-8", 200),
        ('application/sparql-query; charset="Utf-8"', 200),
        ("APPLICATION/SPARQL-QUERY; CHARSET=utf8", 200),
        ("application/sparql-query; charset=iso-8859-1", 415),
        ("application/sparql-query; charset=utf-16", 415),
        ("application/sparql-update", 415),
        ("text/plain", 415),
        ("application/json", 415),
        ("multipart/form-data; boundary=x", 415),
        ("", 415),
    ],
)
def test_bodies_of_other_types_are_refused(client, content_type, status):
    response = client.post("/sparql", data=ONE.encode(), content_type=content_type)

    assert response.status_code == status


def test_a_form_in_another_charset_is_refused(client):
    body = urllib.parse.urlencode({"query": ONE})

    statuses = [
        client.post("/sparql", data=body, content_type=f"{FORM}; charset={charset}").status_code
        for charset in ("UTF-8", "utf-16")
    ]

    assert statuses == [200, 415]


@pytest.mark.parametrize(
    "request_",
    [
        {
            "method": "POST",
            "data": ONE.encode("utf-16"),
            "content_type": "application/sparql-query",
        },
        {
            "method": "POST",
            "data": b"ASK { ?s ?p '\xff' }",
            "content_type": "application/sparql-query",
        },
        {"method": "POST", "data": b"query=ASK+%7B+%3Fs+%3Fp+%27%FF%27+%7D", "content_type": FORM},
        {"method": "POST", "data": b"query=ASK {?s ?p '\xff'}", "content_type": FORM},
        {"method": "GET", "query_string": "query=ASK+%7B+%3Fs+%3Fp+%27%FF%27+%7D"},
        {"method": "POST", "data": "query=" + "&a=b" * 2000, "content_type": FORM},
    ],
)
def test_what_cannot_be_read_is_a_bad_request(client, request_):
    response = client.open("/sparql", **request_)

    assert response.status_code == 400, response.text


def test_a_byte_order_mark_is_not_part_of_the_query(client):
    body = b"\xef\xbb\xbf" + ONE.encode()

    response = client.post("/sparql", data=body, content_type="application/sparql-query")

    assert objects(response) == ['a <b> & "c", é']


@pytest.mark.parametrize(
    ("request_", "detail"),
    [
        ({"query_string": [("query", ONE), ("query", ONE)]}, "given 2 times"),
        ({"query_string": {"query": ""}}, "ends too early"),
        ({"query_string": {"update": "CLEAR ALL"}}, "/update"),
        ({"query_string": {"query": ONE, "update": "CLEAR ALL"}}, "/update"),
        ({"query_string": {"query": "CLEAR ALL"}}, "an update"),
        ({"query_string": {"query": "INSERT DATA {}"}}, "an update"),
        ({"method": "POST", "data": {"update": "CLEAR ALL"}}, "/update"),
        ({"method": "POST", "data": {"other": "x"}}, "no parameter query"),
        ({"method": "POST", "data": {"query": ONE}, "query_string": {"query": ONE}}, "2 times"),
        (
            {
                "method": "POST",
                "data": ONE,
                "content_type": "application/sparql-query",
                "query_string": {"query": ONE},
            },
            "send one",
        ),
        ({"query_string": {"query": ONE, "default-graph-uri": "no iri"}}, "names no graph"),
        ({"query_string": {"query": ONE, "named-graph-uri": "relative"}}, "names no graph"),
        ({"query_string": {"query": ONE, "format": "docx"}}, "no format"),
        ({"query_string": {"query": "SELECT * { ?s ?p }"}}, "line 1, column 19"),
        ({"query_string": {"query": "ASK {\n  ex:a ?p ?o }"}}, "line 2, column 3: the prefix ex:"),
    ],
)
def test_a_bad_request_says_what_is_wrong(client, request_, detail):
    response = client.open("/sparql", **request_)

    assert response.status_code == 400
    assert response.content_type == "application/problem+json"
    assert detail in response.get_json()["detail"]


def test_a_bad_query_has_its_line_and_column(client):
    problem = get(client, "ASK {\n  ex:a ?p ?o }").get_json()

    assert (problem["status"], problem["line"], problem["column"]) == (400, 2, 3)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_told_which_are_allowed(client, method):
    response = client.open("/sparql", method=method)

    assert response.status_code == 405
    assert set(response.allow) == {"GET", "HEAD", "POST", "OPTIONS"}


@pytest.mark.parametrize("text", ["ASK { SERVICE <x:y> {} }", "ASK { SERVICE SILENT ?x {} }"])
def test_asking_other_servers_is_forbidden(client, text):
    response = get(client, text)

    assert (response.status_code, response.get_json()["title"]) == (403, "Query refused")


# The dataset


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, ['a <b> & "c", é', "in g", "in h"]),
        ({"default-graph-uri": EX + "g"}, ["in g"]),
        ({"default-graph-uri": [EX + "g", EX + "h"]}, ["in g", "in h"]),
        ({"named-graph-uri": EX + "g"}, ["in g"]),
        ({"default-graph-uri": EX + "h", "named-graph-uri": EX + "g"}, ["in g", "in h"]),
        ({"default-graph-uri": EX + "absent"}, []),
    ],
)
def test_the_dataset_is_what_the_parameters_say(client, parameters, expected):
    query = "SELECT ?o { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"
    answers = [
        get(client, query, **parameters),
        client.post("/sparql", data={"query": query, **parameters}),
        client.post(
            "/sparql",
            query_string=parameters,
            data=query,
            content_type="application/sparql-query",
        ),
    ]

    assert [objects(answer) for answer in answers] == [expected] * 3


# What comes back


@pytest.mark.parametrize(
    ("query", "accept", "expected"),
    [
        (ONE, "", JSON),
        (ONE, "*/*", JSON),
        (ONE, "application/json", "application/json"),
        (ONE, "application/sparql-results+xml", "application/sparql-results+xml"),
        (ONE, f"{JSON};q=0.5, text/csv", "text/csv; charset=utf-8"),
        (ONE, "text/csv; charset=utf-8", "text/csv; charset=utf-8"),
        (ONE, "text/tab-separated-values", "text/tab-separated-values; charset=utf-8"),
        (ONE, f"text/html;q=0.5,{JSON}", JSON),
        ("ASK {}", "application/sparql-results+xml", "application/sparql-results+xml"),
        ("ASK {}", "text/csv", "text/csv; charset=utf-8"),
        ("CONSTRUCT WHERE { ?s ?p ?o }", "", "text/turtle; charset=utf-8"),
        ("CONSTRUCT WHERE { ?s ?p ?o }", "application/ld+json", "application/ld+json"),
        ("CONSTRUCT WHERE { ?s ?p ?o }", "application/rdf+xml, */*;q=0.1", "application/rdf+xml"),
        ("DESCRIBE <http://example.org/s>", "application/n-triples", "application/n-triples"),
        ("CONSTRUCT WHERE { ?s ?p ?o }", "application/trig", "application/trig"),
        ("CONSTRUCT WHERE { ?s ?p ?o }", "application/n-quads", "application/n-quads"),
    ],
)
def test_the_client_chooses_the_format(client, query, accept, expected):
    response = get(client, query, accept)

    assert (response.status_code, response.content_type) == (200, expected)
    assert response.vary.as_set() == {"accept"}


@pytest.mark.parametrize(
    ("query", "accept"),
    [
        (ONE, "image/png"),
        (ONE, "text/turtle"),
        (ONE, "*/*;q=0"),
        ("CONSTRUCT WHERE { ?s ?p ?o }", JSON),
    ],
)
def test_a_client_that_nothing_suits_learns_what_there_is(client, query, accept):
    response = get(client, query, accept)

    assert response.status_code == 406
    assert (JSON in response.get_json()["available"]) is (query == ONE)


def test_links_choose_by_format(client):
    assert get(client, accept="text/html", format="csv").content_type.startswith("text/csv")
    assert get(client, "CONSTRUCT {} {}", format="xml").content_type == "application/rdf+xml"
    assert get(client, accept="text/csv", format="ttl").content_type.startswith("text/csv")


def test_every_format_says_the_same(client):
    value = 'a <b> & "c", é'

    table = list(csv.reader(io.StringIO(get(client, accept="text/csv").text)))
    xml = ElementTree.fromstring(get(client, accept="application/sparql-results+xml").data)
    graphs = [
        {
            (str(triple.subject), triple.object.value)
            for triple in parse(
                get(client, "CONSTRUCT WHERE { ?s ?p ?o }", format=name).data, format=format
            )
        }
        for name, format in [
            ("ttl", RdfFormat.TURTLE),
            ("nt", RdfFormat.N_TRIPLES),
            ("rdf", RdfFormat.RDF_XML),
            ("jsonld", RdfFormat.JSON_LD),
            ("trig", RdfFormat.TRIG),
            ("nq", RdfFormat.N_QUADS),
        ]
    ]

    assert table == [["o"], [value]]
    assert [node.text for node in xml.iter() if node.tag.endswith("literal")] == [value]
    assert graphs == [{(f"<{EX}s>", value)}] * 6


def test_what_rdf_xml_cannot_say_is_not_acceptable_as_such(client):
    query = "CONSTRUCT { <x:s> <http://example.org/1> 'a' } {}"

    statuses = [get(client, query, format=name).status_code for name in ("rdf", "ttl")]

    assert statuses == [406, 200]


def test_errors_carry_cors_and_vary_too(client):
    responses = [
        get(client, "ASK"),
        get(client, accept="image/png"),
        client.post("/sparql", data="x", content_type="text/plain"),
        client.put("/sparql"),
        client.get("/nowhere"),
    ]

    for response in responses:
        assert response.status_code >= 400
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert "accept" in response.vary.as_set()


def test_a_browser_asks_first_and_may(client):
    response = client.options(
        "/sparql",
        headers={
            "Origin": "https://example.org",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type",
        },
    )

    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in response.headers["Access-Control-Allow-Methods"]
    assert "Content-Type" in response.headers["Access-Control-Allow-Headers"]


# Without a query


def test_browsers_get_the_editor(client):
    response = client.get(
        "/sparql", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    )

    assert (response.status_code, response.mimetype) == (200, "text/html")
    assert "<textarea" in response.text


@pytest.mark.parametrize(
    ("accept", "format"),
    [
        ("", RdfFormat.TURTLE),
        ("*/*", RdfFormat.TURTLE),
        ("application/rdf+xml", RdfFormat.RDF_XML),
        ("application/ld+json", RdfFormat.JSON_LD),
        ("application/n-triples", RdfFormat.N_TRIPLES),
    ],
)
def test_programs_get_the_service_description(client, accept, format):
    response = client.get("/sparql", headers={"Accept": accept})

    sd = "http://www.w3.org/ns/sparql-service-description#"
    endpoints = [
        triple.object.value
        for triple in parse(response.data, format=format)
        if triple.predicate.value == f"{sd}endpoint"
    ]
    assert endpoints == ["http://localhost/sparql"]


def test_a_description_that_suits_nobody_is_not_acceptable(client):
    assert client.get("/sparql", headers={"Accept": "image/png"}).status_code == 406


# Asking again


def test_an_unchanged_answer_is_not_sent_again(tmp_path):
    store = Store.open(tmp_path / "papers.db", create=True)
    with store.writing():
        pass
    app = create_app(Settings(store=store.path))
    client = app.test_client()

    def ask_again(response, **more):
        headers = {"If-None-Match": response.headers["ETag"]}
        return client.get(
            "/sparql", query_string={"query": "ASK { ?s ?p ?o }"} | more, headers=headers
        )

    first = get(client, "ASK { ?s ?p ?o }")
    same, other = ask_again(first), ask_again(first, format="xml")
    with store.writing() as writer:
        writer.apply([], [Quad(thing("s"), thing("p"), Literal("new"))])
    changed = ask_again(first)
    app.extensions["scholargraph"].close()

    assert (same.status_code, same.data, same.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert (other.status_code, changed.status_code) == (200, 200)
    assert (first.get_json(force=True)["boolean"], changed.get_json(force=True)["boolean"]) == (
        False,
        True,
    )


def test_chance_is_not_cached(client):
    query = "SELECT (STRUUID() AS ?o) {}"
    first, second = get(client, query), get(client, query)

    assert objects(first) != objects(second)
    assert "ETag" not in first.headers


# Other people's clients, over a real connection


def test_urllib_reads_an_answer(address):
    with urllib.request.urlopen(f"{address}?{urllib.parse.urlencode({'query': ONE})}") as response:
        answer = json.load(response)

    assert answer["results"]["bindings"][0]["o"]["value"] == 'a <b> & "c", é'


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("way", ["urlencoded", "postdirectly"])
def test_sparqlwrapper_reads_every_form(address, method, way):
    def ask(query, format):
        client = SPARQLWrapper(address)
        client.setQuery(query)
        client.setMethod(method)
        client.setRequestMethod(way)
        client.setReturnFormat(format)
        return client.queryAndConvert()

    rows = ask(ONE, "json")["results"]["bindings"]
    truth = ask("ASK { ?s ?p ?o }", "json")["boolean"]
    graph = ask("CONSTRUCT WHERE { ?s ?p ?o }", "turtle")
    table = ask(ONE, "csv")

    assert [row["o"]["value"] for row in rows] == ['a <b> & "c", é']
    assert truth is True
    assert graph.startswith(b"@prefix")
    assert table.splitlines()[0] == b"o"


def test_rdflib_uses_it_as_a_store(address):
    graph = Graph(SPARQLStore(address))
    rows = list(graph.query(ONE))
    triples = list(graph.triples((URIRef(EX + "s"), None, None)))
    graph.close()

    assert [str(row.o) for row in rows] == ['a <b> & "c", é']
    assert [str(value) for _, _, value in triples] == ['a <b> & "c", é']


def test_an_error_reaches_a_client_whole(address):
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{address}?query=ASK")
    with caught.value as response:
        problem = json.load(response)

    assert (response.code, problem["status"]) == (400, 400)


def test_a_browser_that_opens_a_link_to_a_query_gets_the_editor_with_it(client):
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    address = {"query": "SELECT ?s WHERE { ?s a <x:y> } # <script>"}

    page = client.get("/sparql", query_string=address, headers={"Accept": browser})
    download = client.get(
        "/sparql", query_string={**address, "format": "csv"}, headers={"Accept": browser}
    )
    program = client.get("/sparql", query_string=address, headers={"Accept": "*/*"})

    assert page.mimetype == "text/html"
    assert "# &lt;script&gt;</textarea>" in page.text
    assert download.mimetype == "text/csv"
    assert program.mimetype == "application/sparql-results+json"
