"""`/sparql`: the SPARQL 1.1 Protocol for queries, the editor, the service description."""

from flask import Blueprint, Response, current_app, render_template, request

from scholargraph.graph.questions import examples
from scholargraph.graph.vocab import PREFIXES

from . import descriptions, queries
from .headers import QUERIES
from .negotiation import best
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
    held, state = service(), service().state()
    if_none_match = request.headers.get("If-None-Match", "")
    reply = queries.at_once(held, asked, state, request.method, if_none_match)
    if reply is not None:
        return reply
    if asked.fickle:
        return queries.reply(asked, queries.compute(held, asked))
    answer = held.answers.answer(asked.key, state, lambda: queries.compute(held, asked))
    return queries.reply(asked, answer)


def _response(reply: Reply) -> Response:
    if reply.answer is None:
        return current_app.response_class(status=reply.status, headers=reply.headers)
    response = current_app.response_class(reply.answer.chunks(), headers=reply.headers)
    response.call_on_close(reply.answer.close)
    return response


def _editor(text: str | None = None) -> Response:
    page = render_template("sparql.html", examples=examples(), prefixes=PREFIXES, query=text)
    response = current_app.make_response(page)
    response.vary.add("Accept")
    return response
