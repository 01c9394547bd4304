import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scholargraph.extract import concept_key
from scholargraph.extract.annotations import Marked
from scholargraph.extract.link import clean_label, is_generic, linked, without_head

LABELS = st.text() | st.text(alphabet="aA1 -_+*#s.%éßİΣ\u0301\u00a0", max_size=12)


@given(LABELS)
def test_a_key_is_words_of_letters_and_digits(label):
    key = concept_key(label)

    assert re.fullmatch(r"[^\W_]+(?:-[^\W_]+)*", key)
    assert key == key.lower()


@given(LABELS)
def test_the_key_of_a_key_is_itself(label):
    key = concept_key(label)

    assert concept_key(key) == key


@pytest.mark.parametrize(
    "spellings",
    [
        ("Graph Neural Networks", "graph neural network", "graph-neural networks"),
        ("CIFAR-10", "CIFAR10", "cifar 10"),
        ("F1", "F-1"),
        ("GPT-3", "GPT3"),
        ("Word Embeddings", "word embedding"),
        ("LMs", "LM"),
        ("neural nets", "Neural Net"),
        ("semantic role labelling", "semantic role labeling"),
        ("domain generalisation", "domain generalization"),
        ("ask & confirm", "Ask-and-Confirm"),
        ("support vector machines", "Support Vector Machine"),
        ("ﬁne-tuning", "fine tuning"),
    ],
)
def test_spellings_of_one_thing_have_one_key(spellings):
    assert len({concept_key(label) for label in spellings}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SQuAD 1.1", "SQuAD 2.0"),
        ("FewRel 1.0", "FewRel 10"),
        ("C", "C++"),
        ("C#", "C++"),
        ("A*", "A"),
        ("GPT-3", "GPT-3.5"),
        ("ResNet-50", "ResNet-101"),
        ("?", "!"),
        ("HANS", "HAN"),
    ],
)
def test_different_things_have_different_keys(one, other):
    assert concept_key(one) != concept_key(other)


@pytest.mark.parametrize(
    "text",
    [
        "method",
        "our approach",
        "The proposed framework",
        "models",
        "four datasets",
        "downstream tasks",
        "experiments",
        "state-of-the-art methods",
        "a novel model",
    ],
)
def test_generic_phrases_are_generic(text):
    assert is_generic(text)


@pytest.mark.parametrize(
    "text", ["BERT", "image captioning", "deep learning", "F1", "H-score", "C++", "neural networks"]
)
def test_names_are_not_generic(text):
    assert not is_generic(text)


@pytest.mark.parametrize(
    ("label", "kind", "expected"),
    [
        ("SynLiDAR dataset", "dataset", "SynLiDAR"),
        ("HGL framework", "method", "HGL"),
        ("hidden Markov model", "method", "hidden Markov model"),
        ("recurrent neural network", "method", "recurrent neural network"),
        ("image captioning task", "task", "image captioning"),
        ("BLEU scores", "metric", "BLEU"),
        ("Stanford Cars dataset", "dataset", "Stanford Cars"),
    ],
)
def test_a_last_word_that_repeats_the_kind_goes(label, kind, expected):
    assert without_head(label, kind) == expected


def test_articles_and_praise_go():
    assert clean_label("the  novel\nretrieval model") == "retrieval model"


def concepts(text: str, names: list[tuple[str, str]], forms: list[tuple[str, str]] = ()):
    marks = []
    position = 0
    for name, kind in names:
        position = text.index(name, position)
        marks.append(Marked(position, position + len(name), kind, 0.9))
        position += len(name)
    return [
        (mark.kind, concept.key, concept.label, concept.abbreviation)
        for mark, concept in linked(text, marks, list(forms))
    ]


def test_a_papers_short_form_gives_the_concept_of_the_long_form():
    found = concepts(
        "Hierarchical Geometry Learning (HGL). HGL works; the HGL framework too.",
        [
            ("Hierarchical Geometry Learning", "method"),
            ("HGL", "method"),
            ("HGL", "method"),
            ("the HGL framework", "method"),
        ],
        [("HGL", "Hierarchical Geometry Learning")],
    )

    expected = (
        "method",
        "hierarchical-geometry-learning",
        "Hierarchical Geometry Learning",
        "HGL",
    )
    assert found == [expected] * 4


def test_common_abbreviations_and_their_long_forms_are_one_concept():
    found = concepts(
        "CNNs, a CNN and convolutional neural networks",
        [("CNNs", "method"), ("CNN", "method"), ("convolutional neural networks", "method")],
    )

    expected = (
        "method",
        "convolutional-neural-network",
        "convolutional neural network",
        "CNN",
    )
    assert found == [expected] * 3


def test_a_papers_own_meaning_goes_before_the_common_one():
    found = concepts(
        "Capsule Neighbour Nets (CNN) use a CNN",
        [("Capsule Neighbour Nets", "method"), ("CNN", "method"), ("CNN", "method")],
        [("CNN", "Capsule Neighbour Nets")],
    )

    assert {key for _, key, _, _ in found} == {"capsule-neighbour-net"}


def test_a_label_of_two_kinds_gets_the_kind_with_more_evidence():
    found = concepts(
        "RACE is hard. RACE helps. RACE wins.",
        [("RACE", "dataset"), ("RACE", "task"), ("RACE", "dataset")],
    )

    assert {kind for kind, _, _, _ in found} == {"dataset"}


def test_generic_mentions_become_no_concepts():
    assert concepts(
        "our approach beats BERT", [("our approach", "method"), ("BERT", "method")]
    ) == [("method", "bert", "BERT", None)]


def rules(text: str, names: list[tuple[str, str]], forms: list[tuple[str, str]] = ()):
    marks = []
    position = 0
    for name, kind in names:
        position = text.index(name, position)
        marks.append(Marked(position, position + len(name), kind, 0.9))
        position += len(name)
    return [concept.rules for _, concept in linked(text, marks, list(forms))]


@pytest.mark.parametrize(
    ("text", "names", "forms", "expected"),
    [
        ("BERT", [("BERT", "method")], [], [()]),
        (
            "Tree Cutting (TC), then TC and the TC model",
            [("Tree Cutting", "method"), ("TC", "method"), ("the TC model", "method")],
            [("TC", "Tree Cutting")],
            [(), ("abbreviation",), ("abbreviation", "head")],
        ),
        ("a CNN", [("CNN", "method")], [], [("known",)]),
        ("the SQuAD dataset", [("SQuAD dataset", "dataset")], [], [("head",)]),
        ("SQuAD dev", [("SQuAD dev", "dataset")], [], [("part",)]),
        (
            "tree cutter, tree cutter and Tree Cutters",
            [("tree cutter", "method"), ("tree cutter", "method"), ("Tree Cutters", "method")],
            [],
            [(), (), ("spelling",)],
        ),
        (
            "RACE is hard. RACE helps. RACE wins.",
            [("RACE", "dataset"), ("RACE", "task"), ("RACE", "dataset")],
            [],
            [(), ("kind",), ()],
        ),
    ],
)
def test_what_made_a_mention_mean_its_concept_is_said(text, names, forms, expected):
    assert rules(text, names, forms) == expected


def test_versions_and_sizes_are_concepts_of_their_own():
    text = "SQuAD 1.1, SQuAD 2.0, BERT-large and BERT-base"
    found = concepts(
        text,
        [
            ("SQuAD 1.1", "dataset"),
            ("SQuAD 2.0", "dataset"),
            ("BERT-large", "method"),
            ("BERT-base", "method"),
        ],
    )

    assert len({key for _, key, _, _ in found}) == 4


def test_what_calls_itself_a_network_is_no_dataset():
    found = concepts("the tree inference network", [("tree inference network", "dataset")])

    assert found == [("method", "tree-inference-network", "tree inference network", None)]
