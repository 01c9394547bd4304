"""Which names are sizes of a model."""

import pytest

from scholargraph.extract.families import family


@pytest.mark.parametrize(
    ("size", "model"),
    [
        ("BERT-large", "BERT"),
        ("BERT base", "BERT"),
        ("BERT-base-uncased", "BERT"),
        ("XLM-RoBERTa-large", "XLM-RoBERTa"),
        ("T5-XXL", "T5"),
        ("GPT-2 medium", "GPT-2"),
        ("Llama 3.1 8B", "Llama 3.1"),
        ("Llama-2-7B-Chat", "Llama-2"),
        ("Qwen3-30B-A3B", "Qwen3"),
        ("OPT (6.7B)", "OPT"),
        ("ViT-B/16", "ViT"),
        ("Whisper large", "Whisper"),
    ],
)
def test_a_size_has_a_family(size, model):
    assert family(size) == model


@pytest.mark.parametrize(
    "name",
    [
        "BERT",
        "GPT-4",  # a version, not a size
        "GPT-3.5",
        "ResNet-50",
        "SQuAD 2.0",
        "large",
        "rule base",
        "knowledge-base",
        "PM-S",  # the letter may mean anything
        "parameter 7B",
        "",
    ],
)
def test_what_is_no_size_has_none(name):
    assert family(name) is None
