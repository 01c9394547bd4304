"""
How long pages take on the server and how many bytes they are; how soon a key brings suggestions.

    python benchmarks/pages.py [--store DIR] [--papers 2000] [--pages 40]

Without a store, invented papers make one. Limits: 100 ms of processor time for 95 of 100 pages of
each kind, none of them kept; 100 ms from a key to suggestions in Chromium; 700 kB for a first load
and 60 kB for a page that was seen before. Half of the things are drawn as often as papers name
them, half are any. Wall time stands beside: on a busy machine it says more of the others.
"""

import argparse
import importlib.util
import logging
import random
import re
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import quote

from flask.testing import FlaskClient
from werkzeug.serving import make_server

from scholargraph.graph.catalogue import CONCEPT_KINDS, Catalogue, catalogue
from scholargraph.server import create_app
from scholargraph.web.remembered import EXTENSION as REMEMBERED
from scholargraph.web.remembered import Remembered
from scholargraph.web.service import EXTENSION, Settings

SERVER_LIMIT, KEY_LIMIT = 0.1, 0.1
FIRST_LIMIT, AGAIN_LIMIT = 700_000, 60_000
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-quic"]
CHROMIUM = Path("/usr/bin/chromium")

# From the key to the first new list of suggestions, as the page itself sees it.
WATCH = """
document.addEventListener("input", () => { window.pressed = performance.now(); }, true);
window.took = [];
addEventListener("DOMContentLoaded", () => {
  new MutationObserver(() => { window.took.push(performance.now() - window.pressed); })
    .observe(document.querySelector(".suggestions"), { childList: true });
});
"""


def invented(papers: int, folder: Path) -> Path:
    """A store of the graph that benchmarks/sparql measures with."""
    generate = _generator()
    generate.write(generate.Corpus(papers), folder / "graph.nq")
    generate.load(folder / "graph.nq", folder / "store.db")
    return folder / "store.db"


def _generator() -> ModuleType:
    path = Path(__file__).parent / "sparql" / "generate.py"
    spec = importlib.util.spec_from_file_location("generate", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def addresses(app: Any, most: int) -> dict[str, list[str]]:
    """Pages of each kind, such as visitors ask for."""
    chance = random.Random(5)
    held = app.extensions[EXTENSION]
    with held.store.snapshot() as snapshot:
        found: Catalogue = catalogue(snapshot, held.iris)

    def path(iri: str) -> str:
        return quote(held.iris.local(iri) or "/", safe="/:@!$&'()*+,;=~%-._")

    def drawn(kind: str) -> list[str]:
        things = found.counted(kind)
        weights = [thing.papers for thing in things]
        chosen = chance.choices(things, weights, k=most // 2) + chance.choices(things, k=most // 2)
        return [path(thing.iri) for thing in chosen]

    papers = chance.sample(found.papers, min(most, len(found.papers)))
    words = [thing.name for kind in CONCEPT_KINDS for thing in found.counted(kind)[: most // 8]]
    groups = _groups(found, chance, most // 2)
    compared = ["/compare?" + "&".join(f"iri={quote(iri)}" for iri in group) for group in groups]
    pages = {
        "home": ["/"] * 5,
        "paper": [path(paper.iri) for paper in papers],
        "author": drawn("author"),
        **{kind: drawn(kind) for kind in CONCEPT_KINDS if found.counted(kind)},
        "compare": compared,
        "lists": [
            f"/{kind}{end}"
            for kind in ("paper", "author", "method")
            for end in ("", "?page=3", "?q=a", "?sort=title" if kind == "paper" else "?sort=name")
        ],
        "papers of two": [
            f"/paper?{kind}={path(thing.iri).rpartition('/')[2]}&q=a"
            for kind in CONCEPT_KINDS
            for thing in found.counted(kind)[:3]
        ],
        "search": [f"/search?q={quote(word)}" for word in words],
        "suggest": [f"/suggest?q={quote(word[:length])}" for word in words for length in (1, 2, 4)],
        "runs, model, ontology": ["/runs", "/model", "/ontology"],
    }
    return pages


def _groups(found: Catalogue, chance: random.Random, most: int) -> Iterator[list[str]]:
    """Two and five methods, authors and papers: those of most papers, and any of the first ones."""
    for things in (found.counted("method"), found.authors, found.papers):
        for number in range(most // 3):
            size = 5 if number % 2 else 2
            chosen = things[:size] if number < 2 else chance.sample(things[:200], size)
            yield [thing.iri for thing in chosen]


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def server(app: Any, pages: dict[str, list[str]]) -> bool:
    """Every page once by the test client, and none of them kept: a request without HTTP."""
    fine = True
    began = time.perf_counter()
    app.extensions[EXTENSION].tallies.newest(wait=600)
    print(f"{'tallies, in their own process':<32}{(time.perf_counter() - began) * 1000:>8.0f} ms")
    with app.test_client() as client:
        for what, address in (("catalogue", "/paper"), ("opening", "/"), ("index", "/suggest?q=a")):
            _, _, work = _timed(client, address)
            print(f"{what + ', once for each state':<32}{work * 1000:>8.0f} ms of work")
        while client.get("/suggest?q=a").status_code == 503:  # the index is still being built
            time.sleep(1)
        for found in pages.values():
            client.get(found[0], headers=BROWSER)  # its template is read once
        print(
            f"{'kind of page':<24}{'n':>4}{'median':>9}{'95 %':>9}{'wall 95 %':>11}{'most kB':>9}"
        )
        for kind, found in pages.items():
            walls, works, sizes = [], [], []
            for address in found:
                app.extensions[REMEMBERED] = Remembered()
                answer, wall, work = _timed(client, address)
                if answer.status_code not in (200, 303):
                    raise SystemExit(f"{address}: {answer.status_code}")
                walls.append(wall)
                works.append(work)
                sizes.append(len(answer.data))
            over = percentile(works, 0.95) > SERVER_LIMIT
            fine &= not over
            figures = statistics.median(works), percentile(works, 0.95), percentile(walls, 0.95)
            print(
                f"{kind:<24}{len(found):>4}",
                *(f"{seconds * 1000:>6.1f} ms" for seconds in figures),
                f"{max(sizes) / 1000:>9.1f}{'  OVER' if over else ''}",
                flush=True,
            )
    return fine


def _timed(client: FlaskClient, address: str) -> tuple[Any, float, float]:
    """The answer, and the seconds that it took by the clock and of processor time."""
    wall, work = time.perf_counter(), time.process_time()
    answer = client.get(address, headers=BROWSER)
    return answer, time.perf_counter() - wall, time.process_time() - work


def bytes_of(app: Any, pages: dict[str, list[str]]) -> bool:
    """What a browser loads first, with all that the page names, and what when it comes again."""
    fine = True
    with app.test_client() as client:
        for kind in ("home", "paper", "author", "method", "compare", "lists"):
            first = again = 0
            for address in (pages[kind][0], *_assets(client, pages[kind][0])):
                answer = client.get(address, headers=BROWSER)
                first += len(answer.data)
                tag = {"If-None-Match": answer.headers.get("ETag", "")}
                again += len(client.get(address, headers=BROWSER | tag).data)
            over = first > FIRST_LIMIT or again > AGAIN_LIMIT
            fine &= not over
            print(
                f"{kind + ': first load, and again':<40}{first / 1000:>8.1f} kB"
                f"{again / 1000:>8.1f} kB{'  OVER' if over else ''}"
            )
    return fine


def _assets(client: FlaskClient, address: str) -> list[str]:
    page = client.get(address, headers=BROWSER).text
    found = re.findall(r'<(?:script|link)[^>]*(?:src|href)="(/static/[^"]+)"', page)
    return list(dict.fromkeys(found))


def keys(app: Any, pages: dict[str, list[str]]) -> bool:
    """Words typed into the start page, a key at a time."""
    from playwright.sync_api import sync_playwright

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    listening = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    try:
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
            page = browser.new_page()
            page.add_init_script(WATCH)
            page.goto(f"http://127.0.0.1:{listening.server_port}/")
            box = page.get_by_role("combobox")
            for word in ("neur", "deep", "data", "author"):
                box.fill("")
                box.press_sequentially(word, delay=250)
            took = [milliseconds / 1000 for milliseconds in page.evaluate("window.took")]
            browser.close()
    finally:
        listening.shutdown()
        listening.server_close()
    if not took:
        raise SystemExit("no suggestion came")
    over = statistics.median(took) > KEY_LIMIT
    print(
        f"{'from a key to suggestions':<32}{statistics.median(took) * 1000:>8.0f} ms, 95 % "
        f"{percentile(took, 0.95) * 1000:.0f} ms of {len(took)}{'  OVER' if over else ''}"
    )
    return not over


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--store", type=Path)
    parser.add_argument("--papers", type=int, default=2000)
    parser.add_argument("--pages", type=int, default=40, help="of each kind")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = arguments.store or invented(arguments.papers, Path(folder))
        app = create_app(Settings(store=store, memory="off"))
        try:
            pages = addresses(app, arguments.pages)
            fine = [server(app, pages), bytes_of(app, pages)]
            if CHROMIUM.exists():
                fine.append(keys(app, pages))
        finally:
            app.extensions[EXTENSION].close()
    sys.exit(0 if all(fine) else 1)


if __name__ == "__main__":
    main()
