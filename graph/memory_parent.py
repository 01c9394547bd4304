"""
A process that holds one state of the graph in memory and forks readers of it.

Started by `scholargraph.graph.memory_host` as ``python -m scholargraph.graph.memory_parent FD``,
where FD is a socket for packets of JSON. It has one thread and no open database when it forks: what
a fork would tear apart lives in the process that reads the snapshot for it, or not at all.

It ends when its host does, readers end when it does; no process of either is left behind.
"""

import ctypes
import fcntl
import gc
import io
import json
import os
import re
import resource
import select
import signal
import socket
import struct
import sys
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import pyoxigraph
from pyoxigraph import NamedNode, RdfFormat

from . import memory_room
from .frames import Header
from .reader import Reader
from .state import state
from .store import Store

PACKET = 64 * 1024
# A larger part is no quicker, and the engine needs some of its size beside the graph.
PART = 1024 * 1024
# The kernel counts from 1000 times what a process has of all memory: rather a reader than us.
_FIRST_TO_GO = 500

_LENGTH = struct.Struct("!I")
_PR_SET_PDEATHSIG = 1
_MADV_POPULATE_WRITE = 23
_MADV_COLLAPSE = 25
_HUGE = 2 * 1024 * 1024
_F_SETPIPE_SZ = 1031
_WRITABLE = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) rw-p \S+ \S+ 0 +(?:\[heap\])?$", re.MULTILINE)
_BLANK = b"_:"
_DONE = object()

_libc = ctypes.CDLL(None, use_errno=True)
_libc.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)


class NotWanted(Exception):
    """The host is gone, or wants another state."""


class Unread(Exception):
    """The snapshot was not read to its end."""


class Held:
    """One state of *store*'s graph, in memory."""

    def __init__(self, graph: pyoxigraph.Store, state: str, store: Store) -> None:
        self._graph = graph
        self._state = state
        self._store = store
        self._shared: Iterator[None] | None = None

    def newest(self) -> tuple[pyoxigraph.Store, str]:
        return self._graph, self._state

    def current(self) -> bool:
        return state(self._store) == self._state

    def idle(self) -> int | None:
        """
        Makes memory that this reader shares with its parent its own, a part each time.

        A query changes counters beside nearly everything that it reads, and then the kernel copies
        page by page: 5 microseconds each, which trebled the time of small queries. In one go it
        takes half as long, and nobody waits for it. Where the kernel can, the copy is made of huge
        pages, with which the same queries take a tenth to a fifth less of the processor.
        """
        if self._shared is None:
            self._shared = _owning()
        return 0 if next(self._shared, _DONE) is None else None


class Parent:
    """Forks readers of *held* for the host at the other end of *control*, and reaps them."""

    def __init__(self, held: Held, control: socket.socket, setting: Header) -> None:
        self._held = held
        self._control = control
        self._setting = setting
        self._numbers: dict[int, int] = {}
        self._ended: dict[int, int] = {}

    def run(self) -> None:
        """Does what the host asks until it is gone."""
        signal.signal(signal.SIGCHLD, self._reap)
        size = memory_room.data_bytes()
        _tell(self._control, {"ready": True, "state": self._held.newest()[1], "bytes": size})
        while True:
            packet, descriptors, _, _ = socket.recv_fds(self._control, PACKET, 2)
            if not packet:
                break
            wish = json.loads(packet)
            if "fork" in wish:
                self._fork(wish["fork"], *descriptors)
            else:
                self._tell_end(wish["end"])
        # Whoever adopts the readers of a parent that is gone may not be one to bury the dead.
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _end(*self._numbers)

    def _fork(self, number: int, peer: int, complaints: int) -> None:
        # Until its number is noted and its handle made, a reader must not be reaped.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        try:
            parent = os.getpid()
            pid = os.fork()
            if pid == 0:
                self._become_reader(parent, peer, complaints)
            self._numbers[pid] = number
            handle = os.pidfd_open(pid)
        except OSError as error:  # no memory or no process to be had
            _tell(self._control, {"refused": number, "message": str(error)})
        else:
            _tell(self._control, {"forked": number}, handle)
            os.close(handle)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
            os.close(peer)
            os.close(complaints)

    def _reap(self, *_signal: object) -> None:
        # Another signal may come, and this be called, between any two lines of this.
        for pid in list(self._numbers):
            with suppress(ChildProcessError):  # that call was quicker
                ended, status = os.waitpid(pid, os.WNOHANG)
                if ended:
                    self._note_end(pid, status)

    def _note_end(self, pid: int, status: int) -> None:
        self._ended[self._numbers.pop(pid)] = os.waitstatus_to_exitcode(status)
        while len(self._ended) > 100:  # of most, killed by the host, nobody will ask
            del self._ended[next(iter(self._ended))]

    def _tell_end(self, number: int) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        for pid in [pid for pid, running in self._numbers.items() if running == number]:
            self._note_end(*os.waitpid(pid, 0))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        _tell(self._control, {"end": number, "status": self._ended.pop(number, None)})

    def _become_reader(self, parent: int, peer: int, complaints: int) -> NoReturn:
        status = 1
        try:
            _die_with(parent)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
            os.dup2(complaints, 2)
            last = max(peer, complaints, 3)
            os.dup2(peer, last + 1)  # where neither is overwritten
            os.dup2(last + 1, 3)
            os.closerange(4, os.sysconf("SC_OPEN_MAX"))
            with suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
                file.write(str(_FIRST_TO_GO))
            memory_room.limit(self._setting["memory_mb"], beyond=memory_room.data_bytes())
            with socket.socket(fileno=3) as to_pool:
                Reader(self._held, to_pool, self._setting).run()
            status = 0
        except BaseException:
            # Nothing may get past here: above are the parent's frames.
            traceback.print_exc()
        finally:
            os._exit(status)


def load(store: Store, wanted: Callable[[], bool]) -> Held:
    """
    The newest state of *store* in memory.

    Another process reads the snapshot: quicker where there are two cores, and RocksDB's threads
    stay out of this one. 1.4 million triples took 7 s of that process and 4 s of this one
    (benchmarks/sparql/generate.py --papers 20000).

    Raises:
        NotWanted: *wanted* says so meanwhile.
        Unread: The other process has ended before it had read everything.
    """
    reading, writing = os.pipe()
    with suppress(OSError):  # a user may have so much in pipes and no more
        fcntl.fcntl(writing, _F_SETPIPE_SZ, PART)
    parent = os.getpid()
    dumper = os.fork()
    if dumper == 0:
        os.close(reading)
        _dump(parent, store, writing)
    os.close(writing)
    # A thread's random numbers begin where it first needs one, which loading may: readers forked
    # from that thread would all invent the same UUIDs.
    with ThreadPoolExecutor(1) as thread, open(reading, "rb", buffering=0) as pipe:
        try:
            graph, header = thread.submit(_load, pipe, wanted).result()
        except NotWanted:
            _end(dumper)
            raise
    _, status = os.waitpid(dumper, 0)
    if status:
        code = os.waitstatus_to_exitcode(status)
        raise Unread(f"the process that reads the snapshot ended with status {code}")
    return Held(graph, header["state"], store)


def _load(pipe: io.FileIO, wanted: Callable[[], bool]) -> tuple[pyoxigraph.Store, Header]:
    graph = pyoxigraph.Store()
    header: Header = {}
    if begin := _exactly(pipe, _LENGTH.size):
        header = json.loads(_exactly(pipe, _LENGTH.unpack(begin)[0]))
        for name in header["graphs"]:  # an empty one has no quad that would name it
            graph.add_graph(NamedNode(name))
    for part in _parts(pipe):
        if not wanted():
            raise NotWanted
        _extend(graph, part)
    return graph, header


def _dump(parent: int, store: Store, descriptor: int) -> NoReturn:
    status = 1
    try:
        _die_with(parent)
        name = state(store)
        with store.snapshot() as snapshot, open(descriptor, "wb", buffering=PART) as pipe:
            names = [g.value for g in snapshot.store.named_graphs() if isinstance(g, NamedNode)]
            header = json.dumps({"state": name, "graphs": names}).encode()
            pipe.write(_LENGTH.pack(len(header)) + header)
            snapshot.store.dump(pipe, RdfFormat.N_QUADS)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def _exactly(pipe: io.FileIO, size: int) -> bytes:
    data = b""
    while len(data) < size and (chunk := pipe.read(size - len(data))):
        data += chunk
    return data


def _parts(pipe: io.FileIO) -> Iterator[bytes]:
    """Whole lines of what comes through *pipe*."""
    rest = b""
    while chunk := pipe.read(PART):
        end = chunk.rfind(b"\n") + 1
        if end:
            yield rest + chunk[:end]
            rest = chunk[end:]
        else:
            rest += chunk


def _extend(graph: pyoxigraph.Store, part: bytes) -> None:
    """Adds the N-Quads in *part*; without checks, they come from a store."""
    if _BLANK in part:
        # `bulk_load` would give the nodes of each part names of its own.
        lines = part.splitlines(keepends=True)
        blank = b"".join(line for line in lines if _BLANK in line)
        part = b"".join(line for line in lines if _BLANK not in line)
        graph.bulk_extend(pyoxigraph.parse(blank, RdfFormat.N_QUADS, lenient=True))
    graph.bulk_load(part, RdfFormat.N_QUADS, lenient=True)


def _owning() -> Iterator[None]:
    """Makes the memory that this process writes to its own, a part with each step."""
    maps = _WRITABLE.findall(Path("/proc/self/maps").read_text())
    ranges = [(int(start, 16), int(end, 16)) for start, end in maps]
    if memory_room.available() < 2 * sum(end - start for start, end in ranges):
        return  # others may be in need of it
    for start, end in ranges:
        while start < end:
            stop = min(end, (start // _HUGE + 1) * _HUGE)
            if not _owned(start, stop):
                return  # the kernel is older than 5.14
            start = stop
            yield


def _owned(start: int, stop: int) -> bool:
    """Makes this part of the memory this process's own, in one huge page if that can be."""
    size = stop - start
    refused: int = 1
    if size == _HUGE:
        refused = _libc.madvise(start, size, _MADV_COLLAPSE)  # from Linux 6.1
    if refused:
        refused = _libc.madvise(start, size, _MADV_POPULATE_WRITE)
    return not refused


def _readable(peer: socket.socket) -> bool:
    return bool(select.select([peer], [], [], 0)[0])


def _die_with(parent: int) -> None:
    """Has the kernel kill this process when its *parent* ends."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before the kernel was told
        os._exit(1)


def _end(*children: int) -> None:
    for child in children:
        os.kill(child, signal.SIGKILL)
    for child in children:
        os.waitpid(child, 0)


def _tell(control: socket.socket, message: Header, *descriptors: int) -> None:
    socket.send_fds(control, [json.dumps(message).encode()], descriptors)


def main(descriptor: int) -> None:
    """Loads the store that the first packet over the socket *descriptor* names, and forks."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    with socket.socket(fileno=descriptor) as control:
        setting: Header = json.loads(control.recv(PACKET))
        allowed = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (setting["room"] or allowed[0], allowed[1]))
        try:
            held = load(Store.open(setting["store"]), lambda: not _readable(control))
        except NotWanted:
            return
        except Unread as error:  # that process has said why, unless it was killed
            sys.exit(str(error))
        resource.setrlimit(resource.RLIMIT_DATA, allowed)
        gc.collect()
        gc.freeze()  # a collection would write into every object that readers share with us
        Parent(held, control, setting).run()


if __name__ == "__main__":
    main(int(sys.argv[1]))
