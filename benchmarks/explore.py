"""
How long a picture of 300 nodes takes: on the server, and until it stands still in the browser.

    python benchmarks/explore.py [--store DIR] [--papers 2000]

Without a store, invented papers make one. Limits: 300 ms on the server for a picture
that is not kept yet, 1 s in Chromium from the page's data to the first whole picture. Beside them,
in the same run, pyvis' own way with the same 300 nodes: `from_nx`, its own HTML, its physics.
"""

import argparse
import json
import logging
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from werkzeug.serving import make_server

from scholargraph.extract.mentions import Concept, Extraction, Kind, Mention, Sentence
from scholargraph.extract.papers import Author, Paper
from scholargraph.graph.build import Run
from scholargraph.graph.commit import Committer, Outcome, PaperEntry
from scholargraph.graph.export import xml_graph
from scholargraph.graph.network import coauthors
from scholargraph.graph.store import Store
from scholargraph.server import create_app
from scholargraph.web.explore import PICTURES
from scholargraph.web.service import EXTENSION, Settings

RUNS = 5
VIEWS = ("coauthors", "concepts", "mixed")
NODES = 300
SERVER_LIMIT, BROWSER_LIMIT = 0.3, 1.0
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-quic"]

# pyvis draws with physics, behind a bar that fills: this is when it shows the first whole picture.
WATCH = """
const wait = setInterval(() => {
  if (typeof network === "undefined" || !network || !network.once) return;
  clearInterval(wait);
  network.once("stabilizationIterationsDone", () => { window.still = performance.now(); });
}, 1);
"""
PATIENCE = 180


def invented(papers: int, path: Path) -> Store:
    """A store of *papers* whose authors and concepts are as unequal as real ones."""
    chance = random.Random(7)
    authors = [f"Author {number:04}" for number in range(papers * 2)]
    kinds: list[Kind] = ["method", "method", "dataset", "task"]
    concepts = [(kinds[n % 4], f"{kinds[n % 4]} {n:03}") for n in range(600)]
    run = Run("invented", "0" * 64, "jsonl", "0", "none")
    entries = []
    for number in range(papers):
        names = {authors[int(len(authors) * chance.random() ** 2)] for _ in range(5)}
        named = {concepts[int(len(concepts) * chance.random() ** 3)] for _ in range(8)}
        text, mentions = "", []
        for kind, label in sorted(named):
            start = len(text)
            text += f"{label} "
            concept = Concept(kind, label.replace(" ", "-"), label)
            mentions.append(
                Mention("abstract", start, start + len(label), label, kind, 0.9, concept, 0)
            )
        sentence = Sentence("abstract", 0, len(text))
        found = Extraction((sentence,), tuple(mentions), (), (), (), "none")
        byline = tuple(Author(name, place) for place, name in enumerate(sorted(names), 1))
        year = str(2010 + number % 15)
        paper = Paper(f"p{number}", f"Paper {number}", text, byline, date=year)
        entries.append(PaperEntry(paper, found, run))
    store = Store.open(path, create=True)
    Committer(store).commit(entries, Outcome(), optimize=True)
    return store


def median(act: Callable[[], object]) -> tuple[float, float]:
    """Wall and processor seconds; on a busy machine they differ."""
    walls, works = [], []
    for _ in range(RUNS):
        wall, work = time.perf_counter(), time.process_time()
        act()
        walls.append(time.perf_counter() - wall)
        works.append(time.process_time() - work)
    return statistics.median(walls), statistics.median(works)


def told(what: str, wall: float, work: float | None = None, limit: float | None = None) -> bool:
    over = limit is not None and wall > limit
    print(
        f"{what:<48}{wall * 1000:>8.0f} ms",
        f"{work * 1000:>8.0f} ms of work" if work is not None else " " * 19,
        f"  limit {limit * 1000:.0f} ms{': OVER' if over else ''}" if limit is not None else "",
        flush=True,
    )
    return not over


def server(app: Any) -> bool:
    """Pictures by the test client: what a request costs without HTTP."""
    fine = True
    with app.test_client() as client:
        client.get("/explore.json?limit=1")  # imports pyvis
        pictures = app.extensions[PICTURES]
        for view in VIEWS:

            def fresh(view: str = view) -> None:
                pictures.forget()
                client.get(f"/explore.json?view={view}&limit={NODES}")

            found = json.loads(client.get(f"/explore.json?view={view}&limit={NODES}").text)
            size = f"{len(found['nodes'])} nodes, {len(found['edges'])} links"
            fine &= told(f"server, {view}, {size}", *median(fresh), limit=SERVER_LIMIT)
        kept = median(lambda: client.get(f"/explore.json?view=mixed&limit={NODES}"))
        told("server, the same once more", *kept)
    return fine


def pyvis_own(app: Any, folder: Path) -> Path:
    """The 300 coauthors by pyvis itself."""
    from pyvis.network import Network

    page = folder / "pyvis.html"
    with app.extensions[EXTENSION].store.snapshot() as snapshot:
        graph = xml_graph(coauthors(snapshot, limit=NODES))

    def own() -> None:
        net = Network(cdn_resources="in_line")
        net.from_nx(graph)
        page.write_text(net.generate_html(), "utf-8")

    told("pyvis alone, from_nx and its HTML", *median(own))
    return page


def browser(app: Any, own: Path) -> bool:
    """Both in Chromium, without a network."""
    try:
        from playwright.sync_api import TimeoutError as driver_timeout
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        print("playwright is not installed: nothing measured in a browser")
        return True
    listening = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{listening.server_port}"
    fine = True
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        for view in VIEWS:
            drawn, whole = [], []
            for _ in range(RUNS):
                page = chromium.new_page()
                page.goto(f"{address}/explore?view={view}&limit={NODES}")
                page.wait_for_selector("#network[data-settled]")
                drawn.append(int(page.get_attribute("#network", "data-settled") or 0) / 1000)
                whole.append(page.evaluate("performance.now()") / 1000)
                page.close()
            still = statistics.median(drawn)
            fine &= told(f"browser, {view}, data to still", still, limit=BROWSER_LIMIT)
            told(f"browser, {view}, address to still", statistics.median(whole))
        context = chromium.new_context(offline=True)
        page = context.new_page()
        page.add_init_script(WATCH)
        page.goto(own.as_uri(), wait_until="commit")
        try:
            page.wait_for_function("window.still", timeout=PATIENCE * 1000, polling=100)
            told("pyvis alone, address to still, one run", page.evaluate("window.still") / 1000)
        except driver_timeout:
            print(f"pyvis alone: no whole picture in {PATIENCE} s")
        context.close()
        chromium.close()
    listening.shutdown()
    return fine


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--store", type=Path)
    parser.add_argument("--papers", type=int, default=2_000)
    chosen = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = Store.open(chosen.store) if chosen.store else invented(chosen.papers, folder / "db")
        app = create_app(Settings(store=store.path, base=store.iris.base))
        try:
            fine = server(app)
            fine &= browser(app, pyvis_own(app, folder))
        finally:
            app.extensions[EXTENSION].close()
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
