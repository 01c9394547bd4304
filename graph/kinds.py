"""
The same label as two kinds, settled by all papers together.

A paper that speaks of 'SQuAD' as a task, where forty speak of the data set, is taken to mean the
data set. What is found is written as corrections by the machine: each says what it rests on, yields
to whatever people say, and can be withdrawn.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pyoxigraph import NamedNode

from scholargraph.extract.mentions import KINDS, Kind

from . import vocab as v
from .correcting import Request, correcting, withdrawing
from .corrections import MACHINE, Correction, corrections
from .entities import value_of
from .iris import Iris
from .parts import FACTS, Readable
from .store import Store

# A kind is taken for the right one when at least so many papers speak of it, and with so large a
# share of the votes. Of 175 doubtful labels in 2,000 papers of the ACL Anthology this settles 34;
# read one by one, 2 of these are wrong ('slot filling' a method, 'natural language' a task).
# Votes by mention in place of paper settled 35, 4 of them wrong.
PAPERS = 3
SHARE = 0.8


@dataclass(frozen=True, slots=True)
class KindEvidence:
    """How many papers and mentions speak of a key as *kind*, and how sure these are on average."""

    kind: Kind
    papers: int
    mentions: int
    confidence: float

    @property
    def votes(self) -> float:
        """A paper has one vote, however often it names the thing, and as much of it as is sure."""
        return self.papers * self.confidence

    def __str__(self) -> str:
        papers = "1 paper" if self.papers == 1 else f"{self.papers} papers"
        mentions = "1 mention" if self.mentions == 1 else f"{self.mentions} mentions"
        return f"{self.kind} in {papers}, {mentions}, confidence {self.confidence:.2f}"


@dataclass(frozen=True, slots=True)
class Doubt:
    """A *key* under several kinds, surest first; *right* is None where they are too close."""

    key: str
    evidence: tuple[KindEvidence, ...]

    @property
    def right(self) -> Kind | None:
        first = self.evidence[0]
        total = sum(each.votes for each in self.evidence)
        sure = first.papers >= PAPERS and first.votes >= SHARE * total
        return first.kind if sure else None

    def note(self) -> str:
        return "; ".join(map(str, self.evidence))


@dataclass(frozen=True, slots=True)
class Settlement:
    """What settling came to: keys under several kinds before it, and those that stay so."""

    doubts: int
    left: int
    made: tuple[Correction, ...]
    withdrawn: int

    def text(self) -> str:
        """
        The settlement for people.

        >>> Settlement(10, 4, (), 0).text()
        '10 labels were of several kinds, 4 still are; 0 corrections made, 0 withdrawn'
        """
        return (
            f"{self.doubts:,} labels were of several kinds, {self.left:,} still are; "
            f"{len(self.made):,} corrections made, {self.withdrawn:,} withdrawn"
        )


def doubts(graph: Readable, iris: Iris) -> list[Doubt]:
    """Every key that is of several kinds but for the machine's own corrections, in order."""
    moved = {
        each.iri(iris).value: each.concept
        for each in corrections(graph, iris)
        if each.is_machine and each.concept
    }
    instead: dict[str, str] = {}
    for quad in graph.quads(None, v.CORRECTED_BY, None, FACTS):
        if concept := moved.get(value_of(quad.object)):
            instead[value_of(quad.subject)] = concept
    sure = {
        value_of(quad.subject): float(value_of(quad.object))
        for quad in graph.quads(None, v.CONFIDENCE, None, FACTS)
    }
    found: dict[str, dict[Kind, list[tuple[str, float]]]] = {}
    for quad in graph.quads(None, v.OF_CONCEPT, None, FACTS):
        mention = value_of(quad.subject)
        concept = instead.get(mention, value_of(quad.object))
        noun = (iris.local(concept) or "/").split("/")[1]
        if noun in KINDS:
            kinds = found.setdefault(iris.key(concept), {})
            paper = mention.partition("#")[0]
            kinds.setdefault(noun, []).append((paper, sure.get(mention, 0.0)))
    return [
        Doubt(key, tuple(_weighed(kinds))) for key, kinds in sorted(found.items()) if len(kinds) > 1
    ]


def _weighed(kinds: dict[Kind, list[tuple[str, float]]]) -> Iterator[KindEvidence]:
    weighed = [
        KindEvidence(
            kind=kind,
            papers=len({paper for paper, _ in mentions}),
            mentions=len(mentions),
            confidence=sum(confidence for _, confidence in mentions) / len(mentions),
        )
        for kind, mentions in kinds.items()
    ]
    return iter(sorted(weighed, key=lambda each: (-each.votes, KINDS.index(each.kind))))


def settle_kinds(store: Store, *, undo: bool = False, wait: float = 30.0) -> Settlement:
    """
    Gives the labels of several kinds in *store* the kind that the corpus is sure of.

    Ties, and whatever is close to one, stay as they are. Called again, it weighs the evidence anew
    and takes back what does not hold any more; with *undo* it takes back everything. It is one
    change.

    Raises: StoreBusy, StoreError.
    """
    with store.writing(wait=wait) as writer:
        iris = writer.iris
        found = doubts(writer, iris)
        wanted: dict[tuple[str, Kind], Request] = {}
        for doubt in [] if undo else found:
            for other in doubt.evidence[1:] if doubt.right else ():
                wanted[iris.resource(other.kind, doubt.key).value, doubt.evidence[0].kind] = {
                    "action": "retype",
                    "kind": doubt.right,
                    "who": MACHINE,
                    "note": doubt.note()[:500],
                }
        stale = []
        for each in corrections(writer, iris):
            if each.is_machine and each.concept and each.new_kind:
                if (each.concept, each.new_kind) in wanted:
                    del wanted[each.concept, each.new_kind]
                else:
                    stale.append(each.id)
        withdrawing(stale)(writer)
        requests = [
            {"concept": concept} | request
            for (concept, _), request in wanted.items()
            if writer.quads(NamedNode(concept), v.TYPE, v.CONCEPT, FACTS)
        ]
        made = correcting(requests)(writer)
    left = sum(undo or doubt.right is None for doubt in found)
    return Settlement(len(found), left, tuple(made), len(stale))
