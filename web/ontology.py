"""The ontology as a page, as Turtle, and as JSON for the editor's completions."""

from dataclasses import asdict

from flask import Response, current_app, redirect
from werkzeug.wrappers import Response as BaseResponse

from scholargraph.graph import ontology as graph_ontology
from scholargraph.graph.vocab import PREFIXES

from . import wording
from .answering import HTML, JSON, as_json, chosen, page

TURTLE = "text/turtle"


def ontology() -> Response:
    """Every class and property with what it means."""
    form = chosen(HTML, TURTLE, JSON)
    if form == TURTLE:
        return turtle()
    found = graph_ontology.ontology()
    if form == JSON:
        return as_json(asdict(found) | {"namespace": PREFIXES["sg"], "prefixes": PREFIXES})
    return page(
        "ontology.html",
        ontology=found,
        namespace=PREFIXES["sg"],
        sections=(("Classes", found.classes), ("Properties", found.properties)),
    )


def turtle() -> Response:
    """ontology.ttl itself."""
    response = current_app.response_class(
        graph_ontology.turtle(), content_type=f"{TURTLE}; charset=utf-8"
    )
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.vary.add("Accept")
    return response


def namespace() -> BaseResponse:
    """Where ``sg:`` terms point: the fragment, which only the browser knows, goes along."""
    return redirect(wording.here("/ontology"), code=303)
