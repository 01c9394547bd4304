"""What is counted of every exchange, for `/metrics`."""

from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Histogram

from .access_log import by_status
from .exchanges import Exchange, Outcome

# What clients may call a method is endless; a series each would be too.
METHODS = frozenset(("GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH"))
REFUSALS = {429: "429", 503: "503"}

# Seconds: answers from the cache, light queries, pages, heavy queries, the time limit and beyond.
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

Labels = tuple[str, str, str]
Series = tuple[Counter, Histogram, Counter]


class Counters:
    """The counts of one app since it started; tell it of each exchange by `finished`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "scholargraph_http_requests",
            "Requests answered, by kind, method and class of status.",
            ("kind", "method", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "scholargraph_http_request_duration_seconds",
            "Seconds from a request to the end of its answer.",
            ("kind",),
            buckets=BUCKETS,
            registry=self.registry,
        )
        self._bytes = Counter(
            "scholargraph_http_response_bytes",
            "Bytes of the bodies of answers.",
            ("kind",),
            registry=self.registry,
        )
        self._refusals = Counter(
            "scholargraph_http_refusals",
            "Requests turned away or stopped by a limit: 429 for one client's, 503 for all's.",
            ("status",),
            registry=self.registry,
        )
        queries = Counter(
            "scholargraph_sparql_queries",
            "SPARQL queries, by how they ended.",
            ("outcome",),
            registry=self.registry,
        )
        for status in REFUSALS.values():
            self._refusals.labels(status)
        self._outcomes = {outcome: queries.labels(outcome) for outcome in get_args(Outcome)}
        self._series: dict[Labels, Series] = {}

    def finished(self, exchange: Exchange) -> None:
        """Counts *exchange*."""
        method = exchange.method if exchange.method in METHODS else "other"
        status = f"{exchange.status // 100}xx" if 100 <= exchange.status < 600 else "other"
        labels = exchange.kind, method, status
        if (series := self._series.get(labels)) is None:
            # The library looks them up in more time than all the rest of this takes.
            requests = self._requests.labels(*labels)
            seconds, size = self._seconds.labels(exchange.kind), self._bytes.labels(exchange.kind)
            series = self._series[labels] = requests, seconds, size
        requests, seconds, size = series
        requests.inc()
        seconds.observe(exchange.seconds)
        size.inc(exchange.bytes_out)
        if exchange.status in REFUSALS:
            self._refusals.labels(REFUSALS[exchange.status]).inc()
        if exchange.query is not None and exchange.kind == "sparql":
            self._outcomes[exchange.outcome or by_status(exchange.status)].inc()
