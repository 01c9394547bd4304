"""How much memory there is, and how much of it a process may take."""

import re
import resource
from collections.abc import Iterator
from pathlib import Path

_MB = 1024 * 1024
# Counted as a group's usage, but given up as soon as somebody needs memory.
_CACHED = r"^(?:total_)?inactive_file (\d+)"


def available(root: Path = Path("/")) -> int:
    """
    Bytes that may still be taken without pushing others out: the machine's or, if they are fewer,
    those of the control groups that this process belongs to; 0 where the kernel does not say.

    /proc and /sys are those under *root*.
    """
    rooms = [_kilobytes(root / "proc/meminfo", "MemAvailable") * 1024]
    rooms += [most - usage for most, usage in _groups(root)]
    return max(0, min(rooms))


def data_bytes() -> int:
    """What this process has of the memory that `limit` limits: heap and private mappings."""
    return _kilobytes(Path("/proc/self/status"), "VmData") * 1024


def limit(memory_mb: int, *, beyond: int = 0) -> None:
    """
    Lets this process have *memory_mb* over *beyond* bytes, and dump no core.

    RLIMIT_AS would count RocksDB's and threads' address space too, which is five times what a
    reader has in memory.
    """
    memory = memory_mb * _MB + beyond
    allowed = resource.getrlimit(resource.RLIMIT_DATA)[1]
    if allowed != resource.RLIM_INFINITY:
        memory = min(memory, allowed)
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _kilobytes(file: Path, name: str) -> int:
    if not file.exists():  # not Linux
        return 0
    for line in file.read_text().splitlines():
        key, _, value = line.partition(":")
        if key == name:
            return int(value.split()[0])
    return 0


def _groups(root: Path) -> Iterator[tuple[int, int]]:
    """Limit and usage, in bytes, of each control group above this process, of version 1 or 2."""
    mounted, own = root / "sys/fs/cgroup", root / "proc/self/cgroup"
    for line in own.read_text().splitlines() if own.exists() else ():
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            top, files = mounted, ("memory.max", "memory.current")
        elif "memory" in controllers.split(","):
            top, files = mounted / "memory", ("memory.limit_in_bytes", "memory.usage_in_bytes")
        else:
            continue
        # In a container the path is the host's, and the folder at the top is its own group's.
        folder = top / path.strip("/")
        for group in (folder, *folder.parents):
            if not group.is_relative_to(top):
                break
            try:
                most, usage = ((group / file).read_text().strip() for file in files)
                cached = re.findall(_CACHED, (group / "memory.stat").read_text(), re.MULTILINE)
            except OSError:
                continue
            if most.isdecimal():
                # Version 1 has two: the larger is with the groups below, as the usage is.
                yield int(most), int(usage) - max(map(int, cached), default=0)
