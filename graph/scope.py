"""
What a SPARQL update may change, seen before it runs.

A history of the graph needs to know what an update took and what it added, which the engine does
not tell. Whatever it changes matches one of the triples in its templates, so that it is enough to
look at these before and after.
"""

import re
from collections.abc import Iterator

import pyoxigraph
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Triple

from .sparql import Token, tokens
from .vocab import TYPE

Graph = NamedNode | DefaultGraph | None
# A quad with None for anything; None for the graph is every graph.
Pattern = tuple[NamedNode | None, NamedNode | None, NamedNode | Literal | None, Graph]
Scope = tuple[Pattern, ...]

EVERYTHING: Scope = ((None, None, None, None),)

_DEFAULT = DefaultGraph()
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\\]*")
# Operations on whole graphs.
_MANAGEMENT = {"CLEAR", "DROP", "CREATE", "COPY", "MOVE", "ADD"}


def scope(text: str, base_iri: str | None = None) -> Scope:
    """
    Patterns, one of which each quad matches that the update *text* may take or add.

    >>> scope("DELETE { ?s <x:p> 1 } WHERE { ?s <x:q> 2 }")
    ((None, <NamedNode value=x:p>, None, <DefaultGraph>),)
    """
    stream = list(tokens(text))
    data = _insertions(text, stream)
    if data is not None:
        return _scope_of_data(data, base_iri)
    reader = _Reader(stream)
    return tuple(dict.fromkeys(reader.patterns()))


def pattern_of(quad: Quad) -> Pattern:
    """*quad* as a pattern, in which blank nodes, which are named anew, may be anything."""
    graph = quad.graph_name
    return (
        quad.subject if isinstance(quad.subject, NamedNode) else None,
        quad.predicate,
        None if isinstance(quad.object, BlankNode | Triple) else quad.object,
        None if isinstance(graph, BlankNode) else graph,
    )


def _insertions(text: str, stream: list[Token]) -> str | None:
    """*text*, where it does nothing but insert and delete data, as insertions; else None."""
    deletions: list[Token] = []
    depth = 0
    before = ""
    for token in stream:
        depth += _step(token)
        if depth or token.kind != "word":
            continue
        word = token.text.upper()
        if before in ("INSERT", "DELETE") and word != "DATA":
            return None
        if word not in ("INSERT", "DELETE", "DATA", "PREFIX", "BASE"):
            return None
        if word == "DELETE":
            deletions.append(token)
        before = word
    for token in reversed(deletions):
        text = f"{text[: token.start]}INSERT{text[token.start + len(token.text) :]}"
    return text if before == "DATA" else None


def _scope_of_data(text: str, base_iri: str | None) -> Scope:
    scratch = pyoxigraph.Store()
    try:
        scratch.update(text, base_iri=base_iri)
    except (SyntaxError, ValueError, RuntimeError):  # running it will say what is wrong
        return EVERYTHING
    return tuple(dict.fromkeys(pattern_of(quad) for quad in scratch))


def _step(token: Token) -> int:
    return {"{": 1, "}": -1}.get(token.text, 0) if token.kind == "sign" else 0


class _Reader:
    """
    Reads the templates of an update for the triples in them, and skips what is after WHERE.

    What it does not understand may be anything: it errs on the safe side.
    """

    def __init__(self, stream: list[Token]) -> None:
        self._stream = stream
        self._at = 0
        self._prefixes: dict[str, str] = {}

    def patterns(self) -> Iterator[Pattern]:
        graph: Graph = _DEFAULT
        before = ""
        while token := self._next():
            word = token.text.upper() if token.kind == "word" else token.text
            if word == "PREFIX":
                self._prefix()
            elif word == "BASE":
                yield from EVERYTHING  # names may then mean other IRIs than they seem to
                return
            elif word in _MANAGEMENT:
                yield from self._managed(word)
            elif word == "WITH":
                graph = self._term(self._next())
            elif word == ";":
                graph = _DEFAULT
            elif word == "{" and before in ("INSERT", "DELETE", "DATA"):
                yield from self._template(graph)
            elif word == "{" and before == "DELETE WHERE":
                yield from self._template(_DEFAULT)
            elif word == "{":
                self._skip()
            elif word == "LOAD":
                yield from EVERYTHING
                return
            before = "DELETE WHERE" if (before, word) == ("DELETE", "WHERE") else word

    def _next(self) -> Token | None:
        if self._at >= len(self._stream):
            return None
        self._at += 1
        return self._stream[self._at - 1]

    def _peek(self) -> str:
        return self._stream[self._at].text if self._at < len(self._stream) else ""

    def _prefix(self) -> None:
        name, iri = self._next(), self._next()
        if name is not None and iri is not None:
            self._prefixes[name.text.partition(":")[0]] = iri.text[1:-1]

    def _managed(self, word: str) -> Iterator[Pattern]:
        if word == "CREATE":
            return
        found: list[Graph] = []
        while self._peek() not in ("", ";"):
            token = self._next()
            if token is None or (token.kind == "word" and token.text.upper() in ("NAMED", "ALL")):
                yield from EVERYTHING
            elif token.kind == "word" and token.text.upper() == "DEFAULT":
                found.append(_DEFAULT)
            elif token.kind in ("iri", "name"):
                found.append(self._term(token))
        for graph in found:
            yield None, None, None, graph

    def _skip(self) -> None:
        depth = 1
        while depth and (token := self._next()):
            depth += _step(token)

    def _template(self, graph: Graph) -> Iterator[Pattern]:
        """The triples up to the closing brace, in *graph* unless they name another."""
        terms: list[NamedNode | None] = []
        while token := self._next():
            if token.kind == "word" and token.text.upper() == "GRAPH":
                named = self._term(self._next())
                self._next()
                yield from self._template(named)
                terms = []
            elif token.text in ("}", ".", ";", ",") and token.kind == "sign":
                if len(terms) == 3:
                    yield terms[0], terms[1], terms[2], graph
                if token.text == "}":
                    return
                terms = terms[: {".": 0, ";": 1, ",": 2}[token.text]]
            elif token.text == "[" and self._peek() == "]":
                self._next()
                terms.append(None)
            elif token.text == "^" and token.kind == "sign":  # ^^ and a datatype
                self._next()
                self._next()
            elif token.kind == "sign" and token.text not in ("+", "-"):  # nodes within nodes
                yield from EVERYTHING
                self._skip()
                return
            elif token.kind not in ("language", "sign"):
                terms.append(self._term(token))

    def _term(self, token: Token | None) -> NamedNode | None:
        """The IRI that *token* is, None for anything else or where that is not certain."""
        if token is None:
            return None
        if token.kind == "word" and token.text == "a":
            return TYPE
        iri = None
        if token.kind == "iri":
            iri = token.text[1:-1]
        elif token.kind == "name":
            prefix, _, local = token.text.partition(":")
            start = self._prefixes.get(prefix)
            iri = None if start is None else start + local
        return NamedNode(iri) if iri is not None and _ABSOLUTE.fullmatch(iri) else None
