"""
Where sentences of scientific prose begin, by rule.

A full stop ends a sentence only where nothing else explains it. What else it can be (an
abbreviation, an initial, a decimal point, a part of a name) is listed here.
"""

import re
from bisect import bisect_left

# Never the end of a sentence: something always follows them.
_OPEN = frozenset(
    "e.g eg i.e ie cf vs w.r.t wrt resp viz fig figs eq eqs eqn eqns sec secs sect tab tabs ch "
    "chap app alg "
    "thm lem prop def ref refs no nos vol pp ed eds dr prof mr mrs ms st mt gen sen approx ca "
    "jan feb mar apr jun jul aug sep sept oct nov dec incl esp dept univ".split()
)
# The end of a sentence only where the next word usually begins one.
_MAYBE = frozenset("al etc inc ltd co corp jr sr u.s u.k u.n e.u a.m p.m ph.d b.c d.c".split())
# Also ordinary words; abbreviations only before a number ('no. 3', 'sec. 4.1').
_BEFORE_NUMBER = frozenset("no nos ed app tab ch mar jun def st ms gen sec prop ref mt".split())
_STARTERS = frozenset(
    "a after all also although an and as at based both but by compared different each empirical "
    "evaluation existing experimental experiments extensive finally first for from further "
    "furthermore "
    "given hence here how however i if in indeed instead it its many moreover most nevertheless "
    "new "
    "next no notably on one our overall previous recent recently results second several since some "
    "specifically such technically that the their then there therefore these they third this those "
    "through thus to training two under unlike using we what when where whereas which while why "
    "with "
    "without yet you".split()
)
_NAMES = ("Yahoo!", "Jeopardy!", "Yelp!", "RuleZ!")
_STOP = re.compile(
    r"""(?P<stop>[.!?…]+)(?P<close>['"”’»)\]}*]*)(?P<space>\s+)"""
    r"""|(?P<glued>(?<=[a-z0-9)\]%][.?!])(?=[A-Z][A-Za-z]*[\s,]))"""
    r"""|(?P<wide>[。！？]+[”’」』）]*\s*)"""
    r"""|(?P<paragraph>\n[^\S\n]*\n\s*)"""
)
_LAST_WORD = re.compile(r"[^\s(\[{\"“”‘/]*$")
_NEXT_WORD = re.compile(r"[\"'“‘«(\[{*]*(?P<word>[\w'’-]*)")
_ENCLOSED = re.compile(r"\([^()]{0,300}\)|\[[^\[\]]{0,300}\]|“[^“”]{0,120}”")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|(?<!\S)[^\s@]{1,64}@\S{1,200}")
# No abbreviation or word before a stop is longer; keeps the look back constant in cost.
_LOOK_BACK = 40


def sentence_starts(text: str) -> list[int]:
    """
    Offsets at which a sentence of *text* begins, ascending, the first always 0.

    >>> text = "It works, e.g. on U.S. data.We tested it."
    >>> [text[start:] for start in sentence_starts(text)][1:]
    ['We tested it.']
    """
    starts = [0]
    shut = Enclosures(text)
    for match in _STOP.finditer(text):
        if shut(match.start(), match.end()):
            continue
        if match["paragraph"] or match["wide"] or _ends(text, match):
            if starts[-1] < match.end() < len(text):
                starts.append(match.end())
    return starts


class Enclosures:
    """Brackets, quotations and addresses of a text, in which no sentence ends."""

    def __init__(self, text: str) -> None:
        found = sorted(
            match.span() for pattern in (_ENCLOSED, _ADDRESS) for match in pattern.finditer(text)
        )
        self._starts = [start for start, _ in found]
        self._ends = [end for _, end in found]

    def __call__(self, start: int, end: int) -> bool:
        """Whether the stop at *start* to *end* lies wholly inside one of them."""
        index = bisect_left(self._starts, start) - 1
        return index >= 0 and end < self._ends[index]


def _ends(text: str, match: re.Match[str]) -> bool:
    following = _NEXT_WORD.match(text, match.end())
    word = following["word"] if following else ""
    opens = word.lower() in _STARTERS and word[:1].isupper()
    before = text[max(0, match.start() - _LOOK_BACK) : match.start()]
    if match["glued"] is not None:
        return _ends_glued(text, match.start(), word, opens)
    last_match = _LAST_WORD.search(before)
    last = last_match[0] if last_match else ""
    if match["stop"] != ".":
        if match["stop"].startswith("."):
            return opens
        named = any((last + match["stop"]).endswith(name) for name in _NAMES)
        return opens if named else not word[:1].islower()
    if not match["close"]:
        lower = last.lower().lstrip("'’*")
        if lower in _OPEN and (lower not in _BEFORE_NUMBER or word[:1].isdigit()):
            return False
        if lower in _MAYBE or (len(last) == 1 and last.isupper()):
            return opens
    if word[:1].islower():
        # 'mBERT', 'iNaturalist', 'word2vec' begin sentences too; plain lower case does not.
        return bool(re.match(r"[a-z]+[A-Z0-9]", word)) and len(last) > 1
    return True


def _ends_glued(text: str, position: int, word: str, opens: bool) -> bool:
    """Whether 'manner.Technically' are two sentences; 'Node.Js' and 'README.Rmd' are one word."""
    start = max(0, position - _LOOK_BACK)
    chunk = text[start:position].split()[-1:]
    left = chunk[0][:-1] if chunk else ""
    if not left or "." in left or "_" in left or left[:1].isupper() and not opens:
        return False
    if left.lower() in _OPEN | _MAYBE:
        return False
    return opens or (len(left) > 3 and left.isalpha() and len(word) > 2)
