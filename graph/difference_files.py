"""A difference between two states for programs: as an RDF Patch, or as TriG."""

import datetime
from collections.abc import Iterator

from pyoxigraph import NamedNode, Quad, RdfFormat, serialize

from . import vocab as v
from .iris import Iris
from .parts import FACTS
from .patches import Difference, Header, patch_text


def patch(difference: Difference, second: int) -> Iterator[bytes]:
    """
    *difference* as an RDF Patch: applied to the first state, it gives that after change *second*.

    Rows are in order, so that the same difference is the same text but for its id and time.
    """
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    header = Header(number=second, operation="diff", time=now.replace("+00:00", "Z"))
    removed, added = (sorted(q, key=str) for q in (difference.removed, difference.added))
    yield from patch_text(header, removed, added)


def trig(difference: Difference, first: int, second: int, iris: Iris) -> bytes:
    """The facts of *difference* in two graphs, ``…/graph/diff/1-2/added`` and ``…/removed``."""
    place = f"{iris.base}graph/diff/{first}-{second}"
    facts = [
        Quad(quad.subject, quad.predicate, quad.object, NamedNode(f"{place}/{name}"))
        for name, quads in (("added", difference.added), ("removed", difference.removed))
        for quad in sorted(quads, key=str)
        if quad.graph_name == FACTS
    ]
    return serialize(facts, format=RdfFormat.TRIG, prefixes=v.PREFIXES) or b""
