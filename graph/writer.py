"""
A writer: a process of its own that makes the changes which outside requests ask for.

Started by `scholargraph.graph.writers` as ``python -m scholargraph.graph.writer FD``; it speaks in
frames over the socket that FD names. Of each change it says how far it is and goes on when it is
told to, so that the other side can bound every step, and kill it: the engine then changes nothing.

Between changes that follow each other closely the store stays open and locked, which saves half of
a commit's time, unless another process waits for it.
"""

import os
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from . import memory_room
from .correcting import correcting, withdrawing
from .corrections import CorrectionError
from .documents import Document, RdfError
from .frames import Frame, Header, receive, send
from .graph_store import (
    Condition,
    GraphChanged,
    graph_named,
    putting,
    removing,
)
from .marker import MARKER
from .peers import Peers
from .sparql import PeerError, QueryError, QueryRefused
from .store import Store, StoreBusy, StoreError, Writer
from .updates import updating

# What a writer ends with whose store was moved away.
MOVED = 75
# Seconds that the store stays open for a next change, and between looks at whether it is wanted.
LINGER = 1.0
PAUSE = 0.02

# Errors that are the answer to a change, by the name they have in a frame.
ANSWERS: dict[str, type[Exception]] = {
    "query": QueryError,
    "refused": QueryRefused,
    "peer": PeerError,
    "rdf": RdfError,
    "changed": GraphChanged,
    "busy": StoreBusy,
    "store": StoreError,
    "correction": CorrectionError,
}

Change = Callable[[Writer], Any]

# What the history calls each sort of change.
_OPERATIONS = {
    "update": "update",
    "put": "upload",
    "remove": "upload",
    "correct": "correction",
    "withdraw": "correction",
}


class ChangeProcess:
    """Makes the changes to *store* that come from *peer*, one at a time."""

    def __init__(self, store: Store, peer: socket.socket, setting: Header) -> None:
        self._store = store
        self._peer = peer
        self._peers = Peers.from_json(setting["peers"])
        self._wait: float = setting["wait"]
        self._stack = ExitStack()
        self._writer: Writer | None = None
        self._opened: tuple[int, int] | None = None

    def run(self) -> None:
        """Goes on until the other side is gone."""
        while True:
            self._linger()
            try:
                frame = receive(self._peer)
                answer = self._answer(frame)
                send(self._peer, answer)
                if self._writer is not None:
                    self._writer.sweep()  # takes as long as the rest of a small change
            except (EOFError, ConnectionError):
                return

    def _answer(self, frame: Frame) -> Header:
        try:
            change = self._prepared(frame)
            self._step("waiting")
            writer = self._held()
            self._step("changing")
            writer.begin(_OPERATIONS[frame.header["change"]])
            value = change(writer)
            self._step("publishing")
            writer.commit()
        except MemoryError:
            self._release()
            return {"error": "memory"}
        except tuple(ANSWERS.values()) as error:
            kind = next(name for name, kind in ANSWERS.items() if type(error) is kind)
            place = {"line": getattr(error, "line", 0), "column": getattr(error, "column", 0)}
            return {"error": kind, "message": str(error)} | place
        return {"value": value}

    def _step(self, name: str) -> None:
        send(self._peer, {"step": name})
        receive(self._peer)

    def _prepared(self, frame: Frame) -> Change:
        """What can be done, and refused, before anybody has to wait for it."""
        header = frame.header
        match header["change"]:
            case "update":
                return updating(
                    header["text"],
                    using=header["using"],
                    using_named=header["using_named"],
                    base_iri=header["base"],
                    peers=self._peers,
                )
            case "put":
                graph = graph_named(header["graph"])
                documents, start = [], 0
                for media_type, size in header["documents"]:
                    documents.append(Document(frame.body[start : start + size], media_type))
                    start += size
                return putting(
                    graph,
                    documents,
                    replace=header["replace"],
                    base=header["base"],
                    condition=Condition.from_json(header["condition"]),
                )
            case "correct":
                correct = correcting([header["request"]])
                return lambda writer: [made.json() for made in correct(writer)]
            case "withdraw":
                withdraw = withdrawing([header["id"]])
                return lambda writer: [gone.json() for gone in withdraw(writer)]
            case _:
                return removing(
                    graph_named(header["graph"]), condition=Condition.from_json(header["condition"])
                )

    def _held(self) -> Writer:
        """The store, open and locked: as it was left, or anew."""
        if self._writer is not None:
            self._end_if_moved()
            return self._writer
        self._writer = self._stack.enter_context(self._store.writing(wait=self._wait))
        self._opened = self._identity()
        return self._writer

    def _identity(self) -> tuple[int, int] | None:
        """What tells the store's folder from one that was put in its place."""
        try:
            found = os.stat(self._store.path / MARKER)
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    def _linger(self) -> None:
        until = time.monotonic() + LINGER
        while self._writer is not None:
            self._end_if_moved()
            if select.select([self._peer], [], [], PAUSE)[0]:
                return
            if time.monotonic() > until or self._store.wanted():
                self._release()

    def _end_if_moved(self) -> None:
        """
        Ends this process if another store stands where its own was: RocksDB knows its files by
        name, and would close that one's. What was acknowledged is on disk.
        """
        if self._identity() != self._opened:
            os._exit(MOVED)

    def _release(self) -> None:
        self._writer = None
        self._stack.close()


def _die_with(peer: socket.socket) -> None:
    """Ends this process, whatever it does, when the other side of *peer* is gone."""
    poll = select.poll()
    poll.register(peer, select.POLLHUP | select.POLLRDHUP)
    poll.poll()
    os.kill(os.getpid(), signal.SIGKILL)


def main(descriptor: int) -> None:
    """Makes what changes come over the socket *descriptor*, as its first frame says."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which then closes us
    with socket.socket(fileno=descriptor) as peer:
        setting = receive(peer).header
        memory_room.limit(setting["memory_mb"])
        threading.Thread(target=_die_with, args=(peer,), daemon=True).start()
        process = ChangeProcess(Store.open(setting["store"]), peer, setting)
        send(peer, {"ready": True})
        process.run()


if __name__ == "__main__":
    main(int(sys.argv[1]))
