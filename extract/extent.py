"""
Words beside a found name that belong to it, as SciER's annotators have it.

Only names in lower case, 'convolution' or 'segmentation', are touched: they are described, and go
on as long as the description does. After a coined name the noun is as often left out. Counts are
of SciER's training part.
"""

from collections.abc import Sequence
from dataclasses import replace

from .decoding import WordSpan

# 'convolution layer', 'residual block', 'word embeddings': of 908 such nouns after a method in
# lower case 826 are part of its name; of 220 times 'model', 'method' and 'approach' only 125.
_PARTS = frozenset(
    {"block", "detector", "embedding", "layer", "mechanism", "module", "network", "unit"}
)
# A 'pose estimation network' is a method (42 of 52).
_BUILT = frozenset({"network"})
# 'few-shot segmentation', 'multi-scale features': 340 of 353 such modifiers are part of the name,
# but for these second halves and participles other than the few below, which say how something is
# done rather than what: 'end-to-end', 'state-of-the-art', 'large-scale', 'pre-trained'.
_MANNERS = frozenset(
    {
        *("art", "arts", "theart", "the", "of", "to", "and", "or", "free", "like", "aware"),
        *("scale", "world", "end", "purpose", "turn", "stage", "wise", "level", "th", "quality"),
        *("driven", "known", "dimensional"),
    }
)
_DESCRIBING = frozenset({"connected", "grained", "headed", "supervised"})


def extended(
    words: Sequence[str], joined: Sequence[bool], spans: Sequence[WordSpan]
) -> list[WordSpan]:
    """
    *spans* of the sentence *words* with what belongs to them; none grows into another.

    *joined* says of each word whether the next one follows without a space.
    """
    taken = {word for span in spans for word in range(span.first, span.last + 1)}
    return [_extended(words, joined, span, taken) for span in spans]


def _extended(
    words: Sequence[str], joined: Sequence[bool], span: WordSpan, taken: set[int]
) -> WordSpan:
    if span.kind not in ("method", "task"):
        return span
    if not all(word.islower() or not word.isalpha() for word in words[span.first : span.last + 1]):
        return span
    after = span.last + 1
    if after < len(words) and after not in taken and not joined[span.last]:
        noun = words[after].removesuffix("s")
        goes_on = list(words[after + 1 : after + 2]) == ["-"]  # 'layer-wise'
        if not goes_on and noun in (_PARTS if span.kind == "method" else _BUILT):
            span = replace(span, last=after, kind="method")
    before = range(span.first - 3, span.first)
    if before.start >= 0 and taken.isdisjoint(before):
        one, dash, two = (words[place] for place in before)
        if (
            dash == "-"
            and one.isalpha()
            and two.isalpha()
            and two.islower()
            and _describes(two)
            and [joined[place] for place in before] == [True, True, False]
            and not (before.start and joined[before.start - 1])
        ):
            span = replace(span, first=before.start)
    return span


def _describes(half: str) -> bool:
    if half.endswith(("ed", "ing")):
        return half in _DESCRIBING
    return half not in _MANNERS
