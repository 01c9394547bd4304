"""
What people decided about which records are of one work: kept apart from facts, and from each other.

A decision is about two records, each known by its file, its format and its identifier there, so
that it outlives every import of them. The later of two about the same records counts. Decisions
stand in a named graph of their own, with their day and a note.
"""

import datetime
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, Quad

from . import vocab as v
from .entities import value_of
from .iris import Iris, digest
from .parts import Readable
from .records import Origin


@dataclass(frozen=True, slots=True)
class Decision:
    """
    That two records are, or are not, of the *same* work.

    *paper* is an IRI to go back to when the decision is withdrawn: that of the paper that was
    split, or of the one that was joined to another. *date* is an ISO day.
    """

    records: tuple[Origin, Origin]
    same: bool
    paper: NamedNode
    date: str
    note: str = ""

    def node(self, iris: Iris) -> NamedNode:
        return iris.resource("decision", digest(*map(_text, sorted(self.records))))

    def quads(self, iris: Iris) -> Iterator[Quad]:
        """The decision in the graph of decisions."""
        node, graph = self.node(iris), iris.decisions_graph()
        yield Quad(node, v.TYPE, v.DECISION, graph)
        yield Quad(node, v.SAME_WORK, Literal(self.same), graph)
        for origin in self.records:
            yield Quad(node, v.DECIDED_ABOUT, Literal(_text(origin)), graph)
        yield Quad(node, v.FORMER_PAPER, self.paper, graph)
        yield Quad(node, v.DECIDED, Literal(self.date, datatype=v.XSD_DATE), graph)
        if self.note:
            yield Quad(node, v.NOTE, Literal(self.note), graph)


def decisions(graph: Readable, iris: Iris) -> list[Decision]:
    """Every decision that *graph* knows, in the order of their records."""
    place = iris.decisions_graph()
    found = []
    for quad in graph.quads(None, v.TYPE, v.DECISION, place):
        if not isinstance(quad.subject, NamedNode):
            continue
        said: dict[NamedNode, list[str]] = {}
        for about in graph.quads(quad.subject, None, None, place):
            said.setdefault(about.predicate, []).append(value_of(about.object))
        one, other = sorted(_origin(text) for text in said[v.DECIDED_ABOUT])
        found.append(
            Decision(
                records=(one, other),
                same=said[v.SAME_WORK] == ["true"],
                paper=NamedNode(said[v.FORMER_PAPER][0]),
                date=said[v.DECIDED][0],
                note=next(iter(said.get(v.NOTE, ())), ""),
            )
        )
    return sorted(found, key=lambda decision: decision.records)


def decided(
    pairs: Iterable[tuple[Origin, Origin]], *, same: bool, paper: NamedNode, note: str
) -> list[Decision]:
    """Decisions of today about *pairs* of records."""
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    return [Decision((min(pair), max(pair)), same, paper, today, note) for pair in pairs]


def _text(origin: Origin) -> str:
    return json.dumps([origin.file, origin.format, origin.id], ensure_ascii=False)


def _origin(text: str) -> Origin:
    file, format, id = json.loads(text)
    return Origin(file, format, id)
