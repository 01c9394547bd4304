"""Papers written out as lines: the same quads, and the same evidence for shared nodes."""

from collections import Counter
from dataclasses import replace

import pyoxigraph
import pytest
from corpus import CORPUS, MODEL, Marked, authors, paper
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, parse

from scholargraph.extract.mentions import Concept, Relation
from scholargraph.extract.papers import Author
from scholargraph.graph import vocab as v
from scholargraph.graph.build import Run, paper_quads
from scholargraph.graph.commit import Committer, Outcome, PaperEntry
from scholargraph.graph.effects import Effect, in_steps
from scholargraph.graph.iris import Iris
from scholargraph.graph.ntriples import chunks, each_once, integer, line, literal, quads_of
from scholargraph.graph.records import normal
from scholargraph.graph.store import Store
from scholargraph.graph.witnesses import is_plain, witnessed_by, witnessed_in

RUN = Run("small.jsonl", "7" * 64, "jsonl", "0.1.0", MODEL)
IRIS = Iris()
NODE = NamedNode("https://example.org/node")


def sized() -> Marked:
    """A paper that names a size of a model, with a short form, and one author twice."""
    marked = paper(
        "9",
        "Sizes",
        "We use {BERT-large|method|BERT-large} on {maps|task|mapping}.",
        authors=(Author("Bo Ek", 1, "0000-0002-1825-0097"), Author("Bo Ek", 2)),
        date="2021",
        categories=("cs.CL",),
    )
    large, maps = marked[1].mentions
    short = replace(large, concept=replace(large.concept, abbreviation="BL"))
    related = Relation(0, "usedFor", 1, large.sentence, 0.5)
    return marked[0], replace(marked[1], mentions=(short, maps), relations=(related,))


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_is_read_as_it_was_written(text):
    (quad,) = parse(line(NODE, v.TITLE, literal(text)), format=RdfFormat.N_QUADS)

    assert quad == Quad(NODE, v.TITLE, Literal(text))


def test_numbers_are_integers():
    (quad,) = parse(line(NODE, v.START, integer(12)), format=RdfFormat.N_QUADS)

    assert quad.object == Literal(12)


def test_lines_that_are_several_are_written_once():
    one, other = line(NODE, v.TITLE, literal("a\nb")), line(NODE, v.TITLE, literal("c"))

    lines = each_once([one, other, one + other])

    assert (lines.text.decode(), lines.number) == (one + other, 2)


PLAIN = [marked for marked in (*CORPUS, sized()) if is_plain(normal(marked[0]), marked[1])]


@pytest.mark.parametrize("marked", PLAIN, ids=lambda marked: marked[0].id)
def test_a_paper_speaks_for_shared_nodes_as_its_quads_do(marked):
    record, extraction = normal(marked[0]), marked[1]

    quads = set(paper_quads(record, extraction, RUN, IRIS, record_hash="0" * 32))

    said = Counter(witnessed_in(record, extraction, IRIS))
    assert said == Counter(witnessed_by(quads))


def test_what_shares_a_node_with_another_is_not_plain():
    record, extraction = normal(sized()[0]), sized()[1]
    large, maps = extraction.mentions
    again = replace(large, kind="task", concept=Concept("task", "bert", "BERT"))
    twice = (Author("Bo Ek"), Author("bo ek"))

    found = [
        is_plain(record, replace(extraction, mentions=(large, maps, again))),
        is_plain(record, replace(extraction, relations=extraction.relations * 2)),
        is_plain(replace(record, authors=twice), extraction),
    ]

    assert found == [False, False, False]


def test_an_effect_is_the_same_written_out(tmp_path):
    named = [Quad(NODE, v.TITLE, Literal(f"<< _:{number}")) for number in range(3)]
    blank = Quad(BlankNode("b"), v.TITLE, Literal("b"))
    effect = Effect([], [named[0], blank], tuple(chunks(named[1:])))

    written = effect.as_text()

    assert (effect.size, written.size, effect.facts) == ((0, 4), (0, 4), (0, 4))
    assert (written.added, set(quads_of(written.written))) == ([blank], set(named))
    assert set(effect.as_quads().added) == {*named, blank}
    engine = pyoxigraph.Store(str(tmp_path / "engine"))
    in_steps(engine, written)
    assert {quad.object for quad in engine} == {quad.object for quad in [*named, blank]}


def test_what_others_said_of_a_new_paper_stays_and_is_not_added_again(tmp_path):
    store = Store.open(tmp_path / "store", create=True)
    marked = paper("1", "Of Rivers and Lakes", "", authors=authors("Bo Ek"), date="2020")
    title = Quad(IRIS.paper(marked[0]), v.TITLE, Literal(marked[0].title))
    note = Quad(title.subject, NamedNode("https://example.org/note"), Literal("kept"))
    with store.writing() as writer:
        writer.apply([], [title, note])
    outcome = Outcome()

    Committer(store).commit([PaperEntry(*marked, RUN)], outcome)

    with store.snapshot() as snapshot:
        said = snapshot.quads(title.subject)
        facts = [quad for quad in snapshot.store if quad.graph_name == pyoxigraph.DefaultGraph()]
    assert title in said and note in said
    assert outcome.triples_added == len(facts) - 2
