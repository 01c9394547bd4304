"""What is told of every request that was answered: to metrics, access log and slow-query log."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from scholargraph.graph.sparql import QueryCancelled, QueryRefused, QueryTimeout, QueryTooLarge

Kind = Literal[
    "sparql",
    "update",
    "store",
    "page",
    "resource",
    "search",
    "explore",
    "export",
    "static",
    "machine",
    "health",
    "metrics",
]
Outcome = Literal["answered", "timeout", "memory", "cancelled", "refused", "error"]

# What nginx logs, and so everybody counts, for a client that went away before its answer.
CLIENT_GONE = 499

# By the first segment of a path, up to its first dot: the kinds stay few whatever clients send.
KINDS: dict[str, Kind] = {
    "sparql": "sparql",
    "update": "update",
    "store": "store",
    "search": "search",
    "suggest": "search",
    "explore": "explore",
    "export": "export",
    "static": "static",
    "vendor": "static",
    "ontology": "machine",
    "ns": "machine",
    "openapi": "machine",
    "": "machine",  # /.well-known/…
    "health": "health",
    "metrics": "metrics",
}
RESOURCES = frozenset(
    (
        "author paper work method dataset task metric category source run reference decision "
        "profile graph"
    ).split()
)


@dataclass(frozen=True, slots=True)
class Exchange:
    """
    A request, and what became of it.

    *path* and *query_string* are as the client sent them, percent-encoded or not, and hostile.
    *seconds* run from the head of the request to the last byte of the answer, *bytes_out* counts
    the answer's body, *status* is 499 where the client left before an answer was there.

    Of a SPARQL query, *cached* says whether the answer was kept from before, *query* is its text
    and *outcome* how it ended; without one the status tells.
    """

    method: str
    path: str
    status: int
    seconds: float
    bytes_out: int
    client: str
    kind: Kind
    cached: bool | None = None
    query: str | None = field(default=None, repr=False)
    outcome: Outcome | None = None
    query_string: str = ""
    user_agent: str = ""


def kind_of(path: str) -> Kind:
    """
    What a request for *path* is counted as; pages and whatever is not known are "page".

    >>> kind_of("/sparql"), kind_of("/explore.json"), kind_of("/method/bert"), kind_of("/%00")
    ('sparql', 'explore', 'resource', 'page')
    """
    if path in ("", "/"):
        return "page"
    first, _, rest = path.removeprefix("/").partition("/")
    if first in RESOURCES:
        return "resource" if rest else "page"
    return KINDS.get(first.partition(".")[0], "page")


def outcome_of(error: BaseException) -> Outcome:
    """How a query ended that raised *error*."""
    match error:
        case QueryTimeout():
            return "timeout"
        case QueryTooLarge():
            return "memory"
        case QueryCancelled():
            return "cancelled"
        case QueryRefused():
            return "refused"
        case _:
            return "error"


class Observer:
    """
    Tells each of *watchers* of every exchange, in the thread that finished it.

    A watcher is quick, never waits for the disk longer than one line takes, may be called from
    many threads at once and raises nothing: the answer has gone out already.
    """

    def __init__(self, watchers: Sequence[Callable[[Exchange], object]] = ()) -> None:
        self._watchers = tuple(watchers)

    def finished(self, exchange: Exchange) -> None:
        """*exchange* is over; call it once for each."""
        for watcher in self._watchers:
            watcher(exchange)
