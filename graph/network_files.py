"""A network as a file for VOSviewer or Cytoscape."""

import json
from collections.abc import Mapping

import networkx as nx

Places = Mapping[str, tuple[float, float]]

# What VOSviewer refuses a file for: a higher number of a cluster.
MOST_CLUSTERS = 1000


def vosviewer(graph: nx.Graph, places: Places | None = None) -> bytes:
    """
    *graph* as VOSviewer's JSON, for the program and its version for browsers.

    Format: https://app.vosviewer.com/docs/file-types/json-file-type/. *places* are coordinates by
    node, without which VOSviewer lays the network out itself. Clusters are the communities that
    nodes name, the first `MOST_CLUSTERS` of them; where none names one, each kind is a cluster.
    """
    kinds = {kind: number for number, kind in enumerate(_kinds(graph), start=1)}
    grouped = any(number for _, number in graph.nodes(data="community"))
    items = []
    for node, data in graph.nodes(data=True):
        item: dict[str, object] = {
            "id": node,
            "label": data["label"],
            # VOSviewer shows a description as markup, so it holds nothing from the graph.
            "weights": {"Documents": data["papers"], "Links": graph.degree(node)},
        }
        cluster = data.get("community") if grouped else kinds[data["kind"]]
        if cluster is not None and cluster <= MOST_CLUSTERS:
            item["cluster"] = cluster
        if places:
            # Its vertical axis points upwards.
            item["x"], item["y"] = places[node][0] / 1000, -places[node][1] / 1000
        if node.startswith(("http://", "https://")):
            item["url"] = node
        items.append(item)
    links = [
        {"source_id": a, "target_id": b, "strength": data["weight"]}
        for a, b, data in graph.edges(data=True)
    ]
    return _json({"network": {"items": items, "links": links}})


def cytoscape(graph: nx.Graph, places: Places | None = None) -> bytes:
    """
    *graph* as Cytoscape.js JSON (``.cyjs``), which the desktop program opens as a network too.

    Format: https://js.cytoscape.org/#notation/elements-json.
    """
    nodes = []
    for node, attributes in graph.nodes(data=True):
        named = ("label", "kind", "papers", "community")
        told = {name: attributes[name] for name in named if name in attributes}
        # networkx' own reader asks for a value.
        data = {"id": node, "value": node, "name": told["label"], **told}
        element: dict[str, object] = {"data": data}
        if places:
            element["position"] = {"x": places[node][0], "y": places[node][1]}
        nodes.append(element)
    edges = []
    for a, b, data in graph.edges(data=True):
        known = {name: data[name] for name in ("first", "last") if data.get(name) is not None}
        ends = {"id": f"{a} {b}", "source": a, "target": b}  # no IRI holds a blank
        edges.append({"data": {**ends, "weight": data["weight"], **known}})
    return _json(
        {
            "format_version": "1.0",
            "generated_by": "scholargraph",
            "target_cytoscapejs_version": "~2.1",
            "directed": False,
            "multigraph": False,
            "data": {},
            "elements": {"nodes": nodes, "edges": edges},
        }
    )


def _kinds(graph: nx.Graph) -> list[str]:
    return sorted({kind for _, kind in graph.nodes(data="kind")})


def _json(document: object) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()
