"""Which papers are near a paper, and why: what both name, who wrote both."""

from dataclasses import dataclass

import numpy as np

from .catalogue import Catalogue, Named
from .ties import foremost

# Metrics are left out: that two papers report accuracy relates nothing.
KINDS = ("author", "method", "dataset", "task")

# As many as a page shows.
SHOWN = 8

# What more papers share says little, and takes long to follow.
COMMON = 5_000


@dataclass(frozen=True, slots=True)
class RelatedPaper:
    """
    A paper that shares *concepts* and *authors* with another, the rarest first.

    *weight* adds up how rare they are: see `scholargraph.graph.ties.Ties.rarity`.
    """

    iri: str
    title: str
    date: str | None
    weight: float
    concepts: tuple[Named, ...]
    authors: tuple[Named, ...]


def related_papers(catalogue: Catalogue, paper: str) -> tuple[RelatedPaper, ...]:
    """The papers nearest to *paper*, nearest first; equals by their IRI."""
    ties = catalogue.ties
    things = [thing for thing in ties.things(paper) if catalogue.kind_at[thing] in KINDS]
    things.sort(key=lambda thing: (-ties.rarity(thing), thing))
    weights = np.full(len(ties.paper_iris), -1.0)  # what shares nothing; 0 is what all share
    for thing in things:
        sharing = ties.papers_with(thing)
        if len(sharing) <= COMMON:
            weights[sharing] = np.maximum(weights[sharing], 0) + ties.rarity(thing)
    if paper in ties.paper_at:
        weights[ties.paper_at[paper]] = -1
    near = foremost(weights + 1, SHOWN).tolist()
    nearest = [(-float(weights[other]), ties.paper_iris[other]) for other in near]
    return tuple(
        _related(catalogue, things, other, -weight) for weight, other in sorted(nearest)[:SHOWN]
    )


def _related(catalogue: Catalogue, things: list[str], other: str, weight: float) -> RelatedPaper:
    on_it = set(catalogue.ties.things(other))
    shared = [Named(thing, catalogue.name(thing)) for thing in things if thing in on_it]
    return RelatedPaper(
        iri=other,
        title=catalogue.name(other),
        date=catalogue.paper_at[other].date,
        weight=round(weight, 2),
        concepts=tuple(thing for thing in shared if catalogue.kind_at[thing.iri] != "author"),
        authors=tuple(thing for thing in shared if catalogue.kind_at[thing.iri] == "author"),
    )
