"""What the pages' answers share: the form that a client wants, HTML, JSON, page numbers."""

import json
from decimal import Decimal

from flask import Response, current_app, render_template, request

from .negotiation import best
from .problems import standard

HTML, JSON = "text/html", "application/json"


def page_number(total: int, size: int) -> tuple[int, int]:
    """
    The page that the request asks for, and how many there are; an empty list has one.

    Raises:
        Problem: 404 for a page that is none.
    """
    pages = max(1, -(-total // size))
    text = request.args.get("page", "1")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if not 1 <= number <= pages:
        raise standard(404, f"There is no page {text!r}; pages are 1 to {pages}.")
    return number, pages


def chosen(*offers: str) -> str:
    """
    The media type on offer that the client likes best.

    Raises:
        Problem: 406 where it likes none.
    """
    found = best(request.headers.get("Accept", ""), offers)
    if found is None:
        raise standard(406, f"This is available as {', '.join(offers)}.")
    return found


def page(template: str, **values: object) -> Response:
    """An HTML page."""
    response = current_app.make_response(render_template(template, **values))
    response.vary.add("Accept")
    return response


def as_json(value: object) -> Response:
    """*value* as JSON; letters stay letters."""
    text = json.dumps(value, ensure_ascii=False, default=_number)
    response = current_app.response_class(text + "\n", content_type=JSON)
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.vary.add("Accept")
    return response


def _number(value: object) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{type(value).__name__} is no JSON value")
