"""Who wrote which papers, and what these name: every tie of the graph, in memory."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .entities import LINKS
from .incidence import Numbers, on_papers
from .store import Snapshot


@dataclass(frozen=True, slots=True)
class Ties:
    """
    What stands on each paper (its authors, the concepts that it names), and the papers of each.

    Papers are numbered in the order that they were given in, things in that of their IRIs. Paper
    *p* has the things ``on_paper[paper_ends[p]:paper_ends[p + 1]]``, and thing *t* the papers
    ``papers_of[thing_ends[t]:thing_ends[t + 1]]``; both are in order.
    """

    paper_iris: Sequence[str]
    thing_iris: Sequence[str]
    paper_at: Mapping[str, int]
    thing_at: Mapping[str, int]
    on_paper: NDArray[np.int32]
    paper_ends: Numbers
    papers_of: NDArray[np.int32]
    thing_ends: Numbers

    @classmethod
    def of(cls, things: Mapping[str, Iterable[str]]) -> "Ties":
        """The ties of papers, each of which has these *things*."""
        papers = list(things)
        found = {paper: set(on_it) for paper, on_it in things.items()}
        iris = sorted(set().union(*found.values()))
        thing_at = {thing: number for number, thing in enumerate(iris)}
        counts = [len(on_it) for on_it in found.values()]
        by_paper = np.repeat(np.arange(len(papers), dtype=np.int32), counts)
        numbers = (thing_at[thing] for on_it in found.values() for thing in on_it)
        by_thing = np.fromiter(numbers, np.int32, len(by_paper))
        by_thing = by_thing[np.lexsort((by_thing, by_paper))]
        order = np.argsort(by_thing, kind="stable")
        return cls(
            paper_iris=papers,
            thing_iris=iris,
            paper_at={paper: number for number, paper in enumerate(papers)},
            thing_at=thing_at,
            on_paper=by_thing,
            paper_ends=np.concatenate(([0], np.cumsum(counts, dtype=np.int64))),
            papers_of=by_paper[order],
            thing_ends=np.searchsorted(by_thing[order], np.arange(len(iris) + 1)),
        )

    def things(self, paper: str) -> tuple[str, ...]:
        """Authors and concepts of *paper*."""
        number = self.paper_at.get(paper)
        return () if number is None else tuple(self.thing_iris[n] for n in self.things_on(number))

    def papers(self, thing: str) -> tuple[str, ...]:
        """The papers that *thing* wrote, or that name it."""
        return tuple(self.paper_iris[number] for number in self.papers_with(thing))

    def things_on(self, paper: int) -> NDArray[np.int32]:
        """The numbers of the things on the paper of this number."""
        return self.on_paper[self.paper_ends[paper] : self.paper_ends[paper + 1]]

    def papers_with(self, thing: str) -> NDArray[np.int32]:
        """The numbers of the papers of *thing*."""
        number = self.thing_at.get(thing)
        if number is None:
            return self.papers_of[:0]
        return self.papers_of[self.thing_ends[number] : self.thing_ends[number + 1]]

    def together(self, things: Iterable[str]) -> tuple[str, ...]:
        """The papers that all of *things* stand on."""
        found = [self.papers_with(thing) for thing in things]
        if not found:
            return ()
        common = reduce(lambda left, right: np.intersect1d(left, right, assume_unique=True), found)
        return tuple(self.paper_iris[number] for number in common)

    def numbers(self, papers: Iterable[str]) -> Numbers:
        """The numbers of *papers*."""
        return np.array([self.paper_at[paper] for paper in papers], np.int64)

    def beside(self, papers: Numbers) -> Numbers:
        """On how many of the papers of these numbers each thing stands, by its number."""
        return np.bincount(self.links(papers)[1], minlength=len(self.thing_iris))

    def links(self, papers: Numbers) -> tuple[Numbers, NDArray[np.int32]]:
        """The things on the papers of these numbers, and for each which of these it is on."""
        begins = self.paper_ends[papers]
        counts = self.paper_ends[papers + 1] - begins
        which = np.repeat(np.arange(len(papers)), counts)
        before = np.cumsum(counts) - counts
        return which, self.on_paper[np.arange(len(which)) + (begins - before)[which]]

    def rarity(self, thing: str) -> float:
        """
        The weight of sharing *thing*: the logarithm of all papers over its own.

        It is the inverse document frequency (Spärck Jones 1972); 0 for what stands on every paper.
        """
        own = len(self.papers_with(thing))
        return math.log(len(self.paper_iris) / own) if own else 0.0


def foremost(scores: NDArray[np.number[Any]], most: int | None = None) -> Numbers:
    """
    Where the *most* greatest of *scores* are, and all that equal the last of them; none that is 0.

    >>> foremost(np.array([1, 3, 0, 2, 2]), 2)
    array([1, 3, 4])
    """
    found: Numbers = np.flatnonzero(scores)
    if most is None or len(found) <= most:
        return found
    chosen: Numbers = found[scores[found] >= np.partition(scores[found], -most)[-most]]
    return chosen


def ties(snapshot: Snapshot, papers: Sequence[str]) -> Ties:
    """The ties of *papers* in *snapshot*; half a second at 20,000 papers."""
    things: dict[str, list[str]] = {paper: [] for paper in papers}
    for kind in LINKS:
        for paper, found in on_papers(snapshot, kind).items():
            if paper in things:
                things[paper] += found
    return Ties.of(things)
