"""Who wrote what and what it names: papers together, what is near, what rises."""

import dataclasses
import math

from conftest import RUN
from corpus import paper

from scholargraph.graph.catalogue import catalogue
from scholargraph.graph.commit import Committer, Outcome, PaperEntry
from scholargraph.graph.opening import rising
from scholargraph.graph.questions import rows
from scholargraph.graph.related import related_papers
from scholargraph.graph.ties import Ties

BASE = "https://w3id.org/scholargraph"
RIVER = f"{BASE}/paper/arxiv:2305.00001"
TIES = Ties.of({"p1": ("a", "b"), "p2": ("a",), "p3": ("c", "b"), "p4": ()})


def listed(store):
    with store.snapshot() as snapshot:
        return catalogue(snapshot, store.iris)


def test_papers_together_have_everything_asked_for():
    assert TIES.together(["a", "b"]) == ("p1",)
    assert TIES.together(["a", "c"]) == ()
    assert TIES.together(["a", "unknown"]) == ()
    assert TIES.together([]) == ()


def test_papers_and_things_lead_to_each_other():
    assert TIES.papers("a") == ("p1", "p2")
    assert TIES.papers("unknown") == ()
    assert TIES.things("p3") == ("b", "c")
    assert TIES.things("p4") == TIES.things("unknown") == ()


def test_what_stands_beside_each_other_is_counted():
    counts = TIES.beside(TIES.numbers(["p1", "p3"]))

    assert dict(zip(TIES.thing_iris, counts.tolist(), strict=True)) == {"a": 1, "b": 2, "c": 1}
    assert TIES.beside(TIES.numbers([])).tolist() == [0, 0, 0]


def test_no_papers_have_no_ties():
    none = Ties.of({})

    assert (none.papers("a"), none.together(["a"]), none.rarity("a")) == ((), (), 0)


def test_the_rarer_the_heavier():
    assert TIES.rarity("c") == math.log(4) > TIES.rarity("a") == math.log(2)
    assert TIES.rarity("unknown") == 0


def test_the_catalogue_counts_what_the_graph_holds(store):
    found = listed(store)

    with store.snapshot() as snapshot:
        counted = {
            row.text(kind): row.integer("papers")
            for kind, query in (("author", "authors"), ("concept", "concepts"))
            for row in rows(snapshot, query)
        }
    assert {thing.iri: thing.papers for thing in found.thing_at.values()} == counted


def test_the_most_of_each_kind_are_the_first_of_all(store):
    found = listed(store)
    papers = [item.iri for item in found.papers]

    every, few = found.beside(papers), found.beside(papers, most=2)

    assert few == {kind: things[:2] for kind, things in every.items()}


def test_a_related_paper_says_what_it_shares(store):
    nearest = related_papers(listed(store), RIVER)[0]

    assert nearest.title == "Rivers over Time with Recurrent RiverNet"
    assert {concept.name for concept in nearest.concepts} == {"RiverNet", "DeltaSAR"}
    assert {author.name for author in nearest.authors} == {"Ada Lindqvist", "José García-Márquez"}


def test_rare_things_bring_papers_nearer_than_common_ones(store):
    common = [paper(f"c-{n}", f"Common {n}", "{U-Net|method} it is.") for n in range(12)]
    one = paper("one", "One", "{U-Net|method} and {RareNet|method}.")
    other = paper("other", "Other", "{RareNet|method} again.")
    Committer(store).commit([PaperEntry(*made, RUN) for made in (*common, one, other)], Outcome())

    nearest = related_papers(listed(store), f"{BASE}/paper/one")

    assert nearest[0].title == "Other"
    assert [concept.name for concept in nearest[0].concepts] == ["RareNet"]


def test_what_shares_nothing_is_not_related(store):
    alone = paper("alone", "Alone", "{LonelyNet|method} it is.")
    Committer(store).commit([PaperEntry(*alone, RUN)], Outcome())

    assert related_papers(listed(store), f"{BASE}/paper/alone") == ()


def test_a_concept_rises_by_its_part_of_the_papers(store):
    old = [
        paper(f"old-{n}", f"Old {n}", "{SteadyNet|method} it is.", date="2025") for n in range(30)
    ]
    new = [
        paper(f"new-{n}", f"New {n}", "{SteadyNet|method} it is.", date="2026") for n in range(20)
    ]
    risen = [
        paper(f"up-{n}", f"Up {n}", "{SteadyNet|method} and {UpNet|method}.", date="2026")
        for n in range(10)
    ]
    Committer(store).commit([PaperEntry(*made, RUN) for made in (*old, *new, *risen)], Outcome())

    found = rising(listed(store))

    assert [dataclasses.asdict(concept) for concept in found.concepts] == [
        {"iri": f"{BASE}/method/upnet", "name": "UpNet", "later": 10, "earlier": 0}
    ]
    assert (found.later.first, found.later.papers, found.earlier.papers) == (2026, 30, 30)


def test_too_few_papers_have_no_trend(store):
    assert rising(listed(store)) is None
