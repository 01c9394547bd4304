"""The graph as tables, for spreadsheets and data frames: one CSV file for each kind of thing."""

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from pyoxigraph import NamedNode

from . import vocab as v
from .articles import result, result_parts
from .catalogue import ending
from .entities import TYPES, value_of
from .questions import Row, rows
from .store import Snapshot

Cells = tuple[object, ...]

# Spreadsheets run a cell that begins so as a formula (CWE-1236).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

# Rows written at once.
_ROWS = 500

# What there may be several of stands in one cell.
BETWEEN = "; "


class Table(NamedTuple):
    """A table: the names of its *columns*, and what finds its *rows* in a snapshot."""

    columns: tuple[str, ...]
    rows: Callable[[Snapshot], Iterator[Cells]]


def written(columns: Iterable[str], found: Iterable[Cells]) -> Iterator[bytes]:
    """RFC 4180: a header, CRLF, quotes where they are needed; UTF-8."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(columns)
    for number, cells in enumerate(found, start=1):
        writer.writerow(cells)
        if number % _ROWS == 0:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def guarded(text: str) -> str:
    """
    *text* that no spreadsheet takes for a formula: an apostrophe before what could be one.

    Titles and names come from anywhere; IRIs, which identify the rows, are never changed.

    >>> guarded("=HYPERLINK(1)"), guarded("BERT")
    ("'=HYPERLINK(1)", 'BERT')
    """
    return f"'{text}" if text.startswith(_FORMULA) else text


def articles(snapshot: Snapshot) -> list[NamedNode]:
    """Every paper, in the order of the IRIs."""
    found = snapshot.select(f"SELECT ?paper WHERE {{ ?paper {v.TYPE} {v.ARTICLE} }}")
    return [NamedNode(iri) for iri in sorted(value_of(row["paper"]) for row in found)]


def _of_papers(name: str) -> Callable[[Snapshot], Iterator[Row]]:
    def found(snapshot: Snapshot) -> Iterator[Row]:
        for paper in articles(snapshot):
            yield from rows(snapshot, name, paper=paper)

    return found


def _papers(snapshot: Snapshot) -> Iterator[Cells]:
    """Newest first."""
    single = {
        name: _values(snapshot, f"?paper {predicate} ?value")
        for name, predicate in (
            ("title", v.TITLE),
            ("date", v.ISSUED),
            ("venue", v.VENUE),
            ("doi", v.DOI),
            ("arxiv", v.ARXIV_ID),
            ("code", v.CODE),
        )
    }
    categories = _values(snapshot, f"?paper {v.CATEGORY} ?category BIND(STR(?category) AS ?value)")
    named = [
        _values(snapshot, f"?paper {predicate} ?concept . ?concept {v.LABEL} ?value")
        for predicate in v.USES.values()
    ]
    authors = _bylines(snapshot)
    found = [iri.value for iri in articles(snapshot)]
    for paper in sorted(found, key=lambda iri: single["date"].get(iri, [""])[0], reverse=True):
        texts = {name: BETWEEN.join(values.get(paper, ())) for name, values in single.items()}
        yield (
            paper,
            guarded(texts["title"]),
            texts["date"],
            guarded(texts["venue"]),
            guarded(texts["doi"]),
            guarded(texts["arxiv"]),
            guarded(BETWEEN.join(authors.get(paper, ()))),
            BETWEEN.join(iri.rpartition("/")[2] for iri in categories.get(paper, ())),
            guarded(texts["code"]),
            *(guarded(BETWEEN.join(labels.get(paper, ()))) for labels in named),
        )


def _values(snapshot: Snapshot, pattern: str) -> dict[str, list[str]]:
    selected = snapshot.select(f"SELECT ?paper ?value WHERE {{ {pattern} }}")
    found: dict[str, list[str]] = defaultdict(list)
    pairs = {(value_of(row["paper"]), value_of(row["value"])) for row in selected}
    for paper, value in sorted(pairs):
        found[paper].append(value)
    return found


def _bylines(snapshot: Snapshot) -> dict[str, list[str]]:
    selected = snapshot.select(
        f"SELECT ?paper ?name ?position WHERE {{ ?authorship {v.TYPE} {v.AUTHORSHIP} ; "
        f"{v.PART_OF} ?paper ; {v.NAME_AS_GIVEN} ?name "
        f"OPTIONAL {{ ?authorship {v.POSITION} ?position }} }}"
    )
    # Whom 'et al.' hides comes last.
    places = sorted(
        (value_of(row["paper"]), int(value_of(row["position"]) or 10**9), value_of(row["name"]))
        for row in selected
    )
    found: dict[str, list[str]] = defaultdict(list)
    for paper, _, name in places:
        found[paper].append(name)
    return found


def _authors(snapshot: Snapshot) -> Iterator[Cells]:
    others = _other_names(snapshot)
    for row in rows(snapshot, "table_authors"):
        author = row.text("author")
        yield (
            author,
            guarded(row.text("name")),
            guarded(BETWEEN.join(others.get(author, ()))),
            BETWEEN.join(sorted(row.text("identifiers").split())),
            row.integer("papers"),
            row.text("first")[:4],
            row.text("last")[:4],
        )


def _terms(snapshot: Snapshot) -> Iterator[Cells]:
    others = _other_names(snapshot)
    kinds = {
        value_of(quad.subject): TYPES[kind]
        for kind in v.CONCEPT_CLASSES.values()
        for quad in snapshot.quads(None, v.TYPE, kind)
    }
    for row in rows(snapshot, "table_terms"):
        concept = row.text("concept")
        yield (
            concept,
            kinds[concept],
            guarded(row.text("label")),
            guarded(BETWEEN.join(others.get(concept, ()))),
            row.text("broader"),
            row.integer("papers"),
        )


def _other_names(snapshot: Snapshot) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows(snapshot, "table_other_names"):
        found[row.text("thing")].append(row.text("name"))
    return found


def _mentions(snapshot: Snapshot) -> Iterator[Cells]:
    for row in _of_papers("table_mentions")(snapshot):
        yield (
            row.text("paper"),
            row.text("mention"),
            row.text("concept"),
            guarded(row.text("label")),
            guarded(row.text("exact")),
            row.text("field"),
            row.integer("start"),
            row.integer("end"),
            row.text("confidence"),
            guarded(row.text("sentence")),
        )


def _relations(snapshot: Snapshot) -> Iterator[Cells]:
    for row in _of_papers("paper_relations")(snapshot):
        yield (
            row.text("paper"),
            row.text("relation"),
            row.text("subject"),
            guarded(row.text("subjectLabel")),
            ending(row.text("predicate")),
            row.text("object"),
            guarded(row.text("objectLabel")),
            row.text("confidence"),
            guarded(row.text("sentence")),
        )


def _results(snapshot: Snapshot) -> Iterator[Cells]:
    for paper in articles(snapshot):
        found = rows(snapshot, "paper_results", paper=paper)
        parts = result_parts(rows(snapshot, "paper_result_parts", paper=paper)) if found else {}
        for row in found:
            claim = result(row, parts)
            named = (claim.parts[part].name if part in claim.parts else "" for part in PARTS)
            yield (
                paper.value,
                claim.iri,
                claim.value,
                claim.unit or "",
                claim.change,
                *map(guarded, named),
                row.text("confidence"),
                guarded(claim.sentence),
            )


PARTS = tuple(v.RESULT_PARTS)
TABLES: dict[str, Table] = {
    "papers": Table(
        (
            *("paper", "title", "date", "venue", "doi", "arxiv", "authors", "categories", "code"),
            *("methods", "datasets", "tasks", "metrics"),
        ),
        _papers,
    ),
    "authors": Table(
        ("author", "name", "other_names", "identifiers", "papers", "first", "last"), _authors
    ),
    "terms": Table(("concept", "kind", "label", "other_names", "broader", "papers"), _terms),
    "mentions": Table(
        (
            *("paper", "mention", "concept", "label", "exact", "field", "start", "end"),
            *("confidence", "sentence"),
        ),
        _mentions,
    ),
    "relations": Table(
        (
            *("paper", "relation", "subject", "subject_label", "predicate"),
            *("object", "object_label", "confidence", "sentence"),
        ),
        _relations,
    ),
    "results": Table(
        ("paper", "result", "value", "unit", "change", *PARTS, "confidence", "sentence"), _results
    ),
}


def table(snapshot: Snapshot, name: str) -> Iterator[bytes]:
    """The table *name* of `TABLES` as CSV."""
    chosen = TABLES[name]
    return written(chosen.columns, chosen.rows(snapshot))
