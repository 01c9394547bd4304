"""
Frames: what a pool and its readers say to each other over a socket.

A frame is the length of its header in four bytes, the header as JSON, then as many bytes as the
header's *size* says; a descriptor may come with it. Questions and answers take turns, so a frame
never shares its bytes' arrival with the next one.
"""

import json
import os
import socket
import struct
from typing import Any, NamedTuple

Header = dict[str, Any]

_LENGTH = struct.Struct("!I")
_CHUNK = 64 * 1024
_ROOM = socket.CMSG_SPACE(struct.calcsize("i"))


class Frame(NamedTuple):
    """What arrived; whoever takes the *descriptor*, None where there is none, closes it."""

    header: Header
    body: bytes
    descriptor: int | None


def send(
    peer: socket.socket,
    header: Header,
    body: bytes | memoryview = b"",
    descriptor: int | None = None,
) -> None:
    """Sends one frame; *descriptor* stays open here."""
    text = json.dumps(header | {"size": len(body)} if body else header).encode()
    frame = b"".join((_LENGTH.pack(len(text)), text, body))
    if descriptor is None:
        peer.sendall(frame)
    else:
        sent = socket.send_fds(peer, [frame], [descriptor])
        peer.sendall(frame[sent:])


def receive(peer: socket.socket) -> Frame:
    """
    The next frame, whole.

    Raises:
        EOFError: The other side is gone.
        TimeoutError: Nothing came for as long as *peer* waits.
    """
    arriving = Arriving()
    try:
        while (frame := arriving.more(peer)) is None:
            pass
    except BaseException:
        arriving.close()
        raise
    return frame


class Arriving:
    """A frame that comes in parts."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._descriptors: list[int] = []
        self._header: Header | None = None
        self._start = _LENGTH.size
        self._size = _LENGTH.size

    def more(self, peer: socket.socket) -> Frame | None:
        """
        Receives once; the frame, if it is whole now.

        Raises:
            EOFError: The other side is gone.
            TimeoutError, BlockingIOError: Nothing has come, as *peer* is set.
        """
        data = self._data
        # More than the header asks for is read at once: there is no other frame behind this one.
        chunk, ancillary, _, _ = peer.recvmsg(max(_CHUNK, self._size - len(data)), _ROOM)
        for level, kind, packed in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                self._descriptors.extend(struct.unpack(f"{len(packed) // 4}i", packed))
        if not chunk:
            raise EOFError
        data += chunk
        if self._header is None:
            if len(data) < self._start:
                return None
            end = self._start + _LENGTH.unpack_from(data)[0]
            if len(data) < end:
                self._size = end
                return None
            self._header = json.loads(data[self._start : end].decode())
            self._start, self._size = end, end + self._header.get("size", 0)
        if len(data) < self._size:
            return None
        body = bytes(memoryview(data)[self._start :])
        descriptor = self._descriptors.pop() if self._descriptors else None
        return Frame(self._header, body, descriptor)

    def close(self) -> None:
        """Lets go of what came with a frame that nobody will have."""
        for descriptor in self._descriptors:
            os.close(descriptor)
