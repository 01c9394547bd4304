"""Graphs as answers: the formats on offer, one graph in one of them, and what every answer says."""

from collections.abc import Iterable, Mapping

from flask import Response, current_app
from pyoxigraph import Quad, Triple

from scholargraph.graph.rdfxml import NotXml
from scholargraph.graph.serialize import FORMATS, serialize

from .problems import standard

# What a description may be asked for as, by Accept or by the end of the address.
GRAPHS: Mapping[str, str] = {
    FORMATS[name].media_type: name for name in ("ttl", "nt", "jsonld", "rdf")
}
SUFFIXES: Mapping[str, str] = {f".{name}": media for media, name in GRAPHS.items()}


def graph(triples: Iterable[Quad | Triple], form: str) -> Response:
    """
    *triples* as *form*, one of `GRAPHS`, whole before the status goes out.

    Raises:
        Problem: 406 where RDF/XML cannot write them.
    """
    try:
        body = b"".join(serialize(triples, GRAPHS[form]))
    except NotXml as error:
        raise standard(406, f"{error} Ask for text/turtle.") from error
    return document(body, form)


def document(body: bytes, form: str) -> Response:
    """*body*, which is *form*, for readers of any site."""
    content_type = f"{form}; charset=utf-8" if form.startswith("text/") else form
    response = current_app.response_class(body, content_type=content_type)
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.vary.add("Accept")
    return response


def linked(response: Response, *links: tuple[str, str, str]) -> Response:
    """*response* with a Link header: address, relation and media type, '' for none, of each."""
    response.headers["Link"] = ", ".join(
        f'<{address}>; rel="{relation}"' + (f'; type="{media}"' if media else "")
        for address, relation, media in links
    )
    return response
