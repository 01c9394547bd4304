"""What is counted of every exchange, for `/metrics`."""

from prometheus_client import CollectorRegistry, Counter, Histogram

from .access_log import by_status
from .exchanges import Exchange

# What clients may call a method is endless; a series each would be too.
METHODS = frozenset(("GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH"))
REFUSALS = {429: "429", 503: "503"}

# Seconds: answers from the cache, light queries, pages, heavy queries, the time limit and beyond.
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


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
        self._queries = Counter(
            "scholargraph_sparql_queries",
            "SPARQL queries, by how they ended.",
            ("outcome",),
            registry=self.registry,
        )
        for status in REFUSALS.values():
            self._refusals.labels(status)

    def finished(self, exchange: Exchange) -> None:
        """Counts *exchange*."""
        method = exchange.method if exchange.method in METHODS else "other"
        status = f"{exchange.status // 100}xx" if 100 <= exchange.status < 600 else "other"
        self._requests.labels(exchange.kind, method, status).inc()
        self._seconds.labels(exchange.kind).observe(exchange.seconds)
        self._bytes.labels(exchange.kind).inc(exchange.bytes_out)
        if exchange.status in REFUSALS:
            self._refusals.labels(REFUSALS[exchange.status]).inc()
        if exchange.query is not None and exchange.kind == "sparql":
            self._queries.labels(exchange.outcome or by_status(exchange.status)).inc()
