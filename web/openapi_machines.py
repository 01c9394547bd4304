"""What the OpenAPI document says of paths that only machines ask."""

from scholargraph.graph.ontology import Ontology

from .json_schema import schema
from .openapi_parts import (
    HTML,
    IRI,
    JSON,
    TEXT,
    UNCHANGED,
    Node,
    answer,
    choice,
    content,
    object_of,
    operation,
    parameter,
    whole,
)
from .representations import GRAPHS, SUFFIXES
from .wording import PLURALS


def paths() -> Node:
    """The ontology, the dataset's description, health, figures, assets, site maps and look-up."""
    return _machines() | _discovery()


def _machines() -> Node:
    terms = schema(Ontology)
    prefixes: Node = {"type": "object", "additionalProperties": TEXT}
    terms = terms | {"properties": terms["properties"] | {"namespace": TEXT, "prefixes": prefixes}}
    version = parameter("version", "The version.", TEXT, where="path", example="9.1.2")
    file = parameter("name", "The file.", TEXT, where="path", example="vis-network.min.js")
    asset = parameter("filename", "The file.", TEXT, where="path", example="app.css")
    anything = content("*/*")
    health = content(JSON, schema=object_of(status=TEXT))
    ready = content(JSON, schema=object_of(status=TEXT, snapshot=TEXT))
    measured = content("text/plain", "application/openmetrics-text")
    described = content(JSON, schema={"type": "object", "required": ["openapi", "info", "paths"]})
    graphs = content(*GRAPHS)
    suffix = parameter(
        "suffix", "The format.", choice(*(name[1:] for name in SUFFIXES)), where="path"
    )
    see_other = {303: answer("The fragment, which only clients know, goes along.", Location=TEXT)}
    return {
        "/ontology": _machine(
            "ontology",
            "What the terms mean",
            answer("All terms.", graphs | content(HTML) | content(JSON, schema=terms), Link=TEXT),
            406,
        ),
        "/ontology.{suffix}": _machine(
            "ontologyAs",
            "The same in one format",
            answer("RDF.", graphs, Link=TEXT),
            404,
            parameters=[suffix],
        ),
        "/ns": {"get": operation("namespace", "Where terms point", see_other, tag="Machines")},
        "/.well-known/void": _machine(
            "void",
            "What the data are: VoID and DCAT",
            answer("Figures by graph, class and property.", graphs | content(HTML), Link=TEXT),
            *(400, 406),
        ),
        "/.well-known/void.{suffix}": _machine(
            "voidAs",
            "The same in one format",
            answer("RDF.", graphs, Link=TEXT),
            *(400, 404, 406),
            parameters=[suffix],
        ),
        "/health": _machine("health", "As /health/ready", answer("Ready.", ready)),
        "/health/ready": _machine("ready", "Can it answer?", answer("Ready.", ready)),
        "/health/live": _machine("live", "Does it run?", answer("It does.", health)),
        "/metrics": _machine("scrape", "Figures for Prometheus", answer("All.", measured), 406),
        "/openapi.json": _machine("openapi", "This document", answer("OpenAPI.", described)),
        "/static/{filename}": _machine(
            "asset", "What pages load", answer("A file.", anything), 404, parameters=[asset]
        ),
        "/vendor/{version}/{name}": _machine(
            "vendor",
            "Other people's code that pages load",
            answer("A file.", anything),
            404,
            parameters=[version, file],
        ),
    }


def _discovery() -> Node:
    sitemap = answer("A site map.", content("application/xml"), ETag=TEXT)
    kind = parameter("kind", "What it lists.", choice(*PLURALS), where="path")
    number = parameter("number", "Which part.", whole(1, 10_000), where="path", example=1)
    uri = parameter("uri", "An IRI of the graph.", IRI, required=True)
    return {
        "/robots.txt": _machine(
            "robots", "What crawlers may read", answer("Rules.", content("text/plain"), ETag=TEXT)
        ),
        "/sitemap.xml": _machine("sitemap", "Which site maps there are", sitemap),
        "/sitemap-{kind}-{number}.xml": _machine(
            "sitemapOf", "Addresses of one kind", sitemap, 404, parameters=[kind, number]
        ),
        "/opensearch.xml": _machine(
            "opensearch",
            "The search, for browsers",
            answer("OpenSearch.", content("application/opensearchdescription+xml"), ETag=TEXT),
        ),
        "/lookup": {
            "get": operation(
                "lookup",
                "Where the resource of an IRI is",
                {303: answer("Its address here.", Location=TEXT)},
                *(400, 404),
                tag="Machines",
                parameters=[uri],
            )
        },
    }


def _machine(
    identity: str, summary: str, found: Node, *statuses: int, parameters: list[Node] | None = None
) -> Node:
    good = {200: found, 304: UNCHANGED}
    return {
        "get": operation(
            identity, summary, good, *statuses, tag="Machines", parameters=parameters or ()
        )
    }
