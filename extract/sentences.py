"""Sentence boundaries of a Doc: see `scholargraph.extract.boundaries` for where they are."""

from typing import Any

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc

from .annotations import text_of, title_end
from .boundaries import sentence_starts


class Sentences:
    """Marks sentence starts; a title is one sentence and never runs into the abstract."""

    def __call__(self, doc: Doc) -> Doc:
        border = title_end(doc)
        text = text_of(doc)
        if border:
            starts = [0, *(border + start for start in sentence_starts(text[border:]))]
        else:
            starts = sentence_starts(text)
        begins = np.full(len(doc), -1, dtype=np.int64)
        begins[:1] = 1
        fields = doc.to_array(["IDX", "IS_SPACE"])
        visible = np.flatnonzero(fields[:, 1] == 0)
        # A break inside a token or before white space moves on to the next visible token.
        firsts = np.searchsorted(fields[visible, 0], np.array(starts[1:], dtype=np.uint64))
        begins[visible[firsts[firsts < len(visible)]]] = 1
        # All at once: setting `token.is_sent_start` looks through the whole Doc every time.
        values: Any = begins.reshape(-1, 1).astype(np.uint64)
        doc.from_array(["SENT_START"], values)
        return doc


@Language.factory("scholar_sentences", assigns=["token.is_sent_start", "doc.sents"])
def create_sentences(nlp: Language, name: str) -> Sentences:
    return Sentences()
