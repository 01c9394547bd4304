"""Files of lines that are written beside the answers, and never at their cost."""

import json
import logging
import os
import queue
import re
import select
import sys
import threading
import time
import weakref
from collections.abc import Collection, Mapping
from functools import lru_cache

# Lines that wait for the disk; what comes on top of them is dropped, and counted.
WAITING = 10_000
# Lines that go out in one write.
BATCH = 200
# Seconds for a pipe that takes nothing before its lines are dropped, and for the last lines.
PATIENCE = 2.0

# Logs name clients: the owner writes, the group reads.
MODE = 0o640

# RFC 6750 lets clients put tokens into addresses; we take none from there, and some send them.
_SECRETS = re.compile(r"((?:^|[?&;])[\w.-]*(?:token|secret|password|api_?key)=)[^&;]*", re.I)

_json = json.JSONEncoder(separators=(",", ":")).encode

_complaints = logging.getLogger(__name__)


class LineLog:
    """
    The file at *target*, or standard output for ``-``, and the one thread that writes to it.

    `write` never waits: a full disk, a closed pipe or a reader that stands still costs lines,
    which `dropped` counts. Lines are whole, in whatever threads they were written. A file that was
    renamed or removed, as log rotation does, is made anew.
    """

    def __init__(self, target: str) -> None:
        self._pen = _Pen(target)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._close = weakref.finalize(self, self._pen.finish)

    @classmethod
    def open(cls, target: str) -> "LineLog":
        """
        The log at *target*, whose file exists from now on.

        Raises:
            OSError: It cannot be written.
        """
        log = cls(target)
        log._pen.reopen()
        return log

    @property
    def dropped(self) -> int:
        """How many lines were not written."""
        return self._pen.dropped

    def write(self, members: Mapping[str, object]) -> None:
        """*members* as one line of JSON, in ASCII."""
        line = _json(members) + "\n"
        if self._thread is None:
            self._start()
        try:
            self._pen.lines.put_nowait(line)
        except queue.Full:
            self._pen.dropped += 1

    def _start(self) -> None:
        # Not before the first line: a server that forks after making the app keeps no threads.
        with self._lock:
            if self._thread is None:
                thread = threading.Thread(target=self._pen.run, name="line-log", daemon=True)
                self._pen.thread = thread
                thread.start()
                self._thread = thread

    def close(self) -> None:
        """Writes what waits, for `PATIENCE` seconds at most, and closes."""
        self._close()


class _Pen:
    """What the thread holds; apart from the log, so that a log nobody holds can close."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.lines: queue.Queue[str | None] = queue.Queue(WAITING)
        self.thread: threading.Thread | None = None
        self.dropped = 0
        self._file: int | None = None
        self._torn = False
        self._complained = False

    def run(self) -> None:
        last = False
        while not last:
            batch = [self.lines.get()]
            while len(batch) < BATCH and not self.lines.empty():
                batch.append(self.lines.get())
            last = None in batch
            self._write([line for line in batch if line is not None])

    def finish(self) -> None:
        if self.thread is not None and self.thread.is_alive():
            try:
                self.lines.put(None, timeout=PATIENCE)
                self.thread.join(PATIENCE)
            except queue.Full:
                return  # whoever reads our pipe stands still: the thread ends with the process
        if self._file is not None and not (self.thread and self.thread.is_alive()):
            self._let_go()

    def reopen(self) -> None:
        """Opens the file, anew if another is there now, as after a rotation."""
        if self.target == "-":
            self._file = sys.__stdout__.fileno() if sys.__stdout__ is not None else 1
            return
        if self._file is not None and not self._is_current(self._file):
            self._let_go()
        if self._file is None:
            # A pipe that nobody reads would else keep us waiting here.
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK
            self._file = os.open(self.target, flags, MODE)
            self._torn = False

    def _is_current(self, file: int) -> bool:
        try:
            return os.path.samestat(os.stat(self.target), os.fstat(file))
        except FileNotFoundError:
            return False

    def _let_go(self) -> None:
        if self.target != "-" and self._file is not None:
            os.close(self._file)
        self._file = None

    def _write(self, lines: list[str]) -> None:
        data = "".join(lines).encode()
        if self._torn:
            data = b"\n" + data  # ends the half line that a full disk left
        sent = 0
        try:
            self.reopen()
            while sent < len(data):
                sent += self._send(data[sent:])
        except OSError as error:
            self.dropped += len(lines) - data[:sent].count(b"\n") + (self._torn and sent > 0)
            self._torn = (self._torn and not sent) or (sent > 0 and data[sent - 1 : sent] != b"\n")
            if not self._complained:
                _complaints.warning("lines are lost: %s: %s", self.target, error)
            self._complained = True
        else:
            self._torn = self._complained = False

    def _send(self, data: bytes) -> int:
        assert self._file is not None
        try:
            return os.write(self._file, data)
        except BlockingIOError:
            if not select.select([], [self._file], [], PATIENCE)[1]:
                raise
            return 0


def utc(seconds: float) -> str:
    """
    A moment as logs give it, in UTC to the millisecond.

    >>> utc(1_700_000_000.25)
    '2023-11-14T22:13:20.250Z'
    """
    return f"{_second(int(seconds))}.{int(seconds * 1000) % 1000:03d}Z"


@lru_cache(2)
def _second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


def shown(text: str, most: int, secrets: Collection[str] = ()) -> str:
    """
    *text* for a log: *most* characters of it, without *secrets* and without what is named so.

    >>> shown("/update?access_token=abc&x=" + "y" * 99, 40)
    '/update?access_token=[secret]&x=yyyyyyyy…'
    """
    # Cut first, with room for a secret at the end: hostile texts are long.
    text = text[: most + 1000]
    if not text.isascii():
        text = text.encode("utf-8", "backslashreplace").decode()
    for secret in secrets:
        text = text.replace(secret, "[secret]")
    if "=" in text:
        text = _SECRETS.sub(r"\1[secret]", text)
    return text if len(text) <= most else f"{text[:most]}…"
