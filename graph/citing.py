"""What a paper cites and what cites it, for its page."""

from dataclasses import dataclass

from pyoxigraph import NamedNode

from . import vocab as v
from .catalogue import ending
from .parts import FACTS
from .questions import rows
from .store import Snapshot


@dataclass(frozen=True, slots=True)
class Cited:
    """
    A paper or a work at the other end of a citation; *year* has four digits.

    *here* tells a paper of the graph from a work that it knows from references alone.
    """

    iri: str
    title: str
    year: str | None
    here: bool


@dataclass(frozen=True, slots=True)
class Cites:
    """Citations of one direction, the newest first: at most as many as a page shows, of *total*."""

    works: tuple[Cited, ...]
    total: int


def cites(snapshot: Snapshot, paper: NamedNode) -> Cites:
    """What *paper* cites."""
    total = len(snapshot.quads(paper, v.CITES, None, FACTS))
    return Cites(_cited(snapshot, "paper_cites", "cited", paper) if total else (), total)


def cited_by(snapshot: Snapshot, paper: NamedNode) -> Cites:
    """The papers of the graph that cite *paper*, which may be a work too."""
    total = len(snapshot.quads(None, v.CITES, paper, FACTS))
    return Cites(_cited(snapshot, "paper_cited_by", "citing", paper) if total else (), total)


def _cited(snapshot: Snapshot, query: str, end: str, paper: NamedNode) -> tuple[Cited, ...]:
    return tuple(
        Cited(
            iri=row.text(end),
            title=row.maybe("title") or ending(row.text(end)),
            year=(row.maybe("issued") or "")[:4] or None,
            here=bool(snapshot.quads(NamedNode(row.text(end)), v.TYPE, v.ARTICLE, FACTS)),
        )
        for row in rows(snapshot, query, paper=paper)
    )
