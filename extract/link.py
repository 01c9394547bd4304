"""
From mentions to concepts: every spelling of a name is one thing.

A concept is its kind and its *key*, the normal form of its label. The key is a pure function of
the label; what a paper says about abbreviations decides only which label a mention gets.
"""

import re
from collections import Counter, defaultdict
from functools import cache
from typing import NamedTuple

from spacy.language import Language
from spacy.tokens import Doc

from .annotations import CONCEPTS, LINKED_BY, Marked, mark, marked, short_forms, text_of
from .gazetteer import abbreviations, lines, names
from .keys import concept_key, singular
from .mentions import KINDS, Kind, LinkRule
from .naming import PRAISE, is_coined, kind_of_head

_DETERMINER = re.compile(
    r"^(?:the|an?|our|this|that|these|those|their|its|each|any|some|such|both|all|other|another|"
    r"same|"
    rf"existing|previous|prior|recent|current|traditional|conventional|standard|various|many|most|"
    rf"{PRAISE})\s+",
    re.I,
)
_HEAD: dict[Kind, re.Pattern[str]] = {
    "dataset": re.compile(
        r"[\s-]+(?:(?:image |benchmark |public )?(?:data ?sets?|benchmarks?|corpus|corpora|"
        r"collections?|challenge))$",
        re.I,
    ),
    "method": re.compile(
        r"[\s-]+(?:models?|methods?|frameworks?|approach(?:es)?|algorithms?|architectures?|"
        r"systems?|modules?|"
        r"networks?|techniques?|backbones?|baselines?|strategy|tool|toolkit|library|pipeline)$",
        re.I,
    ),
    "task": re.compile(r"[\s-]+(?:tasks?|problems?)$", re.I),
    "metric": re.compile(r"[\s-]+(?:scores?|metrics?|values?)$", re.I),
}
# 'SQuAD dev', 'Office-31 image': a part or a sort of a known data set.
_PART = re.compile(
    r"[\s-]+(?:images?|texts?|test|dev|train|training|validation|val|splits?|sets?|[\s-])+"
    r"(?:data ?sets?|benchmarks?)?$",
    re.I,
)
_ADDRESS = re.compile(r"https?\b|www\.|://")
_GENERIC_WORDS = frozenset(word for line in lines("generic.tsv") for word in line.split())
# Made of generic words, and yet a thing of their own.
_NOT_GENERIC = frozenset({"machine-learning", "deep-learning", "neural-network", "deep-network"})


class Entry(NamedTuple):
    """A concept that is known beforehand."""

    label: str
    abbreviation: str | None


@cache
def _known() -> dict[Kind, dict[str, Entry]]:
    """Concepts of the tables in ``patterns/``, by the key of every spelling."""
    found: dict[Kind, dict[str, Entry]] = {kind: {} for kind in KINDS}
    for name in names():
        for spelling in name.spellings:
            found[name.kind].setdefault(concept_key(spelling), Entry(name.label, None))
    for abbreviation in abbreviations():
        entry = Entry(
            abbreviation.label,
            None if abbreviation.label == abbreviation.short else abbreviation.short,
        )
        for kind in KINDS:
            if kind in ("method", "task"):
                found[kind].setdefault(concept_key(abbreviation.long), entry)
    return found


@cache
def _short_known() -> dict[str, tuple[Entry, Kind]]:
    """Common abbreviations as they are written, with and without a plural s."""
    found = {}
    for abbreviation in abbreviations():
        entry = Entry(
            abbreviation.label,
            None if abbreviation.label == abbreviation.short else abbreviation.short,
        )
        found[abbreviation.short] = (entry, abbreviation.kind)
        found[abbreviation.short + "s"] = (entry, abbreviation.kind)
    return found


def clean_label(text: str) -> str:
    """
    *text* without line breaks, articles and praise: 'a novel retrieval model', 'retrieval model'.

    Never empty unless *text* is.
    """
    label = " ".join(text.replace("**", "").split()).strip("\"'“”‘’`.,;: ") or text
    while True:
        shorter = _DETERMINER.sub("", label, count=1)
        if shorter == label or not shorter:
            return label
        label = shorter


def without_head(label: str, kind: Kind) -> str:
    """
    *label* without a last word that only repeats its kind: 'SynLiDAR dataset' -> 'SynLiDAR'.

    What is left must be able to stand alone, as a coined word can: 'Markov model' stays.
    """
    shorter = _HEAD[kind].sub("", label)
    if shorter == label or not shorter:
        return label
    if kind == "metric" or (kind == "task" and len(shorter.split()) > 1):
        return shorter
    words = shorter.split()
    if len(words) == 1 and is_coined(shorter):
        return shorter
    if (
        kind == "dataset"
        and shorter[0].isupper()
        and all(word[0].isupper() or word[0].isdigit() for word in words)
    ):
        return shorter
    return label


def is_generic(label: str) -> bool:
    """
    Whether *label* says what sort of thing it is and no more: 'our approach', 'four datasets'.

    >>> [is_generic(label) for label in ("our approach", "four datasets", "text classification")]
    [True, True, False]
    """
    key = concept_key(clean_label(label))
    if key in _NOT_GENERIC or any(key in known for known in _known().values()):
        return False
    words = key.split("-")
    return all(
        word in _GENERIC_WORDS
        or singular(word) in _GENERIC_WORDS
        or word.isdigit()
        or len(word) < 2
        for word in words
    ) and not is_coined(label)


class Linked(NamedTuple):
    """The concept of one mention, before kinds are settled."""

    key: str
    label: str
    abbreviation: str | None
    rules: tuple[LinkRule, ...] = ()

    def by(self, rule: LinkRule) -> "Linked":
        """The same, where *rule* had a part in it."""
        return self if rule in self.rules else self._replace(rules=(*self.rules, rule))


class PaperNames:
    """What one paper says about names: its own abbreviations."""

    def __init__(self, text: str, forms: list[tuple[str, str]]) -> None:
        self.long_of: dict[str, str] = {}
        self.short_of: dict[str, str] = {}
        self.first_long: dict[str, str] = {}
        for short, long in forms:
            # A paper that defines a short form twice means the same by it.
            first = self.long_of.setdefault(short, long)
            self.first_long[concept_key(clean_label(long))] = first
            if short.endswith("s") and short[-2:-1].isupper():
                self.long_of.setdefault(short[:-1], long)
            elif short[-1:].isupper():
                self.long_of.setdefault(short + "s", long)
            self.short_of.setdefault(concept_key(clean_label(long)), _bare(short))

    def linked(self, text: str, kind: Kind) -> Linked:
        """The concept of the mention *text*."""
        label = clean_label(text)
        for candidate in (label, without_head(label, kind)):
            if candidate in self.long_of:
                linked = self._full(self.long_of[candidate], kind, candidate).by("abbreviation")
                return linked if candidate == label else linked.by("head")
        if concept_key(label) in _known()[kind]:
            return self._full(label, kind, None)
        shorter = _HEAD[kind].sub("", label)
        if concept_key(shorter) in self.short_of:
            linked = self._full(shorter, kind, None)
            return linked if shorter == label else linked.by("head")
        part = _PART.sub("", label)
        if kind == "dataset" and concept_key(part) in _known()[kind]:
            linked = self._full(part, kind, None)
            return linked if part == label else linked.by("part")
        shorter = without_head(label, kind)
        if known := _short_known().get(shorter):
            entry = known[0]
            linked = Linked(concept_key(entry.label), entry.label, entry.abbreviation)
            if entry.label != shorter:
                linked = linked.by("known")
        else:
            linked = self._full(shorter, kind, None)
        return linked if shorter == label else linked.by("head")

    def _full(self, long: str, kind: Kind, short: str | None) -> Linked:
        first = self.first_long.get(concept_key(clean_label(long)), long)
        label = without_head(clean_label(first), kind)
        key = concept_key(label)
        linked = Linked(key, label, None)
        if concept_key(first) != concept_key(long):  # two spelt-out forms of one short form
            linked = linked.by("abbreviation")
        if label != clean_label(first):
            linked = linked.by("head")
        given = _bare(short) if short else self.short_of.get(concept_key(clean_label(first)))
        entry = _known()[kind].get(key) or (
            _known()[kind].get(concept_key(given)) if given else None
        )
        if entry is None:
            return linked._replace(abbreviation=given)
        if concept_key(entry.label) != key:
            linked = linked.by("known")
        return Linked(
            concept_key(entry.label), entry.label, entry.abbreviation or given, linked.rules
        )


def _bare(short: str) -> str:
    return short[:-1] if short.endswith("s") and short[-2:-1].isupper() else short


def linked(
    text: str, mentions: list[Marked], forms: list[tuple[str, str]]
) -> list[tuple[Marked, Linked]]:
    """
    Each mention of a paper with its concept; generic phrases are left out.

    A label that occurs as two kinds gets the kind with the larger sum of confidence; one concept
    has one label and one abbreviation throughout the paper.
    """
    paper = PaperNames(text, forms)
    pairs = []
    for mention in mentions:
        surface = text[mention.start : mention.end]
        if is_generic(surface) or _ADDRESS.search(surface):
            continue
        pairs.append((mention, paper.linked(surface, mention.kind)))
    pairs = _without_known_heads(pairs)
    evidence: dict[str, dict[Kind, float]] = defaultdict(lambda: defaultdict(float))
    for mention, concept in pairs:
        evidence[concept.key][mention.kind] += mention.score
    # 'SSM' may be a data set of this paper, though most mean state space models by it.
    guessed = {concept.key for _, concept in pairs if "known" in concept.rules}
    kinds = {key: _kind("" if key in guessed else key, scores) for key, scores in evidence.items()}
    labels: dict[str, Counter[str]] = defaultdict(Counter)
    shorts: dict[str, Counter[str]] = defaultdict(Counter)
    for _, concept in pairs:
        labels[concept.key][concept.label] += 1
        if concept.abbreviation and concept_key(concept.abbreviation) != concept.key:
            shorts[concept.key][concept.abbreviation] += 1
    settled = []
    for mention, concept in pairs:
        key = concept.key
        short = shorts[key].most_common(1)[0][0] if shorts[key] else None
        label = labels[key].most_common(1)[0][0]
        result = Linked(key, label, short, concept.rules)
        if not concept.rules and text[mention.start : mention.end] != label:
            result = result.by("spelling")
        if mention.kind != kinds[key]:
            result = result.by("kind")
        settled.append((mention._replace(kind=kinds[key]), result))
    settled.sort(key=lambda pair: pair[0])
    return settled


def _kind(name: str, scores: dict[Kind, float]) -> Kind:
    """The kind with most evidence; but what calls itself a network or a model is no data set."""
    kind = max(scores, key=lambda kind: (scores[kind], -KINDS.index(kind)))
    if kind == "dataset" and kind_of_head(name.replace("-", " ")) == "method":
        return "method"
    return kind


def _without_known_heads(pairs: list[tuple[Marked, Linked]]) -> list[tuple[Marked, Linked]]:
    """'adaptive routing algorithm' is 'adaptive routing' where the paper speaks of that too."""
    concepts = {(mention.kind, concept.key): concept for mention, concept in pairs}
    merged = []
    for mention, concept in pairs:
        shorter = _HEAD[mention.kind].sub("", concept.label)
        known = shorter and concept.abbreviation is None
        found = concepts.get((mention.kind, concept_key(shorter))) if known else None
        if found is None or found.key == concept.key:
            found = concept
        else:
            found = found._replace(rules=concept.rules).by("head")
        merged.append((mention, found))
    return merged


class Linker:
    """Writes the concept of every mention to ``doc._.scholar_concepts`` and drops generic ones."""

    def __call__(self, doc: Doc) -> Doc:
        text = text_of(doc)
        forms = [
            (text[form.short_start : form.short_end], text[form.long_start : form.long_end])
            for form in short_forms(doc)
        ]
        settled = linked(text, mark(doc, marked(doc)), forms)
        mark(doc, (mention for mention, _ in settled))
        doc._.set(CONCEPTS, [tuple(concept[:3]) for _, concept in settled])
        doc._.set(LINKED_BY, [list(concept.rules) for _, concept in settled])
        return doc


@Language.factory(
    "scholar_linker",
    requires=["doc.spans"],
    assigns=[f"doc._.{CONCEPTS}", f"doc._.{LINKED_BY}"],
)
def create_linker(nlp: Language, name: str) -> Linker:
    return Linker()
