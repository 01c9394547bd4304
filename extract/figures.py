"""
Which numbers of a sentence are results, and whether they are levels or differences.

A number is taken only where the words around it say that it measures quality or cost; counts,
years, versions and sizes are left alone. Precision goes before recall.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from .phrases import any_of

Unit = Literal["percent", "points", "times"]
Change = Literal["absolute", "delta"]

_NUMBER = re.compile(
    r"(?<![\w.,/^@$€£#%−–-])(?P<sign>[+−–-](?=[\d.]))?"
    r"(?P<value>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"
    r"(?P<unit>\s?%(?:[\s-](?:absolute|relative|percentage))?(?:[\s-]points?\b)?"
    r"|[\s-](?:(?:absolute|relative|percentage|percent|accuracy|F1|BLEU)[\s-])?points?\b"
    r"|\s(?:pp|ppts?)\b|\s?(?:percent|per\scent)\b|\s?[x×](?!\w)|[\s-]times\b|[\s-]?fold\b)?"
    r"(?!\w|\.\d|,\d|-\w|[\^:/]\d|%)"
)
# '1.1 and 4.8 percent': the unit that the second number carries.
_SHARED_UNIT = re.compile(
    r"(?:\s?(?:,|and|or|to|vs\.?|/|–|-)\s?(?:and\s|up\sto\s)?[+−-]?\d+(?:\.\d+)?)+"
    r"(?P<unit>\s?%|\s?(?:percent|per\scent)\b|[\s-](?:(?:percentage|absolute)[\s-])?points?\b|"
    r"\s?[x×](?!\w))"
)
_RISE = any_of(
    "improv* increas* gain* boost* rais* outperform* surpass* exceed* beat beats beating promot* "
    "enhanc* "
    "leads leading led speeds sped speeding accelerat* outdo* win wins winning rises rising rose "
    "advanc*"
)
_FALL = any_of(
    "reduce reduces reduced reducing decrease decreases decreased decreasing lowers lowered "
    "lowering drops "
    "dropped dropping cuts cutting saves saved saving declines declined declining degrades "
    "degraded degrading "
    "shrinks shrinking shrank falls fell falling compresses compressed minimi* diminish* "
    "underperform* loses "
    "lost losing slashes slashing"
)
_ABOUT = any_of(
    "up_to at_least about around approximately over more_than nearly almost roughly only "
    "as_much_as "
    "an average average averag* of on_average additional absolute relative significant* "
    "substantial* "
    "large notabl* total margin* the a gain* improvement* increase* reduction* drop* overall a "
    "another further least maximum by just impressive remarkable whopping mere some in ~ ≈"
)
_CHANGES = re.compile(rf"\b(?:{_RISE}|{_FALL})\b", re.I)
_BY = re.compile(
    rf"\b(?:(?P<rise>{_RISE})|(?P<fall>{_FALL}))\b(?P<gap>(?:[^.;:]|\.(?=\d))*?)"
    rf"(?:\bby|,?\sup\sto|\bwith\s(?:an?\s)?(?:{_ABOUT}\s)*(?:gain|improvement|increase|margin|"
    rf"boost|drop)s?\sof)\s"
    rf"(?:{_ABOUT}\s?)*$",
    re.I,
)
_NOUN_OF = re.compile(
    rf"\b(?:(?P<rise>(?:improvement|increase|gain|boost|margin|advantage|speed[\s-]?up|"
    rf"acceleration|rise|lead)s?)"
    rf"|(?P<fall>(?:reduction|decrease|drop|saving|decline|degradation|loss|compression|fall)s?))"
    rf"(?:\s[\w-]+){{0,4}}?\s?(?:of|:|by|\()\s?(?:{_ABOUT}\s)*$",
    re.I,
)
_DIRECT = re.compile(
    rf"\b(?:(?P<fall>(?:reduc|sav)(?:es?|ed|ing)|cut(?:s|ting)?)|(?P<rise>gain(?:s|ed|"
    rf"ing)))\s(?:{_ABOUT}\s)*$",
    re.I,
)
_COUNT_QUALIFIER = any_of(
    "different new various distinct public popular standard large real existing recent human "
    "challenging "
    "unique diverse more other annotated labeled manual* medical common benchmark downstream "
    "low-resource "
    "million billion thousand hundred hidden training test synthetic additional widely-used "
    "widely_used language "
    "main independent state-of-the-art open-source typologically Indian African European expert "
    "English "
    "multilingual video image text natural high-quality parallel"
)
_COUNTABLE = any_of(
    "papers? datasets? data_sets benchmarks? corpora tasks? subtasks? languages? pairs? images? "
    "videos? clips? "
    "frames? samples? examples? instances? sentences? words? tokens? documents? articles? "
    "questions? dialogues? "
    "dialogs? conversations? utterances? tweets? posts? comments? reviews? annot* participants? "
    "speakers? "
    "users? people persons? patients? subjects? hours? minutes? seconds? days? weeks? months? "
    "years? layers? "
    "parameters? GPUs? categories classes types? domains? models? LLMs? methods? systems? teams? "
    "submissions? "
    "topics? labels? relations? entities triples? nodes? edges? steps? epochs? iterations? shots? "
    "million "
    "billion thousand modalities settings? experiments? features? attributes? genres? countries "
    "books? stories "
    "novels? scenes? objects? queries tables? facts? rules? dimensions? KB MB GB TB k K M B ms Hz "
    "kHz fps FPS "
    "GPU pages? characters? scenarios? turns? families dialects prompts? tests? runs? errors? "
    "entries items? "
    "students? places? metrics? aspects"
)
_NUMBERED_THING = any_of(
    "task subtask track section table figure fig. version stage phase step level layer part "
    "chapter "
    "release top eq. equation algorithm grade day round type category no. vol. since until before "
    "after "
    "during python cuda page team number rank ranks ranked place rq group condition january "
    "february "
    "march april may june july august september october november december"
)
# What may stand between 'a 5 %' and 'improvement'.
_QUALIFIER = any_of(
    "absolute relative average overall theoretical performance accuracy significant mean inference "
    "training error rate computational further percentage point points F1 F1-score macro-F1 mAP "
    "mIoU "
    "BLEU AP AUC WER ROUGE ROUGE-L MRR EM score end-to-end wall-clock actual practical real speed "
    "token "
    "memory parameter cost storage latency time FLOPs? GPU statistically word relative_error in "
    "the recognition character phoneme perplexity toxicity failure"
)
_NOUN_AFTER = re.compile(
    rf"^[\s-](?:{_QUALIFIER}[\s-]){{0,3}}?"
    r"(?:(?P<rise>(?:improvement|increase|gain|boost|speed[\s-]?up|acceleration|advantage|uplift)s?"
    r"|higher|better|faster|more(?=\s(?:accura|efficien)\w+))"
    r"|(?P<fall>(?:reduction|decrease|drop|saving|decline|degradation|loss)s?"
    r"|fewer|less|lower|worse|smaller|slower|shorter))\b",
    re.I,
)
_COUNTED = re.compile(
    rf"^[\s-]?(?:{_COUNT_QUALIFIER}[\s-]){{0,4}}{_COUNTABLE}\b|^(?:nd|rd|th|st)\b|"
    rf"^\s[A-Z][a-z]+\s(?:datasets|languages)"
)
_NUMBERED = re.compile(
    rf"(?:(?i:\b{_NUMBERED_THING})\s?|\b[A-Z][A-Za-z]*[ -](?:\d+[.-])?|[#$€£]\s?|"
    rf"\b[pnkNα]\s?[<=>≤]\s?0?)$"
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_KEEPS = re.compile(
    r"\b(?:preserv|maintain|retain|keep|achiev|reach|recover)\w*\s(?:[\w-]+\s){0,3}$", re.I
)
_OF_PERFORMANCE = re.compile(
    r"^\s?of\s(?:[\w.’'/-]+\s){0,4}?(?:performance|accuracy|quality|capabilit(?:y|ies))\b", re.I
)
_SHARE = re.compile(r"^\s?of\s(?:the|all|its|their|our|these|those|cases|[\w-]+s)\b", re.I)
# 'mIoU of 46.91', 'F1 (macro): 0.61', 'accuracy scores of up to 91.2 and 88.0'.
_AFTER_METRIC = re.compile(
    r"^(?:\s?\([^()]{1,40}\))?[\s:=)]*(?:(?:scores?|values?|rates?|results?|performance|"
    r"levels?)\b)?\s?"
    r"(?:(?:of|is|was|at|to|reach\w*|:|=|equals|being|above|over|below|by|as\shigh\sas|"
    r"as\slow\sas|exceed\w*|around|"
    r"about|approximately|nearly|almost|more\sthan|at\sleast|less\sthan|the|an?|only|average|and|"
    r"on|up\sto|"
    r"from\s[\d.]+%?\sto|respectively)\b\s?|[=:~≈(]\s?)*"
    r"(?:[+−-]?\d+(?:\.\d+)?\s?%?(?:\s\([^()]{1,30}\))?\s?(?:,\sand|,|and|or|/|to|vs\.?)\s)*$",
    re.I,
)
# '12.6 F1', '85.3 % average accuracy', '50.3 (50.6 of human) for R@1'.
_BEFORE_METRIC = re.compile(
    r"^(?:\s?(?:,\sand|,|and|or|/)\s[+−-]?\d+(?:\.\d+)?%?)*(?:\s\([^()]{1,40}\))?\s?\(?"
    r"(?:(?:in|for|on|of|overall|average|absolute|relative|mean|averaged|percentage|micro|macro|"
    r"the|test|weighted|"
    r"classification|exact|an?|unlabeled|labeled|as|points?|in\sterms\sof|word-level|"
    r"sentence-level|"
    r"document-level|token-level|binary|joint|strict|validation|final|zero-shot|few-shot)[\s-])*$",
    re.I,
)
# '1.68, 1.02 and 0.52 BLEU increases': what comes after the list holds for all of it.
_LISTED = re.compile(r"^(?:\s?%?(?:,\sand|,|\sand|\sor|/)\s?[+−-]?\d+(?:\.\d+)?\s?%?)+")
_JOINED = re.compile(
    r"^(?:[^.;:]|\.(?=\d)){0,90}?(?:,\sand|,|\band|\bor|/|\bto)\s(?:by\s)?(?:up\sto\s|about\s|"
    r"around\s)?(?:an?\s)?$"
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that is a result; offsets are characters of the text it was read from."""

    start: int
    end: int
    value: str
    unit: Unit | None
    change: Change
    confidence: float


def figures(
    text: str,
    start: int,
    end: int,
    metrics: Sequence[tuple[int, int]],
    names: Sequence[tuple[int, int]] = (),
) -> Iterator[Figure]:
    """
    The results in the sentence *start* to *end* of *text*, in reading order.

    *metrics* are the places where that sentence names a measure, ascending; a number within one of
    *names* ('SQuAD 1.1') is part of the name.

    >>> text = "It improves mIoU by 3.0% with 4 layers."
    >>> [(figure.value, figure.change) for figure in figures(text, 0, len(text), [(12, 16)])]
    [('3.0', 'delta')]
    """
    previous: Figure | None = None
    for match in _NUMBER.finditer(text, start, end):
        if any(first <= match.start() and match.end() <= last for first, last in names):
            continue
        before = text[max(start, match.start() - 140) : match.start()]
        after = text[match.end() : min(end, match.end() + 90)]
        found = _figure(match, before, after, _beside(match, text, metrics))
        if previous is not None and (found is None or found.change == "absolute"):
            found = _continued(previous, match, text, after, found)
        if found is not None:
            yield found
            previous = found


def _figure(match: re.Match[str], before: str, after: str, beside: bool) -> Figure | None:
    unit = _unit(match, after)
    number = match["value"].replace(",", "")
    negative = match["sign"] in ("-", "−", "–")
    if unit is None and _is_count(number, before, after, beside):
        return None
    change = _direction(before, _LISTED.sub("", after, count=1))
    if change is not None and (unit is not None or beside):
        sign, confidence = change
        if unit == "percent" and not beside and confidence < 0.8 and _SHARE.match(after):
            return None
        value = f"-{number}" if sign < 0 or negative else number
        return Figure(match.start(), match.end(), value, unit, "delta", confidence)
    if match["sign"] == "+" and (unit in ("percent", "points") or beside):
        return Figure(match.start(), match.end(), number, unit, "delta", 0.8)
    if unit == "times":
        return None
    value = f"-{number}" if negative else number
    if beside and (unit is not None or "." in number or _reads_as_score(before)):
        return Figure(match.start(), match.end(), value, unit, "absolute", 0.9)
    if unit == "percent" and _KEEPS.search(before) and _OF_PERFORMANCE.match(after):
        return Figure(match.start(), match.end(), value, unit, "absolute", 0.8)
    return None


def _is_count(number: str, before: str, after: str, beside: bool) -> bool:
    """'80 papers', '2019', 'Task 3': a number that counts, dates or tells apart."""
    if _COUNTED.match(after):
        return True
    whole = "." not in number
    if whole and (_YEAR.fullmatch(number) or len(number) > 3):
        return True
    return _NUMBERED.search(before[-32:]) is not None and (whole or not beside)


def _reads_as_score(before: str) -> bool:
    return bool(
        re.search(r"\b(?:of|is|was|reaches|score|at|achieves?|scor(?:es|ed|ing))\s$", before)
    )


def _unit(match: re.Match[str], after: str) -> Unit | None:
    written = (match["unit"] or "").strip(" -").lower()
    if not written:
        shared = _SHARED_UNIT.match(after)
        written = shared["unit"].strip(" -").lower() if shared else ""
    if "point" in written or written in ("pp", "ppt", "ppts"):
        return "points"
    if "%" in written or "cent" in written:
        return "percent"
    return "times" if written else None


def _direction(before: str, after: str) -> tuple[int, float] | None:
    """+1 or -1 and a confidence, where the words say that the number is a difference."""
    if re.search(r"[∆Δ]\s?[\w-]+\s(?:of\s|up\sto\s)*$", before):
        return 1, 0.75
    for pattern, place, confidence in (
        (_NOUN_AFTER, after, 0.9),
        (_NOUN_OF, before, 0.85),
        (_BY, _clause(before), 0.85),
        (_DIRECT, before, 0.75),
    ):
        found = pattern.search(place)
        if found:
            return (-1 if found["fall"] else 1), confidence
    return None


def _clause(before: str) -> str:
    """*before* from its last verb of change on: 'reduces cost while improving F1 by' is a rise."""
    verbs = list(_CHANGES.finditer(before))
    return before[verbs[-1].start() :] if verbs else ""


def _beside(match: re.Match[str], text: str, metrics: Sequence[tuple[int, int]]) -> bool:
    """Whether a metric stands right before or right after the number."""
    for start, end in metrics:
        if end <= match.start() and match.start() - end <= 70:
            if _AFTER_METRIC.match(text[end : match.start()]):
                return True
        elif start >= match.end() and start - match.end() <= 60:
            if _BEFORE_METRIC.match(text[match.end() : start]):
                return True
    return False


def _continued(
    previous: Figure, match: re.Match[str], text: str, after: str, found: Figure | None
) -> Figure | None:
    """'by 10 % in accuracy and 25 % in recall': the second number is a difference like the
    first."""
    gap = text[previous.end : match.start()]
    unit = _unit(match, after)
    alike = unit == previous.unit and (unit is not None or found is not None)
    if previous.change != "delta" or not alike or not _JOINED.match(gap):
        return found
    if _CHANGES.search(gap) or re.search(
        r"\b(?:achiev\w*|obtain\w*|reach\w*|of|from)\b", gap, re.I
    ):
        return found
    number = match["value"].replace(",", "")
    value = f"-{number}" if previous.value.startswith("-") else number
    return Figure(match.start(), match.end(), value, unit, "delta", previous.confidence - 0.1)
