import pytest
import spacy
from spacy.language import Language

from scholargraph.extract.annotations import CONCEPTS, INTRODUCES, RESULTS
from scholargraph.extract.pipeline import register

NAMES = {
    "method": ["HGL", "GIPSO", "LEAD", "GLC", "BERT"],
    "dataset": ["WMT14", "FewRel 1.0", "FewRel 2.0", "VisDA", "SQuAD"],
    "metric": [
        "mIoU",
        "BLEU",
        "F1 score",
        "F1",
        "H-score",
        "FLOPs",
        "accuracy",
        "CIDEr",
        "self-CIDEr",
    ],
}


@pytest.fixture(scope="module")
def nlp() -> Language:
    register()
    nlp = spacy.blank(
        "en", config={"nlp": {"tokenizer": {"@tokenizers": "scholargraph.Tokenizer.v1"}}}
    )
    nlp.add_pipe("scholar_sentences")
    ruler = nlp.add_pipe("span_ruler", config={"spans_key": "mentions"})
    ruler.add_patterns(
        [{"label": kind, "pattern": name} for kind, names in NAMES.items() for name in names]
    )
    nlp.add_pipe("scholar_patterns")
    nlp.add_pipe("scholar_results")
    return nlp


def claims(nlp: Language, text: str) -> list[tuple[str, str | None, str]]:
    return [(c["value"], c["unit"], c["change"]) for c in nlp(text)._.get(RESULTS)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("HGL achieves an mIoU of 46.91%.", [("46.91", "percent", "absolute")]),
        ("HGL improves GIPSO by 3.0%.", [("3.0", "percent", "delta")]),
        ("It cuts the cost, reducing adaptation time by 80%.", [("-80", "percent", "delta")]),
        ("It outperforms BERT by 2.1 BLEU on WMT14.", [("2.1", None, "delta")]),
        ("It yields up to a 64x theoretical speedup.", [("64", "times", "delta")]),
        ("With 80% fewer data it competes.", [("-80", "percent", "delta")]),
        ("It reaches a 68.2% reduction in FLOPs.", [("-68.2", "percent", "delta")]),
        (
            "It wins by 12.6 F1 score on FewRel 1.0 and 20.5 F1 score on FewRel 2.0.",
            [("12.6", None, "delta"), ("20.5", None, "delta")],
        ),
        ("It scores 0.9004 F1 on the test set.", [("0.9004", None, "absolute")]),
        ("It reduces cost while improving accuracy by 5 points.", [("5", "points", "delta")]),
        ("It keeps 96.0% of the original performance while preserving 90% of BERT's accuracy.",
         [("96.0", "percent", "absolute"), ("90", "percent", "absolute")]),
        ("A gain of +10.38 BLEU.", [("10.38", None, "delta")]),
    ],
)  # fmt: skip
def test_results_are_read(nlp, text, expected):
    assert claims(nlp, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "We read 80 papers on accuracy.",
        "ResNet-50 has high accuracy.",
        "Beyond the 20th layer accuracy drops.",
        "Tests on four datasets show accuracy.",
        "We train on 1.15 million medical images.",
        "In 2019 the accuracy was high.",
        "SQuAD 1.1 asks for F1.",
        "See Table 3 for BLEU.",
        "It has 110M parameters and 12 layers.",
        "About 20% of the voters changed their mind.",
        "We took part in SemEval-2020 Task 3.",
        "It outperforms 20 foundation models.",
    ],
)
def test_other_numbers_are_left_alone(nlp, text):
    assert claims(nlp, text) == []


def test_a_claim_knows_what_it_is_about(nlp):
    doc = nlp("On VisDA, LEAD outperforms GLC by 3.5% overall H-score and reduces 75% time.")

    mentions = [span.text for span in doc.spans["mentions"]]
    found = [
        {
            role: mentions[claim[role]] if claim[role] is not None else None
            for role in ("metric", "dataset", "method", "baseline")
        }
        for claim in doc._.get(RESULTS)
    ]
    assert found == [
        {"metric": "H-score", "dataset": "VisDA", "method": "LEAD", "baseline": "GLC"},
        {"metric": None, "dataset": "VisDA", "method": "LEAD", "baseline": "GLC"},
    ]


@pytest.mark.parametrize(
    ("text", "method"),
    [
        ("Both reach a high score, an F1 of 80.2% by BERT.", "BERT"),
        ("While GLC is fast, LEAD reaches an F1 of 80.2%.", "LEAD"),
        ("LEAD and GLC compete, and GLC (with care) improves F1 by 2%.", "GLC"),
        ("Tested across BERT, an F1 of 80.2% is seen.", None),
        ("Applied to LEAD and GLC, training improves F1 by 2%.", None),
        ("The performance of BERT reaches an F1 of 80.2%.", "BERT"),
        ("By tuning BERT, we achieve an F1 of 80.2%.", "BERT"),
        ("We see an F1 of 80.2% and 70.1% with BERT and GLC, respectively.", None),
    ],
)
def test_a_result_is_credited_to_what_reached_it(nlp, text, method):
    doc = nlp(text)

    mentions = [span.text for span in doc.spans["mentions"]]
    claim = doc._.get(RESULTS)[0]
    assert (mentions[claim["method"]] if claim["method"] is not None else None) == method


@pytest.mark.parametrize(
    "sentence",
    [
        "Our model reaches an F1 of 80.2%.",
        "It improves F1 by 2%.",
        "On SQuAD, we achieve an F1 of 80.2% with BERT.",
        "The proposed method, in tests, clearly outperforms BERT by 2% F1.",
    ],
)
def test_we_and_it_are_what_the_paper_introduces(nlp, sentence):
    doc = nlp.make_doc(f"We propose HGL, a new model. {sentence}")
    for name, pipe in nlp.pipeline:
        if name == "scholar_results":
            marks = list(doc.spans["mentions"])
            doc._.set(CONCEPTS, [(span.text.lower(), span.text, None) for span in marks])
            doc._.set(INTRODUCES, [0])
        doc = pipe(doc)

    (claim,) = doc._.get(RESULTS)
    assert doc.spans["mentions"][claim["method"]].text == "HGL"


def test_two_numbers_go_with_two_metrics(nlp):
    doc = nlp("We see promotion of accuracy (CIDEr) and (self-CIDEr), up to 1.1 and 4.8 percent.")

    mentions = [span.text for span in doc.spans["mentions"]]
    found = [(claim["value"], mentions[claim["metric"]]) for claim in doc._.get(RESULTS)]
    assert found == [("1.1", "CIDEr"), ("4.8", "self-CIDEr")]


def test_a_title_reports_no_results(nlp):
    doc = nlp.make_doc("BERT at 90% accuracy\n\nWe test.")
    doc._.set("scholar_title_end", 22)

    for _, pipe in nlp.pipeline:
        doc = pipe(doc)

    assert doc._.get(RESULTS) == []
