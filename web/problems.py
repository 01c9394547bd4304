"""Problem documents: RFC 9457 JSON for programs, a small page for browsers."""

import json
from http import HTTPStatus

from flask import Response, current_app, render_template, request

from scholargraph import ScholarGraphError

from .negotiation import best

MEDIA_TYPE = "application/problem+json"


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


def answer(problem: Problem) -> Response:
    """
    *problem* as the response to the current request.

    A page goes only to clients that name ``text/html`` and like it no less than JSON: for ``*/*``
    (curl, most libraries) and for clients that like neither, the document is JSON.
    """
    accept = request.headers.get("Accept", "")
    offers = (MEDIA_TYPE, "application/json", "text/html")
    if "text/html" in accept.lower() and best(accept, ("text/html", *offers)) == "text/html":
        response = current_app.make_response(render_template("problem.html", problem=problem))
    else:
        text = json.dumps(problem.document(), ensure_ascii=False, indent=2) + "\n"
        response = current_app.response_class(text, content_type=MEDIA_TYPE)
    response.status_code = problem.status
    response.headers.update(problem.headers)
    response.vary.add("Accept")
    return response
