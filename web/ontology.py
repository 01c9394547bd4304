"""The ontology: a page for people, RDF for programs, and JSON for the editor's completions."""

from dataclasses import asdict

from flask import Response, redirect
from werkzeug.wrappers import Response as BaseResponse

from scholargraph.graph import ontology as graph_ontology
from scholargraph.graph.diagram import diagram
from scholargraph.graph.vocab import PREFIXES

from . import drawings, wording
from .answering import HTML, JSON, as_json, chosen, page
from .remembered import remembered_by
from .representations import GRAPHS, SUFFIXES, document, graph, linked

PATH = "/ontology"
TURTLE = "text/turtle"


def _version() -> str:
    return f"ontology {graph_ontology.ontology().version}"


@remembered_by(_version)
def ontology() -> Response:
    """Every class and property with what it means, in the form that the client likes best."""
    return _ontology(chosen(HTML, *GRAPHS, JSON))


@remembered_by(_version)
def ontology_as(suffix: str) -> Response:
    """The same in the format of *suffix*."""
    return _ontology(SUFFIXES[f".{suffix}"])


def namespace() -> BaseResponse:
    """Where ``sg:`` terms point: the fragment, which only the browser knows, goes along."""
    return redirect(wording.here(PATH), code=303)


def _ontology(form: str) -> Response:
    found = graph_ontology.ontology()
    if form == TURTLE:
        response = document(graph_ontology.turtle(), form)  # with its comments
    elif form in GRAPHS:
        response = graph(graph_ontology.triples(), form)
    elif form == JSON:
        response = as_json(asdict(found) | {"namespace": PREFIXES["sg"], "prefixes": PREFIXES})
    else:
        response = page(
            "ontology.html",
            ontology=found,
            namespace=PREFIXES["sg"],
            drawn=drawings.diagram(diagram(), "Classes, and the properties between them"),
            loops=diagram().loops,
        )
    here = wording.here(PATH)
    links = [(f"{here}{suffix}", "alternate", media) for suffix, media in SUFFIXES.items()]
    links += [(here, "canonical", ""), (f"{here}.ttl", "describedby", TURTLE)]
    return linked(response, *links, (found.license, "license", ""))
