"""Dates at the precision that a source gives them, as ISO 8601 text."""

import datetime
import re

_ISO = re.compile(r"(\d{4})(?:[-/](\d{1,2})(?:[-/](\d{1,2})(?:[T ].*)?)?)?", re.ASCII)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

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
