"""Query answers as a table for a terminal: aligned columns, IRIs shortened, nothing cut unsaid."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from pyoxigraph import BlankNode, Literal, NamedNode

from .vocab import PREFIXES

Row = Mapping[str, object]


def table(names: Sequence[str], rows: Iterable[Row], *, base: str, width: int | None = None) -> str:
    """
    *rows* under the heads *names*, one line each.

    IRIs of this graph are shown below *base* (``<paper/…>``), those of a known vocabulary as
    prefixed names. With *width*, cells are cut to fit that many columns, and end in '…'.
    """
    cells = [[shown(row.get(name), base) for name in names] for row in rows]
    widths = [
        max(columns(cell) for cell in [name, *(row[number] for row in cells)])
        for number, name in enumerate(names)
    ]
    if width is not None:
        _shrink(widths, width)
    lines = [list(names), ["-" * size for size in widths], *cells]
    return "\n".join(
        "  ".join(fitted(cell, size) for cell, size in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def shown(term: object, base: str) -> str:
    """
    One term as a reader wants it: a literal by its text, an IRI as short as it stays clear.

    >>> shown(NamedNode("https://w3id.org/scholargraph/ns#Method"), "https://w3id.org/scholargraph/")
    'sg:Method'
    """
    if term is None:
        return ""
    if isinstance(term, NamedNode):
        for prefix, namespace in PREFIXES.items():
            local = term.value.removeprefix(namespace)
            if local != term.value and local.isidentifier():
                return f"{prefix}:{local}"
        return f"<{term.value.removeprefix(base)}>"
    if isinstance(term, Literal):
        # A control character would move the reader's cursor, or worse.
        return "".join(c if c.isprintable() else " " for c in term.value)
    if isinstance(term, BlankNode):
        return f"_:{term.value}"
    return str(term)


def columns(text: str) -> int:
    """How many terminal columns *text* takes: wide characters two, combining ones none."""
    return sum(
        0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF")
        for c in text
    )


def fitted(text: str, width: int) -> str:
    """*text* padded to *width* columns, or cut to it with '…' as its last."""
    if columns(text) > width:
        while columns(text) > width - 1:
            text = text[:-1]
        text += "…"
    return text + " " * (width - columns(text))


def _shrink(widths: list[int], total: int) -> None:
    # The widest column gives way first, down to what still tells its rows apart.
    room = total - 2 * (len(widths) - 1)
    while sum(widths) > room and max(widths) > 12:
        widths[widths.index(max(widths))] -= 1
