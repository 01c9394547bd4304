"""What a paper proposes: which of its mentions say 'this is new, and it is ours'."""

import re
from collections.abc import Iterator
from typing import NamedTuple, cast

from spacy.language import Language
from spacy.tokens import Doc

from .annotations import (
    CONCEPTS,
    INTRODUCES,
    Marked,
    marked,
    sentence_bounds,
    title_end,
)
from .gazetteer import abbreviations
from .naming import IS_PROPOSED, PRAISE, PROPOSES, is_coined, title_name

# Words between 'we propose' and the thing that leave it the thing proposed.
_BETWEEN = re.compile(
    rf"(?:\s|,|\"|“|‘|'|\(|\*|(?:an?|the|our|its|own|so-called|called|named|termed|dubbed|namely|i\.e\.|{PRAISE}"
    r"|idea|concept|notion|task|problem|use|kind|type|class|family|form|version|approach|method|framework|model|"
    r"algorithm|architecture|network|system|technique|dataset|data|corpus|benchmark|metric|toolkit|tool|"
    r"strategy|mechanism|module|paradigm|variant|set|suite|of|and|both)\b)*"
)
# Modifiers that may stand between the article and the marked name.
_MODIFIERS = re.compile(
    rf"\s(?:(?:an?|the|our|two|three)\s)?(?:{PRAISE},?\s)*(?:[\w’'/-]+,?\s){{0,6}}?[\"“‘'*(]*"
)
_STOP = re.compile(
    r"\b(?:of|for|to|that|which|with|by|on|in|into|based|using|from|at|via|through|where|whose|when|while|as|than|"
    r"and|or|is|are|was|were|can|has|have|it|how|why|what|whether|about|towards?|over|under|between|across)\b",
    re.I,
)
_NAMED = re.compile(
    r"(?:termed|called|named|dubbed|namely|coined|referred to as|denoted as|abbreviated as|i\.e\.,|which we (?:call|term|name|dub))"
    r"(?:\sas)?,?\s[\"“‘'*]*$"
)
_OUR = re.compile(
    r"\b(?:our|[Oo]ur|the proposed|[Tt]he proposed)\s(?:(?:proposed|novel|new|method|model|approach|framework|system|dataset|"
    r"network|algorithm|benchmark|corpus|tool)\s?[,(]?\s?){0,2}$"
)
_APPOSITION = re.compile(
    rf"^(?:\s\([^()]{{1,60}}\))?\s?(?:,|--|–|—|:)\s(?:an?|the first|our)\s(?:{PRAISE}[,\s]+)*(?P<new>novel|new|first)?"
)
_OTHERS = re.compile(
    r"\b(?:recently|previous(?:ly)?|existing|prior work|traditional(?:ly)?|has been|have been|et al)\b",
    re.I,
)
_EVALUATIVE = re.compile(
    r"\b(?:experiments?|evaluat\w+|results?|comparison|analysis|study|survey|overview|review|performance)\b"
)
_HERE = re.compile(r"^(?:in|with) this (?:paper|work|study|article)|^here\b|^we\b|^to\b", re.I)


class Proposal(NamedTuple):
    """A mention that a cue calls the paper's own; a higher *rank* is a better witness."""

    mention: int
    rank: int


class Claim:
    """The mentions and concepts of one paper, searched for what it calls its own."""

    def __init__(
        self,
        text: str,
        mentions: list[Marked],
        concepts: list[tuple[str, str, str | None]],
        sentences: list[tuple[int, int]],
        border: int,
    ) -> None:
        self._text = text
        self._mentions = mentions
        self._concepts = concepts
        self._sentences = sentences
        self._border = border

    def introduced(self) -> list[int]:
        """The mention that says so, one for each concept, in reading order."""
        best: dict[tuple[str, str], Proposal] = {}
        for proposal in self._proposals():
            mention = self._mentions[proposal.mention]
            concept = (mention.kind, self._concepts[proposal.mention][0])
            if concept not in best or proposal.rank > best[concept].rank:
                best[concept] = proposal
        return sorted(proposal.mention for proposal in best.values())

    def _proposals(self) -> Iterator[Proposal]:
        first = 0
        for start, end in self._sentences:
            while first < len(self._mentions) and self._mentions[first].end <= start:
                first += 1
            stop = first
            while stop < len(self._mentions) and self._mentions[stop].start < end:
                stop += 1
            inside = list(range(first, stop))
            if inside and start >= self._border:
                yield from self._in_sentence(start, end, inside)
        yield from self._in_title()

    def _in_title(self) -> Iterator[Proposal]:
        if not self._border:
            return
        named = title_name(self._text[: self._border])
        if named is None:
            return
        for index, mention in enumerate(self._mentions):
            if mention.start >= self._border:
                break
            if mention.start <= named.start and mention.end >= named.end:
                if not self._is_common(mention) and mention.kind != "metric":
                    yield Proposal(index, 1)

    def _in_sentence(self, start: int, end: int, inside: list[int]) -> Iterator[Proposal]:
        sentence = self._text[start:end]
        for match in PROPOSES.finditer(self._text, start, end):
            if _EVALUATIVE.search(match["gap"]) and not match["verb"].startswith("propos"):
                continue
            found = self._object(match.end(), end, inside)
            if found is not None:
                yield Proposal(found, 4)
                yield from self._renamed(found, end, inside)
        if not _OTHERS.search(sentence):
            for match in IS_PROPOSED.finditer(self._text, start, end):
                found = self._subject(start, match.start(), inside)
                if found is not None:
                    yield Proposal(found, 3)
        for index in inside:
            mention = self._mentions[index]
            name = self._text[mention.start : mention.end]
            before = self._text[max(start, mention.start - 60) : mention.start]
            if is_coined(name) and not self._is_common(mention):
                if _OUR.search(before) and not self._is_modifier(mention, end):
                    yield Proposal(index, 2)
                elif _NAMED.search(before) and (
                    re.search(r"\b(?:we|our|this paper|this work|new|novel)\b", sentence, re.I)
                ):
                    yield Proposal(index, 3)
                else:
                    apposition = _APPOSITION.match(
                        self._text[mention.end : min(end, mention.end + 160)]
                    )
                    if (
                        apposition
                        and re.search(r"\b(?:novel|new)\b", apposition[0])
                        and not _OTHERS.search(sentence)
                    ):
                        yield Proposal(index, 3)

    def _object(self, position: int, end: int, inside: list[int]) -> int | None:
        """The mention that 'we propose', which ends at *position*, is about."""
        for index in inside:
            mention = self._mentions[index]
            if mention.start < position or mention.kind == "metric":
                continue
            gap = self._text[position : mention.start]
            if len(gap) > 120:
                return None
            named = _NAMED.search(gap)
            if named and not re.search(r"[;:]", gap):
                return index
            if _BETWEEN.fullmatch(gap):
                return None if self._is_modifier(mention, end) else index
            if _STOP.search(gap) or not _MODIFIERS.fullmatch(gap):
                if not self._later_name(position, index, inside):
                    return None
                continue
            if not self._is_modifier(mention, end):
                return index
        return None

    def _later_name(self, position: int, index: int, inside: list[int]) -> bool:
        """Whether a name with a cue of its own ('…, called X') still follows in this clause."""
        for later in inside:
            mention = self._mentions[later]
            if later > index and mention.start - position <= 120:
                if _NAMED.search(self._text[position : mention.start]):
                    return True
        return False

    def _is_modifier(self, mention: Marked, end: int) -> bool:
        """'a BERT-based model', 'an LSTM network for …': the name only describes what is proposed."""
        after = self._text[mention.end : min(end, mention.end + 60)]
        if re.match(r"-\w+", after):
            return True
        name = self._text[mention.start : mention.end]
        if self._is_common(mention) and re.match(r"\s(?!\()[a-z]", after):
            return bool(
                re.match(
                    r"\s(?:\w+\s){0,2}?(?:models?|methods?|frameworks?|approach|algorithms?|architecture|networks?|systems?|datasets?|corpus|benchmarks?|modules?|tool|metrics?|techniques?|strategy)\b",
                    after,
                )
            )
        if mention.kind == "task" or (mention.kind == "dataset" and not is_coined(name)):
            return bool(
                re.match(
                    r"\s(?:[a-z]+\s){0,2}?(?:models?|methods?|frameworks?|approach(?:es)?|algorithms?|architectures?|networks?|systems?|"
                    r"datasets?|corpus|benchmarks?|modules?|tools?|metrics?|techniques?|strategy|objectives?|loss|pipeline|toolkit|platform)\b",
                    after,
                )
            )
        return False

    def _is_common(self, mention: Marked) -> bool:
        """A name that everybody knows: no paper of today introduces 'LLMs'."""
        name = self._text[mention.start : mention.end]
        return name in _common()

    def _renamed(self, index: int, end: int, inside: list[int]) -> Iterator[Proposal]:
        """'a novel GAN variant called virtual conditional GAN', 'EntropyPrune, a novel …'."""
        anchor = self._mentions[index]
        for later in inside:
            mention = self._mentions[later]
            if later > index and mention.start - anchor.end <= 100:
                if _NAMED.search(self._text[anchor.end : mention.start]):
                    yield Proposal(later, 5)

    def _subject(self, start: int, position: int, inside: list[int]) -> int | None:
        """The mention that 'is proposed', which begins at *position*, is about."""
        window = max(start, position - 200)
        clause = max(
            (match.end() for match in re.finditer(r"[,;:]\s", self._text[window:position])),
            default=0,
        )
        for index in reversed(inside):
            mention = self._mentions[index]
            if mention.end > position or mention.kind == "metric":
                continue
            gap = self._text[mention.end : position]
            if re.fullmatch(
                r"(?:\s\([^()]{1,60}\)|[\s\"”'’)*]|(?:\s(?:method|model|framework|approach|algorithm|module|task|dataset|network|strategy|mechanism|scheme|decoder|system|benchmark|corpus|metric))|,\s(?:an?|the)\s[^,]{3,100},)*",
                gap,
            ):
                return index
            if clause and mention.start < window + clause:
                return None
            return None
        return None


def _common_names() -> frozenset[str]:
    shorts = {abbreviation.short for abbreviation in abbreviations()}
    return frozenset(shorts | {short + "s" for short in shorts})


_COMMON = _common_names()


def _common() -> frozenset[str]:
    return _COMMON


class Introduces:
    """Writes the indices of the mentions that a paper proposes to ``doc._.scholar_introduces``."""

    def __call__(self, doc: Doc) -> Doc:
        concepts = cast("list[tuple[str, str, str | None]]", doc._.get(CONCEPTS) or [])
        claim = Claim(doc.text, marked(doc), concepts, sentence_bounds(doc), title_end(doc))
        doc._.set(INTRODUCES, claim.introduced())
        return doc


@Language.factory(
    "scholar_introduces",
    requires=["doc.spans", f"doc._.{CONCEPTS}"],
    assigns=[f"doc._.{INTRODUCES}"],
)
def create_introduces(nlp: Language, name: str) -> Introduces:
    return Introduces()
