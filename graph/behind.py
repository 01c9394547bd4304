"""The SPARQL query behind a picture: it selects the nodes that the picture shows."""

import re
from collections.abc import Collection, Sequence

from pyoxigraph import NamedNode

from . import vocab as v
from .entities import ALL_YEARS, LINKS, NODE_KINDS, Entity, NodeKind, Years

# A local name that needs no escape in any of SPARQL's grammars.
_PLAIN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?")

_PREFIXES = ("dct", "foaf", "schema", "sg", "skos", "xsd")


def behind(
    question: str,
    *,
    base: str,
    kinds: Collection[NodeKind],
    focus: Entity | None = None,
    with_focus: bool = False,
    years: Years = ALL_YEARS,
    confidence: float = 0.0,
    shown: Sequence[str] | None = None,
    more: int = 0,
) -> str:
    """
    A query for the nodes of a picture, as ``?node``, with what each is called.

    Without *shown* it selects things of *kinds*, those that share a paper with *focus* where there
    is one, and *focus* itself if *with_focus*; papers of *years*, which name concepts with
    *confidence*. With *shown* it selects these
    nodes, by name: *more* fit, and no query can say how the picture chose among them.
    """
    lines = [f"# {_line(question)}"]
    prefixes = {name: v.PREFIXES[name] for name in _PREFIXES}
    names = _Names(base)
    if shown is not None:
        values = " ".join(names.written(iri) for iri in shown)
        if more:
            reason = f"the {len(shown)} that the picture shows; {more} more fit"
        else:
            reason = "the nodes that the picture shows"
        patterns = [f"VALUES ?node {{ {values} }}  # {reason}"]
    else:
        branches = _branches(kinds, focus, years, confidence, names)
        if with_focus and focus is not None:
            branches.append([f"VALUES ?node {{ {names.written(focus.iri)} }}"])
        patterns = [_union(branches)]
    head = [f"PREFIX {name}: <{iri}>" for name, iri in {**prefixes, **names.used}.items()]
    body = "\n".join(f"  {line}" for pattern in patterns for line in pattern.split("\n"))
    return "\n".join(
        [
            *lines,
            *head,
            "",
            "SELECT ?node (MIN(?label) AS ?name)",
            "WHERE {",
            body,
            "  OPTIONAL { ?node foaf:name|dct:title|skos:prefLabel ?label }",
            "}",
            "GROUP BY ?node",
            "ORDER BY ?name",
            "",
        ]
    )


class _Names:
    """IRIs of the graph as short names, and the prefixes that these take."""

    def __init__(self, base: str) -> None:
        self._base = base
        self.used: dict[str, str] = {}

    def written(self, iri: str) -> str:
        noun, _, key = iri.removeprefix(self._base).partition("/")
        if iri.startswith(self._base) and noun in NODE_KINDS and _PLAIN.fullmatch(key):
            self.used[noun] = f"{self._base}{noun}/"
            return f"{noun}:{key}"
        return str(NamedNode(iri))


def _branches(
    kinds: Collection[NodeKind],
    focus: Entity | None,
    years: Years,
    confidence: float,
    names: _Names,
) -> list[list[str]]:
    of_focus: list[str] = []
    if focus is not None and focus.kind == "paper":
        of_focus = [f"VALUES ?paper {{ {names.written(focus.iri)} }}"]
    elif focus is not None:
        of_focus = [f"?paper {_link(focus.kind)} {names.written(focus.iri)} ."]
        if focus.kind != "author":
            of_focus += _sure(names.written(focus.iri), confidence)
    dated = _dated(years)
    branches = [
        [
            *of_focus,
            f"?paper {_link(kind)} ?node .",
            *(_sure("?node", confidence) if kind != "author" else []),
            *dated,
        ]
        for kind in LINKS
        if kind in kinds
    ]
    if "paper" in kinds:
        anything = "|".join(_link(kind) for kind in LINKS if kind in kinds)
        papers = of_focus if focus is not None else [f"?paper {anything} ?thing ."]
        branches.append([*papers, *dated, "BIND(?paper AS ?node)"])
    return branches


def _link(kind: NodeKind) -> str:
    return _short(LINKS[kind])


def _short(term: NamedNode) -> str:
    for name in _PREFIXES:
        if term.value.startswith(v.PREFIXES[name]):
            return f"{name}:{term.value[len(v.PREFIXES[name]) :]}"
    return str(term)


def _sure(concept: str, confidence: float) -> list[str]:
    """That a mention of *concept* is as sure, or that nothing says how sure it is."""
    if confidence <= 0:
        return []
    mention = (
        f"?mention {_short(v.OF_CONCEPT)} {concept} ; {_short(v.PART_OF)} ?paper ; "
        f"{_short(v.CONFIDENCE)} ?sure"
    )
    return [
        f"FILTER(EXISTS {{ {mention} FILTER(?sure >= {confidence}) }}",
        f"  || NOT EXISTS {{ {mention} }})",
    ]


def _dated(years: Years) -> list[str]:
    if years == Years():
        return []
    bounds = []
    if years.first is not None:
        bounds.append(f"?year >= {years.first}")
    if years.last is not None:
        bounds.append(f"?year <= {years.last}")
    return [
        f"?paper {_short(v.ISSUED)} ?issued .",
        "BIND(xsd:integer(SUBSTR(STR(?issued), 1, 4)) AS ?year)",
        f"FILTER({' && '.join(bounds)})",
    ]


def _union(branches: Sequence[Sequence[str]]) -> str:
    return "\nUNION\n".join(
        "\n".join(["{", *(f"  {line}" for line in lines), "}"]) for lines in branches
    )


def _line(text: str) -> str:
    """*text* in one line, so that no name in it ends the comment."""
    return " ".join(text.split())
