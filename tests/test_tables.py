"""Tables hold a row for each thing that the graph has of a kind, and say the same of it."""

import csv
import io

import pytest
from corpus import HOSTILE_NAME
from pyoxigraph import DefaultGraph

from scholargraph.commands.asking import CONTENTS
from scholargraph.graph import vocab as v
from scholargraph.graph.export import WHAT
from scholargraph.graph.store import Snapshot, Store
from scholargraph.graph.tables import BETWEEN, TABLES, guarded, table


@pytest.fixture
def snapshot(store: Store) -> Snapshot:
    return store.snapshot()


def read(snapshot: Snapshot, name: str) -> list[dict[str, str]]:
    text = b"".join(table(snapshot, name)).decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def in_graph(snapshot: Snapshot, *classes: v.NamedNode) -> set[str]:
    found = (snapshot.quads(None, v.TYPE, kind, DefaultGraph()) for kind in classes)
    return {quad.subject.value for quads in found for quad in quads}


@pytest.mark.parametrize(
    ("name", "column", "classes"),
    [
        ("papers", "paper", [v.ARTICLE]),
        ("authors", "author", [v.PERSON]),
        ("terms", "concept", [*v.CONCEPT_CLASSES.values()]),
        ("mentions", "mention", [v.MENTION]),
        ("relations", "relation", [v.RELATION]),
        ("results", "result", [v.RESULT_CLAIM]),
    ],
)
def test_each_thing_of_a_kind_has_one_row(snapshot, name, column, classes):
    rows = read(snapshot, name)

    assert len(rows) == len(in_graph(snapshot, *classes)) > 0
    assert {row[column] for row in rows} == in_graph(snapshot, *classes)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_the_same_each_time(snapshot, store, name):
    with store.snapshot() as again:
        assert b"".join(table(snapshot, name)) == b"".join(table(again, name))


def test_a_mention_stands_in_its_sentence(snapshot):
    for row in read(snapshot, "mentions"):
        assert row["exact"] in row["sentence"]
        assert 0 <= float(row["confidence"]) <= 1
        assert int(row["end"]) - int(row["start"]) == len(row["exact"])


def test_an_author_counts_their_papers_and_years(snapshot):
    papers = read(snapshot, "papers")
    for row in read(snapshot, "authors"):
        theirs = [p for p in papers if row["name"] in p["authors"].split(BETWEEN)]
        years = sorted(p["date"][:4] for p in theirs if p["date"])

        assert int(row["papers"]) >= len(theirs)
        if years:
            assert row["first"] <= years[0] <= years[-1] <= row["last"]


def test_a_term_has_its_kind_and_other_names(snapshot):
    terms = {row["concept"].rpartition("/scholargraph/")[2]: row for row in read(snapshot, "terms")}

    assert terms["method/u-net"]["kind"] == "method"
    assert int(terms["method/u-net"]["papers"]) > 1
    assert all(row["label"] for row in terms.values())


def test_hostile_names_are_no_formulas(snapshot):
    authors = {row["name"] for row in read(snapshot, "authors")}

    assert guarded(HOSTILE_NAME) in authors


def test_the_command_offers_what_can_be_exported():
    assert tuple(CONTENTS) == WHAT
