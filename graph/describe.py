"""What the graph says about one resource, as a page or a machine wants to read it."""

from pyoxigraph import Literal, NamedNode, Quad

from . import vocab as v
from .iris import Iris
from .parts import FACTS, owned, parts
from .resources import beside
from .snapshots import Snapshot

# How many papers an author's or a concept's description lists, newest first: what a page can show.
MOST_PAPERS = 200
# How many mentions of a concept it quotes with their sentences, from the newest papers.
MOST_MENTIONS = 50

# What a resource is called, and what it is.
_NAMES = (v.TYPE, v.LABEL, v.NAME, v.TITLE, v.FILE_NAME, v.SOFTWARE_VERSION)
_PAPER_LINE = (v.TYPE, v.TITLE, v.ISSUED)


def describe(snapshot: Snapshot, iri: NamedNode, iris: Iris) -> list[Quad]:
    """
    The description of *iri* without doubles, empty where the graph does not know it.

    That is its own triples in every graph and those of its parts; names and types of what they link
    to; and what links here: papers with title and date (at most `MOST_PAPERS`, the newest), what
    profiles and papers claim, and for concepts their mentions with sentences (at most
    `MOST_MENTIONS`).
    """
    quads = [*owned(snapshot, iri), *beside(snapshot, iri, iris)]
    papers = _papers(snapshot, iri)
    for paper, predicate in papers:
        quads.append(Quad(paper, predicate, iri))
        quads += _some(snapshot, paper, _PAPER_LINE)
    quads += _evidence(snapshot, iri, list(dict.fromkeys(paper for paper, _ in papers)))
    for predicate in (v.MAIN_ENTITY, v.CLAIMS_ABOUT, *v.RELATIONS.values()):
        for quad in snapshot.quads(None, predicate, iri, FACTS)[:MOST_PAPERS]:
            quads.append(quad)
            if predicate in (v.MAIN_ENTITY, v.CLAIMS_ABOUT) and isinstance(quad.subject, NamedNode):
                quads += owned(snapshot, quad.subject)
    if not quads:
        return []
    described = {quad.subject for quad in quads}
    linked = {term for quad in quads for term in (quad.subject, quad.object)}
    for term in linked:
        if isinstance(term, NamedNode) and (term not in described or term == iri):
            quads += _some(snapshot, term, _NAMES)
    return list(dict.fromkeys(quads))


def _papers(snapshot: Snapshot, iri: NamedNode) -> list[tuple[NamedNode, NamedNode]]:
    """The newest papers that link to *iri*, with how they do."""
    links = (v.CREATOR, v.AUTHOR, v.CATEGORY, v.INTRODUCES, *v.USES.values())
    found: dict[NamedNode, list[NamedNode]] = {}
    for predicate in links:
        for quad in snapshot.quads(None, predicate, iri, FACTS):
            if isinstance(quad.subject, NamedNode):
                found.setdefault(quad.subject, []).append(predicate)
    newest = sorted(found, key=lambda paper: (_date(snapshot, paper), paper.value), reverse=True)
    return [(paper, predicate) for paper in newest[:MOST_PAPERS] for predicate in found[paper]]


def _evidence(snapshot: Snapshot, iri: NamedNode, papers: list[NamedNode]) -> list[Quad]:
    """The mentions of the concept *iri* in *papers*, with their sentences."""
    mentions = {quad.subject for quad in snapshot.quads(None, v.OF_CONCEPT, iri, FACTS)}
    if not mentions:
        return []
    quads: list[Quad] = []
    quoted = 0
    for paper in papers:
        for node in parts(snapshot, paper):
            if node not in mentions:
                continue
            about = snapshot.quads(node, None, None, FACTS)
            quads += about
            for quad in about:
                if quad.predicate == v.IN_SENTENCE and isinstance(quad.object, NamedNode):
                    quads += snapshot.quads(quad.object, None, None, FACTS)
            quoted += 1
            if quoted == MOST_MENTIONS:
                return quads
    return quads


def _some(snapshot: Snapshot, subject: NamedNode, predicates: tuple[NamedNode, ...]) -> list[Quad]:
    quads = snapshot.quads(subject, None, None, FACTS)
    return [quad for quad in quads if quad.predicate in predicates]


def _date(snapshot: Snapshot, paper: NamedNode) -> str:
    dates = [quad.object for quad in snapshot.quads(paper, v.ISSUED, None, FACTS)]
    return max((date.value for date in dates if isinstance(date, Literal)), default="")
