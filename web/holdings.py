"""What the pages keep of the newest snapshot: the catalogue, the search index, the incidence."""

from dataclasses import dataclass
from typing import TypeVar, cast

from flask import Flask, current_app, g

from scholargraph.graph.catalogue import Catalogue, Kept, catalogue
from scholargraph.graph.incidence import Incidence
from scholargraph.graph.opening import Opening, opening
from scholargraph.graph.search import Index
from scholargraph.graph.store import Snapshot

from .service import EXTENSION as SERVICE
from .service import Service, service

T = TypeVar("T")

EXTENSION = "scholargraph.holdings"


@dataclass(frozen=True, slots=True)
class Holdings:
    """One app's; each is made when first asked for, and again for a newer snapshot."""

    catalogue: Kept[Catalogue]
    index: Kept[Index]
    incidence: Kept[Incidence]
    opening: Kept[Opening]


def install(app: Flask) -> None:
    """Gives *app* its holdings, still empty."""

    held = cast(Service, app.extensions[SERVICE])

    def listed(snapshot: Snapshot) -> Catalogue:
        return catalogue(snapshot, held.iris)

    def indexed(snapshot: Snapshot) -> Index:
        return Index.build(lists.exactly(snapshot), snapshot)

    def opened(snapshot: Snapshot) -> Opening:
        return opening(lists.exactly(snapshot))

    lists = Kept(listed, held.store.snapshot)
    app.extensions[EXTENSION] = Holdings(
        lists,
        Kept(indexed, held.store.snapshot),
        Kept(Incidence.read, held.store.snapshot),
        Kept(opened, held.store.snapshot),
    )


def current_catalogue() -> Catalogue:
    """The catalogue of the snapshot that this request reads, or for a while of an earlier one."""
    return _current(_holdings().catalogue)


def current_index() -> Index:
    """The search index of the snapshot that this request reads."""
    return _holdings().index.of(service().snapshot())


def current_incidence() -> Incidence:
    """What stands on which papers in the snapshot that this request reads."""
    return _holdings().incidence.of(service().snapshot())


def current_opening() -> Opening:
    """What the start page shows of the snapshot that this request reads, or for a while before."""
    return _current(_holdings().opening)


def is_provisional() -> bool:
    """Whether this request has seen anything of an earlier snapshot than its own."""
    return "provisional" in g


def _current(kept: Kept[T]) -> T:
    snapshot = service().snapshot()
    name, value = kept.named(snapshot)
    if name != snapshot.name:
        g.provisional = True
    return value


def _holdings() -> Holdings:
    return cast(Holdings, current_app.extensions[EXTENSION])
