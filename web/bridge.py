"""Flask behind an asynchronous server: its requests in threads, its answers taken as they come."""

import asyncio
import sys
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from functools import partial
from io import BytesIO
from typing import Any, BinaryIO
from urllib.parse import unquote_to_bytes
from wsgiref.types import StartResponse

from .conversation import Conversation, encoded
from .crew import Crew

Environ = dict[str, Any]
Wsgi = Callable[[Environ, StartResponse], Iterable[bytes]]

# An answer is sent whole up to so many bytes, which leaves its thread to others however slowly the
# client reads; of a longer one so many wait at most.
WINDOW = 4 * 1024 * 1024


class Bridge:
    """Runs *app*, at most *threads* requests at once."""

    def __init__(self, app: Wsgi, *, threads: int, name: str) -> None:
        self._app = app
        self._crew = Crew(threads, name)

    async def answer(
        self, conversation: Conversation, body: BinaryIO | None, extra: Mapping[str, object]
    ) -> None:
        """
        Sends *app*'s answer; it finds *extra* in its environ.

        Raises:
            ClientGone: Before the end.
        """
        outlet = _Outlet(asyncio.get_running_loop(), self._crew.done)
        environ = _environ(conversation, body)
        environ.update(extra)
        self._crew.do(partial(outlet.run, self._app, environ))
        try:
            whole = await outlet.ready
            if whole is not None:
                await conversation.reply(outlet.status, encoded(outlet.headers), whole)
            else:
                headers = encoded(outlet.headers)
                await conversation.reply_in_parts(outlet.status, headers, outlet.parts())
        finally:
            outlet.close()

    def close(self) -> None:
        """Takes no more requests; those under way go on."""
        self._crew.close()


class _Outlet:
    """One answer on its way from a thread to the event loop, which calls *done* at its end."""

    def __init__(self, loop: asyncio.AbstractEventLoop, done: Callable[[], None]) -> None:
        self.status = 500
        self.headers: list[tuple[str, str]] = []
        # The whole body, or None once it has become too long to wait for.
        self.ready: asyncio.Future[bytes | None] = loop.create_future()
        self._loop = loop
        self._done = done
        self._news = asyncio.Event()
        self._room = threading.Condition()
        self._chunks: deque[bytes] = deque()
        self._held = 0
        self._streams = False
        self._ended = False
        self._closed = False
        self._error: BaseException | None = None

    def run(self, app: Wsgi, environ: Environ) -> None:
        """The thread's part: everything that *app* does for one request."""
        try:
            parts = app(environ, self._start)
            try:
                for part in parts:
                    if part:
                        self._put(part)
            finally:
                if hasattr(parts, "close"):
                    parts.close()
        except _Closed:
            pass
        except BaseException as error:
            # Flask has answered for its own; this is a stream that broke, or a bug beside it.
            self._error = error
        with self._room:
            self._ended = True
        self._tell(self._finish)

    async def parts(self) -> AsyncIterator[bytes]:
        """The body, as it comes."""
        while True:
            with self._room:
                part = b"".join(self._chunks)
                self._chunks.clear()
                self._held = 0
                self._room.notify()
                ended = self._ended
            if part:
                yield part
            elif self._error is not None:
                raise self._error
            elif ended:
                return
            else:
                await self._news.wait()
                self._news.clear()

    def close(self) -> None:
        """Nobody takes any more: the thread, if it still has some, stops."""
        with self._room:
            self._closed = True
            self._room.notify()

    def _start(
        self,
        status: str,
        headers: list[tuple[str, str]],
        exc_info: object = None,
    ) -> Callable[[bytes], object]:
        self.status = int(status[:3])
        self.headers = headers
        return self._put

    def _put(self, part: bytes) -> None:
        with self._room:
            while self._streams and self._held > WINDOW and not self._closed:
                self._room.wait()
            if self._closed:
                raise _Closed
            self._chunks.append(part)
            self._held += len(part)
            begins = not self._streams and self._held > WINDOW
            self._streams |= begins
        if begins:
            self._tell(self._begin)
        elif self._streams:
            self._tell(self._news.set)

    def _tell(self, what: Callable[[], object]) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(what)

    def _begin(self) -> None:
        if not self.ready.done():
            self.ready.set_result(None)

    def _finish(self) -> None:
        self._done()
        if self.ready.done():
            self._news.set()
        elif self._error is not None:
            self.ready.set_exception(self._error)
        else:
            self.ready.set_result(b"".join(self._chunks))


class _Closed(Exception):
    """Raised inside an application whose answer nobody takes any more."""


def _environ(conversation: Conversation, body: BinaryIO | None) -> Environ:
    """PEP 3333's variables of a request whose whole *body* lies there."""
    scope = conversation.scope
    raw_path = scope.get("raw_path") or conversation.path.encode()
    path = unquote_to_bytes(raw_path.partition(b"?")[0]).decode("latin-1")
    root = scope.get("root_path", "")
    server = scope.get("server") or ("localhost", None)
    environ: Environ = {
        "REQUEST_METHOD": conversation.method,
        "SCRIPT_NAME": root,
        "PATH_INFO": path.removeprefix(root) if root else path,
        "QUERY_STRING": conversation.query_string.decode("latin-1"),
        "REQUEST_URI": raw_path.decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1] or 80),
        "SERVER_PROTOCOL": f"HTTP/{scope.get('http_version', '1.1')}",
        "REMOTE_ADDR": conversation.client,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": conversation.scheme,
        "wsgi.input": BytesIO() if body is None else body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for raw_name, value in conversation.headers.items():
        name = raw_name.decode("latin-1")
        # `x_forwarded_for` would arrive as X-Forwarded-For does.
        if "_" not in name and name not in ("content-length", "content-type", "transfer-encoding"):
            environ["HTTP_" + name.upper().replace("-", "_")] = value.decode("latin-1")
    if b"content-type" in conversation.headers:
        environ["CONTENT_TYPE"] = conversation.header(b"content-type")
    if body is not None:
        environ["CONTENT_LENGTH"] = str(body.seek(0, 2))
        body.seek(0)
    return environ
