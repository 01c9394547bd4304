"""What the graph knows of one method, dataset, task or metric."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from pyoxigraph import NamedNode

from . import vocab as v
from .articles import Properties, Result
from .catalogue import Catalogue, Counted, Listed, Named, counted, ending, papers_a_year
from .incidence import Mask, Numbers
from .questions import rows, rows_among
from .store import Snapshot
from .tallies import Form, Tally, tally
from .ties import foremost

# How many papers with their sentences one page shows.
PAGE = 25

# How many of each kind stand beside it.
BESIDE = 24

# Of each side in the table of what meets what.
ROWS, COLUMNS = 12, 8

# What the table of a concept has at its side and at its top: what the concept itself is not.
SIDES = {
    "method": ("dataset", "task"),
    "metric": ("dataset", "task"),
    "dataset": ("method", "task"),
    "task": ("method", "dataset"),
}


# What a result claim is shown by, at least.
CLAIM = {"value", "change", "exact", "start", "end", "confidence", "offset"}


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence of a paper's *field* that names the concept, at *start* to *end* within it."""

    sentence: str
    start: int
    end: int
    field: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Using:
    """A paper that names the concept; *evidence* only for papers on the page asked for."""

    iri: str
    title: str
    date: str | None
    introduces: bool
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Related:
    """
    A relation to *other* that *times* sentences state, with the surest of them.

    *forward* tells whether the concept is the relation's subject.
    """

    predicate: str
    forward: bool
    other: Named
    times: int
    paper: Named
    sentence: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Matrix:
    """
    In how many papers the concept is named with a thing of *rows* and one of *columns*.

    *counts* has a row for each of *rows*; *more* is how many of both kinds found no room.
    """

    side: str
    top: str
    rows: tuple[Named, ...]
    columns: tuple[Named, ...]
    counts: tuple[tuple[int, ...], ...]
    more: int


@dataclass(frozen=True, slots=True)
class Concept:
    """
    A concept's page; *papers* of the page asked for, *paper_count* of all.

    *families* are the models that it is a size of, *sizes* those that are sizes of it. *neighbours*
    are the authors and concepts of its papers, by kind, `BESIDE` of each.
    """

    iri: str
    name: str
    names: tuple[str, ...]
    abbreviations: tuple[str, ...]
    forms: tuple[Form, ...]
    introduced_by: tuple[Using, ...]
    papers: tuple[Using, ...]
    paper_count: int
    years: tuple[tuple[int, int], ...]
    families: tuple[Counted, ...]
    sizes: tuple[Counted, ...]
    neighbours: dict[str, tuple[Counted, ...]]
    matrix: Matrix | None
    relations: tuple[Related, ...]
    results: tuple[tuple[Named, Result], ...]


def concept(
    snapshot: Snapshot,
    iri: NamedNode,
    kind: str,
    catalogue: Catalogue,
    properties: Properties,
    *,
    tallied: Tally | None = None,
    page: int = 1,
) -> Concept:
    """
    The concept *iri* of *kind*, of which the graph says *properties* directly.

    What is *tallied* already is not counted again.
    """
    papers = [catalogue.papers[number] for number in catalogue.ties.papers_with(iri.value).tolist()]
    introducing = {row.text("paper") for row in rows(snapshot, "concept_introduced", concept=iri)}
    shown = papers[(page - 1) * PAGE : page * PAGE]
    sentences = _evidence(snapshot, iri, shown)

    def using(paper: Listed) -> Using:
        evidence = tuple(sentences.get(paper.iri, ()))
        return Using(paper.iri, paper.title, paper.date, paper.iri in introducing, evidence)

    label = next(iter(properties.get(v.LABEL.value, ())), None)
    sized = list(rows(snapshot, "concept_sizes", concept=iri))
    everywhere = [paper.iri for paper in papers]
    tallied = tallied or tally(snapshot, iri)
    return Concept(
        iri=iri.value,
        name=label or ending(iri.value),
        names=tuple(sorted(properties.get(v.ALT_LABEL.value, ()))),
        abbreviations=tuple(sorted(properties.get(v.ABBREVIATION.value, ()))),
        forms=tallied.forms,
        introduced_by=tuple(
            Using(paper.iri, paper.title, paper.date, True)
            for paper in papers
            if paper.iri in introducing
        ),
        papers=tuple(using(paper) for paper in shown),
        paper_count=len(papers),
        years=papers_a_year(paper.date for paper in papers),
        families=tuple(counted(row, "other") for row in sized if row.truth("wider")),
        sizes=tuple(counted(row, "other") for row in sized if not row.truth("wider")),
        neighbours=catalogue.beside(everywhere, iri.value, most=BESIDE),
        matrix=_matrix(catalogue, catalogue.ties.numbers(everywhere), *SIDES[kind]),
        relations=_relations(tallied, catalogue),
        results=claimed(tallied.results, tallied.said, catalogue),
    )


def _matrix(catalogue: Catalogue, papers: Numbers, side: str, top: str) -> Matrix | None:
    """What of *side* and of *top* meet on *papers*, most often first; None where nothing does."""
    ties = catalogue.ties
    which, things = ties.links(papers)
    down, across = catalogue.of_kind(side)[things], catalogue.of_kind(top)[things]

    def meetings(ends: Mask, others: Mask) -> Numbers:
        """With how many of *others*, over all papers, each thing among *ends* stands."""
        beside = np.bincount(which[others], minlength=len(papers))
        found = np.bincount(things[ends], beside[which[ends]], len(ties.thing_iris))
        return found.astype(np.int64)

    def ranked(meetings: Numbers, most: int) -> list[tuple[Named, int]]:
        found = [
            (-int(meetings[number]), catalogue.name(iri), iri, number)
            for number in foremost(meetings, most).tolist()
            for iri in (ties.thing_iris[number],)
        ]
        return [(Named(iri, name), number) for _, name, iri, number in sorted(found)[:most]]

    met = meetings(across, down)
    if not met.any():
        return None
    tops = ranked(met, COLUMNS)
    chosen = np.isin(things, [number for _, number in tops])
    sides = ranked(meetings(down, chosen), ROWS)  # no row without a number

    def standing(ends: list[tuple[Named, int]]) -> Numbers:
        """For each of *ends* and each of *papers*, 1 where the one stands on the other."""
        marks = np.zeros((len(ends), len(papers)), np.int64)
        for mark, (_, number) in zip(marks, ends, strict=True):
            mark[which[things == number]] = 1
        return marks

    counts = standing(sides) @ standing(tops).T
    every = np.count_nonzero(meetings(down, across)) + np.count_nonzero(met)
    return Matrix(
        side=side,
        top=top,
        rows=tuple(thing for thing, _ in sides),
        columns=tuple(thing for thing, _ in tops),
        counts=tuple(map(tuple, counts.tolist())),
        more=int(every) - len(sides) - len(tops),
    )


def _evidence(
    snapshot: Snapshot, iri: NamedNode, papers: Collection[Listed]
) -> dict[str, list[Evidence]]:
    """The sentences of *papers* that name a concept, in reading order by paper."""
    found: dict[str, list[Evidence]] = {}
    # The concept among the values, too, would have all its mentions read.
    among = {"paper": [paper.iri for paper in papers]}
    for row in rows_among(snapshot, "evidence", among, concept=iri):
        offset = row.integer("offset")
        evidence = Evidence(
            sentence=row.text("sentence"),
            start=row.integer("start") - offset,
            end=row.integer("end") - offset,
            field=row.text("field"),
            confidence=float(row.decimal("confidence")),
        )
        found.setdefault(row.text("paper"), []).append(evidence)
    return found


def _relations(tallied: Tally, catalogue: Catalogue) -> tuple[Related, ...]:
    found = [
        Related(
            predicate=link.predicate,
            forward=link.forward,
            other=link.other,
            times=link.times,
            paper=Named(said["paper"], catalogue.name(said["paper"])),
            sentence=said["text"],
            confidence=link.confidence,
        )
        for link in tallied.links
        if (said := tallied.said.get(link.surest))
    ]
    found.sort(key=lambda item: (item.predicate, not item.forward, -item.times, -item.confidence))
    return tuple(found)


def claimed(
    nodes: Collection[str], about: Mapping[str, Mapping[str, str]], catalogue: Catalogue
) -> tuple[tuple[Named, Result], ...]:
    """The results *nodes*, each with its paper; *about* is what `said_of` found."""
    found = []
    for node in nodes:
        said = about.get(node, {})
        if not said.keys() >= CLAIM:
            continue
        claim = Result(
            iri=node,
            value=Decimal(said["value"]),
            unit=said.get("unit"),
            change=said["change"],
            exact=said["exact"],
            parts={
                part: Named(said[part], catalogue.name(said[part]))
                for part in v.RESULT_PARTS
                if part in said
            },
            confidence=float(said["confidence"]),
            sentence=said["text"],
            start=int(said["start"]) - int(said["offset"]),
            end=int(said["end"]) - int(said["offset"]),
        )
        found.append((Named(said["paper"], catalogue.name(said["paper"])), claim))
    return tuple(found)
