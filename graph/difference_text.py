"""A difference between two states for people: by paper, each fact with the sentence it rests on."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pyoxigraph import Literal, NamedNode, Quad

from . import vocab as v
from .entities import value_of
from .parts import FACTS, Readable
from .patches import Difference

# Facts of a paper that follow from its evidence, and are told with it.
_LINKS = {**{predicate: kind for kind, predicate in v.USES.items()}, v.INTRODUCES: "concept"}
# What every paper has and nobody asks for.
_SILENT = {
    *(v.TYPE, v.RECORD_HASH, v.CREATOR, v.PART_OF, v.GENERATED_BY, v.SOURCE),
    *(v.START, v.END, v.FIELD, v.IN_SENTENCE),
}
# Nodes of which everything worth telling is told elsewhere.
_UNTOLD = {v.SENTENCE, v.AUTHORSHIP, v.ACTIVITY, v.ENTITY}
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class FactChange:
    """
    One fact that came (``+``) or went (``-``).

    *statement* is the fact in words; *sentence* and *confidence* are what it rests on, '' and None
    where it rests on no sentence.
    """

    sign: str
    statement: str
    sentence: str = ""
    confidence: float | None = None

    def __str__(self) -> str:
        text = f"{self.sign} {self.statement}"
        if self.sentence:
            text += f": {_short(self.sentence)}"
        return text if self.confidence is None else f"{text} ({self.confidence:g})"


@dataclass(slots=True)
class PaperChange:
    """What changed about one paper, or about what no paper owns (*iri* '')."""

    iri: str
    title: str
    sign: str
    facts: list[FactChange] = field(default_factory=list)


def changed_papers(difference: Difference, graph: Readable) -> list[PaperChange]:
    """
    The facts of *difference* by paper, in order of titles; names that papers share come last.

    *graph* is any later state, which knows what did not change.
    """
    return _Reading(difference, graph).papers()


def text(papers: Iterable[PaperChange]) -> Iterator[str]:
    """*papers* for people, line by line."""
    for paper in papers:
        name = f"{paper.title} <{paper.iri}>" if paper.iri else paper.title
        yield f"{paper.sign} {name}".strip()
        for fact in paper.facts:
            yield f"  {fact}"


class _Reading:
    def __init__(self, difference: Difference, graph: Readable) -> None:
        self._graph = graph
        self._sides = {"+": _by_subject(difference.added), "-": _by_subject(difference.removed)}

    def papers(self) -> list[PaperChange]:
        found: dict[str, PaperChange] = {}
        shared = PaperChange("", "Names and relations that papers share", "")
        for sign, nodes in self._sides.items():
            for node in sorted(nodes, key=lambda node: node.value):
                owner = self._owner(node, sign)
                facts = list(self._facts(node, owner, sign))
                if owner is None:
                    shared.facts += facts
                    continue
                paper = found.get(owner.value) or self._paper(owner)
                found[owner.value] = paper
                paper.facts += facts
        listed = sorted(found.values(), key=lambda paper: (paper.title, paper.iri))
        for paper in [*listed, shared]:
            paper.facts.sort(key=lambda fact: (fact.statement, fact.sign))
        # A paper of which nothing but its hash or its run changed is not worth a line.
        return [paper for paper in [*listed, shared] if paper.facts or paper.sign in ("+", "-")]

    def _paper(self, owner: NamedNode) -> PaperChange:
        came, went = (
            any(quad.predicate == v.TYPE for quad in self._sides[sign].get(owner, ()))
            for sign in "+-"
        )
        sign = "+" if came and not went else "-" if went and not came else "~"
        title = self._value(owner, v.TITLE, "+") or self._value(owner, v.TITLE, "-")
        return PaperChange(owner.value, title or owner.value, sign)

    def _owner(self, node: NamedNode, sign: str) -> NamedNode | None:
        whole = NamedNode(node.value.partition("#")[0])
        types = {quad.object for quad in self._quads(whole, v.TYPE, sign)}
        return whole if v.ARTICLE in types or v.PROFILE in types else None

    def _facts(self, node: NamedNode, owner: NamedNode | None, sign: str) -> Iterator[FactChange]:
        quads = self._sides[sign][node]
        types = {quad.object for quad in self._quads(node, v.TYPE, sign)}
        if not types.isdisjoint(_UNTOLD):
            return
        if v.MENTION in types:
            if any(quad.predicate in (v.OF_CONCEPT, v.CONFIDENCE) for quad in quads):
                yield self._mention(node, sign)
            return
        if v.RELATION in types:
            subject, object = (self._name(node, term, sign) for term in (v.SUBJECT, v.OBJECT))
            predicate = next((q.object for q in self._quads(node, v.PREDICATE, sign)), None)
            said = _local(predicate) if isinstance(predicate, NamedNode) else "?"
            yield self._evident(f"{subject} {said} {object}", node, sign)
            return
        if v.SOURCE_CLAIM in types:
            measure, value = (self._value(node, term, sign) for term in (v.MEASURE, v.VALUE))
            yield FactChange(sign, f"its source says: {measure} {value}")
            return
        if v.RESULT_CLAIM in types:
            exact = self._value(node, v.EXACT, sign)
            yield self._evident(f"result {exact}", node, sign)
            return
        for quad in quads:
            if quad.predicate in _LINKS and owner == node:
                yield self._link(quad, sign)
            elif quad.predicate not in _SILENT:
                subject = "" if owner == node else f"{self._label(node, sign)} "
                value = self._label(quad.object, sign)
                yield FactChange(sign, f"{subject}{_local(quad.predicate)} {_short(value)}")

    def _link(self, quad: Quad, sign: str) -> FactChange:
        """A link from a paper to a concept, with its surest mention."""
        best: FactChange | None = None
        paper = quad.subject
        statement = f"{_local(quad.predicate)} {self._label(quad.object, sign)}"
        for node, quads in self._sides[sign].items():
            if node.value.startswith(f"{getattr(paper, 'value', '')}#mention-") and any(
                q.predicate == v.OF_CONCEPT and q.object == quad.object for q in quads
            ):
                fact = self._evident(statement, node, sign)
                if best is None or (fact.confidence or 0) > (best.confidence or 0):
                    best = fact
        return best or FactChange(sign, statement)

    def _mention(self, node: NamedNode, sign: str) -> FactChange:
        exact = self._value(node, v.EXACT, sign)
        concept = self._name(node, v.OF_CONCEPT, sign)
        kind = node.value.rpartition("-")[2]
        return self._evident(f"mention of {kind} {concept} as “{exact}”", node, sign)

    def _evident(self, statement: str, node: NamedNode, sign: str) -> FactChange:
        sentence = ""
        for quad in self._quads(node, v.IN_SENTENCE, sign):
            if isinstance(quad.object, NamedNode):
                sentence = self._value(quad.object, v.VALUE, sign)
        confidence = self._value(node, v.CONFIDENCE, sign)
        return FactChange(sign, statement, sentence, float(confidence) if confidence else None)

    def _quads(self, node: NamedNode, predicate: NamedNode, sign: str) -> list[Quad]:
        """What is said of *node* on the side of *sign*, else what a later state says."""
        quads = [quad for quad in self._sides[sign].get(node, ()) if quad.predicate == predicate]
        if quads:
            return quads
        came = set(self._sides["+"].get(node, ())) if sign == "-" else set()
        return [q for q in self._graph.quads(node, predicate, None, FACTS) if q not in came]

    def _value(self, node: NamedNode, predicate: NamedNode, sign: str) -> str:
        return next((value_of(q.object) for q in self._quads(node, predicate, sign)), "")

    def _name(self, node: NamedNode, predicate: NamedNode, sign: str) -> str:
        return next((self._label(q.object, sign) for q in self._quads(node, predicate, sign)), "?")

    def _label(self, term: object, sign: str) -> str:
        if isinstance(term, Literal):
            return term.value
        if not isinstance(term, NamedNode):
            return str(term)
        for predicate in (v.LABEL, v.NAME, v.TITLE):
            for side in (sign, "+", "-"):
                if label := self._value(term, predicate, side):
                    return label
        return term.value


def _by_subject(quads: Iterable[Quad]) -> dict[NamedNode, list[Quad]]:
    found: dict[NamedNode, list[Quad]] = {}
    for quad in quads:
        if quad.graph_name == FACTS and isinstance(quad.subject, NamedNode):
            found.setdefault(quad.subject, []).append(quad)
    return found


def _local(term: NamedNode) -> str:
    return re.split("[#/]", term.value)[-1]


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
