"""
The server that the engine asks instead of a SERVICE: on loopback, for one query, behind a secret.

The engine sends it what it would have sent to the service. Who is asked then, and how, is for
`scholargraph.graph.peers`; an answer is passed on when all of it is there.
"""

import contextlib
import gc
import re
import secrets
import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import urlencode

from .peers import CHUNK, Peers, fetch
from .sparql import PeerError, QueryRefused

JSON = "application/sparql-results+json"
XML = "application/sparql-results+xml"
ACCEPT = f"{JSON}, {XML};q=0.9"


class Gateway:
    """
    A way to each of *services*, for as long as the `with` block lasts.

    *failures* are why some could not be asked, by their number; *asked* says whether the engine
    has asked for any.
    """

    def __init__(self, peers: Peers, services: Sequence[str]) -> None:
        self.failures: dict[int, QueryRefused | PeerError] = {}
        self.asked = False
        self._peers = peers
        self._services = services
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = False  # those are not waited for at the end
        secret = secrets.token_urlsafe(16)
        self._prefix = f"http://127.0.0.1:{self._server.server_port}/{secret}/"
        self._address = re.compile(re.escape(self._prefix) + r"(\d+)")

    def __enter__(self) -> Self:
        # The engine's results belong to the thread that asked for them. Cycles that hold some, of
        # tracebacks for example, must not be collected in a thread of this server.
        self._collects = gc.isenabled()
        gc.disable()
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        if self._collects:
            gc.enable()

    def address(self, number: int) -> str:
        """What the engine is to ask for the service of this *number*."""
        return f"{self._prefix}{number}"

    def has(self, address: str) -> bool:
        """Whether *address* leads here."""
        return self._address.fullmatch(address) is not None

    def pass_on(self, handler: BaseHTTPRequestHandler) -> None:
        """Answers the engine's request, which *handler* has."""
        root = f"http://127.0.0.1:{self._server.server_port}"
        found = self._address.fullmatch(f"{root}{handler.path}")
        if found is None or int(found[1]) >= len(self._services):
            handler.send_error(404)  # somebody else on this machine
            return
        self.asked = True
        number = int(found[1])
        query = handler.rfile.read(int(handler.headers["Content-Length"]))
        try:
            # A SERVICE inside this one is for the service to follow, by its real name.
            text = self._address.sub(lambda inner: self._services[int(inner[1])], query.decode())
            fetched = fetch(
                self._peers,
                self._services[number],
                accept=ACCEPT,
                data=urlencode({"query": text}).encode(),
                content_type="application/x-www-form-urlencoded",
            )
        except (QueryRefused, PeerError) as error:
            self.failures[number] = error
            handler.send_error(502)
            return
        with fetched.body:
            handler.send_response(200)
            handler.send_header("Content-Type", _results(fetched.content_type))
            handler.send_header("Content-Length", str(fetched.size))
            handler.end_headers()
            while chunk := fetched.body.read(CHUNK):
                handler.wfile.write(chunk)

    def explained(self, message: str) -> str:
        """*message*, by the engine, with the services' real names."""
        return self._address.sub(lambda found: self._services[int(found[1])], message)


def _results(content_type: str) -> str:
    """The type of results that *content_type* names; many services say it loosely."""
    plain = {"application/json": JSON, "application/xml": XML, "text/xml": XML}
    media_type = content_type.partition(";")[0].strip().lower()
    return plain.get(media_type, media_type)


def _handler(gateway: Gateway) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            with contextlib.suppress(ConnectionError):  # the engine has read enough
                gateway.pass_on(self)

        def log_message(self, format: str, *arguments: object) -> None:
            """Says nothing: a query's requests are not the server's."""

    return Handler
