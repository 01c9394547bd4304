import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st

from scholargraph.extract.annotations import TITLE_END, sentence_bounds
from scholargraph.extract.boundaries import sentence_starts
from scholargraph.extract.pipeline import register


def pieces(text: str) -> list[str]:
    starts = sentence_starts(text)
    return [text[a:b].strip() for a, b in zip(starts, [*starts[1:], len(text)], strict=True)]


@pytest.mark.parametrize(
    "text",
    [
        "Tokens lose salience, e.g. in deep layers.",
        "Local (i.e. point-level) structures help.",
        "As Smith et al. (2020) show, it works.",
        "Compare cf. Table 2 and Fig. 3 for details.",
        "Ours vs. Theirs is close.",
        "Robust w.r.t. Gaussian noise.",
        "It gains 3.5 points with v2.0 of the tool.",
        "Tests on PASCAL-5^i and COCO-20^i work.",
        "Code is at https://github.com/A/B.Net and www.x.org/Y.",
        "Data from U.S. hospitals and J. R. Smith are used.",
        "We ask (i) what it is. and (ii) how it works.",
        "Results on Yahoo! Answers improve.",
        "We use Node.Js and README.Rmd files.",
        "We study it (Is it true? Maybe.) in depth.",
        "See no. 3 and sec. 4.1 for proofs.",
    ],
)
def test_what_only_looks_like_an_end_is_none(text):
    assert pieces(text) == [text]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("It learns. We test it.", ["It learns.", "We test it."]),
        (
            "It works bottom-up in this manner.Technically, it is new.",
            ["It works bottom-up in this manner.", "Technically, it is new."],
        ),
        (
            "It is an instance learning network.MIL is trained.",
            ["It is an instance learning network.", "MIL is trained."],
        ),
        ("Methods by Smith et al. We extend them.", ["Methods by Smith et al.", "We extend them."]),
        ("Made in the U.S. However, it fails.", ["Made in the U.S.", "However, it fails."]),
        ('He called it "done." Then we left.', ['He called it "done."', "Then we left."]),
        ("It works (see below.) We stop.", ["It works (see below.)", "We stop."]),
        ("Why? Because! Yes.", ["Why?", "Because!", "Yes."]),
        ("It fails. mBERT does not.", ["It fails.", "mBERT does not."]),
        ("One.\n\nTwo", ["One.", "Two"]),
        ("モデルを提案する。結果は良い。", ["モデルを提案する。", "結果は良い。"]),
    ],
)
def test_ends_are_found(text, sentences):
    assert pieces(text) == sentences


@given(st.text())
def test_sentences_cover_the_text_in_order(text):
    starts = sentence_starts(text)

    assert starts[0] == 0
    assert starts == sorted(set(starts))
    assert all(start < len(text) for start in starts[1:])


def test_a_title_is_one_sentence_and_ends_where_the_abstract_begins():
    register()
    nlp = spacy.blank("en")
    nlp.add_pipe("scholar_sentences")
    doc = nlp.make_doc("All you need? Random tokens\n\nWe test it. It works.")
    doc._.set(TITLE_END, len("All you need? Random tokens\n\n"))

    doc = nlp.get_pipe("scholar_sentences")(doc)

    texts = [doc.text[start:end] for start, end in sentence_bounds(doc)]
    assert texts == ["All you need? Random tokens", "We test it.", "It works."]
