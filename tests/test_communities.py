"""Communities of authors and concepts: found once for each state, in a process of its own."""

import json

import pytest

from scholargraph.graph.communities import Communities, communities, folded
from scholargraph.graph.folds import Folds
from scholargraph.graph.incidence import Incidence
from scholargraph.graph.state import state
from scholargraph.graph.store import Store

BASE = "https://w3id.org/scholargraph/"
ADA = f"{BASE}author/ada-lindqvist"


@pytest.fixture
def incidence(store: Store) -> Incidence:
    with store.snapshot() as snapshot:
        return Incidence.read(snapshot)


def test_everyone_with_a_joint_paper_is_in_one_community(incidence: Incidence) -> None:
    fold = communities(incidence, "1").folds["coauthors"]

    members = [member for community in fold.communities for member in community.members]
    assert len(members) == len(set(members)) == 9
    assert fold.alone == 0
    sizes = [len(community.members) for community in fold.communities]
    assert sizes == sorted(sizes, reverse=True)


def test_the_strongest_member_comes_first_and_papers_count_once(incidence: Incidence) -> None:
    found = communities(incidence, "1")
    number = found.of("coauthors", ADA)
    assert number is not None
    community = found.folds["coauthors"].communities[number]

    assert community.members[0] == ADA
    papers = {
        paper
        for member in community.members
        for paper in incidence.papers_of(incidence.thing_at[member])
    }
    assert community.papers == len(papers)


def test_the_same_corpus_gives_the_same_communities(incidence: Incidence) -> None:
    assert communities(incidence, "1").text() == communities(incidence, "1").text()


def test_communities_read_back_as_they_were_written(incidence: Incidence) -> None:
    found = communities(incidence, "1")

    assert Communities.from_text(found.text()) == found


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"state": "1", "folds": {"coauthors": 3}}'])
def test_what_is_no_communities_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Communities.from_text(text)


def test_a_picture_of_communities_says_what_is_folded(incidence: Incidence) -> None:
    found = communities(incidence, "1")
    graph = folded(found, incidence, "coauthors", limit=1)

    (node,) = graph.nodes(data=True)
    assert node[1]["kind"] == "community"
    assert node[1]["members"] == graph.graph["folded"]
    assert graph.graph["members"] == 9
    assert graph.graph["more"] == graph.graph["communities"] - 1


def test_links_between_communities_count_pairs_of_their_members(incidence: Incidence) -> None:
    found = communities(incidence, "1")
    fold = found.folds["concepts"]
    graph = folded(found, incidence, "concepts")

    assert graph.number_of_edges() + graph.graph["lighter"] == len(fold.links)
    assert all(weight > 0 for _, _, weight in graph.edges(data="weight"))


def test_communities_are_found_in_the_background_and_kept(store: Store) -> None:
    first = Folds(store)
    found = first.newest(wait=60)
    while not (store.path / Folds.file).exists():
        first.newest(wait=1)
    first.close()
    again = Folds(store)

    assert found is not None
    assert found.state == state(store)
    assert again.newest(wait=0) == found
    again.close()


def test_after_a_commit_the_former_communities_serve_until_new_ones_are_found(
    store: Store,
) -> None:
    keeper = Folds(store)
    before = keeper.newest(wait=60)
    with store.writing() as writer:
        writer.update(f"DELETE WHERE {{ <{ADA}> <http://xmlns.com/foaf/0.1/name> ?name }}")
    meanwhile = keeper.newest(wait=0)
    keeper.close()

    assert before is not None
    assert meanwhile == before
    assert before.state != state(store)


def test_what_cannot_be_kept_beside_the_store_is_found_all_the_same(store: Store) -> None:
    (store.path / Folds.file).mkdir()
    keeper = Folds(store)

    assert keeper.newest(wait=60) is not None
    keeper.close()


def test_an_empty_graph_has_no_communities(empty_store: Store) -> None:
    with empty_store.writing():
        pass
    with empty_store.snapshot() as snapshot:
        found = communities(Incidence.read(snapshot), "1")

    assert json.loads(found.text())["folds"]["coauthors"] == {
        "communities": [],
        "links": [],
        "alone": 0,
    }
