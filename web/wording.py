"""How pages write things: addresses, counts, names of properties; the filters of the templates."""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote, urlsplit

from flask import Flask, request

from scholargraph.graph.catalogue import KINDS, Catalogue, ending, kind_of
from scholargraph.graph.vocab import PREFIXES

from . import charts
from .marking import Piece, Span, marked
from .service import service

PLURALS = {kind: f"{kind}s" for kind in KINDS}

UNITS = {"percent": " %", "points": " points", "times": "×"}

# What sources say of themselves, as their pages write it.
MEASURES = {
    "ai-score": "AI Score",
    "citations": "Citations",
    "h-index": "h-index",
    "novelty": "Novelty",
    "paper-score": "Paper score",
    "papers": "Papers",
}

# How a relation reads from its object's side.
INVERSE = {
    "usedFor": "is done with",
    "evaluatedOn": "evaluates",
    "trainedOn": "trains",
    "comparedWith": "compared with",
    "partOf": "has part",
    "subclassOf": "has subclass",
    "subtaskOf": "has subtask",
    "benchmarkFor": "has benchmark",
    "synonymOf": "synonym of",
}


def install(app: Flask) -> None:
    """Gives the templates of *app* the functions of this module."""
    app.jinja_env.filters.update(
        address=address,
        ending=ending,
        fragment=fragment,
        here=here,
        host=host,
        inverse=inverse,
        is_web=is_web,
        kind=kind,
        measure=lambda name: MEASURES.get(name, name),
        noun=noun,
        prefixed=prefixed,
        unit=unit,
        words=words,
    )
    app.jinja_env.globals.update(
        bars=charts.bars, base_iri=lambda: service().iris.base, marked=marked_text
    )


def here(path: str) -> str:
    """*path* of this application, wherever it is mounted."""
    return request.script_root + path


def address(iri: str) -> str | None:
    """Where this application shows *iri*; None where it is not a resource of this graph."""
    local = service().iris.local(iri)
    return here(local) if local else None


def ascii_address(iri: str) -> str:
    """`address` as it may stand in a header."""
    return quote(address(iri) or iri, safe="/:@!$&'()*+,;=~%?#-._")


def kind(iri: str) -> str:
    """What a resource is, by its IRI."""
    return kind_of(iri, service().iris)


def fragment(iri: str) -> str:
    """The part of *iri* after the hash: where on its owner's page a node is shown."""
    return iri.partition("#")[2]


def is_web(text: str) -> bool:
    """
    Whether *text* may become a link: what a source calls an address can be ``javascript:``.

    >>> is_web("https://example.org"), is_web("javascript:alert(1)")
    (True, False)
    """
    return re.match(r"https?://", text, re.IGNORECASE) is not None


def host(text: str) -> str:
    """The host of a web address, the text itself of any other."""
    try:
        return urlsplit(text).hostname or text
    except ValueError:
        return text


def noun(count: int, plural: str) -> str:
    """
    *plural* or its singular.

    >>> noun(1, "papers"), noun(2, "papers")
    ('paper', 'papers')
    """
    return plural.removesuffix("s") if count == 1 else plural


def prefixed(iri: str) -> str:
    """
    *iri* by its prefix, as queries write it.

    >>> prefixed("http://purl.org/dc/terms/title")
    'dct:title'
    """
    for prefix, namespace in PREFIXES.items():
        if iri.startswith(namespace) and len(iri) > len(namespace):
            return f"{prefix}:{iri[len(namespace) :]}"
    return iri


def unit(name: str | None) -> str:
    return UNITS.get(name or "", "")


def words(name: str) -> str:
    """
    A property's name as words.

    >>> words("evaluatedOn")
    'evaluated on'
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()


def inverse(name: str) -> str:
    """A relation's name as its object's page says it."""
    return INVERSE.get(name, f"{words(name)} (inverse)")


def marked_text(text: str, spans: Iterable[tuple[int, int, str]]) -> Sequence[Piece[str]]:
    """*text* in pieces; *spans* are start, end and what is there."""
    return marked(text, (Span(start, end, what) for start, end, what in spans))


def counts(catalogue: Catalogue) -> list[tuple[str, str, int]]:
    """Each kind with its plural and how many there are."""
    return [(kind, plural, catalogue.count(kind)) for kind, plural in PLURALS.items()]
