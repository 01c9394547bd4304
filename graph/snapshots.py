"""Snapshots: states of the store that never change, for any number of readers."""

import os
import shutil
import weakref
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import pyoxigraph
from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    Triple,
    Variable,
)

from .locks import StoreError, folder_lock

Term = NamedNode | Literal | BlankNode | Triple

FOLDER = "snapshots"
CURRENT = "current"


class Lookups:
    """
    What a `Snapshot` and a `Writer` have in common: many lookups can be announced, or made, at
    once. That is for stores at the other end of a network; one on this machine is asked one by one.
    """

    def expect(self, nodes: Iterable[NamedNode], *, parts: bool = False) -> None:
        """Says that quads of *nodes* will be looked up next; with *parts*, those of parts too."""

    def expect_values(self, predicate: NamedNode, values: Iterable[Term]) -> None:
        """Says that it will be looked up next who has one of *values* for *predicate*."""

    def select(self, query: str, **bindings: Term) -> list[dict[str, Term | None]]:
        """The rows of a SELECT; see `Snapshot.select`."""
        raise NotImplementedError

    def select_each(
        self, query: str, name: str, values: Iterable[Term]
    ) -> Iterator[tuple[Term, list[dict[str, Term | None]]]]:
        """For each of *values*, the rows of *query* with it in place of the variable *name*."""
        for value in values:
            yield value, self.select(query, **{name: value})


class Snapshot(Lookups):
    """
    One published state. Its folder stays while this is open, whatever is committed meanwhile.

    *path* may be opened by other processes too (`pyoxigraph.Store.read_only`) while this one is
    open. Dropping the last reference closes it.
    """

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self.name = path.name
        self._store: pyoxigraph.Store | None = pyoxigraph.Store.read_only(str(path))
        self._close = weakref.finalize(self, os.close, lock)

    @classmethod
    def newest(cls, store: Path) -> Self:
        """
        The newest snapshot of the store in folder *store*.

        Raises: StoreError where there is none or it cannot be opened.
        """
        while name := newest(store):
            path = store / FOLDER / name
            try:
                lock = folder_lock(path, shared=True)
            except FileNotFoundError:
                lock = None
            except OSError as error:
                raise StoreError(f"{path}: cannot be read: {error.strerror}") from error
            if lock is not None and _names(path, lock):
                try:
                    return cls(path, lock)
                except (OSError, RuntimeError) as error:  # RuntimeError is what corruption raises
                    os.close(lock)
                    raise StoreError(
                        f"{path}: damaged ({error}); restore the store from a backup"
                    ) from error
            if lock is not None:
                os.close(lock)
            if newest(store) == name and not path.exists():
                raise StoreError(f"{path}: is missing; restore the store from a backup")
        raise StoreError(f"{store}: nothing was published here; restore the store from a backup")

    @property
    def store(self) -> pyoxigraph.Store:
        """Oxigraph itself, read only."""
        if self._store is None:
            raise StoreError(f"{self.path}: this snapshot is closed")
        return self._store

    def select(self, query: str, **bindings: Term) -> list[dict[str, Term | None]]:
        """
        The rows of a SELECT, by variable; None where a row leaves one unbound.

        *bindings* are values put in place of variables. Oxigraph wants each of them in the SELECT
        list and raises RuntimeError otherwise: not ``SELECT (COUNT(*) AS ?n)`` but ``SELECT
        ?concept (COUNT(*) AS ?n) … GROUP BY ?concept``.

        Raises: SyntaxError.
        """
        return solutions(self.store, query, bindings)

    def ask(self, query: str, **bindings: Term) -> bool:
        """The answer of an ASK."""
        answer = self.store.query(query, substitutions=_values(bindings))
        if not isinstance(answer, QueryBoolean):
            raise ValueError("not an ASK query")
        return bool(answer)

    def construct(self, query: str, **bindings: Term) -> list[Triple]:
        """The triples of a CONSTRUCT or DESCRIBE."""
        answer = self.store.query(query, substitutions=_values(bindings))
        if not isinstance(answer, QueryTriples):
            raise ValueError("not a CONSTRUCT or DESCRIBE query")
        return list(answer)

    def write_tsv(self, query: str, file: BinaryIO) -> None:
        """Writes the rows of a SELECT to *file* as SPARQL's tab-separated values, as they come."""
        answer = self.store.query(query)
        if not isinstance(answer, QuerySolutions):
            raise ValueError("not a SELECT query")
        try:
            answer.serialize(file, QueryResultsFormat.TSV)
        finally:
            del answer  # see `rows`

    def quads(
        self,
        subject: NamedNode | BlankNode | None = None,
        predicate: NamedNode | None = None,
        object: Term | None = None,
        graph: NamedNode | BlankNode | DefaultGraph | None = None,
    ) -> list[Quad]:
        """The quads that match, in every graph unless *graph* names one."""
        return list(self.store.quads_for_pattern(subject, predicate, object, graph))

    def holds(self, graph: NamedNode) -> bool:
        """Whether *graph* is there, if only as an empty graph."""
        return self.store.contains_named_graph(graph)

    def named_graphs(self) -> list[NamedNode | BlankNode]:
        """The names of the graphs beside the default one, empty graphs too."""
        return list(self.store.named_graphs())

    def close(self) -> None:
        """Lets its folder be removed after the next commit."""
        self._store = None
        self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def newest(store: Path) -> str:
    """The name of the newest snapshot of the store in folder *store*, '' where there is none."""
    try:
        return (store / CURRENT).read_text().strip()
    except FileNotFoundError:
        return ""


def publish(store: Path, engine: pyoxigraph.Store) -> str:
    """
    Makes the present state of *engine* the newest snapshot, durably; its name.

    The caller holds the writers' lock. Killed at any point, `current` names a whole snapshot.
    """
    folder = store / FOLDER
    folder.mkdir(exist_ok=True)
    engine.flush()
    present = {entry.name for entry in folder.iterdir()}
    for name in [name for name in present if not name.isdecimal()]:  # left by a killed writer
        shutil.rmtree(folder / name)
    numbers = [int(name) for name in {*present, newest(store)} if name.isdecimal()]
    name = f"{max(numbers, default=0) + 1:06}"
    engine.backup(str(folder / f"{name}.tmp"))
    os.rename(folder / f"{name}.tmp", folder / name)
    _sync(folder)
    replace(store / CURRENT, f"{name}\n")
    return name


def sweep(store: Path) -> None:
    """
    Removes the snapshots of the store in folder *store* that are old and read by nobody.

    The caller holds the writers' lock.
    """
    kept = newest(store)
    for snapshot in sorted((store / FOLDER).iterdir()):
        if snapshot.name != kept:
            _remove(snapshot)


def replace(path: Path, text: str) -> None:
    """Writes *path* so that a crash leaves either its old text or the new one, whole."""
    draft = path.with_name(f"{path.name}.tmp")
    with open(draft, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)
    _sync(path.parent)


def _remove(snapshot: Path) -> None:
    lock = folder_lock(snapshot, shared=False)
    if lock is None:  # somebody reads it; a later commit will remove it
        return
    try:
        gone = snapshot.with_name(f"{snapshot.name}.old")
        os.rename(snapshot, gone)
        shutil.rmtree(gone)
    finally:
        os.close(lock)


def _names(path: Path, descriptor: int) -> bool:
    """Whether *path* still is the folder that *descriptor* has locked."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def solutions(
    store: pyoxigraph.Store, query: str, bindings: dict[str, Term]
) -> list[dict[str, Term | None]]:
    """The rows of a SELECT over *store*; see `Snapshot.select`."""
    return rows(store.query(query, substitutions=_values(bindings)))


def rows(answer: QuerySolutions | QueryBoolean | QueryTriples) -> list[dict[str, Term | None]]:
    """
    The rows of *answer*, by variable; None where a row leaves one unbound.

    Oxigraph's iterator may only be let go by the thread that made it, and the traceback of an
    error keeps what its frames hold: whoever failed half way through would keep it until some
    thread collects garbage. So it is held here alone, and dropped before an error leaves.

    Raises:
        ValueError: The query was no SELECT.
        SyntaxError: A parsed answer breaks off or is damaged.
    """
    try:
        if not isinstance(answer, QuerySolutions):
            raise ValueError("not a SELECT query")
        names = [variable.value for variable in answer.variables]
        found: list[dict[str, Term | None]] = []
        for solution in answer:  # a comprehension's frame would keep the iterator
            found.append(dict(zip(names, solution, strict=True)))
        return found
    finally:
        del answer


def _values(bindings: dict[str, Term]) -> dict[Variable, Term]:
    return {Variable(name): value for name, value in bindings.items()}
