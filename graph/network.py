"""Who works with whom and what occurs with what: networkx graphs of a snapshot's incidence."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from .entities import ALL_YEARS, AUTHORS, CONCEPT_KINDS, LINKS, NODE_KINDS, Entity, NodeKind, Years
from .incidence import UNDATED, Incidence, Marks, Mask, Numbers
from .ties import foremost

# Of a bounded network only so many links a node are kept: more of them are a ball of wool.
LINKS_PER_NODE = 2

# A bounded network of the whole graph is chosen among so many times its nodes.
CANDIDATES = 2

# Up to so many things a table of all pairs is quicker than sorting those that there are.
TABLE = 1_000

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Links:
    """Pairs of things by number, the first before the second, by the papers that they share."""

    firsts: Numbers
    seconds: Numbers
    weights: Numbers

    def of(self, chosen: Mask) -> "Links":
        """Those where *chosen*, one truth for each, says so."""
        return Links(self.firsts[chosen], self.seconds[chosen], self.weights[chosen])

    def ranked(self, *keys: NDArray[np.generic]) -> "Links":
        """In the order of *keys*, the most important first; ties by the numbers of the ends."""
        order = np.lexsort((self.seconds, self.firsts, *reversed(keys)))
        return Links(self.firsts[order], self.seconds[order], self.weights[order])

    def pairs(self) -> list[Pair]:
        """The ends of each."""
        return list(zip(self.firsts.tolist(), self.seconds.tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a network may hold: links of *minimum* papers, at most *limit* nodes."""

    years: Years = ALL_YEARS
    minimum: int = 1
    confidence: float = 0.0
    limit: int | None = None


def coauthors(
    corpus: Incidence,
    focus: Entity | None = None,
    *,
    years: Years = ALL_YEARS,
    minimum: int = 1,
    confidence: float = 0.0,
    limit: int | None = None,
) -> nx.Graph:
    """
    Authors, linked by the papers that they wrote together.

    Nodes are IRIs with ``kind``, ``label`` and ``papers`` (how many); links have ``weight`` (joint
    papers, at least *minimum*), ``papers`` (their IRIs), ``first`` and ``last`` (years). Papers of
    more than `incidence.CONSORTIUM` authors make no links. With *focus* only authors who share a
    paper with it; with *limit* only the closest, and `LINKS_PER_NODE`. Papers name concepts where
    they do so with *confidence*, from 0 to 1. ``graph.graph`` counts nodes (``more``) and links
    (``lighter``) that were left out.
    """
    return _network(corpus, AUTHORS, focus, Bounds(years, minimum, confidence, limit))


def concepts(
    corpus: Incidence,
    focus: Entity | None = None,
    *,
    kinds: Collection[NodeKind] = ("method", "dataset", "task"),
    years: Years = ALL_YEARS,
    minimum: int = 1,
    confidence: float = 0.0,
    limit: int | None = None,
) -> nx.Graph:
    """Concepts of *kinds*, linked by the papers that name both; else as `coauthors`."""
    wanted = [kind for kind in CONCEPT_KINDS if kind in kinds]
    return _network(corpus, wanted, focus, Bounds(years, minimum, confidence, limit))


def neighbourhood(
    corpus: Incidence,
    focus: Entity | None,
    *,
    kinds: Collection[NodeKind] = ("author", "method", "dataset", "task"),
    years: Years = ALL_YEARS,
    minimum: int = 1,
    confidence: float = 0.0,
    limit: int | None = None,
) -> nx.Graph:
    """
    *focus* and what shares a paper with it, of all *kinds*; else as `coauthors`.

    Where *kinds* hold ``paper``, papers are nodes of their own and every link goes through one.
    """
    things = [kind for kind in LINKS if kind in kinds]
    bounds = Bounds(years, minimum, confidence, limit)
    if "paper" in kinds:
        return _through_papers(corpus, things, focus, bounds)
    return _network(corpus, things, focus, bounds, with_focus=True)


def among(corpus: Incidence, members: Collection[str], *, limit: int | None = None) -> nx.Graph:
    """The *members* that *corpus* knows, linked among themselves; else as `coauthors`."""
    known = sorted(corpus.thing_at[iri] for iri in members if iri in corpus.thing_at)
    inside = np.zeros(len(corpus.things), bool)
    inside[known] = True
    marks = corpus.links.of(inside[corpus.links.things])
    found = np.bincount(marks.things, minlength=len(corpus.things))
    crowd = bool(len(known)) and corpus.kind(known[0]) == "author"
    linking = _linking(corpus, marks, inside, crowd=crowd)
    links = _weighed(corpus, linking, inside, minimum=1)
    room = _by_heaviest_link(links, found, _closest(corpus, found, None, None), 1, limit)
    graph = _drawn(corpus, room, found, links, linking, limit, None)
    graph.graph["more"] = len(known) - len(graph)
    return graph


def joint(corpus: Incidence, kinds: Collection[NodeKind]) -> Links:
    """Every two things of *kinds* that share papers, and how many."""
    marks = _marks(corpus, kinds, Bounds())
    everything = np.ones(len(corpus.things), bool)
    linking = _linking(corpus, marks, everything, crowd="author" in kinds)
    return _weighed(corpus, linking, everything, minimum=1)


def _network(
    corpus: Incidence,
    kinds: Collection[NodeKind],
    focus: Entity | None,
    bounds: Bounds,
    *,
    with_focus: bool = False,
) -> nx.Graph:
    if focus is not None and focus.kind == "paper":
        with_paper = with_focus
        centre = None
    else:
        with_paper = False
        centre = corpus.thing_at.get(focus.iri) if focus and with_focus else None
    marks = _marks(corpus, kinds, bounds)
    here = marks
    if focus is not None:
        here = marks.of(_around(corpus, focus, bounds)[marks.papers])
    found = np.bincount(here.things, minlength=len(corpus.things))
    first = corpus.thing_at.get(focus.iri) if focus else None
    if focus is None:
        candidates = None if bounds.limit is None else CANDIDATES * bounds.limit
        chosen = _closest(corpus, found, None, candidates)
    else:
        if centre is not None and not found[centre]:
            found[centre] = 1  # it stands in its own middle, whatever kinds are wanted
            marks = _marks(corpus, {*kinds, focus.kind}, bounds)
        chosen = _closest(corpus, found, first, bounds.limit)
    inside = np.zeros(len(corpus.things), bool)
    inside[chosen] = True
    # On one paper everything occurs with everything: only what other papers repeat says more.
    minimum = max(2, bounds.minimum) if with_paper else bounds.minimum
    crowd = "author" in kinds or (centre is not None and corpus.kind(centre) == "author")
    linking = _linking(corpus, marks, inside, crowd=crowd)
    links = _weighed(corpus, linking, inside, minimum=minimum)
    total = int((found > 0).sum())
    if focus is None:
        members = _by_heaviest_link(links, found, chosen, minimum, bounds.limit)
    else:
        members = chosen
    papers = np.bincount(marks.things, minlength=len(corpus.things))
    graph = _drawn(corpus, members, papers, links, linking, bounds.limit, first)
    if with_paper and focus is not None:
        total += 1
        number = corpus.paper_at.get(focus.iri)
        graph.add_node(focus.iri, kind="paper", papers=1, label=focus.label)
        for member in [node for node in graph if node != focus.iri]:
            graph.add_edge(member, focus.iri, **_evidence(corpus, np.array([number or 0])))
    if focus is not None and bounds.minimum > 1:
        lonely = [node for node in nx.isolates(graph) if node != focus.iri]
        graph.remove_nodes_from(lonely)
        total -= len(lonely)
    if centre is None and with_focus and focus is not None and focus.iri not in graph:
        # Nothing of the kinds that there are stands with it: it is alone.
        graph.add_node(focus.iri, kind=focus.kind, papers=0, label=focus.label)
        total += 1
    graph.graph.update(focus=focus.iri if focus else None, more=total - len(graph))
    return graph


def _through_papers(
    corpus: Incidence, kinds: Collection[NodeKind], focus: Entity | None, bounds: Bounds
) -> nx.Graph:
    marks = _marks(corpus, kinds, bounds)
    if focus is None:
        papers = np.flatnonzero(np.bincount(marks.papers, minlength=len(corpus.papers)))
    else:  # its papers, also those without any of the other things
        papers = np.flatnonzero(_around(corpus, focus, bounds))
    newest = papers[np.lexsort((papers, -corpus.years[papers]))]
    room = None if bounds.limit is None else max(1, bounds.limit // 2)
    shown = newest[:room].tolist()
    near = np.zeros(len(corpus.papers), bool)
    near[papers] = True
    marks = marks.of(near[marks.papers])
    found = np.bincount(marks.things, minlength=len(corpus.things))
    drawn = np.zeros(len(corpus.papers), bool)
    drawn[shown] = True
    here = np.bincount(marks.things[drawn[marks.papers]], minlength=len(corpus.things))
    first = corpus.thing_at.get(focus.iri) if focus else None
    total = int((found > 0).sum()) + len(papers)
    room = None if bounds.limit is None else max(0, bounds.limit - len(shown))
    things = _closest(corpus, here, first, room)
    if first is not None:
        total += not found[first]
        found[first] = len(papers)
        things = [first, *(thing for thing in things if thing != first)]

    graph = nx.Graph()
    for thing in things:
        graph.add_node(corpus.things[thing], **_told(corpus, thing, int(found[thing])))
    members = set(things)
    for paper in shown:
        iri = corpus.papers[paper]
        graph.add_node(iri, kind="paper", papers=1, label=corpus.titles[paper])
        on_it = {
            thing
            for thing in corpus.things_on(paper, bounds.confidence).tolist()
            if thing in members and (thing == first or corpus.kind(thing) in kinds)
        }
        for thing in sorted(on_it):
            graph.add_edge(corpus.things[thing], iri, **_evidence(corpus, np.array([paper])))
    if focus is not None and focus.iri not in graph:
        graph.add_node(focus.iri, kind=focus.kind, papers=0, label=focus.label)
        total += 1
    graph.graph.update(focus=focus.iri if focus else None, more=total - len(graph), lighter=0)
    return graph


def _marks(corpus: Incidence, kinds: Collection[NodeKind], bounds: Bounds) -> Marks:
    chosen = corpus.of_kinds(kinds)[corpus.links.things]
    if bounds.years != ALL_YEARS:
        chosen &= corpus.dated(bounds.years)[corpus.links.papers]
    if bounds.confidence > 0:
        chosen &= corpus.sure >= bounds.confidence
    return corpus.links.of(chosen)


def _around(corpus: Incidence, focus: Entity, bounds: Bounds) -> Mask:
    """The papers of *focus*."""
    near = np.zeros(len(corpus.papers), bool)
    if focus.kind == "paper":
        near[[corpus.paper_at[focus.iri]] if focus.iri in corpus.paper_at else []] = True
    elif (thing := corpus.thing_at.get(focus.iri)) is not None:
        near[corpus.papers_of(thing, bounds.confidence)] = True
    return near & corpus.dated(bounds.years)


def pairs_of(marks: Marks) -> tuple[Numbers, Numbers, Numbers]:
    """Every two things that stand on one paper: the first, the second, and the paper."""
    _, begins, sizes = np.unique(marks.papers, return_index=True, return_counts=True)
    place = np.arange(len(marks.papers))
    later = np.repeat(begins + sizes, sizes) - place - 1
    starts = np.cumsum(later) - later
    seconds = np.arange(int(later.sum())) - np.repeat(starts - place - 1, later)
    return np.repeat(marks.things, later), marks.things[seconds], np.repeat(marks.papers, later)


def _weighed(corpus: Incidence, linking: Marks, inside: Mask, *, minimum: int) -> Links:
    """The pairs of what is *inside* that share at least *minimum* papers, each once."""
    firsts, seconds, _ = pairs_of(linking)
    size = len(corpus.things)
    local = np.cumsum(inside) - 1
    count = int(inside.sum())
    if count <= TABLE:
        table = np.bincount(local[firsts] * count + local[seconds], minlength=count * count)
        keys = np.flatnonzero(table)
        weights = table[keys]
        names = np.flatnonzero(inside)
        left, right = np.divmod(keys, max(1, count))
        found = Links(names[left], names[right], weights)
    else:
        keys, weights = np.unique(firsts * size + seconds, return_counts=True)
        found = Links(*np.divmod(keys, size), weights)
    return found.of(found.weights >= minimum)


def _linking(corpus: Incidence, marks: Marks, inside: Mask, *, crowd: bool) -> Marks:
    """Those of *marks* that make links among what is *inside*; with a *crowd* of authors fewer."""
    found = marks.of(inside[marks.things])
    return found.of(~corpus.crowded[found.papers]) if crowd else found


def _by_heaviest_link(
    links: Links, found: Numbers, ranked: Sequence[int], minimum: int, limit: int | None
) -> list[int]:
    """The ends of the heaviest links, ties by their papers; then what has no link, as *ranked*."""
    room = len(ranked) if limit is None else limit
    members: dict[int, None] = {}
    common = found[links.firsts] + found[links.seconds]
    for first, second in links.ranked(-links.weights, -common).pairs():
        if len(members) >= room:
            break
        fresh = [end for end in (first, second) if end not in members]
        if len(members) + len(fresh) <= room:
            members.update(dict.fromkeys(fresh))
    if minimum <= 1:
        rest = [thing for thing in ranked if thing not in members]
        members.update(dict.fromkeys(rest[: room - len(members)]))
    return list(members)


def _drawn(
    corpus: Incidence,
    members: Sequence[int],
    papers: Numbers,
    links: Links,
    linking: Marks,
    limit: int | None,
    first: int | None,
) -> nx.Graph:
    """*members* as a graph, with those of *links* that a picture of so many can show."""
    graph = nx.Graph()
    for member in members:
        graph.add_node(corpus.things[member], **_told(corpus, member, int(papers[member])))
    inside = np.zeros(len(corpus.things), bool)
    inside[list(members)] = True
    links = links.of(inside[links.firsts] & inside[links.seconds])
    # Salton's cosine: by weight alone every link would lead to what half of the papers name.
    cosine = links.weights / np.sqrt(np.maximum(papers[links.firsts] * papers[links.seconds], 1))
    ranked = links.ranked(-cosine, -links.weights) if limit else links.ranked(-links.weights)
    pairs = ranked.pairs()
    kept = pairs
    if limit is not None:
        kept = backbone(pairs, LINKS_PER_NODE * len(graph), first)
    shared = _shared(corpus, linking.of(inside[linking.things]), kept)
    for (a, b), both in zip(kept, shared, strict=True):
        graph.add_edge(corpus.things[a], corpus.things[b], **_evidence(corpus, both))
    graph.graph.update(focus=None, more=0, lighter=len(pairs) - len(kept))
    return graph


def backbone(pairs: Sequence[Pair], most: int, focus: int | None = None) -> list[Pair]:
    """
    The first *most* of *pairs*, which come strongest first, and for every node at least its first.

    All pairs of *focus* stay too, and one pair wherever two parts would else fall apart.
    """
    part_of: dict[int, int] = {}
    parts: dict[int, list[int]] = {}
    needed: list[Pair] = []
    rest: list[Pair] = []
    for pair in pairs:
        one, other = part_of.setdefault(pair[0], pair[0]), part_of.setdefault(pair[1], pair[1])
        if one != other:
            needed.append(pair)
            larger, smaller = parts.setdefault(one, [one]), parts.setdefault(other, [other])
            if len(larger) < len(smaller):
                larger, smaller = smaller, larger
                one, other = other, one
            part_of.update(dict.fromkeys(smaller, one))
            larger += parts.pop(other)
        else:
            (needed if focus in pair else rest).append(pair)
    return needed + rest[: max(0, most - len(needed))]


def _shared(corpus: Incidence, marks: Marks, pairs: Sequence[Pair]) -> list[Numbers]:
    """The papers of each of *pairs*, in the order of *pairs*."""
    firsts, seconds, papers = pairs_of(marks)
    size = len(corpus.things)
    keys = firsts * size + seconds
    order = np.argsort(keys, kind="stable")
    keys, papers = keys[order], papers[order]
    wanted = np.array([first * size + second for first, second in pairs], np.int64)
    starts = np.searchsorted(keys, wanted, "left").tolist()
    ends = np.searchsorted(keys, wanted, "right").tolist()
    return [papers[start:end] for start, end in zip(starts, ends, strict=True)]


def _evidence(corpus: Incidence, papers: Numbers) -> dict[str, object]:
    years = corpus.years[papers]
    dated = years[years != UNDATED]
    return {
        "weight": len(papers),
        "papers": tuple(corpus.papers[paper] for paper in papers.tolist()),
        "first": int(dated.min()) if len(dated) else None,
        "last": int(dated.max()) if len(dated) else None,
    }


def _told(corpus: Incidence, thing: int, papers: int) -> dict[str, object]:
    return {"kind": corpus.kind(thing), "papers": papers, "label": corpus.labels[thing]}


def _closest(corpus: Incidence, found: Numbers, first: int | None, limit: int | None) -> list[int]:
    """
    Things of most papers first, *first* before all; of as many, each kind in its turn.

    Most things stand on one paper: by name alone, all datasets came before the first method.
    """
    things = foremost(found, limit)
    if first is not None and found[first]:
        things = np.union1d(things, [first])
    counts, kinds = found[things], corpus.kinds[things]
    turn = np.zeros(len(things), np.int64)
    groups = counts * len(NODE_KINDS) + kinds
    order = np.argsort(groups, kind="stable")
    _, begins, sizes = np.unique(groups[order], return_index=True, return_counts=True)
    turn[order] = np.arange(len(things)) - np.repeat(begins, sizes)
    ahead = things != (-1 if first is None else first)
    ranked = things[np.lexsort((things, turn, -counts, ahead))]
    return [int(thing) for thing in ranked[:limit]]
