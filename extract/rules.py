"""The mentions that rules can be sure of, merged with those of the tagger."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable

from spacy.language import Language
from spacy.tokens import Doc

from .annotations import (
    ABBREVIATIONS,
    Marked,
    ShortForm,
    mark,
    marked,
    sentence_bounds,
    short_forms,
    text_of,
    title_end,
)
from .consistency import AGAIN, long_forms_again, repeated, with_repeated_phrases
from .gazetteer import Gazetteer, names
from .mentions import Kind
from .naming import HEADS, Cue, Naming, definition_kind, is_coined, namings, title_name

# How often each rule is right, exact span and kind, on SciER's train and dev parts (a test measures
# it again). 'metric' is from TDMSci, kind and overlap; 'title' is from the first 100 titles of the
# ACL sample that it fires on, read by eye.
PRECISION: dict[Cue | Kind, float] = {
    "dataset": 0.92,
    "method": 0.85,
    "metric": 0.9,
    "title": 0.9,
    "called": 0.78,
    "apposition": 0.9,
    "noun": 0.87,
    "list": 0.96,
    "capitals": 0.9,
    "definition": 0.91,
    "proposal": 0.4,
}
_HEAD_AFTER = re.compile(rf"[\s-](?:backbones?|baselines?|{HEADS['method']})")


def _marked(naming: Naming) -> Marked:
    return Marked(naming.start, naming.end, naming.kind, PRECISION[naming.cue])


def _defined(text: str, start: int, end: int, forms: Iterable[ShortForm]) -> Iterable[Marked]:
    score = PRECISION["definition"]
    for form in forms:
        kind = definition_kind(text, start, end, form)
        if kind:
            yield Marked(form.long_start, form.long_end, kind, score)
            yield Marked(form.short_start, form.short_end, kind, score)


def merged(tagged: Iterable[Marked], ruled: Iterable[Marked]) -> list[Marked]:
    """
    Mentions without overlap: longer before shorter, then higher score, then the tagger's.

    A phrase that is proposed without a name gives way to anything that it touches.
    """
    weak = PRECISION["proposal"]
    pool = [(False, mention) for mention in tagged]
    pool += [(mention.score <= weak, mention) for mention in ruled]
    ranked = sorted(
        enumerate(pool),
        key=lambda item: (
            item[1][0],
            item[1][1].start - item[1][1].end,
            -item[1][1].score,
            item[0],
        ),
    )
    kept: list[Marked] = []
    taken: set[int] = set()
    for _, (_, mention) in ranked:
        span = range(mention.start, mention.end)
        if taken.isdisjoint(span):
            taken.update(span)
            kept.append(mention)
    return sorted(kept)


def with_both_forms(mentions: list[Marked], forms: Iterable[ShortForm]) -> list[Marked]:
    """*mentions* and, for each abbreviation of which one form is marked, the other form too."""
    by_span = {(mention.start, mention.end): mention for mention in mentions}
    by_end = {mention.end: mention for mention in mentions}
    added = []
    for form in forms:
        long, short = form[2:], form[:2]
        known = by_span.get((long[0], long[1])) or by_span.get((short[0], short[1]))
        if known is None:
            # A mention that is the long form but for its first words.
            known = by_end.get(form.long_end)
            if known is None or known.start < form.long_start:
                continue
        for start, end in (long, short):
            if (start, end) not in by_span:
                added.append(Marked(start, end, known.kind, known.score * AGAIN))
    return [*mentions, *added]


def _kind_elsewhere(text: str, titled: Naming, mentions: Iterable[Marked]) -> Kind:
    """The kind that the abstract gives to the name in the title, which by itself tells little."""
    name = text[titled.start : titled.end]
    scores: dict[Kind, float] = defaultdict(float)
    for mention in mentions:
        found = text[mention.start : mention.end]
        if mention.start > titled.end and (found == name or found.startswith(name + " ")):
            scores[mention.kind] += mention.score
    return max(scores, key=scores.__getitem__) if scores else titled.kind


class Patterns:
    """Adds what rules find to ``doc.spans["mentions"]``, without overlaps."""

    def __init__(self) -> None:
        self._gazetteer = Gazetteer(names())

    def __call__(self, doc: Doc) -> Doc:
        text = text_of(doc)
        tagged = marked(doc)
        forms = short_forms(doc)
        defined = {text[form.short_start : form.short_end] for form in forms}
        known: set[tuple[int, int]] = set()
        named: list[Naming] = []
        ruled: list[Marked] = []
        first = 0
        for start, end in sentence_bounds(doc):
            for begin, stop, name in self._gazetteer.find(text, start, end):
                if name.kind == "method":
                    # A paper may mean something of its own by the letters.
                    if text[begin:stop] in defined:
                        continue
                    known.add((begin, stop))
                ruled.append(Marked(begin, stop, name.kind, PRECISION[name.kind]))
            named.extend(namings(text, start, end))
            last = first
            while last < len(forms) and forms[last].short_start < end:
                last += 1
            ruled.extend(_defined(text, start, end, forms[first:last]))
            first = last
        ruled.extend(_marked(naming) for naming in named)
        titled = title_name(text[: title_end(doc)])
        if titled:
            if not titled.told:
                kind = _kind_elsewhere(text, titled, [*tagged, *ruled])
                titled = titled._replace(kind=kind)
            named.append(titled)
            ruled.append(_marked(titled))
        mentions = merged(tagged, ruled)
        mentions = merged(mentions, with_both_forms(mentions, forms)[len(mentions) :])
        mentions = merged(mentions, long_forms_again(doc, mentions, forms))
        mentions = merged(mentions, repeated(text, mentions))
        mentions = with_repeated_phrases(doc, mentions)
        mark(doc, _of_told_kind(text, _of_known_kind(text, mentions, known), named))
        return doc


def _of_known_kind(
    text: str, mentions: Iterable[Marked], known: Iterable[tuple[int, int]]
) -> Iterable[Marked]:
    """*mentions*, those of a *known* model (or 'the LLaVA-7B backbone') being methods."""
    ends = dict(known)
    for mention in mentions:
        end = ends.get(mention.start)
        if end == mention.end or (
            end is not None and end < mention.end and _HEAD_AFTER.fullmatch(text, end, mention.end)
        ):
            mention = mention._replace(kind="method")
        yield mention


def _of_told_kind(
    text: str, mentions: Iterable[Marked], named: Iterable[Naming]
) -> Iterable[Marked]:
    """*mentions*, a coined name having the kind that the paper itself gives it."""
    told: dict[str, Counter[Kind]] = defaultdict(Counter)
    for naming in named:
        name = text[naming.start : naming.end]
        if (
            naming.told
            and naming.cue in ("title", "called", "apposition", "noun")
            and is_coined(name)
        ):
            told[name][naming.kind] += 1
    for mention in mentions:
        kinds = told.get(text[mention.start : mention.end])
        yield mention._replace(kind=kinds.most_common(1)[0][0]) if kinds else mention


@Language.factory(
    "scholar_patterns",
    requires=["doc.sents", f"doc._.{ABBREVIATIONS}"],
    assigns=["doc.spans"],
)
def create_patterns(nlp: Language, name: str) -> Patterns:
    return Patterns()
