"""
From scores for each word to spans with probabilities: a linear-chain conditional random field.

Lafferty, McCallum and Pereira (2001). Labels are ``O`` and, for each kind, ``B`` (a span begins)
and ``I`` (it goes on); the sum over all label sequences gives the probability that a span is
there, with exactly these ends, whatever the rest of the sentence is.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
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
    _begins: Array = field(init=False, repr=False, compare=False)
    _goes_on: Array = field(init=False, repr=False, compare=False)
    # The weights as factors.
    _move: Array = field(init=False, repr=False, compare=False)
    _open: Array = field(init=False, repr=False, compare=False)
    _close: Array = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        labels = 2 * len(self.kinds) + 1
        shapes = (self.transitions.shape, self.start.shape, self.end.shape)
        if shapes != ((labels, labels), (labels,), (labels,)):
            raise ValueError(f"{len(self.kinds)} kinds need {labels} labels, found shapes {shapes}")
        begin, inside = slice(1, None, 2), slice(2, None, 2)
        free = [0, *range(1, len(self.start), 2)]  # what may follow a span that is over
        entry = np.vstack([self.transitions, self.start])
        exits = np.column_stack([self.transitions[:, free], self.end])
        last = (exits[1:] - exits[0]).max(axis=1)
        object.__setattr__(
            self,
            "_begins",
            (entry[:, begin] - entry[:, :1]).max(axis=0) + np.maximum(last[::2], last[1::2]),
        )
        onward = np.maximum(
            np.diagonal(self.transitions[begin, inside]),
            np.diagonal(self.transitions[inside, inside]),
        )
        object.__setattr__(self, "_goes_on", onward - self.transitions[0, 0])
        object.__setattr__(self, "_move", np.exp(self.transitions))
        object.__setattr__(self, "_open", np.exp(self.start))
        object.__setattr__(self, "_close", np.exp(self.end))

    def ceiling(self, scores: Array) -> float:
        """
        A probability that no span over *scores* exceeds; most sentences name no metric, say.

        A labelling with a span weighs at most so many times what it weighs with ``O`` in its place.
        """
        gain = scores[:, 1:] - scores[:, :1]
        begins = (gain[:, ::2] + self._begins).max(axis=0)
        goes_on = np.maximum(gain[:, 1::2] + self._goes_on, 0).sum(axis=0)
        odds = float((begins + goes_on).max())
        return 1 / (1 + math.exp(-min(max(odds, -700), 700)))

    @classmethod
    def from_json(cls, weights: dict[str, Any]) -> "Chain":
        """The inverse of `to_json`. Raises ValueError where the shapes do not fit the kinds."""
        return cls(
            tuple(weights["kinds"]),
            np.asarray(weights["transitions"], dtype=np.float64),
            np.asarray(weights["start"], dtype=np.float64),
            np.asarray(weights["end"], dtype=np.float64),
        )

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
    if not words or chain.ceiling(scores) < least:
        return []
    # Plain sums of scaled exponentials: with 3 kinds and 25 words this is five times faster than
    # log-sum-exp at every step.
    emit = np.exp(scores - scores.max(axis=1, keepdims=True))
    move, close = chain._move, chain._close
    ahead, behind, scale = _forward_backward(emit, chain)
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
                    closes = mass * float(close[label])
                    probability = closes / float(ahead[-1] @ close)
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


def _forward_backward(emit: Array, chain: Chain) -> tuple[Array, Array, Array]:
    """
    Rabiner's (1989) scaled recursions: ``ahead * behind`` is each label's marginal probability.

    Row *t* of *ahead* is divided by ``scale[t]``; row *t* of *behind* by the scales after *t*.
    """
    move, close = chain._move, chain._close
    ones = np.ones(emit.shape[1])  # a product with ones is a sum, at a fifth of the cost
    # Rows in lists: to take a row out of a matrix or put it in costs as much as to add it up.
    ahead, scale = [], []
    row = chain._open
    for place, weights in enumerate(emit):
        row = (row.dot(move) if place else row) * weights
        total = row.dot(ones)
        row = row / total
        ahead.append(row)
        scale.append(total)
    scales = np.array(scale)
    row = close / row.dot(close)
    behind = [row]
    for weights in (emit / scales[:, None])[:0:-1]:
        row = move.dot(weights * row)
        behind.append(row)
    behind.reverse()
    return np.array(ahead), np.array(behind), scales


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
