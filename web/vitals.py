"""The state of one app at the moment it is asked: store, readers, caches, processes, versions."""

import os
import threading
import time
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

import pyoxigraph
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from pyoxigraph import Literal

from scholargraph import __version__
from scholargraph.extract.fingerprint import model_id
from scholargraph.graph.snapshots import CURRENT
from scholargraph.graph.store import Snapshot, Store, StoreError

from . import processes

if TYPE_CHECKING:
    from .service import Service

# Counting rests for so many times as long as it took: a busy store is not counted all the time.
REST = 20


# Unlike the engine's own count, queries let other threads work meanwhile.
EVERYWHERE = ("?s ?p ?o", "GRAPH ?g { ?s ?p ?o }")


class Triples:
    """
    How many triples the newest snapshot holds: counted in the background, once for each.

    Counting takes 0.35 s for each million triples, and a thread that is not the asker's.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._counted = ""
        self._count: int | None = None
        self._rested = 0.0

    def latest(self) -> int | None:
        """The figure of the newest snapshot, or of one before; None before the first is known."""
        if self._counted != self._store.current() and time.monotonic() >= self._rested:
            if self._lock.acquire(blocking=False):
                threading.Thread(target=self._recount, daemon=True).start()
        return self._count

    def _recount(self) -> None:
        began = time.monotonic()
        try:
            with self._store.snapshot() as snapshot:
                self._count = sum(_counted(snapshot, where) for where in EVERYWHERE)
                self._counted = snapshot.name
        except StoreError:
            pass  # readiness says so; here the former figure stays
        finally:
            ended = time.monotonic()
            self._rested = ended + REST * (ended - began)
            self._lock.release()


class Vitals(Collector):
    """What is asked of *service* at each scrape; none of it costs more as the graph grows."""

    def __init__(self, service: "Service") -> None:
        self._service = service
        self._triples = Triples(service.store)

    def describe(self) -> Iterator[Metric]:
        """Nothing: else registering would collect once, before there is anything."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Every family, in the order of the documentation."""
        yield from self._snapshot()
        yield from self._readers()
        yield from self._cache()
        yield from self._logs()
        yield from _process("process", processes.own())
        yield _gauge("process_start_time_seconds", "When it began.", processes.started())
        below = processes.descendants()
        yield _gauge("scholargraph_subprocesses", "Processes that it runs.", below.processes)
        yield from _process("scholargraph_subprocess", below)
        yield InfoMetricFamily("scholargraph_build", "What is running.", _build())

    def _snapshot(self) -> Iterator[Metric]:
        store = self._service.store
        name = store.current()
        try:
            published = os.stat(store.path / CURRENT).st_mtime
        except FileNotFoundError:
            return
        number = int(name) if name.isdecimal() else 0
        yield _gauge("scholargraph_snapshot", "The number that names the newest.", number)
        yield CounterMetricFamily("scholargraph_commits", "Commits of the store.", number)
        yield _gauge("scholargraph_snapshot_timestamp_seconds", "When it was published.", published)
        age = max(time.time() - published, 0.0)
        yield _gauge("scholargraph_snapshot_age_seconds", "Seconds since then.", age)
        if (triples := self._triples.latest()) is not None:
            yield _gauge("scholargraph_triples", "Triples in all graphs, as last counted.", triples)

    def _readers(self) -> Iterator[Metric]:
        counts = self._service.readers.counts()
        readers = GaugeMetricFamily(
            "scholargraph_readers", "Readers of SPARQL queries, by state.", labels=("state",)
        )
        for state in ("busy", "idle"):
            readers.add_metric((state,), counts[state])
        yield readers
        yield _gauge(
            "scholargraph_queries_waiting", "Queries that wait for a reader.", counts["waiting"]
        )
        yield CounterMetricFamily(
            "scholargraph_readers_started", "Readers started.", counts["started"]
        )
        killed = CounterMetricFamily(
            "scholargraph_readers_killed", "Readers killed, by reason.", labels=("reason",)
        )
        for reason in ("timeout", "memory", "cancelled"):
            killed.add_metric((reason,), counts[f"killed_{reason}"])
        yield killed

    def _cache(self) -> Iterator[Metric]:
        answers = self._service.answers
        yield CounterMetricFamily(
            "scholargraph_answer_cache_hits", "Answers that were kept.", answers.hits
        )
        yield CounterMetricFamily(
            "scholargraph_answer_cache_misses", "Answers that were computed.", answers.misses
        )

    def _logs(self) -> Iterator[Metric]:
        dropped = CounterMetricFamily(
            "scholargraph_log_lines_dropped",
            "Lines lost to a full disk or a closed pipe.",
            labels=("log",),
        )
        for name, log in self._service.logs.items():
            dropped.add_metric((name,), log.dropped)
        yield dropped


def _counted(snapshot: Snapshot, where: str) -> int:
    (row,) = snapshot.select(f"SELECT (COUNT(*) AS ?n) {{ {where} }}")
    count = row["n"]
    return int(count.value) if isinstance(count, Literal) else 0


@cache
def _build() -> dict[str, str]:
    return {
        "version": __version__,
        "pyoxigraph": pyoxigraph.__version__,
        "model": model_id(),  # reads 40 MB the first time
    }


def _process(prefix: str, usage: processes.Usage) -> Iterator[Metric]:
    yield CounterMetricFamily(f"{prefix}_cpu_seconds", "CPU time, user and system.", usage.cpu)
    yield _gauge(f"{prefix}_resident_memory_bytes", "Memory in RAM.", usage.resident)
    yield _gauge(f"{prefix}_open_fds", "Open files and sockets.", usage.files)


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value)
