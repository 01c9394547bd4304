"""Queries put to the readers from an event loop: in turns, shared, stopped when nobody waits."""

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from typing import NoReturn

from scholargraph import ScholarGraphError
from scholargraph.graph.cancellation import Cancellation
from scholargraph.graph.readers import Answer, Pending, ReaderGone
from scholargraph.graph.sparql import QueryCancelled, QueryTimeout

from . import queries
from .answer_cache import Flight
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


class Broken(Exception):
    """A query that ended with *error*, which is a bug or the machine's fault."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(str(error))
        self.error = error


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
        self._looking = False
        self._crew = Crew(2 * settings.readers, "query")  # short work, and as much long beside it
        self._flights: set[Flight] = set()  # until they have landed
        self._flying: set[Flight] = set()  # those that have a place
        self._crewed: set[Flight] = set()  # those of them that a thread of the crew is for

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
                answer = await self._outcome(flight, asked, talk, first=first)
                if first or answer.file is None:
                    return answer
            # Such an answer is nobody else's: a file is read once only.
            return await self._outcome(Flight(), asked, talk, first=True)

    def hurry(self) -> None:
        """Ends every query at once."""
        for flight in list(self._flights):
            flight.cancellation.cancel()
            if self._places.forget(flight):
                self._end(flight, QueryCancelled("the server stops; ask again later"))

    def close(self) -> None:
        """Ends every query, and takes no more."""
        self.hurry()
        self._crew.close()

    async def _outcome(
        self, flight: Flight, asked: Question, talk: Conversation, *, first: bool
    ) -> Answer:
        loop = asyncio.get_running_loop()
        landed = loop.create_future()

        def land(left: bool) -> None:
            if not landed.done():
                landed.set_result(left)

        def arrive() -> None:
            self._arrived(flight)
            land(False)

        here = threading.get_ident()

        def tell(_: object) -> None:
            if threading.get_ident() == here:
                arrive()
            elif not loop.is_closed():
                loop.call_soon_threadsafe(arrive)

        async def watch() -> None:
            await talk.gone()
            land(True)

        if first:
            self._launch(flight, asked, talk.client)
        flight.outcome.add_done_callback(tell)
        watching: list[asyncio.Task[None]] = []
        timer = loop.call_later(WATCH, lambda: watching.append(loop.create_task(watch())))
        left = True
        try:
            left = await landed
        finally:
            timer.cancel()
            for task in watching:
                task.cancel()
            if left:
                self._leave(flight, first=first)
        if left:
            raise ClientGone
        error = flight.outcome.exception()
        if error is not None and not isinstance(error, ScholarGraphError):
            raise Broken(error)
        return flight.outcome.result()

    def _launch(self, flight: Flight, asked: Question, client: str) -> None:
        loop = asyncio.get_running_loop()
        crowded = False

        def fly(compute: Callable[[Cancellation], Answer]) -> None:
            def explained(cancellation: Cancellation) -> Answer:
                try:
                    return compute(cancellation)
                except QueryCancelled:
                    if crowded:
                        raise QueryTimeout(
                            "the query was stopped: others wait, and enough long ones run "
                            "already; ask for less, or try again later"
                        ) from None
                    raise

            self._service.answers.fly(flight, explained)

        def start() -> None:
            self._flying.add(flight)
            pending = None
            if not flight.cancellation.cancelled:
                pending = queries.begin(self._service, asked, flight.cancellation)
            if pending is None:
                self._crewed.add(flight)
                self._crew.do(partial(fly, partial(queries.compute, self._service, asked)))
            else:
                self._follow(flight, pending, fly)
            if not self._looking:
                self._looking = True
                loop.call_later(SHORT, self._look)

        def stop() -> None:
            nonlocal crowded
            crowded = True
            flight.cancellation.cancel()

        def give_up() -> None:
            if self._places.forget(flight):
                self._end(flight, QueryTimeout(f"no reader was free within {PATIENCE:g} s"))

        self._flights.add(flight)
        if not self._places.take(client, flight, start, stop) and self._limited:
            loop.call_later(PATIENCE, give_up)

    def _follow(
        self,
        flight: Flight,
        pending: Pending,
        fly: Callable[[Callable[[Cancellation], Answer]], None],
    ) -> None:
        """Has the loop wait for *pending*: no thread has to be woken for it, nor wake this one."""
        loop = asyncio.get_running_loop()
        descriptor = pending.fileno()

        def over() -> None:
            loop.remove_reader(descriptor)
            timer.cancel()

        def bury() -> None:
            over()
            self._crewed.add(flight)
            self._crew.do(partial(fly, lambda _: pending.bury()))  # which may have to wait

        def readable() -> None:
            try:
                answer = pending.more()
            except ReaderGone:
                bury()
            except Exception as error:
                over()
                fly(partial(_raise, error))
            else:
                if answer is not None:
                    over()
                    fly(lambda _: answer)

        def slow() -> None:
            pending.kill()
            bury()

        timer = loop.call_later(pending.timeout, slow)
        loop.add_reader(descriptor, readable)

    def _look(self) -> None:
        self._looking = self._places.look()
        if self._looking:
            asyncio.get_running_loop().call_later(SHORT, self._look)

    def _arrived(self, flight: Flight) -> None:
        self._flights.discard(flight)
        if flight in self._flying:
            self._flying.remove(flight)
            if flight in self._crewed:
                self._crewed.remove(flight)
                self._crew.done()
            self._places.give_back(flight)

    def _leave(self, flight: Flight, *, first: bool) -> None:
        self._service.answers.leave(flight, first=first)
        if flight.cancellation.cancelled and self._places.forget(flight):
            self._flights.discard(flight)

    def _end(self, flight: Flight, error: ScholarGraphError) -> None:
        """Ends what has not begun."""
        self._service.answers.fly(flight, partial(_raise, error))


def _raise(error: BaseException, _: Cancellation) -> NoReturn:
    raise error
