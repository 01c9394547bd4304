"""The catalogue of the whole graph, and when it is made anew."""

import threading

from scholargraph.graph.catalogue import Kept, catalogue, ending, papers_a_year
from scholargraph.graph.store import Snapshot, Store


def test_a_year_without_papers_is_a_gap_in_no_chart():
    assert papers_a_year(["2019-03-01", "2021"]) == ((2019, 1), (2020, 0), (2021, 1))


def test_a_kept_value_is_made_once_for_each_snapshot(store: Store):
    made = []
    kept = Kept(lambda snapshot: made.append(snapshot.name))
    with store.snapshot() as snapshot:
        kept.of(snapshot)
        kept.of(snapshot)

    assert made == [snapshot.name]


def test_a_value_that_takes_long_is_made_anew_in_the_background(store: Store, monkeypatch):
    monkeypatch.setattr("scholargraph.graph.catalogue.PATIENCE", -1.0)
    remade = threading.Event()

    def make(snapshot):
        if snapshot.name != first.name:
            remade.wait(10)
        return snapshot.name

    kept = Kept(make, store.snapshot)
    with store.snapshot() as first:
        kept.of(first)
    with store.writing() as writer:
        writer.update("INSERT DATA { <x:a> <x:b> <x:c> }")

    with store.snapshot() as second:
        meanwhile = kept.of(second)
        remade.set()
        afterwards = kept.exactly(second)
    assert (meanwhile, afterwards) == (first.name, second.name)


def test_the_catalogue_lists_the_first_authors_of_a_paper(store: Store):
    with store.snapshot() as snapshot:
        papers = {paper.title: paper for paper in catalogue(snapshot, store.iris).papers}

    hidden = papers["Maps from Many Hands"]
    assert [author.name for author in hidden.authors] == [
        "Noor van Dijk",
        "Bo Ek",
        "Mei-Ling O'Neil",
    ]
    assert hidden.author_count == 4


def test_what_has_no_label_is_called_by_the_end_of_its_iri():
    assert ending("https://w3id.org/scholargraph/category/Computer%20Science") == "Computer Science"
    assert ending("https://w3id.org/scholargraph/ns#usedFor") == "usedFor"


def test_whoever_cannot_wait_is_told_that_the_first_value_is_still_being_made(store):
    go_on = threading.Event()

    def make(snapshot: Snapshot) -> str:
        go_on.wait()
        return snapshot.name

    kept = Kept(make, store.snapshot)
    with store.snapshot() as snapshot:
        early = kept.within(0.01, snapshot)
        go_on.set()
        late = kept.within(60, snapshot)

    assert (early, late) == (None, store.current())
