"""What a paper proposes: which of its mentions say 'this is new, and it is ours'."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple, cast

from spacy.language import Language
from spacy.tokens import Doc

from .annotations import (
    CONCEPTS,
    INTRODUCES,
    Marked,
    marked,
    sentence_bounds,
    text_of,
    title_end,
)
from .gazetteer import abbreviations
from .naming import IS_PROPOSED, PRAISE, PROPOSES, is_coined, title_name
from .phrases import any_of

_HEAD = any_of(
    "methods? models? frameworks? approach approaches algorithms? modules? tasks? datasets? "
    "networks? "
    "strategy strategies mechanisms? schemes? decoders? encoders? systems? benchmarks? corpus "
    "corpora metrics? "
    "architectures? techniques? pipelines? toolkits? tools? platforms? objectives? loss losses "
    "units? layers? "
    "paradigms? variants? libraries library problems? suite learning"
)
# 'we propose' … thing: an article, praise, modifiers, quotes, but no preposition and no verb.
_LEAD = re.compile(
    rf"\s(?:(?:an?|the|our|two|three|its)\s)?(?:{PRAISE}[,\s]+)*"
    rf"(?:(?:new\s|novel\s)?(?:idea|concept|notion|task|problem|family|form|class|"
    rf"setting)\sof\s(?:an?\s|the\s)?)?"
    r"(?P<modifiers>(?:[\w’'/-]+,?\s){0,6}?)[\"“‘'*(]*"
)
_STOP_WORD = any_of(
    "of for to that which with by on in into based using from at via through where whose when "
    "while as than and "
    "or is are was were can has have it how why what whether about toward towards over under "
    "between across "
    "called named termed not a an the train use build make"
)
_STOP = re.compile(rf"\b{_STOP_WORD}\b", re.I)
# What stands right before a name that renames what came before.
_NAMED = re.compile(
    r"(?:termed|called|named|dubbed|namely|coined|titled|referred\sto\sas|denoted\s(?:as|by)|"
    r"abbreviated\sas|"
    r"i\.e\.,?|which\swe\s(?:call|term|name|dub))(?:\sas)?,?\s(?:the\s)?[\"“‘'*]*$"
)
_OUR = re.compile(
    rf"\b(?:our|the\sproposed)\s(?:(?:proposed|novel|new|{_HEAD})\s?[,(]?\s?){{0,2}}$", re.I
)
_NEW_APPOSITION = re.compile(
    r"(?:\s\([^()]{1,60}\))?\s?(?:,|--|–|—)\s(?:an?|the\sfirst|our)\s(?:[\w-]+,?\s){0,2}?(?:novel|"
    r"new|first)\b"
)
_PRIOR = re.compile(
    r"\b(?:recently|previous(?:ly)?|existing|prior\swork|traditional(?:ly)?|ha(?:s|ve)\sbeen|"
    r"et\sal)\b",
    re.I,
)
_OURS = re.compile(r"\b(?:we|our|this\s(?:paper|work|study|article)|novel|new)\b", re.I)
_AND = re.compile(
    r"(?:\s\([^()]{1,60}\))?(?:,\s(?!and\s|an?\s|the\s)|,?\s(?:and|as\swell\sas)\s(?:an?\s|"
    r"the\s)?)[\"“*]*"
)
_BEFORE_IS = re.compile(
    rf"(?:\s\([^()]{{1,60}}\)|[\s\"”’'*)]|\s{_HEAD}|,\s(?:an?|the|named|called|"
    rf"termed)\s[^,]{{3,100}},)*"
)
_DESCRIBES = re.compile(rf"(?:-\w+|\s(?!\()(?:[a-z-]+\s){{0,2}}?{_HEAD})\b")


class Proposal(NamedTuple):
    """A mention that a cue calls the paper's own; a higher *rank* is a better witness."""

    mention: int
    rank: int


class Claim:
    """The mentions and concepts of one paper, searched for what it calls its own."""

    def __init__(
        self,
        text: str,
        mentions: Sequence[Marked],
        concepts: Sequence[tuple[str, str, str | None]],
        sentences: Sequence[tuple[int, int]],
        border: int,
    ) -> None:
        """*concepts* go with *mentions*; the first *border* characters of *text* are the title."""
        self._text = text
        self._mentions = mentions
        self._concepts = concepts
        self._sentences = sentences
        self._border = border

    def introduced(self) -> list[int]:
        """
        The mention that says so, one for each concept, in reading order.

        A paper that names its method is not also said to introduce the nameless parts of it.
        """
        best: dict[tuple[str, str], Proposal] = {}
        for proposal in self._proposals():
            concept = (self._mentions[proposal.mention].kind, self._concepts[proposal.mention][0])
            if concept not in best or proposal.rank > best[concept].rank:
                best[concept] = proposal
        chosen = sorted(proposal.mention for proposal in best.values())
        named = [index for index in chosen if self._is_named(index)]
        if any(self._mentions[index].kind == "method" for index in named):
            chosen = [i for i in chosen if i in named or self._mentions[i].kind != "method"]
        return chosen

    def _is_named(self, index: int) -> bool:
        _, label, short = self._concepts[index]
        words = [word for word in re.split(r"[\s-]+", label) if len(word) > 3]
        return bool(short) or is_coined(label) or bool(words) and all(w[0].isupper() for w in words)

    def _name(self, index: int) -> str:
        mention = self._mentions[index]
        return self._text[mention.start : mention.end]

    def _proposals(self) -> Iterator[Proposal]:
        yield from self._in_title()
        first = 0
        for start, end in self._sentences:
            while first < len(self._mentions) and self._mentions[first].end <= start:
                first += 1
            stop = first
            while stop < len(self._mentions) and self._mentions[stop].start < end:
                stop += 1
            inside = [i for i in range(first, stop) if self._mentions[i].kind != "metric"]
            if inside and start >= self._border:
                yield from self._in_sentence(start, end, inside)

    def _in_title(self) -> Iterator[Proposal]:
        named = title_name(self._text[: self._border]) if self._border else None
        if named is None:
            return
        for index, mention in enumerate(self._mentions):
            if mention.start >= self._border:
                break
            covers = mention.start <= named.start and mention.end >= named.end
            if covers and mention.kind != "metric" and not self._is_common(index):
                yield Proposal(index, 1)

    def _in_sentence(self, start: int, end: int, inside: list[int]) -> Iterator[Proposal]:
        for match in PROPOSES.finditer(self._text, start, end):
            yield from self._objects(match.end(), end, inside)
        prior = _PRIOR.search(self._text, start, end) is not None
        if not prior:
            for match in IS_PROPOSED.finditer(self._text, start, end):
                subject = self._subject(match.start(), inside)
                if subject is not None:
                    yield Proposal(subject, 3)
        ours = _OURS.search(self._text, start, end) is not None
        for index in inside:
            if not is_coined(self._name(index)) or self._is_common(index):
                continue
            mention = self._mentions[index]
            before = self._text[max(start, mention.start - 60) : mention.start]
            if _OUR.search(before) and not self._describes(index, end):
                yield Proposal(index, 2)
            elif ours and _NAMED.search(before) and not prior:
                yield Proposal(index, 3)
            elif not prior and _NEW_APPOSITION.match(self._text, mention.end, end):
                yield Proposal(index, 3)

    def _objects(self, position: int, end: int, inside: list[int]) -> Iterator[Proposal]:
        """What 'we propose', which ends at *position*, is about: its name if it has one."""
        ahead = [i for i in inside if position <= self._mentions[i].start <= position + 220]
        first = next((i for i in ahead if self._follows(position, i, end)), None)
        for index in ahead:
            begin = self._mentions[index].start
            gap = self._text[position:begin]
            if re.search(r"[;:]|\.\s", gap):
                break
            renames = _NAMED.search(gap) is not None and self._text[begin - 1] != "-"
            if first is not None and index > first and not self._is_named(first):
                between = self._text[self._mentions[first].end : begin]
                beside = re.fullmatch(rf"(?:\s{_HEAD})?(?:,|:|\s--|\s–)?\s", between)
                renames = renames or bool(beside and is_coined(self._name(index)))
            if renames and not self._is_common(index):
                yield Proposal(index, 5)
                return
        if first is not None:
            yield Proposal(first, 4)
            yield from self._conjuncts(first, ahead)

    def _conjuncts(self, first: int, ahead: list[int]) -> Iterator[Proposal]:
        """'we propose GrowOVER-QA and GrowOVER-Dialogue': named things in a row."""
        last = first
        for index in ahead:
            if index <= last:
                continue
            gap = self._text[self._mentions[last].end : self._mentions[index].start]
            if _AND.fullmatch(gap) and self._is_named(index) and self._is_named(first):
                if self._mentions[index].kind != self._mentions[first].kind or self._is_common(
                    index
                ):
                    return
                yield Proposal(index, 4)
            elif self._concepts[index][0] != self._concepts[last][0]:
                return
            last = index

    def _follows(self, position: int, index: int, end: int) -> bool:
        """Whether only an article and modifiers stand between 'we propose' and the mention."""
        mention = self._mentions[index]
        lead = _LEAD.fullmatch(self._text, position, mention.start)
        if lead is None or _STOP.search(lead["modifiers"]):
            return False
        if mention.kind == "dataset" and not any(c.isupper() for c in self._name(index)):
            return False
        return not self._describes(index, end)

    def _describes(self, index: int, end: int) -> bool:
        """'a BERT-based model', 'an image captioning model': the name tells what the thing is
        like."""
        mention = self._mentions[index]
        after = _DESCRIBES.match(self._text, mention.end, end)
        if after is None:
            return False
        if after[0].startswith("-"):
            return True
        own = self._concepts[index][2] is not None or is_coined(self._name(index))
        if mention.kind == "task":
            return not re.fullmatch(r"\s(?:[a-z-]+\s)?(?:tasks?|problems?)", after[0])
        return self._is_common(index) or not own and mention.kind == "dataset"

    def _is_common(self, index: int) -> bool:
        """A name that everybody knows: no paper of today introduces 'LLMs'."""
        return self._name(index) in _common_names()

    def _subject(self, position: int, inside: list[int]) -> int | None:
        """The mention that 'is proposed', which begins at *position*, is about."""
        for index in reversed(inside):
            mention = self._mentions[index]
            if mention.end > position:
                continue
            if _BEFORE_IS.fullmatch(self._text, mention.end, position):
                unnamed = mention.kind == "dataset" and not self._is_named(index)
                return None if unnamed or self._is_common(index) else index
            return None
        return None


@cache
def _common_names() -> frozenset[str]:
    shorts = {abbreviation.short for abbreviation in abbreviations()}
    return frozenset(shorts | {short + "s" for short in shorts})


class Introduces:
    """Writes the indices of the mentions that a paper proposes to ``doc._.scholar_introduces``."""

    def __call__(self, doc: Doc) -> Doc:
        concepts = cast("list[tuple[str, str, str | None]]", doc._.get(CONCEPTS) or [])
        claim = Claim(text_of(doc), marked(doc), concepts, sentence_bounds(doc), title_end(doc))
        doc._.set(INTRODUCES, claim.introduced())
        return doc


@Language.factory(
    "scholar_introduces",
    requires=["doc.spans", f"doc._.{CONCEPTS}"],
    assigns=[f"doc._.{INTRODUCES}"],
)
def create_introduces(nlp: Language, name: str) -> Introduces:
    return Introduces()
