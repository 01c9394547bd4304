"""
The ACL Anthology's XML: a collection of volumes of papers.

Format: https://github.com/acl-org/acl-anthology, ``data/xml/schema.rnc``; before 2019 a volume
stood alone, and its papers had the volume's number in theirs.
"""

import datetime
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from ..dates import worded_date
from ..papers import Genre, Paper, Record, Refusal
from ..repositories import repositories
from . import identity
from .elements import Found, elements
from .fields import optional_abstract, title_text
from .managers import Identifiers, pages
from .markup import byline, markup, papers, text

_ROOT = re.compile(r"<(?:collection|volume)\s(?:[^<>]*\s)?id\s*=\s*[\"'](?P<id>[^\"'<>]*)")
_COLLECTION = re.compile(r"\d{4}\.\w+|[A-Z]\d\d", re.ASCII)
_NUMBER = re.compile(r"\d{1,6}", re.ASCII)
_ITEM = re.compile(r"[\w-]{1,60}", re.ASCII)
_JOURNALS = ("J", "Q")  # Computational Linguistics and TACL, in the identifiers before 2020

_Meta = dict[str, str]


def matches(head: str) -> bool:
    """Whether the outermost element is a collection, or an old volume, with an Anthology id."""
    root = _ROOT.search(head)
    return (
        root is not None
        and head.lstrip().startswith("<")
        and re.search(r"<[A-Za-z]", head[: root.start()]) is None
        and _COLLECTION.fullmatch(root["id"]) is not None
    )


def read(path: Path, captured: datetime.date) -> Iterator[Record]:
    """
    The papers of *path* in order. A volume's front matter is no paper, its editors no authors.
    """
    volume = _Volume()
    none = True
    for record in papers(path, elements(path, ("paper", "meta")), volume.paper):
        none = False
        yield record
    if none:
        yield Refusal(path, None, "the volume holds no papers; fetch the file again")


class _Volume:
    """The papers of volumes, each with what its volume says of all of them."""

    def __init__(self) -> None:
        self._meta: tuple[tuple[str, str], _Meta] = (("", ""), {})

    def paper(self, found: Found, notices: list[str]) -> Paper | None:
        collection = found.around("collection").get("id", "")
        around = found.around("volume")
        volume = around.get("id", "")
        if found.element.tag == "meta":
            said = {child.tag: text(child) for child in found.element if child.tag not in _PEOPLE}
            self._meta = (collection, volume), said
            return None
        place, meta = self._meta
        if place != (collection, volume):
            meta = {}
        own = _identifier(collection, volume, found.element.get("id", ""))
        if own is None:
            return None
        return _paper(found.element, own, meta, around.get("type", ""), notices)


_PEOPLE = ("editor", "author")


def _identifier(collection: str, volume: str, paper: str) -> str | None:
    """
    The Anthology's identifier of a paper; None for the front matter of an old volume.

    >>> _identifier("2020.sdp", "1", "7"), _identifier("P18", "1", "7")
    ('2020.sdp-1.7', 'P18-1007')
    >>> _identifier("W18", "63", "7"), _identifier("D19", "57", "7"), _identifier("", "P18", "1007")
    ('W18-6307', 'D19-5707', 'P18-1007')

    Raises: ValueError where one of them is missing or malformed.
    """
    alone = not collection
    whole = volume if alone else collection
    if not _COLLECTION.fullmatch(whole):
        raise ValueError(f"{whole[:40]!r} is no collection of the Anthology, such as 2020.sdp")
    if whole[0].isdigit() and not alone:
        if not (_ITEM.fullmatch(volume) and _ITEM.fullmatch(paper)):
            raise ValueError(
                f"the paper has no id, or its volume has none: {volume[:40]!r}, {paper[:40]!r}"
            )
        return f"{collection}-{volume}.{paper}"
    if not _NUMBER.fullmatch(paper) or not (alone or _NUMBER.fullmatch(volume)):
        raise ValueError(
            f"the paper's id and its volume's must be numbers: {paper[:40]!r}, {volume[:40]!r}"
        )
    wide = whole[0] == "W" or whole == "C69" or (whole == "D19" and not alone and int(volume) >= 5)
    if alone:
        front = paper.endswith("00" if wide else "000")
        return None if front else f"{whole}-{int(paper):04d}"
    if wide:
        return f"{collection}-{int(volume):02d}{int(paper):02d}"
    return f"{collection}-{int(volume)}{int(paper):03d}"


def _paper(paper: Element, own: str, meta: _Meta, sort: str, notices: list[str]) -> Paper:
    def said(name: str, *elsewhere: str) -> str | None:
        """What the paper says of *name*, else its volume, there perhaps under another name."""
        return text(paper, name) or next(filter(None, map(meta.get, (name, *elsewhere))), None)

    abstract = optional_abstract(markup(paper.find("abstract")))
    journal = text(paper, "journal") or meta.get("journal-title")
    authors, truncated = byline(map(_person, paper.findall("author")), notices)
    ids = Identifiers(notices)
    ids.add("acl", own, str, "id")
    ids.add("doi", text(paper, "doi"), identity.doi, "doi")
    address = text(paper, "url")
    elsewhere = (address,) if address.startswith(("https://", "http://")) else ()
    named = [link.get("url", "").strip() for link in paper.findall("pwccode")]
    code = [address for url in named if url for address in repositories(url) or (url,)]
    genre: Genre = "conference-paper"
    if sort == "journal" or journal or own.startswith(_JOURNALS):
        genre = "article"
    return Paper(
        id=own,
        title=title_text(markup(paper.find("title"))),
        abstract=abstract,
        authors=authors,
        truncated=truncated,
        date=_date(said("year"), said("month"), notices),
        venue=journal or said("booktitle"),
        ids=ids.all(),
        urls=tuple(dict.fromkeys((f"https://aclanthology.org/{own}/", *elsewhere))),
        code=tuple(dict.fromkeys((*code, *repositories(abstract)))),
        genre=genre,
        volume=said("volume", "journal-volume"),
        issue=said("issue", "journal-issue"),
        pages=pages(text(paper, "pages")),
        publisher=said("publisher"),
        withdrawn=paper.find("retracted") is not None or paper.find("removed") is not None,
    )


def _person(author: Element) -> tuple[str, Iterator[str], str]:
    name = f"{text(author, 'first')} {text(author, 'last')}".strip() or (author.text or "").strip()
    return name, map(text, author.findall("affiliation")), author.get("orcid", "")


def _date(year: str | None, month: str | None, notices: list[str]) -> str | None:
    if not year:
        return None
    try:
        return worded_date(f"{month or ''} {year}".strip())
    except ValueError as error:
        notices.append(f"year and month: {error}")
        return None
