"""
The trained tagger as it is shipped: a folder with an ONNX network, a vocabulary and ``meta.json``.

Runs on onnxruntime and numpy; PyTorch is for training only.
"""

import hashlib
import json
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from scholargraph import ScholarGraphError

from .decoding import Array, Chain, WordSpan, best, spans
from .subwords import Subwords, Window

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

# The output of the network that is no head's.
STATES = "states"
FILES = ("meta.json", "tagger.onnx", "tokenizer.json")
REMEDY = "reinstall scholargraph, or train a model with `scholargraph train`"


# Last words of metrics that are hardly ever one alone: of 1,758 such in SciREX and TDMSci 26.
_OF_SOMETHING = frozenset(
    {
        *("cost", "costs", "measure", "measures", "metric", "metrics", "rate", "rates", "ratio"),
        *("ratios", "score", "scores", "times"),
    }
)


Outputs = NDArray[Any]
States = NDArray[np.float16]


class ModelError(ScholarGraphError):
    """Weights that are missing or do not fit, or training that lacks what it needs."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """
    Platt scaling (1999): from the network's own probability to a frequency seen on held-out text.

    *slope* multiplies the log-odds, *shift* is added to them.
    """

    slope: float = 1.0
    shift: float = 0.0

    def probability(self, raw: Array) -> Array:
        clipped = np.clip(raw, 1e-7, 1 - 1e-7)
        odds = self.slope * np.log(clipped / (1 - clipped)) + self.shift
        calibrated: Array = 1 / (1 + np.exp(-odds))
        return calibrated

    def raw(self, calibrated: float) -> float:
        """The inverse of `probability`, for one number."""
        clipped = min(max(calibrated, 1e-7), 1 - 1e-7)
        odds = (math.log(clipped / (1 - clipped)) - self.shift) / self.slope
        return 1 / (1 + math.exp(-min(max(odds, -700), 700)))


@dataclass(frozen=True, slots=True)
class Head:
    """One output of the network; *threshold* is a calibrated probability."""

    output: str
    chain: Chain
    calibration: Calibration
    threshold: float

    @classmethod
    def from_json(cls, head: dict[str, Any]) -> Self:
        return cls(
            head["output"],
            Chain.from_json(head["chain"]),
            Calibration(**head["calibration"]),
            float(head["threshold"]),
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "output": self.output,
            "chain": self.chain.to_json(),
            "calibration": {"slope": self.calibration.slope, "shift": self.calibration.shift},
            "threshold": self.threshold,
        }


class Reading(NamedTuple):
    """
    What the words of a sentence name, and a row of *states* for each: what the network made of it.

    A word that is not read has NaN; a network without this output has no columns.
    """

    spans: list[WordSpan]
    states: States


class Model:
    """
    A loaded tagger. The same words give the same spans, whatever else is tagged beside them.

    Sentences are read one at a time: the quantised network scales its activations by the largest
    in the input, so a neighbour in a batch would change a sentence's scores.
    """

    def __init__(self, files: dict[str, bytes], place: str, *, threads: int = 1) -> None:
        missing = [name for name in FILES if name not in files]
        if missing:
            raise ModelError(f"{place}: no model here ({', '.join(missing)} missing); {REMEDY}")
        self.files = {name: files[name] for name in FILES}
        self.sha256 = hashlib.sha256(files["tagger.onnx"]).hexdigest()
        try:
            meta: dict[str, Any] = json.loads(files["meta.json"])
            described = meta["sha256"]
            self.heads = tuple(Head.from_json(head) for head in meta["heads"])
            self.name, self.version = str(meta["name"]), str(meta["version"])
            self._window, self._overlap = int(meta["window"]), int(meta["overlap"])
        except (ValueError, KeyError, TypeError) as error:
            raise ModelError(f"{place}/meta.json: damaged ({error!r}); {REMEDY}") from error
        if described != self.sha256:
            raise ModelError(
                f"{place}: tagger.onnx is not the file that meta.json describes; {REMEDY}"
            )
        try:
            self._subwords = Subwords.parsed(files["tokenizer.json"])
        except ValueError as error:
            raise ModelError(f"{place}/tokenizer.json: damaged ({error}); {REMEDY}") from error
        self.threads = threads
        self._session = _session(files["tagger.onnx"], threads)
        # A network that was trained before relations asked for states still tags.
        self._has_states = STATES in {output.name for output in self._session.get_outputs()}
        self._process = os.getpid()

    @classmethod
    def load(cls, folder: Path, *, threads: int = 1) -> Self:
        """
        The model in *folder*, to run on so many *threads*.

        Raises:
            ModelError: a file is missing, damaged, or not the one that ``meta.json`` describes.
        """
        try:
            files = {
                name: (folder / name).read_bytes() for name in FILES if (folder / name).is_file()
            }
        except OSError as error:
            raise ModelError(f"{folder}: cannot be read ({error}); {REMEDY}") from error
        return cls(files, str(folder), threads=threads)

    def __reduce__(self) -> tuple[Any, ...]:
        return _reopened, (type(self), self.files, self.threads)

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(kind for head in self.heads for kind in head.chain.kinds)

    def spans(self, words: Sequence[str], *, threshold: float | None = None) -> list[WordSpan]:
        """What the *words* of one sentence name; see `read`."""
        return self.read(words, threshold=threshold).spans

    def read(self, words: Sequence[str], *, threshold: float | None = None) -> Reading:
        """
        What the *words* of one sentence name, without overlaps, in reading order.

        *threshold* replaces that of each head. Where spans of two heads overlap, the more
        probable stays; 'classification accuracy' is a task and what it is measured by.
        """
        read = [place for place, word in enumerate(words) if self._subwords.pieces(word)]
        if not read:
            return Reading([], np.empty((len(words), 0), np.float16))
        *outputs, seen = self._outputs([words[i] for i in read])
        states = seen
        if len(read) < len(words):
            states = np.full((len(words), seen.shape[1]), np.nan, np.float16)
            states[read] = seen
        candidates: list[WordSpan] = []
        for head, scores in zip(self.heads, outputs, strict=True):
            least = head.threshold if threshold is None else threshold
            # Overlapping candidates are settled before calibration, which keeps their order.
            found = candidates_of(scores.astype(np.float64), head, least)
            if candidates:
                found = without_beginnings(found, best(candidates), [words[i] for i in read])
            candidates += found
        candidates.sort(key=lambda span: (-span.probability, span.first, span.last, span.kind))
        spans = [
            WordSpan(read[span.first], read[span.last], span.kind, span.probability)
            for span in best(candidates)
        ]
        return Reading(spans, states)

    def scores(self, words: list[str]) -> list[Array]:
        """For each head a row of label scores for each word; no word may be without pieces."""
        return [output.astype(np.float64) for output in self._outputs(words)[:-1]]

    def _outputs(self, words: list[str]) -> list[Outputs]:
        """For each head, and for the states, a row for each word."""
        windows = self._subwords.windows(words, size=self._window, overlap=self._overlap)
        runs = [self._run(window) for window in windows]
        if len(windows) == 1:
            return runs[0]
        return [stitched(windows, rows) for rows in zip(*runs, strict=True)]

    def _run(self, window: Window) -> list[Outputs]:
        if self._process != os.getpid():
            # onnxruntime's threads do not survive a fork; a session of the parent would hang.
            self._session = _session(self.files["tagger.onnx"], self.threads)
            self._process = os.getpid()
        inputs = {
            "ids": np.array(window.ids, dtype=np.int64),
            "shapes": np.array(window.shapes, dtype=np.int64),
            "firsts": np.array(window.firsts, dtype=np.int64),
        }
        names = [head.output for head in self.heads]
        if not self._has_states:
            nothing = np.empty((len(window.firsts), 0), np.float16)
            return [*self._session.run(names, inputs), nothing]
        outputs: list[Outputs] = self._session.run([*names, STATES], inputs)
        return outputs


def candidates_of(scores: Array, head: Head, least: float) -> list[WordSpan]:
    """Spans whose calibrated probability is at least *least*, best first."""
    found = spans(scores, head.chain, least=max(1e-4, head.calibration.raw(least) - 1e-9))
    if not found:
        return []
    raw = np.array([span.probability for span in found])
    calibrated = head.calibration.probability(raw).tolist()
    return [
        WordSpan(span.first, span.last, span.kind, probability)
        for span, probability in zip(found, calibrated, strict=True)
    ]


def without_beginnings(
    found: list[WordSpan], known: list[WordSpan], words: Sequence[str]
) -> list[WordSpan]:
    """
    Those *found*, cut where they begin with a shorter one that is *known* already.

    In TDMSci's training part 28 metrics follow their task ('parsing accuracy') and 3 include it.
    What means nothing by itself, as the 'rate' of 'recognition rate', keeps its beginning.
    """
    ends = {span.first: span.last for span in known}
    cut = []
    for span in found:
        first = ends.get(span.first, span.last) + 1
        if first < span.last or (first == span.last and words[first].lower() not in _OF_SOMETHING):
            span = WordSpan(first, span.last, span.kind, span.probability)
        cut.append(span)
    return cut


def stitched(windows: Sequence[Window], scores: Sequence[Outputs]) -> Outputs:
    """One row for each word, from the window in which it stands farthest from a cut."""
    rows: list[Outputs] = []
    for place, (window, own) in enumerate(zip(windows, scores, strict=True)):
        begin = window.start if not place else (windows[place - 1].stop + window.start) // 2
        last = place + 1 == len(windows)
        end = window.stop if last else (window.stop + windows[place + 1].start) // 2
        rows.append(own[begin - window.start : end - window.start])
    return np.concatenate(rows)


def _reopened(model: type[Model], files: dict[str, bytes], threads: int) -> Model:
    return model(files, "a pickled model", threads=threads)


def _session(network: bytes, threads: int) -> "InferenceSession":
    # Imported here: onnxruntime takes 0.1 s to import, and readers of papers need none of it.
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # The network is written in fused operators; further fusion makes it slower (`write_network`).
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    return onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
