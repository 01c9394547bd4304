"""Is the server alive, and can it answer: for load balancers and `make demo`."""

from flask import Blueprint, Response, current_app, jsonify

from scholargraph.graph.store import StoreError

from .problems import Problem
from .service import service

blueprint = Blueprint("health", __name__)

# Seconds after which to ask again: what reads the store anew takes less.
RETRY = 5


@blueprint.get("/health/live")
def live() -> Response:
    """200 while the process answers at all; the store is not looked at."""
    return _uncached(jsonify(status="alive"))


@blueprint.get("/health")
@blueprint.get("/health/ready")
def ready() -> Response:
    """
    200 with the snapshot's name where the store can be read.

    Raises:
        Problem: 503 where it cannot.
    """
    try:
        snapshot = service().snapshot()
        snapshot.ask("ASK { ?s ?p ?o }")  # one triple at most, but that from the disk
    except (StoreError, OSError, RuntimeError) as error:  # RuntimeError is what corruption raises
        # Whoever may ask need not learn where the store lies.
        current_app.logger.error("not ready: %s", error)
        raise Problem(
            503,
            "Not ready",
            "The store cannot be read; the server's own log says why.",
            headers={"Retry-After": str(RETRY), "Cache-Control": "no-store"},
        ) from error
    return _uncached(jsonify(status="ready", snapshot=snapshot.name))


def _uncached(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
