"""Word lists as regular expressions."""

import re


def any_of(words: str) -> str:
    """
    A group that matches any of *words*, longest first; ``_`` stands for white space.

    Words may use ``?`` and ``*`` after a letter (``datasets?``, ``improv*``: any ending).

    >>> re.fullmatch(any_of("improv* data_sets?"), "improvement") is not None
    True
    """
    parts = sorted({_pattern(word) for word in words.split()}, key=lambda part: (-len(part), part))
    return "(?:" + "|".join(parts) + ")"


def _pattern(word: str) -> str:
    escaped = re.escape(word).replace("_", r"\s")
    return escaped.replace(r"\?", "?").replace(r"\*", r"\w*")
