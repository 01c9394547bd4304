"""
Records: what one source says of a paper, in the graph and out of it.

A paper that one record speaks of *is* that record: its own statements say all of it. Where several
speak of it, its statements are the merged view (see `scholargraph.graph.merging`), and each record
stands beside the facts as its source stated it, in the named graph of records: a sg:SourceRecord,
part of the paper, in the same terms. Several files that state the very same are one record.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import cast

from pyoxigraph import Literal, NamedNode, Quad

from scholargraph.extract.papers import Author, Genre, Measure, Paper, SourceClaim

from . import vocab as v
from .build import claim_lines, decimal_literal, statement_lines
from .entities import value_of
from .identifiers import canonical, identifiers
from .iris import Iris, part
from .ntriples import quads_in
from .parts import FACTS, Readable
from .snapshots import Term

_GENRES = {kind: name for name, kind in v.GENRES.items()}


@dataclass(frozen=True, slots=True, order=True)
class Origin:
    """
    Where a record stands: the *file* and *format* of its source, and its own *id* there.

    A file that is edited and imported again is another source by its IRI, and the same origin.
    """

    file: str
    format: str
    id: str


@dataclass(frozen=True, slots=True)
class Record:
    """
    What sources say of a paper; *paper* is in `normal` form and without its references.

    *sources* are the IRIs of the files that say so, and *captured* the day on which those that
    carry claims were taken. *references* are nodes of `scholargraph.graph.citations`.
    *hash* tells a later import whether it has to read the record again.
    """

    paper: Paper
    sources: tuple[NamedNode, ...]
    captured: str | None
    hash: str
    references: frozenset[NamedNode] = frozenset()

    @property
    def content(self) -> tuple[Paper, str | None, frozenset[NamedNode]]:
        """What makes two records the same."""
        return self.paper, self.captured, self.references

    @property
    def name(self) -> str:
        """What tells it from the other records of its paper: sixteen digits of its content."""
        text = repr((self.paper, self.captured, sorted(node.value for node in self.references)))
        return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:16]


@dataclass(slots=True)
class Held:
    """
    A paper as the graph has it: all quads that are its own but citations, and its records.

    *evidence* are those of *facts* that were read out of its text. *text* is the record whose
    title and abstract that was.
    """

    iri: NamedNode
    facts: list[Quad]
    evidence: list[Quad]
    beside: list[Quad]
    records: list[Record]
    title: str
    abstract: str
    sources: frozenset[NamedNode] = field(default=frozenset())


def normal(paper: Paper) -> Paper:
    """
    *paper* as the graph gives it back: sets in order, identifiers with public addresses only.

    The DOI that arXiv gives is dropped where there is another, and always brings the arXiv
    identifier that it holds.
    """
    ids = {pair for pair in paper.ids if pair[0] != "source"}
    ids = {(scheme, value.lower() if scheme == "doi" else value) for scheme, value in ids}
    own = {pair for pair in ids if pair[0] == "doi" and canonical(*pair) == pair}
    ids |= {canonical(*pair) for pair in ids}
    if own:
        ids = {pair for pair in ids if pair[0] != "doi" or pair in own}
    seen: dict[object, Author] = {}
    for author in paper.authors:
        seen.setdefault(author.position or author.name, author)
    return replace(
        paper,
        authors=tuple(
            replace(author, affiliations=tuple(sorted(set(author.affiliations))))
            for author in sorted(seen.values(), key=lambda a: (a.position or 10**9, a.name))
        ),
        categories=tuple(sorted(set(paper.categories))),
        ids=tuple(sorted(ids)),
        urls=tuple(sorted(set(paper.urls))),
        code=tuple(sorted(set(paper.code))),
        affiliations=tuple(sorted(set(paper.affiliations))),
        claims=tuple(
            sorted(
                {
                    replace(claim, value=Decimal(decimal_literal(claim.value).value))
                    for claim in paper.claims
                },
                key=lambda claim: (claim.measure, claim.value),
            )
        ),
        references=(),
    )


def whole_hash(hashes: Iterable[str]) -> str:
    """The hash of a paper whose records have *hashes*: that of the only one, or one of them all."""
    one, *others = sorted(hashes)
    if not others:
        return one
    return hashlib.sha256("".join([one, *others]).encode()).hexdigest()[:32]


def record_node(paper: NamedNode, record: Record) -> NamedNode:
    return part(paper, "record", record.name)


def record_quads(record: Record, paper: NamedNode, iris: Iris) -> Iterator[Quad]:
    """*record* as its sources state it, beside the facts."""
    graph, node = iris.records_graph(), record_node(paper, record)
    yield Quad(node, v.TYPE, v.SOURCE_RECORD, graph)
    yield Quad(node, v.PART_OF, paper, graph)
    yield Quad(node, v.RECORD_HASH, Literal(record.hash), graph)
    for source in record.sources:
        yield Quad(node, v.SOURCE, source, graph)
    for reference in record.references:
        yield Quad(node, v.REFERENCE, reference, graph)
    stated = list(statement_lines(record.paper, node, iris))
    for claim in record.paper.claims:
        stated += claim_lines(claim, node, paper, record.sources[0], record.captured)
    for quad in quads_in(stated):
        yield Quad(quad.subject, quad.predicate, quad.object, graph)


def held(graph: Readable, paper: NamedNode, iris: Iris) -> Held | None:
    """The paper as *graph* has it; None where there is none."""
    own = graph.quads(paper, None, None, FACTS)
    if not any(quad.predicate == v.TYPE and quad.object == v.ARTICLE for quad in own):
        return None
    for node in _parts(graph, paper, FACTS):
        own += graph.quads(node, None, None, FACTS)
    facts = [quad for quad in own if quad.predicate != v.CITES]
    about = _by_subject(facts)
    nodes = _parts(graph, paper, iris.records_graph())
    beside = [
        quad
        for node in nodes
        for owner in (node, *_parts(graph, node, iris.records_graph()))
        for quad in graph.quads(owner, None, None, iris.records_graph())
    ]
    if nodes:
        stated = _by_subject(beside)
        records = [_record(stated, node, iris) for node in nodes]
    else:
        references = graph.quads(paper, v.REFERENCE, None, iris.references_graph())
        record = _record(about, paper, iris)
        cited = frozenset(q.object for q in references if isinstance(q.object, NamedNode))
        records = [replace(record, references=cited)]
    evidence = [quad for quad in facts if _is_evidence(quad, paper, about)]
    said = about[paper]
    return Held(
        iri=paper,
        facts=facts,
        evidence=evidence,
        beside=beside,
        records=records,
        title=_text(said, v.TITLE) or "",
        abstract=_text(said, v.ABSTRACT) or "",
    )


_Said = dict[NamedNode, list[Term]]


def _parts(graph: Readable, owner: NamedNode, place: object) -> list[NamedNode]:
    quads = graph.quads(None, v.PART_OF, owner, place)  # type: ignore[arg-type]
    return sorted(
        (quad.subject for quad in quads if isinstance(quad.subject, NamedNode)), key=value_of
    )


def _by_subject(quads: Iterable[Quad]) -> dict[object, _Said]:
    about: dict[object, _Said] = {}
    for quad in quads:
        about.setdefault(quad.subject, {}).setdefault(quad.predicate, []).append(quad.object)
    return about


_EVIDENCE = {v.SENTENCE, v.MENTION, v.RELATION, v.RESULT_CLAIM}
_READ_FROM_TEXT = {v.INTRODUCES, *v.USES.values()}


def _is_evidence(quad: Quad, paper: NamedNode, about: dict[object, _Said]) -> bool:
    if quad.subject == paper:
        return quad.predicate in _READ_FROM_TEXT
    return not _EVIDENCE.isdisjoint(about[quad.subject].get(v.TYPE, ()))


def _record(about: dict[object, _Said], node: NamedNode, iris: Iris) -> Record:
    """The record that *node*, a paper or a record, states."""
    said = about[node]
    authors, claims, captured = [], [], None
    for values in about.values():
        if node not in values.get(v.PART_OF, ()):
            continue
        types = values.get(v.TYPE, ())
        if v.AUTHORSHIP in types:
            authors.append(_author(values))
        elif v.SOURCE_CLAIM in types:
            claims.append(_claim(values))
            captured = _text(values, v.CAPTURED) or captured
    references = frozenset(n for n in said.get(v.REFERENCE, ()) if isinstance(n, NamedNode))
    paper = Paper(
        id=_text(said, v.IDENTIFIER) or "",
        title=_text(said, v.TITLE) or "",
        abstract=_text(said, v.ABSTRACT) or "",
        authors=tuple(authors),
        truncated=_flag(said, v.AUTHORS_TRUNCATED),
        date=_text(said, v.ISSUED),
        venue=_text(said, v.VENUE),
        categories=tuple(iris.key(value_of(code)) for code in said.get(v.CATEGORY, ())),
        ids=tuple(_ids(said)),
        urls=_texts(said, v.URL),
        code=_texts(said, v.CODE),
        code_flag=_flag(said, v.CODE_FLAG),
        affiliations=_texts(said, v.AFFILIATION_TAG),
        claims=tuple(claims),
        genre=next(
            (
                cast(Genre, _GENRES[kind])
                for kind in said.get(v.TYPE, ())
                if isinstance(kind, NamedNode) and kind in _GENRES
            ),
            None,
        ),
        volume=_text(said, v.VOLUME),
        issue=_text(said, v.ISSUE),
        pages=_text(said, v.PAGES),
        publisher=_text(said, v.PUBLISHER),
        withdrawn=_flag(said, v.WITHDRAWN),
    )
    sources = (source for source in said.get(v.SOURCE, ()) if isinstance(source, NamedNode))
    return Record(
        paper=normal(paper),
        sources=tuple(sorted(sources, key=value_of)),
        captured=captured,
        hash=_text(said, v.RECORD_HASH) or "",
        references=references,
    )


def _ids(said: _Said) -> Iterator[tuple[str, str]]:
    yield from identifiers(_texts(said, v.SAME_AS))
    for scheme, predicate in (("doi", v.DOI), ("arxiv", v.ARXIV_ID), ("isbn", v.ISBN)):
        for value in _texts(said, predicate):
            yield scheme, value


def _author(values: _Said) -> Author:
    position = _text(values, v.POSITION)
    return Author(
        name=_text(values, v.NAME_AS_GIVEN) or "",
        position=int(position) if position else None,
        orcid=_text(values, v.ORCID),
        affiliations=_texts(values, v.AFFILIATION),
    )


def _claim(values: _Said) -> SourceClaim:
    return SourceClaim(
        measure=cast(Measure, _text(values, v.MEASURE)),
        value=Decimal(_text(values, v.VALUE) or 0),
        unit="percent" if _text(values, v.UNIT) else None,
    )


def _texts(said: _Said, predicate: NamedNode) -> tuple[str, ...]:
    return tuple(sorted(value_of(value) for value in said.get(predicate, ())))


def _text(said: _Said, predicate: NamedNode) -> str | None:
    return next(iter(_texts(said, predicate)), None)


def _flag(said: _Said, predicate: NamedNode) -> bool:
    return "true" in _texts(said, predicate)
