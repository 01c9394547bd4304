"""
Relations between the mentions of a sentence: SciER's nine types, decided by a small classifier.

Each pair of mentions becomes a set of hashed features (kinds, words between and around, order,
distance, mentions between); one hidden layer over them gives the type and its direction. Another
judges by what the tagger's network made of the words (`relation_views`); the answer is the mean of
both. Run time needs numpy alone. Training is in `train_relations`, the figures in
``weights/RELATIONS.md``.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, cast
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc
from threadpoolctl import ThreadpoolController

from .annotations import CONCEPTS, RELATIONS, STATES, Marked, marked, sentence_bounds, text_of
from .mentions import ALLOWED, PREDICATES, Kind, Predicate
from .model import ModelError, States
from .relation_views import Views, Words, words_of

Weights = NDArray[np.float32]
WEIGHTS = Path(__file__).parent / "weights" / "relations.npz"

SYMMETRIC: frozenset[Predicate] = frozenset({"comparedWith", "synonymOf"})
# A class is a predicate and whether its subject comes first; class 0 is 'no relation'.
CLASSES: tuple[tuple[Predicate, bool] | None, ...] = (
    None,
    *((predicate, first) for predicate in PREDICATES for first in (True, False)),
)
# Pairs further apart than this are never related in SciER's training part (99.8 %); the limit
# keeps a sentence of a thousand mentions linear.
_MAX_BETWEEN = 12
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?|[^\w\s]")
_BUCKETS = (0, 1, 2, 3, 4, 6, 8, 11, 15, 20, 30, 50)
_CUES = re.compile(
    r"\b(?:train|pre-?train|fine-?tun|evaluat|experiment|test|benchmark|outperform|compar|"
    r"baseline|better|than|"
    r"dataset|datasets|corpus|consist|compos|contain|such as|including|e\.g|based on|called|known "
    r"as|variant|extend|"
    r"extension|combin|propos|state-of-the-art|results|performance|task|tasks|use|using|used|"
    r"apply|applied)",
    re.I,
)


class Pair(NamedTuple):
    """Two mentions of a sentence, by index, in reading order."""

    first: int
    second: int


def pairs(mentions: Sequence[Marked]) -> Iterator[Pair]:
    """The pairs of a sentence's *mentions* that can be related at all."""
    for first, one in enumerate(mentions):
        if one.kind == "metric":
            continue
        for second in range(first + 1, min(len(mentions), first + 2 + _MAX_BETWEEN)):
            if mentions[second].kind != "metric":
                yield Pair(first, second)


def permitted(first: Kind, second: Kind) -> NDArray[np.bool_]:
    """For every class, whether the kinds of the pair allow it."""
    allowed = [True]
    for entry in CLASSES[1:]:
        assert entry is not None
        predicate, forward = entry
        allowed.append(((first, second) if forward else (second, first)) in ALLOWED[predicate])
    return np.array(allowed)


PERMITTED = {
    (first, second): permitted(first, second)
    for first in ("method", "dataset", "task")
    for second in ("method", "dataset", "task")
}


class SentenceFeatures:
    """The features of the pairs of one sentence; words are cut once for all of them."""

    def __init__(self, text: str, mentions: Sequence[Marked]) -> None:
        """*mentions* carry offsets into *text*, the sentence itself."""
        self._text = text
        self._mentions = mentions
        found = list(_WORD.finditer(text))
        self._words = [match[0].lower() for match in found]
        starts = [match.start() for match in found]
        positions = np.searchsorted(starts, [m.start for m in mentions])
        ends = np.searchsorted(starts, [m.end for m in mentions])
        self._spans = list(zip(positions.tolist(), ends.tolist(), strict=True))
        self._cues = sorted({match[0].lower() for match in _CUES.finditer(text)})
        self._surface = [text[m.start : m.end] for m in mentions]

    def of(self, pair: Pair) -> list[str]:
        """The features of *pair*, as text."""
        one, two = self._mentions[pair.first], self._mentions[pair.second]
        (start1, end1), (start2, end2) = self._spans[pair.first], self._spans[pair.second]
        words = self._words
        kinds = f"{one.kind[0]}{two.kind[0]}"
        between = self._between(pair, end1, start2)
        found = [kinds, f"{kinds}#{_bucket(start2 - end1)}", f"{kinds}n{pair.second - pair.first}"]
        shown = between if len(between) <= 14 else [*between[:7], "…", *between[-7:]]
        found += [f"{kinds}b:{word}" for word in shown]
        found += [f"b:{word}" for word in shown]
        found += [f"{kinds}2:{left}_{right}" for left, right in pairwise(shown)]
        found += [f"3:{a}_{b}_{c}" for a, b, c in zip(shown, shown[1:], shown[2:], strict=False)]
        if len(between) <= 6:
            found.append(f"{kinds}all:{' '.join(between)}")
        found += self._listed(between, one.kind, two.kind, kinds)
        if between:
            found += [f"{kinds}f:{between[0]}", f"{kinds}l:{between[-1]}"]
        before = words[max(0, start1 - 3) : start1]
        after = words[end2 : end2 + 3]
        found += [f"{kinds}p{len(before) - i}:{word}" for i, word in enumerate(before)]
        found += [f"{kinds}a{i}:{word}" for i, word in enumerate(after)]
        found += [f"{kinds}a:{' '.join(after[:2])}", f"{kinds}p:{' '.join(before[-2:])}"]
        found += self._names(pair, kinds)
        inner = "".join(m.kind[0] for m in self._mentions[pair.first + 1 : pair.second])[:6]
        found.append(f"{kinds}i:{inner}")
        outer = f"{self._kind(pair.first - 1)}{self._kind(pair.second + 1)}"
        found.append(f"{kinds}o:{outer}")
        found += [f"{kinds}c:{cue}" for cue in self._cues]
        return found

    def _listed(self, between: list[str], one: str, two: str, kinds: str) -> Iterator[str]:
        """
        The words between the lists in which the two stand.

        In 'A and B are tested on C, D and E', A and E are related as B and C are.
        """
        start, end = 0, len(between)
        while (stop := _before_separators(between, end)) < end and between[stop - 1] == f"<{two}>":
            end = stop - 1
        while (stop := _after_separators(between, start)) > start and (
            stop < end and between[stop] == f"<{one}>"
        ):
            start = stop + 1
        core = between[start:end]
        yield f"{kinds}L{start > 0}{end < len(between)}"
        if start or end < len(between):
            shown = core if len(core) <= 14 else [*core[:7], "…", *core[-7:]]
            for word in shown:
                yield f"{kinds}b:{word}"
            for left, right in pairwise(shown):
                yield f"{kinds}2:{left}_{right}"
            if len(core) <= 6:
                yield f"{kinds}all:{' '.join(core)}"
            if core:
                yield f"{kinds}f:{core[0]}"
                yield f"{kinds}l:{core[-1]}"

    def _kind(self, index: int) -> str:
        return self._mentions[index].kind[0] if 0 <= index < len(self._mentions) else "-"

    def _between(self, pair: Pair, start: int, end: int) -> list[str]:
        """The words between, each mention among them shortened to its kind."""
        shown = []
        position = start
        for index in range(pair.first + 1, pair.second):
            inner_start, inner_end = self._spans[index]
            if inner_start < position:
                continue
            shown += self._words[position:inner_start]
            shown.append(f"<{self._mentions[index].kind}>")
            position = inner_end
        return shown + self._words[position:end]

    def _names(self, pair: Pair, kinds: str) -> Iterator[str]:
        left, right = self._surface[pair.first], self._surface[pair.second]
        for side, name in (("x", left), ("y", right)):
            words = name.lower().split()
            yield f"{kinds}{side}h:{words[-1][:12]}"
            yield f"{kinds}{side}t:{words[-1][-4:]}"
            yield f"{kinds}{side}0:{words[0][:12]}"
            yield f"{kinds}{side}s:{_shape(name)}"
        yield f"{kinds}s:{_shape(left)}{_shape(right)}"
        if _initials(right) == left.lower().rstrip("s") or _initials(left) == right.lower().rstrip(
            "s"
        ):
            yield "initials"
        if left in right or right in left:
            yield f"{kinds}within{left in right}"
        if left.lower() == right.lower():
            yield "same"
        if left.lower().split()[-1] == right.lower().split()[-1]:
            yield f"{kinds}samehead"


_SEPARATORS = frozenset({",", "and", "or", "/", "&", ";", "as", "well", "the", "both"})


def _before_separators(words: list[str], end: int) -> int:
    """Where the run of separators that ends at *end* begins."""
    while end > 0 and words[end - 1] in _SEPARATORS:
        end -= 1
    return end


def _after_separators(words: list[str], start: int) -> int:
    while start < len(words) and words[start] in _SEPARATORS:
        start += 1
    return start


def _shape(name: str) -> str:
    upper = sum(character.isupper() for character in name)
    case = "U" if upper > 1 else "u" if upper else "l"
    digit = "d" if any(character.isdigit() for character in name) else ""
    return f"{min(len(name.split()), 4)}{case}{digit}"


def _initials(name: str) -> str:
    return "".join(word[0] for word in re.split(r"[\s-]+", name.lower()) if word)


def _bucket(distance: int) -> int:
    return sum(distance > edge for edge in _BUCKETS)


def hashed(features: list[str], size: int) -> list[int]:
    """The columns of *features*, the same on every machine."""
    return sorted({crc32(feature.encode()) % size for feature in features})


@dataclass(frozen=True, slots=True)
class RelationModel:
    """
    A hidden layer over hashed features, *views* of the sentence, and a softmax over both.

    *embeddings* is (features, hidden), *output* (hidden, classes). *temperature* divides the mean
    of both log-probabilities so that the probability of an answer is how often it is right;
    *alone* divides those of the features where nothing is known of the words. An answer is given
    where its probability times those of both mentions is at least *threshold*. *network* is the
    SHA-256 of the tagger's network that *views* were learnt with.
    """

    embeddings: Weights
    hidden_bias: Weights
    output: Weights
    bias: Weights
    alone: float = 1.0
    threshold: float = 0.5
    temperature: float = 1.0
    views: Views | None = None
    network: str = ""

    def probabilities(
        self,
        columns: list[list[int]],
        kinds: list[tuple[Kind, Kind]],
        seen: Weights | None = None,
    ) -> Weights:
        """
        One row of class probabilities a pair; classes that the kinds forbid have 0.

        *seen* are the scores of the views, NaN where there are none.
        """
        flat = np.fromiter((column for row in columns for column in row), dtype=np.int64)
        offsets = np.cumsum([0, *(len(row) for row in columns[:-1])])
        scale = 1 / np.sqrt([[len(row) + 1] for row in columns])
        sums = np.add.reduceat(self.embeddings[flat], offsets, axis=0)
        hidden = np.maximum(sums * scale + self.hidden_bias, 0)
        forbidden = ~np.stack([PERMITTED[pair] for pair in kinds])
        scores = log_softmax(hidden @ self.output + self.bias, forbidden)
        if seen is None:
            return np.exp(log_softmax(scores / self.alone, forbidden))
        both = (scores + log_softmax(seen, forbidden)) / (2 * self.temperature)
        unseen = np.isnan(seen).any(axis=1, keepdims=True)
        return np.exp(log_softmax(np.where(unseen, scores / self.alone, both), forbidden))


def log_softmax(scores: Weights, forbidden: NDArray[np.bool_]) -> Weights:
    """Logarithms of probabilities that add up to 1 in each row, those *forbidden* being 0."""
    scores = np.where(forbidden, np.float32(-np.inf), scores)
    scores = scores - scores.max(axis=1, keepdims=True)
    return cast(Weights, scores - np.log(np.exp(scores).sum(axis=1, keepdims=True)))


def load(path: Path = WEIGHTS) -> RelationModel:
    """
    The trained classifier.

    Raises:
        ModelError: the file is missing or was made for other classes.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            alone, threshold, temperature = (float(value) for value in stored["settings"])
            model = RelationModel(
                stored["embeddings"].astype(np.float32) * stored["scale"],
                stored["hidden_bias"],
                stored["output"],
                stored["bias"],
                alone,
                threshold,
                temperature,
                Views.stored(stored),
                str(stored["network"]),
            )
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise ModelError(f"{path}: {error}; reinstall scholargraph") from error
    if model.output.shape[1:] != (len(CLASSES),):
        raise ModelError(f"{path}: made for other classes than these; reinstall scholargraph")
    return model


class Found(NamedTuple):
    """A relation between mentions, by index; *confidence* holds for it and both of them."""

    subject: int
    predicate: Predicate
    object: int
    confidence: float


def related(
    model: RelationModel, text: str, mentions: Sequence[Marked], words: Words | None = None
) -> list[Found]:
    """
    The relations in a sentence, *mentions* with offsets into its *text*.

    *words* are those that the tagger read; without them the features decide alone.
    """
    candidates = list(pairs(mentions))
    if not candidates:
        return []
    features = SentenceFeatures(text, mentions)
    size = len(model.embeddings)
    columns = [hashed(features.of(pair), size) for pair in candidates]
    kinds = [(mentions[a].kind, mentions[b].kind) for a, b in candidates]
    seen = None
    if words is not None and model.views is not None and len(words.states):
        seen = model.views.scores(words, mentions, candidates)
    probabilities = model.probabilities(columns, kinds, seen)
    found = []
    for pair, row, directed in zip(
        candidates, undirected(probabilities), probabilities, strict=True
    ):
        best = int(row[1:].argmax()) + 1
        # The classifier takes the mentions for granted; they have to be right too.
        confidence = float(row[best]) * mentions[pair.first].score * mentions[pair.second].score
        if confidence < model.threshold:
            continue
        predicate, forward = cast("tuple[Predicate, bool]", CLASSES[best])
        if predicate in SYMMETRIC:
            forward = bool(directed[best] >= directed[best + 1])
        subject, object_ = pair if forward else (pair.second, pair.first)
        found.append(Found(subject, predicate, object_, confidence))
    return found


def undirected(probabilities: Weights) -> Weights:
    """*probabilities* where both directions of a symmetric relation say the same, once."""
    merged = probabilities.copy()
    for forward, entry in enumerate(CLASSES):
        if entry is not None and entry[0] in SYMMETRIC and entry[1]:
            merged[:, forward] += merged[:, forward + 1]
            merged[:, forward + 1] = 0
    return merged


class Relations:
    """Writes the relations within each sentence to ``doc._.scholar_relations``."""

    def __init__(self, model: RelationModel) -> None:
        self.model = model

    def __call__(self, doc: Doc) -> Doc:
        known: tuple[str, States] | None = doc._.get(STATES)
        # The states of another network would mean nothing to these weights.
        words = words_of(doc, known[1]) if known and known[0] == self.model.network else None
        doc._.set(STATES, None)  # too large to keep, and of use to nobody else
        with _libraries().limit(limits=1, user_api="blas"):
            found = self._found(doc, words)
        doc._.set(RELATIONS, sorted(found))
        return doc

    def _found(self, doc: Doc, words: Words | None) -> list[tuple[int, str, int, float]]:
        text = text_of(doc)
        mentions = marked(doc)
        concepts = doc._.get(CONCEPTS) or [None] * len(mentions)
        found: list[tuple[int, str, int, float]] = []
        first = 0
        for start, end in sentence_bounds(doc):
            while first < len(mentions) and mentions[first].end <= start:
                first += 1
            stop = first
            while stop < len(mentions) and mentions[stop].end <= end:
                stop += 1
            if stop - first < 2:
                continue
            inside = [
                m._replace(start=m.start - start, end=m.end - start) for m in mentions[first:stop]
            ]
            here = None if words is None else words.within(start, end)
            for relation in related(self.model, text[start:end], inside, here):
                subject, object_ = relation.subject + first, relation.object + first
                same = (
                    concepts[subject] is not None and concepts[subject][0] == concepts[object_][0]
                )
                # Two spellings of one concept are synonyms, and related in no other way.
                if same and relation.predicate != "synonymOf":
                    continue
                found.append((subject, relation.predicate, object_, relation.confidence))
        return found


@cache
def _libraries() -> ThreadpoolController:
    """
    What multiplies for NumPy. Products as small as these take longer in several threads, which
    wait for each other in a loop: of two processes on two cores each lost half of its time so.
    """
    return ThreadpoolController()


@Language.factory(
    "scholar_relations",
    requires=["doc.spans", "doc.sents"],
    assigns=[f"doc._.{RELATIONS}"],
)
def create_relations(nlp: Language, name: str) -> Relations:
    return Relations(load())
