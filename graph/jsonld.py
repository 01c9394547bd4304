"""JSON-LD: a context with the prefixes, then one node a line."""

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Triple

from .description import Description
from .snapshots import Term
from .turtle import shortener
from .vocab import TYPE, XSD_BOOLEAN, XSD_INTEGER, XSD_STRING

# Integers of so many digits are the same number to every reader of JSON (below 2**53).
_EXACT_DIGITS = 15


def write(descriptions: Iterator[Description], prefixes: Mapping[str, str]) -> Iterator[str]:
    """JSON-LD 1.1, https://www.w3.org/TR/json-ld11/."""
    short = shortener(prefixes)

    def name(iri: NamedNode) -> str:
        return short(iri).removeprefix("<").removesuffix(">")

    yield '{"@context": ' + _json(dict(prefixes)) + ',\n"@graph": ['
    separator = "\n"
    for graph, group in groupby(descriptions, key=lambda description: description[0]):
        named = not isinstance(graph, DefaultGraph)
        if named:
            yield separator + '{"@id": ' + _json(_id(graph)) + ', "@graph": ['
            separator = "\n"
        for _, node, values in group:
            yield separator + _json(_node(node, values, name))
            separator = ",\n"
        if named:
            yield "\n]}"
            separator = ",\n"
    yield "\n]}\n"


def _node(
    node: NamedNode | BlankNode,
    values: "list[tuple[NamedNode, list[Term]]]",
    name: Callable[[NamedNode], str],
) -> dict[str, object]:
    described: dict[str, object] = {"@id": _id(node)}
    for predicate, objects in values:
        if predicate == TYPE and all(isinstance(item, NamedNode) for item in objects):
            described["@type"] = [name(item) for item in objects if isinstance(item, NamedNode)]
            continue
        items = [_value(item, name) for item in objects]
        described[name(predicate)] = items[0] if len(items) == 1 else items
    return described


def _value(term: Term, name: Callable[[NamedNode], str]) -> object:
    if isinstance(term, Literal):
        if term.language is not None:
            return {"@value": term.value, "@language": term.language}
        if term.datatype == XSD_STRING:
            return term.value
        if term.datatype == XSD_BOOLEAN and term.value in ("true", "false"):
            return term.value == "true"
        if term.datatype == XSD_INTEGER and _is_plain(term.value):
            return int(term.value)
        return {"@value": term.value, "@type": name(term.datatype)}
    return {"@id": _id(term)}


def _is_plain(text: str) -> bool:
    digits = text.removeprefix("-")
    return digits.isdecimal() and len(digits) <= _EXACT_DIGITS and str(int(text)) == text


def _id(term: "Term | DefaultGraph") -> str:
    if isinstance(term, Triple):
        raise ValueError(f"JSON-LD 1.1 has no triple terms: {term}")
    return term.value if isinstance(term, NamedNode) else str(term)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
