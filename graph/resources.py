"""Any resource of the graph: what is said of it, and what refers to it."""

from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, Quad

from .articles import Properties
from .catalogue import Named, kind_of, name_of
from .entities import value_of
from .iris import Iris
from .parts import FACTS
from .questions import rows
from .store import Snapshot
from .tombstones import tombstone
from .vocab import ABBREVIATION, ACTIVITY, ALT_LABEL, CONCEPT_CLASSES, LABEL, TYPE, term

# One more than the page shows, to know whether there are more.
REFERRING = 200

# Statements that a page can show; a category or a source has few of its own.
SHOWN = 10_000

# What a concept's page reads of the concept itself.
OF_CONCEPT = (TYPE, LABEL, ALT_LABEL, ABBREVIATION)


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


def statements(snapshot: Snapshot, iri: NamedNode, iris: Iris) -> dict[str, list[Value]]:
    """
    What is said of *iri* directly, by the IRI of the property; empty for unknown and removed ones.

    The default graph says it. Named graphs are heard about what it does not know, and about runs,
    whose times are apart from the facts. Of a concept only what it is and what it is called is
    read: what papers relate it to are thousands of statements, each with its own sentence.
    """
    kind = CONCEPT_CLASSES.get(kind_of(iri.value, iris))
    if kind and snapshot.quads(iri, TYPE, kind, FACTS):
        quads = [quad for name in OF_CONCEPT for quad in snapshot.quads(iri, name, None, FACTS)]
    else:
        quads = snapshot.quads(iri, None, None, FACTS)
    if not quads and tombstone(snapshot, iri, iris):
        return {}
    if not quads or Quad(iri, TYPE, ACTIVITY) in quads:
        quads += beside(snapshot, iri, iris)
    found: dict[str, list[Value]] = {}
    for quad in sorted(quads, key=str)[:SHOWN]:
        value = Value(value_of(quad.object), not isinstance(quad.object, Literal))
        found.setdefault(quad.predicate.value, []).append(value)
    return found


def beside(snapshot: Snapshot, iri: NamedNode, iris: Iris) -> list[Quad]:
    """
    What named graphs say of *iri*, and that it is one.

    Tombstones are not among it, nor by what a paper is found.
    """
    removed, papers = iris.removed_graph(), f"{iris.base}paper/"
    hidden = {removed} | ({iris.references_graph()} if iri.value.startswith(papers) else set())
    quads = [
        quad
        for quad in snapshot.quads(iri, None, None, None)
        if quad.graph_name != FACTS and quad.graph_name not in hidden
    ]
    if snapshot.holds(iri):
        quads.append(Quad(iri, TYPE, term("sd:NamedGraph")))
        quads.append(Quad(iri, term("sd:name"), iri))
        about = {
            iris.runs_graph(): "When imports began and ended, and what came of them.",
            iris.corrections_graph(): "What people said against the extractor.",
            iris.uncorrected_graph(): "What the extractor found in papers that were corrected.",
            iris.records_graph(): "What each source says of a paper that several speak of.",
            iris.references_graph(): "What references say, and by what papers are found.",
            iris.decisions_graph(): "What people decided about which records are of one work.",
            removed: "What was removed from the graph, and when.",
        }
        if iri in about:
            quads.append(Quad(iri, term("rdfs:comment"), Literal(about[iri], language="en")))
    return quads


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
