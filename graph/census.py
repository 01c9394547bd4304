"""
How much of what a snapshot holds, by graph, class and property: the figures of VoID.

Counting 3 million triples takes many seconds, so it is done once for each state of a store, in a
process of its own: ``python -m scholargraph.graph.census STORE`` prints the census as JSON, a
line for each stage that is ready; see `scholargraph.graph.censuses`. Queries by one property or one
class at a time keep its memory bounded by the largest of them.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from pyoxigraph import Literal, NamedNode

from . import vocab as v
from .background import newest_state
from .parts import FACTS
from .snapshots import Term
from .store import Snapshot

# A counting that takes more is given up: 14 million triples took 90 s of processor time and 380 MB.
MEMORY_MB = 4096
SECONDS = 1800

# Of so many values of a property its classes and datatypes are read: more would be a join of the
# whole graph with itself (14 s for 450,000 triples), for what a few hundred show as well.
SAMPLE = 500

# Classes and properties beyond these, by number of triples, are counted but not described: an
# uploaded graph may use each of a million properties once.
MOST = 1000


@dataclass(frozen=True, slots=True)
class Values:
    """What a property of a class points to, by sample: *classes* and *datatypes*, in order."""

    property: str
    triples: int
    classes: tuple[str, ...]
    datatypes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """The members of a class, one of them, and the properties that they have."""

    iri: str
    entities: int
    example: str
    properties: tuple[Values, ...] = ()


@dataclass(frozen=True, slots=True)
class PropertyFigures:
    """The triples of a property; None for what is not counted yet."""

    iri: str
    triples: int
    subjects: int | None = None
    objects: int | None = None


@dataclass(frozen=True, slots=True)
class Census:
    """
    The figures of one state of a store; None for what is not counted yet.

    All but *graphs*, which gives the triples of each named graph by its IRI, is about the default
    graph. *entities* are subjects that
    have a class. *class_count* and *property_count* also count what is beyond `MOST`.
    """

    state: str
    triples: int
    graphs: dict[str, int]
    class_count: int
    property_count: int
    classes: tuple[ClassFigures, ...]
    properties: tuple[PropertyFigures, ...]
    subjects: int | None = None
    objects: int | None = None
    entities: int | None = None
    complete: bool = False

    @property
    def published(self) -> float:
        """When the state was published, in seconds since 1970."""
        return int(self.state.rpartition("-")[2], 16) / 1e9

    def text(self) -> str:
        """The census as one line of JSON; see `from_text`."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """
        The census that `text` wrote.

        Raises:
            ValueError: It did not.
        """
        try:
            value: dict[str, Any] = json.loads(text)
            value["classes"] = tuple(_class_figures(item) for item in value["classes"])
            value["properties"] = tuple(PropertyFigures(**item) for item in value["properties"])
            return cls(**value)
        except (KeyError, TypeError) as error:
            raise ValueError(f"no census: {error}") from error


def _class_figures(item: dict[str, Any]) -> ClassFigures:
    properties = tuple(
        Values(
            property=values["property"],
            triples=values["triples"],
            classes=tuple(values["classes"]),
            datatypes=tuple(values["datatypes"]),
        )
        for values in item["properties"]
    )
    return ClassFigures(item["iri"], item["entities"], item["example"], properties)


def censuses(snapshot: Snapshot, state: str) -> Iterator[Census]:
    """
    The census of *snapshot*, which is *state*, stage by stage; the last one is complete.

    The first has every number of triples and members, the second what is distinct.
    """
    properties = tuple(
        PropertyFigures(iri, triples)
        for iri, triples in _groups(
            snapshot, "SELECT ?key (COUNT(*) AS ?n) WHERE { ?s ?key ?o } GROUP BY ?key"
        )
    )
    classes = _groups(snapshot, "SELECT ?key (COUNT(*) AS ?n) WHERE { ?s a ?key } GROUP BY ?key")
    census = Census(
        state=state,
        triples=sum(figures.triples for figures in properties),
        graphs=_graphs(snapshot),
        class_count=len(classes),
        property_count=len(properties),
        classes=tuple(
            ClassFigures(iri, entities, _example(snapshot, iri)) for iri, entities in classes[:MOST]
        ),
        properties=properties[:MOST],
    )
    yield census
    subjects, objects = (
        f"SELECT ?key (COUNT(DISTINCT ?{one}) AS ?n) WHERE {{ ?s ?key ?o }} GROUP BY ?key"
        for one in "so"
    )
    census = replace(
        census,
        properties=tuple(
            replace(
                figures,
                subjects=_number(snapshot, subjects, key=NamedNode(figures.iri)),
                objects=_number(snapshot, objects, key=NamedNode(figures.iri)),
            )
            for figures in census.properties
        ),
        subjects=_number(snapshot, "SELECT (COUNT(DISTINCT ?s) AS ?n) WHERE { ?s ?p ?o }"),
        objects=_number(snapshot, "SELECT (COUNT(DISTINCT ?o) AS ?n) WHERE { ?s ?p ?o }"),
        entities=_number(snapshot, "SELECT (COUNT(DISTINCT ?s) AS ?n) WHERE { ?s a ?class }"),
    )
    yield census
    described = tuple(
        replace(figures, properties=tuple(_values(snapshot, NamedNode(figures.iri))))
        for figures in census.classes
    )
    yield replace(census, classes=described, complete=True)


def _groups(snapshot: Snapshot, query: str, **bindings: Term) -> list[tuple[str, int]]:
    """Each ``?key`` that is an IRI with its ``?n``, the greatest first, then in order."""
    found = [
        (row["key"].value, _integer(row["n"]))
        for row in snapshot.select(query, **bindings)
        if isinstance(row["key"], NamedNode)
    ]
    return sorted(found, key=lambda item: (-item[1], item[0]))


def _number(snapshot: Snapshot, query: str, **bindings: Term) -> int:
    return sum(_integer(row["n"]) for row in snapshot.select(query, **bindings))


def _graphs(snapshot: Snapshot) -> dict[str, int]:
    query = "SELECT ?key (COUNT(*) AS ?n) WHERE { GRAPH ?key { ?s ?p ?o } } GROUP BY ?key"
    # Also those that are there and empty.
    names = {name.value: 0 for name in snapshot.named_graphs() if _named(name)}
    return dict(sorted((names | dict(_groups(snapshot, query))).items()))


def _named(name: object) -> bool:
    return isinstance(name, NamedNode)


def _example(snapshot: Snapshot, iri: str) -> str:
    query = "SELECT ?kind ?s WHERE { ?s a ?kind } LIMIT 1"
    members = [row["s"] for row in snapshot.select(query, kind=NamedNode(iri))]
    return next((member.value for member in members if isinstance(member, NamedNode)), "")


def _values(snapshot: Snapshot, kind: NamedNode) -> Iterator[Values]:
    """The properties of the members of the class *kind*."""
    counts = _groups(
        snapshot,
        "SELECT ?kind ?key (COUNT(*) AS ?n) WHERE { ?s a ?kind ; ?key ?o } GROUP BY ?kind ?key",
        kind=kind,
    )
    for name, triples in counts[:MOST]:
        # A join with the sample would be made by reading every type in the graph.
        sample = snapshot.select(
            f"SELECT ?kind ?key ?o WHERE {{ ?s a ?kind ; ?key ?o }} LIMIT {SAMPLE}",
            kind=kind,
            key=NamedNode(name),
        )
        objects = {row["o"] for row in sample}
        datatypes = {term.datatype.value for term in objects if isinstance(term, Literal)}
        classes = {
            quad.object.value
            for term in objects
            if isinstance(term, NamedNode)
            for quad in snapshot.quads(term, v.TYPE, None, FACTS)
            if isinstance(quad.object, NamedNode)
        }
        yield Values(name, triples, tuple(sorted(classes)), tuple(sorted(datatypes)))


def _integer(term: Term | None) -> int:
    return int(term.value) if isinstance(term, Literal) else 0


def main(path: str) -> None:
    """Prints the census of the newest snapshot of the store at *path*."""
    with newest_state(path, memory_mb=MEMORY_MB, seconds=SECONDS) as (snapshot, state):
        for census in censuses(snapshot, state):
            print(census.text(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
