"""
A reader: a process of its own that answers one query after another, each from one state.

Started by `scholargraph.graph.reader_process` as ``python -m scholargraph.graph.reader FD``, it
reads the newest snapshot; `scholargraph.graph.memory_parent` forks those that have the graph in
memory. It speaks in frames (`scholargraph.graph.frames`) over the socket that FD names. An answer
over `INLINE` bytes goes to a temporary file without a name; its descriptor is handed over.

Whatever costs time in proportion to a query's text is done here, under the query's own limits.
"""

import fcntl
import io
import os
import select
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from typing import Any, BinaryIO, Protocol, cast

import pyoxigraph
from pyoxigraph import (
    NamedNode,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    serialize,
)

from . import loans, memory_room
from . import serialize as well_formed
from .federation import asking
from .frames import Header, receive, send
from .peers import Peers
from .rdfxml import NotXml
from .snapshots import Term
from .sparql import PeerError, QueryError, QueryRefused, unknown_function
from .state import state as state
from .store import Snapshot, Store, StoreError
from .vocab import PREFIXES

# The server itself, and whoever asks from this machine, come before its readers.
NICE = 5

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
# How often, in milliseconds, an idle reader looks whether its snapshot is outdated.
IDLE = 1000


class AnswerTooLong(Exception):
    """The answer passed the most bytes that one may have."""


class OtherKind(Exception):
    """The answer is of a kind that no media type was asked for."""


class Output:
    """Where an answer goes: memory up to `INLINE` bytes, then a file, at most *most* bytes."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.size = 0
        self.body = io.BytesIO()
        self.file: BinaryIO | None = None

    def write(self, data: bytes) -> int:
        self.size += len(data)
        if self.size > self.most:
            raise AnswerTooLong
        if self.file is not None:
            return self.file.write(data)
        written = self.body.write(data)
        if self.size > INLINE:
            # As quick as memory on an idle machine, and it can leave memory again.
            self.file = tempfile.TemporaryFile(buffering=0)
            self.file.write(self.body.getbuffer())
        return written

    def writelines(self, chunks: Iterable[bytes]) -> None:
        for chunk in chunks:
            self.write(chunk)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        if self.file is not None:
            self.file.close()


class Source(Protocol):
    """What a reader reads."""

    def newest(self) -> tuple[pyoxigraph.Store, str]:
        """The graph to answer from now, and the name of its state."""

    def current(self) -> bool:
        """Whether that would be the store's newest state."""

    def idle(self) -> int | None:
        """Does what is left to do while nobody asks; milliseconds until there is more, or None."""


class Published:
    """The newest snapshot of *store*, whichever that is when a query comes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._snapshot: Snapshot | None = None
        self._state = ""

    def newest(self) -> tuple[pyoxigraph.Store, str]:
        newest = state(self._store)
        if self._snapshot is None or self._state != newest:
            self._close()
            self._snapshot, self._state = self._store.snapshot(), newest
        return self._snapshot.store, self._state

    def current(self) -> bool:
        return True

    def idle(self) -> int | None:
        """Lets an outdated snapshot be removed, which an idle reader would keep on disk."""
        if self._snapshot is not None and self._state != state(self._store):
            self._close()
        return IDLE if self._snapshot is not None else None

    def _close(self) -> None:
        if self._snapshot is not None:
            self._snapshot.close()
            self._snapshot = None


class Reader:
    """
    Answers queries about *source* that come from *peer*, one at a time.

    *setting* has *most*, the bytes that an answer may have; *patience*, the seconds after which a
    query ends the process; *peers*, whom SERVICE may ask.
    """

    def __init__(self, source: Source, peer: socket.socket, setting: Header) -> None:
        self._source = source
        self._peer = peer
        self._most: int = setting["most"]
        self._patience: float = setting["patience"]
        self._peers = Peers.from_json(setting["peers"])
        self._flags = fcntl.fcntl(peer, fcntl.F_GETFL)
        fcntl.fcntl(peer, fcntl.F_SETOWN, os.getpid())

    def run(self) -> None:
        """Answers until the other side is gone."""
        os.nice(NICE)
        while True:
            self._wait()
            try:
                frame = receive(self._peer)
            except EOFError:
                return
            if frame.descriptor is None:
                self._answer(frame.header)
            else:
                self._serve(frame.descriptor)

    def _serve(self, descriptor: int) -> None:
        """Answers on the connections that come over the socket *descriptor*."""
        source = self._source
        with socket.socket(fileno=descriptor) as owner:
            loans.Desk(owner, self._short, source.current, source.idle).run()

    def _short(self, question: Header) -> loans.Short | None:
        with closing(Output(min(self._most, loans.MOST_ANSWER))) as output:
            try:
                self._end_when_left()
                try:
                    header = self._evaluate(question, output)
                finally:
                    self._stay()
            except (QueryError, NotXml, PeerError, AnswerTooLong, OtherKind, StoreError):
                return None
            return loans.Short(header["state"], output.body.getvalue())

    def _wait(self) -> None:
        asked = select.poll()
        asked.register(self._peer, select.POLLIN)
        pause: int | None = 0
        while not asked.poll(pause):
            pause = self._source.idle()

    def _answer(self, question: Header) -> None:
        with closing(Output(self._most)) as output:
            try:
                self._end_when_left()
                try:
                    header = self._evaluate(question, output)
                finally:
                    self._stay()
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

    def _end_when_left(self) -> None:
        """
        Has the kernel end this process when its pool is gone, or after *patience*.

        The pool kills what runs too long, but it may have been killed itself.
        """
        signal.setitimer(signal.ITIMER_REAL, self._patience)
        # Until the answer is sent, all that can happen to the socket is that it is closed.
        fcntl.fcntl(self._peer, fcntl.F_SETFL, self._flags | os.O_ASYNC)

    def _stay(self) -> None:
        fcntl.fcntl(self._peer, fcntl.F_SETFL, self._flags)
        signal.setitimer(signal.ITIMER_REAL, 0)

    def _send_error(self, error: QueryError, kind: str) -> None:
        place = {"line": error.line, "column": error.column}
        send(self._peer, {"error": kind, "message": str(error)} | place)

    def _hand_over(self, header: Header, output: Output) -> None:
        if output.file is None:
            send(self._peer, header, output.body.getbuffer())
        else:
            output.file.seek(0)
            send(self._peer, header | {"length": output.size}, descriptor=output.file.fileno())

    def _evaluate(self, question: Header, output: Output) -> Header:
        with asking(question["text"], question["base"], self._peers) as edited:
            return self._run(edited.text, question, output)

    def _run(self, text: str, question: Header, output: Output) -> Header:
        graph, state = self._source.newest()
        options: dict[str, Any] = {}
        if question["default_graphs"] or question["named_graphs"]:
            options["default_graph"] = [_graph(iri) for iri in question["default_graphs"]]
            options["named_graphs"] = [_graph(iri) for iri in question["named_graphs"]]
        functions: dict[NamedNode, Callable[..., Term | None]] = {}
        while True:
            try:
                result = graph.query(
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
        return {"state": state} | write(result, question, output)


def _graph(iri: str) -> NamedNode:
    try:
        return NamedNode(iri)
    except ValueError as error:
        raise QueryError(f"{iri[:200]!r} names no graph: {error}; give an absolute IRI") from error


def _no_value(*_arguments: object) -> None:
    return None


def write(
    result: QuerySolutions | QueryBoolean | QueryTriples, question: Header, output: Output
) -> Header:
    """Writes *result* in the media type that *question* has for its kind; kind and media type."""
    file = cast(BinaryIO, output)  # Output has what pyoxigraph calls
    if isinstance(result, QueryTriples):
        media = question["graph"]
        if media not in GRAPHS:
            raise OtherKind
        if GRAPHS[media] == RdfFormat.RDF_XML:
            file.writelines(well_formed.serialize(result, "rdf"))  # Oxigraph's is not always
        else:
            serialize(result, file, GRAPHS[media], prefixes=PREFIXES)
        return {"kind": "graph", "media": media}
    kind = "boolean" if isinstance(result, QueryBoolean) else "solutions"
    media = question[kind]
    if media not in SOLUTIONS:
        raise OtherKind
    result.serialize(file, SOLUTIONS[media])
    return {"kind": kind, "media": media}


def main(descriptor: int) -> None:
    """Answers what comes over the socket *descriptor*, within the limits of its first frame."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which then closes us
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    with socket.socket(fileno=descriptor) as peer:
        setting = receive(peer).header
        source = Published(Store.open(setting["store"]))
        with suppress(StoreError):  # what the first query will be told
            source.newest()
        # The limit is for what queries want, beside Python, RocksDB and its threads.
        memory_room.limit(setting["memory_mb"], beyond=memory_room.data_bytes())
        answering = Reader(source, peer, setting)
        send(peer, {"ready": True})
        answering.run()


if __name__ == "__main__":
    main(int(sys.argv[1]))
