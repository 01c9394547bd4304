"""
kill -9 at random moments of everything that writes: what is there is whole, and work goes on.

SCHOLARGRAPH_KILLS says how many kills each sort of work gets (4 unless told), SCHOLARGRAPH_SEED
which moments. `make soak` gives hundreds; tests/test_kills.py does the same to a server.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import soak_work
from pyoxigraph import DefaultGraph, NamedNode, Quad

import scholargraph
from scholargraph.graph import vocab as v
from scholargraph.graph.backup import backup
from scholargraph.graph.importing import import_files
from scholargraph.graph.manifest import verify
from scholargraph.graph.parts import owned
from scholargraph.graph.snapshots import Snapshot
from scholargraph.graph.store import Store

KILLS = int(os.environ.get("SCHOLARGRAPH_KILLS", "4"))
SEED = int(os.environ.get("SCHOLARGRAPH_SEED", "6"))

PAPERS = 160
DATA = Path(scholargraph.__file__).parent / "data" / "papers.jsonl"


@dataclass
class Struck:
    """
    What a program had said when it was killed, whether it had ended before that, and how many
    seconds it worked.
    """

    said: list[str]
    done: bool
    seconds: float


def struck(delay: float | None, *command: object) -> Struck:
    """Runs *command*; kills it and whatever it started *delay* seconds after it is ready."""
    process = subprocess.Popen(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None and process.stderr is not None
    complaints: list[str] = []
    listening = threading.Thread(target=lambda: complaints.append(process.stderr.read()))
    listening.start()
    ready = process.stdout.readline()
    began = time.monotonic()
    blow = threading.Timer(delay or 0, os.killpg, (process.pid, signal.SIGKILL))
    if delay is not None:
        blow.start()
    said = [line.strip() for line in process.stdout]
    blow.cancel()
    status = process.wait()
    listening.join()
    process.stdout.close()
    process.stderr.close()
    assert ready and status in (0, -signal.SIGKILL), complaints
    return Struck(said, status == 0, time.monotonic() - began)


def worked(delay: float | None, *arguments: object) -> Struck:
    return struck(delay, sys.executable, "-P", soak_work.__file__, *arguments)


@pytest.fixture(scope="module")
def chance() -> random.Random:
    return random.Random(SEED)


@pytest.fixture(scope="module")
def papers(tmp_path_factory) -> Path:
    """Papers whose authors and methods are shared by many of them."""
    chance = random.Random(1)
    methods = [f"{word}Net" for word in ("River", "Lake", "Pond", "Brook", "Fjord", "Tarn")]
    names = [f"{first} {last}" for first in ("Ada", "Bo", "Noor") for last in ("Ek", "Chen", "Wu")]
    records = [
        {
            "id": str(number),
            "title": f"Paper {number}",
            "abstract": f"We compare {' and '.join(chance.sample(methods, 3))} once more.",
            "authors": chance.sample(names, 3),
            "year": 2000 + number % 20,
        }
        for number in range(PAPERS)
    ]
    path = tmp_path_factory.mktemp("soak") / "papers.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


@pytest.fixture(scope="module")
def whole(papers, tmp_path_factory) -> Store:
    """What an import that nobody interrupts makes of them."""
    store = Store.open(tmp_path_factory.mktemp("whole") / "papers.db", create=True)
    import_files(
        [papers], store, extract=soak_work.extract, model=soak_work.MODEL, batch=soak_work.BATCH
    )
    return store


def facts(store: Store) -> list[str]:
    with store.snapshot() as snapshot:
        return sorted(map(str, snapshot.quads(graph=DefaultGraph())))


def by_paper(snapshot: Snapshot) -> dict[NamedNode, set[Quad]]:
    articles = (q.subject for q in snapshot.quads(None, v.TYPE, v.ARTICLE, DefaultGraph()))
    return {node: set(owned(snapshot, node)) for node in articles if isinstance(node, NamedNode)}


def opened(path: Path) -> Store:
    """The store as whoever comes next finds it."""
    store = Store.open(path, create=True)
    store.recover()
    return store


def test_a_killed_import_leaves_whole_papers_and_ends_as_if_nothing_had_been(
    papers, whole, tmp_path, chance
):
    with whole.snapshot() as snapshot:
        expected = by_paper(snapshot)
    seconds = worked(None, "import", tmp_path / "timed.db", papers).seconds
    path = tmp_path / "papers.db"
    kills, found = 0, set()
    while kills < KILLS:
        if worked(chance.uniform(0, seconds), "import", path, papers).done:
            shutil.rmtree(path)
            continue
        kills += 1
        store = opened(path)
        if store.exists:
            with store.snapshot() as snapshot:
                there = by_paper(snapshot)
            assert {node: expected[node] for node in there} == there
            found.add(len(there))
            if chance.random() < 0.3:  # the rest goes on from what there is
                shutil.rmtree(path)

    worked(None, "import", path, papers)

    print(f"\n{kills} kills of an import, with {sorted(found)} papers there")
    assert facts(Store.open(path)) == facts(whole)
    # The newest, and the one that the import itself read.
    assert len(list((path / "snapshots").iterdir())) <= 2


def test_a_killed_import_command_goes_on_from_what_there_is(tmp_path, chance):
    command = [sys.executable, "-P", "-m", "scholargraph.cli", "import", DATA, "--jobs", "1"]
    subprocess.run([*command, "--store", tmp_path / "whole.db"], check=True, capture_output=True)
    store = opened(tmp_path / "papers.db")
    for _ in range(min(3, 1 + KILLS // 8)):
        process = subprocess.Popen(
            [*command, "--store", store.path], stdout=subprocess.DEVNULL, start_new_session=True
        )
        time.sleep(chance.uniform(2, 6))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        opened(store.path)

    subprocess.run([*command, "--store", store.path], check=True, capture_output=True)

    assert facts(store) == facts(Store.open(tmp_path / "whole.db"))


def test_killed_commits_are_there_whole_or_not_at_all_and_acknowledged_ones_are(tmp_path, chance):
    path = tmp_path / "papers.db"
    acknowledged: set[int] = set()
    for _ in range(KILLS):
        start = max(acknowledged, default=-1) + 1000
        said = worked(chance.uniform(0.05, 1.0), "commit", path, start).said
        acknowledged.update(map(int, said))
        store = opened(path)
        if store.exists:
            with store.snapshot() as snapshot:
                counts: dict[object, int] = {}
                for quad in snapshot.quads(graph=DefaultGraph()):
                    counts[quad.subject] = counts.get(quad.subject, 0) + 1
            assert set(counts.values()) <= {soak_work.WHOLE}
            there = {int(node.value.partition("batch")[2]) for node in counts}
            assert acknowledged <= there

    assert acknowledged


def test_a_killed_backup_harms_nothing_and_is_whole_where_it_has_its_name(whole, tmp_path, chance):
    path, folder = tmp_path / "papers.db", tmp_path / "backups"
    shutil.copytree(whole.path, path)
    folder.mkdir()
    finished: set[str] = set()
    for kill in range(KILLS):
        said = worked(chance.uniform(0.05, 1.5), "backup", path, folder, kill * 1000).said
        finished.update(f"{number}.db" for number in said)
        there = {entry.name for entry in folder.iterdir() if not entry.name.startswith(".")}
        assert finished <= there
        for name in there:
            verify(folder / name)
            assert facts(Store.open(folder / name)) == facts(whole)
        assert facts(opened(path)) == facts(whole)
        shutil.rmtree(folder)
        folder.mkdir()
        finished.clear()


def test_a_killed_restoring_leaves_the_old_state_or_the_new_one(whole, papers, tmp_path, chance):
    path = tmp_path / "papers.db"
    few = Store.open(tmp_path / "few.db", create=True)
    some = tmp_path / "some.jsonl"
    some.write_text("".join(papers.read_text().splitlines(keepends=True)[:40]))
    import_files([some], few, extract=soak_work.extract, model=soak_work.MODEL)
    backup(whole, tmp_path / "a.db")
    backup(few, tmp_path / "b.db")
    states = {"a": facts(whole), "b": facts(few)}
    shutil.copytree(whole.path, path)
    seen = set()
    for kill in range(KILLS):
        worked(chance.uniform(0.05, 1.5), "restore", path, tmp_path / "a.db", tmp_path / "b.db")
        found = facts(opened(path))
        assert found in states.values(), f"kill {kill}"
        seen.update(name for name, state in states.items() if state == found)
        with Store.open(path).writing() as writer:  # it can be written to
            assert len(writer.quads(graph=DefaultGraph())) == len(found)

    print(f"\n{KILLS} kills of a restoring, found {sorted(seen)}")
    assert not list(path.glob("oxigraph.new"))
