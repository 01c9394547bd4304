"""JSON of any size and shape: what is whole comes, what is broken costs itself alone."""

import gzip
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scholargraph.extract.sources.jsonstream import Shape, Value, glimpse, values
from scholargraph.extract.sources.jsonwindow import LONGEST_VALUE

ANSWER = Shape(
    begins=frozenset(("meta", "status")),
    lists=frozenset(("results",)),
    inner=frozenset(("message",)),
)


@pytest.fixture
def stream(tmp_path):
    def of(content: str | bytes, shape: Shape = ANSWER) -> list[Value]:
        path = tmp_path / "file"
        encoded = content if isinstance(content, bytes) else content.encode()
        path.write_bytes(encoded)
        return list(values(path, shape))

    return of


@pytest.fixture
def contents(stream):
    def of(content: str | bytes) -> list[object]:
        return [value.content for value in stream(content) if not value.fault]

    return of


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1}\n{"a": 2}\n',
        '{"a": 1}{"a": 2}',
        '{\n  "a": 1\n}\n{\n  "a": 2\n}\n',
        '[{"a": 1}, {"a": 2}]',
        '\ufeff[\n  {"a": 1},\n  {"a": 2}\n]\n',
        '{"meta": {"results": [7]}, "results": [{"a": 1}, {"a": 2}], "group_by": []}',
        '{"status": "ok", "message": {"meta": {}, "results": [{"a": 1}, {"a": 2}]}}',
        '{"meta": {}, "results": [{"a": 1}]}\n{"meta": {}, "results": [{"a": 2}]}\n',
        '[{"meta": {}, "results": [{"a": 1}]}, {"meta": {}, "results": [{"a": 2}]}]',
        '{"status": "ok", "message": {"a": 1}} {"status": "ok", "message": {"a": 2}}',
        '{"aside": 0, "results": [{"a": 1}, {"a": 2}]}',
        '[{"a": 1},, {"a": 2},]',
        '{"a": 1},\n{"a": 2}',
    ],
)
def test_records_come_out_of_any_wrapping(contents, text):
    assert contents(text) == [{"a": 1}, {"a": 2}]
    assert contents(gzip.compress(text.encode())) == [{"a": 1}, {"a": 2}]


def test_a_value_knows_its_line_and_its_place_in_the_list(stream):
    found = stream('[\n {"a": 1},\n null,\n\n {"a":\n 3}]\n{"b": 4}')

    assert [(value.line, value.index) for value in found] == [(2, 1), (3, 2), (5, 3), (7, None)]


def test_an_answer_without_a_list_is_a_value_itself(contents):
    assert contents('{"status": "failed", "reason": {"x": 1}}') == [
        {"status": "failed", "reason": None}
    ]


@pytest.mark.parametrize(
    ("text", "whole", "fault"),
    [
        ('[{"a": 1}, {"a": x}, {"a": 3}]', [1, 3], "column 18: not JSON (Expecting value)"),
        ('[{"a": 1}, {"a": 2, {"a": 3}, {"a": 4}]', [1, 3, 4], "Expecting property name"),
        ('[\n {"a": 1},\n {"a": "2},\n {"a": 3}\n]', [1, 3], "line 4, column 4: not JSON"),
        ('{"a": 1}\n{"a":\n{"a": 3}\n', [1, 3], "Expecting ',' delimiter"),
        ('{"a": 1}\nowls\n{"a": 3}\n', [1, 3], "column 1: not JSON"),
        ('{"a": 1}\n{"a": "\0"}\n{"a": 3}\n', [1, 3], "column 8: a NUL byte; remove it"),
        ('[{"a": 1}, {"a": NaN}, {"a": 3}]', [1, 3], "NaN is not JSON; write null"),
        ('[{"a": 1}, ' + "[" * 99_999 + "]" * 99_999 + ', {"a": 3}]', [1, 3], "too deeply"),
        ('[{"a": 1}, {"a": ' + "9" * 5_000 + '}, {"a": 3}]', [1, 3], "correct the number"),
        ('{"meta": x, "results": [{"a": 1}]}', [1], "what wraps the records is broken"),
        ('{"meta": 1, "results": [{"a": 1}], x}\n{"a": 2}', [1, 2], "what wraps the records"),
    ],
)
def test_a_broken_value_costs_itself_alone(stream, text, whole, fault):
    found = stream(text)

    assert [value.content["a"] for value in found if not value.fault] == whole
    (broken,) = [value for value in found if value.fault]
    assert fault in broken.fault


def test_a_byte_that_is_not_utf_8_is_named(stream):
    found = stream(b'[{"a": 1},\n{"a": "\xe9"},\n{"a": 3}]')

    assert [value.content for value in found] == [{"a": 1}, None, {"a": 3}]
    assert "column 8: byte 0xe9 is not UTF-8; save the file as UTF-8" in found[1].fault


def test_a_value_too_long_to_hold_is_passed_over(stream):
    long = '{"a": "' + "x" * (LONGEST_VALUE + 2**21) + '"}'

    found = stream(f'{{"a": 1}}\n{long}\n{{"a": 3}}\n')

    assert [value.content for value in found] == [{"a": 1}, None, {"a": 3}]
    assert "longer than 32 million characters" in found[1].fault


@pytest.mark.parametrize("unit", ['{"a":[', '[{"a":', '{"a":"', "{", "[", '{"a":1},}', "x{"])
@pytest.mark.parametrize("between", ["", "\n"])
def test_a_megabyte_that_never_closes_ends_soon(stream, unit, between):
    found = stream("[" + (unit + between) * (1_000_000 // len(unit)))

    assert found[-1].fault or found[-1].content


WHOLE = [{"a": n, "b": ["é", {"a": 'x"}'}]} for n in range(4)]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(WHOLE),
        json.dumps(WHOLE, indent=2),
        json.dumps({"meta": {"x": 1}, "results": WHOLE}),
        "".join(json.dumps(record) + "\n" for record in WHOLE),
    ],
)
def test_a_file_that_breaks_off_gives_what_is_whole_and_says_where(stream, text):
    for end in range(1, len(text.rstrip())):
        found = stream(text[:end])
        whole = [value.content for value in found if not value.fault]
        faults = [value for value in found if value.fault]

        assert whole == WHOLE[: len(whole)]
        assert len(whole) >= text[:end].count('}"}]}')
        assert len(faults) <= 1
        assert all("the file ends" in value.fault for value in faults)
        # JSON lines may end after any line.
        assert faults or text[:end].endswith("}]}") or text[:end].endswith("}]}\n")


def test_compressed_data_that_breaks_off_says_so(stream):
    text = json.dumps([{"a": n, "b": str(hash(str(n)))} for n in range(3_000)])

    *whole, last = stream(gzip.compress(text.encode())[:-3_000])

    assert len(whole) > 1_000
    assert not any(value.fault for value in whole)
    assert "the compressed data breaks off here; fetch the file again" in last.fault


@pytest.mark.parametrize(
    ("head", "records", "wrapper"),
    [
        ('{"meta": {}, "results": [{"a": 1, "b": [', [{"a": 1, "b": None}], {"meta", "results"}),
        ('[null, {"a": {"x": 1}, "b', [None, {"a": {"x": 1}}], set()),
        ('{"a": 1}\n{"a": 2, "c"', [{"a": 1}, {"a": 2, "c": None}], set()),
        ("<xml/>", [], set()),
        ("", [], set()),
    ],
)
def test_a_glimpse_shows_the_members_before_the_cut(head, records, wrapper):
    seen = glimpse(head, ANSWER)

    assert (seen.records, seen.wrapper) == (records, wrapper)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([None, 1, 2]),
    st.booleans(),
    st.integers(0, 400),
    st.sampled_from(["", "x", '"', "{", "}", "]", "\\", "\n", "\0", "\udcff", "é"]),
)
def test_any_damage_leaves_a_file_readable(tmp_path_factory, indent, lined, at, sign):
    text = json.dumps({"meta": 1, "results": WHOLE}, indent=indent, ensure_ascii=False)
    if lined:
        text = "".join(json.dumps(record) + "\n" for record in WHOLE)
    at = min(at, len(text))
    path = tmp_path_factory.mktemp("damage") / "file"
    path.write_bytes((text[:at] + sign + text[at + 1 :]).encode(errors="surrogateescape"))

    found = list(values(path, ANSWER))

    assert len(found) >= 1
    assert all(value.content is None for value in found if value.fault)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300) | st.text('[]{}",:\\n0truefalsenull-.e \n', max_size=200))
def test_any_bytes_end(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("bytes") / "file"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())

    for value in values(path, ANSWER):
        assert value.line >= 1


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner),
            max_leaves=8,
        ),
        max_size=6,
    ),
    st.sampled_from([None, 1]),
)
def test_whatever_json_writes_comes_back(tmp_path_factory, written, indent):
    path = tmp_path_factory.mktemp("json") / "file"
    path.write_text(json.dumps(written, indent=indent))

    assert [value.content for value in values(path, Shape())] == written
