"""
RIS, as EndNote, Zotero, Web of Science, Scopus, PubMed and publishers write it.

rispy is not used here: it holds the whole file, knows no line numbers, runs two records into one
where ``ER`` is missing, and takes a tag with one blank less for text. It checks our exports in the
tests.
"""

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..latex import plain
from ..papers import Genre, Paper, Record, Refusal
from ..repositories import repositories
from . import identity, managers, opening
from .fields import optional_abstract, title_text

LONGEST_RECORD = 2**20  # characters; 3,000 authors are 80,000

_BEGINS = re.compile(r"^[ \t]*TY {0,2}- {0,2}[A-Z]{2,}\s*$", re.MULTILINE)
# With one blank, only what is certainly a tag: an abstract may go on with 'AI - the new …'.
_TAG = re.compile(
    r"[ \t]*(?:([A-Z][A-Z0-9])  -[ \t]?|(TY|ER|AU|A1|TI|T1|AB|N2|PY|Y1|DA|JO|JF|T2|DO|UR|SN|SP|EP"
    r"|VL|IS|PB|ID|KW) -(?:[ \t]|$))(.*)$"
)

_GENRES: dict[str, Genre] = {
    "JOUR": "article",
    "EJOUR": "article",
    "JFULL": "article",
    "MGZN": "article",
    "INPR": "article",
    "CONF": "conference-paper",
    "CPAPER": "conference-paper",
    "BOOK": "book",
    "EBOOK": "book",
    "EDBOOK": "book",
    "CHAP": "chapter",
    "ECHAP": "chapter",
    "THES": "thesis",
    "RPRT": "report",
    "UNPB": "preprint",
    "MANSCPT": "preprint",
}


@dataclass(slots=True)
class _Entry:
    """The tags of one record in file order; *line* is where its ``TY`` stands."""

    line: int
    tags: list[tuple[str, list[str]]] = field(default_factory=list)
    size: int = 0
    fault: str = ""

    def first(self, *tags: str) -> str:
        """The value of the first of these tags that has one, '' where none has."""
        return next((text for tag in tags for text in self.all(tag)), "")

    def all(self, *tags: str) -> list[str]:
        joined = ("\n".join(lines).strip() for tag, lines in self.tags if tag in tags)
        return [text for text in joined if text]

    def keep(self, tag: str, text: str) -> None:
        self.size += len(text) + 7
        if self.size > LONGEST_RECORD:
            self.tags.clear()
            self.fault = self.fault or (
                f"the record has more than {LONGEST_RECORD:,} characters; shorten it, or add the "
                "missing ER lines"
            )
        elif tag:
            self.tags.append((tag, [text]))
        elif self.tags:  # a long value goes on
            self.tags[-1][1].append(text)


def matches(head: str) -> bool:
    """Whether a record begins, below whatever a database wrote above it."""
    return not head.lstrip().startswith(("<", "[", "{", "@")) and _BEGINS.search(head) is not None


def read(path: Path, captured: datetime.date) -> Iterator[Record]:
    """
    The papers of *path* in file order; a record that is none comes as a `Refusal`.

    A record ends at ``ER``, at the next ``TY`` or with the file. A malformed identifier or date is
    reported and left out, and its paper goes in.
    """
    for entry in _entries(path):
        notices: list[str] = []
        if not entry.fault:
            try:
                yield _paper(entry, notices)
            except ValueError as error:
                entry.fault = str(error)
        if entry.fault:
            yield Refusal(path, entry.line, entry.fault)
        for notice in notices if not entry.fault else ():
            yield Refusal(path, entry.line, f"{notice}; the paper went in without it")


def _entries(path: Path) -> Iterator[_Entry]:
    entry: _Entry | None = None
    ended = False
    for line in opening.lines(path):
        if line.content is None:
            if entry is None:
                entry = _Entry(line.number)
            entry.fault = f"line {line.number}: {line.fault}"
            continue
        text, fault = _text(line.content, line.number)
        for part in text.split("\r"):
            tag, value = _tag(part)
            if tag == "TY":
                if entry is not None:
                    yield entry
                entry = _Entry(line.number)
            if entry is None:
                continue  # what a database wrote above the first record, or between two
            entry.fault = entry.fault or fault
            if tag == "ER":
                yield entry
                entry, ended = None, True
            else:
                entry.keep(tag, value)
    if entry is not None:
        if ended and not entry.fault:
            entry.fault = "the file ends inside the record; fetch it whole, or add the ER line"
        yield entry


def _text(content: bytes, number: int) -> tuple[str, str]:
    try:
        return content.decode("utf-8-sig" if number == 1 else "utf-8"), ""
    except UnicodeDecodeError as error:
        return content.decode(errors="replace"), (
            f"line {number}, column {error.start + 1}: byte 0x{content[error.start]:02x} is not "
            "UTF-8; save the file as UTF-8 (iconv -f ISO-8859-1 -t UTF-8)"
        )


def _tag(line: str) -> tuple[str, str]:
    """The tag of *line* and its value; '' and the line where it goes on with the one before."""
    match = _TAG.match(line)
    if match is None:
        return "", line.strip()
    return match[1] or match[2], match[3].strip()


def _paper(entry: _Entry, notices: list[str]) -> Paper:
    raw = entry.first("TI", "T1", "CT") or entry.first("BT", "ST")
    if not raw:
        raise ValueError("TI is missing; a record needs at least a title")
    title = title_text(raw)
    abstract = optional_abstract(entry.first("AB", "N2"))
    listed = [name for text in entry.all("AU", "A1") for name in _people(text)]
    authors, truncated = managers.authors(listed)
    date = _date(entry, notices)
    kind = entry.first("TY").upper()
    genre = _GENRES.get(kind)
    ids = _identifiers(entry, genre, notices)
    urls = ids.addresses(
        address for text in entry.all("UR", "LK", "L2") for address in managers.addresses(text)
    )
    venue = None if genre in ("book", "thesis") else _plain(_venue(entry))
    if not venue and any(scheme == "arxiv" for scheme, _ in ids.all()):
        genre = "preprint" if genre in (None, "article", "preprint", "report") else genre
    elif entry.first("M3").strip().lower() == "review":
        genre = "review"
    own = entry.first("ID", "AN")[:300].strip()
    return Paper(
        id=own or identity.title_id(title, date[:4] if date else None),
        title=title,
        abstract=abstract,
        authors=authors,
        truncated=truncated,
        date=date,
        venue=venue,
        categories=_keywords(entry),
        ids=(*ids.all(), *([("source", own)] if own else [])),
        urls=urls,
        code=repositories(abstract),
        genre=genre,
        volume=_plain(entry.first("VL")),
        issue=_plain(entry.first("IS")),
        pages=managers.pages(entry.first("SP") or entry.first("C7"), entry.first("EP")),
        publisher=_plain(entry.first("PB")),
        withdrawn=managers.is_withdrawn(title, *entry.all("N1", "M3", "RN")),
    )


def _plain(text: str) -> str | None:
    return plain(text) or None


def _people(text: str) -> list[str]:
    return managers.people(text) if ";" in text else [managers.person(text)]


def _venue(entry: _Entry) -> str:
    # JO and JA are often the short form of what JF or T2 say in full.
    return entry.first("JF", "T2", "BT", "JO", "C3", "JA", "J2")


def _keywords(entry: _Entry) -> tuple[str, ...]:
    parts = (part for text in entry.all("KW", "DE") for part in re.split(r"[;\n]", text))
    found = dict.fromkeys(plain(part) for part in parts)
    return tuple(keyword for keyword in found if 0 < len(keyword) <= 200)


def _date(entry: _Entry, notices: list[str]) -> str | None:
    """
    What ``DA`` says, where it agrees with the year of ``PY`` or ``Y1``; else those.

    Web of Science splits a date: ``DA  - MAR 15`` and ``PY  - 2020``.
    """
    day, year = entry.first("DA"), entry.first("PY", "Y1", "YR")
    if day and year and not re.search(r"\d{4}", day):
        day = f"{day} {year}"
    found: list[str] = []
    for text in (day, year):
        try:
            if text.strip() and (date := managers.date(text)):
                found.append(date)
        except ValueError as error:
            notices.append(f"date: {error}")
    if len(found) == 2 and found[0][:4] != found[1][:4]:
        return found[1]
    return max(found, key=len, default=None)


def _identifiers(entry: _Entry, genre: Genre | None, notices: list[str]) -> managers.Identifiers:
    ids = managers.Identifiers(notices)
    doi = entry.first("DO", "DI")
    if not doi:  # where Nature, EBSCO and Zotero once put it
        doi = next(
            (
                t
                for t in entry.all("M3", "L3", "N1")
                if re.match(r"(?i)(?:https?://(?:dx\.)?doi\.org/|doi:|10\.)", t)
            ),
            "",
        )
    ids.add("doi", doi, identity.doi, "DO")
    ids.look(*entry.all("M1", "AN", "C7", "JO", "T2", "IS"))
    ids.look_at_notes(*entry.all("N1"))
    if "pubmed" in entry.first("DB", "DP").lower() or entry.first("AN").upper().startswith("PMID"):
        ids.add("pmid", entry.first("AN"), identity.pmid, "AN")
    number = entry.first("SN")
    if genre in ("book", "thesis", "report") and len(re.sub(r"\D", "", number)) > 8:
        ids.add("isbn", re.split(r"[;,\n(]", number)[0], identity.isbn, "SN")
    return ids
