"""A live server over the corpus, and Debian's chromium looking at it."""

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import RUN
from corpus import CORPUS, PROFILE
from werkzeug.serving import make_server

from scholargraph.graph.commit import Committer, Entry, Outcome, PaperEntry, ProfileEntry
from scholargraph.graph.store import Store
from scholargraph.server import create_app
from scholargraph.web.service import EXTENSION, Settings

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # A browser that leaves a page drops what is on its way; werkzeug's server, which serves tests
    # only, then leaves the file that it was sending to the garbage collector.
    dropped = "ignore:Exception ignored in. <_io.FileIO:pytest.PytestUnraisableExceptionWarning"
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker(pytest.mark.filterwarnings(dropped))


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server over the corpus, on a port of its own."""
    store = Store.open(tmp_path_factory.mktemp("live") / "papers.db", create=True)
    entries: list[Entry] = [ProfileEntry(PROFILE, RUN)]
    entries += [PaperEntry(paper, extraction, RUN) for paper, extraction in CORPUS]
    Committer(store).commit(entries, Outcome())
    app = create_app(Settings(store=store.path))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    app.extensions[EXTENSION].close()


@pytest.fixture(scope="module")
def browser():
    """Chromium without a window; while it is there, no other event loop can run."""
    if not CHROMIUM.exists():
        found = shutil.which("chromium")
        if found is None:
            pytest.skip("no chromium: apt install chromium")
    with playwright.sync_playwright() as driver:
        path = str(CHROMIUM if CHROMIUM.exists() else shutil.which("chromium"))
        browser = driver.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def opened(browser, live) -> Iterator[Callable[..., object]]:
    """
    Opens pages as told: ``opened("/", color_scheme="dark")``.

    Whatever they do, no request may leave this host, no script may fail or be refused by the
    policy, and no dialog may open.
    """
    contexts, complaints = [], []

    def watch(page) -> None:
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((live, "data:", "blob:"))
                else complaints.append(f"left the host: {request.url}")
            ),
        )
        page.on("pageerror", lambda error: complaints.append(f"script failed: {error}"))
        page.on("dialog", lambda dialog: (complaints.append("a dialog"), dialog.dismiss()))
        page.on(
            "console",
            lambda message: (
                complaints.append(message.text)
                if "Content Security Policy" in message.text
                else None
            ),
        )

    def opened(address: str, *, width: int = 1280, **options: object):
        context = browser.new_context(
            base_url=live, viewport={"width": width, "height": 900}, **options
        )
        contexts.append(context)
        page = context.new_page()
        watch(page)
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
