"""
What the dataset holds, for machines: VoID with its partitions, and DCAT.

https://www.w3.org/TR/void/ and https://www.w3.org/TR/vocab-dcat-3/. Every node has an IRI, below
that of the description, so that the same figures give the same triples.
"""

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, Triple

from . import vocab as v
from .census import Census, ClassFigures
from .iris import digest
from .ontology import ontology
from .vocab import PREFIXES, TYPE, term

# Eetu Mäkelä's extension, by which editors learn of literals.
VOID_EXT = "http://ldf.fi/void-ext#"
MEDIA_TYPES = "https://www.iana.org/assignments/media-types/"
FORMATS = "http://www.w3.org/ns/formats/"

# Downloads: suffix, media type, and what the W3C calls the format.
DUMPS = (
    ("ttl", "text/turtle", "Turtle"),
    ("nt", "application/n-triples", "N-Triples"),
    ("jsonld", "application/ld+json", "JSON-LD"),
    ("rdf", "application/rdf+xml", "RDF_XML"),
)
# These also hold the named graphs.
WHOLE_DUMPS = (("trig", "application/trig", "TriG"), ("nq", "application/n-quads", "N-Quads"))

TITLE = "What papers say"
DESCRIPTION = (
    "Papers, their authors, and the methods, datasets, tasks and metrics that their titles and "
    "abstracts name, each with the sentence that says so and how sure the extraction is."
)
COUNTING = "The figures of this dataset are being counted; ask again in a few seconds."
RECOUNTING = (
    "The dataset has changed since these figures were counted; they are being counted anew."
)

# Classes whose members make good examples of what is here.
_TELLING = (v.ARTICLE, v.PERSON, *v.CONCEPT_CLASSES.values())

_LOCAL = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Site:
    """
    Where a graph is served and what may be done there.

    *root* is the address of the start page, ending in a slash; *base* begins the graph's IRIs;
    *license* is an address; *writable* says whether the holder of a token can write over HTTP.
    """

    root: str
    base: str
    license: str | None = None
    writable: bool = False

    @property
    def description(self) -> str:
        """The address of the VoID description."""
        return f"{self.root}.well-known/void"

    @property
    def dataset(self) -> NamedNode:
        """The void:Dataset, which is the default graph: the facts."""
        return NamedNode(f"{self.description}#dataset")

    @property
    def endpoint(self) -> NamedNode:
        return NamedNode(f"{self.root}sparql")

    def named_graph(self, iri: str) -> NamedNode:
        """The description of the named graph *iri*."""
        return NamedNode(f"{self.description}#graph-{digest(iri)}")


def void(site: Site, census: Census | None, *, current: bool = True) -> list[Triple]:
    """
    The description of the dataset at *site*.

    Without a *census*, or with parts of one, figures are left out; *current* says whether it counts
    the newest state.
    """
    triples = [*_document(site, census, current), *_dataset(site)]
    if census is not None:
        triples += _figures(site, census)
        triples += _meanings(census)
    return triples


def _document(site: Site, census: Census | None, current: bool) -> Iterator[Triple]:
    document, dataset = NamedNode(site.description), site.dataset
    yield Triple(document, TYPE, term("void:DatasetDescription"))
    yield Triple(document, term("dct:title"), Literal(f"Description of: {TITLE}", language="en"))
    yield Triple(document, term("foaf:primaryTopic"), dataset)
    if census is None or not census.complete:
        yield Triple(document, term("rdfs:comment"), Literal(COUNTING, language="en"))
    if census is not None and not current:
        yield Triple(document, term("rdfs:comment"), Literal(RECOUNTING, language="en"))


def _dataset(site: Site) -> Iterator[Triple]:
    dataset, root = site.dataset, site.root

    def link(name: str, address: str) -> Triple:
        return Triple(dataset, term(name), NamedNode(address))

    yield Triple(dataset, TYPE, term("void:Dataset"))
    yield Triple(dataset, TYPE, term("dcat:Dataset"))
    yield Triple(dataset, term("dct:title"), Literal(TITLE, language="en"))
    yield Triple(dataset, term("dct:description"), Literal(DESCRIPTION, language="en"))
    if site.license:
        yield link("dct:license", site.license)
    yield link("foaf:homepage", root)
    yield link("dcat:landingPage", root)
    yield link("void:sparqlEndpoint", site.endpoint.value)
    yield Triple(dataset, term("void:uriSpace"), Literal(site.base))
    yield link("void:uriLookupEndpoint", f"{root}lookup?uri=")
    yield link("void:openSearchDescription", f"{root}opensearch.xml")
    for suffix, media_type, format in (*DUMPS, *WHOLE_DUMPS):
        dump = NamedNode(f"{root}export/graph.{suffix}")
        yield Triple(dataset, term("void:dataDump"), dump)
        yield Triple(dataset, term("void:feature"), NamedNode(FORMATS + format))
        yield Triple(dataset, term("dcat:distribution"), dump)
        yield Triple(dump, TYPE, term("dcat:Distribution"))
        yield Triple(dump, term("dcat:downloadURL"), dump)
        yield Triple(dump, term("dcat:mediaType"), NamedNode(MEDIA_TYPES + media_type))
        if site.license:
            yield Triple(dump, term("dct:license"), NamedNode(site.license))
    yield from _papers(site)


def _papers(site: Site) -> Iterator[Triple]:
    """The papers as schema.org describes them: no dump, for its terms are not the graph's."""
    file = NamedNode(f"{site.root}export/papers.jsonld")
    yield Triple(site.dataset, term("dcat:distribution"), file)
    yield Triple(file, TYPE, term("dcat:Distribution"))
    yield Triple(file, term("dcat:downloadURL"), file)
    yield Triple(file, term("dcat:mediaType"), NamedNode(f"{MEDIA_TYPES}application/ld+json"))
    yield Triple(file, term("dct:conformsTo"), NamedNode(PREFIXES["schema"]))
    if site.license:
        yield Triple(file, term("dct:license"), NamedNode(site.license))


def _figures(site: Site, census: Census) -> Iterator[Triple]:
    dataset = site.dataset
    yield Triple(dataset, term("dct:modified"), _moment(census.published))
    yield from _numbers(
        dataset,
        triples=census.triples,
        entities=census.entities,
        distinctSubjects=census.subjects,
        distinctObjects=census.objects,
        classes=census.class_count,
        properties=census.property_count,
    )
    for namespace in vocabularies(census):
        yield Triple(dataset, term("void:vocabulary"), NamedNode(namespace))
    examples = {figures.iri: figures.example for figures in census.classes}
    for kind in _TELLING:
        if example := examples.get(kind.value):
            yield Triple(dataset, term("void:exampleResource"), NamedNode(example))
    for figures in census.properties:
        partition = NamedNode(f"{dataset.value}-property-{_key(figures.iri)}")
        yield Triple(dataset, term("void:propertyPartition"), partition)
        yield Triple(partition, TYPE, term("void:Dataset"))
        yield Triple(partition, term("void:property"), NamedNode(figures.iri))
        yield from _numbers(
            partition,
            triples=figures.triples,
            distinctSubjects=figures.subjects,
            distinctObjects=figures.objects,
        )
    for kind_figures in census.classes:
        yield from _class_partition(dataset, kind_figures)


def _class_partition(dataset: NamedNode, figures: ClassFigures) -> Iterator[Triple]:
    partition = NamedNode(f"{dataset.value}-class-{_key(figures.iri)}")
    yield Triple(dataset, term("void:classPartition"), partition)
    yield Triple(partition, TYPE, term("void:Dataset"))
    yield Triple(partition, term("void:class"), NamedNode(figures.iri))
    yield from _numbers(partition, entities=figures.entities)
    for values in figures.properties:
        part = NamedNode(f"{partition.value}-property-{_key(values.property)}")
        yield Triple(partition, term("void:propertyPartition"), part)
        yield Triple(part, TYPE, term("void:Dataset"))
        yield Triple(part, term("void:property"), NamedNode(values.property))
        yield from _numbers(part, triples=values.triples)
        for iri in values.classes:
            pointed = NamedNode(f"{part.value}-class-{_key(iri)}")
            yield Triple(part, term("void:classPartition"), pointed)
            yield Triple(pointed, TYPE, term("void:Dataset"))
            yield Triple(pointed, term("void:class"), NamedNode(iri))
        for iri in values.datatypes:
            literal = NamedNode(f"{part.value}-datatype-{_key(iri)}")
            yield Triple(part, NamedNode(f"{VOID_EXT}datatypePartition"), literal)
            yield Triple(literal, TYPE, term("void:Dataset"))
            yield Triple(literal, NamedNode(f"{VOID_EXT}datatype"), NamedNode(iri))


def _meanings(census: Census) -> Iterator[Triple]:
    """What our own classes and properties are called, for editors that complete them."""
    used = _terms(census)
    for declared in (*ontology().classes, *ontology().properties):
        iri = PREFIXES["sg"] + declared.name
        if iri in used:
            for name, text in (("rdfs:label", declared.label), ("rdfs:comment", declared.comment)):
                yield Triple(NamedNode(iri), term(name), Literal(text, language="en"))


def graph_descriptions(site: Site, census: Census | None) -> Iterator[Triple]:
    """What the dataset's graphs are, in the words of SPARQL's service description."""
    whole = NamedNode(f"{site.endpoint.value}#dataset")
    yield Triple(whole, TYPE, term("sd:Dataset"))
    yield Triple(whole, term("sd:defaultGraph"), site.dataset)
    yield Triple(site.dataset, TYPE, term("sd:Graph"))
    for iri, triples in census.graphs.items() if census else ():
        graph = site.named_graph(iri)
        contents = NamedNode(f"{graph.value}-contents")
        yield Triple(whole, term("sd:namedGraph"), graph)
        yield Triple(graph, TYPE, term("sd:NamedGraph"))
        yield Triple(graph, term("sd:name"), NamedNode(iri))
        yield Triple(graph, term("sd:graph"), contents)
        yield Triple(contents, TYPE, term("sd:Graph"))
        yield Triple(contents, TYPE, term("void:Dataset"))
        yield from _numbers(contents, triples=triples)


def vocabularies(census: Census) -> list[str]:
    """The namespaces of the classes and properties in use, in order."""
    return sorted({_namespace(iri) for iri in _terms(census)} - {""})


def _terms(census: Census) -> set[str]:
    """The classes and properties in use."""
    return {kind.iri for kind in census.classes} | {part.iri for part in census.properties}


def _namespace(iri: str) -> str:
    known = [namespace for namespace in PREFIXES.values() if iri.startswith(namespace)]
    return max(known, key=len) if known else iri[: max(iri.rfind("/"), iri.rfind("#")) + 1]


def _numbers(subject: NamedNode, **counts: int | None) -> Iterator[Triple]:
    for name, count in counts.items():
        if count is not None:
            yield Triple(subject, term(f"void:{name}"), Literal(count))


def _moment(seconds: float) -> Literal:
    moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat(timespec="seconds")
    return Literal(moment.replace("+00:00", "Z"), datatype=v.XSD_DATE_TIME)


def _key(iri: str) -> str:
    """A part of a fragment that stands for *iri*: readable where a prefix is known."""
    for prefix, namespace in PREFIXES.items():
        local = iri.removeprefix(namespace)
        if local != iri and _LOCAL.fullmatch(local):
            return f"{prefix}-{local}"
    return digest(iri)
