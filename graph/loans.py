"""
Connections that are lent to a reader, which answers on them without the server between.

What a server does for a request costs it as much as a small query costs the reader. It does nothing
new where a client asks one query after another, each with the same head: then the reader can tell a
request from the last one by its query alone, and its answer differs in the body, its length and
its tag. All else goes back: a request in other words, a question asked before (somebody may have
kept the answer), whatever ends in an error, a store that has changed, a client who is silent.

A request stays in the kernel until its answer is there. So there is nothing to hand back but the
connection, and a reader that is killed has taken nothing with it.
"""

import json
import select
import socket
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from email.utils import formatdate
from typing import Literal, NamedTuple

from . import sameness
from .frames import Header
from .percent import unquoted
from .slate import Slate

# Bytes of a request, and of an answer, that is served here.
MOST_REQUEST = 16 * 1024
MOST_ANSWER = 128 * 1024
# A packet between server and reader: an answer's rest, or what was answered, and some words.
PACKET = MOST_ANSWER + 48 * 1024

# Seconds after which a client is silent, and a report due; and those that a long query takes.
SILENT = 0.05
LONG = 0.05
# A report has so many characters of queries at most.
MOST_REPORT = 48 * 1024
# Questions remembered, to know those that are asked again.
REMEMBERED = 4096

# As a client writes a query into an address: with signs that mean the same to everybody.
_SAFE = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+*!'(),:;=?/@$%"

Reason = Literal["other", "again", "error", "long", "stale", "silent", "spent", "recalled", "rest"]


@dataclass(frozen=True, slots=True)
class Terms:
    """
    What is the same in all requests of a loan, and in the answers to them.

    A request is *before*, the query, *after*; an answer has *head* among its headers. They are the
    bytes of both, as Latin-1. *media_type* is what was asked for, *written* what the engine writes.
    """

    before: str
    after: str
    head: str
    media_type: str
    written: str
    default_graphs: tuple[str, ...]
    named_graphs: tuple[str, ...]
    base: str

    def question(self, text: str) -> Header:
        """*text* as readers are asked."""
        return {
            "text": text,
            "solutions": self.written,
            "boolean": self.written,
            "graph": self.written,
            "default_graphs": list(self.default_graphs),
            "named_graphs": list(self.named_graphs),
            "base": self.base,
        }

    def json(self) -> Header:
        """Itself for a packet."""
        return asdict(self)

    @classmethod
    def from_json(cls, found: Header) -> "Terms":
        """What `json` was made of."""
        graphs = {name: tuple(found[name]) for name in ("default_graphs", "named_graphs")}
        return cls(**found | graphs)


class Answered(NamedTuple):
    """A request that was answered, with *size* bytes, in *seconds*; *query* as it was written."""

    number: int
    seconds: float
    size: int
    query: str


def query_in(request: bytes, before: bytes, after: bytes) -> bytes | None:
    """
    The query that *request* has between *before* and *after*; None where it is another request.

    >>> query_in(b"GET /?query=ASK%7B%7D HTTP/1.1", b"GET /?query=", b" HTTP/1.1")
    b'ASK%7B%7D'
    """
    if not (request.startswith(before) and request.endswith(after)):
        return None
    query = request[len(before) : len(request) - len(after)]
    return None if not query or query.translate(None, _SAFE) else query


class Short(NamedTuple):
    """A whole answer from *state*."""

    state: str
    body: bytes


class _Loan:
    """A connection, as long as it is lent."""

    def __init__(self, number: int, connection: socket.socket, terms: Terms, left: int) -> None:
        self.number = number
        self.connection = connection
        self.terms = terms
        self.left = left
        self.used = time.monotonic()
        self.before = terms.before.encode("latin-1")
        self.after = terms.after.encode("latin-1")
        self.head = terms.head.encode("latin-1")


class Desk:
    """
    Serves the connections that come over *owner*, until that is closed.

    *evaluate* has the answer to a question, None where that is not short or not plain; *current*
    says whether it would be from the newest state; *idle* is called while there is nothing to do,
    and says in how many milliseconds it should be again.
    """

    def __init__(
        self,
        owner: socket.socket,
        evaluate: Callable[[Header], Short | None],
        current: Callable[[], bool],
        idle: Callable[[], int | None],
    ) -> None:
        self._owner = owner
        self._evaluate = evaluate
        self._current = current
        self._idle = idle
        self._loans: dict[int, _Loan] = {}
        self._poll = select.epoll()
        self._answered: list[Answered] = []
        self._characters = 0
        self._due = 0.0
        self._known: set[str] = set()
        self._date = b""
        self._second = 0

    def run(self) -> None:
        """Serves until the server ends it."""
        _, descriptors, _, _ = socket.recv_fds(self._owner, PACKET, 1)
        self._slate = Slate(descriptors[0])
        self._poll.register(self._owner.fileno(), select.EPOLLIN)
        pause = 0.0
        try:
            while True:
                ready = self._poll.poll(pause)
                now = time.monotonic()
                for descriptor, _ in ready:
                    if descriptor == self._owner.fileno():
                        if not self._hear():
                            return
                    elif loan := self._loans.get(descriptor):
                        self._serve(loan, now)
                if now >= self._due:
                    self._look(now)
                if not ready:
                    pause = self._pause()
        except ConnectionError:  # the server is gone
            return
        finally:
            for loan in self._loans.values():
                loan.connection.close()
            self._poll.close()
            self._slate.close()

    def _pause(self) -> float:
        pause = self._idle()
        seconds = SILENT if pause is None else min(SILENT, pause / 1000)
        return seconds if self._loans or pause is not None else -1.0

    def _hear(self) -> bool:
        packet, descriptors, _, _ = socket.recv_fds(self._owner, PACKET, 1)
        if not packet:
            return False
        message = json.loads(packet)
        if "recall" in message:
            self._hand_back(self._loans.values(), "recalled")
            return True
        terms = Terms.from_json(message["terms"])
        connection = socket.socket(fileno=descriptors[0])
        loan = _Loan(message["number"], connection, terms, message["most"])
        self._loans[connection.fileno()] = loan
        self._poll.register(connection.fileno(), select.EPOLLIN)
        return True

    def _serve(self, loan: _Loan, began: float) -> None:
        try:
            request = loan.connection.recv(MOST_REQUEST, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except ConnectionError:
            request = b""
        query = query_in(request, loan.before, loan.after)
        try:
            text = None if query is None else unquoted(query.replace(b"+", b" ")).decode()
        except UnicodeDecodeError:
            text = None
        if query is None or text is None or sameness.is_fickle(text):
            self._hand_back((loan,), "other")
            return
        terms = loan.terms
        digest = sameness.digest(
            text, terms.media_type, terms.default_graphs, terms.named_graphs, terms.base
        )
        if digest in self._known:
            self._hand_back((loan,), "again")
            return
        if not self._current():
            self._known.clear()
            self._hand_back(self._loans.values(), "stale")
            return
        self._slate.begin()
        started = time.monotonic()
        answer = self._evaluate(terms.question(text))
        if answer is None:
            self._slate.rest()
            self._hand_back((loan,), "error")
            return
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known.add(digest)
        rest = self._send(loan, len(request), sameness.tag(digest, answer.state), answer.body)
        now = time.monotonic()
        self._note(Answered(loan.number, now - began, len(answer.body), query.decode("ascii")))
        loan.used = now
        loan.left -= 1
        if rest is not None:
            self._hand_back((loan,), "rest", rest)
        elif now - started >= LONG:
            self._hand_back((loan,), "long")
        elif not loan.left:
            self._hand_back((loan,), "spent")

    def _send(self, loan: _Loan, size: int, tag: str, body: bytes) -> bytes | None:
        """Takes the request of *size* bytes and sends its answer; what is left of that, if any."""
        lines = b'content-length: %d\r\netag: "%b"\r\n\r\n' % (len(body), tag.encode())
        answer = b"".join((b"HTTP/1.1 200 OK\r\n", self._now(), loan.head, lines, body))
        if not self._slate.send(loan.number):
            raise ConnectionError("the server has taken everything back")
        loan.connection.recv(size, socket.MSG_DONTWAIT)
        sent = 0
        with suppress(BlockingIOError, ConnectionError):  # who left is the server's to see
            sent = loan.connection.send(answer, socket.MSG_DONTWAIT)
        self._slate.sent()
        return answer[sent:] if sent < len(answer) else None

    def _now(self) -> bytes:
        second = int(time.time())
        if second != self._second:
            self._second = second
            self._date = b"date: " + formatdate(second, usegmt=True).encode() + b"\r\n"
        return self._date

    def _note(self, answered: Answered) -> None:
        self._answered.append(answered)
        self._characters += len(answered.query) + 64
        if self._characters >= MOST_REPORT - MOST_REQUEST:
            self._report()

    def _report(self) -> None:
        if self._answered:
            self._tell({"answered": self._answered})
            self._answered = []
            self._characters = 0

    def _look(self, now: float) -> None:
        self._due = now + SILENT
        silent = [loan for loan in self._loans.values() if now - loan.used >= SILENT]
        if silent:
            self._hand_back(silent, "silent")
        self._report()

    def _hand_back(self, loans: Iterable[_Loan], reason: Reason, rest: bytes = b"") -> None:
        self._report()
        for loan in list(loans):
            number = loan.connection.fileno()
            self._poll.unregister(number)
            del self._loans[number]
            loan.connection.close()
            self._tell({"back": loan.number, "reason": reason}, rest)

    def _tell(self, message: Header, rest: bytes = b"") -> None:
        self._owner.send(json.dumps(message).encode() + b"\n" + rest)
