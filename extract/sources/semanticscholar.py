"""
Semantic Scholar's papers: one, a batch, a search's answer, or JSON lines of its data sets.

Source of the fields: https://api.semanticscholar.org/api-docs/graph; the data sets spell the same
names in lower case (``externalids``, ``publicationdate``).
"""

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..papers import Author, Genre, Paper, Record, Reference
from ..repositories import repositories
from . import identity
from .jsonrecords import Fields, read_records, says_withdrawn
from .jsonstream import Shape, glimpse

_SHAPE = Shape(
    begins=frozenset(("total", "offset", "next", "token", "data", "recommendedPapers")),
    lists=frozenset(("data", "recommendedPapers", "papers")),  # an author's are 'papers'
)
_CITING = ("citedPaper", "citingPaper")  # of the answers that list references and citations
_SCHEMES = (
    ("DOI", "doi", identity.doi),
    ("ArXiv", "arxiv", identity.arxiv),
    ("PubMed", "pmid", identity.pmid),
    ("PubMedCentral", "pmcid", identity.pmcid),
    ("DBLP", "dblp", identity.dblp),
    ("ACL", "acl", identity.acl_id),
)
# The most telling first: a review in a journal is both.
_GENRES: dict[str, Genre] = {
    "Review": "review",
    "MetaAnalysis": "review",
    "Conference": "conference-paper",
    "Book": "book",
    "BookSection": "chapter",
    "JournalArticle": "article",
    "CaseReport": "article",
    "ClinicalTrial": "article",
    "Study": "article",
    "LettersAndComments": "article",
}
_PREPRINTS = frozenset(("arxiv", "arxiv.org", "biorxiv", "medrxiv", "chemrxiv", "research square"))


def matches(head: str) -> bool:
    """Whether *head* has Semantic Scholar's papers, or what else it answers."""
    seen = glimpse(head, _SHAPE)
    records = [record for record in seen.records if record is not None]
    if not records:  # a batch of papers that it does not know, or a search that finds none
        answered = "data" in seen.wrapper and seen.wrapper & {"total", "offset", "token"}
        return bool(seen.records or answered)
    return any(isinstance(record, dict) and _is_ours(record) for record in records)


def read(path: Path, captured: datetime.date) -> Iterator[Record]:
    """The papers of *path* in file order; anything else in it comes as a `Refusal`."""
    return read_records(
        path,
        _SHAPE,
        _paper,
        _name,
        null="Semantic Scholar has no paper of the identifier that was asked for here",
    )


def _is_ours(record: dict[str, Any]) -> bool:
    if any(isinstance(record.get(key), dict) for key in _CITING):
        return True
    own = record.get("paperId")
    if isinstance(own, str) or "corpusId" in record or "corpusid" in record:
        return True
    return not record.keys().isdisjoint(("authorId", "citingcorpusid", "externalIds"))


def _name(record: dict[str, Any]) -> str:
    own = record.get("paperId") or record.get("corpusId") or record.get("corpusid")
    return str(own)[:60] if isinstance(own, str | int) else ""


def _paper(record: Fields) -> Paper:
    for key in _CITING:
        if key in record:
            record = record.within(key)
    if "authorId" in record or "authorid" in record:
        raise ValueError("this is an author of Semantic Scholar, not a paper; fetch /paper instead")
    if not any(key in record for key in ("paperId", "corpusId", "corpusid", "externalIds")):
        raise ValueError("this is no paper of Semantic Scholar, which has a paperId")
    if "title" not in record and "corpusid" in record:
        raise ValueError(
            "this line of a data set has no title; import the data set 'papers', whose lines do"
        )
    title = record.title(record.raw("title"))
    abstract = record.abstract(record.raw("abstract"))
    ids = _ids(record)
    date = record.date("publicationDate") or record.date("publicationdate") or record.date("year")
    journal = record.within("journal")
    venue = record.within("publicationVenue")
    named = record.text("venue") or venue.text("name") or journal.text("name")
    volume, pages = journal.text("volume"), journal.text("pages")
    return Paper(
        id=_own_id(record, ids) or identity.title_id(title, date[:4] if date else None),
        title=title,
        abstract=abstract,
        authors=_authors(record),
        date=date,
        venue=named or None,
        categories=_categories(record),
        ids=ids,
        urls=tuple(
            dict.fromkeys((*record.urls("url"), *record.within("openAccessPdf").urls("url")))
        ),
        code=repositories(abstract),
        claims=record.citations("citationCount") or record.citations("citationcount"),
        genre=_genre(record, named),
        volume=volume if volume and not volume.startswith("abs/") else None,
        pages="".join(pages.split()) or None,
        references=_references(record),
        withdrawn=says_withdrawn(title),
    )


def _own_id(record: Fields, ids: tuple[tuple[str, str], ...]) -> str:
    corpus = record.text("corpusId", "corpusid")
    known = dict(ids)
    return known.get("s2") or (f"CorpusId:{corpus[:40]}" if corpus else known.get("doi", ""))


def _ids(record: Fields) -> tuple[tuple[str, str], ...]:
    ids: dict[tuple[str, str], None] = {}
    others = record.within("externalIds" if "externalIds" in record else "externalids")
    for key, scheme, normal in _SCHEMES:
        if known := others.identified(key, others.raw(key), normal):
            ids[scheme, known] = None
    doi = dict(ids.keys()).get("doi")
    if doi and (arxiv := identity.arxiv_of_doi(doi)):
        ids["arxiv", arxiv] = None
    own = record.raw("paperId")
    if not own and "semanticscholar.org/paper/" in record.raw("url"):
        own = record.raw("url")
    if known := record.identified("paperId", own, identity.s2):
        ids["s2", known] = None
    return tuple(ids)


def _authors(record: Fields) -> tuple[Author, ...]:
    authors = []
    for position, author in enumerate(record.each("authors"), start=1):
        name = author.text("name")
        if name:
            orcid = author.within("externalIds").orcid("ORCID")
            authors.append(Author(name, position, orcid, author.texts("affiliations")))
    return tuple(authors)


def _categories(record: Fields) -> tuple[str, ...]:
    names = list(record.texts("fieldsOfStudy"))
    for key in ("s2FieldsOfStudy", "s2fieldsofstudy"):
        names += [field.text("category") for field in record.each(key)]
    return tuple(dict.fromkeys(name for name in names if name))


def _genre(record: Fields, venue: str) -> Genre | None:
    """What it calls a journal article on a preprint server is a preprint."""
    given = [*record.strings("publicationTypes"), *record.strings("publicationtypes")]
    given = ["".join(name.split()) for name in given]  # 'Journal Article' in its documentation
    genre = next((genre for name, genre in _GENRES.items() if name in given), None)
    if genre in (None, "article") and venue.lower() in _PREPRINTS:
        return "preprint"
    return genre


def _references(record: Fields) -> tuple[Reference, ...]:
    found: dict[Reference, None] = {}
    for cited in record.each("references"):
        ids = _ids(cited)
        title = cited.text("title") or None
        year = cited.date("year")
        if ids or title:
            found[Reference(ids, title, year)] = None
    return tuple(found)
