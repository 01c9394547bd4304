"""`/sparql`: the SPARQL 1.1 Protocol for queries, the editor, the service description."""

import hashlib
import re
from collections.abc import Sequence

from flask import Blueprint, Response, current_app, render_template, request

from scholargraph.graph import reader
from scholargraph.graph.questions import examples
from scholargraph.graph.readers import Answer
from scholargraph.graph.sparql import Form, form
from scholargraph.graph.vocab import PREFIXES

from . import descriptions
from .negotiation import best
from .problems import Problem, standard
from .protocol import Parameters, operation
from .representations import GRAPHS
from .service import service

blueprint = Blueprint("sparql", __name__)

PATH = "/sparql"

JSON = "application/sparql-results+json"
# The first is what a client gets that accepts everything.
OFFERS: dict[Form, tuple[str, ...]] = {
    "solutions": (*reader.SOLUTIONS, "application/json"),
    "boolean": (*reader.SOLUTIONS, "application/json"),
    "graph": tuple(reader.GRAPHS),
}

# `format=` for links, which cannot send Accept: the first that fits the kind of answer. Clients
# such as SPARQLWrapper send these names beside a right Accept: one that does not fit is no error.
FORMATS = {
    "json": (JSON, "application/ld+json"),
    "xml": ("application/sparql-results+xml", "application/rdf+xml"),
    "csv": ("text/csv",),
    "tsv": ("text/tab-separated-values",),
    "ttl": ("text/turtle",),
    "turtle": ("text/turtle",),
    "n3": ("text/turtle",),
    "nt": ("application/n-triples",),
    "jsonld": ("application/ld+json",),
    "json-ld": ("application/ld+json",),
    "rdf": ("application/rdf+xml",),
    "rdf+xml": ("application/rdf+xml",),
    "trig": ("application/trig",),
    "nq": ("application/n-quads",),
}

# With these the same query of the same store has another answer each time. Where they only seem to
# be called, in a string, nothing is lost but a place in the cache.
FICKLE = re.compile(r"(?:NOW|RAND|UUID)(?:\s|#[^\n]*\n)*\(", re.IGNORECASE)


@blueprint.route(PATH, methods=["GET", "POST"])
def sparql() -> Response:
    """
    The answer of a query; without one the service description.

    A browser gets the editor instead, which runs the query of its address: so links can be shared.
    """
    text, parameters = operation("query")
    if text is None:
        return _editor() if _likes_pages(tuple(GRAPHS)) else descriptions.service_answer()
    if request.method == "GET" and not parameters.one("format"):
        asked = form(text) or "solutions"
        if _likes_pages(OFFERS.get(asked, ())):
            return _editor(text)
    return _answer(text, parameters)


def _answer(text: str, parameters: Parameters) -> Response:
    asked = form(text)
    if asked == "update":
        raise Problem(400, "Not a query", "This is an update; queries only are answered here.")
    # What cannot be told apart yet is for the engine to explain.
    media_type = _media_type(asked or "solutions", parameters)
    internal = JSON if media_type == "application/json" else media_type
    default_graphs = parameters.all("default-graph-uri")
    named_graphs = parameters.all("named-graph-uri")

    def compute() -> Answer:
        return service().readers.query(
            text,
            results=internal,
            boolean=internal,
            graph=internal,
            default_graphs=default_graphs,
            named_graphs=named_graphs,
            base_iri=request.base_url,
        )

    if FICKLE.search(text):
        return _response(compute(), media_type)
    key = (text, internal, tuple(default_graphs), tuple(named_graphs), request.base_url)
    state = reader.state(service().store)
    if request.method != "POST" and _tag(state, *key) in request.if_none_match:
        response = current_app.response_class(status=304)
    else:
        answer = service().answers.answer(key, state, compute)
        state = answer.state
        response = _response(answer, media_type)
    response.set_etag(_tag(state, *key))
    response.headers["Cache-Control"] = "no-cache"  # ask again each time; 304 when nothing changed
    response.vary.add("Accept")
    return response


def _response(answer: Answer, media_type: str) -> Response:
    content_type = f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type
    response = current_app.response_class(answer.chunks(), content_type=content_type)
    response.content_length = answer.size
    response.call_on_close(answer.close)
    response.vary.add("Accept")
    return response


def _media_type(asked: Form, parameters: Parameters) -> str:
    offers = OFFERS[asked]
    name = parameters.one("format")
    if name and name not in FORMATS:
        raise standard(400, f"There is no format {name[:40]!r}; choose {', '.join(FORMATS)}.")
    fitting = [media for media in FORMATS.get(name or "", ()) if media in offers]
    found = fitting[0] if fitting else best(request.headers.get("Accept", ""), offers)
    if found is None:
        raise Problem(
            406,
            "Not acceptable",
            f"Answers to this query are available as {', '.join(offers)}.",
            available=list(offers),
        )
    return found


def _tag(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def _likes_pages(instead: Sequence[str]) -> bool:
    accept = request.headers.get("Accept", "")
    return "text/html" in accept and best(accept, ("text/html", *instead)) == "text/html"


def _editor(text: str | None = None) -> Response:
    page = render_template("sparql.html", examples=examples(), prefixes=PREFIXES, query=text)
    response = current_app.make_response(page)
    response.vary.add("Accept")
    return response
