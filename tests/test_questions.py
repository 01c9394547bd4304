"""The queries that come with the program."""

import re
from pathlib import Path

import pytest

from scholargraph.graph.questions import named_query

QUERIES = sorted(
    file.stem for file in (Path(__file__).parents[1] / "graph" / "queries").glob("*.rq")
)


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_begins_with_its_question_and_is_bounded_with_a_reason(name):
    query = named_query(name)

    assert re.match(r"# \w.*\?( \(.*\))?\n", query)
    assert re.search(r"^\s*LIMIT \d+  # \w", query, re.MULTILINE)
