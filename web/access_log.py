"""The access log, and the log of slow queries: JSON lines for whoever runs the server."""

import time
from urllib.parse import quote

from .exchanges import CLIENT_GONE, Exchange, Outcome
from .line_log import LineLog, shown, utc

# Characters of what clients send, as far as it is kept.
PATH = 2000
AGENT = 300
WORD = 40
QUERY = 10_000

# What was killed belongs among the slow queries, however soon it was.
KILLED: frozenset[Outcome] = frozenset({"timeout", "memory"})


class AccessLog:
    """One line for each exchange, in the order they ended; *secret* never appears in it."""

    def __init__(self, log: LineLog, *, secret: str | None = None) -> None:
        self.log = log
        self._secrets = _spellings(secret)

    def finished(self, exchange: Exchange) -> None:
        """
        Writes time (of the end, UTC), client, method, path with its query string, status, seconds,
        bytes, kind, cached (null where nothing is kept) and user_agent.
        """
        path = exchange.path
        if exchange.query_string:
            path = f"{path}?{exchange.query_string}"
        self.log.write(
            {
                "time": utc(time.time()),
                "client": shown(exchange.client, WORD),
                "method": shown(exchange.method, WORD),
                "path": shown(path, PATH, self._secrets),
                "status": exchange.status,
                "seconds": round(exchange.seconds, 6),
                "bytes": exchange.bytes_out,
                "kind": exchange.kind,
                "cached": exchange.cached,
                "user_agent": shown(exchange.user_agent, AGENT, self._secrets),
            }
        )


class SlowLog:
    """One line for each query that took *after* seconds or more, or was killed."""

    def __init__(self, log: LineLog, *, after: float, secret: str | None = None) -> None:
        self.log = log
        self._after = after
        self._secrets = _spellings(secret)

    def finished(self, exchange: Exchange) -> None:
        """
        Writes time (of the end, UTC), client, seconds, outcome, status, bytes, cached, length (of
        the query, in characters) and query (its first 10,000), if it is a query and slow.
        """
        if exchange.query is None:
            return
        outcome = exchange.outcome or by_status(exchange.status)
        if exchange.seconds < self._after and outcome not in KILLED:
            return
        self.log.write(
            {
                "time": utc(time.time()),
                "client": shown(exchange.client, WORD),
                "seconds": round(exchange.seconds, 6),
                "outcome": outcome,
                "status": exchange.status,
                "bytes": exchange.bytes_out,
                "cached": exchange.cached,
                "length": len(exchange.query),
                "query": shown(exchange.query, QUERY, self._secrets),
            }
        )


def _spellings(secret: str | None) -> set[str]:
    return {secret, quote(secret, safe="")} if secret else set()


def by_status(status: int) -> Outcome:
    """How a query ended of which only the *status* of the answer is known."""
    if status < 400:
        return "answered"
    if status == CLIENT_GONE:
        return "cancelled"
    return "refused" if status in (401, 403, 429) else "error"
