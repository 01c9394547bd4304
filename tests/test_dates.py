"""Dates in the forms that people and sources write them."""

import pytest

from scholargraph.extract.dates import date_of, worded_date


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2022-03-15", "2022-03-15"),
        ("2018-02-13T00:00:00Z", "2018-02-13"),
        ("2018-21", "2018"),
        ("Spring 2018", "2018"),
        ("2018, Fall", "2018"),
        ("Decisions of 2019", "2019"),
        ("15 March 2022", "2022-03-15"),
        ("March 15th, 2022", "2022-03-15"),
        ("Sept 2019", "2019-09"),
        ("2005, December", "2005-12"),
        ("Jan-Feb 2019", "2019-01"),
        ("28 Jan - 3 Feb 2019", "2019-01"),
        ("2018/2019", "2018"),
        ("3/4/2019", "2019"),
        ("c. 1999", "1999"),
        ("[1999?]", "1999"),
    ],
)
def test_a_date_in_words_keeps_what_is_sure(text, date):
    assert worded_date(text) == date


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("in press", "is no date; write"),
        ("", "is no date"),
        ("2020-20", "there is no month 20"),
        ("2022-02-30", "February 30, 2022 does not exist"),
        ("30 February 2022", "February 30, 2022 does not exist"),
        ("1066", "the year 1066 is not between"),
    ],
)
def test_a_date_that_is_none_says_so(text, message):
    with pytest.raises(ValueError, match=message):
        worded_date(text)


@pytest.mark.parametrize(
    ("parts", "date"),
    [((2022, 3, 15), "2022-03-15"), ((2022, 3), "2022-03"), ((2022, 21), "2022")]
    + [((2022, 0, 0), "2022"), ((2022, None, 4), "2022")],
)
def test_numbers_make_a_date(parts, date):
    assert date_of(*parts) == date


@pytest.mark.parametrize("parts", [(0,), (22,), (2022, 25), (2022, 2, 30), (2022, -1), (10**9,)])
def test_numbers_that_no_calendar_has_are_refused(parts):
    with pytest.raises(ValueError, match="no date|not between|does not exist|no month"):
        date_of(*parts)
