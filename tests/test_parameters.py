"""The parameters of an address or a form, as the Web writes them."""

from urllib.parse import parse_qsl, quote, unquote_to_bytes, urlencode

from hypothesis import example, given
from hypothesis import strategies as st

from scholargraph.graph.percent import unquoted
from scholargraph.web.protocol import read

FORM = "application/x-www-form-urlencoded"


@given(st.binary() | st.text("%=+&_ \r\n\t0aFg", max_size=40).map(str.encode))
@example(b"%")
@example(b"%\n")
@example(b"=\r\n%3D")
@example(b"%3d%3D%zz")
@example(b" %20 \t%0A")
def test_escapes_are_decoded_as_python_decodes_them(data):
    assert unquoted(data) == unquote_to_bytes(data)


@given(st.text())
def test_every_text_comes_back_from_its_escapes(text):
    assert unquoted(quote(text, safe="").encode()).decode() == text


@given(st.lists(st.tuples(st.text(min_size=1), st.text()), max_size=5))
def test_parameters_are_those_that_were_sent(pairs):
    pairs = [pair for pair in pairs if pair[0] not in ("query", "update")]
    sent = urlencode([("query", "ASK {}"), *pairs]).encode()

    text, parameters = read("query", "GET", sent, "", b"")
    same, form = read("query", "POST", b"", FORM, sent)

    assert (text, same) == ("ASK {}", "ASK {}")
    for name, _ in pairs:
        expected = [value for key, value in pairs if key == name]
        assert parameters.all(name) == form.all(name) == expected


@given(st.text("xy=&+%20;", max_size=30))
def test_any_address_is_read_as_python_reads_it(address):
    sent = f"query=ASK&{address}"

    _, parameters = read("query", "GET", sent.encode(), "", b"")

    expected = parse_qsl(sent, keep_blank_values=True)
    assert [(name, parameters.all(name)) for name, _ in expected] == [
        (name, [value for key, value in expected if key == name]) for name, _ in expected
    ]
