"""What the pages keep of the newest snapshot: the catalogue, the search index, networks."""

import threading
from dataclasses import dataclass
from typing import TypeVar, cast

from flask import Flask, current_app, g

from scholargraph.graph.catalogue import Catalogue, Kept, catalogue
from scholargraph.graph.communities import Communities, communities
from scholargraph.graph.incidence import Incidence
from scholargraph.graph.opening import Opening, opening
from scholargraph.graph.search import Index
from scholargraph.graph.state import state
from scholargraph.graph.store import Snapshot
from scholargraph.graph.tallies import COMMON, Tally

from .problems import Problem
from .service import EXTENSION as SERVICE
from .service import Service, service

T = TypeVar("T")

EXTENSION = "scholargraph.holdings"

# Seconds that a search waits for the first index.
INDEXING = 5.0

# The communities of so many links between papers and things are found in 0.1 s, while one waits.
AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Holdings:
    """One app's; each is made when first asked for, and again for a newer snapshot."""

    catalogue: Kept[Catalogue]
    index: Kept[Index]
    incidence: Kept[Incidence]
    communities: Kept[Communities]
    opening: Kept[Opening]


def install(app: Flask) -> None:
    """Gives *app* its holdings, still empty."""

    held = cast(Service, app.extensions[SERVICE])

    def listed(snapshot: Snapshot) -> Catalogue:
        found = catalogue(snapshot, held.iris)
        if any(found.common(COMMON)):
            held.tallies.newest(wait=0)  # begun before anybody needs them
        return found

    def indexed(snapshot: Snapshot) -> Index:
        return Index.build(lists.exactly(snapshot), snapshot)

    def opened(snapshot: Snapshot) -> Opening:
        return opening(lists.exactly(snapshot))

    def grouped(snapshot: Snapshot) -> Communities:
        return communities(incidence.exactly(snapshot), state(held.store))

    def indexed_links(snapshot: Snapshot) -> Incidence:
        return Incidence.read(snapshot).prepared()

    lists = Kept(listed, held.store.snapshot)
    incidence = Kept(indexed_links, held.store.snapshot)
    app.extensions[EXTENSION] = Holdings(
        lists,
        Kept(indexed, held.store.snapshot),
        incidence,
        Kept(grouped, held.store.snapshot),
        Kept(opened, held.store.snapshot),
    )


def prepare(app: Flask) -> None:
    """Begins to make what the first pages and the first search need, and reads the templates."""
    held = cast(Holdings, app.extensions[EXTENSION])
    for kept in (held.catalogue, held.opening, held.incidence, held.index):
        kept.prepare()
    threading.Thread(target=_read_templates, args=(app,), daemon=True).start()


def _read_templates(app: Flask) -> None:
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)


def current_catalogue() -> Catalogue:
    """The catalogue of the snapshot that this request reads, or for a while of an earlier one."""
    return _current(_holdings().catalogue)


def current_index() -> Index:
    """
    The search index of the snapshot that this request reads, or for a while of an earlier one.

    Raises:
        Problem: 503 where the first is still being made: for seconds after the start, at 20,000
            papers.
    """
    index = _holdings().index.within(INDEXING, service().snapshot())
    if index is None:
        raise Problem(
            503,
            "The index is being built",
            "Search begins in some seconds, when the index of names and abstracts is built.",
            headers={"Retry-After": "5"},
        )
    return index


def current_incidence() -> Incidence:
    """What stands on which papers in the snapshot that this request reads."""
    return _holdings().incidence.of(service().snapshot())


def current_opening() -> Opening:
    """What the start page shows of the snapshot that this request reads, or for a while before."""
    return _current(_holdings().opening)


def current_tally(concept: str) -> Tally | None:
    """
    What was counted of a common concept, of this request's snapshot or for a while of an earlier.

    None for what has to be counted: one of few papers, or any before the first tallies are there.
    """
    thing, tallies = current_catalogue().thing_at.get(concept), service().tallies
    if thing is None or thing.papers <= COMMON:
        return None
    found = tallies.newest(wait=0)
    if found is None or found.state == service().state():
        return found.get(concept) if found else None
    if not tallies.busy:  # they could not be made anew
        return None
    g.provisional = True
    return found.get(concept)


def is_provisional() -> bool:
    """Whether this request has seen anything of an earlier snapshot than its own."""
    return "provisional" in g


def _current(kept: Kept[T]) -> T:
    snapshot = service().snapshot()
    name, value = kept.named(snapshot)
    if name != snapshot.name:
        g.provisional = True
    return value


def current_communities() -> Communities | None:
    """
    The communities of the snapshot that this request reads, or for a while of an earlier one.

    None while those of a larger graph are being found for the first time.
    """
    if _is_large():
        return service().folds.newest()
    return _holdings().communities.of(service().snapshot())


def begin_communities() -> None:
    """Has communities found that take longer than a request: somebody may soon ask for them."""
    if _is_large():
        service().folds.newest(wait=0)


def _is_large() -> bool:
    return len(current_incidence().links.papers) > AT_ONCE


def _holdings() -> Holdings:
    return cast(Holdings, current_app.extensions[EXTENSION])
