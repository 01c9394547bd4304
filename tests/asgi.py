"""The front behind a WSGI face, so that one test can talk to it and to Flask alike."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

from scholargraph.web.conversation import Message, Scope
from scholargraph.web.front import Front


async def exchanged(
    front: Front, scope: Scope, incoming: Iterable[Message] = (), *, leaves: bool = False
) -> list[Message]:
    """What *front* sends to a client that sends *incoming* and then waits, or leaves."""
    messages = iter([*incoming, {"type": "http.disconnect"}] if leaves else incoming)
    sent: list[Message] = []

    async def receive() -> Message:
        for message in messages:
            return message
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)
        await asyncio.sleep(0)  # others get their turn, as where a network is written to

    await front(scope, receive, send)
    return sent


def scope(method: str, target: str, headers: Iterable[tuple[bytes, bytes]] = ()) -> Scope:
    """The scope of a request over HTTP/1.1 from a client at 192.0.2.1."""
    path, _, query_string = target.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": quote(path).encode(),
        "query_string": query_string.encode(),
        "root_path": "",
        "headers": [(b"host", b"localhost"), *headers],
        "client": ("192.0.2.1", 50000),
        "server": ("localhost", 80),
    }


def as_wsgi(front: Front) -> Callable[..., Iterable[bytes]]:
    """*front* as a WSGI application, each request on an event loop of its own."""

    def application(environ: dict[str, Any], start_response: Callable[..., object]) -> list[bytes]:
        headers = [
            (key[5:].replace("_", "-").lower().encode(), value.encode("latin-1"))
            for key, value in environ.items()
            if key.startswith("HTTP_") and key != "HTTP_HOST"
        ]
        for key in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            if environ.get(key):
                headers.append((key.replace("_", "-").lower().encode(), environ[key].encode()))
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        asked = scope(environ["REQUEST_METHOD"], environ["PATH_INFO"], headers)
        asked["query_string"] = environ["QUERY_STRING"].encode("latin-1")
        asked["client"] = (environ.get("REMOTE_ADDR", "192.0.2.1"), 50000)
        sent = asyncio.run(exchanged(front, asked, [{"type": "http.request", "body": body}]))
        start, *parts = sent
        start_response(
            f"{start['status']} -",
            [(name.decode(), value.decode("latin-1")) for name, value in start["headers"]],
        )
        return [part["body"] for part in parts]

    return application
