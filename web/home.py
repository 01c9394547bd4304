"""The start page, and the lists that its counts lead to."""

from dataclasses import asdict
from urllib.parse import urlencode

from flask import Response, request

from scholargraph.graph.catalogue import Counted, Listed
from scholargraph.graph.questions import examples

from . import wording
from .answering import HTML, JSON, as_json, chosen, page, page_number
from .discovery import found_from_home
from .holdings import current_catalogue
from .problems import standard

# What a page shows of a list.
PAGE = 50

SORTS = {
    "paper": (("date", "newest first"), ("title", "title")),
    "concept": (("papers", "number of papers"), ("name", "name")),
}


def home() -> Response:
    """What is in the graph, and where to begin."""
    catalogue = current_catalogue()
    counts = wording.counts(catalogue)
    if chosen(HTML, JSON) == JSON:
        response = as_json(
            {
                "counts": {plural: count for _, plural, count in counts},
                "papersPerYear": dict(catalogue.years),
                "questions": [asdict(example) for example in examples()],
            }
        )
    else:
        response = page("home.html", catalogue=catalogue, counts=counts, examples=examples())
    return found_from_home(response)


def listing(kind: str) -> Response:
    """Every paper, author or concept of one kind, page by page."""
    catalogue = current_catalogue()
    sorts = SORTS.get(kind, SORTS["concept"])
    sort = request.args.get("sort", sorts[0][0])
    year = request.args.get("year", "") if kind == "paper" else ""
    if sort not in dict(sorts):
        known = " or ".join(key for key, _ in sorts)
        raise standard(400, f"There is no order {sort!r}; sort is {known}.")
    items: list[Listed] | list[Counted]
    if kind == "paper":
        items = [paper for paper in catalogue.papers if (paper.date or "").startswith(year)]
        if sort == "title":
            items.sort(key=lambda paper: paper.title.casefold())
    else:
        items = list(catalogue.counted(kind))
        if sort == "name":
            items.sort(key=lambda item: item.name.casefold())
    number, pages = page_number(len(items), PAGE)
    shown = items[(number - 1) * PAGE : number * PAGE]
    plural = wording.PLURALS[kind]

    def list_address(number: int, order: str | None = None) -> str:
        query = {"sort": order or sort} if (order or sort) != sorts[0][0] else {}
        query |= {"year": year} if year else {}
        query |= {"page": str(number)} if number > 1 else {}
        path = wording.here(f"/{kind}")
        return f"{path}?{urlencode(query)}" if query else path

    if chosen(HTML, JSON) == JSON:
        return as_json(
            {
                "total": len(items),
                "page": number,
                "pages": pages,
                plural: [asdict(item) for item in shown],
            }
        )
    return page(
        "list.html",
        kind=kind,
        plural=plural,
        total=len(items),
        year=year,
        items=shown,
        sort=sort,
        sorts=sorts,
        page=number,
        pages=pages,
        list_address=list_address,
    )
