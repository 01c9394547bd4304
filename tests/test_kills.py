"""
kill -9 of the server at random moments: nothing acknowledged is lost, nothing is half there.

SCHOLARGRAPH_KILLS says how many kills (8 unless told), SCHOLARGRAPH_SEED which moments; more than a
hundred belong to every change of the store or of the processes that serve it:

    SCHOLARGRAPH_KILLS=120 pytest tests/test_kills.py -s
"""

import contextlib
import http.client
import json
import os
import random
import signal
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from processes import ServerProcess
from pyoxigraph import Literal, NamedNode, Quad

from scholargraph.graph.store import Store

EX = "http://example.org/"
TOKEN = "open sesame"
KILLS = int(os.environ.get("SCHOLARGRAPH_KILLS", "8"))
SEED = int(os.environ.get("SCHOLARGRAPH_SEED", "4"))

# Triples of one write: more than fit into one page or one packet of anything.
WHOLE = 300
GRAPHS = 4
# Every way for a server to die: all at once, as by a power cut of the container; one process, as by
# the kernel when memory is short.
VICTIMS = ("group", "server")

ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
LOST = (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError)


@dataclass
class Ledger:
    """What was asked for and what was acknowledged, by the clients' own account."""

    asked: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)

    @property
    def acknowledged(self) -> int:
        return sum(self.done.values())


def request(address: str, method: str, path: str, body: str = "", content_type: str = "") -> bytes:
    """The whole body of a success; anything else raises one of `LOST`."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": content_type}
    asked = urllib.request.Request(f"{address}{path}", body.encode(), headers, method=method)
    with urllib.request.urlopen(asked, timeout=30) as response:
        return response.read()


def rows(address: str, query: str) -> list[dict[str, str]]:
    body = request(address, "POST", "/sparql", query, "application/sparql-query")
    bindings = json.loads(body)["results"]["bindings"]
    return [{name: cell["value"] for name, cell in row.items()} for row in bindings]


def insert(address: str, ledger: Ledger, number: int) -> None:
    """One update of many triples."""
    name = f"batch{number}"
    ledger.asked[name] = 1
    triples = " . ".join(f"<{EX}{name}> <{EX}holds> {item}" for item in range(WHOLE))
    request(address, "POST", "/update", f"INSERT DATA {{ {triples} }}", "application/sparql-update")
    ledger.done[name] = 1


def put(address: str, ledger: Ledger, number: int) -> None:
    """One graph replaced by its next version."""
    name = f"graph{number % GRAPHS}"
    ledger.asked[name] += 1
    version = ledger.asked[name]
    lines = "".join(f"<{EX}v{version}> <{EX}holds> {item} .\n" for item in range(WHOLE))
    graph = urllib.parse.quote(f"{EX}{name}", safe="")
    request(address, "PUT", f"/store?graph={graph}", lines, "text/turtle")
    ledger.done[name] = version


def ask(address: str, ledger: Ledger, number: int) -> None:
    """Queries of all sorts, so that readers are at work when the blow falls."""
    query = ENDLESS if number % 7 == 3 else "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    with contextlib.suppress(urllib.error.HTTPError):
        rows(address, f"{query} # {number}")


@contextlib.contextmanager
def busy(server: ServerProcess, ledger: Ledger, start: int):
    """Clients that write and ask until the server is gone."""
    over = threading.Event()

    def work(act: Callable[[str, Ledger, int], None]) -> None:
        number = start
        while not over.is_set():
            number += 1
            try:
                act(server.address, ledger, number)
            except LOST:
                return

    threads = [threading.Thread(target=work, args=(act,)) for act in (insert, put, ask, ask)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def await_progress(ledger: Ledger) -> None:
    """Returns once another write was acknowledged."""
    before, until = ledger.acknowledged, time.monotonic() + 60
    while ledger.acknowledged == before:
        assert time.monotonic() < until, "nothing is written any more"
        time.sleep(0.002)


def strike(server: ServerProcess, victim: str) -> None:
    if victim == "group":
        os.killpg(server.parent.pid, signal.SIGKILL)
    else:
        os.kill(server.parent.pid, signal.SIGKILL)


def check(address: str, ledger: Ledger) -> None:
    """What the ledger says is what the store says."""
    batches = rows(
        address,
        f"SELECT ?s (COUNT(?o) AS ?n) {{ ?s <{EX}holds> ?o }} GROUP BY ?s",
    )
    found = {row["s"].removeprefix(EX): int(row["n"]) for row in batches}
    assert set(found.values()) <= {WHOLE}
    acknowledged = {name for name in ledger.done if name.startswith("batch")}
    assert acknowledged <= set(found) <= set(ledger.asked)

    graphs = rows(
        address,
        f"SELECT ?g ?v (COUNT(?o) AS ?n) {{ GRAPH ?g {{ ?v <{EX}holds> ?o }} }} GROUP BY ?g ?v",
    )
    assert {int(row["n"]) for row in graphs} <= {WHOLE}
    versions = {row["g"].removeprefix(EX): int(row["v"].removeprefix(f"{EX}v")) for row in graphs}
    assert len(versions) == len(graphs)  # each graph is one version, not two
    for name in (f"graph{number}" for number in range(GRAPHS)):
        assert ledger.done[name] <= versions.get(name, 0) <= ledger.asked[name]


def test_no_kill_loses_or_halves_a_write_or_leaves_a_process(tmp_path):
    chance = random.Random(SEED)
    store = Store.open(tmp_path / "papers.db", create=True)
    with store.writing() as writer:
        plain = [NamedNode(f"{EX}n{number}") for number in range(300)]
        writer.apply([], [Quad(node, NamedNode(f"{EX}p"), Literal("x")) for node in plain])
    options = ("--query-timeout", "2")
    ledger = Ledger()
    outcomes: Counter[str] = Counter()
    server = ServerProcess(store.path, *options, SCHOLARGRAPH_TOKEN=TOKEN)
    try:
        for number in range(KILLS):
            victim = VICTIMS[number % len(VICTIMS)]
            with busy(server, ledger, number * 100_000):
                if number % 4:  # else wherever it falls, before any answer too
                    await_progress(ledger)
                time.sleep(chance.uniform(0, 0.8))
                strike(server, victim)
                left = server.left_after(10)
            server.kill()
            assert left == [], f"after the kill of the {victim}"
            outcomes[victim] += 1
            server = ServerProcess(store.path, *options, SCHOLARGRAPH_TOKEN=TOKEN)
            check(server.address, ledger)
            assert "Traceback" not in server.log
    finally:
        server.kill()

    print(f"\n{KILLS} kills, {dict(outcomes)}: {ledger.acknowledged} writes acknowledged")
    assert sum(outcomes.values()) == KILLS
    assert ledger.acknowledged >= KILLS // 2
    snapshots = [path.name for path in (store.path / "snapshots").iterdir()]
    assert len(snapshots) <= 4


@pytest.mark.parametrize("victim", VICTIMS)
def test_a_server_killed_at_an_endless_query_leaves_no_process(empty_store, victim):
    with empty_store.writing():
        pass
    server = ServerProcess(empty_store.path)

    def ask_in_vain() -> None:
        with contextlib.suppress(*LOST):
            ask(server.address, Ledger(), 3)

    endless = threading.Thread(target=ask_in_vain)
    try:
        endless.start()
        time.sleep(0.5)
        strike(server, victim)
        left = server.left_after(10)
        endless.join()
    finally:
        server.kill()

    assert left == []
