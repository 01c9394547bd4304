"""Queries put to the readers from an event loop: in turns, shared, stopped when nobody waits."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from scholargraph import ScholarGraphError
from scholargraph.graph.readers import Answer

from . import queries
from .answer_cache import Flight
from .conversation import ClientGone, Conversation
from .limits import Share, Turns
from .queries import Question
from .service import Service

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
        most = settings.readers + settings.queue
        # Half of the readers and of their queue stays free for others.
        limited = Share(each=max(1, most // 2), together=most)
        self._turns = Turns(limited if settings.limits else Share(None, None), "queries")
        self._threads = ThreadPoolExecutor(most, "queries")
        self._flights: set[Flight] = set()

    async def question(self, request: queries.Request) -> Question | None:
        """
        What `queries.question` says.

        Raises:
            Problem: As it does.
        """
        if len(request.body) + len(request.query_string) <= LONG:
            return queries.question(request)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, queries.question, request)

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
            return await self._outcome(Flight(()), asked, talk, first=True)

    def hurry(self) -> None:
        """Ends every query at once."""
        for flight in self._flights:
            flight.cancellation.cancel()

    def close(self) -> None:
        """Ends every query, and takes no more."""
        self.hurry()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _outcome(
        self, flight: Flight, asked: Question, talk: Conversation, *, first: bool
    ) -> Answer:
        answers = self._service.answers
        loop = asyncio.get_running_loop()
        landed = loop.create_future()

        def land(left: bool) -> None:
            if not landed.done():
                landed.set_result(left)

        flight.outcome.add_done_callback(lambda _: loop.call_soon_threadsafe(land, False))
        if first:
            self._flights.add(flight)
            compute = partial(queries.compute, self._service, asked)
            self._threads.submit(answers.fly, flight, compute)

        async def watch() -> None:
            await talk.gone()
            land(True)

        watching: list[asyncio.Task[None]] = []
        timer = loop.call_later(WATCH, lambda: watching.append(loop.create_task(watch())))
        left = True
        try:
            left = await landed
        finally:
            timer.cancel()
            for task in watching:
                task.cancel()
            self._flights.discard(flight)
            if left:
                answers.leave(flight, first=first)
        if left:
            raise ClientGone
        error = flight.outcome.exception()
        if error is not None and not isinstance(error, ScholarGraphError):
            raise Broken(error)
        return flight.outcome.result()
