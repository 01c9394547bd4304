"""
CSL-JSON: an array of items or one item, as Zotero, Mendeley, pandoc and DOI servers write it.

Source of the fields: https://docs.citationstyles.org/en/stable/specification.html#appendix-iv-variables
and the schema csl-data.json beside it.
"""

import datetime
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..papers import Genre, Paper, Record
from ..repositories import repositories
from . import identity
from .jsonrecords import Fields, read_records, says_withdrawn
from .jsonstream import Shape, glimpse
from .people import authors

_SHAPE = Shape(begins=frozenset(("items", "references")), lists=frozenset(("items", "references")))
_TYPES = frozenset(
    "article article-journal article-magazine article-newspaper bill book broadcast chapter "
    "classic collection dataset document entry entry-dictionary entry-encyclopedia event figure "
    "graphic "
    "hearing interview legal_case legislation manuscript map motion_picture musical_score pamphlet "
    "paper-conference patent performance periodical personal_communication post post-weblog "
    "regulation report review review-book software song speech standard thesis treaty "
    "webpage".split()
)
_OWN_KEYS = frozenset(
    "container-title container-title-short title-short issued citation-key citation-label "
    "collection-title event-title publisher-place original-date number-of-pages page-first "
    "accessed".split()
)
_GENRES: dict[str, Genre] = {
    "article": "preprint",
    "article-journal": "article",
    "article-magazine": "article",
    "article-newspaper": "article",
    "paper-conference": "conference-paper",
    "book": "book",
    "classic": "book",
    "chapter": "chapter",
    "entry": "chapter",
    "entry-dictionary": "chapter",
    "entry-encyclopedia": "chapter",
    "thesis": "thesis",
    "report": "report",
}
_LONGEST_ID = 300
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# Lines that Zotero keeps in the note of an item: 'PMID: 123', 'arXiv:2203.07720 [cs]'.
_NOTED = re.compile(
    r"^\s*(?P<key>DOI|PMID|PMCID|arXiv)\s*:\s*(?P<value>\S+)", re.MULTILINE | re.IGNORECASE
)
_SCHEMES = {
    "doi": identity.doi,
    "pmid": identity.pmid,
    "pmcid": identity.pmcid,
    "arxiv": identity.arxiv,
}


def matches(head: str) -> bool:
    """Whether *head* has CSL items."""
    seen = glimpse(head, _SHAPE)
    return any(isinstance(record, dict) and _is_ours(record) for record in seen.records)


def read(path: Path, captured: datetime.date) -> Iterator[Record]:
    """The items of *path* in file order; anything else in it comes as a `Refusal`."""
    return read_records(path, _SHAPE, _paper, _name)


def _is_ours(record: dict[str, Any]) -> bool:
    """Our own records say 'authors', where CSL says 'author'."""
    if "authors" in record or "text" in record:
        return False
    typed = isinstance(record.get("type"), str) and record["type"] in _TYPES
    return typed or len(_OWN_KEYS & record.keys()) > 1


def _name(record: dict[str, Any]) -> str:
    own = record.get("id")
    return str(own) if isinstance(own, str | int) and not isinstance(own, bool) else ""


def _paper(record: Fields) -> Paper:
    title = record.title(record.raw("title", "title-short"))
    abstract = record.abstract(record.raw("abstract"))
    own = _own_id(record)
    date = _date(record)
    people, truncated = authors(record, "author")
    ids = _ids(record)
    kind = record.raw("type")
    return Paper(
        id=own or dict(ids).get("doi") or identity.title_id(title, date[:4] if date else None),
        title=title,
        abstract=abstract,
        authors=people,
        truncated=truncated,
        date=date,
        venue=_venue(record, kind),
        categories=record.texts("categories") or _keywords(record),
        ids=(*ids, ("source", own)) if own else ids,
        urls=record.urls("URL"),
        code=repositories(abstract),
        genre=_GENRES.get(kind),
        volume=record.text("volume") or None,
        issue=record.text("issue") or None,
        pages=record.text("page") or record.text("page-first") or None,
        publisher=record.text("publisher") or None,
        withdrawn=record.raw("status").casefold() == "retracted" or says_withdrawn(title),
    )


def _keywords(record: Fields) -> tuple[str, ...]:
    found = (word.strip() for word in record.text("keyword").split(","))
    return tuple(dict.fromkeys(word for word in found if word))


def _own_id(record: Fields) -> str:
    """The item's identifier, which is a key that a person or a program chose; '' without one."""
    own = record.raw("id").strip()
    if len(own) > _LONGEST_ID or _UNPRINTABLE.search(own):
        record.notices.append(f'"id" is longer than {_LONGEST_ID} or has control characters')
        return ""
    return own


def _ids(record: Fields) -> tuple[tuple[str, str], ...]:
    ids: dict[tuple[str, str], None] = {}

    def add(scheme: str, text: str, *, sure: bool = True) -> None:
        silent = Fields({})
        known = (record if sure else silent).identified(scheme.upper(), text, _SCHEMES[scheme])
        if known and not any(given == scheme for given, _ in ids):
            ids[scheme, known] = None

    add("doi", record.raw("DOI"))
    for key in ("PMID", "PMCID"):
        add(key.lower(), record.raw(key))
    for noted in _NOTED.finditer(record.raw("note")[:10_000]):
        add(noted["key"].lower(), noted["value"], sure=False)
    address = record.raw("URL").strip()
    if "doi.org/" in address:
        add("doi", address, sure=False)
    if "arxiv.org/" in address:
        add("arxiv", address, sure=False)
    for key in ("number", "archive_location"):
        if record.raw(key).lower().startswith("arxiv:"):
            add("arxiv", record.raw(key), sure=False)
    doi = dict(ids.keys()).get("doi")
    if doi and (arxiv := identity.arxiv_of_doi(doi)):
        add("arxiv", arxiv)
    if acl := identity.acl(address):
        ids["acl", acl] = None
    if record.raw("type") == "book":
        for number in re.split(r"[,;]\s*|\s+(?=97[89])", record.raw("ISBN")[:200]):
            if isbn := record.identified("ISBN", number, identity.isbn):
                ids["isbn", isbn] = None
    return tuple(ids)


def _venue(record: Fields, kind: str) -> str | None:
    """What contains it; of a preprint or a conference paper without that, where it was shown."""
    venue = record.text("container-title") or record.text("event-title", "event")
    if not venue and kind == "article":
        venue = record.text("archive") or record.text("publisher")
    return venue or None


def _date(record: Fields) -> str | None:
    """When it was issued, in any of the forms of a CSL date; a season tells the year alone."""
    for key in ("issued", "original-date"):
        if isinstance(record.record.get(key), str | int):
            return record.date(key, worded=True)
        date = record.within(key)
        if known := record.date_parts(key):
            return known
        for form in ("raw", "literal", "edtf"):
            if form in date and (known := date.date(form, worded=True)):
                return known
    return record.date("year")
