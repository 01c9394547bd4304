"""
The store: a folder that one process at a time may change while any number read.

::

    format.json     what the folder is: kind, version, base of its IRIs
    lock            held, with the holder's name in it, for the length of a commit
    lock.wanted     held by whoever waits for `lock`: between commits its holder lets go then
    oxigraph/       what the writer changes; open only while `lock` is held
    unpublished     exists while oxigraph/ may hold more than the newest snapshot
    snapshots/      000001/, 000002/, …: hard-link copies that never change; readers open these
    current         the name of the newest of them
    history/        what each transaction changed: see `scholargraph.graph.patch_log`
    replacing       exists while oxigraph.new/ is to take the place of oxigraph/
    census.json, communities.json, tallies.txt
                    figures of one of them, that a server keeps; they may be removed at any time

A read-only open beside a live writer is undefined in Oxigraph; hence the snapshots. The folder is
open for writing only while a commit lasts, so that an import works while the server runs and the
other way round. A process killed at any moment leaves whole transactions: the next writer finds
`unpublished`, and publishes what they wrote.
"""

import gc
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pyoxigraph
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad

from . import vocab as v
from .effects import Effect, absent, is_new, present
from .iris import DEFAULT_BASE, Iris
from .journal import Journal
from .locks import StoreBusy, StoreError, is_wanted, writers_lock
from .marker import LOCK, MARKER, UNPUBLISHED, check_base, made_with, mark, marked
from .migrations import FORMAT_VERSION, migrate
from .ntriples import Lines, quads_of
from .parts import FACTS
from .replacement import finish, prepare
from .scope import Scope, scope
from .snapshots import Lookups, Snapshot, Term, newest, publish, solutions, sweep

__all__ = ["FORMAT_VERSION", "Snapshot", "Store", "StoreBusy", "StoreError", "Writer"]

ENGINE = "oxigraph"

# Seconds for this process to let go of an earlier writer's folder.
_PATIENCE = 5.0


def is_address(store: object) -> bool:
    """Whether *store* names a server, not a folder."""
    return isinstance(store, str) and store.lower().startswith(("http://", "https://"))


class Writer(Lookups):
    """
    The store while one process may change it; every method that changes it is atomic.

    *published* names the newest snapshot: after the `with` block, the one with these changes.

    With *late* the engine is opened by the first change, and what is looked up before is looked up
    in the newest snapshot, which is the same. An open engine compacts its files meanwhile, and
    begins anew each time since to close it breaks that off.
    """

    def __init__(self, folder: Path, iris: Iris, *, late: bool = False) -> None:
        self.path = folder
        self.iris = iris
        self.changed = (folder / UNPUBLISHED).exists()
        self.published = newest(folder)
        self._swept = True
        self._store: pyoxigraph.Store | None = None
        self._before: Snapshot | None = None
        # What was looked up since the last change, and has no facts.
        self._unsaid: set[NamedNode | BlankNode] = set()
        self._journal = Journal(folder, self._last_number)
        if late and self.published and not self.changed:
            self._before = Snapshot.newest(folder)
            self._journal.open(None)
        else:
            self._store = _opened(folder / ENGINE)
            self._journal.open(self._store if self.changed else None)

    @property
    def store(self) -> pyoxigraph.Store:
        """
        Oxigraph itself, for what the methods here do not offer; keep no reference to it.

        What is changed with it, the history has to find out by comparing the whole store.
        """
        self._mark()
        self._journal.lose_track()
        return self._engine

    @property
    def _engine(self) -> pyoxigraph.Store:
        if self._store is None:
            if self._before is None:
                raise StoreError("this writer is closed; use it inside its `with` block")
            self._store = _opened(self.path / ENGINE)
            self._before.close()
            self._before = None
        return self._store

    @property
    def _readable(self) -> pyoxigraph.Store:
        """Oxigraph for looking up."""
        if self._store is None and self._before is not None:
            return self._before.store
        return self._engine

    def _mark(self) -> None:
        self._unsaid.clear()
        if not self.changed:
            (self.path / UNPUBLISHED).touch()
            self.changed = True

    def begin(self, operation: str, number: int | None = None) -> None:
        """
        Says that what follows is another change, for the history; see `patches.Header`.

        It gets the next number unless it goes on with the change of *number*.
        """
        self._journal.begin(operation, number)

    def number(self) -> int:
        """The number of the change that is being made."""
        return self._journal.number()

    def _last_number(self) -> int:
        places = (self.iris.runs_graph(), self.iris.corrections_graph())
        numbers = [quad for place in places for quad in self.quads(None, v.NUMBER, None, place)]
        return max(
            (int(q.object.value) for q in numbers if isinstance(q.object, Literal)), default=0
        )

    def commit(self) -> None:
        """Makes what was changed the newest snapshot, durably."""
        if self.changed:
            self._journal.close(self._engine)
            self.published = publish(self.path, self._engine)
            (self.path / UNPUBLISHED).unlink(missing_ok=True)
            self._journal.published(self.published)
            self.changed = False
            self._swept = False

    def sweep(self) -> None:
        """Removes the snapshots that `commit` has made old, where nobody reads them."""
        if not self._swept:
            sweep(self.path)
            self._swept = True

    def publish(self) -> None:
        """Makes what was changed the newest snapshot, and closes."""
        try:
            self.commit()
            self.sweep()
        finally:
            self._store = None
            if self._before is not None:
                self._before.close()
                self._before = None

    def __contains__(self, quad: Quad) -> bool:
        return quad in self._readable

    def holds(self, graph: NamedNode) -> bool:
        """Whether *graph* is there, if only as an empty graph."""
        return self._readable.contains_named_graph(graph)

    def quads(
        self,
        subject: NamedNode | BlankNode | None = None,
        predicate: NamedNode | None = None,
        object: Term | None = None,
        graph: NamedNode | BlankNode | DefaultGraph | None = None,
    ) -> list[Quad]:
        """The quads that match; None matches everything."""
        found = list(self._readable.quads_for_pattern(subject, predicate, object, graph))
        if not found and subject and predicate is None and object is None and graph == FACTS:
            self._unsaid.add(subject)
        return found

    def select(self, query: str, **bindings: Term) -> list[dict[str, Term | None]]:
        """The rows of a SELECT, as `Snapshot.select` has them."""
        return solutions(self._readable, query, bindings)

    def apply(
        self, delete: Iterable[Quad], insert: Iterable[Quad], *, known: Effect | None = None
    ) -> tuple[int, int]:
        """
        Removes *delete* and adds *insert*, all or nothing: how many quads went and came.

        A quad in both stays. *known* is what `effect` said of other quads just now: it is done as
        well, and not looked up again.
        """
        effect = self.effect(delete, insert)
        if known is not None:
            effect = known + effect
        if effect:
            with _explained(self.path):
                self._mark()
                self._journal.transaction(lambda: self._engine, effect)
        return effect.size

    def effect(
        self,
        delete: Iterable[Quad],
        insert: Iterable[Quad],
        written: Mapping[NamedNode, Lines] | None = None,
    ) -> Effect:
        """
        What `apply` would really remove and add.

        *written* are lines, each once, of all that nodes are to own among the facts; nothing else
        here is about these.
        """
        new = dict.fromkeys(insert)
        old = [quad for quad in dict.fromkeys(delete) if quad not in new]
        lines: list[Lines] = []
        for node, chunk in (written or {}).items():
            if is_new(self._readable, node, self._unsaid):
                lines.append(chunk)
            else:
                new.update(dict.fromkeys(quads_of([chunk])))
        come = absent(self._readable, new, self._unsaid)
        return Effect(present(self._readable, old), come, tuple(lines))

    def extend(self, quads: Iterable[Quad]) -> None:
        """Adds *quads*, of which there may be more than memory holds, all or nothing."""
        with _explained(self.path):
            self._mark()
            self._journal.extending(self._engine, quads)

    def add_graph(self, graph: NamedNode) -> None:
        """Makes *graph* be there though it is empty; no patch can say that."""
        self._mark()
        self._engine.add_graph(graph)

    def remove_graph(self, graph: NamedNode | DefaultGraph) -> None:
        """Removes *graph* with all that is in it; the default graph is emptied."""
        with _explained(self.path):
            self._mark()
            with self._journal.watching(self._engine, ((None, None, None, graph),)):
                self._engine.remove_graph(graph)

    def update(self, text: str, *, within: Scope | None = None, **options: Any) -> None:
        """
        Runs a SPARQL update, all or nothing; *options* are those of `pyoxigraph.Store.update`.

        *within* says what it may change, where the caller knows better than `scope.scope`.

        Raises: what pyoxigraph raises: SyntaxError, ValueError, RuntimeError, OSError.
        """
        unchanged = not self.changed
        self._mark()
        touched = scope(text, options.get("base_iri")) if within is None else within
        try:
            with self._journal.watching(self._engine, touched):
                self._engine.update(text, **options)
        except (SyntaxError, ValueError, RuntimeError, OSError):
            if unchanged:  # it was rolled back: there is nothing to publish
                (self.path / UNPUBLISHED).unlink(missing_ok=True)
                self.changed = False
            raise

    def replace(self, engine: Path) -> None:
        """
        Puts a copy of *engine*, a folder of Oxigraph that nobody changes, in place of everything.

        Killed at any point, it leaves the old state or the new one.
        """
        with _explained(self.path):
            self._mark()
            self._journal.lose_track()
            prepare(engine, self.path)
            self._store = None
            finish(self.path, self.path / ENGINE)
            self._store = _opened(self.path / ENGINE)

    def optimize(self) -> None:
        """Compacts the folder; worth its time after thousands of new papers."""
        with _explained(self.path):
            self._mark()
            self._engine.optimize()


class Store:
    """
    A store's folder; see the module. Make one with `Store.open`.

    What is elsewhere, *is_remote*, is a `scholargraph.graph.remote.RemoteStore`.
    """

    is_remote = False

    def __init__(self, path: Path, iris: Iris) -> None:
        self.path = path
        self.iris = iris

    def __repr__(self) -> str:
        return f"Store({self.address!r})"

    @property
    def address(self) -> str:
        """What `open` finds it by, from any folder."""
        return str(self.path.resolve())

    @classmethod
    def open(cls, path: Path | str, *, create: bool = False, base: str | None = None) -> "Store":
        """
        The store at *path*, a folder or the address of a SPARQL server; nothing is written.

        *create* allows an absent or empty folder, which becomes a store with its first commit.
        *base* is where its IRIs begin: the default is what the store was made with.

        Raises: StoreError for what is no store, or one that this version cannot read.
        """
        if is_address(path):
            from .remote import RemoteStore

            return RemoteStore.find(str(path), create=create, base=base)
        path = Path(path).absolute()
        try:
            found = made_with(path, create=create)
        except OSError as error:
            raise StoreError(f"{path}: cannot be read: {error.strerror}") from error
        if base is not None:
            check_base(base)
        if found and base is not None and base != found:
            raise StoreError(
                f"{path}: this store was made with the base {found}; leave the base out, or "
                f"import into another folder to use {base}"
            )
        return cls(path, Iris(found or base or DEFAULT_BASE))

    @property
    def exists(self) -> bool:
        """Whether the first commit has been."""
        return (self.path / MARKER).exists()

    @contextmanager
    def writing(self, *, wait: float = 30.0, late: bool = False) -> Iterator[Writer]:
        """
        The one writer; what it changed is flushed and published on leaving, also by an exception.

        *wait* is how many seconds to wait for another process's commit. *late* is for a change
        that takes seconds to find out: see `Writer`.

        Raises: StoreBusy after *wait*; StoreError where the folder cannot be written.
        """
        with ExitStack() as stack:
            with _explained(self.path):
                made_with(self.path, create=True)  # before anything is written to a wrong folder
                self.path.mkdir(parents=True, exist_ok=True)
                stack.enter_context(writers_lock(self.path / LOCK, wait=wait))
                self._make()
                writer = Writer(self.path, self.iris, late=late)
            try:
                yield writer
            finally:
                with _explained(self.path):
                    writer.publish()

    def _make(self) -> None:
        base, version = marked(self.path, create=True)
        if base is not None and base != self.iris.base:
            raise StoreError(f"{self.path}: another process made it with the base {base}")
        if base is None:
            (self.path / UNPUBLISHED).touch()
        elif version < FORMAT_VERSION:
            migrate(self.path, version)
        if base is None or version < FORMAT_VERSION:
            mark(self.path, self.iris.base)
        finish(self.path, self.path / ENGINE)

    def recover(self, *, wait: float = 30.0) -> bool:
        """Publishes what a killed writer had committed; whether there was anything."""
        if not self.exists or not (self.path / UNPUBLISHED).exists():
            return False
        with self.writing(wait=wait):
            return True

    def wanted(self) -> bool:
        """Whether another process waits to write."""
        return is_wanted(self.path / LOCK)

    def current(self) -> str:
        """The name of the newest snapshot, '' before the first; changes with every commit."""
        return newest(self.path)

    def lately(self) -> str:
        """`current`, of a moment ago where it costs a journey to ask."""
        return self.current()

    def snapshot(self) -> Snapshot:
        """
        The newest published state, open for reading.

        Raises: StoreError where no store is yet.
        """
        if not self.exists:
            raise StoreError(f"{self.path}: no store yet; `scholargraph import` makes it")
        if not self.current():  # killed between its making and its first snapshot
            self.recover()
        return Snapshot.newest(self.path)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"{path}: cannot be written: {error.strerror or error}; check the folder's "
            "permissions and the free space, or name another with --store"
        ) from error


def _opened(folder: Path) -> pyoxigraph.Store:
    # RocksDB leaves a log at each opening, and files that it was killed before it had taken in.
    for left in (*folder.glob("LOG.old.*"), *folder.glob("bulk-*.sst")):
        left.unlink()
    patience = time.monotonic() + _PATIENCE
    while True:
        try:
            return pyoxigraph.Store(folder)
        except OSError:
            # Query results of an earlier writer that nobody has dropped yet, in a traceback for
            # example, keep RocksDB locked for this process.
            if not (folder / "LOCK").exists() or time.monotonic() > patience:
                raise
        except RuntimeError as error:
            raise StoreError(
                f"{folder}: damaged ({error}); restore the store from a backup"
            ) from error
        gc.collect()
        time.sleep(0.01)
