"""Papers as CSL-JSON, which Zotero, pandoc and citeproc read; names of members are CSL 1.0.2's."""

import json
import re
from collections.abc import Iterable, Iterator

from .bibliography import Publication
from .name_parts import parts

_KINDS = {
    "article": "article-journal",
    "review": "article-journal",
    "conference-paper": "paper-conference",
    "preprint": "article",
    "book": "book",
    "chapter": "chapter",
    "thesis": "thesis",
    "report": "report",
}
_HALVES = re.compile("[\ud800-\udfff]")


def csl_json(found: Iterable[Publication]) -> Iterator[bytes]:
    """One array, an item a line."""
    between = "[\n"
    for paper in found:
        yield (between + dumped(item(paper))).encode()
        between = ",\n"
    yield (b"[]\n" if between == "[\n" else b"\n]\n")


def dumped(value: object) -> str:
    """*value* as JSON on one line; letters stay letters, what is none becomes U+FFFD."""
    return _HALVES.sub("\ufffd", json.dumps(value, ensure_ascii=False))


def item(paper: Publication) -> dict[str, object]:
    """*paper* as one item; what the graph does not know is left out."""
    known = dict(paper.ids)
    date = [int(part) for part in paper.date.split("-") if part.isdigit()]
    members: dict[str, object] = {
        "id": paper.key,
        "type": _KINDS.get(paper.sort, "document"),
        "title": paper.title,
        "author": [*map(author, paper.authors), *[{"literal": "et al."}] * paper.truncated],
        "issued": {"date-parts": [date]} if date else None,
        "container-title": paper.venue,
        "volume": paper.volume,
        "issue": paper.issue,
        "page": paper.pages,
        # Without a venue a preprint's publisher is its server, which readers take for the venue.
        "publisher": paper.publisher if paper.venue or paper.sort != "preprint" else "",
        "DOI": paper.doi,
        "ISBN": paper.isbn if paper.sort in ("book", "thesis", "report") else "",
        "PMID": known.get("pmid"),
        "PMCID": known.get("pmcid"),
        "number": f"arXiv:{paper.arxiv}" if paper.arxiv else "",
        "URL": next(iter(paper.addresses), ""),
        "keyword": ", ".join(category.replace(",", " ") for category in paper.categories),
        "abstract": paper.abstract,
        "status": "retracted" if paper.withdrawn else "",
    }
    return {name: value for name, value in members.items() if value}


def author(name: str) -> dict[str, str]:
    """
    A name by its parts; what is no person's as a literal.

    >>> author("Ludwig van Beethoven")
    {'family': 'Beethoven', 'given': 'Ludwig', 'non-dropping-particle': 'van'}
    """
    found = parts(name)
    members = {
        "family": found.family,
        "given": found.given,
        "non-dropping-particle": found.particle,
        "suffix": found.suffix,
        "literal": found.literal,
    }
    return {part: text for part, text in members.items() if text}
