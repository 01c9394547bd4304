"""
One state of the graph in memory, as a pool sees it: its parent process and the readers of it.

`scholargraph.graph.memory_parent` is the parent's own side.
"""

import json
import logging
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from contextlib import suppress
from typing import IO

from . import memory_parent
from .frames import Header
from .reader_process import ReaderProcess, environment
from .store import Store

# A parent answers within milliseconds unless the machine has no time for it.
_ANSWER = 10.0
# A reader's memory is given back within a tenth of a second.
_END = 2.0
# Where the kernel had no process to give, it is asked again after so many seconds.
_REFUSED = 30.0

_log = logging.getLogger(__name__)


class Lost(Exception):
    """The parent is gone, or cannot fork."""


class MemoryReader(ReaderProcess):
    """A reader forked by the parent of *generation*."""

    def __init__(
        self,
        generation: "Generation",
        number: int,
        peer: socket.socket,
        complaints: IO[bytes],
        handle: int,
    ) -> None:
        super().__init__(peer, complaints, generation.memory_mb)
        self.generation = generation
        self._number = number
        self._handle: int | None = handle
        self._lock = threading.Lock()
        self._ended = select.poll()
        self._ended.register(handle, select.POLLIN)

    @property
    def lives(self) -> bool:
        return not self._ended.poll(0)

    def _kill(self) -> None:
        with self._lock:
            if self._handle is not None:
                try:
                    signal.pidfd_send_signal(self._handle, signal.SIGKILL)
                except ProcessLookupError:
                    pass

    def _status(self) -> int:
        self._kill()  # it has closed its socket: its status stands, and it must not outlive it
        try:
            return self.generation.status(self._number)
        except Lost:
            return -signal.SIGKILL

    def stop(self) -> None:
        super().stop()
        with self._lock:
            if self._handle is not None:
                os.close(self._handle)
                self._handle = None


class Generation:
    """
    A parent process that loads the newest state of *store*, and the readers forked from it.

    *room* is how many bytes it may need, None for any number. *started* counts its readers,
    *spares* have not been asked anything yet.
    """

    def __init__(self, store: Store, setting: Header, room: int | None) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._complaints = tempfile.TemporaryFile()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", memory_parent.__name__, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._complaints,
                pass_fds=[theirs.fileno()],
                env=environment(),
            )
        self._control = ours
        self._control.settimeout(_ANSWER)
        self._answers = select.poll()  # select() knows the first thousand descriptors only
        self._answers.register(ours, select.POLLIN)
        with suppress(ConnectionError):  # `loaded` tells what it died of
            self._control.send(json.dumps(setting | {"room": room}).encode())
        self.memory_mb: int = setting["memory_mb"]
        self.state = ""
        self.bytes = 0
        self._lock = threading.Lock()
        self._asking = threading.Lock()
        self.started = 0
        self._out = 0
        self._no_fork_before = 0.0
        self._ending = False
        self._broken = False
        self._idle: deque[MemoryReader] = deque()
        self.spares: deque[MemoryReader] = deque()

    def loaded(self, seconds: float) -> bool:
        """
        Whether the parent has loaded its state, which may take *seconds* more.

        Raises: Lost.
        """
        if not self._answers.poll(seconds * 1000):
            return False
        answer, _ = self._receive()
        self.state, self.bytes = answer["state"], answer["bytes"]
        return True

    @property
    def idle(self) -> int:
        """Readers that nobody uses now."""
        return len(self._idle) + len(self.spares)

    @property
    def lives(self) -> bool:
        """Whether readers can still be forked from it."""
        return not self._broken and self._process.poll() is None

    def take(self) -> MemoryReader | None:
        """A reader for one query, None if this generation is at its end; `give_back` it."""
        with self._lock:
            if self._ending:
                return None
            self._out += 1
            for readers in (self._idle, self.spares):
                while readers:
                    reader = readers.pop()
                    if reader.lives:
                        return reader
                    reader.stop()
        try:
            return self.fork()
        except BaseException:
            self._put_back(None)
            raise

    def take_waiting(self) -> MemoryReader | None:
        """`take`, of those that have been asked before: without a fork, or a look at it."""
        with self._lock:
            if self._ending or not self._idle:
                return None
            self._out += 1
            return self._idle.pop()

    def give_back(self, reader: MemoryReader) -> None:
        """Ends one query's use of *reader*."""
        if not reader.usable:
            reader.stop()
            self._put_back(None)
        else:
            self._put_back(reader)

    def _put_back(self, reader: MemoryReader | None) -> None:
        with self._lock:
            self._out -= 1
            if reader is not None:
                self._idle.append(reader)
            if self._ending:
                self._stop_idle()

    def end(self) -> bool:
        """Lets nobody begin here any more; whether the last query is done and all memory free."""
        with self._lock:
            self._ending = True
            self._stop_idle()
            if self._out:
                return False
        self.kill()
        return True

    def kill(self) -> None:
        """Ends the parent, and all readers with it."""
        with self._lock:
            self._ending = True
            self._stop_idle()
        self._control.close()  # then it ends its readers, and itself
        try:
            self._process.wait(_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._complaints.close()

    def _stop_idle(self) -> None:
        for readers in (self._idle, self.spares):
            while readers:
                readers.pop().stop()

    def fork(self) -> MemoryReader:
        """
        A reader that nobody has asked yet.

        Raises: Lost.
        """
        if time.monotonic() < self._no_fork_before:
            raise Lost("no process was to be had a moment ago")
        ours, theirs = socket.socketpair()
        complaints = tempfile.TemporaryFile()
        try:
            with theirs, self._asking:
                self.started += 1
                number = self.started
                self._send({"fork": number}, theirs.fileno(), complaints.fileno())
                answer, handles = self._receive()
            if "refused" in answer:
                self._no_fork_before = time.monotonic() + _REFUSED
                _log.warning("no reader can be forked, disk is read instead: %s", answer["message"])
                raise Lost(answer["message"])
        except BaseException:
            ours.close()
            complaints.close()
            raise
        return MemoryReader(self, number, ours, complaints, handles[0])

    def status(self, number: int) -> int:
        """What the reader of this *number* ended with. Raises: Lost."""
        with self._asking:
            self._send({"end": number})
            answer, _ = self._receive()
        status: int | None = answer["status"]
        return -signal.SIGKILL if status is None else status

    def _send(self, message: Header, *descriptors: int) -> None:
        try:
            socket.send_fds(self._control, [json.dumps(message).encode()], descriptors)
        except OSError as error:
            self._broken = True
            raise Lost(str(error)) from error

    def _receive(self) -> tuple[Header, list[int]]:
        try:
            packet, handles, _, _ = socket.recv_fds(self._control, memory_parent.PACKET, 1)
        except OSError as error:
            self._broken = True  # what it may still answer would pass for another's answer
            raise Lost(str(error)) from error
        if not packet:
            raise Lost(self._last_words())
        return json.loads(packet), handles

    def _last_words(self) -> str:
        self._process.wait()
        self._complaints.seek(0)
        return self._complaints.read().decode(errors="replace")[-4000:]
