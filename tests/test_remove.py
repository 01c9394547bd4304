"""Papers can be removed: with what only they spoke of, leaving word of what was there."""

import subprocess
import sys
from dataclasses import replace

import pytest
from corpus import CORPUS, MODEL, PROFILE
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad

from scholargraph.graph import vocab as v
from scholargraph.graph.build import Run
from scholargraph.graph.commit import Committer, Outcome, PaperEntry, ProfileEntry
from scholargraph.graph.iris import DEFAULT_BASE
from scholargraph.graph.removal import RemovalError, remove
from scholargraph.graph.store import Store, StoreError
from scholargraph.graph.tombstones import tombstone
from scholargraph.graph.validate import validate

RUN = Run("corpus.txt", "5" * 64, "profile", "0.1.0", MODEL, PROFILE.captured)
RIVER, RIVER_2 = "paper/arxiv:2305.00001", "paper/doi:10.5555/water.2"


def node(place: str) -> NamedNode:
    return NamedNode(DEFAULT_BASE + place)


def facts(store: Store) -> set[Quad]:
    """Every quad of the default graph but those of runs, which name no papers."""
    with store.snapshot() as snapshot:
        return set(snapshot.quads(graph=DefaultGraph()))


def stones(store: Store) -> set[str]:
    with store.snapshot() as snapshot:
        quads = snapshot.quads(None, v.INVALIDATED, None, store.iris.removed_graph())
    return {quad.subject.value.removeprefix(DEFAULT_BASE) for quad in quads}


def made_of(path, *numbers: int, profile: bool = True) -> Store:
    """A store of those papers of the corpus."""
    store = Store.open(path, create=True)
    entries = [ProfileEntry(PROFILE, RUN)] if profile else []
    entries += [PaperEntry(*CORPUS[number], RUN) for number in numbers]
    Committer(store).commit(entries, Outcome())
    return store


@pytest.mark.parametrize("number", range(len(CORPUS)))
def test_without_a_paper_the_graph_is_as_if_it_had_never_been(number, store, tmp_path):
    others = [other for other in range(len(CORPUS)) if other != number]
    without = made_of(tmp_path / "without.db", *others)

    removal = remove(store, [store.iris.paper(CORPUS[number][0]).value])

    assert facts(store) == facts(without)
    assert removal.papers == (store.iris.paper(CORPUS[number][0]).value,)


def test_without_any_paper_or_profile_only_the_runs_are_left(store):
    papers = [store.iris.paper(paper).value for paper, _ in CORPUS]

    remove(store, [*papers, "profile/ada-lindqvist"])

    with store.snapshot() as snapshot:
        types = {q.object for q in snapshot.quads(None, v.TYPE, None, DefaultGraph())}
    assert types == {v.ACTIVITY, v.ENTITY}


def test_what_others_use_too_stays_and_what_only_it_named_goes(store):
    remove(store, [RIVER])

    with store.snapshot() as snapshot:
        assert snapshot.quads(node("author/ada-lindqvist"), v.NAME, None, DefaultGraph())
        assert snapshot.quads(node("method/u-net"), v.LABEL, None, DefaultGraph())
        assert not snapshot.quads(node("metric/miou"), None, None, DefaultGraph())
        assert not snapshot.quads(None, None, node(RIVER))
    assert stones(store) >= {RIVER, "metric/miou"}
    assert stones(store).isdisjoint({"author/ada-lindqvist", "method/u-net"})
    assert not any("#" in place for place in stones(store))


def test_a_tombstone_says_what_was_there_and_when_it_went(store):
    remove(store, [RIVER])

    with store.snapshot() as snapshot:
        said = {
            (quad.predicate, quad.object)
            for quad in snapshot.quads(node(RIVER), None, None, store.iris.removed_graph())
        }
        stone = tombstone(snapshot, node(RIVER), store.iris)
    assert stone is not None
    assert stone.name == CORPUS[0][0].title
    assert said == {
        (v.TYPE, v.ENTITY),
        (v.FORMER_TYPE, v.ARTICLE),
        (v.FORMER_TYPE, v.RESEARCH_PAPER),
        (v.TITLE, Literal(CORPUS[0][0].title)),
        (v.IDENTIFIER, Literal("river-1")),
        (v.INVALIDATED, Literal(stone.removed, datatype=v.XSD_DATE_TIME)),
    }


def test_an_import_lifts_the_tombstones_of_what_it_brings_back(store):
    before = facts(store)
    remove(store, [RIVER, RIVER_2])
    outcome = Outcome()

    Committer(store).commit([PaperEntry(*CORPUS[0], RUN)], outcome)
    halfway = stones(store)
    Committer(store).commit([PaperEntry(*CORPUS[1], RUN)], outcome)

    assert RIVER_2 in halfway and RIVER not in halfway
    assert stones(store) == set()
    assert facts(store) == before
    assert (outcome.new, outcome.changed, outcome.triples_removed) == (2, 0, 0)


def test_a_paper_that_goes_on_under_another_iri_says_where(store):
    known = replace(CORPUS[5][0], ids=(("doi", "10.5555/maps"),))
    outcome, before = Outcome(), len(facts(store))

    Committer(store).commit([PaperEntry(known, CORPUS[5][1], RUN)], outcome)

    with store.snapshot() as snapshot:
        stone = tombstone(snapshot, node("paper/maps-from-many-hands-2020"), store.iris)
        facts_now = snapshot.quads(None, None, None, DefaultGraph())
    assert stone is not None
    assert stone.successor == f"{DEFAULT_BASE}paper/doi:10.5555/maps"
    assert (outcome.new, outcome.changed) == (0, 1)
    assert outcome.triples_added - outcome.triples_removed == len(facts_now) - before


def test_the_shapes_hold_without_it(store):
    remove(store, [RIVER, "profile/ada-lindqvist"])

    with store.snapshot() as snapshot:
        assert validate(snapshot) == []


@pytest.mark.parametrize(
    "name",
    [
        f"{DEFAULT_BASE}paper/doi:10.5555/water.2",
        "/paper/doi:10.5555/water.2",
        "paper/doi:10.5555/water.2",
        "doi:10.5555/water.2",
        "river-2",
    ],
)
def test_a_paper_goes_by_its_iri_its_end_or_the_identifier_of_its_record(store, name):
    assert remove(store, [name, name]).papers == (f"{DEFAULT_BASE}{RIVER_2}",)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nothing", r"there is no paper 'nothing'; give its IRI"),
        ("https://example.org/1", "there is no paper"),
        (f"{DEFAULT_BASE}paper/<x>", "there is no paper"),
        ("", "there is no paper"),
        ("author/ada-lindqvist", "neither a paper nor a profile"),
        (f"{DEFAULT_BASE}{RIVER}#author-1", f"a part of {DEFAULT_BASE}{RIVER};"),
    ],
)
def test_one_wrong_name_and_nothing_is_removed(store, name, message):
    before, state = facts(store), store.current()

    with pytest.raises(RemovalError, match=message):
        remove(store, [RIVER, name])

    assert facts(store) == before
    assert store.current() == state


def test_what_is_gone_cannot_be_removed_again(store):
    remove(store, [RIVER])

    with pytest.raises(RemovalError, match=r"was removed already, at 20\d\d-"):
        remove(store, [RIVER])


def test_an_identifier_of_several_papers_names_none_of_them(store):
    with store.writing() as writer:
        writer.apply([], [Quad(node(RIVER), v.IDENTIFIER, Literal("river-2"))])

    with pytest.raises(RemovalError, match="the identifier of 2 papers: https.*; name one"):
        remove(store, ["river-2"])


def test_where_no_store_is_none_is_made(empty_store):
    with pytest.raises(StoreError, match="no store yet"):
        remove(empty_store, [RIVER])

    assert not empty_store.path.exists()


def test_a_removal_is_killed_before_or_after_never_between(store):
    """The process ends as soon as the engine has taken the change, before anything is published."""
    code = (
        "import os, scholargraph.graph.store as s\n"
        "from scholargraph.graph.removal import remove\n"
        "s.publish = lambda *a: os._exit(9)\n"
        f"remove(s.Store.open({str(store.path)!r}), [{RIVER!r}])"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 9

    seen_before = RIVER in stones(store)
    store.recover()

    assert not seen_before
    assert RIVER in stones(store)
    with store.snapshot() as snapshot:
        assert not snapshot.quads(node(RIVER), None, None, DefaultGraph())


def test_the_command_says_what_it_did(store):
    command = [sys.executable, "-m", "scholargraph.cli", "remove", "--store", str(store.path)]

    done = subprocess.run([*command, RIVER], capture_output=True, text=True, check=True)
    again = subprocess.run([*command, RIVER], capture_output=True, text=True, check=False)

    assert done.stdout.startswith("1 removed, with ")
    assert again.returncode == 1
    assert again.stderr.startswith(f"scholargraph: {DEFAULT_BASE}{RIVER} was removed already")
