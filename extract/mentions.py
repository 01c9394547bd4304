"""What the extractor finds: mentions, relations between them, and numeric results."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, get_args

Kind = Literal["method", "dataset", "task", "metric"]
Field = Literal["title", "abstract", "text"]
# Why a mention is taken for a concept that is called otherwise; each can be undone by itself.
LinkRule = Literal[
    "abbreviation",
    "known",
    "head",
    "part",
    "spelling",
    "kind",
    "kind-by-corpus",
    "correction",
]
Predicate = Literal[
    "usedFor",
    "evaluatedOn",
    "trainedOn",
    "comparedWith",
    "partOf",
    "subclassOf",
    "subtaskOf",
    "benchmarkFor",
    "synonymOf",
]

KINDS: tuple[Kind, ...] = get_args(Kind)
PREDICATES: tuple[Predicate, ...] = get_args(Predicate)
LINK_RULES: tuple[LinkRule, ...] = get_args(LinkRule)

# Which kinds a predicate connects, subject first; those that SciER's annotators used more than
# once in a hundred of its cases.
ALLOWED: dict[Predicate, frozenset[tuple[Kind, Kind]]] = {
    "usedFor": frozenset(
        {
            ("method", "task"),
            ("method", "method"),
            ("task", "task"),
            ("dataset", "method"),
            ("method", "dataset"),
        }
    ),
    "evaluatedOn": frozenset({("method", "dataset")}),
    "trainedOn": frozenset({("method", "dataset")}),
    "comparedWith": frozenset({("method", "method"), ("dataset", "dataset"), ("task", "task")}),
    "partOf": frozenset({("method", "method")}),
    "subclassOf": frozenset({("method", "method"), ("dataset", "dataset")}),
    "subtaskOf": frozenset({("task", "task")}),
    "benchmarkFor": frozenset({("dataset", "task")}),
    "synonymOf": frozenset({("method", "method"), ("dataset", "dataset"), ("task", "task")}),
}


@dataclass(frozen=True, slots=True, order=True)
class Concept:
    """
    What a mention names, the same for every spelling of it.

    *key* is the normal form of *label* (case, plural, hyphens and spacing folded) and is what
    identifies the concept within its *kind*; *abbreviation* is the short form that the paper gives.
    """

    kind: Kind
    key: str
    label: str
    abbreviation: str | None = None


@dataclass(frozen=True, slots=True)
class Sentence:
    """Offsets of a sentence in *field* of its paper, end exclusive."""

    field: Field
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Mention:
    """
    A phrase that names a method, a dataset, a task or a metric.

    *start* and *end* are character offsets into *field* of the paper, end exclusive, so that
    ``abstract[start:end] == text``. *confidence* is a calibrated probability, 0 to 1. *sentence*
    is an index into `Extraction.sentences`.

    *linked_by* says why *text* means *concept* where it is not its label as it stands:
    ``abbreviation`` (the paper spells one out), ``known`` (a table of names and their spellings),
    ``head`` (a last word that only repeats the kind: 'the SQuAD dataset'), ``part`` (a split of a
    known data set), ``spelling`` (case, plural, hyphens, spacing, articles), ``kind`` (the paper
    speaks of it more surely as another kind), ``kind-by-corpus`` (all papers together do),
    ``correction`` (a person says so). *corrections* are the IRIs of those that had a part in it.
    """

    field: Field
    start: int
    end: int
    text: str
    kind: Kind
    confidence: float
    concept: Concept
    sentence: int
    linked_by: tuple[LinkRule, ...] = ()
    corrections: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.end - self.start != len(self.text):
            raise ValueError(f"{self.text!r} does not span {self.start}:{self.end}")


@dataclass(frozen=True, slots=True)
class Relation:
    """*subject* and *object* index `Extraction.mentions`; *sentence* `Extraction.sentences`."""

    subject: int
    predicate: Predicate
    object: int
    sentence: int
    confidence: float


@dataclass(frozen=True, slots=True)
class ResultClaim:
    """
    A number that the paper reports as a result: 'reaches 84.2 % mIoU on Cityscapes'.

    *start* and *end* delimit the number and its unit in the field of *sentence*. *unit* is
    ``percent``, ``points``, ``times`` or None for a bare score; *change* says whether *value* is a
    level (``absolute``) or a difference to *baseline* (``delta``: negative where the figure falls).
    The rest are indices into `Extraction.mentions`, None where the sentence does not say.
    """

    sentence: int
    start: int
    end: int
    text: str
    value: Decimal
    unit: Literal["percent", "points", "times"] | None
    change: Literal["absolute", "delta"]
    metric: int | None = None
    dataset: int | None = None
    task: int | None = None
    method: int | None = None
    baseline: int | None = None
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Extraction:
    """
    Everything that was read out of one paper, in reading order.

    *introduces* holds, once for each concept that the paper proposes, the index of the mention
    that says so. *model* identifies the pipeline: name, version and hash of its weights.
    """

    sentences: tuple[Sentence, ...]
    mentions: tuple[Mention, ...]
    relations: tuple[Relation, ...]
    results: tuple[ResultClaim, ...]
    introduces: tuple[int, ...]
    model: str
