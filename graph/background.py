"""What takes longer than a request: made once for each state, in a process of its own, and kept."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar, Generic, Protocol, TypeVar

from . import memory_room
from .snapshots import Snapshot, replace
from .state import state as state_of
from .store import Store

# Seconds that a request may wait where nothing was made yet: a small graph is done by then.
PATIENCE = 2.0


class Made(Protocol):
    """Something of one state of a store that can be written down."""

    @property
    def state(self) -> str:
        """What it was made of."""

    def text(self) -> str:
        """All of it; the store keeps that in a file."""


T = TypeVar("T", bound=Made)


class Background(ABC, Generic[T]):
    """
    Makes something of the newest state of *store* when asked; one process runs at a time.

    A state that is published meanwhile is seen to when the next request asks. Subclasses name the
    *module* that prints it, called with the address of the store, and the *file* beside the store's
    own in which it stays, so that a server that starts again need not make it again.
    """

    module: ClassVar[str]
    file: ClassVar[str]

    def __init__(self, store: Store) -> None:
        self._store = store
        self._changed = threading.Condition()
        self._kept: T | None = None
        self._looked = False
        self._process: subprocess.Popen[str] | None = None
        self._given_up = ""
        self._closed = False

    @staticmethod
    @abstractmethod
    def read(text: str) -> T:
        """
        What `Made.text` wrote.

        Raises:
            ValueError: It did not.
        """

    @property
    def busy(self) -> bool:
        """Whether something newer is being made."""
        return self._process is not None

    def newest(self, *, wait: float = PATIENCE) -> T | None:
        """
        The latest that there is, None where nothing was made yet; starts what is due.

        It waits at most *wait* seconds, and only where there is nothing of an earlier state either:
        *state* of what comes back may be an earlier one.
        """
        wanted = state_of(self._store)
        until = time.monotonic() + wait
        with self._changed:
            if not self._looked:
                self._kept, self._looked = self._saved(), True
            while True:
                known = self._kept is not None and self._kept.state == wanted
                if not known and self._process is None and not self._over(wanted):
                    self._start(wanted)
                left = until - time.monotonic()
                if self._kept is not None or self._process is None or left <= 0:
                    return self._kept
                self._changed.wait(left)

    def close(self) -> None:
        """Ends what is under way."""
        with self._changed:
            self._closed = True
            if self._process is not None:
                self._process.kill()
            self._changed.notify_all()

    def _over(self, wanted: str) -> bool:
        return self._closed or wanted == self._given_up

    def _start(self, wanted: str) -> None:
        self._process = started(self.module, self._store)
        threading.Thread(target=self._follow, args=(self._process, wanted), daemon=True).start()

    def _follow(self, process: subprocess.Popen[str], wanted: str) -> None:
        assert process.stdin is not None and process.stdout is not None
        found: T | None = None
        with process.stdin, process.stdout as lines:
            with contextlib.suppress(ValueError):  # cut short: the process was killed
                found = self.read(lines.read())
        process.wait()
        with self._changed:
            self._process = None
            if found is None:
                # What cannot be made within the limits is not tried again until something changes.
                self._given_up = wanted
            else:
                self._kept = found
            self._changed.notify_all()
        if found is not None:
            with contextlib.suppress(OSError):  # the store may be read-only to us
                replace(self._store.path / self.file, found.text() + "\n")

    def _saved(self) -> T | None:
        try:
            return self.read((self._store.path / self.file).read_text("utf-8"))
        except (OSError, ValueError):
            return None


def started(module: str, store: Store) -> subprocess.Popen[str]:
    """*module*, at work on *store* in a process that ends when this one does."""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", module, store.address],
        stdin=subprocess.PIPE,  # `end_with_parent` sees it close
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
    )


def end_with_parent() -> None:
    """Ends this process once whoever started it is gone, and with it the other end of stdin."""

    def wait() -> None:
        sys.stdin.buffer.read()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


@contextlib.contextmanager
def newest_state(address: str, *, memory_mb: int, seconds: int) -> Iterator[tuple[Snapshot, str]]:
    """
    The newest snapshot of the store at *address*, and which state it is.

    For a process that works in the background: it gives way to others, may take *memory_mb* and
    *seconds*, and ends with the process that started it.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which then ends us
    signal.alarm(seconds)
    end_with_parent()
    os.nice(10)  # whoever asks something comes first
    memory_room.limit(memory_mb)
    store = Store.open(address)
    while True:
        found = state_of(store)
        with store.snapshot() as snapshot:
            if state_of(store) == found:  # nothing was committed in between
                yield snapshot, found
                return
