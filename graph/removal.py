"""Papers and profiles out of the store, in one transaction, with what nothing else speaks for."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, Quad

from scholargraph import ScholarGraphError

from . import vocab as v
from .aliases import known_as
from .build import run_quads
from .commit import settled, tombstones
from .decisions import decisions
from .entities import value_of
from .iris import Iris
from .parts import FACTS, Readable, owned
from .reconcile import Change, Extractor, Reconciler
from .settle import Names
from .store import Store, StoreError, Writer
from .tombstones import tombstone

_OWNERS = (v.ARTICLE, v.PROFILE)

# Papers of a source that go in one transaction.
_AT_ONCE = 1_000


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
        change = Reconciler(writer, store.iris, decisions=decisions(writer, store.iris)).gone(
            [owner for owner in owners if is_paper(writer, owner)]
        )
        change.moved.update(dict.fromkeys(owners))
        for owner in owners:
            if not is_paper(writer, owner):
                change.old += owned(writer, owner)
        return _removed(writer, change, owners, store.iris)


def remove_source(
    store: Store, name: str, *, extract: Extractor, model: str, wait: float = 30.0
) -> Removal:
    """
    Takes out of *store* what one source says, and leaves what the others say.

    *name* is the IRI of a source or the name of its file. A paper of several sources stays, and
    says what the rest of them say; *extract*, which *model* identifies, reads its abstract anew
    where that came from this source. Papers and profiles of this source alone go as by `remove`.
    Large sources go in several transactions, each of whole papers: interrupted, it can be called
    again.

    Raises:
        RemovalError: No source, or several, have this name.
        StoreBusy, StoreError: As for `remove`.
    """
    if not store.exists:
        raise StoreError(f"{store.address}: no store yet; `scholargraph import` makes it")
    with store.writing(wait=wait) as writer:
        sources = _sources(writer, name, store.iris)
    whole = Removal((), 0, 0)
    for source in sources:
        done = False
        while not done:
            with store.writing(wait=wait) as writer:
                writer.begin("removal")
                reconciler = Reconciler(
                    writer,
                    store.iris,
                    decisions=decisions(writer, store.iris),
                    extract=extract,
                    model=model,
                )
                some, done = _without(writer, reconciler, source, store.iris)
            whole = Removal(
                whole.papers + some.papers, whole.others + some.others, whole.triples + some.triples
            )
    return whole


def _without(
    writer: Writer, reconciler: Reconciler, source: NamedNode, iris: Iris
) -> tuple[Removal, bool]:
    """Takes *source* out of some of its papers, and says whether that were all."""
    papers, profiles = _of_source(writer, source, iris)
    change = reconciler.without(source, papers[:_AT_ONCE])
    done = len(papers) <= _AT_ONCE
    gone = [paper for paper, successor in change.moved.items() if successor is None]
    if done:
        for profile in profiles:
            change.old += owned(writer, profile)
            change.moved[profile] = None
        gone += profiles
        about = _about_source(writer, source)
        change.remove += about
        change.moved.update(
            (quad.subject, None) for quad in about if isinstance(quad.subject, NamedNode)
        )
    for run in change.runs:
        change.add += run_quads(run, iris)
    return _removed(writer, change, gone, iris), done


def _removed(writer: Writer, change: Change, owners: Sequence[NamedNode], iris: Iris) -> Removal:
    """Applies *change*, which takes *owners* and what nothing else speaks for."""
    gone, come = settled(writer, Names(iris), change)
    said = {quad.subject for quad in come}
    nodes = {
        quad.subject: None
        for quad in gone
        if quad.predicate == v.TYPE and quad.graph_name == FACTS and quad.subject not in said
        if isinstance(quad.subject, NamedNode)
    }
    works = f"{iris.base}work/"
    shared = [
        node
        for node in nodes
        if "#" not in node.value and node not in change.moved and not node.value.startswith(works)
    ]
    change.moved.update(dict.fromkeys(shared))
    effect = writer.effect(gone, come)
    removed, _ = effect.facts
    writer.apply(*tombstones(writer, change, come, iris), known=effect)
    return Removal(tuple(owner.value for owner in owners), len(shared), removed)


def _sources(graph: Readable, name: str, iris: Iris) -> list[NamedNode]:
    """The source that *name* means, or all states in which the file of this name was read."""
    for node in [*_node(name), *_node(iris.base + name.removeprefix("/"))]:
        if graph.quads(node, v.SHA256, None, FACTS):
            return [node]
    found = {
        quad.subject: quad.object
        for known in graph.quads(None, v.FILE_NAME, Literal(name), FACTS)
        if isinstance(known.subject, NamedNode)
        for quad in graph.quads(known.subject, v.FORMAT, None, FACTS)
    }
    nodes = sorted((node for node in found if isinstance(node, NamedNode)), key=value_of)
    if not nodes:
        raise RemovalError(
            f"no papers were imported from {name!r}; give the name of a file that was, without "
            "its folder, or the IRI of the source as the pages of its papers have it"
        )
    if len(set(found.values())) > 1:
        listed = ", ".join(node.value for node in nodes)
        raise RemovalError(f"several files were called {name!r}: {listed}; name one by its IRI")
    return nodes


def _of_source(
    graph: Readable, source: NamedNode, iris: Iris
) -> tuple[list[NamedNode], list[NamedNode]]:
    """The papers and the profiles that *source* speaks of."""
    nodes = {
        quad.subject
        for quad in graph.quads(None, v.SOURCE, source, FACTS)
        if isinstance(quad.subject, NamedNode) and "#" not in quad.subject.value
    }
    owners = sorted(nodes, key=lambda node: node.value)
    papers = [node for node in owners if is_paper(graph, node)]
    return papers, [node for node in owners if node not in papers and _is_owner(graph, node)]


def _about_source(graph: Readable, source: NamedNode) -> list[Quad]:
    """What facts say of *source* and of the runs that read it."""
    quads = graph.quads(source, None, None, FACTS)
    for quad in graph.quads(None, v.USED, source, FACTS):
        if isinstance(quad.subject, NamedNode):
            quads += graph.quads(quad.subject, None, None, FACTS)
    return quads


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
            if stone.successor:
                raise RemovalError(f"{node.value} is {stone.successor} now; name that")
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
    for node in _named(graph, name, iris):
        yield node
        if (other := known_as(graph, node, iris)) is not None:
            yield other


def _named(graph: Readable, name: str, iris: Iris) -> Iterator[NamedNode]:
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


def meant_paper(graph: Readable, name: str, iris: Iris) -> NamedNode:
    """
    The paper that *name* means: an IRI, its end, or the identifier of a record.

    Raises: RemovalError where it stands for none, or for several.
    """
    node = _owner(graph, name, iris)
    if not is_paper(graph, node):
        raise RemovalError(f"{node.value} is a profile, not a paper")
    return node


def is_paper(graph: Readable, node: NamedNode) -> bool:
    return bool(graph.quads(node, v.TYPE, v.ARTICLE, FACTS))


def _is_owner(graph: Readable, node: NamedNode) -> bool:
    types = {quad.object for quad in graph.quads(node, v.TYPE, None, FACTS)}
    return not types.isdisjoint(_OWNERS)
