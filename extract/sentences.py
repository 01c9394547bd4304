"""Sentence boundaries of a Doc: see `scholargraph.extract.boundaries` for where they are."""

from typing import Any

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc

from .annotations import title_end
from .boundaries import sentence_starts


class Sentences:
    """Marks sentence starts; a title is one sentence and never runs into the abstract."""

    def __call__(self, doc: Doc) -> Doc:
        border = title_end(doc)
        text = doc.text
        if border:
            starts = [0, *(border + start for start in sentence_starts(text[border:]))]
        else:
            starts = sentence_starts(text)
        queue = iter(starts[1:])
        upcoming = next(queue, None)
        begins = np.full(len(doc), -1, dtype=np.int64)
        begins[:1] = 1
        for token in doc:
            # A break inside a token or before white space moves on to the next visible token.
            while upcoming is not None and token.idx >= upcoming and not token.is_space:
                begins[token.i] = 1
                upcoming = next(queue, None)
        # All at once: setting `token.is_sent_start` looks through the whole Doc every time.
        values: Any = begins.reshape(-1, 1).astype(np.uint64)
        doc.from_array(["SENT_START"], values)
        return doc


@Language.factory("scholar_sentences", assigns=["token.is_sent_start", "doc.sents"])
def create_sentences(nlp: Language, name: str) -> Sentences:
    return Sentences()
