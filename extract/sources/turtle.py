"""
Our own graph back: Turtle, TriG, N-Triples and N-Quads as `scholargraph export` writes them.

What the graph read out of a paper's text is left out, since it will be read again; what a source
said of it is all taken.
"""

import codecs
import datetime
import re
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import get_args
from urllib.parse import unquote

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, RdfFormat, parse

from ..dates import iso_date
from ..papers import Author, Measure, Paper, Profile, Record, Reference, Refusal, SourceClaim
from . import identity, opening
from . import turtle_terms as t
from .fields import LONGEST_ABSTRACT, LONGEST_TITLE, check_length

_OWN_PROPERTIES: tuple[tuple[str, str, Callable[[str], str]], ...] = (
    (t.DOI, "doi", identity.doi),
    (t.ARXIV_ID, "arxiv", identity.arxiv),
    (t.ISBN, "isbn", identity.isbn),
)
_POSITION = re.compile(r"[1-9]\d{0,5}", re.ASCII)
_DECIMAL = re.compile(r"-?\d{1,30}(?:\.\d{1,30})?", re.ASCII)
_MEASURES: tuple[Measure, ...] = get_args(Measure)

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_STATEMENT = re.compile(r"(?:<[^<>\s]*>|_:\S+)\s+<[^<>\s]*>\s+(?:<|\"|_:)")
_TURTLE = re.compile(r"^\s*(?:@prefix\s|@base\s|prefix\s+[\w.-]*:\s*<|base\s+<)", re.IGNORECASE)
_SUBJECT = re.compile(rb"\s*<([^<>\s]*)>")
_DECLARATION = re.compile(rb"\s*(?:@prefix|@base|prefix|base)\s", re.IGNORECASE)
_GRAPH = re.compile(rb"(?:<[^<>\s]*>|[\w.-]*:[\w.-]*)\s*\{\s*$")
_BATCH = 256 * 2**10  # bytes parsed at once
_LARGEST_PIECE = 16 * 2**20  # bytes; the longest paper of the ACL Anthology takes 40 KB
_MOST_BREAKS = 100

_Properties = dict[str, list[str]]


def matches(head: str) -> bool:
    """Whether *head* begins with a prefix, or with a statement in N-Triples."""
    return _TURTLE.match(_first_line(head)) is not None or _is_by_line(head)


def read(path: Path, captured: datetime.date) -> Iterator[Record]:
    """
    The profiles and papers of *path*, in the order of their IRIs.

    The facts wait in a temporary file on disk, so that they may come in any order and memory does
    not grow with them. A paper that a break in the file may have cost something is left out.
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
            (t.TYPE, t.ARTICLE, t.PROFILE, t.ARTICLE),
        ):
            none = False
            if owner in doubtful:
                reason = f"<{owner}> stands beside this break and may not be whole; it was left out"
                yield Refusal(path, doubtful[owner] or None, reason)
                continue
            described = _described(facts, owner)
            notices: list[str] = []
            try:
                if kind == t.PROFILE:
                    yield _profile(owner, described)
                else:
                    paper = _paper(owner, described, notices)
                    cited = described[owner].get(t.CITES, ())
                    yield replace(paper, references=tuple(_references(facts, cited)))
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


@dataclass(frozen=True, slots=True)
class _Piece:
    """Whole statements, from the 1-based *line* on, and what is declared before; or a *fault*."""

    line: int
    declared: bytes
    content: bytes
    fault: str = ""


def _gather(path: Path, facts: sqlite3.Connection, doubtful: dict[str, int]) -> Iterator[Refusal]:
    """
    Writes to *facts* what is read of papers and profiles, and yields each break in the file.

    *doubtful* takes the papers and profiles that a break may have cost something, with its line.
    """
    format = RdfFormat.N_QUADS if _is_by_line(opening.head(path)) else RdfFormat.TURTLE
    last, breaks = "", 0
    for batch in _batches(path):
        rows: list[tuple[str, str, str, str]] = []
        for piece, quads, fault, line in _parsed(batch, format):
            if fault:
                breaks += 1
                subject = _SUBJECT.match(piece.content)
                owner = subject[1].decode(errors="replace").partition("#")[0] if subject else last
                doubtful.setdefault(owner, line)
                yield Refusal(path, line, fault)
            for quad in quads:
                breaks = 0
                if isinstance(quad.subject, NamedNode):
                    node = quad.subject.value
                    last = node.partition("#")[0]
                    rows += _facts(last, node, quad)
            if breaks >= _MOST_BREAKS:
                many = f"{breaks} breaks and no statement between them; the rest is left out"
                yield Refusal(path, line, many)
                break
        facts.executemany("INSERT OR IGNORE INTO fact VALUES (?, ?, ?, ?)", rows)
        if breaks >= _MOST_BREAKS:
            return


def _parsed(
    batch: list[_Piece], format: RdfFormat
) -> Iterator[tuple[_Piece, list[Quad], str, int]]:
    """
    The statements of pieces, of all at once where nothing is wrong, else of one after the other,
    each with what is wrong in it, and on which line.
    """
    first = batch[0]
    try:
        content = b"\n".join((first.declared, *(piece.content for piece in batch)))
        yield first, list(parse(content, format)), first.fault, first.line
        return
    except SyntaxError:
        pass
    for piece in batch:
        try:
            yield piece, list(parse(piece.declared + b"\n" + piece.content, format)), "", piece.line
        except SyntaxError as error:
            line = piece.line + max((error.lineno or 2) - 2, 0)
            column = f"column {error.offset}: " if error.offset else ""
            what = str(error.msg).rpartition(": ")[2]
            fault = f"{column}{what}; correct it, or export the graph again"
            yield piece, [], fault, line


def _batches(path: Path) -> Iterator[list[_Piece]]:
    """Pieces that can be read at once: with the same declarations, and without faults."""
    batch: list[_Piece] = []
    size = 0
    for piece in _pieces(path):
        if batch and (size > _BATCH or piece.fault or piece.declared is not batch[0].declared):
            yield batch
            batch, size = [], 0
        batch.append(piece)
        size += len(piece.content)
        if piece.fault:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _pieces(path: Path) -> Iterator[_Piece]:
    """
    Of N-Triples and N-Quads a line each; of Turtle what stands between blank lines, as our writer
    sets one subject apart from the next. Named graphs are left out.
    """
    by_line = _is_by_line(opening.head(path))
    declared, held = b"", list[bytes]()
    start, size, in_graph = 1, 0, False
    for line in opening.lines(path):
        if line.content is None:
            yield _Piece(line.number, declared, b"", line.fault)
            continue
        content = line.content.removeprefix(codecs.BOM_UTF8) if line.number == 1 else line.content
        blank = not content.strip()
        if by_line:
            yield _Piece(line.number, declared, content)
        elif in_graph:
            in_graph = content.strip() != b"}"
        elif _DECLARATION.match(content):
            declared += content + b" "
        elif _GRAPH.match(content):
            in_graph = True
        elif not blank:
            start = line.number if not held else start
            held.append(content)
            size += len(content)
        if held and (blank or size > _LARGEST_PIECE):
            yield _Piece(start, declared, b"\n".join(held))
            held, size = [], 0
    if held:
        yield _Piece(start, declared, b"\n".join(held))


def _is_by_line(head: str) -> bool:
    return _STATEMENT.match(_first_line(head)) is not None


def _first_line(head: str) -> str:
    """The first line that says something."""
    return next(
        (line for line in map(str.strip, head.split("\n")) if line[:1] not in ("", "#")), ""
    )


def _facts(owner: str, node: str, quad: Quad) -> Iterator[tuple[str, str, str, str]]:
    if quad.predicate.value in t.PROPERTIES and isinstance(quad.graph_name, DefaultGraph):
        if isinstance(quad.object, NamedNode | Literal):
            yield owner, node, quad.predicate.value, quad.object.value


def _described(facts: sqlite3.Connection, owner: str) -> dict[str, _Properties]:
    """What is known of *owner* and of its parts, by their IRIs, in order."""
    nodes: dict[str, _Properties] = defaultdict(lambda: defaultdict(list))
    rows = facts.execute("SELECT node, predicate, value FROM fact WHERE owner = ?", (owner,))
    for node, predicate, value in rows:
        nodes[node][predicate].append(value)
    return nodes


def _references(facts: sqlite3.Connection, cited: Iterable[str]) -> Iterator[Reference]:
    """What the graph says of the papers and works that a paper cites."""
    for iri in cited:
        said = _described(facts, iri)[iri]
        ids, title = _ids(said, []), _one(said, t.TITLE)
        date = _date(said, [])
        if ids or title:
            yield Reference(ids, title, date[:4] if date else None)


def _parts(owner: str, nodes: dict[str, _Properties], kind: str) -> list[tuple[str, _Properties]]:
    return [
        (node, said)
        for node, said in nodes.items()
        if kind in said.get(t.TYPE, ()) and owner in said.get(t.PART_OF, ())
    ]


def _one(said: _Properties, predicate: str) -> str | None:
    return next(iter(_every(said, predicate)), None)


def _every(said: _Properties, predicate: str) -> tuple[str, ...]:
    """The values, each on one line; otherwise as they are, for the graph holds plain text."""
    found = (" ".join(_UNPRINTABLE.sub(" ", text).split()) for text in said.get(predicate, ()))
    return tuple(filter(None, found))


def _text(said: _Properties, predicate: str, name: str, longest: int = LONGEST_ABSTRACT) -> str:
    """
    A title or an abstract to the letter, since someone else's offsets may point into it.

    Raises: ValueError for one that cannot be stored.
    """
    text = next(iter(said.get(predicate, ())), "")
    check_length(text, name, longest)
    if unprintable := _UNPRINTABLE.search(text):
        raise ValueError(f'"{name}" has U+{ord(unprintable[0]):04X} in it; remove it')
    return text if text.strip() else ""


def _profile(owner: str, nodes: dict[str, _Properties]) -> Profile:
    said = nodes[owner]
    name, captured = _one(said, t.NAME_AS_GIVEN), _one(said, t.CAPTURED)
    if name is None or captured is None:
        raise ValueError("the profile has no sg:nameAsGiven or no sg:captured")
    return Profile(name, iso_date(captured), _categories(said), _claims(owner, nodes))


def _paper(owner: str, nodes: dict[str, _Properties], notices: list[str]) -> Paper:
    said = nodes[owner]
    title, abstract = (
        _text(said, t.TITLE, "title", LONGEST_TITLE),
        _text(said, t.ABSTRACT, "abstract"),
    )
    if not title and not abstract:
        raise ValueError("the paper has neither a dct:title nor a dct:abstract; export it again")
    ids = _ids(said, notices)
    date = _date(said, notices)
    own = _one(said, t.IDENTIFIER) or identity.title_id(title or abstract, date and date[:4])
    if own not in (value for _, value in ids):
        ids = (*ids, ("source", own))
    return Paper(
        id=own,
        title=title,
        abstract=abstract,
        authors=_authors(owner, nodes, notices),
        truncated=_one(said, t.AUTHORS_TRUNCATED) == "true",
        date=date,
        venue=_one(said, t.VENUE),
        categories=_categories(said),
        ids=ids,
        urls=_every(said, t.URL),
        code=_every(said, t.CODE),
        code_flag=_one(said, t.CODE_FLAG) == "true",
        affiliations=_every(said, t.AFFILIATION_TAG),
        claims=_claims(owner, nodes),
        verbatim=not title,
        genre=next((t.GENRES[kind] for kind in said[t.TYPE] if kind in t.GENRES), None),
        volume=_one(said, t.VOLUME),
        issue=_one(said, t.ISSUE),
        pages=_one(said, t.PAGES),
        publisher=_one(said, t.PUBLISHER),
        withdrawn=_one(said, t.WITHDRAWN) == "true",
    )


def _date(said: _Properties, notices: list[str]) -> str | None:
    date = _one(said, t.ISSUED)
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
        for address in said.get(t.SAME_AS, ())
        for prefix, (scheme, normal) in t.SCHEMES.items()
        if address.startswith(prefix)
    ]
    for scheme, normal, value in named + public:
        try:
            found[scheme, normal(value)] = None
        except ValueError as error:
            notices.append(str(error))
    return tuple(found)


def _categories(said: _Properties) -> tuple[str, ...]:
    codes = (iri.partition("/category/")[2] or iri for iri in said.get(t.CATEGORY, ()))
    return _every({t.CATEGORY: [unquote(code) for code in codes]}, t.CATEGORY)


def _authors(owner: str, nodes: dict[str, _Properties], notices: list[str]) -> tuple[Author, ...]:
    """The authors in order; at the end those whose place 'et al.' hides."""
    found: list[tuple[float, str, Author]] = []
    for node, said in _parts(owner, nodes, t.AUTHORSHIP):
        name, place, orcid = (_one(said, of) for of in (t.NAME_AS_GIVEN, t.POSITION, t.ORCID))
        if name is None:
            notices.append(f"the authorship <{node}> has no sg:nameAsGiven")
            continue
        position = int(place) if place and _POSITION.fullmatch(place) else None
        try:
            known = identity.orcid(orcid) if orcid else None
        except ValueError as error:
            notices.append(str(error))
            known = None
        author = Author(name, position, known, _every(said, t.AFFILIATION))
        found.append((position or float("inf"), node, author))
    return tuple(author for _, _, author in sorted(found, key=lambda entry: entry[:2]))


def _claims(owner: str, nodes: dict[str, _Properties]) -> tuple[SourceClaim, ...]:
    """The figures that sources state; of several for one measure the first."""
    found: dict[str, SourceClaim] = {}
    for _, said in _parts(owner, nodes, t.SOURCE_CLAIM):
        measure, value = _one(said, t.MEASURE), _one(said, t.VALUE)
        known = next((known for known in _MEASURES if known == measure), None)
        if known and value and _DECIMAL.fullmatch(value):
            claim = SourceClaim(known, Decimal(value))
            if _one(said, t.UNIT) == "percent":
                claim = replace(claim, unit="percent")
            found.setdefault(known, claim)
    return tuple(found.values())
