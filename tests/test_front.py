"""The front of `scholargraph serve`, as an ASGI server meets it."""

import asyncio
import json
import re
import time
from urllib.parse import quote

import psutil
import pytest
from asgi import exchanged, scope
from pyoxigraph import Literal, NamedNode, Quad
from raw_http import connected, get, sent
from serving import served

from scholargraph.server import create_app
from scholargraph.web.front import Front
from scholargraph.web.service import EXTENSION, Settings

ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
READER = "scholargraph.graph.reader"
QUERY = [(b"content-type", b"application/sparql-query")]
PAGE = [(b"accept", b"text/html")]


@pytest.fixture
def started(store):
    """Makes fronts over the corpus with other settings, and ends them."""
    services = []

    def start(**settings):
        settings = {"memory": "off"} | settings
        app = create_app(Settings(store=store.path, **settings))
        services.append(app.extensions[EXTENSION])
        return Front(app, threads=2), services[-1]

    yield start
    for service in services:
        service.close()


def status(sent):
    return sent[0]["status"] if sent else None


def body(sent):
    return b"".join(message["body"] for message in sent[1:])


def headers(sent):
    return {name.decode(): value.decode() for name, value in sent[0]["headers"]}


def asking(query, *more):
    return scope("GET", f"/sparql?query={quote(query)}", more)


def parts(*chunks, ends=True):
    """A body that comes in *chunks*."""
    return [
        {"type": "http.request", "body": chunk, "more_body": not ends or number < len(chunks) - 1}
        for number, chunk in enumerate(chunks)
    ]


# Bodies


def test_a_body_that_is_declared_too_long_is_refused_before_any_of_it_comes(started):
    front, _ = started(max_body=1000)
    head = scope("POST", "/sparql", [*QUERY, (b"content-length", b"1001")])

    sent = asyncio.run(exchanged(front, head, leaves=True))

    assert status(sent) == 413
    assert json.loads(body(sent))["status"] == 413


def test_a_body_without_a_length_is_refused_once_it_is_too_long(started):
    front, _ = started(max_body=1000)
    head = scope("POST", "/sparql", [*QUERY, (b"transfer-encoding", b"chunked")])
    taken = iter(parts(*[b" " * 400] * 10, ends=False))

    sent = asyncio.run(exchanged(front, head, taken, leaves=True))

    assert status(sent) == 413


@pytest.mark.parametrize("path", ["/", "/search", "/health"])
def test_where_nobody_needs_a_body_a_small_one_is_too_long(started, path):
    front, _ = started()
    head = scope("POST", path, [(b"content-length", b"70000")])

    assert status(asyncio.run(exchanged(front, head, leaves=True))) == 413


@pytest.mark.parametrize(("token", "expected"), [(None, 403), ("secret", 401)])
def test_what_may_not_be_written_is_not_read(started, token, expected):
    front, _ = started(token=token)
    head = scope("PUT", "/store?default", [(b"content-length", b"60000000")])

    sent = asyncio.run(exchanged(front, head, leaves=True))

    assert status(sent) == expected


@pytest.mark.parametrize("path", ["/store?default", "/update"])
def test_a_method_that_there_is_none_of_is_not_a_write(started, path):
    front, _ = started()

    sent = asyncio.run(exchanged(front, scope("TRACE", path)))

    assert status(sent) == 405
    assert "POST" in headers(sent)["allow"]


@pytest.mark.parametrize(
    ("target", "graph"),
    [
        ("/store?graph=" + quote("http://example.org/g"), "http://example.org/g"),
        ("/store/some/name", "http://localhost/store/some/name"),
    ],
)
def test_an_upload_reaches_the_store_whole(started, target, graph):
    front, service = started(token="secret")
    kind = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://example.org/T>"
    data = "".join(f"<http://example.org/{n}> {kind} .\n" for n in range(50000)).encode()
    head = scope(
        "PUT",
        target,
        [
            (b"content-type", b"application/n-triples"),
            (b"authorization", b"Bearer secret"),
            (b"transfer-encoding", b"chunked"),
        ],
    )
    chunks = [data[start : start + 65536] for start in range(0, len(data), 65536)]

    sent = asyncio.run(exchanged(front, head, parts(*chunks)))

    assert status(sent) == 201
    with service.store.snapshot() as snapshot:
        assert sum(1 for _ in snapshot.quads(graph=NamedNode(graph))) == 50000


# Heads


@pytest.mark.parametrize(
    ("target", "more", "expected"),
    [
        ("/sparql?query=" + "a" * 66000, [], 414),
        ("/", [(b"x", b"a" * 66000)], 431),
        ("/", [(b"host", b"other.example")], 400),
        ("/", [(b"authorization", b"Bearer a"), (b"authorization", b"Bearer b")], 400),
        ("/", [(b"content-length", b"-1")], 400),
    ],
)
def test_a_head_that_is_too_long_or_says_two_things_is_refused(started, target, more, expected):
    front, _ = started()

    sent = asyncio.run(exchanged(front, scope("GET", target, more)))

    assert (status(sent), headers(sent)["content-type"]) == (expected, "application/problem+json")


@pytest.mark.parametrize("host", [b"a b", b'x"><script>', b"example.org/path", b"u@example.org"])
def test_a_host_that_is_no_name_is_refused(started, host):
    front, _ = started()
    head = scope("GET", "/")
    head["headers"] = [(b"host", host)]

    assert status(asyncio.run(exchanged(front, head))) == 400


def test_only_what_our_own_proxies_say_of_a_client_is_believed(started):
    front, service = started(proxies=1)
    exchanges = []
    service.observer._watchers = (exchanges.append,)
    more = [(b"x-forwarded-for", b"6.6.6.6, 198.51.100.9"), (b"x-forwarded-proto", b"https")]

    sent = asyncio.run(exchanged(front, scope("GET", "/sparql", more)))

    assert b"<https://localhost/sparql>" in body(sent)
    assert [exchange.client for exchange in exchanges] == ["198.51.100.9"]


# The cache


def test_a_write_shows_in_the_next_answer(started):
    front, service = started()
    name = NamedNode("http://example.org/new")
    head = asking("ASK { <http://example.org/new> ?p ?o }")

    before = [body(asyncio.run(exchanged(front, head))) for _ in range(2)]
    with service.store.writing() as writer:
        writer.apply([], [Quad(name, name, Literal("new"))])
    after = body(asyncio.run(exchanged(front, head)))

    assert [b"true" in answer for answer in (*before, after)] == [False, False, True]
    assert (service.answers.hits, service.answers.misses) == (1, 2)


def test_an_answer_too_long_for_memory_comes_whole(started):
    front, _ = started()
    head = asking("SELECT * { ?s ?p ?o . ?a ?b ?c } LIMIT 20000")

    sent = asyncio.run(exchanged(front, head))

    assert len(body(sent)) == int(headers(sent)["content-length"]) > 1024 * 1024
    assert len(json.loads(body(sent))["results"]["bindings"]) == 20000


# Limits


def test_one_client_gets_429_for_what_is_over_its_share_and_others_are_answered(started):
    front, _ = started(readers=1, queue=3, query_timeout=30.0)

    async def scene():
        busy = [
            asyncio.create_task(exchanged(front, asking(f"{ENDLESS} # {number}")))
            for number in range(3)
        ]
        await asyncio.sleep(0.1)
        refused = await exchanged(front, asking(f"{ENDLESS} # more"))
        page = await exchanged(front, scope("GET", "/", PAGE))
        other = asking("ASK {}")
        other["client"] = ("192.0.2.2", 50000)
        others = asyncio.create_task(exchanged(front, other))
        await asyncio.sleep(0.1)
        full = asking("ASK { }")
        full["client"] = ("192.0.2.3", 50000)
        full = await exchanged(front, full)
        front.hurry()
        return refused, page, await others, full, await asyncio.gather(*busy)

    refused, page, others, full, busy = asyncio.run(scene())

    assert (status(refused), headers(refused)["retry-after"]) == (429, "1")
    assert status(page) == 200
    assert (status(full), headers(full)["retry-after"]) == (503, "5")
    assert [status(sent) for sent in (*busy, others)] == [503] * 4


def test_a_client_that_asks_too_fast_is_told_so(started):
    front, _ = started(rate=0.01)

    statuses = [status(asyncio.run(exchanged(front, asking("ASK {}")))) for _ in range(12)]
    health = status(asyncio.run(exchanged(front, scope("GET", "/health"))))

    assert statuses == [200] * 10 + [429] * 2
    assert health == 200


def test_without_limits_nobody_is_refused(started):
    front, _ = started(rate=1.0, limits=False)

    statuses = {status(asyncio.run(exchanged(front, asking("ASK {}")))) for _ in range(20)}

    assert statuses == {200}


# Clients that leave


def test_a_query_stops_when_its_client_leaves(started):
    front, service = started(query_timeout=60.0)
    exchanges = []
    service.observer._watchers = (exchanges.append,)
    begin = time.monotonic()

    sent = asyncio.run(exchanged(front, asking(ENDLESS), leaves=True))

    assert sent == []
    assert time.monotonic() - begin < 20
    assert [(exchange.status, exchange.outcome) for exchange in exchanges] == [(499, "cancelled")]
    until = time.monotonic() + 10
    while service.readers.counts()["busy"] and time.monotonic() < until:
        time.sleep(0.01)
    counts = service.readers.counts()
    assert (counts["busy"], counts["killed_cancelled"]) == (0, 1)


def test_a_query_goes_on_while_anybody_waits_for_it(started):
    front, service = started()
    slow = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f }"

    async def scene():
        stays = asyncio.create_task(exchanged(front, asking(slow)))
        await asyncio.sleep(0)
        gone = await exchanged(front, asking(slow), leaves=True)
        return gone, await stays

    gone, stays = asyncio.run(scene())

    assert (gone, status(stays)) == ([], 200)
    assert service.answers.misses == 2
    assert service.readers.counts()["killed_cancelled"] == 0


def test_who_leaves_the_queue_is_never_asked_for(started):
    front, service = started(readers=1, query_timeout=60.0)

    async def scene():
        begun = []
        for name in ("long", "short"):  # the first goes on beside the others
            begun.append(asyncio.create_task(exchanged(front, asking(f"{ENDLESS} # {name}"))))
            await asyncio.sleep(0.5)
        for number in range(10):
            assert await exchanged(front, asking(f"{ENDLESS} # {number}"), leaves=True) == []
        front.hurry()
        return [status(await task) for task in begun]

    statuses = asyncio.run(scene())

    assert statuses == [503, 503]
    assert service.readers.counts()["killed_cancelled"] == 2


# What is Flask's


def test_a_query_past_its_time_ends_and_the_next_one_is_answered(started):
    front, service = started(readers=1, query_timeout=0.5)

    async def ask():
        queries = ("ASK {} # first", "ASK {} # its reader waits", ENDLESS, "ASK {} # next")
        return [status(await exchanged(front, asking(query))) for query in queries]

    assert asyncio.run(ask()) == [200, 200, 503, 200]
    assert service.readers.counts()["killed_timeout"] == 1


def test_a_reader_that_died_between_two_queries_is_replaced(started):
    front, service = started(readers=1)

    async def ask(*names):
        return [status(await exchanged(front, asking(f"ASK {{}} # {name}"))) for name in names]

    async def ask_and_kill():
        before = await ask("first", "its reader waits")
        readers = [child for child in psutil.Process().children() if READER in child.cmdline()]
        for reader in readers:
            reader.kill()
        psutil.wait_procs(readers, timeout=10)
        return before + await ask("next", "another")

    assert asyncio.run(ask_and_kill()) == [200] * 4
    assert service.readers.counts()["started"] == 2


def test_an_answer_of_a_megabyte_in_many_parts_comes_whole(started):
    front, _ = started(readers=1)
    long = "SELECT ?s ?t ?q { ?s ?p ?o . ?t ?q ?r } LIMIT 3000"

    async def ask():
        await exchanged(front, asking("ASK {}"))
        return await exchanged(front, asking(long))

    sent = asyncio.run(ask())

    assert 300_000 < len(body(sent)) <= 1024 * 1024
    assert len(json.loads(body(sent))["results"]["bindings"]) == 3000


def test_flask_learns_of_bugs_in_queries(started, monkeypatch, caplog):
    front, service = started()

    def broken(*_args, **_options):
        raise ZeroDivisionError("the bug")

    monkeypatch.setattr(service.readers, "query", broken)
    sent = asyncio.run(exchanged(front, asking("ASK {}")))

    assert (status(sent), headers(sent)["content-type"]) == (500, "application/problem+json")
    assert b"the bug" not in body(sent)
    assert "ZeroDivisionError: the bug" in caplog.text


def test_browsers_get_refusals_as_pages(started):
    front, _ = started(max_body=10)
    head = scope("POST", "/sparql", [*QUERY, *PAGE, (b"content-length", b"11")])

    sent = asyncio.run(exchanged(front, head, parts(b"x" * 11)))

    assert (status(sent), headers(sent)["content-type"]) == (413, "text/html; charset=utf-8")


def test_a_long_download_waits_for_its_client_and_ends_with_it(started, monkeypatch):
    front, _ = started()
    monkeypatch.setattr("scholargraph.web.bridge.WINDOW", 1000)
    export = scope("GET", "/export/graph.nt")

    async def scene():
        broken = [await exchanged(front, export, leaves=True) for _ in range(6)]
        return broken, await exchanged(front, export)

    # More break off than there are threads for downloads.
    broken, whole = asyncio.run(scene())

    assert status(whole) == 200
    assert body(whole).endswith(b" .\n")
    assert max(len(body(sent)) for sent in broken) < len(body(whole))


def test_each_exchange_is_told_of_once(started):
    front, service = started()
    exchanges = []
    service.observer._watchers = (exchanges.append,)
    page = scope("GET", "/health")

    for head in (page, asking("ASK {}"), asking("ASK {}"), asking("ASK"), scope("GET", "/nowhere")):
        asyncio.run(exchanged(front, head))

    assert [(seen.kind, seen.status, seen.cached, seen.outcome) for seen in exchanges] == [
        ("health", 200, None, None),
        ("sparql", 200, False, "answered"),
        ("sparql", 200, True, "answered"),
        ("sparql", 400, False, "error"),
        ("page", 404, None, None),
    ]
    assert all(seen.bytes_out > 0 for seen in exchanges)


def test_flask_alone_tells_of_each_exchange_once(store):
    app = create_app(Settings(store=store.path, memory="off"))
    service, exchanges = app.extensions[EXTENSION], []
    service.observer._watchers = (exchanges.append,)
    client = app.test_client()

    for path in ("/sparql?query=ASK{}", "/sparql?query=ASK{}", "/sparql?query=ASK", "/nowhere"):
        assert client.get(path).data
    service.close()

    assert [(seen.kind, seen.status, seen.cached, seen.outcome) for seen in exchanges] == [
        ("sparql", 200, False, "answered"),
        ("sparql", 200, True, "answered"),
        ("sparql", 400, False, "error"),
        ("page", 404, None, None),
    ]
    assert all(seen.bytes_out > 0 for seen in exchanges)


def test_websockets_are_turned_away(started):
    front, _ = started()

    sent = asyncio.run(exchanged(front, {"type": "websocket", "path": "/"}))

    assert sent == [{"type": "websocket.close"}]


def test_clients_that_send_slowly_take_no_more_than_their_share(started):
    front, _ = started()
    head = scope("POST", "/sparql", [*QUERY, (b"content-length", b"100")])

    async def scene():
        slow = [
            asyncio.create_task(exchanged(front, head, parts(b"ASK", ends=False)))
            for _ in range(64)
        ]
        await asyncio.sleep(0.1)
        refused = await exchanged(front, head, parts(b"ASK {}"))
        read = await exchanged(front, asking("ASK {}"))
        for task in slow:
            task.cancel()
        await asyncio.gather(*slow, return_exceptions=True)
        return refused, read, await exchanged(front, head, parts(b"ASK {}"))

    assert [status(sent) for sent in asyncio.run(scene())] == [429, 200, 200]


def test_a_query_whose_connection_closes_loses_its_reader(store, tmp_path):
    def killed(address):
        answer = sent(address, get("/metrics", "Connection: close"))
        (line,) = re.findall(rb'killed_total\{reason="cancelled"\} (\S+)', answer.body)
        return float(line)

    with served(store.path, "--query-timeout", "60", "--memory", "off", cwd=tmp_path) as address:
        before = killed(address)
        with connected(address) as peer:
            peer.sendall(get(f"/sparql?query={quote(ENDLESS)}"))
            time.sleep(1)
        until = time.monotonic() + 20
        while killed(address) == before and time.monotonic() < until:
            time.sleep(0.05)
        after = killed(address)

    assert (before, after) == (0.0, 1.0)
