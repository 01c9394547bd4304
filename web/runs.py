"""What was imported, when and by what, and what was skipped: the reports of the runs."""

from dataclasses import asdict

from flask import Response

from scholargraph.graph.history import runs as all_runs

from . import wording
from .answering import HTML, JSON, as_json, chosen, page, page_number
from .remembered import remembered
from .service import service

PATH = "/runs"

# Runs on one page, each with the records that it refused.
PAGE = 25


@remembered
def runs() -> Response:
    """Every run with its report, newest first, page by page."""
    found = all_runs(service().snapshot())
    number, pages = page_number(len(found), PAGE)
    shown = found[(number - 1) * PAGE : number * PAGE]
    if chosen(HTML, JSON) == JSON:
        return as_json(
            {
                "total": len(found),
                "page": number,
                "pages": pages,
                "runs": [asdict(run) for run in shown],
            }
        )
    return page(
        "runs.html",
        total=len(found),
        runs=shown,
        page=number,
        pages=pages,
        page_address=lambda number: wording.here(f"{PATH}?page={number}"),
    )
