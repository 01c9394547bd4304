"""What concurrent readers see over HTTP, what they keep on disk, and what killing them harms."""

import contextlib
import http.client
import itertools
import json
import os
import random
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from processes import ServerProcess
from pyoxigraph import (
    Literal,
    NamedNode,
    Quad,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    parse,
    parse_query_results,
)

from scholargraph.graph import snapshots
from scholargraph.graph.store import Store

EX = "http://example.org/"
TOKEN = "open sesame"
THINGS = 400
COMMITS = 200
KILLED = 25
MEGABYTE = 1024 * 1024

FLAG = f"<{EX}flag>"
FLAGS = itertools.count(1)
COUNTED = (
    "SELECT (COUNT(*) AS ?all) (COUNT(DISTINCT ?v) AS ?values) (MIN(?v) AS ?low) "
    f"(MAX(?v) AS ?high) {{ ?s {FLAG} ?v }}"
)
LISTED = f"SELECT ?v {{ ?s {FLAG} ?v }}"
GRAPH = f"CONSTRUCT {{ ?s {FLAG} ?v }} {{ ?s {FLAG} ?v }}"


@pytest.fixture(scope="module", params=["on", "off"], ids=["memory", "disk"])
def server(request, tmp_path_factory) -> Iterator[ServerProcess]:
    """A server whose things all have the same flag; in memory, or read from snapshots."""
    store = Store.open(tmp_path_factory.mktemp("snapshots") / "papers.db", create=True)
    with store.writing() as writer:
        things = [NamedNode(f"{EX}s{number}") for number in range(THINGS)]
        writer.apply([], [flagged(thing, 0) for thing in things])
    server = ServerProcess(
        store.path, "--memory", request.param, "--limits", "off", SCHOLARGRAPH_TOKEN=TOKEN
    )
    yield server
    server.kill()
    assert "Traceback" not in server.log


@pytest.fixture
def store(server) -> Path:
    return server.store


def flagged(thing: NamedNode, value: int) -> Quad:
    number = NamedNode("http://www.w3.org/2001/XMLSchema#integer")
    return Quad(thing, NamedNode(FLAG[1:-1]), Literal(str(value), datatype=number))


def request(server: ServerProcess, method: str, path: str, body: str = "", **headers: str) -> bytes:
    asked = urllib.request.Request(
        f"{server.address}{path}",
        body.encode() or None,
        {name.replace("_", "-"): value for name, value in headers.items()},
        method=method,
    )
    with urllib.request.urlopen(asked, timeout=60) as response:
        return response.read()


def update(server: ServerProcess, text: str) -> None:
    request(
        server,
        "POST",
        "/update",
        text,
        Authorization=f"Bearer {TOKEN}",
        Content_Type="application/sparql-update",
    )


def raise_flags(server: ServerProcess) -> int:
    """One update that changes every thing; the new flag, higher than all before."""
    value = next(FLAGS)
    update(
        server,
        f"DELETE {{ ?s {FLAG} ?old }} INSERT {{ ?s {FLAG} {value} }} WHERE {{ ?s {FLAG} ?old }}",
    )
    return value


def rows(server: ServerProcess, query: str) -> list[dict[str, str]]:
    body = request(server, "POST", "/sparql", query, Content_Type="application/sparql-query")
    bindings = json.loads(body)["results"]["bindings"]
    return [{name: cell["value"] for name, cell in row.items()} for row in bindings]


def counted(server: ServerProcess, comment: str = "") -> int:
    """The one flag of all things, as the engine counts them."""
    (row,) = rows(server, f"{COUNTED} # {comment}")
    assert (row["all"], row["values"], row["low"]) == (str(THINGS), "1", row["high"])
    return int(row["low"])


def listed(server: ServerProcess, comment: str = "") -> int:
    """The same from all of them."""
    found = [int(row["v"]) for row in rows(server, f"{LISTED} # {comment}")]
    assert len(found) == THINGS and len(set(found)) == 1
    return found[0]


def constructed(server: ServerProcess, comment: str = "") -> int:
    """The same from a graph."""
    query = urllib.parse.quote(f"{GRAPH} # {comment}")
    body = request(server, "GET", f"/sparql?query={query}", Accept="application/n-triples")
    return one_flag(body)


def stored(server: ServerProcess, comment: str = "") -> int:
    """The same from the graph store, which asks no reader."""
    path = f"/store?default&x={urllib.parse.quote(comment)}"
    return one_flag(request(server, "GET", path, Accept="application/n-triples"))


def one_flag(body: bytes) -> int:
    found = [int(quad.object.value) for quad in parse(body, RdfFormat.N_TRIPLES)]
    assert len(found) == THINGS and len(set(found)) == 1
    return found[0]


LOOKS: tuple[Callable[..., int], ...] = (counted, listed, constructed, stored)


def test_readers_see_one_committed_state_and_never_an_older_one_again(server):
    over = threading.Event()

    def watch(look: Callable[..., int], fresh: bool) -> list[int]:
        seen = []
        while not over.is_set():
            seen.append(look(server, str(len(seen)) if fresh else ""))
        return seen

    with ThreadPoolExecutor(8) as threads:
        watching = [threads.submit(watch, look, fresh) for look in LOOKS for fresh in (True, False)]
        try:
            for _ in range(25):
                newest = raise_flags(server)
        finally:
            over.set()
    seen = [watcher.result() for watcher in watching]

    assert all(values == sorted(values) for values in seen)
    assert all(len(set(values)) > 3 for values in seen)
    assert [look(server) for look in LOOKS] == [newest] * 4


def test_a_write_shows_in_the_next_query_of_its_client(server):
    written, found = [], []
    for _ in range(8):
        for look in LOOKS:
            written.append(raise_flags(server))
            found.append({look(server), look(server, str(written[-1])), look(server)})

    assert found == [{value} for value in written]


def test_another_process_s_write_shows_in_the_next_query(server, store):
    opened = Store.open(store)
    things = [NamedNode(f"{EX}s{number}") for number in range(THINGS)]
    written, found = [raise_flags(server)], []
    for _ in range(6):
        value = next(FLAGS)
        with opened.writing() as writer:
            writer.apply(
                [flagged(thing, written[-1]) for thing in things],
                [flagged(thing, value) for thing in things],
            )
        written.append(value)
        found.append({look(server) for look in LOOKS})

    assert found == [{value} for value in written[1:]]


def test_a_tag_from_before_a_write_is_worth_nothing_after_it(server):
    query = urllib.parse.quote(COUNTED)

    def tag_and_status(tag: str = '""') -> tuple[str, int]:
        connection = http.client.HTTPConnection(server.address.removeprefix("http://"))
        with contextlib.closing(connection):
            connection.request("GET", f"/sparql?query={query}", headers={"If-None-Match": tag})
            response = connection.getresponse()
            response.read()
            return response.headers["ETag"], response.status

    first, _ = tag_and_status()
    again, same = tag_and_status(first)
    raise_flags(server)
    after, changed = tag_and_status(first)

    assert (again, same) == (first, 304)
    assert changed == 200 and after != first


def test_old_snapshots_go_and_disk_use_is_bounded(server, store):
    """Many commits, with queries between and during them."""
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            counted(server, str(time.monotonic()))
            time.sleep(0.05)

    snapshots, sizes = [], []
    with ThreadPoolExecutor(2) as threads:
        looking = [threads.submit(look) for _ in range(2)]
        try:
            for _ in range(COMMITS):
                raise_flags(server)
                snapshots.append(len(list((store / "snapshots").iterdir())))
                sizes.append(disk_use(store))
        finally:
            over.set()
        for looker in looking:
            looker.result()

    # The newest, the one before it, and one for each reader that has not looked since.
    assert max(snapshots) <= 6
    assert max(sizes[COMMITS // 2 :]) < 1.5 * max(sizes[: COMMITS // 2]) + MEGABYTE


def disk_use(folder: Path) -> int:
    """Bytes on disk below *folder*; a file with several names counts once."""
    files = {}
    for parent, _, names in os.walk(folder):  # which passes over what goes meanwhile
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                status = os.stat(os.path.join(parent, name))
                files[status.st_ino] = status.st_blocks * 512
    return sum(files.values())


def test_a_process_of_the_server_that_is_killed_harms_nothing(server, store):
    """Readers, the parent that they are forked from, who writes: whichever is there."""
    chance = random.Random(5)
    over = threading.Event()
    statuses: list[int] = []

    def watch(look: Callable[..., int]) -> list[int]:
        seen = []
        while not over.is_set():
            try:
                seen.append(look(server, str(time.monotonic())))
                statuses.append(200)
            except urllib.error.HTTPError as error:
                with error:
                    problem = json.load(error)
                assert problem["status"] == error.code
                statuses.append(error.code)
        return seen

    with ThreadPoolExecutor(4) as threads:
        watching = [threads.submit(watch, look) for look in (counted, listed, constructed, counted)]
        try:
            for number in range(KILLED):
                time.sleep(chance.uniform(0, 0.15))
                if readers := server.readers():
                    with contextlib.suppress(psutil.NoSuchProcess):
                        chance.choice(readers).kill()
                if number % 3 == 0:
                    try:
                        raise_flags(server)
                    except urllib.error.HTTPError as error:  # who wrote was killed
                        with error:
                            statuses.append(json.load(error)["status"])
        finally:
            over.set()
    seen = [watcher.result() for watcher in watching]
    newest = raise_flags(server)

    assert set(statuses) <= {200, 503}
    assert statuses.count(200) > statuses.count(503)
    assert all(values == sorted(values) for values in seen)
    assert [look(server) for look in LOOKS] == [newest] * 4
    assert len(list((store / "snapshots").iterdir())) <= 4
    # Four readers, as many ready, the parent of those in memory, who writes.
    assert len(server.readers()) <= 10


def test_readers_let_go_of_what_the_server_has_open(server):
    """A reader that outlived its connections would keep a client's answer from ending."""
    for number in range(6):
        counted(server, str(number))
    with socket_of(server) as connection:
        connection.request("GET", "/health/live")
        connection.getresponse().read()
        ours = {
            end.raddr.port
            for end in psutil.Process(os.getpid()).net_connections("tcp")
            if end.raddr and f":{end.raddr.port}" in server.address
        }
        held = [
            end
            for reader in server.readers()
            for end in reader.net_connections("tcp")
            if end.laddr.port in ours
        ]

    assert ours and held == []


@contextlib.contextmanager
def socket_of(server: ServerProcess) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection(server.address.removeprefix("http://"))
    with contextlib.closing(connection):
        yield connection


def test_an_error_keeps_no_answer_for_another_thread_to_let_go():
    row = '{"a": {"type": "uri", "value": "x:a"}}'
    cut = (
        f'{{"head": {{"vars": ["a"]}}, "results": {{"bindings": [{row}, {{"a": {{"type": '.encode()
    )

    with pytest.raises(SyntaxError) as failure:
        snapshots.rows(parse_query_results(cut, QueryResultsFormat.JSON))

    frames = [entry.frame for entry in failure.traceback]
    kept = [value for frame in frames for value in frame.f_locals.values()]
    assert len(frames) > 1
    assert not any(isinstance(value, QuerySolutions) for value in kept)
