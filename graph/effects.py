"""What a change really takes from an engine and adds to it: found out, and carried out."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

import pyoxigraph
from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad, Triple

from . import vocab as v

# How many quads are added as files of their own, which takes half of the time that a transaction
# does (9 and 17 µs each, compaction included, at 400,000). Such files weigh too much for a few
# quads, and up to a million the engine takes them in all or nothing.
FILED = range(2_000, 1_000_000)


@dataclass(frozen=True, slots=True)
class Effect:
    """Quads that are there and shall go, and quads that are not and shall come; each once."""

    removed: list[Quad]
    added: list[Quad]

    def __bool__(self) -> bool:
        return bool(self.removed or self.added)

    def __add__(self, other: "Effect") -> "Effect":
        return Effect([*self.removed, *other.removed], [*self.added, *other.added])

    @property
    def facts(self) -> tuple[int, int]:
        """How many facts go, and how many come."""
        return _facts(self.removed), _facts(self.added)

    @property
    def is_filed(self) -> bool:
        """Whether `in_steps` is the faster way."""
        return len(self.added) in FILED


def _facts(quads: Iterable[Quad]) -> int:
    facts = DefaultGraph()
    return sum(quad.graph_name == facts for quad in quads)


def present(engine: pyoxigraph.Store, quads: Iterable[Quad]) -> list[Quad]:
    """Those of *quads* that *engine* has."""
    return [quad for quad in quads if quad in engine]


def absent(engine: pyoxigraph.Store, quads: Iterable[Quad]) -> list[Quad]:
    """
    Those of *quads* that *engine* has not.

    Nothing is said yet of most subjects, which is seen at once for all that follow each other, and
    for the parts of what has neither quads nor parts: a node owns every IRI under its own.
    """
    found: list[Quad] = []
    bare: set[str] = set()
    new: set[str] = set()
    facts = DefaultGraph()
    for (subject, graph), group in groupby(quads, attrgetter("subject", "graph_name")):
        some = list(group)
        owner, joint = "", ""
        if isinstance(subject, NamedNode) and graph == facts:
            owner, joint, _ = subject.value.partition("#")
        if joint and owner in bare:
            bare.remove(owner)
            if _first(engine, None, v.PART_OF, NamedNode(owner), graph) is None:
                new.add(owner)
        if owner in new:
            found += some
            continue
        if len(some) == 1 or isinstance(subject, Triple):
            some = [quad for quad in some if quad not in engine]
        elif _first(engine, subject, None, None, graph) is not None:
            some = [quad for quad in some if quad not in engine]
        elif owner and not joint:
            bare.add(owner)
        found += some
    return found


def _first(engine: pyoxigraph.Store, *pattern: Any) -> Quad | None:
    return next(engine.quads_for_pattern(*pattern), None)


def at_once(engine: pyoxigraph.Store, effect: Effect) -> None:
    """Carries *effect* out in one transaction, but for quads with blank nodes (none are ours)."""
    if not effect.removed:
        engine.extend(effect.added)
        return
    removed, blank_removed = data(effect.removed)
    added, blank_added = data(effect.added)
    engine.update(f"DELETE DATA {{ {removed} }}; INSERT DATA {{ {added} }}")
    for quad in blank_removed:
        engine.remove(quad)
    engine.extend(blank_added)


def in_steps(engine: pyoxigraph.Store, effect: Effect) -> None:
    """
    Carries *effect* out: first everything comes, at once, then what goes goes, quad by quad.

    It can be called again where it was interrupted.
    """
    if effect.added:
        engine.bulk_extend(effect.added)
    for quad in effect.removed:
        engine.remove(quad)


def has_blank(quad: Quad) -> bool:
    return any(
        isinstance(term, BlankNode | Triple)
        for term in (quad.subject, quad.object, quad.graph_name)
    )


def data(quads: Iterable[Quad]) -> tuple[str, list[Quad]]:
    """*quads* as INSERT DATA has them, and those that it cannot: the ones with blank nodes."""
    lines: list[str] = []
    blank: list[Quad] = []
    for quad in quads:
        line = str(quad)  # the engine writes it in a tenth of the time that its terms take here
        if ("_:" in line or "<<" in line) and has_blank(quad):
            blank.append(quad)
        elif isinstance(quad.graph_name, DefaultGraph):
            lines.append(f"{line} .")
        else:
            triple = line.removesuffix(f" {quad.graph_name}")
            lines.append(f"GRAPH {quad.graph_name} {{ {triple} }}")
    return "\n".join(lines), blank
