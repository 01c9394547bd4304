"""
Queries over HTTP without a web framework: what a request asks, and what is sent for it.

Flask's route and the front both answer through here.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from scholargraph.graph import reader, sameness
from scholargraph.graph.cancellation import Cancellation
from scholargraph.graph.readers import Answer, Pending
from scholargraph.graph.sparql import Form, form

from .answer_cache import Key
from .negotiation import best
from .problems import Problem, standard
from .protocol import Parameters, read
from .service import Service

JSON = "application/sparql-results+json"
# The first is what a client gets that accepts everything.
OFFERS: dict[Form, tuple[str, ...]] = {
    "solutions": (*reader.SOLUTIONS, "application/json"),
    "boolean": (*reader.SOLUTIONS, "application/json"),
    "graph": tuple(reader.GRAPHS),
}

# `format=` for links, which cannot send Accept: the first that fits the kind of answer. Clients
# such as SPARQLWrapper send these names beside a right Accept: one that does not fit is no error.
FORMATS = {
    "json": (JSON, "application/ld+json"),
    "xml": ("application/sparql-results+xml", "application/rdf+xml"),
    "csv": ("text/csv",),
    "tsv": ("text/tab-separated-values",),
    "ttl": ("text/turtle",),
    "turtle": ("text/turtle",),
    "n3": ("text/turtle",),
    "nt": ("application/n-triples",),
    "jsonld": ("application/ld+json",),
    "json-ld": ("application/ld+json",),
    "rdf": ("application/rdf+xml",),
    "rdf+xml": ("application/rdf+xml",),
    "trig": ("application/trig",),
    "nq": ("application/n-quads",),
}

MEDIA_TYPES = {media: (media,) for medias in FORMATS.values() for media in medias}

# A prologue with comments before its lines, if with any, and a form with a space behind it.
_USUAL = re.compile(
    r"(?:(?:\s|#[^\r\n]*+[\r\n])*+PREFIX\s+[A-Za-z][\w-]*:\s*<[^\x00-\x20<>\"{}|^`\\]*>)*+"
    r"(?:\s|#[^\r\n]*+[\r\n])*+(SELECT|ASK|CONSTRUCT|DESCRIBE)\s",
    re.IGNORECASE | re.ASCII,
)
_USUAL_FORMS: dict[str, Form] = {
    "SELECT": "solutions",
    "ASK": "boolean",
    "CONSTRUCT": "graph",
    "DESCRIBE": "graph",
}

# Requests of at most so many bytes are understood once and remembered, the latest of them.
SHORT = 4096
REMEMBERED = 2048


class Request(NamedTuple):
    """
    What the protocol reads of a request, as it came; *url* is its address up to the ``?``.

    *method* is GET, HEAD or POST; only of a POST is the *body* read.
    """

    method: str
    url: str
    query_string: bytes = b""
    accept: str = ""
    content_type: str = ""
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Question:
    """
    A query that can be put to the readers, and the *media_type* its answer is to have.

    Requests with the same *digest* ask the same; *fickle* is one that may be answered otherwise
    each time.
    """

    text: str = field(repr=False)
    media_type: str
    default_graphs: tuple[str, ...]
    named_graphs: tuple[str, ...]
    base: str
    fickle: bool
    digest: str

    @property
    def key(self) -> Key:
        """What the answer is kept by; few bytes, however long the query."""
        return (self.digest,)

    def tag(self, state: str) -> str:
        """The ETag of its answer in *state* of the store, without quotes."""
        return sameness.tag(self.digest, state)


class Reply(NamedTuple):
    """What is sent: *answer*, which has to be closed, or None for a 304 without a body."""

    status: int
    headers: dict[str, str]
    answer: Answer | None = None


def question(request: Request) -> Question | None:
    """
    What *request* asks; None where it wants a page or the service description.

    Raises:
        Problem: 400, 406 or 415 for what cannot be asked, or not so.
    """
    size = len(request.query_string) + len(request.body) + len(request.accept) + len(request.url)
    return _remembered_question(request) if size <= SHORT else _question(request)


def at_once(
    service: Service, asked: Question, state: str, method: str, if_none_match: str
) -> Reply | None:
    """The reply that takes no query: 304 for who has the answer, or one from the cache."""
    if asked.fickle:
        return None
    if if_none_match and method != "POST":
        if f'"{asked.tag(state)}"' in if_none_match or if_none_match.strip() == "*":
            return Reply(304, _validators(asked, state))
    kept = service.answers.kept(asked.key, state)
    return None if kept is None else reply(asked, kept)


def compute(service: Service, asked: Question, cancellation: Cancellation | None = None) -> Answer:
    """
    The answer from a reader.

    Raises:
        What `ReaderPool.query` does.
    """
    written = written_as(asked)
    return service.readers.query(
        asked.text,
        results=written,
        boolean=written,
        graph=written,
        default_graphs=asked.default_graphs,
        named_graphs=asked.named_graphs,
        base_iri=asked.base,
        cancellation=cancellation,
    )


def begin(
    service: Service, asked: Question, state: str, cancellation: Cancellation
) -> Pending | None:
    """
    `compute` for an event loop, where a reader waits for work; else None.

    *state* is that of the store when the query came.
    """
    return service.readers.begin(
        asked.text,
        media_type=written_as(asked),
        default_graphs=asked.default_graphs,
        named_graphs=asked.named_graphs,
        base_iri=asked.base,
        newest=state,
        cancellation=cancellation,
    )


def written_as(asked: Question) -> str:
    """The media type that the engine writes for *asked*."""
    return JSON if asked.media_type == "application/json" else asked.media_type


def reply(asked: Question, answer: Answer) -> Reply:
    """*answer* as it is sent."""
    media_type = asked.media_type
    if media_type.startswith("text/"):
        media_type += "; charset=utf-8"
    headers = {"Content-Type": media_type, "Content-Length": str(answer.size), "Vary": "Accept"}
    if not asked.fickle:
        headers |= _validators(asked, answer.state)
    return Reply(200, headers, answer)


def _validators(asked: Question, state: str) -> dict[str, str]:
    # no-cache: ask again each time; 304 when nothing changed
    return {"ETag": f'"{asked.tag(state)}"', "Cache-Control": "no-cache", "Vary": "Accept"}


def _question(request: Request) -> Question | None:
    text, parameters = read(
        "query", request.method, request.query_string, request.content_type, request.body
    )
    named = _named(parameters)
    if text is None:
        return None
    asked = _form(text)
    # What cannot be told apart yet is for the engine to explain.
    offers = OFFERS.get(asked or "solutions", ())
    if request.method != "POST" and not named:
        if _likes_pages(request.accept, offers):
            return None
    if asked == "update":
        raise Problem(400, "Not a query", "This is an update; queries only are answered here.")
    media_type = _media_type(offers, named, request.accept)
    default_graphs = tuple(parameters.all("default-graph-uri"))
    named_graphs = tuple(parameters.all("named-graph-uri"))
    return Question(
        text=text,
        media_type=media_type,
        default_graphs=default_graphs,
        named_graphs=named_graphs,
        base=request.url,
        fickle=sameness.is_fickle(text),
        digest=sameness.digest(text, media_type, default_graphs, named_graphs, request.url),
    )


def _form(text: str) -> Form | None:
    """What `form` says, sooner where a query begins as most do."""
    usual = _USUAL.match(text)
    return _USUAL_FORMS[usual[1].upper()] if usual else form(text)


_remembered_question = lru_cache(REMEMBERED)(_question)


def _named(parameters: Parameters) -> tuple[str, ...]:
    """The media types that ``format=`` stands for; SPARQLWrapper gives a name and then types."""
    found: list[str] = []
    for name in filter(None, parameters.all("format")):
        parts = (name, *name.split(","))
        known = [media for part in parts for media in FORMATS.get(part, MEDIA_TYPES.get(part, ()))]
        if not known:
            raise standard(400, f"There is no format {name[:40]!r}; choose {', '.join(FORMATS)}.")
        found += known
    return tuple(found)


def _media_type(offers: tuple[str, ...], named: tuple[str, ...], accept: str) -> str:
    fitting = [media for media in named if media in offers]
    found = fitting[0] if fitting else _best(accept, offers)
    if found is None:
        raise Problem(
            406,
            "Not acceptable",
            f"Answers to this query are available as {', '.join(offers)}.",
            available=list(offers),
        )
    return found


def _best(accept: str, offers: tuple[str, ...]) -> str | None:
    return _remembered_best(accept, offers) if len(accept) <= SHORT else best(accept, offers)


_remembered_best = lru_cache(REMEMBERED)(best)


def _likes_pages(accept: str, instead: Sequence[str]) -> bool:
    return "text/html" in accept and best(accept, ("text/html", *instead)) == "text/html"
