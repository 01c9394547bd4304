"""What the graph knows of one method, dataset, task or metric."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from itertools import product

from pyoxigraph import NamedNode

from . import vocab as v
from .articles import Properties, Result, named, result
from .catalogue import Catalogue, Counted, Named, counted, ending, papers_a_year
from .entities import value_of
from .parts import FACTS
from .questions import rows
from .store import Snapshot

# How many papers with their sentences one page shows.
PAGE = 25

# Results that it shows, highest first, and how many of each kind stand beside it.
RESULTS = 60
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
    page: int = 1,
) -> Concept:
    """The concept *iri* of *kind*, of which the graph says *properties* directly."""
    papers = _papers(snapshot, iri, catalogue)
    shown = papers[(page - 1) * PAGE : page * PAGE]
    label = next(iter(properties.get(v.LABEL.value, ())), None)
    sized = list(rows(snapshot, "concept_sizes", concept=iri))
    everywhere = [paper.iri for paper in papers]
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
        neighbours=catalogue.beside(everywhere, iri.value, most=BESIDE),
        matrix=_matrix(catalogue, everywhere, *SIDES[kind]),
        relations=_relations(snapshot, iri, catalogue),
        results=_results(snapshot, iri, catalogue),
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


def _matrix(catalogue: Catalogue, papers: Collection[str], side: str, top: str) -> Matrix | None:
    """What of *side* and of *top* meet on *papers*, most often first; None where nothing does."""
    met: Counter[tuple[str, str]] = Counter()
    for paper in papers:
        things: dict[str, list[str]] = {side: [], top: []}
        for thing in catalogue.ties.things(paper):
            if (kind := catalogue.kind_at[thing]) in things:
                things[kind].append(thing)
        met.update(product(things[side], things[top]))
    if not met:
        return None

    def ranked(end: int, others: Collection[str]) -> list[Named]:
        """The things at one *end* of pairs, by the papers that they share with *others*."""
        meetings: Counter[str] = Counter()
        for pair, number in met.items():
            if pair[1 - end] in others:
                meetings[pair[end]] += number
        found = sorted((-number, catalogue.name(iri), iri) for iri, number in meetings.items())
        return [Named(iri, name) for _, name, iri in found]

    across = ranked(1, {one for one, _ in met})
    tops = tuple(across[:COLUMNS])
    down = ranked(0, {thing.iri for thing in tops})  # no row without a number
    sides = tuple(down[:ROWS])
    found_no_room = len({one for one, _ in met}) - len(sides) + len(across) - len(tops)
    return Matrix(
        side=side,
        top=top,
        rows=sides,
        columns=tops,
        counts=tuple(tuple(met[row.iri, column.iri] for column in tops) for row in sides),
        more=found_no_room,
    )


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


def _relations(snapshot: Snapshot, iri: NamedNode, catalogue: Catalogue) -> tuple[Related, ...]:
    found = []
    for query, forward in (("concept_relations", True), ("concept_inverse_relations", False)):
        for row in rows(snapshot, query, concept=iri):
            confidence, _, surest = row.text("surest").partition(" ")
            # A query for each of 40 statements would take ten times as long.
            statement = NamedNode(surest)
            paper = _object(snapshot, statement, v.PART_OF)
            sentence = _object(snapshot, statement, v.IN_SENTENCE)
            if paper and sentence:
                related = Related(
                    predicate=ending(row.text("predicate")),
                    forward=forward,
                    other=named(row, "other", "label"),
                    times=row.integer("times"),
                    paper=Named(paper, catalogue.name(paper)),
                    sentence=_object(snapshot, NamedNode(sentence), v.VALUE),
                    confidence=float(confidence),
                )
                found.append(related)
    found.sort(key=lambda item: (item.predicate, not item.forward, -item.times, -item.confidence))
    return tuple(found)


def _object(snapshot: Snapshot, subject: NamedNode, predicate: NamedNode) -> str:
    quads = snapshot.quads(subject, predicate, None, FACTS)
    return value_of(quads[0].object) if quads else ""


def _results(
    snapshot: Snapshot, iri: NamedNode, catalogue: Catalogue
) -> tuple[tuple[Named, Result], ...]:
    found: dict[str, tuple[Named, Result]] = {}
    for row in rows(snapshot, "concept_results", concept=iri):
        node = row.text("result")
        if node not in found and len(found) < RESULTS:
            parts = {node: _parts(snapshot, NamedNode(node), catalogue)}
            found[node] = named(row, "paper", "title"), result(row, parts)
    return tuple(found.values())


def _parts(snapshot: Snapshot, node: NamedNode, catalogue: Catalogue) -> dict[str, Named]:
    roles = {role: part for part, role in v.RESULT_PARTS.items()}
    return {
        roles[quad.predicate]: Named(thing, catalogue.name(thing))
        for quad in snapshot.quads(node, None, None, FACTS)
        if quad.predicate in roles and (thing := value_of(quad.object))
    }
