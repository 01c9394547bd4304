"""
Problem documents: RFC 9457 JSON for programs, a small page for browsers.

Errors of the rooms below become HTTP statuses here and nowhere else.
"""

import json
import logging
from http import HTTPStatus

from flask import Response, current_app, render_template, request

from scholargraph import ScholarGraphError
from scholargraph.graph.documents import RdfError
from scholargraph.graph.graph_store import GraphChanged
from scholargraph.graph.locks import RemoteError
from scholargraph.graph.rdfxml import NotXml
from scholargraph.graph.sparql import (
    AnswerUnwritable,
    PeerError,
    QueryCancelled,
    QueryError,
    QueryRefused,
    QueryTimeout,
    QueryTooLarge,
    UpdateTimeout,
)
from scholargraph.graph.store import StoreBusy

from .negotiation import best

MEDIA_TYPE = "application/problem+json"
# In the environ of a request that has ended already: the error that Flask is to answer.
ERROR = "scholargraph.error"

_OUT_OF_REACH = "The server that holds the graph does not answer as it should; try again later."

_log = logging.getLogger(__name__)


class Problem(ScholarGraphError):
    """
    An answer that is an error: *status*, a *title* that is the same for its kind, what went wrong.

    *headers* go out with it; *members* are further members of the document, such as ``line``.
    """

    def __init__(
        self,
        status: int,
        title: str,
        detail: str = "",
        *,
        headers: dict[str, str] | None = None,
        **members: object,
    ) -> None:
        super().__init__(detail or title)
        self.status = status
        self.title = title
        self.detail = detail
        self.headers = headers or {}
        self.members = members

    def document(self) -> dict[str, object]:
        """
        The members of the document, in the order they are printed.

        >>> Problem(400, "Bad query", line=3).document()
        {'type': 'about:blank', 'title': 'Bad query', 'status': 400, 'line': 3}
        """
        document: dict[str, object] = {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
        }
        if self.detail:
            document["detail"] = self.detail
        return document | self.members


def standard(status: int, detail: str = "", headers: dict[str, str] | None = None) -> Problem:
    """The problem that is called what HTTP calls *status*."""
    return Problem(status, HTTPStatus(status).phrase.capitalize(), detail, headers=headers)


def problem_of(error: ScholarGraphError) -> Problem | None:
    """What a client is told of *error*; None where that is a bug, or the machine's fault."""
    match error:
        case Problem():
            return error
        case QueryRefused():
            return Problem(403, "Query refused", str(error))
        case QueryError():
            problem = Problem(400, "Bad query", str(error))
            if error.line:
                problem.members = {"line": error.line, "column": error.column}
            return problem
        case GraphChanged():
            return Problem(412, "Precondition failed", str(error))
        case RdfError():
            return Problem(400, "Bad RDF", str(error))
        case PeerError():
            return Problem(502, "Another server failed", str(error))
        case AnswerUnwritable() | NotXml():
            return Problem(406, "Not acceptable", str(error))
        case QueryTimeout():
            return _later("The query took too long", error, 10)
        case UpdateTimeout():
            return _later("The change took too long", error, 60)
        case QueryTooLarge():
            return _later("The query needs too much memory", error, 60)
        case QueryCancelled():
            return _later("The query was stopped", error, 10)
        case RemoteError():
            # What it says names the server, which is nobody's business but the operator's.
            _log.warning("%s", error)
            return _later("The graph cannot be reached", _OUT_OF_REACH, 10)
        case StoreBusy():
            return _later("The store is busy", error, 5)
    return None


def _later(title: str, error: ScholarGraphError | str, seconds: int) -> Problem:
    return Problem(503, title, str(error), headers={"Retry-After": str(seconds)})


def likes_pages(accept: str) -> bool:
    """
    Whether a client gets a problem as a page.

    Only one that names ``text/html`` and likes it no less than JSON: for ``*/*`` (curl, most
    libraries) and for clients that like neither, the document is JSON.
    """
    offers = ("text/html", MEDIA_TYPE, "application/json")
    return "text/html" in accept.lower() and best(accept, offers) == "text/html"


def body_of(problem: Problem) -> str:
    """*problem* as JSON."""
    return json.dumps(problem.document(), ensure_ascii=False, indent=2) + "\n"


def answer(problem: Problem) -> Response:
    """*problem* as the response to the current request: a document, or a page."""
    if likes_pages(request.headers.get("Accept", "")):
        response = current_app.make_response(render_template("problem.html", problem=problem))
    else:
        response = current_app.response_class(body_of(problem), content_type=MEDIA_TYPE)
    response.status_code = problem.status
    response.headers.update(problem.headers)
    response.vary.add("Accept")
    return response
