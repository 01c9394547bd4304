"""
Annotated relations between other names: how two are related is read from around them.

SciER's training part is 78 papers, each of which says the same of its own few names.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

from .gold import GoldSentence, Span
from .mentions import Predicate
from .relation_gold import Annotated
from .relation_views import KINDS
from .swapping import names_of, swapped

EACH = 0.6  # the share of a sentence's names that are replaced
# Such relations are seen in the names: 'CNN' and 'convolutional network', 'BERT-large' and 'BERT'.
_BY_NAME: frozenset[Predicate] = frozenset({"synonymOf", "subclassOf"})


def renamed(sentences: Sequence[Annotated], chance: random.Random) -> Iterator[Annotated]:
    """
    Copies of *sentences* with names of one another, in order, those without a change left out.

    Their words are not read yet. A name stays where a relation is seen in it.
    """
    plain = [_plain(sentence) for sentence in sentences]
    names = names_of(plain, [], KINDS)
    for sentence, before in zip(sentences, plain, strict=True):
        if len(sentence.mentions) < 2:
            continue
        telling = [
            sentence.mentions[place]
            for subject, predicate, object_ in sentence.relations
            if predicate in _BY_NAME
            for place in (subject, object_)
        ]
        keep = {sentence.text[mention.start : mention.end] for mention in telling}
        after = swapped(before, names, chance, each=EACH, keep=keep)
        if after.text != before.text:
            mentions = tuple(
                mention._replace(start=span.start, end=span.end)
                for mention, span in zip(sentence.mentions, after.spans, strict=True)
            )
            yield replace(sentence, text=after.text, mentions=mentions, words=None)


def _plain(sentence: Annotated) -> GoldSentence:
    spans = tuple(Span(mention.start, mention.end, mention.kind) for mention in sentence.mentions)
    return GoldSentence(sentence.document, sentence.document, sentence.text, spans)
