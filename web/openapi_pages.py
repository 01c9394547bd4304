"""What the OpenAPI document says of pages, resources, views, downloads and the machines' paths."""

from scholargraph.graph.articles import Article
from scholargraph.graph.authors import Author
from scholargraph.graph.catalogue import CONCEPT_KINDS, Counted, Listed
from scholargraph.graph.concepts import Concept
from scholargraph.graph.entities import NODE_KINDS
from scholargraph.graph.export import FORMATS_OF, MEDIA_TYPES
from scholargraph.graph.links import Evidence
from scholargraph.graph.ontology import Ontology
from scholargraph.graph.opening import Rising
from scholargraph.graph.questions import Question
from scholargraph.graph.resources import Resource
from scholargraph.graph.search import Hit

from . import openapi_corpus
from .choice import MOST, VIEWS
from .json_schema import schema
from .lists import SORTS, TIED
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
    operation,
    parameter,
    whole,
)
from .references import WRITERS
from .representations import GRAPHS, SUFFIXES
from .resources import NOUNS
from .wording import PLURALS

NETWORKS = ("graphml", "gexf", "csv")
# Sources, runs and the like have no page of their own kind.
MODELS: dict[str, type] = {"author": Author, "paper": Article} | dict.fromkeys(
    CONCEPT_KINDS, Concept
)

PAGE = parameter("page", "Which page of the list.", whole(1, 999_999_999, default=1), example=1)
ADDRESSED = {"address": {"type": ["string", "null"], "description": "Where its page is."}}
COUNTS = {"type": "object", "additionalProperties": {"type": "integer"}}


def _object(**members: Node) -> Node:
    return {"type": "object", "properties": members, "required": list(members)}


def _hits() -> Node:
    found = schema(Hit)
    return found | {"properties": found["properties"] | ADDRESSED}


def _list(of: Node) -> Node:
    return {"type": "array", "items": of}


def paths() -> Node:
    """Every path but those of the SPARQL protocols."""
    people = _start() | _lists() | _resources() | _search() | _explore() | _export()
    return people | openapi_corpus.paths() | _machines() | _discovery()


def _start() -> Node:
    rising = schema(Rising | None)
    home = _object(
        counts=COUNTS, papersPerYear=COUNTS, rising=rising, questions=_list(schema(Question))
    )
    both = content(HTML) | content(JSON, schema=home)
    return {
        "/": {
            "get": operation(
                "home", "What is in the graph", {200: answer("All of it.", both)}, 406, tag="Pages"
            )
        }
    }


def _lists() -> Node:
    found = {}
    for kind, plural in PLURALS.items():
        item = schema(Listed if kind == "paper" else Counted)
        sorts = [key for key, _ in SORTS.get(kind, SORTS["concept"])]
        parameters = [
            PAGE,
            parameter("sort", "The order.", choice(*sorts, default=sorts[0]), example=sorts[1]),
            parameter("q", "Words of the title or the name.", TEXT),
        ]
        if kind == "paper":
            parameters += [
                parameter("year", "Only papers whose date begins so.", TEXT),
                parameter("code", "Only papers with code.", choice("yes"), example="yes"),
            ]
            parameters += [
                parameter(tied, f"Only papers of this {tied}, by the end of its IRI.", _list(TEXT))
                for tied in TIED
            ]
        number: Node = {"type": "integer"}
        page = _object(total=number, page=number, pages=number, **{plural: _list(item)})
        found[f"/{kind}"] = {
            "get": operation(
                plural,
                f"List {plural}",
                {200: answer("One page of the list.", content(HTML) | content(JSON, schema=page))},
                *(400, 404, 406),
                tag="Pages",
                parameters=parameters,
            )
        }
    return found


def _resources() -> Node:
    found = {}
    for noun in NOUNS:
        model = MODELS.get(noun, Resource)
        key = parameter(
            "key",
            "The rest of its IRI, slashes and all; a suffix (.ttl .nt .jsonld .rdf .json, of a "
            "paper also .bib .ris .csl.json) is a format.",
            TEXT,
            where="path",
            example="bert.ttl" if noun == "method" else None,
        )
        forms = content(HTML, *GRAPHS) | content(JSON, schema=schema(model))
        if noun == "paper":
            forms |= content(*WRITERS)
        found[f"/{noun}/{{key}}"] = {
            "get": operation(
                noun,
                f"What the graph says of a {noun}",
                {
                    200: answer("All of it.", forms, ETag=TEXT, Link=TEXT, Vary=TEXT),
                    304: UNCHANGED,
                    308: answer("It has another IRI now.", Location=TEXT),
                },
                *(404, 406, 410),
                tag="Resources",
                parameters=[key, PAGE] if noun in CONCEPT_KINDS else [key],
            )
        }
    return found


def _search() -> Node:
    question = parameter(
        "q", "Beginnings of names; small errors are forgiven.", TEXT, example="graph"
    )
    group = _object(total={"type": "integer"}, hits=_list(_hits()))
    page = _object(question=TEXT, found={"type": "object", "additionalProperties": group})
    suggestions = _object(suggestions=_list(_hits()))
    return {
        "/search": {
            "get": operation(
                "search",
                "Find by name",
                {200: answer("Hits by kind.", content(HTML) | content(JSON, schema=page))},
                406,
                tag="Pages",
                parameters=[question],
            )
        },
        "/suggest": {
            "get": operation(
                "suggest",
                "A few hits while one types",
                {200: answer("The best of all kinds.", content(JSON, schema=suggestions))},
                400,
                tag="Pages",
                parameters=[
                    question,
                    parameter("kind", "Hits of this kind only.", choice(*PLURALS), example="task"),
                ],
            )
        },
    }


def _chosen() -> list[Node]:
    kinds = {"type": "array", "items": choice(*NODE_KINDS)}
    return [
        parameter("focus", "The IRI in the middle; without it, the whole graph.", TEXT),
        parameter("view", "What is drawn.", choice(*VIEWS), example="mixed"),
        parameter("kinds", "Kinds of nodes, repeated or with commas.", kinds, example=["author"]),
        parameter("from", "The first year.", whole(0, 9999), example=2015),
        parameter("to", "The last year.", whole(0, 9999), example=2030),
        parameter("min", "Papers behind a link, at least.", whole(1, 1_000_000, default=1)),
        parameter(
            "confidence",
            "How sure a paper has to be that it names a concept.",
            {"type": "number", "minimum": 0, "maximum": 1},
            example=0.5,
        ),
        parameter("limit", "Nodes at most.", whole(1, MOST), example=50),
        parameter("open", "Nodes that were opened.", _list(TEXT) | {"maxItems": 20}, example=[]),
        parameter("hide", "Nodes left out.", _list(TEXT), example=[]),
        parameter("pin", "Where nodes stand: x,y,IRI.", _list(TEXT) | {"maxItems": 60}, example=[]),
        parameter("fold", "Communities instead of things.", choice("yes", "no"), example="no"),
        parameter("community", "The community of this thing, by IRI or whole name.", TEXT),
        parameter("a", "Where a path begins.", TEXT),
        parameter("b", "Where a path ends.", TEXT),
    ]


def _explore() -> Node:
    chosen = _chosen()
    picture = _object(
        nodes=_list({"type": "object"}), edges=_list({"type": "object"}), heading=TEXT
    )
    networks = content(*(MEDIA_TYPES[suffix].partition(";")[0] for suffix in NETWORKS))
    revalidated = {"ETag": TEXT}
    end = "An author, a paper or a concept."
    years, confidence = chosen[3:5], chosen[6]
    return {
        "/explore": _get(
            "explore", "The view", {200: answer("Its page.", content(HTML))}, chosen, 400, 404
        ),
        "/explore.json": _get(
            "exploreData",
            "Nodes and links of the view",
            {
                200: answer("With coordinates.", content(JSON, schema=picture), **revalidated),
                304: UNCHANGED,
            },
            chosen,
            *(400, 404),
        ),
        "/explore.html": _get(
            "exploreFile",
            "The view as one file that needs no server",
            {200: answer("The file.", content(HTML), **revalidated), 304: UNCHANGED},
            chosen,
            *(400, 404),
        ),
        "/explore.{suffix}": _get(
            "exploreNetwork",
            "The network of the view, for other programs",
            {200: answer("The file.", networks)},
            [parameter("suffix", "The format.", choice(*NETWORKS), where="path"), *chosen],
            *(400, 404),
        ),
        "/explore.vosviewer.json": _get(
            "exploreVosviewer",
            "The network of the view for VOSviewer",
            {200: answer("The file.", content(JSON))},
            chosen,
            *(400, 404),
        ),
        "/explore.cyjs": _get(
            "exploreCytoscape",
            "The network of the view for Cytoscape",
            {200: answer("The file.", content(JSON))},
            chosen,
            *(400, 404),
        ),
        "/explore/query": _get(
            "exploreQuery",
            "The SPARQL editor with a query for the nodes of the view",
            {
                200: answer(
                    "The query, too long for an address.", content("application/sparql-query")
                ),
                303: answer("The editor.", Location=TEXT),
            },
            chosen,
            *(400, 404),
        ),
        "/explore/evidence.json": _get(
            "evidence",
            "The sentences behind a link",
            {
                200: answer("Papers.", content(JSON, schema=schema(Evidence)), **revalidated),
                304: UNCHANGED,
            },
            [
                parameter("a", end, IRI, required=True),
                parameter("b", end, IRI, required=True),
                *years,
                confidence,
            ],
            *(400, 404),
        ),
    }


def _get(
    identity: str, summary: str, good: dict[int, Node], parameters: list[Node], *statuses: int
) -> Node:
    return {
        "get": operation(identity, summary, good, *statuses, tag="Network", parameters=parameters)
    }


def _export() -> Node:
    kinds = parameter(
        "kinds",
        "Kinds of concepts, repeated or with commas.",
        {"type": "array", "items": choice(*CONCEPT_KINDS)},
        example=["method", "task"],
    )
    least = parameter("min", "Papers behind a link, at least.", whole(1, 1_000_000, default=1))
    found: Node = {
        "/export": {
            "get": operation(
                "exports",
                "What can be had as a file",
                {200: answer("A page.", content(HTML))},
                tag="Downloads",
            )
        }
    }
    for what, suffixes in FORMATS_OF.items():
        media = content(*(MEDIA_TYPES[suffix].partition(";")[0] for suffix in suffixes))
        suffix = parameter("suffix", "The format.", choice(*suffixes), where="path")
        found[f"/export/{what}.{{suffix}}"] = {
            "get": operation(
                f"export{what.capitalize()}",
                f"The whole of it: {what}",
                {200: answer("The file, streamed.", media, ETag=TEXT), 304: UNCHANGED},
                *(400, 404, 406),
                tag="Downloads",
                parameters=[suffix, kinds, least],
            )
        }
    return found


def _machines() -> Node:
    terms = schema(Ontology)
    prefixes: Node = {"type": "object", "additionalProperties": TEXT}
    terms = terms | {"properties": terms["properties"] | {"namespace": TEXT, "prefixes": prefixes}}
    version = parameter("version", "The version.", TEXT, where="path", example="9.1.2")
    file = parameter("name", "The file.", TEXT, where="path", example="vis-network.min.js")
    asset = parameter("filename", "The file.", TEXT, where="path", example="app.css")
    anything = content("*/*")
    health = content(JSON, schema=_object(status=TEXT))
    ready = content(JSON, schema=_object(status=TEXT, snapshot=TEXT))
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
