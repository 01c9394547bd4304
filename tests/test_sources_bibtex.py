"""BibTeX and BibLaTeX: what exporters write, what people break, and what TeX's signs stand for."""

import gzip
import re
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pybtex.database import Person
from reading import records_of

from scholargraph.extract.latex import plain
from scholargraph.extract.papers import Paper, Refusal
from scholargraph.extract.sources import read, recognise
from scholargraph.extract.sources.bibtex_text import people, unmarked

records = records_of("bibtex")


@pytest.fixture
def paper(records):
    def of(fields: str, kind: str = "article", key: str = "owl") -> Paper:
        (found,) = records(f"@{kind}{{{key}, title = {{Owls}}, {fields}}}")
        assert isinstance(found, Paper), found
        return found

    return of


def names(found: Paper) -> list[str]:
    return [author.name for author in found.authors]


ZOTERO = r"""
@misc{ek_rivers_2023,
	title = {{RiverNet}: {Following} {Water} in {Radar} {Images}},
	shorttitle = {{RiverNet}},
	url = {http://arxiv.org/abs/2305.00001},
	doi = {10.48550/arXiv.2305.00001},
	abstract = {Rivers move. 93\% of {\textless}b{\textgreater}them{\textless}/b{\textgreater}.},
	urldate = {2024-01-09},
	publisher = {arXiv},
	author = {Ek, Bo and García-Márquez, José and {Lake Consortium}},
	month = may,
	year = {2023},
	note = {arXiv:2305.00001 [cs]},
	keywords = {Computer Science - Computer Vision, rivers},
	file = {arXiv Fulltext PDF:/home/bo/Zotero/storage/X/1.pdf:application/pdf},
}
"""


def test_an_export_of_zotero_reads(records):
    (found,) = records(ZOTERO)

    assert found == Paper(
        id="ek_rivers_2023",
        title="RiverNet: Following Water in Radar Images",
        abstract="Rivers move. 93% of them.",
        authors=found.authors,
        date="2023-05",
        categories=("Computer Science - Computer Vision", "rivers"),
        ids=(
            ("doi", "10.48550/arxiv.2305.00001"),
            ("arxiv", "2305.00001"),
            ("source", "ek_rivers_2023"),
        ),
        urls=("http://arxiv.org/abs/2305.00001",),
        genre="preprint",
        publisher="arXiv",
    )
    assert names(found) == ["Bo Ek", "José García-Márquez", "Lake Consortium"]
    assert [author.position for author in found.authors] == [1, 2, 3]


@pytest.mark.parametrize(
    ("entry", "ids", "venue", "genre"),
    [
        (  # Google Scholar
            "@article{ek2023river, title={Rivers}, author={Ek, Bo}, "
            "journal={arXiv preprint arXiv:2305.00001}, year={2023}}",
            {"arxiv": "2305.00001"},
            None,
            "preprint",
        ),
        (  # DBLP
            "@article{DBLP:journals/corr/abs-2305-00001, author = {Bo Ek}, title = {Rivers}, "
            "journal = {CoRR}, volume = {abs/2305.00001}, year = {2023}, "
            "eprinttype = {arXiv}, eprint = {2305.00001}}",
            {"arxiv": "2305.00001", "dblp": "journals/corr/abs-2305-00001"},
            None,
            "preprint",
        ),
        (  # Mendeley
            "@article{Ek2023, title = {{Rivers}}, author = {Ek, Bo}, arxivId = {2305.00001}, "
            "journal = {Waters}, doi = {10.5555/w\\_1}, pmid = {29456894}}",
            {"arxiv": "2305.00001", "doi": "10.5555/w_1", "pmid": "29456894"},
            "Waters",
            "article",
        ),
        (  # ACL Anthology
            '@inproceedings{ek-2023-rivers, title = "Rivers", author = "Ek, Bo", month = jul, '
            'year = "2023", booktitle = "Proceedings of Waters", '
            'url = "https://aclanthology.org/2023.wat-1.3/", pages = "12--19"}',
            {"acl": "2023.wat-1.3"},
            "Proceedings of Waters",
            "conference-paper",
        ),
        (  # JabRef, BibLaTeX
            "@Book{, title = {Rivers}, author = {Ek, Bo}, date = {2023-05}, "
            "isbn = {978-0-306-40615-7}, publisher = {Lake Press}}",
            {"isbn": "9780306406157"},
            None,
            "book",
        ),
        (
            "@report{k, title = {Rivers}, type = {Preprint}, eprint = {2305.00001}, "
            "howpublished = {Water Server}}",
            {"arxiv": "2305.00001"},
            "Water Server",
            "preprint",
        ),
    ],
)
def test_programs_write_the_same_things_differently(records, entry, ids, venue, genre):
    (found,) = records(entry)

    assert {k: v for k, v in found.ids if k != "source"} == ids
    assert (found.venue, found.genre) == (venue, genre)
    assert found.volume is None


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"G{\"o}del, Erd{\H{o}}s, {\'E}tudes, na\"{\i}ve", "Gödel, Erdős, Études, naïve"),
        (r"Stra{\ss}e, {\O}rsted, \aa, {\L}ód\'{z}", "Straße, Ørsted, å, Łódź"),
        (r"{\v c}apek, \c{c}a, {\'\i}", "čapek, ça, í"),
        ("{BERT} and {{The} {Rest}}", "BERT and The Rest"),
        (r"{\em one, two} three, \textbf{a {B}}", "one, two three, a B"),
        (r"a 5\% rise \& \$7 \#1 x\_y", "a 5% rise & $7 #1 x_y"),
        (r"\{a, b\} \textbraceleft{}c", "{a, b} {c"),
        ("Fig.~3, ~5, 1--2", "Fig. 3, ~5, 1–2"),
        (r"$x_{i}$ and {it}", "x_i and it"),
        ("} lost {", "lost"),
    ],
)
def test_tex_becomes_text(written, read):
    assert plain(unmarked(written)) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("van Dijk, Noor and Ludwig van Beethoven", ["Noor van Dijk", "Ludwig van Beethoven"]),
        ("King, Jr., Martin L.", ["Martin L. King Jr."]),
        ("{Barnes and Noble} AND\n  {\\'A}lvarez, A.~B.", ["Barnes and Noble", "A. B. Álvarez"]),
        ("Ek, Bo and others", ["Bo Ek", "others"]),
        ("Ek, Bo and et al.", ["Bo Ek", "others"]),
        ("family=Müller, given=Ada, prefix=von", ["Ada von Müller"]),
        ("Ek, B., Li, C., Diaz, J.", ["B. Ek", "C. Li", "J. Diaz"]),
        ("Ek, Bo; Li, Cai", ["Bo Ek", "Cai Li"]),
        ("and Bo Ek and and Cai Li and", ["Bo Ek", "Cai Li"]),
        ("何 良华 and Kim, Min-Jun", ["何 良华", "Min-Jun Kim"]),
    ],
)
def test_names_are_read_by_bibtex_rules(written, read):
    assert people(written) == read


def test_others_say_that_the_list_is_cut(paper):
    found = paper("author = {Ek, Bo and others}")

    assert (names(found), found.truncated) == (["Bo Ek"], True)


def test_one_field_an_author_is_one_list(paper):
    assert names(paper("author = {Ek, Bo}, author = {Li, Cai}")) == ["Bo Ek", "Cai Li"]


@pytest.mark.parametrize(
    ("fields", "date"),
    [
        ("date = {2020-03-15}", "2020-03-15"),
        ("date = {2020-03/2020-05}", "2020-03"),
        ("date = {2020-21}", "2020"),
        ("year = 2020, month = mar", "2020-03"),
        ('year = 2020, month = "12~" # mar', "2020-03-12"),
        ("year = {2020}, month = {3}, day = {9}", "2020-03"),
        ("year = {2020}, month = {March}, day = 9", "2020-03-09"),
        ("year = 2020, month = {Spring}", "2020"),
        ("year = {in press}", None),
        ("year = {c. 1999}", "1999"),
    ],
)
def test_dates_keep_the_precision_that_they_have(paper, fields, date):
    assert paper(fields).date == date


def test_strings_are_put_in_and_joined(records):
    (found,) = records(
        '@string(wat = "Waters")\n@STRING{j = wat # { and } # "Lakes"}\n'
        '@article(owl, title = "Owls", journal = J # " Quarterly")'
    )

    assert found.venue == "Waters and Lakes Quarterly"


def test_a_paper_inherits_from_its_volume_wherever_that_stands(records):
    first, second = records(
        "@inproceedings{a, title={A}, crossref={Vol}}\n"
        "@proceedings{vol, title={Waters}, year=2021, publisher={P}, doi={10.5555/vol}}\n"
        "@inproceedings{b, title={B}, year=2020, crossref={vol}, booktitle={Own}}\n"
    )

    assert (first.venue, first.date, first.publisher) == ("Waters", "2021", "P")
    assert (second.venue, second.date) == ("Own", "2020")
    assert "doi" not in dict(first.ids)


def test_xdata_fills_what_is_missing_and_may_be_chained(records):
    (found,) = records(
        "@article{a, title={A}, xdata={x, y}}\n@xdata{x, journaltitle={J}, xdata={z}}\n"
        "@xdata{y, volume={7}}\n@xdata{z, date={2019}, xdata={x}}\n"
    )

    assert (found.venue, found.volume, found.date) == ("J", "7", "2019")


def test_a_volume_that_is_not_there_is_said_and_the_paper_goes_in(records):
    found, notice = records("@inproceedings{a, title={A}, crossref={none}}")

    assert found.title == "A"
    assert "crossref = {none} names no entry" in notice.reason


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ("@article{bad, title = {A\n", "not closed before line 5; add the missing }"),
        ("@article{bad, title = {A \\{ b}}\n", "not closed before line"),
        ("@article{bad,\n title = {A} year = 2020}\n", "line 4: .*'}' expected; values stand in"),
        ("@article{bad, title = A B}\n", "syntax error"),
        ("@article{bad}\n", "the entry has no fields"),
        ("@article{bad, year = 2020}\n", '"title" is missing'),
        ("@article{bad, title = {{}}}\n", '"title" is blank'),
        ("@article{bad, title = {" + "{" * 150 + "}" * 150 + "}}\n", "too many nested braces"),
        ("@article{bad, title = {" + "x" * 300_000 + "}}\n", "at most 262,144 are read"),
        ("@article{bad, title = {A}, abstract = {" + "x" * 150_000 + "}}\n", "at most 100,000"),
        ('@article{bad, title = "' + "{}" * 30_000 + '"}\n', "more than 20,000 braces"),
        ("@article{one, title = {A}}\n", "'one' stands on line 2 already"),
        ("@string{a = {x} b}\n", "@string: "),
        ("@string{long = {" + "x" * 3_000 + "}}\n", "longer than 2,000"),
    ],
)
def test_a_broken_entry_costs_only_itself(records, broken, reason):
    good = "\n@article{one, title = {One}}\n", "\n@article{two, title = {Two}}\n"
    found = records(good[0] + broken + good[1])

    assert [r.title for r in found if isinstance(r, Paper)] == ["One", "Two"]
    (refusal,) = [r for r in found if isinstance(r, Refusal)]
    assert refusal.line == 3
    assert re.search(reason, refusal.reason), refusal.reason


def test_a_file_that_breaks_off_keeps_what_is_whole(records):
    one, refusal = records("@article{one, title = {One}}\n@article{two, title = {Tw")

    assert one.title == "One"
    assert (refusal.line, "the file ends inside the entry" in refusal.reason) == (2, True)


def test_an_unknown_abbreviation_is_said_and_the_paper_goes_in(records):
    found, notice = records("@article{a, title = {A}, journal = jml # { B}}")

    assert found.venue == "B"
    assert "undefined string: jml; define it with @string" in notice.reason


def test_definitions_that_double_do_not_explode(records):
    bomb = "@string{a0 = {xxxxxxxxxx}}\n" + "".join(
        f"@string{{a{n + 1} = {' # '.join([f'a{n}'] * 10)}}}\n" for n in range(30)
    )
    found = records(bomb + "@article{a, title = {A}, note = " + " # ".join(["a2"] * 5000) + "}")

    assert all(isinstance(record, Refusal) for record in found)
    assert "longer than 200,000 characters" in found[-1].reason


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ("doi = {10.x}", "doi: '10.x' is no DOI"),
        ("eprint = {x}, eprinttype = {arxiv}", "eprint: 'x' is no arXiv identifier"),
        ("date = {2020-02-31}", "February 31, 2020 does not exist"),
        ("year = {0020}", "year|date"),
    ],
)
def test_a_malformed_detail_is_said_and_the_paper_goes_in(records, fields, reason):
    found, notice = records(f"@article{{a, title = {{A}}, {fields}}}")

    assert found.title == "A"
    assert re.search(reason, notice.reason)
    assert notice.reason.endswith("; the paper went in without it")


def test_latin_1_names_its_remedy_and_costs_only_its_entry(records):
    refusal, found = records(
        "@article{a,\n title = {Caf\xe9}}\n@article{b, title = {B}}".encode("latin-1")
    )

    assert found.title == "B"
    assert refusal.line == 1
    assert "line 2, column 14: byte 0xe9 is not UTF-8" in refusal.reason
    assert "iconv -f ISO-8859-1 -t UTF-8" in refusal.reason


def test_an_encoding_that_the_file_declares_is_used(records):
    (found,) = records("% Encoding: Cp1252\n@article{a, title = {Caf\xe9}}".encode("latin-1"))

    assert found.title == "Café"


def test_a_byte_order_mark_old_line_ends_and_gzip_do_no_harm(records):
    text = "\ufeff@article{a,\r  title = {A},\r}\r@article{b, title = {B}}"

    assert [r.title for r in records(text)] == ["A", "B"]
    assert [r.title for r in records(gzip.compress(text.encode()))] == ["A", "B"]


def test_comments_and_what_stands_between_entries_are_passed_over(records):
    (found,) = records(
        "Written by a program: me@example.org {x}\n@comment{jabref-meta: {x;}}\n"
        '@preamble{"\\newcommand"}\n% @article{no, title = {No}\n'
        "@article\n {a, % the key\n title = {100% A}, % the title\n}\n"
    )

    assert found.title == "100% A"


@pytest.mark.parametrize("key", ["", "two words", "DBLP:a/b", "müller20"])
def test_any_key_will_do(records, key):
    (found,) = records(f"@article{{{key}, title = {{A}}}}")

    assert found.id == (key or "a")


def test_a_withdrawn_paper_says_so(paper):
    assert paper("note = {Withdrawn by the authors}").withdrawn
    assert paper("note = {Best paper}").withdrawn is False


def test_a_note_about_another_paper_gives_no_identifier(paper):
    assert dict(paper("note = {arXiv:2305.00001 [cs]}").ids)["arxiv"] == "2305.00001"
    assert "arxiv" not in dict(paper("note = {Extends arXiv:2305.00001}").ids)


def test_what_stands_on_arxiv_alone_is_a_preprint(paper):
    assert paper("journal = {arXiv}").genre == "preprint"


def test_a_thousand_authors_keep_their_order(paper):
    found = paper("author = {" + " and ".join(f"Name{n}, A." for n in range(1_000)) + "}")

    assert names(found) == [f"A. Name{n}" for n in range(1_000)]


@pytest.mark.parametrize(
    ("head", "known"),
    [
        ("% Encoding: UTF-8\n\n@Article{a,\n", True),
        ("@article(a, title", True),
        ("@prefix ex: <http://example.org/> .\n", False),
        ('{"title": "@article{a, "}\n', False),
        ("title,abstract\nA,@article\n", False),
    ],
)
def test_bibtex_is_known_by_its_entries(tmp_path, head, known):
    path = tmp_path / "file.txt"
    path.write_text(head + "\n\nno such format\n")
    try:
        assert (recognise(path) == "bibtex") == known
    except Exception as error:
        assert not known, error


PIECES = st.lists(
    st.sampled_from(
        ["@article{", "@string{", "@comment{", "@", "{", "}", "(", ")", '"', "#", ",", "=", "%"]
        + ["title", "author", " = ", "a", "and", " and ", "others", "\\", "\\'", "~", "$", "\n"]
        + ["crossref = {a}", "xdata={a,b}", "date = {2020-13-45}", "é", "\0", "\ud800", "1", " "]
        + ["title = {A}", "author = {A and B}", "\\textbf{", "doi={", "eprint={", "}}\n@book{k,"]
    ),
    max_size=60,
).map("".join)


@given(PIECES | st.text() | st.binary())
def test_nothing_makes_the_reader_fail(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "fuzz.bib"
    data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    path.write_bytes(b"@article{ok, title = {OK}}\n" + data)

    found = list(read(path, format="bibtex"))

    assert isinstance(found[0], Paper)
    assert all(isinstance(record, Paper | Refusal) for record in found)


@given(st.text())
def test_nothing_makes_names_and_text_fail(text):
    assert all(isinstance(name, str) for name in people(text))
    assert isinstance(plain(unmarked(text)), str)


def test_the_reader_is_reached_by_content(tmp_path):
    path = Path(tmp_path / "library.txt")
    path.write_text(ZOTERO)

    assert [record.id for record in read(path)] == ["ek_rivers_2023"]


NAME_PARTS = "van der De la Smith J. Ö O'Neil Jr III 何 x-y (A)".split()


@given(st.lists(st.sampled_from([*NAME_PARTS, ","]), min_size=1, max_size=7))
def test_a_plain_name_is_what_bibtex_s_own_rules_make_of_it(words):
    written = " ".join(words).replace(" ,", ",").strip(" ,")
    assume(written and ",," not in written and written.count(",") < 2)
    parsed = Person(written)

    parts = (parsed.first_names, parsed.middle_names, parsed.prelast_names, parsed.last_names)
    assert people(written) == [" ".join(word for part in parts for word in part)]
