"""Annotated sentences for training: as spaCy's DocBin, or as the lines that `train` reads."""

import json
from collections.abc import Iterable

import spacy
from spacy.tokens import Doc, DocBin
from spacy.util import filter_spans

from .gold import GoldSentence

# Where spaCy's span categoriser looks for spans unless told otherwise.
SPANS_KEY = "sc"


def doc_bin(sentences: Iterable[GoldSentence]) -> bytes:
    """
    *sentences* as spaCy reads them for training: ``doc.ents`` for ``ner``, ``doc.spans["sc"]`` for
    ``spancat``.

    Words are those of ``spacy.blank("en")``, cut where a span begins or ends inside one or with
    the space behind it. Of spans that overlap, entities are the longest.
    """
    nlp = spacy.blank("en")
    packed = DocBin(store_user_data=False)
    for sentence in sentences:
        words, spaces = _words(nlp.make_doc(sentence.text), sentence)
        doc = Doc(nlp.vocab, words=words, spaces=spaces)
        spans = [
            found
            for span in sentence.spans
            if (found := doc.char_span(span.start, span.end, label=span.kind)) is not None
        ]
        doc.spans[SPANS_KEY] = spans
        doc.ents = filter_spans(spans)
        packed.add(doc)
    return packed.to_bytes()


def lines(sentences: Iterable[GoldSentence]) -> bytes:
    """*sentences* as JSON lines that `gold.read_gold` reads."""
    return b"".join(
        json.dumps(
            {
                "id": sentence.id,
                "doc_id": sentence.document,
                "text": sentence.text,
                "spans": [
                    {"start": span.start, "end": span.end, "label": span.kind}
                    for span in sentence.spans
                ],
            },
            ensure_ascii=False,
        ).encode()
        + b"\n"
        for sentence in sentences
    )


def _words(doc: Doc, sentence: GoldSentence) -> tuple[list[str], list[bool]]:
    starts = {span.start for span in sentence.spans}
    ends = {span.end for span in sentence.spans}
    cuts = starts | ends
    words: list[str] = []
    spaces: list[bool] = []
    for token in doc:
        start, end = token.idx, token.idx + len(token)
        inside = [start, *sorted(cut for cut in cuts if start < cut < end), end]
        for begin, after in zip(inside, inside[1:], strict=False):
            words.append(sentence.text[begin:after])
            spaces.append(False)
        if token.whitespace_ and (end in starts or end + 1 in ends):
            words.append(token.whitespace_)  # a span that begins or ends with it
            spaces.append(False)
        else:
            spaces[-1] = bool(token.whitespace_)
    return words, spaces
