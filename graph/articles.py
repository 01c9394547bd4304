"""What the graph knows of one paper: its record, and what was read out of its text."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from pyoxigraph import NamedNode

from . import vocab as v
from .catalogue import Named, ending, name_of
from .citing import Cites, cited_by, cites
from .claims import Claimed, claims
from .identifiers import identifiers
from .iris import Iris
from .questions import Row, rows
from .snapshots import Term
from .sourcing import Disagreement, Sourced, sourced
from .store import Snapshot

Properties = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Byline:
    """An author in a paper's list; *position* is None where 'et al.' hides it."""

    iri: str
    author: Named
    given: str
    position: int | None
    affiliations: tuple[str, ...]
    orcid: str | None


@dataclass(frozen=True, slots=True)
class Located:
    """A sentence of *field*, from character *start* to *end*, exclusive."""

    iri: str
    field: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Mentioned:
    """A phrase of *field* that names *concept*: ``text[start:end] == exact``."""

    iri: str
    concept: Named
    exact: str
    field: str
    start: int
    end: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Stated:
    """A relation between two concepts, and the sentence that says so."""

    iri: str
    subject: Named
    predicate: str
    object: Named
    confidence: float
    sentence: str


@dataclass(frozen=True, slots=True)
class Result:
    """
    A result that a paper claims. *start* and *end* delimit it in *sentence*.

    *parts* are what the sentence says it is of: metric, dataset, task, method, baseline.
    """

    iri: str
    value: Decimal
    unit: str | None
    change: str
    exact: str
    parts: dict[str, Named]
    confidence: float
    sentence: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Imported:
    """The file that a paper was read from, and a run that read it."""

    source: str
    file: str
    run: str | None
    version: str | None
    model: str | None


@dataclass(frozen=True, slots=True)
class Article:
    """
    A paper's page; *truncated* where its source says 'et al.'.

    *genre* is one of `scholargraph.extract.papers.Genre`; *ids* are identifiers with public
    addresses, by scheme. *records* are what each of several sources states, and *conflicts* where
    they disagree; both are empty for a paper of one record.
    """

    iri: str
    title: str
    abstract: str
    date: str | None
    venue: str | None
    doi: str | None
    arxiv: str | None
    ids: tuple[tuple[str, str], ...]
    isbn: tuple[str, ...]
    genre: str | None
    volume: str | None
    issue: str | None
    pages: str | None
    publisher: str | None
    withdrawn: bool
    urls: tuple[str, ...]
    code: tuple[str, ...]
    code_flag: bool
    categories: tuple[str, ...]
    affiliations: tuple[str, ...]
    truncated: bool
    authors: tuple[Byline, ...]
    claims: tuple[Claimed, ...]
    introduces: tuple[Named, ...]
    sentences: tuple[Located, ...]
    mentions: tuple[Mentioned, ...]
    relations: tuple[Stated, ...]
    results: tuple[Result, ...]
    imported: tuple[Imported, ...]
    cites: Cites
    cited_by: Cites
    records: tuple[Sourced, ...]
    conflicts: tuple[Disagreement, ...]


def article(snapshot: Snapshot, iri: NamedNode, properties: Properties, iris: Iris) -> Article:
    """The paper *iri*, of which the graph says *properties* directly."""

    def every(property: NamedNode) -> tuple[str, ...]:
        return tuple(sorted(properties.get(property.value, ())))

    def one(property: NamedNode) -> str | None:
        return next(iter(every(property)), None)

    types = every(v.TYPE)
    records, conflicts = sourced(snapshot, iri, iris)
    return Article(
        iri=iri.value,
        title=one(v.TITLE) or ending(iri.value),
        abstract=one(v.ABSTRACT) or "",
        date=one(v.ISSUED),
        venue=one(v.VENUE),
        doi=one(v.DOI),
        arxiv=one(v.ARXIV_ID),
        ids=tuple(identifiers(every(v.SAME_AS))),
        isbn=every(v.ISBN),
        genre=next((name for name, kind in v.GENRES.items() if kind.value in types), None),
        volume=one(v.VOLUME),
        issue=one(v.ISSUE),
        pages=one(v.PAGES),
        publisher=one(v.PUBLISHER),
        withdrawn=one(v.WITHDRAWN) == "true",
        urls=every(v.URL),
        code=every(v.CODE),
        code_flag=one(v.CODE_FLAG) == "true",
        categories=every(v.CATEGORY),
        affiliations=every(v.AFFILIATION_TAG),
        truncated=one(v.AUTHORS_TRUNCATED) == "true",
        authors=_authors(snapshot, iri),
        claims=claims(snapshot, iri),
        introduces=tuple(
            named(row, "concept", "label") for row in rows(snapshot, "paper_introduces", paper=iri)
        ),
        sentences=_sentences(snapshot, iri),
        mentions=_mentions(snapshot, iri),
        relations=_relations(snapshot, iri),
        results=_results(snapshot, iri),
        imported=_imports(snapshot, iri),
        cites=cites(snapshot, iri),
        cited_by=cited_by(snapshot, iri),
        records=records,
        conflicts=conflicts,
    )


def named(row: Row, iri: str, name: str) -> Named:
    return Named(row.text(iri), name_of(row, iri, name))


Parts = dict[str, dict[str, Named]]


def result_parts(found: Iterable[Row]) -> Parts:
    """By result, what it is of; rows of ``paper_result_parts``."""
    roles = {role.value: part for part, role in v.RESULT_PARTS.items()}
    parts: Parts = {}
    for row in found:
        if part := roles.get(row.text("role")):
            parts.setdefault(row.text("result"), {})[part] = named(row, "part", "label")
    return parts


def result(row: Row, parts: Parts) -> Result:
    """A row of ``paper_results``."""
    offset = row.integer("offset")
    return Result(
        iri=row.text("result"),
        value=row.decimal("value"),
        unit=row.maybe("unit"),
        change=row.text("change"),
        exact=row.text("exact"),
        parts=parts.get(row.text("result"), {}),
        confidence=float(row.decimal("confidence")),
        sentence=row.text("sentence"),
        start=row.integer("start") - offset,
        end=row.integer("end") - offset,
    )


def _results(snapshot: Snapshot, iri: NamedNode) -> tuple[Result, ...]:
    found = rows(snapshot, "paper_results", paper=iri)
    parts = result_parts(rows(snapshot, "paper_result_parts", paper=iri)) if found else {}
    return tuple(result(row, parts) for row in found)


def _authors(snapshot: Snapshot, iri: Term) -> tuple[Byline, ...]:
    bylines: dict[str, Byline] = {}
    for row in rows(snapshot, "paper_authors", paper=iri):
        authorship, affiliation = row.text("authorship"), row.maybe("affiliation")
        before = bylines[authorship].affiliations if authorship in bylines else ()
        bylines[authorship] = Byline(
            iri=authorship,
            author=named(row, "author", "name"),
            given=row.text("given"),
            position=row.whole("position"),
            affiliations=tuple(dict.fromkeys((*before, affiliation) if affiliation else before)),
            orcid=row.maybe("orcid"),
        )
    return tuple(bylines.values())


def _sentences(snapshot: Snapshot, iri: Term) -> tuple[Located, ...]:
    return tuple(
        Located(
            iri=row.text("sentence"),
            field=row.text("field"),
            start=row.integer("start"),
            end=row.integer("end"),
        )
        for row in rows(snapshot, "paper_sentences", paper=iri)
    )


def _mentions(snapshot: Snapshot, iri: Term) -> tuple[Mentioned, ...]:
    return tuple(
        Mentioned(
            iri=row.text("mention"),
            concept=named(row, "concept", "label"),
            exact=row.text("exact"),
            field=row.text("field"),
            start=row.integer("start"),
            end=row.integer("end"),
            confidence=float(row.decimal("confidence")),
        )
        for row in rows(snapshot, "paper_mentions", paper=iri)
    )


def _relations(snapshot: Snapshot, iri: Term) -> tuple[Stated, ...]:
    return tuple(
        Stated(
            iri=row.text("relation"),
            subject=named(row, "subject", "subjectLabel"),
            predicate=ending(row.text("predicate")),
            object=named(row, "object", "objectLabel"),
            confidence=float(row.decimal("confidence")),
            sentence=row.text("sentence"),
        )
        for row in rows(snapshot, "paper_relations", paper=iri)
    )


def _imports(snapshot: Snapshot, iri: Term) -> tuple[Imported, ...]:
    return tuple(
        Imported(
            source=row.text("source"),
            file=name_of(row, "source", "file"),
            run=row.maybe("run"),
            version=row.maybe("version"),
            model=row.maybe("model"),
        )
        for row in rows(snapshot, "paper_runs", paper=iri)
    )
