"""The parts that the OpenAPI document is made of: parameters, bodies, answers, problems."""

from collections.abc import Sequence
from typing import Any

Node = dict[str, Any]

HTML, JSON = "text/html", "application/json"
PROBLEM = "application/problem+json"
FORM = "application/x-www-form-urlencoded"

TEXT: Node = {"type": "string"}
IRI: Node = {"type": "string", "format": "iri"}
# Of what is only used along with something else, nothing is promised of it alone.
TEXTS: Node = {"type": "array", "items": TEXT}
ANY_JSON: Node = {"type": ["object", "array"]}

PROBLEMS = {
    400: "A parameter, a query or a body makes no sense; the document says which and where.",
    401: "The bearer token is missing or wrong.",
    403: "This server takes no changes, or a query asks for another server that is not allowed.",
    404: "There is no such thing.",
    405: "This path has other methods; Allow names them.",
    406: "What the client accepts is not to be had; the document says what is.",
    408: "The body came too slowly.",
    410: "There was such a thing, and it was removed.",
    412: "The graph is not, or is, what If-Match or If-None-Match asked for.",
    413: "The body is too large.",
    414: "The address is too long; send the query by POST.",
    415: "The body has a media type that is not taken here.",
    416: "There are no such bytes.",
    429: "This client asks too much at once; Retry-After says when to come back.",
    431: "The headers are too long.",
    503: "Too busy, or a query took too much time or memory; Retry-After says when to come back.",
}

# Any request may meet these: nothing is answered without limits.
ANYWHERE = (429, 503)


def name(status: int) -> str:
    """What the components call the problem of *status*."""
    return f"Problem{status}"


def problems() -> Node:
    """Every answer that is an error, for the components."""
    return {name(status): _problem(status, text) for status, text in PROBLEMS.items()}


def _problem(status: int, text: str) -> Node:
    found: Node = {
        "description": text,
        "content": {
            PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}},
            HTML: {"schema": TEXT},
        },
    }
    headers = {
        401: ("WWW-Authenticate", TEXT),
        405: ("Allow", TEXT),
        429: ("Retry-After", {"type": "string", "pattern": "^[0-9]+$"}),
        503: ("Retry-After", {"type": "string", "pattern": "^[0-9]+$"}),
    }
    if status in headers:
        header, kind = headers[status]
        found["headers"] = {header: {"required": True, "schema": kind}}
    return found


def parameter(
    label: str,
    text: str,
    kind: Node,
    *,
    where: str = "query",
    required: bool = False,
    example: object = None,
) -> Node:
    """A parameter; one of several values is repeated: ``a=1&a=2``."""
    found: Node = {"name": label, "in": where, "description": text, "schema": kind}
    if required or where == "path":
        found["required"] = True
    if example is not None:
        found["example"] = example
    return found


def whole(least: int, most: int, *, default: int | None = None) -> Node:
    """A whole number from *least* to *most*."""
    found: Node = {"type": "integer", "minimum": least, "maximum": most}
    return found if default is None else found | {"default": default}


def or_empty(kind: Node) -> Node:
    """*kind*, or nothing between ``=`` and ``&``, as a form sends a field that was left empty."""
    return {"anyOf": [kind, {"type": "string", "maxLength": 0}]}


def choice(*values: str, default: str | None = None) -> Node:
    """One of *values*."""
    found: Node = {"type": "string", "enum": list(values)}
    return found if default is None else found | {"default": default}


def object_of(**members: Node) -> Node:
    """A JSON object that has every one of *members*."""
    return {"type": "object", "properties": members, "required": list(members)}


def list_of(items: Node) -> Node:
    """A JSON array of *items*."""
    return {"type": "array", "items": items}


def content(*media_types: str, schema: Node | None = None, example: object = None) -> Node:
    """
    A body that is to be had in each of *media_types*, in the same *schema*.

    Without one it is text, or for the kinds of JSON anything that JSON can be.
    """
    found: Node = {}
    for media_type in media_types:
        fallback = ANY_JSON if media_type.endswith("json") else TEXT
        found[media_type] = {"schema": fallback if schema is None else schema}
        if example is not None:
            found[media_type]["example"] = example
    return found


def answer(text: str, body: Node | None = None, **headers: Node) -> Node:
    """A good answer; *headers*, with ``_`` for ``-``, always come along."""
    found: Node = {"description": text}
    if headers:
        found["headers"] = {
            label.replace("_", "-"): {"required": True, "schema": kind}
            for label, kind in headers.items()
        }
    if body:
        found["content"] = body
    return found


UNCHANGED = answer("What the client has, as If-None-Match names it, is still right.")


def operation(
    identity: str,
    summary: str,
    good: dict[int, Node],
    *statuses: int,
    tag: str,
    text: str = "",
    parameters: Sequence[Node] = (),
    body: Node | None = None,
    secured: bool = False,
) -> Node:
    """
    An operation that answers as *good* says, or with the problems of *statuses*.

    A *body* is needed where there is one; *secured* operations need the bearer token.
    """
    responses: Node = {str(status): found for status, found in good.items()}
    for status in sorted({*statuses, *ANYWHERE}):
        responses[str(status)] = {"$ref": f"#/components/responses/{name(status)}"}
    found: Node = {"operationId": identity, "summary": summary, "tags": [tag]}
    if text:
        found["description"] = text
    if parameters:
        found["parameters"] = list(parameters)
    if body:
        found["requestBody"] = {"required": True, "content": body}
    found["responses"] = responses
    if secured:
        found["security"] = [{"token": []}]
    return found
