"""`/sparql`: the SPARQL 1.1 Protocol for queries, the editor, the service description."""

from flask import Blueprint, Response, current_app, render_template, request

from scholargraph import ScholarGraphError
from scholargraph.graph import vocab
from scholargraph.graph.questions import examples

from . import descriptions, queries, vendor
from .exchanges import outcome_of
from .headers import QUERIES
from .negotiation import best
from .observation import remarks
from .protocol import operation
from .queries import Question, Reply
from .representations import GRAPHS
from .service import service

blueprint = Blueprint("sparql", __name__)


@blueprint.route(QUERIES, methods=["GET", "POST"])
def sparql() -> Response:
    """
    The answer of a query; without one the service description.

    A browser gets the editor instead, which runs the query of its address: so links can be shared.
    """
    asked = queries.question(_request())
    if asked is not None:
        return _response(_reply(asked))
    text, _ = operation("query")
    if text is not None:
        return _editor(text)
    accept = request.headers.get("Accept", "")
    likes_pages = "text/html" in accept and best(accept, ("text/html", *GRAPHS)) == "text/html"
    return _editor() if likes_pages else descriptions.service_answer()


def _request() -> queries.Request:
    return queries.Request(
        method=request.method,
        url=request.base_url,
        query_string=request.query_string,
        accept=request.headers.get("Accept", ""),
        content_type=request.headers.get("Content-Type", ""),
        body=request.get_data() if request.method == "POST" else b"",
    )


def _reply(asked: Question) -> Reply:
    held, state, noted = service(), service().state(), remarks()
    if_none_match = request.headers.get("If-None-Match", "")
    noted.query = asked.text
    reply = queries.at_once(held, asked, state, request.method, if_none_match)
    noted.cached = reply is not None
    try:
        if reply is None and asked.fickle:
            reply = queries.reply(asked, queries.compute(held, asked))
        elif reply is None:
            answer = held.answers.answer(asked.key, state, lambda: queries.compute(held, asked))
            reply = queries.reply(asked, answer)
    except ScholarGraphError as error:
        noted.outcome = outcome_of(error)
        raise
    noted.outcome = "answered"
    return reply


def _response(reply: Reply) -> Response:
    if reply.answer is None:
        return current_app.response_class(status=reply.status, headers=reply.headers)
    response = current_app.response_class(reply.answer.chunks(), headers=reply.headers)
    response.call_on_close(reply.answer.close)
    return response


def _editor(text: str | None = None) -> Response:
    page = render_template(
        "sparql.html",
        examples=examples(),
        prefixes=vocab.PREFIXES,
        known=vocab.names(),
        vis=vendor.address("vis-network.min.js"),
        query=text,
    )
    response = current_app.make_response(page)
    response.vary.add("Accept")
    return response
