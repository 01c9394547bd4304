"""
Trains the relation classifier on annotated sentences and says how good it is.

    python -m scholargraph.extract.train_relations TRAIN.jsonl.gz DEV.jsonl.gz -o relations.npz

The classifier of words learns by stochastic gradient descent (AdaGrad) on the softmax loss, in
numpy; that of the network's views in PyTorch (`train_relation_views`). A quarter of an hour on one
core. Temperatures and threshold come from the training part by cross-validation over documents, so
that the development part judges only.
"""

import argparse
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language

from .annotations import RELATIONS, Marked, marked
from .mentions import Kind, Predicate
from .mistaken import with_mistakes
from .model import Model, ModelError
from .papers import Paper
from .pipeline import document, load_pipeline
from .relation_gold import Annotated, read
from .relation_views import Views, words_of
from .relations import (
    CLASSES,
    PERMITTED,
    SYMMETRIC,
    Pair,
    RelationModel,
    Relations,
    SentenceFeatures,
    hashed,
    load,
    pairs,
    related,
    undirected,
)
from .tagger import MentionTagger

SIZE = 1 << 15
HIDDEN = 32
EPOCHS = 3
RATE = 0.4
FOLDS = 3
# What the tagger's confidences of two mentions come to, multiplied, on average (SciER dev: 0.69). A
# threshold fitted on given mentions, which are certain, is lowered by it.
CERTAINTY = 0.7


def tagger_of(nlp: Language) -> Model:
    return cast(MentionTagger, nlp.get_pipe("scholar_tagger")).model


def with_words(sentences: Iterable[Annotated], nlp: Language) -> list[Annotated]:
    """*sentences* with what the tagger of *nlp* makes of their words."""
    model = tagger_of(nlp)
    seen = []
    for sentence in sentences:
        doc = nlp.make_doc(sentence.text)
        states = model.read([token.text for token in doc]).states
        seen.append(replace(sentence, words=words_of(doc, states).within(0, len(doc.text))))
    return seen


@dataclass(frozen=True, slots=True)
class Examples:
    """Pairs as rows of columns, with their kinds and gold classes."""

    columns: list[list[int]]
    kinds: list[tuple[Kind, Kind]]
    gold: list[int]


def examples(sentences: Iterable[Annotated]) -> Examples:
    """Every pair of every sentence; a pair with two gold relations counts with the first."""
    found = Examples([], [], [])
    for sentence in sentences:
        features = SentenceFeatures(sentence.text, sentence.mentions)
        for pair, kinds, gold in _answers(sentence):
            found.columns.append(hashed(features.of(pair), SIZE))
            found.kinds.append(kinds)
            found.gold.append(gold)
    return found


def _answers(sentence: Annotated) -> list[tuple[Pair, tuple[Kind, Kind], int]]:
    """Each pair of a sentence with its kinds and its class."""
    classes: dict[tuple[int, int], int] = {}
    for subject, predicate, object_ in sorted(sentence.relations):
        forward = subject < object_
        pair = (subject, object_) if forward else (object_, subject)
        classes.setdefault(pair, CLASSES.index((predicate, forward)))
    found = []
    for pair in pairs(sentence.mentions):
        kinds = (sentence.mentions[pair.first].kind, sentence.mentions[pair.second].kind)
        gold = classes.get(pair, 0)
        found.append((pair, kinds, gold if PERMITTED[kinds][gold] else 0))
    return found


def views_of(sentences: Iterable[Annotated], *, seed: int = 0) -> Views:
    """
    What is learnt from *sentences* with their words, and from copies `with_mistakes`.

    Raises:
        ModelError: PyTorch is missing.
    """
    try:
        from .train_relation_views import Lesson
        from .train_relation_views import trained as learnt
    except ImportError as error:
        raise ModelError(
            f"training needs {error.name}: pip install 'scholargraph[train]'"
        ) from error
    lessons = []
    for sentence in _and_mistaken(sentences, random.Random(seed)):
        answers = _answers(sentence)
        if answers and sentence.words is not None:
            found, kinds, gold = zip(*answers, strict=True)
            permitted = np.stack([PERMITTED[pair] for pair in kinds])
            lessons.append(Lesson(sentence.words, sentence.mentions, found, gold, permitted))
    return learnt(lessons, seed=seed)


def _and_mistaken(sentences: Iterable[Annotated], chance: random.Random) -> Iterator[Annotated]:
    for sentence in sentences:
        yield sentence
        if sentence.words is not None and len(sentence.mentions) > 1:
            other = with_mistakes(sentence.words, sentence.mentions, sentence.relations, chance)
            if other is not None:
                yield replace(sentence, mentions=other[0], relations=other[1])


def trained(data: Examples, *, seed: int = 0) -> RelationModel:
    """Weights learnt from *data*, averaged over the second half of the epochs."""
    random = np.random.default_rng(seed)
    classes = len(CLASSES)
    embeddings = random.normal(0, 0.1, (SIZE, HIDDEN)).astype(np.float32)
    output = random.normal(0, HIDDEN**-0.5, (HIDDEN, classes)).astype(np.float32)
    hidden_bias, bias = np.zeros(HIDDEN, np.float32), np.zeros(classes, np.float32)
    # AdaGrad's sums of squares, one for a whole row of the embeddings.
    row_squares = np.full((SIZE, 1), 1e-3, np.float32)
    output_squares, hidden_squares = np.full_like(output, 1e-2), np.full_like(hidden_bias, 1e-2)
    averages = [np.zeros_like(embeddings), np.zeros_like(hidden_bias), np.zeros_like(output)]
    rows = [np.array(row) for row in data.columns]
    allowed = [PERMITTED[kinds] for kinds in data.kinds]
    for epoch in range(EPOCHS):
        rate = RATE * (1 - 0.7 * epoch / EPOCHS)
        for index in random.permutation(len(rows)):
            row = rows[index]
            scale = np.float32(1 / np.sqrt(len(row) + 1))
            before = embeddings[row].sum(axis=0) * scale + hidden_bias
            hidden = np.maximum(before, 0)
            scores = hidden @ output + bias
            scores[~allowed[index]] = -np.inf
            error = np.exp(scores - scores.max())
            error /= error.sum()
            error[data.gold[index]] -= 1
            back = (output @ error) * (before > 0)
            step = np.outer(hidden, error)
            output_squares += step * step
            output -= 0.1 * rate * step / np.sqrt(output_squares)
            hidden_squares += back * back
            hidden_bias -= 0.1 * rate * back / np.sqrt(hidden_squares)
            bias -= 0.01 * error
            step = back * scale
            row_squares[row] += step @ step / HIDDEN
            embeddings[row] -= 0.25 * rate * step / np.sqrt(row_squares[row])
        if epoch >= EPOCHS // 2:
            for average, value in zip(averages, (embeddings, hidden_bias, output), strict=True):
                average += value / (EPOCHS - EPOCHS // 2)
    return RelationModel(averages[0], averages[1], averages[2], bias)


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


@dataclass(frozen=True, slots=True)
class Settings:
    """What cross-validation finds out; the fields are those of `RelationModel`."""

    alone: float
    threshold: float
    temperature: float


def calibrated(sentences: list[Annotated]) -> Settings:
    """By cross-validation over the documents of *sentences*, which have their words."""
    documents = sorted({sentence.document for sentence in sentences})
    alone: list[NDArray[np.float32]] = []
    both: list[NDArray[np.float32]] = []
    gold: list[int] = []
    missed = 0
    for fold in range(FOLDS):
        held = set(documents[fold::FOLDS])
        taught = [s for s in sentences if s.document not in held]
        judged = [s for s in sentences if s.document in held and _answers(s)]
        model = trained(examples(taught), seed=fold)
        data = examples(judged)
        views = views_of(taught, seed=fold)
        seen = np.concatenate(
            [
                views.scores(s.words, s.mentions, list(pairs(s.mentions)))
                for s in judged
                if s.words is not None
            ]
        )
        with np.errstate(divide="ignore"):
            alone.append(np.log(model.probabilities(data.columns, data.kinds)))
            both.append(np.log(model.probabilities(data.columns, data.kinds, seen)))
        gold.extend(data.gold)
        missed += sum(len(s.relations) for s in sentences if s.document in held)
    answers = np.array(gold)
    scores = np.concatenate(both)
    temperature = _temperature(scores, answers)
    probabilities = _softmax(scores / temperature)
    one_way = np.arange(len(CLASSES))
    for number, entry in enumerate(CLASSES):
        if entry is not None and entry[0] in SYMMETRIC and not entry[1]:
            one_way[number] = number - 1
    merged = undirected(probabilities)
    best = merged[:, 1:].argmax(axis=1) + 1
    confidence = merged[np.arange(len(best)), best]
    threshold = max(
        np.arange(0.1, 0.8, 0.02),
        key=lambda value: _f1(confidence >= value, best == one_way[answers], missed),
    )
    f1 = _f1(confidence >= threshold, best == one_way[answers], missed)
    print(f"the folds' F1, given mentions: {f1:.3f}")
    return Settings(
        _temperature(np.concatenate(alone), answers), float(threshold * CERTAINTY), temperature
    )


def _temperature(scores: NDArray[np.float32], gold: NDArray[np.int64]) -> float:
    return float(min(np.arange(0.5, 3.0, 0.05), key=lambda value: _loss(scores / value, gold)))


def _softmax(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return cast(NDArray[np.float32], powers / powers.sum(axis=1, keepdims=True))


def _loss(scores: NDArray[np.float32], gold: NDArray[np.int64]) -> float:
    chosen = _softmax(scores)[np.arange(len(gold)), gold]
    return float(-np.log(np.maximum(chosen, 1e-9)).mean())


def _f1(given: NDArray[np.bool_], right: NDArray[np.bool_], gold: int) -> float:
    return float(2 * (given & right).sum() / (given.sum() + gold))


def save(model: RelationModel, path: Path) -> None:
    """Write *model*, which has views, with one byte an embedded value and two for the others."""
    assert model.views is not None
    views: dict[str, Any] = {
        name: values.astype(np.float16) for name, values in model.views.arrays().items()
    }
    scale = np.maximum(np.abs(model.embeddings).max(axis=0), 1e-6) / 127
    np.savez_compressed(
        path,
        embeddings=np.round(model.embeddings / scale).astype(np.int8),
        scale=scale.astype(np.float32),
        hidden_bias=model.hidden_bias,
        output=model.output,
        bias=model.bias,
        settings=np.array([model.alone, model.threshold, model.temperature], np.float32),
        network=np.array(model.network),
        **views,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the relation classifier.")
    parser.add_argument("train", type=Path)
    parser.add_argument("dev", type=Path)
    parser.add_argument("--scores", action="store_true", help="train nothing, judge OUTPUT")
    parser.add_argument("-o", "--output", type=Path, default=Path("relations.npz"))
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    nlp = load_pipeline()
    if not arguments.scores:
        sentences = with_words(read(arguments.train), nlp)
        settings = calibrated(sentences)
        model = replace(
            trained(examples(sentences), seed=arguments.seed),
            **asdict(settings),
            views=views_of(sentences, seed=arguments.seed),
            network=tagger_of(nlp).sha256,
        )
        save(model, arguments.output)
        print(settings)
    dev, model = with_words(read(arguments.dev), nlp), load(arguments.output)
    for name, score in sorted(evaluated(model, dev).items()):
        print(f"{name:14} {score}")
    cast(Relations, nlp.get_pipe("scholar_relations")).model = model
    print(f"{'found mentions':14} {found_by(nlp, dev)}")


if __name__ == "__main__":
    main()
