"""
A disk that is full, or may not be written: one line with the remedy, and an intact store.

The disk is a tmpfs of a few megabytes, mounted in a user namespace of the test's own (`unshare`):
the kernel refuses writes there as it does on any full disk (ENOSPC), in every process and library,
Oxigraph's own threads too. Without the right to make a namespace, as in some containers, the tests
skip; a limit on the size of files stands in for the disk then (EFBIG, from RLIMIT_FSIZE), which
meets the same code but one file at a time.
"""

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import soak_work
from pyoxigraph import DefaultGraph

from scholargraph.graph.backup import backup
from scholargraph.graph.importing import import_files
from scholargraph.graph.store import Store

CLI = [sys.executable, "-P", "-m", "scholargraph.cli"]
NAMESPACE = (
    ["unshare", "--user", "--map-root-user", "--mount"] if os.getuid() else ["unshare", "-m"]
)
REMEDY = "check the folder's permissions and the free space"


def _mounts() -> bool:
    try:
        done = subprocess.run(
            [*NAMESPACE, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True
        )
    except FileNotFoundError:
        return False
    return done.returncode == 0


needs_mounts = pytest.mark.skipif(not _mounts(), reason="needs the right to mount a tmpfs")


@pytest.fixture(scope="module")
def papers(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("papers") / "papers.jsonl"
    lines = (
        f'{{"id": "{n}", "title": "Paper {n}", "abstract": "RiverNet {"word " * 40}{n}.", '
        f'"authors": ["Ada Lindqvist"], "year": 2020}}\n'
        for n in range(1000)
    )
    path.write_text("".join(lines))
    return path


@pytest.fixture(scope="module")
def some(papers, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("some") / "some.jsonl"
    path.write_text("".join(papers.read_text().splitlines(keepends=True)[:30]))
    return path


def made(path: Path, papers: Path) -> Store:
    store = Store.open(path, create=True)
    import_files([papers], store, extract=soak_work.extract, model=soak_work.MODEL)
    return store


def facts(store: Store) -> list[str]:
    with store.snapshot() as snapshot:
        return sorted(map(str, snapshot.quads(graph=DefaultGraph())))


def on_a_disk_of(
    megabytes: int, folder: Path, script: str, *, before: str = ""
) -> subprocess.CompletedProcess[str]:
    """Runs the shell *script* with a disk mounted at *folder*, and brings back what is on it."""
    back = folder.with_name(f"{folder.name}.back")
    return subprocess.run(
        [*NAMESPACE, "sh", "-c"]
        + [
            f"mount -t tmpfs -o size={megabytes}m none {folder} && {before or 'true'} && {script}; "
            f"status=$?; cp -a {folder} {back}; exit $status"
        ],
        capture_output=True,
        text=True,
        timeout=300,
    )


def megabytes_of(store: Store) -> int:
    """What it takes on a disk, each file once however many names it has, rounded up."""
    taken = {(f.stat().st_ino): f.stat().st_blocks * 512 for f in store.path.rglob("*")}
    return 1 + sum(taken.values()) // 2**20


def one_line(complaint: str) -> bool:
    return complaint.count("\n") == 1 and complaint.startswith("scholargraph: ")


IMPORT = (
    "import sys, soak_work\n"
    "from scholargraph import ScholarGraphError\n"
    "try:\n"
    "    soak_work.main('import', *sys.argv[1:])\n"
    "except ScholarGraphError as error:\n"
    "    sys.exit(f'scholargraph: {error}')\n"
)


def importing(store: Path, papers: Path) -> str:
    tests = Path(soak_work.__file__).parent
    return f'PYTHONPATH={tests} {sys.executable} -c "{IMPORT}" {store} {papers}'


@needs_mounts
@pytest.mark.parametrize("megabytes", [2, 3, 4])
def test_an_import_that_fills_the_disk_says_so_and_leaves_whole_papers(
    megabytes, papers, some, tmp_path
):
    disk = tmp_path / "disk"
    disk.mkdir()

    done = on_a_disk_of(megabytes, disk, importing(disk / "papers.db", papers))

    assert done.returncode == 1
    assert one_line(done.stderr), done.stderr
    assert REMEDY in done.stderr
    left = Store.open(tmp_path / "disk.back" / "papers.db", create=True)
    left.recover()
    import_files([papers], left, extract=soak_work.extract, model=soak_work.MODEL)
    assert facts(left) == facts(made(tmp_path / "whole.db", papers))


@needs_mounts
def test_a_store_on_a_full_disk_can_still_be_read(papers, some, tmp_path):
    store = made(tmp_path / "papers.db", some)
    disk = tmp_path / "disk"
    disk.mkdir()
    size = megabytes_of(store)
    fill = f"cp -a {store.path} {disk} && (cat /dev/zero > {disk}/zeros 2>/dev/null || true)"
    stats = " ".join([*CLI, "stats", "--json", "--store", str(disk / "papers.db")])

    done = on_a_disk_of(size + 1, disk, stats, before=fill)
    again = on_a_disk_of(size + 1, disk, importing(disk / "papers.db", papers), before=fill)

    assert (done.returncode, '"papers": 30' in done.stdout) == (0, True), done.stderr
    assert (again.returncode, one_line(again.stderr), REMEDY in again.stderr) == (1, True, True)


@needs_mounts
def test_a_backup_that_fills_the_disk_leaves_nothing_behind(papers, tmp_path):
    store = made(tmp_path / "papers.db", papers)
    before = facts(store)
    disk = tmp_path / "disk"
    disk.mkdir()
    command = " ".join([*CLI, "backup", str(disk / "saved"), "--store", str(store.path)])

    done = on_a_disk_of(1, disk, command)

    assert (done.returncode, one_line(done.stderr)) == (1, True), done.stderr
    assert "cannot be written" in done.stderr
    assert list((tmp_path / "disk.back").iterdir()) == []
    assert facts(store) == before


@needs_mounts
def test_a_restoring_that_fills_the_disk_leaves_the_store_as_it_was(papers, some, tmp_path):
    backup(made(tmp_path / "big.db", papers), tmp_path / "saved.db")
    store = made(tmp_path / "papers.db", some)
    disk = tmp_path / "disk"
    disk.mkdir()
    size = megabytes_of(store)
    command = [*CLI, "restore", str(tmp_path / "saved.db"), "--store", str(disk / "papers.db")]

    done = on_a_disk_of(size, disk, " ".join(command), before=f"cp -a {store.path} {disk}")

    assert (done.returncode, one_line(done.stderr)) == (1, True), done.stderr
    assert REMEDY in done.stderr
    back = Store.open(tmp_path / "disk.back" / "papers.db")
    back.recover()
    assert facts(back) == facts(store)


@needs_mounts
@pytest.mark.parametrize("command", ["import", "remove", "restore"])
def test_a_disk_that_may_not_be_written_is_one_line(command, papers, some, tmp_path):
    store = made(tmp_path / "papers.db", some)
    disk = tmp_path / "disk"
    disk.mkdir()
    backup(store, tmp_path / "saved.db")
    place = str(disk / "papers.db")
    scripts = {
        "import": importing(Path(place), papers),
        "remove": " ".join([*CLI, "remove", "paper-1-2020", "--store", place]),
        "restore": " ".join([*CLI, "restore", str(tmp_path / "saved.db"), "--store", place]),
    }
    before = f"cp -a {store.path} {disk} && mount -o remount,ro {disk}"

    done = on_a_disk_of(40, disk, scripts[command], before=before)
    read = on_a_disk_of(
        40, disk, " ".join([*CLI, "stats", "--json", "--store", place]), before=before
    )

    assert (done.returncode, one_line(done.stderr)) == (1, True), done.stderr
    assert "Read-only file system" in done.stderr and REMEDY in done.stderr
    assert (read.returncode, '"papers": 30' in read.stdout) == (0, True), read.stderr


def test_a_file_that_may_not_grow_is_one_line_and_the_store_goes_on(papers, tmp_path):
    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    environment = {**os.environ, "PYTHONPATH": str(Path(soak_work.__file__).parent)}
    store = tmp_path / "papers.db"

    done = subprocess.run(
        [sys.executable, "-c", IMPORT, str(store), str(papers)],
        preexec_fn=limited,
        capture_output=True,
        text=True,
        env=environment,
    )

    assert (done.returncode, one_line(done.stderr)) == (1, True), done.stderr
    left = Store.open(store, create=True)
    left.recover()
    import_files([papers], left, extract=soak_work.extract, model=soak_work.MODEL)
    assert facts(left) == facts(made(tmp_path / "whole.db", papers))
