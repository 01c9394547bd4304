"""How programs find their way: robots, site maps, look-ups by IRI, a browser's search bar."""

from collections.abc import Iterable

from flask import Response, current_app, redirect, request
from markupsafe import Markup
from pyoxigraph import NamedNode
from werkzeug.wrappers import Response as BaseResponse

from scholargraph.graph.catalogue import KINDS
from scholargraph.graph.void import DESCRIPTION

from . import wording
from .holdings import current_catalogue
from .problems import standard
from .representations import linked
from .service import service

# Addresses that cost more than a page, or that make new addresses without end.
KEPT_FROM_CRAWLERS = (
    "/explore",
    "/compare?",
    "/query/",
    "/sparql?",
    "/search",
    "/suggest",
    "/lookup",
    "/store",
    "/update",
    "/export/",
)

# What one site map may hold (https://www.sitemaps.org/protocol.html).
MOST_ADDRESSES = 50_000

SEARCH_DESCRIPTION = "application/opensearchdescription+xml"


def found_from_home(response: Response) -> Response:
    """*response*, the start page, with links to what describes this service and its data."""
    license = service().settings.license
    links = [
        (wording.here("/.well-known/void"), "describedby", "text/turtle"),
        (wording.here("/sparql"), "service-desc", "text/turtle"),
        (wording.here("/openapi.json"), "service-desc", "application/json"),
        (wording.here("/sparql"), "service-doc", "text/html"),
        (wording.here("/opensearch.xml"), "search", SEARCH_DESCRIPTION),
    ]
    links += [(license, "license", "")] if license else []
    return linked(response, *links)


def robots() -> Response:
    """What crawlers may read: pages and their data, not what is computed for each address anew."""
    lines = ["User-agent: *"]
    lines += [f"Disallow: {wording.here(path)}" for path in KEPT_FROM_CRAWLERS]
    lines += ["", f"Sitemap: {request.url_root}sitemap.xml", ""]
    return _for_a_day("\n".join(lines), "text/plain; charset=utf-8")


def sitemap() -> Response:
    """Which site maps there are: papers, authors and concepts, by `MOST_ADDRESSES`."""
    catalogue = current_catalogue()
    maps = [
        f"{request.url_root}sitemap-{kind}-{number}.xml"
        for kind in KINDS
        for number in range(1, -(-catalogue.count(kind) // MOST_ADDRESSES) + 1)
    ]
    return _addresses("sitemapindex", "sitemap", maps)


def sitemap_of(kind: str, number: int) -> Response:
    """
    The addresses of one kind.

    Raises:
        Problem: 404 for a number that is none.
    """
    catalogue = current_catalogue()
    things = catalogue.papers if kind == "paper" else catalogue.counted(kind)
    part = things[(number - 1) * MOST_ADDRESSES : number * MOST_ADDRESSES] if number else ()
    if not part:
        raise standard(404, f"There is no site map {number} of {wording.PLURALS[kind]}.")
    root = request.url_root.rstrip("/").removesuffix(request.script_root)
    return _addresses("urlset", "url", (root + wording.ascii_address(item.iri) for item in part))


def opensearch() -> Response:
    """The search as browsers and void:openSearchDescription know it."""
    text = Markup(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/">\n'
        "<ShortName>scholargraph</ShortName>\n<Description>{}</Description>\n"
        '<Url type="text/html" template="{}search?q={{searchTerms}}"/>\n'
        "</OpenSearchDescription>\n"
    ).format(DESCRIPTION, request.url_root)
    return _for_a_day(text, SEARCH_DESCRIPTION)


def lookup() -> BaseResponse:
    """
    Where the resource ``uri`` is: 303.

    Raises:
        Problem: 400 for what is no IRI, 404 for one that is not below our base.
    """
    wanted = request.args.get("uri", "")
    try:
        local = service().iris.local(NamedNode(wanted).value)
    except ValueError as error:
        raise standard(400, f"{wanted[:200]!r} is no IRI: {error}. Give one with ?uri=.") from error
    if local is None:
        raise standard(404, f"IRIs of this graph begin with {service().iris.base}.")
    # With our host in front: `//host/` alone would lead elsewhere.
    return redirect(request.url_root.rstrip("/") + local, code=303)


def _addresses(whole: str, item: str, addresses: Iterable[str]) -> Response:
    entries = [Markup("<{0}><loc>{1}</loc></{0}>\n").format(item, found) for found in addresses]
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<{whole} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        f"{''.join(entries)}</{whole}>\n"
    )
    return _for_a_day(text, "application/xml")


def _for_a_day(text: str, content_type: str) -> Response:
    response = current_app.response_class(text, content_type=content_type)
    response.headers["Cache-Control"] = "max-age=86400"
    response.add_etag()
    response.make_conditional(request)
    return response
