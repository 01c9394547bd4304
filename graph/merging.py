"""
One paper of several records: which source speaks for which field, and where they disagree.

==================================  ==============================================================
title, abstract, identifier         the record with the longest abstract that is not cut short;
                                    they go together, since the text is read as a whole
date                                the most complete; of equals a published one, then the earliest
authors                             the list without 'et al.', then the longest; what others know
                                    of the same authors (ORCID iD, affiliations) is added
venue, sort, volume, issue, pages,  a published record before a preprint, then the one that says
publisher                           most of these
identifiers, addresses, code,       those of all records
categories, references
code flag, withdrawn                if any record says so
figures that sources state          side by side, each with its source
==================================  ==============================================================

Records that are equal by these rules come in the order of their texts, never of their arrival.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from scholargraph.extract.papers import Author, Paper
from scholargraph.extract.sources.names import find

from .identifiers import canonical
from .iris import slug
from .records import Record, normal

_CUT_SHORT = re.compile(r"(?:…|\.\.\.)\s*$")

_PREPRINT_VENUE = re.compile(r"arxiv|biorxiv|medrxiv|corr\b|ssrn|preprint", re.IGNORECASE)

# What says where a paper was published: from one record, lest the pages be of another volume.
_PUBLICATION = ("venue", "genre", "volume", "issue", "pages", "publisher")


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field of which the records of a paper say different things: value by value, who says so."""

    field: str
    values: tuple[tuple[str, tuple[int, ...]], ...]


def text_record(records: Sequence[Record]) -> Record:
    """The record whose title and abstract are the paper's."""
    if len(records) == 1:
        return records[0]

    def rank(record: Record) -> tuple[bool, int]:
        abstract = record.paper.abstract
        return (_CUT_SHORT.search(abstract) is None and bool(abstract), len(abstract))

    return _best(records, rank)


def merged(records: Sequence[Record]) -> Paper:
    """What the graph says of a paper of which *records* speak, but its claims and references."""
    text = text_record(records).paper
    papers = [record.paper for record in sorted(records, key=_text)]
    writers = _best(records, _authors_rank).paper
    printed = _best(records, _publication_rank).paper
    whole = normal(
        replace(
            text,
            authors=tuple(_authors(writers, papers)),
            truncated=writers.truncated,
            date=_date(records),
            ids=tuple(pair for paper in papers for pair in paper.ids),
            urls=tuple(address for paper in papers for address in paper.urls),
            code=tuple(address for paper in papers for address in paper.code),
            categories=tuple(code for paper in papers for code in paper.categories),
            affiliations=tuple(tag for paper in papers for tag in paper.affiliations),
            code_flag=any(paper.code_flag for paper in papers),
            withdrawn=any(paper.withdrawn for paper in papers),
            claims=(),
            venue=printed.venue,
            genre=printed.genre or next((p.genre for p in papers if p.genre), None),
            volume=printed.volume,
            issue=printed.issue,
            pages=printed.pages,
            publisher=printed.publisher,
        )
    )
    # The first DOI is the paper's.
    own = set(printed.ids)
    return replace(whole, ids=tuple(sorted(whole.ids, key=lambda pair: (pair not in own, pair))))


def conflicts(papers: Sequence[Paper]) -> tuple[Conflict, ...]:
    """
    Where *papers*, the records of one paper, disagree; nothing is one that does not say.

    Spellings that differ in case, accents and punctuation agree. A list of authors that ends in
    'et al.' disagrees with none, and a preprint's venue and DOI with no publication's.
    """

    def title(paper: Paper) -> tuple[str, str] | None:
        return (slug(paper.title), paper.title) if paper.title else None

    def year(paper: Paper) -> tuple[str, str] | None:
        return (paper.date[:4], paper.date[:4]) if paper.date else None

    def authors(paper: Paper) -> tuple[str, str] | None:
        count = str(len(paper.authors))
        return None if paper.truncated or not paper.authors else (count, count)

    def venue(paper: Paper) -> tuple[str, str] | None:
        if not paper.venue or _is_preprint(paper):
            return None
        return slug(paper.venue), paper.venue

    def doi(paper: Paper) -> tuple[str, str] | None:
        own = _doi(paper)
        return None if own is None or _is_preprint(paper) else (own, own)

    fields: dict[str, Callable[[Paper], tuple[str, str] | None]] = {
        "title": title,
        "year": year,
        "number of authors": authors,
        "venue": venue,
        "DOI": doi,
    }
    return tuple(_conflicts(papers, fields))


def _conflicts(
    papers: Sequence[Paper], fields: dict[str, Callable[[Paper], tuple[str, str] | None]]
) -> Iterator[Conflict]:
    for field, value in fields.items():
        said: dict[str, tuple[str, list[int]]] = {}
        for place, paper in enumerate(papers):
            if (found := value(paper)) is not None:
                said.setdefault(found[0], (found[1], []))[1].append(place)
        if len(said) > 1:
            values = tuple((text, tuple(places)) for text, places in said.values())
            yield Conflict(field, values)


def _best(records: Iterable[Record], rank: Callable[[Record], tuple[int, ...]]) -> Record:
    return max(sorted(records, key=_text), key=rank)


def _text(record: Record) -> str:
    return record.name


def _is_preprint(paper: Paper) -> bool:
    if paper.genre:
        return paper.genre == "preprint"
    return bool(paper.venue and _PREPRINT_VENUE.search(paper.venue))


def _doi(paper: Paper) -> str | None:
    return next((v for s, v in paper.ids if s == "doi" and canonical(s, v) == (s, v)), None)


def _is_published(paper: Paper) -> bool:
    return not _is_preprint(paper) and bool(paper.venue)


def _date(records: Sequence[Record]) -> str | None:
    dated = [record for record in records if record.paper.date]
    if not dated:
        return None
    first = min(
        dated,
        key=lambda record: (
            -(record.paper.date or "").count("-"),
            not _is_published(record.paper),
            record.paper.date,
        ),
    )
    return first.paper.date


def _authors_rank(record: Record) -> tuple[int, ...]:
    paper = record.paper
    placed = sum(author.position is not None for author in paper.authors)
    known = sum(bool(author.orcid) + bool(author.affiliations) for author in paper.authors)
    letters = sum(len(author.name) for author in paper.authors)
    return (bool(paper.authors), not paper.truncated, placed, letters, known)


def _publication_rank(record: Record) -> tuple[int, ...]:
    paper = record.paper
    said = sum(bool(getattr(paper, name)) for name in _PUBLICATION)
    return (_is_published(paper), bool(_doi(paper)), said)


def _authors(writers: Paper, papers: Sequence[Paper]) -> Iterator[Author]:
    names = [author.name for author in writers.authors]
    known: dict[int, list[Author]] = {}
    hidden: dict[str, Author] = {}
    for paper in papers:
        for author in paper.authors:
            place = find(author.name, names)
            if place is not None:
                known.setdefault(place, []).append(author)
            elif writers.truncated and author.position is None:
                hidden.setdefault(slug(author.name), author)
    for place, author in enumerate(writers.authors):
        same = known.get(place, ())
        yield replace(
            author,
            orcid=author.orcid or next((other.orcid for other in same if other.orcid), None),
            affiliations=author.affiliations
            or next((other.affiliations for other in same if other.affiliations), ()),
        )
    yield from hidden.values()
