"""Which things stand on which papers, as arrays: what every network of a snapshot is drawn from."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np
from numpy.typing import NDArray
from pyoxigraph import NamedNode

from . import vocab as v
from .entities import LINKS, NAMES, NODE_KINDS, NodeKind, Years, tail, value_of, year_of
from .store import Snapshot

Numbers = NDArray[np.int64]
Mask = NDArray[np.bool_]

# A paper of 3,000 authors would add 4.5 million links that say little about who works with whom.
CONSORTIUM = 100

# Years are small numbers; this one is no year.
UNDATED = 0


@dataclass(frozen=True, slots=True)
class Marks:
    """
    Some of the links between papers and things: *papers* and *things* are numbers of both.

    They come in the order of the papers, and of one paper in the order of the things.
    """

    papers: Numbers
    things: Numbers

    def of(self, chosen: Mask) -> "Marks":
        """Those where *chosen*, one truth for each, says so."""
        return Marks(self.papers[chosen], self.things[chosen])


@dataclass(frozen=True)
class Incidence:
    """
    The papers of a snapshot and the authors and concepts on them; things and papers by IRI, in
    order, so that their numbers are in order too.

    *name* is the snapshot's. *links* are all there are; *sure* is how confident the surest mention
    is by which a paper names a concept, from 0 to 1; 1 for authors, and for a concept that no
    mention explains. 20,000 papers are read in 2 s and take 40 MB.
    """

    name: str
    papers: list[str]
    titles: list[str]
    years: Numbers
    things: list[str]
    labels: list[str]
    kinds: NDArray[np.int8]
    links: Marks
    sure: NDArray[np.float32]

    @classmethod
    def read(cls, snapshot: Snapshot, kinds: Collection[NodeKind] = tuple(LINKS)) -> "Incidence":
        """Everything of *kinds* in *snapshot*, with all papers that have any of it."""
        on_paper = {kind: on_papers(snapshot, kind) for kind in LINKS if kind in kinds}
        papers = sorted({paper for found in on_paper.values() for paper in found})
        kind_of = {
            thing: kind
            for kind, found in on_paper.items()
            for things in found.values()
            for thing in things
        }
        things = sorted(kind_of)
        paper_at = {paper: number for number, paper in enumerate(papers)}
        thing_at = {thing: number for number, thing in enumerate(things)}
        keys = np.unique(
            np.array(
                [
                    paper_at[paper] * len(things) + thing_at[thing]
                    for found in on_paper.values()
                    for paper, on_it in found.items()
                    for thing in on_it
                ],
                np.int64,
            )
        )
        links = Marks(*np.divmod(keys, max(1, len(things))))
        sure = np.ones(len(keys), np.float32)
        if len(keys) and on_paper.keys() - {"author"}:
            found_at, confidences = _confidences(snapshot, paper_at, thing_at)
            places = np.minimum(np.searchsorted(keys, found_at), len(keys) - 1)
            known = keys[places] == found_at
            sure[places[known]] = 0
            np.maximum.at(sure, places[known], confidences[known])
        names = {predicate for kind, predicate in NAMES.items() if kind in on_paper}
        labels = _labels(snapshot, names, things)
        return cls(
            name=snapshot.name,
            papers=papers,
            titles=_labels(snapshot, [NAMES["paper"]], papers),
            years=_years(snapshot, papers),
            things=things,
            labels=labels,
            kinds=np.array([NODE_KINDS.index(kind_of[thing]) for thing in things], np.int8),
            links=links,
            sure=sure,
        )

    def prepared(self) -> "Incidence":
        """This, with the indexes for which the first question would else wait."""
        _ = self.thing_at, self.paper_at, self.crowded, self._by_thing, self._by_paper
        return self

    @cached_property
    def thing_at(self) -> Mapping[str, int]:
        """The number of each thing."""
        return {thing: number for number, thing in enumerate(self.things)}

    @cached_property
    def paper_at(self) -> Mapping[str, int]:
        """The number of each paper."""
        return {paper: number for number, paper in enumerate(self.papers)}

    @cached_property
    def crowded(self) -> Mask:
        """The papers of more than `CONSORTIUM` authors."""
        authors = self.kinds[self.links.things] == NODE_KINDS.index("author")
        return np.bincount(self.links.papers[authors], minlength=len(self.papers)) > CONSORTIUM

    @cached_property
    def _by_thing(self) -> tuple[Numbers, Numbers]:
        order = np.argsort(self.links.things, kind="stable")
        return order, np.searchsorted(self.links.things[order], np.arange(len(self.things) + 1))

    @cached_property
    def _by_paper(self) -> Numbers:
        return np.searchsorted(self.links.papers, np.arange(len(self.papers) + 1))

    def kind(self, thing: int) -> NodeKind:
        """What the thing of this number is."""
        return NODE_KINDS[int(self.kinds[thing])]

    def year(self, paper: int) -> int | None:
        """When the paper of this number appeared, None where nobody says."""
        return int(self.years[paper]) or None

    def span(self) -> tuple[int, int] | None:
        """The first and the last year of any paper."""
        dated = self.years[self.years != UNDATED]
        return (int(dated.min()), int(dated.max())) if len(dated) else None

    def of_kinds(self, kinds: Collection[NodeKind]) -> Mask:
        """The things of *kinds*."""
        wanted = np.array([kind in kinds for kind in NODE_KINDS], bool)
        return cast(Mask, wanted[self.kinds])

    def dated(self, years: Years) -> Mask:
        """The papers that *years* admit."""
        if years == Years():
            return np.ones(len(self.papers), bool)
        inside: Mask = self.years != UNDATED
        if years.first is not None:
            inside &= self.years >= years.first
        if years.last is not None:
            inside &= self.years <= years.last
        return inside

    def papers_of(self, thing: int, confidence: float = 0.0) -> Numbers:
        """The papers of a thing, in order, that name it at least so surely."""
        order, starts = self._by_thing
        here = order[starts[thing] : starts[thing + 1]]
        return self.links.papers[here[self.sure[here] >= confidence]]

    def things_on(self, paper: int, confidence: float = 0.0) -> Numbers:
        """The things on a paper, in order, that it names at least so surely."""
        here = slice(self._by_paper[paper], self._by_paper[paper + 1])
        return self.links.things[here][self.sure[here] >= confidence]


def on_papers(snapshot: Snapshot, kind: NodeKind) -> dict[str, list[str]]:
    """The things of *kind* on each paper that has any."""
    # One row a paper, since a term costs 2 µs: half the time of one row a thing.
    rows = snapshot.select(
        f"""
        SELECT ?paper (GROUP_CONCAT(STR(?thing); SEPARATOR=" ") AS ?things)
        WHERE {{ ?paper {LINKS[kind]} ?thing FILTER(isIRI(?thing)) }} GROUP BY ?paper"""
    )
    return {value_of(row["paper"]): value_of(row["things"]).split(" ") for row in rows}


def _confidences(
    snapshot: Snapshot, paper_at: Mapping[str, int], thing_at: Mapping[str, int]
) -> tuple[Numbers, NDArray[np.float32]]:
    """For each mention the key of its paper and concept, and how sure it is."""
    rows = snapshot.select(
        f"""
        SELECT ?concept (GROUP_CONCAT(CONCAT(STR(?paper), " ", STR(?sure)); SEPARATOR=" ") AS ?all)
        WHERE {{
          ?mention {v.OF_CONCEPT} ?concept ; {v.PART_OF} ?paper ; {v.CONFIDENCE} ?sure
        }} GROUP BY ?concept"""
    )
    keys: list[int] = []
    confidences: list[float] = []
    for row in rows:
        thing = thing_at.get(value_of(row["concept"]))
        parts = value_of(row["all"]).split(" ")
        if thing is None:
            continue
        for paper, sure in zip(parts[::2], parts[1::2], strict=True):
            number, confidence = paper_at.get(paper), _share(sure)
            if number is not None and confidence is not None:
                keys.append(number * len(thing_at) + thing)
                confidences.append(confidence)
    return np.array(keys, np.int64), np.array(confidences, np.float32)


def _share(text: str) -> float | None:
    """A number from 0 to 1; None for what an update may have put in its place."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0 <= number <= 1 else None


def _labels(snapshot: Snapshot, predicates: Iterable[NamedNode], iris: list[str]) -> list[str]:
    """What *iris* are called; the end of the IRI where nobody says."""
    named: dict[str, str] = {}
    for predicate in sorted({str(predicate) for predicate in predicates}):
        for row in snapshot.select(f"SELECT ?thing ?label WHERE {{ ?thing {predicate} ?label }}"):
            thing, label = value_of(row["thing"]), value_of(row["label"])
            # The same of several labels every time.
            named[thing] = max(named.get(thing, ""), label)
    return [named.get(iri) or tail(iri) for iri in iris]


def _years(snapshot: Snapshot, papers: list[str]) -> Numbers:
    rows = snapshot.select(f"SELECT ?paper ?issued WHERE {{ ?paper {v.ISSUED} ?issued }}")
    found: dict[str, int] = {}
    for row in rows:
        paper, year = value_of(row["paper"]), year_of(value_of(row["issued"]))
        if year is not None:
            found[paper] = min(year, found.get(paper, year))
    return np.array([found.get(paper, UNDATED) for paper in papers], np.int64)
