"""
Crossref's works: one ``message``, a list in ``message.items``, or JSON lines of its public data.

Source of the fields: https://github.com/CrossRef/rest-api-doc/blob/master/api_format.md.
"""

import datetime
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..papers import Genre, Paper, Record, Reference
from ..repositories import repositories
from . import identity
from .jsonrecords import Fields, read_records, says_withdrawn
from .jsonstream import Shape, glimpse
from .people import authors

_ANSWER = frozenset(("status", "message-type", "message-version", "message"))
_SHAPE = Shape(
    begins=_ANSWER | {"items", "facets", "total-results", "items-per-page", "query", "next-cursor"},
    lists=frozenset(("items",)),
    inner=frozenset(("message",)),
)
_OWN_KEYS = frozenset(
    "is-referenced-by-count references-count reference-count content-domain deposited indexed "
    "member prefix journal-issue published-print published-online issn-type update-to".split()
)
_GENRES: dict[str, Genre] = {
    "journal-article": "article",
    "proceedings-article": "conference-paper",
    "posted-content": "preprint",
    "book": "book",
    "monograph": "book",
    "edited-book": "book",
    "reference-book": "book",
    "book-set": "book",
    "proceedings": "book",
    "book-chapter": "chapter",
    "book-section": "chapter",
    "book-part": "chapter",
    "book-track": "chapter",
    "reference-entry": "chapter",
    "dissertation": "thesis",
    "report": "report",
    "report-component": "report",
}
_NO_WORKS = frozenset(
    "journal journal-issue journal-volume book-series proceedings-series report-series "
    "standard-series component grant".split()
)
_DATES = ("issued", "published", "published-print", "published-online", "posted")
_TAKEN_BACK = frozenset(("retraction", "withdrawal", "removal"))
_LONGEST_TEXT = 1_000  # characters of an unstructured reference that are kept
_DOI_IN_TEXT = re.compile(r"\b10\.\d{4,9}/[^\s\"<>]+", re.ASCII)
_ARXIV_IN_TEXT = re.compile(r"\barxiv[:\s]\s?(\d{4}\.\d{4,5}|[a-z-]+/\d{7})", re.I | re.ASCII)


def matches(head: str) -> bool:
    """Whether *head* has Crossref's works, or what else it answers."""
    seen = glimpse(head, _SHAPE)
    if len(_ANSWER & seen.wrapper) > 1:
        return True
    return any(isinstance(record, dict) and _is_ours(record) for record in seen.records)


def read(path: Path, captured: datetime.date) -> Iterator[Record]:
    """The works of *path* in file order; anything else in it comes as a `Refusal`."""
    return read_records(path, _SHAPE, _paper, _name)


def _is_ours(record: dict[str, Any]) -> bool:
    if len(_ANSWER & record.keys()) > 1:
        return True
    listed = isinstance(record.get("title"), list) and record.keys() & {"DOI", "type", "author"}
    return bool(listed) or ("DOI" in record and bool(_OWN_KEYS & record.keys()))


def _name(record: dict[str, Any]) -> str:
    own = record.get("DOI")
    return own if isinstance(own, str) else ""


def _paper(record: Fields) -> Paper:
    kind = record.raw("type")
    if kind in _NO_WORKS:
        raise ValueError(f"this is a {kind} of Crossref, not a work that people wrote; take it out")
    if not record.record.keys() & (_OWN_KEYS | {"DOI", "type", "author", "container-title"}):
        what = record.raw("message-type") or "no work"
        raise ValueError(f"this is {what!r}, not a work of Crossref; fetch /works instead")
    title = record.title(_title(record))
    abstract = record.abstract(record.raw("abstract"))
    doi = record.identified("DOI", record.raw("DOI"), identity.doi)
    date = next((date for key in _DATES if (date := record.date_parts(key))), None)
    people, truncated = authors(record, "author")
    return Paper(
        id=doi or identity.title_id(title, date[:4] if date else None),
        title=title,
        abstract=abstract,
        authors=people,
        truncated=truncated,
        date=date,
        venue=_venue(record),
        categories=record.texts("subject"),
        ids=_ids(record, doi),
        urls=_urls(record),
        code=repositories(abstract),
        claims=record.citations("is-referenced-by-count"),
        genre=_genre(record, kind),
        volume=record.text("volume") or None,
        issue=record.text("issue") or record.within("journal-issue").text("issue") or None,
        pages=record.text("page") or record.text("article-number") or None,
        publisher=record.text("publisher") or None,
        references=_references(record),
        withdrawn=_taken_back(record, doi) or says_withdrawn(title),
    )


def _title(record: Fields) -> str:
    """The title and its subtitle, where the title does not have it already."""
    title = record.first("title") or record.first("original-title")
    subtitle = record.first("subtitle").strip()
    if not title or not subtitle or subtitle.casefold() in title.casefold():
        return title
    return f"{title.rstrip()}{' ' if title.rstrip()[-1] in ':?!.—–' else ': '}{subtitle}"


def _venue(record: Fields) -> str | None:
    """Where it appeared; of a preprint, where it was posted."""
    venue = record.first("container-title") or record.within("event").raw("name")
    if not venue:
        places = record.record.get("institution")
        posted = record.each("institution") if isinstance(places, list) else []
        venue = next((name for place in posted if (name := place.raw("name"))), "")
        venue = venue or record.raw("group-title")
    return record.plain(venue, "container-title") or None


def _ids(record: Fields, doi: str | None) -> tuple[tuple[str, str], ...]:
    ids: dict[tuple[str, str], None] = {}
    if doi:
        ids["doi", doi] = None
        if arxiv := identity.arxiv_of_doi(doi):
            ids["arxiv", arxiv] = None
    if record.raw("type") in ("book", "monograph", "edited-book", "reference-book"):
        for number in record.strings("ISBN"):
            if isbn := record.identified("ISBN", number, identity.isbn):
                ids["isbn", isbn] = None
    return tuple(ids)


def _urls(record: Fields) -> tuple[str, ...]:
    primary = record.within("resource").within("primary").urls("URL")
    return tuple(dict.fromkeys((*record.urls("URL"), *primary)))


def _genre(record: Fields, kind: str) -> Genre | None:
    """Of what is posted only preprints are: the rest are working notes, letters, comments."""
    if kind == "posted-content" and record.raw("subtype") not in ("", "preprint"):
        return None
    return _GENRES.get(kind)


def _taken_back(record: Fields, doi: str | None) -> bool:
    """
    Whether the work was retracted or withdrawn. Its own record says so under ``updated-by``;
    ``update-to`` is on the notice, and names the work that it takes back.
    """
    updates = record.each("updated-by")
    updates += [
        update for update in record.each("update-to") if doi and update.raw("DOI").lower() == doi
    ]
    return any(update.raw("type").lower() in _TAKEN_BACK for update in updates)


def _references(record: Fields) -> tuple[Reference, ...]:
    found: dict[Reference, None] = {}
    for cited in record.each("reference"):
        text = cited.raw("unstructured")[:_LONGEST_TEXT]
        given = cited.raw("DOI") or _found(_DOI_IN_TEXT, text).rstrip(".,;)]}")
        ids: list[tuple[str, str]] = []
        if doi := cited.identified("DOI", given, identity.doi):
            ids.append(("doi", doi))
        arxiv = identity.arxiv_of_doi(doi) if doi else _found(_ARXIV_IN_TEXT, text)
        if arxiv:
            ids.append(("arxiv", arxiv))
        titled = cited.text("article-title") or cited.text("volume-title")
        title = titled or cited.plain(text, "unstructured") or None
        year = _year(cited)
        if ids or title:
            found[Reference(tuple(ids), title, year)] = None
    return tuple(found)


def _found(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return match[match.lastindex or 0] if match else ""


def _year(cited: Fields) -> str | None:
    """Publishers write '2018a' and 'in press' too."""
    match = re.match(r"(1[6-9]\d\d|20\d\d)(?!\d)", cited.text("year"), re.ASCII)
    return match[1] if match else None
