"""What the start page shows of a whole graph: concepts that rise, and the strongest links."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product

import networkx as nx
import numpy as np

from .catalogue import Catalogue, Counted
from .layout import positions

# What can rise, and be drawn. Metrics are few, and stand beside everything.
KINDS = ("method", "dataset", "task")

# Papers that both spans of years should have, so that shares of them say something; small graphs
# make do with less. And the years that a span has at most.
ENOUGH_PAPERS, FEW_PAPERS, LONGEST = 30, 5, 3

# A concept that fewer papers name has not risen, whatever it was before.
LEAST_NAMED = 2
SHOWN = 12

# Concepts in the picture, and the links that each of them keeps. Names stand beside each other:
# the picture is stretched, so that they find room.
DRAWN, LINKS_EACH, STRETCH = 26, 3, 1.5


@dataclass(frozen=True, slots=True)
class Span:
    """The years *first* to *last*, and how many papers they have."""

    first: int
    last: int
    papers: int


@dataclass(frozen=True, slots=True)
class Riser:
    """A concept with the papers that name it in the later span and in the earlier one."""

    iri: str
    name: str
    later: int
    earlier: int


@dataclass(frozen=True, slots=True)
class Rising:
    """
    Concepts that a larger part of the papers names in *later* than in *earlier*.

    The surest growth comes first: by the z of two proportions, not by the growth alone, else what
    one paper named before would always win.
    """

    earlier: Span
    later: Span
    concepts: tuple[Riser, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """A concept in the picture, at *x* and *y* in pixels around (0, 0)."""

    iri: str
    name: str
    kind: str
    papers: int
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Link:
    """Two nodes by their numbers, and the papers that name both."""

    first: int
    second: int
    papers: int


@dataclass(frozen=True, slots=True)
class Picture:
    """The most named concepts, and the heaviest links of each."""

    nodes: tuple[Node, ...]
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Opening:
    """What the start page shows; *rising* is None where too few papers have a year."""

    rising: Rising | None
    picture: Picture


def opening(catalogue: Catalogue) -> Opening:
    """Made once for each snapshot: 0.1 s at 20,000 papers."""
    return Opening(rising(catalogue), picture(catalogue))


def rising(catalogue: Catalogue) -> Rising | None:
    """The concepts that rise, between the last two spans of years that have papers enough."""
    spans = _spans(catalogue.years)
    if spans is None:
        return None
    earlier, later = spans
    years = np.array([int(paper.date[:4]) if paper.date else 0 for paper in catalogue.papers])
    ties = catalogue.ties
    before, after = (
        ties.beside(np.flatnonzero((span.first <= years) & (years <= span.last))) for span in spans
    )
    risen = []
    for thing in np.flatnonzero(after >= LEAST_NAMED).tolist():
        iri, papers, papers_before = ties.thing_iris[thing], int(after[thing]), int(before[thing])
        if catalogue.kind_at[iri] in KINDS:
            sureness = _z(papers, later.papers, papers_before, earlier.papers)
            if sureness > 0:
                risen.append((-sureness, Riser(iri, catalogue.name(iri), papers, papers_before)))
    risen.sort(key=lambda item: (item[0], item[1].name, item[1].iri))
    return Rising(earlier, later, tuple(riser for _, riser in risen[:SHOWN]))


def _spans(years: Sequence[tuple[int, int]]) -> tuple[Span, Span] | None:
    """The last years and as many before them, as few as have papers enough."""
    papers, last = dict(years), years[-1][0] if years else 0
    for enough, length in product((ENOUGH_PAPERS, FEW_PAPERS), range(1, LONGEST + 1)):
        later, earlier = (
            Span(end - length + 1, end, sum(papers.get(end - n, 0) for n in range(length)))
            for end in (last, last - length)
        )
        if min(later.papers, earlier.papers) >= enough:
            return earlier, later
    return None


def _z(count: int, total: int, count_before: int, total_before: int) -> float:
    """
    How many standard errors the one part is above the other, were both of one population.

    >>> round(_z(20, 100, 10, 100), 2)
    1.98
    """
    common = (count + count_before) / (total + total_before)
    error = math.sqrt(common * (1 - common) * (1 / total + 1 / total_before))
    return (count / total - count_before / total_before) / error if error else 0.0


def picture(catalogue: Catalogue) -> Picture:
    """The `DRAWN` concepts of most papers, linked where papers name both."""
    most = sorted(
        (thing for kind in KINDS for thing in catalogue.counted(kind)[:DRAWN]),
        key=lambda thing: (-thing.papers, thing.name.casefold(), thing.iri),
    )[:DRAWN]
    on_paper: dict[int, list[str]] = defaultdict(list)
    for iri in sorted(thing.iri for thing in most):
        for paper in catalogue.ties.papers_with(iri).tolist():
            on_paper[paper].append(iri)
    together = Counter(pair for things in on_paper.values() for pair in combinations(things, 2))
    return _drawn(catalogue, most, _heaviest(together))


def _heaviest(together: Counter[tuple[str, str]]) -> list[tuple[str, str, int]]:
    """The links that are among the `LINKS_EACH` heaviest of one of their ends."""
    ranked = sorted(together.items(), key=lambda item: (-item[1], item[0]))
    kept, degree = [], Counter[str]()
    for (one, other), papers in ranked:
        if degree[one] < LINKS_EACH or degree[other] < LINKS_EACH:
            kept.append((one, other, papers))
            degree.update((one, other))
    return kept


def _drawn(
    catalogue: Catalogue, things: Sequence[Counted], links: Sequence[tuple[str, str, int]]
) -> Picture:
    linked = {end for one, other, _ in links for end in (one, other)}
    graph = nx.Graph()
    graph.add_weighted_edges_from(links)
    places = positions(graph) if links else {}
    places = {iri: (round(STRETCH * x, 1), y) for iri, (x, y) in places.items()}
    nodes = tuple(
        Node(thing.iri, thing.name, catalogue.kind_at[thing.iri], thing.papers, *places[thing.iri])
        for thing in things
        if thing.iri in linked
    )
    number = {node.iri: place for place, node in enumerate(nodes)}
    return Picture(
        nodes, tuple(Link(number[one], number[other], papers) for one, other, papers in links)
    )
