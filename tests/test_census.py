"""The census counts what is there, once for each state of the store, and is kept."""

import subprocess
import sys
import time
from collections import Counter

import pytest
from corpus import CORPUS, MODEL
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad

from scholargraph.graph import vocab as v
from scholargraph.graph.build import Run
from scholargraph.graph.census import Census, censuses
from scholargraph.graph.censuses import FILE, Censuses
from scholargraph.graph.commit import Committer, Outcome, PaperEntry
from scholargraph.graph.store import Store

PATIENT = 60.0
THING = NamedNode("https://example.org/thing")


@pytest.fixture
def counted(store):
    found = Censuses(store)
    yield found
    found.close()


def whole(store: Store) -> Census:
    with store.snapshot() as snapshot:
        return list(censuses(snapshot, "000001-0"))[-1]


def test_the_figures_are_those_of_the_triples(store):
    census = whole(store)

    with store.snapshot() as snapshot:
        quads = snapshot.quads(graph=DefaultGraph())
    types = [(quad.subject, quad.object.value) for quad in quads if quad.predicate == v.TYPE]
    assert census.triples == len(quads)
    assert census.subjects == len({quad.subject for quad in quads})
    assert census.objects == len({quad.object for quad in quads})
    assert census.entities == len({subject for subject, _ in types})
    assert {c.iri: c.entities for c in census.classes} == Counter(iri for _, iri in types)
    assert all((NamedNode(c.example), c.iri) in types for c in census.classes)
    assert {p.iri: p.triples for p in census.properties} == Counter(
        quad.predicate.value for quad in quads
    )
    for figures in census.properties:
        mine = [quad for quad in quads if quad.predicate.value == figures.iri]
        assert figures.subjects == len({quad.subject for quad in mine})
        assert figures.objects == len({quad.object for quad in mine})
    assert (census.class_count, census.property_count) == (
        len(census.classes),
        len(census.properties),
    )


def test_each_class_says_which_properties_lead_where(store):
    classes = {figures.iri: figures for figures in whole(store).classes}

    authorship = {p.property: p for p in classes[v.AUTHORSHIP.value].properties}
    person = authorship[v.OF_AUTHOR.value]
    assert person.triples == classes[v.AUTHORSHIP.value].entities
    assert set(person.classes) == {v.PERSON.value, v.FOAF_PERSON.value}
    assert person.datatypes == ()
    assert authorship[v.POSITION.value].datatypes == (v.XSD_INTEGER.value,)


def test_named_graphs_are_counted_by_name_and_apart_from_the_facts(store):
    graph = NamedNode("https://example.org/graph")
    before = whole(store)
    with store.writing() as writer:
        writer.apply([], [Quad(THING, v.TITLE, Literal(str(n)), graph) for n in range(3)])
        writer.store.add_graph(NamedNode("https://example.org/empty"))

    after = whole(store)

    assert after.triples == before.triples
    assert after.graphs == before.graphs | {graph.value: 3, "https://example.org/empty": 0}


def test_a_census_survives_being_written_down(store):
    census = whole(store)

    assert Census.from_text(census.text()) == census


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"classes": 1}', "\x00"])
def test_what_is_no_census_is_refused(text):
    with pytest.raises(ValueError):
        Census.from_text(text)


def test_an_empty_store_has_a_census_too(empty_store):
    with empty_store.writing():
        pass

    census = whole(empty_store)

    assert (census.triples, census.subjects, census.classes) == (0, 0, ())


def test_the_newest_state_is_counted_when_somebody_asks(store, counted):
    first = counted.newest(wait=PATIENT)
    with store.writing() as writer:
        writer.apply([], [Quad(THING, v.TITLE, Literal("New"))])

    second = counted.newest(wait=PATIENT)

    assert first.complete and second.complete
    assert second.state != first.state
    assert second.triples == first.triples + 1
    assert second.published >= first.published


def test_a_census_is_kept_for_the_next_server(store, counted):
    census = counted.newest(wait=PATIENT)
    until = time.monotonic() + PATIENT
    while not (store.path / FILE).exists() and time.monotonic() < until:
        time.sleep(0.01)

    after_a_restart = Censuses(store)
    found = after_a_restart.newest(wait=0)
    after_a_restart.close()

    assert found == census


def test_while_one_is_counted_the_last_one_answers(store, counted):
    first = counted.newest(wait=PATIENT)
    with store.writing() as writer:
        writer.apply([], [Quad(THING, v.TITLE, Literal("New"))])

    assert counted.newest(wait=0) == first


def test_before_the_first_there_is_none(store, counted):
    assert counted.newest(wait=0) is None


def test_nobody_waits_for_what_will_take_longer_than_they_would_wait(store, counted):
    large = store.path / "snapshots" / store.current() / "ballast"
    with large.open("wb") as file:
        file.truncate(100 * 2**30)  # no byte of it is on the disk

    assert counted.newest(wait=PATIENT) is None


def test_a_kept_census_that_is_damaged_is_made_anew(store, counted):
    (store.path / FILE).write_text('{"state": "000')

    assert counted.newest(wait=PATIENT).complete


def test_what_cannot_be_counted_is_not_tried_again_before_it_changes(store, counted, monkeypatch):
    monkeypatch.setattr("scholargraph.graph.censuses.COUNTER", "scholargraph.no_such_module")
    assert counted.newest(wait=PATIENT) is None
    monkeypatch.undo()

    unchanged = counted.newest(wait=PATIENT)
    run = Run("again.txt", "6" * 64, "profile", "0.1.0", MODEL, None)
    paper, extraction = CORPUS[0]
    Committer(store).commit([PaperEntry(paper, extraction, run)], Outcome())

    assert unchanged is None
    assert counted.newest(wait=PATIENT).complete


def test_a_server_that_stops_waits_for_no_census(store):
    counted = Censuses(store)
    counted.newest(wait=0)

    counted.close()

    assert counted.newest(wait=PATIENT) is None


def test_a_census_ends_with_the_server_that_wants_it():
    code = (
        "from scholargraph.graph.background import end_with_parent\n"
        "end_with_parent()\n"
        "import time; print('ready', flush=True); time.sleep(600)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with process.stdin, process.stdout:
        assert process.stdout.readline() == b"ready\n"
        still_there = process.poll()

        process.stdin.close()  # as the kernel does for a server that was killed

        assert still_there is None
        assert process.wait(PATIENT) == 1
