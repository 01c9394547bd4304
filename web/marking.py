"""Text with its spans marked: pieces that a template escapes one by one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Span(Generic[T]):
    """Characters *start* to *end* (exclusive), and *what* is there."""

    start: int
    end: int
    what: T


@dataclass(frozen=True, slots=True)
class Piece(Generic[T]):
    """A run of text; *what* is None where nothing is marked."""

    text: str
    what: T | None = None


def marked(text: str, spans: Iterable[Span[T]]) -> Sequence[Piece[T]]:
    """
    *text* in pieces that join to it, those in *spans* marked.

    Offsets count characters as Python does, also above U+FFFF. Of overlapping spans the one that
    begins first is marked, of those the longest; spans outside the text are ignored.

    >>> [piece.text for piece in marked("We use BERT.", [Span(7, 11, "method")])]
    ['We use ', 'BERT', '.']
    """
    pieces: list[Piece[T]] = []
    done = 0
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if span.start < done or span.end > len(text) or span.start >= span.end:
            continue
        if span.start > done:
            pieces.append(Piece(text[done : span.start]))
        pieces.append(Piece(text[span.start : span.end], span.what))
        done = span.end
    if done < len(text):
        pieces.append(Piece(text[done:]))
    return pieces
