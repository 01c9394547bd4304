"""The pipeline's mention tagger: a spaCy component over the packaged model."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

import numpy as np
import srsly
from spacy.language import Language
from spacy.tokens import Doc, Span, SpanGroup

from .annotations import MENTIONS, STATES
from .decoding import WordSpan
from .extent import extended
from .model import FILES, Model, States

WEIGHTS = Path(__file__).parent / "weights"

_OPENING = {")": "(", "]": "[", "}": "{"}
_BRACKETS = frozenset("()[]{}")
# What a name may end in although it is no letter: 'U-Net++', 'C#', 'A*', 'top-5 %'.
_ENDINGS = frozenset("+#*%")


class MentionTagger:
    """
    Writes ``doc.spans["mentions"]``: labels ``method``, ``dataset``, ``task`` and ``metric``, by
    sentence in reading order, without overlaps, with calibrated probabilities in
    ``attrs["scores"]``. ``doc._.scholar_states`` has what the network made of each token.

    A text gets the same mentions whatever else is in its batch: sentences are read one by one (see
    `Model`), which is also why there is no `pipe`; spaCy's own calls the component on each Doc.
    """

    def __init__(self, model: Model, *, threshold: float | None = None) -> None:
        self.model = model
        self._threshold = threshold

    def __call__(self, doc: Doc) -> Doc:
        group = SpanGroup(doc, name=MENTIONS)
        scores = []
        states: States | None = None
        # A Doc without sentence boundaries is read as one sentence.
        sentences: Iterable[Span] = doc.sents if doc.has_annotation("SENT_START") else [doc[:]]
        strings = doc.vocab.strings
        fields = doc.to_array(["ORTH", "SPACY"])
        texts = [strings[orth] for orth in fields[:, 0].tolist()]
        unspaced = (fields[:, 1] == 0).tolist()
        for sentence in sentences:
            words = texts[sentence.start : sentence.end]
            joined = unspaced[sentence.start : sentence.end]
            reading = self.model.read(words, threshold=self._threshold)
            if states is None and reading.states.shape[1]:
                # Written in place: a long text has no room for its states twice.
                states = np.full((len(doc), reading.states.shape[1]), np.nan, np.float16)
            if states is not None and reading.states.shape[1]:
                states[sentence.start : sentence.end] = reading.states
            for found in extended(words, joined, reading.spans):
                bounds = well_formed(words, found)
                if bounds is not None:
                    first, last = (sentence.start + word for word in bounds)
                    group.append(Span(doc, first, last + 1, label=found.kind))
                    scores.append(found.probability)
        group.attrs["scores"] = scores
        doc.spans[MENTIONS] = group
        doc._.set(STATES, None if states is None else (self.model.sha256, states))
        return doc

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """The model's files and the threshold. *exclude* is spaCy's; there are no parts here."""
        packed: bytes = srsly.msgpack_dumps(
            {"files": self.model.files, "threshold": self._threshold}
        )
        return packed

    def from_bytes(self, data: bytes, *, exclude: Iterable[str] = ()) -> Self:
        """The inverse of `to_bytes`. Raises ModelError where the files do not fit."""
        state: dict[str, Any] = srsly.msgpack_loads(data)
        if state["files"] != self.model.files:
            self.model = Model(state["files"], "the bytes given", threads=self.model.threads)
        self._threshold = state["threshold"]
        return self

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """The model's files, in a folder that the setting ``weights`` accepts."""
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        for name in FILES:
            (folder / name).write_bytes(self.model.files[name])

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> Self:
        """The inverse of `to_disk`; the threshold stays that of the config."""
        self.model = Model.load(Path(path), threads=self.model.threads)
        return self


@Language.factory(
    "scholar_tagger",
    assigns=["doc.spans", f"doc._.{STATES}"],
    requires=["doc.sents"],
    default_config={"weights": None, "threshold": None, "threads": 1},
)
def create_tagger(
    nlp: Language, name: str, weights: str | None, threshold: float | None, threads: int
) -> MentionTagger:
    """
    The tagger of the model folder *weights*; the packaged one where it is None.

    *threshold* is the least probability shown, in place of the one that the model carries.

    Raises:
        ModelError: weights are missing or do not fit.
    """
    folder = WEIGHTS if weights is None else Path(weights)
    return MentionTagger(Model.load(folder, threads=threads), threshold=threshold)


def well_formed(words: list[str], span: WordSpan) -> tuple[int, int] | None:
    """
    The first and last word of *span* without punctuation at its ends and with brackets in pairs.

    None where nothing is left. Of 2,234 spans that people marked (SciER's development set) it
    changes 8, such as 'YOLOv 3.' and 'GloVe+random('.
    """
    if span.first and words[span.first - 1] in _OPENING.values():
        wider = WordSpan(span.first - 1, span.last, span.kind, span.probability)
        if _pairs(words, wider).get(wider.first, span.last) < span.last:
            return well_formed(words, wider)  # '(2 + 1)D' of which '2 + 1)D' was found
    pairs = _pairs(words, span)
    pieces, start = [], span.first
    for place in range(span.first, span.last + 2):
        stray = place <= span.last and words[place] in _BRACKETS and place not in pairs
        if stray or place > span.last:
            pieces.append((start, place - 1))
            start = place + 1
    # The longest part between stray brackets is the name; of equals, the first.
    first, last = max(pieces, key=lambda piece: piece[1] - piece[0])
    if (first, last) != (span.first, span.last):
        # A bracket's partner may have been left behind.
        return well_formed(words, WordSpan(first, last, span.kind, span.probability))
    while first <= last:
        if pairs.get(first) == last:
            first, last = first + 1, last - 1
        elif not _named(words[first]) and first not in pairs:
            first += 1
        elif not _named(words[last]) and words[last] not in _ENDINGS and last not in pairs:
            last -= 1
        else:
            return first, last
    return None


def _pairs(words: list[str], span: WordSpan) -> dict[int, int]:
    """Places of the brackets that have a partner within *span*: either one to the other."""
    open_: list[int] = []
    pairs = {}
    for place in range(span.first, span.last + 1):
        word = words[place]
        if word in _BRACKETS:
            if word in _OPENING.values():
                open_.append(place)
            elif open_ and words[open_[-1]] == _OPENING[word]:
                pairs[place] = open_.pop()
                pairs[pairs[place]] = place
    return pairs


def _named(word: str) -> bool:
    return any(letter.isalnum() for letter in word)
