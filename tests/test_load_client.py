"""The load client of benchmarks/sparql: it counts whole, right answers and stops at any other."""

import importlib.util
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest

SOURCE = Path(__file__).parents[1] / "benchmarks" / "sparql" / "client.py"
OK = b"HTTP/1.1 200 OK\r\n"
PLAIN = OK + b"Content-Length: 5\r\n\r\nhello"
CHUNKED = OK + b"transfer-encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n"


@pytest.fixture(scope="module")
def client() -> ModuleType:
    spec = importlib.util.spec_from_file_location("client", SOURCE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@contextmanager
def serving(answer: Callable[[bytes], bytes | None], *, closes: bool = False) -> Iterator[int]:
    """
    A server that sends what *answer* makes of each request; it closes the connection where that is
    None or, if it *closes*, after each.
    """
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def converse(peer: socket.socket) -> None:
            with peer:
                heard = b""
                while data := peer.recv(65536):
                    heard += data
                    if not heard.endswith(b"\r\n\r\n"):
                        continue
                    said, heard = answer(heard), b""
                    if said is None:
                        return
                    peer.sendall(said)
                    if closes:
                        return

        def accept() -> None:
            while True:
                try:
                    peer, _ = listening.accept()
                except OSError:
                    return
                threading.Thread(target=converse, args=(peer,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


def order(client: ModuleType, port: int, **changes: object) -> object:
    values: dict[str, object] = {
        "port": port,
        "before": "GET /?query=",
        "after": " HTTP/1.1\r\n\r\n",
        "queries": ["a", "b"],
        "sizes": [5, 5],
        "fresh": True,
        "first": 10,
        "connections": 2,
        "seconds": 0.0,
    }
    return client.Order(**(values | changes))


@pytest.mark.parametrize("answer", [PLAIN, CHUNKED])
@pytest.mark.parametrize("step", [1, 2, 3, 7, 1000])
def test_an_answer_is_whole_however_it_is_cut_into_pieces(client, answer, step):
    body = client.Body()

    for at in range(0, len(answer), step):
        assert body.size is None
        body.take(answer[at : at + step])

    assert body.size == 5


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 5\r\n\r\nhello",
        PLAIN + b"!",
        OK + b"\r\nhello",
    ],
    ids=["status", "longer than announced", "no length"],
)
def test_a_wrong_answer_is_refused(client, answer):
    with pytest.raises(client.WrongAnswer):
        client.Body().take(answer)


@pytest.mark.parametrize("answer", [PLAIN, CHUNKED])
def test_every_connection_asks_in_turn_and_no_text_comes_twice(client, answer):
    asked = []

    def heard(request: bytes) -> bytes:
        asked.append(request.split()[1])
        return answer

    with serving(heard) as port:
        tally = client.load(order(client, port))

    assert sorted(asked) == [b"/?query=%2310%0Aa", b"/?query=%2311%0Ab"]
    assert (tally.answered, tally.bytes, tally.reconnected) == (2, 10, 0)
    assert len(tally.latencies) == 2


def test_an_answer_of_another_length_ends_the_run(client):
    with serving(lambda request: PLAIN) as port, pytest.raises(client.WrongAnswer, match="5 bytes"):
        client.load(order(client, port, sizes=[5, 6]))


def test_an_answer_that_breaks_off_ends_the_run(client):
    half = OK + b"Content-Length: 5\r\n\r\nhe"

    with (
        serving(lambda request: half, closes=True) as port,
        pytest.raises(client.WrongAnswer, match="before the answer was whole"),
    ):
        client.load(order(client, port))


def test_a_connection_closed_between_two_answers_is_opened_again(client):
    said = []

    def heard(request: bytes) -> bytes | None:
        said.append(request)
        return None if len(said) == 1 else PLAIN

    with serving(heard) as port:
        tally = client.load(order(client, port, connections=1))

    assert (tally.answered, tally.reconnected) == (1, 1)
