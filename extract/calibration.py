"""How often a span of a given probability is right, and what follows for thresholds."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .decoding import Array, best, spans
from .gold import GoldSentence, Span
from .model import Calibration, Head
from .reading import Reader

_LEAST = 0.02  # candidates below this are never shown, and too many to keep


@dataclass(frozen=True, slots=True)
class Candidates:
    """
    Every candidate over a set of sentences: sentence, span, raw probability, right or not.

    *gold* counts the marked spans by kind, found or missed.
    """

    spans: tuple[tuple[int, Span], ...]
    raw: Array
    right: Array
    gold: Counter[str]

    def scores(self, head: Head) -> dict[str, dict[str, float]]:
        """Precision, recall and F1 by kind and for all, in percent, at the head's threshold."""
        shown = head.calibration.probability(self.raw) >= head.threshold
        table = {}
        for kind in (*head.chain.kinds, "all"):
            mine = np.array([kind in (span.kind, "all") for _, span in self.spans], dtype=bool)
            hits = float((self.right[mine & shown]).sum())
            found = int((mine & shown).sum())
            marked = self.gold.total() if kind == "all" else self.gold[kind]
            table[kind] = {
                "precision": round(100 * hits / max(1, found), 2),
                "recall": round(100 * hits / max(1, marked), 2),
                "f1": round(200 * hits / max(1, found + marked), 2),
            }
        return table

    def half(self, remainder: int) -> "Candidates":
        """
        The candidates of every other sentence, from the first (0) or from the second (1).

        *gold* is that of all sentences.
        """
        mine = [i for i, (sentence, _) in enumerate(self.spans) if sentence % 2 == remainder]
        return Candidates(
            tuple(self.spans[i] for i in mine), self.raw[mine], self.right[mine], self.gold
        )

    def best_threshold(self, calibration: Calibration) -> float:
        """The threshold, in steps of 0.01, with the best F1 over all kinds."""
        probability = calibration.probability(self.raw)

        def f1(threshold: float) -> float:
            shown = probability >= threshold
            return 2 * float(self.right[shown].sum()) / (int(shown.sum()) + self.gold.total())

        return max((step / 100 for step in range(5, 96)), key=f1)


def measured(
    sentences: Iterable[GoldSentence],
    head: Head,
    reader: Reader,
    scores: Callable[[list[str]], Array],
) -> Candidates:
    """The candidates that *head* has over *sentences*, overlaps settled for the more probable."""
    found: list[tuple[int, Span]] = []
    raw: list[float] = []
    right: list[bool] = []
    gold: Counter[str] = Counter()
    for number, sentence in enumerate(sentences):
        marked = {span for span in sentence.spans if span.kind in head.chain.kinds}
        gold.update(span.kind for span in marked)
        example = reader.example(sentence)
        if not example.words:
            continue
        for candidate in best(spans(scores(list(example.words)), head.chain, least=_LEAST)):
            span = example.span(candidate)
            found.append((number, span))
            raw.append(candidate.probability)
            right.append(span in marked)
    return Candidates(tuple(found), np.array(raw), np.array(right, dtype=np.float64), gold)


def fitted(candidates: Candidates) -> Calibration:
    """
    Platt scaling by Newton's method on the candidates' log-odds.

    Too few candidates, or all right, or all wrong: no scaling.
    """
    right = candidates.right
    if len(right) < 50 or not 0 < right.sum() < len(right):
        return Calibration()
    clipped = np.clip(candidates.raw, 1e-7, 1 - 1e-7)
    design = np.stack([np.log(clipped / (1 - clipped)), np.ones_like(clipped)], axis=1)
    weights = np.array([1.0, 0.0])
    for _ in range(50):
        probability = 1 / (1 + np.exp(-design @ weights))
        slope = design.T @ (right - probability)
        bend = (design * (probability * (1 - probability))[:, None]).T @ design
        step = np.linalg.solve(bend + 1e-6 * np.eye(2), slope)
        weights = weights + step
        if float(np.abs(step).max()) < 1e-9:
            break
    return Calibration(round(float(weights[0]), 6), round(float(weights[1]), 6))


def reliability(candidates: Candidates, calibration: Calibration) -> list[dict[str, Any]]:
    """By tenths of probability: how many candidates, what was said on average, what was true."""
    probability = calibration.probability(candidates.raw)
    rows = []
    for tenth in range(10):
        low, high = tenth / 10, (tenth + 1) / 10
        mine = (probability >= low) & ((probability < high) | (tenth == 9))
        if mine.any():
            rows.append(
                {
                    "from": low,
                    "to": high,
                    "candidates": int(mine.sum()),
                    "said": round(float(probability[mine].mean()), 3),
                    "true": round(float(candidates.right[mine].mean()), 3),
                }
            )
    return rows


def summary(table: dict[str, dict[str, float]]) -> str:
    """F1 by kind on one line, for progress."""
    return ", ".join(f"{kind} {row['f1']:.1f}" for kind, row in table.items())
