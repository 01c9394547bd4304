from pathlib import Path

import numpy as np
import pytest

from scholargraph.extract.annotations import Marked
from scholargraph.extract.model import ModelError
from scholargraph.extract.pipeline import load_pipeline
from scholargraph.extract.relation_gold import read
from scholargraph.extract.relation_scores import evaluated, found_by
from scholargraph.extract.relations import (
    ALLOWED,
    CLASSES,
    SYMMETRIC,
    Pair,
    SentenceFeatures,
    hashed,
    load,
    pairs,
    related,
    undirected,
)
from scholargraph.extract.train_relations import with_words

SCIER = Path(__file__).parents[1].parent / "shared" / "data" / "ner" / "scier"


@pytest.fixture(scope="module")
def model():
    return load()


def marks(text: str, *names: tuple[str, str]) -> list[Marked]:
    return [
        Marked(text.index(name), text.index(name) + len(name), kind, 1.0) for name, kind in names
    ]


def found(model, text: str, *names: tuple[str, str]) -> list[tuple[str, str, str]]:
    mentions = marks(text, *names)
    words = [text[mention.start : mention.end] for mention in mentions]
    return [
        (words[relation.subject], relation.predicate, words[relation.object])
        for relation in related(model, text, mentions)
    ]


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        (
            "We evaluate FastNet on the MNIST dataset.",
            [("FastNet", "method"), ("MNIST", "dataset")],
            ("FastNet", "evaluatedOn", "MNIST"),
        ),
        (
            "Convolutional neural networks (CNNs) are popular.",
            [("Convolutional neural networks", "method"), ("CNNs", "method")],
            ("CNNs", "synonymOf", "Convolutional neural networks"),
        ),
        (
            "FastNet is used for object detection.",
            [("FastNet", "method"), ("object detection", "task")],
            ("FastNet", "usedFor", "object detection"),
        ),
    ],
)
def test_plain_relations_are_found(model, text, names, expected):
    assert found(model, text, *names) == [expected]


def test_unsure_mentions_make_unsure_relations(model):
    text = "FastNet is used for object detection."
    sure = marks(text, ("FastNet", "method"), ("object detection", "task"))
    unsure = [mention._replace(score=0.8) for mention in sure]

    (one,) = related(model, text, sure)
    (other,) = related(model, text, unsure)

    assert other.confidence == pytest.approx(0.64 * one.confidence)
    assert related(model, text, [mention._replace(score=0.1) for mention in sure]) == []


def test_both_directions_of_a_symmetric_relation_are_one():
    rows = np.full((1, len(CLASSES)), 0.05, np.float32)
    place = CLASSES.index(("comparedWith", True))

    merged = undirected(rows)

    assert merged[0, place] == pytest.approx(0.1)
    assert merged[0, place + 1] == 0
    assert merged.sum() == pytest.approx(rows.sum())


def test_kinds_that_no_predicate_connects_are_not_related(model):
    text = "We evaluate accuracy and MNIST on accuracy."

    assert found(model, text, ("accuracy", "metric"), ("MNIST", "dataset")) == []


def test_answers_obey_the_kinds_of_their_predicate(model):
    text = "FastNet for parsing on MNIST beats SlowNet for tagging trained on CIFAR."
    mentions = marks(
        text,
        ("FastNet", "method"),
        ("parsing", "task"),
        ("MNIST", "dataset"),
        ("SlowNet", "method"),
        ("tagging", "task"),
        ("CIFAR", "dataset"),
    )

    for relation in related(model, text, mentions):
        kinds = (mentions[relation.subject].kind, mentions[relation.object].kind)
        assert kinds in ALLOWED[relation.predicate]
        assert 0 <= relation.confidence <= 1


def test_a_thousand_mentions_cost_a_bounded_number_of_pairs():
    mentions = [Marked(2 * i, 2 * i + 1, "method", 1.0) for i in range(1000)]

    assert len(list(pairs(mentions))) < 14_000


def test_list_members_share_the_words_around_the_list():
    text = "BERT and GPT on SQuAD, RACE and DROP"
    mentions = marks(
        text,
        ("BERT", "method"),
        ("GPT", "method"),
        ("SQuAD", "dataset"),
        ("RACE", "dataset"),
        ("DROP", "dataset"),
    )

    assert "mdall:on" in SentenceFeatures(text, mentions).of(Pair(0, 4))


def test_hashing_is_the_same_everywhere():
    assert hashed(["md", "mdb:on"], 1 << 15) == [2131, 8788]


def test_classes_pair_both_directions():
    assert CLASSES[0] is None
    assert all(
        CLASSES[i] is not None and CLASSES[i][0] == CLASSES[i + 1][0]
        for i in range(1, len(CLASSES), 2)
    )
    assert SYMMETRIC == {"comparedWith", "synonymOf"}


def test_missing_weights_are_reported(tmp_path):
    with pytest.raises(ModelError, match="reinstall"):
        load(tmp_path / "none.npz")


def test_weights_for_other_classes_are_reported(tmp_path):
    path = tmp_path / "relations.npz"
    np.savez(
        path,
        embeddings=np.zeros((4, 2)),
        scale=np.ones(2),
        hidden_bias=np.zeros(2),
        output=np.zeros((2, 3)),
        bias=np.zeros(3),
        settings=[1, 0.5],
    )

    with pytest.raises(ModelError, match="reinstall"):
        load(path)


def test_quality_on_the_development_part_stays(model):
    path = SCIER / "dev.jsonl.gz"
    if not path.exists():
        pytest.skip("SciER's development part is not beside this checkout")

    sentences, nlp = read(path), load_pipeline()
    alone = evaluated(model, sentences)["all"]
    score = evaluated(model, with_words(sentences, nlp))["all"]
    found = found_by(nlp, sentences)

    assert score.gold == 1130
    assert alone.f1 >= 0.61
    assert score.f1 >= 0.64
    assert found.f1 >= 0.49
