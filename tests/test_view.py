"""The picture of a network: pyvis' model, bounded, with coordinates, and text that stays text."""

import json
import math
import subprocess
import sys

import networkx as nx
import pytest

from scholargraph.graph.entities import NODE_KINDS
from scholargraph.graph.incidence import Incidence
from scholargraph.graph.layout import SPACING, positions
from scholargraph.graph.network import coauthors, neighbourhood
from scholargraph.graph.store import Store
from scholargraph.graph.view import SHAPES, Picture, picture

HOSTILE = "\"><img src=x onerror=alert(1)> <a href='x'>"


def network(*links: tuple[str, str, int], **labels: str) -> nx.Graph:
    graph = nx.Graph(focus=None, more=0, lighter=0)
    for a, b, weight in links:
        for node in (a, b):
            graph.add_node(node, kind="author", papers=weight, label=labels.get(node, node))
        graph.add_edge(a, b, weight=weight, papers=("p",) * weight, first=2020, last=2021)
    return graph


def test_a_picture_has_what_vis_network_draws() -> None:
    drawn = picture(network(("a", "b", 4)))

    assert drawn["nodes"][0] | {"x": 0, "y": 0} == {
        "id": "a",
        "label": "a",
        "group": "author",
        "shape": "dot",
        "value": 2.0,
        "papers": 4,
        "x": 0,
        "y": 0,
    }
    assert drawn["edges"] == [
        {
            "from": "a",
            "to": "b",
            "value": 4,
            "first": 2020,
            "last": 2021,
        }
    ]
    assert drawn["counts"] == {"author": 2}
    assert (drawn["focus"], drawn["more"], drawn["lighter"]) == (None, 0, 0)


def test_every_kind_has_a_shape_and_a_colour_of_its_own() -> None:
    groups = Picture().options["groups"]
    kinds = [groups[kind] for kind in NODE_KINDS]

    assert len({group["shape"] for group in kinds}) == len(NODE_KINDS)
    assert len({group["color"] for group in groups.values()}) == len(SHAPES)


def test_labels_are_kept_as_they_are() -> None:
    drawn = picture(network(("a", "b", 1), a=HOSTILE))

    assert drawn["nodes"][0]["label"] == HOSTILE
    assert "title" not in drawn["nodes"][0]


def test_a_link_is_kept_once_whichever_end_comes_first() -> None:
    net = Picture()
    data = {"weight": 1, "first": None, "last": None}
    for node in ("a", "b"):
        net.add_thing(node, {"kind": "task", "papers": 1, "label": node}, (0.0, 0.0))
    net.add_link("a", "b", data)
    net.add_link("b", "a", data)

    assert [edge["value"] for edge in net.edges] == [1]


def test_pinned_nodes_stand_where_they_were_put() -> None:
    drawn = picture(network(("a", "b", 1)), {"b": (10.0, -20.5)})

    assert [(node["x"], node["y"]) for node in drawn["nodes"]][1] == (10.0, -20.5)


def test_a_path_stands_in_a_line_from_end_to_end() -> None:
    graph = network(("a", "p", 1), ("p", "b", 1))
    graph.graph["path"] = True
    places = [node["x"] for node in picture(graph)["nodes"]]

    assert places == sorted(places)


@pytest.mark.parametrize(
    "graph",
    [
        nx.path_graph(1),
        nx.path_graph(2),
        nx.complete_graph(30),
        nx.star_graph(40),
        nx.connected_watts_strogatz_graph(150, 6, 0.2, seed=1),
        nx.disjoint_union_all([nx.path_graph(n) for n in (30, 3, 3, 2, 2, 2, 1, 1)]),
    ],
)
def test_no_two_nodes_stand_on_each_other(graph: nx.Graph) -> None:
    graph = nx.relabel_nodes(graph, str)
    places = [complex(*place) for place in positions(graph).values()]

    gaps = [abs(a - b) for i, a in enumerate(places) for b in places[:i]]
    assert len(places) == len(graph)
    assert min(gaps, default=SPACING) > SPACING / 4
    assert all(math.isfinite(abs(place)) for place in places)


def test_the_same_network_gets_the_same_places() -> None:
    graph = nx.relabel_nodes(nx.connected_watts_strogatz_graph(80, 4, 0.3, seed=3), str)
    again = nx.Graph()
    again.add_nodes_from(sorted(graph, reverse=True))
    again.add_edges_from(sorted(graph.edges, reverse=True))

    assert positions(graph) == positions(again)


def test_an_empty_network_is_an_empty_picture() -> None:
    drawn = picture(nx.Graph(focus=None, more=0, lighter=0))

    assert (drawn["nodes"], drawn["edges"]) == ([], [])


def test_a_picture_of_the_store_is_json(store: Store) -> None:
    with store.snapshot() as snapshot:
        corpus = Incidence.read(snapshot)
    drawn = [picture(coauthors(corpus)), picture(neighbourhood(corpus, None, limit=20))]

    assert [len(json.loads(json.dumps(one))["nodes"]) for one in drawn] == [9, 20]


def test_the_rest_of_the_program_starts_without_pyvis() -> None:
    code = (
        "import sys, scholargraph.server; print('pyvis' in sys.modules, 'IPython' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "False False\n"
