"""
How many SPARQL queries a second, beside Oxigraph's own server and rdflib-endpoint.

    python benchmarks/sparql [--papers 20000] [--rounds 3] [--seconds 5] [--only NAME,...]

Every server has the same graph on the same machine at the same time, and they take turns: in each
round, each class of queries is asked of each server by eight connections. README.md beside this
says how to read the table.
"""

import argparse
import dataclasses
import http.client
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import generate
import machine
import queries
import servers
from client import Order, Tally
from generate import Corpus
from report import Sample, report
from servers import SERVERS, Data, Running

CLIENT = Path(__file__).with_name("client.py")
# Of each class, for a server that answers a hundred times more slowly.
SLOWLY = {"light": 30, "medium": 6, "heavy": 1, "repeated": 16, "large": 1}
# A round of heavy queries needs longer for as many answers.
LONGER = {"heavy": 2.0}


@dataclass(slots=True)
class Asked:
    """A class of queries as one server gets it: percent-encoded, with the answers' lengths."""

    queries: list[str]
    sizes: list[int]
    next: int = 0


def checked(running: Running, questions: Sequence[queries.Question]) -> Asked:
    """
    Asks every question once and compares the answers, row by row.

    Raises: RuntimeError for another answer than the engine's own.
    """
    sizes = []
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=servers.START)
    for question in questions:
        connection.request("GET", running.target(question.text), headers={"Accept": servers.JSON})
        response = connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise RuntimeError(f"{running.name}: {response.status}: {body[:500]!r}")
        if queries.rows(body) != question.rows:
            raise RuntimeError(f"{running.name} answers otherwise:\n{question.text}")
        sizes.append(len(body))
    connection.close()
    return Asked([quote(question.text, safe="") for question in questions], sizes)


def measured(
    running: Running, name: str, asked: Asked, *, connections: int, seconds: float, round: int
) -> Sample:
    """One server, one class, one round. Raises: RuntimeError for a wrong answer."""
    order = Order(
        port=running.port,
        before=f"GET {running.server.path}?query=",
        after=f" HTTP/1.1\r\nHost: 127.0.0.1:{running.port}\r\nAccept: {servers.JSON}\r\n\r\n",
        queries=asked.queries,
        sizes=asked.sizes,
        fresh=name != "repeated",
        first=asked.next,
        connections=connections,
        seconds=seconds,
    )
    before = running.resident()
    peak = before
    over = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not over.wait(0.2):
            peak = max(peak, running.resident())

    watching = threading.Thread(target=watch)
    watching.start()
    work = running.processor()
    try:
        ended = subprocess.run(
            [sys.executable, str(CLIENT)],
            input=json.dumps(dataclasses.asdict(order)),
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        over.set()
        watching.join()
    if ended.returncode:
        raise RuntimeError(f"{running.name}, {name}: {ended.stderr}")
    work = running.processor() - work
    tally = Tally(**json.loads(ended.stdout))
    asked.next += tally.answered + connections
    return Sample(
        server=running.name,
        queries=name,
        round=round,
        rate=tally.answered / tally.seconds,
        answered=tally.answered,
        latencies=tally.latencies,
        bytes_a_second=tally.bytes / tally.seconds,
        processor_ms=work / tally.answered * 1000,
        client_share=tally.processor / tally.seconds / (os.cpu_count() or 1),
        resident_before=before,
        resident_peak=peak,
        footprint=running.footprint(),
        reconnected=tally.reconnected,
    )


def prepared(papers: int, work: Path) -> Data:
    """The graph as a file and as a store; what an earlier run left is used again if it is equal."""
    work.mkdir(parents=True, exist_ok=True)
    name = f"{papers // 1000}k" if papers % 1000 == 0 else str(papers)
    data = Data(work, name)
    if not data.quads.exists() or not data.store.exists():
        print(f"making {papers:,} papers in {work}", file=sys.stderr)
        draft = data.quads.with_suffix(".draft.nq")
        generate.write(Corpus(papers), draft)
        generate.load(draft, data.store)
        draft.rename(data.quads)
    if not generate.begins(Corpus(papers), data.quads):
        raise SystemExit(
            f"{data.quads} is of another version; remove {data.work}/{name}.* and start again"
        )
    return data


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.strip().partition("\n\n")[0])
    parser.add_argument("--papers", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0, help="for a class, server and round")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--only", help=f"some of {', '.join([*SERVERS, *queries.CLASSES])}")
    parser.add_argument("--port", type=int, default=8601, help="the first of as many as servers")
    parser.add_argument("--json", type=Path, default=Path("sparql-benchmark.json"))
    default = Path(tempfile.gettempdir()) / "scholargraph-benchmark"
    parser.add_argument(
        "--work", type=Path, default=default, help="where graphs and peers are kept"
    )
    chosen = parser.parse_args()
    only = set(chosen.only.split(",")) if chosen.only else set()
    if unknown := only - {*SERVERS, *queries.CLASSES}:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    classes = [name for name in queries.CLASSES if name in only] or list(queries.CLASSES)
    names = [name for name in SERVERS if name in only]
    if not names:
        on_disk = chosen.papers > queries.LARGE_GRAPH
        names = ["ours-disk", "rust-disk"] if on_disk else list(SERVERS)

    load_before = os.getloadavg()
    data = prepared(chosen.papers, chosen.work)
    if any(not name.startswith("ours") for name in names):
        servers.install(data.peers)
    corpus = Corpus(chosen.papers)
    questions = {name: queries.questions(name, corpus, data.store) for name in classes}
    for name, found in questions.items():
        cost = statistics.mean(question.milliseconds for question in found)
        print(f"{name}: {len(found)} different queries, the engine alone takes {cost:.2f} ms")
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit("stopped"))
    running: list[Running] = []
    samples: list[Sample] = []
    try:
        for number, name in enumerate(names):
            running.append(Running(SERVERS[name], data, chosen.port + number))
            print(f"{name}: {' '.join(running[-1].command)}")
            print(
                f"{name}: answers after {running[-1].start_seconds:.2f} s, "
                f"idle after {running[-1].idle_seconds:.0f} s",
                flush=True,
            )
        asked = {}
        for server in running:
            for name, found in questions.items():
                part = found[: SLOWLY[name]] if server.server.slow else found
                asked[server.name, name] = checked(server, part)
        for round in range(chosen.rounds):
            for name in classes:
                # Nobody always follows the same server.
                for server in running[round % len(running) :] + running[: round % len(running)]:
                    samples.append(
                        measured(
                            server,
                            name,
                            asked[server.name, name],
                            connections=chosen.connections,
                            seconds=chosen.seconds * LONGER.get(name, 1.0),
                            round=round,
                        )
                    )
                    print(samples[-1], flush=True)
        report(samples, running, busy=load_before[0])
    finally:
        for server in running:
            server.close()
    about = {
        "arguments": sys.argv[1:],
        "machine": machine.description() | {"load_before": load_before},
        "versions": machine.versions() | servers.versions(data.peers),
        "papers": chosen.papers,
        "servers": {
            server.name: {
                "command": server.command,
                "start_seconds": server.start_seconds,
                "idle_seconds": server.idle_seconds,
            }
            for server in running
        },
        "engine_ms": {
            name: [question.milliseconds for question in found] for name, found in questions.items()
        },
        "samples": [sample.summary() for sample in samples],
    }
    chosen.json.write_text(json.dumps(about, indent=1) + "\n")
    print(f"everything measured: {chosen.json}")


if __name__ == "__main__":
    main()
