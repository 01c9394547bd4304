"""
A reader: a process of its own that answers one query after another from the newest snapshot.

Started by `scholargraph.graph.readers` as ``python -m scholargraph.graph.reader FD``; it speaks
over the socket that FD names: frames of a length in four bytes and JSON, then the answer's bytes.
What is over `INLINE` bytes goes to a temporary file without a name; its descriptor is handed over.

Whatever costs time in proportion to a query's text is done here, under the query's own limits.
"""

import json
import os
import resource
import signal
import socket
import struct
import sys
import tempfile
from collections.abc import Callable, Iterable
from typing import Any, BinaryIO, cast

from pyoxigraph import (
    NamedNode,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    serialize,
)

from . import serialize as well_formed
from .federation import asking
from .peers import Peers
from .rdfxml import NotXml
from .snapshots import CURRENT, Term
from .sparql import PeerError, QueryError, QueryRefused, unknown_function
from .store import Snapshot, Store, StoreError
from .vocab import PREFIXES

SOLUTIONS = {
    "application/sparql-results+json": QueryResultsFormat.JSON,
    "application/sparql-results+xml": QueryResultsFormat.XML,
    "text/csv": QueryResultsFormat.CSV,
    "text/tab-separated-values": QueryResultsFormat.TSV,
}
GRAPHS = {
    "text/turtle": RdfFormat.TURTLE,
    "application/n-triples": RdfFormat.N_TRIPLES,
    "application/ld+json": RdfFormat.JSON_LD,
    "application/rdf+xml": RdfFormat.RDF_XML,
    "application/trig": RdfFormat.TRIG,
    "application/n-quads": RdfFormat.N_QUADS,
}

INLINE = 1024 * 1024
_LENGTH = struct.Struct("!I")

Header = dict[str, Any]


def state(store: Store) -> str:
    """
    What tells the newest snapshot of *store* from every other, also from one of the same name in a
    store that was removed and made anew.
    """
    try:
        published = os.stat(store.path / CURRENT).st_mtime_ns
    except FileNotFoundError:
        published = 0
    return f"{store.current()}-{published:x}"


def send(
    peer: socket.socket, header: Header, body: bytes = b"", file: BinaryIO | None = None
) -> None:
    """One frame: *header*, then *body* or the descriptor of *file*."""
    text = json.dumps(header).encode()
    peer.sendall(_LENGTH.pack(len(text)) + text + body)
    if file is not None:
        socket.send_fds(peer, [b"F"], [file.fileno()])


def receive(peer: socket.socket) -> Header:
    """
    The header of the next frame.

    Raises:
        EOFError: The other side is gone.
    """
    (length,) = _LENGTH.unpack(read(peer, _LENGTH.size))
    return cast(Header, json.loads(read(peer, length)))


def read(peer: socket.socket, size: int) -> bytes:
    """
    Exactly *size* bytes.

    Raises:
        EOFError: The other side is gone.
    """
    data = bytearray()
    while len(data) < size:
        chunk = peer.recv(min(size - len(data), 1 << 20))
        if not chunk:
            raise EOFError
        data += chunk
    return bytes(data)


class AnswerTooLong(Exception):
    """The answer passed the most bytes that one may have."""


class _Output:
    """Where an answer goes: memory up to `INLINE` bytes, then a file, at most *most* bytes."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.size = 0
        self.file = tempfile.SpooledTemporaryFile(max_size=INLINE)

    def write(self, data: bytes) -> int:
        self.size += len(data)
        if self.size > self.most:
            raise AnswerTooLong
        return self.file.write(data)

    def writelines(self, chunks: Iterable[bytes]) -> None:
        for chunk in chunks:
            self.write(chunk)

    def flush(self) -> None:
        self.file.flush()


class Reader:
    """Answers queries about the newest snapshot of *store*, one at a time."""

    def __init__(self, store: Store, peer: socket.socket, *, most: int, patience: float) -> None:
        self._store = store
        self._peer = peer
        self._most = most
        self._patience = patience
        self._snapshot: Snapshot | None = None
        self._state = ""

    def run(self) -> None:
        """Answers until the other side is gone."""
        send(self._peer, {"ready": True})
        while True:
            try:
                question = receive(self._peer)
            except EOFError:
                return
            # The pool kills what runs too long; this does where the pool itself was killed.
            signal.setitimer(signal.ITIMER_REAL, self._patience)
            self._answer(question)
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _answer(self, question: Header) -> None:
        output = _Output(self._most)
        with output.file:
            try:
                header = self._evaluate(question, output)
            except QueryError as error:
                self._send_error(error, "refused" if isinstance(error, QueryRefused) else "query")
            except NotXml as error:
                send(self._peer, {"error": "unwritable", "message": str(error)})
            except PeerError as error:
                send(self._peer, {"error": "peer", "message": str(error)})
            except AnswerTooLong:
                send(self._peer, {"error": "answer", "message": str(self._most)})
            except MemoryError:
                send(self._peer, {"error": "memory", "message": ""})
            except StoreError as error:
                send(self._peer, {"error": "store", "message": str(error)})
            else:
                self._hand_over(header, output)

    def _send_error(self, error: QueryError, kind: str) -> None:
        place = {"line": error.line, "column": error.column}
        send(self._peer, {"error": kind, "message": str(error)} | place)

    def _hand_over(self, header: Header, output: _Output) -> None:
        header["size"] = output.size
        output.file.seek(0)
        if output.size <= INLINE:
            send(self._peer, header, output.file.read())
        else:
            send(self._peer, header | {"file": True}, file=cast(BinaryIO, output.file))

    def _evaluate(self, question: Header, output: _Output) -> Header:
        peers = Peers.from_json(question["peers"])
        with asking(question["text"], question["base"], peers) as edited:
            return self._run(edited.text, question, output)

    def _run(self, text: str, question: Header, output: _Output) -> Header:
        snapshot = self._newest()
        options: dict[str, Any] = {}
        if question["default_graphs"] or question["named_graphs"]:
            options["default_graph"] = [_graph(iri) for iri in question["default_graphs"]]
            options["named_graphs"] = [_graph(iri) for iri in question["named_graphs"]]
        functions: dict[NamedNode, Callable[..., Term | None]] = {}
        while True:
            try:
                result = snapshot.store.query(
                    text,
                    base_iri=question["base"],
                    custom_functions=functions,
                    **options,
                )
                break
            except RuntimeError as error:
                unknown = unknown_function(error)
                if unknown is None:
                    raise
                functions[unknown] = _no_value
        return {"state": self._state} | _serialize(result, question, output)

    def _newest(self) -> Snapshot:
        newest = state(self._store)
        if self._snapshot is None or self._state != newest:
            if self._snapshot is not None:
                self._snapshot.close()
                self._snapshot = None
            self._snapshot, self._state = self._store.snapshot(), newest
        return self._snapshot


def _graph(iri: str) -> NamedNode:
    try:
        return NamedNode(iri)
    except ValueError as error:
        raise QueryError(f"{iri[:200]!r} names no graph: {error}; give an absolute IRI") from error


def _no_value(*_arguments: object) -> None:
    return None


def _serialize(
    result: QuerySolutions | QueryBoolean | QueryTriples, question: Header, output: _Output
) -> Header:
    file = cast(BinaryIO, output)  # _Output has what pyoxigraph calls
    if isinstance(result, QueryTriples):
        media = question["graph"]
        if GRAPHS[media] == RdfFormat.RDF_XML:
            file.writelines(well_formed.serialize(result, "rdf"))  # Oxigraph's is not always
        else:
            serialize(result, file, GRAPHS[media], prefixes=PREFIXES)
        return {"kind": "graph", "media": media}
    kind = "boolean" if isinstance(result, QueryBoolean) else "solutions"
    media = question[kind]
    result.serialize(file, SOLUTIONS[media])
    return {"kind": kind, "media": media}


def main(descriptor: int) -> None:
    """Answers what comes over the socket *descriptor*, within the limits of its first frame."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which then closes us
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    with socket.socket(fileno=descriptor) as peer:
        setting = receive(peer)
        allowed = resource.getrlimit(resource.RLIMIT_DATA)[1]
        memory = setting["memory_mb"] * 1024 * 1024
        if allowed != resource.RLIM_INFINITY:
            memory = min(memory, allowed)
        # Heap and private mappings, on Linux. RLIMIT_AS would count RocksDB's and threads' address
        # space too, which is five times what a reader has in memory.
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        store = Store.open(setting["store"])
        Reader(store, peer, most=setting["most"], patience=setting["patience"]).run()


if __name__ == "__main__":
    main(int(sys.argv[1]))
