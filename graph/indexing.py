"""By what papers are found again: brought up to date in stores made before there was an index."""

from collections.abc import Iterator

from pyoxigraph import Literal, NamedNode, Quad

from . import vocab as v
from .entities import value_of
from .identifiers import address
from .identify import title_digest
from .iris import Iris
from .parts import FACTS, Readable


def missing(graph: Readable, iris: Iris) -> Iterator[Quad]:
    """
    What lets the papers of *graph* be recognised in other sources and in references.

    That is the address of each identifier, and the digest of a telling title. To be asked of a
    store that has no graph of references yet.
    """
    start, place = f"{iris.base}paper/", iris.references_graph()
    for scheme, predicate in (("doi", v.DOI), ("arxiv", v.ARXIV_ID)):
        for quad in graph.quads(None, predicate, None, FACTS):
            known = address(scheme, value_of(quad.object))
            if known is not None:
                yield Quad(quad.subject, v.SAME_AS, known)
    for quad in graph.quads(None, v.TITLE, None, FACTS):
        if isinstance(quad.subject, NamedNode) and quad.subject.value.startswith(start):
            if key := title_digest(value_of(quad.object)):
                yield Quad(quad.subject, v.TITLE_KEY, Literal(key), place)
