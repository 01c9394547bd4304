"""The command line: what it prints where, its exit status, what it says of bad input."""

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import click
import pytest
from pyoxigraph import DefaultGraph, Quad

from scholargraph import cli
from scholargraph.graph.store import Store

ROOT = Path(__file__).parents[1]
COMMAND = Path(sys.executable).with_name("scholargraph")
COUNT = "SELECT (COUNT(*) AS ?triples) WHERE { ?s ?p ?o }"
PAPERS = [
    {
        "id": "one",
        "title": "WordSieve: Sorting Words for Parsing",
        "authors": ["Ada Byron", "Charles Page"],
        "abstract": "We propose WordSieve, a transition parser. It reaches 91.3% accuracy on "
        "the Penn Treebank.",
        "year": 2021,
    },
    {
        "id": "two",
        "title": "A Second Look at Sieves",
        "authors": ["Charles Page"],
        "abstract": "We compare WordSieve with BERT on named entity recognition.",
        "year": 2022,
    },
]


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Runs the command in an empty folder: its exit status, its stdout, its stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SCHOLARGRAPH_STORE", raising=False)

    def command(*arguments):
        monkeypatch.setattr(sys, "argv", ["scholargraph", *map(str, arguments)])
        with pytest.raises(SystemExit) as ending:
            cli.main()
        out, err = capsys.readouterr()
        return ending.value.code or 0, out, err

    return command


@pytest.fixture
def papers(tmp_path):
    path = tmp_path / "papers.jsonl"
    path.write_text("".join(json.dumps(paper) + "\n" for paper in PAPERS))
    return path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def all_commands() -> dict[str, click.Command]:
    return dict(cli.cli.commands)


@pytest.mark.parametrize("name", all_commands())
def test_every_command_has_help_with_an_example(name, run):
    status, out, _ = run(name, "--help")

    assert status == 0
    assert f"scholargraph {name}" in out
    assert all_commands()[name].get_short_help_str(limit=200).endswith(".")


def test_the_readme_names_every_command():
    readme = (ROOT / "README.md").read_text("utf-8")

    assert not [name for name in all_commands() if f"scholargraph {name}" not in readme]


def test_an_import_reports_and_a_second_one_changes_nothing(run, papers):
    first = run("import", papers, "--jobs", "1")
    before = run("query", COUNT, "--format", "csv")
    second = run("import", papers, "--jobs", "1")
    after = run("query", COUNT, "--format", "csv")

    assert first[0] == 0
    assert re.match(r"2 papers read in .* s: 2 new, 0 changed, 0 unchanged, 0 refused", first[1])
    assert "0 new, 0 changed, 2 unchanged" in second[1]
    assert "0 triples added, 0 removed" in second[1]
    assert before == after


def test_results_go_to_stdout_and_nothing_else_does(run, papers):
    status, out, err = run("extract", papers, "--jobs", "1")

    assert status == 0
    assert [json.loads(line)["id"] for line in out.splitlines()] == ["one", "two"]
    assert err == ""


def test_extract_gives_offsets_into_the_texts_that_it_prints(run, papers, tmp_path):
    run("extract", papers, "-o", tmp_path / "mentions.jsonl", "--jobs", "1")

    records = [json.loads(line) for line in (tmp_path / "mentions.jsonl").read_text().splitlines()]
    mentions = [(record, mention) for record in records for mention in record["mentions"]]
    assert mentions
    for record, mention in mentions:
        assert record[mention["field"]][mention["start"] : mention["end"]] == mention["text"]
        assert mention["concept"].startswith("https://w3id.org/scholargraph/")


def test_extract_takes_a_text_as_it_is(run, tmp_path):
    text = "We  train BERT\ton $SQuAD$ \\textit{again}."
    path = tmp_path / "texts.jsonl"
    path.write_text(json.dumps({"id": "x", "text": text}))

    status, out, _ = run("extract", path, "--jobs", "1")

    record = json.loads(out)
    assert status == 0
    assert record["text"] == text
    assert {mention["field"] for mention in record["mentions"]} == {"text"}


def test_a_store_is_found_by_its_variable(run, papers, tmp_path, monkeypatch):
    monkeypatch.setenv("SCHOLARGRAPH_STORE", str(tmp_path / "elsewhere.db"))

    run("import", papers, "--jobs", "1")

    assert Store.open(tmp_path / "elsewhere.db").exists
    assert not (tmp_path / "scholargraph.db").exists()


@pytest.mark.parametrize(
    ("suffix", "start"),
    [
        ("ttl", b"@prefix"),
        ("nt", b"<https://"),
        ("jsonld", b"["),
        ("rdf", b"<?xml"),
        ("trig", b"@prefix"),
        ("nq", b"<https://"),
    ],
)
def test_the_graph_exports_by_suffix(run, store, tmp_path, suffix, start):
    status, _, _ = run("export", tmp_path / f"graph.{suffix}", "--store", store.path)

    assert status == 0
    content = (tmp_path / f"graph.{suffix}").read_bytes()
    assert content.startswith(start) or content.lstrip()[:1] in b"{["


@pytest.mark.parametrize("name", ["coauthors.graphml", "concepts.gexf", "coauthors.csv"])
def test_networks_export_by_name(run, store, tmp_path, name):
    status, _, _ = run("export", tmp_path / name, "--store", store.path)

    assert status == 0
    assert (tmp_path / name).stat().st_size > 100


@pytest.mark.parametrize(
    ("answer_format", "expected"),
    [
        ("csv", "name\r\n"),
        ("tsv", "?name\n"),
        ("json", '{"head":'),
        ("xml", "<?xml"),
        ("table", "name\n----"),
    ],
)
def test_answers_come_in_the_format_asked_for(run, store, answer_format, expected):
    question = "SELECT ?name WHERE { ?s <http://xmlns.com/foaf/0.1/name> ?name } ORDER BY ?name"

    status, out, _ = run("query", question, "--format", answer_format, "--store", store.path)

    assert status == 0
    assert out.startswith(expected)


def test_yes_and_no_are_answers(run, store):
    yes = run("query", "ASK { ?s ?p ?o }", "--store", store.path)
    no = run("query", "ASK { <x:none> ?p ?o }", "--store", store.path)

    assert (yes[1], no[1]) == ("yes\n", "no\n")


def test_a_graph_is_shown_as_turtle(run, store):
    question = "CONSTRUCT { ?s a ?type } WHERE { ?s a ?type } LIMIT 3"

    status, out, _ = run("query", question, "--store", store.path)

    assert status == 0
    assert out.startswith("@prefix")


def test_a_question_may_come_from_a_file(run, store):
    path = ROOT / "graph" / "queries" / "example_years.rq"

    status, out, _ = run("query", path, "--store", store.path)

    assert status == 0
    assert out.startswith("year  papers\n")


def test_stats_count_the_corpus(run, store, corpus):
    status, out, _ = run("stats", "--json", "--store", store.path)

    assert status == 0
    assert json.loads(out)["papers"] == len(corpus)


def test_the_corpus_conforms_to_its_shapes(run, store):
    assert run("validate", "--store", store.path)[:2] == (0, "conforms\n")


def test_a_backup_restores_to_the_same_graph(run, store, tmp_path):
    run("backup", tmp_path / "copy", "--store", store.path)
    run("restore", tmp_path / "copy", "--store", tmp_path / "again.db")

    before = run("query", COUNT, "--format", "csv", "--store", store.path)
    after = run("query", COUNT, "--format", "csv", "--store", tmp_path / "again.db")
    assert before == after
    assert before[0] == 0


def make(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


BAD_FILES = {
    "missing": (None, "no such file"),
    "empty": (b"", "empty"),
    "line 17": (
        b'{"id": "a", "title": "T", "abstract": "A."}\n' * 16 + b'{"id": "b", "title": oops}\n',
        ":17",
    ),
    "no title": (b'{"id": "a", "abstract": "We use BERT."}\n', "title"),
    "no abstract": (b'{"id": "a", "title": "T"}\n', "abstract"),
    "no such date": (
        b'{"id": "a", "title": "T", "abstract": "A.", "date": "2021-02-30"}\n',
        "February 30, 2021",
    ),
    "NUL": (b"\0\0\0\0 some text \0", "NUL"),
    "UTF-16": ('{"id": "a", "title": "T"}\n'.encode("utf-16"), "UTF-16"),
    "one long line": (b"x" * 10_000_000, "not a format"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_refused_by_name_and_the_facts_are_as_before(run, store, tmp_path, case):
    content, complaint = BAD_FILES[case]
    path = tmp_path / "bad.jsonl"
    if content is not None:
        path.write_bytes(content)
    before = facts(store)

    status, out, err = run("import", path, "--store", store.path, "--jobs", "1")

    assert status == 1
    assert complaint.lower() in (out + err).lower()
    assert "bad.jsonl" in out + err
    assert "Traceback" not in out + err
    # Line 17 alone is refused: what stands before it goes in.
    assert (facts(store) == before) == (case != "line 17")


def facts(store: Store) -> set[Quad]:
    with store.snapshot() as snapshot:
        return set(snapshot.quads(graph=DefaultGraph()))


def test_what_cannot_be_read_makes_no_store(run, tmp_path):
    status, _, _ = run("import", tmp_path / "missing.jsonl", "--jobs", "1")

    assert status == 1
    assert not (tmp_path / "scholargraph.db").exists()


@pytest.mark.parametrize(
    ("arguments", "status", "complaint"),
    [
        (["query", COUNT], 1, "no such store"),
        (["query", COUNT, "--store", __file__], 1, "not a store"),
        (["query", COUNT, "--store", str(ROOT)], 1, "not a store"),
        (["query", "missing.rq"], 1, "no such"),
        (["serve"], 1, "no such store"),
        (["stats"], 1, "no such store"),
        (["export", "graph.ttl"], 1, "no such store"),
        (["import"], 2, "PATH"),
        (["query", COUNT, "--format", "nonsense"], 2, "nonsense"),
        (["nonsense"], 2, "nonsense"),
        (["import", "x", "--captured", "yesterday"], 2, "yesterday"),
    ],
)
def test_a_wrong_command_gets_one_clear_message(run, arguments, status, complaint):
    code, out, err = run(*arguments)

    assert (code, out) == (status, "")
    assert complaint in err
    assert "Traceback" not in err


def test_a_syntax_error_names_line_and_column(run, store):
    status, out, err = run("query", "SELECT ?s\nWHERE { ?s ?p }", "--store", store.path)

    assert (status, out) == (1, "")
    assert err.startswith("scholargraph: line 2, column ")
    assert err.count("\n") == 1


def test_an_export_in_an_unknown_format_leaves_nothing(run, store, tmp_path):
    status, _, err = run("export", tmp_path / "graph.docx", "--store", store.path)

    assert status == 1
    assert "docx" in err
    assert not list(tmp_path.glob("*graph*"))


def test_a_port_in_use_is_said(run, store):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        status, _, err = run("serve", "--port", port, "--store", store.path)

    assert status == 1
    assert f"port {port}" in err
    assert "--port" in err


def test_a_closed_pipe_is_no_error(store):
    shown = subprocess.run(
        f"{COMMAND} query 'SELECT * WHERE {{ ?s ?p ?o }}' --store {store.path} | head -1",
        shell=True,
        capture_output=True,
        text=True,
    )

    assert shown.stdout.strip().endswith("s")
    assert shown.stderr == ""


def test_an_import_while_the_graph_is_served_shows_at_once(store, papers, tmp_path):
    port = free_port()
    server = subprocess.Popen(
        [COMMAND, "serve", "--port", str(port), "--store", store.path],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,  # a folder that has modules named as ours
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert f"http://127.0.0.1:{port}/" in server.stdout.readline()
        before = asked(port, COUNT)
        subprocess.run(
            [COMMAND, "import", papers, "--store", store.path, "--jobs", "1"],
            check=True,
            capture_output=True,
        )
        after = asked(port, COUNT)
    finally:
        server.terminate()
        server.wait(15)
        server.stdout.close()

    assert int(after.split()[1]) > int(before.split()[1]) > 0


def asked(port: int, question: str) -> str:
    """The answer of the server at *port* as CSV, once it is up."""
    address = f"http://127.0.0.1:{port}/sparql"
    request = urllib.request.Request(
        address,
        data=question.encode(),
        headers={"Content-Type": "application/sparql-query", "Accept": "text/csv"},
    )
    deadline = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return response.read().decode()
        except ConnectionError:
            pass
        except urllib.error.URLError as error:
            if not isinstance(error.reason, ConnectionError):
                raise
        assert time.monotonic() < deadline, "the server does not come up"
        time.sleep(0.1)
