"""A paper as a list of references takes it: BibTeX, RIS or CSL-JSON, as doi.org names them."""

from collections.abc import Callable, Mapping

from flask import Response
from pyoxigraph import NamedNode

from scholargraph.graph.bibliography import Publication, publication
from scholargraph.graph.bibtex import entry
from scholargraph.graph.csl import dumped, item
from scholargraph.graph.ris import record

from .representations import document
from .service import service


def _csl(paper: Publication) -> str:
    return dumped(item(paper)) + "\n"


BIBTEX, RIS, CSL = (
    "application/x-bibtex",
    "application/x-research-info-systems",
    "application/vnd.citationstyles.csl+json",
)
WRITERS: Mapping[str, Callable[[Publication], str]] = {BIBTEX: entry, RIS: record, CSL: _csl}
SUFFIXES: Mapping[str, str] = {".bib": BIBTEX, ".ris": RIS, ".csl.json": CSL}


def reference(paper: NamedNode, form: str) -> Response:
    """*paper* as *form*, one of `WRITERS`."""
    text = WRITERS[form](publication(service().snapshot(), paper))
    response = document(text.encode(), form)
    if form != CSL:  # JSON is UTF-8 by itself (RFC 8259)
        response.content_type = f"{form}; charset=utf-8"
    return response
