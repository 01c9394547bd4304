"""RDF documents from outside: what they are parsed as, and what a parser is not given."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pyoxigraph import DefaultGraph, Quad, RdfFormat, parse

from scholargraph import ScholarGraphError

FORMATS = {
    "text/turtle": RdfFormat.TURTLE,
    "application/n-triples": RdfFormat.N_TRIPLES,
    "application/rdf+xml": RdfFormat.RDF_XML,
    "application/ld+json": RdfFormat.JSON_LD,
}

# How deep blank nodes, collections, elements or objects may be in each other. The parsers take time
# in proportion to the square of it: 12 s for a million, 24 s for forty thousand XML elements.
DEEPEST = 1000

# Strings, IRIs and comments, in which a bracket is none, and brackets.
_TURTLE = re.compile(
    rb"""
    \"{3} (?: [^"\\] | \\. | "(?!"") )*+ \"{3} | '{3} (?: [^'\\] | \\. | '(?!'') )*+ '{3}
  | " (?: [^"\\\n\r] | \\. )*+ " | ' (?: [^'\\\n\r] | \\. )*+ '
  | < [^\x00-\x20<>"{}|^`\\]*+ > | \# [^\n\r]*+
  | (?P<open> [\[(] ) | (?P<close> [\])] )
    """,
    re.VERBOSE | re.DOTALL,
)
_XML = re.compile(
    rb"""
    <!-- .*? --> | <!\[CDATA\[ .*? \]\]> | <[?!] [^>]*+ >
  | (?P<close> </ [^>]*+ > )
  | < (?: [^"'>/] | / (?!>) | "[^"]*+" | '[^']*+' )*+ (?: /> | (?P<open> > ) )
    """,
    re.VERBOSE | re.DOTALL,
)
_JSON = re.compile(
    rb'" (?: [^"\\] | \\. )*+ " | (?P<open> [\[{] ) | (?P<close> [\]}] )', re.VERBOSE | re.DOTALL
)
_SYNTAXES = {
    "text/turtle": (_TURTLE, (b"[", b"(")),
    "application/n-triples": (_TURTLE, (b"(",)),
    "application/rdf+xml": (_XML, (b"</",)),
    "application/ld+json": (_JSON, (b"[", b"{")),
}

# The only declarations of entities that are let through: of a short text without others in it. So
# none can stand for more than so many characters, nor for a file or an address.
_ENTITY = re.compile(rb'<!ENTITY\s+[^\s"\'<>&%;]+\s+"[^"&<>%]{0,300}"\s*>')


class RdfError(ScholarGraphError):
    """A document that is not the RDF it is said to be."""


@dataclass(frozen=True, slots=True)
class Document:
    """One RDF document, *media_type* one of `FORMATS`."""

    data: bytes
    media_type: str


def triples(document: Document, base: str) -> Iterator[Quad]:
    """
    The triples of *document*, relative IRIs resolved against *base*, as quads of no named graph.

    Nothing is fetched for it: no JSON-LD context, no DTD, no entity.

    Raises:
        RdfError: It cannot be read, with line and column where there are any, or is a trap.
    """
    _check(document)
    try:
        for quad in parse(
            document.data,
            format=FORMATS[document.media_type],
            base_iri=base,
            rename_blank_nodes=True,  # blank nodes of two documents are never the same
        ):
            if not isinstance(quad.graph_name, DefaultGraph):
                raise RdfError(f"the document names the graph {quad.graph_name}; send triples only")
            yield quad
    except (SyntaxError, ValueError) as error:
        raise RdfError(f"not {document.media_type}: {_explained(str(error))}") from error


def _explained(message: str) -> str:
    if "LoadDocumentCallback" in message:
        return "its @context is another document, which is not fetched; put it into this one"
    return message.removeprefix("Parser error at ")


def _check(document: Document) -> None:
    if document.media_type == "application/rdf+xml":
        for found in re.finditer(rb"<!ENTITY", document.data):
            if not _ENTITY.match(document.data, found.start()):
                raise RdfError(
                    f"line {_line(document, found.start())}: this entity is not read; "
                    "one may stand for at most 300 characters between double quotes, "
                    "with no other in it"
                )
    if document.media_type == "application/ld+json":
        # For the parser a lone `true` or "text" is a graph of nothing, which would replace another;
        # for JSON-LD 1.1 (section 9) it is no document.
        start = document.data[:1024].removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
        if start and start not in b"{[":
            raise RdfError("not application/ld+json: an object or an array is needed")
    syntax, brackets = _SYNTAXES[document.media_type]
    if sum(document.data.count(bracket) for bracket in brackets) <= DEEPEST:
        return
    depth = 0
    for found in syntax.finditer(document.data):
        depth += {"open": 1, "close": -1}.get(found.lastgroup or "", 0)
        if depth > DEEPEST:
            raise RdfError(
                f"line {_line(document, found.start())}: nested more than {DEEPEST} deep"
            )


def _line(document: Document, offset: int) -> int:
    return document.data.count(b"\n", 0, offset) + 1
