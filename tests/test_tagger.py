"""The trained tagger in a spaCy pipeline: what it finds, and that nothing else changes it."""

import json
import os
import pickle
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import spacy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import scholargraph.extract.tagger
import scholargraph.extract.tokenization  # noqa: F401
from scholargraph.extract.annotations import MENTIONS, marked
from scholargraph.extract.decoding import IMPOSSIBLE, Chain, WordSpan, allowed, best, spans
from scholargraph.extract.model import (
    FILES,
    Calibration,
    Model,
    ModelError,
    without_beginnings,
)
from scholargraph.extract.subwords import Subwords, shape
from scholargraph.extract.tagger import WEIGHTS, well_formed

DEV = Path(__file__).parents[1].parent / "shared" / "data" / "ner" / "scier" / "dev.jsonl.gz"

TEXTS = (
    "We propose CRDN, a recurrent decoder network for semantic segmentation.",
    "Experiments on Cityscapes and PASCAL VOC 2012 show that it beats DeepLabv3+ in mIoU.",
    "Named entity recognition is a hard task.",
    "",
    "BERT (Bidirectional Encoder Representations from Transformers) reaches 93.2 F1 on SQuAD 1.1.",
)


def blank():
    name = {"@tokenizers": "scholargraph.Tokenizer.v1"}
    nlp = spacy.blank("en", config={"nlp": {"tokenizer": name}})
    nlp.add_pipe("sentencizer")
    return nlp


@pytest.fixture(scope="module")
def nlp():
    nlp = blank()
    nlp.add_pipe("scholar_tagger")
    return nlp


@pytest.fixture(scope="module")
def model(nlp):
    return nlp.get_pipe("scholar_tagger").model


def found(doc):
    return [(doc.text[m.start : m.end], m.kind, m.score) for m in marked(doc)]


def test_names_of_all_four_kinds_are_found_with_their_words(nlp):
    text = (
        "We propose CRDN, a recurrent decoder network for semantic segmentation. "
        "On Cityscapes it reaches 81.2 mIoU and outperforms PSPNet."
    )

    doc = nlp(text)

    spans_ = {(span.text, span.label_) for span in doc.spans[MENTIONS]}
    assert {
        ("CRDN", "method"),
        ("semantic segmentation", "task"),
        ("Cityscapes", "dataset"),
        ("mIoU", "metric"),
        ("PSPNet", "method"),
    } <= spans_
    scores = doc.spans[MENTIONS].attrs["scores"]
    assert len(scores) == len(doc.spans[MENTIONS])
    assert all(isinstance(score, float) and 0 < score < 1 for score in scores)


def test_a_text_has_the_same_mentions_alone_in_a_batch_and_in_any_order(nlp):
    alone = [found(nlp(text)) for text in TEXTS]

    assert [found(doc) for doc in nlp.pipe(TEXTS, batch_size=2)] == alone
    assert [found(doc) for doc in nlp.pipe(reversed(TEXTS))] == alone[::-1]
    assert [found(doc) for doc in nlp.pipe(TEXTS * 3, batch_size=64)] == alone * 3


def test_a_text_has_the_same_mentions_in_other_processes(nlp):
    alone = [found(nlp(text)) for text in TEXTS]

    assert [found(doc) for doc in nlp.pipe(TEXTS * 2, batch_size=2, n_process=2)] == alone * 2


def test_a_sentence_has_the_same_mentions_beside_any_other(nlp):
    first, second = TEXTS[0], TEXTS[1]

    together = found(nlp(f"{first} {second}"))

    assert together == found(nlp(first)) + found(nlp(second))


def test_a_sentence_longer_than_the_window_is_read_to_its_end(nlp, model):
    listed = ", ".join(["and a table of numbers that goes on for long"] * 120)
    text = f"{listed}, we evaluate ResNet on ImageNet"

    names = [name for name, _, _ in found(nlp(text))]

    assert names[-2:] == ["ResNet", "ImageNet"]


def test_windows_cover_every_word_once(model):
    words = [f"word{number}" for number in range(700)]

    scores = model.scores(words)

    assert [score.shape for score in scores] == [(700, 7), (700, 3)]


def test_every_word_that_is_read_has_states(model):
    states = model.read(["We", "\n", "train", "BERT"]).states

    assert np.isnan(states).all(axis=1).tolist() == [False, True, False, False]
    assert np.isfinite(states[[0, 2, 3]]).all()
    assert states[[0, 2, 3]].tobytes() == model.read(["We", "train", "BERT"]).states.tobytes()


def test_states_of_a_sentence_do_not_depend_on_its_neighbours(nlp):
    first, second = TEXTS[0], TEXTS[1]

    _, together = nlp(f"{first} {second}")._.scholar_states

    apart = [nlp(text)._.scholar_states[1] for text in (first, second)]
    assert together.tobytes() == np.concatenate(apart).tobytes()


def test_a_document_of_white_space_has_no_states(nlp):
    assert nlp(" \n ")._.scholar_states is None


def test_a_document_without_sentence_boundaries_is_one_sentence():
    nlp = spacy.blank("en")
    nlp.add_pipe("scholar_tagger")

    doc = nlp("We train BERT on SQuAD.")

    assert [name for name, _, _ in found(doc)] == ["BERT", "SQuAD"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n\n\t",
        "\x00",
        "\x00\x01 \x02",
        "!?!…",
        "((((",
        "日本語のテキスト",
        "a" * 50_000,
        "$$" * 999,
    ],
)
def test_odd_text_is_no_trouble(nlp, text):
    doc = nlp(text)

    assert doc.text == text
    assert all(text[m.start : m.end].strip() for m in marked(doc))


@settings(max_examples=50, suppress_health_check=list(HealthCheck))
@given(st.text(max_size=200) | st.lists(st.sampled_from(TEXTS)).map("".join))
def test_mentions_are_whole_words_without_overlap_whatever_the_text(nlp, text):
    doc = nlp(text)

    mentions = marked(doc)
    assert all(a.end <= b.start for a, b in zip(mentions, mentions[1:], strict=False))
    for mention in mentions:
        name = text[mention.start : mention.end]
        assert name == name.strip() != ""
        assert name.count("(") == name.count(")")


def test_a_threshold_shows_fewer_or_more(nlp):
    strict = blank()
    strict.add_pipe("scholar_tagger", config={"threshold": 0.9})
    loose = blank()
    loose.add_pipe("scholar_tagger", config={"threshold": 0.1})
    text = " ".join(TEXTS)

    few, some, many = (found(each(text)) for each in (strict, nlp, loose))

    assert len(few) <= len(some) <= len(many)
    assert len(few) < len(many)
    assert all(score >= 0.9 for _, _, score in few)


def test_a_pipeline_survives_disk_bytes_and_pickle(nlp, tmp_path):
    expected = found(nlp(TEXTS[1]))
    nlp.to_disk(tmp_path / "pipeline")

    copies = [
        spacy.load(tmp_path / "pipeline"),
        blank_with_tagger().from_bytes(nlp.to_bytes()),
        pickle.loads(pickle.dumps(nlp)),
    ]

    assert [found(copy(TEXTS[1])) for copy in copies] == [expected] * 3


def blank_with_tagger():
    nlp = blank()
    nlp.add_pipe("scholar_tagger")
    return nlp


def test_a_model_folder_of_ones_own_is_used(nlp, tmp_path):
    for name in FILES:
        shutil.copyfile(WEIGHTS / name, tmp_path / name)
    other = blank()
    other.add_pipe("scholar_tagger", config={"weights": str(tmp_path)})

    assert found(other(TEXTS[1])) == found(nlp(TEXTS[1]))


def test_missing_weights_are_an_error_with_a_remedy(tmp_path):
    with pytest.raises(ModelError, match="no model here .*reinstall scholargraph"):
        blank().add_pipe("scholar_tagger", config={"weights": str(tmp_path)})


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("meta.json", lambda data: b"{"),
        ("meta.json", lambda data: b"\xff\xfe"),
        ("meta.json", lambda data: json.dumps({**json.loads(data), "heads": [{}]}).encode()),
        ("tokenizer.json", lambda data: data[: len(data) // 2]),
        ("tagger.onnx", lambda data: data[:-1]),
    ],
)
def test_damaged_weights_are_an_error_with_a_remedy(tmp_path, name, spoil):
    for each in FILES:
        shutil.copyfile(WEIGHTS / each, tmp_path / each)
    (tmp_path / name).write_bytes(spoil((WEIGHTS / name).read_bytes()))

    with pytest.raises(ModelError, match="reinstall scholargraph"):
        Model.load(tmp_path)


def test_importing_the_tagger_imports_no_network_library():
    script = (
        "import sys, scholargraph.extract.tagger as t;"
        "print([m for m in ('onnxruntime', 'torch', 'transformers') if m in sys.modules])"
    )

    import subprocess

    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONSAFEPATH": "1"},
    )

    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ResNet - 101", "ResNet - 101"),
        (", BERT .", "BERT"),
        ("( CNN )", "CNN"),
        ("the CNN (", "the CNN"),
        ("( 2 + 1 ) D CNN", "( 2 + 1 ) D CNN"),
        ("LSTM ( long", "LSTM"),
        ("long short memory ) LSTM", "long short memory"),
        ("graph network ( GNN )", "graph network ( GNN )"),
        ("U - Net++", "U - Net++"),
        ("C #", "C #"),
        ("( [ ) ]", None),
        ("- ,", None),
    ],
)
def test_spans_are_trimmed_to_names(text, name):
    words = text.split()

    bounds = well_formed(words, WordSpan(0, len(words) - 1, "method", 0.5))

    assert (bounds and " ".join(words[bounds[0] : bounds[1] + 1])) == name


def test_a_bracket_that_a_name_begins_with_belongs_to_it():
    words = "the ( 2 + 1 ) D model ( of 2018 )".split()

    assert well_formed(words, WordSpan(2, 6, "method", 0.5)) == (1, 6)
    assert well_formed(words, WordSpan(2, 4, "method", 0.5)) == (2, 4)
    assert well_formed(words, WordSpan(2, 5, "method", 0.5)) == (2, 4)


@pytest.mark.parametrize(
    ("word", "expected"),
    [("-", 0), ("net", 1), ("Net", 2), ("CNN", 3), ("BiLSTM", 4), ("A", 5), ("50", 6), ("v3", 7),
     ("P3D", 8)],
)  # fmt: skip
def test_letter_case_has_classes(word, expected):
    assert shape(word) == expected


def test_span_probabilities_are_those_of_all_label_sequences():
    kinds = ("method", "task")
    chance = np.random.default_rng(4)
    follows, first = allowed(2)
    chain = Chain(
        kinds,
        chance.normal(size=(5, 5)) + np.where(follows, 0, IMPOSSIBLE),
        chance.normal(size=5) + np.where(first, 0, IMPOSSIBLE),
        chance.normal(size=5),
    )
    scores = chance.normal(size=(4, 5)) * 2

    expected = by_enumeration(scores, chain)
    found_ = {(s.first, s.last, s.kind): s.probability for s in spans(scores, chain, least=1e-9)}

    assert found_.keys() == expected.keys()
    assert all(found_[key] == pytest.approx(expected[key], abs=1e-12) for key in expected)


@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.sampled_from([0.3, 1.0, 3.0]))
def test_no_span_is_more_probable_than_the_ceiling_of_its_sentence(seed, words, spread):
    chance = np.random.default_rng(seed)
    follows, first = allowed(2)
    chain = Chain(
        ("method", "task"),
        chance.normal(size=(5, 5)) + np.where(follows, 0, IMPOSSIBLE),
        chance.normal(size=5) + np.where(first, 0, IMPOSSIBLE),
        chance.normal(size=5),
    )
    scores = chance.normal(size=(words, 5)) * spread

    assert max(by_enumeration(scores, chain).values()) <= chain.ceiling(scores) + 1e-12


def by_enumeration(scores, chain):
    """Probability of each span: the weight of the label sequences that have it, of all weight."""
    from itertools import product

    total, weights = 0.0, {}
    for labels in product(range(5), repeat=len(scores)):
        score = chain.start[labels[0]] + chain.end[labels[-1]]
        score += sum(scores[t, label] for t, label in enumerate(labels))
        score += sum(chain.transitions[a, b] for a, b in zip(labels, labels[1:], strict=False))
        weight = np.exp(score)
        total += weight
        at = 0
        while at < len(labels):
            last = at
            if labels[at] % 2:
                while last + 1 < len(labels) and labels[last + 1] == labels[at] + 1:
                    last += 1
                key = (at, last, chain.kinds[labels[at] // 2])
                weights[key] = weights.get(key, 0.0) + weight
            at = last + 1
    return {key: weight / total for key, weight in weights.items() if weight / total >= 1e-9}


@pytest.mark.parametrize(
    ("last", "start"), [("accuracy", 4), ("speed", 4), ("rate", 2), ("Scores", 2)]
)
def test_a_longer_span_starts_where_the_known_one_ends(last, start):
    words = ["Our", "the", "image", "classification", last, "of", "machine", "translation"]
    known = [WordSpan(2, 3, "task", 0.6), WordSpan(6, 7, "task", 0.9)]
    measures = [WordSpan(2, 4, "metric", 0.9), WordSpan(6, 7, "metric", 0.8)]

    assert without_beginnings(measures, known, words) == [
        WordSpan(start, 4, "metric", 0.9),
        measures[1],
    ]


def test_of_overlapping_spans_the_first_stays():
    candidates = [
        WordSpan(2, 4, "method", 0.8),
        WordSpan(4, 5, "task", 0.6),
        WordSpan(0, 1, "dataset", 0.5),
    ]

    assert best(candidates) == [candidates[2], candidates[0]]


def test_calibration_keeps_the_order_and_stays_a_probability():
    raw = np.array([0.0, 0.1, 0.5, 0.9, 1.0])

    calibrated = Calibration(0.7, -0.2).probability(raw)

    assert np.all(np.diff(calibrated) > 0)
    assert 0 < calibrated[0] < calibrated[-1] < 1


def test_words_without_pieces_do_not_break_a_name(nlp):
    doc = nlp("We study semantic\nsegmentation on Cityscapes.")

    assert ("semantic\nsegmentation", "task") in {(name, kind) for name, kind, _ in found(doc)}


def test_frequent_words_are_remembered(model):
    vocabulary = Subwords.parsed(model.files["tokenizer.json"])

    assert vocabulary.pieces("Cityscapes") == vocabulary.pieces("Cityscapes") != ()
    assert vocabulary.pieces("\n") == ()
    assert len(vocabulary.pieces("x-" * 100)) == 16


def test_tokens_begin_and_end_where_marked_spans_do():
    if not DEV.is_file():
        pytest.skip("the annotated sentences of SciER are not here")
    from scholargraph.extract.gold import read_gold

    nlp = blank()
    marked_spans = [
        nlp.make_doc(sentence.text).char_span(span.start, span.end)
        for sentence in read_gold(DEV)
        for span in sentence.spans
    ]

    assert marked_spans.count(None) / len(marked_spans) < 0.001


@pytest.mark.parametrize(
    "text",
    [
        "(CNN)-based ResNet-101 [2]/3.",
        "a  b",
        "don't e.g. x.",
        "https://a.org/b-c.",
        "x" * 99,
        ";)",
    ],
)
def test_tokens_cover_the_text(text):
    doc = blank().make_doc(text)

    assert doc.text == text


def test_f1_on_the_development_set_does_not_fall():
    if not DEV.is_file():
        pytest.skip("the annotated sentences of SciER are not here")
    from scholargraph.extract.evaluate import evaluate

    result = evaluate([DEV], blank_with_tagger(), kinds=("method", "dataset", "task"))

    assert result.score().f1 >= 0.80
