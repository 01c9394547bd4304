"""Values put in place of a query's variables, for engines that take nothing but text."""

from collections.abc import Mapping
from dataclasses import dataclass

from .snapshots import Term
from .sparql import tokens

_CLAUSES = {"WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "VALUES"}


@dataclass
class _Select:
    """A SELECT that is being read: how many braces are around it, and which clause of it is."""

    depth: int
    clause: str = "SELECT"
    brackets: int = 0


def substituted(text: str, values: Mapping[str, Term]) -> str:
    """
    *text*, a query, with *values* in place of the variables of these names.

    The outermost SELECT still lists the variable, with that value in each row; one inside it no
    longer does. Every engine plans that as well as if the value had been written there.

    >>> from pyoxigraph import NamedNode
    >>> substituted("SELECT ?s (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?s", {"s": NamedNode("x:y")})
    'SELECT ?s (COUNT(*) AS ?n) { <x:y> ?p ?o } GROUP BY (<x:y> AS ?s)'
    """
    if not values:
        return text
    grouped = _grouped(text)
    parts: list[str] = []
    done = depth = 0
    selects: list[_Select] = []
    for token in tokens(text):
        word = token.text.upper() if token.kind == "word" else ""
        select = selects[-1] if selects else None
        # A token of the SELECT itself, not of its pattern.
        of_select = select is not None and select.depth == depth
        if word == "SELECT":
            selects.append(_Select(depth))
        elif token.text == "{":
            depth += 1
            if select is not None and of_select:
                select.clause = "WHERE"
        elif token.text == "}":
            depth -= 1
            if select is not None and depth < select.depth:
                selects.pop()
        elif select is not None and of_select and word in _CLAUSES:
            select.clause = word
        elif select is not None and of_select and token.text in ("(", ")"):
            select.brackets += 1 if token.text == "(" else -1
        elif token.kind == "variable" and token.text[1:] in values:
            value, name = str(values[token.text[1:]]), token.text[1:]
            new = value
            if select is not None and of_select and select.brackets == 0:
                inner = len(selects) > 1
                if select.clause == "SELECT":
                    new = "" if inner else token.text if grouped else f"({value} AS ?{name})"
                elif select.clause == "GROUP":
                    new = f"({value} AS ?{'inner_' if inner else ''}{name})"
                else:
                    new = token.text
            parts += [text[done : token.start], new]
            done = token.start + len(token.text)
    return "".join([*parts, text[done:]])


def _grouped(text: str) -> bool:
    """Whether the outermost SELECT groups: its variables are then bound by that clause."""
    depth = 0
    for token in tokens(text):
        depth += (token.text == "{") - (token.text == "}")
        if depth == 0 and token.kind == "word" and token.text.upper() == "GROUP":
            return True
    return False
