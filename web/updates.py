"""`/update`: the SPARQL 1.1 Protocol for updates, for whoever has the token."""

from flask import Blueprint, Response, current_app, request

from .authorization import require_token
from .protocol import operation
from .service import service

blueprint = Blueprint("updates", __name__)


@blueprint.post("/update")
def run() -> Response:
    """204 once the update is durable and every reader sees it."""
    require_token()
    text, parameters = operation("update")
    service().writers.update(
        text or "",
        using=parameters.all("using-graph-uri"),
        using_named=parameters.all("using-named-graph-uri"),
        base_iri=request.base_url,
    )
    return current_app.response_class(status=204)
