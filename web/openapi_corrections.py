"""What the OpenAPI document says of corrections."""

from scholargraph.extract.mentions import KINDS
from scholargraph.graph.correction_requests import LONGEST
from scholargraph.graph.corrections import ACTIONS

from .openapi_parts import (
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
)

TAG = "Corrections"

_SHORT: Node = {"type": "string", "maxLength": LONGEST}
_OFFSET: Node = {"type": "integer", "minimum": 0}
_KIND = choice(*KINDS)
_EXAMPLE = {
    "action": "rename",
    "concept": "method/u-net",
    "label": "U-Net",
    "who": "Ada",
    "note": "as its authors write it",
}

REQUEST: Node = {
    "type": "object",
    "description": "One correction; which members it needs depends on its action.",
    "properties": {
        "action": choice(*ACTIONS),
        "who": _SHORT,
        "note": _SHORT,
        "mention": _SHORT | {"description": "The IRI of a mention, or its end after the base."},
        "paper": _SHORT | {"description": "With field, start and end: a place in a paper."},
        "field": choice("title", "abstract"),
        "start": _OFFSET,
        "end": _OFFSET,
        "kind": _KIND,
        "concept": _SHORT | {"description": "The IRI of a concept, or its end after the base."},
        "into": _SHORT,
        "label": _SHORT,
    },
    "required": ["action"],
    "additionalProperties": False,
}

CORRECTION: Node = {
    "type": "object",
    "properties": {
        "id": TEXT,
        "action": choice(*ACTIONS),
        "who": TEXT,
        "when": {"type": "string", "format": "date-time"},
        "note": TEXT,
        "paper": IRI,
        "field": choice("title", "abstract"),
        "start": _OFFSET,
        "end": _OFFSET,
        "text": TEXT,
        "kind": _KIND,
        "new_kind": _KIND,
        "concept": IRI,
        "into": IRI,
        "label": TEXT,
        "abbreviation": TEXT,
    },
    "required": ["id", "action", "who", "when"],
}


def paths() -> Node:
    """The paths of corrections."""
    one = parameter("id", "The number of a correction.", TEXT, where="path", example="3")
    found = content(JSON, schema=CORRECTION)
    every: Node = {
        "type": "object",
        "properties": {"corrections": {"type": "array", "items": CORRECTION}},
        "required": ["corrections"],
    }
    return {
        "/corrections": {
            "get": operation(
                "corrections",
                "List what people say against the extractor",
                {
                    200: answer("In the order in which they apply.", content(JSON, schema=every)),
                    304: UNCHANGED,
                },
                406,
                tag=TAG,
            ),
            "post": operation(
                "correct",
                "Make a correction",
                {
                    200: answer("It had been made before.", found, Location=TEXT),
                    201: answer("It is made, and every reader sees it.", found, Location=TEXT),
                },
                *(400, 401, 403, 406, 408, 413, 415),
                tag=TAG,
                text=(
                    "`accept`, `reject` and `retype` are about a mention, `add` about a place in "
                    "a paper; `retype` with a `concept`, `rename`, `merge` and `split` are about "
                    "a concept in all papers."
                ),
                body=content(JSON, schema=REQUEST, example=_EXAMPLE),
                secured=True,
            ),
        },
        "/corrections/{id}": {
            "get": operation(
                "correction",
                "One correction",
                {200: answer("The correction.", found), 304: UNCHANGED},
                *(404, 406),
                tag=TAG,
                parameters=[one],
            ),
            "delete": operation(
                "withdrawCorrection",
                "Withdraw a correction",
                {204: answer("The graph is as if it had never been made.")},
                *(401, 403, 404),
                tag=TAG,
                parameters=[one],
                secured=True,
            ),
        },
    }
