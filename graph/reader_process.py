"""A reader process as its pool sees it: what it is asked, and what it died of."""

import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, BinaryIO, Literal

from . import reader
from .frames import Arriving, Frame, Header, receive, send
from .sparql import (
    AnswerUnwritable,
    PeerError,
    QueryError,
    QueryRefused,
    QueryTimeout,
    QueryTooLarge,
)
from .store import StoreError

Kind = Literal["solutions", "boolean", "graph"]

# How long a fresh process may take until it is ready: 0.2 s on an idle machine.
START = 60.0
# A whole answer already lies in the reader when its first byte comes: then only copying is left.
TRANSFER = 30.0
CHUNK = 256 * 1024

# glibc keeps 7 freed blocks of a size at hand for a thread; the engine frees hundreds at a time.
# With 1000 a light query takes two thirds of the processor time (0.45 ms for 0.68 from disk, 0.22
# for 0.38 in memory), in as much memory. Other C libraries do not look at it.
_TUNABLES = "glibc.malloc.tcache_count=1000"

# Last words of a process that was refused memory: Rust's, RocksDB's (the second where it was for a
# thread) and Python's.
OUT_OF_MEMORY = ("memory allocation of", "std::bad_alloc", "std::system_error", "MemoryError")


def environment() -> dict[str, str]:
    """The variables that a process which runs the engine is started with."""
    tunables = [_TUNABLES, *filter(None, [os.environ.get("GLIBC_TUNABLES")])]
    return {**os.environ, "RUST_BACKTRACE": "0", "GLIBC_TUNABLES": ":".join(tunables)}


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


class ReaderStartled(Exception):
    """
    A reader ended itself for no reason; ask another.

    It asks the kernel to be ended with its pool. The kernel's word for that, SIGIO, may also be of
    the question's own arrival, where it comes late (twice in ten thousand on a busy machine).
    """


class ReaderProcess(ABC):
    """
    One reader and the socket to it.

    It is *usable* for another query unless the last one spoilt it; *complaints* is what it wrote to
    its standard error, read after its death only.
    """

    def __init__(self, peer: socket.socket, complaints: IO[bytes], memory_mb: int) -> None:
        self._peer = peer
        self._complaints = complaints
        self._memory_mb = memory_mb
        self._sound = True
        self._arriving = Arriving()
        self._killed = False
        self._waits: bool | None = None  # whether its socket is set to wait
        self._watched: select.epoll | None = None

    @property
    def usable(self) -> bool:
        """Whether another query may be put to it; never again once it was killed."""
        return self._sound and not self._killed

    @property
    def ready(self) -> bool:
        """Whether it can answer at once."""
        return True

    @property
    @abstractmethod
    def lives(self) -> bool:
        """Whether it can be asked; one may have been killed since the last query."""

    @abstractmethod
    def _kill(self) -> None:
        """Ends the process, whatever it does; may be called again, and from any thread."""

    @abstractmethod
    def _status(self) -> int:
        """What it ended with, as `subprocess.Popen.returncode` has it; waits for its end."""

    def ask(self, question: Header, timeout: float) -> Answer:
        """
        The answer, within *timeout* seconds; `stop` what is not *usable* afterwards.

        Raises: as `ReaderPool.query`, and RuntimeError for an end that no query should cause.
        """
        self._sound = False
        self._waits = True
        try:
            self._peer.settimeout(timeout)
            send(self._peer, question)
            frame = receive(self._peer)
        except TimeoutError:
            raise self.too_slow(timeout) from None
        except (EOFError, ConnectionError):
            raise self.cause_of_death() from None
        return self.answer(frame)

    def begin(self, question: Header) -> bool:
        """
        Asks without waiting; whether that could be. `more` brings the answer, `watch` tells when.

        Raises: ConnectionError where it has died.
        """
        if not self.ready:
            return False
        self._sound = False
        if self._waits is not False:
            self._waits = False
            self._peer.setblocking(False)
        send(self._peer, question)
        self._arriving = Arriving()
        return True

    def lend(self, desk: socket.socket) -> None:
        """
        Has it serve the connections that come over *desk*, and nothing else until that is closed.

        Raises: as `ask`.
        """
        self._waits = True
        self._peer.settimeout(TRANSFER)
        try:
            send(self._peer, {}, descriptor=desk.fileno())
        except (TimeoutError, ConnectionError):
            self._sound = False
            raise self.cause_of_death() from None

    def watch(self, poll: select.epoll) -> int:
        """
        The number by which *poll* tells, from now on, that something came.

        Once for each time (EPOLLET): between two queries nobody reads, and poll must not go on.
        """
        number = self._peer.fileno()
        if self._watched is not poll:
            poll.register(number, select.EPOLLIN | select.EPOLLET)
            self._watched = poll
        return number

    def more(self) -> Answer | None:
        """
        The answer to what was begun, None while it is not whole.

        Raises: as `ask`, but EOFError or ConnectionError where it has died.
        """
        try:
            while (frame := self._arriving.more(self._peer)) is None:
                pass
        except BlockingIOError:
            return None
        return self.answer(frame)

    def answer(self, frame: Frame) -> Answer:
        """What *frame* brings. Raises: as `ask`."""
        if "error" in frame.header:
            self._sound = frame.header["error"] != "memory"
            raise self._refusal(frame.header)
        self._sound = True
        return _answer(frame)

    def too_slow(self, timeout: float) -> QueryTimeout:
        """What is told of a query that took *timeout* seconds."""
        return QueryTimeout(
            f"the query was stopped after {timeout:g} s; ask for less, for example with LIMIT"
        )

    def kill(self) -> None:
        """Ends what the process does, from any thread: `ask` then raises at once."""
        self._killed = True
        self._peer.shutdown(socket.SHUT_RDWR)  # a large process takes a while to die
        self._kill()

    def stop(self) -> None:
        """Ends the process and lets go of it."""
        self._kill()
        self._peer.close()
        self._arriving.close()
        self._complaints.close()

    def _refusal(self, header: Header) -> Exception:
        match header["error"]:
            case "query" | "refused" as kind:
                error = QueryError if kind == "query" else QueryRefused
                return error(header["message"], line=header["line"], column=header["column"])
            case "peer":
                return PeerError(header["message"])
            case "unwritable":
                return AnswerUnwritable(header["message"])
            case "answer":
                return QueryTooLarge(
                    f"the answer is longer than {int(header['message']) // 1024 // 1024} MB; "
                    "ask for less, for example with LIMIT"
                )
            case "memory":
                return self._too_large()
            case _:
                return StoreError(header["message"])

    def cause_of_death(self) -> Exception:
        """What is told of a query that it died of, or `ReaderStartled`; waits for its end."""
        status = self._status()
        if status == -signal.SIGIO and not self._killed:
            return ReaderStartled()
        self._complaints.seek(0)
        complaints = self._complaints.read().decode(errors="replace")
        if any(sign in complaints for sign in OUT_OF_MEMORY):
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


class DiskReader(ReaderProcess):
    """A reader of snapshots, started here and limited as *setting* says."""

    def __init__(self, setting: Header) -> None:
        ours, theirs = socket.socketpair()
        complaints = tempfile.TemporaryFile()
        with theirs:
            self._process = subprocess.Popen(
                # -P: else a folder named `graph` beside the server's would be found first.
                [sys.executable, "-P", "-m", reader.__name__, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=complaints,
                pass_fds=[theirs.fileno()],
                env=environment(),
            )
        super().__init__(ours, complaints, setting["memory_mb"])
        with suppress(ConnectionError):  # it died at birth: whoever asks it will be told of what
            send(ours, setting)
        self._ready = False

    @property
    def lives(self) -> bool:
        return self._process.poll() is None

    @property
    def ready(self) -> bool:
        return self._ready

    def ask(self, question: Header, timeout: float) -> Answer:
        if not self._ready:
            self._await_start()
        return super().ask(question, timeout)

    def lend(self, desk: socket.socket) -> None:
        if not self._ready:
            self._await_start()
            self._sound = True
        super().lend(desk)

    def _await_start(self) -> None:
        self._sound = False
        self._peer.settimeout(START)
        try:
            receive(self._peer)
            self._ready = True
        except TimeoutError:
            raise QueryTimeout(
                f"no reader was ready within {START:g} s: this machine has too much to do; "
                "try again later"
            ) from None
        except (EOFError, ConnectionError):
            raise self.cause_of_death() from None

    def _kill(self) -> None:
        self._process.kill()

    def _status(self) -> int:
        return self._process.wait()

    def stop(self) -> None:
        super().stop()
        self._process.wait()


def _answer(frame: Frame) -> Answer:
    header = frame.header
    size, file = len(frame.body), None
    if frame.descriptor is not None:
        size, file = header["length"], open(frame.descriptor, "rb")
    return Answer(header["kind"], header["media"], header["state"], size, frame.body, file)
