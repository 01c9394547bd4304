"""Tables with a heading for each column: comma, semicolon, tab or bar between them."""

import csv
import datetime
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from pathlib import Path

from ..latex import plain
from ..papers import Genre, Paper, Record, Refusal, SourceClaim
from ..repositories import repositories
from . import identity, managers, names, opening
from .columns import normal, places
from .fields import optional_abstract, title_text

SEPARATORS = (",", ";", "\t", "|")

# Excel's 'sep=;', or what Dimensions says of the export, may stand above the header.
_PREAMBLE = 3
# Characters of one row, over all its lines; an abstract has at most 100,000.
_LONGEST_ROW = 2**20
_MOST_LINES = 20_000

# What our own exports put before what a spreadsheet would run as a formula.
_GUARDED = re.compile(r"'(?=[=+\-@\t\r])")
_SCOPUS_NUMBER = re.compile(r" ?\(\d{6,}\)")

_GENRES: tuple[tuple[str, Genre], ...] = (
    ("review", "review"),
    ("preprint", "preprint"),
    ("posted", "preprint"),
    ("chapter", "chapter"),
    ("section", "chapter"),
    ("thesis", "thesis"),
    ("dissertation", "thesis"),
    ("report", "report"),
    ("conference", "conference-paper"),
    ("proceeding", "conference-paper"),
    ("monograph", "book"),
    ("book", "book"),
    ("article", "article"),
)


class _Broken(Exception):
    """A row that cannot be read; the message says why."""


def matches(head: str) -> bool:
    """Whether it begins with a header that has a title and something else that is known."""
    if head.lstrip().startswith(("{", "[", "<", "@")):
        return False
    lines = [line for line in head.split("\n") if line.strip()][:_PREAMBLE]
    found = [places(_header(line)[0]) for line in lines]
    return any("title" in fields and len(fields) > 1 for fields in found)


def read(
    path: Path, captured: datetime.date, columns: Mapping[str, str] | None = None
) -> Iterator[Record]:
    """
    The papers of *path* in file order; a row that is none comes as a `Refusal`.

    *columns* names columns for fields of `columns.FIELDS`; the others are found by what programs
    call them. A malformed identifier or date is reported and left out, and its paper goes in.

    Raises: SourceError for a header that names no title, or a column that the table lacks.
    """
    rows = _Rows(path)
    try:
        header, separator = rows.header(columns)
        found = places(header, columns)
    except ValueError as error:
        raise opening.SourceError(f"{path}: {error}") from error
    if "title" not in found:
        listed = ", ".join(repr(name) for name in header[:30])
        raise opening.SourceError(
            f"{path}: no column is a title; name it with --columns title=HEADING (the columns are "
            f"{listed})"
        )
    needed = max(found.values()) + 1
    for line, row, fault in rows.read(separator, len(header), needed):
        notices: list[str] = []
        if not fault:
            values = {field: _unguarded(row[place]) for field, place in found.items()}
            try:
                yield _paper(values, notices)
            except ValueError as error:
                fault, notices = str(error), []
        if fault:
            yield Refusal(path, line, fault)
        for notice in notices:
            yield Refusal(path, line, f"{notice}; the paper went in without it")


def _header(line: str, chosen: Mapping[str, str] | None = None) -> tuple[list[str], str]:
    """The headings on *line* and what separates them: what makes the most of it."""
    wanted = set((chosen or {}).values())

    def known(separator: str) -> tuple[int, int]:
        row = _split(line, separator)
        return len(places(row)) + len(wanted & {heading.strip() for heading in row}), len(row)

    best = max(SEPARATORS, key=known)
    return _split(line, best), best


def _split(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return line.split(separator)


class _Rows:
    """The rows of a table with the lines that they begin on; holds no more than one of them."""

    def __init__(self, path: Path) -> None:
        self._lines = self._decoded(path)
        self._again: deque[tuple[int, str]] = deque()
        self._row: list[tuple[int, str]] = []
        self._size = 0
        self._read = self._reread = 0

    def header(self, chosen: Mapping[str, str] | None) -> tuple[list[str], str]:
        """The headings and the separator."""
        wanted = {normal(heading) for heading in (chosen or {}).values()}
        first: tuple[list[str], str] | None = None
        for _, text in islice((line for line in self._lines if line[1].strip()), _PREAMBLE):
            header, separator = _header(text.rstrip("\n"), chosen)
            if "title" in places(header) or wanted & set(map(normal, header)):
                return header, separator
            first = first or (header, separator)
        return first or ([], ",")

    def read(self, separator: str, width: int, needed: int) -> Iterator[tuple[int, list[str], str]]:
        """Each row with its line, or with what is wrong; *needed* columns must be there."""
        reader = csv.reader(self._feed(), delimiter=separator)
        refused = 0
        while True:
            self._row, self._size = [], 0
            fault, row = "", []
            try:
                row = next(reader)
            except StopIteration:
                return
            except (csv.Error, _Broken) as error:
                fault = str(error)
            if not self._row:
                return
            line = self._row[0][0]
            if not fault and not any(value.strip() for value in row):
                continue
            if not fault and (len(row) < needed or any(v.strip() for v in row[width:])):
                fault = (
                    f"the row has {len(row)} columns, the header {width}; put values that hold "
                    "separators or quotes into quotes"
                )
            if fault:
                # A generator that has raised is at its end, and a reader with it.
                reader = csv.reader(self._feed(), delimiter=separator)
                last = self._row[-1][0]
                self._step_back()
                if line <= refused:
                    continue
                refused = last
            yield line, row, fault

    def _step_back(self) -> None:
        """
        Has the later lines of a bad row read as rows once more.

        A quote that is not closed takes good rows with it. What is bad once more was refused.
        """
        size = self._size - len(self._row[0][1])
        if len(self._row) > 1 and self._reread + size <= 4 * self._read + _LONGEST_ROW:
            self._reread += size
            self._again.extendleft(reversed(self._row[1:]))

    def _feed(self) -> Iterator[str]:
        while True:
            if self._again:
                number, text = self._again.popleft()
            else:
                try:
                    number, text = next(self._lines)
                except StopIteration:
                    return
                self._read += len(text)
            self._row.append((number, text))
            self._size += len(text)
            if "\ufdd0" in text:  # what `_decoded` puts where a line is no text
                raise _Broken(text.partition("\ufdd0")[2].rstrip("\n"))
            if self._size > _LONGEST_ROW or len(self._row) > _MOST_LINES:
                raise _Broken("the row is too long; a quote that opens must be closed")
            yield text

    @staticmethod
    def _decoded(path: Path) -> Iterator[tuple[int, str]]:
        for line in opening.lines(path):
            if line.content is None:
                yield line.number, f"\ufdd0{line.fault}\n"
                continue
            try:
                text = line.content.decode("utf-8-sig" if line.number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                text = (
                    f"\ufdd0line {line.number}, column {error.start + 1}: byte "
                    f"0x{line.content[error.start]:02x} is not UTF-8; save the file as UTF-8 "
                    "(iconv -f WINDOWS-1252 -t UTF-8)"
                )
            else:
                text = text.replace("\ufdd0", " ")
            # Excel's "CSV (Macintosh)" ends lines with a carriage return alone.
            for part in text.split("\r"):
                yield line.number, part + "\n"


def _unguarded(text: str) -> str:
    return _GUARDED.sub("", text.strip(), count=1) if text.startswith("'") else text.strip()


def _paper(values: Mapping[str, str], notices: list[str]) -> Paper:
    def text(field: str) -> str | None:
        return plain(values.get(field, "")) or None

    if not values["title"]:
        raise ValueError('"title" is blank; a paper needs a title')
    title = title_text(values["title"])
    abstract = values.get("abstract", "")
    if re.fullmatch(r"\[?no abstract available\]?\.?", abstract, re.IGNORECASE):  # Scopus
        abstract = ""
    abstract = optional_abstract(abstract)
    listed, hidden = names.without_et_al(
        _SCOPUS_NUMBER.sub("", " ".join(values.get("authors", "").replace("|", ";").split()))
    )
    authors, truncated = managers.authors(managers.people(listed))
    date = _date(values, notices)
    ids = managers.Identifiers(notices)
    ids.add("doi", values.get("doi"), identity.doi, "doi")
    ids.add("arxiv", values.get("arxiv"), identity.arxiv, "arxiv")
    ids.add("pmid", values.get("pmid"), identity.pmid, "pmid")
    ids.add("pmcid", values.get("pmcid"), identity.pmcid, "pmcid")
    urls = ids.addresses(managers.addresses(values.get("url", "")))
    kind = values.get("type", "").casefold()
    genre = next((genre for word, genre in _GENRES if word in kind), None)
    if genre in ("book", "thesis", "report"):
        isbn = re.split(r"[;,]", values.get("isbn", ""))[0]
        ids.add("isbn", isbn, identity.isbn, "isbn")
    own = values.get("id", "")[:300]
    return Paper(
        id=own or identity.title_id(title, date[:4] if date else None),
        title=title,
        abstract=abstract,
        authors=authors,
        truncated=truncated or hidden,
        date=date,
        venue=text("venue"),
        categories=_keywords(values.get("keywords", "")),
        ids=(*ids.all(), *([("source", own)] if own else [])),
        urls=urls,
        code=_code(values.get("code", ""), abstract),
        affiliations=tuple(
            plain(name) for name in values.get("affiliations", "").split(";") if plain(name)
        ),
        claims=_claims(values.get("citations", "")),
        genre=genre,
        volume=text("volume"),
        issue=text("issue"),
        pages=_pages(values),
        publisher=text("publisher"),
        withdrawn="retracted" in kind or managers.is_withdrawn(title),
    )


def _pages(values: Mapping[str, str]) -> str | None:
    return managers.pages(values.get("pages")) or managers.pages(
        values.get("first page") or values.get("article number"), values.get("last page")
    )


def _keywords(text: str) -> tuple[str, ...]:
    parts: Sequence[str] = re.split(r"[;|]", text)
    if len(parts) == 1:
        parts = text.split(",")
    found = dict.fromkeys(plain(part) for part in parts)
    return tuple(keyword for keyword in found if 0 < len(keyword) <= 200)


def _code(text: str, abstract: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*managers.addresses(text), *repositories(abstract))))


def _claims(citations: str) -> tuple[SourceClaim, ...]:
    number = citations.replace(",", "")
    if not re.fullmatch(r"\d{1,9}(?:\.0)?", number, re.ASCII):
        return ()
    return (SourceClaim("citations", Decimal(number.partition(".")[0])),)


def _date(values: Mapping[str, str], notices: list[str]) -> str | None:
    """The date, if it says a year, else it and the year: Web of Science has 'MAR 15' and 2020."""
    day, year = values.get("date", ""), values.get("year", "").removesuffix(".0")
    if not re.search(r"\d{4}", day):
        day = f"{day} {year}"
    for text in (day, year):
        try:
            if date := managers.date(text):
                return date
        except ValueError as error:
            if text == day or not notices:
                notices.append(f"date: {error}")
    return None
