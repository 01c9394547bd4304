"""Every subject of a graph, in order, in memory that does not grow with the graph."""

import heapq
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import groupby
from typing import BinaryIO, cast

from pyoxigraph import BlankNode, DefaultGraph, NamedNode

from .description import Graph, Node
from .snapshots import Snapshot

# Subjects sorted at once in memory, 200 bytes each; what is more lies in temporary files.
RUN = 100_000

_BLANK = b"_:"


def subjects(snapshot: Snapshot, graph: Graph, *, run: int = RUN) -> Iterator[Node]:
    """
    The subjects in *graph*, once each: IRIs by their characters, then blank nodes.

    An external merge sort: *run* of them are sorted at once.
    """
    if isinstance(graph, BlankNode):  # which SPARQL cannot name
        found = {quad.subject for quad in snapshot.quads(graph=graph)}
        nodes = [node for node in found if isinstance(node, NamedNode | BlankNode)]
        yield from sorted(nodes, key=lambda node: (isinstance(node, BlankNode), node.value))
        return
    pattern = "?s ?p ?o" if isinstance(graph, DefaultGraph) else f"GRAPH {graph} {{ ?s ?p ?o }}"
    with _Runs(run) as runs:
        snapshot.write_tsv(f"SELECT ?s WHERE {{ {pattern} }}", cast(BinaryIO, runs))
        for line in runs.merged():
            blank, text = line[:1] == b"1", line[1:].decode()
            yield BlankNode(text) if blank else NamedNode(text)


class _Runs:
    """
    A file to write a column of TSV into, which sorts its lines.

    A line is kept as a digit, 0 for an IRI and 1 for a blank node, and what it is called: so bytes
    sort as they should, and a paper comes before its own parts.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._rest = b""
        self._last = b"?s"  # the header
        self._lines: list[bytes] = []
        self._files: list[BinaryIO] = []
        self._open = ExitStack()

    def __enter__(self) -> "_Runs":
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def write(self, data: bytes) -> int:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            # The engine's index has a subject's statements together.
            if line != self._last:
                self._last = line
                blank = line.startswith(_BLANK)
                self._lines.append(b"1" + line[2:] if blank else b"0" + line[1:-1])
        if len(self._lines) >= self._size:
            self._put_away()
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def merged(self) -> Iterator[bytes]:
        """The lines in order, once each."""
        self._lines.sort()
        parts = [*map(_lines_of, self._files), iter(self._lines)]
        for line, _ in groupby(heapq.merge(*parts)):
            yield line

    def _put_away(self) -> None:
        self._lines.sort()
        file = cast(BinaryIO, self._open.enter_context(tempfile.TemporaryFile()))
        file.writelines(line + b"\n" for line in self._lines)
        file.seek(0)
        self._files.append(file)
        self._lines = []


def _lines_of(file: BinaryIO) -> Iterator[bytes]:
    for line in file:
        yield line[:-1]
