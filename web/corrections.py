"""`/corrections`: what people say against the extractor. Anybody reads, the token writes."""

import json
from typing import Any

from flask import Blueprint, Response, current_app, request, url_for

from scholargraph.graph.corrections import Correction, CorrectionError, corrections

from .answering import JSON, as_json, chosen
from .authorization import require_token
from .problems import Problem, standard
from .service import service

blueprint = Blueprint("corrections", __name__)


@blueprint.get("/corrections")
def listed() -> Response:
    """Every correction, in the order in which they apply."""
    chosen(JSON)
    return _tagged({"corrections": [each.json() for each in _corrections()]})


@blueprint.get("/corrections/<id>")
def one(id: str) -> Response:
    """One correction."""
    chosen(JSON)
    for each in _corrections():
        if each.id == id:
            return _tagged(each.json())
    raise _absent(id)


@blueprint.post("/corrections")
def make() -> Response:
    """Makes a correction: 201 once every reader sees it, 200 where it had been made before."""
    require_token()
    chosen(JSON)
    known = {each.id for each in _corrections()}
    try:
        made = service().writers.correct(_body())
    except CorrectionError as error:
        raise Problem(400, "Bad correction", str(error)) from error
    response = as_json(made)
    response.status_code = 200 if made["id"] in known else 201
    response.headers["Location"] = url_for("corrections.one", id=made["id"])
    return response


@blueprint.delete("/corrections/<id>")
def withdraw(id: str) -> Response:
    """Withdraws a correction: the graph is as if it had never been made."""
    require_token()
    try:
        service().writers.withdraw(id)
    except CorrectionError as error:
        raise _absent(id) from error
    return current_app.response_class(status=204)


def _corrections() -> tuple[Correction, ...]:
    return corrections(service().snapshot(), service().iris)


def _absent(id: str) -> Problem:
    return standard(404, f"There is no correction {id[:100]}.")


def _body() -> dict[str, Any]:
    if request.mimetype != JSON:
        given = request.mimetype or "no type"
        raise standard(415, f"The body has {given[:100]}; send {JSON}.")
    try:
        value = json.loads(request.get_data())
    except (ValueError, RecursionError) as error:
        raise standard(400, f"The body is not JSON: {error}.") from error
    if not isinstance(value, dict):
        raise standard(400, "The body is not a JSON object; send one correction.")
    return value


def _tagged(value: object) -> Response:
    response = as_json(value)
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response
