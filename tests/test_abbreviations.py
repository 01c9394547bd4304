import pytest
from hypothesis import given
from hypothesis import strategies as st

from scholargraph.extract.abbreviations import definitions, title_definition


def defined(text: str) -> list[tuple[str, str]]:
    return [
        (text[form.short_start : form.short_end], text[form.long_start : form.long_end])
        for form in definitions(text, 0, len(text))
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "a novel Hierarchical Geometry Learning (HGL) framework",
            ("HGL", "Hierarchical Geometry Learning"),
        ),
        ("a new idea of LEArning Decomposition (LEAD)", ("LEAD", "LEArning Decomposition")),
        (
            "a Mutually Guided Few-shot learning framework for Relation Triple Extraction (MG-FTE)",
            (
                "MG-FTE",
                "Mutually Guided Few-shot learning framework for Relation Triple Extraction",
            ),
        ),
        (
            "normal Generative Adversarial Networks (GANs) are",
            ("GANs", "Generative Adversarial Networks"),
        ),
        ("use HGL (Hierarchical Geometry Learning) for", ("HGL", "Hierarchical Geometry Learning")),
        (
            "for video-language pre-training (VLP) learn",
            ("VLP", "video-language pre-training"),
        ),
        ("a virtual conditional GAN (vcGAN) which", ("vcGAN", "virtual conditional GAN")),
        ("Long Short-Term Memory (LSTM; Hochreiter) nets", ("LSTM", "Long Short-Term Memory")),
        ("Aggression Response Assessment (**ARA**) is", ("ARA", "Aggression Response Assessment")),
        ("(a multi-head attention (MHA) block)", ("MHA", "multi-head attention")),
    ],
)
def test_both_forms_are_found(text, expected):
    assert defined(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "improves accuracy (CIDEr) and diversity (self-CIDEr)",
        "as shown before (CITATION)",
        "in the year (2020) we",
        "uses images (see Figure 2)",
        "the model that we are calling Great (TMTWAC)",
        "()",
    ],
)
def test_other_brackets_define_nothing(text):
    assert defined(text) == []


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("LEAD: Learning Decomposition for Adaptation", ("LEAD", "Learning Decomposition")),
        ("MAP: MAsk-Pruning for Source-Free Models", ("MAP", "MAsk-Pruning")),
        ("MDM: Multiple Dynamic Masks", ("MDM", "Multiple Dynamic Masks")),
    ],
)
def test_a_title_spells_out_its_name(title, expected):
    form = title_definition(title)

    assert form is not None
    assert (
        title[form.short_start : form.short_end],
        title[form.long_start : form.long_end],
    ) == expected


@pytest.mark.parametrize(
    "title", ["EntropyPrune: Matrix Entropy Guided Pruning", "BERT rediscovers", "A: B", ""]
)
def test_a_title_that_spells_out_nothing(title):
    assert title_definition(title) is None


@given(st.text(alphabet="ABab ()[]-,;:.éß😀", max_size=80))
def test_forms_lie_within_the_text(text):
    for form in definitions(text, 0, len(text)):
        assert 0 <= form.short_start < form.short_end <= len(text)
        assert 0 <= form.long_start < form.long_end <= len(text)
