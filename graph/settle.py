"""
Shared nodes: what authors, concepts and categories are called, and which concepts are related.

No paper owns these triples. They are a pure function of all evidence in the graph, so that neither
the order of imports nor their number changes them, and they vanish with their last evidence.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import unquote

from pyoxigraph import Literal, NamedNode, Quad, Triple

from . import vocab as v
from .categories import category_name
from .iris import Iris
from .parts import FACTS, Readable
from .snapshots import Term
from .witnesses import Count, Counts, Item, Node, add_to, witnessed_by

# A count as it is kept: a third of the memory.
_Packed = tuple[tuple[str, str, int], ...]

# Beyond this many nodes, of half a kilobyte each, the counts of earlier batches are forgotten where
# few speak for a node, and read again when needed, which takes 0.5 ms a node: 51,541 papers have
# 302,000.
_REMEMBERED = 500_000
_FEW = 4

_ORCID = re.compile(r"(?:https?://orcid\.org/)?(\d{4}-\d{4}-\d{4}-\d{3}[\dX])", re.ASCII)

# The same evidence, counted in the graph: a popular concept has thousands of mentions (22,000 of
# 20,000 papers take 0.4 s). Apart, since Oxigraph scans the whole graph for a UNION of these.
_MENTIONED = f"""
SELECT ?node ?label ?form ?abbreviation (COUNT(*) AS ?n) WHERE {{
    ?mention {v.OF_CONCEPT} ?node .
    OPTIONAL {{ ?mention {v.EXACT} ?form }}
    OPTIONAL {{ ?mention {v.CONCEPT_LABEL} ?label }}
    OPTIONAL {{ ?mention {v.ABBREVIATION} ?abbreviation }}
}} GROUP BY ?node ?label ?form ?abbreviation
"""
_SIZED = f"""
SELECT ?node ?family (COUNT(*) AS ?n) WHERE {{
    ?mention {v.FAMILY} ?node ; {v.FAMILY_LABEL} ?family .
}} GROUP BY ?node ?family
"""
_AUTHORED = f"""
SELECT ?node ?name ?orcid (COUNT(*) AS ?n) WHERE {{
    ?authorship {v.OF_AUTHOR} ?node ; {v.NAME_AS_GIVEN} ?name .
    OPTIONAL {{ ?authorship {v.ORCID} ?orcid }}
}} GROUP BY ?node ?name ?orcid
"""
_PROFILED = f"""
SELECT ?node ?name (COUNT(*) AS ?n) WHERE {{
    ?page {v.MAIN_ENTITY} ?node ; {v.NAME_AS_GIVEN} ?name .
}} GROUP BY ?node ?name
"""
_FILED = f"""
SELECT ?node ?use (COUNT(*) AS ?n) WHERE {{
    ?paper {v.CATEGORY} ?node .
    BIND ("" AS ?use)
}} GROUP BY ?node ?use
"""
_STATED_OF = f"""
SELECT ?subject ?predicate ?object (COUNT(*) AS ?n) WHERE {{
    ?statement {v.SUBJECT} ?subject ; {v.PREDICATE} ?predicate ; {v.OBJECT} ?object .
}} GROUP BY ?subject ?predicate ?object
"""

_SIZES_OF = f"""
SELECT ?subject ?predicate ?object (COUNT(*) AS ?n) WHERE {{
    ?mention {v.OF_CONCEPT} ?subject ; {v.FAMILY} ?object .
    BIND ({v.BROADER} AS ?predicate)
}} GROUP BY ?subject ?predicate ?object
"""

_NAMED_BY = {
    "author": (_AUTHORED, _PROFILED),
    "category": (_FILED,),
    **dict.fromkeys(v.CONCEPT_CLASSES, (_MENTIONED,)),
    "method": (_MENTIONED, _SIZED),
}

# What is settled here.
_CLASSES = {v.PERSON, v.FOAF_PERSON, v.CONCEPT, *v.CONCEPT_CLASSES.values()}
_SETTLED = {v.NAME, v.LABEL, v.ALT_LABEL, v.ABBREVIATION, v.PERSON_ID, v.NOTATION}


class Names:
    """
    The evidence for shared nodes, counted; what a change of the graph means for their triples.

    One instance serves a series of commits: what it has counted it does not read again, as long as
    nobody else has committed in between.
    """

    def __init__(self, iris: Iris) -> None:
        self._iris = iris
        self._counts: dict[Node, _Packed] = {}

    def forget(self) -> None:
        """To be called where the graph may have been changed by somebody else."""
        self._counts.clear()

    def settle(
        self,
        graph: Readable,
        old: Iterable[Quad],
        new: Iterable[Quad],
        counts: Counts | None = None,
    ) -> tuple[list[Quad], list[Quad]]:
        """
        The quads to remove and to add when *old* gives way to *new* in *graph*.

        *old* and *new* are whole: everything that the papers and profiles concerned owned, and will
        own; *counts* are what others say that come. *graph* is as it was before the change.
        """
        if len(self._counts) > _REMEMBERED:
            self._counts = {
                node: kept
                for node, kept in self._counts.items()
                if sum(number for *_, number in kept) > _FEW
            }
        if len(self._counts) > _REMEMBERED:
            self.forget()
        changes = {node: count.copy() for node, count in (counts or {}).items()}
        for sign, quads in ((-1, old), (1, new)):
            for node, item in witnessed_by(quads):
                add_to(changes.setdefault(node, {}), item, sign)
        remove: list[Quad] = []
        add: list[Quad] = []
        changes = {node: change for node, change in changes.items() if any(change.values())}
        subjects = (node.subject if isinstance(node, Triple) else node for node in changes)
        graph.expect(node for node in subjects if isinstance(node, NamedNode))
        # A node that was counted has what its counts say; others may have been counted for it.
        found = {
            node: set(_stored(graph, node))
            for node in changes
            if isinstance(node, Triple) or node not in self._counts
        }
        unknown = [node for node in found if node not in self._counts]
        # What has no triples yet has no evidence either: most authors are met for the first time.
        self._counts.update((node, ()) for node in unknown if not found[node])
        unknown = [node for node in unknown if found[node]]
        for node, known in _counted(graph, unknown, self._iris):
            self._counts.setdefault(node, _packed(known))
        for node, change in changes.items():
            before = _unpacked(self._counts[node])
            after = before.copy()
            for item, number in change.items():
                add_to(after, item, number)
            self._counts[node] = _packed(after)
            stored = found.get(node)
            if stored is None:
                if _says(before) == _says(after):  # as of most that are well known
                    continue
                stored = set(_settled(node, before, self._iris))
            settled = set(_settled(node, after, self._iris))
            remove += stored - settled
            add += settled - stored
        return remove, add


def _packed(count: Count) -> _Packed:
    return tuple((what, text, number) for (what, text), number in count.items() if number)


def _unpacked(kept: _Packed) -> Count:
    return {(what, text): number for what, text, number in kept}


def _says(count: Count) -> tuple[set[Item], list[str]]:
    """All that the triples of a node depend on: what it is called, and most often."""
    said = {item for item, number in count.items() if number > 0}
    return said, [_best(_of(count, what)) for what in ("name", "label", "family")]


def _counted(graph: Readable, nodes: Iterable[Node], iris: Iris) -> Iterator[tuple[Node, Count]]:
    """All evidence that *graph* has for *nodes*; for a triple, also for others of its subject."""
    counts: dict[Node, Count] = {node: {} for node in nodes}
    named: dict[str, list[NamedNode]] = {}
    related: dict[str, dict[NamedNode, None]] = {}
    for node in counts:
        if isinstance(node, NamedNode):
            for query in _NAMED_BY.get(_place(node, iris)[0], ()):
                named.setdefault(query, []).append(node)
        elif isinstance(node.subject, NamedNode) and isinstance(node.object, NamedNode):
            # It would be there if any paper stated it.
            if graph.quads(node.subject, node.predicate, node.object, FACTS):
                query = _SIZES_OF if node.predicate == v.BROADER else _STATED_OF
                related.setdefault(query, {})[node.subject] = None
    for query, some in named.items():
        for named_node, rows in graph.select_each(query, "node", some):
            assert isinstance(named_node, NamedNode)
            _add_rows(counts[named_node], rows)
    for query, subjects in related.items():
        for subject, rows in graph.select_each(query, "subject", subjects):
            for row in rows:
                predicate, object = row["predicate"], row["object"]
                if isinstance(predicate, NamedNode) and isinstance(object, NamedNode):
                    assert isinstance(subject, NamedNode)
                    triple = Triple(subject, predicate, object)
                    counts[triple] = {("said", ""): _number(row["n"])}
    yield from counts.items()


def _add_rows(count: Count, rows: Iterable[dict[str, Term | None]]) -> None:
    for row in rows:
        number = _number(row["n"])
        if "label" in row and row["label"] is None:  # it speaks by its own text
            row["label"] = row["form"]
        for what, value in row.items():
            if what not in ("node", "n") and isinstance(value, Literal):
                add_to(count, (what, value.value), number)


def _place(node: NamedNode, iris: Iris) -> tuple[str, str]:
    """The noun and the key that *node* was minted from."""
    noun, _, key = (iris.local(node.value) or "/").removeprefix("/").partition("/")
    return noun, key


def _number(term: Term | None) -> int:
    return int(term.value) if isinstance(term, Literal) else 0


def _settled(node: Node, count: Count, iris: Iris) -> Iterator[Quad]:
    if not any(number > 0 for number in count.values()):
        return
    if isinstance(node, Triple):
        # That two names of one concept are synonyms says nothing between concepts.
        if node.subject != node.object:
            yield Quad(node.subject, node.predicate, node.object)
        return
    noun, key = _place(node, iris)
    if noun == "author":
        yield Quad(node, v.TYPE, v.PERSON)
        yield Quad(node, v.TYPE, v.FOAF_PERSON)
        yield from _named(node, v.NAME, _of(count, "name"))
        for orcid in _of(count, "orcid"):
            if match := _ORCID.fullmatch(orcid):
                yield Quad(node, v.PERSON_ID, NamedNode(f"https://orcid.org/{match[1]}"))
    elif noun == "category":
        code = unquote(key)
        yield Quad(node, v.TYPE, v.CONCEPT)
        yield Quad(node, v.NOTATION, Literal(code))
        yield Quad(node, v.LABEL, Literal(category_name(code)))
    elif noun in v.CONCEPT_CLASSES:
        yield Quad(node, v.TYPE, v.CONCEPT_CLASSES[noun])
        yield Quad(node, v.TYPE, v.CONCEPT)
        # Nobody need have named a family but by its sizes.
        labels = _of(count, "label") or _of(count, "family")
        yield from _named(node, v.LABEL, labels, others=_of(count, "form"))
        for short in _of(count, "abbreviation"):
            yield Quad(node, v.ABBREVIATION, Literal(short))


def _named(
    node: NamedNode, predicate: NamedNode, names: dict[str, int], others: Iterable[str] = ()
) -> Iterator[Quad]:
    """The most frequent name, of equals the first in the alphabet; the rest as other names."""
    if not names:
        return
    best = _best(names)
    yield Quad(node, predicate, Literal(best))
    for name in {*names, *others} - {best}:
        yield Quad(node, v.ALT_LABEL, Literal(name))


def _best(names: Mapping[str, int]) -> str:
    return min(names, key=lambda name: (-names[name], name), default="")


def _of(count: Count, what: str) -> dict[str, int]:
    return {text: number for (kind, text), number in count.items() if kind == what and number > 0}


def _stored(graph: Readable, node: Node) -> Iterator[Quad]:
    if isinstance(node, Triple):
        if isinstance(node.subject, NamedNode):
            yield from graph.quads(node.subject, node.predicate, node.object, FACTS)
        return
    for quad in graph.quads(node, None, None, FACTS):
        if quad.predicate in _SETTLED or (quad.predicate == v.TYPE and quad.object in _CLASSES):
            yield quad
