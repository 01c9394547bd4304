"""
How ordinary clients fare while hostile queries run on the same server, and what memory it keeps.

    python benchmarks/hostile.py [--store DIR] [--papers 20000] [--hostile 20] [--seconds 30]

One `scholargraph serve` with its own defaults. First ordinary clients alone, then the same ones
beside hostile clients that send their next query as soon as the last one is answered. Each client
has an address of its own in 127.0.0.0/8: the server's limits for each client count. Demanded: every
ordinary request is answered with 200, no hostile one is, and a while later the server has the
memory again that it had.
"""

import argparse
import http.client
import itertools
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote, urlsplit

import psutil
from sparql.generate import Corpus, load, write

MB = 1024 * 1024
ORDINARY = 4
PAUSE = 0.03  # seconds in which a client of ours reads what it got
PATIENCE = 60.0
START = 300.0  # what is loaded and remembered once takes its time on a busy machine

PREFIXES = """
PREFIX dct: <http://purl.org/dc/terms/>
PREFIX foaf: <http://xmlns.com/foaf/0.1/>
PREFIX sg: <https://w3id.org/scholargraph/ns#>
"""
AUTHORS = f"{PREFIXES} SELECT DISTINCT ?author {{ ?paper dct:creator ?author }} LIMIT 500"
LIGHT = f"{PREFIXES} SELECT ?title {{ ?paper dct:creator <AUTHOR> ; dct:title ?title }}"
MEDIUM = f"""{PREFIXES} SELECT ?name (COUNT(?paper) AS ?papers) {{
  ?known dct:creator <AUTHOR>, ?friend .
  ?paper dct:creator ?friend, ?author .
  ?author foaf:name ?name
}} GROUP BY ?name ORDER BY DESC(?papers) ?name LIMIT 10"""

CROSS = "?a ?b ?c . ?d ?e ?f . ?g ?h ?i"
LONG = "x" * 500
HOSTILE = (
    f"SELECT (COUNT(*) AS ?n) {{ {CROSS} }}",
    f"SELECT * {{ {CROSS} }} ORDER BY ?c ?f ?i",
    f"SELECT ?c (COUNT(DISTINCT *) AS ?n) {{ {CROSS} }} GROUP BY ?c",
    f"SELECT (GROUP_CONCAT(?l) AS ?x) {{ {CROSS} BIND(CONCAT(STR(?c), '{LONG}') AS ?l) }}",
    f"SELECT DISTINCT ?x {{ {CROSS} BIND(UUID() AS ?x) }}",
    f"SELECT (MAX(?x) AS ?y) {{ {CROSS} BIND(SHA512(CONCAT(STR(?c), STR(?i))) AS ?x) }}",
    "SELECT * { ?a (!<x:x>|^<x:y>)* ?b . ?c (!<x:x>|^<x:y>)* ?d } ORDER BY ?d ?b",
    f"CONSTRUCT {{ ?a ?b ?i }} {{ {CROSS} }}",
    f"SELECT * {{ {CROSS} FILTER(REGEX(STR(?c), CONCAT('(a*)*', STR(?i)))) }} ORDER BY ?c",
    f"ASK {{ {CROSS} FILTER NOT EXISTS {{ ?x ?y ?c }} }}",
)


class Client:
    """One client at an address of its own, with a connection that it keeps."""

    def __init__(self, address: str, own: str, *, patience: float = PATIENCE) -> None:
        parts = urlsplit(address)
        self._open = lambda: http.client.HTTPConnection(
            parts.hostname or "", parts.port, timeout=patience, source_address=(own, 0)
        )
        self._connection = self._open()

    def get(self, target: str) -> tuple[int, bytes]:
        """Status and body; a server that ends the connection between two requests is normal."""
        for last in (False, True):
            try:
                self._connection.request("GET", target)
                response = self._connection.getresponse()
                return response.status, response.read()
            except (http.client.RemoteDisconnected, ConnectionError):
                self._connection.close()
                self._connection = self._open()
                if last:
                    raise
        raise AssertionError

    def close(self) -> None:
        self._connection.close()


def asked(query: str) -> str:
    return f"/sparql?query={quote(query)}"


class Tally:
    """What clients got: seconds by kind of request for 200, all else by status."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.refused: Counter[tuple[str, int]] = Counter()

    def timed(self, kind: str, act: Callable[[], tuple[int, bytes]]) -> None:
        begin = time.perf_counter()
        try:
            status, body = act()
        except (OSError, http.client.HTTPException) as error:
            status, body = 0, repr(error).encode()  # no answer at all
        if status == 200:
            self.seconds[kind].append(time.perf_counter() - begin)
        else:
            self.refused[kind, status] += 1
            if kind != "hostile query":
                print(f"{kind}: {status} {body[:300]!r}", file=sys.stderr)


def ordinary(client: Client, tally: Tally, authors: list[str], over: threading.Event) -> None:
    """Somebody who looks around; nobody asks the same twice but for the repeated query."""
    for number in itertools.count():
        author = authors[number % len(authors)]
        mix = {
            "light query": asked(LIGHT.replace("AUTHOR", author) + f" # {id(client)} {number}"),
            "medium query": asked(MEDIUM.replace("AUTHOR", author) + f" # {id(client)} {number}"),
            "repeated query": asked(AUTHORS),
            "start page": "/",
            "author page": urlsplit(author).path.removeprefix("/scholargraph"),
            "search": f"/search?q={quote(author.rpartition('/')[2][:4])}",
            "health": "/health",
        }
        for kind, target in mix.items():
            if over.is_set():
                return
            tally.timed(kind, lambda target=target: client.get(target))  # type: ignore[misc]
            time.sleep(PAUSE)


def hostile(client: Client, tally: Tally, first: int, over: threading.Event) -> None:
    """Somebody who sends one endless query after the other."""
    for number in itertools.count(first):
        if over.is_set():
            return
        query = f"{HOSTILE[number % len(HOSTILE)]} # {first} {number}"
        tally.timed("hostile query", lambda query=query: client.get(asked(query)))  # type: ignore[misc]


class Server:
    """`scholargraph serve` in a process group of its own."""

    def __init__(self, store: Path, options: list[str]) -> None:
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        self._log = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "scholargraph.cli", "serve"]
            + ["--store", str(store), "--port", str(port), *options],
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        client = Client(self.address, "127.0.0.1")
        until = time.monotonic() + START
        while True:
            with suppress(OSError, http.client.HTTPException):
                # The index of names is built in the background; until then search answers 503.
                if all(client.get(path)[0] == 200 for path in ("/health", "/search?q=model")):
                    break
            if self._process.poll() is not None or time.monotonic() > until:
                self.close()
                raise SystemExit("the server does not start")
            time.sleep(0.1)
        client.close()

    def processes(self) -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error, ProcessLookupError):
                if os.getpgid(process.pid) == self._process.pid:
                    found.append(process)
        return found

    def memory(self) -> int:
        """Bytes of the whole group; pages that processes share count once (PSS)."""
        total = 0
        for process in self.processes():
            with suppress(psutil.Error):
                total += process.memory_full_info().pss
        return total

    def close(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


@contextmanager
def clients(
    address: str, network: str, number: int, act: Callable[[Client, int], None]
) -> Iterator[None]:
    """*number* clients at work, each in a thread."""
    opened = [Client(address, f"127.0.{network}.{n + 1}") for n in range(number)]
    threads = [
        threading.Thread(target=act, args=(client, place)) for place, client in enumerate(opened)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for thread in threads:
            thread.join()
        for client in opened:
            client.close()


def run(server: Server, authors: list[str], seconds: float, attackers: int) -> tuple[Tally, int]:
    """What ordinary clients get beside *attackers* hostile ones, and the most memory."""
    good, over = Tally(), threading.Event()
    bad, peak = Tally(), 0
    with (
        clients(server.address, "2", attackers, lambda c, n: hostile(c, bad, n, over)),
        clients(server.address, "1", ORDINARY, lambda c, n: ordinary(c, good, authors[n::4], over)),
    ):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            peak = max(peak, server.memory())
            time.sleep(0.5)
        over.set()
    good.seconds["hostile query"] = bad.seconds["hostile query"]
    good.refused += bad.refused
    return good, peak


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def told(quiet: Tally, loud: Tally) -> None:
    heads = ("n", "p50", "p99", "n", "p50", "p99", "most", "refused")
    print(f"{'milliseconds':<18}{'quiet':>22}{'beside hostile queries':>38}")
    print(f"{'':<18}" + "".join(f"{head:>8}" for head in heads))
    for kind in quiet.seconds:
        if kind == "hostile query":
            continue
        cells = []
        for tally in (quiet, loud):
            values = [value * 1000 for value in tally.seconds[kind]] or [float("nan")]
            cells += [f"{len(tally.seconds[kind]):>8}"]
            cells += [f"{value:>8.1f}" for value in (statistics.median(values),)]
            cells += [f"{percentile(values, 0.99):>8.1f}"]
            if tally is loud:
                cells += [f"{max(values):>8.1f}"]
        refused = sum(count for (what, _), count in loud.refused.items() if what == kind)
        print(f"{kind:<18}" + "".join(cells) + f"{refused:>8}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--store", type=Path, help="default: an invented one")
    parser.add_argument("--papers", type=int, default=20_000, help="in the invented one")
    parser.add_argument("--hostile", type=int, default=20, metavar="CLIENTS")
    parser.add_argument("--seconds", type=float, default=30, help="beside hostile clients")
    parser.add_argument("options", nargs="*", help="more for `scholargraph serve`, after --")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        store = chosen.store
        if store is None:
            store, quads = Path(name) / "db", Path(name) / "graph.nq"
            write(Corpus(chosen.papers), quads)
            load(quads, store)
        server = Server(store, chosen.options)
        try:
            fine = measured(server, chosen.seconds, chosen.hostile)
        finally:
            server.close()
    sys.exit(0 if fine else 1)


def measured(server: Server, seconds: float, attackers: int) -> bool:
    with closing(Client(server.address, "127.0.0.1", patience=START)) as client:
        rows = json.loads(client.get(asked(AUTHORS))[1])["results"]["bindings"]
        client.get("/search?q=first")  # builds the index, which takes its time
    authors = [row["author"]["value"] for row in rows]
    run(server, authors, 5, 0)  # what is loaded and remembered once is no matter of this
    quiet, _ = run(server, authors, max(10.0, seconds / 2), 0)
    before = server.memory()
    loud, peak = run(server, authors, seconds, attackers)
    told(quiet, loud)
    allowed = before * 1.15 + 64 * MB
    until = time.monotonic() + 20
    while (after := server.memory()) > allowed and time.monotonic() < until:
        time.sleep(1)
    print(
        f"memory before {before / MB:,.0f} MB, most {peak / MB:,.0f} MB, "
        f"afterwards {after / MB:,.0f} MB ({len(server.processes())} processes)"
    )
    ended = {status: n for (kind, status), n in loud.refused.items() if kind == "hostile query"}
    print(f"hostile queries by {attackers} clients, by status: {ended}")
    failed_too = {key: n for key, n in loud.refused.items() if key[0] != "hostile query"}
    fine = True
    for failed, words in (
        (quiet.refused, f"ordinary requests failed without any attack: {dict(quiet.refused)}"),
        (failed_too, f"ordinary requests failed: {failed_too}"),
        (loud.seconds["hostile query"], "hostile queries were answered"),
        (set(ended) - {429, 503}, "hostile queries ended otherwise than by 429 or 503"),
        (after > allowed, "memory has not come back"),
    ):
        if failed:
            fine = False
            print(f"NOT AS DEMANDED: {words}")
    return fine


if __name__ == "__main__":
    main()
