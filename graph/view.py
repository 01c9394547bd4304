"""
A network as the picture of it: pyvis' model, drawn by our own page.

Importing this imports pyvis, and with it IPython (0.4 s): pages import it when a picture is asked.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Literal

import networkx as nx
from pyvis.network import Network

from .entities import NodeKind
from .layout import Position, positions

# Shape and colour both tell the kind: one alone is lost on some eyes, screens and printers.
Group = NodeKind | Literal["community"]

SHAPES: dict[Group, str] = {
    "author": "dot",
    "paper": "square",
    "method": "diamond",
    "dataset": "triangle",
    "task": "star",
    "metric": "hexagon",
    "community": "dot",
}

# The page's own colours take their place where it has them (--c-author and so on).
COLOURS: dict[Group, str] = {
    "author": "#0072b2",
    "paper": "#8a6d00",
    "method": "#c2410c",
    "dataset": "#00795a",
    "task": "#a03a78",
    "metric": "#6d4bb4",
    "community": "#4f6b8a",
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
    there are no titles, which pyvis may take for markup.
    """

    def __init__(self) -> None:
        super().__init__(directed=True)
        self.options = OPTIONS
        self._linked: set[str] = set()

    def add_thing(self, iri: str, data: dict[str, Any], place: tuple[float, float]) -> None:
        """A node of a network, at its place."""
        kind, papers = data["kind"], data["papers"]
        members = {name: data[name] for name in ("members", "named") if name in data}
        # Areas, not widths, should follow the number of papers, or of the members of a community.
        weight = members.get("members", papers)
        self.add_node(
            iri,
            # An empty label would be replaced by the IRI.
            label=data["label"] or iri,
            group=kind,
            shape=SHAPES[kind],
            value=round(max(weight, 1) ** 0.5, 2),
            papers=papers,
            x=place[0],
            y=place[1],
            **members,
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
                "from": first,
                "to": second,
                "value": data["weight"],
                "first": data["first"],
                "last": data["last"],
            }
        )


def picture(graph: nx.Graph, pins: Mapping[str, Position] | None = None) -> dict[str, Any]:
    """
    Nodes and links of *graph* for vis-network, in the order of the graph, with its options.

    Nodes of *pins* stand where these say. ``more`` and ``lighter`` count nodes and links that
    *graph* leaves out, ``counts`` its nodes by kind.
    """
    net = Picture()
    places = places_of(graph) | dict(pins or {})
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
        "counts": {kind: counts[kind] for kind in SHAPES if counts[kind]},
    }


def places_of(graph: nx.Graph) -> dict[str, Position]:
    """Where the nodes of *graph* stand: a path in a line, anything else by `layout.positions`."""
    if graph.graph.get("path"):
        # One up, one down, so that names of neighbours have room.
        return {node: (170.0 * at, 45.0 * (-1) ** at) for at, node in enumerate(graph)}
    return positions(graph)
