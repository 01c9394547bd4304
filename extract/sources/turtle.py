"""
Our own graph back: Turtle, TriG, N-Triples and N-Quads as `scholargraph export` writes them.

What the graph read out of a paper's text is left out, since it will be read again; what a source
said of it is all taken. The IRIs below are those of `graph/vocab.py`, which this package may not
import; a test compares them.
"""

import datetime
import io
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args
from urllib.parse import unquote

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, RdfFormat, parse

from ..dates import iso_date
from ..latex import plain
from ..papers import Author, Genre, Measure, Paper, Profile, Record, Refusal, SourceClaim
from . import identity, opening
from .fields import check_length, optional_abstract, title_text

SG = "https://w3id.org/scholargraph/ns#"
SCHEMA = "https://schema.org/"
DCT = "http://purl.org/dc/terms/"
FABIO = "http://purl.org/spar/fabio/"
PRISM = "http://prismstandard.org/namespaces/basic/2.0/"

TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
ARTICLE = SCHEMA + "ScholarlyArticle"
PROFILE = SCHEMA + "ProfilePage"
TITLE = DCT + "title"
ABSTRACT = DCT + "abstract"
ISSUED = DCT + "issued"
IDENTIFIER = DCT + "identifier"
CATEGORY = DCT + "subject"
PART_OF = DCT + "isPartOf"
DOI = PRISM + "doi"
ISBN = PRISM + "isbn"
VENUE = PRISM + "publicationName"
VOLUME = PRISM + "volume"
ISSUE = PRISM + "number"
PAGES = PRISM + "pageRange"
PUBLISHER = "http://purl.org/dc/elements/1.1/publisher"
ARXIV_ID = FABIO + "hasArXivId"
SAME_AS = SCHEMA + "sameAs"
URL = SCHEMA + "url"
CODE = SCHEMA + "codeRepository"
CODE_FLAG = SG + "codeFlag"
WITHDRAWN = SG + "withdrawn"
AUTHORS_TRUNCATED = SG + "authorsTruncated"
AFFILIATION_TAG = SG + "affiliationTag"
AUTHORSHIP = SG + "Authorship"
NAME_AS_GIVEN = SG + "nameAsGiven"
POSITION = SG + "position"
ORCID = SG + "orcid"
AFFILIATION = SG + "affiliation"
SOURCE_CLAIM = SG + "SourceClaim"
MEASURE = SG + "measure"
VALUE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#value"
UNIT = SG + "unit"
CAPTURED = SG + "captured"

GENRES: dict[str, Genre] = {
    FABIO + "JournalArticle": "article",
    FABIO + "ConferencePaper": "conference-paper",
    FABIO + "Preprint": "preprint",
    FABIO + "ReviewArticle": "review",
    FABIO + "Book": "book",
    FABIO + "BookChapter": "chapter",
    FABIO + "Thesis": "thesis",
    FABIO + "ReportDocument": "report",
}
# What begins an address that schema:sameAs gives, and the identifier behind it.
SCHEMES = {
    "https://doi.org/": ("doi", identity.doi),
    "https://arxiv.org/abs/": ("arxiv", identity.arxiv),
    "https://aclanthology.org/": ("acl", str),
    "https://pubmed.ncbi.nlm.nih.gov/": ("pmid", identity.pmid),
    "https://pmc.ncbi.nlm.nih.gov/articles/": ("pmcid", identity.pmcid),
    "https://openalex.org/": ("openalex", identity.openalex),
    "https://www.semanticscholar.org/paper/": ("s2", identity.s2),
    "https://dblp.org/rec/": ("dblp", identity.dblp),
}
_OWN_PROPERTIES = (
    (DOI, "doi", identity.doi),
    (ARXIV_ID, "arxiv", identity.arxiv),
    (ISBN, "isbn", identity.isbn),
)
_POSITION = re.compile(r"[1-9]\d{0,5}", re.ASCII)
_DECIMAL = re.compile(r"-?\d{1,30}(?:\.\d{1,30})?", re.ASCII)
_READ = frozenset(
    (
        TYPE, TITLE, ABSTRACT, ISSUED, IDENTIFIER, CATEGORY, PART_OF, DOI, ISBN, VENUE, VOLUME,
        ISSUE, PAGES, PUBLISHER, ARXIV_ID, SAME_AS, URL, CODE, CODE_FLAG, WITHDRAWN,
        AUTHORS_TRUNCATED, AFFILIATION_TAG, NAME_AS_GIVEN, POSITION, ORCID, AFFILIATION, MEASURE,
        VALUE, UNIT, CAPTURED,
    )
)  # fmt: skip
_MEASURES: tuple[Measure, ...] = get_args(Measure)

_STATEMENT = re.compile(r"(?:<[^<>\s]*>|_:\S+)\s+<[^<>\s]*>\s+(?:<|\"|_:)")
_TURTLE = re.compile(r"^\s*(?:@prefix\s|@base\s|prefix\s+[\w.-]*:\s*<|base\s+<)", re.IGNORECASE)
_ROWS = 10_000  # written at once
_MOST_BREAKS = 100

_Properties = dict[str, list[str]]


def matches(head: str) -> bool:
    """Whether *head* begins with a prefix, or with a statement in N-Triples."""
    line = next(
        (line for line in map(str.strip, head.split("\n")) if line[:1] not in ("", "#")), ""
    )
    return _TURTLE.match(line) is not None or _STATEMENT.match(line) is not None


def read(path: Path, captured: datetime.date) -> Iterator[Record]:
    """
    The profiles and papers of *path*, in the order of their IRIs.

    The facts wait in a temporary file on disk, so that they may come in any order and memory does
    not grow with them. Where the file is broken, the papers before and after the break are left
    out, since they may not be whole.
    """
    with closing(sqlite3.connect("", check_same_thread=False)) as facts:
        facts.execute(
            "CREATE TABLE fact (owner TEXT, node TEXT, predicate TEXT, value TEXT, "
            "PRIMARY KEY (owner, node, predicate, value)) WITHOUT ROWID"
        )
        doubtful: dict[str, int] = {}
        yield from _gather(path, facts, doubtful)
        none = True
        for owner, kind in facts.execute(
            "SELECT DISTINCT owner, value FROM fact WHERE node = owner AND predicate = ? "
            "AND value IN (?, ?) ORDER BY value = ?, owner",
            (TYPE, ARTICLE, PROFILE, ARTICLE),
        ):
            none = False
            if owner in doubtful:
                reason = f"<{owner}> stands beside this break and may not be whole; it was left out"
                yield Refusal(path, doubtful[owner] or None, reason)
                continue
            described = _described(facts, owner)
            notices: list[str] = []
            try:
                if kind == PROFILE:
                    yield _profile(owner, described)
                else:
                    yield _paper(owner, described, notices)
            except ValueError as error:
                yield Refusal(path, None, f"<{owner}>: {error}")
            for notice in notices:
                yield Refusal(path, None, f"<{owner}>: {notice}; the paper went in without it")
        if none:
            yield Refusal(
                path,
                None,
                "no schema:ScholarlyArticle in it; give what `scholargraph export` wrote",
            )


class _Stream(io.RawIOBase):
    """The bytes of a file for pyoxigraph; *fault* says why they end early, if they do."""

    def __init__(self, path: Path) -> None:
        self._blocks = opening.blocks(path)
        self._rest = b""
        self.fault = ""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        view = memoryview(buffer)
        if not self._rest and not self.fault:
            block = next(self._blocks, opening.Block(b""))
            self._rest, self.fault = block.content, block.fault
        given, self._rest = self._rest[: len(view)], self._rest[len(view) :]
        view[: len(given)] = given
        return len(given)


def _gather(path: Path, facts: sqlite3.Connection, doubtful: dict[str, int]) -> Iterator[Refusal]:
    """
    Writes to *facts* what is read of papers and profiles, and yields each break in the file.

    *doubtful* takes the owners of what stands right before and right after one, with its line.
    """
    stream = _Stream(path)
    quads = parse(io.BufferedReader(stream), format=_format(opening.head(path)))
    rows: list[tuple[str, str, str, str]] = []
    last, broken, breaks = "", 0, 0
    while breaks < _MOST_BREAKS:
        try:
            quad = next(quads, None)
        except SyntaxError as error:
            breaks += 1
            broken = error.lineno or 0
            doubtful.setdefault(last, broken)
            if not stream.fault:
                yield Refusal(path, error.lineno, f"{_reason(error)}; {_FETCH}")
            continue
        if quad is None:
            break
        if not isinstance(quad.subject, NamedNode):
            continue
        node = quad.subject.value
        last = node.partition("#")[0]
        breaks = 0
        if broken:
            doubtful.setdefault(last, broken)
            broken = 0
        row = _fact(last, node, quad)
        if row:
            rows.append(row)
        if len(rows) >= _ROWS:
            facts.executemany("INSERT OR IGNORE INTO fact VALUES (?, ?, ?, ?)", rows)
            rows.clear()
    facts.executemany("INSERT OR IGNORE INTO fact VALUES (?, ?, ?, ?)", rows)
    if stream.fault:
        doubtful.setdefault(last, 0)
        yield Refusal(path, None, stream.fault)
    elif breaks >= _MOST_BREAKS:
        reason = f"{breaks} breaks and no statement between them; the rest is left out"
        yield Refusal(path, broken, reason)


_FETCH = "correct it, or export the graph again"


def _format(head: str) -> RdfFormat:
    """N-Quads, which N-Triples are, or TriG, which Turtle is."""
    line = next(
        (line for line in map(str.strip, head.split("\n")) if line[:1] not in ("", "#")), ""
    )
    return RdfFormat.N_QUADS if _STATEMENT.match(line) else RdfFormat.TRIG


def _reason(error: SyntaxError) -> str:
    what = str(error.msg).rpartition(": ")[2]
    return f"column {error.offset}: {what}" if error.offset else what


def _fact(owner: str, node: str, quad: Quad) -> tuple[str, str, str, str] | None:
    if quad.predicate.value not in _READ or not isinstance(quad.graph_name, DefaultGraph):
        return None
    if not isinstance(quad.object, NamedNode | Literal):
        return None
    return owner, node, quad.predicate.value, quad.object.value


def _described(facts: sqlite3.Connection, owner: str) -> dict[str, _Properties]:
    """What is known of *owner* and of its parts, by their IRIs, in order."""
    nodes: dict[str, _Properties] = defaultdict(lambda: defaultdict(list))
    rows = facts.execute("SELECT node, predicate, value FROM fact WHERE owner = ?", (owner,))
    for node, predicate, value in rows:
        nodes[node][predicate].append(value)
    return nodes


def _parts(owner: str, nodes: dict[str, _Properties], kind: str) -> list[tuple[str, _Properties]]:
    return [
        (node, said)
        for node, said in nodes.items()
        if kind in said.get(TYPE, ()) and owner in said.get(PART_OF, ())
    ]


def _one(said: _Properties, predicate: str) -> str | None:
    found = said.get(predicate)
    return plain(found[0]) or None if found else None


def _profile(owner: str, nodes: dict[str, _Properties]) -> Profile:
    said = nodes[owner]
    name, captured = _one(said, NAME_AS_GIVEN), _one(said, CAPTURED)
    if name is None or captured is None:
        raise ValueError("the profile has no sg:nameAsGiven or no sg:captured")
    return Profile(name, iso_date(captured), _categories(said), _claims(owner, nodes))


def _paper(owner: str, nodes: dict[str, _Properties], notices: list[str]) -> Paper:
    said = nodes[owner]
    title, abstract = "".join(said.get(TITLE, ())[:1]), "".join(said.get(ABSTRACT, ())[:1])
    verbatim = not title and bool(abstract.strip())
    if verbatim:
        check_length(abstract, "abstract")
    else:
        title, abstract = title_text(title), optional_abstract(abstract)
    ids = _ids(said, notices)
    date = _date(said, notices)
    own = _one(said, IDENTIFIER) or identity.title_id(title or abstract, date and date[:4])
    if own not in (value for _, value in ids):
        ids = (*ids, ("source", own))
    return Paper(
        id=own,
        title=title,
        abstract=abstract,
        authors=_authors(owner, nodes, notices),
        truncated=_one(said, AUTHORS_TRUNCATED) == "true",
        date=date,
        venue=_one(said, VENUE),
        categories=_categories(said),
        ids=ids,
        urls=tuple(said.get(URL, ())),
        code=tuple(said.get(CODE, ())),
        code_flag=_one(said, CODE_FLAG) == "true",
        affiliations=tuple(filter(None, map(plain, said.get(AFFILIATION_TAG, ())))),
        claims=_claims(owner, nodes),
        verbatim=verbatim,
        genre=next((GENRES[kind] for kind in said[TYPE] if kind in GENRES), None),
        volume=_one(said, VOLUME),
        issue=_one(said, ISSUE),
        pages=_one(said, PAGES),
        publisher=_one(said, PUBLISHER),
        withdrawn=_one(said, WITHDRAWN) == "true",
    )


def _date(said: _Properties, notices: list[str]) -> str | None:
    date = _one(said, ISSUED)
    try:
        return iso_date(date) if date else None
    except ValueError as error:
        notices.append(f"dct:issued: {error}")
        return None


def _ids(said: _Properties, notices: list[str]) -> tuple[tuple[str, str], ...]:
    """Identifiers, those that have a property of their own first."""
    found: dict[tuple[str, str], None] = {}
    named = [
        (scheme, normal, value)
        for predicate, scheme, normal in _OWN_PROPERTIES
        for value in said.get(predicate, ())
    ]
    public = [
        (scheme, normal, unquote(address.removeprefix(prefix)))
        for address in said.get(SAME_AS, ())
        for prefix, (scheme, normal) in SCHEMES.items()
        if address.startswith(prefix)
    ]
    for scheme, normal, value in named + public:
        try:
            found[scheme, normal(value)] = None
        except ValueError as error:
            notices.append(str(error))
    return tuple(found)


def _categories(said: _Properties) -> tuple[str, ...]:
    codes = (iri.partition("/category/")[2] or iri for iri in said.get(CATEGORY, ()))
    return tuple(map(unquote, codes))


def _authors(owner: str, nodes: dict[str, _Properties], notices: list[str]) -> tuple[Author, ...]:
    """The authors in order; at the end those whose place 'et al.' hides."""
    found: list[tuple[float, str, Author]] = []
    for node, said in _parts(owner, nodes, AUTHORSHIP):
        name, place, orcid = (_one(said, of) for of in (NAME_AS_GIVEN, POSITION, ORCID))
        if name is None:
            notices.append(f"the authorship <{node}> has no sg:nameAsGiven")
            continue
        position = int(place) if place and _POSITION.fullmatch(place) else None
        try:
            known = identity.orcid(orcid) if orcid else None
        except ValueError as error:
            notices.append(str(error))
            known = None
        places = tuple(filter(None, map(plain, said.get(AFFILIATION, ()))))
        author = Author(name, position, known, places)
        found.append((position or float("inf"), node, author))
    return tuple(author for _, _, author in sorted(found, key=lambda entry: entry[:2]))


def _claims(owner: str, nodes: dict[str, _Properties]) -> tuple[SourceClaim, ...]:
    """The figures that sources state; of several for one measure the first."""
    found: dict[str, SourceClaim] = {}
    for _, said in _parts(owner, nodes, SOURCE_CLAIM):
        measure, value = _one(said, MEASURE), _one(said, VALUE)
        known = next((known for known in _MEASURES if known == measure), None)
        if known and value and _DECIMAL.fullmatch(value):
            claim = SourceClaim(known, Decimal(value))
            if _one(said, UNIT) == "percent":
                claim = replace(claim, unit="percent")
            found.setdefault(known, claim)
    return tuple(found.values())
