"""What a visitor asked to see of the network: the parameters of the view and of its downloads."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from flask import request

from scholargraph.graph.communities import FOLDED
from scholargraph.graph.entities import (
    CONCEPT_KINDS,
    NODE_KINDS,
    Entity,
    NodeKind,
    UnknownEntity,
    View,
    Years,
    entity,
    is_iri,
)
from scholargraph.graph.search import fold as folded_name
from scholargraph.graph.store import Snapshot

from .holdings import current_index
from .problems import Problem

VIEWS: tuple[View, ...] = get_args(View)
KINDS: Mapping[View, tuple[NodeKind, ...]] = {
    "coauthors": ("author",),
    "concepts": ("method", "dataset", "task"),
    "mixed": ("author", "method", "dataset", "task"),
    "path": ("author", "method", "dataset", "task"),
}
ALLOWED: Mapping[View, tuple[NodeKind, ...]] = {
    "coauthors": ("author",),
    "concepts": CONCEPT_KINDS,
    "mixed": NODE_KINDS,
    "path": ("author", *CONCEPT_KINDS),
}

# Around one thing fewer nodes say more; the whole corpus shows its strongest 150, since more of
# them leave no room for names; and it is folded into so many communities at first.
LIMIT_AROUND = 80
LIMIT_WHOLE = 150
LIMIT_FOLDED = 60
MOST = 500

# A click adds this many at most, and a shared picture holds this many clicks and pins.
LIMIT_OPENED = 30
MOST_OPENED = 20
MOST_PINS = 60

# No picture is larger, in pixels from its middle.
FARTHEST = 100_000


@dataclass(frozen=True, slots=True)
class Choice:
    """
    One picture: *focus* in the middle (None for the whole corpus), with the nodes *opened* on
    top of it and those *hidden* left out; *pins* stand where they say.

    With *folded* its communities are the nodes, with *community* the members of the one that this
    thing belongs to. *ends* are those of a path, '' for one that is not named yet.
    """

    view: View
    focus: str | None = None
    kinds: tuple[NodeKind, ...] = ()
    years: Years = Years()
    minimum: int = 1
    confidence: float = 0.0
    limit: int = LIMIT_WHOLE
    opened: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    folded: bool = False
    community: str | None = None
    ends: tuple[str, str] = ("", "")
    pins: tuple[tuple[str, float, float], ...] = ()


def choice(snapshot: Snapshot) -> Choice:
    """
    The current request's choice.

    Without a view, authors and the whole corpus show coauthors, anything else its surroundings.
    What a view has no use for is left out, so that the same picture has one choice.

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
    # A form without scripts sends along what it was filled for in another view.
    same = request.args.get("was", view) == view
    limit = number("limit", 1, MOST) if same else None
    opened = tuple(dict.fromkeys(filter(None, request.args.getlist("open"))))
    if len(opened) > MOST_OPENED:
        raise refusal("open", f"{len(opened)} nodes are too many; at most {MOST_OPENED} fit")
    minimum = number("min", 1, 1_000_000) or 1
    confidence = share("confidence")
    folding = request.args.get("fold") or "no"
    if folding not in ("yes", "no"):
        raise refusal("fold", f"{folding[:40]!r} is neither yes nor no")
    folded = folding == "yes" and (same or view in FOLDED)
    community = known(snapshot, request.args.get("community", "").strip() or None, "community")
    pins = _pins()
    hidden = tuple(sorted(set(filter(None, request.args.getlist("hide")))))
    found_kinds = kinds(ALLOWED[view], KINDS[view]) if same else KINDS[view]
    if view == "path":
        ends = [
            known(snapshot, request.args.get(name, "").strip() or None, name) for name in ("a", "b")
        ]
        return Choice(
            view=view,
            kinds=found_kinds,
            years=years,
            confidence=confidence,
            limit=MOST,
            hidden=hidden,
            ends=(ends[0].iri if ends[0] else "", ends[1].iri if ends[1] else ""),
            pins=pins,
        )
    if (folded or community) and view not in FOLDED:
        raise refusal("fold", f"{view} cannot be folded; choose the view {_or(tuple(FOLDED))}")
    if folded and community is None:
        return Choice(
            view=view,
            kinds=FOLDED[view],
            limit=limit or LIMIT_FOLDED,
            hidden=hidden,
            folded=True,
            pins=pins,
        )
    if community is not None:
        return Choice(
            view=view,
            kinds=FOLDED[view],
            limit=limit or LIMIT_WHOLE,
            opened=opened,
            hidden=hidden,
            community=community.iri,
            pins=pins,
        )
    return Choice(
        view=view,
        focus=focus.iri if focus else None,
        kinds=found_kinds,
        years=years,
        minimum=minimum,
        confidence=confidence,
        limit=limit or (LIMIT_AROUND if focus else LIMIT_WHOLE),
        opened=opened,
        hidden=hidden,
        pins=pins,
    )


def known(snapshot: Snapshot, text: str | None, parameter: str) -> Entity | None:
    """
    What *text*, an IRI or a whole name, stands for; None for None.

    Raises:
        Problem: 404, naming the *parameter*.
    """
    if text is None:
        return None
    try:
        return entity(snapshot, text if is_iri(text) else _named(text) or text)
    except UnknownEntity as error:
        raise Problem(404, "Unknown", f"{parameter}: {error}", parameter=parameter) from error


def _named(name: str) -> str | None:
    """The IRI of the best hit that is called *name*, whatever its case and accents."""
    found = current_index().search(name, limit=1)
    hits = (hit for group in found.values() for hit in group.hits)
    return next((hit.iri for hit in hits if folded_name(hit.name) == folded_name(name)), None)


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


def share(name: str) -> float:
    """
    The parameter *name* as a number from 0 to 1, 0 where it is absent or empty.

    Raises:
        Problem: 400 where it is none.
    """
    text = request.args.get(name, "").strip()
    value = _float(text or "0")
    if value is None or not 0 <= value <= 1:
        raise refusal(name, f"{text[:40]!r} is not a number from 0 to 1")
    return value


def refusal(parameter: str, reason: str) -> Problem:
    """The 400 for a bad *parameter*."""
    return Problem(400, "Bad parameter", f"{parameter}: {reason}", parameter=parameter)


def _pins() -> tuple[tuple[str, float, float], ...]:
    """The parameters ``pin``: x, y and the IRI of a node, separated by commas."""
    found = {}
    for text in request.args.getlist("pin"):
        x, _, rest = text.partition(",")
        y, _, iri = rest.partition(",")
        place = _float(x), _float(y)
        if not iri or place[0] is None or place[1] is None or max(map(abs, place)) > FARTHEST:  # type: ignore[arg-type]
            raise refusal("pin", f"{text[:60]!r} is not x,y,IRI")
        found[iri] = (iri, place[0], place[1])
    if len(found) > MOST_PINS:
        raise refusal("pin", f"{len(found)} nodes are too many; at most {MOST_PINS} fit")
    return tuple(found[iri] for iri in sorted(found))


def _float(text: str) -> float | None:
    try:
        value = float(text) if len(text) <= 20 else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _or(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else names[0]
