"""`/openapi.json`: every path for machines, with parameters, bodies, answers and problems."""

from functools import cache

from flask import Blueprint, Response, request

from scholargraph import __version__

from . import openapi_corrections, openapi_pages, openapi_sparql
from .answering import as_json
from .openapi_parts import Node, problems

blueprint = Blueprint("openapi", __name__)

ABOUT = """
Methods, datasets and tasks from paper abstracts, as a queryable RDF graph.

Whatever answers GET answers HEAD, and OPTIONS names a path's methods. Anybody may read, from any
site (CORS); writing needs the bearer token. The form of an answer follows `Accept`; what cannot be
had is 406. Errors are problem documents (RFC 9457), for browsers pages. IRIs in parameters are
percent-encoded once.
"""

PROBLEM: Node = {
    "type": "object",
    "description": "RFC 9457. More members may say where the mistake is.",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string", "description": "The same for every problem of its kind."},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "line": {"type": "integer", "minimum": 1, "description": "Of a query or a body."},
        "column": {"type": "integer", "minimum": 1},
        "parameter": {"type": "string", "description": "The parameter that makes no sense."},
        "available": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["type", "title", "status"],
}

TAGS = {
    "SPARQL": "SPARQL 1.1 Protocol and Graph Store HTTP Protocol.",
    "Corrections": "What people say against the extractor.",
    "Resources": "One thing and what the graph says of it, by the path of its IRI.",
    "Pages": "Lists and search.",
    "Network": "Who works with whom on what, as pictures and data.",
    "Downloads": "Files for other programs.",
    "Machines": "What the service is and how it is.",
}


@blueprint.get("/openapi.json")
def described() -> Response:
    """The document, whose paths are relative to where this application is mounted."""
    response = as_json(document() | {"servers": [{"url": request.script_root or "/"}]})
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response


@cache
def document() -> Node:
    """The OpenAPI document, without its servers; never change it."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "scholargraph",
            "version": __version__,
            "description": ABOUT.strip(),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag, "description": text} for tag, text in TAGS.items()],
        "paths": openapi_sparql.paths() | openapi_corrections.paths() | openapi_pages.paths(),
        "components": {
            "schemas": {"Problem": PROBLEM},
            "responses": problems(),
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The token that the server was started with.",
                }
            },
        },
    }
