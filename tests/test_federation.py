"""SERVICE and LOAD: what other servers are asked, and what their answers may do."""

import threading
import time
from functools import partial

import pyoxigraph
import pytest
from another_server import (
    JSON,
    LOOPBACK,
    ROW,
    address,
    allowing,
    answer,
    dripping,
    peer,
    rows,
    turtle,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from scholargraph.graph.federation import asking, calls, loaded
from scholargraph.graph.gateway import Gateway
from scholargraph.graph.peers import Peers
from scholargraph.graph.sparql import PeerError, QueryError, QueryRefused
from scholargraph.graph.store import Store
from scholargraph.graph.updates import update
from scholargraph.server import create_app
from scholargraph.web.service import Settings


def test_an_allowed_service_answers():
    with peer() as server:
        found = answer(
            f"SELECT ?s {{ SERVICE <{address(server)}> {{ ?s a ?c }} }}", allowing(server)
        )

    assert found == [{"s": "x:from-afar"}]
    ((method, path, body),) = server.asked
    assert (method, path) == ("POST", "/sparql")
    assert body.startswith("query=SELECT")


@pytest.mark.parametrize(
    "text",
    [
        "BASE <{root}> SELECT ?s {{ SERVICE <sparql> {{ ?s ?p ?o }} }}",
        "PREFIX peer: <{root}> SELECT ?s {{ SERVICE peer:sparql {{ ?s ?p ?o }} }}",
        "PREFIX peer: <{root}> SELECT ?s {{ SERVICE peer:\\u0073parql {{ ?s ?p ?o }} }}",
        "PREFIX : <{root}sp> SELECT ?s {{ service#{{\n:arql# }}\n{{ ?s ?p ?o }} }}",
        "SELECT ?s {{ SERVICE <{root}\\u0073parql>{{?s ?p ?o}}}}",
        "PREFIX : <{root}sp> SELECT ?s {{ SERVICE SILENT:arql {{ ?s ?p ?o }} }}",
    ],
)
def test_a_service_may_be_named_as_any_iri(text):
    with peer() as server:
        try:
            found = answer(text.format(root=address(server, "/")), allowing(server))
        except QueryError:
            found = "not understood"

    if "\\u0073parql {" in text or "SILENT:" in text:  # no escape of a name; a prefix SILENT:
        assert found == "not understood"
    else:
        assert found == [{"s": "x:from-afar"}]


def test_a_service_inside_a_service_is_named_to_it_by_its_own_iri():
    inner = "http://inner.example/sparql?a=1"
    with peer() as server:
        answer(
            f"SELECT ?s {{ SERVICE <{address(server)}> {{ ?s ?p ?o SERVICE <{inner}> {{ }} }} }}",
            allowing(server),
        )

    assert "SERVICE+%3Chttp%3A%2F%2Finner.example%2Fsparql%3Fa%3D1%3E" in server.asked[0][2]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("SERVICE <{there}> {{ ?s ?p ?o }}", QueryRefused),
        ("SERVICE SILENT <{there}> {{ ?s ?p ?o }}", [{}]),
        ("?s <x:absent> ?o SERVICE <{there}> {{ ?s ?p ?o }}", []),
        ("OPTIONAL {{ SERVICE <{there}> {{ ?s ?p ?o }} }}", QueryRefused),
        ("FILTER EXISTS {{ SERVICE <{there}> {{ ?s ?p ?o }} }}", QueryRefused),
        ("?x <x:p> ?y MINUS {{ SERVICE <{there}> {{ ?s ?p ?o }} }}", QueryRefused),
        ("SERVICE ?where {{ ?s ?p ?o }}", QueryRefused),
        ("SERVICE SILENT ?where {{ ?s ?p ?o }}", QueryRefused),
        ("SERVICE <ftp://example.org/> {{ ?s ?p ?o }}", QueryRefused),
        ("SERVICE <urn:x:y> {{ ?s ?p ?o }}", QueryRefused),
        ("SERVICE {{ ?s ?p ?o }}", QueryError),
        ("SERVICE <{there}> ?s ?p ?o", QueryError),
        ("SERVICE absent:prefix {{ ?s ?p ?o }}", QueryError),
        ("SERVICE <{there}> {{ ?s ?p }}", QueryError),
    ],
)
def test_who_is_not_allowed_is_not_asked(pattern, expected):
    with peer() as server:
        text = f"SELECT * {{ {pattern.format(there=address(server))} }}"
        try:
            found = answer(text, Peers.allowing(["elsewhere.example"], LOOPBACK))
        except QueryError as error:
            found = type(error)

    assert found == expected
    assert server.asked == []


def test_a_refusal_says_where_and_how_to_allow():
    text = "SELECT * {\n  SERVICE <http://example.org:8890/sparql> { ?s ?p ?o } }"

    with pytest.raises(QueryRefused) as refusal:
        answer(text, Peers())

    assert str(refusal.value) == (
        "line 2, column 3: this server does not ask example.org:8890; "
        "whoever runs it may allow it with --allow-service example.org:8890"
    )


def test_an_error_is_shown_where_its_author_wrote_it():
    text = "SELECT * { SERVICE <http://example.org/a/long/name> { ?s ?p ?o } ?s ?p } LIMIT 1"

    with pytest.raises(QueryError) as complaint:
        answer(text, Peers())

    assert (complaint.value.line, complaint.value.column) == (1, text.index("LIMIT") + 1)


@pytest.mark.parametrize(
    "reply",
    [
        lambda _handler: (500, {}, b"sorry"),
        lambda _handler: (204, {}, b""),
        lambda _handler: (200, {"Content-Type": "text/html"}, b"<html>"),
        lambda _handler: (200, {"Content-Type": JSON}, b'{"head":'),
        lambda _handler: (200, {"Content-Type": JSON, "Content-Length": "999"}, ROW),
        lambda _handler: (200, {"Content-Type": JSON, "Content-Encoding": "gzip"}, ROW),
        lambda _handler: (200, {}, ROW),
    ],
)
def test_a_service_that_fails_fails_the_query(reply):
    with peer(reply) as server:
        text = f"SELECT * {{ ?a ?b ?c SERVICE <{address(server)}> {{ ?s ?p ?o }} }}"
        with pytest.raises(PeerError):
            answer(text, allowing(server))


@pytest.mark.parametrize("status", [500, 404])
def test_a_service_that_fails_silently_is_one_empty_solution(status):
    with peer(lambda _handler: (status, {}, b"")) as server:
        text = f"SELECT * {{ SERVICE SILENT <{address(server)}> {{ ?s ?p ?o }} }}"

        assert answer(text, allowing(server)) == [{}]


def endless(handler, size=1 << 30):
    handler.send_response(200)
    handler.send_header("Content-Type", JSON)
    handler.end_headers()
    try:
        for _ in range(size >> 16):
            handler.wfile.write(b" " * (1 << 16))
    except OSError:
        handler.server.cut.set()
    return 200, {}, b""


def test_an_endless_answer_is_cut():
    with peer(endless) as server:
        with pytest.raises(PeerError, match="more than 64 MB"):
            answer(f"SELECT * {{ SERVICE <{address(server)}> {{ ?s ?p ?o }} }}", allowing(server))

        assert server.cut.wait(20)


def test_a_slow_answer_is_waited_for_no_longer_than_allowed():
    until = threading.Event()
    with peer(partial(dripping, until=until)) as server:
        started = time.monotonic()
        with pytest.raises(PeerError, match="did not answer in 0.5 s"):
            answer(
                f"SELECT * {{ SERVICE <{address(server)}> {{ ?s ?p ?o }} }}",
                allowing(server, timeout=0.5),
            )
        until.set()
        assert time.monotonic() - started < 10


def test_the_gateway_answers_nobody_without_its_secret():
    import urllib.error
    import urllib.request

    with peer() as server, Gateway(allowing(server), [address(server)]) as gateway:
        root = gateway.address(0).rsplit("/", 2)[0]
        statuses = []
        for path in ["/0", "/guess/0", gateway.address(0).removeprefix(root) + "1"]:
            try:
                urllib.request.urlopen(f"{root}{path}", data=b"ASK {}", timeout=5)
            except urllib.error.HTTPError as error:
                statuses.append(error.code)
                error.close()

    assert statuses == [404, 404, 404]
    assert server.asked == []


# LOAD


def graph_of(store, graph=None):
    with store.snapshot() as snapshot:
        return sorted(
            f"{quad.subject} {quad.predicate.value} {quad.object.value}"
            for quad in snapshot.quads(graph=graph or pyoxigraph.DefaultGraph())
        )


def test_an_allowed_document_is_loaded_under_its_own_address(empty_store):
    with peer(turtle) as server:
        there = address(server, "/d.ttl")
        update(empty_store, f"LOAD <{there}> INTO GRAPH <x:g>", peers=allowing(server))

    found = graph_of(empty_store, pyoxigraph.NamedNode("x:g"))
    assert [line for line in found if "x:p" in line][0].startswith(f"<{there}#s> x:p ")
    assert len(found) == 2


def test_a_load_is_one_step_among_others(empty_store):
    with peer(turtle) as server:
        update(
            empty_store,
            f"PREFIX : <{address(server, '/')}>\n"
            f"INSERT DATA {{ <x:a> <x:b> 'LOAD' }} ;\nLOAD SILENT :d ; "
            "DELETE WHERE { ?s <x:q> ?o }; LOAD SILENT <http://10.0.0.1/x>;"
            "LOAD SILENT <mailto:x> INTO GRAPH <x:g>",
            peers=allowing(server),
        )

    assert [line.split()[1] for line in graph_of(empty_store)] == ["x:p", "x:b"]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("LOAD <{there}>", QueryRefused),
        ("INSERT DATA {{ <x:a> <x:b> 1 }}; LOAD <{there}> INTO GRAPH <x:g>", QueryRefused),
        ("LOAD <{there}> ;; CLEAR ALL", QueryError),
        ("CREATE GRAPH <x:g> LOAD <{there}>", QueryError),
        ("LOAD ;", QueryError),
        ("LOAD ?x", QueryError),
        ("LOAD <{there}> INTO <x:g>", QueryError),
        ("LOAD <{there}> INTO GRAPH ?g", QueryError),
        ("INSERT DATA {{ LOAD <{there}> }}", QueryError),
    ],
)
def test_what_may_not_be_loaded_changes_nothing(empty_store, text, error):
    with peer(turtle) as server:
        with pytest.raises(QueryError) as complaint:
            update(empty_store, text.format(there=address(server)))

    assert type(complaint.value) is error
    assert server.asked == []
    assert not empty_store.exists


def test_nothing_is_fetched_for_an_update_that_is_none():
    with peer(turtle) as server:
        text = f"LOAD <{address(server)}> ; INSERT DATA {{ <x:a> <x:b> }}"
        with pytest.raises(QueryError) as complaint:
            loaded(text, None, allowing(server))

    assert (complaint.value.line, complaint.value.column) == (1, len(text))
    assert server.asked == []


@pytest.mark.parametrize(
    "reply",
    [
        lambda _handler: (404, {}, b""),
        lambda _handler: (200, {"Content-Type": "text/html"}, b"<p>"),
        lambda _handler: (200, {"Content-Type": "text/turtle"}, b"<s> <p>"),
        lambda _handler: (200, {"Content-Type": "application/n-triples"}, b"\xff"),
    ],
)
def test_a_document_that_cannot_be_had_fails_the_update(empty_store, reply):
    with peer(reply) as server:
        with pytest.raises(PeerError):
            update(empty_store, f"LOAD <{address(server)}>", peers=allowing(server))


# Whatever text it is given, the engine asks the gateway only. The port below is one that Oxigraph
# refuses before it opens a socket, so that a mistake reaches no network either.

NOWHERE = "http://127.0.0.1:1/"


PIECES = st.sampled_from(
    [
        "SERVICE",
        "service",
        "SERVICE SILENT",
        "SILENT",
        f"<{NOWHERE}>",
        f"<{NOWHERE}",
        "ex:s",
        ":s",
        "{ }",
        "{ ?s ?p ?o }",
        "{",
        "}",
        "FILTER(?a<2)",
        "FILTER(?a<",
        "?a",
        ")",
        "#",
        "#>\n",
        "\n",
        "'",
        '"',
        "'''",
        "<",
        ">",
        " ",
        "true",
        "1",
        "BIND(1 AS ?a)",
        "GRAPH",
        "OPTIONAL",
        "\\",
        ".",
        "_:",
        "@en",
        "^^",
    ]
)


@settings(max_examples=300)
@given(st.lists(PIECES, min_size=1, max_size=12).map("".join))
def test_the_engine_never_asks_anybody_itself(body):
    text = f"PREFIX ex: <{NOWHERE}> PREFIX : <{NOWHERE}> SELECT * {{ BIND(1 AS ?a) {body} }}"
    try:
        with asking(text, None, Peers()) as edited:
            list(pyoxigraph.Store().query(edited.text))
    except QueryError:
        pass
    except OSError as error:
        assert "not allowed for HTTP" not in str(error), edited.text


# The whole server


@pytest.fixture
def serving(empty_store: Store):
    def serve(**options):
        update(empty_store, "INSERT DATA { <x:a> <x:p> 1 }")
        app = create_app(Settings(store=empty_store.path, token="t", readers=1, **options))
        apps.append(app)
        return app.test_client()

    apps = []
    yield serve
    for app in apps:
        app.extensions["scholargraph"].close()


@pytest.mark.parametrize(
    ("reply", "status"), [(rows, 200), (lambda _handler: (500, {}, b""), 502), (None, 403)]
)
def test_the_server_asks_whom_its_settings_allow(serving, reply, status):
    with peer(reply or rows) as server:
        allowed = f"127.0.0.1:{server.server_port}" if reply else "example.org"
        client = serving(allowed_services=(allowed,), allowed_service_addresses=LOOPBACK)
        text = f"SELECT ?s {{ SERVICE <{address(server)}> {{ ?s ?p ?o }} }}"

        response = client.get("/sparql", query_string={"query": text})

    assert response.status_code == status
    if status == 200:
        assert b"x:from-afar" in response.data


def test_what_a_service_says_is_not_kept_for_the_next_query(serving):
    with peer() as server:
        client = serving(allowed_services=("127.0.0.1:*",), allowed_service_addresses=LOOPBACK)
        text = f"SELECT ?s {{ SERVICE <{address(server)}> {{ ?s ?p ?o }} }}"
        answers = [client.get("/sparql", query_string={"query": text}) for _ in range(2)]

    assert [answer.headers.get("ETag") for answer in answers] == [None, None]
    assert len(server.asked) == 2


def test_a_document_is_loaded_through_the_server(serving, empty_store):
    with peer(turtle) as server:
        client = serving(allowed_services=("127.0.0.1:*",), allowed_service_addresses=LOOPBACK)
        loads = [f"LOAD <{address(server)}>", "LOAD <http://example.org/>", "LOAD <x:y> INTO"]
        statuses = [
            client.post("/update", data={"update": text}, headers={"Authorization": "Bearer t"})
            for text in loads
        ]

    assert [answer.status_code for answer in statuses] == [204, 403, 400]
    assert len(graph_of(empty_store)) == 3


def test_a_service_that_never_answers_ends_with_the_query(serving):
    until = threading.Event()
    with peer(partial(dripping, until=until)) as server:
        client = serving(
            allowed_services=("127.0.0.1:*",), allowed_service_addresses=LOOPBACK, query_timeout=1.0
        )
        text = f"SELECT ?s {{ SERVICE <{address(server)}> {{ ?s ?p ?o }} }}"

        response = client.get("/sparql", query_string={"query": text})
        again = client.get("/sparql", query_string={"query": "ASK { ?s ?p ?o }"})
        until.set()

    assert response.status_code in (502, 503)
    assert again.status_code == 200


@pytest.mark.parametrize("limit", [1, 3])
def test_calls_are_found_with_their_iris(limit):
    text = "BASE <http://a/> PREFIX b: <b/> SELECT * {" + " SERVICE b:c {}" * limit + "}"

    assert [(call.iri, call.silent) for call in calls(text)] == [("http://a/b/c", False)] * limit
