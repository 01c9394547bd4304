"""
The same label as two kinds, settled by all papers together.

A paper that speaks of 'SQuAD' as a task, where forty speak of the data set, is taken to mean the
data set. What is found is written as corrections by the machine: each says what it rests on, yields
to whatever people say, and can be withdrawn.
"""

from dataclasses import dataclass

from pyoxigraph import NamedNode

from scholargraph.extract.mentions import KINDS, Kind

from . import vocab as v
from .correcting import correcting, withdrawing
from .correction_requests import Request
from .corrections import MACHINE, Correction, corrections
from .entities import value_of
from .iris import Iris
from .kind_cues import Heads, named_as, public_kind
from .parts import FACTS, Readable
from .store import Store

# What the witnesses beside a paper's vote weigh, in papers: wording in one paper, the last word of
# the label if all labels that end in it were of one kind, a public name.
CUE = 2.0
HEAD = 4.0
PUBLIC = 8.0
# A kind is taken for the right one when it has so large a share of the evidence, and so many
# papers speak of it unless its last word or its public name is known. Of 175 doubtful labels in
# 2,000 papers of the ACL Anthology this settles 87; read one by one, 1 of these is wrong ('slot
# filling' a method) and 8 are arguable ('round-trip translation' a task). The votes alone, at a
# share of 0.8, settled 34, 2 wrong and 3 arguable.
PAPERS = 3
SHARE = 0.75


@dataclass(frozen=True, slots=True)
class KindEvidence:
    """
    How many papers and mentions speak of a key as *kind*, and how sure these are on average.

    *cues* is the number of papers whose wording says so, *head* the share of this kind among labels
    that end like it, and *public* whether a well-known thing of this kind has the name.
    """

    kind: Kind
    papers: int
    mentions: int
    confidence: float
    cues: int = 0
    head: float = 0.0
    public: bool = False

    @property
    def votes(self) -> float:
        """A paper has one vote, however often it names the thing, and as much of it as is sure."""
        return self.papers * self.confidence

    @property
    def weight(self) -> float:
        """The votes and the other witnesses, in papers."""
        return self.votes + CUE * self.cues + HEAD * self.head + PUBLIC * self.public

    def __str__(self) -> str:
        papers = "1 paper" if self.papers == 1 else f"{self.papers} papers"
        mentions = "1 mention" if self.mentions == 1 else f"{self.mentions} mentions"
        text = f"{self.kind} in {papers}, {mentions}, confidence {self.confidence:.2f}"
        if self.cues:
            text += f", so called in {self.cues}"
        if self.head:
            text += f", {self.head:.0%} of labels that end so"
        return text + (", a public name" if self.public else "")


@dataclass(frozen=True, slots=True)
class Doubt:
    """A *key* under several kinds, surest first; *right* is None where they are too close."""

    key: str
    evidence: tuple[KindEvidence, ...]

    @property
    def right(self) -> Kind | None:
        first = self.evidence[0]
        total = sum(each.weight for each in self.evidence)
        heard = first.papers >= PAPERS or first.head > 0 or first.public
        return first.kind if heard and first.weight >= SHARE * total else None

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
    found: dict[str, dict[Kind, list[str]]] = {}
    for quad in graph.quads(None, v.OF_CONCEPT, None, FACTS):
        mention = value_of(quad.subject)
        concept = instead.get(mention, value_of(quad.object))
        noun = (iris.local(concept) or "/").split("/")[1]
        if noun in KINDS:
            found.setdefault(iris.key(concept), {}).setdefault(noun, []).append(mention)
    heads = Heads((key, next(iter(kinds))) for key, kinds in found.items() if len(kinds) == 1)
    return [
        Doubt(key, tuple(_weighed(graph, key, kinds, sure, heads)))
        for key, kinds in sorted(found.items())
        if len(kinds) > 1
    ]


def _weighed(
    graph: Readable,
    key: str,
    kinds: dict[Kind, list[str]],
    sure: dict[str, float],
    heads: Heads,
) -> list[KindEvidence]:
    called: dict[Kind, set[str]] = {}
    for mention in (each for mentions in kinds.values() for each in mentions):
        for kind in _wording(graph, mention):
            called.setdefault(kind, set()).add(mention.partition("#")[0])
    public = public_kind(key)
    shares = heads.shares(key)
    # A name that is known needs no guess by its last word, and a last word that speaks for a kind
    # that nobody gave says nothing on the others.
    if public in kinds or (shares and max(shares, key=lambda kind: shares[kind]) not in kinds):
        shares = {}
    weighed = [
        KindEvidence(
            kind=kind,
            papers=len({mention.partition("#")[0] for mention in mentions}),
            mentions=len(mentions),
            confidence=sum(sure.get(mention, 0.0) for mention in mentions) / len(mentions),
            cues=len(called.get(kind, ())),
            head=shares.get(kind, 0.0),
            public=kind == public,
        )
        for kind, mentions in kinds.items()
    ]
    return sorted(weighed, key=lambda each: (-each.weight, KINDS.index(each.kind)))


def _wording(graph: Readable, mention: str) -> list[Kind]:
    """The kinds that the sentence around *mention* gives it."""

    def value(node: str, predicate: NamedNode) -> str | None:
        quads = graph.quads(NamedNode(node), predicate, None, FACTS)
        return next((value_of(quad.object) for quad in quads), None)

    sentence = value(mention, v.IN_SENTENCE)
    text = value(sentence, v.VALUE) if sentence else None
    if sentence is None or text is None:
        return []
    first = int(value(sentence, v.START) or 0)
    start, end = (int(value(mention, each) or 0) - first for each in (v.START, v.END))
    return named_as(text, start, end)


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
