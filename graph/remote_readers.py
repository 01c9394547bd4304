"""
Queries that nobody here wrote, answered by the server that holds the store.

Its own limits on memory hold, and these on time and size. What it sends is read to the end and
written anew: the formats are those of any other store, and no part of an answer is taken for the
whole. A query that was given up here may run on there: see that the server has a time limit.
"""

import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from typing import IO, Any, BinaryIO, cast

from pyoxigraph import QueryResultsFormat, RdfFormat, parse, parse_query_results, serialize

from . import serialize as well_formed
from .cancellation import Cancellation
from .endpoint import JSON, TRIPLES, Misunderstood, Unanswered
from .federation import calls
from .frames import Header
from .reader import GRAPHS, AnswerTooLong, Output, write
from .reader_process import Answer, Kind
from .remote import RemoteStore
from .sparql import QueryError, QueryRefused, QueryTimeout, QueryTooLarge, form
from .turns import Turns
from .vocab import PREFIXES

_PART = 256 * 1024


class RemoteReaders:
    """
    What a `ReaderPool` is to a folder: at most *processes* queries are under way at once.

    *timeout* is seconds for one query, *max_answer* the bytes of an answer, *patience* the seconds
    that a query waits for its turn, *queue* how many may wait at once.
    """

    in_memory = False

    def __init__(
        self,
        store: RemoteStore,
        *,
        processes: int = 2,
        timeout: float = 10.0,
        max_answer: int = 1 << 30,
        patience: float = 30.0,
        queue: int | None = None,
    ) -> None:
        self.store = store
        self.timeout = timeout
        self.max_answer = max_answer
        self._turns = Turns(processes, patience=patience, queue=queue)
        self._most = processes
        self._timeouts = 0

    def query(
        self,
        text: str,
        *,
        results: str = JSON,
        boolean: str = JSON,
        graph: str = "text/turtle",
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
        base_iri: str | None = None,
        cancellation: Cancellation | None = None,
    ) -> Answer:
        """
        The whole answer of *text*, as `ReaderPool.query` gives it.

        Raises:
            QueryError: The server does not understand *text*.
            QueryRefused: It has a SERVICE, which the server would ask.
            QueryTimeout: It ran too long, or waited too long for its turn.
            QueryCancelled: *cancellation* was cancelled.
            QueryTooLarge: The answer is too long.
            RemoteError: The server did not answer as it should.
        """
        cancellation = cancellation or Cancellation()
        if found := calls(text, base_iri):
            raise QueryRefused.at(text, found[0].start, "SERVICE is not allowed on this server")
        asked = form(text)
        if asked is None or asked == "update":
            raise QueryError("no query: SELECT, ASK, CONSTRUCT or DESCRIBE is missing")
        question = {"solutions": results, "boolean": boolean, "graph": graph}
        dataset = [("default-graph-uri", iri) for iri in default_graphs]
        dataset += [("named-graph-uri", iri) for iri in named_graphs]
        self._turns.take(cancellation)
        try:
            state = self.store.current()
            based = f"BASE <{base_iri}> {text}" if base_iri else text
            with tempfile.SpooledTemporaryFile(_PART) as spool:
                self._fetch(based, TRIPLES if asked == "graph" else JSON, dataset, spool)
                cancellation.check()
                return self._written(asked, spool, question, state)
        except QueryTimeout:
            self._timeouts += 1
            raise
        except Misunderstood as error:
            raise QueryError(str(error)) from error
        finally:
            self._turns.give_back()

    def begin(self, text: str, **options: Any) -> None:
        """Nothing: an answer always has to be waited for."""

    def start(self) -> None:
        """Nothing has to be loaded."""

    def close(self) -> None:
        """Nothing is held open."""

    def counts(self) -> dict[str, int]:
        """As `ReaderPool.counts`; *started* are none, since there are no processes."""
        waiting, free = self._turns.waiting, self._turns.free
        counts = {"busy": self._most - free, "idle": free, "waiting": waiting, "started": 0}
        return counts | {
            "killed_timeout": self._timeouts,
            "killed_memory": 0,
            "killed_cancelled": 0,
        }

    def _fetch(
        self, text: str, accept: str, dataset: Sequence[tuple[str, str]], into: IO[bytes]
    ) -> None:
        until = time.monotonic() + self.timeout
        endpoint = self.store.endpoint
        try:
            with endpoint.opened(text, accept, seconds=self.timeout, dataset=dataset) as response:
                for part in response.stream(_PART):
                    into.write(part)
                    if into.tell() > self.max_answer:
                        raise QueryTooLarge(
                            f"the answer is longer than {self.max_answer:,} bytes; ask for "
                            "less, or in parts with LIMIT and OFFSET"
                        )
                    if time.monotonic() > until:
                        raise self._too_slow()
        except Unanswered as error:
            if time.monotonic() > until:
                raise self._too_slow() from error
            raise
        into.seek(0)

    def _too_slow(self) -> QueryTimeout:
        return QueryTimeout(f"the query took longer than {self.timeout:g} s; ask for less")

    def _written(self, asked: str, spool: IO[bytes], question: Header, state: str) -> Answer:
        with closing(Output(self.max_answer)) as output:
            try:
                if asked == "graph":
                    header = _write_graph(spool, question["graph"], output)
                else:
                    found = parse_query_results(cast(BinaryIO, spool), QueryResultsFormat.JSON)
                    header = write(found, question, output)
            except SyntaxError as error:
                raise self.store.endpoint.cut(str(error)) from None
            except AnswerTooLong:
                raise QueryTooLarge(
                    f"the answer is longer than {self.max_answer:,} bytes"
                ) from None
            kind = cast(Kind, header["kind"])
            if output.file is None:
                body = output.body.getvalue()
                return Answer(kind, header["media"], state, len(body), body)
            output.file.seek(0)
            file, output.file = output.file, None
            return Answer(kind, header["media"], state, output.size, file=file)


def _write_graph(spool: IO[bytes], media: str, output: Output) -> Header:
    triples = (quad.triple for quad in parse(cast(BinaryIO, spool), RdfFormat.N_TRIPLES))
    if GRAPHS[media] == RdfFormat.RDF_XML:
        output.writelines(well_formed.serialize(triples, "rdf"))
    else:
        serialize(triples, cast(BinaryIO, output), GRAPHS[media], prefixes=PREFIXES)
    return {"kind": "graph", "media": media}
