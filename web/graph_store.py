"""
`/store`: the SPARQL 1.1 Graph Store HTTP Protocol. Anybody reads, the token writes.

A graph is named by ``?graph=IRI`` or, directly, by the address itself: ``/store/some/name``.
"""

import uuid
import zlib

from flask import Blueprint, Response, current_app, request
from pyoxigraph import DefaultGraph, NamedNode
from werkzeug.urls import iri_to_uri

from scholargraph.graph.documents import FORMATS, Document
from scholargraph.graph.graph_store import Condition, Graph, exists, fingerprint
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
@blueprint.get("/store/<path:name>")
def read(name: str = "") -> Response:
    """One graph, in the format the client likes best."""
    graph = _graph(name)
    media_type = best(request.headers.get("Accept", ""), tuple(SUFFIXES))
    if media_type is None:
        raise standard(406, f"Graphs are available as {', '.join(SUFFIXES)}.")
    snapshot = service().snapshot()
    if not exists(snapshot, graph):
        raise standard(404, f"There is no graph {graph}.")
    quads = snapshot.quads(graph=graph)
    body = b"".join(serialize(quads, SUFFIXES[media_type]))
    response = current_app.response_class(body, content_type=_content_type(media_type))
    response.set_etag(f"{fingerprint(snapshot, graph)}-{SUFFIXES[media_type]}")
    response.headers["Cache-Control"] = "no-cache"
    response.vary.add("Accept")
    response.make_conditional(request)
    return response


@blueprint.put("/store")
@blueprint.put("/store/<path:name>")
def replace(name: str = "") -> Response:
    """Makes the body's triples the whole of a graph: 201 where it is new, else 204."""
    require_token()
    graph = _graph(name)
    new = service().writers.put(
        graph,
        _documents(),
        replace=True,
        base=_base(graph),
        condition=_condition(),
    )
    return current_app.response_class(status=201 if new else 204)


@blueprint.post("/store")
@blueprint.post("/store/<path:name>")
def add(name: str = "") -> Response:
    """Adds the body's triples to a graph; without a graph's name they make a new one."""
    require_token()
    parameters = address_parameters()
    if name or parameters.all("graph") or parameters.all("default"):
        graph = _graph(name)
    else:
        graph = NamedNode(f"{service().iris.base}graph/{uuid.uuid4().hex}")
    new = service().writers.put(
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
@blueprint.delete("/store/<path:name>")
def delete(name: str = "") -> Response:
    """Removes a graph; the default graph is emptied."""
    require_token()
    graph = _graph(name)
    if not service().writers.remove(graph, condition=_condition()):
        raise standard(404, f"There is no graph {graph}.")
    return current_app.response_class(status=204)


def _graph(name: str) -> Graph:
    parameters = address_parameters()
    names, default = parameters.all("graph"), parameters.all("default")
    if name:
        names.append(iri_to_uri(request.base_url))
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
    known = {tag.partition("-")[0] for tag in wanted.as_set() if tag} | ({"*"} & {str(wanted)})
    refused = {tag.partition("-")[0] for tag in unwanted.as_set() if tag} | (
        {"*"} & {str(unwanted)}
    )
    return Condition(frozenset(known) if wanted else None, frozenset(refused))


def _base(graph: Graph) -> str:
    return graph.value if isinstance(graph, NamedNode) else request.base_url


def _documents() -> list[Document]:
    if request.mimetype == "multipart/form-data":
        _must_be_plain()
        files = [file for _, file in request.files.items(multi=True)]
        if not files:  # else PUT would empty the graph
            raise standard(400, "The form has no file; give each part a filename.")
        return [Document(file.read(), _supported(file.mimetype)) for file in files]
    media_type = _supported(request.mimetype)
    if request.headers.get("Content-Encoding", "identity").lower() in ("gzip", "x-gzip"):
        return [Document(_unpacked(request.get_data()), media_type)]
    _must_be_plain()
    return [Document(request.get_data(), media_type)]


def _unpacked(data: bytes) -> bytes:
    """What *data* holds, packed by gzip; no more than a body may have without it."""
    most = service().settings.max_body
    unpacking = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        unpacked = unpacking.decompress(data, most + 1)
    except zlib.error as error:
        raise standard(400, f"The body is not gzip: {error}.") from error
    if len(unpacked) > most:
        raise standard(413, f"The unpacked body is longer than {most // 1024 // 1024} MB.")
    if not unpacking.eof or unpacking.unused_data:
        raise standard(400, "The body is not one whole gzip file.")
    return unpacked


def _must_be_plain() -> None:
    coding = request.headers.get("Content-Encoding", "identity").lower()
    if coding != "identity":
        raise standard(415, f"The body has the coding {coding[:40]}; send gzip or none.")


def _supported(media_type: str) -> str:
    if media_type not in FORMATS:
        given = media_type or "no type"
        raise standard(415, f"The body has {given}; send {', '.join(FORMATS)}.")
    return media_type


def _content_type(media_type: str) -> str:
    return f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type
