"""What the graph knows of one method, dataset, task or metric."""

from dataclasses import dataclass

from pyoxigraph import NamedNode

from . import vocab as v
from .articles import Properties, Result, named, result, result_parts
from .catalogue import Counted, Named, by_kind, counted, ending, name_of, papers_a_year
from .iris import Iris
from .questions import rows
from .store import Snapshot

# How many papers with their sentences one page shows.
PAGE = 25


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
class Concept:
    """
    A concept's page; *papers* of the page asked for, *paper_count* of all.

    *families* are the models that it is a size of, *sizes* those that are sizes of it.
    """

    iri: str
    name: str
    names: tuple[str, ...]
    abbreviations: tuple[str, ...]
    introduced_by: tuple[Using, ...]
    papers: tuple[Using, ...]
    paper_count: int
    years: tuple[tuple[int, int], ...]
    families: tuple[Counted, ...]
    sizes: tuple[Counted, ...]
    neighbours: dict[str, tuple[Counted, ...]]
    relations: tuple[Related, ...]
    results: tuple[tuple[Named, Result], ...]


def concept(
    snapshot: Snapshot, iri: NamedNode, iris: Iris, properties: Properties, *, page: int = 1
) -> Concept:
    """The concept *iri*, of which the graph says *properties* directly."""
    papers = _papers(snapshot, iri)
    shown = papers[(page - 1) * PAGE : page * PAGE]
    label = next(iter(properties.get(v.LABEL.value, ())), None)
    sized = list(rows(snapshot, "concept_sizes", concept=iri))
    return Concept(
        iri=iri.value,
        name=label or ending(iri.value),
        names=tuple(sorted(properties.get(v.ALT_LABEL.value, ()))),
        abbreviations=tuple(sorted(properties.get(v.ABBREVIATION.value, ()))),
        introduced_by=tuple(paper for paper in papers if paper.introduces),
        papers=tuple(_with_evidence(snapshot, iri, paper) for paper in shown),
        paper_count=len(papers),
        years=papers_a_year(paper.date for paper in papers),
        families=tuple(counted(row, "other") for row in sized if row.truth("wider")),
        sizes=tuple(counted(row, "other") for row in sized if not row.truth("wider")),
        neighbours=by_kind(
            (counted(row, "other") for row in rows(snapshot, "concept_neighbours", concept=iri)),
            iris,
        ),
        relations=_relations(snapshot, iri),
        results=_results(snapshot, iri),
    )


def _papers(snapshot: Snapshot, iri: NamedNode) -> tuple[Using, ...]:
    found = {}
    for row in rows(snapshot, "concept_papers", concept=iri):
        found[row.text("paper")] = Using(
            iri=row.text("paper"),
            title=name_of(row, "paper", "title"),
            date=row.maybe("issued"),
            introduces=row.truth("introduces"),
        )
    return tuple(found.values())


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
