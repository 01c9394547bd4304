"""
Readers that hold the graph in memory, kept up to date.

They come from a parent process that loaded one state. After a commit nobody may be answered from it
any more: parent and readers end, then another parent loads the new state. Until it has,
`MemoryHost.reader` has none to give, and the pool reads from disk.
"""

import logging
import os
import threading
import time
from contextlib import suppress

from . import memory_room
from .frames import Header
from .memory_readers import Generation, Lost, MemoryReader
from .reader_process import OUT_OF_MEMORY
from .snapshots import FOLDER
from .state import state
from .store import Store, StoreError

_log = logging.getLogger(__name__)

# How often the state of the store is compared, in seconds, and how long it must have been the same
# before it is loaded: an import commits several times a second.
_TICK = 0.25
_SETTLED = 0.5
# After a load that the next commit made useless one waits twice as long for the next, up to this.
_MOST_SETTLED = 60.0
# Where a graph does not fit, it may after so many seconds.
_RETRY = 600.0
# What killed a parent may be waiting for the next one too.
_PAUSE = 5.0
_MB = 1024 * 1024


class MemoryHost:
    """
    Keeps a parent process of the newest state of *store*, where there is room for it.

    *readers* is how many there may be at once, *setting* what each of them is told. With *forced*
    nobody asks whether there is room.
    """

    def __init__(self, store: Store, setting: Header, *, readers: int, forced: bool) -> None:
        self._store = store
        self._setting = setting
        self._copies = readers + 2  # the parent's, and a spare reader's
        self._forced = forced
        self._generation: Generation | None = None
        self._ending: list[Generation] = []
        self._wake = threading.Condition()
        self._closed = False
        self._keeper: threading.Thread | None = None
        self._seen = ""
        self._since = 0.0
        self._settled = _SETTLED
        self._not_before = 0.0
        self._failed = 0, 0  # bytes on disk and room at the last load that was too large
        self._told = False
        self._started = 0

    @property
    def state(self) -> str | None:
        """The state that readers hold, None while they hold none."""
        generation = self._generation
        return generation.state if generation is not None else None

    @property
    def idle(self) -> int:
        """Readers that nobody uses now."""
        generation = self._generation
        return generation.idle if generation is not None else 0

    @property
    def started(self) -> int:
        """Readers forked so far."""
        generation = self._generation
        return self._started + (generation.started if generation is not None else 0)

    def start(self) -> None:
        """Begins to load the graph at once, in a thread of its own."""
        self._settled = 0.0
        self._keep_on()

    def reader(self, newest: str) -> MemoryReader | None:
        """A reader that holds the state *newest*, for one query; None where there is none."""
        generation = self._generation
        if generation is None or not self.holds(newest):
            return None
        try:
            reader = generation.take()
        except Lost:
            return None
        if not generation.spares:
            with self._wake:
                self._wake.notify()
        return reader

    def holds(self, newest: str) -> bool:
        """Whether readers hold the state *newest*; sees to it that they will."""
        generation = self._generation
        if generation is None or generation.state != newest:
            self._keep_on()
            return False
        return True

    def waiting_reader(self) -> MemoryReader | None:
        """A reader that has been asked before and waits for more; None where there is none."""
        generation = self._generation
        return generation.take_waiting() if generation is not None else None

    def _keep_on(self) -> None:
        if self._keeper is not None:
            return
        with self._wake:
            if self._keeper is None and not self._closed:
                self._keeper = threading.Thread(target=self._keep, name="memory", daemon=True)
                self._keeper.start()

    def close(self) -> None:
        """Ends every process."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        if self._keeper is not None:
            self._keeper.join()

    def _keep(self) -> None:
        while not self._closed:
            try:
                self._look()
            except (OSError, StoreError) as error:  # the store was removed, no process to be had
                _log.warning("the graph cannot be loaded into memory now: %s", error)
                self._not_before = time.monotonic() + _MOST_SETTLED
            with self._wake:
                if not self._closed:
                    self._wake.wait(_TICK)
        for generation in (*self._ending, self._generation):
            if generation is not None:
                generation.kill()
        self._generation = None

    def _look(self) -> None:
        newest = state(self._store)
        if newest != self._seen:
            self._seen, self._since = newest, time.monotonic()
        generation = self._generation
        if generation is not None and (generation.state != newest or not generation.lives):
            self._generation = None
            if generation.state == newest:
                _log.warning("the process that holds the graph in memory has ended")
                self._not_before = time.monotonic() + _PAUSE
            self._started += generation.started
            self._ending.append(generation)
        # Old and new never lie in memory at once: there may be no room for both.
        self._ending = [ending for ending in self._ending if not ending.end()]
        if self._generation is not None:
            self._keep_spare(self._generation)
        elif not self._ending and time.monotonic() >= self._not_before and self._store.exists:
            if time.monotonic() >= self._since + self._settled:
                self._load(newest)

    def _keep_spare(self, generation: Generation) -> None:
        """Has a reader ready for when another is killed, which the next query need not wait for."""
        if not generation.spares:
            with suppress(Lost):
                generation.spares.append(generation.fork())

    def _load(self, newest: str) -> None:
        room = self._room()
        if room is not None and not self._may_fit(room):
            return
        begin = time.monotonic()
        generation = Generation(self._store, self._setting, room)
        try:
            while not generation.loaded(_TICK):
                if self._closed or state(self._store) != newest:
                    generation.kill()
                    self._settled = min(2 * max(self._settled, _SETTLED), _MOST_SETTLED)
                    return
        except Lost as error:
            generation.kill()
            if room is not None and any(sign in str(error) for sign in OUT_OF_MEMORY):
                self._failed = self._on_disk(), room
                self._stay_on_disk(room)
                return
            _log.warning("the graph could not be loaded into memory: %s", error)
            self._not_before = time.monotonic() + _MOST_SETTLED
            return
        self._settled = _SETTLED
        self._told = False
        self._generation = generation
        self._keep_spare(generation)
        _log.info(
            "readers hold the graph in memory: %d MB each, loaded in %.1f s",
            generation.bytes // _MB,
            time.monotonic() - begin,
        )

    def _room(self) -> int | None:
        """Bytes that one copy of the graph may take; None where nobody asks."""
        return None if self._forced else memory_room.available() // 2 // self._copies

    def _may_fit(self, room: int) -> bool:
        """
        Whether loading is worth trying: the parent stops when it has taken *room*.

        In memory the graph has no fewer bytes than on disk: 1.1 times as many before the store was
        compacted, 2.4 times after (benchmarks/sparql/generate.py --papers 20000).
        """
        size = self._on_disk()
        failed_size, failed_room = self._failed
        known = failed_size and size > 0.9 * failed_size and room < 1.1 * failed_room
        if size <= room and not known:
            return True
        self._stay_on_disk(room)
        return False

    def _on_disk(self) -> int:
        folder = self._store.path / FOLDER / self._store.current()
        try:
            return sum(entry.stat().st_size for entry in os.scandir(folder))
        except FileNotFoundError:  # a commit has removed it
            return 0

    def _stay_on_disk(self, room: int) -> None:
        self._not_before = time.monotonic() + _RETRY
        if not self._told:
            self._told = True
            _log.info(
                "readers leave the graph on disk: %d copies of it do not fit into half of the "
                "memory available, %d MB each",
                self._copies,
                room // _MB,
            )
