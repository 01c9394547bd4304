"""The other names of a paper: by each of its identifiers, whichever its IRI was made of."""

from pyoxigraph import NamedNode

from . import vocab as v
from .entities import value_of
from .identifiers import address
from .iris import Iris
from .parts import FACTS, Readable

_NOUNS = ("paper", "work")


def known_as(graph: Readable, iri: NamedNode, iris: Iris) -> NamedNode | None:
    """
    What *iri*, which nothing is said of, would be by its identifier: ``…/paper/arxiv:2203.07720``.

    A paper of *graph* that has the identifier, else a work that references speak of, else None.
    """
    noun = (iris.local(iri.value) or "/").split("/")[1]
    scheme, _, value = iris.key(iri.value).partition(":")
    known = address(scheme, value) if noun in _NOUNS and value else None
    if known is None:
        return None
    found = [
        quad.subject
        for quad in graph.quads(None, v.SAME_AS, known, FACTS)
        if isinstance(quad.subject, NamedNode) and quad.subject.value.startswith(iris.base)
    ]
    # 'paper' comes before 'work' in the alphabet too.
    return min(found, key=value_of, default=None)
