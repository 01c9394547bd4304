"""
A pool of reader processes, for queries that nobody here wrote.

Oxigraph cannot cancel a query, so each runs in a process that can be killed: when its time is over
(`QueryTimeout`), when nobody waits for it any more (`Cancellation`) or, by the kernel's limit on
its data, when it wants too much memory (`QueryTooLarge`). The next query has another. An answer
arrives only when it is complete.
"""

import os
import select
import socket
import sys
import threading
import weakref
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Literal

from .cancellation import Cancellation
from .frames import Header
from .memory_host import MemoryHost
from .memory_readers import MemoryReader
from .peers import NOBODY, Peers
from .reader_process import (
    TRANSFER,
    Answer,
    DiskReader,
    Kind,
    ReaderProcess,
    ReaderStartled,
)
from .sparql import QueryCancelled, QueryTimeout, QueryTooLarge
from .state import state
from .store import Store, StoreError
from .turns import Turns

__all__ = ["Answer", "Cancellation", "Kind", "Memory", "Pending", "ReaderPool"]

Memory = Literal["auto", "on", "off"]

# A query of at most so many characters fits into a socket's buffer, with what goes with it.
SHORT = 32 * 1024


class ReaderPool:
    """
    At most *processes* readers of *store*, started when they are first needed, and beside them
    *lent* ones, which serve connections themselves.

    *timeout* is seconds for one query, once it has its turn; *memory_mb* bounds one reader's
    memory, *max_answer* the bytes of an answer, *patience* the seconds a query waits for its turn,
    *queue* how many may wait at once; None lets any number wait. *peers* may be asked by SERVICE.

    With *memory* ``on`` readers hold the graph in memory, ``auto`` where there is room for it, as
    soon as it has been loaded; with ``off``, and until then, they read it from disk.
    """

    def __init__(
        self,
        store: Store,
        *,
        processes: int = 2,
        lent: int = 0,
        timeout: float = 10.0,
        memory_mb: int = 1024,
        max_answer: int = 1 << 30,
        patience: float = 30.0,
        queue: int | None = None,
        peers: Peers = NOBODY,
        memory: Memory = "off",
    ) -> None:
        self.store = store
        self.timeout = timeout
        self.memory_mb = memory_mb
        self.max_answer = max_answer
        self._setting = {
            "store": str(store.path),
            "memory_mb": memory_mb,
            "most": max_answer,
            "patience": timeout + TRANSFER,
            "peers": peers.json(),
        }
        self._turns = Turns(processes, patience=patience, queue=queue)
        self._busy = 0
        self._idle: deque[DiskReader] = deque()
        self._lock = threading.Lock()
        self._started = 0
        self._killed = {"timeout": 0, "memory": 0, "cancelled": 0}
        self._alive: set[DiskReader] = set()
        self._host: MemoryHost | None = None
        if memory != "off" and sys.platform == "linux":
            self._host = MemoryHost(
                store, self._setting, readers=processes + lent, forced=memory == "on"
            )
        self._close = weakref.finalize(self, _stop_all, self._alive, self._host, os.getpid())

    def query(
        self,
        text: str,
        *,
        results: str = "application/sparql-results+json",
        boolean: str = "application/sparql-results+json",
        graph: str = "text/turtle",
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
        base_iri: str | None = None,
        cancellation: Cancellation | None = None,
    ) -> Answer:
        """
        The whole answer of *text*, in the media type asked for its kind.

        With *default_graphs* or *named_graphs* the query sees these graphs and no others.

        Raises:
            QueryError: *text* is no query, or a graph's name is no IRI.
            QueryRefused: It asks a server that is none of the pool's peers.
            PeerError: A server that it asks did not answer as it should.
            QueryTimeout: It ran too long and was killed, or waited too long for its turn.
            QueryCancelled: *cancellation* was cancelled before the answer was whole.
            QueryTooLarge: It wanted too much memory, or its answer is too long.
            AnswerUnwritable: RDF/XML cannot hold it.
            StoreError: The store cannot be read any more.
        """
        question = _question(text, results, boolean, graph, default_graphs, named_graphs, base_iri)
        return self.again(question, cancellation or Cancellation())

    def again(self, question: Header, cancellation: Cancellation) -> Answer:
        """`query`, of what was put into a frame already."""
        self._check_open()
        self._turns.take(cancellation)
        try:
            while True:
                with suppress(ReaderStartled):
                    return self._answer(question, cancellation)
        finally:
            self._turns.give_back()

    def _answer(self, question: Header, cancellation: Cancellation) -> Answer:
        reader = self._reader()
        answer = None
        try:
            with cancellation.interrupting(reader.kill):
                answer = reader.ask(question, self.timeout)
        except BaseException as error:
            if answer is not None:
                answer.close()
            if not reader.usable:
                self.count(error)
            raise
        finally:
            self._part(reader)
        return answer

    def begin(
        self,
        text: str,
        *,
        media_type: str,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
        base_iri: str | None = None,
        newest: str,
        cancellation: Cancellation,
    ) -> "Pending | None":
        """
        `query` for an event loop, where it need not wait for anything but the answer; else None.

        *media_type* is that of the answer, whatever its kind; *newest* the state of the store when
        the query came, or a later one. What an answer's own error is (a wrong query, say)
        `Pending.more` raises.

        Raises:
            QueryCancelled: *cancellation* was cancelled already.
        """
        length = len(text) + sum(map(len, (*default_graphs, *named_graphs, base_iri or "")))
        if length > SHORT or not self._close.alive or not self._turns.take_free():
            return None
        question = _question(
            text, media_type, media_type, media_type, default_graphs, named_graphs, base_iri
        )
        reader = self._waiting_reader(newest)
        if reader is None:
            self._turns.give_back()
            return None
        begun = False
        try:
            cancellation.hold(reader.kill)
            try:
                begun = reader.begin(question)
            except ConnectionError:  # killed by somebody else meanwhile: another will answer
                pass
            finally:
                if not begun:
                    cancellation.let_go()
        finally:
            if not begun:
                self.end(reader)
        return Pending(self, reader, question, cancellation) if begun else None

    def end(self, reader: ReaderProcess) -> None:
        """Ends the turn of a query, and its use of *reader*."""
        try:
            self._part(reader)
        finally:
            self._turns.give_back()

    def lend(self, desk: socket.socket) -> ReaderProcess:
        """
        A reader, beside all turns, that serves the connections which come over *desk*.

        `take_back` it, after `kill` where it has not ended well; until then *desk* is its own.

        Raises: as `query`.
        """
        self._check_open()
        reader = self._reader()
        try:
            reader.lend(desk)
        except BaseException:
            self._part(reader)
            raise
        return reader

    def take_back(self, reader: ReaderProcess) -> None:
        """Ends what `lend` began."""
        self._part(reader)

    def _waiting_reader(self, newest: str) -> ReaderProcess | None:
        """A reader that has been asked before and waits for more, for this query alone."""
        found: ReaderProcess | None
        if self._host is not None and self._host.holds(newest):
            found = self._host.waiting_reader()
        else:
            found = self._idle.pop() if self._idle else None
        if found is None:
            return None
        with self._lock:
            self._busy += 1
        return found

    def _check_open(self) -> None:
        if not self._close.alive:
            raise StoreError("this pool of readers is closed")

    def start(self) -> None:
        """Begins to load the graph into memory, if that is wanted; else the first query does."""
        if self._host is not None:
            self._host.start()

    @property
    def in_memory(self) -> bool:
        """Whether the next query is answered from memory."""
        return self._host is not None and self._host.state == state(self.store)

    def close(self) -> None:
        """Ends every reader."""
        self._close()

    def counts(self) -> dict[str, int]:
        """
        Readers *busy* and *idle* and queries *waiting* for one, now; readers *started*, and
        *killed_timeout*, *killed_memory* and *killed_cancelled*, since the pool was made.
        """
        host = self._host
        with self._lock:
            return {
                "busy": self._busy,
                "idle": len(self._idle) + (host.idle if host is not None else 0),
                "waiting": self._turns.waiting,
                "started": self._started + (host.started if host is not None else 0),
            } | {f"killed_{cause}": number for cause, number in self._killed.items()}

    def _reader(self) -> ReaderProcess:
        """A reader that lives, for this query alone."""
        reader = self._host.reader(state(self.store)) if self._host is not None else None
        found: ReaderProcess = reader if reader is not None else self._disk_reader()
        with self._lock:
            self._busy += 1
        return found

    def _disk_reader(self) -> DiskReader:
        while self._idle:
            reader = self._idle.pop()
            if reader.lives:
                return reader
            self._end(reader)
        return self._started_reader()

    def _started_reader(self) -> DiskReader:
        self._check_open()
        reader = DiskReader(self._setting)
        self._alive.add(reader)
        if not self._close.alive:  # meanwhile
            self._end(reader)
            self._check_open()
        with self._lock:
            self._started += 1
        return reader

    def _part(self, reader: ReaderProcess) -> None:
        with self._lock:
            self._busy -= 1
        if isinstance(reader, MemoryReader):
            reader.generation.give_back(reader)
        elif isinstance(reader, DiskReader):
            if not reader.usable:
                self._end(reader)
                if not self._close.alive or self.in_memory:
                    return
                try:
                    reader = self._started_reader()  # gets ready while nobody waits for it
                except (OSError, StoreError):
                    return  # whoever needs one next will be told
            self._idle.append(reader)

    def _end(self, reader: DiskReader) -> None:
        self._alive.discard(reader)
        reader.stop()

    def count(self, error: BaseException) -> None:
        """Counts a reader that *error* was the end of."""
        with self._lock:
            if isinstance(error, QueryTimeout):
                self._killed["timeout"] += 1
            elif isinstance(error, QueryCancelled):
                self._killed["cancelled"] += 1
            elif isinstance(error, QueryTooLarge):
                self._killed["memory"] += 1


class Pending:
    """A query that a reader works on, for whoever waits for `more` himself."""

    __slots__ = ("_cancellation", "_error", "_pool", "_question", "_reader", "timeout")

    def __init__(
        self,
        pool: ReaderPool,
        reader: ReaderProcess,
        question: Header,
        cancellation: Cancellation,
    ) -> None:
        self.timeout = pool.timeout
        self._pool = pool
        self._reader = reader
        self._question = question
        self._cancellation = cancellation
        self._error: Exception | None = None

    def watch(self, poll: select.epoll) -> int:
        """
        Has *poll* tell whenever there is `more`, by the number that comes back.

        It goes on telling of the reader, once for each time that something comes, whoever asked it;
        so this is done once for a reader, not for each query.
        """
        return self._reader.watch(poll)

    def more(self) -> Answer | None:
        """
        The answer, None while it is not whole; then the query is over, as with an error.

        Raises:
            ReaderGone: The reader has died, or must; `bury` it.
            As `ReaderPool.query` besides.
        """
        try:
            answer = self._reader.more()
        except (EOFError, ConnectionError):
            raise ReaderGone from None
        except Exception as error:
            if not self._reader.usable:
                self._error = error
                raise ReaderGone from None
            self._end()
            raise
        if answer is not None:
            try:
                self._end()
            except QueryCancelled:
                answer.close()
                raise
        return answer

    def _end(self) -> None:
        """Raises: QueryCancelled."""
        try:
            self._cancellation.let_go()
        finally:
            self._pool.end(self._reader)

    def kill(self) -> None:
        """Ends the reader of a query that has taken too long; `bury` it then."""
        self._error = self._reader.too_slow(self.timeout)
        self._reader.kill()

    def bury(self) -> Answer:
        """
        Waits for the end of the reader; another one's answer, if it died for no reason.

        Raises: as `ReaderPool.query`.
        """
        error = self._error or self._reader.cause_of_death()
        try:
            self._end()
        except QueryCancelled as cancelled:
            error = cancelled
        if isinstance(error, ReaderStartled):
            return self._pool.again(self._question, self._cancellation)
        self._pool.count(error)
        raise error


class ReaderGone(Exception):
    """There is no more to read from a reader."""


def _question(
    text: str,
    solutions: str,
    boolean: str,
    graph: str,
    default_graphs: Sequence[str],
    named_graphs: Sequence[str],
    base_iri: str | None,
) -> Header:
    return {
        "text": text,
        "solutions": solutions,
        "boolean": boolean,
        "graph": graph,
        "default_graphs": list(default_graphs),
        "named_graphs": list(named_graphs),
        "base": base_iri,
    }


def _stop_all(readers: set[DiskReader], host: MemoryHost | None, owner: int) -> None:
    # A server that forked after its first query must not end its sibling's readers.
    if os.getpid() != owner:
        return
    if host is not None:
        host.close()
    while readers:
        readers.pop().stop()
