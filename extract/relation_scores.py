"""How good the relations are: precision, recall and F1, counted from the gold side."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from spacy.language import Language

from .annotations import RELATIONS, Marked, marked
from .mentions import Predicate
from .papers import Paper
from .pipeline import document
from .relation_gold import Annotated
from .relations import SYMMETRIC, RelationModel, related


@dataclass(frozen=True, slots=True)
class Score:
    """Counts from the gold side."""

    right: int
    given: int
    gold: int

    @property
    def precision(self) -> float:
        return self.right / self.given if self.given else 0.0

    @property
    def recall(self) -> float:
        return self.right / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        return 2 * self.right / (self.given + self.gold) if self.given + self.gold else 0.0

    def __str__(self) -> str:
        return f"P {self.precision:.3f}  R {self.recall:.3f}  F1 {self.f1:.3f}  of {self.gold}"


def canonical(subject: int, predicate: Predicate, object_: int) -> tuple[int, Predicate, int]:
    """A symmetric relation has no direction."""
    if predicate in SYMMETRIC and subject > object_:
        return object_, predicate, subject
    return subject, predicate, object_


def evaluated(model: RelationModel, sentences: Iterable[Annotated]) -> dict[str, Score]:
    """Scores over gold mentions, ``all`` and each predicate; every gold relation counts."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for sentence in sentences:
        gold = {canonical(*relation) for relation in sentence.relations}
        given = {
            canonical(*found[:3])
            for found in related(model, sentence.text, sentence.mentions, sentence.words)
        }
        for name, relations in (("gold", gold), ("given", given), ("right", gold & given)):
            for relation in relations:
                counts["all"][name] += 1
                counts[relation[1]][name] += 1
    return {name: Score(c["right"], c["given"], c["gold"]) for name, c in counts.items()}


def found_by(nlp: Language, sentences: Iterable[Annotated]) -> Score:
    """The score over the mentions that *nlp* finds: ends, kinds and predicate must all be right."""
    right = given = gold_count = 0
    for sentence in sentences:
        doc = nlp(document(Paper("dev", "", sentence.text, verbatim=True), nlp))
        gold = {
            _placed(sentence.mentions, *canonical(*relation)) for relation in sentence.relations
        }
        mentions = marked(doc)
        entries = cast("list[tuple[int, Predicate, int, float]]", doc._.get(RELATIONS) or [])
        found = {_placed(mentions, *canonical(*entry[:3])) for entry in entries}
        right, given = right + len(gold & found), given + len(found)
        gold_count += len(gold)
    return Score(right, given, gold_count)


def _placed(
    mentions: Sequence[Marked], subject: int, predicate: Predicate, object_: int
) -> tuple[tuple[int, int, str], Predicate, tuple[int, int, str]]:
    one, other = mentions[subject], mentions[object_]
    return (one.start, one.end, one.kind), predicate, (other.start, other.end, other.kind)
