"""What the pages of one app share: settings, store, the snapshot they read, reader processes."""

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from flask import current_app, g

from scholargraph import ScholarGraphError
from scholargraph.graph.iris import Iris
from scholargraph.graph.reader import state
from scholargraph.graph.readers import ReaderPool
from scholargraph.graph.store import Snapshot, Store

from .answer_cache import AnswerCache
from .exchanges import Observer

DEFAULT_STORE = Path("scholargraph.db")
EXTENSION = "scholargraph"

# A query waits so many seconds for a reader; more than so many at once are turned away, which
# leaves threads of the server to pages while every reader is busy.
PATIENCE = 30.0
QUEUE = 8


class SettingsError(ScholarGraphError):
    """A setting whose value makes no sense."""


@dataclass(frozen=True, slots=True)
class Settings:
    """
    How one server is set up.

    *query_timeout* is in seconds and *query_memory* in MB, both for one query from outside;
    *max_body* and *max_answer* are bytes of a request's body and of a query's answer. Without a
    *token* nobody can write over HTTP. Without *limits* any number of queries waits for a reader,
    however long: for tests and benchmarks.
    """

    store: Path = DEFAULT_STORE
    base: str | None = None
    query_timeout: float = 10.0
    query_memory: int = 1024
    readers: int = 2
    token: str | None = field(default=None, repr=False)
    max_body: int = 64 * 1024 * 1024
    max_answer: int = 1024 * 1024 * 1024
    limits: bool = True

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """
        The settings that ``SCHOLARGRAPH_…`` variables give, defaults for the rest.

        Raises:
            SettingsError: A number that is none, or a token file that cannot be read.
        """
        value = environment.get
        return cls(
            store=Path(value("SCHOLARGRAPH_STORE") or DEFAULT_STORE),
            base=value("SCHOLARGRAPH_BASE") or None,
            query_timeout=_positive(environment, "SCHOLARGRAPH_QUERY_TIMEOUT", 10.0),
            query_memory=int(_positive(environment, "SCHOLARGRAPH_QUERY_MEMORY", 1024)),
            readers=int(_positive(environment, "SCHOLARGRAPH_READERS", 2)),
            token=_token(environment),
            limits=value("SCHOLARGRAPH_LIMITS", "on").lower() != "off",
        )


def _positive(environment: Mapping[str, str], name: str, default: float) -> float:
    text = environment.get(name) or str(default)
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < 1e9:
        raise SettingsError(f"{name} is {text!r}; a number above 0 is needed")
    return number


def _token(environment: Mapping[str, str]) -> str | None:
    if token := environment.get("SCHOLARGRAPH_TOKEN"):
        return token
    if not (path := environment.get("SCHOLARGRAPH_TOKEN_FILE")):
        return None
    try:
        token = Path(path).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"the token file {path} cannot be read: {error}") from error
    if not token:
        raise SettingsError(f"the token file {path} is empty")
    return token


class Service:
    """
    The store of one app, and what reads it.

    Raises:
        StoreError: *settings* name no store.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.store = Store.open(settings.store, base=settings.base)
        self.iris: Iris = self.store.iris
        self.readers = ReaderPool(
            self.store,
            processes=settings.readers,
            timeout=settings.query_timeout,
            memory_mb=settings.query_memory,
            max_answer=settings.max_answer,
            patience=PATIENCE if settings.limits else threading.TIMEOUT_MAX,
            queue=QUEUE if settings.limits else None,
        )
        self.answers = AnswerCache()
        self.observer = Observer()
        self._lock = threading.Lock()
        self._newest: Snapshot | None = None
        self._state = ""

    def snapshot(self) -> Snapshot:
        """
        The newest published state, the same one throughout a request; never close it.

        It closes when the service has a newer one and the last request that reads it has ended.
        """
        if "snapshot" not in g:
            with self._lock:
                newest = state(self.store)
                if self._newest is None or self._state != newest:
                    self._newest, self._state = self.store.snapshot(), newest
                g.snapshot = self._newest
        return cast(Snapshot, g.snapshot)

    def close(self) -> None:
        """Stops the readers and lets go of the snapshot."""
        self.readers.close()
        self._newest = None


def service() -> Service:
    """The service of the current app."""
    return cast(Service, current_app.extensions[EXTENSION])
