"""Search by name: a page of hits, and suggestions while one types."""

from dataclasses import asdict

from flask import Blueprint, Response, request

from scholargraph.graph.catalogue import KINDS
from scholargraph.graph.search import Found

from . import wording
from .answering import HTML, JSON, as_json, chosen, page
from .holdings import current_catalogue, current_index
from .problems import standard

blueprint = Blueprint("search", __name__)

# What a page shows of each kind, and what a list of suggestions does.
HITS, SUGGESTED, SUGGESTIONS = 20, 4, 10


@blueprint.get("/search")
def search() -> Response:
    """The best hits of each kind for ``q``."""
    question = request.args.get("q", "").strip()
    found = current_index().search(question, limit=HITS)
    if chosen(HTML, JSON) == JSON:
        return as_json(
            {
                "question": question,
                "found": {
                    kind: {"total": group.total, "hits": _plain(group)}
                    for kind, group in found.items()
                },
            }
        )
    return page(
        "search.html",
        # The box holds 200 characters; a page need not repeat 10 kB.
        question=question[:200],
        found=found,
        counts=wording.counts(current_catalogue()),
    )


@blueprint.get("/suggest")
def suggest() -> Response:
    """
    A few of the best hits for ``q``, best kind first, each with where its page is.

    With ``kind`` only hits of that kind.

    Raises:
        Problem: 400 for a kind that there is none of.
    """
    question, kind = request.args.get("q", ""), request.args.get("kind")
    if kind is not None:
        if kind not in KINDS:
            raise standard(400, f"There is no kind {kind[:40]!r}; kind is {' or '.join(KINDS)}.")
        found = current_index().search(question, limit=SUGGESTIONS, kinds=(kind,))
    else:
        found = current_index().search(question, limit=SUGGESTED)
    suggestions = [hit for group in found.values() for hit in _plain(group)]
    response = as_json({"suggestions": suggestions[:SUGGESTIONS]})
    response.headers["Cache-Control"] = "max-age=30"
    return response


def _plain(group: Found) -> list[dict[str, object]]:
    return [asdict(hit) | {"address": wording.address(hit.iri)} for hit in group.hits]
