"""JSON lines: every key the reader knows, and what a bad line says."""

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scholargraph.extract.papers import Author, Paper, Profile, Record, Reference, Refusal
from scholargraph.extract.sources import SourceError, read, recognise
from scholargraph.extract.sources.opening import LONGEST_LINE

SHARED = Path(__file__).parents[1].parent / "shared" / "data"
DEMONSTRATION = Path(__file__).parents[1] / "data" / "papers.jsonl"

OWLS = {"id": "owls", "title": "Deep Owls", "abstract": "Owls are deep."}
WORDS = {"id": "words", "title": "Quiet Words", "abstract": "Words are quiet."}


@pytest.fixture
def read_lines(tmp_path):
    def of(*lines: object, format: str = "jsonl") -> list[Record]:
        path = tmp_path / "papers"
        encoded = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
        path.write_bytes(b"\n".join(encoded) + b"\n")
        return list(read(path, format=format))

    return of


@pytest.fixture
def paper(read_lines):
    def of(**fields: object) -> Paper:
        (record,) = read_lines(OWLS | fields)
        assert isinstance(record, Paper), str(record)
        return record

    return of


def test_a_record_becomes_a_paper(paper):
    assert paper(
        authors=[
            'Ada M\\"uller',
            {"name": "Bo Li", "orcid": "https://orcid.org/0000-0002-1825-0097"},
        ],
        date="2022-03-15",
        year=1999,
        venue="Owl  Studies",
        categories=["cs.CV", "IV"],
        doi="https://doi.org/10.18653/V1/2023.ACL-LONG.1",
        arxiv="arXiv:2203.07720v2",
        url="https://aclanthology.org/2023.acl-long.1/",
        code=["github.com/moth/vote.git"],
        affiliations="moth-lab",
        keywords=["ignored"],
    ) == Paper(
        id="owls",
        title="Deep Owls",
        abstract="Owls are deep.",
        authors=(Author("Ada Müller", 1), Author("Bo Li", 2, "0000-0002-1825-0097")),
        date="2022-03-15",
        venue="Owl Studies",
        categories=("cs.CV", "eess.IV"),
        ids=(
            ("doi", "10.18653/v1/2023.acl-long.1"),
            ("arxiv", "2203.07720"),
            ("acl", "2023.acl-long.1"),
            ("source", "owls"),
        ),
        urls=("https://aclanthology.org/2023.acl-long.1/",),
        code=("https://github.com/moth/vote",),
        code_flag=True,
        affiliations=("moth-lab",),
    )


def test_null_is_the_same_as_no_key(paper, read_lines):
    keys = "authors date year venue categories doi arxiv url urls code affiliations truncated text"

    assert paper(**dict.fromkeys(keys.split())) == paper()


@pytest.mark.parametrize(
    ("authors", "names", "truncated"),
    [
        ("Ada Lovelace and Alan Turing", ["Ada Lovelace", "Alan Turing"], False),
        ("Lovelace, Ada and Turing, Alan", ["Lovelace, Ada", "Turing, Alan"], False),
        ("Lovelace, Ada; Turing, Alan", ["Lovelace, Ada", "Turing, Alan"], False),
        ("Ada Lovelace, Sammy Davis, Jr. et al.", ["Ada Lovelace", "Sammy Davis, Jr."], True),
        (["Ada Lovelace", "et al."], ["Ada Lovelace"], True),
        (["Ada Lovelace", None], ["Ada Lovelace"], False),
        ([], [], False),
        ("", [], False),
    ],
)
def test_authors_come_in_any_shape(paper, authors, names, truncated):
    found = paper(authors=authors)

    assert [(author.name, author.position) for author in found.authors] == [
        (name, place) for place, name in enumerate(names, start=1)
    ]
    assert found.truncated is truncated


def test_an_author_may_stand_at_an_unknown_position(paper):
    found = paper(authors=["Bo Li", {"name": "Ada Müller", "position": None}], truncated=True)

    assert found.authors == (Author("Bo Li", 1), Author("Ada Müller", None))
    assert found.truncated


@pytest.mark.parametrize(
    ("given", "date"),
    [
        ({"date": "2022-03"}, "2022-03"),
        ({"date": "2022/3/5"}, "2022-03-05"),
        ({"date": "2022-03-15T10:00:00Z"}, "2022-03-15"),
        ({"year": "2022"}, "2022"),
        ({"year": 2022.0}, "2022"),
        ({"year": " "}, None),
    ],
)
def test_a_date_keeps_its_precision(paper, given, date):
    assert paper(**given).date == date


def test_text_is_taken_to_the_letter(read_lines):
    text = " $x$ 80\\%  of\nowls "

    assert read_lines({"id": "7", "text": text, "spans": []}) == [
        Paper(id="7", title="", abstract=text, ids=(("source", "7"),), verbatim=True)
    ]


def test_a_record_may_say_all_that_sources_know(paper):
    found = paper(
        genre="conference-paper",
        volume=12,
        issue="3",
        pages="17-23",
        publisher="Owl  Press",
        withdrawn=True,
        pmid=777,
        pmcid="PMC888",
        openalex="https://openalex.org/W12",
        s2="a" * 40,
        dblp="conf/owl/Li21",
        acl="2021.owl-main.7",
        isbn="0-306-40615-2",
        authors=[
            {"name": "Bo Li", "affiliation": ["Owl House", "Barn"]},
            {"name": "Ada Müller", "affiliations": ["Barn"], "affiliation": "Moth Lab"},
        ],
    )

    assert (found.genre, found.volume, found.issue) == ("conference-paper", "12", "3")
    assert (found.pages, found.publisher, found.withdrawn) == ("17-23", "Owl Press", True)
    assert found.ids == (
        ("acl", "2021.owl-main.7"),
        ("pmid", "777"),
        ("pmcid", "PMC888"),
        ("openalex", "W12"),
        ("s2", "a" * 40),
        ("dblp", "conf/owl/Li21"),
        ("isbn", "9780306406157"),
        ("source", "owls"),
    )
    assert [author.affiliations for author in found.authors] == [
        ("Owl House", "Barn"),
        ("Moth Lab", "Barn"),
    ]


@pytest.mark.parametrize(
    ("given", "reference"),
    [
        ("https://doi.org/10.1234/X", Reference((("doi", "10.1234/x"),))),
        ("arXiv:2203.07720v2", Reference((("arxiv", "2203.07720"),))),
        ("W12", Reference((("openalex", "W12"),))),
        ("PMID: 777", Reference((("pmid", "777"),))),
        ("P19-1001", Reference((("acl", "P19-1001"),))),
        ("moths", Reference((("source", "moths"),))),
        (12, Reference((("source", "12"),))),
        (
            {"doi": "10.1234/x", "title": "Moths  <i>fly</i>", "year": 1999},
            Reference((("doi", "10.1234/x"),), "Moths fly", "1999"),
        ),
        ({"id": "moths"}, Reference((("source", "moths"),))),
        ({"title": "Moths"}, Reference((), "Moths")),
    ],
)
def test_a_reference_is_an_identifier_or_an_object(paper, given, reference):
    assert paper(references=[given, given, {"year": 1999}, " "]).references == (reference,)


@pytest.mark.parametrize("indent", [None, 2])
def test_an_array_of_records_is_read_too(tmp_path, indent):
    path = tmp_path / "papers"
    path.write_text(json.dumps([OWLS, {"title": "x"}, None, OWLS, WORDS], indent=indent))

    found = list(read(path))

    assert recognise(path) == "jsonl"
    assert [made.id for made in found if isinstance(made, Paper)] == ["owls", "words"]
    assert [made.reason for made in found if isinstance(made, Refusal)] == [
        'record 2: "abstract" is missing; each line needs title and abstract, or text',
        "record 3: this is null; a paper is an object, {…}",
        "record 4: \"id\" 'owls' stands as record 1 already; give each paper its own",
    ]


def test_one_record_may_be_spread_over_lines(tmp_path):
    path = tmp_path / "papers"
    path.write_text(json.dumps(OWLS, indent=2))

    assert [made.id for made in read(path)] == ["owls"]


def test_a_paper_without_id_is_named_by_title_and_year(read_lines):
    found = read_lines({"title": "Über  Eulen", "abstract": "Tief.", "year": 2020})

    assert [record.id for record in found] == ["uber-eulen-2020"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"id": 1, "title": ', "column 20: not JSON (Expecting value)"),
        (b"owls", "column 1: not JSON"),
        (b'{"a": "\xe9"}', "column 8: byte 0xe9 is not UTF-8"),
        (b'{"title": "a\0b"}', "column 13: a NUL byte; remove it"),
        (b'{"title": "a\\u0000b", "abstract": "x"}', '"title" has a NUL character'),
        (b"[1]", "the line is a list; each line needs one object"),
        (b"null", "the line is null"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"year": ' + b"9" * 5000 + b"}", "not JSON that can be read"),
        (b'{"year": NaN}', "NaN is not JSON; write null"),
        ({"abstract": "x"}, '"title" is missing'),
        ({"error": "Not found"}, "this is an error message, 'Not found', and no paper; fetch"),
        ({"message": "Too many", "code": "429"}, "this is an error message, 'Too many', and no"),
        ({"title": "x"}, '"abstract" is missing'),
        (OWLS | {"title": " \n"}, '"title" is blank'),
        (OWLS | {"abstract": ""}, '"abstract" is blank'),
        (OWLS | {"title": 5}, '"title" is a number; it must be a string'),
        (OWLS | {"abstract": ["x"]}, '"abstract" is a list'),
        (OWLS | {"abstract": "x" * 10_000_000}, '"abstract" has 10,000,000 characters; at most'),
        ({"text": "x" * 10_000_000}, '"text" has 10,000,000 characters; at most'),
        ({"text": ""}, '"text" is blank'),
        ({"text": "a\x01b"}, '"text" has U+0001 at character 1; remove it'),
        ({"text": "a\ud800"}, '"text" has U+D800 at character 1'),
        (OWLS | {"date": "2022-02-30"}, '"date": February 30, 2022 does not exist'),
        (OWLS | {"date": "2022-13-01"}, "there is no month 13"),
        (OWLS | {"date": "soon"}, "'soon' is no date; write 2022-03-15, 2022-03 or 2022"),
        (OWLS | {"year": 22}, "'22' is no date"),
        (OWLS | {"year": 20222}, "'20222' is no date"),
        (OWLS | {"year": True}, '"year" is true'),
        (OWLS | {"authors": 5}, '"authors" is a number; it must be a list'),
        (OWLS | {"authors": [5]}, '"authors" has a number in it'),
        (OWLS | {"authors": [{"orcid": None}]}, '"authors" has an entry without "name"'),
        (OWLS | {"authors": [{"name": "A", "position": 0}]}, '"position" of an author must be'),
        (OWLS | {"authors": ["A", {"name": "B", "position": 1}]}, 'the same "position"'),
        (OWLS | {"genre": "poem"}, "\"genre\" is 'poem'; write one of article, conference-paper"),
        (OWLS | {"withdrawn": 1}, '"withdrawn" is a number; it must be true or false'),
        (OWLS | {"references": "moths"}, '"references" is a string; it must be a list'),
        (OWLS | {"references": [[]]}, '"references" has a list in it; write a DOI'),
        (OWLS | {"truncated": "yes"}, '"truncated" is a string; it must be true or false'),
        (OWLS | {"categories": {}}, '"categories" has an object in it'),
        (OWLS | {"code": [1]}, '"code" has a number in it'),
        (OWLS | {"id": ""}, '"id" is blank'),
        (OWLS | {"id": "x" * 301}, '"id" is longer than 300 characters'),
        (OWLS | {"id": 1.5}, '"id" is a number; it must be a string'),
    ],
)
def test_a_bad_line_is_refused_and_the_rest_goes_in(read_lines, line, reason):
    filler = {"id": "first", "title": "First", "abstract": "One."}

    found = read_lines(filler, line, WORDS)

    assert [record.id for record in found if isinstance(record, Paper)] == ["first", "words"]
    (refusal,) = [record for record in found if isinstance(record, Refusal)]
    assert refusal.line == 2
    assert reason in refusal.reason


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"doi": "0.26615/978_001"}, "\"doi\": '0.26615/978_001' is no DOI"),
        ({"arxiv": "owls"}, "\"arxiv\": 'owls' is no arXiv identifier"),
        ({"authors": [{"name": "A", "orcid": "0000-0002-1825-0098"}]}, "check digit is wrong"),
    ],
)
def test_a_malformed_identifier_is_left_out_and_reported(read_lines, fields, reason):
    paper, notice = read_lines(OWLS | fields)

    assert isinstance(paper, Paper)
    assert paper.ids == (("source", "owls"),)
    assert isinstance(notice, Refusal)
    assert reason in notice.reason
    assert notice.reason.endswith("the paper went in without it")


def test_the_same_id_twice_names_the_first_line(read_lines):
    found = read_lines(OWLS, WORDS, OWLS | {"title": "Other"})

    assert [str(record.reason) for record in found if isinstance(record, Refusal)] == [
        "\"id\" 'owls' stands on line 1 already; give each paper its own"
    ]


def test_control_characters_become_spaces(paper):
    assert paper(title="Deep\x01Owls\ud800").title == "Deep Owls\ufffd"


def test_blank_lines_and_a_byte_order_mark_do_no_harm(read_lines):
    found = read_lines(b"\xef\xbb\xbf" + json.dumps(OWLS).encode() + b"\r", b"", b" \r", WORDS)

    assert [record.id for record in found] == ["owls", "words"]


def test_a_line_too_long_to_hold_is_passed_over(read_lines):
    found = read_lines(b'{"title": "' + b"x" * LONGEST_LINE + b'"}', WORDS)

    assert [record.line for record in found if isinstance(record, Refusal)] == [1]
    assert [record.id for record in found if isinstance(record, Paper)] == ["words"]


def test_gzip_is_known_by_its_content(tmp_path):
    path = tmp_path / "papers.txt"
    path.write_bytes(gzip.compress(json.dumps(OWLS).encode()))

    assert recognise(path) == "jsonl"
    assert [record.id for record in read(path)] == ["owls"]


@pytest.mark.parametrize("keep", [-8, 3000])
def test_gzip_that_breaks_off_is_reported_at_its_line(tmp_path, keep):
    lines = [json.dumps(OWLS | {"id": str(n), "venue": str(hash(str(n)))}) for n in range(3000)]
    path = tmp_path / "papers.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode())[:keep])

    *whole, last = read(path, format="jsonl")

    assert all(isinstance(record, Paper) for record in whole)
    assert isinstance(last, Refusal)
    assert "breaks off here; fetch the file again" in last.reason


@pytest.mark.parametrize("first", [b"", b"garbage", b'{"id": ', b"\xff{"])
def test_a_broken_first_line_does_not_hide_the_format(read_lines, first):
    found = read_lines(first, OWLS, WORDS, format="auto")

    assert [record.id for record in found if isinstance(record, Paper)] == ["owls", "words"]


def test_the_demonstration_corpus_is_whole():
    found = list(read(DEMONSTRATION))

    papers = [record for record in found if isinstance(record, Paper)]
    assert len(papers) == len(found) == 27
    assert all(90 <= len(paper.abstract.split()) <= 160 for paper in papers)
    assert all("Lianghua He" in [author.name for author in paper.authors] for paper in papers)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the paper collections lie outside the project")
def test_two_thousand_papers_of_the_acl_anthology_are_read():
    found = list(read(SHARED / "papers" / "acl-anthology-ccby-2k.jsonl"))

    assert [type(record) for record in found] == [Paper] * 2000


KEYS = st.sampled_from(
    "id title abstract text authors truncated date year venue categories doi arxiv url code "
    "affiliations genre volume issue pages publisher references withdrawn pmid isbn".split()
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from("name position orcid affiliation doi title year id".split()),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)


@given(
    st.lists(
        st.one_of(
            st.binary(),
            st.dictionaries(KEYS, JSON).map(lambda record: json.dumps(OWLS | record).encode()),
        )
    )
)
def test_any_bytes_give_records_or_a_source_error(tmp_path_factory, lines):
    path = tmp_path_factory.getbasetemp() / "fuzz-jsonl"
    path.write_bytes(b"\n".join(lines))

    for format in ("jsonl", "auto"):
        try:
            found = list(read(path, format=format))
        except SourceError as error:
            assert str(error).startswith(str(path))
        else:
            assert all(isinstance(record, Paper | Profile | Refusal) for record in found)
