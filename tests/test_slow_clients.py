"""Clients that are slow, silent or gone: they cost themselves, and nobody else."""

import contextlib
import json
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest
from pyoxigraph import Literal, NamedNode, Quad
from raw_http import (
    connected,
    get,
    is_proper,
    post,
    received,
    send_what_is_taken,
    sent,
)
from serving import served

from scholargraph.graph.store import Store

EX = "http://example.org/"
TRIPLES = 3000
MEGABYTE = 1024 * 1024
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
    with served(store.path, "--query-timeout", "5", cwd=folder) as address:
        yield address


@pytest.fixture(scope="module", autouse=True)
def stalled(address):
    """A connection whose body stops coming before the first test, to be looked at by the last."""
    with connected(address, timeout=60) as peer:
        peer.sendall(post(b"ASK ", "Content-Length: 100"))
        yield peer


def is_well(address):
    query = quote("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
    answer = sent(address, get(f"/sparql?query={query}", "Connection: close"))
    if answer is None or answer.status != 200:
        return False
    (row,) = json.loads(answer.body)["results"]["bindings"]
    return row["n"]["value"] == str(TRIPLES)


def test_clients_that_never_read_their_answer_cost_the_others_nothing(address):
    with contextlib.ExitStack() as silent:
        for number in range(40):
            peer = silent.enter_context(connected(address, window=4096))
            query = quote(f"{ALL} # {number % 4}")
            peer.sendall(get(f"/sparql?query={query}"))
        begin = time.monotonic()
        well = [is_well(address) for _ in range(3)]
        page = sent(address, get("/", "Connection: close"))
        took = time.monotonic() - begin

    assert well == [True] * 3
    assert page is not None and page.status == 200
    assert took < 20
    assert is_well(address)


def test_clients_that_never_finish_their_headers_cost_the_others_nothing(address):
    with contextlib.ExitStack() as slow:
        peers = [slow.enter_context(connected(address)) for _ in range(200)]
        for number, peer in enumerate(peers):
            peer.sendall(b"GET /sparql?query=ASK%7B%7D HTTP/1.1\r\nX: "[: 2 + number % 40])
        begin = time.monotonic()
        well = [is_well(address) for _ in range(3)]
        took = time.monotonic() - begin

    assert well == [True] * 3
    assert took < 10


def test_clients_that_never_finish_their_body_cost_the_others_nothing(address):
    started = post(b"ASK ", "Content-Length: 60000000")
    chunked = post(b"4\r\nASK \r\n", "Transfer-Encoding: chunked")
    with contextlib.ExitStack() as slow:
        peers = [slow.enter_context(connected(address)) for _ in range(60)]
        for number, peer in enumerate(peers):
            peer.sendall(chunked if number % 2 else started)
        begin = time.monotonic()
        well = [is_well(address) for _ in range(3)]
        page = sent(address, get("/", "Connection: close"))
        took = time.monotonic() - begin

    assert well == [True] * 3
    assert page is not None and page.status == 200
    assert took < 10


def test_a_body_that_is_too_large_is_refused_before_it_comes(address):
    declared = post(b"", "Content-Length: 2147483648")
    chunk = b"%x\r\n" % MEGABYTE + b" " * MEGABYTE + b"\r\n"
    with connected(address) as peer:
        peer.sendall(declared)
        early = received(peer, "POST")
    with connected(address) as peer:
        taken = send_what_is_taken(peer, post(b"", "Transfer-Encoding: chunked") + chunk * 160)
        with contextlib.suppress(ConnectionError):
            late = received(peer, "POST")

    assert early is not None and early.status == 413 and is_proper(early)
    assert taken < 150 * MEGABYTE
    assert late is None or (late.status == 413 and is_proper(late))
    assert is_well(address)


def test_clients_that_go_away_leave_nothing_running(address):
    endless = quote("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }")
    for number in range(10):
        with connected(address) as peer:
            peer.sendall(get(f"/sparql?query={endless}%20%23{number}"))
            time.sleep(0.05)
    begin = time.monotonic()
    with ThreadPoolExecutor(4) as threads:
        well = list(threads.map(is_well, [address] * 4))
    took = time.monotonic() - begin

    # Ten of them one after the other would keep two readers busy for 25 s.
    assert well == [True] * 4
    assert took < 10


def test_a_body_that_stops_coming_is_given_up(stalled):
    answer = received(stalled, "POST")

    assert answer is not None and answer.status == 408
    assert is_proper(answer)
