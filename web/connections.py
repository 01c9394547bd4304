"""
HTTP/1.1 on an event loop: connections to clients, and their requests as ASGI applications see them.

llhttp, by way of httptools, reads requests as strictly as it can: two lengths, a length beside
chunks, folded headers and lines without CR are errors. What is left to see to here is how long a
client may take, how much it may have waiting, and in which order it is answered.
"""

import asyncio
import re
import time
from collections import deque
from collections.abc import Callable, Coroutine
from email.utils import formatdate
from typing import Any, cast
from urllib.parse import unquote

import httptools

from scholargraph.graph.loans import MOST_REQUEST

from . import problems
from .conversation import STALL, Headers, Receive, Scope, Send
from .lending import EXTENSION
from .request import STATUS_LINES, Request

App = Callable[[Scope, Receive, Send], Coroutine[Any, Any, None]]

# Seconds for the head of a request, and between two on one connection.
HEAD_SECONDS = 15.0
# Whoever is told to go while it still sends is listened to for so long, else it may never read why.
LINGER = 1.0
MOST_UNHEARD = 4 * 1024 * 1024
# How often, in seconds, somebody looks who is late.
SWEEP = 0.5

# The application has limits of its own, with better words, below these.
MOST_HEAD = 192 * 1024
MOST_FIELDS = 100
# Bytes of a body's framing, beside what each chunk needs.
MOST_FRAMING = 64 * 1024
# What one connection may have waiting in memory, either way.
BUFFER = 256 * 1024
# Requests that wait behind the first one of a connection.
MOST_WAITING = 64

_FIRST_LINE = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+ [!-~]+ HTTP/1\.[01]\r\n")
_NO_HTTP = (400, "This is no HTTP request, or not one that can be understood in one way only.")
_ASGI = {"version": "3.0", "spec_version": "2.3"}


class Connections:
    """All connections of one server to *app*, at most *most*."""

    def __init__(self, app: App, *, most: int) -> None:
        self.app = app
        self.most = most
        self.all: set[Connection] = set()
        self.stopping = False
        self._date = b""
        self._dated = 0.0

    def __call__(self) -> "Connection":
        return Connection(self)

    def finish(self) -> None:
        """Ends each connection once its present request is answered."""
        self.stopping = True
        for connection in list(self.all):
            connection.finish()

    def abort(self) -> None:
        """Ends every connection now."""
        for connection in list(self.all):
            connection.abort()

    async def sweep(self) -> None:
        """Ends the connections of those who take too long, as long as it runs."""
        while True:
            await asyncio.sleep(SWEEP)
            now = time.monotonic()
            for connection in list(self.all):
                connection.look(now)

    def date(self) -> bytes:
        """The time of an answer, to the second."""
        now = time.time()
        if not 0 <= now - self._dated < 1:
            self._dated = float(int(now))
            self._date = b"date: " + formatdate(now, usegmt=True).encode() + b"\r\n"
        return self._date


class Connection(asyncio.Protocol):
    """
    One client, whose requests are answered one after the other in their order.

    Until *deadline* nobody looks whether it is late; while a request is answered, the application
    does.
    """

    def __init__(self, server: Connections) -> None:
        self.server = server
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpRequestParser(self)
        self._peer: tuple[str, int] | None = None
        self._host: tuple[str, int] | None = None
        self._in_head = False
        self._head_size = 0
        self._url = b""
        self._headers: Headers = []
        self._incoming: Request | None = None  # whose body has not come whole
        self._current: Request | None = None  # that is being answered
        self._waiting: deque[Request] = deque()
        self._fault: tuple[int, str] | None = None
        self._last_words: bytes | None = None  # for when everything is answered; then it ends
        self._deaf = False
        self._unheard = 0
        self._ending = False
        self._deadline = time.monotonic() + HEAD_SECONDS
        self._lent = False
        self.latest = b""
        self._room = asyncio.Event()
        self._room.set()

    # What asyncio tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.set_write_buffer_limits(BUFFER)
        peer, host = (transport.get_extra_info(name) for name in ("peername", "sockname"))
        self._peer = peer[:2] if isinstance(peer, tuple) else None
        self._host = host[:2] if isinstance(host, tuple) else None
        self.server.all.add(self)
        if len(self.server.all) > self.server.most:
            self._refuse(503, "Too many connections are open; try again later.")

    def connection_lost(self, error: Exception | None) -> None:
        self.server.all.discard(self)
        self._deaf = True
        self._room.set()
        self._waiting.clear()
        for request in (self._current, self._incoming):
            if request is not None:
                request.lose()

    def pause_writing(self) -> None:
        self._room.clear()

    def resume_writing(self) -> None:
        self._room.set()
        if self._current is None:
            self._proceed()

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            self._unheard += len(data)
            if self._unheard > MOST_UNHEARD:
                self.transport.pause_reading()
            return
        self.latest = data if len(data) <= MOST_REQUEST else b""
        self._head_size = self._head_size + len(data) if self._in_head else 0
        incoming = self._incoming
        first = self._current is None and not self._in_head
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # Nothing else is spoken here: the request is answered as if it had not asked for it.
            self._end_after_answers(b"")
        except httptools.HttpParserInvalidMethodError:
            # What begins like HTTP asks for what nobody here can do.
            http = first and self._current is None and _FIRST_LINE.match(data)
            self._refuse(*((501, "There is no such method.") if http else _NO_HTTP))
        except httptools.HttpParserError:
            self._refuse(*(self._fault or _NO_HTTP))
        else:
            if self._in_head and self._head_size > MOST_HEAD:
                self._refuse(431, f"The head of a request has at most {MOST_HEAD} bytes.")
            elif incoming is not None and incoming is self._incoming:
                if incoming.framed(len(data)) > MOST_FRAMING:
                    self._refuse(*_NO_HTTP)
        if self._waiting:
            self.transport.pause_reading()

    # What the parser tells

    def on_message_begin(self) -> None:
        self._in_head = True
        self._url = b""
        self._headers = []
        self._deadline = time.monotonic() + HEAD_SECONDS

    def on_url(self, part: bytes) -> None:
        self._url += part

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.lower(), value.rstrip(b" \t")))
        if len(self._headers) > MOST_FIELDS:
            raise self._wrong(431, f"A request has at most {MOST_FIELDS} headers.")

    def on_headers_complete(self) -> None:
        self._in_head = False
        scope, parser = self._scope(), self._parser
        keeps = parser.should_keep_alive() and not parser.should_upgrade()
        request = Request(self, scope, keeps=keeps)
        self._headers = []  # others may follow the body, which nobody asked for
        if self._current is None and self._room.is_set():
            self._begin(request)
        elif len(self._waiting) < MOST_WAITING:
            self._waiting.append(request)
        else:  # whoever sends so many at once sends those again that were not answered
            raise self._wrong(429, "Too many requests are waiting on this connection.")
        self._incoming = request

    def on_body(self, part: bytes) -> None:
        request = cast(Request, self._incoming)
        if request.take(part) > BUFFER:
            self.transport.pause_reading()

    def on_chunk_header(self) -> None:
        cast(Request, self._incoming).chunk()

    def on_message_complete(self) -> None:
        request, self._incoming = cast(Request, self._incoming), None
        request.complete()

    def _wrong(self, status: int, detail: str) -> ValueError:
        """What stops the parser, for `data_received` to tell."""
        self._fault = status, detail
        return ValueError(detail)

    def _scope(self) -> Scope:
        parser, url = self._parser, self._url
        version = parser.get_http_version()
        if version not in ("1.0", "1.1"):
            raise self._wrong(*_NO_HTTP)
        for name, value in self._headers:
            if name == b"transfer-encoding" and (value.lower() != b"chunked" or version == "1.0"):
                raise self._wrong(400, "A body comes with a length or chunked, in no other coding.")
        method = parser.get_method().decode("ascii")
        if not url.startswith(b"/") and method != "CONNECT" and url != b"*":
            parsed = httptools.parse_url(url)
            url = parsed.path or b"/"
            if parsed.query is not None:
                url += b"?" + parsed.query
        raw_path, _, query = url.partition(b"?")
        path = raw_path.decode("latin-1")
        return {
            "type": "http",
            "asgi": _ASGI,
            "http_version": version,
            "method": method,
            "scheme": "http",
            "path": unquote(path) if "%" in path else path,
            "raw_path": raw_path,
            "query_string": query.partition(b"#")[0],
            "root_path": "",
            "headers": self._headers,
            "client": self._peer,
            "extensions": {EXTENSION: self},
            "server": self._host,
        }

    # What becomes of requests

    def _begin(self, request: "Request") -> None:
        self._current = request
        answering = self.server.app(request.scope, request.receive, request.send)
        self._loop.create_task(answering).add_done_callback(request.done)

    def answered(self, request: "Request") -> None:
        """*request* has its whole answer."""
        if request is not self._current:
            return
        self._current = None
        if request is self._incoming or not request.keeps or self.server.stopping:
            self._waiting.clear()
            self._last_words = b""
            self._end_after_answers(b"")
        elif self._room.is_set():
            self._proceed()
        else:
            self._deadline = time.monotonic() + STALL

    def _proceed(self) -> None:
        """Goes on after an answer that the client has taken, but for `BUFFER` bytes of it."""
        if self._waiting:
            self._begin(self._waiting.popleft())
        elif self._last_words is not None:
            self._say_last_words(self._last_words)
        elif not self._ending:
            self._deadline = time.monotonic() + HEAD_SECONDS
        if not self._waiting:
            self.transport.resume_reading()

    def taken(self) -> None:
        """The application has taken what there was of a body."""
        if not self._waiting:
            self.transport.resume_reading()

    def fail(self, request: "Request") -> None:
        """*request* will have no answer of the application's."""
        if request is self._current:
            self._current = None
            self._waiting.clear()
            self._last_words = self._words(500, "The server met an error of its own.")
            self._end_after_answers(b"")

    async def room(self) -> None:
        """Returns once the client has taken what was sent, but for `BUFFER` bytes of it."""
        if not self._room.is_set():
            await self._room.wait()

    # What others do with it

    @property
    def idle(self) -> bool:
        """Whether everything is answered, sent, and nothing else has come."""
        busy = self._current is not None or self._incoming is not None or bool(self._waiting)
        ending = self._in_head or self._deaf or self._ending or self.transport.is_closing()
        return not (busy or ending or self._lent or self.transport.get_write_buffer_size())

    def lend(self) -> int:
        """Reads no more until it is taken back; its descriptor."""
        self._lent = True
        self.transport.pause_reading()
        descriptor: int = self.transport.get_extra_info("socket").fileno()
        return descriptor

    def take_back(self, rest: bytes = b"") -> None:
        """Sends *rest*, and reads on."""
        self._lent = False
        self._deadline = time.monotonic() + HEAD_SECONDS
        if rest:
            self.transport.write(rest)
        self.transport.resume_reading()
        if self.server.stopping:
            self.finish()

    # The end

    def finish(self) -> None:
        """Ends it, after the present answer if there is one."""
        if self._current is None and not self._ending:
            self._end_after_answers(b"")

    def abort(self) -> None:
        """Ends it now; of an answer, what is out cannot be taken for the whole."""
        self._deaf = self._ending = True
        self.transport.abort()

    def look(self, now: float) -> None:
        """Ends it if it is late."""
        if self._lent or self._current is not None or now < self._deadline:
            return
        if self._ending or not self._room.is_set():
            self.abort()
        elif self._in_head:
            self._refuse(408, "The head of the request came too slowly.")
        else:
            self._end_after_answers(b"")

    def _refuse(self, status: int, detail: str) -> None:
        """Hears no more; says why, once those before have their answers."""
        if self._incoming is not None and not self._in_head:
            self._deaf = True
            self._incoming.keeps = False
            self._incoming.lose()  # the application tells, it still can
        else:
            self._end_after_answers(self._words(status, detail))

    def _words(self, status: int, detail: str) -> bytes:
        text = problems.body_of(problems.standard(status, detail)).encode()
        head = (
            STATUS_LINES[status],
            self.server.date(),
            b"content-type: " + problems.MEDIA_TYPE.encode() + b"\r\n",
            b"content-length: %d\r\n" % len(text),
            b"connection: close\r\n\r\n",
        )
        return b"".join((*head, text))

    def _end_after_answers(self, last_words: bytes) -> None:
        self._deaf = True
        if self._last_words is None:
            self._last_words = last_words
        if self._current is None and not self._waiting:
            self._say_last_words(self._last_words)

    def _say_last_words(self, words: bytes) -> None:
        if self._ending:
            return
        self._ending = True
        if words:
            self.transport.write(words)
        sends_on = self._incoming is not None or self._in_head or words
        self._deadline = time.monotonic() + (LINGER if sends_on else STALL)
        if sends_on and self.transport.can_write_eof() and not self.transport.is_closing():
            self.transport.write_eof()
            self.transport.resume_reading()  # and forgotten
        else:
            self.transport.close()
