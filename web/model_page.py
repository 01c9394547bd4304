"""How well the extractor reads: the scores and the calibration of the model in use, its licence."""

from collections import Counter
from dataclasses import asdict

from flask import Response

from scholargraph.extract.card import card
from scholargraph.graph import vocab as v
from scholargraph.graph.parts import FACTS

from .answering import HTML, JSON, as_json, chosen, page
from .charts import reliability
from .markdown import html
from .remembered import remembered
from .service import service

PATH = "/model"


@remembered
def model() -> Response:
    """What the shipped model can do, and which models the papers of this graph were read with."""
    found, used = card(), _used()
    if chosen(HTML, JSON) == JSON:
        return as_json(
            {
                "name": found.name,
                "version": found.version,
                "sha256": found.sha256,
                "heads": [asdict(head) for head in found.heads],
                "usedByRuns": dict(used),
            }
        )
    return page("model.html", card=found, used=used, html=html, reliability=reliability)


def _used() -> list[tuple[str, int]]:
    """Models by how many runs read with them."""
    quads = service().snapshot().quads(None, v.MODEL, None, FACTS)
    return Counter(getattr(quad.object, "value", "") for quad in quads).most_common()
