"""
What is read of a store on a SPARQL server (see `scholargraph.graph.remote`).

There are no snapshots: each query sees the newest state, so that parts of one page may be a commit
apart; the token tells whether anything has changed since. Each lookup is a journey. So what is
announced (`snapshots.Lookups.expect`) is fetched together, and answered from here.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import pyoxigraph
from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad, Triple

from .endpoint import Endpoint
from .fetched import MARKER, Fetched, looked_up, select_each
from .locks import StoreError
from .snapshots import Snapshot, Term
from .substitution import substituted

# A column that was asked for so many times, one subject after another, is fetched whole.
_OFTEN = 32

_Column = tuple[NamedNode, NamedNode | DefaultGraph, str]


class RemoteSnapshot(Snapshot):
    """
    The server's newest state, whichever that is when it is asked; *name* is its token as of now.
    """

    def __init__(self, endpoint: Endpoint, address: str, token: str) -> None:
        self.path = Path(address)
        self.name = token
        self._endpoint = endpoint
        self._fetched = Fetched(endpoint)
        self._asked: dict[_Column, int] = {}
        self._columns: dict[_Column, dict[Term, list[Quad]]] = {}

    @property
    def store(self) -> pyoxigraph.Store:
        raise StoreError(f"{self._endpoint.query}: this needs a store in a folder of this machine")

    def select(self, query: str, **bindings: Term) -> list[dict[str, Term | None]]:
        return self._endpoint.select(substituted(query, bindings))

    def select_each(
        self, query: str, name: str, values: Iterable[Term]
    ) -> Iterator[tuple[Term, list[dict[str, Term | None]]]]:
        return select_each(self._endpoint, query, name, values)

    def ask(self, query: str, **bindings: Term) -> bool:
        return self._endpoint.ask(substituted(query, bindings))

    def construct(self, query: str, **bindings: Term) -> list[Triple]:
        return list(self._endpoint.construct(substituted(query, bindings)))

    def write_tsv(self, query: str, file: BinaryIO) -> None:
        with self._endpoint.opened(query, "text/tab-separated-values") as response:
            for part in response.stream(1 << 16):
                file.write(part)

    def quads(
        self,
        subject: NamedNode | BlankNode | None = None,
        predicate: NamedNode | None = None,
        object: Term | None = None,
        graph: NamedNode | BlankNode | DefaultGraph | None = None,
    ) -> list[Quad]:
        if self._fetched.answers(subject, predicate, object, graph):
            return self._fetched.quads(subject, predicate, object, graph)
        if predicate is not None and isinstance(graph, NamedNode | DefaultGraph):
            if isinstance(subject, NamedNode) and object is None:
                column = self._column(predicate, graph, "subject")
                if column is not None:
                    return column.get(subject, [])
            elif subject is None and object is not None:
                column = self._column(predicate, graph, "object")
                if column is not None:
                    return column.get(object, [])
        return looked_up(self._endpoint, subject, predicate, object, graph)

    def _column(
        self, predicate: NamedNode, graph: NamedNode | DefaultGraph, by: str
    ) -> dict[Term, list[Quad]] | None:
        """All of *predicate* in *graph*, by its one end, once it was asked for often by that."""
        key = (predicate, graph, by)
        asked = self._asked[key] = self._asked.get(key, 0) + 1
        if asked < _OFTEN:
            return None
        if key not in self._columns:
            column: dict[Term, list[Quad]] = {}
            for quad in looked_up(self._endpoint, None, predicate, None, graph):
                column.setdefault(quad.subject if by == "subject" else quad.object, []).append(quad)
            self._columns[key] = column
        return self._columns[key]

    def expect(self, nodes: Iterable[NamedNode], *, parts: bool = False) -> None:
        self._fetched = Fetched(self._endpoint)
        self._fetched.fetch(nodes, parts=parts)

    def expect_values(self, predicate: NamedNode, values: Iterable[Term]) -> None:
        self._fetched.fetch_values(predicate, values)

    def holds(self, graph: NamedNode) -> bool:
        return graph != MARKER and self._endpoint.ask(f"ASK {{ GRAPH {graph} {{ ?s ?p ?o }} }}")

    def named_graphs(self) -> list[NamedNode | BlankNode]:
        rows = self._endpoint.select("SELECT DISTINCT ?g WHERE { GRAPH ?g { ?s ?p ?o } }")
        names = (row["g"] for row in rows)
        return [name for name in names if isinstance(name, NamedNode) and name != MARKER]

    def close(self) -> None:
        """Nothing is held open."""
