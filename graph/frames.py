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
    data = bytearray()
    descriptors: list[int] = []
    try:
        start = _more(peer, data, _LENGTH.size, descriptors)
        end = start + _LENGTH.unpack_from(data)[0]
        _more(peer, data, end, descriptors)
        header: Header = json.loads(data[start:end].decode())
        _more(peer, data, end + header.get("size", 0), descriptors)
    except BaseException:
        for descriptor in descriptors:
            os.close(descriptor)
        raise
    return Frame(header, bytes(memoryview(data)[end:]), descriptors[0] if descriptors else None)


def _more(peer: socket.socket, data: bytearray, size: int, descriptors: list[int]) -> int:
    """Receives until *data* has *size* bytes."""
    while len(data) < size:
        # More than the header asks for is read at once: there is no other frame behind this one.
        chunk, ancillary, _, _ = peer.recvmsg(max(_CHUNK, size - len(data)), _ROOM)
        for level, kind, packed in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                descriptors.extend(struct.unpack(f"{len(packed) // 4}i", packed))
        if not chunk:
            raise EOFError
        data += chunk
    return size
