"""
Abbreviations and the words that they stand for.

The matching is that of A. S. Schwartz and M. A. Hearst, 'A simple algorithm for identifying
abbreviation definitions in biomedical text', Pacific Symposium on Biocomputing 2003, pages 451
to 462, https://doi.org/10.1142/9789812776303_0042. Added to it: plural short forms ('GANs'),
hyphens ('MG-FTE'), a title's 'HGL: Hierarchical Geometry Learning for …', small words that do not
count towards the length of the long form, and a check that the long form's words explain the
short form's capitals.
"""

import re

from spacy.language import Language
from spacy.tokens import Doc

from .annotations import ABBREVIATIONS, ShortForm, sentence_bounds, text_of, title_end

# Every innermost bracket, and every bracket around one.
_BRACKETS = (
    re.compile(r"[(\[]([^()\[\]]{1,200})[)\]]"),
    re.compile(r"[(\[]([^()\[\]]{0,120}[(\[][^()\[\]]{0,40}[)\]][^()\[\]]{0,120})[)\]]"),
)
_SHORT = re.compile(r"[*\"'“‘`]*(?P<short>[^\W_](?:[\w.&/+@-]*[\w+])?)[*\"'”’`]*")
_INTRODUCED = re.compile(
    r"^(?:(?:hereafter|henceforth|hereinafter|abbreviated(?: as| to)?|or|i\.e\.,?|e\.g\.,?|"
    r"dubbed|named|called|denoted(?: as| by)?|termed|namely)\s+)"
)
_TRAILING = re.compile(r"\s+(?:for short|hereafter|henceforth|in short)$")
_WORD = re.compile(r"[^\s]+")
_SMALL = frozenset("a an and as at by for from in into of on or over the to under via with".split())
# Words of a clause, not of a name.
_CLAUSE = frozenset("are can is our that these this was we were which".split())
_MAX_SHORT = 12
_TITLE_SPLIT = re.compile(r"^\s*(?P<short>[^\s:–—]{2,16})\s*(?::|–|—|\s-)\s+(?P<rest>\S.*)$", re.S)
# Where the long form of a title ends, at the latest: 'X for Y', 'X with Y'.
_TITLE_END = re.compile(
    r"\s(?:for|in|with|via|on|from|by|to|towards?|under|using|through)\s|[:?!–—]|,\s"
)


def is_short_form(text: str) -> bool:
    """Whether *text* looks like an abbreviation: 2 to 12 characters, one word, with a capital."""
    letters = sum(character.isalpha() for character in text)
    return (
        2 <= len(text) <= _MAX_SHORT
        and letters >= 2
        and text[0].isalnum()
        and any(character.isupper() for character in text)
        and not (text[1:].islower() and text[0].isupper() and len(text) > 5)
    )


def long_form_start(short: str, text: str) -> int | None:
    """
    Where in *text* the words begin that *short* abbreviates and that end where *text* ends.

    Every letter and digit of *short*, last to first, must occur in order; the first one at the
    start of a word. None where no such words exist.

    >>> long_form_start("LEAD", "a new idea of LEArning Decomposition")
    14
    """
    position = len(text) - 1
    for index in range(len(short) - 1, -1, -1):
        wanted = short[index].lower()
        if not wanted.isalnum():
            continue
        while position >= 0 and (
            text[position].lower() != wanted
            or (index == 0 and position > 0 and text[position - 1].isalnum())
        ):
            position -= 1
        if position < 0:
            return None
        position -= 1
    start = position + 1
    # 'video-language pre-training (VLP)': begin with the whole hyphenated word.
    while start > 0 and not text[start - 1].isspace() and text[start - 1] not in "(\"'“‘/*":
        start -= 1
    return start


def _window(text: str, end: int, short: str, floor: int) -> int:
    """Where the longest admissible long form may begin: Schwartz and Hearst's word limit."""
    letters = sum(character.isalnum() for character in short)
    limit = min(letters + 5, letters * 2)
    floor = max(floor, end - 40 * (limit + 4))
    start = end
    count = 0
    for word in reversed(list(_WORD.finditer(text, floor, end))):
        if word[0].lower() not in _SMALL:
            count += 1
        if count > limit:
            break
        start = word.start()
    return start


def _plausible(short: str, long: str) -> bool:
    words = long.split()
    if len(long) <= len(short) or short in words or words[0].lower() in _SMALL:
        return False
    if _CLAUSE.intersection(word.lower() for word in words):
        return False
    if len(words) == 1 and "-" not in long and not long[1:].lower() != long[1:]:
        # One plain word: only a true contraction ('Tx' for 'therapy' is none of ours).
        return len(long) >= len(short) + 3 and long[0].lower() == short[0].lower()
    return not re.search(r"[.;:!?]\s", long) and long.count("(") == long.count(")")


def _matched(text: str, short: str, end: int, floor: int) -> int | None:
    """Start of the long form of *short* that ends at *end*; plural short forms tried both ways."""
    start = _window(text, end, short, floor)
    window = text[start:end]
    forms = [short]
    if len(short) > 2 and short.endswith("s") and short[-2].isupper():
        forms.insert(0, short[:-1])
    for form in forms:
        found = long_form_start(form, window)
        if found is not None and _plausible(form, window[found:]):
            return start + found
    return None


def definitions(text: str, start: int, end: int) -> list[ShortForm]:
    """The abbreviations defined in the sentence *start* to *end* of *text*, in reading order."""
    found = []
    for match in (match for bracket in _BRACKETS for match in bracket.finditer(text, start, end)):
        inner_start, inner_end = match.span(1)
        inner = text[inner_start:inner_end]
        lead = _INTRODUCED.match(inner)
        if lead:
            inner_start += lead.end()
        inner_end = _end_of_first_part(text, inner_start, inner_end)
        inner = text[inner_start:inner_end]
        before_end = match.start()
        while before_end > start and text[before_end - 1] in " *\"'”’`,":
            before_end -= 1
        short_match = _SHORT.fullmatch(inner)
        if short_match and is_short_form(short_match["short"]):
            short = short_match["short"]
            long_start = _matched(text, short, before_end, start)
            if long_start is not None:
                at = inner_start + short_match.start("short")
                found.append(ShortForm(at, at + len(short), long_start, before_end))
        elif " " in inner:
            reverse = _reverse(text, start, before_end, inner_start, inner_end)
            if reverse:
                found.append(reverse)
    return sorted(set(found))


def _end_of_first_part(text: str, start: int, end: int) -> int:
    """'(LSTM; Hochreiter 1997)' and '(LSTM, for short)': the part that can be a short form."""
    cut = re.compile(r"[;,]").search(text, start, end)
    if cut:
        end = cut.start()
    trailing = _TRAILING.search(text[start:end])
    if trailing:
        end = start + trailing.start()
    return end


def _reverse(text: str, start: int, end: int, long_start: int, long_end: int) -> ShortForm | None:
    """'HGL (Hierarchical Geometry Learning)'."""
    words = list(_WORD.finditer(text, max(start, end - 2 * _MAX_SHORT), end))
    if not words:
        return None
    last = _SHORT.search(words[-1][0])
    if last is None or not is_short_form(last["short"]):
        return None
    short = last["short"]
    long = text[long_start:long_end]
    matched = long_form_start(short.removesuffix("s") if short[-2:-1].isupper() else short, long)
    if matched != 0 or not _plausible(short, long) or len(long.split()) > 2 * len(short):
        return None
    at = words[-1].start() + last.start("short")
    return ShortForm(at, at + len(short), long_start, long_end)


def title_definition(title: str) -> ShortForm | None:
    """
    The abbreviation that a title spells out behind its colon, if it does.

    >>> title = "HGL: Hierarchical Geometry Learning for Segmentation"
    >>> found = title_definition(title)
    >>> title[found.long_start : found.long_end]
    'Hierarchical Geometry Learning'
    """
    match = _TITLE_SPLIT.match(title)
    if match is None or not is_short_form(match["short"]):
        return None
    short = match["short"]
    rest_start, rest = match.start("rest"), match["rest"]
    ends = [stop.start() for stop in _TITLE_END.finditer(rest)][:4] + [len(rest.rstrip())]
    for end in ends:
        piece = rest[:end]
        capitals = "".join(word[0] for word in re.split(r"[\s-]+", piece) if word).lower()
        letters = "".join(character for character in short.lower() if character.isalpha())
        if (
            long_form_start(short, piece) == 0
            and len(re.split(r"[\s-]+", piece)) >= 2
            and letters[0] == capitals[0]
            and len(letters) >= 2
            and _plausible(short, piece)
        ):
            return ShortForm(match.start("short"), match.end("short"), rest_start, rest_start + end)
    return None


class Abbreviations:
    """Writes the abbreviations that a text defines to ``doc._.scholar_abbreviations``."""

    def __call__(self, doc: Doc) -> Doc:
        text = text_of(doc)
        border = title_end(doc)
        found = []
        if border:
            titled = title_definition(text[:border])
            if titled:
                found.append(titled)
        for start, end in sentence_bounds(doc):
            found.extend(definitions(text, start, end))
        doc._.set(ABBREVIATIONS, [tuple(entry) for entry in sorted(found)])
        return doc


@Language.factory(
    "scholar_abbreviations",
    requires=["doc.sents"],
    assigns=[f"doc._.{ABBREVIATIONS}"],
)
def create_abbreviations(nlp: Language, name: str) -> Abbreviations:
    return Abbreviations()
