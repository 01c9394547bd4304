"""
What the README prints is what the program answers.

``UPDATE_README=1 pytest tests/test_readme.py`` writes the answers anew.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scholargraph.extract import extract, model_id
from scholargraph.graph.answers import answered
from scholargraph.graph.importing import import_files
from scholargraph.graph.store import Store

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
QUERIES = ROOT / "graph" / "queries"
QUESTIONS = sorted(QUERIES.glob("example_*.rq"))
SHOWN = re.compile(r"<!-- answer: (\w+) -->\n.*?<!-- end -->", re.DOTALL)
LIST = re.compile(r"<!-- questions -->\n.*?<!-- end -->", re.DOTALL)


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory):
    """The graph of data/papers.jsonl, as `make demo` builds it."""
    store = Store.open(tmp_path_factory.mktemp("demo") / "demo.db", create=True)
    report = import_files(
        [ROOT / "data" / "papers.jsonl"], store, extract=extract, model=model_id()
    )
    assert not report.skipped
    return store


def answer(path: Path, store: Store, width: int | None = 110) -> str:
    text = b"".join(answered(store, path.read_text("utf-8"), "table", width=width)).decode()
    return "\n".join(line.rstrip() for line in text.splitlines())


# The demonstration is one source without references.
SEVERAL_SOURCES = {"example_citations", "example_conflicts"}


@pytest.mark.parametrize("path", QUESTIONS, ids=lambda path: path.stem)
def test_every_example_question_has_an_answer(path, demonstration):
    lines = answer(path, demonstration).splitlines()

    assert path.read_text("utf-8").startswith("# ")
    assert (len(lines) > 2) == (path.stem not in SEVERAL_SOURCES)


def test_the_readme_shows_the_real_answers(demonstration):
    def shown(found: re.Match[str]) -> str:
        path = QUERIES / f"{found[1]}.rq"
        question, _, query = path.read_text("utf-8").partition("\n")
        command = f"$ scholargraph query graph/queries/{path.name} --store demo.db"
        return "\n".join(
            [
                f"<!-- answer: {found[1]} -->",
                f"**{question.removeprefix('# ')}**",
                "",
                f"```sparql\n{query.strip()}\n```",
                "",
                f"```text\n{command}\n{answer(path, demonstration)}\n```",
                "<!-- end -->",
            ]
        )

    def listed(_: re.Match[str]) -> str:
        rows = [
            f"- [{path.read_text('utf-8').partition(chr(10))[0].removeprefix('# ')}]"
            f"(graph/queries/{path.name})"
            for path in QUESTIONS
        ]
        return "\n".join(["<!-- questions -->", *rows, "<!-- end -->"])

    readme = README.read_text("utf-8")
    rendered = LIST.sub(listed, SHOWN.sub(shown, readme))
    if os.environ.get("UPDATE_README"):
        README.write_text(rendered, "utf-8")

    assert len(SHOWN.findall(readme)) >= 3
    assert README.read_text("utf-8") == rendered


def test_the_readme_names_both_commands():
    readme = README.read_text("utf-8")
    makefile = (ROOT / "Makefile").read_text("utf-8")

    for target in ("demo", "test"):
        assert f"make {target}" in readme
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


def test_links_in_the_readme_lead_somewhere():
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)", README.read_text("utf-8"))

    assert targets
    assert not [target for target in targets if not (ROOT / target).exists()]


def test_every_route_is_in_the_readme(store):
    from scholargraph.server import create_app
    from scholargraph.web.service import Settings

    readme = README.read_text("utf-8")
    app = create_app(Settings(store=store.path))
    rules = {rule.rule.split("<", 1)[0].rstrip("/.") for rule in app.url_map.iter_rules()}

    assert "/sparql" in rules
    assert not [rule for rule in rules if f"`{rule or '/'}" not in readme]


def test_the_command_of_the_readme_prints_what_it_shows(demonstration):
    command = Path(sys.executable).with_name("scholargraph")
    path = QUERIES / "example_years.rq"
    printed = subprocess.run(
        [command, "query", path, "--store", demonstration.path],
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert printed.strip() == answer(path, demonstration, width=None)
