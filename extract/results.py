"""
Numeric results: 'achieves an mIoU of 46.91 %', 'improves GIPSO by 3.0 %', 'outperforms X by 2.1 BLEU'.

A number is taken only where the words around it say that it measures something; counts, years,
versions and sizes are left alone. Precision goes before recall.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from spacy.language import Language
from spacy.tokens import Doc

from .annotations import RESULTS, Marked, marked, sentence_bounds, title_end
from .gazetteer import names
from .mentions import Kind

Unit = Literal["percent", "points", "times"]
Change = Literal["absolute", "delta"]

_NUMBER = re.compile(
    r"(?<![\w.,/^@-])(?P<sign>[+−–-](?=\d))?(?P<value>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"
    r"(?P<unit>\s?\\?%(?:\s(?:absolute|relative))?(?:\s(?:percentage\s)?points?\b)?|\s(?:percentage|percent|absolute|relative|accuracy)?\s?points?\b|\spp\b|\s?(?:percent|per cent)\b"
    r"|\s?[x×](?![\w])|[-\s]times\b|-fold\b|-point\b)?"
    r"(?![\w]|\.\d|,\d|-\w|\^|:\d|/\d|%)"
)
_SECOND_UNIT = re.compile(
    r"\s?(?:,|and|or|to|vs\.?|/|–|-)\s?(?:\d+(?:\.\d+)?\s?(?:,|and|or|,\sand)\s)*[+−-]?\d+(?:\.\d+)?(?P<unit>\s?%|\s?(?:percent|per cent)\b|\s(?:percentage\s|absolute\s)?points?\b|\s?[x×](?!\w))"
)
_RISE = r"improv\w*|increas\w*|gain\w*|boost\w*|rais\w*|rais\w*|outperform\w*|surpass\w*|exceed\w*|beat\w*|better|higher|up|more|advanc\w*|enhanc\w*|outpac\w*|superior|lead|margin|ahead|faster|speed(?:s|ed)?[\s-]?up\w*|acceler\w*"
_FALL = r"reduc\w*|decreas\w*|lower\w*|drop\w*|cut\w*|sav\w*|fewer|less|declin\w*|degrad\w*|smaller|shrink\w*|los[es]\w*|fall\w*|fell|worse|slower|down|short\w*|shrunk|compress\w*|minimi\w*"
_DELTA_BEFORE = re.compile(
    rf"\b(?P<verb>(?P<rise>{_RISE})|(?P<fall>{_FALL}))\b(?P<gap>[^.;:]{{0,110}}?)\b(?:by|of|with)\s(?:an?\s)?(?:(?:up to|at least|about|around|approximately|over|more than|nearly|almost|roughly|only|as much as|an average of|average|averagely|additional|absolute|relative|significant|substantial|large|notable|total|margins?|the|a|of|gains?|improvements?|increases?|overall|large margin of|another|further|on average|least|maximum)\s)*$",
    re.I,
)
_DELTA_DIRECT = re.compile(
    r"\b(?P<verb>(?P<fall>reduc(?:es|ed|ing|e)|sav(?:es|ed|ing|e)|cut(?:s|ting)?|lower(?:s|ed|ing)?)|(?P<rise>gain(?:s|ed|ing)?|boost(?:s|ed|ing)?))\s(?:up to\s|about\s|over\s|around\s|approximately\s|more than\s|nearly\s|an?\s(?:average\s(?:of\s)?)?)*$",
    re.I,
)
_DELTA_AFTER = re.compile(
    r"^\s(?:(?:absolute|relative|average|overall|theoretical|performance|accuracy|significant|mean|inference|training|error|rate|computational|further|percentage|point|points|F1|mAP|mIoU|BLEU|AP|AUC|WER|ROUGE|"
    r"end-to-end|wall-clock|actual|practical|real|speed|token|memory|parameter|cost|storage|in|latency|time|FLOPs?)[\s-]){0,3}"
    r"(?P<noun>(?P<rise>improvements?|increases?|gains?|boosts?|speed[\s-]?ups?|acceleration|higher|better|more|faster|advantage|lead)|(?P<fall>reductions?|decreases?|drops?|fewer|less|lower|worse|savings?|smaller|decline|degradation|loss|slower|shorter|compression))\b",
    re.I,
)
_LEVEL = re.compile(
    r"\b(?:achiev\w*|reach\w*|attain\w*|obtain\w*|scor\w*|yield\w*|report\w*|get\w*|got|hit\w*|"
    r"accuracy|performance|result\w*|perform\w*|rank\w*|success rate|rate|maintain\w*|retain\w*|preserv\w*|"
    r"correlation|agreement|recall|precision|deliver\w*|set\w* a new|state[- ]of[- ]the[- ]art|produc\w*|show\w*|with an?|exhibit\w*|record\w*|average of|(?:is|was|of|at))\b",
    re.I,
)
_LINKED = re.compile(
    r"^(?:\s?\([^()]{1,40}\))?[\s,:=]*(?:score|scores|value|values|rate|result|results|performance|level)?\s?(?:(?:of|is|was|at|to|reaches|reached|up to|=|:|equals|being|above|over|below|by|from|as high as|as low as|exceeding|reaching|around|about|approximately|nearly|almost|more than|at least|the|a|an|only|average|and|on average)\s?)*$",
    re.I,
)
# A number that counts or measures something other than quality.
_COUNTED = re.compile(
    r"^\s?(?:(?:different|new|various|distinct|public|popular|standard|large|real|existing|recent|human|challenging|unique|diverse|more|other|annotated|labeled|manually|medical|common|benchmark|downstream|low-resource|million|billion|thousand|hundred|hidden|training|test|synthetic|additional|widely[- ]used|language|main|independent)[\s-]){0,4}"
    r"(?:papers?|datasets?|data ?sets|benchmarks?|corpora|tasks?|languages?|language pairs|pairs|images?|videos?|clips?|frames?|samples?|examples?|instances?|sentences?|words?|tokens?|documents?|articles?|"
    r"questions?|dialogu?es?|conversations?|utterances?|tweets?|posts?|comments?|reviews?|annotat\w+|participants?|speakers?|users?|people|patients?|subjects?|hours?|minutes?|seconds?|days?|weeks?|months?|years?|"
    r"layers?|parameters?|GPUs?|categories|classes|types?|domains?|models?|LLMs?|methods?|systems?|teams?|submissions?|topics?|labels?|relations?|entities|triples?|nodes?|edges?|steps?|epochs?|iterations?|shots?|million|billion|thousand|"
    r"modalities|settings?|experiments?|features?|attributes?|genres?|countries|books?|stories|novels?|scenes?|objects?|queries|tables?|facts?|rules?|dimensions?|fonts?|KB|MB|GB|TB|k|K|M|B|ms|Hz|kHz|fps|FPS|GPU|pages?|characters?|scenarios?|turns?|points? of|x \d|nd|rd|th|st)\b"
)
_YEAR = re.compile(r"^(?:19|20)\d\d$")
_ORDINAL_CONTEXT = re.compile(
    r"(?:\b(?:task|subtask|track|section|table|figure|fig\.|version|stage|phase|step|level|layer|part|chapter|release|top|eq\.|equation|algorithm|hypothesis|grade|grades|day|week|round|type|category|corpus|no\.|vol\.|since|in|from|between|until|before|after|during|by|v|ver\.|python|cuda|gpt|covid|page|CEFR|team|number|rank|ranks|ranked|place|RQ|experiment|model|study|group|condition)\s?|[A-Z][A-Za-z]*[- ](?:\d+[-.])?|#|\$|€|£|USD\s|p\s?[<=>]\s?|n\s?=\s?|N\s?=\s?|k\s?=\s?|α\s?=\s?)$",
    re.I,
)
_TO_BASELINE = re.compile(
    r"\b(?:outperform\w*|surpass\w*|exceed\w*|beat(?:s|ing)?|improv(?:es|ing|ed|e)(?:\s(?:over|upon|on))?|over|than|compared (?:to|with)|relative to|against|upon|improvements? over)\s(?:the\s|a\s|an\s|its\s|previous\s|existing\s|strong\s|original\s|vanilla\s|standard\s|state-of-the-art\s|SOTA\s|baseline\s|best\s|current\s|prior\s)*$",
    re.I,
)
_PREFIX_ON = re.compile(
    r"\b(?:on|in|for|over|across|from|using|of)\s(?:the\s|both\s|all\s|a\s|average\s|[\w-]+\s)?$",
    re.I,
)
_RELATIVE = re.compile(
    r"\b(?:preserv|maintain|retain|keep|achiev|reach)\w*\s(?:up to\s|over\s|about\s|more than\s)?$",
    re.I,
)
_SHARE = re.compile(
    r"^\s?of\s(?:the\s|all\s|its\s|their\s|our\s)?(?!the original|original|its original|human|full|[\w-]*performance|[\w.-]+\sperformance)",
    re.I,
)
_OF_PERFORMANCE = re.compile(
    r"^\s?of\s(?:[\w.’'-]+\s){0,4}?(?:performance|accuracy|quality)\b", re.I
)
_METRIC_WORDS = re.compile(
    r"(?<![\w-])(?:"
    + "|".join(
        sorted(
            {re.escape(s) for name in names() if name.kind == "metric" for s in name.spellings}
            - {"Acc", "parameters"},
            key=len,
            reverse=True,
        )
    )
    + r")(?![\w-])",
    re.I,
)
_COST = re.compile(
    r"\b(?:time|latency|parameters?|params|memory|FLOPs?|cost|costs|computation\w*|speed[\s-]?ups?|faster|data|tokens?|size|energy|throughput|acceleration|storage|budget|inference|training|samples|annotations?|compute)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A result before it is written to the Doc; offsets are characters of the Doc's text."""

    start: int
    end: int
    value: str
    unit: Unit | None
    change: Change
    confidence: float


@dataclass(frozen=True, slots=True)
class Roles:
    """Which mentions a claim is about, as indices."""

    metric: int | None = None
    dataset: int | None = None
    task: int | None = None
    method: int | None = None
    baseline: int | None = None


def claims(text: str, start: int, end: int, measures: list[tuple[int, int]]) -> Iterator[Claim]:
    """
    The results in the sentence *start* to *end* of *text*, in reading order.

    *measures* are the places of metrics in that sentence.
    """
    for match in _NUMBER.finditer(text, start, end):
        before = text[max(start, match.start() - 140) : match.start()]
        after = text[match.end() : min(end, match.end() + 90)]
        claim = _claim(match, before, after, measures, text)
        if claim is not None:
            yield claim


def _unit(match: re.Match[str], after: str) -> Unit | None:
    written = (match["unit"] or "").strip().lower()
    if not written:
        second = _SECOND_UNIT.match(after)
        written = second["unit"].strip().lower() if second else ""
    if "point" in written or written == "pp":
        return "points"
    if "%" in written or "percent" in written or "per cent" in written:
        return "percent"
    return "times" if written else None


def _claim(
    match: re.Match[str], before: str, after: str, measures: list[tuple[int, int]], text: str
) -> Claim | None:
    unit = _unit(match, after)
    number = match["value"].replace(",", "")
    if unit is None and (
        _COUNTED.match(after) or _YEAR.match(number) or _ORDINAL_CONTEXT.search(before[-24:])
    ):
        near = _beside(match, measures, text)
        if _COUNTED.match(after) or _YEAR.match(number) or not (near and "." in number):
            return None
    direction = _direction(before, after)
    beside = _beside(match, measures, text)
    if direction is not None and (unit is not None or beside):
        if not beside and unit == "percent" and _SHARE.match(after) and direction[1] < 0.8:
            return None
        sign = "-" if direction[0] < 0 else ""
        if match["sign"] in ("-", "−", "–"):
            sign = "-"
        return Claim(match.start(), match.end(), sign + number, unit, "delta", direction[1])
    if match["sign"] == "+" and (unit in ("percent", "points") or beside):
        return Claim(match.start(), match.end(), number, unit, "delta", 0.8)
    if unit == "times":
        return None
    if beside and ("." in number or unit == "percent" or _directly_of(before)):
        sign = "-" if match["sign"] in ("-", "−") else ""
        return Claim(match.start(), match.end(), sign + number, unit, "absolute", 0.9)
    if unit == "percent" and _RELATIVE.search(before) and _OF_PERFORMANCE.match(after):
        return Claim(match.start(), match.end(), number, unit, "absolute", 0.8)
    return None


def _directly_of(before: str) -> bool:
    return re.search(r"\b(?:of|is|was|reaches|score|at)\s$", before) is not None


def _direction(before: str, after: str) -> tuple[int, float] | None:
    """+1 or -1 and a confidence where the words say that the number is a difference."""
    noun = _DELTA_AFTER.match(after)
    if noun:
        return (-1 if noun["fall"] else 1), 0.9
    found = None
    for found in _DELTA_BEFORE.finditer(before):
        pass
    if found and not re.search(r"\b(?:from|to|accuracy of|score of)\b", found["gap"][-24:]):
        ends = re.search(r"\b(by|of|with)\b[^,]*$", before)
        if (
            ends
            and ends[1] == "by"
            or re.search(
                r"(?:improvement|gain|increase|boost|reduction|decrease|drop|margin|speed\W?up|saving)s?\b[^,;]{0,40}\bof\b[^,;]*$",
                before,
                re.I,
            )
        ):
            return (-1 if found["fall"] else 1), 0.85
    direct = _DELTA_DIRECT.search(before)
    if direct:
        return (-1 if direct["fall"] else 1), 0.75
    return None


def _beside(match: re.Match[str], measures: list[tuple[int, int]], text: str) -> bool:
    """Whether a metric stands right before or right after the number."""
    for start, end in measures:
        if end <= match.start() and match.start() - end <= 60:
            gap = text[end : match.start()]
            if _LINKED.match(gap) or _LISTED.match(gap):
                return True
        if start >= match.end() and start - match.end() <= 30:
            gap = text[match.end() : start]
            if _THEN_METRIC.match(gap):
                return True
    return False


_LISTED = re.compile(
    r"^[\s\w,.:%()-]{0,12}?(?:scores? )?(?:of|is|was|:|=|are)\s(?:(?:up to|over|about)\s)?(?:[\d.]+\s?%?(?:\s\([^()]*\))?(?:,|\sand|\sor|,\sand|/)\s?)+$"
)
_THEN_METRIC = re.compile(
    r"^\s?\(?(?:(?:in|for|on|of|overall|average|absolute|relative|mean|averaged|percentage|micro|macro|the|test|top-1|top-5|weighted|classification|exact|an?|unlabeled|labeled|as|points?|in terms of)[\s-]){0,4}$",
    re.I,
)


class Results:
    """Writes numeric results to ``doc._.scholar_results``; adds the metrics that they name."""

    def __call__(self, doc: Doc) -> Doc:
        text = doc.text
        mentions = marked(doc)
        border = title_end(doc)
        found: list[dict[str, Any]] = []
        first = 0
        for start, end in sentence_bounds(doc):
            while first < len(mentions) and mentions[first].end <= start:
                first += 1
            stop = first
            while stop < len(mentions) and mentions[stop].start < end:
                stop += 1
            if start < border or not re.search(r"\d", text[start:end]):
                continue
            inside = list(range(first, stop))
            measures = [match.span() for match in _METRIC_WORDS.finditer(text, start, end)]
            measures += [mentions[i][:2] for i in inside if mentions[i].kind == "metric"]
            claimed = list(claims(text, start, end, sorted(set(measures))))
            for claim in claimed:
                roles = role_fillers(text, claim, mentions, inside, start, end)
                found.append(
                    {
                        "start": claim.start,
                        "end": claim.end,
                        "value": claim.value,
                        "unit": claim.unit,
                        "change": claim.change,
                        "confidence": claim.confidence,
                        "metric": roles.metric,
                        "dataset": roles.dataset,
                        "task": roles.task,
                        "method": roles.method,
                        "baseline": roles.baseline,
                    }
                )
        doc._.set(RESULTS, found)
        return doc


def role_fillers(
    text: str, claim: Claim, mentions: list[Marked], inside: list[int], start: int, end: int
) -> Roles:
    """Which of the sentence's mentions the claim is about: by kind, distance and the words between."""
    baseline = None
    for index in inside:
        mention = mentions[index]
        if mention.kind == "method" and _TO_BASELINE.search(
            text[max(start, mention.start - 70) : mention.start]
        ):
            if baseline is None or _distance(claim, mention) < _distance(claim, mentions[baseline]):
                baseline = index
    if claim.change == "absolute":
        baseline = None
    method = None
    for index in inside:
        mention = mentions[index]
        if mention.kind == "method" and index != baseline and mention.end <= claim.start:
            if not re.search(
                r"\b(?:on|than|over|to)\s(?:the\s)?$",
                text[max(start, mention.start - 12) : mention.start],
            ):
                method = index
                break
    return Roles(
        metric=_nearest(text, claim, mentions, inside, "metric"),
        dataset=_nearest(text, claim, mentions, inside, "dataset"),
        task=_nearest(text, claim, mentions, inside, "task"),
        method=method,
        baseline=baseline,
    )


def _distance(claim: Claim, mention: Marked) -> int:
    return claim.start - mention.end if mention.end <= claim.start else mention.start - claim.end


def _nearest(
    text: str, claim: Claim, mentions: list[Marked], inside: list[int], kind: Kind
) -> int | None:
    """
    The mention of *kind* that belongs to the number.

    What follows ('12.6 F1 score on FewRel 1.0') goes before what precedes, unless another number
    stands between.
    """
    best: tuple[int, int] | None = None
    for index in inside:
        mention = mentions[index]
        if mention.kind != kind:
            continue
        after = mention.start >= claim.end
        gap = text[claim.end : mention.start] if after else text[mention.end : claim.start]
        cost = len(gap)
        if re.search(r"(?<![\w.-])\d+(?:\.\d+)?(?![\w-])", gap):
            cost += 200
        if kind != "metric" and not after:
            cost += 60
        if re.search(r"[;]", gap):
            cost += 100
        if best is None or cost < best[0]:
            best = (cost, index)
    return best[1] if best else None


@Language.factory(
    "scholar_results",
    requires=["doc.spans", "doc.sents"],
    assigns=[f"doc._.{RESULTS}"],
)
def create_results(nlp: Language, name: str) -> Results:
    return Results()
