"""One HTTP exchange as ASGI hands it over: its head, its body, its answer, and who left."""

import asyncio
import re
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, MutableMapping
from typing import Any, BinaryIO, cast

from .limits import client_of
from .problems import Problem, standard

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

# Queries that are longer come by POST.
MOST_ADDRESS = 64 * 1024 - 2
MOST_HEADERS = 64 * 1024

# A body has so many seconds, and one more for each so many bytes of it that have come.
BODY_SECONDS = 30.0
BODY_RATE = 16 * 1024
# Above so many bytes a body lies in a file.
IN_MEMORY = 1024 * 1024

# A part of an answer that nobody takes for so many seconds is the last.
CHUNK = 256 * 1024
STALL = 60.0
# After an answer that came before the body was read, as much of it is still taken: a client that
# is cut off while it sends may never read what it was told.
LINGER_SECONDS = 1.0
LINGER_BYTES = 1024 * 1024

_HOST = re.compile(rb"(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?")
_NUMBER = re.compile(rb"\d{1,18}")


class ClientGone(Exception):
    """The client closed its connection, or took nothing for too long."""


class Conversation:
    """
    A request and the answer to it, of which *status* and *bytes_out* are what was sent so far.

    *headers* have lower-case names; what came twice is joined by commas. *client* is whose share
    of the server it takes, behind *proxies* of our own.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send, *, proxies: int) -> None:
        self.began = time.monotonic()
        self.scope = scope
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.query_string: bytes = scope["query_string"]
        self.status = 0
        self.bytes_out = 0
        self._receive = receive
        self._send = send
        self._body_read = False
        pairs = scope["headers"]
        self.headers: dict[bytes, bytes] = dict(pairs)
        if len(self.headers) < len(pairs):
            self.headers = _joined(pairs)
        peer = scope.get("client")
        self.client = client_of(peer[0] if peer else "", self.header(b"x-forwarded-for"), proxies)
        self.scheme: str = scope.get("scheme", "http")
        if proxies and self.header(b"x-forwarded-proto") in ("http", "https"):
            self.scheme = self.header(b"x-forwarded-proto")

    def extension(self, name: str) -> object | None:
        """What the server offers under *name*, beside what ASGI asks of it."""
        found: dict[str, object] = self.scope.get("extensions") or {}
        return found.get(name)

    def header(self, name: bytes) -> str:
        """The value of the header *name*, '' where there is none."""
        return self.headers.get(name, b"").decode("latin-1")

    def check(self) -> None:
        """
        Complains about a head that is too long, or says two things at once.

        Raises:
            Problem: 400, 414 or 431.
        """
        if len(self.scope.get("raw_path") or self.path) + len(self.query_string) > MOST_ADDRESS:
            raise standard(
                414, f"An address has at most {MOST_ADDRESS} bytes; send long queries by POST."
            )
        if sum(map(len, self.headers)) + sum(map(len, self.headers.values())) > MOST_HEADERS:
            raise standard(431, f"The headers of a request have at most {MOST_HEADERS} bytes.")
        host = self.headers.get(b"host")
        if not _HOST.fullmatch(host) if host else self.scope.get("http_version") == "1.1":
            raise standard(400, "The request needs one Host header with the name of this server.")
        for name in (b"content-length", b"authorization"):
            if b"," in self.headers.get(name, b""):
                raise standard(400, f"The header {name.decode()} is given twice.")

    @property
    def url(self) -> str:
        """The address that was asked for, without its parameters."""
        host = self.header(b"host")
        if not host:
            server = self.scope.get("server") or ("localhost", None)
            host = server[0] if not server[1] else f"{server[0]}:{server[1]}"
        return f"{self.scheme}://{host}{self.path}"

    @property
    def has_body(self) -> bool:
        """Whether there may be a body that nobody has read yet."""
        if self._body_read:
            return False
        if self.scope.get("http_version", "1.1") in ("1.0", "1.1"):
            length = self.headers.get(b"content-length", b"0")
            return length != b"0" or b"transfer-encoding" in self.headers
        return True

    async def body(self, most: int) -> BinaryIO:
        """
        The request's body, at most *most* bytes of it, in memory or a file without a name.

        Raises:
            Problem: 413 for a longer one, as soon as that is known; 408 for one that does not come;
                400 for one that breaks off.
        """
        body = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=IN_MEMORY))
        try:
            if self.has_body:
                await self._read_into(body, most)
        except BaseException:
            body.close()
            raise
        body.seek(0)
        return body

    async def _read_into(self, body: BinaryIO, most: int) -> None:
        length = self.headers.get(b"content-length", b"0")
        if not _NUMBER.fullmatch(length):
            raise standard(400, "Content-Length is no number.")
        if int(length) > most:
            raise _too_long(most)
        size, began = 0, time.monotonic()
        more = True
        while more:
            due = began + BODY_SECONDS + size / BODY_RATE
            try:
                message = await asyncio.wait_for(self._receive(), due - time.monotonic())
            except TimeoutError:
                raise standard(408, "The body of the request came too slowly.") from None
            if message["type"] == "http.disconnect":
                # The client left, or sent what is no HTTP and is still there to be told.
                raise standard(400, "The body of the request broke off.")
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > most:
                raise _too_long(most)
            body.write(chunk)
            more = message.get("more_body", False)
        self._body_read = True

    async def gone(self) -> None:
        """Returns when the client has closed its connection."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def reply(self, status: int, headers: Headers, body: bytes) -> None:
        """
        Sends a whole answer; to HEAD its head alone.

        Raises: ClientGone, before the end.
        """
        await self.start(status, headers)
        if self.method == "HEAD":
            body = b""
        has_body = self.has_body
        if body and (has_body or len(body) > CHUNK):
            await self.part(body)
            body = b""
        if has_body:
            await self._linger()
        self.bytes_out += len(body)
        await self._send({"type": "http.response.body", "body": body})

    async def reply_in_parts(
        self, status: int, headers: Headers, parts: AsyncIterator[bytes]
    ) -> None:
        """
        Sends an answer as it comes; to HEAD its head alone.

        Raises: ClientGone, before the end.
        """
        await self.start(status, headers)
        if self.method != "HEAD":
            left = asyncio.create_task(self.gone())
            try:
                async for part in parts:
                    await self.part(part)
                    if left.done():
                        raise ClientGone
            finally:
                left.cancel()
        await self._send({"type": "http.response.body", "body": b""})

    async def start(self, status: int, headers: Headers) -> None:
        """Sends the head of an answer."""
        self.status = status
        await self._send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": headers,
            }
        )

    async def part(self, data: bytes) -> None:
        """
        Sends some of the body; the rest follows.

        Raises: ClientGone, where nobody takes it.
        """
        try:
            for start in range(0, len(data), CHUNK):
                chunk = data[start : start + CHUNK]
                async with asyncio.timeout(STALL):
                    await self._send(
                        {"type": "http.response.body", "body": chunk, "more_body": True}
                    )
                self.bytes_out += len(chunk)
        except TimeoutError:
            raise ClientGone from None

    async def _linger(self) -> None:
        taken = 0
        try:
            async with asyncio.timeout(LINGER_SECONDS):
                while taken < LINGER_BYTES:
                    message = await self._receive()
                    taken += len(message.get("body", b""))
                    if not message.get("more_body", False):
                        return
        except TimeoutError:
            pass


def encoded(headers: Iterable[tuple[str, str]]) -> Headers:
    """*headers* as they are sent."""
    return [(name.lower().encode("latin-1"), text.encode("latin-1")) for name, text in headers]


def _joined(pairs: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    joined: dict[bytes, bytes] = {}
    for name, value in pairs:
        joined[name] = joined[name] + b"," + value if name in joined else value
    return joined


def _too_long(most: int) -> Problem:
    return standard(413, f"The body of a request has at most {most} bytes.")
