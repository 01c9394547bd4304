"""Fixtures that many tests share: a hand-written corpus, a store of it, a client of that store."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from scholargraph.graph.build import Run
from scholargraph.graph.commit import Committer, Entry, Outcome, PaperEntry, ProfileEntry
from scholargraph.graph.store import Store

# pytest's importlib mode leaves the tests' own folder out.
sys.path.insert(0, str(Path(__file__).parent))

from corpus import CORPUS, MODEL, PROFILE, Marked

# What an example may take depends on what else the machine does. Continuous integration judges a
# change by the same examples each time; new ones are looked for everywhere else.
settings.register_profile("unhurried", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("unhurried")

RUN = Run(
    file_name="corpus.txt",
    sha256="5" * 64,
    format="profile",
    version="0.1.0",
    model=MODEL,
    captured=PROFILE.captured,
)


@pytest.fixture(autouse=True)
def settings_end_with_their_test() -> Iterator[None]:
    """`serve`, run in this process, leaves its options to the workers that it would start."""
    before = {name: text for name, text in os.environ.items() if name.startswith("SCHOLARGRAPH_")}
    yield
    for name in [name for name in os.environ if name.startswith("SCHOLARGRAPH_")]:
        del os.environ[name]
    os.environ.update(before)


@pytest.fixture(scope="session")
def corpus() -> tuple[Marked, ...]:
    """Eight papers with what is to be found in them; see tests/corpus.py."""
    return CORPUS


@pytest.fixture
def empty_store(tmp_path: Path) -> Store:
    """A store that may be made, in a folder that does not exist yet."""
    return Store.open(tmp_path / "papers.db", create=True)


@pytest.fixture(scope="session")
def _made_store(tmp_path_factory: pytest.TempPathFactory, corpus: tuple[Marked, ...]) -> Path:
    store = Store.open(tmp_path_factory.mktemp("corpus") / "papers.db", create=True)
    entries: list[Entry] = [ProfileEntry(PROFILE, RUN)]
    entries += [PaperEntry(paper, extraction, RUN) for paper, extraction in corpus]
    Committer(store).commit(entries, Outcome())
    return store.path


@pytest.fixture
def store(_made_store: Path, empty_store: Store) -> Store:
    """A fresh store of the corpus and of the profile of one of its authors."""
    shutil.copytree(_made_store, empty_store.path)  # a commit waits 0.1 to 0.3 s for the disk
    return Store.open(empty_store.path)


@pytest.fixture
def client(store: Store) -> Iterator[object]:
    """A Flask test client of the whole application over `store`."""
    from scholargraph.server import create_app
    from scholargraph.web.service import EXTENSION, Settings

    app = create_app(Settings(store=store.path))
    app.testing = True
    with app.test_client() as client:
        yield client
    app.extensions[EXTENSION].close()
