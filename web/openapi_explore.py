"""What the OpenAPI document says of the view."""

from scholargraph.graph.entities import NODE_KINDS
from scholargraph.graph.export import MEDIA_TYPES
from scholargraph.graph.links import Evidence

from .choice import MOST, VIEWS
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
    list_of,
    object_of,
    operation,
    or_empty,
    parameter,
    whole,
)

NETWORKS = ("graphml", "gexf", "csv")
LEAST = parameter(
    "min", "Papers behind a link, at least.", or_empty(whole(1, 1_000_000)) | {"default": 1}
)


def paths() -> Node:
    """The page, its data, its files and the evidence of its links."""
    chosen = _chosen()
    picture = object_of(
        nodes=list_of({"type": "object"}), edges=list_of({"type": "object"}), heading=TEXT
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


def _chosen() -> list[Node]:
    kinds = {"type": "array", "items": or_empty(choice(*NODE_KINDS))}
    return [
        parameter("focus", "The IRI in the middle; without it, the whole graph.", TEXT),
        parameter("view", "What is drawn.", or_empty(choice(*VIEWS)), example="mixed"),
        parameter("kinds", "Kinds of nodes, repeated or with commas.", kinds, example=["author"]),
        parameter("from", "The first year.", or_empty(whole(0, 9999)), example=2015),
        parameter("to", "The last year.", or_empty(whole(0, 9999)), example=2030),
        LEAST,
        parameter(
            "confidence",
            "How sure a paper has to be that it names a concept.",
            or_empty({"type": "number", "minimum": 0, "maximum": 1}),
            example=0.5,
        ),
        parameter("limit", "Nodes at most.", or_empty(whole(1, MOST)), example=50),
        parameter("open", "Nodes that were opened.", list_of(TEXT) | {"maxItems": 20}, example=[]),
        parameter("hide", "Nodes left out.", list_of(TEXT), example=[]),
        parameter(
            "pin", "Where nodes stand: x,y,IRI.", list_of(TEXT) | {"maxItems": 60}, example=[]
        ),
        parameter(
            "fold", "Communities instead of things.", or_empty(choice("yes", "no")), example="no"
        ),
        parameter("community", "The community of this thing, by IRI or whole name.", TEXT),
        parameter("a", "Where a path begins.", TEXT),
        parameter("b", "Where a path ends.", TEXT),
    ]


def _get(
    identity: str, summary: str, good: dict[int, Node], parameters: list[Node], *statuses: int
) -> Node:
    return {
        "get": operation(identity, summary, good, *statuses, tag="Network", parameters=parameters)
    }
