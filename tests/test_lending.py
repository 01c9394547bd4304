"""Connections that readers serve themselves: nobody can tell, but for the time it takes."""

import json
import os
import re
import signal
import socket
import threading
import time
import urllib.request
from contextlib import contextmanager, suppress
from urllib.parse import quote

import psutil
import pytest
from processes import ServerProcess
from raw_http import Stream, closed_within, connected, get, received

from scholargraph.graph.loans import MOST_ANSWER, query_in
from scholargraph.graph.slate import Slate
from scholargraph.web.lending import HABIT, LATE
from scholargraph.web.limits import Rate
from scholargraph.web.problems import Problem

TOKEN = "a token for tests"
JSON = "Accept: application/sparql-results+json"
# Long enough to be stopped where it is lent, and over in seconds.
SOME = "{ SELECT ?%s { ?x ?y ?%s } LIMIT 1500 }"
LONG = (
    f"SELECT (COUNT(*) AS ?n) {{ {SOME % ('c', 'c')} {SOME % ('f', 'f')} "
    "FILTER(CONTAINS(STR(?c), STR(?f))) }"
)
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
GREEDY = "SELECT ?a ?d ?g { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?c ?f ?i"


class Client:
    """Asks on one connection, every time another question."""

    numbers = iter(range(1_000_000))

    def __init__(self, peer, *headers):
        self.peer = peer
        self.headers = headers
        self._stream = Stream(peer)

    def send(self, text):
        text = f"# {next(self.numbers)}\n{text}"
        self.peer.sendall(get(f"/sparql?query={quote(text, safe='')}", *self.headers))

    def answer(self, method="GET"):
        return received(self._stream, method)

    def ask(self, text="SELECT ?s { ?s ?p ?o } LIMIT 3"):
        self.send(text)
        return self.answer()


@contextmanager
def serving(store, *options, **environment):
    server = ServerProcess(store.path, "--memory", "off", *options, **environment)
    try:
        yield server
    finally:
        server.kill()


@pytest.fixture
def server(store):
    with serving(store, "--query-timeout", "60", SCHOLARGRAPH_TOKEN=TOKEN) as server:
        yield server


def borrowers(server):
    """The readers that have a client's connection."""
    found = []
    for reader in server.readers():
        with suppress(psutil.Error):
            if any(c.laddr and c.type == socket.SOCK_STREAM for c in reader.net_connections("tcp")):
                found.append(reader)
    return found


@contextmanager
def lent(server, *headers, window=0):
    """A client whose connection a reader has; it goes back when nothing is asked for a while."""
    with connected(server.address, window=window) as peer:
        client = Client(peer, *(headers or (JSON,)))
        lend(server, client)
        yield client


def lend(server, client):
    until = time.monotonic() + 30
    while True:
        for _ in range(2 * HABIT):
            answer = client.ask()
            assert answer is not None and answer.status == 200
        if borrowers(server):
            return
        assert time.monotonic() < until, server.log


def metric(server, name):
    with urllib.request.urlopen(f"{server.address}/metrics", timeout=30) as answer:
        lines = re.findall(rf"^{name}(?:\{{.*\}})? (\S+)$", answer.read().decode(), re.MULTILINE)
    return sum(map(float, lines))


@pytest.mark.parametrize("accept", [JSON, "Accept: text/csv", "Accept: */*"])
@pytest.mark.parametrize("form", ["SELECT", "ASK"])
def test_what_a_reader_answers_is_what_the_server_would(server, accept, form):
    what = "ASK { ?s a ?type }" if form == "ASK" else "SELECT ?s ?o { ?s ?p ?o } ORDER BY ?s ?o"
    text = f"# the same for both\n{what}"
    request = get(f"/sparql?query={quote(text, safe='')}", accept)
    with lent(server, accept) as client:
        client.peer.sendall(request)
        by_reader = client.answer()
    with connected(server.address) as peer:
        peer.sendall(request)
        by_server = received(peer)

    assert by_reader is not None and by_server is not None
    assert by_reader.body == by_server.body
    assert dict(by_reader.headers, date="") == dict(by_server.headers, date="")


def test_what_is_no_usual_question_goes_to_the_server(server):
    with lent(server, "Accept: */*") as client:
        client.send("SELECT nonsense {")
        wrong = client.answer()
        lend(server, client)
        client.send("CONSTRUCT { ?s ?p ?o } { ?s ?p ?o } LIMIT 1")
        graph = client.answer()
        lend(server, client)
        client.send("INSERT DATA { <urn:a> <urn:b> 1 }")
        update = client.answer()
        lend(server, client)
        client.peer.sendall(get("/health/live"))
        health = client.answer()
        lend(server, client)
        client.peer.sendall(b"nonsense\r\n\r\n")
        nonsense = client.answer()

    assert (wrong.status, json.loads(wrong.body)["line"]) == (400, 2)
    assert graph.headers["content-type"].startswith("text/turtle")
    assert (update.status, health.status, nonsense.status) == (400, 200, 400)


def test_what_was_asked_before_is_kept(server):
    hits = metric(server, "scholargraph_answer_cache_hits_total")
    request = get(f"/sparql?query={quote('ASK { ?again ?p ?o }', safe='')}", JSON)
    with lent(server) as client:
        for _ in range(5):
            client.peer.sendall(request)
            assert client.answer().status == 200

    assert metric(server, "scholargraph_answer_cache_hits_total") >= hits + 3


def test_requests_in_pieces_and_several_at_once_are_answered_in_order(server):
    with lent(server) as client:
        first, second = (
            get(f"/sparql?query={quote(f'SELECT ({n} AS ?n) {{}}', safe='')}", JSON) for n in (1, 2)
        )
        client.peer.sendall(first + second)
        together = [client.answer().body, client.answer().body]
        lend(server, client)
        client.peer.sendall(second.replace(b"%20", b"+")[:40])
        time.sleep(0.02)
        client.peer.sendall(second.replace(b"%20", b"+")[40:])
        piecewise = client.answer().body

    numbers = [json.loads(body)["results"]["bindings"][0]["n"]["value"] for body in together]
    assert numbers == ["1", "2"]
    assert piecewise == together[1]


def test_a_write_shows_in_the_next_answer(server):
    count = "SELECT (COUNT(*) AS ?n) { <urn:new> ?p ?o }"
    found = []
    with lent(server) as client:
        for number in range(3):
            lend(server, client)
            request = urllib.request.Request(
                f"{server.address}/update",
                f"INSERT DATA {{ <urn:new> <urn:p> {number} }}".encode(),
                {"Content-Type": "application/sparql-update", "Authorization": f"Bearer {TOKEN}"},
            )
            urllib.request.urlopen(request, timeout=30).close()
            answer = json.loads(client.ask(count).body)
            found.append(answer["results"]["bindings"][0]["n"]["value"])

    assert found == ["1", "2", "3"]


def test_a_long_query_is_answered_and_holds_up_nobody_for_long(server):
    with lent(server) as slow, connected(server.address) as peer:
        other = Client(peer, JSON)
        lend(server, other)
        slow.send(LONG)
        waits = []
        for _ in range(20):
            begin = time.monotonic()
            assert other.ask().status == 200
            waits.append(time.monotonic() - begin)
        answer = slow.answer()

    assert answer.status == 200
    # They may stand behind it until it is stopped; a busy machine takes its time for that.
    assert sorted(waits)[-2] < LATE + 5


def test_a_query_has_its_time_and_no_more(store):
    with serving(store, "--query-timeout", "1") as server, lent(server) as client:
        stopped = client.ask(ENDLESS)
        after = client.ask()

        assert (stopped.status, after.status) == (503, 200)
        assert stopped.headers["content-type"] == "application/problem+json"


def test_a_query_that_wants_too_much_memory_is_refused(store):
    with serving(store, "--query-memory", "100") as server, lent(server) as client:
        refused = client.ask(GREEDY)
        after = client.ask()

        assert (refused.status, after.status) == (503, 200)


def test_a_reader_that_is_killed_takes_no_answer_with_it(server):
    with lent(server) as client:
        for _ in range(5):
            for reader in borrowers(server):
                reader.kill()
            assert client.ask().status == 200
            lend(server, client)
        client.send(LONG)
        time.sleep(0.05)
        for reader in borrowers(server):
            reader.kill()
        answer = client.answer()

    assert answer.status == 200


def test_a_reader_that_is_stopped_is_ended(server):
    with lent(server) as client:
        for reader in borrowers(server):
            os.kill(reader.pid, signal.SIGSTOP)
        assert client.ask().status == 200


def test_whoever_takes_nothing_gets_the_whole_answer_later(server):
    rows = MOST_ANSWER // 1200
    text = f'SELECT ?s ?o ?long {{ ?s ?p ?o BIND("{"x" * 1000}" AS ?long) }} LIMIT {rows}'
    with lent(server, window=4096) as client:
        client.send(text)
        time.sleep(0.5)
        with connected(server.address) as peer:
            assert Client(peer, JSON).ask().status == 200
        answer = client.answer()

        assert len(json.loads(answer.body)["results"]["bindings"]) == rows
        assert client.ask().status == 200


def test_a_client_that_leaves_is_forgotten(server):
    with lent(server):
        pass
    until = time.monotonic() + 20
    while borrowers(server):
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_silent_connection_goes_back_to_the_server(server):
    with lent(server) as client:
        until = time.monotonic() + 20
        while borrowers(server):
            assert time.monotonic() < until
            time.sleep(0.05)

        assert client.ask().status == 200


def test_every_request_is_counted_and_logged_once(store, tmp_path):
    log = tmp_path / "access.jsonl"
    with serving(store, "--access-log", str(log)) as server:
        with connected(server.address) as peer:
            client = Client(peer, JSON)
            lend(server, client)
            time.sleep(0.3)  # readers tell after a while
            before = metric(server, "scholargraph_sparql_queries_total")
            sizes = [len(client.ask("SELECT ?counted { ?counted ?p ?o }").body) for _ in range(50)]
        time.sleep(0.3)
        after = metric(server, "scholargraph_sparql_queries_total")
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    counted = [line for line in lines if "counted" in json.dumps(line)]

    assert after - before == 50
    assert [line["bytes"] for line in counted] == sizes
    assert {line["status"] for line in counted} == {200}


def test_a_limited_client_is_limited_there_too(store):
    with serving(store, SCHOLARGRAPH_RATE="20") as server, connected(server.address) as peer:
        client = Client(peer, JSON)
        statuses = [client.ask().status for _ in range(400)]

    # 100 at once, 20 for each second of it, and some seconds on a busy machine.
    assert statuses[0] == 200
    assert 100 <= statuses.count(200) < 300
    assert set(statuses) == {200, 429}


def test_the_server_s_end_leaves_nobody_behind(server):
    with lent(server) as client:
        client.send(ENDLESS)
        time.sleep(0.05)
        os.kill(server.parent.pid, signal.SIGTERM)

        assert closed_within(client.peer, 15)
        assert server.left_after(15) == []


def test_many_clients_at_once_all_have_their_own_answers(store):
    wrong = []

    def ask(number):
        with connected(server.address) as peer:
            client = Client(peer, JSON)
            for count in range(60):
                text = f"SELECT ({number * 1000 + count} AS ?n) {{}}"
                found = json.loads(client.ask(text).body)["results"]["bindings"][0]["n"]["value"]
                if int(found) != number * 1000 + count:
                    wrong.append((number, count, found))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(12)]
    with serving(store, "--limits", "off") as server:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert wrong == []


@pytest.mark.parametrize(
    "request_line",
    [b"GET /?q=ASK {} HTTP/1.1", b"GET /?q=A&q=B HTTP/1.1", b"GET /?q= HTTP/1.1", b"", b"GET /?q="],
)
def test_a_query_has_no_signs_that_part_it_from_others(request_line):
    assert query_in(request_line, b"GET /?q=", b" HTTP/1.1") is None


def test_nothing_is_sent_once_a_slate_is_revoked():
    server, descriptor = Slate.pair()
    reader = Slate(descriptor)
    reader.begin()
    busy = server.seconds
    allowed = reader.send(7)
    during = server.revoke(), server.sending
    reader.sent()
    after = server.revoke(), server.sending
    forbidden = reader.send(8)
    reader.close()
    server.close()

    assert busy > 0
    assert (allowed, during) == (True, (False, 7))
    assert (after, forbidden) == ((True, None), False)


def test_a_reader_s_end_frees_its_slate():
    server, descriptor = Slate.pair()
    child = os.fork()
    if child == 0:
        Slate(descriptor).send(7)
        os._exit(0)
    os.close(descriptor)
    os.waitpid(child, 0)

    assert server.revoke()
    assert server.sending == 7
    server.close()


def test_requests_reserved_are_counted_and_what_is_left_of_them_is_not():
    now = 0.0
    rate = Rate(1, 10, clock=lambda: now)

    reserved = [rate.reserve("a", 8), rate.reserve("a", 8), rate.reserve("b", 3)]
    with pytest.raises(Problem):
        rate.take("a")
    rate.refund("a", 5)
    for _ in range(5):
        rate.take("a")

    assert reserved == [8, 2, 3]
    with pytest.raises(Problem):
        rate.take("a")
