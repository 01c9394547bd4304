"""The ontology, for people: the classes and properties that ontology.ttl declares."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import pyoxigraph
from pyoxigraph import Literal, RdfFormat, Triple

from .vocab import PREFIXES, TYPE, term

CLASSES = {term("rdfs:Class"), term("owl:Class")}
PROPERTIES = {
    term("rdf:Property"),
    term("owl:ObjectProperty"),
    term("owl:DatatypeProperty"),
    term("owl:AnnotationProperty"),
}


@dataclass(frozen=True, slots=True)
class Declared:
    """
    A class or a property of ``sg:``; *broader* are its superclasses or superproperties.

    *relates* tells a property that leads to other resources from one that gives a text or a number;
    it is false for classes, as *domain* and *range* are empty.
    """

    name: str
    label: str
    comment: str
    broader: tuple[str, ...]
    domain: tuple[str, ...]
    range: tuple[str, ...]
    relates: bool


@dataclass(frozen=True, slots=True)
class Ontology:
    title: str
    comment: str
    version: str
    license: str
    classes: tuple[Declared, ...]
    properties: tuple[Declared, ...]

    def having(self, name: str) -> tuple[Declared, ...]:
        """The properties whose subjects are of the class ``sg:name``."""
        iri = PREFIXES["sg"] + name
        return tuple(declared for declared in self.properties if iri in declared.domain)

    def leading_to(self, name: str) -> tuple[Declared, ...]:
        """The properties whose objects are of the class ``sg:name``."""
        iri = PREFIXES["sg"] + name
        return tuple(declared for declared in self.properties if iri in declared.range)


def turtle() -> bytes:
    """ontology.ttl, as it stands."""
    return files("scholargraph").joinpath("ontology.ttl").read_bytes()


@cache
def triples() -> tuple[Triple, ...]:
    """What ontology.ttl says."""
    quads = pyoxigraph.parse(turtle(), RdfFormat.TURTLE)
    return tuple(quad.triple for quad in quads)


@cache
def ontology() -> Ontology:
    """Reads ontology.ttl."""
    said: dict[tuple[str, str], list[str]] = defaultdict(list)
    types: dict[str, set[object]] = defaultdict(set)
    for triple in triples():
        subject = getattr(triple.subject, "value", "")
        if triple.predicate == TYPE:
            types[subject].add(triple.object)
        value = triple.object
        if isinstance(value, Literal) and value.language not in (None, "en"):
            continue
        said[subject, triple.predicate.value].append(getattr(value, "value", ""))

    def texts(subject: str, *names: str) -> tuple[str, ...]:
        return tuple(text for name in names for text in said.get((subject, term(name).value), ()))

    def first(subject: str, *names: str) -> str:
        return next(iter(texts(subject, *names)), "")

    def declared(wanted: set[pyoxigraph.NamedNode]) -> tuple[Declared, ...]:
        namespace = PREFIXES["sg"]
        return tuple(
            Declared(
                name=iri[len(namespace) :],
                label=first(iri, "rdfs:label"),
                comment=first(iri, "rdfs:comment", "skos:definition"),
                broader=texts(iri, "rdfs:subClassOf", "rdfs:subPropertyOf"),
                domain=texts(iri, "rdfs:domain", "schema:domainIncludes"),
                range=texts(iri, "rdfs:range", "schema:rangeIncludes"),
                relates=term("owl:ObjectProperty") in types[iri],
            )
            for iri in sorted(types, key=str.casefold)
            if iri.startswith(namespace) and types[iri] & wanted
        )

    (about,) = (iri for iri, kinds in types.items() if term("owl:Ontology") in kinds)
    return Ontology(
        title=first(about, "dct:title", "rdfs:label"),
        comment=first(about, "dct:abstract", "dct:description", "rdfs:comment"),
        version=first(about, "owl:versionInfo"),
        license=first(about, "dct:license"),
        classes=declared(CLASSES),
        properties=declared(PROPERTIES),
    )
