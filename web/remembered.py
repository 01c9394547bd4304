"""The latest pages, kept for as long as their snapshot is the newest."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, cast

from flask import Flask, Response, current_app, request

from .holdings import is_provisional
from .service import service

P = ParamSpec("P")

EXTENSION = "scholargraph.remembered"

# Pages of concepts that thousands of papers name take 0.1 MB each and 0.1 s or more.
MOST_BYTES = 48 * 1024 * 1024

Key = tuple[str, str, str, str]


class Remembered:
    """Answers by what was asked; the longest unused go first when they grow beyond *most* bytes."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self._bytes = 0
        self._lock = threading.Lock()
        self._kept: OrderedDict[Key, tuple[bytes, list[tuple[str, str]]]] = OrderedDict()

    def get(self, key: Key) -> tuple[bytes, list[tuple[str, str]]] | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, key: Key, body: bytes, headers: list[tuple[str, str]]) -> None:
        with self._lock:
            if key in self._kept or len(body) > self._most:
                return
            self._kept[key] = body, headers
            self._bytes += len(body)
            while self._bytes > self._most:
                _, (dropped, _) = self._kept.popitem(last=False)
                self._bytes -= len(dropped)


def install(app: Flask) -> None:
    """Gives *app* its memory, still empty."""
    app.extensions[EXTENSION] = Remembered()


def remembered(view: Callable[P, Response]) -> Callable[P, Response]:
    """*view*, made once for each address, Accept and snapshot; with an ETag, and 304 for it."""
    return remembered_by(lambda: service().snapshot().name)(view)


def remembered_by(
    version: Callable[[], str],
) -> Callable[[Callable[P, Response]], Callable[P, Response]]:
    """As `remembered`, for what changes with *version* instead of the snapshot."""

    def decorated(view: Callable[P, Response]) -> Callable[P, Response]:
        @wraps(view)
        def answer(*args: P.args, **kwargs: P.kwargs) -> Response:
            memory = cast(Remembered, current_app.extensions[EXTENSION])
            accept = request.headers.get("Accept", "")
            key = version(), request.script_root, request.full_path, accept
            if kept := memory.get(key):
                response = current_app.response_class(kept[0], headers=kept[1])
                response.make_conditional(request)
                return response
            response = view(*args, **kwargs)
            if is_provisional():  # soon it will say more of the same snapshot
                response.headers["Cache-Control"] = "no-store"
                return response
            response.add_etag()
            response.headers["Cache-Control"] = "no-cache"  # kept, but asked for each time
            memory.put(key, response.get_data(), list(response.headers))
            response.make_conditional(request)
            return response

        return answer

    return decorated
