"""What the pages of one app share: settings, store, the snapshot they read, reader processes."""

import os
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast, get_args

from flask import current_app, g

from scholargraph import ScholarGraphError
from scholargraph.graph.censuses import Censuses
from scholargraph.graph.folds import Folds
from scholargraph.graph.iris import Iris
from scholargraph.graph.peers import Peers
from scholargraph.graph.readers import Memory, ReaderPool
from scholargraph.graph.remote import RemoteStore
from scholargraph.graph.remote_readers import RemoteReaders
from scholargraph.graph.snapshots import CURRENT
from scholargraph.graph.state import state as state_of
from scholargraph.graph.store import Snapshot, Store, is_address
from scholargraph.graph.tallies import Tallied
from scholargraph.graph.writers import Writers

from .access_log import AccessLog, SlowLog
from .answer_cache import AnswerCache
from .counters import Counters
from .exchanges import Exchange, Observer
from .line_log import LineLog
from .vitals import Vitals

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
    *token* nobody can write over HTTP. *license* is the address of the terms on which the data may
    be used. Without *limits* any number of queries waits for a reader, however long: for tests and
    benchmarks. *access_log* and *slow_log* are files, ``-`` is standard output; a query is slow
    after *slow_after* seconds.

    *update_timeout* is in seconds, for one update or upload, which may take four times the memory
    of a query. SERVICE and LOAD may ask
    *allowed_services*, as `Peers.allowing` reads them, at public addresses or those in the networks
    *allowed_service_addresses*.

    With the front of `serve`, *threads* pages are answered at once, *queue* queries wait for a
    reader and one client may send *rate* requests a second; *proxies* of our own stand before the
    server and name the client in X-Forwarded-For.

    With *memory* ``on`` readers hold the graph in memory, with ``auto`` where there is room.
    """

    store: Path | str = DEFAULT_STORE
    base: str | None = None
    query_timeout: float = 10.0
    query_memory: int = 1024
    readers: int = 2
    token: str | None = field(default=None, repr=False)
    license: str | None = None
    max_body: int = 64 * 1024 * 1024
    max_answer: int = 1024 * 1024 * 1024
    limits: bool = True
    access_log: str | None = None
    slow_log: str | None = None
    slow_after: float = 1.0
    update_timeout: float = 60.0
    threads: int = 8
    queue: int = QUEUE
    rate: float = 200.0
    proxies: int = 0
    allowed_services: tuple[str, ...] = ()
    allowed_service_addresses: tuple[str, ...] = ()
    memory: Memory = "auto"

    def __post_init__(self) -> None:
        if self.token is not None and is_address(self.store):
            raise SettingsError(
                f"the graph is at {self.store}, where updates are to be sent; start this server "
                "without a token"
            )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """
        The settings that ``SCHOLARGRAPH_…`` variables give, defaults for the rest.

        Raises:
            SettingsError: A number that is none, a token file that cannot be read, or a token for
                a store on another server, which is to be changed there.
        """
        value = environment.get
        return cls(
            store=_place(value("SCHOLARGRAPH_STORE")),
            base=value("SCHOLARGRAPH_BASE") or None,
            query_timeout=_positive(environment, "SCHOLARGRAPH_QUERY_TIMEOUT", 10.0),
            query_memory=int(_positive(environment, "SCHOLARGRAPH_QUERY_MEMORY", 1024)),
            readers=int(_positive(environment, "SCHOLARGRAPH_READERS", 2)),
            token=_token(environment),
            license=_license(environment),
            limits=value("SCHOLARGRAPH_LIMITS", "on").lower() != "off",
            access_log=value("SCHOLARGRAPH_ACCESS_LOG") or None,
            slow_log=value("SCHOLARGRAPH_SLOW_LOG") or None,
            slow_after=_positive(environment, "SCHOLARGRAPH_SLOW_AFTER", 1.0),
            update_timeout=_positive(environment, "SCHOLARGRAPH_UPDATE_TIMEOUT", 60.0),
            threads=int(_positive(environment, "SCHOLARGRAPH_THREADS", 8)),
            queue=int(_positive(environment, "SCHOLARGRAPH_QUEUE", QUEUE)),
            rate=_positive(environment, "SCHOLARGRAPH_RATE", 200.0),
            proxies=_count(environment, "SCHOLARGRAPH_PROXIES"),
            allowed_services=_list(environment, "SCHOLARGRAPH_ALLOW_SERVICE"),
            allowed_service_addresses=_list(environment, "SCHOLARGRAPH_ALLOW_SERVICE_ADDRESS"),
            memory=_memory(environment),
        )


def _place(store: str | None) -> Path | str:
    """A folder, or the address of a server as it is written."""
    return store if store and is_address(store) else Path(store or DEFAULT_STORE)


def _memory(environment: Mapping[str, str]) -> Memory:
    value = environment.get("SCHOLARGRAPH_MEMORY") or "auto"
    for memory in get_args(Memory):
        if value.lower() == memory:
            return cast(Memory, memory)
    raise SettingsError(f"SCHOLARGRAPH_MEMORY is {value!r}; auto, on or off is needed")


def _positive(environment: Mapping[str, str], name: str, default: float) -> float:
    text = environment.get(name) or str(default)
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < 1e9:
        raise SettingsError(f"{name} is {text!r}; a number above 0 is needed")
    return number


def _list(environment: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(environment.get(name, "").replace(",", " ").split())


def _count(environment: Mapping[str, str], name: str) -> int:
    text = environment.get(name) or "0"
    if not (text.isascii() and text.isdigit() and int(text) < 100):
        raise SettingsError(f"{name} is {text!r}; a number from 0 is needed")
    return int(text)


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


def _license(environment: Mapping[str, str]) -> str | None:
    address = environment.get("SCHOLARGRAPH_LICENSE") or None
    if address and not re.fullmatch(r"https?://[!-~]+", address):
        raise SettingsError(
            f"SCHOLARGRAPH_LICENSE is {address!r}; give an address such as "
            "https://creativecommons.org/publicdomain/zero/1.0/"
        )
    return address


def _log(target: str) -> LineLog:
    try:
        return LineLog.open(target)
    except OSError as error:
        raise SettingsError(
            f"the log {target} cannot be written: {error.strerror}; "
            "name a file in a folder of your own, or - for standard output"
        ) from error


def check_logs(settings: Settings) -> None:
    """
    Makes the files of the logs.

    Raises:
        SettingsError: One cannot be written.
    """
    for target in filter(None, (settings.access_log, settings.slow_log)):
        _log(target).close()


class Service:
    """
    The store of one app, what reads it, and what watches it.

    Raises:
        StoreError: *settings* name no store.
        SettingsError: A log cannot be written.
        PeersError: An allowed service is no host, or a network none.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.store = Store.open(settings.store, base=settings.base)
        self.iris: Iris = self.store.iris
        self.readers: ReaderPool | RemoteReaders = self._readers()
        self.writers = Writers(
            self.store,
            timeout=settings.update_timeout,
            memory_mb=4 * settings.query_memory,
            peers=self._peers(settings.update_timeout),
        )
        self.censuses = Censuses(self.store)
        self.folds = Folds(self.store)
        self.tallies = Tallied(self.store)
        self.answers = AnswerCache()
        self.counters = Counters()
        self.counters.registry.register(Vitals(self))
        logs = {"access": settings.access_log, "slow": settings.slow_log}
        self.logs = {name: _log(target) for name, target in logs.items() if target}
        self.observer = Observer(self._watchers())
        self._lock = threading.Lock()
        self._newest: Snapshot | None = None
        self._state = ""
        self._current = os.fspath(self.store.path / CURRENT)
        self._known: tuple[tuple[int, int, int] | None, str] = None, ""

    def _readers(self) -> ReaderPool | RemoteReaders:
        settings = self.settings
        processes = 2 * settings.readers  # the front lets as many long queries run beside
        patience = PATIENCE if settings.limits else threading.TIMEOUT_MAX
        queue = settings.queue if settings.limits else None
        if isinstance(self.store, RemoteStore):
            return RemoteReaders(
                self.store,
                processes=processes,
                timeout=settings.query_timeout,
                max_answer=settings.max_answer,
                patience=patience,
                queue=queue,
            )
        return ReaderPool(
            self.store,
            processes=processes,
            lent=settings.readers,
            timeout=settings.query_timeout,
            memory_mb=settings.query_memory,
            max_answer=settings.max_answer,
            patience=patience,
            queue=queue,
            peers=self._peers(settings.query_timeout),
            memory=settings.memory,
        )

    def state(self) -> str:
        """What `graph.state.state` says of the store, for the price of one look at a file."""
        if isinstance(self.store, RemoteStore):
            return state_of(self.store)
        try:
            found = os.stat(self._current)
        except FileNotFoundError:
            return state_of(self.store)
        seen = found.st_ino, found.st_mtime_ns, found.st_size
        known = self._known  # one reference: other threads replace it meanwhile
        if known[0] != seen:
            # What is read now may be newer than *seen*; then the next look reads again.
            known = self._known = seen, state_of(self.store)
        return known[1]

    def _peers(self, timeout: float) -> Peers:
        settings = self.settings
        return Peers.allowing(
            settings.allowed_services, settings.allowed_service_addresses, timeout=timeout
        )

    def snapshot(self) -> Snapshot:
        """
        The newest published state, the same one throughout a request; never close it.

        It closes when the service has a newer one and the last request that reads it has ended.
        """
        if "snapshot" not in g:
            with self._lock:
                newest = self.state()
                if self._newest is None or self._state != newest:
                    self._newest, self._state = self.store.snapshot(), newest
                g.snapshot = self._newest
        return cast(Snapshot, g.snapshot)

    def _watchers(self) -> list[Callable[[Exchange], None]]:
        watchers: list[Callable[[Exchange], None]] = [self.counters.finished]
        secret = self.settings.token
        if log := self.logs.get("access"):
            watchers.append(AccessLog(log, secret=secret).finished)
        if log := self.logs.get("slow"):
            after = self.settings.slow_after
            watchers.append(SlowLog(log, after=after, secret=secret).finished)
        return watchers

    def close(self) -> None:
        """Stops the readers, lets go of the snapshot, writes the last lines of the logs."""
        self.readers.close()
        self.writers.close()
        self.censuses.close()
        self.folds.close()
        self.tallies.close()
        for log in self.logs.values():
            log.close()
        self._newest = None


def service() -> Service:
    """The service of the current app."""
    return cast(Service, current_app.extensions[EXTENSION])
