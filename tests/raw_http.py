"""HTTP as bytes on a socket, for requests that no client library would send."""

import http.client
import io
import json
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

HOST = b"Host: 127.0.0.1\r\n"
QUERY = b"Content-Type: application/sparql-query\r\n"


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer: *headers* have lower-case names, the last of a name counts."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@contextmanager
def connected(address: str, *, timeout: float = 30.0, window: int = 0) -> Iterator[socket.socket]:
    """A connection to *address*; *window* is how many bytes it takes in unread."""
    parts = urlsplit(address)
    with socket.socket() as peer:
        peer.settimeout(timeout)
        if window:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        peer.connect((parts.hostname or "127.0.0.1", parts.port or 80))
        yield peer


class Stream:
    """What comes on *peer*, for answer after answer: `received` alone may read into the next."""

    def __init__(self, peer: socket.socket) -> None:
        self._lines = _Kept(socket.SocketIO(peer, "r"))

    def makefile(self, mode: str) -> io.BufferedReader:
        """The same each time."""
        return self._lines


class _Kept(io.BufferedReader):
    def close(self) -> None:
        """It stays open for the next answer."""


def received(peer: socket.socket | Stream, method: str = "GET") -> Answered | None:
    """The next answer on *peer*, None where the server closes the connection instead."""
    response = http.client.HTTPResponse(peer, method=method)  # type: ignore[arg-type]
    try:
        response.begin()
        body = response.read()
    except (http.client.BadStatusLine, ConnectionError):
        return None
    finally:
        response.close()
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Answered(response.status, headers, body)


def sent(address: str, data: bytes, *, timeout: float = 30.0) -> Answered | None:
    """The first answer to *data*, None where the server closes the connection instead."""
    with connected(address, timeout=timeout) as peer:
        send_what_is_taken(peer, data)
        return received(peer, data.partition(b" ")[0].decode("latin-1"))


def send_what_is_taken(peer: socket.socket, data: bytes) -> int:
    """
    Sends *data* until the server has enough of it; how many bytes that were.

    A server that refuses early closes its side while we still send.
    """
    view, done = memoryview(data), 0
    try:
        while done < len(data):
            done += peer.send(view[done : done + 65536])
    except (BrokenPipeError, ConnectionResetError):
        pass
    return done


def closed_within(peer: socket.socket, seconds: float) -> bool:
    """Whether the server ends the connection in time; what it still says is thrown away."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        peer.settimeout(left)
        try:
            if not peer.recv(65536):
                return True
        except TimeoutError:
            return False
        except ConnectionError:
            return True
    return False


def get(target: str, *headers: str) -> bytes:
    """A GET of *target*."""
    return b"".join(
        [b"GET ", target.encode("latin-1"), b" HTTP/1.1\r\n", HOST]
        + [header.encode("latin-1") + b"\r\n" for header in headers]
        + [b"\r\n"]
    )


def post(body: bytes, *headers: str, target: str = "/sparql") -> bytes:
    """A POST whose headers say what they are told to say, which may not be so."""
    return b"".join(
        [b"POST ", target.encode("latin-1"), b" HTTP/1.1\r\n", HOST, QUERY]
        + [header.encode("latin-1") + b"\r\n" for header in headers]
        + [b"\r\n", body]
    )


def is_proper(answer: Answered) -> bool:
    """A refusal shows nothing of the server's inside, and says in JSON what was wrong."""
    if b"Traceback" in answer.body or b"root:" in answer.body:
        return False
    # What is no HTTP at all never reaches the application: its answer has no body.
    if answer.status < 400 or not answer.body:
        return True
    problem = json.loads(answer.body)
    return (answer.headers["content-type"], problem["status"]) == (
        "application/problem+json",
        answer.status,
    )
