"""
SERVICE and LOAD: where a text asks other servers, and how it is run without the engine doing so.

The engine would ask anybody, follow redirections and resolve names as it likes. So it is never
given the text as it was written: each SERVICE names a gateway of ours instead, and each LOAD has
become the data that we have loaded.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urljoin

import pyoxigraph

from .documents import FORMATS, Document, RdfError, triples
from .gateway import Gateway
from .peers import Peers, fetch
from .sparql import PeerError, QueryError, QueryRefused, Token, form, keyword_places, tokens

Keyword = Literal["SERVICE", "LOAD"]

_SUFFIXES = {".ttl": "text/turtle", ".nt": "application/n-triples", ".rdf": "application/rdf+xml"}
_ACCEPT = "text/turtle, application/n-triples, application/rdf+xml;q=0.8, application/ld+json;q=0.5"

# The second of these cannot succeed: what follows is parsed with them, and never run.
_GUARD = "CREATE GRAPH <scholargraph:x>; CREATE GRAPH <scholargraph:x>; "


@dataclass(frozen=True, slots=True)
class Call:
    """
    One SERVICE or LOAD: its keyword at *start* of the text, and what its *iri* is in full.

    From *after* to *end* stand SILENT and the IRI; behind it, in a LOAD, what *into* says.
    """

    keyword: Keyword
    iri: str
    silent: bool
    start: int
    after: int
    end: int
    into: str = ""


class Edited:
    """A text with some parts of it replaced, which remembers where everything was."""

    def __init__(self, original: str, edits: Sequence[tuple[int, int, str]]) -> None:
        self.original = original
        self._edits = sorted(edits)
        parts, done = [], 0
        for start, end, new in self._edits:
            parts += [original[done:start], new]
            done = end
        self.text = "".join([*parts, original[done:]])

    def error(self, message: str) -> QueryError:
        """What the engine says of the edited text, for the author of the original."""
        return QueryError.from_engine(self.text, message, self.original, self._place)

    def _place(self, offset: int) -> int:
        shift = 0
        for start, end, new in self._edits:
            if offset < start + shift:
                break
            if offset < start + shift + len(new):
                return start
            shift += len(new) - (end - start)
        return offset - shift


def calls(text: str, base: str | None = None) -> list[Call]:
    """
    Every SERVICE of *text*, and every LOAD of an update, in order.

    >>> [(call.iri, call.silent) for call in calls("SELECT * { SERVICE SILENT <x:y> { } }")]
    [('x:y', True)]

    Raises:
        QueryError: One names no server.
        QueryRefused: One is written so that only the engine understands it, or names a variable.
    """
    found: list[Call] = []
    upper = text.upper()  # escapes do not work in keywords
    keywords: tuple[Keyword, ...] = ("SERVICE", "LOAD")
    present = [keyword for keyword in keywords if keyword in upper]
    if "LOAD" in present and form(text) != "update":
        present.remove("LOAD")
    if not present:
        return found
    found = list(_written(text, base or "", present))
    for keyword in present:
        known = {call.start for call in found if call.keyword == keyword}
        if hidden := keyword_places(text, keyword) - known:
            raise QueryRefused.at(
                text, min(hidden), f"{keyword} is allowed as a word of its own only"
            )
    return found


def _written(text: str, base: str, wanted: Sequence[str]) -> Iterator[Call]:
    """The calls that are written as the grammar has them."""
    stream = tokens(text)
    nothing = Token("end", "", len(text))
    prefixes: dict[str, str] = {}
    depth = 0
    token = next(stream, nothing)
    while token is not nothing:
        following = None
        word = token.text.upper() if token.kind == "word" else ""
        if word == "BASE":
            base = urljoin(base, _unescaped(next(stream, nothing).text[1:-1]))
        elif word == "PREFIX":
            prefix, meaning = next(stream, nothing), next(stream, nothing)
            prefixes[prefix.text] = urljoin(base, _unescaped(meaning.text[1:-1]))
        elif word in wanted:
            if word == "LOAD" and depth:
                raise QueryError.at(text, token.start, "LOAD stands in no braces")
            keyword: Keyword = "SERVICE" if word == "SERVICE" else "LOAD"
            target = next(stream, nothing)
            silent = target.kind == "word" and target.text.upper() == "SILENT"
            if silent:
                target = next(stream, nothing)
            if keyword == "SERVICE" and target.kind == "variable":
                raise QueryRefused.at(
                    text, target.start, "SERVICE with a variable is not allowed; name the service"
                )
            iri = _iri(text, target, base, prefixes)
            following = next(stream, nothing)
            if iri is None or (keyword == "SERVICE" and following.text != "{"):
                place = f"the IRI of a {'service and {' if keyword == 'SERVICE' else 'document'}"
                raise QueryError.at(text, token.start, f"after {keyword} comes {place}")
            after, end, into = token.start + len(keyword), target.start + len(target.text), ""
            if keyword == "LOAD" and following.text.upper() == "INTO":
                graph, name = next(stream, nothing), next(stream, nothing)
                if graph.text.upper() != "GRAPH" or _iri(text, name, base, prefixes) is None:
                    raise QueryError.at(text, graph.start, "after INTO come GRAPH and its IRI")
                end = name.start + len(name.text)
                into = text[name.start : end]
                following = None
            yield Call(keyword, iri, silent, token.start, after, end, into)
        depth += {"{": 1, "}": -1}.get(token.text, 0)
        token = following or next(stream, nothing)


def _iri(text: str, token: Token, base: str, prefixes: dict[str, str]) -> str | None:
    if token.kind == "iri":
        return urljoin(base, _unescaped(token.text[1:-1]))
    if token.kind != "name":
        return None
    prefix, _, local = token.text.partition(":")
    if f"{prefix}:" not in prefixes:
        raise QueryError.undeclared(text, token)
    return prefixes[f"{prefix}:"] + re.sub(r"\\(.)", r"\1", local)


def _unescaped(iri: str) -> str:
    return re.sub(
        r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})",
        lambda found: chr(min(int(found[1] or found[2], 16), 0x10FFFF)),
        iri,
    )


@contextmanager
def asking(text: str, base: str | None, peers: Peers) -> Iterator[Edited]:
    """
    *text* as the engine may run it, for as long as the block lasts.

    What goes wrong between here and the services is raised at the end of the block, also where the
    engine made something else of it: to FILTER EXISTS a failed service is a match.

    Raises:
        QueryError: As for `calls`, or the engine cannot understand the text.
        QueryRefused: It asked whom it may not ask.
        PeerError: Whom it asked did not answer as it should.
    """
    services = [call for call in calls(text, base) if call.keyword == "SERVICE"]
    if not services:
        edited = Edited(text, ())
        try:
            yield edited
        except (SyntaxError, ValueError) as error:
            raise QueryError.from_engine(text, str(error)) from error
        return
    with Gateway(peers, [call.iri for call in services]) as gateway:
        edited = Edited(
            text,
            [
                (
                    call.after,
                    call.end,
                    f"{' SILENT' if call.silent else ''} <{gateway.address(number)}>",
                )
                for number, call in enumerate(services)
            ],
        )
        _assert_all(edited.text, gateway)
        try:
            yield edited
        except (SyntaxError, ValueError, OSError, RuntimeError) as error:
            _raise_failure(text, services, gateway)
            if gateway.asked:
                complaint = gateway.explained(str(error))
                raise PeerError(f"a service's answer cannot be used: {complaint}") from error
            if isinstance(error, (SyntaxError, ValueError)):
                raise edited.error(str(error)) from error
            raise
        _raise_failure(text, services, gateway)


def _assert_all(text: str, gateway: Gateway) -> None:
    """Whatever the engine may take for SERVICE leads to *gateway*, or nothing is run."""
    for call in calls(text):
        if call.keyword == "SERVICE" and not gateway.has(call.iri):
            raise QueryRefused("SERVICE stands where it cannot be told what it asks")


def _raise_failure(text: str, services: Sequence[Call], gateway: Gateway) -> None:
    for number, failure in sorted(gateway.failures.items()):
        if not services[number].silent:
            if isinstance(failure, QueryRefused):
                raise QueryRefused.at(text, services[number].start, str(failure))
            raise failure


def loaded(text: str, base: str | None, peers: Peers) -> str:
    """
    The update *text* with INSERT DATA in place of each LOAD, whose documents are fetched now.

    Nothing is fetched for a text that the engine would not understand.

    Raises:
        QueryError: *text* is no update.
        QueryRefused: It loads from where it may not.
        PeerError: A document cannot be had, or is no RDF.
    """
    loads = [call for call in calls(text, base) if call.keyword == "LOAD"]
    if not loads:
        return text
    _check(text, base, loads)
    edits = []
    for call in loads:
        try:
            data = _document(call, peers)
        except (QueryRefused, PeerError) as error:
            if isinstance(error, QueryRefused) and not call.silent:
                raise QueryRefused.at(text, call.start, str(error)) from None
            if not call.silent:
                raise
            data = ""  # to SILENT a failure is a success
        into = f"GRAPH {call.into} {{ {data} }}" if call.into else data
        edits.append((call.start, call.end, f"INSERT DATA {{ {into} }}"))
    return Edited(text, edits).text


def _check(text: str, base: str | None, loads: Sequence[Call]) -> None:
    """Whether the engine understands *text*."""
    first = next(token for token in tokens(text) if _begins(token))
    guarded = [(call.start, call.end, "INSERT DATA { }") for call in loads]
    edited = Edited(text, [(first.start, first.start, _GUARD), *guarded])
    with asking(edited.text, base, Peers()) as unreachable:
        try:
            pyoxigraph.Store().update(unreachable.text, base_iri=base)
        except RuntimeError:
            return
        except (SyntaxError, ValueError) as error:
            raise edited.error(str(error)) from error


def _begins(token: Token) -> bool:
    return token.kind in ("word", "name") and form(token.text) == "update"


def _document(call: Call, peers: Peers) -> str:
    fetched = fetch(peers, call.iri, accept=_ACCEPT)
    with fetched.body as body:
        data = body.read()
    media_type = fetched.content_type.partition(";")[0].strip().lower()
    if media_type not in FORMATS:
        suffix = re.search(r"\.\w+(?=$|[?#])", fetched.iri)
        media_type = _SUFFIXES.get(suffix[0] if suffix else "", media_type)
    if media_type not in FORMATS:
        raise PeerError(f"<{call.iri}> is {media_type or 'of no type'}; RDF is loaded only")
    try:
        quads = triples(Document(data, media_type), fetched.iri)
        return " ".join(f"{quad.subject} {quad.predicate} {quad.object} ." for quad in quads)
    except RdfError as error:
        raise PeerError(f"<{call.iri}>: {error}") from error
