"""Who works with whom and what occurs with what: networkx graphs drawn from a snapshot."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import networkx as nx
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


@dataclass(frozen=True, slots=True)
class Occurrence:
    """*thing* stands on *paper*: as an author of it, or as a concept that it names."""

    paper: str
    year: int | None
    thing: str
    kind: NodeKind


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
    it; with *limit* only the closest. ``graph.graph["more"]`` counts those left out.
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
    if focus is None:
        occurrences = list(_occurrences(snapshot, kinds, years))
        links = _links(occurrences, minimum)
        found = Counter(item.thing for item in occurrences)
        members = _by_heaviest_link(links, found, minimum, limit)
    else:
        nearby = list(_occurrences(snapshot, kinds, years, focus))
        found = Counter(item.thing for item in nearby)
        members = _closest(found, focus, limit)
        if with_focus and focus.kind != "paper":
            found[focus.iri] += 0
            members = [focus.iri, *(member for member in members if member != focus.iri)]
        reached = {*kinds, focus.kind} if with_focus else set(kinds)
        among = {item.thing: item.kind for item in nearby} | {focus.iri: focus.kind}
        among = {member: among[member] for member in members}
        occurrences = list(_occurrences(snapshot, reached, years, among=among))
        # On one paper everything occurs with everything: only what other papers repeat says more.
        of_paper = with_focus and focus.kind == "paper"
        links = _links(occurrences, max(2, minimum) if of_paper else minimum)

    graph = nx.Graph()
    papers = Counter(item.thing for item in occurrences)
    kind_of = {item.thing: item.kind for item in occurrences}
    if focus is not None:
        kind_of[focus.iri] = focus.kind
    for member in members:
        graph.add_node(member, kind=kind_of[member], papers=papers[member])
    shown = [pair for pair in links if pair[0] in graph and pair[1] in graph]
    for pair in sorted(shown, key=lambda pair: (-len(links[pair]), pair)):
        graph.add_edge(*pair, **_evidence(links[pair]))
    total = len(found)
    if with_focus and focus is not None and focus.kind == "paper":
        total += 1
        _add_paper(graph, focus, members, snapshot)
    if focus is not None and minimum > 1:
        lonely = [node for node in nx.isolates(graph) if node != focus.iri]
        graph.remove_nodes_from(lonely)
        total -= len(lonely)
    _name(snapshot, graph)
    graph.graph.update(focus=focus.iri if focus else None, more=total - len(graph))
    return graph


def _through_papers(
    snapshot: Snapshot,
    kinds: Collection[NodeKind],
    focus: Entity | None,
    years: Years,
    limit: int | None,
) -> nx.Graph:
    occurrences = list(_occurrences(snapshot, kinds, years, focus))
    dated = {item.paper: item.year or 0 for item in occurrences}
    if focus is not None:
        papers_of_focus = _occurrences(snapshot, (focus.kind,), years, focus)
        dated.update((item.paper, item.year or 0) for item in papers_of_focus)
    newest = sorted(dated, key=lambda paper: (-dated[paper], paper))
    found = Counter(item.thing for item in occurrences)
    room = None if limit is None else max(1, limit // 2)
    papers = newest[:room]
    shown = set(papers)
    found_here = Counter(item.thing for item in occurrences if item.paper in shown)
    things = _closest(found_here, focus, None if limit is None else max(0, limit - len(papers)))

    graph = nx.Graph()
    kind_of = {item.thing: item.kind for item in occurrences}
    if focus is not None and focus.kind != "paper":
        kind_of[focus.iri] = focus.kind
        things = [focus.iri, *(thing for thing in things if thing != focus.iri)]
        found[focus.iri] = len(dated)
    for thing in things:
        graph.add_node(thing, kind=kind_of[thing], papers=found[thing])
    for paper in papers:
        graph.add_node(paper, kind="paper", papers=1)
        if focus is not None and focus.kind != "paper":
            graph.add_edge(focus.iri, paper, **_evidence([(paper, dated[paper] or None)]))
    for item in occurrences:
        if item.paper in shown and item.thing in graph:
            graph.add_edge(item.thing, item.paper, **_evidence([(item.paper, item.year)]))
    _name(snapshot, graph)
    more = len(found) + len(dated) - len(graph)
    graph.graph.update(focus=focus.iri if focus else None, more=more)
    return graph


def _occurrences(
    snapshot: Snapshot,
    kinds: Collection[NodeKind],
    years: Years,
    focus: Entity | None = None,
    *,
    among: Mapping[str, NodeKind] | None = None,
) -> Iterator[Occurrence]:
    # A VALUES list cannot be a binding; `listed` lets nothing but IRIs into the text. One query a
    # kind: with the links in a VALUES list of their own the same rows took 6 to 16 times as long.
    of_focus = ""
    if focus is not None and focus.kind == "paper":
        of_focus = f"VALUES ?paper {{ {NamedNode(focus.iri)} }}"
    elif focus is not None:
        of_focus = f"?paper {LINKS[focus.kind]} {NamedNode(focus.iri)} ."
    found: dict[NodeKind, list[tuple[str, str]]] = {}
    for kind, link in LINKS.items():
        members = [] if among is None else [iri for iri, of in among.items() if of == kind]
        if kind in kinds and (among is None or members):
            among_members = f"VALUES ?thing {{ {listed(members)} }}" if members else ""
            rows = snapshot.select(
                f"SELECT ?paper ?thing WHERE {{ {of_focus} {among_members} ?paper {link} ?thing }}"
            )
            found[kind] = [(value_of(row["paper"]), value_of(row["thing"])) for row in rows]
    published = years_of(snapshot, {paper for pairs in found.values() for paper, _ in pairs})
    for kind, pairs in found.items():
        for paper, thing in pairs:
            year = published.get(paper)
            if years.admits(year):
                yield Occurrence(paper, year, thing, kind)


Pair = tuple[str, str]
Shared = list[tuple[str, int | None]]


def _links(occurrences: Iterable[Occurrence], minimum: int) -> dict[Pair, Shared]:
    """The papers, with their years, of every pair that has at least *minimum* of them."""
    on_paper: dict[tuple[str, int | None], set[str]] = defaultdict(set)
    writers: Counter[str] = Counter()
    for item in occurrences:
        on_paper[item.paper, item.year].add(item.thing)
        writers[item.paper] += item.kind == "author"
    pairs: dict[Pair, Shared] = defaultdict(list)
    for paper in sorted(on_paper, key=lambda paper: paper[0]):
        if writers[paper[0]] <= CONSORTIUM:
            for pair in combinations(sorted(on_paper[paper]), 2):
                pairs[pair].append(paper)
    return {pair: shared for pair, shared in pairs.items() if len(shared) >= minimum}


def _evidence(shared: Shared) -> dict[str, object]:
    years = [year for _, year in shared if year is not None]
    return {
        "weight": len(shared),
        "papers": tuple(paper for paper, _ in shared),
        "first": min(years, default=None),
        "last": max(years, default=None),
    }


def _by_heaviest_link(
    links: Mapping[Pair, Shared], found: Counter[str], minimum: int, limit: int | None
) -> list[str]:
    """The ends of the heaviest links, ties by their papers; then what has no link, if it fits."""
    room = len(found) if limit is None else limit
    by_weight: dict[int, list[Pair]] = defaultdict(list)
    for pair, shared in links.items():
        by_weight[len(shared)].append(pair)
    members: dict[str, None] = {}
    for weight in sorted(by_weight, reverse=True):
        if len(members) >= room:
            break
        for pair in sorted(by_weight[weight], key=lambda p: (-found[p[0]] - found[p[1]], p)):
            fresh = [end for end in pair if end not in members]
            if len(members) + len(fresh) <= room:
                members.update(dict.fromkeys(fresh))
    if minimum <= 1:
        rest = sorted(found.keys() - members.keys(), key=lambda thing: (-found[thing], thing))
        members.update(dict.fromkeys(rest[: room - len(members)]))
    return list(members)


def _closest(found: Counter[str], focus: Entity | None, limit: int | None) -> list[str]:
    first = focus.iri if focus is not None else ""
    ranked = sorted(found, key=lambda thing: (thing != first, -found[thing], thing))
    return ranked[:limit]


def _add_paper(graph: nx.Graph, paper: Entity, members: Iterable[str], snapshot: Snapshot) -> None:
    year = years_of(snapshot, [paper.iri]).get(paper.iri)
    graph.add_node(paper.iri, kind="paper", papers=1)
    for member in members:
        graph.add_edge(member, paper.iri, **_evidence([(paper.iri, year)]))


def _name(snapshot: Snapshot, graph: nx.Graph) -> None:
    labels = labels_of(snapshot, {node: graph.nodes[node]["kind"] for node in graph})
    for node in graph:
        graph.nodes[node]["label"] = labels[node]
