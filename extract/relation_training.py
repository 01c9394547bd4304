"""
Makes the packaged weights of relations: both classifiers, and what puts them together.

Temperatures and threshold come from the training part by cross-validation over its documents, so
that the development part judges only. A quarter of an hour on one core.
"""

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language

from .model import ModelError
from .pipeline import load_pipeline
from .relation_gold import Annotated, read
from .relation_scores import evaluated, found_by
from .relation_views import Views
from .relations import CLASSES, SYMMETRIC, RelationModel, Relations, load, pairs, undirected
from .train_relations import answers, examples, tagger_of, trained, views_of, with_words

# What the packaged weights were trained with.
SETTINGS = Path(__file__).parent / "weights" / "relations.toml"

# What the tagger's confidences of two mentions come to, multiplied, on average (SciER dev: 0.69). A
# threshold fitted on given mentions, which are certain, is lowered by it.
CERTAINTY = 0.7


@dataclass(frozen=True, slots=True)
class RelationTraining:
    """
    Everything that a run depends on, beside the tagger: the same gives the same weights.

    *train* and *dev* are JSON lines with spans and relations, packed by gzip. *epochs* are those of
    the classifier of views; with *renaming* it learns from copies with other names, too.
    """

    train: Path
    dev: Path
    seed: int = 0
    folds: int = 3
    epochs: int = 6
    renaming: bool = False

    @classmethod
    def from_file(cls, path: Path, *, data: Path) -> "RelationTraining":
        """
        Settings from a TOML file; relative paths start at *data*.

        Raises:
            ModelError: the file cannot be read, or names a setting that does not exist.
        """
        try:
            settings = tomllib.loads(path.read_text(encoding="utf-8"))
            files = {name: data / settings.pop(name) for name in ("train", "dev")}
            return cls(**files, **settings)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(f"{path}: not the settings of a training run: {error}") from error


def train(
    training: RelationTraining, out: Path, *, report: Callable[[str], None] = print
) -> RelationModel:
    """
    Train for the packaged tagger and write ``relations.npz`` to the folder *out*.

    Progress and scores go to *report*, a line at a time. A run that was stopped goes on after its
    last whole fold when it is started again with the same settings and the same *out*.

    Raises:
        ModelError: PyTorch is missing, or a corpus cannot be read.
    """
    nlp = load_pipeline()
    try:
        sentences, dev = read(training.train), read(training.dev)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{error}; needs gzipped JSON lines with spans and relations") from error
    network = tagger_of(nlp).sha256
    out.mkdir(parents=True, exist_ok=True)
    sentences = with_words(sentences, nlp)
    report(f"read {len(sentences)} sentences")
    kept = [out / f"fold-{fold + 1}.npz" for fold in range(training.folds)]
    folds = []
    for fold, path in enumerate(kept):
        settings = f"{training} {network}"
        judged = Fold.restored(path, settings)
        report(f"fold {fold + 1} of {training.folds}{': was done before' if judged else ''}")
        if judged is None:
            judged = _judged(training, sentences, fold, nlp)
            judged.keep(path, settings)
        folds.append(judged)
    alone, threshold, temperature, f1 = calibrated(folds)
    report(f"the folds' F1, given mentions: {100 * f1:.1f}")
    model = replace(
        trained(examples(sentences), seed=training.seed),
        alone=alone,
        threshold=threshold * CERTAINTY,
        temperature=temperature,
        views=_views(training, sentences, nlp, seed=training.seed),
        network=network,
    )
    save(model, out / "relations.npz")
    for path in kept:
        path.unlink()
    model = load(out / "relations.npz")
    judge(model, with_words(dev, nlp), nlp, report)
    return model


def judge(
    model: RelationModel,
    dev: Sequence[Annotated],
    nlp: Language,
    report: Callable[[str], None] = print,
) -> None:
    """Report the scores of *model* on *dev*, which has its words, by predicate and all told."""
    for name, score in sorted(evaluated(model, dev).items()):
        report(f"{name:14} {score}")
    cast(Relations, nlp.get_pipe("scholar_relations")).model = model
    report(f"{'found mentions':14} {found_by(nlp, dev)}")


@dataclass(frozen=True, slots=True)
class Fold:
    """
    What classifiers that were taught without some documents say of the pairs in these.

    Logarithms of probabilities, of the features *alone* and of *both*; the right class of each
    pair; and how many relations are marked there in all.
    """

    alone: NDArray[np.float32]
    both: NDArray[np.float32]
    gold: NDArray[np.int64]
    relations: int

    def keep(self, path: Path, settings: str) -> None:
        partial = path.with_suffix(".partial")
        with partial.open("wb") as file:
            np.savez(
                file,
                alone=self.alone,
                both=self.both,
                gold=self.gold,
                relations=np.array(self.relations),
                settings=np.array(settings),
            )
        partial.replace(path)

    @classmethod
    def restored(cls, path: Path, settings: str) -> "Fold | None":
        """What was kept in *path*; None where nothing was, or by a run of other settings."""
        if not path.is_file():
            return None
        with np.load(path, allow_pickle=False) as stored:
            if str(stored["settings"]) != settings:
                return None
            return cls(stored["alone"], stored["both"], stored["gold"], int(stored["relations"]))


def _views(
    training: RelationTraining, taught: Sequence[Annotated], nlp: Language, *, seed: int
) -> Views:
    return views_of(taught, nlp, seed=seed, epochs=training.epochs, renaming=training.renaming)


def _judged(
    training: RelationTraining, sentences: Sequence[Annotated], fold: int, nlp: Language
) -> Fold:
    held = set(sorted({sentence.document for sentence in sentences})[fold :: training.folds])
    taught = [s for s in sentences if s.document not in held]
    judged = [s for s in sentences if s.document in held and answers(s)]
    model = trained(examples(taught), seed=fold)
    data = examples(judged)
    views = _views(training, taught, nlp, seed=fold)
    seen = np.concatenate(
        [
            views.scores(s.words, s.mentions, list(pairs(s.mentions)))
            for s in judged
            if s.words is not None
        ]
    )
    with np.errstate(divide="ignore"):
        return Fold(
            np.log(model.probabilities(data.columns, data.kinds)),
            np.log(model.probabilities(data.columns, data.kinds, seen)),
            np.array(data.gold),
            sum(len(s.relations) for s in sentences if s.document in held),
        )


def calibrated(folds: Sequence[Fold]) -> tuple[float, float, float, float]:
    """
    Of all *folds*: the temperature of the features alone, the threshold for given mentions, the
    temperature of both, and the F1 that is reached with these.
    """
    gold = np.concatenate([fold.gold for fold in folds])
    relations = sum(fold.relations for fold in folds)
    scores = np.concatenate([fold.both for fold in folds])
    temperature = _temperature(scores, gold)
    one_way = np.arange(len(CLASSES))
    for number, entry in enumerate(CLASSES):
        if entry is not None and entry[0] in SYMMETRIC and not entry[1]:
            one_way[number] = number - 1
    merged = undirected(_softmax((scores / temperature).astype(np.float32)))
    best = merged[:, 1:].argmax(axis=1) + 1
    confidence = merged[np.arange(len(best)), best]
    right = best == one_way[gold]
    f1, threshold = max(
        (_f1(confidence >= value, right, relations), float(value))
        for value in np.arange(0.1, 0.8, 0.02)
    )
    alone = _temperature(np.concatenate([fold.alone for fold in folds]), gold)
    return alone, threshold, temperature, f1


def _temperature(scores: NDArray[np.float32], gold: NDArray[np.int64]) -> float:
    return float(min(np.arange(0.5, 3.0, 0.05), key=lambda value: _loss(scores / value, gold)))


def _softmax(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return cast(NDArray[np.float32], powers / powers.sum(axis=1, keepdims=True))


def _loss(scores: NDArray[np.float32], gold: NDArray[np.int64]) -> float:
    chosen = _softmax(scores)[np.arange(len(gold)), gold]
    return float(-np.log(np.maximum(chosen, 1e-9)).mean())


def _f1(given: NDArray[np.bool_], right: NDArray[np.bool_], gold: int) -> float:
    return float(2 * (given & right).sum() / (given.sum() + gold))


def save(model: RelationModel, path: Path) -> None:
    """Write *model*, which has views, with one byte an embedded value and two for the others."""
    assert model.views is not None
    views: dict[str, Any] = {
        name: values.astype(np.float16) for name, values in model.views.arrays().items()
    }
    scale = np.maximum(np.abs(model.embeddings).max(axis=0), 1e-6) / 127
    np.savez_compressed(
        path,
        embeddings=np.round(model.embeddings / scale).astype(np.int8),
        scale=scale.astype(np.float32),
        hidden_bias=model.hidden_bias,
        output=model.output,
        bias=model.bias,
        settings=np.array([model.alone, model.threshold, model.temperature], np.float32),
        network=np.array(model.network),
        **views,
    )
