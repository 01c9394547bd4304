"""
Words: spaCy's English tokenizer, cut where names of methods and data sets begin and end.

The stock tokenizer keeps ``ResNet-101``, ``(CNN)-based`` and ``[2]/3`` in one token, so that a
mention inside cannot be marked. Here every hyphen, slash and bracket is a token of its own, and
so is a full stop after a name that ends in a digit or a capital (``CIFAR-10.``). Decimal numbers
and addresses stay whole.
"""

import re
from collections.abc import Callable

from spacy.lang.char_classes import ALPHA, ALPHA_LOWER, ALPHA_UPPER
from spacy.language import Language
from spacy.tokenizer import Tokenizer  # type: ignore[import-not-found]  # Cython, no stub
from spacy.util import compile_infix_regex, compile_prefix_regex, compile_suffix_regex, registry

_DASH = r"[\-‐‑‒–—−~∼]"
_BRACKET = r"[\(\)\[\]\{\}<>⟨⟩]"
_MARK = r"[\*†‡§¶∆∇±×→←↔⇒≈≤≥=\^|•·%#@&\$\"“”‘’`´]"

_PREFIXES = (_DASH, _BRACKET, _MARK, "/", r"\+(?=\D)")
_SUFFIXES = (
    _DASH,
    _BRACKET,
    _MARK,
    "/",
    r"\+",
    rf"(?<=[0-9{ALPHA}\)\]\}}%])\.",  # 'CIFAR-10.' and 'a.' end a sentence as often as not
    r"(?<=[0-9])(?:K|M|B|k|x)",  # '10k sentences', '175B parameters'
)
_INFIXES = (
    _DASH,
    _BRACKET,
    _MARK,
    "/",
    r"(?<=\S)\+(?=\S)",
    r"_",
    rf"(?<=[{ALPHA_LOWER}\)\]])\.(?=[{ALPHA_UPPER}\[\(])",
    rf"(?<=[0-9])\.(?=[{ALPHA}\)\]])",
    r"(?<=[\)\]\}])\.(?=\S)",
    rf"(?<=[{ALPHA}0-9\)\]\"”])[,;:?!](?=[{ALPHA}\(\[\"“])",
    rf"(?<=[{ALPHA}]),(?=[0-9])",
    r"\.\.+",
    r"…",
)
# Kept of spaCy's exceptions: contractions ("don't") and abbreviations with inner full stops. Those
# for 'a.' to 'z.', 'Mass.' and 'Ark.' go, because in papers these are a variable or a word and a
# full stop, and so do emoticons, because '(Fine Types;)' has none.
_KEPT_EXCEPTIONS = frozenset(
    {"e.g.", "i.e.", "E.g.", "I.e.", "E.G.", "I.E.", "vs.", "Dr.", "Prof."}
)


def create_tokenizer() -> Callable[[Language], Tokenizer]:
    """
    The factory that a spaCy config names: ``@tokenizers = "scholargraph.Tokenizer.v1"``.

    >>> import spacy
    >>> name = "scholargraph.Tokenizer.v1"
    >>> nlp = spacy.blank("en", config={"nlp": {"tokenizer": {"@tokenizers": name}}})
    >>> " ".join(token.text for token in nlp("(CNN)-based ResNet-101 at 0.5 on [3]/C."))
    '( CNN ) - based ResNet - 101 at 0.5 on [ 3 ] / C .'
    """
    return paper_tokenizer


def paper_tokenizer(nlp: Language) -> Tokenizer:
    """A tokenizer for *nlp*'s vocabulary; every character of the text is in exactly one token."""
    defaults = nlp.Defaults
    rules = {
        text: pieces
        for text, pieces in (defaults.tokenizer_exceptions or {}).items()
        if text in _KEPT_EXCEPTIONS or (text.isalnum() or "'" in text or "’" in text)
    }
    prefixes = compile_prefix_regex([*_PREFIXES, *(defaults.prefixes or ())])
    suffixes = compile_suffix_regex([*_SUFFIXES, *(defaults.suffixes or ())])
    infixes = compile_infix_regex([*_INFIXES, *(defaults.infixes or ())])
    return Tokenizer(
        nlp.vocab,
        rules=rules,
        prefix_search=prefixes.search,
        suffix_search=suffixes.search,
        infix_finditer=infixes.finditer,
        url_match=re.compile(r"(?:https?|ftp)://\S+|www\.\S+").match,
    )


registry.tokenizers.register("scholargraph.Tokenizer.v1", func=create_tokenizer)
