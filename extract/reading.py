"""Annotated sentences as the network reads them, and what it finds back as places in the text."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

import spacy

from .decoding import WordSpan
from .gold import GoldSentence, Span
from .subwords import Subwords, Window
from .tokenization import create_tokenizer


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence's window and the character offsets of each word that is in it."""

    window: Window
    words: tuple[str, ...]
    offsets: tuple[tuple[int, int], ...]
    gold: tuple[Span, ...]

    def labels(self, kinds: Sequence[str]) -> list[int]:
        """
        For each word 0 (outside) or, for ``kinds[k]``, 2k + 1 where a span begins, 2k + 2 inside.

        A span that cuts a word covers it whole: one in 2,000 does.
        """
        labels = [0] * len(self.offsets)
        for span in self.gold:
            if span.kind in kinds:
                begin = 2 * kinds.index(span.kind) + 1
                label = begin
                for word, (start, end) in enumerate(self.offsets):
                    if start < span.end and span.start < end and not labels[word]:
                        labels[word] = label
                        label = begin + 1
        return labels

    def span(self, found: WordSpan) -> Span:
        """The characters of *found*, whose words count within this example."""
        return Span(self.offsets[found.first][0], self.offsets[found.last][1], found.kind)


class Reader:
    """Sentences to examples, by the tokenizer and the vocabulary of the model."""

    def __init__(self, subwords: Subwords, size: int) -> None:
        nlp = spacy.blank("en")
        self._tokenizer = create_tokenizer()(nlp)
        self._subwords = subwords
        self._size = size

    def example(self, sentence: GoldSentence) -> Example:
        """The sentence's first window; one in 10,000 annotated sentences has a second."""
        tokens = [t for t in self._tokenizer(sentence.text) if self._subwords.pieces(t.text)]
        words = [token.text for token in tokens]
        window = self.window(words)
        offsets = tuple((t.idx, t.idx + len(t)) for t in tokens[: window.stop])
        return Example(window, tuple(words[: window.stop]), offsets, sentence.spans)

    def window(self, words: list[str]) -> Window:
        """The first window of *words*."""
        return self._subwords.windows(words, size=self._size, overlap=0)[0]


def recased(example: Example, chance: random.Random) -> Example:
    """
    Now and then the sentence as a Title, in capitals, or in lower case.

    The annotated corpora hold running text; titles and headings come in other case.
    """
    roll = chance.random()
    if roll > 0.15:
        return example
    to = (
        {1: 2, 5: 2}
        if roll < 0.09
        else {2: 1, 3: 1, 4: 1, 5: 1}
        if roll < 0.13
        else {1: 3, 2: 3, 4: 3}
    )
    shapes = tuple(to.get(shape, shape) for shape in example.window.shapes)
    return replace(example, window=replace(example.window, shapes=shapes))
