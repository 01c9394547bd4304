"""Every run is on record with what came of it; `scholargraph.graph.history` reads the record."""

import json
from collections.abc import Iterable, Iterator

import pytest
from click.testing import CliRunner
from corpus import MODEL
from pyoxigraph import DefaultGraph
from spotting import bring, broken_rules, record, spotted, write

from scholargraph.cli import cli
from scholargraph.extract.mentions import Extraction
from scholargraph.extract.papers import Paper
from scholargraph.graph import history
from scholargraph.graph import vocab as v
from scholargraph.graph.differences import HistoryError
from scholargraph.graph.history import LISTED, Skipped, Tally
from scholargraph.graph.removal import remove
from scholargraph.graph.store import Store


def runs(store: Store) -> tuple[history.RunSummary, ...]:
    with store.snapshot() as snapshot:
        return history.runs(snapshot)


def test_every_file_of_an_import_is_a_run_newest_first(empty_store, tmp_path):
    first = write(tmp_path / "a.jsonl", record("1"), record("2"))
    second = write(tmp_path / "b.jsonl", record("3"))
    report = bring(empty_store, first, second)

    found = runs(empty_store)

    assert [(run.number, run.file, run.new, run.changed) for run in found] == [
        (2, "b.jsonl", 1, 0),
        (1, "a.jsonl", 2, 0),
    ]
    assert sum(run.triples_added or 0 for run in found) == report.triples_added
    assert {(run.format, run.model, run.operation) for run in found} == {("jsonl", MODEL, "import")}
    assert all(run.started <= run.ended and not run.interrupted for run in found)


def test_a_run_counts_the_facts_that_it_added_and_no_report(empty_store, tmp_path):
    bring(empty_store, write(tmp_path / "a.jsonl", record("1")))

    (run,) = runs(empty_store)
    with empty_store.snapshot() as snapshot:
        assert run.triples_added == len(snapshot.quads(graph=DefaultGraph()))
    assert run.triples_removed == 0


def test_a_run_lists_what_it_refused_with_the_line_and_the_reason(empty_store, tmp_path):
    bring(empty_store, write(tmp_path / "a.jsonl", record("1"), "{broken", record("2")))

    (run,) = runs(empty_store)

    assert (run.new, run.refused) == (2, 1)
    (skipped,) = run.skipped
    assert (skipped.file, skipped.line) == ("a.jsonl", 2)
    assert "JSON" in skipped.reason


def test_a_run_lists_no_more_refused_records_than_a_page_shows_but_counts_all(
    empty_store, tmp_path
):
    lines = [record("1"), *("{broken" for _ in range(LISTED + 5))]
    bring(empty_store, write(tmp_path / "a.jsonl", *lines))

    (run,) = runs(empty_store)

    assert (run.refused, len(run.skipped)) == (LISTED + 5, LISTED)
    assert [skipped.line for skipped in run.skipped[:3]] == [2, 3, 4]


def test_a_long_reason_is_cut(empty_store, tmp_path):
    tally = Tally()
    tally.number, tally.started = 1, "2026-01-01T00:00:00Z"
    tally.skip(Skipped("a.jsonl", 1, "x" * 9_000 + "\ud800"))
    with empty_store.writing() as writer:
        quads = history.report_quads(
            "a.jsonl",
            tally,
            ended="2026-01-01T00:00:01Z",
            over=True,
            operation="import",
            iris=empty_store.iris,
        )
        writer.apply([], quads)

    ((skipped,),) = (run.skipped for run in runs(empty_store))

    assert len(skipped.reason) == 500
    assert skipped.reason.endswith("x…")


def test_a_file_that_cannot_be_opened_is_reported_beside_those_that_can(empty_store, tmp_path):
    bring(empty_store, write(tmp_path / "a.jsonl", record("1")), tmp_path / "absent.jsonl")

    absent, present = runs(empty_store)

    assert (absent.file, absent.run, absent.refused, absent.new) == ("absent.jsonl", None, 1, 0)
    assert (present.file, present.new) == ("a.jsonl", 1)


def test_reading_the_same_again_is_not_another_run(empty_store, tmp_path):
    path = write(tmp_path / "a.jsonl", record("1"), "{broken")
    bring(empty_store, path)
    before = empty_store.current()
    bring(empty_store, path)

    assert empty_store.current() == before
    assert [run.number for run in runs(empty_store)] == [1]


def test_a_run_that_finds_a_few_changes_counts_the_rest_as_unchanged(empty_store, tmp_path):
    path = write(tmp_path / "a.jsonl", record("1"), record("2"), record("3"))
    bring(empty_store, path)
    bring(empty_store, write(path, record("1"), record("2", "We like U-Net."), record("3")))

    newest = runs(empty_store)[0]

    assert (newest.number, newest.new, newest.changed, newest.unchanged) == (2, 0, 1, 2)


def test_an_import_that_was_stopped_is_interrupted_and_counts_what_it_brought(
    empty_store, tmp_path
):
    def tired(papers: Iterable[Paper]) -> Iterator[tuple[Paper, Extraction]]:
        for position, paper in enumerate(papers):
            if position == 5:
                raise KeyboardInterrupt
            yield paper, spotted(paper)

    path = write(tmp_path / "a.jsonl", *(record(str(n)) for n in range(8)))
    with pytest.raises(KeyboardInterrupt):
        bring(empty_store, path, extract=tired, batch=2)
    (stopped,) = runs(empty_store)
    bring(empty_store, path)

    assert (stopped.interrupted, stopped.new, stopped.ended) == (True, 4, "")
    again, before = runs(empty_store)
    assert (again.number, again.new, again.unchanged, again.interrupted) == (2, 4, 4, False)
    assert before == stopped


def test_a_run_is_found_by_its_report_and_by_the_activity_that_facts_name(empty_store, tmp_path):
    path = write(tmp_path / "a.jsonl", record("1"))
    bring(empty_store, path)
    remove(empty_store, ["1"])
    bring(empty_store, path)
    newest, oldest = runs(empty_store)

    with empty_store.snapshot() as snapshot:
        assert history.run(snapshot, oldest.iri) == oldest
        assert newest.run == oldest.run
        assert history.run(snapshot, newest.run or "") == newest
        assert history.run(snapshot, "https://example.org/nothing") is None
    assert (oldest.number, newest.number) == (1, 3)  # the removal is the second change


def test_a_run_from_before_reports_were_kept_says_what_facts_say(store):
    (run,) = runs(store)
    with store.writing() as writer:
        report = history.stored_report(writer, 1, store.iris)
        writer.apply(report, [])

    (old,) = runs(store)

    assert (old.iri, old.number, old.new) == (run.run, None, None)
    assert (old.file, old.format, old.model) == (run.file, run.format, run.model)
    assert old.ended


def test_reports_keep_to_their_shapes(empty_store, tmp_path):
    bring(empty_store, write(tmp_path / "a.jsonl", record("1"), "{broken"))
    place = empty_store.iris.runs_graph()
    assert broken_rules(empty_store, place) == ""

    with empty_store.writing() as writer:
        writer.apply(writer.quads(None, v.REASON, None, place), [])

    assert "sg:reason" in broken_rules(empty_store, place)


def test_the_command_lists_runs_and_says_what_separates_two(empty_store, tmp_path):
    path = write(tmp_path / "a.jsonl", record("1"), "{broken")
    bring(empty_store, path)
    bring(empty_store, write(path, record("1", "We train U-Net.")))

    def do(*arguments: str) -> str:
        result = CliRunner().invoke(cli, [*arguments, "--store", str(empty_store.path)])
        assert result.exit_code == 0, result.output
        return result.output

    found = [json.loads(line) for line in do("runs", "--json").splitlines()]

    assert [(run["number"], run["changed"], run["refused"]) for run in found] == [
        (2, 1, 0),
        (1, 0, 1),
    ]
    assert "a.jsonl: 1 new, 0 changed, 0 unchanged, 1 refused" in do("runs")
    assert "+ usesMethod U-Net: We train U-Net. (0.9)" in do("diff", "last~1", "last")
    assert "- usesMethod U-Net: We train U-Net. (0.9)" in do("diff", "2", "1")
    assert do("diff", "1", "2", "--format", "patch").startswith("H id <urn:uuid:")
    assert "graph/diff/0-1/added" in do("diff", "0", "1", "--format", "trig")


@pytest.mark.parametrize("name", ["7", "last~9", "yesterday"])
def test_the_command_names_a_run_that_is_not_there(empty_store, tmp_path, name):
    bring(empty_store, write(tmp_path / "a.jsonl", record("1")))

    result = CliRunner().invoke(cli, ["diff", "0", name, "--store", str(empty_store.path)])

    assert isinstance(result.exception, HistoryError)
