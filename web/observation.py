"""Flask's exchanges, told to the observer where no front does it."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from wsgiref.types import StartResponse

from flask import request

from .bridge import Environ, Wsgi
from .exchanges import Exchange, Outcome, kind_of
from .service import Service

# In the environ of a request: that somebody else tells of it, and what its view has to remark.
OBSERVED = "scholargraph.observed"
REMARKS = "scholargraph.remarks"


@dataclass(slots=True)
class Remarks:
    """What only those know who answer a query."""

    query: str | None = None
    cached: bool | None = None
    outcome: Outcome | None = None


def remarks() -> Remarks:
    """Those of the current request, to be written to."""
    found: Remarks = request.environ.setdefault(REMARKS, Remarks())
    return found


class Observed:
    """*app*, with *service*'s observer told of each of its exchanges."""

    def __init__(self, app: Wsgi, service: Service) -> None:
        self._app = app
        self._service = service

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get(OBSERVED):
            return self._app(environ, start_response)
        began = time.monotonic()
        status = 500

        def start(line: str, *rest: Any) -> Any:
            nonlocal status
            status = int(line[:3])
            return start_response(line, *rest)

        noted = environ.setdefault(REMARKS, Remarks())

        def finished(size: int) -> None:
            self._finished(environ, noted, status, time.monotonic() - began, size)

        return _Counted(self._app(environ, start), finished)

    def _finished(
        self, environ: Environ, noted: Remarks, status: int, seconds: float, size: int
    ) -> None:
        path = environ.get("PATH_INFO", "")
        self._service.observer.finished(
            Exchange(
                method=environ["REQUEST_METHOD"],
                path=path,
                status=status,
                seconds=seconds,
                bytes_out=size,
                client=environ.get("REMOTE_ADDR", ""),
                kind=kind_of(path),
                cached=noted.cached,
                query=noted.query,
                outcome=noted.outcome,
                query_string=environ.get("QUERY_STRING", ""),
                user_agent=environ.get("HTTP_USER_AGENT", ""),
            )
        )


class _Counted:
    """The parts of a body; *finished* is told their size, once, at the end or when closed."""

    def __init__(self, parts: Iterable[bytes], finished: Callable[[int], None]) -> None:
        self._parts = parts
        self._size = 0
        self._finished: Callable[[int], None] | None = finished

    def __iter__(self) -> Iterator[bytes]:
        for part in self._parts:
            self._size += len(part)
            yield part
        self._finish()

    def close(self) -> None:
        if hasattr(self._parts, "close"):
            self._parts.close()
        self._finish()

    def _finish(self) -> None:
        if self._finished is not None:
            finished, self._finished = self._finished, None
            finished(self._size)
