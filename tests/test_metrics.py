"""`/metrics`: the forms that Prometheus reads, the figures in them, and how few series they are."""

import os
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as families
from pyoxigraph import Literal, NamedNode, Quad

import scholargraph
from scholargraph.server import create_app
from scholargraph.web.counters import BUCKETS, Counters
from scholargraph.web.exchanges import KINDS, Exchange, kind_of
from scholargraph.web.service import EXTENSION, Settings

SERVICE = EXTENSION


def exchange(**members):
    usual = {
        "method": "GET",
        "path": "/sparql",
        "status": 200,
        "seconds": 0.25,
        "bytes_out": 512,
        "client": "192.0.2.7",
        "kind": "sparql",
    }
    return Exchange(**usual | members)


def samples(text):
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in families(text)
        for sample in family.samples
    }


def scraped(client):
    return samples(client.get("/metrics").text)


def eventually(client, name):
    """The value of *name*, which is counted in the background."""
    for _ in range(200):
        if (value := scraped(client).get((name,))) is not None:
            return value
        time.sleep(0.02)
    raise AssertionError(f"no {name}")


def test_exchanges_are_counted_by_kind_method_and_class_of_status():
    counters = Counters()
    value = counters.registry.get_sample_value

    counters.finished(exchange())
    counters.finished(exchange(status=404, method="POST", seconds=0.5, bytes_out=100))
    counters.finished(exchange(kind="page"))

    def requests(kind, method, status):
        labels = {"kind": kind, "method": method, "status": status}
        return value("scholargraph_http_requests_total", labels)

    assert requests("sparql", "GET", "2xx") == 1
    assert requests("sparql", "POST", "4xx") == 1
    assert requests("page", "GET", "2xx") == 1
    assert value("scholargraph_http_response_bytes_total", {"kind": "sparql"}) == 612
    name = "scholargraph_http_request_duration_seconds"
    assert value(f"{name}_sum", {"kind": "sparql"}) == 0.75
    assert value(f"{name}_bucket", {"kind": "sparql", "le": "0.25"}) == 1


def test_refusals_and_outcomes_are_counted():
    counters = Counters()
    value = counters.registry.get_sample_value

    counters.finished(exchange(status=429))
    counters.finished(exchange(status=503, query="ASK {}", outcome="timeout"))
    counters.finished(exchange(status=200, query="ASK {}"))
    counters.finished(exchange(status=499, query="ASK {}"))
    counters.finished(exchange(status=204, query="CLEAR ALL", kind="update"))

    assert value("scholargraph_http_refusals_total", {"status": "429"}) == 1
    assert value("scholargraph_http_refusals_total", {"status": "503"}) == 1
    outcomes = {
        outcome: value("scholargraph_sparql_queries_total", {"outcome": outcome})
        for outcome in ("answered", "timeout", "cancelled", "memory")
    }
    assert outcomes == {"answered": 1, "timeout": 1, "cancelled": 1, "memory": 0}


COUNTERS = Counters()


@settings(max_examples=200)
@given(st.text(), st.text(), st.integers(-1000, 1000))
def test_whatever_clients_send_series_stay_few(method, path, status):
    COUNTERS.finished(
        exchange(method=method, path=path, kind=kind_of(path), status=status, query="x")
    )

    kinds, methods, classes = len({*KINDS.values(), "page", "resource"}), 8, 6
    found = [sample for family in COUNTERS.registry.collect() for sample in family.samples]
    assert len(found) <= 2 * kinds * methods * classes + kinds * (len(BUCKETS) + 6) + 16
    assert all(len(value) < 20 for sample in found for value in sample.labels.values())


def requests_counted(client):
    """How many requests were counted, by class of status, method and kind."""
    return {key[1:]: n for key, n in scraped(client).items() if key[0].endswith("requests_total")}


def ask(client, *args, **options):
    """Asks, and takes the whole answer, as a server does for its client."""
    client.open(*args, **options, buffered=True).close()


def test_requests_are_counted_once_each(client):
    ask(client, "/")
    ask(client, "/sparql?query=ASK%7B%7D")
    ask(client, "/sparql?query=ASK%7B%7D")
    ask(client, "/update", method="POST")

    assert requests_counted(client) == {
        ("2xx", "GET", "page"): 1,
        ("2xx", "GET", "sparql"): 2,
        ("4xx", "POST", "update"): 1,
    }


def test_odd_requests_make_no_series_of_their_own(client):
    for number in range(30):
        ask(client, f"/nothing-{number}/%0a{number}?{number}={number}", method=f"BREW{number}")
        ask(client, f"/paper/{number}%00%ff")

    assert requests_counted(client) == {
        ("4xx", "other", "page"): 30,
        ("4xx", "GET", "resource"): 30,
    }


def test_metrics_can_be_read_as_text(client):
    answer = client.get("/metrics")

    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Vary"] == "Accept"
    names = {family.name for family in families(answer.text)}
    assert {
        "scholargraph_http_requests",
        "scholargraph_http_refusals",
        "scholargraph_readers",
        "scholargraph_readers_killed",
        "scholargraph_answer_cache_hits",
        "scholargraph_snapshot_age_seconds",
        "scholargraph_commits",
        "process_resident_memory_bytes",
    } <= names


def test_metrics_can_be_read_as_openmetrics(client):
    accept = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3"

    answer = client.get("/metrics", headers={"Accept": accept})

    assert answer.content_type.startswith("application/openmetrics-text; version=1.0.0")
    assert answer.text.endswith("# EOF\n")
    assert "scholargraph_http_requests" in {family.name for family in openmetrics(answer.text)}


def test_metrics_in_another_form_are_refused(client):
    answer = client.get("/metrics", headers={"Accept": "application/json"})

    assert answer.status_code == 406
    assert answer.content_type == "application/problem+json"


def test_an_accept_meant_to_harm_is_not_repeated(client):
    accept = "application/openmetrics-text;version=9.9.9;escaping=evil"

    answer = client.get("/metrics", headers={"Accept": accept})

    assert answer.status_code == 200
    assert "evil" not in str(answer.headers) and "9.9.9" not in str(answer.headers)


def test_the_state_of_the_store_is_told(client, store):
    before = scraped(client)
    with store.writing() as writer:
        writer.apply(
            [], [Quad(NamedNode("http://e.org/s"), NamedNode("http://e.org/p"), Literal("o"))]
        )

    after = scraped(client)

    assert after["scholargraph_commits_total",] == before["scholargraph_commits_total",] + 1
    assert after["scholargraph_snapshot",] == int(store.current())
    assert 0 <= after["scholargraph_snapshot_age_seconds",] < 60
    assert abs(after["scholargraph_snapshot_timestamp_seconds",] - time.time()) < 60


def test_triples_of_all_graphs_are_counted(client, store):
    graph = NamedNode("http://e.org/g")
    with store.writing() as writer:
        writer.apply([], [Quad(graph, graph, Literal("o"), graph)])
    with store.snapshot() as snapshot:
        triples = len(snapshot.quads())

    assert eventually(client, "scholargraph_triples") == triples


def test_readers_and_cache_are_told(client):
    for _ in range(3):
        assert client.get("/sparql?query=ASK%7B%7D").status_code == 200

    found = scraped(client)

    assert found["scholargraph_readers", "idle"] == 1
    assert found["scholargraph_readers", "busy"] == 0
    assert found["scholargraph_readers_started_total",] == 1
    assert found["scholargraph_answer_cache_hits_total",] == 2
    assert found["scholargraph_answer_cache_misses_total",] == 1
    assert found["scholargraph_subprocesses",] >= 1
    assert found["scholargraph_subprocess_resident_memory_bytes",] > 10**6


def test_a_killed_reader_is_counted(store):
    app = create_app(Settings(store=store.path, query_timeout=0.2))
    client = app.test_client()
    endless = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    assert client.get("/sparql", query_string={"query": endless}).status_code == 503

    found = scraped(client)

    assert found["scholargraph_readers_killed_total", "timeout"] == 1
    assert found["scholargraph_readers_killed_total", "memory"] == 0
    app.extensions[SERVICE].close()


def test_the_process_is_told(client):
    found = scraped(client)

    assert found["process_cpu_seconds_total",] > 0
    assert found["process_resident_memory_bytes",] > 10**7
    assert found["process_open_fds",] >= len(os.listdir("/proc/self/fd")) - 5
    assert 0 < time.time() - found["process_start_time_seconds",] < 10**6


def test_what_runs_is_told(client):
    (labels,) = (
        sample.labels
        for family in families(client.get("/metrics").text)
        for sample in family.samples
        if sample.name == "scholargraph_build_info"
    )

    assert labels["version"] == scholargraph.__version__
    assert set(labels) == {"version", "pyoxigraph", "model"}


def test_apps_count_apart(store):
    apps = [create_app(Settings(store=store.path)) for _ in range(2)]
    first, second = (app.extensions[SERVICE] for app in apps)

    first.observer.finished(exchange())

    name = "scholargraph_http_response_bytes_total"
    values = [
        s.counters.registry.get_sample_value(name, {"kind": "sparql"}) for s in (first, second)
    ]
    assert values == [512, None]
    for service in (first, second):
        service.close()


def test_metrics_are_told_while_the_store_is_away(store, tmp_path):
    app = create_app(Settings(store=store.path))
    store.path.rename(tmp_path / "away")

    found = scraped(app.test_client())

    assert "process_cpu_seconds_total" in {name for name, *_ in found}
    assert "scholargraph_snapshot" not in {name for name, *_ in found}
    app.extensions[SERVICE].close()


@pytest.mark.parametrize("target", ["access_log", "slow_log"])
def test_lost_lines_are_counted(store, target):
    app = create_app(Settings(store=store.path, slow_after=0.1, **{target: "/dev/full"}))
    service = app.extensions[SERVICE]
    service.observer.finished(exchange(query="ASK {}"))
    service.close()

    found = scraped(app.test_client())

    assert found["scholargraph_log_lines_dropped_total", target.removesuffix("_log")] == 1
