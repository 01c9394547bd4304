"""
JSON lines: one paper a line, as an object; ``data/README.md`` lists every key.

A record has ``title`` and ``abstract``, or ``text`` alone, which is then kept to the letter because
someone else's offsets point into it. An array of such objects is read too, and a single one that
is spread over several lines.
"""

import datetime
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from ..papers import Record, Refusal
from . import opening
from .first_places import FirstPlaces, first_places
from .jsonrecords import kind
from .jsonstream import Shape, glimpse, values
from .own import Invalid, paper

_KEYS = frozenset(("title", "abstract", "text"))


class _Found(NamedTuple):
    """What stands at *place* ('' for the line alone): a record, or the *fault* it has."""

    line: int
    place: str
    record: dict[str, Any] | None
    fault: str

    def where(self) -> str:
        return f"as {self.place.removesuffix(': ')}" if self.place else f"on line {self.line}"


def matches(head: str) -> bool:
    """
    Whether *head* has JSON objects one a line, or an array or an object with our keys; a first
    line that is broken does no harm.
    """
    if _has_lines(head):
        return True
    records = [record for record in glimpse(head, Shape()).records if isinstance(record, dict)]
    return any(_KEYS & record.keys() for record in records)


def _has_lines(head: str) -> bool:
    lines = [line.strip() for line in head.split("\n")]
    lines = [line for line in lines if line]
    if not lines or lines[0] == "{" or lines[0].startswith("["):
        return False
    objects = sum(re.match(r'\{\s*(?:"|\}|$)', line) is not None for line in lines)
    return lines[0].startswith("{") or 2 * objects > len(lines)


def read(path: Path, captured: datetime.date) -> Iterator[Record]:
    """
    The papers of *path* in file order; a record that is none comes as a `Refusal`.

    A malformed DOI, arXiv identifier or ORCID iD is reported and left out, and its paper goes in.
    """
    lined = _has_lines(opening.head(path))
    with first_places() as places:
        yield from _papers(path, _in_lines(path) if lined else _in_array(path), places)


def _papers(path: Path, listed: Iterator[_Found], places: FirstPlaces) -> Iterator[Record]:
    for found in listed:
        if found.record is None:
            yield Refusal(path, found.line, found.place + found.fault)
            continue
        notices: list[str] = []
        try:
            made = paper(found.record, notices)
            if first := places.before(made.id, found.where()):
                raise Invalid(
                    f'"id" {_short(made.id)} stands {first} already; give each paper its own'
                )
        except (Invalid, ValueError) as error:
            yield Refusal(path, found.line, found.place + str(error))
            continue
        yield made
        for notice in notices:
            reason = f"{found.place}{notice}; the paper went in without it"
            yield Refusal(path, found.line, reason)


def _in_lines(path: Path) -> Iterator[_Found]:
    for line in opening.lines(path):
        if line.content is None:
            yield _Found(line.number, "", None, line.fault)
            continue
        try:
            record = _record(line.content, first=line.number == 1)
        except Invalid as error:
            yield _Found(line.number, "", None, str(error))
            continue
        if record is not None:
            yield _Found(line.number, "", record, "")


def _in_array(path: Path) -> Iterator[_Found]:
    for value in values(path, Shape()):
        record, fault = value.content, value.fault
        place = "" if value.index is None else f"record {value.index:,}: "
        if not fault and not isinstance(record, dict):
            record, fault = None, f"this is {kind(record)}; a paper is an object, {{…}}"
        yield _Found(value.line, place, record, fault)


def _record(content: bytes, *, first: bool) -> dict[str, Any] | None:
    """The object on a line; None for a blank line."""
    try:
        text = content.decode("utf-8-sig" if first else "utf-8")
    except UnicodeDecodeError as error:
        raise Invalid(
            f"column {error.start + 1}: byte 0x{content[error.start]:02x} is not UTF-8; "
            "save the file as UTF-8 (iconv -f ISO-8859-1 -t UTF-8)"
        ) from None
    if not text.strip():
        return None
    nul = text.find("\0")
    if nul >= 0:
        raise Invalid(f"column {nul + 1}: a NUL byte; remove it (tr -d '\\000')")
    try:
        record = json.loads(text, strict=False, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise Invalid(
            f"column {error.colno}: not JSON ({error.msg}); each line needs one whole object"
        ) from None
    except RecursionError:
        raise Invalid("the JSON is nested too deeply; a paper needs two levels") from None
    except ValueError as error:  # an integer of thousands of digits
        raise Invalid(f"not JSON that can be read ({error}); correct the number") from None
    if not isinstance(record, dict):
        raise Invalid(f"the line is {kind(record)}; each line needs one object, {{…}}")
    return record


def _no_constant(name: str) -> NoReturn:
    raise Invalid(f"{name} is not JSON; write null")


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:60] + "…")
