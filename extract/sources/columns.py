"""Which column of a table holds what: headings that programs write, and those that users name."""

import re
from collections.abc import Mapping, Sequence

# Headings by what they hold, as `normal` leaves them; the first that a table has is taken. They
# are those of Scopus, Web of Science, Dimensions, Zotero, Publish or Perish, OpenAlex, and ours.
HEADINGS: dict[str, tuple[str, ...]] = {
    "title": ("title", "article title", "document title", "paper title", "display name", "name"),
    "abstract": ("abstract", "abstract note", "abstract text", "summary"),
    "authors": (
        "author full names", "authors", "author", "author s", "author names", "author list",
        "creators", "author full name", "authors names", "authorships author display name",
        "authorships raw author name",
    ),
    "year": (
        "year", "publication year", "pub year", "pubyear", "published year", "year of publication",
    ),
    "date": (
        "date", "publication date", "date published", "published", "pub date", "issued",
        "cover date", "publication date online",
    ),
    "doi": ("doi", "doi link", "digital object identifier"),
    "arxiv": ("arxiv", "arxiv id", "arxivid", "eprint"),
    "venue": (
        "source title", "publication title", "venue", "journal", "journal title", "journal name",
        "source title anthology title", "conference name", "conference", "book title",
        "proceedings title", "container title", "publication name", "journal book",
        "primary location source display name", "primary location display name", "source",
    ),
    "url": ("url", "link", "urls", "source linkout", "article url", "articleurl", "pdf link"),
    "keywords": (
        "keywords", "author keywords", "categories", "manual tags", "tags", "index keywords",
        "mesh terms",
    ),
    "volume": ("volume", "vol"),
    "issue": ("issue", "number"),
    "pages": ("pages", "pagination", "page range", "page s"),
    "first page": ("page start", "start page", "first page", "startpage"),
    "last page": ("page end", "end page", "last page", "endpage"),
    "article number": ("article number", "art no"),
    "publisher": ("publisher",),
    "type": (
        "document type", "item type", "publication type", "type", "entry type", "genre",
        "publication types", "document identifier",
    ),
    "id": (
        "id", "key", "eid", "ut unique wos id", "publication id", "paper id", "paper", "identifier",
    ),
    "pmid": ("pmid", "pubmed id"),
    "pmcid": ("pmcid", "pmc id"),
    "isbn": ("isbn", "isbns"),
    "citations": (
        "cited by", "times cited", "times cited wos core", "citations", "citation count",
        "cites", "cited by count",
    ),
    "affiliations": ("affiliations", "authors affiliations", "author affiliations"),
    "code": ("code",),
}  # fmt: skip
# Web of Science's tab-delimited files head their columns with two letters.
_WEB_OF_SCIENCE = {
    "title": "ti", "abstract": "ab", "authors": "af", "year": "py", "date": "pd", "doi": "di",
    "venue": "so", "keywords": "de", "volume": "vl", "issue": "is", "first page": "bp",
    "last page": "ep", "article number": "ar", "publisher": "pu", "type": "dt", "id": "ut",
    "pmid": "pm", "isbn": "bn", "citations": "tc",
}  # fmt: skip

FIELDS = tuple(HEADINGS)


def normal(heading: str) -> str:
    """
    *heading* for comparing.

    >>> normal("Art. No."), normal(" UT (Unique WOS ID)")
    ('art no', 'ut unique wos id')
    """
    return " ".join(re.sub(r"[\W_]+", " ", heading.casefold()).split())


def places(header: Sequence[str], chosen: Mapping[str, str] | None = None) -> dict[str, int]:
    """
    Where each field that *header* has a column for stands; *chosen* names columns for fields.

    >>> places(["Title", "Year", "Zusammenfassung"], {"abstract": "Zusammenfassung"})
    {'title': 0, 'year': 1, 'abstract': 2}

    Raises: ValueError for a field or a column that there is none of.
    """
    headings: dict[str, int] = {}
    for place, heading in enumerate(header):
        headings.setdefault(normal(heading), place)
    found: dict[str, int] = {}
    if {"pt", "ti", "so"} <= headings.keys():
        named = ((field, (heading,)) for field, heading in _WEB_OF_SCIENCE.items())
        found = _first(dict(named), headings)
    for field, place in _first(HEADINGS, headings).items():
        found.setdefault(field, place)
    for field, heading in (chosen or {}).items():
        if field not in FIELDS:
            raise ValueError(f"there is no field {field!r}; choose from {', '.join(FIELDS)}")
        if normal(heading) not in headings:
            listed = ", ".join(repr(name) for name in header[:30])
            raise ValueError(f"no column is called {heading!r}; the columns are {listed}")
        found[field] = headings[normal(heading)]
    return found


def _first(wanted: Mapping[str, Sequence[str]], headings: Mapping[str, int]) -> dict[str, int]:
    found = {}
    for field, names in wanted.items():
        place = next((headings[name] for name in names if name in headings), None)
        if place is not None:
            found[field] = place
    return found
