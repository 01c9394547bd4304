"""Threads for what an event loop must not wait for."""

import threading
from collections.abc import Callable
from queue import SimpleQueue


class Crew:
    """
    Threads that do one thing after another, at most *most*, started when they are needed.

    A quarter of what `ThreadPoolExecutor` costs: it is told on the event loop when one is done.
    """

    def __init__(self, most: int, name: str) -> None:
        self._most = most
        self._name = name
        self._work: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._busy = 0
        self._started = 0

    def do(self, work: Callable[[], object]) -> None:
        """Has *work* done, which raises nothing; `done` must follow."""
        self._busy += 1
        if self._busy > self._started < self._most:
            self._started += 1
            threading.Thread(target=self._run, name=self._name, daemon=True).start()
        self._work.put(work)

    def done(self) -> None:
        """One is free again."""
        self._busy -= 1

    def close(self) -> None:
        """Lets every thread go once it is free."""
        for _ in range(self._started):
            self._work.put(None)

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            work()
