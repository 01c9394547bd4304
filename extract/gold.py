"""Annotated sentences: JSON lines with text and spans, plain or gzip, for training and judging."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .sources.opening import SourceError

_SHAPE = 'needs "text" and "spans", each span with "start", "end" and "label"'


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Characters *start* to *end*, end exclusive, that name a *kind*: ``method``, ``dataset``, …"""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class GoldSentence:
    """A sentence (or a longer text) with every span that its annotators marked, in order."""

    id: str
    document: str
    text: str
    spans: tuple[Span, ...]


def read_gold(path: Path) -> Iterator[GoldSentence]:
    """
    The sentences of *path*, in its order; labels in lower case, so ``Method`` is ``method``.

    A line holds ``text`` and ``spans`` of ``start``, ``end`` and ``label``. A file that starts
    with gzip's two magic bytes is unpacked whatever its name.

    Raises:
        SourceError: the file cannot be read, or a line is not as described.
    """
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
        opened = gzip.open(path, "rb") if packed else path.open("rb")
        with opened as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield _sentence(line, f"{path}:{number}")
    except (OSError, EOFError) as error:
        raise SourceError(f"{path}: cannot be read: {error}") from error


def _sentence(line: bytes, place: str) -> GoldSentence:
    try:
        record: Any = json.loads(line)
    except ValueError as error:
        raise SourceError(f"{place}: not a line of JSON: {error}") from error
    try:
        text = record["text"]
        spans = tuple(
            sorted(
                Span(span["start"], span["end"], span["label"].lower()) for span in record["spans"]
            )
        )
        length = len(text)
    except (KeyError, TypeError, AttributeError) as error:
        raise SourceError(f"{place}: {_SHAPE}") from error
    if not isinstance(text, str):
        raise SourceError(f"{place}: {_SHAPE}")
    if not all(0 <= span.start < span.end <= length for span in spans):
        raise SourceError(f"{place}: a span lies outside its text of {length} characters")
    identity = str(record.get("id", place))
    return GoldSentence(identity, str(record.get("doc_id", identity)), text, spans)
