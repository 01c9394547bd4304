"""The census of the newest state of a store: counted once, in the background, and kept."""

import contextlib
import os
import subprocess
import threading
import time
from pathlib import Path

from .background import started
from .census import Census
from .snapshots import FOLDER, replace
from .state import state
from .store import Store

# Beside the store's own files, so that a server that starts again need not count again.
FILE = "census.json"

COUNTER = "scholargraph.graph.census"

# Seconds that a request may wait for figures: some 300,000 triples are counted by then.
PATIENCE = 2.0

# Bytes of a snapshot that are counted in a second.
SPEED = 20 * 1024 * 1024


class Censuses:
    """
    Counts the newest state of *store* when it is asked for; one counting runs at a time.

    A state that is published meanwhile is counted when the next request asks.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._changed = threading.Condition()
        self._kept: Census | None = None
        self._looked = False
        self._process: subprocess.Popen[str] | None = None
        self._counting = ""
        self._given_up = ""
        self._began = self._seconds = 0.0
        self._closed = False

    def newest(self, *, wait: float = PATIENCE) -> Census | None:
        """
        The latest census that there is, None where nothing was counted yet; starts what is due.

        It waits at most *wait* seconds for the census of the newest state, and not at all where
        counting takes longer than that: it did before, or the graph is too large. So *state* of
        what comes back may be an earlier one, and some of its figures may be absent.
        """
        wanted = state(self._store)
        until = time.monotonic() + wait
        with self._changed:
            if not self._looked:
                self._kept, self._looked = _saved(self._store.path / FILE), True
            while not self._known(wanted):
                if not self._counting and not self._closed:
                    self._start(wanted)
                left = until - time.monotonic()
                gone = time.monotonic() - self._began
                slow = max(self._seconds or self._expected(), gone) > wait
                if left <= 0 or slow:
                    break
                self._changed.wait(left)
                if self._closed:
                    break
            return self._kept

    def close(self) -> None:
        """Ends a counting that is under way."""
        with self._changed:
            self._closed = True
            if self._process is not None:
                self._process.kill()
            self._changed.notify_all()

    def _known(self, wanted: str) -> bool:
        if wanted == self._given_up:
            return True
        kept = self._kept
        return kept is not None and kept.complete and kept.state == wanted

    def _expected(self) -> float:
        """Seconds that the first counting will take; 0 where nobody can say."""
        with contextlib.suppress(OSError):  # of a store elsewhere, or just replaced by a newer one
            files = os.scandir(self._store.path / FOLDER / self._store.current())
            return sum(file.stat().st_size for file in files) / SPEED
        return 0.0

    def _start(self, wanted: str) -> None:
        self._counting, self._began = wanted, time.monotonic()
        self._process = started(COUNTER, self._store)
        threading.Thread(target=self._follow, args=(self._process,), daemon=True).start()

    def _follow(self, process: subprocess.Popen[str]) -> None:
        """Takes what *process* counts, as it comes."""
        assert process.stdin is not None and process.stdout is not None
        latest: Census | None = None
        with process.stdin, process.stdout as lines:
            for line in lines:
                with contextlib.suppress(ValueError):  # cut short: the process was killed
                    latest = Census.from_text(line)
                    self._take(latest)
        process.wait()
        with self._changed:
            self._seconds = time.monotonic() - self._began
            # What it counted may be newer than what was wanted of it, but never older. What cannot
            # be counted within the limits is not tried again until something changes.
            if latest is None or not latest.complete:
                self._given_up = self._counting
            self._counting, self._process = "", None
            self._changed.notify_all()
        if latest is not None and latest.complete:
            with contextlib.suppress(OSError):  # the store may be read-only to us
                replace(self._store.path / FILE, latest.text() + "\n")

    def _take(self, census: Census) -> None:
        with self._changed:
            kept = self._kept
            # A whole census of the state before says more than the first stage of this one.
            if kept is None or not kept.complete or census.complete or kept.state == census.state:
                self._kept = census


def _saved(path: Path) -> Census | None:
    try:
        return Census.from_text(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
