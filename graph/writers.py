"""
Changes that outside requests ask for, made in a process that can be killed.

Oxigraph cannot cancel an update, and holds the store's lock for as long as one takes. So each runs
in a process of its own (`scholargraph.graph.writer`): when its time is over, or it wants too much
memory, that process ends, the lock is free and nothing has changed. Readers see a change when the
call for it returns.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, cast

from . import writer
from .documents import Document
from .frames import Header, receive, send
from .graph_store import Condition, Graph
from .peers import NOBODY, Peers
from .reader_process import OUT_OF_MEMORY, START
from .sparql import QueryError, QueryTooLarge, UpdateTimeout
from .store import Store, StoreBusy, StoreError

# Seconds to wait for another process's commit.
WAIT = 30.0
# Seconds in which a change that is made must be durable and seen: flushing and linking files.
PUBLISHING = 300.0

# What RocksDB says that finds no memory for a thread.
_NO_THREAD = "Resource temporarily unavailable"


class Writers:
    """
    Changes to *store*, one after the other.

    *timeout* is seconds for one change once its turn has come, *memory_mb* bounds the memory it
    takes, *peers* are whom its SERVICE and LOAD may ask.
    """

    def __init__(
        self,
        store: Store,
        *,
        timeout: float = 60.0,
        memory_mb: int = 1024,
        peers: Peers = NOBODY,
        wait: float = WAIT,
    ) -> None:
        self.store = store
        self.timeout = timeout
        self.memory_mb = memory_mb
        self.peers = peers
        self.wait = wait
        self._turn = threading.Lock()
        self._processes: list[_Process] = []
        self._close = weakref.finalize(self, _stop_all, self._processes, os.getpid())

    def update(
        self,
        text: str,
        *,
        using: Sequence[str] = (),
        using_named: Sequence[str] = (),
        base_iri: str | None = None,
    ) -> None:
        """
        Runs the SPARQL update *text*, as `scholargraph.graph.updates.update` does.

        Raises:
            UpdateTimeout: It ran too long, and has changed nothing.
            QueryTooLarge: It wanted too much memory, and has changed nothing.
            QueryError, QueryRefused, PeerError, StoreBusy: As there.
        """
        parts = {"using": list(using), "using_named": list(using_named), "base": base_iri}
        self._change({"change": "update", "text": text} | parts)

    def put(
        self,
        graph: Graph,
        documents: Sequence[Document],
        *,
        replace: bool,
        base: str,
        condition: Condition | None = None,
    ) -> bool:
        """
        Makes the documents' triples the whole of *graph* or adds them; whether the graph is new.

        Raises:
            RdfError, GraphChanged: As `scholargraph.graph.graph_store.put` says.
            UpdateTimeout, QueryTooLarge, StoreBusy: As for `update`.
        """
        header = {
            "change": "put",
            "graph": str(graph),
            "documents": [(document.media_type, len(document.data)) for document in documents],
            "replace": replace,
            "base": base,
            "condition": condition and condition.json(),
        }
        return bool(self._change(header, b"".join(document.data for document in documents)))

    def remove(self, graph: Graph, *, condition: Condition | None = None) -> bool:
        """
        Removes *graph*, or empties the default graph; whether it was there.

        Raises: as for `put`.
        """
        header = {"change": "remove", "graph": str(graph)}
        return bool(self._change(header | {"condition": condition and condition.json()}))

    def correct(self, request: dict[str, Any]) -> dict[str, Any]:
        """
        Makes the correction that *request* asks for, see `correcting.correct`; as JSON has it.

        Raises:
            CorrectionError: It is about what is not there, or makes no sense.
            UpdateTimeout, QueryTooLarge, StoreBusy: As for `update`.
        """
        made = cast("list[dict[str, Any]]", self._change({"change": "correct", "request": request}))
        return made[0]

    def withdraw(self, id: str) -> None:
        """
        Withdraws the correction *id*.

        Raises:
            CorrectionError: There is none.
            UpdateTimeout, QueryTooLarge, StoreBusy: As for `update`.
        """
        self._change({"change": "withdraw", "id": id})

    def close(self) -> None:
        """Ends the process; a change that has not been answered for may be undone."""
        self._close()

    def _change(self, header: Header, body: bytes = b"") -> object:
        if not self._turn.acquire(timeout=self.wait + self.timeout):
            raise StoreBusy("other changes wait to be made; try again later")
        try:
            if not self._close.alive:
                raise StoreError("this writer is closed")
            while True:
                with suppress(_Moved):
                    return self._changed(header, body)
        finally:
            self._turn.release()

    def _changed(self, header: Header, body: bytes) -> object:
        if self._processes and not self._processes[0].lives:
            self._processes.pop().stop()
        if not self._processes:
            self._processes.append(_Process(self))
        process = self._processes[0]
        try:
            answer = process.ask(header, body)
        except BaseException:
            if self._processes:
                self._processes.pop().stop()
            raise
        return process.value(answer)


class _Moved(Exception):
    """Nothing was changed: the store was moved away from under its writer. Ask another."""


class _Process:
    """The process that writes, and the socket to it."""

    def __init__(self, writers: Writers) -> None:
        self._timeout = writers.timeout
        self._wait = writers.wait
        self._memory_mb = writers.memory_mb
        self._setting: Header | None = {
            "store": str(writers.store.path),
            "memory_mb": writers.memory_mb,
            "peers": writers.peers.json(),
            "wait": writers.wait,
        }
        self._socket, theirs = socket.socketpair()
        self._complaints = tempfile.TemporaryFile()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", writer.__name__, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._complaints,
                pass_fds=[theirs.fileno()],
                env=os.environ | {"RUST_BACKTRACE": "0"},
            )

    @property
    def lives(self) -> bool:
        return self._process.poll() is None

    def ask(self, header: Header, body: bytes) -> Header:
        """What came of the change; after an exception, stop this process."""
        limits = {
            "preparing": self._timeout,
            "waiting": self._wait + START,
            "changing": self._timeout,
            "publishing": PUBLISHING,
        }
        step = "preparing"
        try:
            if self._setting is not None:
                self._socket.settimeout(START)
                send(self._socket, self._setting)
                receive(self._socket)
                self._setting = None
            self._socket.settimeout(limits[step])
            send(self._socket, header, body)
            while "step" in (answer := receive(self._socket).header):
                step = answer["step"]
                self._socket.settimeout(limits[step])
                send(self._socket, {})
        except TimeoutError:
            if step in ("preparing", "changing"):
                raise UpdateTimeout(
                    f"the change was stopped after {self._timeout:g} s and nothing has changed; "
                    "make it in smaller steps"
                ) from None
            raise StoreBusy(
                f"the change did not end while it was {step}; see whether it was made"
            ) from None
        except (EOFError, ConnectionError):
            raise self._cause_of_death() from None
        if answer.get("error") == "memory":
            raise self._too_large()
        return answer

    def value(self, answer: Header) -> object:
        """What the change returns, or raises."""
        if "error" not in answer:
            return answer["value"]
        kind = writer.ANSWERS[answer["error"]]
        if issubclass(kind, QueryError):
            raise kind(answer["message"], line=answer["line"], column=answer["column"])
        raise kind(answer["message"])

    def stop(self) -> None:
        """Ends the process, whatever it does."""
        self._process.kill()
        self._process.wait()
        self._socket.close()
        self._complaints.close()

    def _cause_of_death(self) -> Exception:
        status = self._process.wait()
        if status == writer.MOVED:
            return _Moved()
        self._complaints.seek(0)
        complaints = self._complaints.read().decode(errors="replace")
        if any(sign in complaints for sign in (*OUT_OF_MEMORY, _NO_THREAD)):
            return self._too_large()
        if status == -signal.SIGKILL:
            return QueryTooLarge("the change was stopped: this machine is short of memory")
        if status == -signal.SIGSEGV or "overflowed its stack" in complaints:
            return QueryTooLarge("the change is nested too deeply for the engine")
        return RuntimeError(f"a writer ended with status {status}: {complaints[-4000:]}")

    def _too_large(self) -> QueryTooLarge:
        return QueryTooLarge(
            f"the change wanted more than {self._memory_mb} MB of memory; make it in smaller steps"
        )


def _stop_all(processes: list[_Process], owner: int) -> None:
    # A server that forked after its first change must not end its sibling's writer.
    if os.getpid() != owner:
        return
    while processes:
        processes.pop().stop()
