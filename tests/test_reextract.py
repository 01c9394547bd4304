"""Another model rewrites what it finds otherwise, and nothing else; files are not needed for it."""

import json
from collections.abc import Callable, Iterable, Iterator

import pytest
from pyoxigraph import NamedNode, Quad
from spotting import KNOWN, bring, record, spotted, write

from scholargraph.extract.mentions import Extraction
from scholargraph.extract.papers import Paper
from scholargraph.graph import history
from scholargraph.graph import vocab as v
from scholargraph.graph.correcting import correct, withdraw
from scholargraph.graph.differences import changes
from scholargraph.graph.iris import DEFAULT_BASE
from scholargraph.graph.parts import FACTS
from scholargraph.graph.reextraction import reextract
from scholargraph.graph.store import Store
from scholargraph.graph.validate import validate

ONE = f"{DEFAULT_BASE}paper/paper-1"
NEW = "corpus-2"

Extractor = Callable[[Iterable[Paper]], Iterator[tuple[Paper, Extraction]]]


def same(papers: Iterable[Paper]) -> Iterator[tuple[Paper, Extraction]]:
    """A new model that finds what the old one found."""
    return ((paper, spotted(paper)) for paper in papers)


def better(papers: Iterable[Paper]) -> Iterator[tuple[Paper, Extraction]]:
    """A new model that also knows volcanoes."""
    return ((paper, spotted(paper, KNOWN | {"volcano": "task"})) for paper in papers)


def never(papers: Iterable[Paper]) -> Iterator[tuple[Paper, Extraction]]:
    for paper in papers:
        raise AssertionError(f"{paper.id} need not be read")
    return iter(())


@pytest.fixture
def lines() -> list[str]:
    return [record("1", "RiverNet sees a volcano."), record("2"), record("3")]


@pytest.fixture
def papers(empty_store: Store, tmp_path, lines) -> Store:
    bring(empty_store, write(tmp_path / "a.jsonl", *lines))
    return empty_store


def facts(store: Store) -> frozenset[Quad]:
    with store.snapshot() as snapshot:
        return frozenset(snapshot.quads(graph=FACTS))


def test_an_import_with_a_model_that_finds_the_same_changes_hashes_alone(papers, tmp_path):
    before = facts(papers)

    report = bring(papers, tmp_path / "a.jsonl", extract=same, model=NEW)

    gone, come = before - facts(papers), facts(papers) - before
    assert len(gone) == 3
    assert {quad.predicate for quad in gone} == {v.RECORD_HASH}
    # The run that found nothing new is on record, though nothing comes from it.
    about = {quad.subject.value.removeprefix(DEFAULT_BASE).split("/")[0] for quad in come}
    assert about == {"paper", "run"}
    assert sum(quad.subject.value.startswith(f"{DEFAULT_BASE}paper/") for quad in come) == 3
    assert (report.triples_removed, report.papers) == (3, 3)


def test_reading_again_with_a_model_that_finds_the_same_changes_hashes_alone(papers):
    before = facts(papers)

    done = reextract(papers, extract=same, model=NEW)

    assert (done.read, done.changed, done.triples_added, done.triples_removed) == (3, 0, 3, 3)
    assert {quad.predicate for quad in before ^ facts(papers)} == {v.RECORD_HASH}


def test_reading_again_changes_the_papers_in_which_something_else_is_found(papers):
    before = facts(papers)

    done = reextract(papers, extract=better, model=NEW)

    assert (done.read, done.changed) == (3, 1)
    touched = {quad.subject.value.partition("#")[0] for quad in facts(papers) - before}
    hashes = {
        quad.subject.value for quad in facts(papers) - before if quad.predicate == v.RECORD_HASH
    }
    assert {node for node in touched - hashes if "/paper/" in node} == set()
    assert Quad(NamedNode(ONE), v.USES["task"], NamedNode(f"{DEFAULT_BASE}task/volcano")) in facts(
        papers
    )
    with papers.snapshot() as snapshot:
        assert validate(snapshot) == []


def test_what_was_read_again_need_not_be_imported_again(papers, tmp_path):
    reextract(papers, extract=better, model=NEW)
    before = facts(papers)

    report = bring(papers, tmp_path / "a.jsonl", extract=never, model=NEW)
    again = reextract(papers, extract=never, model=NEW)

    assert (report.unchanged, again.read) == (3, 0)
    assert facts(papers) == before


def test_reading_again_gives_the_graph_of_an_import_with_that_model(papers, tmp_path):
    reextract(papers, extract=better, model=NEW)
    fresh = Store.open(tmp_path / "fresh.db", create=True)
    bring(fresh, tmp_path / "a.jsonl", extract=better, model=NEW)

    def plain(store: Store) -> set[Quad]:
        return {
            quad
            for quad in facts(store)
            if quad.predicate != v.GENERATED_BY and "/run/" not in quad.subject.value
        }

    assert plain(papers) == plain(fresh)


def test_reading_again_is_a_run_of_its_own(papers):
    reextract(papers, extract=better, model=NEW, batch=2)

    newest, first = changes(papers)

    assert (newest.number, newest.operation, first.operation) == (2, "reextract", "import")
    run = newest.run
    assert run is not None
    assert (run.model, run.changed, run.unchanged, run.interrupted) == (NEW, 1, 2, False)


def test_reading_again_can_be_interrupted_and_goes_on(papers):
    def tired(stream: Iterable[Paper]) -> Iterator[tuple[Paper, Extraction]]:
        for position, pair in enumerate(better(stream)):
            if position == 2:
                raise KeyboardInterrupt
            yield pair

    with pytest.raises(KeyboardInterrupt):
        reextract(papers, extract=tired, model=NEW, batch=1)
    done = reextract(papers, extract=better, model=NEW)

    assert done.read == 1
    with papers.snapshot() as snapshot:
        assert [run.interrupted for run in history.runs(snapshot)] == [False, True, False]


def test_corrections_outlive_reading_again_and_can_be_withdrawn_from_it(papers, tmp_path):
    (rejected,) = correct(
        papers, [{"action": "reject", "mention": f"{ONE}#mention-abstract-0-8-method"}]
    )
    reextract(papers, extract=better, model=NEW)
    uses = Quad(NamedNode(ONE), v.USES["method"], NamedNode(f"{DEFAULT_BASE}method/rivernet"))
    assert uses not in facts(papers)

    withdraw(papers, [rejected.id])

    fresh = Store.open(tmp_path / "fresh.db", create=True)
    bring(fresh, tmp_path / "a.jsonl")
    reextract(fresh, extract=better, model=NEW)
    assert uses in facts(papers)
    assert facts(papers) == facts(fresh)


def test_a_paper_of_two_sources_is_read_again_once(papers, tmp_path):
    value = json.loads(record("1", "RiverNet sees a volcano."))
    other = write(tmp_path / "b.jsonl", json.dumps(value | {"venue": "A Journal"}))
    bring(papers, other)

    done = reextract(papers, extract=better, model=NEW)

    assert (done.read, done.changed) == (3, 1)
    assert bring(papers, tmp_path / "a.jsonl", other, extract=never, model=NEW).unchanged == 4
