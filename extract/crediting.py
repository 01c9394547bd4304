"""
Which method a figure is credited to: what reached the 84.2 %, not what it was held against.

Read off the words around names, in this order: the agent after the figure ('an F1 of 80.2 by
BERT'), the nearest subject of a verb of performance before it, and the first method that is no
object. Where 'we', 'it' or 'our model' is that subject, the credit goes to what the paper
introduces.
"""

import re
from collections.abc import Callable, Sequence

from .annotations import Marked
from .phrases import any_of

_PERFORMS = (
    r"(?:(?:achiev|improv|reduc|increas|exceed|surpass|outperform|obtain|reach|attain|yield|gain|"
    r"deliver|provid|show|demonstrat|exhibit|depict|perform|scor|boost|accelerat|decreas|lower|"
    r"push|produc|rank|record|report|rais|sav|enhanc|bring|result|advanc|speed|observ|see|manag|"
    r"allow|enabl|correct|resolv|solv|recover|retain|keep|drop|match|set)"
    r"(?:e|es|ed|s|ing|ped|ping|n)?|achieves?|gives?|gave|giving|get(?:s|ting)?|got|beat(?:s|ing)?|"
    r"lead(?:s|ing)?|led|win(?:s|ning)?|won|cut(?:s|ting)?|brought|saw|kept|sped|"
    r"(?:is|are|was|were)\s(?:able|better|faster|superior|more|up))\b"
)
_ADVERB = (
    r"(?:(?:\w+ly|also|can|could|even|still|further|then|alone|again|now|has|have|had|will|to|"
    r"did|does|do|not|only|just|indeed|thus|in\sparticular|in\sturn|on\saverage|is\sable\sto|"
    r"was\sable\sto|helps?|which|that),?\s)*"
)
_THING = any_of(
    "models? methods? approach approaches systems? frameworks? algorithms? networks? classifiers? "
    "variants? ensembles? architectures? techniques? pipelines? parsers? taggers? procedures? "
    "strategy strategies mechanisms? modules? solutions? submissions? submission runs? agents? "
    "decoders? encoders? schemes? tools? LLMs? predictors? detectors? efforts? implementation "
    "baselines? embeddings features representations?"
)
# After a name: an expansion in brackets, a noun, an apposition, then the verb.
_GOVERNS = re.compile(
    rf"(?:\s?\([^()]{{1,80}}\))?(?:[\s-](?:based\s)?(?:[\w-]+\s)?{_THING})?"
    rf"(?:,\s[^,;:.]{{2,90}},|,)?\s{_ADVERB}{_PERFORMS}",
    re.I,
)
_OURS = re.compile(
    rf"\b(?:(?:we|it)|(?:our|this|these|the|the\sproposed|the\spresented|proposed)\s"
    rf"(?:[\w’'/-]+\s){{0,5}}?{_THING}(?:\s\([^()]{{1,60}}\))?"
    rf"(?:\s(?:for|on|of|with|from|in|based\son|without)\s[^,.;:]{{1,60}}?)?)"
    rf"(?:,\s[^,;:.]{{2,90}},)?\s{_ADVERB}{_PERFORMS}",
    re.I,
)
# 'the model' and 'this system' may be another's; with these words it is not.
_ANOTHERS = re.compile(
    r"\b(?:best|previous|existing|prior|other|baseline|vanilla|original|current|state-of-the-art|"
    r"SOTA|human|winning|top|pre-?trained|language|neural)\b",
    re.I,
)
_DETERMINER = any_of(
    "the a an its our their several many various different most all some both two three four five "
    "six existing popular recent other state-of-the-art SOTA pre-trained pretrained fine-tuned "
    "vanilla standard large small multiple strong common classical traditional widely-used"
)
_OBJECT = re.compile(
    r"\b(?:on|over|to|in|for|from|with|of|across|among|between|within|into|against|like|upon|"
    rf"such\sas|including|e\.g\.,?|i\.e\.,?|than|versus|vs\.?)\s(?:{_DETERMINER}\s|\w+ly\s)*"
    r"(?:\w+ed\s)?$",
    re.I,
)
_BASELINE_ADJECTIVE = any_of(
    "the a an its previous existing strong original vanilla standard state-of-the-art SOTA "
    "baseline best "
    "current prior our both leading competitive other well-known method model models methods"
)
BASELINE_CUE = re.compile(
    r"\b(?:outperform\w*|surpass\w*|exceed\w*|beat(?:s|ing)?|outdo\w*|improv\w*(?:\s(?:over|upon|"
    r"on))?|over|than|"
    r"compared\s(?:to|with)|relative\sto|against|upon|versus|vs\.?)\s"
    rf"(?:{_BASELINE_ADJECTIVE}\s)*$",
    re.I,
)
_MERIT_OF = re.compile(
    r"\b(?:performance|accuracy|scores?|results?|quality|precision|recall|F1|errors?|rate|"
    r"improvements?|gains?|superiority|effectiveness|efficiency|advantages?|success)\sof\s"
    r"(?:(?:the|our|a|proposed)\s)*$",
    re.I,
)
_BETTERS = re.compile(
    r"\b(?:improv|gain|boost|increas|enhanc|rais|surpass|exceed|outperform)\w*\b", re.I
)
_JOINS = re.compile(r"\s?(?:\([^()]{1,60}\))?,?\s?(?:and|or|as\swell\sas|&|/|\()?\s?")
_BY = re.compile(
    r"[^.;:,\d]{0,30}?(?:\s(?:obtained|achieved|reached|produced|yielded|attained|set|given))?"
    r"\sby\s(?:(?:the|a|an|our)\s)?",
    re.I,
)
_WITH = re.compile(
    r"[^.;:,\d]{0,30}?\s(?:with|using|when\susing|via)\s(?:(?:the|a|an|our)\s)?", re.I
)
_RATHER_THAN = re.compile(r"\b(?:over|than|compared|relative|against|improve\w*|gains?)\b", re.I)
_LED_BY = re.compile(r"\b(?:using|with|by\s(?:\w+ly\s)?[\w-]+ing)\s[^;:]{2,160},\s$", re.I)

# So far before a figure, in characters, its subject is looked for, and so many names back in a row.
_REACH = 600
_ROW = 12


class Credit:
    """The methods of one sentence, asked which of them a figure is credited to."""

    def __init__(
        self,
        text: str,
        bounds: tuple[int, int],
        mentions: Sequence[Marked],
        inside: range,
        own: Callable[[int], int | None],
    ) -> None:
        """*own* gives the mention of what the paper introduces that is nearest before a place."""
        self._text = text
        self._start, self._end = bounds
        self._mentions = mentions
        self._methods = [index for index in inside if mentions[index].kind == "method"]
        self._own = own

    def method(self, start: int, end: int, baseline: int | None) -> int | None:
        """The method behind the figure at *start* to *end*; *baseline* is what it was held to."""
        able = [index for index in self._methods if index != baseline]
        agent = self._after(_BY, end, able)
        if agent is not None:
            return agent
        subject = max(
            (index for index in able if self._governs(index, start)),
            key=lambda index: self._mentions[index].start,
            default=None,
        )
        ours = self._ours(start)
        if ours is not None and (subject is None or self._mentions[subject].start < ours):
            named = self._leading(ours, able)
            return named if named is not None else self._credited(able, start, end)
        return subject if subject is not None else self._used(able, start, end)

    def _credited(self, able: list[int], start: int, end: int) -> int | None:
        """What 'we' and 'our model' stand for: the paper's own, else a method of the sentence."""
        own = self._own(start)
        return own if own is not None else self._used(able, start, end)

    def _used(self, able: list[int], start: int, end: int) -> int | None:
        """The first method before the figure that is no object, else the one 'with' which it is."""
        first = self._first(able, start)
        return first if first is not None else self._after(_WITH, end, able)

    def _governs(self, index: int, limit: int) -> bool:
        mention = self._mentions[index]
        if not limit - _REACH <= mention.end <= limit or self._is_object(index):
            return False
        return _GOVERNS.match(self._text, mention.end, limit) is not None

    def _ours(self, limit: int) -> int | None:
        """Where the last 'we' or 'our model' before *limit* begins that governs a verb."""
        found = None
        for match in _OURS.finditer(self._text, max(self._start, limit - _REACH), limit):
            if not _ANOTHERS.search(match[0]) or match[0].lower().startswith("our "):
                found = match.start()
        return found

    def _leading(self, subject: int, able: list[int]) -> int | None:
        """'By tuning BERT, we reach …': the method that leads to 'we', at *subject*."""
        lead = _LED_BY.search(self._text, self._start, subject)
        if lead is None:
            return None
        return next((i for i in able if lead.start() < self._mentions[i].start < subject), None)

    def _first(self, able: list[int], limit: int) -> int | None:
        for index in able:
            if self._mentions[index].end <= limit and not self._is_object(index):
                return index
        return None

    def _after(self, lead: re.Pattern[str], end: int, able: list[int]) -> int | None:
        for index in able:
            begin = self._mentions[index].start
            if begin < end:
                continue
            gap = self._text[end:begin]
            fits = begin <= self._end and lead.fullmatch(gap) and not _RATHER_THAN.search(gap)
            # 'of 19.1 and 29.0 with mT5 and OpenNMT respectively': not the nearest one's.
            fits = fits and "respectively" not in self._text[begin : min(self._end, begin + 120)]
            return index if fits else None
        return None

    def _is_object(self, index: int) -> bool:
        """Whether the method stands after a preposition, or in a row that does."""
        place = self._methods.index(index)
        first = max(0, place - _ROW)
        while place >= first:
            begin = self._mentions[self._methods[place]].start
            before = self._text[max(self._start, begin - 70) : begin]
            if merit := _MERIT_OF.search(before):
                return _BETTERS.search(before, 0, merit.start()) is not None
            if _OBJECT.search(before) or BASELINE_CUE.search(before):
                return True
            place -= 1
            if place < 0:
                return False
            gap = self._text[self._mentions[self._methods[place]].end : begin]
            if not gap.strip() or not _JOINS.fullmatch(gap):
                return False
        return False
