"""Papers, methods or authors side by side; what is compared stands in the address."""

from dataclasses import asdict
from typing import NoReturn
from urllib.parse import quote, urlencode

from flask import Response, current_app, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from scholargraph.graph.catalogue import Catalogue, Named
from scholargraph.graph.compare import (
    FEWEST,
    MOST,
    CompareError,
    Comparison,
    comparison,
    kind_of_all,
)
from scholargraph.graph.comparison_tables import (
    comparison_csv,
    comparison_latex,
    place,
    value,
)
from scholargraph.graph.related import related_papers
from scholargraph.graph.search import Hit, fold

from . import wording
from .answering import HTML, JSON, as_json, chosen, page
from .holdings import current_catalogue, current_index, current_tally
from .problems import standard
from .remembered import remembered
from .service import service

PATH = "/compare"
FILES = {"csv": "text/csv", "tex": "application/x-tex"}
FORMS = {media: suffix for suffix, media in FILES.items()}

# Hits of a search, and things that may be worth comparing with.
HITS, OFFERED = 20, 8


def compare() -> BaseResponse:
    """
    The comparison of every ``iri``; with fewer than two, ways to find more.

    ``add`` is a name: where one thing is called so, it joins the others.

    Raises:
        Problem: 400 for things that cannot be compared.
    """
    iris = _iris()
    if text := request.args.get("add", "").strip():
        catalogue = current_catalogue()
        kind = _kind(catalogue, iris)
        hits = _hits(text, kind, iris)
        exact = [hit for hit in hits if fold(hit.name) == fold(text)]
        if len(found := exact or hits) == 1:
            return redirect(address(*iris, found[0].iri), code=303)
    return _compared()


@remembered
def _compared() -> Response:
    iris = _iris()
    catalogue = current_catalogue()
    kind = _kind(catalogue, iris)
    form = chosen(HTML, JSON, *FORMS)
    if form in FORMS:
        return _file(_comparison(catalogue, iris), FORMS[form])
    compared = _comparison(catalogue, iris) if len(iris) >= FEWEST else None
    if form == JSON:
        if compared is None:
            _refuse(CompareError(f"Give {FEWEST} to {MOST} IRIs, each as iri=…"))
        return as_json(asdict(compared))
    text = request.args.get("add", "").strip()
    return page(
        "compare.html",
        compared=compared,
        kind=kind,
        chosen=[Named(iri, catalogue.name(iri)) for iri in iris],
        full=len(iris) >= MOST,
        text=text[:200],
        hits=_hits(text, kind, iris) if text else [],
        offered=_offered(catalogue, kind, iris) if kind and len(iris) < MOST else [],
        with_it=lambda iri: address(*iris, iri),
        without=lambda iri: address(*(other for other in iris if other != iri)),
        file=lambda suffix: (
            f"{wording.here(PATH)}.{suffix}?{urlencode([('iri', i) for i in iris])}"
        ),
        pick=wording.here(PATH)
        + "?"
        + "".join(f"iri={quote(iri, safe='')}&" for iri in iris)
        + "iri=",
        place=place,
        value=value,
    )


@remembered
def compare_as(suffix: str) -> Response:
    """
    The comparison as a CSV file or as a LaTeX table.

    Raises:
        Problem: 400 for things that cannot be compared.
    """
    return _file(_comparison(current_catalogue(), _iris()), suffix)


def address(*iris: str) -> str:
    """Where *iris* are compared."""
    pairs = urlencode([("iri", iri) for iri in iris])
    return wording.here(PATH) + (f"?{pairs}" if pairs else "")


def _iris() -> list[str]:
    iris = list(dict.fromkeys(iri for iri in request.args.getlist("iri") if iri))
    if len(iris) > MOST:
        raise standard(400, f"{len(iris)} things were given; at most {MOST} can be compared.")
    return iris


def _kind(catalogue: Catalogue, iris: list[str]) -> str | None:
    """What kind of things is compared; None before the first is chosen."""
    if not iris:
        return None
    try:
        return kind_of_all(catalogue, iris)
    except CompareError as error:
        _refuse(error)


def _comparison(catalogue: Catalogue, iris: list[str]) -> Comparison:
    try:
        tallied = {iri: current_tally(iri) for iri in iris}
        return comparison(service().snapshot(), catalogue, iris, tallied)
    except CompareError as error:
        _refuse(error)


def _refuse(error: CompareError) -> NoReturn:
    raise standard(400, f"{error}.") from error


def _hits(text: str, kind: str | None, iris: list[str]) -> list[Hit]:
    index = current_index()
    found = index.search(text, limit=HITS, kinds=(kind,)) if kind else index.search(text, limit=5)
    return [hit for group in found.values() for hit in group.hits if hit.iri not in iris]


def _offered(catalogue: Catalogue, kind: str, iris: list[str]) -> list[Named]:
    """What is near the last one chosen: related papers; what stands on the same papers."""
    last = iris[-1]
    if kind == "paper":
        near = [Named(paper.iri, paper.title) for paper in related_papers(catalogue, last)]
    else:
        papers = catalogue.ties.papers(last)
        beside = catalogue.beside(papers, *iris, most=OFFERED)[kind]
        near = [Named(item.iri, item.name) for item in beside]
    return [thing for thing in near if thing.iri not in iris][:OFFERED]


def _file(compared: Comparison, suffix: str) -> Response:
    body = comparison_csv(compared) if suffix == "csv" else comparison_latex(compared)
    response = current_app.response_class(body, content_type=f"{FILES[suffix]}; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="comparison.{suffix}"'
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.vary.add("Accept")
    return response
