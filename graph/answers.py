"""The answer of one query, as whoever asked on the command line wants it."""

from collections.abc import Iterator

from pyoxigraph import QueryResultsFormat, QuerySolutions, parse_query_results

from .readers import ReaderPool
from .remote import RemoteStore
from .remote_readers import RemoteReaders
from .snapshots import rows
from .store import Store
from .table import table

SOLUTIONS = {
    "json": "application/sparql-results+json",
    "xml": "application/sparql-results+xml",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
}
GRAPHS = {
    "ttl": "text/turtle",
    "nt": "application/n-triples",
    "jsonld": "application/ld+json",
    "rdf": "application/rdf+xml",
}
FORMATS = ("table", *SOLUTIONS, *GRAPHS)

# Whoever asks on the command line may wait as long as it takes, and stop with Ctrl-C.
PATIENT = 365 * 24 * 3600.0


def answered(
    store: Store, text: str, format: str, *, width: int | None = None, memory_mb: int = 64 * 1024
) -> Iterator[bytes]:
    """
    The answer of *text* in *format*, one of `FORMATS`, piece by piece.

    Rows that are wanted as a graph come as JSON, a graph that is wanted as rows as Turtle. A
    table fits its columns into *width*, if given.

    Raises:
        QueryError: *text* is no query.
        QueryTooLarge: It needs more than *memory_mb*.
    """
    pool: ReaderPool | RemoteReaders
    if isinstance(store, RemoteStore):
        pool = RemoteReaders(store, processes=1, timeout=store.endpoint.seconds, max_answer=1 << 40)
    else:
        pool = ReaderPool(
            store, processes=1, timeout=PATIENT, memory_mb=memory_mb, max_answer=1 << 40
        )
    try:
        answer = pool.query(
            text,
            results=SOLUTIONS.get(format, SOLUTIONS["json"]),
            boolean=SOLUTIONS["xml" if format == "xml" else "json"],
            graph=GRAPHS.get(format, GRAPHS["ttl"]),
        )
        if format != "table" or answer.kind == "graph":
            yield from answer.chunks()
            return
        parsed = parse_query_results(b"".join(answer.chunks()), QueryResultsFormat.JSON)
        if isinstance(parsed, QuerySolutions):
            names = [variable.value for variable in parsed.variables]
            found = rows(parsed)
            yield f"{table(names, found, base=store.iris.base, width=width)}\n".encode()
        else:
            yield b"yes\n" if parsed else b"no\n"
    finally:
        pool.close()
