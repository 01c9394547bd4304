"""The parameters and bodies of SPARQL 1.1 Protocol requests, read strictly."""

from typing import Literal
from urllib.parse import parse_qsl

from flask import request

from .problems import Problem, standard

FORM = "application/x-www-form-urlencoded"
MOST_PARAMETERS = 1000


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


def operation(name: Literal["query", "update"]) -> tuple[str | None, Parameters]:
    """
    The text of the operation that a request asks for, and all its parameters.

    The text is None where a GET has none.

    Raises:
        Problem: 400 for a text that is absent, doubled or no UTF-8; 415 for a body of another type.
    """
    other = "update" if name == "query" else "query"
    parameters = address_parameters()
    direct = None
    if request.method == "POST":
        if request.mimetype == FORM:
            _must_be_utf8()
            parameters += _parsed(request.get_data(), "The form")
        elif request.mimetype == f"application/sparql-{name}":
            _must_be_utf8()
            direct = _decoded(request.get_data(), "The body")
        else:
            given = request.mimetype or "no type"
            raise _unsupported(f"The body has {given}; send {FORM} or application/sparql-{name}.")
    if parameters.all(other):
        where = "/update" if other == "update" else "/sparql"
        raise standard(400, f"The parameter {other} is for {where}; here it is {name}.")
    text = parameters.one(name)
    if direct is not None and text is not None:
        raise standard(400, f"There is a {name} in the body and one in the address; send one.")
    text = direct if text is None else text
    if text is None and request.method == "POST":
        raise standard(400, f"The form has no parameter {name}.")
    return text, parameters


def _parsed(data: bytes, where: str) -> Parameters:
    try:
        pairs = parse_qsl(
            data.decode("utf-8"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_PARAMETERS,
        )
    except UnicodeDecodeError as error:
        raise _not_utf8(where, error) from error
    except ValueError as error:
        raise standard(400, f"{where} has more than {MOST_PARAMETERS} parameters.") from error
    return Parameters(pairs)


def _decoded(data: bytes, where: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _not_utf8(where, error) from error


def _not_utf8(where: str, error: UnicodeDecodeError) -> Problem:
    return standard(400, f"{where} is not UTF-8: {error.reason} at byte {error.start + 1}.")


def _must_be_utf8() -> None:
    charset = request.mimetype_params.get("charset", "utf-8")
    if charset.strip("\"' ").lower() not in ("utf-8", "utf8"):
        raise _unsupported(f"The body is {charset}; send UTF-8.")


def _unsupported(detail: str) -> Problem:
    return standard(415, detail)
