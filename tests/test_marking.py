"""Marks in a text, and charts: what the pages draw themselves."""

from corpus import HOSTILE_NAME

from scholargraph.web import charts
from scholargraph.web.marking import Span, marked


def test_offsets_count_characters_beyond_the_basic_plane():
    pieces = marked("𝔸 uses 🦊Net.", [Span(7, 11, "method")])

    assert [(piece.text, piece.what) for piece in pieces] == [
        ("𝔸 uses ", None),
        ("🦊Net", "method"),
        (".", None),
    ]


def test_overlapping_marks_keep_the_text_whole():
    spans = [Span(0, 4, "a"), Span(2, 6, "b"), Span(0, 2, "c"), Span(5, 99, "d"), Span(7, 7, "e")]

    pieces = marked("abcdefgh", spans)

    assert [(piece.text, piece.what) for piece in pieces] == [("abcd", "a"), ("efgh", None)]


def test_a_chart_escapes_its_title():
    chart = charts.bars([(2020, 3), (2021, 0)], HOSTILE_NAME, 480)

    assert "<img" not in chart
    assert chart.count('class="bar ') == 1  # of a year without papers there is no bar
