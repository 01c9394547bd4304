"""
A store at the other end of a network: any SPARQL 1.1 server with query and update.

The server's default graph holds the facts. The graph `fetched.MARKER` says what it is: the base of
the IRIs, the version of the layout, and a token that every commit replaces.

A commit is one update, which changes nothing unless the token is still the one that its writer
began with. So a commit is atomic wherever updates are, two writers cannot mix, and a writer whose
connection was cut learns from the token whether its commit was made. What a writer has announced
(`snapshots.Lookups.expect`) is fetched together, and answered from here until the commit.
"""

import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import pyoxigraph
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Triple

from . import vocab as v
from .effects import Effect, data
from .endpoint import Endpoint, Unanswered
from .fetched import MARKER, Fetched, looked_up, select_each
from .iris import DEFAULT_BASE, Iris
from .locks import StoreBusy, StoreError
from .marker import check_base
from .ntriples import Lines, quads_of
from .remote_snapshot import RemoteSnapshot
from .snapshots import Snapshot, Term
from .store import Store, Writer
from .substitution import substituted

_BASE = v.term("void:uriSpace")
_LAYOUT = v.term("schema:schemaVersion")
_VERSION = v.term("schema:version")

# What is on a server, told apart from what a folder is: a folder's history is not there.
LAYOUT = 1

# Seconds that a server may take to notice what was committed elsewhere.
LATELY = 1.0

# Seconds that a commit whose answer was lost may still take to be seen.
_DOUBT = 15.0


class RemoteWriter(Writer):
    """The server while *token* is the newest; `apply` fails once somebody else has changed it."""

    def __init__(self, endpoint: Endpoint, address: str, iris: Iris, token: str) -> None:
        self.path = Path(address)
        self.iris = iris
        self.changed = False
        self.published = token
        self._endpoint = endpoint
        self._fetched = Fetched(endpoint)
        self._number: int | None = None

    @property
    def store(self) -> pyoxigraph.Store:
        raise StoreError(f"{self._endpoint.update}: this needs a store in a folder of this machine")

    def commit(self) -> None:
        """Each `apply` is a commit of its own."""

    def begin(self, operation: str, number: int | None = None) -> None:
        """No history is kept of a server, where others write too."""
        self._number = number

    def number(self) -> int:
        if self._number is None:
            self._number = self._last_number() + 1
        return self._number

    def sweep(self) -> None:
        """There are no snapshots."""

    def publish(self) -> None:
        """What was applied is there for all to see."""

    def optimize(self) -> None:
        """Left to whoever runs the server."""

    def __contains__(self, quad: object) -> bool:
        if not isinstance(quad, Quad):
            return False
        subject = quad.subject
        if isinstance(subject, Triple):
            return False
        return bool(self.quads(subject, quad.predicate, quad.object, quad.graph_name))

    def holds(self, graph: NamedNode) -> bool:
        return self._endpoint.ask(f"ASK {{ GRAPH {graph} {{ ?s ?p ?o }} }}")

    def quads(
        self,
        subject: NamedNode | BlankNode | None = None,
        predicate: NamedNode | None = None,
        object: Term | None = None,
        graph: NamedNode | BlankNode | DefaultGraph | None = None,
    ) -> list[Quad]:
        if not self._fetched.answers(subject, predicate, object, graph):
            if not isinstance(subject, NamedNode):
                return looked_up(self._endpoint, subject, predicate, object, graph)
            self._fetched.fetch([subject])
        return self._fetched.quads(subject, predicate, object, graph)

    def select(self, query: str, **bindings: Term) -> list[dict[str, Term | None]]:
        return self._endpoint.select(substituted(query, bindings))

    def select_each(
        self, query: str, name: str, values: Iterable[Term]
    ) -> Iterator[tuple[Term, list[dict[str, Term | None]]]]:
        return select_each(self._endpoint, query, name, values)

    def expect(self, nodes: Iterable[NamedNode], *, parts: bool = False) -> None:
        self._fetched.fetch(nodes, parts=parts)

    def expect_values(self, predicate: NamedNode, values: Iterable[Term]) -> None:
        self._fetched.fetch_values(predicate, values)

    def update(self, text: str, **options: Any) -> None:
        raise StoreError(f"send updates to {self._endpoint.update} itself")

    def apply(
        self, delete: Iterable[Quad], insert: Iterable[Quad], *, known: Effect | None = None
    ) -> tuple[int, int]:
        """
        Removes *delete* and adds *insert*, all or nothing, with what is *known*: how many quads
        went and came.

        Raises: StoreBusy where somebody else has changed the store since this writer began;
            StoreError for blank nodes, which an update cannot name.
        """
        effect = self.effect(delete, insert)
        if known is not None:
            effect = known + effect
        if effect:
            removed, added = data(effect.removed), data(effect.added)
            if removed[1] or added[1]:
                raise StoreError(
                    f"{self._endpoint.update}: blank nodes cannot be written to a server"
                )
            self._exchange(removed[0], added[0])
            self._fetched.change(effect.removed, effect.added)
        return len(effect.removed), len(effect.added)

    def effect(
        self,
        delete: Iterable[Quad],
        insert: Iterable[Quad],
        written: Mapping[NamedNode, Lines] | None = None,
    ) -> Effect:
        new = dict.fromkeys([*insert, *quads_of((written or {}).values())])
        old = dict.fromkeys(delete)
        subjects = (quad.subject for quads in (old, new) for quad in quads)
        self.expect(node for node in subjects if isinstance(node, NamedNode))
        return Effect(
            [quad for quad in old if quad not in new and quad in self],
            [quad for quad in new if quad not in self],
        )

    def _exchange(self, delete: str, insert: str) -> None:
        before, after = self.published, _new_token()
        self.published = ""  # until it is known
        try:
            self._endpoint.change(_exchange(before, after, delete, insert))
        except Unanswered as error:
            if not self._arrived(before, after):
                raise StoreError(
                    f"{error} (whether the last commit was made could not be seen; it is whole or "
                    "not there, and running this again goes on from it)"
                ) from error
        else:
            if _token(self._endpoint) != after:
                raise StoreBusy(
                    f"{self._endpoint.update}: somebody else changed this store meanwhile; nothing "
                    "of this commit was written, and running this again goes on from there"
                )
        self.published = after

    def _arrived(self, before: str, after: str) -> bool:
        """Whether the commit of *after* was made though its answer was lost."""
        until = time.monotonic() + _DOUBT
        while True:
            try:
                if (found := _token(self._endpoint)) != before:
                    return found == after
            except StoreError:
                pass  # it may come back
            if time.monotonic() > until:
                return False
            time.sleep(0.5)


class RemoteStore(Store):
    """A store on a SPARQL server, at *address*; make one with `Store.open`."""

    is_remote = True

    def __init__(self, endpoint: Endpoint, address: str, iris: Iris, *, exists: bool) -> None:
        super().__init__(Path(address), iris)
        self.endpoint = endpoint
        self._address = address
        self._exists = exists
        self._seen = -LATELY, ""

    @property
    def address(self) -> str:
        return self._address

    @classmethod
    def find(cls, address: str, *, create: bool = False, base: str | None = None) -> Self:
        """
        The store at *address*; see `Store.open` and `Endpoint.find`.

        Raises: StoreError for a server that cannot be asked, holds something else, or shows named
            graphs as part of the default one.
        """
        endpoint = Endpoint.find(address)
        found = _marker(endpoint)
        if base is not None:
            check_base(base)
        if found is None:
            if not create:
                raise StoreError(
                    f"{address}: no store yet; `scholargraph import --store {address}` makes it"
                )
            if endpoint.ask("ASK { ?s ?p ?o }"):
                raise StoreError(
                    f"{address}: holds something else already; give scholargraph a dataset of its "
                    "own on that server"
                )
            return cls(endpoint, address, Iris(base or DEFAULT_BASE), exists=False)
        made_with, version = found
        if version > LAYOUT:
            raise StoreError(
                f"{address}: made by a newer scholargraph (store version {version}, this one reads "
                f"{LAYOUT}); upgrade with pip install -U scholargraph"
            )
        if base is not None and base != made_with:
            raise StoreError(
                f"{address}: this store was made with the base {made_with}; leave the base out, or "
                f"import into another dataset to use {base}"
            )
        _check_apart(endpoint, address)
        return cls(endpoint, address, Iris(made_with), exists=True)

    @property
    def exists(self) -> bool:
        self._exists = self._exists or _marker(self.endpoint) is not None
        return self._exists

    @contextmanager
    def writing(self, *, wait: float = 30.0, late: bool = False) -> Iterator[Writer]:
        """
        The server as it is now, until somebody else changes it; nothing has to be waited for.

        *late* makes no difference.
        """
        if not self.exists:
            self._make()
        token = _token(self.endpoint)
        yield RemoteWriter(self.endpoint, self._address, self.iris, token)

    def _make(self) -> None:
        graph = MARKER
        values = ((_BASE, self.iris.base), (_LAYOUT, str(LAYOUT)), (_VERSION, _new_token()))
        marks = " ".join(f"{graph} {name} {Literal(value)} ." for name, value in values)
        self.endpoint.change(
            f"INSERT {{ GRAPH {graph} {{ {marks} }} }} "
            f"WHERE {{ FILTER NOT EXISTS {{ GRAPH {graph} {{ ?s ?p ?o }} }} }}"
        )
        found = _marker(self.endpoint)
        if found is None:
            raise StoreError(
                f"{self.endpoint.update}: took an update that cannot be seen at "
                f"{self.endpoint.query}; see that both are of one dataset"
            )
        if found[0] != self.iris.base:
            raise StoreError(f"{self._address}: another process made it with the base {found[0]}")
        try:
            _check_apart(self.endpoint, self._address)
        except StoreError:
            self.endpoint.change(f"DELETE WHERE {{ GRAPH {graph} {{ ?s ?p ?o }} }}")
            raise
        self._exists = True

    def recover(self, *, wait: float = 30.0) -> bool:
        """Nothing is ever left to publish."""
        return False

    def wanted(self) -> bool:
        """Nobody has to wait."""
        return False

    def current(self) -> str:
        return _token(self.endpoint)

    def lately(self) -> str:
        moment, token = self._seen  # one reference: other threads replace it meanwhile
        if time.monotonic() - moment > LATELY:
            token = self.current()
            self._seen = time.monotonic(), token
        return token

    def snapshot(self) -> Snapshot:
        if not self.exists:
            raise StoreError(f"{self._address}: no store yet; `scholargraph import` makes it")
        return RemoteSnapshot(self.endpoint, self._address, self.lately())


def _marker(endpoint: Endpoint) -> tuple[str, int] | None:
    """The base and the version of the layout of the store there; None where there is none."""
    rows = endpoint.select(
        f"SELECT ?base ?layout WHERE {{ GRAPH {MARKER} {{ {MARKER} {_BASE} ?base ; "
        f"{_LAYOUT} ?layout }} }}"
    )
    for row in rows:
        base, layout = row["base"], row["layout"]
        if isinstance(base, Literal) and isinstance(layout, Literal) and layout.value.isdecimal():
            return base.value, int(layout.value)
    return None


def _token(endpoint: Endpoint) -> str:
    """What tells the newest state from every other, '' where there is no store."""
    rows = endpoint.select(f"SELECT ?v WHERE {{ GRAPH {MARKER} {{ {MARKER} {_VERSION} ?v }} }}")
    tokens = [row["v"].value for row in rows if isinstance(row["v"], Literal)]
    return max(tokens, default="")


def _new_token() -> str:
    """Unlike any other; it ends in its moment, as `graph.state.state` of a folder does."""
    return f"{uuid.uuid4().hex}-{time.time_ns():x}"


def _exchange(before: str, after: str, delete: str, insert: str) -> str:
    """An update that does something only where *before* is the token, and makes it *after*."""
    old, new = (
        f"GRAPH {MARKER} {{ {MARKER} {_VERSION} {Literal(token)} }}" for token in (before, after)
    )
    return f"DELETE {{ {delete}\n{old} }}\nINSERT {{ {insert}\n{new} }}\nWHERE {{ {old} }}"


def _check_apart(endpoint: Endpoint, address: str) -> None:
    """Refuses a server whose default graph is all graphs together: facts would mix."""
    if endpoint.ask(f"ASK {{ {MARKER} {_BASE} ?base }}"):
        raise StoreError(
            f"{address}: shows named graphs as part of the default graph; switch that off on the "
            "server (Oxigraph: no --union-default-graph; Fuseki: no tdb2:unionDefaultGraph)"
        )
