"""
The load client: a few connections that ask as fast as they are answered, and check every answer.

A process of its own, started by the benchmark: it reads an `Order` as JSON from standard input and
writes a `Tally` as JSON. One loop over epoll and raw sockets costs about 40 microseconds a request;
what it used of the processor is part of its report, since it shares the machine with the server.
An answer with another status, another length or a cut body ends the run.
"""

import dataclasses
import json
import re
import select
import socket
import sys
import time
from dataclasses import dataclass

LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
CHUNK = 256 * 1024
# Seconds without a byte from anybody: longer than any query may take.
SILENCE = 120.0
# A server may close a connection now and then, but not every one.
MOST_CLOSED = 100


class WrongAnswer(Exception):
    """What a server may not answer: another status, another length, half a body."""


@dataclass(frozen=True, slots=True)
class Order:
    """
    What to ask: *before* + query + *after* is a request, *sizes* are its answers' lengths.

    *fresh* puts a comment with the request's number before each query. Numbers begin at *first*,
    so that no text is asked twice in several orders. *queries* are percent-encoded.
    """

    port: int
    before: str
    after: str
    queries: list[str]
    sizes: list[int]
    fresh: bool
    first: int
    connections: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Tally:
    """*seconds* is from the first request to the last answer; latencies are in seconds."""

    answered: int
    seconds: float
    bytes: int
    latencies: list[float]
    processor: float
    reconnected: int


class Body:
    """How much of an answer has come: *size* is the body's once it is whole, else None."""

    __slots__ = ("_last", "_left", "_part", "_seen", "_whole", "begun", "size")

    def __init__(self) -> None:
        self.size: int | None = None
        self.begun = False
        self._part = b""  # of the head or of a line between chunks, until the rest comes
        self._whole: int | None = None  # the length announced; None where it comes in chunks
        self._left = 0  # of the present chunk
        self._last = False  # the chunk of length 0 was there
        self._seen = 0

    def take(self, data: bytes) -> None:
        """
        Goes through the bytes that came.

        Raises: WrongAnswer.
        """
        if not self.begun:
            data = self._part + data
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self._part = data
                return
            self._part = b""
            self.begun = True
            if data[9:12] != b"200":
                raise WrongAnswer(data[:600].decode("latin-1"))
            if length := LENGTH.search(data, 0, end + 2):
                self._whole = int(length[1])
            elif not CHUNKED.search(data, 0, end + 2):
                raise WrongAnswer(f"neither a length nor chunks: {data[:end].decode('latin-1')}")
            data = data[end + 4 :]
        if self._whole is None:
            self._take_chunks(data)
            return
        self._seen += len(data)
        if self._seen > self._whole:
            raise WrongAnswer(f"{self._seen} bytes where {self._whole} were announced")
        if self._seen == self._whole:
            self.size = self._seen

    def _take_chunks(self, data: bytes) -> None:
        at = 0
        if self._part:
            data, self._part = self._part + data, b""
        while at < len(data):
            if self._left:  # of a chunk, and of the line end after it
                step = min(self._left, len(data) - at)
                self._seen += max(0, min(step, self._left - 2))
                self._left -= step
                at += step
                continue
            end = data.find(b"\r\n", at)
            if end < 0:
                self._part = data[at:]
                return
            line, at = data[at:end], end + 2
            if not self._last:
                length = int(line.partition(b";")[0], 16)
                self._left = length + 2 if length else 0
                self._last = not length
            elif not line:
                self.size = self._seen
                return


class Connection:
    """One keep-alive connection with one request on its way."""

    __slots__ = ("asked", "body", "number", "socket")

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.asked = 0.0
        self.number = 0
        self.body = Body()


def load(order: Order) -> Tally:
    """Asks for *order.seconds*, then waits for what is on its way."""
    before, after = order.before.encode(), order.after.encode()
    queries = [query.encode() for query in order.queries]
    clock = time.perf_counter
    latencies: list[float] = []
    received = reconnected = 0
    number = order.first
    poll = select.epoll()
    open_connections: dict[int, Connection] = {}

    def connect() -> Connection:
        connection = Connection(order.port)
        open_connections[connection.socket.fileno()] = connection
        poll.register(connection.socket.fileno(), select.EPOLLIN)
        return connection

    def close(descriptor: int) -> None:
        poll.unregister(descriptor)
        open_connections.pop(descriptor).socket.close()

    def ask(connection: Connection) -> None:
        nonlocal number
        comment = b"%%23%d%%0A" % number if order.fresh else b""
        connection.number = number % len(queries)
        number += 1
        connection.body = Body()
        connection.asked = clock()
        connection.socket.sendall(before + comment + queries[connection.number] + after)

    begin = finished = clock()
    work = time.process_time()
    deadline = begin + order.seconds
    try:
        for _ in range(order.connections):
            ask(connect())
        while open_connections:
            ready = poll.poll(SILENCE)
            if not ready:
                raise WrongAnswer(f"no answer for {SILENCE:g} s")
            for descriptor, _ in ready:
                connection = open_connections[descriptor]
                data = connection.socket.recv(CHUNK)
                body = connection.body
                if not data:
                    if body.begun or reconnected > MOST_CLOSED:
                        raise WrongAnswer("the connection was closed before the answer was whole")
                    # As a server may do between two answers; the request went into nothing.
                    reconnected += 1
                    close(descriptor)
                    ask(connect())
                    continue
                body.take(data)
                if body.size is None:
                    continue
                finished = clock()
                latencies.append(finished - connection.asked)
                received += body.size
                if body.size != order.sizes[connection.number]:
                    raise WrongAnswer(
                        f"{body.size} bytes where query {connection.number} has "
                        f"{order.sizes[connection.number]}"
                    )
                if finished < deadline:
                    ask(connection)
                else:
                    close(descriptor)
    finally:
        for descriptor in list(open_connections):
            close(descriptor)
        poll.close()
    used = time.process_time() - work
    return Tally(len(latencies), finished - begin, received, latencies, used, reconnected)


def main() -> None:
    order = Order(**json.load(sys.stdin))
    try:
        tally = load(order)
    except (WrongAnswer, OSError) as error:
        sys.exit(f"wrong answer: {error}")
    json.dump(dataclasses.asdict(tally), sys.stdout)


if __name__ == "__main__":
    main()
