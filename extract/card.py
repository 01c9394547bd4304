"""What is known of the models that this program comes with: scores, calibration, their licence."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Score:
    """Precision, recall and F1 of *kind* in percent, exact spans, counted from the gold side."""

    kind: str
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class Bin:
    """Of *candidates* said to be right with a probability of *said* on average, *true* were."""

    low: float
    high: float
    candidates: int
    said: float
    true: float


@dataclass(frozen=True, slots=True)
class Head:
    """One annotation scheme: scores on *sentences* held out, what passes from *threshold* on."""

    name: str
    sentences: int
    threshold: float
    scores: tuple[Score, ...]
    reliability: tuple[Bin, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """The shipped tagger, and *texts*: its model card and that of the relations, in Markdown."""

    name: str
    version: str
    sha256: str
    heads: tuple[Head, ...]
    texts: tuple[str, ...]


@cache
def card() -> Card:
    """Reads ``weights/meta.json`` and both cards; they never change while the program runs."""
    folder = files(__package__).joinpath("weights")
    meta = json.loads(folder.joinpath("meta.json").read_text("utf-8"))
    return Card(
        name=meta["name"],
        version=meta["version"],
        sha256=meta["sha256"],
        heads=tuple(_head(name, said) for name, said in meta["scores"].items()),
        texts=tuple(
            folder.joinpath(name).read_text("utf-8") for name in ("MODEL_CARD.md", "RELATIONS.md")
        ),
    )


def _head(name: str, said: dict[str, object]) -> Head:
    scores, bins = said["scores"], said["reliability"]
    assert isinstance(scores, dict) and isinstance(bins, list)
    kinds = [kind for kind in scores if kind != "all" or len(scores) > 2]
    return Head(
        name=name,
        sentences=int(str(said["sentences"])),
        threshold=float(str(said["threshold"])),
        scores=tuple(Score(kind, **scores[kind]) for kind in kinds),
        reliability=tuple(
            Bin(row["from"], row["to"], row["candidates"], row["said"], row["true"]) for row in bins
        ),
    )
