"""Places at the readers: who comes next, what goes on beside the others, and what makes room."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

# What lasts longer than so many seconds is long, and goes on beside the short ones.
SHORT = 0.1
# Where that is full, what has lasted longest makes room, but not before so many seconds, nor before
# so many times what the one is expected to take that waits.
GRACE = 0.3
TIMES = 4
# Expected of whom nothing is known.
UNKNOWN = 0.5
# Of whom so many seconds are expected, nothing more begins while there is no room for what is long.
HEAVY = 1.0

# How much the latest counts in what is expected of a client, and the seconds after which half of
# that is forgotten. The others beside so many clients are unknown.
WEIGHT = 0.3
HALF_LIFE = 60.0
MOST_CLIENTS = 10_000


@dataclass(slots=True)
class _Client:
    """What one took: *seconds* on average until *when*; the number of its last *call*."""

    seconds: float | None = None
    when: float = 0.0
    call: int = 0


@dataclass(eq=False, slots=True)
class _Place:
    """One piece of work: it waits, or runs, *since* then."""

    client: str
    who: Hashable
    start: Callable[[], object]
    stop: Callable[[], object]
    since: float
    number: int
    long: bool = False
    stopped: bool = False


class Places:
    """
    *most* places for short work, and as many beside them for what proves to be long.

    Clients whose work has been short come before those whose work was long; among equals, clients
    take turns. So one who asks for minutes, under one address or under twenty, waits for those who
    ask for moments, and not they for him; for them, and where *limited*, long work is stopped too.

    Used on one thread.
    """

    def __init__(
        self, most: int, *, limited: bool = True, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._free = most
        self._room = most
        self._limited = limited
        self._clock = clock
        self._calls = 0
        self._taken = 0
        self._waiting: dict[Hashable, _Place] = {}
        # The same by client, each client's in their order, which is that of their turns.
        self._queues: dict[str, dict[Hashable, _Place]] = {}
        self._running: dict[Hashable, _Place] = {}
        self._clients: OrderedDict[str, _Client] = OrderedDict()

    def take(
        self,
        client: str,
        who: Hashable,
        start: Callable[[], object],
        stop: Callable[[], object],
    ) -> bool:
        """
        Calls *start* once there is a place for *who* of *client*; whether that was at once.

        `give_back` the place, or `forget` who still waits for one. *stop* is called on who has to
        make room, who then gives the place back like any other.
        """
        self._taken += 1
        place = _Place(client, who, start, stop, self._clock(), self._taken)
        self._waiting[who] = place
        self._queues.setdefault(client, {})[who] = place
        self._call()
        return who in self._running

    def give_back(self, who: Hashable) -> None:
        """Frees the place of *who* for the next."""
        place = self._running.pop(who)
        self._learn(place)
        if place.long:
            self._room += not place.stopped
        else:
            self._free += 1
        self._call()

    def forget(self, who: Hashable) -> bool:
        """Lets *who* wait no longer; whether it did."""
        if who not in self._waiting:
            return False
        self._dequeue(self._waiting[who])
        return True

    def _dequeue(self, place: _Place) -> None:
        del self._waiting[place.who]
        queue = self._queues[place.client]
        del queue[place.who]
        if not queue:
            del self._queues[place.client]

    def look(self) -> bool:
        """
        Moves what lasts beside the short ones, or has it make room; whether anything runs.

        To be called every `SHORT` seconds while that is so.
        """
        for place in list(self._running.values()):
            if not place.long and not place.stopped and self._age(place) >= SHORT:
                self._make_room(place)
        return bool(self._running)

    def _make_room(self, place: _Place) -> None:
        """Sees to it that *place*, which is long, does not keep short ones waiting."""
        if not self._room and (waiting := self._next()) is not None and self._limited:
            others = [other for other in self._running.values() if other.long]
            rivals = [
                other
                for other in (place, *others)
                if not other.stopped and other.client != waiting.client
            ]
            longest = max(rivals, key=self._age, default=None)
            needed = max(GRACE, TIMES * self._expected(waiting.client))
            if longest is not None and self._age(longest) >= needed:
                longest.stopped = True
                longest.stop()
                self._room += longest is not place
        if self._room and not place.stopped:
            self._room -= 1
            place.long = True
            self._free += 1
            self._call()

    def _call(self) -> None:
        while self._free and (place := self._next()) is not None:
            self._dequeue(place)
            self._running[place.who] = place
            self._free -= 1
            self._calls += 1
            self._known(place.client).call = self._calls
            place.since = self._clock()
            place.start()

    def _next(self) -> _Place | None:
        """Who is called next; where there is no room for long work, nobody who is heavy."""
        if not self._queues:
            return None
        first = [next(iter(queue.values())) for queue in self._queues.values()]
        place = first[0] if len(first) == 1 else min(first, key=self._order)
        return place if self._room or self._expected(place.client) < HEAVY else None

    def _order(self, place: _Place) -> tuple[int, int, int]:
        client = self._clients.get(place.client)
        # Whoever waits long enough comes before anybody.
        wanted = max(SHORT, self._expected(place.client)) / (1 + self._age(place))
        return math.ceil(math.log2(wanted)), client.call if client else 0, place.number

    def _age(self, place: _Place) -> float:
        return self._clock() - place.since

    def _expected(self, name: str) -> float:
        """Seconds that work of the client *name* is expected to take."""
        client = self._clients.get(name)
        if client is None or client.seconds is None:
            return UNKNOWN
        return client.seconds * math.pow(0.5, (self._clock() - client.when) / HALF_LIFE)

    def _learn(self, place: _Place) -> None:
        client = self._known(place.client)
        took = self._age(place) * (TIMES if place.stopped else 1)  # it would have lasted longer
        if client.seconds is None:
            client.seconds = took
        else:
            before = self._expected(place.client)
            client.seconds = before + WEIGHT * (took - before)
        client.when = self._clock()

    def _known(self, name: str) -> _Client:
        client = self._clients.setdefault(name, _Client())
        self._clients.move_to_end(name)
        if len(self._clients) > MOST_CLIENTS:
            self._clients.popitem(last=False)
        return client
