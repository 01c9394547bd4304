"""RIS: the tags of several programs, records without an end, and what breaks off."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading import records_of

from scholargraph.extract.papers import Paper, Refusal
from scholargraph.extract.sources import read, recognise

records = records_of("ris")


@pytest.fixture
def paper(records):
    def of(*lines: str, kind: str = "JOUR") -> Paper:
        (found,) = records("\n".join([f"TY  - {kind}", "TI  - Owls", *lines, "ER  - ", ""]))
        assert isinstance(found, Paper), found
        return found

    return of


def names(found: Paper) -> list[str]:
    return [author.name for author in found.authors]


ZOTERO = """TY  - JOUR\r
TI  - RiverNet: Following Water in Radar Images\r
AU  - Ek, Bo\r
AU  - van Dijk, Noor\r
T2  - Journal of Waters\r
AB  - Rivers move. We follow\r
them &amp; their banks.\r
\r
Twice.\r
DA  - 2023/05/17/\r
PY  - 2023\r
DO  - 10.5555/Water.2\r
DP  - arXiv.org\r
VL  - 7\r
IS  - 2\r
SP  - 12\r
EP  - 34\r
SN  - 1234-5678\r
UR  - http://arxiv.org/abs/2305.00001\r
PB  - Lake Press\r
KW  - rivers\r
KW  - radar; remote sensing\r
ID  - 42\r
ER  - \r
\r
"""


def test_an_export_of_zotero_reads(records):
    (found,) = records(ZOTERO)

    assert found == Paper(
        id="42",
        title="RiverNet: Following Water in Radar Images",
        abstract="Rivers move. We follow them & their banks. Twice.",
        authors=found.authors,
        date="2023-05-17",
        venue="Journal of Waters",
        categories=("rivers", "radar", "remote sensing"),
        ids=(("doi", "10.5555/water.2"), ("arxiv", "2305.00001"), ("source", "42")),
        urls=("http://arxiv.org/abs/2305.00001",),
        genre="article",
        volume="7",
        issue="2",
        pages="12-34",
        publisher="Lake Press",
    )
    assert names(found) == ["Bo Ek", "Noor van Dijk"]


@pytest.mark.parametrize(
    ("tags", "field", "value"),
    [
        (["A1  - King, Martin L., Jr."], "authors", "Martin L. King Jr."),
        (["AU  - 何 良华"], "authors", "何 良华"),
        (["AU  - Lake Consortium"], "authors", "Lake Consortium"),
        (["N2  - Deep."], "abstract", "Deep."),
        (["Y1  - 2019///Spring"], "date", "2019"),
        (["Y1  - 2019/03//"], "date", "2019-03"),
        (["DA  - MAR 15", "PY  - 2020"], "date", "2020-03-15"),
        (["DA  - 2024/01/01", "PY  - 2020"], "date", "2020"),
        (["PY  - 2020", "DA  - 2020/03"], "date", "2020-03"),
        (["JO  - J. Wat.", "JF  - Journal of Waters"], "venue", "Journal of Waters"),
        (["JA  - J. Wat."], "venue", "J. Wat."),
        (["SP  - 12-34"], "pages", "12-34"),
        (["C7  - e1234"], "pages", "e1234"),
        (["M3  - doi: 10.5555/x"], "ids", (("doi", "10.5555/x"),)),
        (["UR  - https://doi.org/10.5555/x"], "ids", (("doi", "10.5555/x"),)),
        (["DB  - PubMed", "AN  - 29456894"], "ids", (("pmid", "29456894"), ("source", "29456894"))),
        (["UR  - https://aclanthology.org/2023.wat-1.3"], "ids", (("acl", "2023.wat-1.3"),)),
        (["N1  - Retracted in 2021"], "withdrawn", True),
        (["M3  - Retraction of Publication"], "withdrawn", False),
        (["N1  - arXiv:2305.00001 [cs]"], "ids", (("arxiv", "2305.00001"),)),
        (["N1  - See arXiv:2305.00001"], "ids", ()),
    ],
)
def test_programs_use_different_tags(paper, tags, field, value):
    found = paper(*tags)

    assert (names(found)[0] if field == "authors" else getattr(found, field)) == value


@pytest.mark.parametrize(
    ("kind", "genre"),
    [
        ("JOUR", "article"),
        ("CONF", "conference-paper"),
        ("CPAPER", "conference-paper"),
        ("CHAP", "chapter"),
        ("BOOK", "book"),
        ("THES", "thesis"),
        ("RPRT", "report"),
        ("UNPB", "preprint"),
        ("GEN", None),
        ("XXXX", None),
    ],
)
def test_the_type_says_the_genre(paper, kind, genre):
    assert paper("T2  - Waters", kind=kind).genre == genre


def test_a_book_has_its_isbn_and_a_preprint_its_server(paper):
    assert ("isbn", "9780306406157") in paper("SN  - 978-0-306-40615-7", kind="BOOK").ids
    assert paper("UR  - https://arxiv.org/abs/2305.00001", kind="GEN").genre == "preprint"
    assert paper("M3  - Review", "T2  - Waters").genre == "review"


def test_an_et_al_says_that_the_list_is_cut(paper):
    found = paper("AU  - Ek, Bo", "AU  - et al.")

    assert (names(found), found.truncated) == (["Bo Ek"], True)


def test_blanks_may_be_missing_and_text_may_look_like_a_tag(records):
    (found,) = records(
        "TY - JOUR\nTI - Owls\nAU - Ek, Bo\nAB  - We build\nAI - based models and\n"
        "VL-BERT with them.\nPY - 2020\nER -\n"
    )

    assert found.abstract == "We build AI - based models and VL-BERT with them."
    assert (names(found), found.date) == (["Bo Ek"], "2020")


def test_a_record_without_an_end_ends_at_the_next(records):
    found = records("TY  - JOUR\nTI  - One\n\nTY  - JOUR\nTI  - Two\n")

    assert [record.title for record in found] == ["One", "Two"]


def test_what_a_database_writes_around_records_is_passed_over(tmp_path):
    path = tmp_path / "export.txt"
    path.write_text("\ufeffProvider: Waters\nContent: text/plain\n\n" + ZOTERO + "\nEnd.\n")

    assert recognise(path) == "ris"
    assert [record.id for record in read(path)] == ["42"]


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ("PY  - 2020\n", "TI is missing"),
        ("TI  - \x07\n", "blank"),
        ("TI  - A\nAB  - " + "x" * 150_000 + "\n", "at most 100,000"),
        ("TI  - A\n" + "KW  - x\n" * 140_000, "more than 1,048,576 characters"),
    ],
)
def test_a_bad_record_costs_only_itself(records, broken, reason):
    good = "TY  - JOUR\nTI  - One\nER  - \n", "TY  - JOUR\nTI  - Two\nER  - \n"
    one, refusal, two = records(f"{good[0]}TY  - JOUR\n{broken}ER  - \n{good[1]}")

    assert (one.title, two.title) == ("One", "Two")
    assert refusal.line == 4
    assert reason in refusal.reason


def test_a_file_that_breaks_off_says_so(records):
    one, refusal = records("TY  - JOUR\nTI  - One\nER  - \nTY  - JOUR\nTI  - Tw")

    assert one.title == "One"
    assert (refusal.line, "the file ends inside the record" in refusal.reason) == (4, True)


def test_compressed_data_that_breaks_off_keeps_what_is_whole(records):
    text = "".join(f"TY  - JOUR\nTI  - Owl {n} {n**9}\nER  - \n" for n in range(5_000))
    found = records(gzip.compress(text.encode())[:-9_000])

    assert len(found) > 100
    assert all(isinstance(record, Paper) for record in found[:-1])
    assert "the compressed data breaks off" in found[-1].reason


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("DO  - 10.x", "DO: '10.x' is no DOI"),
        ("PY  - 1066", "date: "),
        ("DA  - 2020/02/31", "February 31, 2020 does not exist"),
    ],
)
def test_a_malformed_detail_is_said_and_the_paper_goes_in(records, line, reason):
    found, notice = records(f"TY  - JOUR\nTI  - Owls\n{line}\nER  - \n")

    assert found.title == "Owls"
    assert reason in notice.reason
    assert notice.reason.endswith("; the paper went in without it")


def test_latin_1_names_its_remedy_and_costs_only_its_record(records):
    text = "TY  - JOUR\nTI  - Café\nER  - \nTY  - JOUR\nTI  - B\nER  - \n"
    refusal, found = records(text.encode("latin-1"))

    assert found.title == "B"
    assert "line 2, column 10: byte 0xe9 is not UTF-8" in refusal.reason


@pytest.mark.parametrize(
    ("address", "doi", "kept"),
    [
        ("https://doi.org/10.1000/owl(2)", "10.1000/owl(2)", "https://doi.org/10.1000/owl(2)"),
        (
            "http://dx.doi.org/10.1002/(SICI)10(1998)49:8<693::AID-O>3.0.CO;2-O",
            "10.1002/(sici)10(1998)49:8<693::aid-o>3.0.co;2-o",
            "http://dx.doi.org/10.1002/(SICI)10(1998)49:8%3C693::AID-O%3E3.0.CO;2-O",
        ),
    ],
)
def test_a_doi_is_read_whole_out_of_an_address(paper, address, doi, kept):
    found = paper(f"UR  - {address}.")

    assert ("doi", doi) in found.ids
    assert found.urls == (kept,)


def test_a_thousand_authors_keep_their_order(paper):
    found = paper(*(f"AU  - Name{n}, A." for n in range(1_000)))

    assert names(found) == [f"A. Name{n}" for n in range(1_000)]


PIECES = st.lists(
    st.sampled_from(
        ["TY  - JOUR\n", "TY - \n", "ER  - \n", "ER -\n", "TI  - A\n", "AU  - A, B, C, D\n", "\n"]
        + [
            "DA  - 2020/13/45/\n",
            "PY  - x\n",
            "SN  - 9780306406157\n",
            "KW  - ;;\n",
            "DO  - 10.1\n",
        ]
        + ["UR  - http://[x]/ arxiv:1\n", "AB  - $\\\n", "  - ", "\r", "é", "\0", "\ufeff", "TY  -"]
    ),
    max_size=40,
).map("".join)


@given(PIECES | st.text() | st.binary())
def test_nothing_makes_the_reader_fail(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "fuzz.ris"
    data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    path.write_bytes(b"TY  - JOUR\nTI  - OK\nER  - \n" + data)

    found = list(read(path, format="ris"))

    assert isinstance(found[0], Paper)
    assert all(isinstance(record, Paper | Refusal) for record in found)
