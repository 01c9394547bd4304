"""Queries put to the readers from an event loop: in turns, shared, stopped when nobody waits."""

import asyncio
import threading
import time
from collections.abc import Callable
from functools import partial

from scholargraph import ScholarGraphError
from scholargraph.graph.cancellation import Cancellation
from scholargraph.graph.readers import Answer, Pending, ReaderGone
from scholargraph.graph.sparql import QueryCancelled, QueryTimeout

from . import queries
from .answer_cache import Flight
from .arrivals import Arrivals
from .conversation import ClientGone, Conversation
from .crew import Crew
from .limits import Share, Turns
from .places import SHORT, Places
from .queries import Question
from .service import PATIENCE, Service

# What is longer is understood in a thread: a millisecond here holds up everybody.
LONG = 16 * 1024
# Whoever waits longer than so many seconds is watched for leaving.
WATCH = 0.05
# How often, in seconds, all that goes on is looked at: a timer for each query would cost more.
TICK = min(WATCH, SHORT)


class Broken(Exception):
    """A query that ended with *error*, which is a bug or the machine's fault."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(str(error))
        self.error = error


class _Run:
    """
    What becomes of *flight*, from its wait for a place at the readers *since* then to its landing.
    """

    __slots__ = ("asked", "begun", "crewed", "crowded", "flight", "pending", "since", "state")

    def __init__(self, flight: Flight, asked: Question, state: str) -> None:
        self.flight = flight
        self.asked = asked
        self.state = state
        self.since = time.monotonic()
        self.begun = False
        self.crewed = False  # a thread of the crew is for it
        self.crowded = False  # it was stopped to make room
        self.pending: Pending | None = None


class _Wait:
    """A client that waits *since* then, and whether it *left*."""

    __slots__ = ("left", "since", "talk", "watching")

    def __init__(self, talk: Conversation, left: "asyncio.Future[bool]") -> None:
        self.talk = talk
        self.left = left
        self.since = time.monotonic()
        self.watching: asyncio.Task[None] | None = None

    def end(self, left: bool) -> None:
        if not self.left.done():
            self.left.set_result(left)

    async def watch(self) -> None:
        await self.talk.gone()
        self.end(True)


class Asking:
    """The way of queries to *service*'s readers; its coroutines are one event loop's."""

    def __init__(self, service: Service) -> None:
        self._service = service
        settings = service.settings
        self._limited = settings.limits
        most = settings.readers + settings.queue
        # A part of the queue stays free for others, who do not stand behind this client in it.
        share = Share(each=max(1, most * 3 // 4), together=most)
        self._turns = Turns(share if settings.limits else Share(None, None), "queries")
        self._places = Places(settings.readers, limited=settings.limits)
        self._crew = Crew(2 * settings.readers, "query")  # short work, and as much long beside it
        self._arrivals = Arrivals()
        self._runs: dict[Flight, _Run] = {}  # until they have landed
        self._waits: set[_Wait] = set()
        self._ticking: asyncio.AbstractEventLoop | None = None

    async def question(self, request: queries.Request) -> Question | None:
        """
        What `queries.question` says.

        Raises:
            Problem: As it does.
        """
        if len(request.body) + len(request.query_string) <= LONG:
            return queries.question(request)
        return await asyncio.to_thread(queries.question, request)

    async def answer(self, asked: Question, state: str, talk: Conversation) -> Answer:
        """
        The answer from a reader, in its turn, while the client of *talk* waits for it.

        Raises:
            Problem: 429 or 503, for the one too many.
            ScholarGraphError: As `ReaderPool.query` does.
            Broken: What nobody foresaw.
            ClientGone: It did not wait.
        """
        with self._turns.turn(talk.client):
            if not asked.fickle:
                flight, first = self._service.answers.board(asked.key, state)
                answer = await self._outcome(flight, asked, state, talk, first=first)
                if first or answer.file is None:
                    return answer
            # Such an answer is nobody else's: a file is read once only.
            return await self._outcome(Flight(), asked, state, talk, first=True)

    def hurry(self) -> None:
        """Ends every query at once."""
        for run in list(self._runs.values()):
            run.flight.cancellation.cancel()
            if self._places.forget(run.flight):
                self._fail(run, QueryCancelled("the server stops; ask again later"))

    def close(self) -> None:
        """Ends every query, and takes no more."""
        self.hurry()
        self._crew.close()
        self._arrivals.close()

    async def _outcome(
        self, flight: Flight, asked: Question, state: str, talk: Conversation, *, first: bool
    ) -> Answer:
        loop = asyncio.get_running_loop()
        here = threading.get_ident()
        wait = _Wait(talk, loop.create_future())

        def arrive() -> None:
            if first:
                self._arrived(flight)
            wait.end(False)

        def tell() -> None:
            if threading.get_ident() == here:
                arrive()
            elif not loop.is_closed():
                loop.call_soon_threadsafe(arrive)

        self._service.answers.hear(flight, tell)
        if first:
            self._launch(_Run(flight, asked, state), talk.client)
        if self._ticking is not loop:
            self._ticking = loop
            loop.call_later(TICK, self._tick)
        self._waits.add(wait)
        left = True
        try:
            left = await wait.left
        finally:
            self._waits.discard(wait)
            if wait.watching is not None:
                wait.watching.cancel()
            if left:
                self._leave(flight, first=first)
        if left:
            raise ClientGone
        if flight.error is not None and not isinstance(flight.error, ScholarGraphError):
            raise Broken(flight.error)
        return flight.outcome()

    def _launch(self, run: _Run, client: str) -> None:
        self._runs[run.flight] = run
        self._places.take(client, run.flight, partial(self._start, run), partial(self._stop, run))

    def _start(self, run: _Run) -> None:
        run.begun = True
        pending = None
        cancellation = run.flight.cancellation
        if not cancellation.cancelled:
            pending = queries.begin(self._service, run.asked, run.state, cancellation)
        if pending is None:
            self._in_crew(run, partial(queries.compute, self._service, run.asked))
        else:
            run.since = time.monotonic()
            run.pending = pending
            # The loop waits for it: no thread has to be woken for it, nor wake this one.
            self._arrivals.expect(pending, partial(self._read, run, pending))

    def _stop(self, run: _Run) -> None:
        run.crowded = True
        run.flight.cancellation.cancel()

    def _read(self, run: _Run, pending: Pending) -> None:
        """Takes what has come from the reader of *run*."""
        try:
            answer = pending.more()
        except ReaderGone:
            self._bury(run, pending)
        except Exception as error:
            self._over(run, pending)
            self._fail(run, error)
        else:
            if answer is not None:
                self._over(run, pending)
                self._service.answers.land(run.flight, answer)

    def _bury(self, run: _Run, pending: Pending) -> None:
        self._over(run, pending)
        self._in_crew(run, lambda _: pending.bury())  # which may have to wait

    def _over(self, run: _Run, pending: Pending) -> None:
        run.pending = None
        self._arrivals.forget(pending)

    def _in_crew(self, run: _Run, compute: Callable[[Cancellation], Answer]) -> None:
        def explained(cancellation: Cancellation) -> Answer:
            try:
                return compute(cancellation)
            except QueryCancelled as error:
                raise _explained(run, error) from None

        run.crewed = True
        self._crew.do(partial(self._service.answers.fly, run.flight, explained))

    def _tick(self) -> None:
        """Looks at all that goes on: who is long, who takes too long, who may have left."""
        loop = asyncio.get_running_loop()
        now = time.monotonic()
        self._places.look()
        for run in list(self._runs.values()):
            waited = now - run.since
            if run.pending is not None:
                if waited >= run.pending.timeout:
                    run.pending.kill()
                    self._bury(run, run.pending)
            elif not run.begun and self._limited and waited >= PATIENCE:
                if self._places.forget(run.flight):
                    error = QueryTimeout(f"no reader was free within {PATIENCE:g} s")
                    self._fail(run, error)
        for wait in self._waits:
            if wait.watching is None and now - wait.since >= WATCH:
                wait.watching = loop.create_task(wait.watch())
        if self._runs or self._waits:
            loop.call_later(TICK, self._tick)
        else:
            self._ticking = None

    def _arrived(self, flight: Flight) -> None:
        run = self._runs.pop(flight, None)
        if run is not None and run.begun:
            if run.crewed:
                self._crew.done()
            self._places.give_back(flight)

    def _leave(self, flight: Flight, *, first: bool) -> None:
        self._service.answers.leave(flight, first=first)
        if flight.cancellation.cancelled and self._places.forget(flight):
            self._runs.pop(flight, None)

    def _fail(self, run: _Run, error: Exception) -> None:
        self._service.answers.fail(run.flight, _explained(run, error))


def _explained(run: _Run, error: Exception) -> Exception:
    """*error* as it is told."""
    if run.crowded and isinstance(error, QueryCancelled):
        return QueryTimeout(
            "the query was stopped: others wait, and enough long ones run already; ask for less, "
            "or try again later"
        )
    return error
