"""What the service and its data are, for machines and people: `/.well-known/void` and `/sparql`."""

from typing import cast

from flask import Response, g, request

from scholargraph.graph.census import Census
from scholargraph.graph.service_description import service_description
from scholargraph.graph.void import DESCRIPTION, TITLE, Site, graph_descriptions, vocabularies, void

from . import wording
from .answering import HTML, chosen, page
from .negotiation import best
from .problems import Problem, standard
from .remembered import remembered_by
from .representations import GRAPHS, SUFFIXES, graph, linked
from .service import service

PATH = "/.well-known/void"


def _version() -> str:
    """What the descriptions change with; they are made once for each."""
    census, current = _census()
    stage = (census.state, census.subjects is None, census.complete) if census else ()
    return f"census {stage} {current} of {request.url_root}"


@remembered_by(_version)
def dataset() -> Response:
    """VoID in the format the client likes best; figures on a page for a browser."""
    form = chosen(*GRAPHS, HTML)
    return _dataset(form)


@remembered_by(_version)
def dataset_as(suffix: str) -> Response:
    """VoID in the format of *suffix*."""
    return _dataset(SUFFIXES[f".{suffix}"])


@remembered_by(_version)
def service_answer() -> Response:
    """
    The service description, for a client of `/sparql` that asks nothing.

    Raises:
        Problem: 406 with what is available.
    """
    form = best(request.headers.get("Accept", ""), tuple(GRAPHS))
    if form is None:
        raise Problem(
            406,
            "Not acceptable",
            f"The description of this service is available as {', '.join(GRAPHS)}; "
            "for answers send a query.",
            available=list(GRAPHS),
        )
    site, (census, current) = _site(), _census()
    federated = bool(service().settings.allowed_services)
    triples = service_description(site, census, current=current, federated=federated)
    response = graph(triples, form)
    return linked(response, (wording.here(PATH), "describedby", ""))


def _dataset(form: str) -> Response:
    site, (census, current) = _site(), _census()
    if form == HTML:
        response = page(
            "dataset.html",
            title=TITLE,
            description=DESCRIPTION,
            site=site,
            census=census,
            current=current,
            vocabularies=vocabularies(census) if census else [],
        )
    else:
        triples = [*void(site, census, current=current), *graph_descriptions(site, census)]
        response = graph(triples, form)
    here = wording.here(PATH)
    links = [(f"{here}{suffix}", "alternate", media) for suffix, media in SUFFIXES.items()]
    links += [(here, "canonical", ""), (wording.here("/sparql"), "service-desc", "text/turtle")]
    links += [(site.license, "license", "")] if site.license else []
    return linked(response, *links)


def _census() -> tuple[Census | None, bool]:
    """The latest census there is, and whether it is of what is served now: one for a request."""
    if "census" not in g:
        found = service().censuses.newest()
        g.census = found, found is not None and found.state == service().state()
    return cast(tuple[Census | None, bool], g.census)


def _site() -> Site:
    """
    Where this request found us.

    Raises:
        Problem: 400 for a Host that can be no part of an address.
    """
    if not request.host:  # which is what werkzeug makes of those
        raise standard(400, "The Host header names no host.")
    settings = service().settings
    return Site(request.url_root, service().iris.base, settings.license, settings.token is not None)
