"""
What one writer does to the engine, kept as patches.

A patch is written before its transaction, so that a process killed in between leaves one too many,
which the next writer finds and drops. A large change is made in several transactions: of one that
was begun, the next writer finds the patch, and makes the rest. Where an update does not tell
beforehand what it will change, a mark stands while it runs, and the patch follows: whoever finds
the mark compares the newest snapshot with the engine.
"""

import datetime
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice, zip_longest
from pathlib import Path

import pyoxigraph
from pyoxigraph import DefaultGraph, Quad

from .effects import Effect, at_once, in_steps
from .patch_log import PatchFile, PatchLog, Untracked
from .patches import Done, Header, PatchError, net
from .scope import Pattern, Scope
from .snapshots import Snapshot, newest

# Quads that are looked at before and after an update; it takes 6 µs and 200 bytes for each.
WATCHED = 250_000
# Quads of a store whose states are compared where no patch tells; it takes 20 µs for each. Only an
# update whose template is `?s ?p ?o` needs that: of 458,000 quads, 10 s.
COMPARED = 1_000_000

_CHUNK = 1_000


class Journal:
    """The history that the writer of the store in folder *store* keeps."""

    def __init__(self, store: Path, last_number: Callable[[], int]) -> None:
        self._store = store
        self._log = PatchLog(store)
        self._last_number = last_number
        self._operation = "change"
        self._number: int | None = None
        self._previous: str | None = None
        self._gap = False
        self._begun: PatchFile | None = None
        self._published = ("", 0)

    def open(self, engine: pyoxigraph.Store | None) -> None:
        """To be called first, with the *engine* where a killed writer may have left something."""
        found = self._log.newest()
        if engine is not None:
            self._log.sweep()
            while found is not None and (done := _done(found, engine)) != "whole":
                if done == "partly":
                    # What has no patch yet may also have changed it back: that is compared.
                    if self._log.marked() is None:
                        self._begun = found
                    break
                self._log.drop(found)
                found = self._log.newest()
            self._end(engine)
            if marked := self._log.marked():
                self._gap = marked.snapshot == newest(self._store)
                self._operation, self._number = marked.operation, marked.number
                self._published = (marked.snapshot, marked.sequence)
                if not self._gap:  # it was published, and so its patch was written
                    self._log.unmark()
        if not self._gap:
            self._published = (newest(self._store), found.sequence if found else 0)

    def begin(self, operation: str, number: int | None = None) -> None:
        """What follows is another change, done by *operation*; a new one unless it has a number."""
        self._operation, self._number = operation, number

    def number(self) -> int:
        """The number of the change that is being made."""
        if self._number is None:
            self._number = max(self._log.last_number(), self._last_number()) + 1
        return self._number

    def transaction(self, opened: Callable[[], pyoxigraph.Store], effect: Effect) -> None:
        """Keeps *effect*, and then carries it out on the engine, which is *opened* for that."""
        if self._begun is not None:
            self._end(opened())
        steps = effect.is_filed and not self._gap
        if steps:  # the patch and the engine are given the same lines
            effect = effect.as_text()
        self._log.add(self._header(), effect.removed, effect.added, effect.written)
        if steps:
            self._log.sync()  # before the first step, so that a power cut leaves what it was
        engine = opened()
        with self._taken_back(engine):
            if steps:
                in_steps(engine, effect)
            else:
                at_once(engine, effect)

    def extending(self, engine: pyoxigraph.Store, quads: Iterable[Quad]) -> None:
        """Adds *quads* to *engine*, and keeps those that are new; they are read once."""

        def passing() -> Iterator[Quad]:
            with self._log.adding(self._header()) as patch:
                stream = iter(quads)
                while chunk := list(islice(stream, _CHUNK)):
                    patch.add(quad for quad in chunk if quad not in engine)
                    yield from chunk

        self._end(engine)
        with self._taken_back(engine):
            engine.extend(passing())

    @contextmanager
    def watching(self, engine: pyoxigraph.Store, scope: Scope) -> Iterator[None]:
        """Keeps what the block changes, all of which *scope* covers."""
        self._end(engine)
        before = _matching(engine, scope)
        if before is None:
            self.lose_track()
            yield
            return
        self._mark()
        try:
            yield
        except BaseException:
            self._unmark()
            raise
        after = _matching(engine, scope)
        if after is None:
            self._gap = True
            return
        self._log.add(self._header(), before - after, after - before)
        self._unmark()

    def lose_track(self) -> None:
        """What follows until the next commit is found out by comparing states."""
        self._mark()
        self._gap = True

    def close(self, engine: pyoxigraph.Store) -> None:
        """Makes the history whole and durable, before the state of *engine* is published."""
        self._end(engine)
        if self._gap:
            self._catch_up(engine)
            self._gap = False
            self._unmark()
        self._log.sync()

    def published(self, snapshot: str) -> None:
        """To be called when the state is published as *snapshot*."""
        found = self._log.newest()
        self._published = (snapshot, found.sequence if found else 0)

    def _header(self, *, opaque: bool = False) -> Header:
        if self._previous is None and (found := self._log.newest()):
            self._previous = found.header().id
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        header = Header(
            number=self.number(),
            operation=self._operation,
            time=now.replace("+00:00", "Z"),
            previous=self._previous,
            opaque=opaque,
        )
        self._previous = header.id
        return header

    @contextmanager
    def _taken_back(self, engine: pyoxigraph.Store) -> Iterator[None]:
        """Drops the patch just written where its transaction fails; what is half made is kept."""
        try:
            yield
        except BaseException:
            found = self._log.newest()
            done = "whole" if found is None else _done(found, engine)
            if found is not None and done == "not":
                self._log.drop(found)
                self._previous = None
            elif done == "partly":
                self._begun = found
            raise

    def _end(self, engine: pyoxigraph.Store) -> None:
        """Makes the rest of a transaction that was begun: until then nothing is published."""
        if self._begun is not None:
            patch = self._begun.read()
            in_steps(engine, Effect(list(patch.removed), list(patch.added)))
            self._begun = None

    def _mark(self) -> None:
        if not self._gap:
            snapshot, sequence = self._published
            self._log.mark(Untracked(snapshot, sequence, self.number(), self._operation))

    def _unmark(self) -> None:
        if not self._gap:
            self._log.unmark()

    def _catch_up(self, engine: pyoxigraph.Store) -> None:
        snapshot, sequence = self._published
        if len(engine) > COMPARED:
            self._log.add(self._header(opaque=True), (), ())
            return
        if snapshot:
            with Snapshot.newest(self._store) as before:
                removed, added = _compared(before.store, engine)
        else:
            removed, added = set(), set(engine)
        known = net(file.read() for file in self._log.files(after=sequence))
        self._log.add(
            self._header(),
            (removed - known.removed) | (known.added - added),
            (added - known.added) | (known.removed - removed),
        )


def _done(file: PatchFile, engine: pyoxigraph.Store) -> Done:
    try:
        patch = file.read()
    except PatchError:  # written, but never made durable
        return "not"
    return patch.done(engine)


def _matching(engine: pyoxigraph.Store, scope: Scope) -> set[Quad] | None:
    """The quads of *engine* in *scope*; None where they are more than `WATCHED`."""
    found: set[Quad] = set()
    facts = {(None, None, None, None), (None, None, None, DefaultGraph())}
    if not facts.isdisjoint(scope) and len(engine) > WATCHED:  # nearly all of it: don't begin
        return None
    for pattern in scope:
        found.update(islice(_found(engine, pattern), WATCHED + 1 - len(found)))
        if len(found) > WATCHED:
            return None
    return found


def _found(engine: pyoxigraph.Store, pattern: Pattern) -> Iterator[Quad]:
    subject, predicate, object, graph = pattern
    if subject is not None and predicate is not None and object is not None and graph is not None:
        quad = Quad(subject, predicate, object, graph)
        return iter([quad] if quad in engine else ())
    return engine.quads_for_pattern(subject, predicate, object, graph)


def _compared(before: pyoxigraph.Store, after: pyoxigraph.Store) -> tuple[set[Quad], set[Quad]]:
    """What is in *before* only, and what is in *after* only."""
    # Both yield their quads in the same order, so that what is shared soon meets itself.
    gone: set[Quad] = set()
    come: set[Quad] = set()
    for old, new in zip_longest(before, after):
        if old == new:
            continue
        for quad, mine, other in ((old, gone, come), (new, come, gone)):
            if quad is None:
                continue
            if quad in other:
                other.discard(quad)
            else:
                mine.add(quad)
    return gone, come
