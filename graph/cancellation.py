"""The means to stop a query whose answer nobody waits for any more."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .sparql import QueryCancelled


class Cancellation:
    """
    Stops one query, from any thread: hand it to `ReaderPool.query` and call `cancel`.

    Before the query, it never starts; while it waits for its turn, runs or sends its answer, it
    ends at once with `QueryCancelled`; after it, nothing happens.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._interrupt: Callable[[], None] | None = None
        self.cancelled = False

    def cancel(self) -> None:
        """Stops the query; a second time does nothing."""
        with self._lock:
            if not self.cancelled:
                self.cancelled = True
                # Under the lock: what this ends cannot serve another query meanwhile.
                if self._interrupt is not None:
                    self._interrupt()

    def check(self) -> None:
        """Raises: QueryCancelled once `cancel` was called."""
        if self.cancelled:
            raise QueryCancelled("the query was cancelled before its answer was whole")

    @contextmanager
    def interrupting(self, interrupt: Callable[[], None]) -> Iterator[None]:
        """
        Has `cancel` call *interrupt* while the block lasts, and never after it.

        Raises: QueryCancelled instead of entering, or in place of what an interrupted block raises.
        """
        self.hold(interrupt)
        try:
            yield
        finally:
            self.let_go()

    def hold(self, interrupt: Callable[[], None]) -> None:
        """
        Begins what `interrupting` lasts for; `let_go` ends it.

        Raises: QueryCancelled; then there is nothing to end.
        """
        with self._lock:
            self.check()
            self._interrupt = interrupt

    def let_go(self) -> None:
        """
        Ends what `hold` began.

        Raises: QueryCancelled where `cancel` was called meanwhile.
        """
        with self._lock:
            self._interrupt = None
        self.check()
