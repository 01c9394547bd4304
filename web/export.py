"""Downloads: the whole graph, its networks, its papers; and the page that lists them."""

import tempfile
from collections.abc import Iterable, Iterator
from typing import cast

from flask import Blueprint, Response, render_template, request

from scholargraph.graph.export import FORMATS_OF, MEDIA_TYPES, WHAT, What, chunks, network_chunks
from scholargraph.graph.rdfxml import NotXml
from scholargraph.graph.store import Snapshot

from .choice import ALLOWED, KINDS, choice, kinds, number
from .pictures import network
from .problems import Problem
from .service import service

blueprint = Blueprint("export", __name__)

NAMES = {
    "ttl": "Turtle",
    "nt": "N-Triples",
    "jsonld": "JSON-LD",
    "rdf": "RDF/XML",
    "trig": "TriG",
    "nq": "N-Quads",
    "graphml": "GraphML",
    "gexf": "GEXF",
    "json": "JSON",
    "vosviewer.json": "VOSviewer",
    "cyjs": "Cytoscape",
    "csv": "CSV",
    "bib": "BibTeX",
    "ris": "RIS",
    "papers.json": "CSL-JSON",
    "papers.jsonld": "schema.org",
}

# Up to this many bytes of RDF/XML wait in memory until they are known to be whole.
SPOOL = 8 * 2**20


@blueprint.get("/export")
def page() -> str:
    """What can be had as a file."""
    return render_template("export.html", formats=FORMATS_OF, names=NAMES)


@blueprint.get(f"/export/<any({','.join(WHAT)}):what>.<suffix>")
def download(what: str, suffix: str) -> Response:
    """The whole graph, a network or the papers, streamed."""
    chosen = cast(What, what)
    if suffix not in FORMATS_OF[chosen]:
        offers = ", ".join(FORMATS_OF[chosen])
        raise Problem(404, "Not found", f"{what} is to be had as {offers}, not as {suffix[:40]!r}.")
    wanted = kinds(ALLOWED["concepts"], KINDS["concepts"])
    minimum = number("min", 1, 1_000_000) or 1
    # Its own, not the request's: it has to last as long as the stream.
    state = service().state()
    snapshot = service().store.snapshot()
    response = _file(f"{what}.{suffix}", suffix)
    response.call_on_close(snapshot.close)
    response.set_etag(f"{state}-{what}-{suffix}")
    response.direct_passthrough = True  # else werkzeug reads the whole stream to learn its length
    response.response = iter(())  # and a list would give HEAD the length 0
    if request.method != "HEAD":
        found = chunks(snapshot, chosen, suffix, kinds=wanted, minimum=minimum)
        response.response = _whole(found) if suffix == "rdf" else found
    response.make_conditional(request)
    return response


@blueprint.get("/explore.<any(graphml,gexf,csv):suffix>")
def shown(suffix: str) -> Response:
    """The network that `/explore` shows for the same parameters."""
    snapshot: Snapshot = service().snapshot()
    chosen = choice(snapshot)
    response = _file(f"{chosen.view}.{suffix}", suffix)
    response.response = network_chunks(network(snapshot, chosen), suffix)
    return response


def _file(name: str, suffix: str) -> Response:
    response = Response(content_type=MEDIA_TYPES[suffix])
    if suffix in ("ttl", "nt", "nq", "trig"):
        response.headers["Content-Type"] = f"{MEDIA_TYPES[suffix]}; charset=utf-8"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.cache_control.no_cache = True
    return response


def _whole(found: Iterable[bytes]) -> Iterator[bytes]:
    """*found*, of which nothing is sent before all of it could be written."""
    spool = tempfile.SpooledTemporaryFile(SPOOL)  # the generator below closes it
    try:
        spool.writelines(found)
    except NotXml as error:
        spool.close()
        raise Problem(406, "Not to be had as RDF/XML", str(error)) from error
    spool.seek(0)

    def sent() -> Iterator[bytes]:
        with spool:
            while block := spool.read(2**16):
                yield block

    return sent()
