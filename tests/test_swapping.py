"""Other names in annotated sentences, so that a tagger learns from what stands around them."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scholargraph.extract.gold import GoldSentence, Span
from scholargraph.extract.swapping import Names, coined, names_of, swapped

TEXT = "We train CRDN on Cityscapes; CRDN does scene parsing."
SENTENCE = GoldSentence(
    "d#0",
    "d",
    TEXT,
    (Span(9, 13, "method"), Span(17, 27, "dataset"), Span(29, 33, "method"), Span(39, 52, "task")),
)


def names(*pairs: tuple[str, str]) -> Names:
    found = Names()
    for kind, name in pairs:
        found.add(kind, name)
    return found


def named(sentence: GoldSentence) -> list[tuple[str, str]]:
    return [(span.kind, sentence.text[span.start : span.end]) for span in sentence.spans]


def test_every_place_of_a_name_gets_the_same_other_name():
    pool = names(("method", "BERT"), ("dataset", "SQuAD"), ("task", "image captioning"))

    chances = (random.Random(seed) for seed in range(30))
    texts = {swapped(SENTENCE, pool, chance, each=1.0).text for chance in chances}

    assert "We train BERT on SQuAD; BERT does image captioning." in texts
    assert all(text.endswith("does image captioning.") for text in texts)


def test_a_name_is_replaced_by_one_of_its_form():
    pool = names(("method", "graph network"), ("method", "networks"), ("task", "captioning"))

    other = swapped(SENTENCE, pool, random.Random(1), each=1.0)

    assert other == SENTENCE


def test_names_within_names_are_left_alone():
    nested = GoldSentence("d#0", "d", TEXT, (Span(0, 13, "method"), Span(9, 13, "method")))
    pool = names(("method", "BERT"))

    assert swapped(nested, pool, random.Random(1), each=1.0) is nested


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.5, 1.0]))
def test_what_is_between_the_names_stays(seed, each):
    pool = names(("method", "BERT"), ("method", "UNet++"), ("dataset", "SQuAD"))

    other = swapped(SENTENCE, pool, random.Random(seed), each=each)

    assert [kind for kind, _ in named(other)] == [kind for kind, _ in named(SENTENCE)]
    rest, at = [], 0
    for span in other.spans:
        rest.append(other.text[at : span.start])
        at = span.end
    assert [*rest, other.text[at:]] == ["We train ", " on ", "; ", " does ", "."]
    assert each or other == SENTENCE


def test_the_pool_holds_marked_and_known_names_but_no_single_finds_of_others():
    once = GoldSentence("o#0", "o", "Foonet beats Barnet, Barnet.", (Span(0, 6, "method"),))
    twice = (Span(13, 19, "method"), Span(21, 27, "method"))
    pool = names_of([SENTENCE], [once, GoldSentence("o#1", "o", once.text, twice)], ["method"])

    chance = random.Random(5)
    drawn = {pool.another("method", "CRDN", chance) for _ in range(20_000)}

    assert {"CRDN", "Barnet", "BERT"} <= drawn
    assert "Foonet" not in drawn
    assert pool.another("dataset", "COCO", chance) == "COCO"


@pytest.mark.parametrize("seed", range(20))
def test_a_coined_name_is_one_word(seed):
    name = coined(random.Random(seed))

    assert len(name) > 1
    assert " " not in name
    assert name[0].isupper()
