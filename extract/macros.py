"""
What LaTeX's macros stand for in running text.

Symbols come from pylatexenc's table; which arguments count, and what a citation or a footnote
leaves behind, is decided here.
"""

import unicodedata
from functools import cache

# Macros whose argument says nothing to a reader of plain text.
DROPPED = frozenset(
    "label ref eqref autoref cref Cref pageref nocite vspace hspace vskip hskip thanks begin end "
    "pagestyle thispagestyle color includegraphics bibliography bibliographystyle input include "
    "fontsize selectfont setlength".split()
)
# The argument is printed as it is: no macro, math or quote is looked for in it.
VERBATIM = frozenset(("url", "path", "nolinkurl", "verb"))
# Switches and fillers without an argument of their own.
SILENT = frozenset(
    "bf it em rm tt sc sf sl bfseries itshape ttfamily rmfamily sffamily scshape mdseries upshape "
    "normalfont tiny scriptsize footnotesize small normalsize large Large LARGE huge Huge boldmath "
    "displaystyle textstyle noindent centering left right big Big bigl bigr Bigl Bigr bigg Bigg "
    "biggl biggr limits nolimits protect xspace unskip ignorespaces textit textbf emph underline "
    "textsc textrm texttt textsf text mathrm mathbf mathit mathsf mathcal mathbb boldsymbol bm "
    "operatorname mbox hbox".split()
)
SPACES = frozenset(
    "quad qquad space newline linebreak par item hfill smallskip medskip bigskip hline "
    "tabularnewline enspace thinspace".split()
)
# Letters of a word: TeX swallows the space behind them, 'S\o ren'.
LETTERS = frozenset("oe OE ae AE aa AA o O ss L l i j dh DH th TH dj DJ ng NG".split())
# cvpr.sty's abbreviations, which most vision papers use.
_ABBREVIATIONS = {
    "ie": "i.e.",
    "Ie": "I.e.",
    "eg": "e.g.",
    "Eg": "E.g.",
    "etc": "etc.",
    "etal": "et al.",
    "cf": "cf.",
    "Cf": "Cf.",
    "vs": "vs.",
    "wrt": "w.r.t.",
    "aka": "a.k.a.",
    "iid": "i.i.d.",
    "dof": "d.o.f.",
    "viz": "viz.",
}
_FUNCTIONS = (
    "log ln lg exp sin cos tan cot sec csc sinh cosh tanh arcsin arccos arctan max min sup inf lim "
    "limsup liminf arg argmax argmin det dim ker gcd deg Pr hom mod bmod softmax"
).split()
# Where the table's character reads worse in a sentence than the plain one, or is missing.
_OWN = {
    "sim": "~",
    "textasciitilde": "~",
    "textasciicircum": "^",
    "textunderscore": "_",
    "textless": "<",
    "textgreater": ">",
    "lt": "<",
    "gt": ">",
    "ldots": "...",
    "dots": "...",
    "cdots": "...",
    "textellipsis": "...",
    "ast": "*",
    "circ": "°",
    "prime": "′",
    "mid": "|",
    "vert": "|",
    "lvert": "|",
    "rvert": "|",
    "colon": ":",
    "to": "→",
    "rightarrow": "→",
    "leftarrow": "←",
    "leftrightarrow": "↔",
    "textperthousand": "‰",
    "textdegree": "°",
    "degree": "°",
    "percent": "%",
    "cdot": "·",
    "choose": " choose ",
    "TeX": "TeX",
    "LaTeX": "LaTeX",
    "S": "§",
    "P": "¶",
    "copyright": "©",
    "lbrace": "{",
    "rbrace": "}",
    "lnot": "¬",
    "neg": "¬",
    "ss": "ß",
    "spadesuit": "♠",
    "heartsuit": "♥",
    "diamondsuit": "♦",
    "clubsuit": "♣",
}
_ACCENTS = {
    "'": "\u0301",
    "`": "\u0300",
    "^": "\u0302",
    '"': "\u0308",
    "~": "\u0303",
    "=": "\u0304",
    ".": "\u0307",
    "c": "\u0327",
    "v": "\u030c",
    "u": "\u0306",
    "H": "\u030b",
    "k": "\u0328",
    "r": "\u030a",
    "d": "\u0323",
    "b": "\u0331",
    "acute": "\u0301",
    "grave": "\u0300",
    "hat": "\u0302",
    "widehat": "\u0302",
    "tilde": "\u0303",
    "widetilde": "\u0303",
    "bar": "\u0304",
    "overline": "\u0304",
    "dot": "\u0307",
    "ddot": "\u0308",
    "check": "\u030c",
    "breve": "\u0306",
    "vec": "\u20d7",
}
ACCENTS = frozenset(_ACCENTS)
# What accents stand on in names; 'don\'t' and '\"hello\"' are quotes that a program escaped.
_BASES = {
    "'": "aeiouyAEIOUYcnszlrCNSZLR",
    "`": "aeiouAEIOUn",
    "^": "aeiouwyAEIOUWYcghjsCGHJS",
    '"': "aeiouyAEIOUY",
    "~": "anoiuANOIUeE",
    "=": "aeiouAEIOU",
    ".": "zZcCgGeEI",
    "c": "cCsStTeEgGkKlLnNrRaAoO",
    "v": "cCsSzZrReEnNdDtTlLgGaAiIoOuUjk",
    "u": "aAgGiIuUoOeE",
    "H": "oOuU",
    "k": "aAeEiIoOuU",
    "r": "aAuU",
    "d": "aAbBdDeEhHiIkKlLmMnNoOrRsStTuUvVwWyYzZ",
    "b": "",
}


def symbol(name: str) -> str | None:
    r"""
    The text of a macro without arguments, or None for one that is not known.

    An arrow or Greek letter that a converter glued to the next word counts: ``\rightarrowEn``.

    >>> symbol("alpha"), symbol("eg"), symbol("rightarrowEn"), symbol("ourmodel")
    ('α', 'e.g.', '→En', None)
    """
    table = _symbols()
    if len(name) > 60:
        return None
    if name in table:
        return table[name]
    for end in range(len(name) - 1, 1, -1):
        head, rest = name[:end], name[end:]
        if head in table and (head.lower().endswith("arrow") or rest[0].isupper()):
            known = table[head]
            return known + rest if len(known) == 1 and not known.isascii() else None
    return None


def accented(accent: str, base: str) -> str | None:
    r"""
    *base* under *accent* (``'``, ``c``, ``hat``…); None where it cannot stand there in a name.

    >>> accented('"', "o"), accented("c", "c"), accented('"', "h")
    ('ö', 'ç', None)
    """
    base = {"ı": "i", "ȷ": "j"}.get(base, base)
    if len(base) != 1 or not base.isalpha() or base not in _BASES.get(accent, base):
        return None
    return unicodedata.normalize("NFC", base + _ACCENTS[accent])


@cache
def _symbols() -> dict[str, str]:
    # pylatexenc takes 30 ms to import, so only text that holds a macro pays for it.
    from pylatexenc.latex2text import get_default_latex_context_db as texts
    from pylatexenc.latexwalker import get_default_latex_context_db as arguments

    with_arguments = {
        spec.macroname
        for spec in arguments().iter_macro_specs()
        if getattr(spec.args_parser, "argspec", "")
    }
    table = {
        spec.macroname: spec.simplify_repl
        for spec in texts().iter_macro_specs()
        if isinstance(spec.simplify_repl, str)
        and spec.macroname not in with_arguments
        and "%" not in spec.simplify_repl
    }
    del table["today"]  # the day of the run, where the paper means its own
    return table | {name: name for name in _FUNCTIONS} | _ABBREVIATIONS | _OWN
