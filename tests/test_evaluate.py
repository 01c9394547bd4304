"""Counting what the extractor finds against what people marked."""

import json

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc

from scholargraph.extract.annotations import Marked, mark
from scholargraph.extract.evaluate import Score, evaluate
from scholargraph.extract.sources.opening import SourceError

TEXT = "We train BERT on SQuAD for question answering with F1."
BERT, SQUAD, QA, F1 = (9, 13), (17, 22), (27, 45), (51, 53)


@Language.factory("test_marks", default_config={"marks": []})
def create_marks(nlp: Language, name: str, marks: list):
    def write(doc: Doc) -> Doc:
        mark(doc, [Marked(start, end, kind, 0.5) for start, end, kind in marks])
        return doc

    return write


def finding(*marks):
    nlp = spacy.blank("en")
    nlp.add_pipe("test_marks", config={"marks": [[*offsets, kind] for offsets, kind in marks]})
    return nlp


def gold(path, *marks, text=TEXT):
    spans = [{"start": s, "end": e, "label": label} for (s, e), label in marks]
    path.write_text(json.dumps({"id": "a#0", "text": text, "spans": spans}) + "\n")
    return path


def test_exact_spans_of_the_right_kind_are_hits(tmp_path):
    file = gold(tmp_path / "gold.jsonl", (BERT, "Method"), (SQUAD, "Dataset"), (QA, "Task"))

    result = evaluate([file], finding((BERT, "method"), (SQUAD, "task")))

    assert result.scores == (
        Score("method", 1, 1, 1),
        Score("dataset", 1, 0, 0),
        Score("task", 1, 1, 0),
        Score("all", 3, 2, 1),
    )
    total = result.score()
    assert (total.precision, total.recall) == (1 / 2, 1 / 3)
    assert total.f1 == pytest.approx(0.4)


def test_kinds_that_nobody_marked_are_not_wrong(tmp_path):
    file = gold(tmp_path / "gold.jsonl", (SQUAD, "Dataset"), (F1, "Metric"), (BERT, "Other"))

    result = evaluate([file], finding((BERT, "method"), (SQUAD, "dataset"), (QA, "task")))

    assert result.scores == (
        Score("dataset", 1, 1, 1),
        Score("metric", 1, 0, 0),
        Score("all", 2, 1, 1),
    )


def test_each_file_has_its_own_kinds(tmp_path):
    methods = gold(tmp_path / "methods.jsonl", (BERT, "Method"))
    tasks = gold(tmp_path / "tasks.jsonl", (QA, "Task"))

    result = evaluate([methods, tasks], finding((BERT, "method"), (QA, "task")))

    assert result.score() == Score("all", 2, 2, 2)


def test_kinds_that_are_asked_for_count_even_if_absent(tmp_path):
    file = gold(tmp_path / "gold.jsonl", (BERT, "Method"))

    result = evaluate([file], finding((BERT, "method"), (QA, "task")), kinds=["task"])

    assert result.scores == (Score("task", 0, 1, 0), Score("all", 0, 1, 0))
    assert result.score().f1 == result.score().recall == 0


def test_the_table_shows_percent(tmp_path):
    file = gold(tmp_path / "gold.jsonl", (BERT, "Method"), (QA, "Task"))

    table = evaluate([file], finding((BERT, "method"))).table()

    assert table.splitlines() == [
        "kind     precision  recall      F1   gold  found",
        "method      100.00  100.00  100.00      1      1",
        "task          0.00    0.00    0.00      1      0",
        "all         100.00   50.00   66.67      2      1",
    ]


def test_mistakes_are_listed_in_their_sentence_with_the_reason(tmp_path):
    marks = ((BERT, "Method"), (SQUAD, "Dataset"), (QA, "Task"), (F1, "Metric"))
    file = gold(tmp_path / "gold.jsonl", *marks)
    wrong = finding((BERT, "method"), (SQUAD, "method"), ((27, 35), "task"), ((3, 8), "metric"))

    listing = evaluate([file], wrong).listing()

    answering = TEXT.replace("question answering", "[[question answering]]")
    assert listing.splitlines() == [
        f"a#0  wrong metric (spurious): {TEXT.replace('train', '[[train]]')}",
        f"a#0  missed dataset (kind): {TEXT.replace('SQuAD', '[[SQuAD]]')}",
        "    found: SQuAD (method)",
        f"a#0  wrong method (kind): {TEXT.replace('SQuAD', '[[SQuAD]]')}",
        "    marked: SQuAD (dataset)",
        f"a#0  wrong task (boundary): {TEXT.replace('question', '[[question]]')}",
        "    marked: question answering (task)",
        f"a#0  missed task (boundary): {answering}",
        "    found: question (task)",
        f"a#0  missed metric (missed): {TEXT.replace('F1', '[[F1]]')}",
        "missed: 3 (kind 1, boundary 1, missed 1)",
        "wrong: 3 (spurious 1, kind 1, boundary 1)",
    ]


def test_no_mistakes_is_said(tmp_path):
    file = gold(tmp_path / "gold.jsonl", (BERT, "Method"))

    assert evaluate([file], finding((BERT, "method"))).listing() == "missed: 0\nwrong: 0"


def test_an_unknown_kind_is_refused(tmp_path):
    file = gold(tmp_path / "gold.jsonl", (BERT, "Method"))

    with pytest.raises(SourceError, match="no kind is called planet; kinds are method, dataset"):
        evaluate([file], finding(), kinds=["planet"])


def test_a_file_without_marks_is_refused(tmp_path):
    file = gold(tmp_path / "gold.jsonl", (BERT, "Other"))

    with pytest.raises(SourceError, match=r"gold\.jsonl: marks no method or dataset"):
        evaluate([file], finding())
