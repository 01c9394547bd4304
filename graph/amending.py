"""
What corrections make of what the extractor found in a paper.

The extractor's own evidence for a paper that was corrected is kept in a named graph beside the
facts, so that a correction can be withdrawn without reading the paper again.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pyoxigraph import NamedNode, Quad

from scholargraph.extract.boundaries import sentence_starts
from scholargraph.extract.keys import concept_key
from scholargraph.extract.mentions import (
    ALLOWED,
    Concept,
    Extraction,
    Field,
    LinkRule,
    Mention,
    Relation,
    ResultClaim,
    Sentence,
)
from scholargraph.extract.papers import Paper

from . import vocab as v
from .build import evidence_quads
from .corrections import Correction, corrections, on_paper
from .evidence import concept_named, read_evidence
from .iris import Iris, digest
from .parts import FACTS, Readable

# Which kind of mention each part of a result is.
_PART_KINDS = {
    "metric": "metric",
    "dataset": "dataset",
    "task": "task",
    "method": "method",
    "baseline": "method",
}


def corrected(
    paper: Paper, extraction: Extraction, found: Sequence[Correction], iris: Iris
) -> Extraction:
    """
    *extraction* of *paper* as *found*, those corrections that concern it, want it.

    They apply in their order, and names last of all, since a concept is called the same whoever is
    merged into it later. A mention that a correction had a part in names it; relations and results
    lose what is no mention any more, or of a kind that they cannot have.
    """
    if not found:
        return extraction
    work = _Work(paper, extraction, iris)
    for correction in sorted(found, key=lambda one: one.order):
        work.apply(correction)
    for correction in found:
        if correction.action == "rename":
            work.apply(correction)
    return work.result()


@dataclass(slots=True, eq=False)
class _Slot:
    """A mention, whose place in the list may change; *was* is the one that it was."""

    mention: Mention
    was: int | None = None


class _Work:
    def __init__(self, paper: Paper, extraction: Extraction, iris: Iris) -> None:
        self._texts: dict[Field, str] = {"title": paper.title, "abstract": paper.abstract}
        self._was = extraction
        self._iris = iris
        self._sentences = list(extraction.sentences)
        self._slots = [_Slot(mention, n) for n, mention in enumerate(extraction.mentions)]

    def apply(self, correction: Correction) -> None:
        if correction.paper is None:
            self._everywhere(correction)
            return
        place = self._place(correction)
        if place is None or correction.field is None:
            return
        here = [
            slot
            for slot in self._slots
            if (slot.mention.field, slot.mention.start, slot.mention.end)
            == (correction.field, *place)
        ]
        kind = correction.new_kind or correction.kind
        if correction.action == "reject":
            self._slots = [s for s in self._slots if s not in here or s.mention.kind != kind]
            return
        right = [slot for slot in here if slot.mention.kind == kind]
        rest = [slot for slot in here if slot not in right]
        if not right:
            mention = self._stated(correction, *place)
            if mention is None:
                return
            right = [_Slot(mention, rest[0].was if rest else None)]
            self._slots.append(right[0])
        self._slots = [slot for slot in self._slots if slot not in rest]
        for slot in right:
            slot.mention = replace(slot.mention, confidence=1.0)
            self._credit(slot, correction, None)

    def _everywhere(self, correction: Correction) -> None:
        concept = correction.concept
        for slot in self._slots:
            mention = slot.mention
            if self._iris.concept(mention.concept).value != concept:
                continue
            now = self._now(correction, mention)
            if now is None or now == mention.concept:
                continue
            slot.mention = replace(mention, kind=now.kind, concept=now)
            machine = correction.is_machine
            self._credit(slot, correction, "kind-by-corpus" if machine else "correction")

    def _now(self, correction: Correction, mention: Mention) -> Concept | None:
        """The concept of *mention* as *correction* has it."""
        was = mention.concept
        match correction.action:
            case "rename" if correction.label:
                return replace(was, label=correction.label)
            case "retype" if correction.new_kind:
                return replace(was, kind=correction.new_kind)
            case "merge" if correction.into and correction.label:
                into = NamedNode(correction.into)
                return concept_named(into, correction.label, correction.abbreviation, self._iris)
            case "split" if correction.label and _plain(mention.text) == _plain(correction.label):
                return own_concept(correction.label, was)
        return None

    def _stated(self, correction: Correction, start: int, end: int) -> Mention | None:
        """The mention that *correction* says there is."""
        kind, field, text = (
            correction.new_kind or correction.kind,
            correction.field,
            correction.text,
        )
        if kind is None or field is None or text is None:
            return None
        concept = Concept(kind, concept_key(text), text)
        if correction.concept:
            concept = concept_named(
                NamedNode(correction.concept),
                correction.label or text,
                correction.abbreviation,
                self._iris,
            )
        number = self._sentence(field, start, end)
        if number is None:
            return None
        return Mention(field, start, end, text, kind, 1.0, concept, number)

    def _credit(self, slot: _Slot, correction: Correction, rule: LinkRule | None) -> None:
        mention, iri = slot.mention, correction.iri(self._iris).value
        rules = mention.linked_by
        if rule is not None and rule not in rules:
            rules = (*rules, rule)
        named = tuple(sorted({*mention.corrections, iri}))
        slot.mention = replace(mention, linked_by=rules, corrections=named)

    def _place(self, correction: Correction) -> tuple[int, int] | None:
        """Where the text of *correction* stands now: of several places the nearest."""
        text, start = correction.text, correction.start
        if not text or start is None or correction.field is None:
            return None
        whole = self._texts.get(correction.field, "")
        if whole.startswith(text, start):
            return start, start + len(text)
        found = [match.start() for match in re.finditer(_as_word(text), whole)]
        if not found:
            return None
        near = min(found, key=lambda position: (abs(position - start), position))
        return near, near + len(text)

    def _sentence(self, field: Field, start: int, end: int) -> int | None:
        for number, sentence in enumerate(self._sentences):
            if sentence.field == field and sentence.start <= start and end <= sentence.end:
                return number
        bounds = sentence_around(self._texts[field], start, end, whole=field == "title")
        if bounds is None:
            return None
        self._sentences.append(Sentence(field, *bounds))
        return len(self._sentences) - 1

    def result(self) -> Extraction:
        best: dict[tuple[object, ...], _Slot] = {}
        for slot in self._slots:
            mention = slot.mention
            name = (mention.field, mention.start, mention.end, mention.kind)
            known = best.get(name)
            if known is None or known.mention.confidence < mention.confidence:
                best[name] = slot
        slots = sorted(best.values(), key=lambda slot: _order(slot.mention))
        mentions = tuple(slot.mention for slot in slots)
        now = {slot.was: number for number, slot in enumerate(slots) if slot.was is not None}
        return replace(
            self._was,
            sentences=tuple(self._sentences),
            mentions=mentions,
            relations=tuple(self._relations(now, mentions)),
            results=tuple(self._results(now, mentions)),
            introduces=tuple(
                number
                for old in self._was.introduces
                if (number := self._instead(old, now, mentions)) is not None
            ),
        )

    def _relations(self, now: dict[int, int], mentions: Sequence[Mention]) -> Iterator[Relation]:
        for relation in self._was.relations:
            subject, object = now.get(relation.subject), now.get(relation.object)
            if subject is None or object is None:
                continue
            before, after = (
                (some[one].kind, some[other].kind)
                for some, one, other in (
                    (self._was.mentions, relation.subject, relation.object),
                    (mentions, subject, object),
                )
            )
            if before == after or after in ALLOWED[relation.predicate]:
                yield replace(relation, subject=subject, object=object)

    def _results(self, now: dict[int, int], mentions: Sequence[Mention]) -> Iterator[ResultClaim]:
        for result in self._was.results:
            parts: dict[str, Any] = {}
            for name, kind in _PART_KINDS.items():
                old = getattr(result, name)
                number = None if old is None else self._instead(old, now, mentions)
                fits = number is not None and mentions[number].kind == kind
                parts[name] = number if fits else None
            yield replace(result, **parts)

    def _instead(self, old: int, now: dict[int, int], mentions: Sequence[Mention]) -> int | None:
        """The mention that was *old*, else another of the same concept."""
        if old in now:
            return now[old]
        concept = self._was.mentions[old].concept
        same = (n for n, mention in enumerate(mentions) if mention.concept == concept)
        return next(same, None)


def own_concept(label: str, was: Concept) -> Concept:
    """What *label* means by itself, where it does not mean *was*."""
    key = concept_key(label)
    if key == was.key:  # they differ in case, plural or hyphens only
        key = f"{key}-{digest(_plain(label))[:8]}"
    return Concept(was.kind, key, label)


def sentence_around(text: str, start: int, end: int, *, whole: bool) -> tuple[int, int] | None:
    """The sentence of *text* that holds *start* to *end*; None where they are not in one."""
    starts = [0] if whole else sentence_starts(text)
    for begin, after in zip(starts, [*starts[1:], len(text)], strict=True):
        if begin <= start and end <= after:
            return begin, max(end, begin + len(text[begin:after].rstrip()))
    return None


def _plain(text: str) -> str:
    return " ".join(text.split())


def _as_word(text: str) -> str:
    before = r"(?<!\w)" if text[:1].isalnum() else ""
    after = r"(?!\w)" if text[-1:].isalnum() else ""
    return f"{before}{re.escape(text)}{after}"


def _order(mention: Mention) -> tuple[bool, int, int, str]:
    return mention.field != "title", mention.start, mention.end, mention.kind


class Amender:
    """Corrections, *found* or else those of *graph*, at work on its papers as they are in it."""

    def __init__(
        self, graph: Readable, iris: Iris, found: Sequence[Correction] | None = None
    ) -> None:
        self._graph = graph
        self._iris = iris
        self._found = corrections(graph, iris) if found is None else found
        marks = graph.quads(None, v.UNCORRECTED, None, iris.uncorrected_graph())
        self._corrected = {quad.subject for quad in marks}

    def saved(self, paper: NamedNode) -> list[Quad]:
        """The extractor's evidence for *paper* as it is kept beside the facts."""
        if paper not in self._corrected:
            return []
        graph = self._iris.uncorrected_graph()
        quads = self._graph.quads(paper, None, None, graph)
        for quad in self._graph.quads(None, v.PART_OF, paper, graph):
            if isinstance(quad.subject, NamedNode):
                quads += self._graph.quads(quad.subject, None, None, graph)
        return quads

    def machine(self, paper: NamedNode, evidence: Iterable[Quad]) -> list[Quad]:
        """The extractor's evidence for *paper*, where *evidence* is what the facts have."""
        saved = self.saved(paper)
        if not saved:
            return list(evidence)
        # Where it found nothing, a mark is kept of that.
        return [
            Quad(quad.subject, quad.predicate, quad.object)
            for quad in saved
            if quad.predicate != v.UNCORRECTED
        ]

    def concerns(self, paper: NamedNode) -> bool:
        """Whether a correction may be about the paper *paper*."""
        return bool(self._found) and bool(on_paper(self._found, paper))

    def amended(
        self, iri: NamedNode, title: str, abstract: str, machine: Sequence[Quad], run: NamedNode
    ) -> tuple[list[Quad], list[Quad]]:
        """
        The evidence of the paper *iri* with corrections, and what to keep beside the facts.

        *machine* is the extractor's, *run* what a mention comes from that a person has added.
        """
        found = on_paper(self._found, iri)
        if not found:
            return list(machine), []
        paper = Paper(iri.value, title, abstract)
        before = read_evidence(machine, iri, self._iris)
        after = corrected(paper, before, found, self._iris)
        if after == before:
            return list(machine), []
        graph = self._iris.uncorrected_graph()
        kept = [Quad(quad.subject, quad.predicate, quad.object, graph) for quad in machine]
        kept.append(Quad(iri, v.UNCORRECTED, run, graph))
        return list(evidence_quads(iri, paper, after, run, self._iris)), kept


def run_of(graph: Readable, paper: NamedNode, evidence: Iterable[Quad]) -> NamedNode | None:
    """The run that made *evidence* or, where there is none, one that read a source of *paper*."""
    for quad in evidence:
        if quad.predicate == v.GENERATED_BY and isinstance(quad.object, NamedNode):
            return quad.object
    for source in graph.quads(paper, v.SOURCE, None, FACTS):
        if isinstance(source.object, NamedNode):
            for quad in graph.quads(None, v.USED, source.object, FACTS):
                if isinstance(quad.subject, NamedNode):
                    return quad.subject
    return None
