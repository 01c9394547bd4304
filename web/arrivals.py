"""What comes from the readers, told on an event loop by one descriptor for all of them."""

import asyncio
import select
from collections.abc import Callable

from scholargraph.graph.readers import Pending


class Arrivals:
    """
    Calls whoever expects something of a reader, on the loop where it was first expected.

    A reader is made known to the kernel once, and the loop knows nothing of it: a query costs an
    entry in a dictionary, and no system call. The kernel itself forgets a reader whose socket is
    closed.
    """

    def __init__(self) -> None:
        self._poll = select.epoll()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._expected: dict[int, Callable[[], object]] = {}
        self._numbers: dict[Pending, int] = {}

    def expect(self, pending: Pending, arrived: Callable[[], object]) -> None:
        """Has *arrived* called whenever something may have come for *pending*, until `forget`."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop = loop
            loop.add_reader(self._poll.fileno(), self._tell)
        number = self._numbers[pending] = pending.watch(self._poll)
        self._expected[number] = arrived

    def forget(self, pending: Pending) -> None:
        """Expects nothing of *pending* any more."""
        del self._expected[self._numbers.pop(pending)]

    def close(self) -> None:
        """Expects nothing at all."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.remove_reader(self._poll.fileno())
        self._loop = None
        self._expected.clear()

    def _tell(self) -> None:
        for number, _ in self._poll.poll(0):
            # Of a reader that a thread has asked, the thread knows already.
            if (arrived := self._expected.get(number)) is not None:
                arrived()
