"""Extraction on a Dask cluster of real worker processes, some of which die or do not fit."""

import contextlib
import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from serving import free_port

import scholargraph
from scholargraph.cli import cli
from scholargraph.extract import Paper, extract, model_id
from scholargraph.extract.cluster import ClusterError, extract_on
from scholargraph.graph.importing import import_files
from scholargraph.graph.store import Store

distributed = pytest.importorskip("distributed", reason="needs scholargraph[dask]")

ROOT = Path(scholargraph.__file__).parent
DATA = ROOT / "data" / "papers.jsonl"


@pytest.fixture(scope="module")
def papers() -> list[Paper]:
    one = Paper(
        "0", "RiverNet", "We propose RiverNet for segmentation. It beats U-Net on DeltaSAR."
    )
    return [replace(one, id=str(n), title=f"RiverNet {n}") for n in range(24)]


@pytest.fixture(scope="module")
def cluster() -> Iterator[object]:
    """A scheduler and two workers, each a process."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as cluster:
        yield cluster


@pytest.fixture
def scheduler() -> Iterator[str]:
    """The address of a scheduler without workers."""
    port = free_port()
    with started("dask_scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"):
        yield f"tcp://127.0.0.1:{port}"


@contextlib.contextmanager
def started(module: str, *arguments: str, path: Path | None = None) -> Iterator[None]:
    environment = dict(os.environ)
    if path is not None:
        environment["PYTHONPATH"] = str(path)
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", f"distributed.cli.{module}", *arguments],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def worker(scheduler: str, path: Path) -> contextlib.AbstractContextManager[None]:
    """A worker of *scheduler* that imports from *path* first."""
    options = ("--nthreads", "1", "--no-nanny", "--no-dashboard")
    return started("dask_worker", scheduler, *options, path=path)


def dump(store: Store) -> list[str]:
    with store.snapshot() as snapshot:
        runs = store.iris.runs_graph()  # when a run began and ended
        return sorted(str(quad) for quad in snapshot.quads() if quad.graph_name != runs)


def test_a_cluster_finds_what_this_process_finds_in_the_same_order(cluster, papers):
    found = list(extract_on(cluster.scheduler_address, papers, batch_size=5))

    assert found == list(extract(papers))


def test_a_worker_opens_the_model_once(cluster, papers):
    def openings() -> int:
        from scholargraph.extract import cluster

        return cluster._pipeline.cache_info().misses

    list(extract_on(cluster.scheduler_address, papers, batch_size=2))
    list(extract_on(cluster.scheduler_address, papers, batch_size=2))

    with distributed.Client(cluster.scheduler_address, set_as_default=False) as client:
        assert set(client.run(openings).values()) <= {0, 1}


def test_a_cluster_takes_papers_only_as_fast_as_it_extracts(cluster, papers):
    taken = itertools.count()
    endless = (replace(papers[0], id=str(number)) for number in taken)

    first = list(itertools.islice(extract_on(cluster.scheduler_address, endless, batch_size=2), 3))

    assert [paper.id for paper, _ in first] == ["0", "1", "2"]
    # Three batches for each of two threads, one more for the one that was used up, one in hand.
    assert next(taken) <= 2 * (3 * 2 + 3)


def test_a_worker_killed_in_mid_run_costs_nothing_of_the_graph(cluster, tmp_path):
    stores = [Store.open(tmp_path / name, create=True) for name in ("here.db", "there.db")]
    import_files([DATA], stores[0], extract=extract, model=model_id())
    killed = []

    def extract_and_kill(papers):
        pairs = extract_on(cluster.scheduler_address, papers, batch_size=2)
        for number, pair in enumerate(pairs):
            if number == 3:
                with distributed.Client(cluster.scheduler_address, set_as_default=False) as client:
                    killed.append(min(client.run(os.getpid).values()))
                os.kill(killed[0], signal.SIGKILL)
            yield pair

    report = import_files([DATA], stores[1], extract=extract_and_kill, model=model_id())

    assert len(killed) == 1
    assert report.papers == report.read == report.new
    assert dump(stores[1]) == dump(stores[0])


def test_both_commands_take_the_address(cluster, tmp_path):
    here, there = (
        CliRunner().invoke(cli, ["extract", str(DATA), *options])
        for options in (["--jobs", "1"], ["--dask", cluster.scheduler_address])
    )
    store = ["--store", str(tmp_path / "papers.db")]
    brought = CliRunner().invoke(
        cli, ["import", str(DATA), "--dask", cluster.scheduler_address, *store]
    )

    assert there.stdout == here.stdout != ""
    assert (brought.exit_code, brought.stderr) == (0, "")


def test_nothing_to_extract_asks_no_scheduler():
    assert list(extract_on("tcp://127.0.0.1:9", [])) == []


@contextlib.contextmanager
def silent_listener() -> Iterator[str]:
    """What takes a connection and says nothing."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield f"tcp://127.0.0.1:{listener.getsockname()[1]}"


def test_an_unreachable_scheduler_is_one_line_with_the_remedy(papers):
    with silent_listener() as silent:
        for address in ("tcp://127.0.0.1:9", "127.0.0.1", "http://127.0.0.1:9", silent):
            began = time.monotonic()
            with pytest.raises(ClusterError) as caught:
                list(extract_on(address, papers, connect=0.5))

            assert time.monotonic() - began < 10
            assert str(caught.value).startswith(f"{address}: no Dask scheduler answers there")
            assert "\n" not in str(caught.value)


def test_a_cluster_without_workers_says_how_to_start_some(scheduler, papers, monkeypatch):
    monkeypatch.setattr("scholargraph.extract.cluster.CONNECT", 1.0)

    with pytest.raises(ClusterError, match="has no workers; start some with `dask worker tcp:"):
        list(extract_on(scheduler, papers))


def test_a_worker_without_a_fitting_scholargraph_is_refused(scheduler, papers, tmp_path):
    (tmp_path / "scholargraph").mkdir()
    (tmp_path / "scholargraph" / "__init__.py").write_text("__version__ = '0.0.1'\n")

    with worker(scheduler, tmp_path):
        with pytest.raises(ClusterError, match="has no scholargraph that fits .*; install the sa"):
            list(extract_on(scheduler, papers))


def test_a_worker_with_another_model_is_refused(scheduler, papers, tmp_path):
    other = tmp_path / "scholargraph"
    shutil.copytree(ROOT / "extract", other / "extract")
    shutil.copy(ROOT / "__init__.py", other)
    with (other / "extract" / "config.cfg").open("a") as config:
        config.write("# another\n")

    with worker(scheduler, tmp_path):
        with pytest.raises(ClusterError, match=r"extracts with scholargraph-.* not with scholarg"):
            list(extract_on(scheduler, papers))


def test_a_scheduler_lost_in_mid_run_is_one_line(papers):
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    with contextlib.ExitStack() as stack:
        scheduler = started("dask_scheduler", "--host", "127.0.0.1", "--port", str(port))
        scheduler.__enter__()
        stack.enter_context(worker(address, ROOT / "tests"))
        pairs = extract_on(address, papers * 20, batch_size=2, connect=5)
        next(pairs)
        scheduler.__exit__(None, None, None)

        with pytest.raises(ClusterError, match="scheduler was lost .* what is committed stays"):
            list(pairs)


def test_a_run_that_is_given_up_lets_go_of_the_cluster(cluster, papers):
    pairs = extract_on(cluster.scheduler_address, papers, batch_size=2)
    next(pairs)

    pairs.close()

    assert len(list(extract_on(cluster.scheduler_address, papers[:2]))) == 2
