"""
Which authors write together, and which concepts occur together, as communities.

Louvain's method over 20,000 papers takes seconds, so it runs once for each state of a store, in a
process of its own: ``python -m scholargraph.graph.communities STORE`` prints the communities as one
line of JSON; see `scholargraph.graph.folds`.
"""

import json
import sys
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import networkx as nx
import numpy as np

from .background import newest_state
from .entities import NodeKind, View, tail
from .incidence import Incidence
from .network import LINKS_PER_NODE, backbone, joint

# What each view folds.
FOLDED: Mapping[View, tuple[NodeKind, ...]] = {
    "coauthors": ("author",),
    "concepts": ("method", "dataset", "task"),
}

# The same communities of the same graph every time.
SEED = 7

# Links are counted between so many of the largest communities; no picture shows more.
MOST = 500

# A community is named by so many of its members.
NAMED = 8

# A computation that takes more is given up.
MEMORY_MB = 4096
SECONDS = 1800


@dataclass(frozen=True, slots=True)
class Community:
    """Things that share papers: its *members*, those of most papers first, stand on *papers*."""

    members: tuple[str, ...]
    papers: int


@dataclass(frozen=True, slots=True)
class Fold:
    """
    A view's communities, largest first, and how many papers link two of them.

    *alone* counts the things that share no paper with any other, and belong to no community.
    """

    communities: tuple[Community, ...]
    links: tuple[tuple[int, int, int], ...]
    alone: int


@dataclass(frozen=True, slots=True)
class Communities:
    """The folds of one state of a store, by view."""

    state: str
    folds: Mapping[View, Fold]
    _places: dict[str, dict[str, int]] = field(default_factory=dict, compare=False, repr=False)

    def of(self, view: View, iri: str) -> int | None:
        """The number of the community that *iri* belongs to in *view*."""
        if view not in self._places:
            self._places[view] = {
                member: number
                for number, community in enumerate(self.folds[view].communities)
                for member in community.members
            }
        return self._places[view].get(iri)

    def text(self) -> str:
        """All of it as one line of JSON; see `from_text`."""
        folds = {view: asdict(fold) for view, fold in self.folds.items()}
        return json.dumps({"state": self.state, "folds": folds}, ensure_ascii=False)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """
        What `text` wrote.

        Raises:
            ValueError: It did not.
        """
        try:
            value: dict[str, Any] = json.loads(text)
            folds = {view: _fold(value["folds"][view]) for view in FOLDED}
            return cls(str(value["state"]), folds)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"no communities: {error}") from error


def _fold(value: dict[str, Any]) -> Fold:
    return Fold(
        tuple(
            Community(tuple(item["members"]), int(item["papers"])) for item in value["communities"]
        ),
        tuple((int(a), int(b), int(weight)) for a, b, weight in value["links"]),
        int(value["alone"]),
    )


def communities(corpus: Incidence, state: str) -> Communities:
    """The communities of *corpus*, which is *state*; 20,000 papers take about 4 s."""
    return Communities(state, {view: fold(corpus, kinds) for view, kinds in FOLDED.items()})


def fold(corpus: Incidence, kinds: Collection[NodeKind]) -> Fold:
    """
    The things of *kinds* by community: Louvain's method (Blondel and others 2008), joint papers as
    weights, from one seed.
    """
    links = joint(corpus, kinds)
    graph = nx.Graph()
    ends = zip(links.firsts.tolist(), links.seconds.tolist(), strict=True)
    # Nodes in one order: Louvain's result depends on it.
    graph.add_nodes_from(np.union1d(links.firsts, links.seconds).tolist())
    graph.add_weighted_edges_from(
        (first, second, weight)
        for (first, second), weight in zip(ends, links.weights.tolist(), strict=True)
    )
    chosen = corpus.links.of(corpus.of_kinds(kinds)[corpus.links.things])
    papers = np.bincount(chosen.things, minlength=len(corpus.things))
    groups = [
        sorted(group, key=lambda thing: (-int(papers[thing]), thing))
        for group in nx.community.louvain_communities(graph, seed=SEED)
    ]
    groups.sort(key=lambda group: (-len(group), -int(papers[group[0]]), group[0]))
    group_of = np.full(len(corpus.things), -1, np.int64)
    for number, group in enumerate(groups):
        group_of[group] = number
    keys = np.unique(group_of[chosen.things] * len(corpus.papers) + chosen.papers)
    on = Counter((keys // max(1, len(corpus.papers))).tolist())
    between = Counter(
        pair
        for pair in zip(
            group_of[links.firsts].tolist(), group_of[links.seconds].tolist(), strict=True
        )
        if pair[0] != pair[1] and max(pair) < MOST
    )
    weights: Counter[tuple[int, int]] = Counter()
    for (one, other), count in between.items():
        weights[min(one, other), max(one, other)] += count
    return Fold(
        communities=tuple(
            Community(tuple(corpus.things[thing] for thing in group), on[number])
            for number, group in enumerate(groups)
        ),
        links=tuple((one, other, weight) for (one, other), weight in sorted(weights.items())),
        alone=int((papers > 0).sum()) - len(graph),
    )


def folded(
    found: Communities, corpus: Incidence, view: View, *, limit: int | None = None
) -> nx.Graph:
    """
    The communities of *view* as a network of `limit` nodes, each by the IRI of its first member.

    Nodes have ``kind`` community, ``papers``, ``members`` (how many) and, as their label, who is
    strongest in them; the weight of a link counts the pairs of members, one in each, that share
    papers. ``graph.graph`` has ``more`` as `network.coauthors` says, and what was folded.
    """
    fold = found.folds[view]
    shown = fold.communities[:limit]
    graph = nx.Graph()
    for community in shown:
        named = [name(corpus, iri) for iri in community.members[:NAMED]]
        graph.add_node(
            community.members[0],
            kind="community",
            papers=community.papers,
            members=len(community.members),
            named=tuple(named),
            label=", ".join(named[:2]),
        )
    pairs = [link for link in fold.links if max(link[:2]) < len(shown)]
    weight_of = {(a, b): weight for a, b, weight in pairs}
    strength = sorted(
        weight_of,
        key=lambda pair: (
            -weight_of[pair] / (len(shown[pair[0]].members) * len(shown[pair[1]].members)) ** 0.5,
            pair,
        ),
    )
    kept = backbone(strength, LINKS_PER_NODE * len(shown))
    for a, b in kept:
        graph.add_edge(
            shown[a].members[0],
            shown[b].members[0],
            weight=weight_of[a, b],
            papers=(),
            first=None,
            last=None,
        )
    graph.graph.update(
        focus=None,
        more=len(fold.communities) - len(shown),
        lighter=len(pairs) - len(kept),
        communities=len(fold.communities),
        members=sum(len(community.members) for community in fold.communities),
        folded=sum(len(community.members) for community in shown),
        alone=fold.alone,
    )
    return graph


def name(corpus: Incidence, iri: str) -> str:
    """What *iri* is called; the end of it where *corpus*, which may be newer, lacks it."""
    number = corpus.thing_at.get(iri)
    return tail(iri) if number is None else corpus.labels[number]


def main(path: str) -> None:
    """Prints the communities of the newest snapshot of the store at *path*."""
    with newest_state(path, memory_mb=MEMORY_MB, seconds=SECONDS) as (snapshot, state):
        corpus = Incidence.read(snapshot)
    print(communities(corpus, state).text(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
