import pytest
from hypothesis import given
from hypothesis import strategies as st

from scholargraph.web.negotiation import best

TURTLE, JSON_LD, HTML = "text/turtle", "application/ld+json", "text/html"
OFFERS = (TURTLE, JSON_LD, HTML)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", TURTLE),
        ("*/*", TURTLE),
        ("*", TURTLE),
        ("text/*", TURTLE),
        ("application/ld+json", JSON_LD),
        ("APPLICATION/LD+JSON", JSON_LD),
        ("text/turtle;q=0.5, application/ld+json", JSON_LD),
        ("text/turtle; q=0.5 , application/ld+json ; q=0.4", TURTLE),
        ("text/turtle;q=0, */*;q=0.1", JSON_LD),
        ("text/*;q=0.9, text/turtle;q=0.1, application/ld+json;q=0.5", HTML),
        ("text/turtle; charset=utf-8", TURTLE),
        ('application/ld+json;profile="http://example.org/a,b";q=0.9, text/html;q=0.1', JSON_LD),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", HTML),
        ("application/ld+json;q=1.000, text/turtle;q=0.999", JSON_LD),
        ("text/turtle;q=much, application/ld+json;q=0.9", TURTLE),
        ("text/turtle;q=nan, application/ld+json", TURTLE),
        ("image/png", None),
        ("text/turtle;q=0", None),
        ("*/*;q=0", None),
        ("text/html;q=0.0, image/png", None),
        (",,;;", TURTLE),
    ],
)
def test_the_heaviest_offer_wins(accept, expected):
    assert best(accept, OFFERS) == expected


def test_parameters_of_an_offer_stay_with_it():
    offers = ("text/csv; charset=utf-8", "text/html")

    assert best("text/csv", offers) == "text/csv; charset=utf-8"


def test_nothing_is_best_of_nothing():
    assert best("*/*", ()) is None


@given(st.text())
def test_any_header_is_answered(accept):
    assert best(accept, OFFERS) in (*OFFERS, None)
