"""What the OpenAPI document says of comparisons, runs, the model, and the queries behind pages."""

from scholargraph.extract.card import Head
from scholargraph.graph.compare import MOST, Comparison
from scholargraph.graph.history import RunSummary

from .compare import FILES
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
    operation,
    parameter,
    whole,
)

_IRIS = parameter(
    "iri",
    "What is compared: IRIs of one kind of thing.",
    {"type": "array", "items": IRI, "maxItems": MOST},
    example=[],
)


def paths() -> Node:
    """Their paths."""
    return _compare() | _corpus() | _behind()


def _compare() -> Node:
    add = parameter("add", "A name; where one thing is called so, it joins the others.", TEXT)
    forms = content(HTML, *FILES.values()) | content(JSON, schema=schema(Comparison))
    suffix = parameter("suffix", "The format.", choice(*FILES), where="path")
    return {
        "/compare": {
            "get": operation(
                "compare",
                "Two to five things side by side",
                {
                    200: answer("What they share, and what they do not.", forms),
                    303: answer("The same with one more.", Location=TEXT),
                    304: UNCHANGED,
                },
                *(400, 406),
                tag="Pages",
                parameters=[_IRIS, add],
            )
        },
        "/compare.{suffix}": {
            "get": operation(
                "compareAs",
                "The same as a file",
                {200: answer("A table.", content(*FILES.values())), 304: UNCHANGED},
                *(400, 404),
                tag="Pages",
                parameters=[suffix, _IRIS],
            )
        },
    }


def _corpus() -> Node:
    number: Node = {"type": "integer"}
    runs: Node = {
        "type": "object",
        "properties": {
            "total": number,
            "page": number,
            "pages": number,
            "runs": {"type": "array", "items": schema(RunSummary)},
        },
        "required": ["total", "page", "pages", "runs"],
    }
    model: Node = {
        "type": "object",
        "properties": {
            "name": TEXT,
            "version": TEXT,
            "sha256": TEXT,
            "heads": {"type": "array", "items": schema(Head)},
            "usedByRuns": {"type": "object", "additionalProperties": number},
        },
        "required": ["name", "version", "sha256", "heads", "usedByRuns"],
    }
    page = parameter("page", "Which page of the list.", whole(1, 999_999_999, default=1), example=1)
    return {
        "/runs": _page(
            "runs", "What was imported, and what was skipped", runs, [page], *(404, 406)
        ),
        "/model": _page("model", "How well the extractor reads", model, [], 406),
    }


def _page(identity: str, summary: str, body: Node, parameters: list[Node], *statuses: int) -> Node:
    forms = content(HTML) | content(JSON, schema=body)
    good = {200: answer("All of it.", forms, ETag=TEXT), 304: UNCHANGED}
    return {
        "get": operation(identity, summary, good, *statuses, tag="Pages", parameters=parameters)
    }


def _behind() -> Node:
    name = parameter("name", "A file of graph/queries.", TEXT, where="path", example="runs")
    return {
        "/query/{name}": {
            "get": operation(
                "queryBehind",
                "The query behind a table of a page",
                {303: answer("It, on the SPARQL page.", Location=TEXT)},
                *(400, 404),
                tag="Pages",
                text="Any other parameter is an IRI in place of a variable of the query.",
                parameters=[name],
            )
        }
    }
