"""The parameters and bodies of SPARQL 1.1 Protocol requests, read strictly."""

from collections.abc import Mapping
from typing import Literal

from flask import request
from werkzeug.http import parse_options_header

from scholargraph.graph.percent import unquoted

from .problems import Problem, standard

FORM = "application/x-www-form-urlencoded"
MOST_PARAMETERS = 1000

Operation = Literal["query", "update"]


class Parameters:
    """The parameters of a request's address or form, in order, repetitions kept."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._pairs = pairs

    def all(self, name: str) -> list[str]:
        return [value for key, value in self._pairs if key == name]

    def one(self, name: str) -> str | None:
        """
        The value of *name*, None where it is absent.

        Raises:
            Problem: 400 where it is given twice.
        """
        values = self.all(name)
        if len(values) > 1:
            raise standard(400, f"The parameter {name} is given {len(values)} times; give it once.")
        return values[0] if values else None

    def __add__(self, other: "Parameters") -> "Parameters":
        return Parameters(self._pairs + other._pairs)


def address_parameters() -> Parameters:
    """
    The parameters in the request's address.

    Raises:
        Problem: 400 for what is not UTF-8.
    """
    return _parsed(request.query_string, "The address")


def operation(name: Operation) -> tuple[str | None, Parameters]:
    """
    What `read` finds in Flask's current request.

    Raises:
        Problem: As `read`.
    """
    return read(
        name,
        request.method,
        request.query_string,
        request.headers.get("Content-Type", ""),
        request.get_data() if request.method == "POST" else b"",
    )


def read(
    name: Operation, method: str, query_string: bytes, content_type: str, body: bytes
) -> tuple[str | None, Parameters]:
    """
    The text of the operation that a request asks for, and all its parameters.

    The text is None where a GET has none.

    Raises:
        Problem: 400 for a text that is absent, doubled or no UTF-8; 415 for a body of another type.
    """
    other = "update" if name == "query" else "query"
    parameters = _parsed(query_string, "The address")
    direct = None
    if method == "POST":
        media_type, options = parse_options_header(content_type)
        media_type = media_type.lower()
        if media_type == FORM:
            _must_be_utf8(options)
            parameters += _parsed(body, "The form")
        elif media_type == f"application/sparql-{name}":
            _must_be_utf8(options)
            direct = _decoded(body, "The body")
        else:
            given = media_type or "no type"
            raise _unsupported(f"The body has {given}; send {FORM} or application/sparql-{name}.")
    if parameters.all(other):
        where = "/update" if other == "update" else "/sparql"
        raise standard(400, f"The parameter {other} is for {where}; here it is {name}.")
    text = parameters.one(name)
    if direct is not None and text is not None:
        raise standard(400, f"There is a {name} in the body and one in the address; send one.")
    text = direct if text is None else text
    if text is None and method == "POST":
        raise standard(400, f"The form has no parameter {name}.")
    return text, parameters


def _parsed(data: bytes, where: str) -> Parameters:
    pieces = data.split(b"&")
    if len(pieces) > MOST_PARAMETERS:
        raise standard(400, f"{where} has more than {MOST_PARAMETERS} parameters.")
    try:
        pairs = [piece.partition(b"=") for piece in pieces if piece]
        return Parameters([(_text(name), _text(value)) for name, _, value in pairs])
    except UnicodeDecodeError as error:
        raise _not_utf8(where, error) from error


def _text(encoded: bytes) -> str:
    return unquoted(encoded.replace(b"+", b" ")).decode("utf-8")


def _decoded(data: bytes, where: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _not_utf8(where, error) from error


def _not_utf8(where: str, error: UnicodeDecodeError) -> Problem:
    return standard(400, f"{where} is not UTF-8: {error.reason} at byte {error.start + 1}.")


def _must_be_utf8(options: Mapping[str, str]) -> None:
    charset = options.get("charset", "utf-8")
    if charset.strip("\"' ").lower() not in ("utf-8", "utf8"):
        raise _unsupported(f"The body is {charset}; send UTF-8.")


def _unsupported(detail: str) -> Problem:
    return standard(415, detail)
