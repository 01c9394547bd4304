"""The graph, its networks, its tables and its statements as files for other programs."""

import json
import os
import re
import tempfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Literal, get_args

import networkx as nx

from scholargraph import ScholarGraphError

from .bibliography import publications
from .bibtex import bibtex
from .communities import fold
from .csl import csl_json
from .entities import AUTHORS, NodeKind
from .incidence import Incidence
from .nanopublications import nanopublications
from .network import coauthors, concepts
from .network_files import cytoscape, vosviewer
from .ris import ris
from .schema_org import schema_org
from .serialize import FORMATS, serialize
from .store import Snapshot
from .tables import guarded, table, written

What = Literal[
    "graph",
    "coauthors",
    "concepts",
    "papers",
    "authors",
    "terms",
    "mentions",
    "relations",
    "results",
    "nanopublications",
]

WHAT: tuple[What, ...] = get_args(What)
NETWORK_FORMATS = ("graphml", "gexf", "json", "csv", "vosviewer.json", "cyjs")
FORMATS_OF: Mapping[What, tuple[str, ...]] = {
    "graph": tuple(FORMATS),
    "coauthors": NETWORK_FORMATS,
    "concepts": NETWORK_FORMATS,
    "papers": ("csv", "bib", "ris", "json", "jsonld"),
    "authors": ("csv",),
    "terms": ("csv",),
    "mentions": ("csv",),
    "relations": ("csv",),
    "results": ("csv",),
    "nanopublications": ("trig",),
}
MEDIA_TYPES = {
    "graphml": "application/graphml+xml",
    "gexf": "application/gexf+xml",
    "json": "application/json",
    "vosviewer.json": "application/json",
    "cyjs": "application/json",
    "csv": "text/csv; charset=utf-8; header=present",
    "bib": "application/x-bibtex; charset=utf-8",
    "ris": "application/x-research-info-systems; charset=utf-8",
    **{suffix: format.media_type for suffix, format in FORMATS.items()},
}

_REFERENCES = {"bib": bibtex, "ris": ris, "json": csl_json}

# What XML 1.0 cannot hold in any spelling.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


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
    suffix = (format or _suffix(path)).lower().lstrip(".")
    if suffix not in MEDIA_TYPES:
        named = f"{suffix!r} is no format" if suffix else f"{path}: no suffix says the format"
        raise ExportError(f"{named}; choose from {', '.join(MEDIA_TYPES)} with --format")
    if what is None:
        offers = [name for name in WHAT if suffix in FORMATS_OF[name]]
        stem = path.name.partition(".")[0].lower()
        if stem not in offers and offers[0] != "graph" and len(offers) > 1:
            raise ExportError(f"{path}: say with --what which: {', '.join(offers)}")
        what = stem if stem in offers else offers[0]
    if what not in WHAT:
        raise ExportError(f"{what!r} cannot be exported; choose from {', '.join(WHAT)} with --what")
    if suffix not in FORMATS_OF[what]:
        fitting = ", ".join(FORMATS_OF[what])
        raise ExportError(f"{what} cannot be written as {suffix}; choose from {fitting}")
    return what, suffix


def _suffix(path: Path) -> str:
    """The longest suffix that is a format's, else the last."""
    both = "".join(path.suffixes[-2:]).lower()
    return both if both.lstrip(".") in MEDIA_TYPES else path.suffix


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

    Nodes of networks say their community, but in a list of links: `communities.fold` of all links.

    Raises:
        rdfxml.NotXml: While it writes, for what RDF/XML cannot say.
    """
    if what == "graph":
        return serialize(snapshot, format)
    if what == "nanopublications":
        return nanopublications(snapshot)
    if what == "coauthors":
        corpus = Incidence.read(snapshot, AUTHORS)
        authors = coauthors(corpus, minimum=minimum)
        return _whole_network(authors, corpus, AUTHORS, format)
    if what == "concepts":
        corpus = Incidence.read(snapshot, kinds)
        named = concepts(corpus, kinds=kinds, minimum=minimum)
        return _whole_network(named, corpus, kinds, format)
    if what == "papers" and format in _REFERENCES:
        return _REFERENCES[format](publications(snapshot))
    if what == "papers" and format == "jsonld":
        return schema_org(snapshot)
    return table(snapshot, what)


def _whole_network(
    graph: nx.Graph, corpus: Incidence, kinds: Collection[NodeKind], format: str
) -> Iterator[bytes]:
    if format != "csv":
        for number, community in enumerate(fold(corpus, kinds).communities, start=1):
            for member in community.members:
                if member in graph:
                    graph.nodes[member]["community"] = number
    return network_chunks(graph, format)


def network_chunks(graph: nx.Graph, format: str) -> Iterator[bytes]:
    """A network in one of `NETWORK_FORMATS`."""
    if format == "csv":
        return written(LINK_COLUMNS, _link_rows(graph))
    if format == "json":
        return iter([_node_link_json(graph)])
    if format == "vosviewer.json":
        return iter([vosviewer(graph)])
    if format == "cyjs":
        return iter([cytoscape(graph)])
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
        known = {name: data[name] for name in ("kind", "papers", "community") if name in data}
        plain.add_node(node, label=_xml_text(data["label"]), **known)
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
