"""
OpenAlex works: one, an answer with ``results``, or JSON lines as in the snapshot.

Source of the fields: https://docs.openalex.org/api-entities/works/work-object.
"""

import datetime
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..papers import Author, Genre, Paper, Record, Reference
from ..repositories import repositories
from . import identity
from .jsonrecords import Fields, read_records, says_withdrawn
from .jsonstream import Shape, glimpse

_SHAPE = Shape(
    begins=frozenset(("meta", "results", "group_by")),
    lists=frozenset(("results",)),
)
_ADDRESS = re.compile(r"(?:https?://(?:api\.)?openalex\.org/(?:[a-z-]+/)?)([A-Za-z])?", re.I)
_ENTITIES = {
    "A": "an author",
    "S": "a source",
    "V": "a venue",
    "I": "an institution",
    "T": "a topic",
    "C": "a concept",
    "P": "a publisher",
    "F": "a funder",
    "G": "a grant",
}
_OWN_KEYS = frozenset(
    "abstract_inverted_index authorships referenced_works cited_by_api_url primary_location "
    "host_venue publication_year best_oa_location is_paratext".split()
)
_SELECTED = _OWN_KEYS | {"id", "doi", "display_name"}
_GENRES: dict[str, Genre] = {
    "article": "article",
    "letter": "article",
    "journal-article": "article",
    "proceedings-article": "conference-paper",
    "preprint": "preprint",
    "posted-content": "preprint",
    "review": "review",
    "book": "book",
    "monograph": "book",
    "edited-book": "book",
    "reference-book": "book",
    "book-chapter": "chapter",
    "book-section": "chapter",
    "book-part": "chapter",
    "reference-entry": "chapter",
    "dissertation": "thesis",
    "report": "report",
}
_OTHER_IDS = (("pmid", identity.pmid), ("pmcid", identity.pmcid), ("arxiv", identity.arxiv))
# A position far behind the others is debris; a whole abstract has some hundred words.
_MOST_WORDS = 100_000


def matches(head: str) -> bool:
    """Whether *head* has OpenAlex's works, or other things of OpenAlex."""
    seen = glimpse(head, _SHAPE)
    records = [record for record in seen.records if isinstance(record, dict)]
    if {"meta", "results"} <= seen.wrapper:  # perhaps with a few selected fields
        return not records or any(_SELECTED & record.keys() for record in records)
    return any(_is_ours(record) for record in records)


def read(path: Path, captured: datetime.date) -> Iterator[Record]:
    """The works of *path* in file order; anything else in it comes as a `Refusal`."""
    return read_records(path, _SHAPE, _paper, _name)


def _is_ours(record: dict[str, Any]) -> bool:
    own = record.get("id")
    if isinstance(own, str) and _ADDRESS.match(own):
        return True
    return len(_OWN_KEYS & record.keys()) > 1


def _name(record: dict[str, Any]) -> str:
    own = record.get("id")
    return own.rstrip("/").rpartition("/")[2] if isinstance(own, str) else ""


def _paper(record: Fields) -> Paper:
    own = record.raw("id")
    address = _ADDRESS.match(own)
    letter = (address[1] or "") if address else own[:1]
    if own and letter.upper() != "W":
        what = _ENTITIES.get(letter.upper(), "no work")
        raise ValueError(f"this is {what} of OpenAlex, not a work; fetch /works instead")
    if not own and not _SELECTED & record.record.keys():
        raise ValueError("this is no work of OpenAlex, which has an id such as W2741809807")
    title = record.title(record.raw("title", "display_name"))
    abstract = _abstract(record)
    ids = _ids(record)
    date = record.date("publication_date") or record.date("publication_year")
    location = record.within("primary_location")
    source = location.within("source") or record.within("host_venue")
    biblio = record.within("biblio")
    known = dict(ids)
    return Paper(
        id=known.get("openalex")
        or known.get("doi")
        or identity.title_id(title, date[:4] if date else None),
        title=title,
        abstract=abstract,
        authors=_authors(record),
        truncated=record.flag("is_authors_truncated"),
        date=date,
        venue=source.text("display_name") or None,
        categories=_categories(record),
        ids=ids,
        urls=tuple(
            dict.fromkeys(
                (
                    *location.urls("landing_page_url"),
                    *record.within("best_oa_location").urls("pdf_url"),
                )
            )
        ),
        code=repositories(abstract),
        claims=record.citations("cited_by_count"),
        genre=_genre(record, source),
        volume=biblio.text("volume") or None,
        issue=biblio.text("issue") or None,
        pages=_pages(biblio),
        publisher=_publisher(source),
        references=_references(record),
        withdrawn=record.flag("is_retracted") or says_withdrawn(title),
    )


def _abstract(record: Fields) -> str:
    """
    The abstract in its order: the index says of each word where it stands.

    >>> _abstract(Fields({"abstract_inverted_index": {"see": [1], "Owls": [0, 2]}}))
    'Owls see Owls'
    """
    index = record.within("abstract_inverted_index")
    if "InvertedIndex" in index:  # as Microsoft Academic Graph wrapped it
        index = index.within("InvertedIndex")
    placed: list[tuple[int, str]] = []
    for word, places in index.record.items():
        for place in places if isinstance(places, list) else ():
            if isinstance(place, int) and not isinstance(place, bool):
                placed.append((place, word))
    if len(placed) > _MOST_WORDS:
        record.notices.append(f'"abstract_inverted_index" has {len(placed):,} words')
        return ""
    placed.sort(key=lambda pair: pair[0])
    return record.abstract(" ".join(word for _, word in placed) or record.raw("abstract"))


def _ids(record: Fields) -> tuple[tuple[str, str], ...]:
    ids: dict[tuple[str, str], None] = {}
    others = record.within("ids")
    doi = record.identified("doi", record.raw("doi") or others.raw("doi"), identity.doi)
    if doi:
        ids["doi", doi] = None
        if arxiv := identity.arxiv_of_doi(doi):
            ids["arxiv", arxiv] = None
    for scheme, normal in _OTHER_IDS:
        if known := others.identified(scheme, others.raw(scheme), normal):
            ids[scheme, known] = None
    for location in (record.within("primary_location"), *record.each("locations")):
        for address in (location.raw("landing_page_url"), location.raw("pdf_url")):
            if "arxiv.org/" in address and not any(scheme == "arxiv" for scheme, _ in ids):
                if arxiv := _arxiv(address):
                    ids["arxiv", arxiv] = None
            if acl := identity.acl(address.strip()):
                ids["acl", acl] = None
    own = record.raw("id") or others.raw("openalex")
    if openalex := record.identified("id", own, identity.openalex):
        ids["openalex", openalex] = None
    return tuple(ids)


def _arxiv(address: str) -> str | None:
    """The arXiv identifier in an address, None in those of arXiv's that have none."""
    try:
        return identity.arxiv(address)
    except ValueError:
        return None


def _authors(record: Fields) -> tuple[Author, ...]:
    authors = []
    for position, authorship in enumerate(record.each("authorships"), start=1):
        author = authorship.within("author")
        name = author.text("display_name") or authorship.text("raw_author_name")
        if not name:
            continue
        institutions = [place.text("display_name") for place in authorship.each("institutions")]
        affiliations = tuple(dict.fromkeys(place for place in institutions if place))
        if not affiliations:
            affiliations = authorship.texts("raw_affiliation_strings") or authorship.texts(
                "raw_affiliation_string"
            )
        authors.append(Author(name, position, author.orcid("orcid"), affiliations))
    return tuple(authors)


def _categories(record: Fields) -> tuple[str, ...]:
    """The names of its topics, the first one's field of study before them."""
    topics = [record.within("primary_topic"), *record.each("topics")]
    names = [topics[0].within("field").text("display_name")]
    names += [topic.text("display_name") for topic in topics]
    return tuple(dict.fromkeys(name for name in names if name))


def _genre(record: Fields, source: Fields) -> Genre | None:
    """Of an article in a conference's proceedings OpenAlex says 'article' too."""
    genre = _GENRES.get(record.raw("type"))
    if genre == "article" and (
        source.raw("type") == "conference" or record.raw("type_crossref") == "proceedings-article"
    ):
        return "conference-paper"
    return genre or _GENRES.get(record.raw("type_crossref"))


def _pages(biblio: Fields) -> str | None:
    first, last = biblio.text("first_page"), biblio.text("last_page")
    return f"{first}-{last}" if first and last and first != last else first or last or None


def _publisher(source: Fields) -> str | None:
    """Whoever hosts the venue; a repository's host publishes nothing."""
    if source.raw("type") == "repository":
        return None
    return source.text("host_organization_name", "publisher") or None


def _references(record: Fields) -> tuple[Reference, ...]:
    found: dict[str, None] = {}
    for work in record.strings("referenced_works"):
        if known := record.identified("referenced_works", work, identity.openalex):
            found[known] = None
    return tuple(Reference((("openalex", known),)) for known in found)
