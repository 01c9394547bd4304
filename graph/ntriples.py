"""
Triples as text, one a line: what makes thousands of them writes lines, without an object for each.

The engine and the history take such lines as they are; who wants quads reads them with `quads_in`.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pyoxigraph import BlankNode, NamedNode, Quad, RdfFormat, Triple, parse, serialize

from . import vocab as v

_INTEGER = f'"^^{v.XSD_INTEGER}'
# Quads that are turned into text at once.
_CHUNK = 10_000


class Lines(NamedTuple):
    """Triples or quads as *text*, and their *number*: to count them again takes time."""

    text: bytes
    number: int


def literal(text: str) -> str:
    r"""
    *text* as a literal.

    >>> literal('a "b"\n')
    '"a \\"b\\"\\n"'
    """
    text = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + text.replace("\n", "\\n").replace("\r", "\\r") + '"'


def integer(number: int) -> str:
    return f'"{number}{_INTEGER}'


def line(subject: object, predicate: NamedNode, object: object) -> str:
    """One triple; *subject* and *object* are terms or their text."""
    return f"{subject} {predicate} {object} .\n"


def quads_in(lines: Iterable[str]) -> list[Quad]:
    """The quads of *lines*."""
    return list(parse("".join(lines), format=RdfFormat.N_QUADS))


def quads_of(written: Iterable[Lines]) -> Iterator[Quad]:
    """The quads of *written*."""
    for lines in written:
        yield from parse(lines.text, format=RdfFormat.N_QUADS)


def each_once(lines: Iterable[str]) -> Lines:
    """*lines*, of which some may be several, as they are written: none twice."""
    whole = dict.fromkeys("".join(lines).split("\n"))
    return Lines("\n".join(whole).encode(), len(whole) - 1)


def chunks(quads: Iterable[Quad]) -> Iterator[Lines]:
    """*quads* as lines, some at a time; no line has a line break inside."""
    chunk: list[Quad] = []
    for quad in quads:
        chunk.append(quad)
        if len(chunk) == _CHUNK:
            yield _lines(chunk)
            chunk = []
    if chunk:
        yield _lines(chunk)


def _lines(quads: list[Quad]) -> Lines:
    return Lines(serialize(quads, format=RdfFormat.N_QUADS) or b"", len(quads))


def has_blank(quad: Quad) -> bool:
    """Whether *quad* has a blank node, or a triple that may have one: text gives it other names."""
    return any(
        isinstance(term, BlankNode | Triple)
        for term in (quad.subject, quad.object, quad.graph_name)
    )
