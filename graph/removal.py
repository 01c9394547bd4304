"""Papers and profiles out of the store, in one transaction, with what nothing else speaks for."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode

from scholargraph import ScholarGraphError

from . import vocab as v
from .iris import Iris
from .parts import FACTS, Readable, owned
from .settle import Names
from .store import Store, StoreError
from .tombstones import buried, tombstone

_OWNERS = (v.ARTICLE, v.PROFILE)


class RemovalError(ScholarGraphError):
    """A name that stands for nothing that can be removed; nothing was."""


@dataclass(frozen=True, slots=True)
class Removal:
    """
    What a removal did: the *papers* (and profiles) it took, by IRI; how many other resources,
    authors and concepts for the most part, went with the last paper that spoke of them; triples.
    """

    papers: tuple[str, ...]
    others: int
    triples: int

    def text(self) -> str:
        """
        The removal for people, without a newline at the end.

        >>> Removal(("https://example.org/paper/1",), 3, 120).text()
        '1 removed, with 3 authors and concepts that no other paper names; 120 triples gone'
        """
        return (
            f"{len(self.papers):,} removed, with {self.others:,} authors and concepts that no "
            f"other paper names; {self.triples:,} triples gone"
        )


def remove(store: Store, names: Sequence[str], *, wait: float = 30.0) -> Removal:
    """
    Takes the papers and profiles *names* out of *store*, all or nothing.

    A name is an IRI, its end (``paper/doi:10.1/x`` or ``doi:10.1/x``), or the identifier that the
    paper's record gave. What other papers use too stays; what only these spoke of goes, as when a
    paper is imported again without it. Each that went leaves a tombstone until it comes back.
    *wait* is how many seconds to wait for other writers.

    Raises:
        RemovalError: A name stands for nothing, for several papers, or for what has no owner.
        StoreBusy: Another process was writing all the while.
        StoreError: There is no store, or it cannot be written.
    """
    if not store.exists:
        raise StoreError(f"{store.address}: no store yet; `scholargraph import` makes it")
    with store.writing(wait=wait) as writer:
        writer.begin("removal")
        owners = list(dict.fromkeys(_owner(writer, name, store.iris) for name in names))
        old = [quad for owner in owners for quad in owned(writer, owner)]
        gone, settled = Names(store.iris).settle(writer, old, [])
        gone += old
        nodes = {
            quad.subject: None
            for quad in gone
            if quad.predicate == v.TYPE and isinstance(quad.subject, NamedNode)
        }
        shared = [node for node in nodes if "#" not in node.value and node not in owners]
        stones = buried(gone, dict.fromkeys([*owners, *shared]), store.iris)
        removed, _ = writer.apply(gone, [*settled, *stones])
    return Removal(tuple(owner.value for owner in owners), len(shared), removed)


def _owner(graph: Readable, name: str, iris: Iris) -> NamedNode:
    """The paper or profile that *name* means."""
    candidates = list(dict.fromkeys(_meant(graph, name, iris)))
    owners = [node for node in candidates if _is_owner(graph, node)]
    if len(owners) == 1:
        return owners[0]
    if owners:
        listed = ", ".join(node.value for node in owners)
        raise RemovalError(
            f"{name!r} is the identifier of {len(owners)} papers: {listed}; name one"
        )
    for node in candidates:
        if stone := tombstone(graph, node, iris):
            raise RemovalError(f"{node.value} was removed already, at {stone.removed}")
        if graph.quads(node, None, None, FACTS):
            whole = node.value.partition("#")[0]
            if whole != node.value:
                raise RemovalError(f"{node.value} is a part of {whole}; remove that as a whole")
            raise RemovalError(
                f"{node.value} is neither a paper nor a profile: it goes with the last of the "
                "papers that name it"
            )
    raise RemovalError(
        f"there is no paper {name!r}; give its IRI, the end of it such as doi:10.1000/x, or the "
        "identifier of its record"
    )


def _meant(graph: Readable, name: str, iris: Iris) -> Iterator[NamedNode]:
    """What *name* may stand for, whether or not it is there."""
    if name.startswith(iris.base):
        yield from _node(name)
        return
    if not re.match(r"https?://", name):
        end = name.removeprefix("/")
        for place in (end, f"paper/{end}", f"profile/{end}"):
            noun, _, key = place.partition("/")
            if key:
                yield iris.resource(noun, key)
    for quad in graph.quads(None, v.IDENTIFIER, Literal(name), FACTS):
        if isinstance(quad.subject, NamedNode):
            yield quad.subject


def _node(iri: str) -> Iterator[NamedNode]:
    try:
        yield NamedNode(iri)
    except ValueError:
        return


def _is_owner(graph: Readable, node: NamedNode) -> bool:
    types = {quad.object for quad in graph.quads(node, v.TYPE, None, FACTS)}
    return not types.isdisjoint(_OWNERS)
