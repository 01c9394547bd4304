"""Which words beside a found name belong to it."""

import pytest

from scholargraph.extract.decoding import WordSpan
from scholargraph.extract.extent import extended


def words_of(text: str) -> tuple[list[str], list[bool]]:
    """Words of *text*, in which '~' stands between two that have no space between them."""
    words, joined = [], []
    for run in text.split():
        pieces = run.split("~")
        words += pieces
        joined += [True] * (len(pieces) - 1) + [False]
    return words, joined


def named(text: str, *found: tuple[str, str]) -> list[tuple[str, str]]:
    words, joined = words_of(text)
    spans = []
    for name, kind in found:
        parts = name.replace("~", " ").split()
        first = next(n for n in range(len(words)) if words[n : n + len(parts)] == parts)
        spans.append(WordSpan(first, first + len(parts) - 1, kind, 0.5))
    return [
        (" ".join(words[span.first : span.last + 1]), span.kind)
        for span in extended(words, joined, spans)
    ]


@pytest.mark.parametrize(
    ("text", "name", "kind", "whole", "becomes"),
    [
        ("all convolution layers of it", "convolution", "method", "convolution layers", "method"),
        ("a 2D convolution layer .", "2D convolution", "method", "2D convolution layer", "method"),
        ("its pose estimation network", "pose estimation", "task", "pose estimation network",
         "method"),
        ("few~-~shot segmentation", "segmentation", "task", "few - shot segmentation", "task"),
        ("semi~-~supervised parsing", "parsing", "task", "semi - supervised parsing", "task"),
        # as they are: a coined name, a data set, a word that says how, not what
        ("the BERT layers", "BERT", "method", "BERT", "method"),
        ("the news network", "news", "dataset", "news", "dataset"),
        ("a segmentation model", "segmentation", "task", "segmentation", "task"),
        ("a segmentation layer", "segmentation", "task", "segmentation", "task"),
        ("pre~-~trained attention", "attention", "method", "attention", "method"),
        ("fine~-~tuning attention", "attention", "method", "attention", "method"),
        ("end~-~to~-~end segmentation", "segmentation", "task", "segmentation", "task"),
        ("it works - well segmentation", "segmentation", "task", "segmentation", "task"),
        ("the attention layer~-~wise", "attention", "method", "attention", "method"),
        ("convolution~layer", "convolution", "method", "convolution", "method"),
    ],
)  # fmt: skip
def test_names_in_lower_case_go_on(text, name, kind, whole, becomes):
    assert named(text, (name, kind)) == [(whole, becomes)]


def test_no_name_grows_into_another():
    text = "convolution network few~-~shot segmentation"
    found = (("convolution", "method"), ("network", "method"), ("few", "method"),
             ("segmentation", "task"))  # fmt: skip

    assert named(text, *found) == list(found)
