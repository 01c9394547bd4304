"""
The front of `scholargraph serve`: an ASGI application before Flask's.

It keeps clients apart (limits, bodies that do not come, clients that leave) and answers queries
itself: from the cache at once, from the readers without holding up anybody else. Everything else is
Flask's. One event loop runs it, so what only its coroutines touch needs no locks.
"""

import logging
import os
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, suppress
from typing import BinaryIO, cast

from flask import Flask

from scholargraph import ScholarGraphError
from scholargraph.graph.loans import MOST_ANSWER
from scholargraph.graph.readers import Answer

from . import holdings, problems, queries
from .asking import Asking, Broken
from .authorization import authorize
from .bridge import Bridge
from .conversation import CHUNK, ClientGone, Conversation, Receive, Scope, Send, encoded
from .exchanges import CLIENT_GONE, Exchange, kind_of, outcome_of
from .headers import QUERIES, common
from .lending import Lending
from .limits import Rate, Share, Turns
from .observation import OBSERVED, Remarks
from .service import EXTENSION, Service

log = logging.getLogger(__name__)

# Bodies are for these, and for graphs at addresses of their own; elsewhere nobody needs one.
BODIES = (QUERIES, "/update", "/store")
GRAPHS = "/store/"
WRITES = ("PUT", "POST", "DELETE")
SMALL_BODY = 64 * 1024
# A query's text is held in memory, and read by the parser in one go.
MOST_QUERY = 8 * 1024 * 1024

# Flask's requests under way, of one client and of all. A browser has six.
PAGES = Share(each=64, together=256)
# Downloads hold a thread each for as long as the client takes.
DOWNLOADS = Share(each=2, together=16)
DOWNLOAD_THREADS = 4
QUERY_HEADERS = encoded(common("GET", QUERIES).items())

# Bodies on their way: up to a megabyte of each lies in memory.
BODIES_COMING = Share(each=64, together=512)
UNLIMITED = Share(each=None, together=None)

# A client may use so many seconds' worth of requests at once, and so many in any case.
BURST = 5
LEAST_BURST = 10
# What says how the server is, and what does not change, is never refused.
FREE = ("health", "metrics", "static")


class Front:
    """
    *app* and its queries as one ASGI application; *threads* of Flask's requests at once.

    It closes *app*'s service at the server's own end (ASGI's lifespan).
    """

    def __init__(self, app: Flask, *, threads: int) -> None:
        self._app = app
        self._service = cast(Service, app.extensions[EXTENSION])
        settings = self._service.settings
        limits = settings.limits
        self._asking = Asking(self._service)
        burst = max(settings.rate * BURST, LEAST_BURST)
        self._rate = Rate(settings.rate, burst) if limits else None
        self._lending = Lending(self._service, self._rate)
        self._pages = Bridge(app, threads=threads, name="pages")
        self._page_turns = Turns(PAGES if limits else UNLIMITED, "requests")
        self._body_turns = Turns(BODIES_COMING if limits else UNLIMITED, "uploads")
        self._downloads = Bridge(app, threads=DOWNLOAD_THREADS, name="downloads")
        self._download_turns = Turns(DOWNLOADS if limits else UNLIMITED, "downloads")
        self._warned = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._exchange(
                Conversation(scope, receive, send, proxies=self._service.settings.proxies)
            )
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close"})

    def recall(self) -> None:
        """Has every connection here again: the server stops soon."""
        self._lending.close()

    def hurry(self) -> None:
        """Ends every query at once: the server stops soon."""
        self._asking.hurry()

    def open(self) -> None:
        """Begins what readers and pages need time for; on the event loop that will ask."""
        self._service.readers.start()
        holdings.prepare(self._app)

    def close(self) -> None:
        """Ends everything."""
        self._lending.close()
        self._asking.close()
        self._pages.close()
        self._downloads.close()
        self._service.close()

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        self.open()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _exchange(self, talk: Conversation) -> None:
        kind = kind_of(talk.path)
        noted = Remarks()
        try:
            talk.check()
            if self._rate is not None and kind not in FREE:
                self._warn_of_proxies(talk)
                self._rate.take(talk.client)
            if talk.path == QUERIES and talk.method in ("GET", "HEAD", "POST"):
                await self._query(talk, noted)
            else:
                await self._page(talk)
        except ClientGone:
            await self._part_from(talk)
            noted.outcome = "cancelled"
        except ScholarGraphError as error:
            noted.outcome = outcome_of(error)
            await self._refuse(talk, error)
        finally:
            self._service.observer.finished(
                Exchange(
                    method=talk.method,
                    path=talk.path,
                    status=talk.status or 500,
                    seconds=time.monotonic() - talk.began,
                    bytes_out=talk.bytes_out,
                    client=talk.client,
                    kind=kind,
                    cached=noted.cached,
                    query=noted.query,
                    outcome=None if noted.query is None else noted.outcome,
                    query_string=talk.query_string.decode("latin-1"),
                    user_agent=talk.header(b"user-agent"),
                )
            )

    async def _query(self, talk: Conversation, noted: Remarks) -> None:
        body = b""
        if talk.method == "POST":
            with await self._body(talk, min(MOST_QUERY, self._service.settings.max_body)) as file:
                body = file.read()
        asked = await self._asking.question(
            queries.Request(
                method=talk.method,
                url=talk.url,
                query_string=talk.query_string,
                accept=talk.header(b"accept"),
                content_type=talk.header(b"content-type"),
                body=body,
            )
        )
        if asked is None:
            await self._flask(talk)
            return
        noted.query = asked.text
        state = self._service.state()
        if_none_match = talk.header(b"if-none-match")
        reply = queries.at_once(self._service, asked, state, talk.method, if_none_match)
        noted.cached = reply is not None
        if reply is None:
            try:
                answer = await self._asking.answer(asked, state, talk)
            except Broken as broken:
                noted.outcome = "error"
                await self._flask(talk, error=broken.error)
                return
            reply = queries.reply(asked, answer)
        noted.outcome = "answered"
        headers = encoded(reply.headers.items()) + QUERY_HEADERS
        if reply.answer is None:
            await talk.reply(reply.status, headers, b"")
        elif reply.answer.file is None:
            await talk.reply(reply.status, headers, reply.answer.body)
            short = reply.answer.size <= MOST_ANSWER
            self._lending.offer(talk, asked, headers, fit=short and not noted.cached)
        else:
            with reply.answer.file as file:
                await talk.reply_in_parts(reply.status, headers, _parts(file, reply.answer))

    async def _page(self, talk: Conversation) -> None:
        settings = self._service.settings
        most = min(SMALL_BODY, settings.max_body)
        if talk.path in BODIES or talk.path.startswith(GRAPHS):
            most = settings.max_body
            if talk.method in WRITES and talk.path != QUERIES:
                # Whoever may not write need not send what would be written.
                authorize(settings.token, talk.header(b"authorization"))
        await self._flask(talk, await self._body(talk, most) if talk.has_body else None)

    async def _body(self, talk: Conversation, most: int) -> BinaryIO:
        with self._body_turns.turn(talk.client):
            return await talk.body(most)

    async def _flask(
        self,
        talk: Conversation,
        body: BinaryIO | None = None,
        *,
        error: BaseException | None = None,
    ) -> None:
        bridge, turns = self._pages, self._page_turns
        if kind_of(talk.path) == "export":
            bridge, turns = self._downloads, self._download_turns
        with ExitStack() as stack:
            if body is not None:
                stack.enter_context(body)
            stack.enter_context(turns.turn(talk.client))
            await bridge.answer(talk, body, {OBSERVED: True, problems.ERROR: error})

    async def _refuse(self, talk: Conversation, error: ScholarGraphError) -> None:
        """The answer to what ended with *error*: Flask's, if it is a page or a bug's."""
        if talk.status:
            raise error  # half an answer is out; cut off, it cannot be taken for a whole one
        problem = problems.problem_of(error)
        # Pages of a server that is full would fill it more.
        if problem is None or (
            problem.status not in (429, 503) and problems.likes_pages(talk.header(b"accept"))
        ):
            await self._flask(talk, error=error)
            return
        text = problems.body_of(problem).encode()
        headers = {
            "Content-Type": problems.MEDIA_TYPE,
            "Content-Length": str(len(text)),
            "Vary": "Accept",
        }
        headers |= problem.headers | common(talk.method, talk.path)
        await talk.reply(problem.status, encoded(headers.items()), text)

    async def _part_from(self, talk: Conversation) -> None:
        """Tells who did not leave, but sent a body that ends in nonsense; nobody else hears it."""
        if talk.status:
            return
        if talk.has_body:
            with suppress(ClientGone):
                error = problems.standard(400, "The body of the request is broken.")
                await self._refuse(talk, error)
        talk.status = CLIENT_GONE

    def _warn_of_proxies(self, talk: Conversation) -> None:
        if not self._warned and b"x-forwarded-for" in talk.headers:
            self._warned = True
            if not self._service.settings.proxies:
                log.warning(
                    "a proxy stands before this server and all its clients count as one; "
                    "say how many do with --proxies"
                )


async def _parts(file: BinaryIO, answer: Answer) -> AsyncIterator[bytes]:
    for start in range(0, answer.size, CHUNK):
        yield os.pread(file.fileno(), CHUNK, start)
