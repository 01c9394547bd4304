"""What a visitor asked to see of the network: the parameters of the view and of its downloads."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

import networkx as nx
from flask import request

from scholargraph.graph.entities import (
    CONCEPT_KINDS,
    NODE_KINDS,
    Entity,
    NodeKind,
    UnknownEntity,
    View,
    Years,
    entity,
)
from scholargraph.graph.network import coauthors, concepts, neighbourhood
from scholargraph.graph.store import Snapshot

from .holdings import current_incidence
from .problems import Problem

VIEWS: tuple[View, ...] = get_args(View)
KINDS: Mapping[View, tuple[NodeKind, ...]] = {
    "coauthors": ("author",),
    "concepts": ("method", "dataset", "task"),
    "mixed": ("author", "method", "dataset", "task"),
}
ALLOWED: Mapping[View, tuple[NodeKind, ...]] = {
    "coauthors": ("author",),
    "concepts": CONCEPT_KINDS,
    "mixed": NODE_KINDS,
}

# Around one thing fewer nodes say more; the whole corpus shows its strongest 150.
LIMIT_AROUND = 80
LIMIT_WHOLE = 150
MOST = 500

# A click adds this many at most, and a shared picture holds this many clicks.
LIMIT_OPENED = 30
MOST_OPENED = 20


@dataclass(frozen=True, slots=True)
class Choice:
    """
    One picture: *focus* in the middle (None for the whole corpus), with the nodes *opened* on
    top of it and those *hidden* left out.
    """

    view: View
    focus: str | None
    kinds: tuple[NodeKind, ...]
    years: Years
    minimum: int
    limit: int
    opened: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()


def choice(snapshot: Snapshot) -> Choice:
    """
    The current request's choice.

    Without a view, authors and the whole corpus show coauthors, anything else its surroundings.

    Raises:
        Problem: 400, naming the parameter that makes no sense; 404 for an unknown focus.
    """
    focus = known(snapshot, request.args.get("focus", "").strip() or None, "focus")
    of_authors = focus is None or focus.kind == "author"
    implied = "coauthors" if of_authors and not request.args.get("kinds") else "mixed"
    view = request.args.get("view") or implied
    if view not in VIEWS:
        raise refusal("view", f"{view[:40]!r} is none; choose {_or(VIEWS)}")
    years = Years(number("from", 0, 9999), number("to", 0, 9999))
    if years.first is not None and years.last is not None and years.first > years.last:
        raise refusal("from", f"{years.first} is later than the parameter to, {years.last}")
    limit = number("limit", 1, MOST)
    opened = tuple(dict.fromkeys(filter(None, request.args.getlist("open"))))
    if len(opened) > MOST_OPENED:
        raise refusal("open", f"{len(opened)} nodes are too many; at most {MOST_OPENED} fit")
    return Choice(
        view=view,
        focus=focus.iri if focus else None,
        kinds=kinds(ALLOWED[view], KINDS[view]),
        years=years,
        minimum=number("min", 1, 1_000_000) or 1,
        limit=limit or (LIMIT_AROUND if focus else LIMIT_WHOLE),
        opened=opened,
        hidden=tuple(sorted(set(filter(None, request.args.getlist("hide"))))),
    )


def network(snapshot: Snapshot, chosen: Choice) -> nx.Graph:
    """
    What *chosen* shows of *snapshot*.

    Raises:
        Problem: 404 where the focus or an opened node is unknown.
    """
    graph = _part(snapshot, chosen, known(snapshot, chosen.focus, "focus"), chosen.limit)
    for iri in chosen.opened:
        around = _part(snapshot, chosen, known(snapshot, iri, "open"), LIMIT_OPENED)
        told = graph.graph
        graph = nx.compose(around, graph)
        graph.graph.update(told)
    graph.remove_nodes_from([iri for iri in chosen.hidden if iri in graph])
    return graph


def _part(snapshot: Snapshot, chosen: Choice, focus: Entity | None, limit: int) -> nx.Graph:
    if chosen.view == "coauthors":
        return coauthors(
            current_incidence(), focus, years=chosen.years, minimum=chosen.minimum, limit=limit
        )
    draw = concepts if chosen.view == "concepts" else neighbourhood
    return draw(
        current_incidence(),
        focus,
        kinds=chosen.kinds,
        years=chosen.years,
        minimum=chosen.minimum,
        limit=limit,
    )


def heading(chosen: Choice, focus: Entity | None) -> str:
    """What the picture is called."""
    if focus is None:
        what = {"coauthors": "Coauthors", "concepts": "Concepts together", "mixed": "Everything"}
        return f"{what[chosen.view]} in the whole graph"
    if chosen.view == "coauthors" and focus.kind != "author":
        return f"Who writes about {focus.label}" if focus.kind != "paper" else focus.label
    what = {"coauthors": "Coauthors of", "concepts": "Concepts around", "mixed": "Around"}
    return f"{what[chosen.view]} {focus.label}"


def known(snapshot: Snapshot, iri: str | None, parameter: str) -> Entity | None:
    """
    What *iri* names, None for None.

    Raises:
        Problem: 404, naming the *parameter*.
    """
    if iri is None:
        return None
    try:
        return entity(snapshot, iri)
    except UnknownEntity as error:
        raise Problem(404, "Unknown", f"{parameter}: {error}", parameter=parameter) from error


def kinds(allowed: tuple[NodeKind, ...], default: tuple[NodeKind, ...]) -> tuple[NodeKind, ...]:
    """The parameter ``kinds``: repeated or separated by commas, in one order always."""
    texts = [text.strip() for value in request.args.getlist("kinds") for text in value.split(",")]
    wanted = {text for text in texts if text}
    if unknown := sorted(wanted - set(NODE_KINDS)):
        raise refusal("kinds", f"{unknown[0]!r} is none; choose from {', '.join(NODE_KINDS)}")
    if not wanted or allowed == ("author",):
        return default
    found = tuple(kind for kind in allowed if kind in wanted)
    if not found:
        raise refusal("kinds", f"none of them can be shown here; choose from {', '.join(allowed)}")
    return found


def number(name: str, least: int, most: int) -> int | None:
    """
    The parameter *name* as a whole number; None where it is absent or empty.

    Raises:
        Problem: 400 where it is no number, or outside *least* to *most*.
    """
    text = request.args.get(name, "").strip()
    if not text:
        return None
    # isdecimal also takes other scripts' digits, which int() reads as well.
    if not text.isdecimal() or len(text) > 9 or not least <= int(text) <= most:
        raise refusal(name, f"{text[:40]!r} is not a whole number from {least} to {most}")
    return int(text)


def refusal(parameter: str, reason: str) -> Problem:
    """The 400 for a bad *parameter*."""
    return Problem(400, "Bad parameter", f"{parameter}: {reason}", parameter=parameter)


def _or(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"
