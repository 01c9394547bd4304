"""Splitting, joining, and taking a source back, on the command line."""

import json
import sys

import pytest

from scholargraph import cli

TITLE = "A Bridge Seen from Below"
ONE = {
    "id": "one",
    "title": TITLE,
    "authors": ["Ada Lindqvist"],
    "abstract": "We use BERT for parsing.",
    "year": 2020,
    "arxiv": "2001.00001",
}
OTHER = ONE | {"id": "other", "abstract": "Short.", "doi": "10.5555/bridge"}
OTHER.pop("arxiv")


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Runs the command in a folder with two files of one paper: exit status and output."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SCHOLARGRAPH_STORE", raising=False)
    for name, paper in (("one", ONE), ("other", OTHER)):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(paper) + "\n")

    def command(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["scholargraph", *arguments])
        with pytest.raises(SystemExit) as ending:
            cli.main()
        out, err = capsys.readouterr()
        return int(ending.value.code or 0), out + err

    return command


def test_what_was_merged_is_split_joined_and_taken_back(run):
    status, said = run("import", "one.jsonl", "other.jsonl", "--jobs", "1")
    assert (status, "1 new, 1 changed" in said) == (0, True)
    assert "1 record of papers that another source speaks of too" in said

    status, said = run("split", "doi:10.5555/bridge", "--note", "A talk and an article.")
    assert status == 0 and said.startswith("2 papers now; ")
    status, said = run("split", "doi:10.5555/bridge")
    assert status == 1 and "is of one record; there is nothing to split" in said
    status, said = run("split", "doi:10.5555/bridge", "--withdraw")
    assert status == 0 and said.startswith("one paper now; ")

    status, said = run("remove", "--source", "other.jsonl")
    assert status == 0 and said.startswith("0 removed, ")
    status, said = run("remove", "--source", "other.jsonl")
    assert status == 1 and "no papers were imported from 'other.jsonl'" in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["remove"], "name papers, or one source with --source"),
        (["remove", "one", "--source", "one.jsonl"], "name papers, or one source with --source"),
        (["join", "one"], "name two papers, or with --withdraw one"),
        (["join", "one", "two", "--withdraw"], "name two papers, or with --withdraw one"),
    ],
)
def test_a_wrong_command_line_says_what_would_be_right(run, arguments, message):
    status, said = run(*arguments)

    assert status == 2 and message in said
