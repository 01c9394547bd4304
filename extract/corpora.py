"""Annotated corpora as training draws on them: kept and held-out documents, batches, epochs."""

import random
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .gold import GoldSentence, read_gold

if TYPE_CHECKING:
    from .train import Training

_HELD_OUT = 20  # one document in so many, of every corpus but the first


@dataclass(frozen=True, slots=True)
class Corpus:
    """
    Sentences annotated under one scheme.

    *sentences* says how many are drawn in each epoch (None: all of them). *weight* scales their
    loss. A corpus that marks metrics also teaches the shared head for metrics.
    """

    scheme: str
    path: Path
    kinds: tuple[str, ...]
    sentences: tuple[int | None, ...] = (None,)
    weight: float = 1.0

    def drawn(self, epoch: int) -> int | None:
        return self.sentences[min(epoch, len(self.sentences) - 1)]


Batch = tuple[Corpus, list[GoldSentence]]


def split(
    corpus: Corpus, *, hold_out: bool
) -> tuple[Corpus, list[GoldSentence], list[GoldSentence]]:
    """
    The corpus, its sentences to learn from, and those held out, whole documents at a time.

    Sentences without a span of the corpus's kinds are kept: they teach what is no mention.
    """
    kept: list[GoldSentence] = []
    held: list[GoldSentence] = []
    for sentence in read_gold(corpus.path):
        away = hold_out and zlib.crc32(sentence.document.encode()) % _HELD_OUT == 0
        (held if away else kept).append(sentence)
    return corpus, kept, held


def epoch_batches(
    training: "Training", corpora: Sequence[tuple[Corpus, list[GoldSentence]]], epoch: int
) -> list[Batch]:
    """Batches of one corpus each, of sentences of like length, in random order."""
    chance = random.Random(training.seed * 1000 + epoch)
    batches = []
    for corpus, kept in corpora:
        number = corpus.drawn(epoch)
        drawn = kept if number is None else chance.sample(kept, min(number, len(kept)))
        # Like lengths waste little on padding; the noise keeps batches from repeating.
        ordered = sorted(drawn, key=lambda s: len(s.text) * chance.uniform(0.9, 1.1))
        batches += [
            (corpus, ordered[at : at + training.batch])
            for at in range(0, len(ordered), training.batch)
        ]
    chance.shuffle(batches)
    return batches


def stopped(epochs: Sequence[list[Batch]], batches: int | None) -> Iterator[list[Batch]]:
    """The *epochs* up to so many *batches* in all; None: all of them."""
    for epoch in epochs:
        if batches is None:
            yield epoch
        elif batches > 0:
            yield epoch[:batches]
            batches -= len(epoch)
