"""The communities of the newest state of a store: found once, in the background, and kept."""

import contextlib
import subprocess
import sys
import threading
import time

from .communities import Communities
from .snapshots import replace
from .state import state
from .store import Store

# Beside the store's own files, so that a server that starts again need not look again.
FILE = "communities.json"

FINDER = "scholargraph.graph.communities"

# Seconds that a request may wait where nothing was found yet: a small graph is done by then.
PATIENCE = 2.0


class Folds:
    """
    Finds the communities of the newest state of *store* when asked; one search runs at a time.

    A state that is published meanwhile is searched when the next request asks.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._changed = threading.Condition()
        self._kept: Communities | None = None
        self._looked = False
        self._process: subprocess.Popen[str] | None = None
        self._given_up = ""
        self._closed = False

    def newest(self, *, wait: float = PATIENCE) -> Communities | None:
        """
        The latest communities that there are, None where none were found yet; starts what is due.

        It waits at most *wait* seconds, and only where there are none of an earlier state either:
        *state* of what comes back may be an earlier one.
        """
        wanted = state(self._store)
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
        """Ends a search that is under way."""
        with self._changed:
            self._closed = True
            if self._process is not None:
                self._process.kill()
            self._changed.notify_all()

    def _over(self, wanted: str) -> bool:
        return self._closed or wanted == self._given_up

    def _start(self, wanted: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", FINDER, str(self._store.path)],
            stdin=subprocess.PIPE,  # which ends the process when we end
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        )
        threading.Thread(target=self._follow, args=(self._process, wanted), daemon=True).start()

    def _follow(self, process: subprocess.Popen[str], wanted: str) -> None:
        assert process.stdin is not None and process.stdout is not None
        found: Communities | None = None
        with process.stdin, process.stdout as lines:
            with contextlib.suppress(ValueError):  # cut short: the process was killed
                found = Communities.from_text(lines.read())
        process.wait()
        with self._changed:
            self._process = None
            if found is None:
                # What cannot be found within the limits is not tried again until something changes.
                self._given_up = wanted
            else:
                self._kept = found
            self._changed.notify_all()
        if found is not None:
            with contextlib.suppress(OSError):  # the store may be read-only to us
                replace(self._store.path / FILE, found.text() + "\n")

    def _saved(self) -> Communities | None:
        try:
            return Communities.from_text((self._store.path / FILE).read_text("utf-8"))
        except (OSError, ValueError):
            return None
