"""The interactive view: its page, its data, the evidence behind a link, files of it, its query."""

import json
from dataclasses import asdict
from urllib.parse import quote

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from scholargraph.graph.behind import behind
from scholargraph.graph.entities import Entity, Years
from scholargraph.graph.links import evidence
from scholargraph.graph.network_files import cytoscape, vosviewer

from . import vendor
from .choice import Choice, choice, known, number, refusal, share
from .holdings import current_incidence
from .packing import packed
from .pictures import heading, network, picture
from .problems import Problem
from .service import service
from .standalone import MODULES, inline
from .standalone import standalone as as_file

blueprint = Blueprint("explore", __name__)

# What browsers and servers on the way take for an address.
LONGEST = 60_000


@blueprint.get("/explore")
def page() -> Response:
    """The view as a page; its data stand in it, so that the picture waits for no second answer."""
    snapshot = service().snapshot()
    chosen = choice(snapshot)
    drawn = picture(snapshot, chosen)
    text = render_template(
        "explore.html",
        chosen=chosen,
        picture=drawn.data,
        modules=MODULES,
        data=inline(drawn.text),
        vis=vendor.address("vis-network.min.js"),
    )
    return _revalidated(packed(Response(text, content_type="text/html; charset=utf-8")))


@blueprint.get("/explore.json")
def data() -> Response:
    """Nodes and links of the view."""
    snapshot = service().snapshot()
    drawn = picture(snapshot, choice(snapshot))
    return _revalidated(packed(Response(drawn.text, content_type="application/json")))


@blueprint.get("/explore.html")
def standalone() -> Response:
    """The view as one file that opens from a disk: no network, no server."""
    snapshot = service().snapshot()
    chosen = choice(snapshot)
    text, policy = as_file(picture(snapshot, chosen), chosen)
    response = Response(text, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = policy
    return _revalidated(_attached(response, f"{_file_name(chosen)}.html"))


@blueprint.get("/explore.vosviewer.json")
def for_vosviewer() -> Response:
    """The view for VOSviewer."""
    snapshot = service().snapshot()
    chosen = choice(snapshot)
    text = vosviewer(network(snapshot, chosen), _places(chosen))
    response = Response(text, content_type="application/json")
    return _attached(response, f"{_file_name(chosen)}.vosviewer.json")


@blueprint.get("/explore.cyjs")
def for_cytoscape() -> Response:
    """The view for Cytoscape."""
    snapshot = service().snapshot()
    chosen = choice(snapshot)
    text = cytoscape(network(snapshot, chosen), _places(chosen))
    response = Response(text, content_type="application/json")
    return _attached(response, f"{_file_name(chosen)}.cyjs")


@blueprint.get("/explore/query")
def query() -> AnyResponse:
    """The SPARQL editor with a query for exactly the nodes of the view."""
    snapshot = service().snapshot()
    chosen = choice(snapshot)
    graph = network(snapshot, chosen)
    focus = known(snapshot, chosen.focus, "focus")
    # What was chosen by weight, by hand or by a computation, no query can choose again.
    by_name = (graph.graph["more"] or chosen.minimum > 1 or chosen.opened or chosen.hidden) or not (
        chosen.view != "path" and not chosen.folded and not chosen.community
    )
    text = behind(
        heading(snapshot, chosen, focus),
        base=service().iris.base,
        kinds=chosen.kinds,
        focus=focus,
        with_focus=chosen.view == "mixed",
        years=chosen.years,
        confidence=chosen.confidence,
        shown=list(graph) if by_name else None,
        more=graph.graph["more"],
    )
    address = f"{url_for('sparql.sparql')}?query={quote(text, safe='')}"
    if len(address) > LONGEST:
        return _attached(Response(text, content_type="application/sparql-query"), "view.rq")
    return redirect(address, 303)


@blueprint.get("/explore/evidence.json")
def evidence_between() -> Response:
    """The papers, and the sentences marked, that link the parameters a and b."""
    snapshot = service().snapshot()
    ends: list[Entity] = []
    for name in ("a", "b"):
        end = known(snapshot, request.args.get(name, "").strip() or None, name)
        if end is None:
            raise refusal(name, "is missing; the evidence is between two things, a and b")
        ends.append(end)
    a, b = ends
    if a.kind == b.kind == "paper":
        raise refusal("b", "is a paper as a is; a link has an author or a concept at one end")
    years = Years(number("from", 0, 9999), number("to", 0, 9999))
    confidence = share("confidence")
    named = _naming(ends, confidence) if confidence else None
    found = evidence(snapshot, a, b, years=years, among=named)
    if not found.papers and years == Years() and not confidence:
        raise Problem(404, "No link", f"No paper links {a.label} and {b.label}.")
    text = json.dumps(asdict(found), ensure_ascii=False)
    return _revalidated(Response(text, content_type="application/json"))


def _naming(ends: list[Entity], confidence: float) -> set[str]:
    """The papers that name each of *ends* so surely."""
    corpus = current_incidence()
    found: set[str] | None = None
    for end in ends:
        if end.kind == "paper":
            papers = {end.iri}
        else:
            thing = corpus.thing_at.get(end.iri)
            numbers = [] if thing is None else corpus.papers_of(thing, confidence).tolist()
            papers = {corpus.papers[number] for number in numbers}
        found = papers if found is None else found & papers
    return found or set()


def _places(chosen: Choice) -> dict[str, tuple[float, float]]:
    nodes = picture(service().snapshot(), chosen).data["nodes"]
    return {node["id"]: (node["x"], node["y"]) for node in nodes}


def _revalidated(response: Response) -> Response:
    response.add_etag()
    response.cache_control.no_cache = True
    response.make_conditional(request)
    return response


def _attached(response: Response, name: str) -> Response:
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _file_name(chosen: Choice) -> str:
    iri = chosen.focus or chosen.community or ""
    name = iri.rstrip("/").rpartition("/")[2] or ("communities" if chosen.folded else "corpus")
    safe = "".join(c if c.isascii() and c.isalnum() else "-" for c in name)[:60].strip("-")
    return f"{chosen.view}-{safe or 'focus'}"
