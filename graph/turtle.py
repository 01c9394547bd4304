"""Turtle and TriG, grouped by subject; N-Triples and N-Quads, one statement a line."""

import re
from collections.abc import Callable, Iterator, Mapping

from pyoxigraph import DefaultGraph, Literal, NamedNode

from .description import Description
from .snapshots import Term
from .vocab import TYPE, XSD_BOOLEAN, XSD_DECIMAL, XSD_INTEGER, XSD_STRING

# Narrower than Turtle's grammar: what every reader takes without escapes.
LOCAL_NAME = re.compile(r"[A-Za-z_][\w-]*", re.ASCII)

_BARE = {
    XSD_INTEGER: re.compile(r"[+-]?\d+", re.ASCII),
    XSD_DECIMAL: re.compile(r"[+-]?\d*\.\d+", re.ASCII),
    XSD_BOOLEAN: re.compile("true|false"),
}


def write(descriptions: Iterator[Description], prefixes: Mapping[str, str]) -> Iterator[str]:
    """Turtle, or TriG where there are named graphs."""
    for prefix, start in prefixes.items():
        yield f"@prefix {prefix}: <{start}> .\n"
    name = shortener(prefixes)
    current: object = DefaultGraph()
    for graph, node, values in descriptions:
        named = not isinstance(graph, DefaultGraph)
        if graph != current:
            if not isinstance(current, DefaultGraph):
                yield "}\n"
            if named:
                yield f"\n{_term(graph, name)} {{"
            current = graph
        lines = (
            f"{'a' if predicate == TYPE else name(predicate)} "
            + " , ".join(_term(value, name) for value in objects)
            for predicate, objects in values
        )
        yield f"\n{_term(node, name)}\n    " + " ;\n    ".join(lines) + " .\n"
    if not isinstance(current, DefaultGraph):
        yield "}\n"


def write_lines(descriptions: Iterator[Description], prefixes: Mapping[str, str]) -> Iterator[str]:
    """N-Triples, or N-Quads where there are named graphs; these know no prefixes."""
    for graph, node, values in descriptions:
        end = " .\n" if isinstance(graph, DefaultGraph) else f" {graph} .\n"
        for predicate, objects in values:
            start = f"{node} {predicate} "
            for value in objects:
                yield f"{start}{value}{end}"


def shortener(prefixes: Mapping[str, str]) -> Callable[[NamedNode], str]:
    """A function from an IRI to its prefixed name, where it has a plain one, else ``<IRI>``."""
    names = {start: prefix for prefix, start in prefixes.items()}

    def name(iri: NamedNode) -> str:
        value = iri.value
        # What follows the last delimiter; a local name has none of these in it.
        cut = max(value.rfind("#"), value.rfind("/"), value.rfind(":")) + 1
        prefix = names.get(value[:cut])
        if prefix is None or not LOCAL_NAME.fullmatch(value, cut):
            return f"<{value}>"
        return f"{prefix}:{value[cut:]}"

    return name


def _term(term: "Term | DefaultGraph", name: Callable[[NamedNode], str]) -> str:
    if isinstance(term, NamedNode):
        return name(term)
    if not isinstance(term, Literal):
        return str(term)
    datatype = term.datatype
    if datatype == XSD_STRING or term.language is not None:
        return str(term)
    if (bare := _BARE.get(datatype)) is not None and bare.fullmatch(term.value):
        return term.value
    return f"{Literal(term.value)}^^{name(datatype)}"
