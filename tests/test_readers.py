"""Reader processes: what they answer, and what they survive."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from pyoxigraph import Literal, NamedNode, Quad

from scholargraph.graph.frames import Frame
from scholargraph.graph.reader_process import DiskReader
from scholargraph.graph.readers import Cancellation, ReaderPool
from scholargraph.graph.sparql import (
    QueryCancelled,
    QueryError,
    QueryRefused,
    QueryTimeout,
    QueryTooLarge,
)
from scholargraph.graph.state import state
from scholargraph.graph.store import Store, StoreError

EX = "http://example.org/"
GRAPH = "scholargraph.graph."
# Sixty million rows: minutes of work, little memory.
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


def thing(name):
    return NamedNode(EX + name)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = Store.open(tmp_path_factory.mktemp("readers") / "papers.db", create=True)
    with store.writing() as writer:
        writer.apply([], [Quad(thing(f"s{n}"), thing("p"), Literal(n)) for n in range(400)])
        writer.apply([], [Quad(thing("s"), thing("in"), Literal("g"), thing("graph"))])
    return store


@pytest.fixture(params=["disk", "memory"])
def made(request):
    """Makes pools whose readers read the graph from disk, or hold it in memory."""
    pools = []

    def make(store, **options):
        pool = ReaderPool(store, memory="on" if request.param == "memory" else "off", **options)
        pools.append(pool)
        pool.start()
        wait_for(lambda: pool.in_memory == (request.param == "memory"))
        return pool

    yield make
    for pool in pools:
        pool.close()


@pytest.fixture
def pool(store, made):
    return made(store, processes=1, timeout=5.0)


def values(answer):
    return [
        {name: term["value"] for name, term in row.items()}
        for row in json.loads(b"".join(answer.chunks()))["results"]["bindings"]
    ]


def test_solutions_booleans_and_graphs_come_in_the_format_asked_for(pool):
    one = f"<{EX}s1> <{EX}p> ?o"
    asked = {"results": "text/csv", "boolean": "text/csv", "graph": "application/n-triples"}

    answers = [
        pool.query(text, **asked)
        for text in (f"SELECT ?o {{ {one} }}", f"ASK {{ {one} }}", f"CONSTRUCT WHERE {{ {one} }}")
    ]

    integer = "http://www.w3.org/2001/XMLSchema#integer"
    assert [(answer.kind, answer.media_type, answer.body) for answer in answers] == [
        ("solutions", "text/csv", b"o\r\n1\r\n"),
        ("boolean", "text/csv", b"true"),
        (
            "graph",
            "application/n-triples",
            f'<{EX}s1> <{EX}p> "1"^^<{integer}> .\n'.encode(),
        ),
    ]


def test_a_long_answer_arrives_whole(pool):
    answer = pool.query(f"SELECT * {{ ?a <{EX}p> ?x . ?b <{EX}p> ?y }}", results="text/csv")

    data = b"".join(answer.chunks())

    assert answer.file is not None
    assert (len(data), data.count(b"\n")) == (answer.size, 400 * 400 + 1)


def test_named_graphs_make_up_the_dataset(pool):
    query = "SELECT ?o { { ?s ?p ?o FILTER(?o = 'g') } UNION { GRAPH ?g { ?s ?p ?o } } }"

    rows = [
        values(pool.query(query, **graphs))
        for graphs in (
            {},
            {"default_graphs": [EX + "graph"]},
            {"named_graphs": [EX + "graph"]},
            {"named_graphs": [EX + "absent"]},
        )
    ]

    g = {"o": "g"}
    assert rows == [[g], [g], [g], []]


def test_relative_iris_are_resolved(pool):
    answer = pool.query("SELECT ?o { <s7> <p> ?o }", base_iri=EX)

    assert values(answer) == [{"o": "7"}]


def test_an_unknown_function_is_an_error_of_its_expression_only(pool):
    answer = pool.query("SELECT ?x ?y { BIND(<urn:f>(1) AS ?x) BIND(2 AS ?y) }")

    assert values(answer) == [{"y": "2"}]


def test_bad_queries_say_where(pool):
    with pytest.raises(QueryError, match=r"line 2, column 2: the prefix ex: is not declared"):
        pool.query("ASK {\n ex:s ?p ?o }")
    with pytest.raises(QueryError, match="'no iri' names no graph: Invalid IRI code point"):
        pool.query("ASK {}", default_graphs=["no iri"])
    with pytest.raises(QueryRefused):
        pool.query("ASK { SERVICE <http://127.0.0.1:1/> {} }")


def test_bad_queries_do_not_cost_a_process(pool):
    pool.query("ASK {}")
    before = children()
    for text in ("ASK {", "", "ASK { SERVICE <x:> {} }"):
        with pytest.raises(QueryError):
            pool.query(text)

    assert before and set(before) <= set(children())


def test_every_commit_has_a_state_of_its_own_also_in_a_store_made_anew(tmp_path):
    path = tmp_path / "papers.db"
    states = []
    for _ in range(2):
        store = Store.open(path, create=True)
        states.append(state(store))
        for number in range(3):
            with store.writing() as writer:
                writer.apply([], [Quad(thing("s"), thing("p"), Literal(number))])
            states.append(state(store))
            assert state(Store.open(path)) == state(store) == states[-1]
        shutil.rmtree(path)

    assert len(set(states)) == 7  # nothing is nothing, both times


def test_a_commit_is_seen_by_the_next_query(tmp_path, made):
    store = Store.open(tmp_path / "papers.db", create=True)
    with store.writing():
        pass
    pool = made(store, processes=1)
    seen = []
    for number in range(3):
        seen.append(len(values(pool.query("SELECT * { ?s ?p ?o }"))))
        with store.writing() as writer:
            writer.apply([], [Quad(thing("s"), thing("p"), Literal(number))])

    assert seen == [0, 1, 2]


def test_a_query_past_its_time_is_killed_and_the_next_one_answered(store, made):
    pool = made(store, processes=1, timeout=0.5)
    pool.query("ASK {}")
    before = set(children())  # those of other tests too
    begin = time.monotonic()
    with pytest.raises(QueryTimeout, match=r"stopped after 0\.5 s"):
        pool.query(ENDLESS)
    took = time.monotonic() - begin

    assert pool.query("ASK {}").body == b'{"head":{},"boolean":true}'
    assert took < 2
    wait_for(lambda: len(before - set(children())) == 1)
    assert pool.counts()["killed_timeout"] == 1


@pytest.mark.parametrize(
    "bomb",
    [
        # rows kept for sorting
        "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?c ?f ?i",
        # one string that grows
        f"SELECT (GROUP_CONCAT(?l) AS ?x) {{ ?a ?b ?c . ?d ?e ?f . ?g ?h ?i "
        f"BIND(CONCAT(STR(?a), '{'x' * 2000}') AS ?l) }}",
        # distinct rows
        "SELECT DISTINCT ?x { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i BIND(CONCAT(STR(?a), STR(?d), STR(?g)"
        f", '{'x' * 500}') AS ?x) }}",
    ],
)
def test_a_query_past_its_memory_is_stopped_and_the_next_one_answered(store, bomb, made):
    pool = made(store, processes=1, timeout=60.0, memory_mb=200)

    with pytest.raises(QueryTooLarge, match="200 MB"):
        pool.query(bomb)
    assert pool.query("ASK {}").body == b'{"head":{},"boolean":true}'


def test_the_memory_of_a_query_is_its_own(store, made):
    pool = made(store, processes=1, timeout=60.0, memory_mb=16)

    answer = pool.query(f"SELECT * {{ ?a <{EX}p> ?x . ?b <{EX}p> ?y }}")  # 26 MB, in a file
    size = sum(map(len, answer.chunks()))

    assert (answer.size, answer.file is not None) == (size, True)
    assert size > 20 * 1024 * 1024
    assert pool.query("ASK {}").body == b'{"head":{},"boolean":true}'


def test_an_answer_too_long_is_refused_whole(store, made):
    pool = made(store, processes=1, timeout=60.0, max_answer=2 * 1024 * 1024)
    pool.query("ASK {}")
    before = children()

    with pytest.raises(QueryTooLarge, match="longer than 2 MB"):
        pool.query("SELECT * { ?a ?b ?c . ?d ?e ?f }")
    assert pool.query("ASK {}").body == b'{"head":{},"boolean":true}'
    assert before and set(before) <= set(children())


@pytest.mark.parametrize(
    "text",
    [
        "ASK " + "{" * 50_000 + "}" * 50_000,
        "ASK { FILTER(" + "(" * 50_000 + "1" + ")" * 50_000 + ") }",
        "ASK { FILTER(" + "!" * 200_000 + "true) }",
        "ASK { ?s " + "^" * 200_000 + "<x:p> ?o }",
        "ASK { ?s ?p " + "[<x:p> " * 50_000 + "1" + "]" * 50_000 + " }",
        "SELECT (" + "ABS(" * 50_000 + "1" + ")" * 50_000 + " AS ?x) {}",
    ],
)
def test_deep_nesting_ends_one_reader_not_the_service(pool, text):
    with pytest.raises((QueryTooLarge, QueryError)):
        pool.query(text)

    assert pool.query("ASK {}").body == b'{"head":{},"boolean":true}'


def test_a_reader_that_was_killed_in_between_is_replaced(pool):
    pool.query("ASK {}")
    for child in children():
        os.kill(child, signal.SIGKILL)
    time.sleep(0.05)

    assert pool.query("ASK {}").body == b'{"head":{},"boolean":true}'


def test_a_reader_that_dies_at_work_is_an_honest_error(pool):
    pool.query("ASK {}")
    readers = children()
    for child in readers:
        threading.Timer(0.3, os.kill, (child, signal.SIGTERM)).start()

    with pytest.raises(RuntimeError, match="a reader ended with status -15"):
        pool.query(ENDLESS)
    wait_for(lambda: not any(map(runs, readers)))
    assert pool.query("ASK {}").body == b'{"head":{},"boolean":true}'


def test_a_reader_killed_as_its_answer_arrives_is_asked_nothing_more(store):
    setting = {"store": str(store.path), "memory_mb": 100, "most": 1, "patience": 1, "peers": []}
    reader = DiskReader(setting)
    reader.kill()

    reader.answer(Frame({"kind": "boolean", "media": "text/csv", "state": ""}, b"", None))

    assert not reader.usable
    reader.stop()


def test_queries_wait_for_their_turn_but_not_forever(store, made):
    pool = made(store, processes=1, timeout=2.0, patience=0.3)
    pool.query("ASK {}")
    with ThreadPoolExecutor(1) as others:
        endless = others.submit(pool.query, ENDLESS)
        time.sleep(0.2)
        with pytest.raises(QueryTimeout, match="no reader was free within"):
            pool.query("ASK {}")
        with pytest.raises(QueryTimeout, match="stopped"):
            endless.result()

    assert pool.query("ASK {}").body == b'{"head":{},"boolean":true}'


def test_no_more_than_the_queue_holds_wait(store, made):
    pool = made(store, processes=1, timeout=2.0, queue=1)
    pool.query("ASK {}")
    with ThreadPoolExecutor(4) as threads:
        outcomes = [threads.submit(pool.query, f"{ENDLESS} # {number}") for number in range(4)]
        messages = sorted(str(outcome.exception()) for outcome in outcomes)

    assert [message.partition(";")[0] for message in messages] == [
        "the query was stopped after 2 s",
        "the query was stopped after 2 s",
        "too many queries wait for a reader",
        "too many queries wait for a reader",
    ]


def test_who_came_first_is_served_first(store, made):
    pool = made(store, processes=1, timeout=30.0)
    pool.query("ASK {}")
    done = []
    stop = Cancellation()

    def ask(number):
        pool.query("ASK {}")
        done.append(number)

    with ThreadPoolExecutor(9) as threads:
        endless = threads.submit(pool.query, ENDLESS, cancellation=stop)
        wait_for(lambda: pool.counts()["busy"] == 1)
        for number in range(8):
            threads.submit(ask, number)
            wait_for(lambda expected=number + 1: pool.counts()["waiting"] == expected)
        stop.cancel()
        assert isinstance(endless.exception(), QueryCancelled)

    assert done == sorted(done)


def test_a_cancelled_query_never_starts(store):
    pool = ReaderPool(store, processes=1)
    cancellation = Cancellation()
    cancellation.cancel()
    cancellation.cancel()

    with pytest.raises(QueryCancelled):
        pool.query("ASK {}", cancellation=cancellation)
    assert pool.counts()["started"] == 0


def test_a_running_query_can_be_cancelled(pool):
    pool.query("ASK {}")
    cancellation = Cancellation()
    begin = time.monotonic()
    threading.Timer(0.3, cancellation.cancel).start()

    with pytest.raises(QueryCancelled):
        pool.query(ENDLESS, cancellation=cancellation)
    assert time.monotonic() - begin < 4
    assert pool.query("ASK {}").body == b'{"head":{},"boolean":true}'
    counts = pool.counts()
    assert counts.pop("idle") >= 1
    assert counts.pop("started") >= 2
    assert counts == {
        "busy": 0,
        "waiting": 0,
        "killed_timeout": 0,
        "killed_memory": 0,
        "killed_cancelled": 1,
    }


def test_a_waiting_query_can_be_cancelled_and_takes_nobodys_turn(pool):
    pool.query("ASK {}")
    first, second = Cancellation(), Cancellation()
    with ThreadPoolExecutor(2) as threads:
        running = threads.submit(pool.query, ENDLESS, cancellation=first)
        wait_for(lambda: pool.counts()["busy"] == 1)
        waiting = threads.submit(pool.query, ENDLESS, cancellation=second)
        wait_for(lambda: pool.counts()["waiting"] == 1)
        second.cancel()
        assert isinstance(waiting.exception(timeout=4), QueryCancelled)
        assert not running.done()
        first.cancel()
        assert isinstance(running.exception(timeout=4), QueryCancelled)

    assert pool.query("ASK {}").body == b'{"head":{},"boolean":true}'
    assert pool.counts()["killed_cancelled"] == 1


def test_cancelling_an_answered_query_changes_nothing(pool):
    cancellation = Cancellation()
    answer = pool.query("ASK {}", cancellation=cancellation)
    cancellation.cancel()

    assert answer.body == pool.query("ASK {}").body
    assert pool.counts()["killed_cancelled"] == 0


def test_cancelling_at_any_moment_harms_no_other_query(store, made):
    pool = made(store, processes=2, timeout=30.0)
    query = f"SELECT * {{ ?a <{EX}p> ?x . ?b <{EX}p> ?y }} LIMIT 9000"  # its answer is inline
    whole = pool.query(query, results="text/csv").body
    outcomes = []

    def ask(number):
        cancellation = Cancellation()
        timer = threading.Timer(number % 25 / 1000, cancellation.cancel)
        timer.start()
        try:
            outcomes.append(pool.query(query, results="text/csv", cancellation=cancellation).body)
        except QueryCancelled:
            outcomes.append(None)
        timer.join()

    with ThreadPoolExecutor(6) as threads:
        others = [threads.submit(pool.query, query, results="text/csv") for _ in range(40)]
        list(threads.map(ask, range(100)))
        bodies = {other.result().body for other in others}
    counts = pool.counts()

    assert bodies == {whole}
    assert set(outcomes) <= {whole, None}
    assert counts["killed_cancelled"] <= outcomes.count(None)
    assert (counts["busy"], counts["waiting"]) == (0, 0)


def test_many_threads_share_few_readers(store, made):
    pool = made(store, processes=2, timeout=30.0)
    queries = [f"SELECT ?o {{ <{EX}s{number}> ?p ?o }}" for number in range(100)]
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(pool.query, queries))

    assert [values(answer) for answer in answers] == [[{"o": str(n)}] for n in range(100)]
    assert len(children()) <= 3  # a spare one


def test_no_process_is_left_behind(store, made):
    pool = made(store, processes=2)
    pool.query("ASK {}")
    before = children()
    pool.close()

    assert before
    assert not any(psutil.pid_exists(child) for child in before)


def test_a_closed_pool_says_so(store, made):
    pool = made(store, processes=1)
    pool.close()

    with pytest.raises(StoreError, match="closed"):
        pool.query("ASK {}")


@pytest.mark.parametrize("memory", ["off", "on"])
def test_readers_end_when_their_server_is_killed(store, memory):
    program = (
        "import sys, time; from pathlib import Path\n"
        "from scholargraph.graph.readers import ReaderPool\n"
        "from scholargraph.graph.store import Store\n"
        "pool = ReaderPool(Store.open(Path(sys.argv[1])), processes=1, memory=sys.argv[2])\n"
        "pool.start(); pool.query('ASK {}')\n"
        "while pool.in_memory != (sys.argv[2] == 'on'): time.sleep(0.01)\n"
        "pool.query('ASK {}'); print('ready', flush=True)\n"
        f"pool.query('{ENDLESS}')\n"
    )
    server = subprocess.Popen(
        [sys.executable, "-c", program, store.path, memory], stdout=subprocess.PIPE, text=True
    )
    with server:
        assert server.stdout is not None
        assert server.stdout.readline() == "ready\n"
        time.sleep(0.2)  # so that a reader is at work
        readers = psutil.Process(server.pid).children(recursive=True)
        server.kill()
    gone, left = psutil.wait_procs(readers, timeout=5)

    assert (len(gone) >= (3 if memory == "on" else 1), left) == (True, [])


def test_a_reader_is_lean():
    program = "import sys, scholargraph.graph.reader; print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    assert not {b"flask", b"spacy", b"rdflib", b"numpy", b"networkx"} & set(result.stdout.split())


def wait_for(condition, seconds=10.0):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.005)


def runs(pid):
    """Whether it has not ended; while it ends, it has no command line, but `children` wants one."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def children():
    """The readers of this process, started or forked."""
    readers = []
    for child in psutil.Process().children(recursive=True):
        try:
            kinds = [module(process) for process in (child, child.parent())]
            alive = child.status() != psutil.STATUS_ZOMBIE
        except (psutil.NoSuchProcess, AttributeError):
            continue
        if alive and ("reader" in kinds[:1] or kinds == ["memory_parent", "memory_parent"]):
            readers.append(child.pid)
    return sorted(readers)


def module(process):
    return next((part for part in process.cmdline() if part.startswith(GRAPH)), "")[len(GRAPH) :]
