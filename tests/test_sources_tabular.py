"""Tables: headings of several programs, columns that users name, quotes across lines, bad rows."""

import csv
import gzip
import io
import json
import re
import resource
from decimal import Decimal

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from reading import records_of

from scholargraph.cli import cli
from scholargraph.extract.papers import Paper, Refusal
from scholargraph.extract.sources import SourceError, read, recognise
from scholargraph.extract.sources.columns import places
from scholargraph.graph.export import chunks
from scholargraph.graph.store import Store

records = records_of("csv")


def names(found: Paper) -> list[str]:
    return [author.name for author in found.authors]


SCOPUS = (
    '\ufeff"Authors","Author full names","Title","Year","Source title","Volume","Issue",'
    '"Art. No.","Page start","Page end","Cited by","DOI","Link","Affiliations","Abstract",'
    '"Author Keywords","Publisher","Document Type","Source","EID"\r\n'
    '"Ek B.; Li C.","Ek, Bo (57200000001); Li, Cai (57200000002)","Rivers, and Lakes",'
    '"2023","Journal of Waters","7","2","","12","34","1,204","10.5555/W.1",'
    '"https://www.scopus.com/x","Lake University; Sea Institute","Two\r\nlines, ""quoted"".",'
    '"rivers; radar","Lake Press","Conference paper","Scopus","2-s2.0-1"\r\n'
)


def test_an_export_of_scopus_reads(records):
    (found,) = records(SCOPUS)

    assert found == Paper(
        id="2-s2.0-1",
        title="Rivers, and Lakes",
        abstract='Two lines, "quoted".',
        authors=found.authors,
        date="2023",
        venue="Journal of Waters",
        categories=("rivers", "radar"),
        ids=(("doi", "10.5555/w.1"), ("source", "2-s2.0-1")),
        urls=("https://www.scopus.com/x",),
        affiliations=("Lake University", "Sea Institute"),
        claims=found.claims,
        genre="conference-paper",
        volume="7",
        issue="2",
        pages="12-34",
        publisher="Lake Press",
    )
    assert names(found) == ["Bo Ek", "Cai Li"]
    assert [(claim.measure, claim.value) for claim in found.claims] == [
        ("citations", Decimal(1204))
    ]


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (  # Web of Science, tab-delimited
            "PT\tAU\tAF\tTI\tSO\tDT\tDE\tAB\tTC\tPD\tPY\tBP\tEP\tDI\tUT\t\n"
            "J\tEk, B\tEk, Bo; Li, Cai\tRivers\tWATERS\tReview\ta; b\tDeep.\t3\tMAR 15\t2020\t1\t9"
            "\t10.5555/x\tWOS:1\t\n",
            ("Rivers", "2020-03-15", "WATERS", ["Bo Ek", "Cai Li"], "review", "1-9"),
        ),
        (  # Zotero
            '"Key","Item Type","Publication Year","Author","Title","Publication Title","DOI",'
            '"Abstract Note","Date","Pages"\n'
            '"ABC","journalArticle","2020","Ek, Bo; Li, Cai","Rivers","Waters","","","2020-03-15",'
            '"1-9"\n',
            ("Rivers", "2020-03-15", "Waters", ["Bo Ek", "Cai Li"], "article", "1-9"),
        ),
        (  # Dimensions
            "Publication ID;DOI;Title;Abstract;Source title;PubYear;Authors;Publication Type;"
            "Pagination;Publication Date\n"
            "pub.1;10.5555/x;Rivers;Deep.;Waters;2020;Ek, Bo; Li, Cai;Chapter;1-9;2020-03-15\n",
            None,
        ),
        (
            '"About the data: Exported on Mar 15, 2024."\nTitle,PubYear,Authors,Publication Type\n'
            'Rivers,2020,"Ek, Bo; Li, Cai",Proceeding\n',
            ("Rivers", "2020", None, ["Bo Ek", "Cai Li"], "conference-paper", None),
        ),
        (  # PubMed
            "PMID,Title,Authors,Journal/Book,Publication Year\n"
            '29456894,Rivers,"Ek B, van Dijk NA.",Waters,2020\n',
            ("Rivers", "2020", "Waters", ["B Ek", "NA van Dijk"], None, None),
        ),
        (  # OpenAlex
            "id,title,publication_date,authorships.author.display_name\n"
            "W1,Rivers,2020-03-15,Bo Ek|Cai Li\n",
            ("Rivers", "2020-03-15", None, ["Bo Ek", "Cai Li"], None, None),
        ),
        (  # by hand
            "title|authors|year\nRivers|Bo Ek and Cai Li|2020\n",
            ("Rivers", "2020", None, ["Bo Ek", "Cai Li"], None, None),
        ),
        (
            "sep=;\nTitle;Authors;Date\nRivers;Bo Ek, Cai Li et al.;March 2020\n",
            ("Rivers", "2020-03", None, ["Bo Ek", "Cai Li"], None, None),
        ),
    ],
)
def test_programs_head_their_columns_differently(records, table, expected):
    if expected is None:  # a separator that also stands in a value, without quotes
        (refusal,) = records(table)
        assert "the row has 11 columns, the header 10" in refusal.reason
        return
    (found,) = records(table)

    shown = (found.title, found.date, found.venue, names(found), found.genre, found.pages)
    assert shown == expected


def test_users_name_columns(records):
    table = "Nr;Titel;Zusammenfassung;Jahr\n1;Eulen;Tief; 2020\n"
    (found,) = records(
        table, columns={"title": "Titel", "abstract": "Zusammenfassung", "year": "jahr"}
    )

    assert (found.title, found.abstract, found.date) == ("Eulen", "Tief", "2020")


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({}, "no column is a title; name it with --columns title=HEADING .*'Titel', 'Jahr'"),
        ({"title": "Title"}, "no column is called 'Title'; the columns are 'Titel', 'Jahr'"),
        ({"titel": "Titel"}, "there is no field 'titel'; choose from title, abstract"),
    ],
)
def test_a_mapping_that_does_not_fit_is_explained(records, columns, message):
    with pytest.raises(SourceError, match=message):
        records("Titel;Jahr\nEulen;2020\n", columns=columns)


def test_a_mapping_alone_makes_a_table_of_what_is_nothing_else(tmp_path):
    path = tmp_path / "papers.txt"
    path.write_text("Titel\tJahr\nEulen\t2020\n")

    with pytest.raises(SourceError, match="not a format known here"):
        recognise(path)
    assert recognise(path, {"title": "Titel"}) == "csv"
    assert [record.title for record in read(path, columns={"title": "Titel"})] == ["Eulen"]


def test_the_command_line_names_columns(tmp_path):
    path = tmp_path / "papers.csv"
    path.write_text("Titel;Zusammenfassung\nEulen;U-Net sees owls.\n")
    named = ["--columns", "title=Titel", "--columns", "abstract = Zusammenfassung"]

    done = CliRunner().invoke(cli, ["extract", str(path), "--jobs", "1", *named])
    wrong = CliRunner().invoke(cli, ["extract", str(path), "--columns", "Titel"])

    assert done.exit_code == 0
    assert json.loads(done.stdout)["abstract"] == "U-Net sees owls."
    assert (wrong.exit_code, "write --columns title=Titel" in wrong.output) == (2, True)


def test_our_own_table_reads_back(store: Store, tmp_path):
    with store.snapshot() as snapshot:
        data = b"".join(chunks(snapshot, "papers", "csv"))
    path = tmp_path / "papers.csv"
    path.write_bytes(data)
    rows = list(csv.DictReader(io.StringIO(data.decode(), newline="")))

    assert recognise(path) == "csv"
    found = list(read(path))
    assert [record.title for record in found] == [row["title"] for row in rows]
    assert [record.id for record in found] == [row["paper"] for row in rows]
    assert ["; ".join(names(record)) for record in found] == [row["authors"] for row in rows]
    assert [record.date or "" for record in found] == [row["date"] for row in rows]


def test_the_apostrophe_that_guards_a_formula_goes(records):
    (found, other) = records("title,authors\n'=1+1,\"'@Ek\"\n''tis,\n")

    assert (found.title, names(found), other.title) == ("=1+1", ["@Ek"], "''tis")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("A, with comma,x,2020,extra", "put values that hold separators or quotes into quotes"),
        ("Short", "the row has 1 columns, the header 3"),
        (",x,2020", '"title" is blank'),
        ('"Open,x,2020', "columns, the header 3|too long"),
        ("x" * 140_000 + ",x,2020", "field larger than field limit|characters"),
    ],
)
def test_a_bad_row_costs_only_itself(records, row, reason):
    table = f"title,authors,year\nOne,x,2020\n{row}\nTwo,x,2020\n"
    found = records(table)

    assert [r.title for r in found if isinstance(r, Paper)] == ["One", "Two"]
    (refusal,) = [r for r in found if isinstance(r, Refusal)]
    assert refusal.line == 3
    assert re.search(reason, refusal.reason), refusal.reason


def test_lines_are_counted_through_quotes(records):
    table = 'title,abstract\nOne,"a\nb\nc"\n,x\n\nTwo,y\n'
    one, refusal, two = records(table)

    assert (one.abstract, refusal.line, two.title) == ("a b c", 5, "Two")


def test_lines_may_end_as_on_old_macs(records):
    one, two = records('title,abstract,year\rOne,"a\rb",2020\rTwo,,2021\r')

    assert (one.title, one.abstract, one.date) == ("One", "a b", "2020")
    assert (two.title, two.date) == ("Two", "2021")


def test_a_row_may_end_early_and_blank_rows_are_none(records):
    found = records("title,year,remark\nOne,2020\n,,\n\nTwo,2021,x,,\n")

    assert [record.title for record in found] == ["One", "Two"]


def test_latin_1_names_its_remedy_and_costs_only_its_row(records):
    refusal, found = records("title,year\nCafé,2020\nTea,2020\n".encode("latin-1"))

    assert found.title == "Tea"
    assert refusal.line == 2
    assert "byte 0xe9 is not UTF-8; save the file as UTF-8 (iconv" in refusal.reason


@pytest.mark.parametrize(
    ("row", "reason"),
    [("A,10.x,2020", "doi: '10.x' is no DOI"), ("A,,2020-02-31", "February 31, 2020")],
)
def test_a_malformed_detail_is_said_and_the_paper_goes_in(records, row, reason):
    found, notice = records(f"title,doi,date\n{row}\n")

    assert found.title == "A"
    assert reason in notice.reason
    assert notice.reason.endswith("; the paper went in without it")


def test_compressed_data_that_breaks_off_keeps_what_is_whole(records):
    rows = "".join(f"Owl {n} {n**9},2020\n" for n in range(5_000))
    found = records(gzip.compress(f"title,year\n{rows}".encode())[:-5_000])

    assert len(found) > 100
    assert all(isinstance(record, Paper) for record in found[:-1])
    assert "the compressed data breaks off" in found[-1].reason


@pytest.mark.parametrize(
    ("head", "known"),
    [
        ("Title,Year\n", True),
        ("Title;DOI\n", True),
        ("title\n", False),
        ("Some words, and a title\n", False),
        ('{"title": "a", "abstract": "b"}\n', False),
        ("@article{a, title, year\n", False),
    ],
)
def test_a_table_is_known_by_its_header(tmp_path, head, known):
    path = tmp_path / "file.bib"
    path.write_text(head + "A,2020\n")
    try:
        assert (recognise(path) == "csv") == known
    except SourceError:
        assert not known


def test_the_first_heading_of_a_field_counts():
    assert places(["Source", "Source title", "Title"])["venue"] == 1


def test_a_quote_that_never_closes_stays_small(tmp_path):
    path = tmp_path / "open.csv"
    path.write_text('title,year\n"Open,2020\n' + "Owl,2020\n" * 20_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    refusal, *papers = (type(record) for record in read(path))

    assert refusal is Refusal
    assert papers == [Paper] * 20_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # KB


PIECES = st.lists(
    st.sampled_from(
        ['"', '""', ",", ";", "\t", "|", "\n", "\r\n", "\r", "A", "2020", "'=1", "sep=;\n", "é"]
        + ["\0", "\ufdd0", "Title", "10.1/x", "1e9", "et al.", "A; B", '"A\nB"']
    ),
    max_size=50,
).map("".join)


@given(PIECES | st.text() | st.binary(), st.booleans())
def test_nothing_makes_the_reader_fail(tmp_path_factory, content, headed):
    path = tmp_path_factory.getbasetemp() / "fuzz.csv"
    data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    path.write_bytes(b"title,authors,date,doi,url,citations\n" * headed + data + b"\nx")

    try:
        found = list(read(path, format="csv"))
    except SourceError:
        assert not headed or b"\0" in data
    else:
        assert all(isinstance(record, Paper | Refusal) for record in found)
