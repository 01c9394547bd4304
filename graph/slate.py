"""
A slate: what a reader that serves connections itself is at, for the server to see without asking.

It is memory of both processes, and a lock on it that the kernel takes from whoever ends. The reader
sends answers under the lock only, and not once the slate was *revoked*; so who has the lock knows
that no answer is half out, and by revoking it that none will be.
"""

import fcntl
import mmap
import os
import struct
import time

# The reader's part, and the server's: each is written by one of them only.
_WORK = struct.Struct("@dq")  # since when, and to whom an answer is sent
_REVOKED = struct.Struct("@q")
_REVOKED_AT = 64
_NOBODY = -1


class Slate:
    """One side of a slate, at the memory file *descriptor*, which is this side's own."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._memory = mmap.mmap(descriptor, mmap.PAGESIZE)

    @classmethod
    def pair(cls) -> tuple["Slate", int]:
        """A clean slate, and the descriptor for the other side of it."""
        descriptor = os.memfd_create("slate")
        os.ftruncate(descriptor, mmap.PAGESIZE)
        slate = cls(descriptor)
        slate.rest()
        # Locks are between openings of a file, so the other side has an opening of its own.
        return slate, os.open(f"/proc/self/fd/{descriptor}", os.O_RDWR | os.O_CLOEXEC)

    def close(self) -> None:
        """Lets go of this side."""
        self._memory.close()
        os.close(self._descriptor)

    # The reader's

    def begin(self) -> None:
        """A query is evaluated now."""
        _WORK.pack_into(self._memory, 0, time.monotonic(), _NOBODY)

    def rest(self) -> None:
        """Nothing is evaluated."""
        _WORK.pack_into(self._memory, 0, 0.0, _NOBODY)

    def send(self, number: int) -> bool:
        """Takes the lock to send connection *number* an answer; False where that is forbidden."""
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        if self.revoked:
            return False
        _WORK.pack_into(self._memory, 0, 0.0, number)
        return True

    def sent(self) -> None:
        """The answer is out, or what is left of it is not this side's to send."""
        self.rest()
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    # The server's

    @property
    def revoked(self) -> bool:
        """Whether nothing may be sent any more."""
        revoked: int = _REVOKED.unpack_from(self._memory, _REVOKED_AT)[0]
        return bool(revoked)

    @property
    def sending(self) -> int | None:
        """The connection whose answer is on its way; of a reader that ended, cut off."""
        number: int = _WORK.unpack_from(self._memory)[1]
        return None if number == _NOBODY else number

    @property
    def seconds(self) -> float:
        """How long the present query has taken."""
        since: float = _WORK.unpack_from(self._memory)[0]
        return time.monotonic() - since if since else 0.0

    def revoke(self) -> bool:
        """
        Forbids the reader to send anything; whether that could be, at once.

        It cannot while an answer is on its way, for some microseconds.
        """
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        _REVOKED.pack_into(self._memory, _REVOKED_AT, True)
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        return True
