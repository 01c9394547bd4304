"""
Numeric results: 'achieves an mIoU of 46.91 %', 'improves GIPSO by 3.0 %'.

`figures` finds the numbers; here each is joined with the mentions of its sentence that say what was
measured, of what, on what, and against what.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise

from spacy.language import Language
from spacy.tokens import Doc

from .annotations import (
    CONCEPTS,
    INTRODUCES,
    RESULTS,
    Marked,
    marked,
    sentence_bounds,
    text_of,
    title_end,
)
from .crediting import BASELINE_CUE, Credit
from .figures import Figure, figures
from .gazetteer import Gazetteer
from .gazetteer import names as known_names
from .mentions import Kind

_DIGIT = re.compile(r"\d")
_NUMBER_BETWEEN = re.compile(r"(?<![\w.@-])\d+(?:\.\d+)?(?![\w-])")
_COST = re.compile(
    r"\b(?:time|latency|parameters?|memory|FLOPs?|costs?|speed[\s-]?ups?|faster|fewer|data|"
    r"tokens?|size|energy|"
    r"throughput|storage|budget|samples|annotations?|computations?|complexity)\b",
    re.I,
)
_NEXT_CLAUSE = re.compile(
    r"\b(?:and|while|but|(?:reduc|improv|increas|decreas)(?:e|es|ed|ing))\b", re.I
)
_OF_PERFORMANCE = re.compile(r"\sof\s(?:[\w.’'/-]+\s){0,4}?(?:performance|quality)\b", re.I)
# Beyond these costs a mention is about something else.
_MAX_COST: dict[Kind, int] = {"metric": 110, "dataset": 260, "task": 160, "method": 10_000}


@dataclass(frozen=True, slots=True)
class Roles:
    """Which mentions a figure is about, as indices; None where the sentence does not say."""

    metric: int | None = None
    dataset: int | None = None
    task: int | None = None
    method: int | None = None
    baseline: int | None = None


class Sentence:
    """The mentions of one sentence, asked what a figure in it is about."""

    def __init__(
        self,
        text: str,
        bounds: tuple[int, int],
        mentions: Sequence[Marked],
        inside: range,
        own: Callable[[int], int | None],
    ) -> None:
        """*inside* are the indices of the mentions within *bounds*; for *own* see `Credit`."""
        self._text = text
        self._start, self._end = bounds
        self._mentions = mentions
        self._inside = inside
        self._credit = Credit(text, bounds, mentions, inside, own)

    def roles(self, figure: Figure) -> Roles:
        """What *figure* measures, by kind, distance and the words between."""
        baseline = self._baseline(figure) if figure.change == "delta" else None
        return Roles(
            metric=self._metric(figure),
            dataset=self._nearest(figure, "dataset", baseline),
            task=self._nearest(figure, "task", baseline),
            method=self._credit.method(figure.start, figure.end, baseline),
            baseline=baseline,
        )

    def _metric(self, figure: Figure) -> int | None:
        found = self._nearest(figure, "metric")
        if found is None or self._mentions[found].start >= figure.end:
            return found
        after = self._text[figure.end : min(self._end, figure.end + 60)]
        gap = self._text[self._mentions[found].end : figure.start]
        # 'an mIoU of 46.9 and cuts adaptation time by 80 %', '10 % in clinical efficacy'
        if _OF_PERFORMANCE.match(after):
            return None
        if figure.change == "delta" and (
            re.match(r"\s(?:in|of)\s", after) or _COST.search(gap + " " + after[:25])
        ):
            return None
        return found

    def respective(self, claimed: Sequence[Figure]) -> dict[Figure, int]:
        """'accuracy (CIDEr) and diversity (self-CIDEr), up to 1.1 and 4.8 percent': one each."""
        found: dict[Figure, int] = {}
        for one, two in pairwise(claimed):
            if not re.fullmatch(r"\s?%?,?\sand\s", self._text[one.end : two.start]):
                continue
            metrics = [
                index
                for index in self._inside
                if self._mentions[index].kind == "metric" and self._mentions[index].end <= one.start
            ][-2:]
            if len(metrics) == 2 and one.start - self._mentions[metrics[1]].end <= 40:
                found[one], found[two] = metrics
        return found

    def _nearest(self, figure: Figure, kind: Kind, taken: int | None = None) -> int | None:
        """
        The mention of *kind* that the figure goes with.

        What follows ('12.6 F1 score on FewRel 1.0') goes before what precedes, unless another
        number stands between.
        """
        best: tuple[int, int] | None = None
        for index in self._inside:
            mention = self._mentions[index]
            if mention.kind != kind or index == taken:
                continue
            follows = mention.start >= figure.end
            gap = (
                self._text[figure.end : mention.start]
                if follows
                else self._text[mention.end : figure.start]
            )
            cost = len(gap)
            if _NUMBER_BETWEEN.search(gap):
                cost += 60
            if ";" in gap:
                cost += 100
            if not follows:
                cost += 20 if kind == "metric" else 40
            if kind == "metric" and follows and _NEXT_CLAUSE.search(gap):
                cost += 100
            if best is None or cost < best[0]:
                best = (cost, index)
        return best[1] if best and best[0] <= _MAX_COST[kind] else None

    def _baseline(self, figure: Figure) -> int | None:
        """'improving GIPSO by 3.0 %', '2.1 points over BERT': the nearest method with such a
        cue."""
        best: tuple[int, int] | None = None
        for index in self._inside:
            mention = self._mentions[index]
            # 'improving GIPSO by 3 %': only a method can be improved so, whatever its label.
            if mention.kind != "method" and not self._text.startswith(" by ", mention.end):
                continue
            before = self._text[max(self._start, mention.start - 70) : mention.start]
            if BASELINE_CUE.search(before):
                distance = max(figure.start - mention.end, mention.start - figure.end)
                if best is None or distance < best[0]:
                    best = (distance, index)
        return best[1] if best else None


class Results:
    """Writes the numeric results of a paper's abstract to ``doc._.scholar_results``."""

    def __init__(self) -> None:
        self._measures = Gazetteer(name for name in known_names() if name.kind == "metric")

    def __call__(self, doc: Doc) -> Doc:
        text = text_of(doc)
        mentions = marked(doc)
        border = title_end(doc)
        own = _own(doc, mentions, border)
        found = []
        first = 0
        for start, end in sentence_bounds(doc):
            while first < len(mentions) and mentions[first].end <= start:
                first += 1
            stop = first
            while stop < len(mentions) and mentions[stop].start < end:
                stop += 1
            if start < border or not _DIGIT.search(text, start, end):
                continue
            metrics = {(m.start, m.end) for m in mentions[first:stop] if m.kind == "metric"}
            metrics |= {(a, b) for a, b, _ in self._measures.find(text, start, end)}
            sentence = Sentence(text, (start, end), mentions, range(first, stop), own)
            names = [(mention.start, mention.end) for mention in mentions[first:stop]]
            claimed = list(figures(text, start, end, sorted(metrics), names))
            respective = sentence.respective(claimed)
            for figure in claimed:
                roles = asdict(sentence.roles(figure))
                roles["metric"] = respective.get(figure, roles["metric"])
                found.append({**asdict(figure), **roles})
        doc._.set(RESULTS, found)
        return doc


def _own(doc: Doc, mentions: Sequence[Marked], border: int) -> Callable[[int], int | None]:
    """
    For a place in *doc*, the nearest mention before it of the method that the paper introduces.

    Of several methods the one counts that the title, its first *border* characters, names; None
    where it names none or more of them.
    """
    keys = [concept[0] for concept in doc._.get(CONCEPTS) or ()]
    methods = [i for i in doc._.get(INTRODUCES) or () if mentions[i].kind == "method"]
    named = {keys[index] for index in methods}
    if len(named) > 1:
        in_title = {keys[i] for i, m in enumerate(mentions) if m.end <= border}
        named &= in_title
    if len(named) != 1:
        return lambda place: None
    places = [i for i, m in enumerate(mentions) if m.kind == "method" and keys[i] in named]
    starts = [mentions[index].start for index in places]
    return lambda place: places[max(0, bisect_left(starts, place) - 1)]


@Language.factory(
    "scholar_results",
    requires=["doc.spans", "doc.sents"],
    assigns=[f"doc._.{RESULTS}"],
)
def create_results(nlp: Language, name: str) -> Results:
    return Results()
