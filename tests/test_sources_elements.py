"""Records of XML: found one at a time, whatever is broken, hostile or large."""

import gzip
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scholargraph.extract.papers import Refusal
from scholargraph.extract.sources import elements as module
from scholargraph.extract.sources.elements import Found, elements


@pytest.fixture
def records(tmp_path):
    """The texts of the records called 'r', and the refusals as 'line: reason'."""

    def of(content: str | bytes, **options: object) -> list[str]:
        path = tmp_path / "file.xml"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return [said(found) for found in elements(path, ("r",), **options)]

    return of


def said(found: Found | Refusal) -> str:
    if isinstance(found, Refusal):
        return f"{found.line}: {found.reason}"
    return "".join(found.element.itertext())


def test_records_come_with_their_lines_and_what_is_around_them(tmp_path):
    path = tmp_path / "file.xml"
    path.write_text('<all>\n<part id="1">\n\n<r>one</r><r\n>two</r></part></all>')

    found = list(elements(path, ("r",)))

    assert [said(record) for record in found] == ["one", "two"]
    assert [record.line for record in found] == [4, 4]
    assert found[0].within == (("all", {}), ("part", {"id": "1"}))
    assert found[0].around("part") == {"id": "1"}
    assert found[0].around("other") == {}


def test_prefixes_comments_and_instructions_do_no_harm(records):
    content = '<x:all xmlns:x="urn:x"><?go?><x:r>o<!-- <r> -->n<x:b>e</x:b></x:r></x:all>'

    assert records(content) == ["one"]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1252", "koi8-r"]
)
def test_the_declared_encoding_is_followed(records, encoding):
    name = encoding.removesuffix("-sig")
    letter = "ж" if encoding == "koi8-r" else "é"
    content = f'<?xml version="1.0" encoding="{name}"?><all><r>{letter}</r></all>'

    assert records(content.encode(encoding)) == [letter]


@pytest.mark.parametrize("name", ["gbk", "nonsense", "punycode"])
def test_an_encoding_that_cannot_be_read_says_so(records, name):
    (reason,) = records(f'<?xml version="1.0" encoding="{name}"?><all><r>x</r></all>')

    assert f"the encoding {name} cannot be read here; save the file as UTF-8" in reason


def test_compressed_files_are_unpacked(records):
    assert records(gzip.compress(b"<all><r>one</r></all>")) == ["one"]


def test_compressed_data_that_breaks_off_keeps_what_came_before(records):
    whole = gzip.compress(b"<all>" + b"".join(b"<r>%d</r>\n" % n for n in range(90_000)))

    *found, last = records(whole[: len(whole) // 2])

    assert found[:3] == ["0", "1", "2"]
    assert len(found) > 10_000
    assert "the compressed data breaks off here" in last


# -- what a file may declare


LAUGHS = "<!ENTITY a 'ha'>" + "".join(
    f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(20)
)


@pytest.mark.parametrize(
    "declarations",
    [
        LAUGHS,
        f"<!ENTITY a '{'x' * 50_000}'>",
        "<!ENTITY a SYSTEM 'file:///etc/passwd'>",
        "<!ENTITY a SYSTEM 'http://127.0.0.1:9/x'>",
        "<!ENTITY % a SYSTEM 'http://127.0.0.1:9/x.dtd'> %a;",
        "<!ENTITY % a '<!ENTITY b \"x\">'> %a;",
        "<!ENTITY a '&a;'>",
    ],
)
def test_entities_are_refused_where_they_are_declared(records, declarations):
    content = f"<!DOCTYPE all [\n{declarations}]><all><r>{'&a;' * 1_000}</r><r>two</r></all>"

    (reason,) = records(content)

    assert reason.startswith("2: the file declares an entity of its own, &")


def test_an_external_dtd_is_named_and_not_opened(records):
    content = (
        '<!DOCTYPE all PUBLIC "-//NLM//DTD" "http://127.0.0.1:9/none.dtd">'
        "<all><r>caf&eacute;&nbsp;&owl;</r></all>"
    )

    assert records(content) == ["café\xa0&owl;"]


def test_names_of_html_are_known_without_any_dtd(records):
    assert records("<all><r>&alpha;&amp;&#946;</r></all>") == ["α&β"]


# -- where it breaks


@pytest.mark.parametrize(
    ("broken", "place", "reason"),
    [
        ("<r>bad</s></r>", "line 3, column 7", "not well-formed XML (mismatched tag)"),
        ("<r>bad & worse</r>", "line 3, column 9", "not well-formed XML (invalid token)"),
        ("<r>\n<b x=1></b></r>", "line 4, column 6", "not well-formed XML (invalid token)"),
        ("<r>bad\x07</r>", "line 3, column 7", "the control character 0x07, which XML cannot hold"),
        ("<r>" + "<b>" * 300 + "</b>" * 300 + "</r>", "line 3, column 601", "nested more than 200"),
    ],
)
def test_reading_goes_on_behind_a_break(records, broken, place, reason):
    content = (
        f"<all><part>\n<r>one</r>\n{broken}<r>three</r>\n</part><part><r>four</r></part></all>"
    )

    found = records(content)

    assert [found[0], *found[2:]] == ["one", "three", "four"]
    assert found[1].startswith(f"3: {place}: ")
    assert reason in found[1]


def test_a_byte_of_another_encoding_costs_one_record(records):
    found = records(b"<all>\n<r>one</r>\n<r>caf\xe9</r>\n<r>three</r></all>")

    assert [found[0], found[2]] == ["one", "three"]
    assert found[1].startswith("3: line 3, column 7: byte 0xe9 is not UTF-8; the first line")


def test_lines_are_counted_across_a_break(tmp_path):
    path = tmp_path / "file.xml"
    path.write_text("<a:all>\n\n<r>&</r>\n\n\n<r>two</r>\n<r>&</r>  <r>four</r></a:all>")

    found = list(elements(path, ("r",)))

    assert [record.line for record in found] == [3, 6, 7, 7]
    assert found[2].reason.startswith("line 7, column 5:")


def test_a_record_without_its_end_takes_the_next_one_with_it_and_no_more(records):
    found = records("<all><part><r>one<r>two</r></part><r>three</r></all>")

    assert found[1:] == ["three"]
    assert found[0].startswith("1: line 1, column 28: not well-formed XML (mismatched tag)")


def test_what_is_around_survives_a_break_that_hides_an_edge(tmp_path):
    path = tmp_path / "file.xml"
    path.write_text('<all><part id="1"><r>&</part><part id="2"><r>two</r></part></all>')

    _, found = elements(path, ("r",))

    assert isinstance(found, Found)
    assert found.within == (("all", {}), ("part", {"id": "2"}))


@pytest.mark.parametrize("cut", range(7, 40))
def test_a_cut_gives_what_came_whole_and_one_refusal(records, cut):
    content = "<all>\n<r>one</r>\n<r>t<b>wo</b></r>\n</all>"[:cut]

    found = records(content)

    assert found[:-1] == ["one", "two"][: content.count("</r>")]
    assert "file ends here" in found[-1]
    assert f"column {len(content.rpartition(chr(10))[2]) + 1}: " in found[-1] or "<" in content[-9:]


def test_a_cut_names_the_record_that_it_hit(records):
    _, reason = records("<all>\n<r>one</r>\n<r>\ntwo")

    assert reason.startswith("3: line 4, column 4: the record breaks off, since the file ends here")


def test_documents_one_after_another_are_all_read(records):
    one = '<?xml version="1.0"?>\n<all><r>one</r></all>\n'
    latin = '<?xml version="1.0" encoding="ISO-8859-1"?><all><r>\xe9</r></all>'.encode("latin-1")

    assert records(one.encode() + latin + one.encode()) == ["one", "é", "one"]


def test_what_stands_before_the_document_is_told(records):
    first, found = records("HTTP/1.1 200 OK\n\n<?xml version='1.0'?><all><r>one</r></all>")

    assert first.startswith("1: column 5: not well-formed XML")
    assert found == "one"


def test_what_only_looks_like_xml_is_given_up(records):
    found = records("<a> & " * 5_000)

    assert len(found) == 1_001
    assert "1,000 breaks and no whole record between them" in found[-1]


# -- sizes


@pytest.mark.parametrize(
    ("large", "reason"),
    [
        (b"<r>" + b"x" * (17 * 2**20) + b"</r>", "larger than 16 MB"),
        (b"<r>" + b"<b/>" * 500_001 + b"</r>", "more than 500,000 elements"),
        (b"<r><!--" + b"x" * (5 * 2**20) + b"--></r>", "longer than 4 MB"),
        (b"<r a='" + b"x" * (5 * 2**20) + b"'></r>", "longer than 4 MB"),
    ],
)
def test_a_record_too_large_is_left_out_alone(records, large, reason):
    first, refusal, last = records(b"<all><r>one</r>\n" + large + b"\n<r>three</r></all>")

    assert (first, last) == ("one", "three")
    assert refusal.startswith("2: ")
    assert reason in refusal


def test_limits_are_far_above_what_a_thousand_authors_need():
    assert module.MOST_ELEMENTS > 1_000 * 100
    assert module.LARGEST_RECORD > 1_000 * 10_000


PIECES = st.sampled_from(
    ["<r>", "</r>", "<all>", "</all>", "<b>", "</b>", "x", "&amp;", "&", "&nbsp;", "<", ">", "<r/>"]
    + ["<!--", "-->", "<![CDATA[", "]]>", "<?xml version='1.0'?>", "<!DOCTYPE r>", "\n", "\0", "é"]
    + ["<!DOCTYPE r [<!ENTITY a 'b'>]>", "&a;", "\ufeff", "<r a='", "'>", "xmlns:x='y'", "<x:r>"]
)


@given(st.one_of(st.binary(), st.lists(PIECES, max_size=40).map(lambda p: "".join(p).encode())))
@example(b"<all>" * 250)
@example(b"\xff\xfe<\0r\0>\0")
def test_no_bytes_raise_anything(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "elements.xml"
    path.write_bytes(content)

    for found in elements(path, ("r",)):
        assert isinstance(found, Found) or Path(found.path) == path
