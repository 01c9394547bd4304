"""Pictures of what was chosen: drawn once for each state of the graph, told in words too."""

import json
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import asdict, dataclass
from typing import Any

import networkx as nx
from flask import current_app

from scholargraph.graph import paths
from scholargraph.graph.communities import Communities, folded, name
from scholargraph.graph.entities import Entity, entity
from scholargraph.graph.incidence import Incidence
from scholargraph.graph.links import witness
from scholargraph.graph.network import among, coauthors, concepts, neighbourhood
from scholargraph.graph.state import state
from scholargraph.graph.store import Snapshot

from .choice import LIMIT_OPENED, Choice, known
from .holdings import begin_communities, current_communities, current_incidence
from .problems import Problem
from .service import service

PICTURES = "scholargraph.pictures"

# A picture of 300 nodes is about 200 kB.
KEPT_PICTURES = 24

MEMBERS = {"coauthors": "authors", "concepts": "concepts"}


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """What a view shows: its *data*, and these as the *text* that goes out."""

    data: dict[str, Any]
    text: str


class Pictures:
    """
    The latest pictures, by state of the graph and choice, so that a reload draws nothing anew.

    Who asks for one that is being drawn waits for it: a crowd at a new page draws once.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, Choice], Future[Picture]] = OrderedDict()

    def forget(self) -> None:
        """Keeps none any longer."""
        with self._lock:
            self._kept.clear()

    def of(self, version: str, chosen: Choice, draw: Callable[[], Picture]) -> Picture:
        """The picture of *chosen* in *version*; *draw* makes it where it is not kept."""
        key = version, chosen
        with self._lock:
            picture = self._kept.get(key)
            if picture is None:
                mine = self._kept[key] = Future()
                while len(self._kept) > KEPT_PICTURES:
                    self._kept.popitem(last=False)
            else:
                self._kept.move_to_end(key)
        if picture is not None:
            try:
                return picture.result()
            except CancelledError:  # whoever drew it failed, and was told why: so will this one
                return draw()
        try:
            mine.set_result(draw())
        finally:
            if not mine.done():
                with self._lock:
                    self._kept.pop(key, None)
                mine.cancel()
        return mine.result()


def picture(snapshot: Snapshot, chosen: Choice) -> Picture:
    """
    The picture of *chosen*.

    Raises:
        Problem: 404 where something chosen is unknown, 503 while communities are being found.
    """
    corpus = current_incidence()
    begin_communities()
    version = corpus.name
    if chosen.folded or chosen.community:
        version += f" {_communities().state}"

    def draw() -> Picture:
        # pyvis brings IPython along: only who wants a picture waits for it.
        from scholargraph.graph.view import picture as drawn_as

        graph = network(snapshot, chosen)
        pins = {iri: (x, y) for iri, x, y in chosen.pins if iri in graph}
        focus = known(snapshot, chosen.focus, "focus")
        span = corpus.span()
        drawn = drawn_as(graph, pins)
        drawn.update(
            base=service().iris.base,
            heading=heading(snapshot, chosen, focus),
            notes=notes(snapshot, chosen, graph),
            view=chosen.view,
            kinds=chosen.kinds,
            opened=chosen.opened,
            hidden=chosen.hidden,
            pinned=sorted(pins),
            folded=chosen.folded,
            community=chosen.community,
            ends=[_shown_end(snapshot, end) for end in chosen.ends],
            steps=graph.graph.get("steps", []),
            span=span or [],
            confidence=chosen.confidence,
        )
        drawn["from"], drawn["to"] = chosen.years.first, chosen.years.last
        drawn["min"], drawn["limit"] = chosen.minimum, chosen.limit
        return Picture(drawn, json.dumps(drawn, ensure_ascii=False, separators=(",", ":")))

    pictures: Pictures = current_app.extensions.setdefault(PICTURES, Pictures())
    return pictures.of(version, chosen, draw)


def network(snapshot: Snapshot, chosen: Choice) -> nx.Graph:
    """
    What *chosen* shows of *snapshot*.

    Raises:
        Problem: 404 where the focus or an opened node is unknown, 503 while communities are found.
    """
    corpus = current_incidence()
    if chosen.view == "path":
        graph = _path(snapshot, corpus, chosen)
    elif chosen.folded:
        graph = folded(_communities(), corpus, chosen.view, limit=chosen.limit)
    elif chosen.community:
        graph = _members(corpus, chosen)
    else:
        focus = known(snapshot, chosen.focus, "focus")
        graph = _part(corpus, chosen, focus, chosen.limit)
    for iri in chosen.opened:
        around = _part(corpus, chosen, known(snapshot, iri, "open"), LIMIT_OPENED)
        told = graph.graph
        graph = nx.compose(around, graph)
        graph.graph.update(told)
    graph.remove_nodes_from([iri for iri in chosen.hidden if iri in graph])
    return graph


def heading(snapshot: Snapshot, chosen: Choice, focus: Entity | None) -> str:
    """What the picture is called."""
    if chosen.view == "path":
        ends = [_shown_end(snapshot, end) for end in chosen.ends]
        names = [end["label"] for end in ends if end]
        if len(names) < len(ends):
            return "The shortest path between two things"
        return f"From {names[0]} to {names[1]}"
    if chosen.folded:
        return f"Communities of {MEMBERS[chosen.view]}"
    if chosen.community:
        return f"The community of {name(current_incidence(), chosen.community)}"
    if focus is None:
        what = {"coauthors": "Coauthors", "concepts": "Concepts together", "mixed": "Everything"}
        return f"{what[chosen.view]} in the whole graph"
    if chosen.view == "coauthors" and focus.kind != "author":
        return f"Who writes about {focus.label}" if focus.kind != "paper" else focus.label
    what = {"coauthors": "Coauthors of", "concepts": "Concepts around", "mixed": "Around"}
    return f"{what[chosen.view]} {focus.label}"


def notes(snapshot: Snapshot, chosen: Choice, graph: nx.Graph) -> list[str]:
    """What the picture leaves out, folds or found, in sentences."""
    told: list[str] = []
    shown = graph.graph
    if chosen.folded:
        members = MEMBERS[chosen.view]
        told.append(
            f"The {len(graph):,} largest of {shown['communities']:,} communities, which hold "
            f"{shown['folded']:,} of {shown['members']:,} {members}."
        )
        if shown["alone"]:
            told.append(f"{shown['alone']:,} more {members} share no paper with another.")
        told.append("Found by Louvain's method over joint papers of all years.")
    elif shown["more"]:
        told.append(f"{shown['more']:,} more not shown.")
    if shown["lighter"]:
        links = "weaker link" if shown["lighter"] == 1 else "weaker links"
        told.append(f"{shown['lighter']:,} {links} not drawn.")
    if (chosen.folded or chosen.community) and _communities().state != state(service().store):
        told.append("The communities are those of an earlier state; newer ones are being found.")
    if chosen.view == "path":
        told += _told_path(chosen, graph)
    return told


def _told_path(chosen: Choice, graph: nx.Graph) -> list[str]:
    if not all(chosen.ends):
        return ["Choose two things by name, or with 'Path from here' and 'Path to here'."]
    if chosen.ends[0] == chosen.ends[1]:
        return ["Both ends are the same: choose another one."]
    if not graph.edges:
        return ["There is no path: nothing of these kinds, years and confidence links the two."]
    papers = len(graph.graph["steps"])
    over = "one paper" if papers == 1 else f"{papers} papers"
    equal = graph.graph["equal"] - 1
    if not equal:
        return [f"The shortest path leads over {over}."]
    others = "1 other is" if equal == 1 else f"{equal:,} others are"
    return [f"A shortest path leads over {over}; {others} as short."]


def _part(corpus: Incidence, chosen: Choice, focus: Entity | None, limit: int) -> nx.Graph:
    bounds: dict[str, Any] = {
        "years": chosen.years,
        "minimum": chosen.minimum,
        "confidence": chosen.confidence,
        "limit": limit,
    }
    if chosen.view == "coauthors":
        return coauthors(corpus, focus, **bounds)
    draw = concepts if chosen.view == "concepts" else neighbourhood
    return draw(corpus, focus, kinds=chosen.kinds, **bounds)


def _members(corpus: Incidence, chosen: Choice) -> nx.Graph:
    found = _communities()
    assert chosen.community is not None
    number = found.of(chosen.view, chosen.community)
    if number is None:
        raise Problem(
            404,
            "In no community",
            f"community: {name(corpus, chosen.community)} shares no paper with another of the "
            f"{MEMBERS[chosen.view]}, so it is in no community.",
            parameter="community",
        )
    members = found.folds[chosen.view].communities[number].members
    return among(corpus, members, limit=chosen.limit)


def _path(snapshot: Snapshot, corpus: Incidence, chosen: Choice) -> nx.Graph:
    a, b = (known(snapshot, end or None, name) for end, name in zip(chosen.ends, "ab", strict=True))
    if a is None or b is None:
        graph = nx.Graph(focus=None, more=0, lighter=0, path=True, steps=[], equal=0)
        for end in filter(None, (a, b)):
            graph.add_node(end.iri, kind=end.kind, papers=1, label=end.label)
        return graph
    found = paths.shortest(
        corpus, a, b, kinds=chosen.kinds, years=chosen.years, confidence=chosen.confidence
    )
    graph = paths.drawn(corpus, found, a, b)
    steps = []
    for at, stop in enumerate(found.stops):
        if graph.nodes[stop]["kind"] != "paper":
            continue
        near = [*found.stops[max(0, at - 1) : at], *found.stops[at + 1 : at + 2]]
        ends = [Entity(iri, graph.nodes[iri]["kind"], graph.nodes[iri]["label"]) for iri in near]
        paper = Entity(stop, "paper", graph.nodes[stop]["label"])
        steps.append(
            {
                "paper": asdict(witness(snapshot, paper, ends)),
                "ends": [asdict(end) for end in ends],
            }
        )
    graph.graph.update(steps=steps, equal=found.equal)
    return graph


def _shown_end(snapshot: Snapshot, iri: str) -> dict[str, str] | None:
    return asdict(entity(snapshot, iri)) if iri else None


def _communities() -> Communities:
    found = current_communities()
    if found is None:
        raise Problem(
            503,
            "Not ready yet",
            "The communities of this graph are being found; this takes some seconds, once.",
            headers={"Retry-After": "3", "Refresh": "3"},
        )
    return found
