"""What the graph knows of one method, dataset, task or metric."""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from itertools import product

from pyoxigraph import NamedNode

from . import vocab as v
from .articles import Properties, Result, named, result, result_parts
from .catalogue import Catalogue, Counted, Named, counted, ending, papers_a_year
from .questions import rows
from .store import Snapshot

# How many papers with their sentences one page shows.
PAGE = 25

# How many of each kind stand beside it, and in the table of what meets what.
BESIDE = 60
ROWS, COLUMNS = 12, 8

# What the table of a concept has at its side and at its top: what the concept itself is not.
SIDES = {
    "method": ("dataset", "task"),
    "metric": ("dataset", "task"),
    "dataset": ("method", "task"),
    "task": ("method", "dataset"),
}


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
class Form:
    """A phrase by which papers name the concept, *times* in all, and the *rules* that joined it."""

    text: str
    rules: tuple[str, ...]
    times: int


@dataclass(frozen=True, slots=True)
class Matrix:
    """
    In how many papers the concept is named with a thing of *rows* and one of *columns*.

    *counts* has a row for each of *rows*; *more* is how many of both kinds found no room.
    """

    side: str
    top: str
    rows: tuple[Counted, ...]
    columns: tuple[Counted, ...]
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
    page: int = 1,
) -> Concept:
    """The concept *iri* of *kind*, of which the graph says *properties* directly."""
    papers = _papers(snapshot, iri, catalogue)
    shown = papers[(page - 1) * PAGE : page * PAGE]
    label = next(iter(properties.get(v.LABEL.value, ())), None)
    sized = list(rows(snapshot, "concept_sizes", concept=iri))
    beside = catalogue.beside((paper.iri for paper in papers), iri.value)
    return Concept(
        iri=iri.value,
        name=label or ending(iri.value),
        names=tuple(sorted(properties.get(v.ALT_LABEL.value, ()))),
        abbreviations=tuple(sorted(properties.get(v.ABBREVIATION.value, ()))),
        forms=_forms(snapshot, iri),
        introduced_by=tuple(paper for paper in papers if paper.introduces),
        papers=tuple(_with_evidence(snapshot, iri, paper) for paper in shown),
        paper_count=len(papers),
        years=papers_a_year(paper.date for paper in papers),
        families=tuple(counted(row, "other") for row in sized if row.truth("wider")),
        sizes=tuple(counted(row, "other") for row in sized if not row.truth("wider")),
        neighbours={kind: things[:BESIDE] for kind, things in beside.items()},
        matrix=_matrix(catalogue, [paper.iri for paper in papers], *SIDES[kind], beside),
        relations=_relations(snapshot, iri),
        results=_results(snapshot, iri),
    )


def _papers(snapshot: Snapshot, iri: NamedNode, catalogue: Catalogue) -> tuple[Using, ...]:
    introducing = {row.text("paper") for row in rows(snapshot, "concept_introduced", concept=iri)}
    listed = (catalogue.paper_at[paper] for paper in catalogue.ties.papers(iri.value))
    return tuple(
        Using(paper.iri, paper.title, paper.date, paper.iri in introducing) for paper in listed
    )


def _forms(snapshot: Snapshot, iri: NamedNode) -> tuple[Form, ...]:
    """Phrases, the most frequent first."""
    return tuple(
        Form(row.text("form"), tuple(sorted(row.text("rules").split())), row.integer("times"))
        for row in rows(snapshot, "concept_forms", concept=iri)
    )


def _matrix(
    catalogue: Catalogue,
    papers: Collection[str],
    side: str,
    top: str,
    beside: dict[str, tuple[Counted, ...]],
) -> Matrix | None:
    """What of *side* and of *top* meet on *papers*; None where nothing does."""
    met: Counter[tuple[str, str]] = Counter()
    for paper in papers:
        things: dict[str, list[str]] = {side: [], top: []}
        for thing in catalogue.ties.things(paper):
            if (kind := catalogue.kind_at[thing]) in things:
                things[kind].append(thing)
        met.update(product(things[side], things[top]))
    if not met:
        return None
    meetings: Counter[str] = Counter()
    for pair, number in met.items():
        meetings.update(dict.fromkeys(pair, number))
    down, across = (
        sorted((thing for thing in beside[kind] if thing.iri in meetings), key=_most(meetings))
        for kind in (side, top)
    )
    sides, tops = tuple(down[:ROWS]), tuple(across[:COLUMNS])
    return Matrix(
        side=side,
        top=top,
        rows=sides,
        columns=tops,
        counts=tuple(tuple(met[row.iri, column.iri] for column in tops) for row in sides),
        more=len(down) + len(across) - len(sides) - len(tops),
    )


def _most(meetings: Counter[str]) -> Callable[[Counted], int]:
    return lambda thing: -meetings[thing.iri]


def _with_evidence(snapshot: Snapshot, iri: NamedNode, paper: Using) -> Using:
    evidence = tuple(
        Evidence(
            sentence=row.text("sentence"),
            start=row.integer("start") - row.integer("offset"),
            end=row.integer("end") - row.integer("offset"),
            field=row.text("field"),
            confidence=float(row.decimal("confidence")),
        )
        for row in rows(snapshot, "evidence", concept=iri, paper=NamedNode(paper.iri))
    )
    return Using(paper.iri, paper.title, paper.date, paper.introduces, evidence)


def _relations(snapshot: Snapshot, iri: NamedNode) -> tuple[Related, ...]:
    found = []
    for query, forward in (("concept_relations", True), ("concept_inverse_relations", False)):
        for row in rows(snapshot, query, concept=iri):
            confidence, _, surest = row.text("surest").partition(" ")
            for said in rows(snapshot, "relation_evidence", relation=NamedNode(surest)):
                related = Related(
                    predicate=ending(row.text("predicate")),
                    forward=forward,
                    other=named(row, "other", "label"),
                    times=row.integer("times"),
                    paper=named(said, "paper", "title"),
                    sentence=said.text("sentence"),
                    confidence=float(confidence),
                )
                found.append(related)
    found.sort(key=lambda item: (item.predicate, not item.forward, -item.times, -item.confidence))
    return tuple(found)


def _results(snapshot: Snapshot, iri: NamedNode) -> tuple[tuple[Named, Result], ...]:
    claimed = rows(snapshot, "concept_results", concept=iri)
    if not claimed:
        return ()
    parts = result_parts(rows(snapshot, "concept_result_parts", concept=iri))
    found = {}
    for row in claimed:
        found[row.text("result")] = named(row, "paper", "title"), result(row, parts)
    return tuple(found.values())
