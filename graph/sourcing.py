"""What each source says of a paper of several, and where they disagree, for its page."""

from dataclasses import dataclass

from pyoxigraph import NamedNode

from . import vocab as v
from .catalogue import Named, ending
from .entities import value_of
from .iris import Iris
from .merging import conflicts
from .parts import FACTS
from .records import Record, held, record_node
from .store import Snapshot


@dataclass(frozen=True, slots=True)
class Sourced:
    """One record of a paper: the files that state it, and what they state."""

    iri: str
    sources: tuple[Named, ...]
    title: str
    date: str | None
    venue: str | None
    authors: int
    ids: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A *field* of which sources say different things: each value with those who say so."""

    field: str
    values: tuple[tuple[str, tuple[Named, ...]], ...]


def sourced(
    snapshot: Snapshot, paper: NamedNode, iris: Iris
) -> tuple[tuple[Sourced, ...], tuple[Disagreement, ...]]:
    """The records of *paper* and their disagreements; nothing of a paper of one record."""
    if not snapshot.quads(None, v.PART_OF, paper, iris.records_graph()):
        return (), ()
    found = held(snapshot, paper, iris)
    records = found.records if found else []
    files = {record: _files(snapshot, record) for record in records}
    return (
        tuple(
            Sourced(
                iri=record_node(paper, record).value,
                sources=files[record],
                title=record.paper.title,
                date=record.paper.date,
                venue=record.paper.venue,
                authors=len(record.paper.authors),
                ids=record.paper.ids,
            )
            for record in records
        ),
        tuple(
            Disagreement(
                conflict.field,
                tuple(
                    (value, tuple(file for place in places for file in files[records[place]]))
                    for value, places in conflict.values
                ),
            )
            for conflict in conflicts([record.paper for record in records])
        ),
    )


def _files(snapshot: Snapshot, record: Record) -> tuple[Named, ...]:
    found = []
    for source in record.sources:
        names = [value_of(q.object) for q in snapshot.quads(source, v.FILE_NAME, None, FACTS)]
        found.append(Named(source.value, next(iter(names), ending(source.value))))
    return tuple(found)
