"""Who works with whom and what occurs with what: networkx graphs drawn from a snapshot."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import networkx as nx
import numpy as np
from numpy.typing import NDArray
from pyoxigraph import NamedNode

from .entities import (
    ALL_YEARS,
    CONCEPT_KINDS,
    LINKS,
    Entity,
    NodeKind,
    Years,
    labels_of,
    listed,
    value_of,
    years_of,
)
from .store import Snapshot

# A paper of 3,000 authors would add 4.5 million links that say little about who works with whom.
CONSORTIUM = 100

# Of a bounded network only so many links a node are kept: more of them are a ball of wool.
LINKS_PER_NODE = 3

# A bounded network of the whole graph is chosen among so many times its nodes.
CANDIDATES = 2

# Up to so many things a table of all pairs is quicker than counting those that there are.
TABLE = 2_000

# Papers counted at once: 4,096 of them with 1,000 candidates take 16 MB.
BLOCK = 4_096

Pair = tuple[str, str]
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Links:
    """Pairs of *things*, by their numbers, the first before the second; and how heavy each is."""

    things: list[str]
    firsts: Numbers
    seconds: Numbers
    weights: Numbers

    def within(self, members: Collection[str]) -> "Links":
        """Those with both ends among *members*."""
        inside = np.array([thing in members for thing in self.things], bool)
        if not len(inside):
            return self
        both = inside[self.firsts] & inside[self.seconds]
        return Links(self.things, self.firsts[both], self.seconds[both], self.weights[both])

    def ordered(self, *ties: Numbers) -> Iterator[Pair]:
        """Heaviest first, then by *ties*, then by the names of their ends."""
        order = np.lexsort((self.seconds, self.firsts, *ties, -self.weights))
        firsts, seconds = self.firsts[order].tolist(), self.seconds[order].tolist()
        for first, second in zip(firsts, seconds, strict=True):
            yield self.things[first], self.things[second]


@dataclass(slots=True)
class Occurrences:
    """Which things stand on which papers: its authors, the concepts that it names."""

    on_paper: dict[str, list[str]] = field(default_factory=dict)
    kind_of: dict[str, NodeKind] = field(default_factory=dict)
    year_of: Mapping[str, int | None] = field(default_factory=dict)
    crowded: set[str] = field(default_factory=set)

    def counts(self) -> Counter[str]:
        """The number of papers of each thing."""
        return Counter(thing for things in self.on_paper.values() for thing in things)

    def linking(self) -> Iterator[tuple[str, list[str]]]:
        """The papers that make links, in order, with what stands on them."""
        for paper in sorted(self.on_paper):
            if paper not in self.crowded:
                yield paper, self.on_paper[paper]


def coauthors(
    snapshot: Snapshot,
    focus: Entity | None = None,
    *,
    years: Years = ALL_YEARS,
    minimum: int = 1,
    limit: int | None = None,
) -> nx.Graph:
    """
    Authors, linked by the papers that they wrote together.

    Nodes are IRIs with ``kind``, ``label`` and ``papers`` (how many); links have ``weight`` (joint
    papers, at least *minimum*), ``papers`` (their IRIs), ``first`` and ``last`` (years). Papers of
    more than `CONSORTIUM` authors make no links. With *focus* only authors who share a paper with
    it; with *limit* only the closest, and `LINKS_PER_NODE`. ``graph.graph`` counts nodes (``more``)
    and links (``lighter``) that were left out.
    """
    authors: tuple[NodeKind, ...] = ("author",)
    return _network(snapshot, authors, focus, years, minimum, limit)


def concepts(
    snapshot: Snapshot,
    focus: Entity | None = None,
    *,
    kinds: Collection[NodeKind] = ("method", "dataset", "task"),
    years: Years = ALL_YEARS,
    minimum: int = 1,
    limit: int | None = None,
) -> nx.Graph:
    """Concepts of *kinds*, linked by the papers that name both; else as `coauthors`."""
    wanted = [kind for kind in CONCEPT_KINDS if kind in kinds]
    return _network(snapshot, wanted, focus, years, minimum, limit)


def neighbourhood(
    snapshot: Snapshot,
    focus: Entity | None,
    *,
    kinds: Collection[NodeKind] = ("author", "method", "dataset", "task"),
    years: Years = ALL_YEARS,
    minimum: int = 1,
    limit: int | None = None,
) -> nx.Graph:
    """
    *focus* and what shares a paper with it, of all *kinds*; else as `coauthors`.

    Where *kinds* hold ``paper``, papers are nodes of their own and every link goes through one.
    """
    things = [kind for kind in LINKS if kind in kinds]
    if "paper" in kinds:
        return _through_papers(snapshot, things, focus, years, limit)
    return _network(snapshot, things, focus, years, minimum, limit, with_focus=True)


def _network(
    snapshot: Snapshot,
    kinds: Collection[NodeKind],
    focus: Entity | None,
    years: Years,
    minimum: int,
    limit: int | None,
    *,
    with_focus: bool = False,
) -> nx.Graph:
    occurrences = _read(snapshot, kinds, years, focus)
    found = occurrences.counts()
    if focus is None:
        candidates = None if limit is None else CANDIDATES * limit
        among = _closest(found, occurrences.kind_of, None, candidates)
    else:
        if with_focus and focus.kind != "paper":
            found[focus.iri] += 0
        among = _closest(found, occurrences.kind_of, focus, limit)
        reached = {*kinds, focus.kind} if with_focus else set(kinds)
        known = occurrences.kind_of | {focus.iri: focus.kind}
        occurrences = _read(snapshot, reached, years, among={iri: known[iri] for iri in among})
    # On one paper everything occurs with everything: only what other papers repeat says more.
    of_paper = with_focus and focus is not None and focus.kind == "paper"
    links = _links(occurrences, among, max(2, minimum) if of_paper else minimum)
    members = among if focus else _by_heaviest_link(links, found, among, minimum, limit)

    graph = nx.Graph()
    papers = occurrences.counts()
    for member in members:
        kind = occurrences.kind_of.get(member, focus.kind if focus else "paper")
        graph.add_node(member, kind=kind, papers=papers[member])
    ranked = list(links.within(graph).ordered())
    kept = ranked
    if limit is not None:
        kept = backbone(ranked, LINKS_PER_NODE * len(graph), focus.iri if focus else None)
    for pair, shared in _shared(occurrences, kept).items():
        graph.add_edge(*pair, **_evidence(shared, occurrences.year_of))
    total = len(found)
    if of_paper and focus is not None:
        total += 1
        year_of = years_of(snapshot, [focus.iri])
        graph.add_node(focus.iri, kind="paper", papers=1)
        for member in members:
            graph.add_edge(member, focus.iri, **_evidence([focus.iri], year_of))
    if focus is not None and minimum > 1:
        lonely = [node for node in nx.isolates(graph) if node != focus.iri]
        graph.remove_nodes_from(lonely)
        total -= len(lonely)
    return _told(snapshot, graph, focus, total - len(graph), len(ranked) - len(kept))


def _through_papers(
    snapshot: Snapshot,
    kinds: Collection[NodeKind],
    focus: Entity | None,
    years: Years,
    limit: int | None,
) -> nx.Graph:
    occurrences = _read(snapshot, kinds, years, focus)
    year_of = dict(occurrences.year_of)
    papers = set(occurrences.on_paper)
    if focus is not None:  # its papers, also those without any of the other things
        around = _read(snapshot, {focus.kind} & set(LINKS) or kinds, years, focus)
        papers.update(around.on_paper)
        year_of.update(around.year_of)
    newest = sorted(papers, key=lambda paper: (-(year_of.get(paper) or 0), paper))
    room = None if limit is None else max(1, limit // 2)
    shown = newest[:room]
    here = Counter(thing for paper in shown for thing in occurrences.on_paper.get(paper, ()))
    room = None if limit is None else max(0, limit - len(shown))
    things = _closest(here, occurrences.kind_of, focus, room)

    graph = nx.Graph()
    found = occurrences.counts()
    if focus is not None and focus.kind != "paper":
        found[focus.iri] = len(papers)
        things = [focus.iri, *(thing for thing in things if thing != focus.iri)]
    for thing in things:
        kind = occurrences.kind_of.get(thing, focus.kind if focus else "paper")
        graph.add_node(thing, kind=kind, papers=found[thing])
    for paper in shown:
        graph.add_node(paper, kind="paper", papers=1)
        on_it = [thing for thing in occurrences.on_paper.get(paper, ()) if thing in graph]
        if focus is not None and focus.kind != "paper":
            on_it.append(focus.iri)
        for thing in on_it:
            graph.add_edge(thing, paper, **_evidence([paper], year_of))
    return _told(snapshot, graph, focus, len(found) + len(papers) - len(graph), 0)


def _read(
    snapshot: Snapshot,
    kinds: Collection[NodeKind],
    years: Years,
    focus: Entity | None = None,
    *,
    among: Mapping[str, NodeKind] | None = None,
) -> Occurrences:
    # A VALUES list cannot be a binding; `listed` lets nothing but IRIs into the text. One query a
    # kind: with the links in a VALUES list of their own the same rows took 6 to 16 times as long.
    # One row a paper, since a term costs 2 µs: half the time of one row a thing.
    of_focus = ""
    if focus is not None and focus.kind == "paper":
        of_focus = f"VALUES ?paper {{ {NamedNode(focus.iri)} }}"
    elif focus is not None:
        of_focus = f"?paper {LINKS[focus.kind]} {NamedNode(focus.iri)} ."
    found = Occurrences()
    for kind, link in LINKS.items():
        members = [] if among is None else [iri for iri, of in among.items() if of == kind]
        if kind not in kinds or (among is not None and not members):
            continue
        among_members = f"VALUES ?thing {{ {listed(members)} }}" if members else ""
        rows = snapshot.select(
            f"""
            SELECT ?paper (GROUP_CONCAT(STR(?thing); SEPARATOR=" ") AS ?things) WHERE {{
              {of_focus} {among_members} ?paper {link} ?thing
            }} GROUP BY ?paper"""
        )
        for row in rows:
            paper, things = value_of(row["paper"]), value_of(row["things"]).split(" ")
            found.on_paper.setdefault(paper, []).extend(things)
            found.kind_of.update(dict.fromkeys(things, kind))
            if kind == "author" and len(things) > CONSORTIUM:
                found.crowded.add(paper)
    found.year_of = years_of(snapshot, found.on_paper)
    if years != ALL_YEARS:
        for paper in [p for p in found.on_paper if not years.admits(found.year_of.get(p))]:
            del found.on_paper[paper]
    return found


def _links(occurrences: Occurrences, among: Sequence[str], minimum: int) -> Links:
    """The pairs of *among* that share at least *minimum* papers."""
    things = sorted(among)
    place = {thing: number for number, thing in enumerate(things)}
    papers = [
        [place[thing] for thing in on_it if thing in place] for _, on_it in occurrences.linking()
    ]
    if len(things) > TABLE:
        counted = Counter(pair for on_it in papers for pair in combinations(sorted(on_it), 2))
        sparse = np.array([(*pair, weight) for pair, weight in counted.items()], np.int64)
        firsts, seconds, weights = sparse.reshape(-1, 3).T
    else:
        table = np.zeros((len(things), len(things)), np.float32)
        for start in range(0, len(papers), BLOCK):
            block = papers[start : start + BLOCK]
            incidence = np.zeros((len(block), len(things)), np.float32)
            rows = np.repeat(np.arange(len(block)), [len(on_it) for on_it in block])
            incidence[rows, [number for on_it in block for number in on_it]] = 1
            table += incidence.T @ incidence
        firsts, seconds = np.nonzero(np.triu(table, 1))
        weights = table[firsts, seconds].astype(np.int64)
    enough = weights >= minimum
    return Links(things, firsts[enough], seconds[enough], weights[enough])


def _by_heaviest_link(
    links: Links, found: Counter[str], ranked: Sequence[str], minimum: int, limit: int | None
) -> list[str]:
    """The ends of the heaviest links, ties by their papers; then what has no link, as *ranked*."""
    room = len(found) if limit is None else limit
    papers = np.array([found[thing] for thing in links.things], np.int64)
    common = papers[links.firsts] + papers[links.seconds] if len(papers) else papers
    members: dict[str, None] = {}
    for first, second in links.ordered(-common):
        if len(members) >= room:
            break
        fresh = [end for end in (first, second) if end not in members]
        if len(members) + len(fresh) <= room:
            members.update(dict.fromkeys(fresh))
    if minimum <= 1:
        rest = [thing for thing in ranked if thing not in members]
        members.update(dict.fromkeys(rest[: room - len(members)]))
    return list(members)


def backbone(pairs: Sequence[Pair], most: int, focus: str | None = None) -> list[Pair]:
    """
    The first *most* of *pairs*, which come heaviest first, and for every node at least its first.

    All pairs of *focus* stay too.
    """
    reached: set[str] = set()
    needed: list[Pair] = []
    rest: list[Pair] = []
    for pair in pairs:
        wanted = focus in pair or pair[0] not in reached or pair[1] not in reached
        (needed if wanted else rest).append(pair)
        reached.update(pair)
    return needed + rest[: max(0, most - len(needed))]


def _shared(occurrences: Occurrences, pairs: Collection[Pair]) -> dict[Pair, list[str]]:
    """The papers of each of *pairs*, in the order of *pairs*."""
    ends = {end for pair in pairs for end in pair}
    papers_of: dict[str, set[str]] = defaultdict(set)
    for paper, on_it in occurrences.linking():
        for thing in on_it:
            if thing in ends:
                papers_of[thing].add(paper)
    return {pair: sorted(papers_of[pair[0]] & papers_of[pair[1]]) for pair in pairs}


def _evidence(papers: Sequence[str], year_of: Mapping[str, int | None]) -> dict[str, object]:
    years = [year for paper in papers if (year := year_of.get(paper)) is not None]
    return {
        "weight": len(papers),
        "papers": tuple(papers),
        "first": min(years, default=None),
        "last": max(years, default=None),
    }


def _closest(
    found: Counter[str],
    kind_of: Mapping[str, NodeKind],
    focus: Entity | None,
    limit: int | None,
) -> list[str]:
    """
    Things of most papers first, *focus* before all; of as many, each kind in its turn.

    Most things stand on one paper: by name alone, all datasets came before the first method.
    """
    first = focus.iri if focus is not None else ""
    before: Counter[tuple[int, NodeKind | None]] = Counter()
    ranked = []
    for thing in sorted(found):
        group = found[thing], kind_of.get(thing)
        ranked.append((thing != first, -found[thing], before[group], thing))
        before[group] += 1
    return [thing for *_, thing in sorted(ranked)[:limit]]


def _told(
    snapshot: Snapshot, graph: nx.Graph, focus: Entity | None, more: int, lighter: int
) -> nx.Graph:
    labels = labels_of(snapshot, {node: graph.nodes[node]["kind"] for node in graph})
    for node in graph:
        graph.nodes[node]["label"] = labels[node]
    graph.graph.update(focus=focus.iri if focus else None, more=more, lighter=lighter)
    return graph
