"""The shortest way between two things, over papers and what stands on them."""

import pytest

from scholargraph.graph.entities import Entity, Years, entity
from scholargraph.graph.incidence import Incidence
from scholargraph.graph.paths import Path, drawn, shortest
from scholargraph.graph.store import Snapshot, Store

BASE = "https://w3id.org/scholargraph/"
ADA, AMINA, BO = (f"{BASE}author/{n}" for n in ("ada-lindqvist", "amina-diallo", "bo-ek"))
KITCHEN, RIVER_1 = f"{BASE}dataset/kitchenner", f"{BASE}paper/arxiv:2305.00001"


@pytest.fixture
def snapshot(store: Store) -> Snapshot:
    return store.snapshot()


def named(corpus: Incidence, path: Path) -> list[str]:
    return [
        corpus.labels[corpus.thing_at[stop]] if stop in corpus.thing_at else "paper"
        for stop in path.stops
    ]


def test_coauthors_lead_from_one_author_to_another(snapshot: Snapshot) -> None:
    corpus = Incidence.read(snapshot)
    ends = entity(snapshot, BO), entity(snapshot, AMINA)
    found = shortest(corpus, *ends, kinds=("author",))

    names = named(corpus, found)
    assert names[0] == "Bo Ek"
    assert names[2] == "Ada Lindqvist"
    assert names[-1] == "Amina Diallo"
    assert names[1::2] == ["paper"] * 3


def test_a_concept_may_be_nearer_than_any_coauthor(snapshot: Snapshot) -> None:
    corpus = Incidence.read(snapshot)
    noor, ada = (entity(snapshot, f"{BASE}author/{n}") for n in ("noor-van-dijk", "wei-chen"))

    through = shortest(corpus, noor, ada)
    assert len(through.stops) == 5
    assert through.equal >= 1


def test_a_path_may_begin_at_a_paper_or_a_concept(snapshot: Snapshot) -> None:
    corpus = Incidence.read(snapshot)
    river, kitchen = entity(snapshot, RIVER_1), entity(snapshot, KITCHEN)
    found = shortest(corpus, river, kitchen, kinds=("author",))

    assert (found.stops[0], found.stops[-1]) == (RIVER_1, KITCHEN)
    assert named(corpus, found)[1] == "Wei Chen"


def test_years_and_kinds_may_leave_no_path(snapshot: Snapshot) -> None:
    corpus = Incidence.read(snapshot)
    bo, amina = entity(snapshot, BO), entity(snapshot, AMINA)

    assert shortest(corpus, bo, amina, kinds=("dataset",)) == Path((), 0)
    assert shortest(corpus, bo, amina, years=Years(2024)) == Path((), 0)


def test_confidence_closes_ways_over_unsure_mentions(snapshot: Snapshot) -> None:
    corpus = Incidence.read(snapshot)
    river, kitchen = entity(snapshot, RIVER_1), entity(snapshot, KITCHEN)

    assert shortest(corpus, river, kitchen, confidence=1.0) == Path((), 0)


def test_a_thing_is_its_own_path_and_a_stranger_has_none(snapshot: Snapshot) -> None:
    corpus = Incidence.read(snapshot)
    ada = entity(snapshot, ADA)

    assert shortest(corpus, ada, ada) == Path((ADA,), 1)
    assert shortest(corpus, ada, Entity(f"{BASE}author/x", "author", "X")) == Path((), 0)


def test_of_equal_paths_the_one_through_the_rarer_thing_is_taken(snapshot: Snapshot) -> None:
    corpus = Incidence.read(snapshot)
    ends = entity(snapshot, f"{BASE}author/noor-van-dijk"), entity(snapshot, ADA)
    found = shortest(corpus, *ends)

    assert len(found.stops) == 3
    assert found.equal == 1


def test_a_path_is_drawn_with_the_paper_of_each_step(snapshot: Snapshot) -> None:
    corpus = Incidence.read(snapshot)
    ends = entity(snapshot, BO), entity(snapshot, AMINA)
    path = shortest(corpus, *ends, kinds=("author",))
    graph = drawn(corpus, path, *ends)

    assert list(graph) == list(path.stops)
    assert graph.number_of_edges() == len(path.stops) - 1
    assert all(len(papers) == 1 for _, _, papers in graph.edges(data="papers"))


def test_without_a_path_only_the_ends_are_drawn(snapshot: Snapshot) -> None:
    corpus = Incidence.read(snapshot)
    ends = entity(snapshot, BO), entity(snapshot, AMINA)
    graph = drawn(corpus, Path((), 0), *ends)

    assert list(graph) == [BO, AMINA]
    assert graph.number_of_edges() == 0
