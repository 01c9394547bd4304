"""Two to five things side by side: what their papers share, and what only some of them have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from itertools import chain, combinations
from types import MappingProxyType

import numpy as np
from pyoxigraph import NamedNode

from scholargraph import ScholarGraphError

from .articles import Result
from .catalogue import KINDS, Catalogue, Named
from .concepts import claimed
from .incidence import Numbers
from .store import Snapshot
from .tallies import Tally, highest, said_of
from .ties import foremost

FEWEST, MOST = 2, 5

# Lines of each kind that a page can show; the rest is counted.
SHOWN = 40

# What stands beside things of a kind, in the order in which it is told.
BESIDE = ("dataset", "task", "method", "metric", "author")

# Results of each thing, the highest: as many as a concept's page shows.
HIGHEST = 60

_NOBODY = Named("", "")


class CompareError(ScholarGraphError):
    """What cannot be compared: too many things, unknown ones, or things of several kinds."""


@dataclass(frozen=True, slots=True)
class Column:
    """One of the things: how many papers it has, and the years of the first and the last."""

    iri: str
    name: str
    papers: int
    first: str | None
    last: str | None


@dataclass(frozen=True, slots=True)
class Line:
    """*thing*, and on how many papers of each column it stands."""

    thing: Named
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """
    Things of one kind: those *shared* by every column, those of *some*, those of *one* alone.

    *more* is how many lines found no room.
    """

    kind: str
    shared: tuple[Line, ...]
    some: tuple[Line, ...]
    one: tuple[Line, ...]
    more: int

    @property
    def groups(self) -> tuple[tuple[str, tuple[Line, ...]], ...]:
        """Each group that is not empty, by its name."""
        named = (("shared", self.shared), ("some", self.some), ("one", self.one))
        return tuple((name, lines) for name, lines in named if lines)


@dataclass(frozen=True, slots=True)
class Claim:
    """A result that *paper* claims."""

    paper: Named
    result: Result


@dataclass(frozen=True, slots=True)
class Rivalry:
    """
    Results of one metric, on one dataset and for one task as far as sentences say so, by column.

    *shared* tells whether more than one column claims any.
    """

    metric: Named | None
    dataset: Named | None
    task: Named | None
    claims: tuple[tuple[Claim, ...], ...]
    shared: bool


@dataclass(frozen=True, slots=True)
class Joint:
    """How many papers two of the things have in common."""

    first: Named
    second: Named
    papers: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Things of one *kind* side by side; every count is of papers in this graph."""

    kind: str
    columns: tuple[Column, ...]
    joint: tuple[Joint, ...]
    sections: tuple[Section, ...]
    results: tuple[Rivalry, ...]


def kind_of_all(catalogue: Catalogue, iris: Sequence[str]) -> str:
    """
    The kind that all of *iris* are of.

    Raises:
        CompareError: One is unknown, or they are of several kinds.
    """
    kinds = {}
    for iri in iris:
        kind = "paper" if iri in catalogue.paper_at else catalogue.kind_at.get(iri)
        if kind not in KINDS:
            raise CompareError(f"{iri} is no author, paper or concept of this graph")
        kinds[kind] = iri
    if len(kinds) > 1:
        several = " and ".join(f"a {kind}" for kind in kinds)
        raise CompareError(f"{several} have too little in common; compare things of one kind")
    return next(iter(kinds))


def comparison(
    snapshot: Snapshot,
    catalogue: Catalogue,
    iris: Sequence[str],
    tallied: Mapping[str, Tally | None] = MappingProxyType({}),
) -> Comparison:
    """
    *iris* side by side, in their order; results of concepts that are *tallied* are not sought anew.

    Raises:
        CompareError: They are too few or too many, unknown, or of several kinds.
    """
    if not FEWEST <= len(iris) <= MOST:
        raise CompareError(f"{len(iris)} things were given; {FEWEST} to {MOST} can be compared")
    kind = kind_of_all(catalogue, iris)
    papers = {iri: _papers(catalogue, kind, iri) for iri in iris}
    named = [Named(iri, catalogue.name(iri)) for iri in iris]
    joint = [
        Joint(one, other, len(set(papers[one.iri]) & set(papers[other.iri])))
        for one, other in combinations(named, 2)
    ]
    return Comparison(
        kind=kind,
        columns=tuple(_column(catalogue, thing, papers[thing.iri]) for thing in named),
        joint=() if kind == "paper" else tuple(joint),
        sections=_sections(catalogue, [papers[iri] for iri in iris], set(iris)),
        results=_results(snapshot, catalogue, kind, iris, tallied),
    )


def _papers(catalogue: Catalogue, kind: str, iri: str) -> tuple[str, ...]:
    return (iri,) if kind == "paper" else catalogue.ties.papers(iri)


def _column(catalogue: Catalogue, thing: Named, papers: Sequence[str]) -> Column:
    years = sorted(date[:4] for paper in papers if (date := catalogue.paper_at[paper].date))
    first, last = (years[0], years[-1]) if years else (None, None)
    return Column(thing.iri, thing.name, len(papers), first, last)


def _sections(
    catalogue: Catalogue, papers: Sequence[Sequence[str]], without: set[str]
) -> tuple[Section, ...]:
    ties = catalogue.ties
    counts = np.stack([ties.beside(ties.numbers(found)) for found in papers])
    counts[:, [ties.thing_at[iri] for iri in without if iri in ties.thing_at]] = 0
    sections = (_section(catalogue, kind, counts * catalogue.of_kind(kind)) for kind in BESIDE)
    return tuple(section for section in sections if section is not None)


def _section(catalogue: Catalogue, kind: str, counts: Numbers) -> Section | None:
    """What most columns have comes first, then what stands on most papers."""

    def rank(line: Line) -> tuple[int, int, str, str]:
        return -_having(line), -sum(line.counts), line.thing.name.casefold(), line.thing.iri

    sums = counts.sum(axis=0)
    every, having = len(counts), (counts > 0).sum(axis=0)
    lines = []
    for thing in foremost(having * (int(sums.max(initial=0)) + 1) + sums, SHOWN).tolist():
        iri = catalogue.ties.thing_iris[thing]
        lines.append(Line(Named(iri, catalogue.name(iri)), tuple(counts[:, thing].tolist())))
    if not lines:
        return None
    lines.sort(key=rank)
    shown = lines[:SHOWN]
    return Section(
        kind=kind,
        shared=tuple(line for line in shown if _having(line) == every),
        some=tuple(line for line in shown if 1 < _having(line) < every),
        one=tuple(line for line in shown if _having(line) == 1),
        more=int(np.count_nonzero(sums)) - len(shown),
    )


def _having(line: Line) -> int:
    return sum(count > 0 for count in line.counts)


Place = tuple[Named | None, Named | None, Named | None]


def _results(
    snapshot: Snapshot,
    catalogue: Catalogue,
    kind: str,
    iris: Sequence[str],
    tallied: Mapping[str, Tally | None],
) -> tuple[Rivalry, ...]:
    places: dict[Place, list[list[Claim]]] = {}
    for number, iri in enumerate(iris):
        for claim in _claims(snapshot, catalogue, kind, iri, tallied.get(iri)):
            parts = claim.result.parts
            place = parts.get("metric"), parts.get("dataset"), parts.get("task")
            if any(place):  # a number of nothing cannot be held against another
                places.setdefault(place, [[] for _ in iris])[number].append(claim)
    found = [
        Rivalry(*place, tuple(map(tuple, claims)), sum(map(bool, claims)) > 1)
        for place, claims in places.items()
    ]
    found.sort(key=lambda rivalry: (not rivalry.shared, [_name(part) for part in _place(rivalry)]))
    return tuple(found[:SHOWN])


def _place(rivalry: Rivalry) -> Place:
    return rivalry.metric, rivalry.dataset, rivalry.task


def _name(part: Named | None) -> str:
    return part.name.casefold() if part else "\U0010ffff"


def _claims(
    snapshot: Snapshot, catalogue: Catalogue, kind: str, iri: str, tallied: Tally | None
) -> list[Claim]:
    """What a paper or an author's papers claim, or what is claimed of a concept."""
    if kind in ("paper", "author"):
        papers = _papers(catalogue, kind, iri)
        every = chain.from_iterable(catalogue.claims.get(paper, ()) for paper in papers)
        ranked = nsmallest(HIGHEST, every, key=lambda claim: (-claim[0], claim[1]))
        nodes: Sequence[str] = [node for _, node in ranked]
    else:
        nodes = tallied.results if tallied else highest(snapshot, NamedNode(iri))
    about = tallied.said if tallied else said_of(snapshot, nodes)
    # Named as the baseline, it is not the one whose value this is.
    return [
        Claim(paper, read)
        for paper, read in claimed(nodes, about, catalogue)
        if kind != "method" or read.parts.get("method", _NOBODY).iri == iri
    ]
