import pytest
import spacy
from spacy.language import Language

from scholargraph.extract.annotations import Marked, mark, marked
from scholargraph.extract.gazetteer import Gazetteer, abbreviations, names
from scholargraph.extract.pipeline import register

MODELS = Gazetteer(name for name in names() if name.kind == "method")


@pytest.fixture(scope="module")
def nlp() -> Language:
    register()
    nlp = spacy.blank(
        "en", config={"nlp": {"tokenizer": {"@tokenizers": "scholargraph.Tokenizer.v1"}}}
    )
    for stage in ("sentences", "abbreviations", "patterns"):
        nlp.add_pipe(f"scholar_{stage}")
    return nlp


def read(nlp: Language, text: str, *found: tuple[str, str]) -> list[str]:
    """Text and kind of each mention, where the tagger gave *found* with much confidence."""
    doc = nlp.make_doc(text)
    for name in ("scholar_sentences", "scholar_abbreviations"):
        doc = nlp.get_pipe(name)(doc)
    places = [(text.index(name), name, kind) for name, kind in found]
    mark(doc, [Marked(start, start + len(name), kind, 0.97) for start, name, kind in places])
    doc = nlp.get_pipe("scholar_patterns")(doc)
    return [f"{text[m.start : m.end]}/{m.kind}" for m in marked(doc)]


@pytest.mark.parametrize(
    "name",
    [
        "LLaVA-1.5-7B",
        "Qwen-2.5-VL-7B",
        "Qwen2.5-VL-7B-Instruct",
        "BERT-base-uncased",
        "BERT BASE",
        "Llama-3.1-8B-Instruct",
        "Llama 2 7B",
        "LLaMA 13B",
        "GPT-4o-mini",
        "GPT-3.5-turbo",
        "GPT 4",
        "DeepSeek-R1",
        "ResNet-101-FPN",
        "ResNet 50",
        "EfficientNet-B0",
        "YOLOv8",
        "Swin-T",
        "T5-11B",
        "DINOv2",
    ],
)
def test_a_version_belongs_to_the_model(name):
    assert MODELS.spellings(f"We try {name}, which helps.") == [name]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("beats BERT 3.0 % of the time", ["BERT"]),
        ("beats BERT 12 times", ["BERT"]),
        ("see BERT 2 and the appendix", ["BERT"]),
        ("CLIP-like encoders", ["CLIP"]),
    ],
)
def test_other_numbers_and_words_do_not_belong_to_the_model(text, expected):
    assert MODELS.spellings(text) == expected


@pytest.mark.parametrize(
    "text", ["on LLaVA-Instruct-150K", "BERTology", "the CLIP data set", "FastBERT", "the Bert Co."]
)
def test_other_names_are_not_the_model(text):
    assert MODELS.spellings(text) == []


def test_a_known_model_is_a_method_whatever_the_tagger_says(nlp):
    text = "Tests on LLaVA-1.5-7B and the Qwen-2.5-VL-7B backbone agree."

    found = read(nlp, text, ("LLaVA-1.5-7B", "dataset"), ("Qwen-2.5-VL-7B backbone", "dataset"))

    assert found == ["LLaVA-1.5-7B/method", "Qwen-2.5-VL-7B backbone/method"]


def test_a_known_model_is_found_without_the_tagger(nlp):
    assert read(nlp, "It costs less than RoBERTa-large.") == ["RoBERTa-large/method"]


def test_a_name_made_from_a_model_keeps_its_kind(nlp):
    text = "Tests on CLIP Bench Pairs agree."

    assert read(nlp, text, ("CLIP Bench Pairs", "dataset")) == ["CLIP Bench Pairs/dataset"]


def test_letters_that_the_paper_defines_are_its_own(nlp):
    text = "Cut and link item pairing (CLIP) is a problem. We solve CLIP."

    assert read(nlp, text, ("CLIP", "task"))[-1] == "CLIP/task"


def test_no_known_model_is_another_thing_in_the_tables():
    spelled = {
        spelling: name.kind
        for name in names()
        if name.kind != "method"
        for spelling in name.spellings
    }
    said_in_full = {entry.short for entry in abbreviations() if entry.label != entry.short}

    models = [s for name in names() if name.kind == "method" for s in name.spellings]

    assert len(models) == len(set(models))
    assert spelled.keys().isdisjoint(models)
    assert said_in_full.isdisjoint(models)
