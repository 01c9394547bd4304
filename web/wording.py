"""How pages write things: addresses, counts, names of properties; the filters of the templates."""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote, unquote, urlencode, urlsplit

from flask import Flask, request

from scholargraph.graph.catalogue import KINDS, Catalogue, ending, kind_of
from scholargraph.graph.iris import Iris
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
    "citations-here": "Citations in this graph",
    "h-index": "h-index",
    "h-index-here": "h-index from these",
    "novelty": "Novelty",
    "paper-score": "Paper score",
    "papers": "Papers",
}

# Why a mention is taken for its concept: the rules of ``sg:linkedBy``.
LINK_RULES = {
    "abbreviation": "a paper spells the abbreviation out",
    "known": "a table of known names has it",
    "head": "its last word only repeats what kind of thing it is",
    "part": "it is a split or a part of the data set",
    "spelling": "it differs in case, plural, hyphens, spaces or articles only",
    "kind": "the paper speaks of it more surely as this kind",
    "kind-by-corpus": "all papers together speak of it more surely as this kind",
    "correction": "a person has said so",
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
        joined_by=joined_by,
        is_web=is_web,
        kind=kind,
        measure=lambda name: MEASURES.get(name, name),
        noun=noun,
        prefixed=prefixed,
        unit=unit,
        words=words,
    )
    app.jinja_env.globals.update(
        bars=charts.bars,
        stacks=charts.stacks,
        behind=behind,
        papers_with=papers_with,
        base_iri=lambda: service().iris.base,
        marked=marked_text,
    )


def here(path: str) -> str:
    """*path* of this application, wherever it is mounted."""
    return request.script_root + path


def address(iri: str) -> str | None:
    """Where this application shows *iri*; None where it is not a resource of this graph."""
    local = service().iris.local(iri)
    return here(local) if local else None


def key(iri: str) -> str:
    """What identifies *iri* among its kind: ``bert`` of ``…/method/bert``."""
    return _key(iri, service().iris)


def _key(iri: str, iris: Iris) -> str:
    local = iris.local(iri) or ""
    return unquote(local.removeprefix("/").partition("/")[2])


def papers_with(*iris: str, **more: str) -> str:
    """Where the papers are listed that all of *iris* stand on: the rows behind a number."""
    ours = service().iris  # once: a comparison has a thousand numbers
    pairs = [(kind_of(iri, ours), _key(iri, ours)) for iri in iris] + list(more.items())
    return here(f"/paper?{urlencode(pairs)}")


def behind(name: str, **iris: str) -> str:
    """Where the query is that gives a table's rows: ``queries/<name>.rq`` of *iris*."""
    return here(f"/query/{name}" + (f"?{urlencode(iris)}" if iris else ""))


def joined_by(rules: Sequence[str]) -> str:
    """Why a phrase is taken for its concept, in words; *rules* are those of ``sg:linkedBy``."""
    return "; ".join(LINK_RULES.get(rule, rule) for rule in rules)


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
