"""Dates at the precision that a source gives them, as ISO 8601 text."""

import datetime
import re

_ISO = re.compile(r"(\d{4})(?:[-/](\d{1,2})(?:[-/](\d{1,2})(?:[T ].*)?)?)?", re.ASCII)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_MONTH_NAMES = (
    "january february march april may june july august september october november december".split()
)
# Months that stand for seasons: citeproc's 13 to 16, and 21 to 24 in ISO 8601-2.
_SEASONS = frozenset((13, 14, 15, 16, 21, 22, 23, 24))
_WORDED = re.compile(r"[^\W\d_]{3,}")
_YEAR = re.compile(r"(?<!\d)(?:1[6-9]|2[01])\d\d(?!\d)", re.ASCII)
_DAY = re.compile(r"(?<!\d)\d{1,2}(?!\d)", re.ASCII)

# The first scientific journal is of 1665; anything earlier is a slip of the keyboard.
EARLIEST, LATEST = 1600, 2200


def iso_date(text: str) -> str:
    """
    *text* in ISO 8601 at the precision it has: ``2022-03-15``, ``2022-03`` or ``2022``.

    A time of day is dropped. Slashes and missing zeros are taken: ``2022/3/15``.

    Raises: ValueError, saying why, for a day that no calendar has.
    """
    match = _ISO.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{_short(text)} is no date; write 2022-03-15, 2022-03 or 2022")
    year, month, day = match.groups()
    if not EARLIEST <= int(year) <= LATEST:
        raise ValueError(f"the year {year} is not between {EARLIEST} and {LATEST}")
    if month is None:
        return year
    if not 1 <= int(month) <= 12:
        raise ValueError(f"{_short(text)} does not exist: there is no month {int(month)}")
    if day is None:
        return f"{year}-{int(month):02d}"
    return calendar_day(int(year), int(month), int(day)).isoformat()


def worded_date(text: str) -> str:
    """
    A date as people write it, in ISO 8601 at the precision that is sure.

    A season tells the year alone, a span begins where it begins: ``Spring 2018`` is 2018,
    ``Jan-Feb 2019`` is 2019-01, ``15 March 2022`` a day.

    >>> worded_date("March 15, 2022"), worded_date("Spring 2018"), worded_date("2018/2019")
    ('2022-03-15', '2018', '2018')

    Raises: ValueError where no year is in it, or the day does not exist.
    """
    match = _ISO.fullmatch(text.strip())
    if match:
        season = match[2] and int(match[2]) in _SEASONS
        return iso_date(match[1] if season else text)
    year = _YEAR.search(text[:200])
    if year is None:
        return iso_date(text)
    rest = text[: year.start()] + " " + text[year.end() : 200]
    months = [month for word in _WORDED.findall(rest) if (month := _month(word))]
    days = _DAY.findall(_YEAR.sub(" ", rest))
    if not months:
        return year[0]
    if len(months) > 1 or len(days) != 1:
        return f"{year[0]}-{months[0]:02d}"
    return calendar_day(int(year[0]), months[0], int(days[0])).isoformat()


def _month(word: str) -> int | None:
    """1 to 12 for a month's name or its beginning, None for another word."""
    found = (i for i, name in enumerate(_MONTH_NAMES, 1) if name.startswith(word.lower()))
    return next(found, None)


def date_of(year: int, month: int | None = None, day: int | None = None) -> str:
    """
    The date of numbers, in ISO 8601; a month that stands for a season tells the year alone.

    Zero is the same as none.

    Raises: ValueError, saying why, for a day that no calendar has.
    """
    if not month or month in _SEASONS:
        return iso_date(f"{year:04d}")
    return iso_date(f"{year:04d}-{month:02d}" + (f"-{day:02d}" if day else ""))


def calendar_day(year: int, month: int, day: int) -> datetime.date:
    """
    The day, if the calendar has it.

    Raises: ValueError naming the day, such as 'February 30, 2022 does not exist'.
    """
    try:
        return datetime.date(year, month, day)
    except ValueError:
        name = datetime.date(2000, month, 1).strftime("%B")
        raise ValueError(f"{name} {day}, {year} does not exist") from None


def latest_day(month: int, day: int, captured: datetime.date) -> datetime.date:
    """
    The day in the year of *captured*, or the year before where it would lie after *captured*.

    Sources leave the year out of dates in the running year.

    Raises: ValueError for a day that the year does not have.
    """
    if (month, day) > (captured.month, captured.day):
        return calendar_day(captured.year - 1, month, day)
    return calendar_day(captured.year, month, day)


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "…")
