"""The end of `scholargraph serve`: what runs is finished or killed, and nothing stays behind."""

import os
import signal
import time
import urllib.error
import urllib.request
from urllib.parse import quote

import pytest
from processes import ServerProcess
from raw_http import connected, get, received

ENDLESS = quote("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }")
SHORT = quote("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f }")


@pytest.fixture
def server(store):
    server = ServerProcess(store.path, "--query-timeout", "60", "--memory", "off")
    yield server
    server.kill()


def under_way(server):
    """Waits until a reader works on a query."""
    until = time.monotonic() + 20
    while not any(reader.cpu_percent(0.05) > 10 for reader in server.readers()):
        assert time.monotonic() < until


def test_what_can_end_in_time_is_answered(server):
    with connected(server.address) as peer:
        peer.sendall(get(f"/sparql?query={SHORT}", "Connection: close"))
        until = time.monotonic() + 20
        while not server.readers() and time.monotonic() < until:
            time.sleep(0.01)
        os.kill(server.parent.pid, signal.SIGTERM)
        answer = received(peer)

    assert answer is not None and answer.status == 200
    assert server.left_after(15) == []
    assert server.parent.wait(5) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_cannot_is_ended_within_ten_seconds(server, number):
    with connected(server.address) as peer:
        peer.sendall(get(f"/sparql?query={ENDLESS}", "Connection: close"))
        under_way(server)
        begin = time.monotonic()
        os.kill(server.parent.pid, number)
        answer = received(peer)
        left = server.left_after(15)
        took = time.monotonic() - begin

    assert answer is not None and answer.status == 503
    assert left == []
    # Ten seconds, and what a busy machine adds.
    assert took < 13


def test_a_second_signal_ends_it_at_once(server):
    with connected(server.address) as peer:
        peer.sendall(get(f"/sparql?query={ENDLESS}", "Connection: close"))
        under_way(server)
        os.kill(server.parent.pid, signal.SIGTERM)
        time.sleep(0.5)
        begin = time.monotonic()
        os.kill(server.parent.pid, signal.SIGTERM)
        left = server.left_after(10)
        took = time.monotonic() - begin

    assert left == []
    assert took < 5


def test_a_stopping_server_takes_no_more_connections(server):
    with connected(server.address) as peer:
        peer.sendall(get(f"/sparql?query={ENDLESS}", "Connection: close"))
        under_way(server)
        os.kill(server.parent.pid, signal.SIGTERM)
        time.sleep(1)
        with pytest.raises(urllib.error.URLError):
            urllib.request.urlopen(f"{server.address}/health/live", timeout=5)
