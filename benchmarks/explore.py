"""
How long the view takes: on the server, until it stands still in the browser, while it is panned.

    python benchmarks/explore.py [--store DIR] [--papers 2000] [--server]

Without a store, invented papers make one. Limits, by processor time where another process may
disturb: 100 ms on the server for 95 of 100 pages that are not kept yet, 1 s in Chromium from the
page's data to the first whole picture of 300 nodes, 33 ms to draw it once (30 frames a second),
700 kB for a first load and 60 kB for another. Beside them, in the same run, pyvis' own way with
the same 300 nodes: `from_nx`, its own HTML, its physics.
"""

import argparse
import logging
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as `scholargraph serve` does

import numpy as np
from werkzeug.serving import make_server

from scholargraph.extract.mentions import Concept, Extraction, Kind, Mention, Sentence
from scholargraph.extract.papers import Author, Paper
from scholargraph.graph.build import Run
from scholargraph.graph.commit import Committer, Outcome, PaperEntry
from scholargraph.graph.export import xml_graph
from scholargraph.graph.folds import Folds
from scholargraph.graph.incidence import Incidence
from scholargraph.graph.network import coauthors
from scholargraph.graph.store import Store
from scholargraph.server import create_app
from scholargraph.web.pictures import PICTURES
from scholargraph.web.service import EXTENSION, Settings

RUNS = 5
VIEWS = ("coauthors", "concepts", "mixed")
NODES = 300
SERVER_LIMIT, BROWSER_LIMIT, FRAME_LIMIT = 0.1, 1.0, 1 / 30
FIRST_LIMIT, AGAIN_LIMIT = 700_000, 60_000
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

# What one frame costs while the picture moves under the window.
PAN = """() => {
  const { net } = document.getElementById("explorer").network;
  const at = net.getViewPosition();
  const took = [];
  for (let step = 0; step < 30; step += 1) {
    const began = performance.now();
    net.moveTo({ position: { x: at.x + 5 * step, y: at.y } });
    net.renderer._redraw();
    took.push(performance.now() - began);
  }
  return took;
}"""


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
    """Wall seconds, and seconds of processor time of this thread; on a busy machine they differ."""
    walls, works = [], []
    for _ in range(RUNS):
        wall, work = time.perf_counter(), time.thread_time()
        act()
        walls.append(time.perf_counter() - wall)
        works.append(time.thread_time() - work)
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


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def visits(app: Any) -> list[str]:
    """Addresses such as visitors ask for: the corpus by year, things in the middle, paths."""
    chance = random.Random(11)
    with app.extensions[EXTENSION].store.snapshot() as snapshot:
        corpus = Incidence.read(snapshot)
    first, last = corpus.span() or (2000, 2020)
    things = [chance.choice(corpus.things) for _ in range(40)]
    heavy = [corpus.things[n] for n in corpus_heaviest(corpus)]
    found = [f"/explore?view={view}&limit={NODES}" for view in VIEWS]
    for view in VIEWS:
        found += [f"/explore?view={view}&from={year}" for year in range(first, last + 1, 3)]
        found += [f"/explore?view={view}&confidence={share}" for share in (0.5, 0.7, 0.9)]
        found += [f"/explore?view={view}&min=2"]
        found += [f"/explore?view={view}&focus={quote(iri)}" for iri in things[:8] + heavy]
    found += [f"/explore?view={view}&fold=yes" for view in ("coauthors", "concepts")]
    found += [
        f"/explore?view=path&a={quote(a)}&b={quote(b)}"
        for a, b in zip(things[::2], things[1::2], strict=True)
    ]
    return found


def corpus_heaviest(corpus: Incidence) -> list[int]:
    """The three things of most papers."""
    papers = np.bincount(corpus.links.things, minlength=len(corpus.things))
    return [int(thing) for thing in np.argsort(-papers)[:3]]


def server(app: Any) -> bool:
    """Pages by the test client: what a request costs without HTTP."""
    keeper = Folds(app.extensions[EXTENSION].store)
    began = time.perf_counter()
    keeper.newest(wait=600)
    told("communities, in their own process", time.perf_counter() - began)
    began = time.perf_counter()
    with app.extensions[EXTENSION].store.snapshot() as snapshot:
        Incidence.read(snapshot)
    told("incidence, once for each state", time.perf_counter() - began)
    with app.test_client() as client:
        client.get("/explore?limit=1")  # imports pyvis, reads the incidence
        client.get("/explore?fold=yes")
        pictures = app.extensions[PICTURES]
        walls, works, worst = [], [], ("", 0.0)
        for address in visits(app):
            pictures.forget()
            wall, work = time.perf_counter(), time.thread_time()
            status = client.get(address).status_code
            walls.append(time.perf_counter() - wall)
            works.append(time.thread_time() - work)
            if status != 200:
                raise SystemExit(f"{address}: {status}")
            if works[-1] > worst[1]:
                worst = address, works[-1]
        print(f"{len(works)} pages, none of them kept; the dearest is {worst[0]}")
        told("server, median", statistics.median(walls), statistics.median(works))
        work = percentile(works, 0.95)
        told("server, 95 of 100 within", percentile(walls, 0.95), work)
        fine = told("  by processor time", work, limit=SERVER_LIMIT)
        kept = median(lambda: client.get(f"/explore?view=mixed&limit={NODES}"))
        told("server, a page that is kept", *kept)
    keeper.close()
    return fine


def pyvis_own(app: Any, folder: Path) -> Path:
    """The 300 coauthors by pyvis itself."""
    from pyvis.network import Network

    page = folder / "pyvis.html"
    with app.extensions[EXTENSION].store.snapshot() as snapshot:
        graph = xml_graph(coauthors(Incidence.read(snapshot), limit=NODES))

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
            drawn, whole, frames = [], [], []
            for _ in range(RUNS):
                page = chromium.new_page()
                page.goto(f"{address}/explore?view={view}&limit={NODES}")
                page.wait_for_selector("#network[data-settled]")
                drawn.append(int(page.get_attribute("#network", "data-settled") or 0) / 1000)
                whole.append(page.evaluate("performance.now()") / 1000)
                frames += [took / 1000 for took in page.evaluate(PAN)]
                page.close()
            still = statistics.median(drawn)
            fine &= told(f"browser, {view}, data to still", still, limit=BROWSER_LIMIT)
            told(f"browser, {view}, address to still", statistics.median(whole))
            fine &= told(
                f"browser, {view}, one frame", statistics.median(frames), limit=FRAME_LIMIT
            )
        fine &= loads(chromium, address)
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


def loads(chromium: Any, address: str) -> bool:
    """What the whole page weighs on its way, packed: at the first load, and at another."""
    context = chromium.new_context()
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    weights: list[float] = []
    session.on("Network.loadingFinished", lambda event: weights.append(event["encodedDataLength"]))
    sizes = []
    for _ in range(2):
        weights.clear()
        page.goto(f"{address}/explore?view=concepts&limit={NODES}")
        page.wait_for_selector("#network[data-settled]")
        page.wait_for_load_state("networkidle")
        sizes.append(sum(weights))
    context.close()
    for what, size, limit in zip(
        ("first load", "another load"), sizes, (FIRST_LIMIT, AGAIN_LIMIT), strict=True
    ):
        print(f"{what:<48}{size / 1000:>8.0f} kB  limit {limit // 1000} kB")
    return sizes[0] <= FIRST_LIMIT and sizes[1] <= AGAIN_LIMIT


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--store", type=Path)
    parser.add_argument("--papers", type=int, default=2_000)
    parser.add_argument("--server", action="store_true", help="measure no browser")
    chosen = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = Store.open(chosen.store) if chosen.store else invented(chosen.papers, folder / "db")
        app = create_app(Settings(store=store.path, base=store.iris.base))
        try:
            fine = server(app)
            if not chosen.server:
                fine &= browser(app, pyvis_own(app, folder))
        finally:
            app.extensions[EXTENSION].close()
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
