"""Requests as bytes on connections, before an application that says what it was told."""

import asyncio
import json
import time
from contextlib import asynccontextmanager, suppress

import pytest

from scholargraph.web import connections as module
from scholargraph.web.connections import BUFFER, MOST_WAITING, Connections

HEAD = [(b"content-type", b"text/plain")]


async def echo(scope, receive, send):
    """What it was asked, as JSON, once the body has come."""
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        body += message["body"]
        if not message["more_body"]:
            break
    told = {
        "method": scope["method"],
        "path": scope["path"],
        "query": scope["query_string"].decode(),
        "headers": [[name.decode(), value.decode()] for name, value in scope["headers"]],
        "body": body.decode(),
    }
    text = json.dumps(told).encode()
    headers = [*HEAD, (b"content-length", str(len(text)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": text})


def answering(*parts, headers=(), status=200):
    """An application whose answer has *parts*."""

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": status, "headers": [*headers]})
        for number, part in enumerate(parts, 1):
            await send(
                {"type": "http.response.body", "body": part, "more_body": number < len(parts)}
            )

    return app


@asynccontextmanager
async def serving(app, *, most=100):
    """Connections to *app*, and what opens one; all are closed in the end."""
    loop = asyncio.get_running_loop()
    server = Connections(app, most=most)
    listening = await loop.create_server(server, "127.0.0.1", 0)
    sweeping = loop.create_task(server.sweep())
    writers = []

    async def connect(**options):
        port = listening.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port, **options)
        writers.append(writer)
        return reader, writer

    try:
        yield server, connect
    finally:
        sweeping.cancel()
        listening.close()
        server.abort()
        for writer in writers:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
        while server.all:
            await asyncio.sleep(0.01)


def talk(data, app=echo, *, most=100, clients=1):
    """Everything that *clients* hear who send *data*, one after the other, each until its end."""

    async def main():
        heard = []
        async with serving(app, most=most) as (_, connect):
            peers = [await connect() for _ in range(clients)]
            for reader, writer in peers:
                for piece in data if isinstance(data, (list, tuple)) else [data]:
                    writer.write(piece)
                    await asyncio.sleep(0.01)
                heard.append(await asyncio.wait_for(reader.read(), 10))
        return heard

    heard = asyncio.run(main())
    return heard if clients > 1 else heard[0]


def request(target="/", *headers, method="GET", body=b"", version="1.1"):
    lines = [f"{method} {target} HTTP/{version}", "Host: localhost", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


LAST = request("/last", "Connection: close")


def statuses(heard):
    return [int(part[:3]) for part in heard.split(b"HTTP/1.1 ")[1:]]


def told(heard):
    """What `echo` told of each request, in order."""
    parts = heard.split(b"HTTP/1.1 200 OK\r\n")[1:]
    return [json.loads(part.partition(b"\r\n\r\n")[2]) for part in parts]


def test_a_request_is_told_as_it_came():
    (asked,) = told(talk(request("/a%20b/%C3%A9?q=%20#x", "X-Name:  value ", "Connection: close")))

    assert asked == {
        "method": "GET",
        "path": "/a b/é",
        "query": "q=%20",
        "headers": [["host", "localhost"], ["x-name", "value"], ["connection", "close"]],
        "body": "",
    }


def test_an_address_of_a_proxy_is_that_of_the_resource():
    (asked,) = told(talk(request("http://example.org/a?b", "Connection: close")))

    assert (asked["path"], asked["query"]) == ("/a", "b")


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_requests_come_in_any_pieces_and_are_answered_in_order(cut):
    body = request("/1", "Content-Length: 3", method="POST", body=b"abc")
    chunked = "3;x=y\r\nabc\r\n1\r\nd\r\n0\r\nX-Trailer: z\r\n\r\n"
    data = body + request("/2", "Transfer-Encoding: chunked", method="PUT") + chunked.encode()
    data += LAST
    pieces = [data[place : place + cut] for place in range(0, len(data), cut)]

    asked = told(talk(pieces))

    found = [(one["method"], one["path"], one["body"]) for one in asked]
    assert found == [("POST", "/1", "abc"), ("PUT", "/2", "abcd"), ("GET", "/last", "")]
    assert "x-trailer" not in dict(asked[1]["headers"])


def test_what_stands_behind_a_last_request_is_not_answered():
    heard = talk(LAST + request("/hidden"))

    assert [one["path"] for one in told(heard)] == ["/last"]
    assert statuses(heard) == [200]


REFUSED = {
    "a length and chunks": (
        request("/", "Content-Length: 5", "Transfer-Encoding: chunked", method="POST"),
        400,
    ),
    "two equal lengths": (request("/", "Content-Length: 5", "Content-Length: 5"), 400),
    "another coding before chunked": (request("/", "Transfer-Encoding: gzip, chunked"), 400),
    "chunks in HTTP/1.0": (request("/", "Transfer-Encoding: chunked", version="1.0"), 400),
    "a folded header": (request("/", "X: a\r\n b"), 400),
    "a bare line feed": (b"GET / HTTP/1.1\nHost: localhost\n\n", 400),
    "a bare carriage return": (request("/", "X: a\rY: b"), 400),
    "a space before the colon": (request("/", "X : a"), 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "HTTP/0.9": (b"GET /\r\n\r\n", 400),
    "an unknown method": (request("/", method="BREW"), 501),
    "too many headers": (request("/", *(f"X-{n}: y" for n in range(200))), 431),
    "a head without an end": (b"GET / HTTP/1.1\r\nX: " + b"x" * 1_000_000, 431),
}


@pytest.mark.parametrize(("data", "status"), REFUSED.values(), ids=REFUSED)
def test_what_may_be_read_in_two_ways_is_refused_and_the_connection_ends(data, status):
    heard = talk(data + b"0\r\n\r\n" + request("/hidden"))

    assert statuses(heard) == [status]
    assert b"connection: close" in heard and b"application/problem+json" in heard


def test_a_wrong_request_is_refused_after_those_before_it():
    heard = talk(request("/1") + request("/2") + b"nonsense\r\n\r\n")

    assert statuses(heard) == [200, 200, 400]


def test_a_body_that_ends_in_nonsense_is_the_applications_to_judge():
    data = request("/", "Transfer-Encoding: chunked", method="POST") + b"3\r\nabc\r\nzz\r\n"

    (asked,) = told(talk(data))

    assert asked["body"] == "abc"


@pytest.mark.parametrize("filler", [b";" + b"x" * 1_000_000, b"\r\nX: y" * 200])
def test_what_is_sent_beside_a_body_has_a_bound(filler):
    data = request("/", "Transfer-Encoding: chunked", method="POST") + b"3\r\nabc\r\n0" + filler

    heard = talk(data + b"\r\n\r\n" + request("/hidden"))

    assert statuses(heard) == [200] and b"hidden" not in heard


def test_a_client_that_asks_whether_to_send_is_told_to_once():
    head = request("/", "Expect: 100-continue", "Content-Length: 3", method="POST")

    heard = talk([head, b"abc", LAST])

    assert statuses(heard) == [100, 200, 200]


def test_a_client_that_is_refused_is_not_told_to_send():
    head = request("/", "Expect: 100-continue", "Content-Length: 3", method="POST")

    heard = talk(head, answering(b"no", status=413))

    assert statuses(heard) == [413] and b"connection: close" in heard


def test_old_clients_hear_the_end_of_an_answer_by_the_connections():
    heard = talk(request("/", version="1.0"), answering(b"one", b"two"))

    assert heard.partition(b"\r\n\r\n")[2] == b"onetwo"
    assert b"chunked" not in heard


def test_old_clients_may_ask_for_more():
    kept = request("/1", "Connection: keep-alive", version="1.0")

    heard = talk(kept + request("/2", version="1.0"))

    assert [one["path"] for one in told(heard)] == ["/1", "/2"]
    assert heard.count(b"connection: keep-alive") == heard.count(b"connection: close") == 1


def test_an_answer_of_unknown_length_comes_in_chunks():
    heard = talk(LAST, answering(b"one", b"", b"three"))

    assert heard.partition(b"\r\n\r\n")[2] == b"3\r\none\r\n5\r\nthree\r\n0\r\n\r\n"


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
def test_some_answers_have_no_body(method, status):
    heard = talk(request("/", "Connection: close", method=method), answering(b"x", status=status))

    assert statuses(heard) == [status] and heard.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    "parts", [[b"short"], [b"longer than", b" announced"]], ids=["short", "long"]
)
def test_an_answer_of_another_length_is_cut_off(parts, caplog):
    app = answering(*parts, headers=[(b"content-length", b"12")])

    try:
        heard = talk(request("/") + LAST, app)
    except ConnectionResetError:
        heard = b""

    assert b"HTTP/1.1" not in heard[8:]


def test_a_header_with_a_line_in_it_is_a_bug_and_not_sent(caplog):
    heard = talk(request("/"), answering(b"", headers=[(b"x", b"a\r\nset-cookie: b")]))

    assert statuses(heard) == [500] and b"set-cookie" not in heard
    assert "could not be answered" in caplog.text


def test_requests_that_wait_behind_each_other_have_a_bound():
    heard = talk(b"".join(request(f"/{n}") for n in range(MOST_WAITING + 50)))

    answered = MOST_WAITING + 1
    assert statuses(heard) == [200] * answered + [429]


def test_connections_have_a_bound_in_all(monkeypatch):
    monkeypatch.setattr(module, "HEAD_SECONDS", 0.5)

    heard = talk(b"", most=2, clients=3)

    assert [statuses(one) for one in heard] == [[], [], [503]]


@pytest.mark.parametrize(("data", "said"), [(b"", []), (b"GET / HT", [408])])
def test_a_client_that_says_nothing_more_is_let_go(monkeypatch, data, said):
    monkeypatch.setattr(module, "HEAD_SECONDS", 0.5)

    heard = talk([data] if data else [request("/")])

    assert statuses(heard) == (said or [200])


def test_whoever_takes_nothing_holds_up_its_own_answer_only():
    size = 64 * 1024 * 1024
    sent = []

    async def endless(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while sum(sent) < size:
            await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
            sent.append(65536)
        await send({"type": "http.response.body", "body": b""})

    async def main():
        async with serving(endless) as (server, connect):
            reader, writer = await connect(limit=1024)
            writer.write(LAST)
            await asyncio.sleep(0.3)
            held = sum(sent)
            waiting = [one.transport.get_write_buffer_size() for one in server.all]
            await asyncio.wait_for(reader.read(), 20)
        return held, waiting

    held, (waiting,) = asyncio.run(main())

    assert held < size // 2
    assert waiting <= 2 * BUFFER
    assert sum(sent) == size


def test_the_application_is_told_that_its_client_is_gone():
    async def main():
        gone = asyncio.Event()

        async def waits(scope, receive, send):
            while (await receive())["type"] != "http.disconnect":
                pass
            gone.set()

        async with serving(waits) as (_, connect):
            _, writer = await connect()
            writer.write(request("/"))
            await asyncio.sleep(0.05)
            writer.close()
            await asyncio.wait_for(gone.wait(), 5)

    asyncio.run(main())


def test_a_server_that_ends_answers_what_is_under_way_and_no_more():
    async def main():
        begun, go = asyncio.Event(), asyncio.Event()

        async def slow(scope, receive, send):
            begun.set()
            await go.wait()
            await echo(scope, receive, send)

        async with serving(slow) as (server, connect):
            idle, _ = await connect()
            busy, writer = await connect()
            writer.write(request("/1") + request("/2"))
            await begun.wait()
            server.finish()
            go.set()
            heard = await asyncio.wait_for(idle.read(), 5), await asyncio.wait_for(busy.read(), 5)
            until = time.monotonic() + 5
            while server.all and time.monotonic() < until:
                await asyncio.sleep(0.01)
            return (*heard, len(server.all))

    silent, heard, left = asyncio.run(main())

    assert silent == b"" and left == 0
    assert [one["path"] for one in told(heard)] == ["/1"]
    assert b"connection: close" in heard
