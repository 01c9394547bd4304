"""
A whole anthology on one machine: how long it takes to import, and to answer from.

    python benchmarks/scale.py [--file PAPERS] [--papers N] [--jobs N] [--empty] [--store DIR]
                               [--json FILE]

Imports the first N papers of PAPERS (by default all of the ACL Anthology's CC BY papers in
../shared/data/papers), serves them, asks for every kind of page and every shipped query, and writes
exports. Limits: everything but extraction takes under 10 % of the processor time, all processes
together under 2 GB of memory, pages answer in 100 ms and shipped queries in 200 ms (p95). With
--empty nothing is extracted: what is left is reading, building and committing. A store that is
there already (--store) is served as it is.

Times of stages are processor seconds of the process that imports, extraction's those of its
workers too, so that two runs on a busy machine can be compared. Each page is asked for the first
time when it is timed, and each query has a comment of its own: no cache answers.
"""

import argparse
import gzip
import itertools
import json
import multiprocessing
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil

from scholargraph.extract import Extraction, Paper, extract, model_id
from scholargraph.graph.export import chunks
from scholargraph.graph.importing import import_files
from scholargraph.graph.parts import FACTS
from scholargraph.graph.questions import examples
from scholargraph.graph.store import Store, Writer
from scholargraph.graph.vocab import TYPE, term

ANTHOLOGY = Path(__file__).parents[2] / "shared" / "data" / "papers" / "acl-anthology-ccby.jsonl.gz"
OUTSIDE, MEMORY, PAGE, QUERY = 0.10, 2.0, 0.100, 0.200

KINDS = {
    "author": "foaf:Person",
    "paper": "schema:ScholarlyArticle",
    "method": "sg:Method",
    "dataset": "sg:Dataset",
    "task": "sg:Task",
    "metric": "sg:Metric",
}
LISTS = ("/author", "/paper", "/method", "/dataset", "/task", "/metric")
SINGLE = ("/", "/explore", "/compare", "/export", "/runs", "/sparql", "/.well-known/void", "/model")
EXPORTS = ("ttl", "nt", "jsonld")
# Resources of each kind, half of them the busiest.
SAMPLE = 40
REPEATS = 5
# What a browser asks for, and what a program does: to a browser a query is an editor.
PAGES = "text/html, */*;q=0.1"
ROWS = "application/sparql-results+json, text/turtle"


@dataclass
class Stages:
    """Seconds of the importing process by stage: on the clock, and of the processor."""

    wall: dict[str, float] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)

    def add(self, stage: str, began: tuple[float, float]) -> None:
        self.wall[stage] = self.wall.get(stage, 0.0) + time.monotonic() - began[0]
        self.cpu[stage] = self.cpu.get(stage, 0.0) + time.process_time() - began[1]

    def took(self, stage: str, other: str) -> None:
        """Takes what was counted for *other* out of *stage*, inside which it happened."""
        for times in (self.wall, self.cpu):
            times[stage] = times.get(stage, 0.0) - times.get(other, 0.0)


def now() -> tuple[float, float]:
    return time.monotonic(), time.process_time()


class Memory:
    """
    The most memory that this process and those below it held together, shared pages once.

    To count pages takes a twelfth of a core, so that a process of its own does it, which is in no
    other figure: *cpu* is the processor time that it took.
    """

    def __init__(self) -> None:
        self.peak = 0
        self.cpu = 0.0
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._watcher = context.Process(target=_watch, args=(os.getpid(), theirs), daemon=True)

    def __enter__(self) -> "Memory":
        self._watcher.start()
        self._pipe.recv()
        return self

    def __exit__(self, *_: object) -> None:
        self._pipe.send("over")
        self.peak, self.cpu = self._pipe.recv()
        self._watcher.join()


def _watch(pid: int, pipe: Connection) -> None:
    watched = psutil.Process(pid)
    peak = 0
    pipe.send("begun")
    while not pipe.poll(2.0):
        held = 0
        for process in (watched, *watched.children(recursive=True)):
            try:
                held += _pss(process.pid) if process.pid != os.getpid() else 0
            except (OSError, psutil.Error):
                continue  # it has ended
        peak = max(peak, held)
    pipe.send((peak, time.process_time()))


def _pss(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def nothing(papers: Iterable[Paper]) -> Iterator[tuple[Paper, Extraction]]:
    """Finds nothing, at no cost."""
    for paper in papers:
        yield paper, Extraction((), (), (), (), (), "none")


def first(file: Path, papers: int | None, folder: Path) -> Path:
    if papers is None:
        return file
    cut = folder / f"{papers}.jsonl"
    opened = gzip.open if file.suffix == ".gz" else open
    with opened(file, "rb") as lines, cut.open("wb") as out:
        out.writelines(itertools.islice(lines, papers))
    return cut


def imported(file: Path, store: Store, jobs: int, empty: bool) -> dict[str, Any]:
    """Imports *file*, and what it took."""
    stages = Stages()
    extractor = nothing if empty else partial(extract, jobs=jobs)

    def reading(papers: Iterable[Paper]) -> Iterator[Paper]:
        source = iter(papers)
        while True:
            began = now()
            paper = next(source, None)
            stages.add("read", began)
            if paper is None:
                return
            yield paper

    def timed(papers: Iterable[Paper]) -> Iterator[tuple[Paper, Extraction]]:
        pairs = iter(extractor(reading(papers)))
        while True:
            began = now()
            pair = next(pairs, None)
            stages.add("extract", began)
            if pair is None:
                return
            began = now()
            yield pair
            stages.add("build and commit", began)

    plain = Writer.optimize

    def optimize(writer: Writer) -> None:
        began = now()
        plain(writer)
        stages.add("optimise", began)

    Writer.optimize = optimize  # type: ignore[method-assign]
    with Memory() as memory:
        began = now()
        report = import_files(
            [file], store, extract=timed, model="none" if empty else model_id(), progress=progress()
        )
        stages.add("all", began)
    Writer.optimize = plain  # type: ignore[method-assign]
    stages.took("extract", "read")
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    workers = children.ru_utime + children.ru_stime - memory.cpu
    stages.cpu["extract"] += workers
    stages.cpu["all"] += workers
    # After the last paper was handed over: the last commit, and what ends an import.
    inside = sum(stages.wall.get(name, 0) for name in ("read", "extract", "build and commit"))
    stages.wall["build and commit"] += stages.wall["all"] - inside
    inside = sum(stages.cpu.get(name, 0) for name in ("read", "extract", "build and commit"))
    stages.cpu["build and commit"] += stages.cpu["all"] - inside
    if "optimise" in stages.wall:
        stages.took("build and commit", "optimise")
    print(report.text().partition("\nrefused")[0], file=sys.stderr)
    sizes = [f.stat() for f in store.path.rglob("*") if f.is_file()]
    return {
        "papers": report.read,
        "triples": report.triples_added - report.triples_removed,
        "wall": stages.wall,
        "cpu": stages.cpu,
        "outside": 1 - stages.cpu["extract"] / stages.cpu["all"],
        "peak_gb": memory.peak / 1e9,
        "store_mb": sum({s.st_ino: s.st_blocks * 512 for s in sizes}.values()) / 1e6,
    }


def progress() -> Any:
    total = 0

    def advance(papers: int) -> None:
        nonlocal total
        before, total = total, total + papers
        if before // 2000 != total // 2000:
            print(f"{total:,} papers", file=sys.stderr)

    return advance


def resources(store: Store) -> dict[str, list[str]]:
    """Some of each kind, as paths: the busiest first, and others by chance."""
    chance = random.Random(3)
    found: dict[str, list[str]] = {}
    with store.snapshot() as snapshot:
        for kind, name in KINDS.items():
            nodes = [q.subject.value for q in snapshot.quads(None, TYPE, term(name), FACTS)]  # type: ignore[union-attr]
            busiest: list[str] = []
            predicate = {"author": "dct:creator", "method": "sg:usesMethod"} | {
                "dataset": "sg:usesDataset",
                "task": "sg:addressesTask",
                "metric": "sg:reportsMetric",
            }
            if kind in predicate:
                rows = snapshot.select(
                    f"SELECT ?o (COUNT(*) AS ?n) {{ ?s {term(predicate[kind])} ?o }} "
                    f"GROUP BY ?o ORDER BY DESC(?n) LIMIT {SAMPLE // 2}"
                )
                busiest = [row["o"].value for row in rows]  # type: ignore[union-attr]
            others = chance.sample(sorted(nodes), min(len(nodes), SAMPLE))
            chosen = list(dict.fromkeys([*busiest, *others]))[:SAMPLE]
            base = len(store.iris.base) - 1
            found[kind] = [urllib.parse.quote(node[base:]) for node in chosen]
    return found


@dataclass
class Times:
    """What one kind of request took, in seconds."""

    first: float
    p50: float
    p95: float
    requests: int

    @classmethod
    def of(cls, seconds: list[float]) -> "Times":
        ordered = sorted(seconds)
        rank = max(0, -(-len(ordered) * 95 // 100) - 1)
        return cls(seconds[0], statistics.median(ordered), ordered[rank], len(ordered))


def served(store: Store, port: int) -> dict[str, Any]:
    """What pages and queries take."""
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-P", "-m", "scholargraph.cli", "serve", "--limits", "off"]
    server = subprocess.Popen(
        [*command, "--store", str(store.path), "--port", str(port)], stdout=subprocess.DEVNULL
    )
    try:
        until = time.monotonic() + 120
        while not _answers(f"{address}/health/live"):
            assert server.poll() is None and time.monotonic() < until
            time.sleep(0.1)
        begun = time.monotonic()
        while not _answers(f"{address}/search?q=warm"):
            time.sleep(0.2)
        ready = time.monotonic() - begun
        found = resources(store)
        pages: dict[str, Times] = {}
        for kind, places in found.items():
            if places:
                pages[f"/{kind}/…"] = Times.of([_seconds(address + p) for p in places])
                focus = f"{address}/explore?focus={urllib.parse.quote(store.iris.base, safe='')}"
                pages[f"/explore?focus={kind}"] = Times.of(
                    [_seconds(focus + p[1:]) for p in places[: SAMPLE // 2]]
                )
        for place in (*SINGLE, *LISTS):
            pages[place] = Times.of([_seconds(f"{address}{place}") for _ in range(REPEATS)])
        words = ("neural", "translation", "bert", "parsing+graph", "sumarization", "zhang", "2019")
        pages["/search?q=…"] = Times.of([_seconds(f"{address}/search?q={w}") for w in words])
        pages["/suggest?q=…"] = Times.of([_seconds(f"{address}/suggest?q={w[:3]}") for w in words])
        queries = {
            question.name: Times.of(
                [
                    _seconds(
                        f"{address}/sparql?query="
                        + urllib.parse.quote(f"{question.query}\n# {number}"),
                        accept=ROWS,
                    )
                    for number in range(REPEATS)
                ]
            )
            for question in examples()
        }
        tree = [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]
        memory = sum(_pss(process.pid) for process in tree) / 1e9
    finally:
        server.terminate()
        server.wait()
    return {
        "ready": ready,
        "pages": {name: asdict(times) for name, times in pages.items()},
        "queries": {name: asdict(times) for name, times in queries.items()},
        "serving_gb": memory,
    }


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=120) as response:
            return bool(response.status == 200)
    except OSError:  # nobody listens yet, or 503 while something is being made
        return False


def _seconds(address: str, *, accept: str = PAGES) -> float:
    began = time.perf_counter()
    request = urllib.request.Request(address, headers={"Accept": accept})
    try:
        with urllib.request.urlopen(request, timeout=120) as response:
            response.read()
    except urllib.error.HTTPError as error:
        sys.exit(f"{address}: {error.code} {error.read()[:300].decode(errors='replace')}")
    return time.perf_counter() - began


def exported(store: Store) -> dict[str, Any]:
    """Seconds and megabytes of the whole graph in each format, and of the table of papers."""
    found = {}
    with store.snapshot() as snapshot:
        for what, suffix in (*(("graph", s) for s in EXPORTS), ("papers", "csv")):
            began, size = time.monotonic(), 0
            for chunk in chunks(snapshot, what, suffix):  # type: ignore[arg-type]
                size += len(chunk)
            found[f"{what}.{suffix}"] = {"seconds": time.monotonic() - began, "mb": size / 1e6}
    return found


def printed_import(found: dict[str, Any]) -> list[str]:
    """Prints what an import took, and says which limits it breaks."""
    broken = []
    papers, wall, cpu = found["papers"], found["wall"], found["cpu"]
    print(f"{papers:,} papers, {found['triples']:,} triples in {wall['all'] / 60:.1f} minutes")
    print(f"{'stage':18}{'wall s':>10}{'cpu s':>10}{'papers/s':>10}{'of cpu':>8}")
    for stage in ("read", "extract", "build and commit", "optimise", "all"):
        if stage in wall:
            rate = papers / wall[stage] if wall[stage] > 0 else 0
            print(
                f"{stage:18}{wall[stage]:10.1f}{cpu[stage]:10.1f}{rate:10.1f}"
                f"{cpu[stage] / cpu['all']:8.1%}"
            )
    print(f"outside extraction {found['outside']:.1%} of the processor time")
    print(f"peak memory {found['peak_gb']:.2f} GB, store {found['store_mb']:,.0f} MB", flush=True)
    if found["outside"] > OUTSIDE and cpu["extract"] > 1:
        broken.append("outside extraction")
    if found["peak_gb"] > MEMORY:
        broken.append("memory")
    return broken


def printed_serving(found: dict[str, Any]) -> list[str]:
    """Prints what serving took, and says which limits that breaks."""
    broken = []
    print(f"\nserving: first search after {found['ready']:.1f} s, {found['serving_gb']:.2f} GB")
    for title, limit in (("pages", PAGE), ("queries", QUERY)):
        print(f"{title:32}{'first ms':>10}{'p50 ms':>10}{'p95 ms':>10}")
        for name, times in found[title].items():
            slow = times["p95"] > limit
            figures = "".join(f"{times[k] * 1000:10.1f}" for k in ("first", "p50", "p95"))
            print(f"{name:32}{figures}{'  slow' if slow else ''}")
            if slow:
                broken.append(name)
    sys.stdout.flush()
    return broken


def printed_export(found: dict[str, Any]) -> None:
    print(f"\n{'export':20}{'s':>8}{'a second':>10}{'MB':>10}{'MB/s':>8}")
    for name, export in found.items():
        seconds, size = export["seconds"], export["mb"]
        print(f"{name:20}{seconds:8.1f}{1 / seconds:10.3f}{size:10.1f}{size / seconds:8.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--file", type=Path, default=ANTHOLOGY)
    parser.add_argument("--papers", type=int)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--empty", action="store_true")
    parser.add_argument("--store", type=Path)
    parser.add_argument("--port", type=int, default=8316)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    result: dict[str, Any] = {}
    broken: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        store = Store.open(chosen.store or Path(name) / "papers.db", create=True)
        if not store.exists:
            if not chosen.file.exists():
                sys.exit(f"{chosen.file}: no such file; name one with --file")
            file = first(chosen.file, chosen.papers, Path(name))
            result["import"] = imported(file, store, chosen.jobs, chosen.empty)
            broken += printed_import(result["import"])
        result["serve"] = served(store, chosen.port)
        broken += printed_serving(result["serve"])
        result["export"] = exported(store)
        printed_export(result["export"])
    if chosen.json:
        chosen.json.write_text(json.dumps(result, indent=1))
    if broken:
        sys.exit(f"past their limits: {', '.join(broken)}")


if __name__ == "__main__":
    main()
