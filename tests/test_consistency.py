import re

import pytest
import spacy
from spacy.language import Language

from scholargraph.extract.annotations import Marked, ShortForm, mark, marked
from scholargraph.extract.consistency import (
    LONG_FORM_AGAIN,
    PHRASE_AGAIN,
    long_forms_again,
    repeated,
    with_repeated_phrases,
)
from scholargraph.extract.pipeline import register


@pytest.fixture(scope="module")
def nlp() -> Language:
    register()
    nlp = spacy.blank(
        "en", config={"nlp": {"tokenizer": {"@tokenizers": "scholargraph.Tokenizer.v1"}}}
    )
    nlp.add_pipe("scholar_sentences")
    nlp.add_pipe("scholar_abbreviations")
    nlp.add_pipe("scholar_patterns")
    return nlp


def everywhere(nlp: Language, text: str, *found: tuple[str, int, str, float]) -> list[str]:
    """Text and kind of each mention, given the *n*-th occurrence of some names."""
    doc = nlp.get_pipe("scholar_sentences")(nlp.make_doc(text))
    places = []
    for name, number, kind, score in found:
        start = [match.start() for match in re.finditer(re.escape(name), text)][number]
        places.append(Marked(start, start + len(name), kind, score))
    kept = mark(doc, with_repeated_phrases(doc, places))
    return [f"{text[m.start : m.end]}/{m.kind}" for m in kept]


def test_a_coined_word_is_found_wherever_it_stands():
    text = "PineNet helps. A PineNet-based tagger and PineNets are not it, but PineNet, again, is."

    found = repeated(text, [Marked(0, 7, "method", 0.8)])

    assert [text[m.start - 1 : m.end + 1] for m in found[1:]] == [" PineNet,"]
    assert {(m.kind, round(m.score, 2)) for m in found} == {("method", 0.76)}


def test_a_name_of_several_words_is_found_again_after_two_places(nlp):
    text = "Pine GAN wins. Pine GAN loses. Then Pine GAN draws."

    assert everywhere(nlp, text, ("Pine GAN", 0, "method", 0.9)) == ["Pine GAN/method"]
    assert (
        everywhere(nlp, text, ("Pine GAN", 0, "method", 0.9), ("Pine GAN", 2, "method", 0.5))
        == ["Pine GAN/method"] * 3
    )


def test_a_repeated_name_takes_the_place_of_its_parts(nlp):
    text = "Pine GAN wins. Pine GAN loses. Then Pine GAN draws."

    found = everywhere(
        nlp,
        text,
        ("Pine GAN", 0, "method", 0.9),
        ("Pine GAN", 1, "method", 0.9),
        ("GAN", 2, "dataset", 0.9),
    )

    assert found == ["Pine GAN/method"] * 3


def test_a_repeated_name_gives_way_to_a_longer_one(nlp):
    text = "Pine GAN wins. Pine GAN loses. Then Pine GAN Zero draws."

    found = everywhere(
        nlp,
        text,
        ("Pine GAN", 0, "method", 0.9),
        ("Pine GAN", 1, "method", 0.9),
        ("Pine GAN Zero", 0, "method", 0.6),
    )

    assert found == ["Pine GAN/method", "Pine GAN/method", "Pine GAN Zero/method"]


def test_the_kind_of_most_confidence_is_given_to_further_places(nlp):
    text = "Pine GAN wins. Pine GAN loses. Pine GAN stays. Then Pine GAN draws."

    found = everywhere(
        nlp,
        text,
        ("Pine GAN", 0, "dataset", 0.9),
        ("Pine GAN", 1, "method", 0.5),
        ("Pine GAN", 2, "method", 0.6),
    )

    assert found[-1] == "Pine GAN/method"


@pytest.mark.parametrize(
    "rest",
    ["Pine GAN-Zero draws.", "Super-Pine GAN draws.", "pine gan draws.", "To Pine. GAN draws."],
)
def test_a_part_of_another_word_or_another_case_is_not_the_name(nlp, rest):
    text = "Pine GAN wins. Pine GAN loses. " + rest

    found = everywhere(nlp, text, ("Pine GAN", 0, "method", 0.9), ("Pine GAN", 1, "method", 0.9))

    assert len(found) == 2


def test_an_ordinary_phrase_is_not_repeated(nlp):
    text = "Image search wins. image search is old. Then image search draws."

    found = everywhere(
        nlp, text, ("Image search", 0, "task", 0.9), ("image search", 0, "task", 0.9)
    )

    assert len(found) == 2


LONG_FORM = (
    "We use river noise models (RNM). Old River Noise Models are slow. A noise model is not."
)


def test_the_long_form_of_an_abbreviation_is_found_again_in_any_case(nlp):
    doc = nlp.get_pipe("scholar_sentences")(nlp.make_doc(LONG_FORM))
    defined = ShortForm(26, 29, 7, 25)

    found = long_forms_again(doc, [Marked(7, 25, "method", 0.8)], [defined])

    assert [LONG_FORM[m.start : m.end] for m in found] == [
        "river noise models",
        "River Noise Models",
    ]
    assert found[1] == Marked(37, 55, "method", 0.8 * LONG_FORM_AGAIN)


@pytest.mark.parametrize(
    "mentions",
    [[], [Marked(13, 25, "method", 0.8)], [Marked(7, 25, "metric", 0.8)]],
    ids=["unmarked", "a part of it", "a metric"],
)
def test_only_a_marked_long_form_is_found_again(nlp, mentions):
    doc = nlp.get_pipe("scholar_sentences")(nlp.make_doc(LONG_FORM))

    assert long_forms_again(doc, mentions, [ShortForm(26, 29, 7, 25)]) == []


def test_the_pipeline_finds_long_forms_again(nlp):
    doc = nlp.get_pipe("scholar_sentences")(nlp.make_doc(LONG_FORM))
    mark(doc, [Marked(7, 25, "method", 0.8)])

    found = marked(nlp.get_pipe("scholar_patterns")(nlp.get_pipe("scholar_abbreviations")(doc)))

    assert Marked(37, 55, "method", 0.8 * LONG_FORM_AGAIN) in found


def test_the_pipeline_repeats_names(nlp):
    text = "Pine GAN wins. Pine GAN loses. Then Pine GAN draws."
    doc = nlp.get_pipe("scholar_sentences")(nlp.make_doc(text))
    mark(doc, [Marked(0, 8, "method", 0.9), Marked(15, 23, "method", 0.9)])

    found = marked(nlp.get_pipe("scholar_patterns")(doc))

    assert found[-1] == Marked(36, 44, "method", PHRASE_AGAIN)


def test_many_names_in_a_long_text_take_linear_time(nlp):
    # 8,000 names that begin alike; comparing each with each place would be 10^9 steps.
    text = " ".join(f"Pine GAN{number}x wins. Pine GAN{number}x loses." for number in range(8000))
    doc = nlp.get_pipe("scholar_sentences")(nlp.make_doc(text))
    places = [
        Marked(match.start(), match.end(), "method", 0.9)
        for match in re.finditer(r"Pine GAN\d+x", text)
    ]

    assert with_repeated_phrases(doc, places) == places
