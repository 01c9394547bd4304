"""`/store`: the SPARQL 1.1 Graph Store HTTP Protocol. Anybody reads, the token writes."""

import uuid

from flask import Blueprint, Response, current_app, request
from pyoxigraph import DefaultGraph, NamedNode

from scholargraph.graph.graph_store import (
    FORMATS,
    Condition,
    Document,
    Graph,
    exists,
    fingerprint,
    put,
    remove,
)
from scholargraph.graph.serialize import serialize

from .authorization import require_token
from .negotiation import best
from .problems import standard
from .protocol import address_parameters
from .service import service

blueprint = Blueprint("graph_store", __name__)

SUFFIXES = {
    "text/turtle": "ttl",
    "application/n-triples": "nt",
    "application/ld+json": "jsonld",
    "application/rdf+xml": "rdf",
}


@blueprint.get("/store")
def read() -> Response:
    """One graph, in the format the client likes best."""
    graph = _graph()
    media_type = best(request.headers.get("Accept", ""), tuple(SUFFIXES))
    if media_type is None:
        raise standard(406, f"Graphs are available as {', '.join(SUFFIXES)}.")
    snapshot = service().snapshot()
    if not exists(snapshot, graph):
        raise standard(404, f"There is no graph {graph}.")
    quads = snapshot.quads(graph=graph)
    body = b"".join(serialize(quads, SUFFIXES[media_type]))
    response = current_app.response_class(body, content_type=_content_type(media_type))
    response.set_etag(f"{fingerprint(snapshot.store, graph)}-{SUFFIXES[media_type]}")
    response.headers["Cache-Control"] = "no-cache"
    response.vary.add("Accept")
    response.make_conditional(request)
    return response


@blueprint.put("/store")
def replace() -> Response:
    """Makes the body's triples the whole of a graph: 201 where it is new, else 204."""
    require_token()
    graph = _graph()
    new = put(
        service().store,
        graph,
        _documents(),
        replace=True,
        base=_base(graph),
        condition=_condition(),
    )
    return current_app.response_class(status=201 if new else 204)


@blueprint.post("/store")
def add() -> Response:
    """Adds the body's triples to a graph; without a graph's name they make a new one."""
    require_token()
    parameters = address_parameters()
    if parameters.all("graph") or parameters.all("default"):
        graph = _graph()
    else:
        graph = NamedNode(f"{service().iris.base}graph/{uuid.uuid4().hex}")
    new = put(
        service().store,
        graph,
        _documents(),
        replace=False,
        base=_base(graph),
        condition=_condition(),
    )
    response = current_app.response_class(status=201 if new else 204)
    if new and isinstance(graph, NamedNode):
        response.headers["Location"] = graph.value
    return response


@blueprint.delete("/store")
def delete() -> Response:
    """Removes a graph; the default graph is emptied."""
    require_token()
    graph = _graph()
    if not remove(service().store, graph, condition=_condition()):
        raise standard(404, f"There is no graph {graph}.")
    return current_app.response_class(status=204)


def _graph() -> Graph:
    parameters = address_parameters()
    names, default = parameters.all("graph"), parameters.all("default")
    if len(names) + len(default) != 1:
        raise standard(400, "Name one graph, with ?default or ?graph=IRI.")
    if default:
        return DefaultGraph()
    try:
        return NamedNode(names[0])
    except ValueError as error:
        raise standard(400, f"{names[0][:200]!r} names no graph: {error}.") from error


def _condition() -> Condition | None:
    """What If-Match and If-None-Match ask of a graph's fingerprint."""
    wanted, unwanted = request.if_match, request.if_none_match
    if not wanted and not unwanted:
        return None
    # A graph has a tag for each format, all of which begin with its fingerprint.
    # werkzeug reads "" as None.
    known = {tag.partition("-")[0] for tag in wanted.as_set() if tag}
    refused = {tag.partition("-")[0] for tag in unwanted.as_set() if tag}

    def holds(found: str | None) -> bool:
        if wanted and not (found is not None and (wanted.star_tag or found in known)):
            return False
        return found is None or not (unwanted.star_tag or found in refused)

    return holds


def _base(graph: Graph) -> str:
    return graph.value if isinstance(graph, NamedNode) else request.base_url


def _documents() -> list[Document]:
    if request.mimetype == "multipart/form-data":
        return [
            Document(file.read(), _supported(file.mimetype))
            for _, file in request.files.items(multi=True)
        ]
    return [Document(request.get_data(), _supported(request.mimetype))]


def _supported(media_type: str) -> str:
    if media_type not in FORMATS:
        given = media_type or "no type"
        raise standard(415, f"The body has {given}; send {', '.join(FORMATS)}.")
    return media_type


def _content_type(media_type: str) -> str:
    return f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type
