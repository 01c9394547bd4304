"""What a change really takes from an engine and adds to it: found out, and carried out."""

import io
from collections.abc import Container, Iterable
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

import pyoxigraph
from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, Triple

from . import vocab as v
from .ntriples import Lines, chunks, has_blank, quads_of

# How many quads are added as files of their own, which takes half of the time that a transaction
# does (9 and 17 µs each, compaction included, at 400,000). Such files weigh too much for a few
# quads, and up to a million the engine takes them in all or nothing.
FILED = range(2_000, 1_000_000)
# Bytes of lines that are handed on at once.
_READ = 1 << 20


@dataclass(frozen=True, slots=True)
class Effect:
    """
    Quads that are there and shall go, and quads that are not and shall come; each once.

    Of what comes some may be *written* out: lines of N-Quads without blank nodes.
    """

    removed: list[Quad]
    added: list[Quad]
    written: tuple[Lines, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.removed or self.added or self.written)

    def __add__(self, other: "Effect") -> "Effect":
        return Effect(
            [*self.removed, *other.removed],
            [*self.added, *other.added],
            (*self.written, *other.written),
        )

    @property
    def facts(self) -> tuple[int, int]:
        """How many facts go, and how many come; what is written out are facts."""
        return _facts(self.removed), _facts(self.added) + _number(self.written)

    @property
    def size(self) -> tuple[int, int]:
        """How many quads go, and how many come."""
        return len(self.removed), len(self.added) + _number(self.written)

    @property
    def is_filed(self) -> bool:
        """Whether `in_steps` is the faster way."""
        return self.size[1] in FILED

    def as_text(self) -> "Effect":
        """The same, with all that comes written out, but for quads with blank nodes."""
        lines = list(chunks(self.added))
        blank: list[Quad] = []
        if any(b"_:" in chunk.text or b"<<" in chunk.text for chunk in lines):
            blank = [quad for quad in self.added if has_blank(quad)]
            lines = list(chunks(quad for quad in self.added if not has_blank(quad)))
        return Effect(self.removed, blank, (*self.written, *lines))

    def as_quads(self) -> "Effect":
        """The same, with nothing written out."""
        return Effect(self.removed, [*self.added, *quads_of(self.written)])


def _number(written: Iterable[Lines]) -> int:
    return sum(lines.number for lines in written)


def _facts(quads: Iterable[Quad]) -> int:
    facts = DefaultGraph()
    return sum(quad.graph_name == facts for quad in quads)


def present(engine: pyoxigraph.Store, quads: Iterable[Quad]) -> list[Quad]:
    """Those of *quads* that *engine* has."""
    return [quad for quad in quads if quad in engine]


def absent(
    engine: pyoxigraph.Store, quads: Iterable[Quad], unsaid: Container[object] = ()
) -> list[Quad]:
    """
    Those of *quads* that *engine* has not; of the nodes *unsaid* it has no facts, that is known.

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
        if graph == facts and subject in unsaid:
            said = False
        elif len(some) == 1 or isinstance(subject, Triple):
            said = True  # perhaps: to find out takes as long as to look for the quad
        else:
            said = _first(engine, subject, None, None, graph) is not None
        if said:
            some = [quad for quad in some if quad not in engine]
        elif owner and not joint:
            bare.add(owner)
        found += some
    return found


def is_new(engine: pyoxigraph.Store, node: NamedNode, unsaid: Container[object] = ()) -> bool:
    """Whether *engine* has no fact about *node*, and none about a part of it; *unsaid* as above."""
    facts = DefaultGraph()
    return (node in unsaid or _first(engine, node, None, None, facts) is None) and (
        _first(engine, None, v.PART_OF, node, facts) is None
    )


def _first(engine: pyoxigraph.Store, *pattern: Any) -> Quad | None:
    return next(engine.quads_for_pattern(*pattern), None)


def at_once(engine: pyoxigraph.Store, effect: Effect) -> None:
    """Carries *effect* out in one transaction, but for quads with blank nodes (none are ours)."""
    effect = effect.as_quads()
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
    if effect.written:
        file = io.BufferedReader(_Chunks(effect.written), _READ)
        engine.bulk_load(file, format=RdfFormat.N_QUADS, lenient=True)
    if effect.added:
        engine.bulk_extend(effect.added)
    for quad in effect.removed:
        engine.remove(quad)


class _Chunks(io.RawIOBase):
    """What is *written*, one after the other, as a file that is read."""

    def __init__(self, written: Iterable[Lines]) -> None:
        self._chunks = (lines.text for lines in written)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = memoryview(chunk)
        with memoryview(buffer) as room:
            size = min(len(room), len(self._rest))
            room[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


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
