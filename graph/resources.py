"""Any resource of the graph: what is said of it, and what refers to it."""

from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode

from .articles import Properties
from .catalogue import Named, name_of
from .questions import rows
from .store import Snapshot

# One more than the page shows, to know whether there are more.
REFERRING = 200


@dataclass(frozen=True, slots=True)
class Value:
    """The object of a statement: *iri* tells an address from a text."""

    text: str
    iri: bool


@dataclass(frozen=True, slots=True)
class Resource:
    """The statements whose subject or object a resource is, as they stand in the graph."""

    iri: str
    name: str
    properties: tuple[tuple[str, tuple[Value, ...]], ...]
    referring: tuple[tuple[str, Named], ...]
    more: bool


def statements(snapshot: Snapshot, iri: NamedNode) -> dict[str, list[Value]]:
    """What is said of *iri* directly, by the IRI of the property; empty for the unknown."""
    found: dict[str, list[Value]] = {}
    for row in rows(snapshot, "properties", resource=iri):
        value = Value(row.text("value"), not isinstance(row.term("value"), Literal))
        found.setdefault(row.text("property"), []).append(value)
    return found


def plain(found: dict[str, list[Value]]) -> Properties:
    """*found* as texts."""
    return {property: [value.text for value in values] for property, values in found.items()}


def resource(
    snapshot: Snapshot, iri: NamedNode, found: dict[str, list[Value]], *, name: str
) -> Resource:
    """The page of a resource of no kind of its own: a category, a source, a run, a profile."""
    referring = [
        (row.text("property"), Named(row.text("subject"), name_of(row, "subject", "name")))
        for row in rows(snapshot, "referring", resource=iri)
    ]
    return Resource(
        iri=iri.value,
        name=name,
        properties=tuple((property, tuple(values)) for property, values in sorted(found.items())),
        referring=tuple(referring),
        more=len(referring) == REFERRING,
    )
