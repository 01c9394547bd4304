"""What the pages keep of the newest snapshot: the catalogue and the search index."""

from dataclasses import dataclass
from typing import cast

from flask import Flask, current_app

from scholargraph.graph.catalogue import Catalogue, Kept, catalogue
from scholargraph.graph.search import Index
from scholargraph.graph.store import Snapshot

from .service import EXTENSION as SERVICE
from .service import Service, service

EXTENSION = "scholargraph.holdings"


@dataclass(frozen=True, slots=True)
class Holdings:
    """One app's; each is made when first asked for, and again for a newer snapshot."""

    catalogue: Kept[Catalogue]
    index: Kept[Index]


def install(app: Flask) -> None:
    """Gives *app* its holdings, still empty."""

    held = cast(Service, app.extensions[SERVICE])

    def listed(snapshot: Snapshot) -> Catalogue:
        return catalogue(snapshot, held.iris)

    def indexed(snapshot: Snapshot) -> Index:
        return Index.build(lists.exactly(snapshot), snapshot)

    lists = Kept(listed, held.store.snapshot)
    app.extensions[EXTENSION] = Holdings(lists, Kept(indexed, held.store.snapshot))


def current_catalogue() -> Catalogue:
    """The catalogue of the snapshot that this request reads."""
    return _holdings().catalogue.of(service().snapshot())


def current_index() -> Index:
    """The search index of the snapshot that this request reads."""
    return _holdings().index.of(service().snapshot())


def _holdings() -> Holdings:
    return cast(Holdings, current_app.extensions[EXTENSION])
