"""Records of services that answer in JSON: read one at a time, each field as what it should be."""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from ..dates import date_of, iso_date, worded_date
from ..latex import plain
from ..papers import Paper, Record, Refusal, SourceClaim
from . import identity
from .fields import LONGEST_ABSTRACT, check_length, optional_abstract, title_text
from .first_places import FirstPlaces, first_places
from .jats import untagged
from .jsonstream import Shape, Value, values

LONGEST_FIELD = 2_000  # characters of a name, a venue or a page range
_LONGEST_URL = 2_000
_LONGEST_MARKED = 4 * LONGEST_ABSTRACT  # with the tags of formulas
_MOST_CITATIONS = 10**9
# A record with a thousand bad ORCID iDs needs no thousand lines to say so.
_MOST_NOTICES = 5
_URL = re.compile(r"https?://[^\s<>\"{}|\\^`\x00-\x20\x7f-\x9f\ud800-\udfff\ufffe\uffff]+", re.I)
_WITHDRAWN = re.compile(
    r"\W{0,3}(?:retracted|withdrawn)(?:\s(?:article|paper|chapter))?\s?[:.\])-]", re.IGNORECASE
)


def read_records(
    path: Path,
    shape: Shape,
    paper: Callable[["Fields"], Paper],
    name: Callable[[dict[str, Any]], str],
    null: str = "",
) -> Iterator[Record]:
    """
    The papers of *path* in file order; what is none comes as a `Refusal` with its place.

    *paper* makes a paper of a record, or raises ValueError; *name* is what a record is called in a
    refusal, '' where it has no identifier; *null* is what a null in a list means. What a record
    has amiss beside what makes it a paper is reported, and the paper goes in without it.
    """
    with first_places() as places:
        yield from _papers(path, shape, paper, name, null, places)


def _papers(
    path: Path,
    shape: Shape,
    paper: Callable[["Fields"], Paper],
    name: Callable[[dict[str, Any]], str],
    null: str,
    places: FirstPlaces,
) -> Iterator[Record]:
    for value in values(path, shape):
        record = value.content
        if value.fault:
            yield _refusal(path, value, "", value.fault)
            continue
        if not isinstance(record, dict):
            if record is None and null:
                yield _refusal(path, value, "", null)
                continue
            yield _refusal(path, value, "", f"this is {kind(record)}, not a record; take it out")
            continue
        fields = Fields(record)
        called = plain(name(record)[:200])[:60]
        try:
            made = paper(fields)
            if first := places.before(made.id, _place(value.line, value.index)):
                raise ValueError(f"the same record stands {first} already")
        except ValueError as error:
            yield _refusal(path, value, called, str(error))
            continue
        yield made
        for notice in _bounded(fields.notices):
            yield _refusal(path, value, called, f"{notice}; the paper went in without it")


def _refusal(path: Path, value: Value, called: str, reason: str) -> Refusal:
    if value.index is None:
        place = f"{called}: " if called else ""
    else:
        place = f"record {value.index:,}{f' ({called})' if called else ''}: "
    return Refusal(path, value.line, place + reason)


def _place(line: int, index: int | None) -> str:
    return f"on line {line}" if index is None else f"as record {index:,}, line {line},"


def _bounded(notices: list[str]) -> list[str]:
    unique = list(dict.fromkeys(notices))
    if len(unique) <= _MOST_NOTICES:
        return unique
    more = len(unique) - _MOST_NOTICES
    return [*unique[:_MOST_NOTICES], f"{more:,} more fields are malformed"]


def kind(value: object) -> str:
    """What a JSON value is, in words."""
    if isinstance(value, bool):
        return str(value).lower()
    for types, called in (((int, float), "a number"), (str, "a string"), (list, "a list")):
        if isinstance(value, types):
            return called
    return "null" if value is None else "an object"


class Fields:
    """
    The fields of a record; *notices* collects what is not what it should be.

    A field that is absent, null or blank is '' or empty, without a word.
    """

    def __init__(self, record: dict[str, Any], notices: list[str] | None = None) -> None:
        self.record = record
        self.notices: list[str] = [] if notices is None else notices

    def __bool__(self) -> bool:
        return bool(self.record)

    def __contains__(self, key: str) -> bool:
        return self.record.get(key) is not None

    def raw(self, *keys: str) -> str:
        """The string under the first of *keys* that has one; a whole number is written out."""
        for key in keys:
            value = self.record.get(key)
            if isinstance(value, float) and value.is_integer() and abs(value) < 10**15:
                value = int(value)
            if isinstance(value, int) and not isinstance(value, bool):
                value = str(value)
            if isinstance(value, str):
                if value.strip():
                    return value
            elif value is not None:
                self._amiss(key, value, "a string")
        return ""

    def text(self, *keys: str) -> str:
        """`raw` as plain text, at most `LONGEST_FIELD` characters; longer, it is left out."""
        return self.plain(self.raw(*keys), keys[0])

    def plain(self, raw: str, key: str) -> str:
        if len(raw) > LONGEST_FIELD:
            self.notices.append(f'"{key}" has {len(raw):,} characters, over {LONGEST_FIELD:,}')
            return ""
        return plain(untagged(raw))

    def title(self, raw: str) -> str:
        """
        A paper's title.

        Raises: ValueError where there is none, or it is too long.
        """
        if not raw:
            raise ValueError("the record has no title; a paper needs one")
        check_length(raw, "title", _LONGEST_MARKED)
        return title_text(untagged(raw))

    def abstract(self, raw: str) -> str:
        """A paper's abstract; one that is too long is noted, and is ''."""
        try:
            check_length(raw, "abstract", _LONGEST_MARKED)
            return optional_abstract(untagged(raw))
        except ValueError as error:
            self.notices.append(str(error))
            return ""

    def first(self, *keys: str) -> str:
        """The string under the first of *keys* that has one, or the first string of its list."""
        for key in keys:
            if found := next((item for item in self.strings(key) if item.strip()), ""):
                return found
        return ""

    def strings(self, key: str) -> list[str]:
        """The strings of the list under *key*; one string is a list of one."""
        value = self.record.get(key)
        if not isinstance(value, list):
            return [text] if (text := self.raw(key)) else []
        wrong = [item for item in value if not isinstance(item, str | None)]
        if wrong:
            self._amiss(key, wrong[0], "a string", inside=True)
        return [item for item in value if isinstance(item, str) and item.strip()]

    def texts(self, key: str) -> tuple[str, ...]:
        """`strings` as plain texts, each once."""
        found = (self.plain(item, key) for item in self.strings(key))
        return tuple(dict.fromkeys(text for text in found if text))

    def within(self, key: str) -> "Fields":
        """The object under *key*; one without fields where it has none."""
        value = self.record.get(key)
        if not isinstance(value, dict | None):
            self._amiss(key, value, "an object")
        return Fields(value if isinstance(value, dict) else {}, self.notices)

    def each(self, key: str) -> list["Fields"]:
        """The objects of the list under *key*."""
        value = self.record.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self._amiss(key, value, "a list")
            return []
        wrong = [item for item in value if not isinstance(item, dict | None)]
        if wrong:
            self._amiss(key, wrong[0], "an object", inside=True)
        return [Fields(item, self.notices) for item in value if isinstance(item, dict)]

    def orcid(self, key: str) -> str | None:
        """The ORCID iD under *key*; a malformed one is noted."""
        return self.identified(key, self.raw(key), identity.orcid)

    def identified(self, key: str, text: str, normal: Callable[[str], str]) -> str | None:
        """*text* in its normal form, None where it is blank or, which is noted, malformed."""
        if not text.strip():
            return None
        try:
            return normal(text)
        except ValueError as error:
            self.notices.append(f'"{key}": {error}')
            return None

    def urls(self, *keys: str) -> tuple[str, ...]:
        """The web addresses under *keys*; what is none is noted."""
        found: dict[str, None] = {}
        for key in keys:
            address = self.raw(key).strip()
            if not address:
                continue
            if len(address) <= _LONGEST_URL and _URL.fullmatch(address):
                found[address] = None
            else:
                self.notices.append(f'"{key}": {address[:60]!r} is no web address')
        return tuple(found)

    def date(self, key: str, *, worded: bool = False) -> str | None:
        """The date under *key*, which is a string or a year; one that does not exist is noted."""
        text = self.raw(key).strip()
        if not text:
            return None
        try:
            return worded_date(text) if worded else iso_date(text)
        except ValueError as error:
            self.notices.append(f'"{key}": {error}')
            return None

    def date_parts(self, key: str) -> str | None:
        """
        The first date of ``date-parts`` under *key*; of one that does not exist, which is noted,
        the year.
        """
        dates = self.within(key).record.get("date-parts")
        parts = dates[0] if isinstance(dates, list) and dates else None
        numbers = []
        for part in parts[:3] if isinstance(parts, list) else [parts]:
            if isinstance(part, str) and part.strip().isascii() and part.strip().isdigit():
                part = int(part.strip()[:9])
            if isinstance(part, bool) or not isinstance(part, int):
                break
            numbers.append(part)
        if not numbers:
            return None
        for given in (numbers, numbers[:1]):
            try:
                return date_of(*given)
            except ValueError as error:
                self.notices.append(f'"{key}": {error}')
        return None

    def citations(self, key: str) -> tuple[SourceClaim, ...]:
        """How often the source says the paper is cited."""
        count = self.record.get(key)
        if count is None:
            return ()
        if isinstance(count, bool) or not isinstance(count, int):
            self._amiss(key, count, "a whole number")
            return ()
        if not 0 <= count <= _MOST_CITATIONS:
            self.notices.append(f'"{key}" is not between 0 and {_MOST_CITATIONS:,}')
            return ()
        return (SourceClaim("citations", Decimal(count)),)

    def flag(self, key: str) -> bool:
        return self.record.get(key) is True

    def _amiss(self, key: str, value: object, expected: str, *, inside: bool = False) -> None:
        verb = f"has {kind(value)} in it" if inside else f"is {kind(value)}"
        self.notices.append(f'"{key}" {verb}, not {expected}')


def says_withdrawn(title: str) -> bool:
    """
    Whether publishers' convention marks *title* as withdrawn: 'RETRACTED: …', '[Withdrawn] …'.

    A notice about another paper ('Retraction: …') is none.
    """
    return _WITHDRAWN.match(title) is not None
