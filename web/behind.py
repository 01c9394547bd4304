"""The queries behind the tables of pages: `/query/author_papers?author=IRI` leads to SPARQL."""

from importlib.resources import files
from urllib.parse import urlencode

from flask import redirect, request
from pyoxigraph import NamedNode
from werkzeug.wrappers import Response as BaseResponse

from scholargraph.graph.questions import spelled_out

from . import wording
from .problems import standard

PATH = "/query"


def query(name: str) -> BaseResponse:
    """
    Where the query ``queries/<name>.rq`` can be asked, read and changed: 303 to the SPARQL page.

    Parameters are IRIs that take the place of its variables.

    Raises:
        Problem: 404 for a query that there is not, 400 for a parameter that is no IRI.
    """
    folder = files("scholargraph.graph").joinpath("queries")
    if not name.replace("_", "").isalnum() or not folder.joinpath(f"{name}.rq").is_file():
        raise standard(404, f"There is no query {name[:100]!r}.")
    bindings = {}
    for variable, iri in request.args.items():
        if not (variable.isascii() and variable.isidentifier()):
            raise standard(400, f"{variable[:100]!r} is no name of a variable.")
        try:
            bindings[variable] = NamedNode(iri)
        except ValueError as error:
            raise standard(
                400, f"{variable} is {iri[:200]!r}, which is no IRI: {error}."
            ) from error
    text = spelled_out(name, **bindings)
    return redirect(f"{wording.here('/sparql')}?{urlencode({'query': text})}", code=303)
