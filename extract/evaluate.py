"""
How well the extractor finds what people marked.

A mention counts when its span and its kind are exact; misses are counted from the people's side.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from spacy.language import Language

from .annotations import marked
from .gold import GoldSentence, Span, read_gold
from .mentions import KINDS, Kind
from .sources.opening import SourceError

Reason = Literal["boundary", "kind", "both", "missed", "spurious"]


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of one kind, or of all: *gold* marked by people, *found*, and *hits* that are both."""

    kind: Kind | Literal["all"]
    gold: int
    found: int
    hits: int

    @property
    def precision(self) -> float:
        """Hits in what was found, 0 to 1; 0 where nothing was."""
        return self.hits / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        """Hits in what was marked, 0 to 1; 0 where nothing was."""
        return self.hits / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, 0 to 1."""
        return 2 * self.hits / (self.found + self.gold) if self.hits else 0.0


@dataclass(frozen=True, slots=True)
class Mistake:
    """
    A span that was missed, or one that was found and is wrong.

    *reason*: it overlaps a span of the other side with other ends (``boundary``), with the same
    ends and another ``kind``, or with ``both`` different; or it overlaps none (``missed``,
    ``spurious``). *other* is that span.
    """

    sentence: GoldSentence
    span: Span
    found: bool
    reason: Reason
    other: Span | None

    def __str__(self) -> str:
        text, start, end = self.sentence.text, self.span.start, self.span.end
        shown = f"{text[:start]}[[{text[start:end]}]]{text[end:]}"
        side = "wrong" if self.found else "missed"
        what = f"{side} {self.span.kind} ({self.reason})"
        line = f"{self.sentence.id}  {what}: {' '.join(shown.split())}"
        if self.other is None:
            return line
        other = " ".join(text[self.other.start : self.other.end].split())
        return f"{line}\n    {'marked' if self.found else 'found'}: {other} ({self.other.kind})"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Scores by kind, that of all kinds together (micro average) last, and every mistake."""

    sentences: int
    scores: tuple[Score, ...]
    mistakes: tuple[Mistake, ...]

    def score(self, kind: Kind | Literal["all"] = "all") -> Score:
        """Raises KeyError for a kind that was not counted."""
        for score in self.scores:
            if score.kind == kind:
                return score
        raise KeyError(kind)

    def table(self) -> str:
        """The scores in percent, one kind a line, for people."""
        lines = [f"{'kind':<8} {'precision':>9} {'recall':>7} {'F1':>7} {'gold':>6} {'found':>6}"]
        lines += [
            f"{score.kind:<8} {100 * score.precision:>9.2f} {100 * score.recall:>7.2f}"
            f" {100 * score.f1:>7.2f} {score.gold:>6} {score.found:>6}"
            for score in self.scores
        ]
        return "\n".join(lines)

    def listing(self) -> str:
        """Every mistake in its sentence, and how many there are of each reason."""
        missed = Counter(mistake.reason for mistake in self.mistakes if not mistake.found)
        wrong = Counter(mistake.reason for mistake in self.mistakes if mistake.found)
        lines = [str(mistake) for mistake in self.mistakes]
        for side, counts in (("missed", missed), ("wrong", wrong)):
            reasons = ", ".join(f"{reason} {count}" for reason, count in counts.most_common())
            lines.append(f"{side}: {counts.total()}{f' ({reasons})' if reasons else ''}")
        return "\n".join(lines)


def evaluate(
    gold: Iterable[Path], nlp: Language, *, kinds: Sequence[str] | None = None
) -> Evaluation:
    """
    Compare the mentions that *nlp* finds with those marked in the files *gold*.

    Files are JSON lines as `read_gold` reads them. Only *kinds* count; by default, in each file,
    those that it marks at all, since what nobody was asked to mark is not wrong when found.

    Raises:
        SourceError: a file cannot be read, marks nothing that counts, or a kind is unknown.
    """
    unknown = sorted(set(kinds or ()).difference(KINDS))
    if unknown:
        raise SourceError(f"no kind is called {', '.join(unknown)}; kinds are {', '.join(KINDS)}")
    marked_by: Counter[str] = Counter()
    found_by: Counter[str] = Counter()
    hit_by: Counter[str] = Counter()
    mistakes: list[Mistake] = []
    counted: set[str] = set()
    number = 0
    for path in gold:
        sentences = list(read_gold(path))
        present = {span.kind for sentence in sentences for span in sentence.spans}
        relevant = set(kinds) if kinds else present.intersection(KINDS)
        if not relevant or not sentences:
            raise SourceError(
                f"{path}: marks no {' or '.join(KINDS)}; give a file with spans of these labels"
            )
        counted |= relevant
        number += len(sentences)
        docs = nlp.pipe(sentence.text for sentence in sentences)
        for sentence, doc in zip(sentences, docs, strict=True):
            ours = {Span(m.start, m.end, m.kind) for m in marked(doc) if m.kind in relevant}
            theirs = {span for span in sentence.spans if span.kind in relevant}
            marked_by.update(span.kind for span in theirs)
            found_by.update(span.kind for span in ours)
            hit_by.update(span.kind for span in theirs & ours)
            mistakes += _mistakes(sentence, theirs, ours)
    scores = [
        Score(kind, marked_by[kind], found_by[kind], hit_by[kind])
        for kind in KINDS
        if kind in counted
    ]
    total = Score("all", marked_by.total(), found_by.total(), hit_by.total())
    return Evaluation(number, (*scores, total), tuple(mistakes))


def _mistakes(sentence: GoldSentence, theirs: set[Span], ours: set[Span]) -> Iterator[Mistake]:
    sides = ((theirs - ours, ours, False), (ours - theirs, theirs, True))
    listed = [
        (span, found, _nearest(span, others)) for spans, others, found in sides for span in spans
    ]
    for span, found, other in sorted(listed, key=lambda entry: (entry[0], entry[1])):
        yield Mistake(sentence, span, found, _reason(span, other, found), other)


def _nearest(span: Span, others: set[Span]) -> Span | None:
    """The one of *others* that shares most characters with *span*; None where none shares any."""

    def shared(other: Span) -> int:
        return min(span.end, other.end) - max(span.start, other.start)

    overlapping = [other for other in others if shared(other) > 0]
    return max(sorted(overlapping), key=shared, default=None)


def _reason(span: Span, other: Span | None, found: bool) -> Reason:
    if other is None:
        return "spurious" if found else "missed"
    if (span.start, span.end) == (other.start, other.end):
        return "kind"
    return "boundary" if span.kind == other.kind else "both"
