"""
A network as the picture of it: pyvis' model, drawn by our own page.

Importing this imports pyvis, and with it IPython (0.4 s): pages import it when a picture is asked.
"""

from collections import Counter
from typing import Any

import networkx as nx
from pyvis.network import Network

from .entities import NODE_KINDS, NodeKind
from .layout import positions

# Shape and colour both tell the kind: one alone is lost on some eyes, screens and printers.
SHAPES: dict[NodeKind, str] = {
    "author": "dot",
    "paper": "square",
    "method": "diamond",
    "dataset": "triangle",
    "task": "star",
    "metric": "hexagon",
}

# The page's own colours take their place where it has them (--c-author and so on).
COLOURS: dict[NodeKind, str] = {
    "author": "#0072b2",
    "paper": "#8a6d00",
    "method": "#c2410c",
    "dataset": "#00795a",
    "task": "#a03a78",
    "metric": "#6d4bb4",
}

OPTIONS: dict[str, Any] = {
    "autoResize": True,
    "groups": {kind: {"shape": shape, "color": COLOURS[kind]} for kind, shape in SHAPES.items()},
    "nodes": {"borderWidth": 1.5, "scaling": {"min": 7, "max": 30}},
    "edges": {"smooth": False, "selectionWidth": 2, "scaling": {"min": 1, "max": 8}},
    "interaction": {
        "hover": True,
        "multiselect": False,
        "hideEdgesOnZoom": True,
        "keyboard": {"enabled": True, "bindToWindow": False},
    },
    "layout": {"improvedLayout": False, "randomSeed": 7},
    # Every picture comes with coordinates; physics runs only to make room for added nodes.
    "physics": {
        "enabled": False,
        "solver": "forceAtlas2Based",
        "forceAtlas2Based": {
            "gravitationalConstant": -60,
            "centralGravity": 0.004,
            "springLength": 90,
            "avoidOverlap": 0.4,
        },
        "timestep": 0.4,
        "minVelocity": 1,
        "stabilization": {"enabled": False},
    },
}


class Picture(Network):  # type: ignore[misc]  # pyvis has no types
    """
    pyvis' `Network` with its sharp edges taken off.

    Directed, since for an undirected one `add_edge` reads through all links there are; links are
    kept once by their ends; options are a dict, since `set_options` strips blanks inside strings;
    titles are plain text.
    """

    def __init__(self) -> None:
        super().__init__(directed=True)
        self.options = OPTIONS
        self._linked: set[str] = set()

    def add_thing(self, iri: str, data: dict[str, Any], place: tuple[float, float]) -> None:
        """A node of a network, at its place."""
        kind, papers = data["kind"], data["papers"]
        told = "" if kind == "paper" else f", {_papers(papers)}"
        self.add_node(
            iri,
            # An empty label would be replaced by the IRI.
            label=data["label"] or iri,
            title=f"{kind.capitalize()}: {data['label']}{told}",
            group=kind,
            shape=SHAPES[kind],
            # Areas, not widths, should follow the number of papers.
            value=round(max(papers, 1) ** 0.5, 2),
            papers=papers,
            x=place[0],
            y=place[1],
        )

    def add_link(self, a: str, b: str, data: dict[str, Any]) -> None:
        """A link between two nodes, whichever comes first."""
        first, second = sorted((a, b))
        key = f"{first} {second}"  # no IRI holds a blank
        if key in self._linked:
            return
        self._linked.add(key)
        self.edges.append(
            {
                "id": key,
                "from": first,
                "to": second,
                "value": data["weight"],
                "title": f"{_papers(data['weight'])}{_span(data)}",
                "first": data["first"],
                "last": data["last"],
            }
        )


def picture(graph: nx.Graph) -> dict[str, Any]:
    """
    Nodes and links of *graph* for vis-network, in the order of the graph, with its options.

    ``more`` and ``lighter`` count nodes and links that *graph* leaves out, ``counts`` its nodes by
    kind.
    """
    net = Picture()
    places = positions(graph)
    for node, data in graph.nodes(data=True):
        net.add_thing(node, data, places[node])
    for a, b, data in graph.edges(data=True):
        net.add_link(a, b, data)
    counts = Counter(node["group"] for node in net.nodes)
    for node in net.nodes:
        node.pop("font", None)  # the page's own; pyvis says {"color": False}
    return {
        "focus": graph.graph["focus"],
        "nodes": net.nodes,
        "edges": net.edges,
        "options": net.options,
        "more": graph.graph["more"],
        "lighter": graph.graph["lighter"],
        "counts": {kind: counts[kind] for kind in NODE_KINDS if counts[kind]},
    }


def _papers(count: int) -> str:
    return "1 paper" if count == 1 else f"{count:,} papers"


def _span(data: dict[str, Any]) -> str:
    first, last = data["first"], data["last"]
    if first is None:
        return ""
    return f", {first}" if first == last else f", {first} to {last}"
