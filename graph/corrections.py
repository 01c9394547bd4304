"""
Corrections: what a person, or a rule over the whole corpus, says against the extractor.

Each is a node of a named graph of its own, so that it outlives every import. What it means for a
paper is worked out in `scholargraph.graph.amending`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Literal as OneOf
from typing import get_args

from pyoxigraph import Literal, NamedNode, Quad

from scholargraph import ScholarGraphError
from scholargraph.extract.mentions import KINDS, Field, Kind

from . import vocab as v
from .entities import value_of
from .iris import Iris
from .parts import Readable

Action = OneOf["accept", "reject", "retype", "add", "rename", "merge", "split"]
ACTIONS: tuple[Action, ...] = get_args(Action)

# Whose corrections yield to those of people.
MACHINE = "scholargraph settle-kinds"


class CorrectionError(ScholarGraphError):
    """A correction of what is not there, or one that makes no sense; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Correction:
    """
    One correction; *id* is its number among all changes, with a second one where there are several.

    ========  ====================================================================================
    accept    the mention of *kind* at *start* to *end* of *field* of *paper*, *text*, is one
    reject    it is none
    retype    it is one of *new_kind*; without a *paper*, so are all mentions of *concept*
    add       there is a mention of *kind*, which the extractor missed
    rename    *concept* is called *label*
    merge     *concept* is the same as *into*
    split     *label* does not mean *concept*, but something of its own
    ========  ====================================================================================

    The first four are about one place of a paper, which is found again by *text* where the abstract
    was edited; *concept*, *label* and *abbreviation* are then what the mention is linked to. With
    rename, *text* is the name before. *who* and *note* are free text; *when* is xsd:dateTime, UTC.
    """

    id: str
    action: Action
    who: str
    when: str
    note: str = ""
    paper: str | None = None
    field: Field | None = None
    start: int | None = None
    end: int | None = None
    text: str | None = None
    kind: Kind | None = None
    new_kind: Kind | None = None
    concept: str | None = None
    into: str | None = None
    label: str | None = None
    abbreviation: str | None = None

    @property
    def is_machine(self) -> bool:
        return self.who == MACHINE

    @property
    def order(self) -> tuple[bool, tuple[int, ...]]:
        """In which order corrections apply: the machine's first, then as they were made."""
        return not self.is_machine, tuple(int(number) for number in self.id.split("."))

    def iri(self, iris: Iris) -> NamedNode:
        return iris.resource("correction", self.id)

    def json(self) -> dict[str, object]:
        """This correction without what it does not have."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: value for name, value in values.items() if value not in (None, "")}

    def statement(self, base: str = "") -> str:
        """This correction in words; IRIs that begin with *base* are shown without it."""

        def short(iri: str | None) -> str:
            return (iri or "").removeprefix(base)

        place = f"“{self.text}” in {short(self.paper)} ({self.field} {self.start} to {self.end})"
        match self.action:
            case "accept":
                return f"{place} is a {self.kind}"
            case "reject":
                return f"{place} is no {self.kind}"
            case "add":
                return f"{place} is a {self.kind}, which was missed"
            case "retype" if self.paper:
                return f"{place} is a {self.new_kind}, not a {self.kind}"
            case "retype":
                return f"{short(self.concept)} is a {self.new_kind}"
            case "rename":
                return f"{short(self.concept)} is called “{self.label}”"
            case "merge":
                return f"{short(self.concept)} is {short(self.into)}"
            case _:
                return f"“{self.label}” is not {short(self.concept)}"


_TEXTS: dict[str, NamedNode] = {
    "action": v.ACTION,
    "who": v.SAID_BY,
    "note": v.NOTE,
    "field": v.FIELD,
    "text": v.EXACT,
    "kind": v.KIND,
    "new_kind": v.NEW_KIND,
    "label": v.CONCEPT_LABEL,
    "abbreviation": v.ABBREVIATION,
}
_NUMBERS: dict[str, NamedNode] = {"start": v.START, "end": v.END}
_NODES: dict[str, NamedNode] = {
    "paper": v.ON_PAPER,
    "concept": v.ON_CONCEPT,
    "into": v.INTO_CONCEPT,
}


def correction_quads(correction: Correction, iris: Iris) -> Iterator[Quad]:
    """*correction* in the graph of corrections."""
    node, graph = correction.iri(iris), iris.corrections_graph()
    yield Quad(node, v.TYPE, v.CORRECTION, graph)
    yield Quad(node, v.NUMBER, Literal(int(correction.id.partition(".")[0])), graph)
    when = Literal(correction.when, datatype=v.XSD_DATE_TIME)
    yield Quad(node, v.GENERATED_AT, when, graph)
    for name, predicate in (_TEXTS | _NUMBERS | _NODES).items():
        value = getattr(correction, name)
        if value is None or value == "":
            continue
        term = NamedNode(value) if name in _NODES else Literal(value)
        yield Quad(node, predicate, term, graph)


def corrections(graph: Readable, iris: Iris) -> tuple[Correction, ...]:
    """
    Every correction that *graph* knows, in the order in which they apply.

    A paper that has gone on under another IRI is meant by its present one.
    """
    place = iris.corrections_graph()
    found = []
    for quad in graph.quads(None, v.TYPE, v.CORRECTION, place):
        if isinstance(quad.subject, NamedNode):
            said = {q.predicate: q.object for q in graph.quads(quad.subject, None, None, place)}
            texts = {
                name: value_of(said[predicate])
                for name, predicate in (_TEXTS | _NODES).items()
                if predicate in said
            }
            numbers = {
                name: int(value_of(said[predicate]))
                for name, predicate in _NUMBERS.items()
                if predicate in said
            }
            if paper := texts.get("paper"):
                texts["paper"] = _present(graph, NamedNode(paper), iris).value
            found.append(
                Correction(
                    id=iris.key(quad.subject.value),
                    when=value_of(said[v.GENERATED_AT]),
                    **texts,  # type: ignore[arg-type]
                    **numbers,  # type: ignore[arg-type]
                )
            )
    return tuple(sorted(found, key=lambda correction: correction.order))


def kind_named(name: str) -> Kind:
    """
    *name* as a kind.

    Raises: CorrectionError.
    """
    if name not in KINDS:
        raise CorrectionError(f"{name!r} is no kind; give one of {', '.join(KINDS)}")
    return name


def about(correction: Correction) -> Iterator[str]:
    """The IRIs of the concepts that *correction* is about."""
    for iri in (correction.concept, correction.into):
        if iri is not None and (correction.paper is None):
            yield iri


def on_paper(found: Iterable[Correction], paper: NamedNode) -> Sequence[Correction]:
    """Those of *found* that may concern *paper*: about it, or about concepts anywhere."""
    return [each for each in found if each.paper in (None, paper.value)]


def _present(graph: Readable, paper: NamedNode, iris: Iris) -> NamedNode:
    """The IRI under which *paper* has gone on."""
    seen = {paper}
    while True:
        after = graph.quads(paper, v.REPLACED_BY, None, iris.removed_graph())
        if not after or not isinstance(after[0].object, NamedNode) or after[0].object in seen:
            return paper
        paper = after[0].object
        seen.add(paper)
