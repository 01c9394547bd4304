"""Is the server alive, and can it answer: for load balancers and `make demo`."""

from flask import Blueprint, Response, jsonify

from .service import service

blueprint = Blueprint("health", __name__)


@blueprint.get("/health/live")
def live() -> Response:
    """200 while the process answers at all."""
    return _uncached(jsonify(status="alive"))


@blueprint.get("/health")
@blueprint.get("/health/ready")
def ready() -> Response:
    """200 with the snapshot's name once the store can be read."""
    snapshot = service().snapshot()
    snapshot.ask("ASK {}")
    return _uncached(jsonify(status="ready", snapshot=snapshot.name))


def _uncached(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
