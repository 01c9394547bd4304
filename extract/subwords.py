"""What the encoder sees of a word: its WordPieces, and its letter case, which they lose."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from tokenizers import Tokenizer

# A word is tagged by its first piece; later ones help, but a word of a million letters need not
# fill the window with them.
_MOST_PIECES = 16
_CACHE = 65_536

SHAPES: Final = 10


@lru_cache(maxsize=_CACHE)
def shape(word: str) -> int:
    """
    One of `SHAPES` classes of letter case: the vocabulary is lower case, names are not.

    0 no letter or digit, 1 lower, 2 Capitalised, 3 CAPITALS, 4 miXed, 5 one capital, 6 digits,
    7 digits and lower case, 8 digits and capitals. 9 is for the encoder's own marks.
    """
    upper = sum(letter.isupper() for letter in word)
    lower = sum(letter.islower() for letter in word)
    if any(letter.isdigit() for letter in word):
        return 8 if upper else 7 if lower else 6
    if not upper:
        return 1 if lower else 0
    if not lower:
        return 3 if len(word) > 1 else 5
    return 2 if upper == 1 and word[0].isupper() else 4


@dataclass(frozen=True, slots=True)
class Window:
    """
    A stretch of a sentence that the encoder reads at once.

    *ids* and *shapes* have one entry for each piece, marks included; *firsts* holds the position
    of each word's first piece. Words *start* to *stop* (exclusive) of the sentence are in it.
    """

    start: int
    stop: int
    ids: tuple[int, ...]
    shapes: tuple[int, ...]
    firsts: tuple[int, ...]


class Subwords:
    """Words to windows, with the pieces of frequent words remembered."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        # MiniLM's file asks for 128 pieces whatever the text.
        tokenizer.no_padding()
        tokenizer.no_truncation()
        self._tokenizer = tokenizer
        self._pieces: dict[str, tuple[int, ...]] = {}
        self._open = _mark(tokenizer, "[CLS]")
        self._close = _mark(tokenizer, "[SEP]")

    @classmethod
    def parsed(cls, vocabulary: bytes) -> "Subwords":
        """
        From the bytes of a ``tokenizer.json``.

        Raises:
            ValueError: they are not one.
        """
        return cls(Tokenizer.from_buffer(vocabulary))

    def pieces(self, word: str) -> tuple[int, ...]:
        """The word's pieces, at most 16; none for white space and control characters."""
        known = self._pieces.get(word)
        if known is None:
            encoded = self._tokenizer.encode(word[:4096], add_special_tokens=False)
            known = tuple(encoded.ids[:_MOST_PIECES])
            if len(self._pieces) >= _CACHE:
                self._pieces.clear()
            self._pieces[word] = known
        return known

    def windows(self, words: list[str], *, size: int, overlap: int) -> list[Window]:
        """
        The *words*, each with at least one piece, in windows of at most *size* pieces.

        Neighbouring windows share words of about *overlap* pieces, so that every word is read
        with both its neighbourhoods in one of them.
        """
        pieces = [self.pieces(word) for word in words]
        windows = []
        start = 0
        while True:
            stop, room = start, size - 2
            while stop < len(words) and len(pieces[stop]) <= room:
                room -= len(pieces[stop])
                stop += 1
            windows.append(self._window(words, pieces, start, stop))
            if stop == len(words):
                return windows
            again, back = stop, overlap
            while again - 1 > start and len(pieces[again - 1]) <= back:
                again -= 1
                back -= len(pieces[again])
            start = again

    def _window(
        self, words: list[str], pieces: list[tuple[int, ...]], start: int, stop: int
    ) -> Window:
        ids, shapes, firsts = [self._open], [9], []
        for word, own in zip(words[start:stop], pieces[start:stop], strict=True):
            firsts.append(len(ids))
            ids.extend(own)
            shapes.extend([shape(word)] * len(own))
        ids.append(self._close)
        shapes.append(9)
        return Window(start, stop, tuple(ids), tuple(shapes), tuple(firsts))


def _mark(tokenizer: Tokenizer, name: str) -> int:
    number = tokenizer.token_to_id(name)
    if number is None:
        raise ValueError(f"the vocabulary has no {name}")
    return number
