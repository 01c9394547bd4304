"""
Papers as RIS, for Zotero, EndNote, Mendeley and the like.

Tags are those of the RIS specification of 2011, one value a line, lines ended as it says.
"""

from collections.abc import Iterable, Iterator

from .bibliography import Publication, one_line
from .identifiers import ADDRESSES
from .name_parts import parts

_KINDS = {
    "article": "JOUR",
    "review": "JOUR",
    "conference-paper": "CPAPER",
    "preprint": "UNPB",
    "book": "BOOK",
    "chapter": "CHAP",
    "thesis": "THES",
    "report": "RPRT",
}
# Identifiers that RIS has no tag for, as addresses.
_ADDRESSED = ("arxiv", "acl", "pmid", "pmcid")


def ris(found: Iterable[Publication]) -> Iterator[bytes]:
    """One record after the other."""
    for paper in found:
        yield record(paper).encode()


def record(paper: Publication) -> str:
    """*paper* as one record with a blank line behind it."""
    first, _, last = paper.pages.partition("-")
    lines = [
        ("TY", _KINDS.get(paper.sort, "GEN")),
        ("ID", paper.key),
        ("TI", paper.title),
        *(("AU", author(name)) for name in paper.authors),
        *[("AU", "et al.")] * paper.truncated,
        ("PY", paper.date[:4]),
        ("DA", paper.date.replace("-", "/") if "-" in paper.date else ""),
        ("T2", paper.venue),
        ("VL", paper.volume),
        ("IS", paper.issue),
        ("SP", first),
        ("EP", last),
        ("PB", paper.publisher),
        ("SN", paper.isbn if paper.sort in ("book", "thesis", "report") else ""),
        ("DO", paper.doi),
        *(("UR", address) for address in _addresses(paper)),
        *(("KW", category) for category in paper.categories),
        ("AB", paper.abstract),
        ("N1", "Withdrawn" if paper.withdrawn else ""),
    ]
    written = [f"{tag}  - {text}" for tag, said in lines if (text := one_line(said))]
    return "\r\n".join([*written, "ER  - ", "", ""])


def author(name: str) -> str:
    """
    A name as 'Last, First, Suffix'; what is no person's as it is.

    >>> author("Ludwig van Beethoven"), author("M. L. King, Jr."), author("Lake University")
    ('van Beethoven, Ludwig', 'King, M. L., Jr.', 'Lake University')
    """
    found = parts(name)
    if found.literal:
        return found.literal
    family = f"{found.particle} {found.family}".strip()
    return ", ".join(part for part in (family, found.given, found.suffix) if part)


def _addresses(paper: Publication) -> Iterator[str]:
    known = dict(paper.ids)
    urls = [*paper.addresses]
    urls += [ADDRESSES[scheme] + known[scheme] for scheme in _ADDRESSED if scheme in known]
    yield from sorted(set(urls))
