"""What stands behind a link of a network: the papers, and the sentences that say so."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from pyoxigraph import NamedNode

from . import vocab as v
from .entities import (
    ALL_YEARS,
    CONCEPT_KINDS,
    LINKS,
    Entity,
    NodeKind,
    Years,
    listed,
    value_of,
    year_of,
    years_of,
)
from .store import Snapshot


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a sentence; *kind* where it mentions one of the two ends."""

    text: str
    kind: NodeKind | None = None


@dataclass(frozen=True, slots=True)
class Sentence:
    """
    A sentence that mentions an end of the link, in stretches that join to its text.

    *relations* are what it states between the two, by the local name of the property
    (``evaluatedOn``), with 'inverse' where the second end is the subject.
    """

    field: str
    spans: tuple[Span, ...]
    relations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Witness:
    """A paper that has both ends of a link; its sentences about them, the telling ones first."""

    iri: str
    title: str
    year: int | None
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why *a* and *b* are linked: the newest papers; *more* counts those left out."""

    a: Entity
    b: Entity
    papers: tuple[Witness, ...]
    more: int


def evidence(
    snapshot: Snapshot,
    a: Entity,
    b: Entity,
    *,
    years: Years = ALL_YEARS,
    among: Collection[str] | None = None,
    limit: int = 50,
) -> Evidence:
    """
    The papers, newest first, that link *a* and *b*, with at most *limit* of them told.

    With *among* only papers among these.
    """
    found = _papers(snapshot, a, b)
    admitted = [
        paper for paper in found if years.admits(paper[2]) and (among is None or paper[0] in among)
    ]
    admitted.sort(key=lambda paper: (-(paper[2] or 0), paper[1], paper[0]))
    shown = admitted[:limit]
    ends = [end for end in (a, b) if end.kind in CONCEPT_KINDS]
    sentences = _sentences(snapshot, [iri for iri, _, _ in shown], ends)
    papers = tuple(
        Witness(iri, title, year, tuple(sentences.get(iri, ()))) for iri, title, year in shown
    )
    return Evidence(a, b, papers, len(admitted) - len(shown))


def witness(snapshot: Snapshot, paper: Entity, ends: Collection[Entity]) -> Witness:
    """*paper*, and its sentences about the concepts among *ends*."""
    named = [end for end in ends if end.kind in CONCEPT_KINDS]
    sentences = _sentences(snapshot, [paper.iri], named).get(paper.iri, ())
    year = years_of(snapshot, [paper.iri]).get(paper.iri)
    return Witness(paper.iri, paper.label, year, tuple(sentences))


def _papers(snapshot: Snapshot, a: Entity, b: Entity) -> list[tuple[str, str, int | None]]:
    patterns = []
    for end in dict.fromkeys((a, b)):
        if end.kind == "paper":
            patterns.append(f"VALUES ?paper {{ {NamedNode(end.iri)} }}")
        else:
            patterns.append(f"?paper {LINKS[end.kind]} {NamedNode(end.iri)} .")
    rows = snapshot.select(
        f"""
        SELECT ?paper (MIN(?name) AS ?title) (MIN(?date) AS ?issued) WHERE {{
          {" ".join(patterns)}
          ?paper {v.TYPE} {v.ARTICLE}
          OPTIONAL {{ ?paper {v.TITLE} ?name }}
          OPTIONAL {{ ?paper {v.ISSUED} ?issue BIND(STR(?issue) AS ?date) }}
        }} GROUP BY ?paper"""
    )
    return [
        (value_of(row["paper"]), value_of(row["title"]), year_of(value_of(row["issued"])))
        for row in rows
    ]


def _sentences(
    snapshot: Snapshot, papers: Collection[str], ends: Collection[Entity]
) -> dict[str, list[Sentence]]:
    if not papers or not ends:
        return {}
    among = f"VALUES ?paper {{ {listed(papers)} }}"
    # Every branch is whole: what stands outside a UNION is joined after it, over the whole graph.
    mentions = " UNION ".join(
        f"""{{ {among} ?mention {v.OF_CONCEPT} {NamedNode(end.iri)} ; {v.PART_OF} ?paper ;
                 {v.IN_SENTENCE} ?place ; {v.START} ?start ; {v.END} ?end .
               ?place {v.VALUE} ?text ; {v.START} ?offset ; {v.FIELD} ?field
               BIND("{end.kind}" AS ?kind) BIND({number} AS ?which) }}"""
        for number, end in enumerate(ends)
    )
    rows = snapshot.select(
        f"""
        SELECT ?paper ?place ?kind ?which ?start ?end ?text ?offset ?field
        WHERE {{ {mentions} }}"""
    )
    relations = _relations(snapshot, among, ends)
    marks: dict[str, set[tuple[int, int, str]]] = defaultdict(set)
    mentioned: dict[str, set[str]] = defaultdict(set)
    places: dict[str, tuple[str, str, int, str]] = {}
    for row in rows:
        place, offset = value_of(row["place"]), int(value_of(row["offset"]))
        places[place] = (
            value_of(row["paper"]),
            value_of(row["field"]),
            offset,
            value_of(row["text"]),
        )
        mentioned[place].add(value_of(row["which"]))
        start, end = int(value_of(row["start"])), int(value_of(row["end"]))
        marks[place].add((start - offset, end - offset, value_of(row["kind"])))
    # First what states a relation, then what mentions both ends, then in reading order.
    telling = sorted(
        places,
        key=lambda place: (
            place not in relations,
            -len(mentioned[place]),
            places[place][1] != "title",
            places[place][2],
            place,
        ),
    )
    found: dict[str, list[Sentence]] = defaultdict(list)
    for place in telling:
        paper, field, _, text = places[place]
        found[paper].append(
            Sentence(field, _spans(text, marks[place]), tuple(relations.get(place, ())))
        )
    return found


def _relations(snapshot: Snapshot, among: str, ends: Collection[Entity]) -> dict[str, list[str]]:
    """What each sentence states between the two *ends*; nothing where one is no concept."""
    if len(ends) != 2:
        return {}
    a, b = (NamedNode(end.iri) for end in ends)
    both_ways = " UNION ".join(
        f"""{{ {among} ?statement {v.SUBJECT} {subject} ; {v.OBJECT} {object} ;
                 {v.PART_OF} ?paper ; {v.PREDICATE} ?predicate ; {v.IN_SENTENCE} ?place
               BIND({inverse} AS ?inverse) }}"""
        for subject, object, inverse in ((a, b, "false"), (b, a, "true"))
    )
    rows = snapshot.select(
        f"""
        SELECT DISTINCT ?place ?predicate ?inverse
        WHERE {{ {both_ways} }} ORDER BY ?place ?predicate ?inverse"""
    )
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        name = value_of(row["predicate"]).rpartition("#")[2]
        inverse = " inverse" if value_of(row["inverse"]) == "true" else ""
        found[value_of(row["place"])].append(name + inverse)
    return found


def _spans(text: str, marks: Collection[tuple[int, int, str]]) -> tuple[Span, ...]:
    """*text* cut at its *marks*; of two that overlap the one that begins first stays."""
    spans, last = [], 0
    for start, end, kind in sorted(marks, key=lambda mark: (mark[0], -mark[1])):
        if start < last:
            continue
        spans += [Span(text[last:start]), Span(text[start:end], kind)]  # type: ignore[arg-type]
        last = end
    return tuple(span for span in [*spans, Span(text[last:])] if span.text)
