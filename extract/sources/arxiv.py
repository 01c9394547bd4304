"""
arXiv's own XML: answers of its API (Atom), and of its OAI-PMH service in the format ``arXiv``.

Formats: https://info.arxiv.org/help/api/user-manual.html and
https://info.arxiv.org/help/oa/index.html.
"""

import datetime
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from ..dates import iso_date
from ..papers import Paper, Record, Refusal
from ..repositories import repositories
from . import identity, opening
from .elements import Found, elements
from .fields import optional_abstract, title_text
from .managers import Identifiers
from .markup import byline, markup, papers, text

_PAGE = re.compile(r"\s*(?:<\?xml[^<>]*>\s*)?<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_PAGE_TITLE = re.compile(r"<(title|h1)\b[^>]*>(.{1,300}?)</\1", re.IGNORECASE | re.DOTALL)
_FEED = re.compile(r"<(?:[\w.-]+:)?feed\b")
_OAI = re.compile(r"<(?:[\w.-]+:)?OAI-PMH\b")

_SUBJECT = r"(?:paper|article|submission|manuscript|preprint|work|note|report|draft|version|entry)"
_WITHDRAWN = re.compile(
    rf"\W*(?:(?:this|the|our)\s+(?:\w+\s+)?{_SUBJECT}\s+(?:ha(?:s|ve)\s+been|is|was)\s+(?:\w+\s+)?"
    rf"|(?:{_SUBJECT}\s+)?(?:has\s+been\s+)?)(?:withdrawn|retracted)\b",
    re.IGNORECASE,
)
# MSC and ACM classes come in one category, as '68T50 (Primary), 91F20'.
_CLASSES = re.compile(r"\s*[;,]\s*")
_ROLE = re.compile(r"\s*\((?:primary|secondary)\)", re.IGNORECASE)


def matches(head: str) -> bool:
    """Whether *head* is an answer of arXiv: a feed, an OAI-PMH answer, or a page with an error."""
    if _PAGE.match(head):
        return "arxiv" in head.lower()
    return "arxiv" in head.lower() and bool(_FEED.search(head) or _OAI.search(head))


def read(path: Path, captured: datetime.date) -> Iterator[Record]:
    """
    The papers of *path* in order; an error that arXiv reports instead is a `Refusal` in its words.
    """
    head = opening.head(path)
    if _PAGE.match(head):
        title = _PAGE_TITLE.search(head)
        said = f", {' '.join(title[2].split())!r}," if title else ""
        yield Refusal(path, 1, f"a web page{said} where arXiv's answer should be; ask again later")
        return
    said_nothing = True
    for record in papers(path, _records(path), _paper):
        said_nothing = False
        yield record
    if said_nothing:
        yield Refusal(path, None, _empty(path))


def _records(path: Path) -> Iterator[Found | Refusal]:
    for found in elements(path, ("entry", "record"), also=("error",)):
        if isinstance(found, Found) and found.element.tag == "error":
            code = found.element.get("code", "error")
            said = f"arXiv answers {code}: {text(found.element) or 'no more'}; correct the request"
            yield Refusal(path, found.line, said)
        else:
            yield found


def _empty(path: Path) -> str:
    """Why there is no paper, as the feed itself says."""
    said = {
        found.element.tag: text(found.element)
        for found in elements(path, ("title", "totalResults"))
        if isinstance(found, Found)
    }
    reason = "arXiv's answer holds no papers"
    if title := said.get("title"):
        reason += f"; it is called {title!r}"
    if total := said.get("totalResults"):
        reason += f", of {total} results"
    return f"{reason}; correct the query, or ask for an earlier page of it"


def _paper(found: Found, notices: list[str]) -> Paper | None:
    if found.element.tag == "entry":
        return _entry(found.element, notices)
    return _record(found.element, notices)


def _entry(entry: Element, notices: list[str]) -> Paper:
    address, title = text(entry, "id"), text(entry, "title")
    if "/api/errors" in address or (title == "Error" and "/abs/" not in address):
        said = text(entry, "summary") or "no more than that"
        raise ValueError(f"arXiv answers with an error: {said}; correct the request")
    listed = (
        (text(author, "name"), map(text, author.findall("affiliation")), "")
        for author in entry.findall("author")
    )
    codes = [entry.find("primary_category"), *entry.findall("category")]
    return _assembled(
        entry,
        identifier=address,
        listed=listed,
        abstract=entry.find("summary"),
        comment="comment",
        journal="journal_ref",
        date=text(entry, "published"),
        categories=[code.get("term", "") for code in codes if code is not None],
        notices=notices,
    )


def _record(record: Element, notices: list[str]) -> Paper | None:
    """A paper of OAI-PMH; None for one that arXiv has deleted."""
    header, paper = record.find("header"), record.find("metadata/arXiv")
    if header is not None and header.get("status") == "deleted":
        return None
    if paper is None:
        raise ValueError("no metadata in the format arXiv; ask with metadataPrefix=arXiv")
    listed = (
        (
            " ".join(filter(None, (text(author, part) for part in _NAME_PARTS))),
            map(text, author.findall("affiliation")),
            "",
        )
        for author in paper.findall("authors/author")
    )
    return _assembled(
        paper,
        identifier=text(paper, "id"),
        listed=listed,
        abstract=paper.find("abstract"),
        comment="comments",
        journal="journal-ref",
        date=text(paper, "created"),
        categories=text(paper, "categories").split(),
        notices=notices,
    )


_NAME_PARTS = ("forenames", "keyname", "suffix")


def _assembled(
    element: Element,
    *,
    identifier: str,
    listed: "Iterator[tuple[str, Iterator[str], str]]",
    abstract: Element | None,
    comment: str,
    journal: str,
    date: str,
    categories: list[str],
    notices: list[str],
) -> Paper:
    own = identity.arxiv(identifier)
    title = title_text(markup(element.find("title")))
    summary = optional_abstract(markup(abstract))
    authors, truncated = byline(listed, notices)
    ids = Identifiers(notices)
    ids.add("arxiv", own, identity.arxiv, "id")
    # A paper with an erratum has two.
    for doi in text(element, "doi").split():
        ids.add("doi", doi, identity.doi, "doi")
    remark = text(element, comment)
    return Paper(
        id=own,
        title=title,
        abstract=summary,
        authors=authors,
        truncated=truncated,
        date=_date(date, notices),
        venue=text(element, journal) or None,
        categories=_categories(categories),
        ids=ids.all(),
        urls=(f"https://arxiv.org/abs/{own}",),
        code=repositories(f"{summary} {remark}"),
        genre="preprint",
        withdrawn=says_withdrawn(summary, remark),
    )


def says_withdrawn(*texts: str) -> bool:
    """Whether an abstract or a comment is the notice that arXiv puts in place of a paper."""
    return any(_WITHDRAWN.match(text) for text in texts)


def _date(published: str, notices: list[str]) -> str | None:
    """The day of the first version."""
    if not published:
        return None
    try:
        return iso_date(published)
    except ValueError as error:
        notices.append(f"published: {error}")
        return None


def _categories(terms: list[str]) -> tuple[str, ...]:
    """arXiv's primary category first, then the others, then classes of other schemes."""
    split = (_ROLE.sub("", part).strip() for term in terms for part in _CLASSES.split(term))
    return tuple(dict.fromkeys(filter(None, split)))
