"""The start page."""

from dataclasses import asdict

from flask import Response

from scholargraph.graph.questions import examples

from . import wording
from .answering import HTML, JSON, as_json, chosen, page
from .discovery import found_from_home
from .drawings import network
from .holdings import current_catalogue, current_opening
from .remembered import remembered


@remembered
def home() -> Response:
    """What is in the graph, and where to begin."""
    catalogue, opening = current_catalogue(), current_opening()
    counts = wording.counts(catalogue)
    if chosen(HTML, JSON) == JSON:
        response = as_json(
            {
                "counts": {plural: count for _, plural, count in counts},
                "papersPerYear": dict(catalogue.years),
                "rising": asdict(opening.rising) if opening.rising else None,
                "questions": [asdict(example) for example in examples()],
            }
        )
    else:
        response = page(
            "home.html",
            catalogue=catalogue,
            counts=counts,
            examples=examples(),
            rising=opening.rising,
            picture=network(
                opening.picture,
                "The methods, datasets and tasks of most papers, and which are named together",
                wording.address,
            ),
        )
    return found_from_home(response)
