"""
Files to papers: each format is one module, recognised by content and never by name.

A format module has ``matches(head)``, which says whether the first 64 KB of a file look like it,
and ``read(path, captured)``, which yields records in file order. To add one, write the module and
name it in `_READERS`, the stricter ones first.
"""

import datetime
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from ..papers import Record
from . import (
    acl,
    arxiv,
    arxiv_metadata,
    bibtex,
    crossref,
    csljson,
    jsonl,
    openalex,
    opening,
    profile,
    pubmed,
    ris,
    semanticscholar,
    tabular,
    turtle,
)
from .jsonstream import looks_like_json
from .opening import SourceError, source_hash

__all__ = ["FORMATS", "SourceError", "read", "recognise", "source_hash"]


class _Reader(NamedTuple):
    matches: Callable[[str], bool]
    read: Callable[[Path, datetime.date], Iterator[Record]]


_READERS = {
    "arxivjson": _Reader(arxiv_metadata.matches, arxiv_metadata.read),
    "openalex": _Reader(openalex.matches, openalex.read),
    "semanticscholar": _Reader(semanticscholar.matches, semanticscholar.read),
    "crossref": _Reader(crossref.matches, crossref.read),
    "csljson": _Reader(csljson.matches, csljson.read),
    "arxiv": _Reader(arxiv.matches, arxiv.read),
    "acl": _Reader(acl.matches, acl.read),
    "pubmed": _Reader(pubmed.matches, pubmed.read),
    "turtle": _Reader(turtle.matches, turtle.read),
    "profile": _Reader(profile.matches, profile.read),
    "bibtex": _Reader(bibtex.matches, bibtex.read),
    "ris": _Reader(ris.matches, ris.read),
    "jsonl": _Reader(jsonl.matches, jsonl.read),
    "csv": _Reader(tabular.matches, tabular.read),
}

FORMATS: tuple[str, ...] = tuple(_READERS)


# Files of other programs by what they begin with, each with the way out.
_OTHERS = {
    "PMID- ": "PubMed's MEDLINE format; save the search as XML, or as RIS with a reference manager",
    "%0 ": "EndNote's import format; export it as RIS or BibTeX",
    "<xml><records>": "EndNote's XML; export it as RIS or BibTeX",
    "FN ": "Web of Science's plain text; export it tab-delimited, or as RIS",
}


def recognise(path: Path, columns: Mapping[str, str] | None = None) -> str:
    """
    The name of the format of *path*, one of `FORMATS`, by what is in it.

    Where *columns* of tables are named, what looks like nothing else is a table.

    Raises: SourceError for a file that cannot be read, is empty, or looks like no known format.
    """
    head = opening.head(path)
    for name, reader in _READERS.items():
        if reader.matches(head):
            return name
    if columns:
        return "csv"
    reason = "not a format known here"
    if "\0" in head:
        reason = "not text, it has NUL bytes"
    elif looks_like_json(head):
        reason = "JSON, but what it holds has none of the keys by which papers are known here"
    elif head.lstrip()[:14].lower().startswith(("<!doctype html", "<html")):
        reason = "a web page, perhaps a message instead of the file; open it to see"
    else:
        beginning = re.sub(r"<\?xml[^<>]*>\s*", "", head.lstrip(), count=1)
        reason = next(
            (said for mark, said in _OTHERS.items() if beginning.startswith(mark)), reason
        )
    known = " or ".join(FORMATS)
    raise SourceError(f"{path}: {reason}; give a file of one of these formats: {known}")


def read(
    path: Path,
    *,
    format: str = "auto",
    captured: datetime.date | None = None,
    columns: Mapping[str, str] | None = None,
) -> Iterator[Record]:
    """
    The records of *path* in file order, one at a time; what is wrong comes as a `Refusal`.

    *format* is one of `FORMATS`, or ``auto`` to look at the content. *captured* is the day on
    which the source said what it says (today unless given); a profile page leaves the year out of
    dates in that year. *columns* names a table's columns for fields of `columns.FIELDS`.

    Raises: SourceError at once for a file that cannot be read as papers at all.
    """
    path = Path(path)
    if format == "auto":
        format = recognise(path, columns)
    elif format not in _READERS:
        known = ", ".join(FORMATS)
        raise SourceError(f"{path}: no format is called {format!r}; use auto or one of {known}")
    else:
        opening.head(path)
    captured = captured or datetime.date.today()
    if columns and format == "csv":
        return tabular.read(path, captured, columns)
    return _READERS[format].read(path, captured)
