"""Readers that hold the graph in memory: what is theirs alone, beside tests/test_readers.py."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Quad

from scholargraph.graph.memory_room import available
from scholargraph.graph.readers import ReaderPool
from scholargraph.graph.store import Store

EX = "http://example.org/"
COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
CSV = "text/csv"


def quad(number):
    return Quad(NamedNode(f"{EX}s{number}"), NamedNode(f"{EX}p"), Literal(number))


def wait_for(condition, seconds=30.0):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def rows(pool, query):
    return pool.query(query, results=CSV).body.decode().splitlines()[1:]


def parents():
    return [child for child in psutil.Process().children() if is_parent(child)]


def is_parent(process):
    try:
        return "scholargraph.graph.memory_parent" in process.cmdline()
    except (psutil.ZombieProcess, psutil.NoSuchProcess):  # it ended while we looked
        return False


def forked(parent):
    return [child for child in parent.children() if child.status() != psutil.STATUS_ZOMBIE]


def descriptors(process):
    return " ".join(sorted(os.listdir(f"/proc/{process.pid}/fd")))


def kill(processes):
    for process in processes:
        process.kill()
    psutil.wait_procs(processes, timeout=10)


@pytest.fixture
def store(tmp_path):
    store = Store.open(tmp_path / "papers.db", create=True)
    with store.writing() as writer:
        writer.apply([], [quad(number) for number in range(10)])
    return store


@pytest.fixture
def pool(store):
    pool = ReaderPool(store, processes=2, memory="on")
    pool.start()
    wait_for(lambda: pool.in_memory)
    yield pool
    pool.close()


def test_every_term_and_graph_is_as_on_disk(store):
    terms = [
        BlankNode("b1"),
        NamedNode(EX + "ü"),
        Literal('line\nbreak \\ " \u2028 _:x'),
        Literal("hallo", language="de-AT"),
        Literal("01", datatype=NamedNode("http://www.w3.org/2001/XMLSchema#integer")),
    ]
    with store.writing() as writer:
        for graph in (NamedNode(EX + "g"), BlankNode("g")):
            writer.store.extend(
                Quad(NamedNode(EX + "s"), NamedNode(EX + "p"), term, graph) for term in terms
            )
        writer.store.extend([Quad(BlankNode("b1"), NamedNode(EX + "q"), BlankNode("b2"))])
        writer.store.add_graph(NamedNode(EX + "empty"))
    queries = (
        "SELECT * { ?s ?p ?o } ORDER BY ?s ?p ?o",
        "SELECT * { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g ?s ?p ?o",
        "SELECT * { GRAPH ?g {} } ORDER BY ?g",
    )

    answers = []
    for memory in ("off", "on"):
        pool = ReaderPool(store, processes=1, memory=memory)
        pool.start()
        wait_for(lambda pool=pool, memory=memory: pool.in_memory == (memory == "on"))
        answers.append([pool.query(query).body for query in queries])
        pool.close()

    assert answers[0] == answers[1]
    assert b"empty" in answers[0][2]


def test_a_write_shows_at_once_and_is_in_memory_a_moment_later(store, pool):
    for number in range(10, 14):
        with store.writing() as writer:
            writer.apply([], [quad(number)])
        assert rows(pool, COUNT) == [str(number + 1)]
    wait_for(lambda: pool.in_memory)

    assert rows(pool, COUNT) == ["14"]
    assert len(parents()) == 1


def test_while_one_writes_after_another_the_graph_is_not_loaded_for_each(store, pool):
    (first,) = parents()
    most = 0
    seen = {first.pid}
    for number in range(10, 30):
        with store.writing() as writer:
            writer.apply([], [quad(number)])
        now = parents()
        most = max(most, len(now))
        seen |= {parent.pid for parent in now}
        assert rows(pool, COUNT) == [str(number + 1)]
    wait_for(lambda: pool.in_memory)

    assert most == 1
    assert len(seen | {parent.pid for parent in parents()}) < 10
    assert not psutil.pid_exists(first.pid)


def test_queries_that_run_during_a_commit_are_answered_from_before_it(store, pool):
    slow = (
        "SELECT (COUNT(*) AS ?n) { ?a ?p ?x . ?b ?p ?y . ?c ?p ?z . ?d ?p ?u . ?e ?p ?v . "
        "?f ?p ?w FILTER(?x + ?y + ?z + ?u + ?v + ?w > 60) }"
    )
    state = pool.query("ASK {}").state
    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(pool.query, slow, results=CSV)
        wait_for(lambda: pool.counts()["busy"] == 1)
        with store.writing() as writer:
            writer.apply([], [quad(10)])
        newer = pool.query("ASK {}").state
        older = running.result().state

    assert (older, newer == state) == (state, False)
    wait_for(lambda: pool.in_memory)


def test_a_pool_may_be_made_before_its_store_has_anything(tmp_path):
    store = Store.open(tmp_path / "new.db", create=True)
    pool = ReaderPool(store, processes=1, memory="on")
    pool.start()
    time.sleep(0.3)
    with store.writing() as writer:
        writer.apply([], [quad(1)])

    assert rows(pool, COUNT) == ["1"]
    wait_for(lambda: pool.in_memory)
    assert rows(pool, COUNT) == ["1"]
    pool.close()


def test_readers_have_nothing_of_their_parents(pool):
    pool.query("ASK {}")
    (parent,) = parents()
    wait_for(lambda: len(forked(parent)) == 2)

    # A fork takes a moment to let go of what it came with.
    wait_for(lambda: {descriptors(reader) for reader in forked(parent)} == {"0 1 2 3"})
    wait_for(lambda: len(descriptors(parent).split()) == 4)
    assert parent.num_threads() == 1


def test_readers_invent_different_names(pool):
    query = "SELECT (STRUUID() AS ?u) (RAND() AS ?r) (UUID() AS ?v) {}"
    (parent,) = parents()
    values = []
    for _ in range(6):
        values += rows(pool, query)[0].split(",")
        kill(forked(parent))

    assert len(set(values)) == 18


def test_when_the_parent_is_killed_disk_is_read_until_there_is_another(pool):
    pool.query("ASK {}")
    (parent,) = parents()
    readers = forked(parent)
    os.kill(parent.pid, signal.SIGKILL)
    psutil.wait_procs(readers, timeout=10)

    assert rows(pool, COUNT) == ["10"]
    wait_for(lambda: [p.pid for p in parents()] not in ([], [parent.pid]) and pool.in_memory)
    assert rows(pool, COUNT) == ["10"]


def test_readers_that_were_killed_are_replaced_and_reaped(pool):
    (parent,) = parents()
    for _ in range(5):
        assert rows(pool, COUNT) == ["10"]
        kill(forked(parent))
    assert rows(pool, COUNT) == ["10"]

    assert parents() == [parent]
    wait_for(lambda: len(parent.children()) <= 3)
    wait_for(lambda: all(c.status() != psutil.STATUS_ZOMBIE for c in parent.children()))


# A parent to which each end of a reader is told once more while it takes note of that.
INTERRUPTED = """
import os, signal, socket, sys
import pyoxigraph
from scholargraph.graph.memory_parent import Held, Parent
from scholargraph.graph.peers import NOBODY

def interrupt(frame, event, function):
    if event == "c_return" and function is os.waitpid:
        signal.raise_signal(signal.SIGCHLD)

sys.setprofile(interrupt)
setting = {"memory_mb": 100, "most": 1000, "patience": 5, "peers": NOBODY.json()}
with socket.socket(fileno=int(sys.argv[1])) as control:
    Parent(Held(pyoxigraph.Store(), "1", None), control, setting).run()
"""


def test_a_parent_outlives_readers_that_end_while_it_notes_another_s_end():
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, "-c", INTERRUPTED, str(theirs.fileno())]
    with ours, theirs, subprocess.Popen(command, pass_fds=[theirs.fileno()]) as process:
        ours.settimeout(60)
        ours.recv(1000)
        for number in range(2):
            to_pool, to_reader = socket.socketpair()
            with to_pool, to_reader:
                wish = json.dumps({"fork": number}).encode()
                socket.send_fds(ours, [wish], [to_reader.fileno(), sys.__stderr__.fileno()])
                _, (handle,), _, _ = socket.recv_fds(ours, 1000, 1)
            signal.pidfd_send_signal(handle, signal.SIGKILL)
            os.close(handle)
            wait_for(lambda: not psutil.Process(process.pid).children())
            ours.send(json.dumps({"end": number}).encode())

            assert json.loads(ours.recv(1000)) == {"end": number, "status": -signal.SIGKILL}
        ours.shutdown(socket.SHUT_RDWR)


def test_where_no_process_can_be_forked_disk_is_read(pool):
    (parent,) = parents()
    wait_for(lambda: forked(parent) and len(descriptors(parent).split()) == 4)
    taken = set(map(int, descriptors(parent).split()))
    # Room for the two that come with the pool's wish, and not for the new process's handle.
    _, _, first_too_many = [number for number in range(10) if number not in taken][:3]
    parent.rlimit(psutil.RLIMIT_NOFILE, (first_too_many, first_too_many))
    kill(forked(parent))

    assert [rows(pool, COUNT) for _ in range(3)] == [["10"]] * 3
    assert parents() == [parent]
    wait_for(lambda: not forked(parent))
    assert pool.counts()["idle"] == 1


@pytest.mark.parametrize("bytes_each", [1_000, 6_000_000])
def test_a_graph_that_does_not_fit_stays_on_disk(store, bytes_each):
    # As many copies as leave each only so much room.
    pool = ReaderPool(store, processes=available() // 2 // bytes_each, memory="auto")
    pool.start()
    wait_for(lambda: parents() or bytes_each < 10_000)
    wait_for(lambda: not parents())

    assert rows(pool, COUNT) == ["10"]
    assert not pool.in_memory
    pool.close()


def test_a_small_graph_fits(store):
    pool = ReaderPool(store, processes=1, memory="auto")
    pool.start()
    wait_for(lambda: pool.in_memory)

    assert rows(pool, COUNT) == ["10"]
    pool.close()


def test_a_pool_can_be_closed_while_it_loads(store):
    for pause in (0.0, 0.05, 0.2, 0.4):
        pool = ReaderPool(store, processes=1, memory="on")
        pool.start()
        time.sleep(pause)
        pool.close()

        assert parents() == []
