"""
PubMed's XML: articles, and chapters of books, as E-utilities and the yearly baseline give them.

Format: https://dtd.nlm.nih.gov/ncbi/pubmed/doc/out/250101/index.html.
"""

import datetime
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from ..dates import worded_date
from ..papers import Genre, Paper, Record, Reference, Refusal
from ..repositories import repositories
from . import identity
from .elements import Found, elements
from .fields import optional_abstract, title_text
from .managers import Identifiers, pages
from .markup import byline, markup, papers, text

_RECORDS = ("PubmedArticle", "PubmedBookArticle", "MedlineCitation")
_FIRST = re.compile(rf"<(?:{'|'.join(_RECORDS)}|Pubmed(?:Book)?ArticleSet|MedlineCitationSet)\b")

# What PubMed calls a kind of publication, the more telling first.
_GENRES: dict[str, Genre] = {
    "Preprint": "preprint",
    "Review": "review",
    "Systematic Review": "review",
    "Meta-Analysis": "review",
    "Scoping Review": "review",
    "Technical Report": "report",
    "Academic Dissertation": "thesis",
    "Journal Article": "article",
}
_RETRACTED = ("Retracted Publication", "Withdrawn Publication")
_RETRACTIONS = ("RetractionIn", "RetractedandRepublishedIn")
_RETRACTED_TITLE = re.compile(r"\W*(?:withdrawn|retracted)\s*:", re.IGNORECASE)
_NO_TITLE = re.compile(r"\W*(?:not available|in process citation)\W*", re.IGNORECASE)
_SCHEMES = {
    "pubmed": ("pmid", identity.pmid),
    "pmc": ("pmcid", identity.pmcid),
    "pmcid": ("pmcid", identity.pmcid),
    "doi": ("doi", identity.doi),
}
_CITED = "CommentsCorrectionsList/CommentsCorrections[@RefType='Cites']"
_YEAR = re.compile(r"(?<![\d-])(?:19|20)\d\d(?![\d-])", re.ASCII)
_SPAN = re.compile(r"(?P<first>\d+)-(?P<last>\d+)", re.ASCII)
_LONGEST_CITATION = 1_000  # characters


def matches(head: str) -> bool:
    """Whether a record of PubMed, or a set of them, is in *head*."""
    return head.lstrip().startswith("<") and _FIRST.search(head) is not None


def read(path: Path, captured: datetime.date) -> Iterator[Record]:
    """The papers of *path* in order."""
    none = True
    for record in papers(path, elements(path, _RECORDS, also=("ERROR",)), _paper):
        none = False
        yield record
    if none:
        yield Refusal(path, None, "PubMed's answer holds no articles; correct the query")


def _paper(found: Found, notices: list[str]) -> Paper:
    record = found.element
    if record.tag == "ERROR":
        raise ValueError(f"PubMed answers with an error: {text(record)}; correct the request")
    book = record.find("BookDocument")
    if book is not None:
        return _chapter(record, book, notices)
    citation = record if record.tag == "MedlineCitation" else record.find("MedlineCitation")
    article = citation.find("Article") if citation is not None else None
    if citation is None or article is None:
        raise ValueError("the record has no MedlineCitation with an Article; fetch it again")
    own = identity.pmid(text(citation, "PMID"))
    listed = [entry for entry in article.findall("AuthorList") if entry.get("Type") != "editors"]
    authors, truncated = byline(_people(listed), notices)
    abstract = _abstract(article, citation)
    title = _title(article)
    kinds = {text(kind) for kind in article.iterfind("PublicationTypeList/PublicationType")}
    retracted = {
        note.get("RefType", "") for note in citation.iterfind("CommentsCorrectionsList/*")
    }.intersection(_RETRACTIONS)
    journal = article.find("Journal")
    return Paper(
        id=own,
        title=title,
        abstract=abstract,
        authors=authors,
        truncated=truncated or any(entry.get("CompleteYN") == "N" for entry in listed),
        date=_date(
            (article.find("Journal/JournalIssue/PubDate"), article.find("ArticleDate")), notices
        ),
        venue=_first(journal, "Title", "ISOAbbreviation")
        or _first(citation, "MedlineJournalInfo/MedlineTA"),
        categories=_subjects(citation),
        ids=_ids(own, record.find("PubmedData/ArticleIdList"), article, notices),
        urls=(f"https://pubmed.ncbi.nlm.nih.gov/{own}/",),
        code=repositories(abstract),
        genre=next((genre for kind, genre in _GENRES.items() if kind in kinds), None),
        volume=_first(journal, "JournalIssue/Volume"),
        issue=_first(journal, "JournalIssue/Issue"),
        pages=_pages(article),
        references=tuple(_references(record, citation)),
        withdrawn=bool(retracted or kinds.intersection(_RETRACTED))
        or _RETRACTED_TITLE.match(title) is not None,
    )


def _chapter(record: Element, book: Element, notices: list[str]) -> Paper:
    """A whole book, or a chapter, which alone has a title beside the book's."""
    own = identity.pmid(text(book, "PMID"))
    chapter = bool(text(book, "ArticleTitle"))
    lists = [*book.findall("AuthorList"), *([] if chapter else book.findall("Book/AuthorList"))]
    listed = [entry for entry in lists if entry.get("Type") != "editors"]
    authors, truncated = byline(_people(listed), notices)
    abstract = optional_abstract(_labelled(book.findall("Abstract/AbstractText")))
    return Paper(
        id=own,
        title=_title(book) if chapter else title_text(markup(book.find("Book/BookTitle"))),
        abstract=abstract,
        authors=authors,
        truncated=truncated,
        date=_date((book.find("Book/PubDate"), book.find("ContributionDate")), notices),
        venue=_first(book, "Book/BookTitle") if chapter else None,
        ids=_ids(own, book.find("ArticleIdList"), book, notices),
        urls=(f"https://pubmed.ncbi.nlm.nih.gov/{own}/",),
        code=repositories(abstract),
        genre="chapter" if chapter else "book",
        volume=_first(book, "Book/Volume"),
        pages=_pages(book),
        publisher=_first(book, "Book/Publisher/PublisherName"),
        references=tuple(_references(record, book)),
    )


def _first(element: Element | None, *paths: str) -> str | None:
    return next(filter(None, (text(element, path) for path in paths)), None)


def _title(article: Element) -> str:
    """
    The title without PubMed's final full stop, and without the brackets around a translated one.
    """
    raw, original = markup(article.find("ArticleTitle")), article.find("VernacularTitle")
    if original is not None and (not raw.strip() or _NO_TITLE.fullmatch(raw)):
        raw = markup(original)
    title = title_text(raw)
    bare = title.removesuffix(".").rstrip()
    if bare.startswith("[") and bare.endswith("]") and bare.find("]") == len(bare) - 1:
        title = bare[1:-1].strip() or title
    if title.endswith(".") and not title.endswith(".."):
        title = title[:-1].rstrip() or title
    return title


def _abstract(article: Element, citation: Element) -> str:
    parts = article.findall("Abstract/AbstractText")
    if not parts:
        others = (other for other in citation.findall("OtherAbstract"))
        english = (other for other in others if other.get("Language", "eng") == "eng")
        parts = next((other.findall("AbstractText") for other in english), [])
    return optional_abstract(_labelled(parts))


def _labelled(parts: Iterable[Element]) -> str:
    """The parts of a structured abstract, each after its label: 'METHODS: We fly.'"""
    pieces = []
    for part in parts:
        label = part.get("Label", "").strip().rstrip(":")
        said = markup(part).strip()
        if said:
            pieces.append(f"{label}: {said}" if label and label != "UNLABELLED" else said)
    return "\n".join(pieces)


def _people(lists: Iterable[Element]) -> Iterator[tuple[str, Iterable[str], str]]:
    for author in (author for listed in lists for author in listed.findall("Author")):
        if author.get("ValidYN") == "N":
            continue
        given = text(author, "ForeName") or text(author, "FirstName") or text(author, "Initials")
        name = " ".join(filter(None, (given, text(author, "LastName"), text(author, "Suffix"))))
        places = [*author.findall("AffiliationInfo/Affiliation"), *author.findall("Affiliation")]
        yield name or text(author, "CollectiveName"), map(text, places), _orcid(author)


def _orcid(author: Element) -> str:
    """
    An author's ORCID iD, hyphens put in where they are missing; '' where there is none.
    """
    for identifier in author.findall("Identifier"):
        if identifier.get("Source", "").upper() == "ORCID":
            bare = text(identifier).rstrip("/").rpartition("/")[2].replace("-", "")
            if re.fullmatch(r"\d{15}[\dXx]", bare, re.ASCII):
                return "-".join(bare[start : start + 4] for start in range(0, 16, 4))
            return text(identifier)
    return ""


def _ids(
    own: str, listed: Element | None, article: Element, notices: list[str]
) -> tuple[tuple[str, str], ...]:
    ids = Identifiers(notices)
    ids.add("pmid", own, identity.pmid, "PMID")
    for entry in listed if listed is not None else ():
        _add_id(ids, entry)
    for place in article.findall("ELocationID"):
        if place.get("EIdType") == "doi" and place.get("ValidYN") != "N":
            ids.add("doi", text(place), identity.doi, "ELocationID")
    return ids.all()


def _pages(article: Element) -> str | None:
    """
    Pages in full: PubMed leaves digits out of the last one, as in '101-9'.
    """
    first, last = text(article, "Pagination/StartPage"), text(article, "Pagination/EndPage")
    span = _SPAN.fullmatch(text(article, "Pagination/MedlinePgn"))
    if span is not None:
        first, last = span["first"], span["first"][: -len(span["last"])] + span["last"]
    elif printed := text(article, "Pagination/MedlinePgn"):
        first, last = printed, ""
    return pages(first, last)


def _date(found: Iterable[Element | None], notices: list[str]) -> str | None:
    """The first date there is: of the issue, else of publication online."""
    for date in found:
        if date is None:
            continue
        words = text(date, "MedlineDate")
        if not words:
            parts = (text(date, part) for part in ("Day", "Month", "Season", "Year"))
            words = _spelled(*parts)
        if not words:
            continue
        try:
            return worded_date(words)
        except ValueError as error:
            notices.append(f"{date.tag}: {error}")
    return None


def _spelled(day: str, month: str, season: str, year: str) -> str:
    if month.isdigit() and year:
        return "-".join(filter(None, (year, month, day)))
    return " ".join(filter(None, (day if month else "", month, season, year)))


def _subjects(citation: Element) -> tuple[str, ...]:
    """The MeSH headings that the article is mainly about."""
    found: dict[str, None] = {}
    for heading in citation.findall("MeshHeadingList/MeshHeading"):
        if any(part.get("MajorTopicYN") == "Y" for part in heading):
            found[text(heading, "DescriptorName")] = None
    return tuple(filter(None, found))


def _references(record: Element, citation: Element) -> Iterator[Reference]:
    """
    What the article cites, each once. A reference without an identifier keeps its citation for a
    title.
    """
    known: set[tuple[str, str]] = set()
    for cited in (*record.iter("Reference"), *citation.findall(_CITED)):
        ids = Identifiers([])
        for entry in cited.findall("ArticleIdList/ArticleId"):
            _add_id(ids, entry)
        ids.add("pmid", text(cited, "PMID"), identity.pmid, "PMID")
        if known.intersection(ids.all()):
            continue
        known.update(ids.all())
        words = text(cited, "Citation")[:_LONGEST_CITATION]
        years = set(_YEAR.findall(words))
        year = years.pop() if len(years) == 1 else None
        if ids.all() or words:
            yield Reference(ids.all(), None if ids.all() else words, year)


def _add_id(ids: Identifiers, entry: Element) -> None:
    kind = entry.get("IdType", "pubmed")
    if kind in _SCHEMES:
        scheme, normal = _SCHEMES[kind]
        ids.add(scheme, text(entry), normal, f"ArticleId of type {kind}")
