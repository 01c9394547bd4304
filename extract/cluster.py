"""
Extraction on a Dask cluster: batches out to its workers, extractions back.

A worker runs this very module: it opens the pipeline once, whatever number of batches it gets, and
answers only for the same version and model as here. Batches and answers travel as bytes that
nothing on the way unpickles, so that a worker without scholargraph can say so. What a worker that
died had in hand, Dask gives to another.
"""

import asyncio
import functools
import importlib
import logging
import pickle
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, cast

from scholargraph import ScholarGraphError

from .fingerprint import model_id
from .mentions import Extraction
from .papers import Paper

if TYPE_CHECKING:
    from spacy.language import Language

# Seconds: for the scheduler to answer; for a cluster that has lost its last worker to get another.
CONNECT = 10.0
DESERTED = 60.0

# Batches that a worker's thread has in hand or waiting: it never waits for this end, and what is
# held here stays bounded.
_AHEAD = 3

# How often, in seconds, a cluster that does not answer is asked whether it has workers.
_LOOK = 5.0

_REMEDY = "install the same there with pip install scholargraph=={version}, or take it out"

# What a worker answers with: extractions, or why there are none.
Outcome = Literal["done", "absent", "other", "failed"]
Batch = Callable[[bytes, str], tuple[Outcome, bytes]]


class ClusterError(ScholarGraphError):
    """A Dask cluster that cannot be reached, or whose workers cannot do the work."""


def extract_on(
    address: str, papers: Iterable[Paper], *, batch_size: int = 64, connect: float = CONNECT
) -> Iterator[tuple[Paper, Extraction]]:
    """
    Each paper with its extraction, streaming, in the order of *papers*, as `extract` gives them.

    *address* is the scheduler's, such as ``tcp://host:8786``, *connect* the seconds that it may
    take to answer. *batch_size* papers go to a worker at a time, and three batches for each thread
    of the cluster are under way. A worker computes in one thread at a time: start as many workers
    as there are cores. Closing the iterator takes back what is under way.

    Raises:
        ClusterError: The scheduler does not answer, a worker lacks scholargraph or has another
            version or model, the cluster is lost, or a batch ended every worker that tried it.
    """
    if batch_size < 1:
        raise ValueError("batch_size counts from 1")
    source = iter(papers)
    first = list(islice(source, batch_size))
    if not first:
        return
    with _connected(address, connect) as client:
        model = model_id()
        _check_workers(client, address, model)
        run = _batch()
        waiting: deque[tuple[list[Paper], Any]] = deque()
        batch = first
        while True:
            most = _AHEAD * max(1, sum(_threads(client).values()))
            while batch and len(waiting) < most:
                data = pickle.dumps(batch, protocol=5)
                waiting.append((batch, client.submit(run, data, model, pure=False)))
                batch = list(islice(source, batch_size))
            if not waiting:
                return
            sent, future = waiting.popleft()
            yield from zip(sent, _answer(client, address, future), strict=True)


def _batch() -> Batch:
    """What a worker is given to run; made here, since Dask sends a function of a module by name."""

    def run(data: bytes, model: str) -> tuple[Outcome, bytes]:
        try:
            from scholargraph.extract.cluster import work
        except ImportError as error:
            return "absent", str(error).encode()
        return work(data, model)

    return run


def work(data: bytes, model: str) -> tuple[Outcome, bytes]:
    """Extracts the papers in *data* here, in a worker, if its extractor is *model*."""
    if _own_model() != model:
        return "other", _own_model().encode()
    papers = cast("list[Paper]", pickle.loads(data))
    if not papers:
        return "done", b""
    from .pipeline import extract

    # The pipeline is one, and spaCy does not say that threads may share it.
    with _AT_WORK:
        try:
            found = [extraction for _, extraction in extract(papers, _pipeline())]
        except ScholarGraphError as error:
            return "failed", str(error).encode()
    return "done", pickle.dumps(found, protocol=5)


_AT_WORK = threading.Lock()


@functools.cache
def _own_model() -> str:
    return model_id()


@functools.cache
def _pipeline() -> "Language":
    from .pipeline import load_pipeline

    return load_pipeline()


def _dask() -> Any:
    """Dask's library, an optional extra, which says of few functions what they take and give."""
    try:
        return importlib.import_module("distributed")
    except ImportError:
        raise ClusterError(
            "--dask needs Dask; install it with pip install 'scholargraph[dask]'"
        ) from None


@contextmanager
def _connected(address: str, seconds: float) -> Iterator[Any]:
    dask = _dask()
    with _quiet():
        try:
            # Asked first, since a client of Dask that never connected complains for long.
            kind = asyncio.run(_kind(address, seconds))
            if kind != "Scheduler":
                raise ValueError(f"a {kind.lower()} answers")
            client = dask.Client(
                address, timeout=seconds, set_as_default=False, name="scholargraph"
            )
        # TypeError is TLS that is not set up; MemoryError comes of bytes of another protocol, whose
        # first are taken for a length.
        except (OSError, ValueError, TypeError, MemoryError) as error:
            reason = " ".join(str(error).split()) or f"nothing sensible in {seconds:g} s"
            if isinstance(error, MemoryError):
                reason = "something else answers"
            raise ClusterError(
                f"{address}: no Dask scheduler answers there ({reason}); start one with "
                "`dask scheduler` and give its address, such as tcp://host:8786"
            ) from None
        try:
            yield client
        finally:
            client.close(timeout=seconds)


async def _kind(address: str, seconds: float) -> str:
    """What listens at *address* by its own account: Scheduler, Worker or Nanny."""
    dask = _dask()
    arguments = dask.Security().get_connection_args("client")

    async def ask() -> str:
        async with dask.rpc(address, timeout=seconds, connection_args=arguments) as peer:
            return str((await peer.identity()).get("type"))

    return await asyncio.wait_for(ask(), seconds + 1)


@contextmanager
def _quiet() -> Iterator[None]:
    """What Dask would log of a connection is said here, in one line; the library's own loggers."""
    loggers = [logging.getLogger(f"distributed.{part}") for part in ("client", "comm", "core")]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.CRITICAL + 1)
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _threads(client: Any) -> Mapping[str, int]:
    """The workers by address, with the number of their threads."""
    try:
        return cast("Mapping[str, int]", client.nthreads() or {})
    except (OSError, RuntimeError) as error:
        raise _lost(error) from error


def _check_workers(client: Any, address: str, model: str) -> None:
    """Refuses a cluster that has no worker, or one that would find other things than this one."""
    until = time.monotonic() + CONNECT
    while not _threads(client):
        if time.monotonic() > until:
            raise ClusterError(
                f"{address}: this scheduler has no workers; start some with `dask worker {address}`"
            )
        time.sleep(0.1)
    nothing = pickle.dumps([])
    try:
        said: dict[str, Any] = client.run(_batch(), nothing, model, on_error="return")
    except OSError as error:
        raise _lost(error) from error
    for worker, answer in said.items():
        if isinstance(answer, OSError):  # it died meanwhile
            continue
        if isinstance(answer, BaseException):
            raise ClusterError(f"the worker {worker} cannot be used: {answer}") from answer
        _refuse(answer, worker)


def _refuse(answer: tuple[Outcome, bytes], worker: str) -> None:
    outcome, data = answer
    if outcome == "done":
        return
    said = data.decode()
    version = model_id().split()[0].removeprefix("scholargraph-")
    remedy = _REMEDY.format(version=version)
    if outcome == "absent":
        raise ClusterError(f"{worker} has no scholargraph that fits ({said}); {remedy}")
    if outcome == "other":
        raise ClusterError(f"{worker} extracts with {said}, not with {model_id()}; {remedy}")
    raise ClusterError(f"{worker} cannot extract: {said}")


def _answer(client: Any, address: str, future: Any) -> list[Extraction]:
    dask = _dask()
    deserted: float | None = None
    while True:
        try:
            answer = cast("tuple[Outcome, bytes]", future.result(timeout=_LOOK))
            break
        except TimeoutError:
            now = time.monotonic()
            deserted = None if _threads(client) else deserted or now
            if deserted is not None and now - deserted > DESERTED:
                raise ClusterError(
                    f"{address}: the last worker left {DESERTED:g} s ago; start others with "
                    f"`dask worker {address}`, and run this again: what is committed stays"
                ) from None
        except dask.KilledWorker as error:
            raise ClusterError(
                "a batch of papers ended every worker that tried it, perhaps for want of memory; "
                "give workers more with --memory-limit"
            ) from error
        except (dask.client.FutureCancelledError, OSError) as error:
            raise _lost(error) from error
    _refuse(answer, f"a worker of {address}")
    return cast("list[Extraction]", pickle.loads(answer[1]))


def _lost(error: Exception) -> ClusterError:
    return ClusterError(
        f"the Dask scheduler was lost ({' '.join(str(error).split()) or type(error).__name__}); "
        "run this again when it is back: what is committed stays"
    )
