"""arXiv's metadata as JSON lines."""

import json

import pytest
from damage import assert_readable, damaged
from hypothesis import given

from scholargraph.extract.papers import Author, Paper, Record
from scholargraph.extract.sources import read, recognise

OWLS = {
    "id": "0704.0001",
    "submitter": "Ada M\u00fcller",
    "authors": 'Ada M\\"uller and Bo Li',
    "title": "Deep\n  Owls",
    "comments": "37 pages, see github.com/owl/deep",
    "journal-ref": "Owl Letters 3 (2007)",
    "doi": "10.1000/OWL.1",
    "report-no": None,
    "categories": "cs.CV math.CO",
    "license": None,
    "abstract": "  Owls are \\textit{deep}.\n",
    "versions": [
        {"version": "v1", "created": "Mon, 2 Apr 2007 19:18:42 GMT"},
        {"version": "v2", "created": "Tue, 24 Jul 2007 20:10:27 GMT"},
    ],
    "update_date": "2008-11-26",
    "authors_parsed": [['M\\"uller', "Ada", "Jr", "Owl Lab"], ["Li", "B.", ""]],
}


@pytest.fixture
def lines(tmp_path):
    def of(*records: object) -> list[Record]:
        path = tmp_path / "arxiv-metadata.json"
        path.write_text("".join(json.dumps(record) + "\n" for record in records))
        assert recognise(path) == "arxivjson"
        return list(read(path))

    return of


def test_a_line_becomes_a_paper(lines):
    assert lines(OWLS) == [
        Paper(
            id="0704.0001",
            title="Deep Owls",
            abstract="Owls are deep.",
            authors=(
                Author("Ada M\u00fcller Jr", 1, affiliations=("Owl Lab",)),
                Author("B. Li", 2),
            ),
            date="2007-04-02",
            venue="Owl Letters 3 (2007)",
            categories=("cs.CV", "math.CO"),
            ids=(("arxiv", "0704.0001"), ("doi", "10.1000/owl.1")),
            urls=("https://arxiv.org/abs/0704.0001",),
            code=("https://github.com/owl/deep",),
            genre="preprint",
        )
    ]


def test_names_in_one_string_will_do(lines):
    (paper,) = lines(OWLS | {"authors_parsed": None})

    assert [author.name for author in paper.authors] == ["Ada M\u00fcller", "Bo Li"]


def test_withdrawn_papers_are_marked(lines):
    (paper,) = lines(OWLS | {"abstract": "This paper has been withdrawn."})

    assert paper.withdrawn


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("versions", [{"created": "soon"}], '"created"'),
        ("versions", [{"created": f"Mon, {10**30} Apr 2007 19:18:42 GMT"}], '"created"'),
        ("doi", "owl", "\"doi\": 'owl' is no DOI"),
        ("authors_parsed", [["Li", 3]], '"authors_parsed" has something else'),
    ],
)
def test_what_is_wrong_is_left_out(lines, field, value, reason):
    paper, notice = lines(OWLS | {field: value})

    assert isinstance(paper, Paper)
    assert reason in notice.reason


@pytest.mark.parametrize("change", [{"id": "owl"}, {"title": None}])
def test_a_line_without_the_least_is_refused(lines, change):
    refusal, paper = lines(OWLS | change, OWLS)

    assert isinstance(paper, Paper)
    assert refusal.line == 1


@given(damaged((json.dumps(OWLS) + "\n").encode() * 2))
def test_damaged_lines_raise_nothing(tmp_path_factory, content):
    assert_readable(tmp_path_factory.getbasetemp() / "arxiv.json", content, "arxivjson")
