"""Answers that were asked for before, as long as the store has not changed."""

import threading
from collections import OrderedDict
from collections.abc import Callable

from scholargraph.graph.readers import Answer, Cancellation

# Answers to people have some kilobytes; those in files, above a megabyte, are never kept.
MOST = 64 * 1024 * 1024
# An answer takes half a kilobyte beside its bytes: many short ones are bounded too.
MANY = 50_000

Key = tuple[object, ...]


class Flight:
    """
    An answer on its way to whoever asked for it: once it has *landed*, there is an *answer* or else
    an *error*.

    The query behind it runs under *cancellation*, which `AnswerCache.leave` cancels once nobody
    waits any more. Without a *key* the answer is for one alone, and not kept.
    """

    __slots__ = (
        "answer",
        "cancellation",
        "error",
        "hearers",
        "key",
        "landed",
        "left_first",
        "waiting",
    )

    def __init__(self, key: Key | None = None) -> None:
        self.key = key
        self.landed = False
        self.answer: Answer | None = None
        self.error: BaseException | None = None
        self.hearers: list[Callable[[], object]] = []
        self.cancellation = Cancellation()
        self.waiting = 1
        self.left_first = False

    def outcome(self) -> Answer:
        """The answer of what has landed, or what went wrong, raised."""
        if self.error is not None:
            raise self.error
        assert self.answer is not None
        return self.answer


class AnswerCache:
    """
    The answers used last, up to *most* bytes and `MANY` of them, by what was asked of which state.

    Whoever asks for what is being computed gets that outcome too, be it an exception. *hits* and
    *misses* count who was answered from here and who was not.
    """

    def __init__(self, most: int = MOST) -> None:
        self.hits = 0
        self.misses = 0
        self._most = most
        self._lock = threading.Lock()
        self._answers: OrderedDict[Key, Answer] = OrderedDict()
        self._size = 0
        self._flights: dict[Key, Flight] = {}

    def answer(self, key: Key, state: str, compute: Callable[[], Answer]) -> Answer:
        """The answer to *key* in *state* of the store or, from *compute*, a newer one."""
        if (kept := self.kept(key, state)) is not None:
            return kept
        flight, first = self.board(key, state)
        if first:
            self.fly(flight, lambda _: compute())
        elif not flight.landed:
            landed = threading.Event()
            self.hear(flight, landed.set)
            landed.wait()
        answer = flight.outcome()
        return answer if answer.file is None or first else compute()  # a file is read once only

    def kept(self, key: Key, state: str) -> Answer | None:
        """The answer from before; waits for nothing but this cache's own lock."""
        key = (state, *key)
        with self._lock:
            answer = self._answers.get(key)
            if answer is not None:
                self._answers.move_to_end(key)
                self.hits += 1
        return answer

    def board(self, key: Key, state: str) -> tuple[Flight, bool]:
        """
        The flight that brings an answer that is not kept, and whether it is new.

        Whoever gets a new one calls `fly`; everybody waits for its outcome, or calls `leave`. An
        answer in a file is the first one's alone.
        """
        key = (state, *key)
        with self._lock:
            self.misses += 1
            flight = self._flights.get(key)
            if flight is not None:
                flight.waiting += 1
                return flight, False
            flight = self._flights[key] = Flight(key)
            return flight, True

    def fly(self, flight: Flight, compute: Callable[[Cancellation], Answer]) -> None:
        """Computes the outcome of *flight*, and keeps it where it is small and current."""
        try:
            answer = compute(flight.cancellation)
        except BaseException as error:
            self.fail(flight, error)
        else:
            self.land(flight, answer)

    def land(self, flight: Flight, answer: Answer) -> None:
        """Ends *flight* with *answer*, and keeps that where it is small and current."""
        with self._lock:
            if flight.key and answer.file is None and answer.state == flight.key[0]:
                self._keep(flight.key, answer)
            flight.answer = answer
            hearers = self._landed(flight)
            if flight.left_first:
                answer.close()
        for hearer in hearers:
            hearer()

    def fail(self, flight: Flight, error: BaseException) -> None:
        """Ends *flight* with *error*."""
        with self._lock:
            flight.error = error
            hearers = self._landed(flight)
        for hearer in hearers:
            hearer()

    def hear(self, flight: Flight, hearer: Callable[[], object]) -> None:
        """Has *hearer*, which raises nothing, called once *flight* has landed, or at once."""
        with self._lock:
            if not flight.landed:
                flight.hearers.append(hearer)
                return
        hearer()

    def leave(self, flight: Flight, *, first: bool) -> None:
        """Waits no longer; *first* is what `board` said."""
        with self._lock:
            flight.waiting -= 1
            flight.left_first |= first
            abandoned = flight.waiting == 0
            if abandoned:
                self._forget(flight)  # who comes now must not share the end of this one
            if first and flight.answer is not None:
                flight.answer.close()
        if abandoned:
            flight.cancellation.cancel()

    def _keep(self, key: Key, answer: Answer) -> None:
        if key in self._answers:
            return
        self._answers[key] = answer
        self._size += answer.size
        while self._size > self._most or len(self._answers) > MANY:
            self._size -= self._answers.popitem(last=False)[1].size

    def _landed(self, flight: Flight) -> list[Callable[[], object]]:
        """Whom to tell, without the lock, that *flight* has landed."""
        flight.landed = True
        self._forget(flight)
        hearers, flight.hearers = flight.hearers, []
        return hearers

    def _forget(self, flight: Flight) -> None:
        if flight.key and self._flights.get(flight.key) is flight:
            del self._flights[flight.key]
