"""Subjects come in one order, once each, however few fit into memory at once."""

import os

import pytest
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad

from scholargraph.graph.store import Store
from scholargraph.graph.subjects import subjects

SAYS = NamedNode("https://example.org/says")
NAMED = NamedNode("https://example.org/graph")


@pytest.mark.parametrize("run", [1, 2, 100_000])
@pytest.mark.parametrize("graph", [DefaultGraph(), NAMED, BlankNode("g")], ids=str)
def test_a_node_comes_before_its_parts_and_blank_nodes_last(
    tmp_path, graph: DefaultGraph | NamedNode | BlankNode, run: int
) -> None:
    names = ["p/1", "p/1#a", "p/1-2", "p/é", "p/10", "a"]
    nodes = [NamedNode(f"https://example.org/{name}") for name in names] + [BlankNode("b")]
    store = Store.open(tmp_path / "graph", create=True)
    with store.writing() as writer:
        writer.apply(
            [], [Quad(node, SAYS, Literal(word), graph) for node in nodes for word in "xyz"]
        )

    with store.snapshot() as snapshot:
        found = list(subjects(snapshot, graph, run=run))

    expected = ["a", "p/1", "p/1#a", "p/1-2", "p/10", "p/é"]
    assert [node.value for node in found[:-1]] == [f"https://example.org/{n}" for n in expected]
    assert isinstance(found[-1], BlankNode)


def test_what_is_not_read_to_its_end_leaves_no_file_open(store: Store) -> None:
    with store.snapshot() as snapshot:
        before = open_files()
        found = subjects(snapshot, DefaultGraph(), run=20)
        next(found)
        assert open_files() > before
        found.close()

        assert open_files() == before


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))
