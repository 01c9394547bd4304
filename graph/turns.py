"""Turns: how many may work at once, and who comes next."""

import threading
from collections import deque

from .cancellation import Cancellation
from .sparql import QueryTimeout


class Turns:
    """
    At most *most* turns at once, first come, first served.

    *patience* is the seconds that one waits for its turn, *queue* how many may wait at once; None
    lets any number wait.
    """

    def __init__(self, most: int, *, patience: float, queue: int | None = None) -> None:
        self.free = most
        self.patience = patience
        self.queue = queue
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()

    @property
    def waiting(self) -> int:
        """How many wait at present."""
        return len(self._waiting)

    def take(self, cancellation: Cancellation) -> None:
        """
        Waits for a turn; `give_back` it.

        Raises: QueryTimeout; QueryCancelled.
        """
        with self._lock:
            cancellation.check()
            if self.free:
                self.free -= 1
                return
            if self.queue is not None and len(self._waiting) >= self.queue:
                raise QueryTimeout("too many queries wait for a reader; try again later")
            called = threading.Event()
            self._waiting.append(called)
        try:
            with cancellation.interrupting(called.set):
                called.wait(self.patience)
        except BaseException:
            if not self._leaves(called):
                self.give_back()
            raise
        if self._leaves(called):
            raise QueryTimeout(f"no reader was free within {self.patience:g} s; try again later")

    def take_free(self) -> bool:
        """A turn if one is free now; whether it was."""
        with self._lock:
            if not self.free:
                return False
            self.free -= 1
            return True

    def give_back(self) -> None:
        """Ends a turn; who has waited longest gets it."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self.free += 1

    def _leaves(self, called: threading.Event) -> bool:
        """Takes one out of the queue; whether it still was there, not called."""
        with self._lock:
            if called not in self._waiting:
                return False
            self._waiting.remove(called)
            return True
