"""
A SPARQL 1.1 server elsewhere: where its services are, and how they are asked over HTTP.

Everything that can go wrong on the way is one `StoreError` that says what to do. An answer counts
when all of it is there: a cut one is an error, never a shorter answer.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlencode, urlsplit

import urllib3
from pyoxigraph import (
    QueryResultsFormat,
    RdfFormat,
    Triple,
    parse,
    parse_query_results,
)

from .locks import RemoteError, StoreError
from .snapshots import Term, rows

JSON = "application/sparql-results+json"
TRIPLES = "application/n-triples"

# Seconds: to connect; to wait for the first byte, and for each one after it.
CONNECT = 10.0
ANSWER = 300.0

_USER, _PASSWORD = "SCHOLARGRAPH_STORE_USER", "SCHOLARGRAPH_STORE_PASSWORD"
_TOKEN = "SCHOLARGRAPH_STORE_TOKEN"
_UPDATE = "SCHOLARGRAPH_STORE_UPDATE"
_TIMEOUT = "SCHOLARGRAPH_STORE_TIMEOUT"
_CLEARTEXT = "SCHOLARGRAPH_STORE_CLEARTEXT"

# What a query may be sent again after; an update never is, but for a connection that was not made.
_BUSY = (429, 502, 503)

_LOCAL = re.compile(r"localhost|127(?:\.\d+){3}|\[?::1\]?")


class Misunderstood(RemoteError):
    """A query or an update that the server refuses as it is written."""


class Unanswered(RemoteError):
    """A request that was sent and whose answer did not come whole: what it did is not known."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """
    The *query* and *update* services of one server; make one with `Endpoint.find`.

    *seconds* is how long it may be silent.
    """

    query: str
    update: str
    seconds: float = ANSWER
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    pool: urllib3.PoolManager = field(default_factory=urllib3.PoolManager, repr=False)

    @classmethod
    def find(cls, address: str, environment: Mapping[str, str] = os.environ) -> Self:
        """
        The services behind *address*, which is asked where they are: see `_forms`.

        ``SCHOLARGRAPH_STORE_UPDATE`` says where updates go, and that *address* itself answers
        queries; ``…_USER`` and ``…_PASSWORD``, or ``…_TOKEN``, are sent as credentials;
        ``…_TIMEOUT`` is the seconds that the server may be silent.

        Raises: StoreError where none of them answers.
        """
        parts = urlsplit(address)
        if parts.username or parts.password:
            raise StoreError(
                f"the address of {parts.hostname} has credentials in it, which others can see; "
                f"leave them out and set {_USER} and {_PASSWORD}"
            )
        headers = _credentials(environment)
        clear = parts.scheme == "http" and not _LOCAL.fullmatch(parts.hostname or "")
        if headers and clear and not environment.get(_CLEARTEXT):
            raise StoreError(
                f"{address}: the credentials would be sent for all to read; use https://, or set "
                f"{_CLEARTEXT}=yes where the network is your own"
            )
        timeout = environment.get(_TIMEOUT) or str(ANSWER)
        try:
            seconds = float(timeout)
        except ValueError:
            seconds = 0.0
        if not 0 < seconds < 1e6:
            raise StoreError(f"{_TIMEOUT} is {timeout!r}; a number of seconds is needed")
        pool = urllib3.PoolManager(maxsize=32)
        said = []
        for query, update in _forms(address, environment.get(_UPDATE)):
            found = cls(query, update, seconds, headers, pool)
            try:
                found.ask("ASK {}")
            except _Elsewhere as error:
                said.append(str(error))
            else:
                return found
        raise RemoteError(
            f"{address}: no SPARQL service was found there ({'; '.join(said)}); give the address "
            f"that answers queries, and set {_UPDATE} to the one that takes updates"
        )

    def ask(self, text: str) -> bool:
        """The answer of an ASK."""
        try:
            answer = json.loads(self._answer(text, JSON))["boolean"]
        except (ValueError, KeyError, TypeError):
            raise _Elsewhere(f"{self.query} answers, but not to a query") from None
        return bool(answer)

    def select(self, text: str) -> list[dict[str, Term | None]]:
        """The rows of a SELECT, by variable."""
        body = self._answer(text, JSON)
        try:
            return rows(parse_query_results(body, QueryResultsFormat.JSON))
        except SyntaxError as error:
            raise self.cut(str(error)) from None

    def construct(self, text: str) -> Iterator[Triple]:
        """The triples of a CONSTRUCT, as they come."""
        with self.opened(text, TRIPLES) as response:
            try:
                for quad in parse(response, RdfFormat.N_TRIPLES):  # type: ignore[arg-type]
                    yield quad.triple
            except SyntaxError as error:
                raise self.cut(str(error)) from None
            except OSError as error:
                raise self.cut(str(error)) from None

    def change(self, text: str) -> None:
        """
        Runs an update.

        Raises: Unanswered where it may have been made or not; StoreError where it was not.
        """
        headers = {"Content-Type": "application/sparql-update; charset=utf-8"}
        body = text.encode()
        retries = urllib3.Retry(
            connect=2, read=0, redirect=0, status=0, other=0, backoff_factor=0.2
        )
        with self._explained(self.update):
            response = self.pool.request(
                "POST",
                self.update,
                body=body,
                headers={**self.headers, **headers},
                retries=retries,
                redirect=False,
                timeout=self._timeout(),
            )
        try:
            self._check(self.update, response.status, response.data, response.headers)
        except _Elsewhere as error:
            raise RemoteError(
                f"{error}, so updates do not go there; set {_UPDATE} to the address that takes them"
            ) from None

    @contextmanager
    def opened(
        self,
        text: str,
        accept: str,
        *,
        seconds: float | None = None,
        dataset: Sequence[tuple[str, str]] = (),
    ) -> Iterator[urllib3.BaseHTTPResponse]:
        """
        The answer of a query, not read yet.

        *seconds* are those that the server may be silent, *dataset* the protocol's parameters that
        choose graphs.
        """
        retries = urllib3.Retry(
            connect=2,
            read=1,
            redirect=0,
            status=2,
            other=0,
            backoff_factor=0.2,
            status_forcelist=_BUSY,
            allowed_methods=None,
            raise_on_status=False,
        )
        kind = "application/x-www-form-urlencoded"
        with self._explained(self.query):
            response = self.pool.request(
                "POST",
                self.query,
                body=urlencode([("query", text), *dataset]).encode(),
                headers={**self.headers, "Content-Type": kind, "Accept": accept},
                retries=retries,
                redirect=False,
                preload_content=False,
                timeout=self._timeout(seconds),
            )
            whole = False
            try:
                if response.status != 200:
                    data = response.read(4096)
                    self._check(self.query, response.status, data, response.headers)
                yield response
                whole = True
            finally:
                if whole:
                    response.release_conn()
                else:
                    response.close()

    def _answer(self, text: str, accept: str) -> bytes:
        with self.opened(text, accept) as response:
            return response.read(decode_content=True)

    def _timeout(self, seconds: float | None = None) -> urllib3.Timeout:
        read = seconds or self.seconds
        return urllib3.Timeout(connect=min(CONNECT, read), read=read)

    def cut(self, said: str) -> RemoteError:
        """The error of an answer that is not whole; *said* is how that showed."""
        return Unanswered(
            f"{self.query}: the answer is cut short or is not what was asked for ({said[:200]}); "
            "see the server's own time limit, and try again"
        )

    @contextmanager
    def _explained(self, address: str) -> Iterator[None]:
        """What the library raises, as one line."""
        try:
            yield
        except urllib3.exceptions.MaxRetryError as error:
            raise self._reason(address, error.reason or error) from None
        except urllib3.exceptions.HTTPError as error:
            raise self._reason(address, error) from None

    def _reason(self, address: str, error: Exception) -> RemoteError:
        kinds = urllib3.exceptions
        if isinstance(error, kinds.SSLError):
            return RemoteError(
                f"{address}: its certificate is not trusted ({_last(error)}); set SSL_CERT_FILE to "
                "the authority that signed it"
            )
        if isinstance(error, kinds.ReadTimeoutError):
            return Unanswered(
                f"{address}: no answer in time; try again when the server is less busy, or set "
                f"{_TIMEOUT} to more than {self.seconds:g} seconds"
            )
        unreached = (kinds.NewConnectionError, kinds.ConnectTimeoutError, kinds.LocationValueError)
        if isinstance(error, unreached):
            return RemoteError(
                f"{address}: cannot be reached ({_last(error)}); see that the server runs there"
            )
        return Unanswered(
            f"{address}: the connection was cut ({_last(error)}); see that the server still runs, "
            "and try again"
        )

    def _check(self, address: str, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        if 200 <= status < 300:
            return
        said = " ".join(body[:2000].decode(errors="replace").split())[:200] or "without a word"
        if status in (401, 403):
            raise RemoteError(
                f"{address}: refused ({status}); set {_USER} and {_PASSWORD}, or {_TOKEN}, to "
                "those of somebody who may"
            )
        if 300 <= status < 400:
            place = headers.get("Location", "elsewhere")
            raise _Elsewhere(f"{address} sends on to {place}: give that address if it is yours")
        if status in (404, 405, 406, 415, 501):
            raise _Elsewhere(f"{address} answers {status}")
        if status == 413:
            raise RemoteError(
                f"{address}: {status}, the change is too large for this server; raise its limit on "
                "the size of a request"
            )
        if status == 400:
            raise Misunderstood(f"{address}: does not understand what it is asked ({said})")
        raise RemoteError(
            f"{address}: failed ({status}: {said}); see the server's log, and try again"
        )


class _Elsewhere(RemoteError):
    """What was asked for is not at this address."""


def _forms(address: str, update: str | None) -> Iterator[tuple[str, str]]:
    """
    Where the two services may be, likeliest first.

    Oxigraph and Fuseki have ``/query`` and ``/update`` below the base; GraphDB and RDF4J have
    ``/repositories/x`` and ``…/statements``; others ``/sparql`` and ``/update``, or one for both.

    >>> list(_forms("https://host/repositories/x", None))[0]
    ('https://host/repositories/x', 'https://host/repositories/x/statements')
    """
    base = address.rstrip("/")
    if update:
        yield address, update
        return
    stem, _, last = base.rpartition("/")
    if re.search(r"/repositories/[^/]+$", base):
        yield base, f"{base}/statements"
    if last in ("query", "sparql"):
        yield base, f"{stem}/update"
        return
    yield f"{base}/query", f"{base}/update"
    yield f"{base}/sparql", f"{base}/update"
    yield base, base


def _credentials(environment: Mapping[str, str]) -> dict[str, str]:
    user, password = environment.get(_USER), environment.get(_PASSWORD)
    if token := environment.get(_TOKEN):
        return {"Authorization": f"Bearer {token}"}
    if user and password is not None:
        return dict(urllib3.make_headers(basic_auth=f"{user}:{password}"))
    if user or password:
        raise StoreError(f"set both {_USER} and {_PASSWORD}")
    return {}


def _last(error: Exception) -> str:
    """The end of what the library says, without the names of its objects."""
    return re.sub(r"^<[^>]*>: |^.*object at 0x[0-9a-f]+>: ", "", str(error))[:200]
