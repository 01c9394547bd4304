"""
Learns the two classifiers of relations from annotated sentences: that of words by stochastic
gradient descent (AdaGrad) on the softmax loss, in numpy; that of the network's views in PyTorch
(`train_relation_views`). What they are put together with is found in `relation_training`.
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
from spacy.language import Language

from .mentions import Kind
from .mistaken import with_mistakes
from .model import Model, ModelError
from .relation_gold import Annotated
from .relation_views import Views, words_of
from .relations import CLASSES, PERMITTED, Pair, RelationModel, SentenceFeatures, hashed, pairs
from .renaming import renamed
from .tagger import MentionTagger

SIZE = 1 << 15
HIDDEN = 32
EPOCHS = 3
RATE = 0.4


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
        for pair, kinds, gold in answers(sentence):
            found.columns.append(hashed(features.of(pair), SIZE))
            found.kinds.append(kinds)
            found.gold.append(gold)
    return found


def answers(sentence: Annotated) -> list[tuple[Pair, tuple[Kind, Kind], int]]:
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


def views_of(
    sentences: Sequence[Annotated],
    nlp: Language,
    *,
    seed: int = 0,
    epochs: int = 6,
    renaming: bool = False,
) -> Views:
    """
    What is learnt from *sentences* with their words and from copies `with_mistakes`; with
    *renaming*, from copies with other names, too, which the tagger of *nlp* reads.

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
    chance = random.Random(seed)
    every = [*sentences, *with_words(renamed(sentences, chance) if renaming else (), nlp)]
    lessons = []
    for sentence in _and_mistaken(every, chance):
        known = answers(sentence)
        if known and sentence.words is not None:
            found, kinds, gold = zip(*known, strict=True)
            permitted = np.stack([PERMITTED[pair] for pair in kinds])
            lessons.append(Lesson(sentence.words, sentence.mentions, found, gold, permitted))
    return learnt(lessons, seed=seed, epochs=epochs)


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
