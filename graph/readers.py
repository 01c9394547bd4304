"""
A pool of reader processes, for queries that nobody here wrote.

Oxigraph cannot cancel a query, so each runs in a process that can be killed: when its time is over
(`QueryTimeout`) or, by the kernel's limit on its data, when it wants too much memory
(`QueryTooLarge`). The next query starts another. An answer arrives only when it is complete.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import weakref
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Literal

from . import reader
from .cancellation import Cancellation
from .peers import NOBODY, Peers
from .sparql import (
    AnswerUnwritable,
    PeerError,
    QueryCancelled,
    QueryError,
    QueryRefused,
    QueryTimeout,
    QueryTooLarge,
)
from .store import Store, StoreError
from .turns import Turns

__all__ = ["Answer", "Cancellation", "Kind", "ReaderPool"]

Kind = Literal["solutions", "boolean", "graph"]

# How long a fresh process may take until it is ready: 0.2 s on an idle machine.
START = 60.0
# A whole answer already lies in the reader when its first byte comes: then only copying is left.
TRANSFER = 30.0
CHUNK = 256 * 1024

# Last words of a process that was refused memory: Rust's, RocksDB's and Python's.
_OUT_OF_MEMORY = ("memory allocation of", "std::bad_alloc", "MemoryError")


@dataclass(frozen=True, slots=True)
class Answer:
    """
    A whole answer: *size* bytes of *media_type*, computed from the *state* of the store.

    *body* holds them, or *file* where they are more than a megabyte. Close it, or read `chunks` to
    their end.
    """

    kind: Kind
    media_type: str
    state: str
    size: int
    body: bytes = field(default=b"", repr=False)
    file: BinaryIO | None = None

    def chunks(self) -> Iterator[bytes]:
        """The bytes, in order, once."""
        if self.file is None:
            yield self.body
            return
        with self.file as file:
            while chunk := file.read(CHUNK):
                yield chunk

    def close(self) -> None:
        """Lets the file go."""
        if self.file is not None:
            self.file.close()


class ReaderPool:
    """
    At most *processes* readers of *store*, started when they are first needed.

    *timeout* is seconds for one query, once it has its turn; *memory_mb* bounds one reader's
    memory, *max_answer* the bytes of an answer, *patience* the seconds a query waits for its turn,
    *queue* how many may wait at once; None lets any number wait. *peers* may be asked by SERVICE.
    """

    def __init__(
        self,
        store: Store,
        *,
        processes: int = 2,
        timeout: float = 10.0,
        memory_mb: int = 1024,
        max_answer: int = 1 << 30,
        patience: float = 30.0,
        queue: int | None = None,
        peers: Peers = NOBODY,
    ) -> None:
        self.store = store
        self.timeout = timeout
        self.memory_mb = memory_mb
        self.max_answer = max_answer
        self.peers = peers
        self._turns = Turns(processes, patience=patience, queue=queue)
        self._idle: deque[_Process] = deque()
        self._lock = threading.Lock()
        self._started = 0
        self._killed = {"timeout": 0, "memory": 0, "cancelled": 0}
        self._alive: set[_Process] = set()
        self._close = weakref.finalize(self, _stop_all, self._alive, os.getpid())

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
        question = {
            "text": text,
            "solutions": results,
            "boolean": boolean,
            "graph": graph,
            "default_graphs": list(default_graphs),
            "named_graphs": list(named_graphs),
            "base": base_iri,
            "peers": self.peers.json(),
        }
        if cancellation is None:
            cancellation = Cancellation()
        if not self._close.alive:
            raise StoreError("this pool of readers is closed")
        self._turns.take(cancellation)
        try:
            process = self._reader()
            answer = None
            try:
                with cancellation.interrupting(process.kill):
                    answer = process.ask(question, self.timeout)
            except BaseException as error:
                if answer is not None:
                    answer.close()
                self._count(error)
                raise
            finally:
                self._part(process)
        finally:
            self._turns.give_back()
        return answer

    def close(self) -> None:
        """Ends every reader."""
        self._close()

    def counts(self) -> dict[str, int]:
        """
        Readers *busy* and *idle* and queries *waiting* for one, now; readers *started*, and
        *killed_timeout*, *killed_memory* and *killed_cancelled*, since the pool was made.
        """
        idle = len(self._idle)
        return {
            "busy": max(0, len(self._alive) - idle),
            "idle": idle,
            "waiting": self._turns.waiting,
            "started": self._started,
        } | {f"killed_{cause}": number for cause, number in self._killed.items()}

    def _reader(self) -> "_Process":
        """A reader that lives, for this query alone."""
        while self._idle:
            process = self._idle.pop()
            if process.lives:
                return process
            self._end(process)
        process = _Process(self)
        self._alive.add(process)
        with self._lock:
            self._started += 1
        return process

    def _part(self, process: "_Process") -> None:
        if process.usable:
            self._idle.append(process)
        else:
            self._end(process)

    def _end(self, process: "_Process") -> None:
        self._alive.discard(process)
        process.stop()

    def _count(self, error: BaseException) -> None:
        with self._lock:
            if isinstance(error, QueryTimeout):
                self._killed["timeout"] += 1
            elif isinstance(error, QueryCancelled):
                self._killed["cancelled"] += 1
            elif isinstance(error, QueryTooLarge) and not isinstance(error, _AnswerTooLong):
                self._killed["memory"] += 1


class _AnswerTooLong(QueryTooLarge):
    """The reader itself stopped writing, and is as good as before."""


class _Process:
    """One reader process and the socket to it."""

    def __init__(self, pool: ReaderPool) -> None:
        ours, theirs = socket.socketpair()
        # What the engine says when it dies is read after its death only.
        self._complaints = tempfile.TemporaryFile()
        with theirs:
            self._process = subprocess.Popen(
                # -P: else a folder named `graph` beside the server's would be found first.
                [sys.executable, "-P", "-m", reader.__name__, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._complaints,
                pass_fds=[theirs.fileno()],
                env=os.environ | {"RUST_BACKTRACE": "0"},
            )
        # A process id may be somebody else's by the time that it gets a signal.
        self._handle = os.pidfd_open(self._process.pid)
        self._socket = ours
        self._ready = False
        self.usable = True
        self._memory_mb = pool.memory_mb
        self._setting = {
            "store": str(pool.store.path),
            "memory_mb": pool.memory_mb,
            "most": pool.max_answer,
            "patience": pool.timeout + TRANSFER,
        }

    @property
    def lives(self) -> bool:
        return self._process.poll() is None

    def ask(self, question: reader.Header, timeout: float) -> Answer:
        """The answer; *usable* is whether this process can give another one."""
        self.usable = False
        try:
            if not self._ready:
                self._socket.settimeout(START)
                reader.send(self._socket, self._setting)
                reader.receive(self._socket)
                self._ready = True
            self._socket.settimeout(timeout)
            reader.send(self._socket, question)
            header = reader.receive(self._socket)
            self._socket.settimeout(TRANSFER)
            answer = None if "error" in header else self._answer(header)
        except TimeoutError:
            raise QueryTimeout(
                f"the query was stopped after {timeout:g} s; ask for less, for example with LIMIT"
            ) from None
        except (EOFError, ConnectionError):
            raise self._cause_of_death() from None
        if answer is None:
            refusal = self._refusal(header)
            self.usable = not isinstance(refusal, QueryTooLarge) or isinstance(
                refusal, _AnswerTooLong
            )
            raise refusal
        self.usable = True
        return answer

    def kill(self) -> None:
        """Ends what the process does, from any thread: `ask` then raises at once."""
        self.usable = False
        signal.pidfd_send_signal(self._handle, signal.SIGKILL)
        self._socket.shutdown(socket.SHUT_RDWR)

    def stop(self) -> None:
        """Ends the process, whatever it does."""
        self._process.kill()
        self._process.wait()
        self._socket.close()
        self._complaints.close()
        os.close(self._handle)

    def _answer(self, header: reader.Header) -> Answer:
        size = header["size"]
        body, file = b"", None
        if header.get("file"):
            _, descriptors, _, _ = socket.recv_fds(self._socket, 1, 1)
            if not descriptors:
                raise EOFError
            file = open(descriptors[0], "rb")
        else:
            body = reader.read(self._socket, size)
        return Answer(header["kind"], header["media"], header["state"], size, body, file)

    def _refusal(self, header: reader.Header) -> Exception:
        match header["error"]:
            case "query" | "refused" as kind:
                error = QueryError if kind == "query" else QueryRefused
                return error(header["message"], line=header["line"], column=header["column"])
            case "peer":
                return PeerError(header["message"])
            case "unwritable":
                return AnswerUnwritable(header["message"])
            case "answer":
                return _AnswerTooLong(
                    f"the answer is longer than {int(header['message']) // 1024 // 1024} MB; "
                    "ask for less, for example with LIMIT"
                )
            case "memory":
                return self._too_large()
            case _:
                return StoreError(header["message"])

    def _cause_of_death(self) -> Exception:
        status = self._process.wait()
        self._complaints.seek(0)
        complaints = self._complaints.read().decode(errors="replace")
        if any(sign in complaints for sign in _OUT_OF_MEMORY):
            return self._too_large()
        if status == -signal.SIGKILL:  # not ours: what the kernel does when memory is short
            return QueryTooLarge("the query's reader was killed: this machine is short of memory")
        if status == -signal.SIGSEGV or "overflowed its stack" in complaints:
            return QueryTooLarge("the query is nested too deeply for the engine")
        return RuntimeError(f"a reader ended with status {status}: {complaints[-4000:]}")

    def _too_large(self) -> QueryTooLarge:
        return QueryTooLarge(
            f"the query wanted more than {self._memory_mb} MB of memory; "
            "ask for less, for example with LIMIT"
        )


def _stop_all(processes: set[_Process], owner: int) -> None:
    # A server that forked after its first query must not end its sibling's readers.
    if os.getpid() != owner:
        return
    while processes:
        processes.pop().stop()
