"""The same name, the same mention: names that a paper repeats are found wherever they stand."""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable

from spacy.tokens import Doc

from .annotations import Marked, ShortForm, sentence_bounds, text_of
from .mentions import Kind
from .naming import is_coined

# A second occurrence of a coined word is the name again, nearly always.
AGAIN = 0.95
# How often the spelt-out form of an abbreviation, marked where it is defined, is right elsewhere
# in any case: 450 of 493 in the same documents.
LONG_FORM_AGAIN = 0.91
# How often a name of several words is right where it was found at least twice elsewhere: 46 of 67
# in the documents of SciER's train and dev parts (sentences of a paper joined by line breaks).
PHRASE_AGAIN = 0.69
# In words as the tokenizer cuts them.
_LONGEST = 8
_WORD = re.compile(r"(?<![\w-])[\w][\w+&@-]*\w(?![\w-])")
_COMES_FROM = re.compile(r"[\w-]")
_GOES_ON = re.compile(r"-?\w")


def repeated(text: str, mentions: list[Marked]) -> list[Marked]:
    """Every occurrence of those of *mentions* that are coined words."""
    best: dict[str, Marked] = {}
    for mention in mentions:
        name = text[mention.start : mention.end]
        if " " not in name and len(name) > 2 and is_coined(name):
            if name not in best or best[name].score < mention.score:
                best[name] = mention
    if not best:
        return []
    return [
        Marked(match.start(), match.end(), best[match[0]].kind, best[match[0]].score * AGAIN)
        for match in _WORD.finditer(text)
        if match[0] in best
    ]


def with_repeated_phrases(doc: Doc, mentions: list[Marked]) -> list[Marked]:
    """
    *mentions* and the other places of names of several words, such as 'Holistic SparseCNN'.

    The name must hold a coined word and be marked twice. It takes the place of mentions that are
    parts of it, never of one that reaches beyond it.
    """
    text = text_of(doc)
    kinds = _phrase_kinds(text, mentions)
    if not kinds:
        return mentions
    owner = {place: m for m in mentions for place in range(m.start, m.end)}
    replaced: set[Marked] = set()
    added = []
    for start, end in _occurrences(doc, text, kinds):
        there = {owner[place] for place in range(start, end) if place in owner}
        whole = Marked(start, end, kinds[text[start:end]], PHRASE_AGAIN)
        if all(_is_part(mention, whole) for mention in there):
            replaced |= there
            added.append(whole)
    return sorted([*(m for m in mentions if m not in replaced), *added])


def long_forms_again(
    doc: Doc, mentions: Iterable[Marked], forms: Iterable[ShortForm]
) -> list[Marked]:
    """
    Every occurrence, in upper or lower case, of names of several words that *forms* abbreviate.

    Only of those that are among *mentions* where their abbreviation is defined.
    """
    text = text_of(doc)
    known = {(mention.start, mention.end): mention for mention in mentions}
    best: dict[str, Marked] = {}
    for form in forms:
        mention = known.get((form.long_start, form.long_end))
        if mention is None or mention.kind == "metric":
            continue
        name = text[mention.start : mention.end].lower()
        if " " in name and (name not in best or best[name].score < mention.score):
            best[name] = mention
    if not best:
        return []
    found = []
    for start, end in _occurrences(doc, text, best, str.lower):
        name = text[start:end].lower()
        found.append(Marked(start, end, best[name].kind, best[name].score * LONG_FORM_AGAIN))
    return found


def _phrase_kinds(text: str, mentions: list[Marked]) -> dict[str, Kind]:
    """The coined names of several words that occur twice or more in *mentions*."""
    found: dict[str, list[Marked]] = defaultdict(list)
    for mention in mentions:
        name = text[mention.start : mention.end]
        if mention.kind != "metric" and len(name.split()) > 1 and is_coined(name):
            found[name].append(mention)
    kinds: dict[str, Kind] = {}
    for name, places in found.items():
        if len(places) > 1:
            scores: dict[Kind, float] = defaultdict(float)
            for mention in places:
                scores[mention.kind] += mention.score
            kinds[name] = max(scores, key=scores.__getitem__)
    return kinds


def _occurrences(
    doc: Doc, text: str, names: Collection[str], folded: Callable[[str], str] = str
) -> list[tuple[int, int]]:
    """
    Where *names* stand as whole words within a sentence, longest first, without overlap.

    The text is *folded* before it is compared.
    """
    lengths = {len(name) for name in names}
    longest = max(lengths)
    found = []
    fields = doc.to_array(["IDX", "LENGTH"])
    words = list(zip(fields[:, 0].tolist(), fields.sum(axis=1).tolist(), strict=True))
    free = first = 0
    for start, end in sentence_bounds(doc):
        while first < len(words) and words[first][1] <= start:
            first += 1
        while first < len(words) and words[first][0] < end:
            begin = words[first][0]
            first += 1
            if begin < free or (begin > start and _COMES_FROM.match(text, begin - 1)):
                continue
            for _, stop in reversed(words[first - 1 : first - 1 + _LONGEST]):
                if (
                    stop - begin <= longest
                    and stop <= end
                    and stop - begin in lengths
                    and folded(text[begin:stop]) in names
                    and not _GOES_ON.match(text, stop)
                ):
                    found.append((begin, stop))
                    free = stop
                    break
    return found


def _is_part(mention: Marked, whole: Marked) -> bool:
    same = mention[:2] == whole[:2]
    return not same and whole.start <= mention.start and mention.end <= whole.end
