"""`/metrics`: what was answered, and what it took, in the text forms that Prometheus reads."""

from flask import Blueprint, Response, current_app, request
from prometheus_client import exposition
from prometheus_client.openmetrics import exposition as openmetrics

from .negotiation import best
from .problems import standard
from .service import service

blueprint = Blueprint("metrics", __name__)

TEXT = "text/plain"
OPENMETRICS = "application/openmetrics-text"


@blueprint.get("/metrics")
def scraped() -> Response:
    """Every series; in the newer form, OpenMetrics, for whoever likes it better."""
    form = best(request.headers.get("Accept", ""), (TEXT, OPENMETRICS))
    if form is None:
        raise standard(406, f"Metrics are available as {TEXT} and {OPENMETRICS}.")
    registry = service().counters.registry
    # The library's own choice by Accept would repeat the client's words in our Content-Type.
    if form == OPENMETRICS:
        body = openmetrics.generate_latest(registry)  # type: ignore[no-untyped-call]
        content_type = openmetrics.CONTENT_TYPE_LATEST
    else:
        body = exposition.generate_latest(registry)
        content_type = exposition.CONTENT_TYPE_PLAIN_0_0_4
    response = current_app.response_class(body, content_type=content_type)
    response.headers["Cache-Control"] = "no-store"
    response.vary.add("Accept")
    return response
