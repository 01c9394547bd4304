"""What TeX's signs in a BibTeX field stand for: accents, braces, ties; and how it writes names."""

import re

from pybtex.bibtex.utils import split_name_list
from pybtex.database import InvalidNameString, Person

from ..latex import plain
from ..macros import accented
from . import managers, names

# '{\"o}', '{\"{o}}', '\"{o}', '\v{c}', '{\v c}', '{\'\i}'; and '\"o' alone, which in an abstract
# from the web may be an escaped quote, but not in a file of TeX.
_ACCENT = re.compile(
    r"\{\\(?P<a>[\"'`^~=.]|[vcuHkrbdt](?![A-Za-z]))\s*"
    r"(?:\{\\?(?P<b>[^\W\d_])\}|\\?(?P<c>[^\W\d_]))\s*\}"
    r"|\\(?P<d>[\"'`^~=.]|[vcuHkrbdt](?=\{))\{\\?(?P<e>[^\W\d_])\}"
    r"|\\(?P<f>[\"`^~])(?P<g>[^\W\d_])"
)
_TOKEN = re.compile(r"\\[A-Za-z]+\*?|\\.|[{}$]|[^\\{}$]+|\\", re.DOTALL)
_WORD = re.compile(r"\\[A-Za-z]+\*?")
# 'Fig.~3', 'D.~E. Knuth'; '~5%' and '5~8' are estimates.
_TIE = re.compile(r"(?<=[^\W\d_]|[.,)}\"'])~(?=[\w{\\$(\"'])")
_DASH = re.compile(r"(?<=[\w)}])(---?)(?=[\w({])")
_BRACE_MACROS = re.compile(r"\\(?:textbrace(left|right)|(l|r)brace)(?:\{\}|(?![A-Za-z])[ ]?)")
_OUTER_AND = re.compile(r"^(?:and )+|(?: and)+$", re.IGNORECASE)
_LEADING_AND = re.compile(r"^and(?: |$)", re.IGNORECASE)
_MARKED = re.compile(r"[\\{}]")
_EXTENDED = re.compile(r"\b(family|given|prefix|suffix|useprefix|\w+-i)\s*=\s*", re.IGNORECASE)


def unmarked(text: str) -> str:
    r"""
    *text* as running text with LaTeX in it: `plain` makes the rest of it.

    Braces only group here, also around commas, and a tie is a space.

    >>> plain(unmarked(r"{BERT} by {\"O}zg{\"u}r, {Smith, Jones} \& Fig.~3"))
    'BERT by Özgür, Smith, Jones & Fig. 3'
    """
    if "\\" in text:
        text = _ACCENT.sub(_letter, text)
        text = _BRACE_MACROS.sub(lambda m: r"\{" if m[1] == "left" or m[2] == "l" else r"\}", text)
    if "--" in text:
        text = _DASH.sub(lambda match: "–" if match[1] == "--" else "—", text)
    if "{" in text or "}" in text:
        text = _without_grouping(text)
    return _TIE.sub(" ", text) if "~" in text else text


def _letter(match: re.Match[str]) -> str:
    accent = match["a"] or match["d"] or match["f"]
    letter = match["b"] or match["c"] or match["e"] or match["g"]
    return accented(accent, letter) or match[0]


def _without_grouping(text: str) -> str:
    r"""*text* without the braces that only group; those of arguments, '{\ss}' and math stay."""
    tokens = _TOKEN.findall(text)
    closing: dict[int, int] = {}
    opened: list[int] = []
    for place, token in enumerate(tokens):
        if token == "{":
            opened.append(place)
        elif token == "}" and opened:
            closing[opened.pop()] = place
    kept: set[int] = set()
    in_math, has_math = False, tokens.count("$") % 2 == 0
    out: list[str] = []
    for place, token in enumerate(tokens):
        if token == "$":
            in_math = has_math and not in_math
        if token == "{" and place in closing:
            before = tokens[place - 1] if place else ""
            if in_math or place - 1 in kept or _WORD.fullmatch(before) or before[-1:] in ("^", "_"):
                kept |= {place, closing[place]}
            elif _WORD.fullmatch(tokens[place + 1]):
                if any("," in inner for inner in tokens[place + 1 : closing[place]]):
                    tokens[place + 1] += "{}"  # '{\em one, two}': a switch, and no group
                else:
                    kept |= {place, closing[place]}
        if token not in "{}" or place in kept:
            out.append(tokens[place])
    return "".join(out)


def field(text: str) -> str:
    """A short field as plain text."""
    return plain(unmarked(text)) if text else ""


def people(text: str) -> list[str]:
    r"""
    The names of an author field, in reading order; the last may be 'others'.

    Names are parsed by BibTeX's rules (von, Jr), those in braces are kept whole, and what no rule
    covers, such as a list that has only commas, is split as other sources' lists are.

    >>> people(r"van Dijk, Noor and {Barnes and Noble} and King, Jr, M. and Bo~Ek and others")
    ['Noor van Dijk', 'Barnes and Noble', 'M. King Jr', 'Bo Ek', 'others']
    """
    text = " ".join(_ACCENT.sub(_letter, text).replace("~", " ").split())
    found: list[str] = []
    for written in split_name_list(_OUTER_AND.sub("", text)):
        written = _LEADING_AND.sub("", written).strip(" ,")
        if written:
            found += _person(written)
    return found


def _person(written: str) -> list[str]:
    if written.startswith("{") and _closes_at(written) == len(written) - 1:
        return [field(written[1:-1])]
    if _EXTENDED.match(written):
        return [_extended(written)]
    if "{" not in written and (";" in written or names.without_et_al(written)[1]):
        people, hidden = names.without_et_al(written)
        return [field(name) for name in managers.people(people)] + ["others"] * hidden
    if not _MARKED.search(written) and written.count(",") < 2:
        # What the parser below says of most names, in less time: 'Last, First' is turned round.
        last, _, first = written.partition(",")
        return [field(f"{first} {last}")]
    try:
        parsed = Person(written)
    except InvalidNameString:
        return [field(name) for name in managers.people(written)]
    parts = [
        *parsed.first_names,
        *parsed.middle_names,
        *parsed.prelast_names,
        *parsed.last_names,
    ]
    return [field(" ".join([*parts, *parsed.lineage_names]))]


def _closes_at(text: str) -> int:
    """Where the brace that *text* begins with is closed; -1 for nowhere."""
    depth = 0
    for sign in re.finditer(r"[{}]", text):
        depth += 1 if sign[0] == "{" else -1
        if depth == 0:
            return sign.start()
    return -1


def _extended(written: str) -> str:
    """Biber's 'family=Müller, given=Ada, prefix=von'."""
    parts: dict[str, str] = {}
    for part in written.split(","):
        name, _, value = part.partition("=")
        parts[name.strip().lower()] = field(value.strip().strip('"'))
    order = ("given", "prefix", "family", "suffix")
    return " ".join(parts[name] for name in order if parts.get(name))
