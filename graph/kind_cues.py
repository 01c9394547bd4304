"""
What speaks for the kind of a label beside the votes of its mentions.

Three witnesses: the last word of the label ('… detection' is a task wherever it ends a label), the
words that writers put beside the name ('the task of …', 'metrics such as …'), and the public data
sets, measures and models that `gazetteer` knows by name.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache

from scholargraph.extract.gazetteer import names
from scholargraph.extract.keys import concept_key
from scholargraph.extract.mentions import KINDS, Kind

# Of how many labels the last word must be known before it is asked.
_HEADS = 8

_SUCH_AS = r"(?:such\sas|like|including|called|named)\s(?:the\s)?$"
_BEFORE: dict[Kind, re.Pattern[str]] = {
    "task": re.compile(
        rf"\b(?:(?:sub)?tasks?|problems?|challenges?|applications?)\s(?:of\s(?:the\s)?$|{_SUCH_AS})",
        re.I,
    ),
    "dataset": re.compile(rf"\b(?:data\s?sets?|corpora|corpus|benchmarks?),?\s{_SUCH_AS}", re.I),
    "method": re.compile(
        rf"\b(?:methods?|models?|techniques?|approaches|architectures?|algorithms?),?\s{_SUCH_AS}",
        re.I,
    ),
    "metric": re.compile(rf"\b(?:metrics?|measures?),?\s{_SUCH_AS}|\bin\sterms\sof\s$", re.I),
}
_AFTER: dict[Kind, re.Pattern[str]] = {
    # 'dataset', 'model' and 'method' after a name say what it is for as often as what it is.
    "task": re.compile(
        r"\s(?:\([^()]{1,40}\)\s)?(?:shared\s)?(?:(?:sub)?tasks?|problems?|challenge)\b", re.I
    ),
    "metric": re.compile(r"\s(?:scores?|metrics?)\b", re.I),
}


def named_as(sentence: str, start: int, end: int) -> list[Kind]:
    """
    The kinds that the words beside the name at *start* to *end* of *sentence* give it.

    >>> named_as("We address the task of parsing.", 23, 30)
    ['task']
    """
    before = sentence[max(0, start - 60) : start]
    return [
        kind
        for kind in KINDS
        if (kind in _BEFORE and _BEFORE[kind].search(before))
        or (kind in _AFTER and _AFTER[kind].match(sentence, end))
    ]


def head(key: str) -> str:
    """The last word of the label with this *key*; empty where it is the only one."""
    return key.rpartition("-")[2] if "-" in key else ""


class Heads:
    """How often labels that end in a word are of each kind, over all labels of one kind."""

    def __init__(self, kinds: Iterable[tuple[str, Kind]]) -> None:
        """*kinds* are keys of labels, each with its only kind."""
        self._counts: dict[str, Counter[Kind]] = {}
        for key, kind in kinds:
            if last := head(key):
                self._counts.setdefault(last, Counter())[kind] += 1

    def shares(self, key: str) -> Mapping[Kind, float]:
        """Shares from 0 to 1 that sum to 1; empty where too few labels end like *key*."""
        counts = self._counts.get(head(key), Counter())
        total = counts.total()
        return {kind: counts[kind] / total for kind in counts} if total >= _HEADS else {}


@cache
def _public() -> Mapping[str, frozenset[Kind]]:
    found: dict[str, set[Kind]] = {}
    for name in names():
        for spelling in name.spellings:
            found.setdefault(concept_key(spelling), set()).add(name.kind)
    return {key: frozenset(kinds) for key, kinds in found.items()}


def public_kind(key: str) -> Kind | None:
    """The kind of the well-known thing with this *key*; None where there is none, or several."""
    kinds = _public().get(key, frozenset())
    return next(iter(kinds)) if len(kinds) == 1 else None
