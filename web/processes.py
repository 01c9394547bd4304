"""What this process and those that it started take of the machine, as Linux tells in /proc."""

import os
import resource
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Usage:
    """*processes* of them, CPU in seconds, resident memory in bytes, and open files."""

    processes: int = 0
    cpu: float = 0.0
    resident: int = 0
    files: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.processes + other.processes,
            self.cpu + other.cpu,
            self.resident + other.resident,
            self.files + other.files,
        )


def own() -> Usage:
    """What this process takes."""
    return _usage("self", reaped=False)


def descendants() -> Usage:
    """
    What the processes below this one take, and the CPU time of those that ended before.

    Memory that they share counts for each.
    """
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    living = (_usage(pid, reaped=True) for pid in _below("self"))
    return sum(living, Usage(cpu=ended.ru_utime + ended.ru_stime))


def started() -> float:
    """When this process began, in seconds since 1970; 0 where /proc does not say."""
    try:
        fields = _fields("self")
        with open(PROC / "stat", encoding="ascii") as file:
            boot = next(int(line.split()[1]) for line in file if line.startswith("btime "))
    except (OSError, StopIteration):
        return 0.0
    return boot + int(fields[19]) / os.sysconf("SC_CLK_TCK")


def _usage(pid: str, *, reaped: bool) -> Usage:
    try:
        fields = _fields(pid)
        files = sum(1 for _ in os.scandir(PROC / pid / "fd"))
    except OSError:  # it has just ended, or belongs to somebody else
        return Usage()
    # proc(5): utime, stime, then those of its children that ended; resident memory in pages.
    ticks = sum(int(field) for field in fields[11 : 15 if reaped else 13])
    pages = int(fields[21])
    return Usage(1, ticks / os.sysconf("SC_CLK_TCK"), pages * resource.getpagesize(), files)


def _fields(pid: str) -> list[bytes]:
    # A program's name stands in brackets before them, and may hold anything.
    return (PROC / pid / "stat").read_bytes().rpartition(b")")[2].split()


def _below(pid: str) -> Iterator[str]:
    for child in _children(pid):
        yield child
        yield from _below(child)


def _children(pid: str) -> Iterable[str]:
    children: list[str] = []
    try:
        for thread in os.listdir(PROC / pid / "task"):
            children += (PROC / pid / "task" / thread / "children").read_text("ascii").split()
    except OSError:
        pass
    return children
