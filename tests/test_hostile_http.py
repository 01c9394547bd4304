"""Requests that no honest client sends, as bytes on a socket: refused, and others are served."""

import json
from urllib.parse import quote

import pytest
from pyoxigraph import Literal, NamedNode, Quad
from raw_http import HOST, Stream, closed_within, connected, get, is_proper, post, received, sent
from serving import served

from scholargraph.graph.store import Store

EX = "http://example.org/"
TOKEN = "open sesame"
TRIPLES = 3000
MEGABYTE = 1024 * 1024

YES = "/sparql?query=ASK%7B%7D"
ALL = f"SELECT * {{ ?s <{EX}p> ?o }}"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = Store.open(tmp_path_factory.mktemp("hostile") / "papers.db", create=True)
    with store.writing() as writer:
        writer.apply(
            [],
            [
                Quad(NamedNode(f"{EX}s{n}"), NamedNode(f"{EX}p"), Literal(f"{'é' * 700}{n}"))
                for n in range(TRIPLES)
            ],
        )
    return store


@pytest.fixture(scope="module")
def address(store, tmp_path_factory):
    folder = tmp_path_factory.mktemp("server")
    with served(
        store.path, "--query-timeout", "5", cwd=folder, SCHOLARGRAPH_TOKEN=TOKEN
    ) as address:
        yield address


def is_well(address):
    query = quote("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
    answer = sent(address, get(f"/sparql?query={query}", "Connection: close"))
    if answer is None or answer.status != 200:
        return False
    (row,) = json.loads(answer.body)["results"]["bindings"]
    return row["n"]["value"] == str(TRIPLES)


ASK = b"ASK {}"
BROKEN = {
    "no HTTP": b"nonsense\r\n\r\n",
    "no version": b"GET /\r\n\r\n",
    "another version": b"GET / HTTP/7.3\r\n" + HOST + b"\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200,
    "a raw byte in the address": b"GET /\xff\xfe HTTP/1.1\r\n" + HOST + b"\r\n",
    "NUL in the address": b"GET /\0 HTTP/1.1\r\n" + HOST + b"\r\n",
    "NUL in a header": b"GET / HTTP/1.1\r\n" + HOST + b"X: a\0b\r\n\r\n",
    "a header without a name": b"GET / HTTP/1.1\r\n" + HOST + b": value\r\n\r\n",
    "a space before the colon": b"GET / HTTP/1.1\r\n" + HOST + b"Content-Length : 5\r\n\r\nhello",
    "a folded header": b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\n b\r\n\r\n",
    "10,000 headers": get("/", *(f"X-{n}: {n}" for n in range(10_000))),
    "a header of a megabyte": get("/", f"X: {'x' * MEGABYTE}"),
    "an address of a megabyte": get(f"/sparql?query={'x' * MEGABYTE}"),
    "a negative length": post(ASK, "Content-Length: -6"),
    "a length with a sign": post(ASK, "Content-Length: +6"),
    "a length that is none": post(ASK, "Content-Length: six"),
    "a length beyond 64 bits": post(ASK, "Content-Length: 99999999999999999999999"),
    "two lengths": post(ASK, "Content-Length: 6", "Content-Length: 7"),
    "two lengths in one": post(ASK, "Content-Length: 6, 7"),
    "a chunk's size that is none": post(b"zz\r\nASK {}\r\n0\r\n\r\n", "Transfer-Encoding: chunked"),
    "a negative chunk": post(b"-6\r\nASK {}\r\n0\r\n\r\n", "Transfer-Encoding: chunked"),
    "a chunk beyond 64 bits": post(b"f" * 40 + b"\r\nASK {}", "Transfer-Encoding: chunked"),
    "a chunk longer than its size": post(b"3\r\nASK {}\r\n0\r\n\r\n", "Transfer-Encoding: chunked"),
    "an endless chunk extension": post(
        b"6;" + b"x" * 2 * MEGABYTE + b"\r\nASK {}\r\n0\r\n\r\n", "Transfer-Encoding: chunked"
    ),
    "another coding": post(ASK, "Transfer-Encoding: gzip", "Content-Length: 6"),
    "chunked, but not last": post(ASK, "Transfer-Encoding: chunked, gzip"),
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_what_is_no_http_is_refused(address, data):
    answer = sent(address, data)

    assert answer is None or 400 <= answer.status < 500
    assert answer is None or is_proper(answer)
    assert is_well(address)


def test_a_request_cannot_hide_in_another(address):
    """Whoever reads the length sees one request, whoever reads the chunks sees two."""
    hidden = b"0\r\n\r\nGET /health/live HTTP/1.1\r\n" + HOST + b"\r\n"
    data = post(hidden, f"Content-Length: {len(hidden)}", "Transfer-Encoding: chunked")
    with connected(address) as peer:
        peer.sendall(data)
        first = received(peer, "POST")
        closed = closed_within(peer, 3)

    assert first is None or 400 <= first.status < 500
    assert closed
    assert is_well(address)


ODD = {
    "a header of 64 kB": (get("/health/live", f"X: {'x' * 65_536}"), {200, 400, 431}),
    "a doubled query": (get(f"/sparql?query={quote('ASK{}')}&query={quote('ASK{}')}"), {400}),
    "1,000 queries": (get("/sparql?" + "&".join(["query=ASK%7B%7D"] * 1000)), {400}),
    "1,001 parameters": (get(f"{YES}&" + "&".join(["a=b"] * 1000)), {400}),
    "1,000 formats": (get(f"{YES}&" + "&".join(["format=x"] * 999)), {400}),
    "1,000 graphs": (
        post(
            ASK,
            "Content-Length: 6",
            target="/sparql?" + "&".join(["default-graph-uri=x:g"] * 999),
        ),
        {200},
    ),
    "parameters of a page": (get("/search?" + "&".join(["q=x"] * 5000)), {200, 400}),
    "an index as a parameter": (get("/sparql?query[]=ASK%7B%7D"), {200, 400}),
    "no UTF-8": (get("/sparql?query=%ff%fe"), {400}),
    "overlong UTF-8": (get(f"{YES}%c0%80"), {400}),
    "a half character": (get("/sparql?query=%ed%a0%80"), {400}),
    "a broken escape": (get("/sparql?query=%zz%"), {400}),
    "NUL": (get(f"{YES}%00"), {400}),
    "no UTF-8 in a body": (post(b"\xff\xfe", "Content-Length: 2"), {400}),
    "UTF-16 in a body": (post("ASK {}".encode("utf-16"), "Content-Length: 14"), {400}),
    "NUL in a body": (post(b"ASK {}\0", "Content-Length: 7"), {400}),
    "a graph with a space": (
        get("/sparql?query=ASK%7B%7D&default-graph-uri=http://e/a%20b"),
        {400},
    ),
    "a graph that is no IRI": (get(f"{YES}&named-graph-uri=%00"), {400}),
    "a stored graph with a space": (get("/store?graph=http://e/a%20b"), {400}),
    "a stored graph with a line": (get("/store?graph=http://e/a%0d%0aX:%20y"), {400}),
    "a long graph": (get(f"/store?graph=http://e/{'x' * 60_000}"), {404, 414}),
    "a long address": (get(f"/paper/{'x' * 60_000}"), {404, 414}),
    "no UTF-8 in an address": (get("/paper/%ff%fe"), {400, 404}),
    "NUL in a path": (get("/paper/%00"), {400, 404}),
    "a line in a path": (get("/paper/a%0d%0aSet-Cookie:%20x=y"), {400, 404}),
    "a line in a redirect": (get("/paper/%0d%0aSet-Cookie:%20x=y/"), {301, 308, 400, 404}),
    "no host": (b"GET /health/live HTTP/1.1\r\n\r\n", {200, 400}),
    "two hosts": (get("/health/live", "Host: example.org"), {200, 400}),
    "a hostile host": (b'GET / HTTP/1.1\r\nHost: "><script>x</script>\r\n\r\n', {200, 400}),
    "another server's address": (get("http://example.org/health/live"), {200, 400, 404, 421}),
    "a tunnel": (b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n", {400, 404, 405}),
    "a trace": (b"TRACE / HTTP/1.1\r\n" + HOST + b"Cookie: secret\r\n\r\n", {405, 501}),
    "an invented method": (b"BREW /sparql HTTP/1.1\r\n" + HOST + b"\r\n", {405, 501}),
    "no target": (b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n", {200, 204, 400, 404, 405}),
    "an expectation": (post(ASK, "Expect: miracles", "Content-Length: 6"), {200, 417}),
    "an upgrade": (get("/sparql", "Connection: Upgrade", "Upgrade: websocket"), {200, 400, 426}),
    "a range": (get("/ontology", f"Range: bytes={','.join(['0-'] * 5000)}"), {200, 206, 400, 416}),
    "a long Accept": (get(YES, f"Accept: {'a/b,' * 10_000}"), {406, 431}),
    "an endless q": (get(YES, f"Accept: */*;q=0.{'9' * 5000}"), {200, 406}),
    "a q that is none": (
        get(YES, "Accept: text/csv;q=x, */*;q=nan"),
        {200, 406},
    ),
    "many tags": (get(YES, "If-None-Match: " + '"x",' * 10_000), {200, 304, 431}),
    "a date that is none": (get("/ontology", "If-Modified-Since: 99 Foo 99999"), {200, 304}),
    "a length without a type": (
        b"POST /sparql HTTP/1.1\r\n" + HOST + b"Content-Length: 6\r\n\r\nASK {}",
        {415},
    ),
    "a type that is none": (
        b"POST /sparql HTTP/1.1\r\n"
        + HOST
        + b"Content-Type: ;;;=\r\nContent-Length: 6\r\n\r\nASK {}",
        {415},
    ),
    "a boundary that is none": (
        b"POST /store?default HTTP/1.1\r\n"
        + HOST
        + f"Authorization: Bearer {TOKEN}\r\n".encode()
        + b"Content-Type: multipart/form-data\r\nContent-Length: 2\r\n\r\n--",
        {400, 415},
    ),
    # The body is whole before them: nobody needs to read on.
    "endless trailers": (
        post(
            b"6\r\nASK {}\r\n0\r\n" + b"X: y\r\n" * 200_000 + b"\r\n", "Transfer-Encoding: chunked"
        ),
        {200, 400, 431},
    ),
    "a coded body": (post(b"\x1f\x8b", "Content-Encoding: gzip", "Content-Length: 2"), {400, 415}),
}


@pytest.mark.parametrize(("data", "statuses"), ODD.values(), ids=ODD)
def test_an_odd_request_has_an_honest_answer(address, data, statuses):
    answer = sent(address, data)

    assert answer is not None
    assert answer.status in statuses, answer.body[:500]
    assert is_proper(answer)
    assert b"<script>x</script>" not in answer.body
    assert "set-cookie" not in answer.headers and "x" not in answer.headers
    assert is_well(address)


ESCAPES = ["../" * 8, "..%2f" * 8, "%2e%2e/" * 8, "..%5c" * 8, "%252e%252e%252f" * 8, "//", "%00"]
ROUTES = (
    "/",
    "/static/",
    "/vendor/",
    "/export/",
    "/export/graph.ttl/",
    "/paper/",
    "/author/",
    "/method/",
    "/profile/",
    "/category/",
    "/explore/",
    "/ontology/",
    "/.well-known/",
    "/store?graph=file:///",
    "/sparql?format=ttl&query=",
    "/explore?focus=",
    "/search?q=",
)


@pytest.mark.parametrize("route", ROUTES)
def test_no_route_leads_out_of_the_server(address, route):
    for escape in ESCAPES:
        for target in ("etc/passwd", "server.py", "format.json", "proc/self/environ"):
            answer = sent(address, get(f"{route}{escape}{target}", "Connection: close"))

            assert answer is not None and answer.status < 500, (escape, target)
            assert is_proper(answer)
            for secret in (b"root:", b"def create_app", b"scholargraph store", TOKEN.encode()):
                assert secret not in answer.body


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
@pytest.mark.parametrize("token", ["guess", TOKEN])
def test_no_header_turns_a_read_into_a_write(address, name, token):
    authorization = f"Authorization: Bearer {token}"
    for method in ("DELETE", "PUT", "POST"):
        target = f"/store?default&_method={method}"
        sent(address, get(target, f"{name}: {method}", authorization, "Connection: close"))

    assert is_well(address)


def test_a_token_is_not_taken_from_the_address(address):
    for target in (f"/store?default&access_token={TOKEN}", f"/store?default&token={TOKEN}"):
        data = f"DELETE {quote(target, '/?&=')} HTTP/1.1\r\n".encode() + HOST + b"\r\n"
        answer = sent(address, data)

        assert answer is not None and answer.status == 401
    assert is_well(address)


# Honest, but old or hurried


def test_http_1_0_gets_a_whole_answer_and_the_end(address):
    answer = sent(address, f"GET /sparql?query={quote(ALL)} HTTP/1.0\r\n\r\n".encode())
    with connected(address) as peer:
        peer.sendall(b"GET /health/live HTTP/1.0\r\n\r\n")
        closed = closed_within(peer, 5)

    assert answer is not None and answer.status == 200
    assert "transfer-encoding" not in answer.headers
    assert len(json.loads(answer.body)["results"]["bindings"]) == TRIPLES
    assert closed


def test_requests_sent_all_at_once_are_answered_in_order(address):
    numbers = range(30)
    queries = [quote(f"SELECT ?n {{ VALUES ?n {{ {number} }} }}") for number in numbers]
    answers = []
    with connected(address) as peer:
        peer.sendall(b"".join(get(f"/sparql?query={query}") for query in queries))
        stream = Stream(peer)
        for _ in numbers:
            answers.append(received(stream))

    found = [json.loads(answer.body)["results"]["bindings"][0]["n"]["value"] for answer in answers]
    assert found == [str(number) for number in numbers]


def test_one_connection_serves_good_and_bad_requests_alternately(address):
    statuses = []
    with connected(address) as peer:
        for number in range(20):
            peer.sendall(get(f"/sparql?query={'ASK%7B%7D' if number % 2 else 'nonsense'}"))
            answer = received(peer)
            assert answer is not None
            statuses.append(answer.status)

    assert statuses == [400, 200] * 10
