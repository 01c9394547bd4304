"""
From scores for each word to spans with probabilities: a linear-chain conditional random field.

Lafferty, McCallum and Pereira (2001). Labels are ``O`` and, for each kind, ``B`` (a span begins)
and ``I`` (it goes on); the sum over all label sequences gives the probability that a span is
there, with exactly these ends, whatever the rest of the sentence is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

IMPOSSIBLE = -1e4  # in place of minus infinity, which would turn sums into NaN


@dataclass(frozen=True, slots=True, order=True)
class WordSpan:
    """Words *first* to *last*, both inclusive, as *kind* with *probability*."""

    first: int
    last: int
    kind: str
    probability: float


@dataclass(frozen=True, slots=True)
class Chain:
    """
    The field's weights: label *y* follows *x* with score ``transitions[x, y]``.

    Label 0 is ``O``; ``B`` and ``I`` of ``kinds[k]`` are ``2k + 1`` and ``2k + 2``.
    """

    kinds: tuple[str, ...]
    transitions: Array
    start: Array
    end: Array

    @classmethod
    def from_json(cls, weights: dict[str, Any]) -> "Chain":
        """The inverse of `to_json`. Raises ValueError where the shapes do not fit the kinds."""
        kinds = tuple(weights["kinds"])
        labels = 2 * len(kinds) + 1
        chain = cls(
            kinds,
            np.asarray(weights["transitions"], dtype=np.float64),
            np.asarray(weights["start"], dtype=np.float64),
            np.asarray(weights["end"], dtype=np.float64),
        )
        shapes = (chain.transitions.shape, chain.start.shape, chain.end.shape)
        if shapes != ((labels, labels), (labels,), (labels,)):
            raise ValueError(f"{len(kinds)} kinds need {labels} labels, found shapes {shapes}")
        return chain

    def to_json(self) -> dict[str, Any]:
        return {
            "kinds": list(self.kinds),
            "transitions": np.round(self.transitions, 5).tolist(),
            "start": np.round(self.start, 5).tolist(),
            "end": np.round(self.end, 5).tolist(),
        }


def allowed(kinds: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which label may follow which, and which may be first: ``I`` needs its own ``B`` or ``I``."""
    labels = 2 * kinds + 1
    follows = np.ones((labels, labels), dtype=bool)
    for inside in range(2, labels, 2):
        follows[:, inside] = False
        follows[[inside - 1, inside], inside] = True
    first = np.ones(labels, dtype=bool)
    first[2::2] = False
    return follows, first


def spans(scores: Array, chain: Chain, *, least: float) -> list[WordSpan]:
    """
    Every span of at least *least* probability, best first; ties in reading order.

    *scores* has a row for each word, a column for each label. Probabilities of spans that share a
    word add up to at most 1. Time grows with the number of words.
    """
    words = len(scores)
    if not words:
        return []
    # Plain sums of scaled exponentials: with 3 kinds and 25 words this is five times faster than
    # log-sum-exp at every step.
    ahead, behind, scale = _forward_backward(scores, chain)
    emit = np.exp(scores - scores.max(axis=1, keepdims=True))
    move = np.exp(chain.transitions)
    found = []
    for k, kind in enumerate(chain.kinds):
        begin, inside = 2 * k + 1, 2 * k + 2
        leave = np.ones(len(chain.start), dtype=bool)
        leave[inside] = False
        starts = ahead[:, begin] * behind[:, begin]
        for first in np.flatnonzero(starts >= least).tolist():
            mass, label, last = float(ahead[first, begin]), begin, first
            while True:
                if last + 1 == words:
                    closes = mass * float(np.exp(chain.end[label]))
                    probability = closes / float(ahead[-1] @ np.exp(chain.end))
                else:
                    onward = move[label, leave] * emit[last + 1, leave] * behind[last + 1, leave]
                    probability = mass * float(onward.sum()) / float(scale[last + 1])
                if probability >= least:
                    found.append(WordSpan(first, last, kind, min(1.0, probability)))
                if last + 1 == words:
                    break
                mass *= float(move[label, inside] * emit[last + 1, inside] / scale[last + 1])
                last, label = last + 1, inside
                if mass * float(behind[last, inside]) < least:
                    break
    return sorted(found, key=lambda span: (-span.probability, span.first, span.last, span.kind))


def _forward_backward(scores: Array, chain: Chain) -> tuple[Array, Array, Array]:
    """
    Rabiner's (1989) scaled recursions: ``ahead * behind`` is each label's marginal probability.

    Row *t* of *ahead* is divided by ``scale[t]``; row *t* of *behind* by the scales after *t*.
    """
    emit = np.exp(scores - scores.max(axis=1, keepdims=True))
    move = np.exp(chain.transitions)
    end = np.exp(chain.end)
    words, labels = emit.shape
    ahead = np.empty((words, labels))
    behind = np.empty((words, labels))
    scale = np.empty(words)
    row = np.exp(chain.start) * emit[0]
    for t in range(words):
        if t:
            row = (row @ move) * emit[t]
        scale[t] = row.sum()
        row = row / scale[t]
        ahead[t] = row
    row = end / (ahead[-1] @ end)
    behind[-1] = row
    for t in range(words - 2, -1, -1):
        row = move @ (emit[t + 1] * row) / scale[t + 1]
        behind[t] = row
    return ahead, behind, scale


def best(candidates: Sequence[WordSpan]) -> list[WordSpan]:
    """The candidates without overlaps, in reading order; of two that share a word, the first."""
    taken: set[int] = set()
    kept = []
    for span in candidates:
        words = range(span.first, span.last + 1)
        if taken.isdisjoint(words):
            taken.update(words)
            kept.append(span)
    return sorted(kept)
