"""Sizes of models: 'BERT-large' and 'LLaMA-7B' are narrower than 'BERT' and 'LLaMA'."""

import re
from functools import cache

from .gazetteer import names
from .keys import concept_key
from .naming import is_coined

_SIZE = re.compile(
    r"[-\s_]\(?(?:"
    r"(?P<word>(?i:tiny|mini|small|medium|base|large|big|huge|giant))"
    r"|(?P<letter>[TSBLHG]|X{1,3}[SL]|x{1,3}[sl])"
    # Parameters, of a mixture of experts also those in use; a vision transformer's patch in pixels.
    r"|(?P<count>\d+(?:\.\d+)?\s?[MB](?:-A\d+(?:\.\d+)?B)?|[TSBLHGg]/\d{1,2})"
    # What may follow a size without being another: how the same weights were tuned or cased.
    r")(?:[-\s_](?i:chat|instruct|it|hf|cased|uncased|v\d(?:\.\d)?))*\)?$"
)


def family(label: str) -> str | None:
    """
    What *label* is a size of; None where it names no size or what is left is no model's name.

    >>> [family(label) for label in ("BERT-large", "Llama-2-7B-Chat", "ViT-B/16", "GPT-4")]
    ['BERT', 'Llama-2', 'ViT', None]
    """
    size = _SIZE.search(label)
    if size is None:
        return None
    left = label[: size.start()].rstrip()
    if size["count"]:
        named = left[:1].isupper() or is_coined(left)
    elif size["word"]:
        named = is_coined(left) or concept_key(left) in _models()
    else:  # the S of 'PM-S' may mean anything
        named = concept_key(left) in _models()
    return left if named else None


@cache
def _models() -> frozenset[str]:
    """The keys of the models that are known by name."""
    return frozenset(
        concept_key(spelling)
        for name in names()
        if name.kind == "method"
        for spelling in name.spellings
    )
