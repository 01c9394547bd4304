"""The graph, its networks and its papers as files for other programs."""

import csv
import io
import json
import os
import re
import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal, get_args

import networkx as nx

from scholargraph import ScholarGraphError

from . import vocab as v
from .entities import NodeKind, value_of
from .incidence import Incidence
from .network import coauthors, concepts
from .serialize import FORMATS, serialize
from .store import Snapshot

What = Literal["graph", "coauthors", "concepts", "papers"]

WHAT: tuple[What, ...] = get_args(What)
NETWORK_FORMATS = ("graphml", "gexf", "json", "csv")
FORMATS_OF: Mapping[What, tuple[str, ...]] = {
    "graph": tuple(FORMATS),
    "coauthors": NETWORK_FORMATS,
    "concepts": NETWORK_FORMATS,
    "papers": ("csv",),
}
MEDIA_TYPES = {
    "graphml": "application/graphml+xml",
    "gexf": "application/gexf+xml",
    "json": "application/json",
    "csv": "text/csv; charset=utf-8; header=present",
    **{suffix: format.media_type for suffix, format in FORMATS.items()},
}

# What XML 1.0 cannot hold in any spelling.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# Spreadsheets run a cell that begins so as a formula (CWE-1236).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

# Rows written at once.
_ROWS = 500


class ExportError(ScholarGraphError):
    """What cannot be exported so, or to there."""


def export(
    snapshot: Snapshot, path: Path, format: str | None = None, what: str | None = None
) -> tuple[What, str]:
    """
    Writes *path*, all or nothing: what was written, and in which format.

    *format* defaults to the suffix of *path*. *what* defaults to its stem where that names
    something (``coauthors.graphml``), else to what the format is for: RDF for the whole graph.

    Raises:
        ExportError: A format or a path that will not do.
    """
    chosen, suffix = choice(path, format, what)
    try:
        descriptor, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise ExportError(f"{path}: cannot be written: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            for chunk in chunks(snapshot, chosen, suffix):
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp's file is for its owner only; an export is as public as the umask says.
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(draft, 0o666 & ~mask)
        os.replace(draft, path)
    except OSError as error:
        raise ExportError(f"{path}: cannot be written: {error.strerror}") from error
    finally:
        Path(draft).unlink(missing_ok=True)
    return chosen, suffix


def choice(path: Path, format: str | None = None, what: str | None = None) -> tuple[What, str]:
    """
    What `export` would write to *path*, and in which format.

    >>> choice(Path("out/coauthors.gexf"))
    ('coauthors', 'gexf')
    >>> choice(Path("mine.ttl"))
    ('graph', 'ttl')

    Raises:
        ExportError: A format that is none, or none of what is asked for.
    """
    suffix = (format or path.suffix).lower().lstrip(".")
    if suffix not in MEDIA_TYPES:
        named = f"{suffix!r} is no format" if suffix else f"{path}: no suffix says the format"
        raise ExportError(f"{named}; choose from {', '.join(MEDIA_TYPES)} with --format")
    if what is None:
        offers = [name for name in WHAT if suffix in FORMATS_OF[name]]
        stem = path.stem.lower()
        if stem not in offers and len(offers) > 1:
            raise ExportError(f"{path}: say with --what which: {', '.join(offers)}")
        what = stem if stem in offers else offers[0]
    if what not in WHAT:
        raise ExportError(f"{what!r} cannot be exported; choose from {', '.join(WHAT)} with --what")
    if suffix not in FORMATS_OF[what]:
        fitting = ", ".join(FORMATS_OF[what])
        raise ExportError(f"{what} cannot be written as {suffix}; choose from {fitting}")
    return what, suffix


def chunks(
    snapshot: Snapshot,
    what: What,
    format: str,
    *,
    kinds: Collection[NodeKind] = ("method", "dataset", "task"),
    minimum: int = 1,
) -> Iterator[bytes]:
    """
    The bytes of an export; *kinds* of concepts and *minimum* of joint papers are for networks.

    Raises:
        rdfxml.NotXml: While it writes, for what RDF/XML cannot say.
    """
    if what == "graph":
        return serialize(snapshot, format)
    if what == "papers":
        return papers_csv(snapshot)
    if what == "coauthors":
        return network_chunks(
            coauthors(Incidence.read(snapshot, ("author",)), minimum=minimum), format
        )
    corpus = Incidence.read(snapshot, kinds)
    return network_chunks(concepts(corpus, kinds=kinds, minimum=minimum), format)


def network_chunks(graph: nx.Graph, format: str) -> Iterator[bytes]:
    """A network in one of `NETWORK_FORMATS`."""
    if format == "csv":
        return _csv(LINK_COLUMNS, _link_rows(graph))
    if format == "json":
        return iter([_node_link_json(graph)])
    plain = xml_graph(graph)
    if format == "graphml":
        return ((line + "\n").encode() for line in nx.generate_graphml(plain))
    return ((line + "\n").encode() for line in nx.generate_gexf(plain))


def xml_graph(graph: nx.Graph) -> nx.Graph:
    """
    *graph* with attributes that GraphML and GEXF can hold: numbers, and text without characters
    that XML forbids; the IRIs of a link's papers in one text, separated by blanks.
    """
    plain = nx.Graph()
    for node, data in graph.nodes(data=True):
        plain.add_node(
            node, label=_xml_text(data["label"]), kind=data["kind"], papers=data["papers"]
        )
    for a, b, data in graph.edges(data=True):
        known = {name: data[name] for name in ("first", "last") if data[name] is not None}
        plain.add_edge(a, b, weight=data["weight"], **known, papers=" ".join(data["papers"]))
    return plain


def _xml_text(text: str) -> str:
    return _NOT_XML.sub("", text)


def _node_link_json(graph: nx.Graph) -> bytes:
    """What `networkx.node_link_graph(…, edges="links")` reads."""
    document = {
        "directed": False,
        "multigraph": False,
        "graph": {},
        "nodes": [{"id": node, **data} for node, data in graph.nodes(data=True)],
        "links": [{"source": a, "target": b, **data} for a, b, data in graph.edges(data=True)],
    }
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


LINK_COLUMNS = ("a", "a_label", "a_kind", "b", "b_label", "b_kind", "papers", "first", "last")


def _link_rows(graph: nx.Graph) -> Iterator[tuple[object, ...]]:
    for a, b, data in graph.edges(data=True):
        ends = (
            part
            for end in (a, b)
            for part in (end, guarded(graph.nodes[end]["label"]), graph.nodes[end]["kind"])
        )
        yield (*ends, data["weight"], data["first"], data["last"])


PAPER_COLUMNS = (
    "paper",
    "title",
    "date",
    "venue",
    "doi",
    "arxiv",
    "authors",
    "categories",
    "code",
    "methods",
    "datasets",
    "tasks",
    "metrics",
)


def papers_csv(snapshot: Snapshot) -> Iterator[bytes]:
    """Every paper in a row, newest first; what there may be several of is separated by '; '."""
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
    authors = _byline(snapshot)
    articles = snapshot.select(f"SELECT ?paper WHERE {{ ?paper {v.TYPE} {v.ARTICLE} }}")

    def rows() -> Iterator[tuple[object, ...]]:
        found = sorted(value_of(row["paper"]) for row in articles)
        for paper in sorted(found, key=lambda iri: single["date"].get(iri, [""])[0], reverse=True):
            texts = {name: "; ".join(values.get(paper, ())) for name, values in single.items()}
            yield (
                paper,
                guarded(texts["title"]),
                texts["date"],
                guarded(texts["venue"]),
                guarded(texts["doi"]),
                guarded(texts["arxiv"]),
                guarded("; ".join(authors.get(paper, ()))),
                "; ".join(iri.rpartition("/")[2] for iri in categories.get(paper, ())),
                guarded(texts["code"]),
                *(guarded("; ".join(labels.get(paper, ()))) for labels in named),
            )

    return _csv(PAPER_COLUMNS, rows())


def _values(snapshot: Snapshot, pattern: str) -> dict[str, list[str]]:
    rows = snapshot.select(f"SELECT ?paper ?value WHERE {{ {pattern} }}")
    found: dict[str, list[str]] = defaultdict(list)
    for paper, value in sorted({(value_of(row["paper"]), value_of(row["value"])) for row in rows}):
        found[paper].append(value)
    return found


def _byline(snapshot: Snapshot) -> dict[str, list[str]]:
    rows = snapshot.select(
        f"SELECT ?paper ?name ?position WHERE {{ ?authorship {v.TYPE} {v.AUTHORSHIP} ; "
        f"{v.PART_OF} ?paper ; {v.NAME_AS_GIVEN} ?name "
        f"OPTIONAL {{ ?authorship {v.POSITION} ?position }} }}"
    )
    # Whom 'et al.' hides comes last.
    places = sorted(
        (value_of(row["paper"]), int(value_of(row["position"]) or 10**9), value_of(row["name"]))
        for row in rows
    )
    found: dict[str, list[str]] = defaultdict(list)
    for paper, _, name in places:
        found[paper].append(name)
    return found


def _csv(columns: Iterable[str], rows: Iterable[tuple[object, ...]]) -> Iterator[bytes]:
    """RFC 4180: a header, CRLF, quotes where they are needed; UTF-8."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(columns)
    for number, row in enumerate(rows, start=1):
        writer.writerow(row)
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
