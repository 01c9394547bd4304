"""The normal form of a label, by which a concept is known in the whole graph."""

import re
import unicodedata
from functools import lru_cache

# Symbols that tell two names apart.
_SPELLED = {
    "+": " plus ",
    "*": " star ",
    "#": " sharp ",
    "&": " and ",
    "@": " at ",
    "%": " percent ",
}
_SYMBOLS = re.compile("[" + re.escape("".join(_SPELLED)) + "]")
_SPLIT = re.compile(r"[^\w]+|_+")
_BESIDE_DIGIT = re.compile(r"(?<=[^\W\d_])-(?=\d)|(?<=\d)-(?=[^\W\d_])")
_UNCHANGED = frozenset(
    "series species news lens bayes always focus gas chaos cosmos pos dns gps cls rms tts nms nas "
    "mds "
    "alias axis basis canvas atlas bias corpus status thus versus plus analysis synthesis "
    "mathematics physics statistics semantics dynamics robotics linguistics pragmatics genomics "
    "proteomics analytics forensics kinetics".split()
)
# Of four letters, only these: 'HANS', 'PACS' and 'RAMS' are names.
_SHORT_PLURALS = frozenset(
    "nets sets bots maps bags apps tags gans cnns rnns gnns llms plms vaes".split()
)
# 'LMs': the s after capitals is a plural whatever the length.
_PLURAL_CAPITALS = re.compile(r"(?<=[A-Z]{2})s$")
_IRREGULAR = {
    "corpora": "corpus",
    "matrices": "matrix",
    "indices": "index",
    "vertices": "vertex",
    "analyses": "analysis",
    "syntheses": "synthesis",
    "hypotheses": "hypothesis",
    "theses": "thesis",
    "axes": "axis",
    "bases": "base",
    "caches": "cache",
    "criteria": "criterion",
    "metrics": "metric",
    "topics": "topic",
    "phenomena": "phenomenon",
}
_BRITISH = (
    (re.compile(r"isation(?=s?\b)"), "ization"),
    (re.compile(r"\bmodelling\b"), "modeling"),
    (re.compile(r"\blabelling\b"), "labeling"),
    (re.compile(r"\blabelled\b"), "labeled"),
    (re.compile(r"\bsignalling\b"), "signaling"),
)


def singular(word: str) -> str:
    """The singular of a lower-case English noun, by rule; the word itself where no rule fits."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) < 5 or word in _UNCHANGED or not word.isascii() or word[-1] != "s":
        return word[:-1] if word in _SHORT_PLURALS else word
    if word.endswith(("ss", "us", "is", "as", "ics")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses", "zzes")):
        return word[:-2]
    return word[:-1]


@lru_cache(maxsize=1 << 16)
def concept_key(label: str) -> str:
    """
    The normal form of *label*: lower-case words of letters and digits, single hyphens between them.

    Case, plural, hyphens and spacing are folded, British spellings to American ones; versions and
    symbols that carry meaning stay. Never empty: a label of symbols alone gives their code points.
    The key of a key is itself.

    >>> [concept_key(label) for label in ("Graph Neural Networks", "graph-neural network", "C++")]
    ['graph-neural-network', 'graph-neural-network', 'c-plus-plus']
    >>> [concept_key(label) for label in ("F-1", "SQuAD 2.0", "?!")]
    ['f1', 'squad2-0', 'x3f21']
    """
    key = _PLURAL_CAPITALS.sub("", label)
    while True:
        before = key
        key = _folded(key)
        if key == before:
            return key


def _folded(label: str) -> str:
    """One pass of `concept_key`; every rule shortens or keeps, so passes come to an end."""
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", label).casefold())
    text = _SYMBOLS.sub(lambda match: _SPELLED[match[0]], text)
    text = "".join(
        character
        for character in text
        if character.isspace() or unicodedata.category(character)[0] not in "MC"
    )
    words = [word for word in _SPLIT.split(text) if word]
    if not words:
        return "x" + "".join(f"{ord(character):x}" for character in label)
    words[-1] = singular(words[-1])
    key = "-".join(words)
    for pattern, american in _BRITISH:
        key = pattern.sub(american, key)
    return _BESIDE_DIGIT.sub("", key)
