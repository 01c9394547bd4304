"""What the OpenAPI document says of the SPARQL protocol and the graph store."""

from scholargraph.graph.reader import GRAPHS, SOLUTIONS

from .openapi_parts import (
    FORM,
    HTML,
    IRI,
    TEXT,
    TEXTS,
    UNCHANGED,
    Node,
    answer,
    choice,
    content,
    operation,
    or_empty,
    parameter,
)
from .queries import FORMATS

TAG = "SPARQL"

ANSWER_JSON = "application/sparql-results+json"

QUERY = "SELECT ?paper ?title WHERE { ?paper <http://purl.org/dc/terms/title> ?title } LIMIT 5"
UPDATE = "INSERT DATA { <https://example.org/a> <https://example.org/b> 'c' }"
# One graph needs no format for several.
BODIES: dict[str, object] = {
    "text/turtle": "<https://example.org/a> <https://example.org/b> 'c' .",
    "application/n-triples": '<https://example.org/a> <https://example.org/b> "c" .',
    "application/ld+json": {"@id": "https://example.org/a", "https://example.org/b": "c"},
    "application/rdf+xml": (
        '<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="https://example.org/">'
        '<r:Description r:about="https://example.org/a"><e:b>c</e:b></r:Description></r:RDF>'
    ),
}
GRAPH = "https://example.org/graph"

RESULTS: Node = {
    "type": "object",
    "description": "SPARQL 1.1 Query Results JSON Format.",
    "properties": {
        "head": {"type": "object", "properties": {"vars": {"type": "array", "items": TEXT}}},
        "boolean": {"type": "boolean"},
        "results": {
            "type": "object",
            "properties": {
                "bindings": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "additionalProperties": {
                            "type": "object",
                            "properties": {"type": TEXT, "value": {}},
                            "required": ["type", "value"],
                        },
                    },
                }
            },
            "required": ["bindings"],
        },
    },
    "required": ["head"],
    "oneOf": [{"required": ["boolean"]}, {"required": ["results"]}],
}

DATASET = (
    ("default-graph-uri", "The IRI of a graph that the query sees as part of its default graph."),
    ("named-graph-uri", "The IRI of a graph that the query sees under its name."),
)
USING = (
    ("using-graph-uri", "The IRI of a graph that WHERE sees as part of its default graph."),
    ("using-named-graph-uri", "The IRI of a graph that WHERE sees under its name."),
)


def paths() -> Node:
    """The paths of both protocols."""
    indirect = [
        parameter("default", "The default graph; the value does not matter.", TEXT, example=""),
        parameter("graph", "The name of a graph.", IRI),
    ]
    direct = [parameter("name", "The rest of the graph's own address.", TEXT, where="path")]
    return {
        "/sparql": _sparql(),
        "/update": _update(),
        "/store": _store(indirect, "", "Name one graph, by `default` or by `graph`."),
        "/store/{name}": _store(direct, "ByAddress", "The address itself names the graph."),
    }


def _sparql() -> Node:
    results = content(ANSWER_JSON, "application/json", schema=RESULTS)
    results |= content(*(media for media in SOLUTIONS if media != ANSWER_JSON))
    results |= content(*GRAPHS, HTML)
    good = {200: answer("The whole answer.", results)}
    statuses = (400, 403, 406, 408, 413)
    graphs = [parameter(name, text, TEXTS, example=[]) for name, text in DATASET]
    form = parameter(
        "format", "The format, for links, which cannot send Accept.", or_empty(choice(*FORMATS))
    )
    query = parameter("query", "A SPARQL 1.1 query.", TEXT, example=QUERY)
    return {
        "get": operation(
            "query",
            "Ask a query",
            good | {304: UNCHANGED},
            *statuses,
            tag=TAG,
            text=(
                "Without a query: the service description, or for browsers the editor. An answer "
                "is whole or it is an error: a query past its time or memory gives 503."
            ),
            parameters=[query, *graphs, form],
        ),
        "post": operation(
            "queryByPost",
            "Ask a query that is too long for an address",
            good,
            *statuses,
            415,
            tag=TAG,
            parameters=[*graphs, form],
            body=content(
                FORM,
                schema=_form("query", DATASET, format=choice(*FORMATS)),
                example={"query": QUERY},
            )
            | content("application/sparql-query", example=QUERY),
        ),
    }


def _update() -> Node:
    graphs = [parameter(name, text, TEXTS, example=[]) for name, text in USING]
    return {
        "post": operation(
            "update",
            "Change the graph",
            {204: answer("Done, on the disk, and seen by every query from now on.")},
            *(400, 401, 403, 408, 413, 415),
            tag=TAG,
            parameters=graphs,
            body=content(FORM, schema=_form("update", USING), example={"update": UPDATE})
            | content("application/sparql-update", example=UPDATE),
            secured=True,
        )
    }


def _form(operation: str, graphs: tuple[tuple[str, str], ...], **others: Node) -> Node:
    properties = {operation: TEXT} | {name: TEXTS for name, _ in graphs} | others
    return {"type": "object", "properties": properties, "required": [operation]}


def _store(graph: list[Node], suffix: str, text: str) -> Node:
    conditions = [
        parameter("If-Match", "Only if the graph has this ETag.", TEXT, where="header"),
        parameter("If-None-Match", "Only if it has not; `*`: is not.", TEXT, where="header"),
    ]
    changed = {
        201: answer("A new graph was made."),
        204: answer("The graph was changed."),
    }
    files = {"type": "object", "additionalProperties": {"type": "string", "format": "binary"}}
    bodies = content("multipart/form-data", schema=files)
    for media, example in BODIES.items():
        bodies |= content(media, example=example)
    writes = (400, 401, 403, 408, 412, 413)
    return {
        "get": operation(
            f"readGraph{suffix}",
            "Read a graph",
            {200: answer("All of it.", content(*BODIES), ETag=TEXT), 304: UNCHANGED},
            *(400, 404, 406),
            tag=TAG,
            text=text,
            parameters=graph,
        ),
        "put": operation(
            f"replaceGraph{suffix}",
            "Make a graph what the body says",
            changed,
            *writes,
            415,
            tag=TAG,
            text=text,
            parameters=[*graph, *conditions],
            body=bodies,
            secured=True,
        ),
        "post": operation(
            f"addToGraph{suffix}",
            "Add what the body says to a graph",
            changed,
            *writes,
            415,
            tag=TAG,
            text=f"{text} Where nothing does, a new graph is made, and Location names it.",
            parameters=[*graph, *conditions],
            body=bodies,
            secured=True,
        ),
        "delete": operation(
            f"removeGraph{suffix}",
            "Remove a graph; the default graph is emptied",
            {204: answer("It is gone.")},
            *(400, 401, 403, 404, 412),
            tag=TAG,
            text=text,
            parameters=[*graph, *conditions],
            secured=True,
        ),
    }
