"""The shortest way from one thing to another: over papers, and the authors and concepts on them."""

from collections.abc import Collection
from dataclasses import dataclass

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from .entities import ALL_YEARS, LINKS, Entity, NodeKind, Years
from .incidence import Incidence, Marks, Mask, Numbers

Costs = NDArray[np.float64]

# More steps than this say nothing about two things; a search stops there.
FARTHEST = 40


@dataclass(frozen=True, slots=True)
class Path:
    """
    *stops* are IRIs from the one end to the other, papers and things in turn; none where there is
    no path. *equal* counts the paths that are as short.
    """

    stops: tuple[str, ...]
    equal: int


def shortest(
    corpus: Incidence,
    a: Entity,
    b: Entity,
    *,
    kinds: Collection[NodeKind] = ("author", "method", "dataset", "task"),
    years: Years = ALL_YEARS,
    confidence: float = 0.0,
) -> Path:
    """
    The shortest path from *a* to *b* through papers and things of *kinds*.

    Of several that are as short, the one through things of the fewest papers: that both of two
    people name 'language model' says less than that both name a dataset of two papers.
    """
    ends = [_number(corpus, end) for end in (a, b)]
    if None in ends:
        return Path((), 0)
    start, goal = (int(end) for end in ends if end is not None)
    if start == goal:
        return Path((a.iri,), 1)
    things = len(corpus.things)
    marks = _open(corpus, (start, goal), kinds, years, confidence)
    # Papers come after the things: one numbering for both.
    ends_of = marks.things, marks.papers + things
    costs, counts, steps = _search(start, goal, ends_of, _prices(corpus))
    if steps[goal] < 0:
        return Path((), 0)
    stops = [goal]
    while stops[-1] != start:
        tails, heads = ends_of if stops[-1] >= things else reversed(ends_of)
        before = tails[heads == stops[-1]]
        before = before[steps[before] == steps[stops[-1]] - 1]
        before = before[np.lexsort((before, costs[before]))]
        stops.append(int(before[0]))
    iris = (
        corpus.things[stop] if stop < things else corpus.papers[stop - things]
        for stop in reversed(stops)
    )
    return Path(tuple(iris), int(min(counts[goal], 10**9)))


def drawn(corpus: Incidence, path: Path, a: Entity, b: Entity) -> nx.Graph:
    """*path* as a network; without one, its two ends alone."""
    graph = nx.Graph(focus=a.iri, more=0, lighter=0, path=True)
    ends = {end.iri: end for end in (a, b)}
    for stop in path.stops or (a.iri, b.iri):
        if stop in corpus.paper_at:
            label = corpus.titles[corpus.paper_at[stop]]
            graph.add_node(stop, kind="paper", papers=1, label=label)
        elif stop in corpus.thing_at:
            thing = corpus.thing_at[stop]
            papers = len(corpus.papers_of(thing))
            kind, label = corpus.kind(thing), corpus.labels[thing]
            graph.add_node(stop, kind=kind, papers=papers, label=label)
        else:
            end = ends[stop]
            graph.add_node(stop, kind=end.kind, papers=0, label=end.label)
    for one, other in zip(path.stops, path.stops[1:], strict=False):
        paper = one if graph.nodes[one]["kind"] == "paper" else other
        year = corpus.year(corpus.paper_at[paper])
        graph.add_edge(one, other, weight=1, papers=(paper,), first=year, last=year)
    return graph


def _number(corpus: Incidence, end: Entity) -> int | None:
    if end.kind != "paper":
        return corpus.thing_at.get(end.iri)
    paper = corpus.paper_at.get(end.iri)
    return None if paper is None else paper + len(corpus.things)


def _open(
    corpus: Incidence,
    ends: tuple[int, int],
    kinds: Collection[NodeKind],
    years: Years,
    confidence: float,
) -> Marks:
    """The links that a path may take."""
    things = len(corpus.things)
    through = corpus.of_kinds([kind for kind in LINKS if kind in kinds])
    papers: Mask = corpus.dated(years) & ~corpus.crowded
    for end in ends:
        if end < things:
            through[end] = True
        else:
            papers[end - things] = True
    links = corpus.links
    return links.of(
        through[links.things] & papers[links.papers] & (corpus.sure >= np.float32(confidence))
    )


def _prices(corpus: Incidence) -> Costs:
    """What it costs to pass through each thing, and through each paper: next to nothing."""
    papers = np.bincount(corpus.links.things, minlength=len(corpus.things))
    return np.concatenate((np.log1p(papers), np.full(len(corpus.papers), 1e-6)))


def _search(
    start: int, goal: int, ends: tuple[Numbers, Numbers], price: Costs
) -> tuple[Costs, Costs, Numbers]:
    """
    Breadth first, layer by layer: the least cost of each node over shortest paths, how many of
    these there are, and its layer, -1 where none was needed or found.

    *ends* are the things and the papers of all links; a layer is all of one or all of the other.
    """
    steps = np.full(len(price), -1, np.int64)
    costs = np.full(len(price), np.inf)
    counts = np.zeros(len(price))
    steps[start], costs[start], counts[start] = 0, 0.0, 1.0
    tails, heads = ends if start in ends[0] else reversed(ends)
    for step in range(1, FARTHEST + 1):
        leaving = np.flatnonzero(steps[tails] == step - 1)
        leaving = leaving[steps[heads[leaving]] < 0]
        if not len(leaving):
            break
        origins, targets = tails[leaving], heads[leaving]
        np.minimum.at(costs, targets, costs[origins])
        np.add.at(counts, targets, counts[origins])
        # Many links lead to few nodes: to mark these takes a tenth of sorting out the same ones.
        new = np.zeros(len(price), bool)
        new[targets] = True
        reached = np.flatnonzero(new)
        costs[reached] += price[reached]
        steps[reached] = step
        if steps[goal] == step:
            break
        tails, heads = heads, tails
    return costs, counts, steps
