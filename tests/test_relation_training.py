"""Making the weights of relations, from few sentences."""

import gzip
import json

import numpy as np
import pytest

from scholargraph.extract.model import ModelError
from scholargraph.extract.relation_training import (
    SETTINGS,
    Fold,
    RelationTraining,
    calibrated,
    train,
)
from scholargraph.extract.relations import CLASSES, load

FOLD = Fold(
    np.zeros((2, len(CLASSES)), np.float32),
    np.ones((2, len(CLASSES)), np.float32),
    np.array([0, 3]),
    5,
)


def test_the_settings_of_the_packaged_weights_can_be_read(tmp_path):
    training = RelationTraining.from_file(SETTINGS, data=tmp_path)

    assert training == RelationTraining(
        tmp_path / "scier" / "train.jsonl.gz", tmp_path / "scier" / "dev.jsonl.gz"
    )


@pytest.mark.parametrize("text", ["folds =", "folds = 2", "train = 'a'\ndev = 'b'\nspeed = 3"])
def test_bad_settings_are_refused(tmp_path, text):
    settings = tmp_path / "relations.toml"
    settings.write_text(text)

    with pytest.raises(ModelError, match=r"relations\.toml: not the settings of a training run"):
        RelationTraining.from_file(settings, data=tmp_path)


def test_a_fold_is_kept_for_a_run_of_the_same_settings(tmp_path):
    path = tmp_path / "fold-1.npz"

    nothing = Fold.restored(path, "these")
    FOLD.keep(path, "these")
    kept = Fold.restored(path, "these")

    assert nothing is None
    assert Fold.restored(path, "others") is None
    assert kept is not None
    assert kept.both.tolist() == FOLD.both.tolist()
    assert (kept.gold.tolist(), kept.relations) == ([0, 3], 5)
    assert [file.name for file in tmp_path.iterdir()] == ["fold-1.npz"]


def test_a_threshold_keeps_what_is_right_apart_from_what_is_wrong():
    gold = np.array([1] * 20 + [0] * 20)
    scores = np.full((40, len(CLASSES)), -9.0, np.float32)
    scores[:20, 1], scores[:20, 0] = -0.1, -2.3  # sure and right
    scores[20:, 1], scores[20:, 0] = -0.7, -0.7  # in doubt and wrong

    _, threshold, _, f1 = calibrated([Fold(scores, scores, gold, 20)])

    assert f1 == 1
    assert threshold > 0.4


def test_missing_sentences_are_reported(tmp_path):
    with pytest.raises(ModelError, match="needs gzipped JSON lines"):
        train(RelationTraining(tmp_path / "none.gz", tmp_path / "none.gz"), tmp_path / "out")


def test_weights_are_made_and_an_interrupted_run_goes_on(tmp_path):
    pytest.importorskip("torch")
    gold = tmp_path / "gold.jsonl.gz"
    with gzip.open(gold, "wt", encoding="utf-8") as lines:
        for number in range(8):
            method = f"Net{number}"
            text = f"{method} is tested on MNIST."
            place = text.index("MNIST")
            spans = [
                {"start": 0, "end": len(method), "label": "Method"},
                {"start": place, "end": place + 5, "label": "Dataset"},
            ]
            relations = [{"head": 0, "label": "Evaluated-With", "tail": 1}]
            entry = {"doc_id": f"d{number}", "text": text, "spans": spans, "relations": relations}
            lines.write(json.dumps(entry) + "\n")
    training = RelationTraining(gold, gold, folds=2, epochs=1, renaming=True)

    def interrupted(line: str) -> None:
        if line.startswith("fold 2"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(training, tmp_path / "one", report=interrupted)
    seen: list[str] = []
    train(training, tmp_path / "one", report=seen.append)
    train(training, tmp_path / "other", report=lambda line: None)

    assert seen[1:3] == ["fold 1 of 2: was done before", "fold 2 of 2"]
    assert [file.name for file in (tmp_path / "one").iterdir()] == ["relations.npz"]
    one, other = (
        load(tmp_path / "one" / "relations.npz"),
        load(tmp_path / "other" / "relations.npz"),
    )
    assert one.views is not None and other.views is not None
    assert np.array_equal(one.views.output, other.views.output)
    assert np.array_equal(one.embeddings, other.embeddings)
    assert one.threshold == other.threshold
