"""
What the stages write on a spaCy `Doc`, and typed ways to read it back.

Mentions live in ``doc.spans["mentions"]`` with ``attrs["scores"]`` beside them; everything else
in ``doc._.scholar_*``. Values are plain lists and tuples, so that `Doc.to_bytes` (and with it
``nlp.pipe(n_process=2)``) keeps them.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple, cast
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from spacy.tokens import Doc, Span, SpanGroup

from .mentions import KINDS, Kind

MENTIONS = "mentions"
TITLE_END = "scholar_title_end"
ABBREVIATIONS = "scholar_abbreviations"
CONCEPTS = "scholar_concepts"
LINKED_BY = "scholar_linked_by"
INTRODUCES = "scholar_introduces"
RELATIONS = "scholar_relations"
RESULTS = "scholar_results"
# The SHA-256 of the tagger's network and what it made of each token, a row for each; whoever
# decides on relations takes it off the Doc again.
STATES = "scholar_states"

for _name in (
    *(TITLE_END, ABBREVIATIONS, CONCEPTS, LINKED_BY, INTRODUCES, RELATIONS, RESULTS, STATES),
):
    if not Doc.has_extension(_name):
        Doc.set_extension(_name, default=None)


class Marked(NamedTuple):
    """A mention on a Doc: characters *start* to *end*, its kind and its calibrated score."""

    start: int
    end: int
    kind: Kind
    score: float


class ShortForm(NamedTuple):
    """An abbreviation that the text defines; character offsets of both forms."""

    short_start: int
    short_end: int
    long_start: int
    long_end: int


# What every stage asks for and spaCy puts together anew each time, for as long as the Doc lives.
_TEXTS: WeakKeyDictionary[Doc, str] = WeakKeyDictionary()
_BOUNDS: WeakKeyDictionary[Doc, tuple[bytes, list[tuple[int, int]]]] = WeakKeyDictionary()


def text_of(doc: Doc) -> str:
    """``doc.text``; what a Doc with words says never changes, and joining them takes time."""
    text = _TEXTS.get(doc)
    if text is None:
        text = doc.text
        if text:
            _TEXTS[doc] = text
    return text


def title_end(doc: Doc) -> int:
    """Where the abstract begins in *doc*; 0 where the text has no title."""
    return cast(int | None, doc._.get(TITLE_END)) or 0


def marked(doc: Doc) -> list[Marked]:
    """
    The mentions of *doc* in reading order, as the stages so far left them.

    A mention without a score counts as certain; one of a foreign kind is left out.
    """
    if MENTIONS not in doc.spans:
        return []
    group = doc.spans[MENTIONS]
    scores = cast(list[float], group.attrs.get("scores") or [1.0] * len(group))
    return sorted(
        Marked(span.start_char, span.end_char, cast(Kind, span.label_), float(score))
        for span, score in zip(group, scores, strict=True)
        if span.label_ in KINDS
    )


def mark(doc: Doc, mentions: Iterable[Marked]) -> list[Marked]:
    """
    Replace the mentions of *doc* by those of *mentions* that lie on token borders.

    Returns those kept, in reading order.
    """
    kept: list[Marked] = []
    spans: list[Span] = []
    for mention in sorted(mentions):
        span = doc.char_span(mention.start, mention.end, label=mention.kind)
        if span is not None:
            kept.append(mention)
            spans.append(span)
    group = SpanGroup(doc, name=MENTIONS, spans=spans)
    group.attrs["scores"] = [mention.score for mention in kept]
    doc.spans[MENTIONS] = group
    return kept


def short_forms(doc: Doc) -> list[ShortForm]:
    """The abbreviations that *doc* defines, in reading order."""
    return [ShortForm(*entry) for entry in doc._.get(ABBREVIATIONS) or ()]


def sentence_bounds(doc: Doc) -> list[tuple[int, int]]:
    """Character offsets of the sentences of *doc*, white space at either end left out."""
    # From arrays: token objects and the text put together anew were 5 % of a paper's time.
    fields = doc.to_array(["SENT_START", "IDX", "LENGTH", "IS_SPACE"])
    # Six stages ask; a component of somebody else's may have moved a boundary in between.
    state = fields.tobytes()
    known = _BOUNDS.get(doc)
    if known is None or known[0] != state:
        known = _BOUNDS[doc] = state, _bounds(fields)
    return list(known[1])


def _bounds(fields: NDArray[Any]) -> list[tuple[int, int]]:
    """From the columns that `sentence_bounds` asks for."""
    sentences = np.cumsum(fields[:, 0] == 1)
    words = fields[:, 3] == 0
    fields = fields[words]
    firsts = np.flatnonzero(np.diff(sentences[words], prepend=-1))
    lasts = np.append(firsts, len(fields))[1:] - 1
    ends = fields[lasts, 1] + fields[lasts, 2]
    return list(zip(fields[firsts, 1].tolist(), ends.tolist(), strict=True))
