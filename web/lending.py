"""
Lends connections to readers, where the server would do the same for each of their requests.

What a reader answers then is what `front` would have answered; how it does, and what it leaves to
us, stands in `scholargraph.graph.loans`. All that takes long, goes wrong or is new comes back here
and is asked anew, under the server's own rules.
"""

import asyncio
import json
import logging
import os
import socket
import sys
import time
from dataclasses import dataclass
from typing import Protocol, cast
from weakref import WeakKeyDictionary

from scholargraph import ScholarGraphError
from scholargraph.graph.loans import MOST_REQUEST, PACKET, Terms, query_in
from scholargraph.graph.percent import unquoted
from scholargraph.graph.reader_process import ReaderProcess
from scholargraph.graph.readers import ReaderPool
from scholargraph.graph.slate import Slate

from .conversation import Conversation, Headers
from .exchanges import Exchange
from .headers import QUERIES
from .limits import Rate
from .queries import Question, written_as
from .service import Service

log = logging.getLogger(__name__)

EXTENSION = "scholargraph.connection"

# So many short queries after one another make a connection worth lending, for so many more.
HABIT = 4
MOST = 512
# Where clients are limited, they pay in advance, and for at least so many.
LEAST = 16
SHORT = 0.1
# Seconds that a query may take there, until it is stopped and asked under the usual rules.
LATE = 0.25
# How often, in seconds, somebody looks whether a reader is late.
TICK = 0.05
# A reader tells of each connection sooner; one that does not has been stopped by somebody.
STUCK = 5.0
# Readers without connections go back to their pool after so many seconds.
UNUSED = 10.0
# Where no reader was to be had, nobody asks for one for so many seconds.
PAUSE = 30.0
# Connections at one reader, and those of one client where clients are limited.
CONNECTIONS = 64
OF_ONE_CLIENT = 16
_OURS = (b"content-length", b"etag")
_UNUSUAL = (
    b"authorization",
    b"content-length",
    b"expect",
    b"if-none-match",
    b"transfer-encoding",
    b"upgrade",
)


class Lendable(Protocol):
    """A connection, as far as it is lent."""

    @property
    def idle(self) -> bool:
        """Whether everything is answered, sent, and nothing else has come."""

    @property
    def latest(self) -> bytes:
        """What came last, in one piece; empty where that was long."""

    def lend(self) -> int:
        """Reads no more until it is taken back; its descriptor."""

    def take_back(self, rest: bytes = b"") -> None:
        """Sends *rest*, and reads on."""

    def abort(self) -> None:
        """Ends it now."""


@dataclass(slots=True)
class _Loan:
    """A *connection* that is lent, and how many requests of *client* may still be answered."""

    connection: Lendable
    client: str
    agent: str
    terms: Terms
    left: int


class _Borrower:
    """A reader of *pool* that connections are lent to; what it is told and tells, by *owner*."""

    def __init__(
        self, pool: ReaderPool, reader: ReaderProcess, owner: socket.socket, *, in_memory: bool
    ) -> None:
        self.pool = pool
        self.reader = reader
        self.owner = owner
        self.in_memory = in_memory
        self.slate, theirs = Slate.pair()
        socket.send_fds(owner, [b"{}"], [theirs])
        os.close(theirs)
        owner.setblocking(False)
        self.loans: dict[int, _Loan] = {}
        self.heard = time.monotonic()
        self.leaving = False  # nothing more is lent to it

    def lend(self, number: int, loan: _Loan, descriptor: int) -> bool:
        """Hands the connection over; whether that could be."""
        message = {"number": number, "terms": loan.terms.json(), "most": loan.left}
        try:
            socket.send_fds(self.owner, [json.dumps(message).encode()], [descriptor])
        except OSError:  # it is gone, or has more to read than it can
            return False
        if not self.loans:
            self.heard = time.monotonic()
        self.loans[number] = loan
        return True


class Lending:
    """Lends the connections of *service*'s clients, whom *rate* limits if anybody does."""

    def __init__(self, service: Service, rate: Rate | None) -> None:
        self._service = service
        self._rate = rate
        self._readers = service.readers if isinstance(service.readers, ReaderPool) else None
        self._most = service.settings.readers
        self._closed = sys.platform != "linux" or self._readers is None
        self._habits: WeakKeyDictionary[Lendable, int] = WeakKeyDictionary()
        self._borrowers: list[_Borrower] = []
        self._opening = False
        self._not_before = 0.0
        self._numbers = 0
        self._ticking = False
        self._tasks: set[asyncio.Task[None]] = set()

    def offer(self, talk: Conversation, asked: Question, headers: Headers, *, fit: bool) -> None:
        """
        Lends the connection of *talk*, if *fit*, its last answer, and those before were usual ones.

        *headers* are that answer's.
        """
        connection = cast(Lendable | None, talk.extension(EXTENSION))
        if connection is None or self._closed:
            return
        fit = fit and talk.method == "GET" and time.monotonic() - talk.began < SHORT
        habit = self._habits.get(connection, 0) + 1 if fit and not asked.fickle else 0
        self._habits[connection] = habit
        if habit < HABIT or not connection.idle:
            return
        borrower = self._borrower(talk.client)
        if borrower is None:
            return
        terms = _terms(connection.latest, talk, asked, headers)
        most = MOST if self._rate is None else self._rate.reserve(talk.client, MOST)
        if terms is None or most < LEAST:
            self._habits[connection] = -MOST  # for a while nobody looks again
        else:
            loan = _Loan(connection, talk.client, talk.header(b"user-agent"), terms, most)
            self._numbers += 1
            if borrower.lend(self._numbers, loan, connection.lend()):
                return
            connection.take_back()
        self._refund(talk.client, most)

    def close(self) -> None:
        """Takes every connection back, and lends no more."""
        self._closed = True
        for borrower in list(self._borrowers):
            for _ in range(1000):
                if borrower.slate.revoke():
                    break
                time.sleep(0.001)
            self._end(borrower)  # and so will its pool

    def _borrower(self, client: str) -> _Borrower | None:
        """Who has room for a connection of *client*; sees to it that there are enough of them."""
        open_ones = [borrower for borrower in self._borrowers if not borrower.leaving]
        best = min(open_ones, key=lambda borrower: len(borrower.loans), default=None)
        if best is None or best.loans:
            self._open()
        if best is None or len(best.loans) >= CONNECTIONS:
            return None
        if self._rate is not None:
            loans = (loan for borrower in self._borrowers for loan in borrower.loans.values())
            if sum(loan.client == client for loan in loans) >= OF_ONE_CLIENT:
                return None
        return best

    def _open(self) -> None:
        if self._readers is None or self._opening or len(self._borrowers) >= self._most:
            return
        if time.monotonic() >= self._not_before:
            self._opening = True
            self._begin(self._opened(self._readers))

    async def _opened(self, pool: ReaderPool) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        in_memory = pool.in_memory
        try:
            with theirs:
                reader = await asyncio.to_thread(pool.lend, theirs)
        except (ScholarGraphError, OSError, RuntimeError) as error:
            log.warning("no reader can serve connections itself now: %s", error)
            ours.close()
            self._not_before = time.monotonic() + PAUSE
            return
        finally:
            self._opening = False
        borrower = _Borrower(pool, reader, ours, in_memory=in_memory)
        self._borrowers.append(borrower)
        loop = asyncio.get_running_loop()
        loop.add_reader(ours.fileno(), self._hear, borrower)
        if not self._ticking:
            self._ticking = True
            loop.call_later(TICK, self._tick)

    def _begin(self, what: "asyncio._CoroutineLike[None]") -> None:
        task = asyncio.get_running_loop().create_task(what)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _hear(self, borrower: _Borrower) -> None:
        """Takes what *borrower* has to tell."""
        borrower.heard = time.monotonic()
        while borrower in self._borrowers:
            try:
                packet = borrower.owner.recv(PACKET)
            except BlockingIOError:
                return
            except ConnectionError:
                packet = b""
            if not packet:
                self._take_all_back(borrower)
                return
            words, _, rest = packet.partition(b"\n")
            message = json.loads(words)
            if "answered" in message:
                self._note(borrower, message["answered"])
            else:
                self._returned(borrower, message["back"], message["reason"], rest)

    def _note(self, borrower: _Borrower, answered: list[tuple[int, float, int, str]]) -> None:
        for number, seconds, size, query in answered:
            loan = borrower.loans[number]
            loan.left -= 1
            written = query.encode("ascii")
            address = (loan.terms.before + query + loan.terms.after).split(" ", 2)[1]
            self._service.answers.misses += 1
            self._service.observer.finished(
                Exchange(
                    method="GET",
                    path=QUERIES,
                    status=200,
                    seconds=seconds,
                    bytes_out=size,
                    client=loan.client,
                    kind="sparql",
                    cached=False,
                    query=unquoted(written.replace(b"+", b" ")).decode(),
                    outcome="answered",
                    query_string=address.partition("?")[2],
                    user_agent=loan.agent,
                )
            )

    def _returned(self, borrower: _Borrower, number: int, reason: str, rest: bytes) -> None:
        loan = borrower.loans.pop(number)
        self._refund(loan.client, loan.left)
        self._habits[loan.connection] = HABIT - 1 if reason in ("spent", "silent") else 0
        loan.connection.take_back(rest)
        borrower.leaving = borrower.leaving or reason == "stale"
        if borrower.leaving and not borrower.loans:
            self._part(borrower)

    def _refund(self, client: str, requests: int) -> None:
        if self._rate is not None:
            self._rate.refund(client, requests)

    def _tick(self) -> None:
        """Looks for who is late, stuck, unused, or reads from disk what others have in memory."""
        now = time.monotonic()
        in_memory = self._readers is not None and self._readers.in_memory
        for borrower in list(self._borrowers):
            silence = now - borrower.heard
            if borrower.slate.seconds >= LATE or (borrower.loans and silence >= STUCK):
                if borrower.slate.revoke() or silence >= STUCK:
                    self._take_all_back(borrower)
            elif not borrower.loans and silence >= UNUSED:
                self._part(borrower)
            elif in_memory != borrower.in_memory and not borrower.leaving:
                self._recall(borrower)
        self._ticking = bool(self._borrowers)
        if self._ticking:
            asyncio.get_running_loop().call_later(TICK, self._tick)

    def _recall(self, borrower: _Borrower) -> None:
        borrower.leaving = True
        if not borrower.loans:
            self._part(borrower)
            return
        try:
            borrower.owner.send(b'{"recall": true}')
        except OSError:
            self._take_all_back(borrower)

    def _part(self, borrower: _Borrower) -> None:
        """Lets a reader go that has no connection."""
        self._forget(borrower)
        self._give_back(borrower)

    def _take_all_back(self, borrower: _Borrower) -> None:
        """Ends a reader that is gone or has to go, and takes its connections back."""
        self._end(borrower)
        self._give_back(borrower)

    def _end(self, borrower: _Borrower) -> None:
        borrower.reader.kill()
        sending = borrower.slate.sending
        for number, loan in borrower.loans.items():
            self._refund(loan.client, loan.left)
            self._habits[loan.connection] = 0
            if number == sending:
                loan.connection.abort()  # nobody knows how much of its answer is out
            else:
                loan.connection.take_back()
        borrower.loans.clear()
        self._forget(borrower)

    def _forget(self, borrower: _Borrower) -> None:
        self._borrowers.remove(borrower)
        asyncio.get_running_loop().remove_reader(borrower.owner.fileno())
        borrower.owner.close()
        borrower.slate.close()

    def _give_back(self, borrower: _Borrower) -> None:
        async def given_back() -> None:
            await asyncio.to_thread(borrower.pool.take_back, borrower.reader)

        self._begin(given_back())


def _terms(latest: bytes, talk: Conversation, asked: Question, headers: Headers) -> Terms | None:
    """What every request of a loan has in common with *latest*, None where that is not plain."""
    if any(name in talk.headers for name in _UNUSUAL):
        return None
    start = b"GET " + talk.scope["raw_path"] + b"?"
    line = start + talk.query_string + b" HTTP/1.1\r\n"
    if not latest.startswith(line) or latest.find(b"\r\n\r\n") != len(latest) - 4:
        return None
    pieces = talk.query_string.split(b"&")
    named = [index for index, piece in enumerate(pieces) if piece.startswith(b"query=")]
    if len(named) != 1:
        return None
    leading = b"".join(piece + b"&" for piece in pieces[: named[0]])
    before = start + leading + b"query="
    query = pieces[named[0]][len(b"query=") :]
    after = latest[len(before) + len(query) :]
    if len(latest) > MOST_REQUEST or query_in(latest, before, after) != query:
        return None
    head = b"".join(b"%b: %b\r\n" % pair for pair in headers if pair[0] not in _OURS)
    return Terms(
        before=before.decode("latin-1"),
        after=after.decode("latin-1"),
        head=head.decode("latin-1"),
        media_type=asked.media_type,
        written=written_as(asked),
        default_graphs=asked.default_graphs,
        named_graphs=asked.named_graphs,
        base=asked.base,
    )
