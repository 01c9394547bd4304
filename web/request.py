"""One HTTP request as an ASGI application sees it, and the answer to it as bytes."""

import asyncio
import logging
from http import HTTPStatus
from typing import TYPE_CHECKING

from .conversation import Headers, Message, Scope

if TYPE_CHECKING:
    from .connections import Connection

log = logging.getLogger(__name__)

# A body that is shorter goes out together with its head.
SMALL = 64 * 1024
# Bytes that may stand around a chunk: its length and two line ends.
CHUNK_FRAMING = 32

STATUS_LINES = {s.value: f"HTTP/1.1 {s.value} {s.phrase}\r\n".encode() for s in HTTPStatus}
_BODILESS = (204, 304)
_LENGTH = b"content-length"
_GONE: Message = {"type": "http.disconnect"}


class Request:
    """
    One request on *connection*, with ASGI's *scope*, `receive` and `send`.

    It *keeps* the connection open for others unless somebody does not want that.
    """

    __slots__ = (
        "_begun",
        "_bodiless",
        "_body",
        "_chunked",
        "_connection",
        "_ended",
        "_expects",
        "_framing",
        "_left",
        "_lost",
        "_news",
        "_start",
        "_told",
        "_whole",
        "keeps",
        "scope",
    )

    def __init__(self, connection: "Connection", scope: Scope, *, keeps: bool) -> None:
        self.scope = scope
        self.keeps = keeps
        self._connection = connection
        self._body = bytearray()
        self._framing = 0
        self._whole = False
        self._told = False  # the application knows that the body is whole
        self._lost = False
        self._news: asyncio.Event | None = None
        self._expects = scope["http_version"] == "1.1" and any(
            name == b"expect" and value.lower() == b"100-continue"
            for name, value in scope["headers"]
        )
        self._start: Message = {}
        self._begun = False
        self._ended = False
        self._bodiless = False
        self._chunked = False
        self._left: int | None = None  # of the length that was announced

    # From the connection

    def take(self, part: bytes) -> int:
        """Keeps a part of the body for the application; bytes that wait for it."""
        self._body += part
        self._framing -= len(part)
        self._wake()
        return len(self._body)

    def chunk(self) -> None:
        """Another part of the body begins."""
        self._framing -= CHUNK_FRAMING

    def framed(self, size: int) -> int:
        """Counts *size* bytes, whatever they were of; how many were not the body itself."""
        self._framing += size
        return self._framing

    def complete(self) -> None:
        """The body has come whole."""
        self._whole = True
        self._wake()

    def lose(self) -> None:
        """The client is gone, or what it sends makes no sense any more."""
        self._lost = True
        self._wake()

    def _wake(self) -> None:
        if self._news is not None:
            self._news.set()

    def done(self, task: "asyncio.Future[None]") -> None:
        """The application has returned."""
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error("a request could not be answered", exc_info=error)
        if not self._ended:
            self._ended = True
            if self._begun or self._lost:
                self._connection.abort()
            else:
                self._connection.fail(self)

    # From the application

    async def receive(self) -> Message:
        """The next part of the body, or that the client is gone."""
        while True:
            if self._body or (self._whole and not self._told):
                part = bytes(self._body)
                self._body.clear()
                self._told = self._whole
                self._connection.taken()
                return {"type": "http.request", "body": part, "more_body": not self._whole}
            if self._lost:
                return _GONE
            if self._expects and not self._whole and not self._begun:
                self._expects = False
                self._connection.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            if self._news is None:
                self._news = asyncio.Event()
            self._news.clear()
            await self._news.wait()

    async def send(self, message: Message) -> None:
        """
        Sends a part of the answer, its head with the first of them; waits for room for the next.

        Raises: ValueError, where a header has two lines, or the body is longer than announced.
        """
        if message["type"] == "http.response.start":
            self._start = message
            return
        transport = self._connection.transport
        body: bytes = message.get("body", b"")
        more: bool = message.get("more_body", False)
        head = b""
        if not self._begun:
            head = self._head(self._start["status"], self._start["headers"], len(body), more)
            self._begun = True
        if self._bodiless:
            body = b""
        elif self._chunked:
            body = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
            body += b"" if more else b"0\r\n\r\n"
        elif self._left is not None:
            self._left -= len(body)
            if self._left < 0:
                raise ValueError("the answer is longer than it was announced")
        if not transport.is_closing():
            if len(body) < SMALL:
                transport.write(head + body if head else body)
            else:
                transport.write(head)
                transport.write(body)
        if more:
            await self._connection.room()
        elif not self._left:  # else it is cut off, which nobody takes for the whole
            self._ended = True
            self._connection.answered(self)

    def _head(self, status: int, headers: Headers, size: int, more: bool) -> bytes:
        lines = b"".join([b"%b: %b\r\n" % header for header in headers])
        if not lines.count(b"\n") == lines.count(b"\r") == len(headers):
            raise ValueError("a header of the answer has a line end in it")
        server, old = self._connection.server, self.scope["http_version"] == "1.0"
        self.keeps = self.keeps and self._whole and not server.stopping
        parts = [STATUS_LINES[status], server.date(), lines]
        self._bodiless = self.scope["method"] == "HEAD" or status in _BODILESS
        if not self._bodiless:
            self._left = next((int(text) for name, text in headers if name == _LENGTH), None)
            if self._left is None and not more:
                parts.append(b"content-length: %d\r\n" % size)
            elif self._left is None and old:
                self.keeps = False  # the end of the connection is that of the body
            elif self._left is None:
                self._chunked = True
                parts.append(b"transfer-encoding: chunked\r\n")
        if not self.keeps:
            parts.append(b"connection: close\r\n")
        elif old:
            parts.append(b"connection: keep-alive\r\n")
        parts.append(b"\r\n")
        return b"".join(parts)
