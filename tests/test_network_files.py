"""Networks as files for VOSviewer and Cytoscape."""

import json

import networkx as nx

from scholargraph.graph.network_files import MOST_CLUSTERS, cytoscape, vosviewer

HOSTILE = '<img src=x onerror="alert(1)">'


def network() -> nx.Graph:
    graph = nx.Graph()
    graph.add_node("http://x.org/a", kind="method", papers=3, label="A")
    graph.add_node("urn:b", kind="task", papers=1, label=HOSTILE)
    graph.add_edge("http://x.org/a", "urn:b", weight=2, papers=("p", "q"), first=2020, last=None)
    return graph


def test_vosviewer_gets_items_links_and_a_cluster_for_each_kind() -> None:
    places = {"http://x.org/a": (100.0, 50.0), "urn:b": (0.0, 0.0)}
    found = json.loads(vosviewer(network(), places))

    assert found["network"]["items"][0] == {
        "id": "http://x.org/a",
        "label": "A",
        "cluster": 1,
        "weights": {"Documents": 3, "Links": 1},
        "x": 0.1,
        "y": -0.05,
        "url": "http://x.org/a",
    }
    assert found["network"]["items"][1]["cluster"] == 2
    assert "url" not in found["network"]["items"][1]
    assert found["network"]["links"] == [
        {"source_id": "http://x.org/a", "target_id": "urn:b", "strength": 2}
    ]


def test_vosviewer_lays_out_what_has_no_places_and_takes_communities_for_clusters() -> None:
    graph = network()
    for name in "cdef":
        graph.add_node(f"urn:{name}", kind="task", papers=1, label=name)
    given = {"http://x.org/a": 4, "urn:b": 7, "urn:c": MOST_CLUSTERS, "urn:d": MOST_CLUSTERS + 1}
    nx.set_node_attributes(graph, given, "community")

    items = json.loads(vosviewer(graph))["network"]["items"]
    # VOSviewer refuses a number above, and takes an item without one.
    assert [item.get("cluster") for item in items] == [4, 7, MOST_CLUSTERS, None, None, None]
    assert "x" not in items[0]


def test_cytoscape_gets_elements_with_positions() -> None:
    places = {"http://x.org/a": (100.0, 50.0), "urn:b": (0.0, 0.0)}
    found = json.loads(cytoscape(network(), places))["elements"]

    assert found["nodes"][1] == {
        "data": {
            "id": "urn:b",
            "value": "urn:b",
            "name": HOSTILE,
            "label": HOSTILE,
            "kind": "task",
            "papers": 1,
        },
        "position": {"x": 0.0, "y": 0.0},
    }
    assert found["edges"] == [
        {
            "data": {
                "id": "http://x.org/a urn:b",
                "source": "http://x.org/a",
                "target": "urn:b",
                "weight": 2,
                "first": 2020,
            }
        }
    ]


def test_networkx_reads_what_cytoscape_gets() -> None:
    graph = nx.cytoscape_graph(json.loads(cytoscape(network())))

    assert set(graph) == {"http://x.org/a", "urn:b"}
    assert graph.number_of_edges() == 1
