"""File locks: one writer at a time, and readers that keep their snapshot from being removed."""

import fcntl
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scholargraph import ScholarGraphError

# How often a waiting writer looks again; a commit of a few papers takes about 0.1 s.
_PAUSE = 0.05


class StoreError(ScholarGraphError):
    """A folder that is no store, or cannot be read or written."""


class StoreBusy(StoreError):
    """Another process is writing."""


class RemoteError(StoreError):
    """A server that cannot be reached, or does not answer as it should."""


@contextmanager
def writers_lock(path: Path, *, wait: float) -> Iterator[None]:
    """
    The right to write, for as long as the block lasts; the file says who has it.

    The kernel gives it back when the process ends, however it ends.

    Raises: StoreBusy after *wait* seconds.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        if not _locked(descriptor, fcntl.LOCK_EX):
            _wait(path, descriptor, wait)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"process {os.getpid()} ({_command()})\n".encode(), 0)
        try:
            yield
        finally:
            os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def _wait(path: Path, descriptor: int, wait: float) -> None:
    until = time.monotonic() + wait
    wish = os.open(wanted_file(path), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        fcntl.flock(wish, fcntl.LOCK_SH)
        while not _locked(descriptor, fcntl.LOCK_EX):
            if time.monotonic() >= until:
                holder = os.pread(descriptor, 200, 0).decode(errors="replace").strip()
                raise StoreBusy(
                    f"{path.parent}: store in use by {holder or 'another process'}; "
                    f"waited {wait:g} s: try again when it is done"
                )
            time.sleep(_PAUSE)
    finally:
        os.close(wish)


def wanted_file(path: Path) -> Path:
    """What whoever waits for the lock *path* holds meanwhile, together with all who wait."""
    return path.with_name(f"{path.name}.wanted")


def is_wanted(path: Path) -> bool:
    """Whether anybody waits for the lock *path*."""
    try:
        descriptor = os.open(wanted_file(path), os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return not _locked(descriptor, fcntl.LOCK_EX)
    finally:
        os.close(descriptor)


def folder_lock(path: Path, *, shared: bool) -> int | None:
    """
    A lock on the folder *path* until the descriptor is closed; None where it cannot be had at once.

    Raises: FileNotFoundError.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    if _locked(descriptor, fcntl.LOCK_SH if shared else fcntl.LOCK_EX):
        return descriptor
    os.close(descriptor)
    return None


def _locked(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _command() -> str:
    program = Path(sys.argv[0]).name if sys.argv else ""
    return " ".join([program or "python", *sys.argv[1:2]])[:80]
