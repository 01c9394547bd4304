"""
How two mentions of a sentence are related, by what the tagger's network made of its words.

Five views of a sentence belong to a pair: of its first mention, of its second, and of what stands
before, between and after them. Each is the largest value, in every column, over the words that are
in it (max pooling, as Eberts and Ulges (2020), "Span-based Joint Entity and Relation Extraction
with Transformer Pre-training", have it). One hidden layer decides over the five, the two kinds and
the distance. Training is in `train_relation_views`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from spacy.tokens import Doc

from .annotations import Marked
from .model import States

Weights = NDArray[np.float32]

VIEWS = 5
KINDS = ("method", "dataset", "task")
# A word is outside of mentions, or begins or goes on with one of a kind.
TAGS = 1 + 2 * len(KINDS)
DISTANCES = (0, 1, 2, 3, 4, 6, 8, 11, 15, 20, 30, 50)

# The words of a mention: the first, and the one after the last.
Place = tuple[int, int]


class Words(NamedTuple):
    """The words of a text: their characters in it, and a row of states each, NaN if not read."""

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    states: States

    def place(self, mention: Marked) -> Place | None:
        """The words that *mention* touches; None where it touches none that was read."""
        first = int(np.searchsorted(self.ends, mention.start, side="right"))
        after = int(np.searchsorted(self.starts, mention.end, side="left"))
        return (first, after) if first < after else None

    def within(self, start: int, end: int) -> "Words":
        """
        Those that begin from *start* to before *end*, their characters counted from *start*.

        Words that were not read are left out.
        """
        first, after = np.searchsorted(self.starts, [start, end])
        states = self.states[first:after]
        here = first + np.flatnonzero(~np.isnan(states[:, 0]))
        return Words(self.starts[here] - start, self.ends[here] - start, self.states[here])


def words_of(doc: Doc, states: States) -> Words:
    """Every token of *doc*; *states* has a row for each."""
    fields = doc.to_array(["IDX", "LENGTH"]).astype(np.int64)
    return Words(fields[:, 0], fields.sum(axis=1), states)


def tags(places: Sequence[Place | None], mentions: Sequence[Marked], words: int) -> list[int]:
    """For each of so many *words* 0 or, for ``KINDS[k]``, 2k + 1 where it begins and 2k + 2."""
    found = [0] * words
    for place, mention in zip(places, mentions, strict=True):
        if place is not None and mention.kind in KINDS:
            tag = 2 * KINDS.index(mention.kind) + 1
            for word in range(*place):
                if not found[word]:
                    found[word] = tag if word == place[0] else tag + 1
    return found


def distance(first: Place, second: Place) -> int:
    """How far two mentions are from each other, as a row of the table of distances."""
    return sum(second[0] - first[1] > edge for edge in DISTANCES)


@dataclass(frozen=True, slots=True)
class Views:
    """
    The weights.

    *word* is (states, width), *tags* what a word's tag adds there, *view* (width, 5 x width);
    *empty* (5, width) stands for a view without words. *kinds* and *distances* have a row of that
    width for each pair of kinds and each distance.
    """

    word: Weights
    word_bias: Weights
    tags: Weights
    view: Weights
    view_bias: Weights
    empty: Weights
    kinds: Weights
    distances: Weights
    hidden: Weights
    hidden_bias: Weights
    output: Weights
    bias: Weights

    @classmethod
    def stored(cls, arrays: Mapping[str, Any]) -> Self:
        """From arrays that are named as the fields. Raises KeyError where one is missing."""
        return cls(*(arrays[f"views_{field.name}"].astype(np.float32) for field in fields(cls)))

    def arrays(self) -> dict[str, Weights]:
        return {f"views_{field.name}": getattr(self, field.name) for field in fields(self)}

    def scores(
        self, words: Words, mentions: Sequence[Marked], pairs: Sequence[tuple[int, int]]
    ) -> Weights:
        """
        A row of scores for each of *pairs*, which are in reading order.

        A pair of which a mention has no words that were read gets NaN.
        """
        places = [words.place(mention) for mention in mentions]
        tagged = np.array(tags(places, mentions, len(words.states)))
        known = words.states.astype(np.float32) @ self.word + self.word_bias + self.tags[tagged]
        seen = np.maximum(known, 0) @ self.view + self.view_bias
        views = seen.reshape(len(seen), VIEWS, -1)
        before = np.maximum.accumulate(views[:, 2])
        after = np.maximum.accumulate(views[::-1, 4])[::-1]
        own = [None if place is None else views[slice(*place), :2].max(axis=0) for place in places]
        rows = np.full((len(pairs), self.hidden.shape[0]), np.nan, np.float32)
        for row, (one, two) in zip(rows, pairs, strict=True):
            (first, second), (mine, theirs) = (places[one], places[two]), (own[one], own[two])
            if first is None or second is None or mine is None or theirs is None:
                continue
            between = views[first[1] : second[0], 3]
            kind = len(KINDS) * KINDS.index(mentions[one].kind) + KINDS.index(mentions[two].kind)
            np.concatenate(
                [
                    mine[0],
                    theirs[1],
                    before[first[0] - 1] if first[0] else self.empty[2],
                    between.max(axis=0) if len(between) else self.empty[3],
                    after[second[1]] if second[1] < len(after) else self.empty[4],
                    self.kinds[kind],
                    self.distances[distance(first, second)],
                ],
                out=row,
            )
        hidden = np.maximum(np.maximum(rows, 0) @ self.hidden + self.hidden_bias, 0)
        scores: Weights = hidden @ self.output + self.bias
        return scores
