"""
arXiv's metadata as JSON lines, one paper a line, as arXiv publishes all of it on Kaggle.

Format: https://www.kaggle.com/datasets/Cornell-University/arxiv.
"""

import datetime
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from ..dates import iso_date
from ..papers import Paper, Record
from ..repositories import repositories
from . import identity, names
from .arxiv import says_withdrawn
from .jsonrecords import Fields, read_records
from .jsonstream import Shape, glimpse
from .markup import byline

_SHAPE = Shape()
_OWN_KEYS = frozenset(("authors_parsed", "update_date", "versions", "journal-ref", "submitter"))


def matches(head: str) -> bool:
    """Whether *head* has records with what only arXiv calls so."""
    records = glimpse(head, _SHAPE).records
    return any(
        isinstance(record, dict) and "id" in record and len(_OWN_KEYS & record.keys()) > 2
        for record in records
    )


def read(path: Path, captured: datetime.date) -> Iterator[Record]:
    """The papers of *path* in file order."""
    return read_records(path, _SHAPE, _paper, _name)


def _name(record: dict[str, Any]) -> str:
    return str(record.get("id", ""))


def _paper(record: Fields) -> Paper:
    own = identity.arxiv(record.raw("id"))
    abstract = record.abstract(record.raw("abstract"))
    comments = record.text("comments")
    authors, truncated = byline(_people(record), record.notices)
    dois = (record.identified("doi", doi, identity.doi) for doi in record.raw("doi").split())
    return Paper(
        id=own,
        title=record.title(record.raw("title")),
        abstract=abstract,
        authors=authors,
        truncated=truncated,
        date=_date(record),
        venue=record.text("journal-ref") or None,
        categories=tuple(dict.fromkeys(record.text("categories").split())),
        ids=(("arxiv", own), *(("doi", doi) for doi in dict.fromkeys(dois) if doi)),
        urls=(f"https://arxiv.org/abs/{own}",),
        code=repositories(f"{abstract} {comments}"),
        genre="preprint",
        withdrawn=says_withdrawn(abstract, comments),
    )


def _people(record: Fields) -> Iterator[tuple[str, list[str], str]]:
    """Each author is a list: family name, given names, suffix, and affiliations."""
    listed = record.record.get("authors_parsed")
    if not isinstance(listed, list):
        yield from ((name, [], "") for name in names.split(record.text("authors")))
        return
    for entry in listed:
        if not isinstance(entry, list) or not all(isinstance(part, str) for part in entry):
            record.notices.append('"authors_parsed" has something else than lists of strings in it')
            continue
        parts = [record.plain(part, "authors_parsed") for part in entry]
        family, given, suffix, *affiliations = [*parts, "", "", ""][: max(3, len(parts))]
        yield " ".join(filter(None, (given, family, suffix))), affiliations, ""


def _date(record: Fields) -> str | None:
    """The day of the first version."""
    versions = record.each("versions")
    created = versions[0].raw("created") if versions else ""
    if not created:
        return None
    try:
        return iso_date(parsedate_to_datetime(created).date().isoformat())
    except (ValueError, OverflowError) as error:
        record.notices.append(f'"created": {error}')
        return None
