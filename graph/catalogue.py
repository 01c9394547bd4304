"""What is in the whole graph: every paper, author and concept with its count, and papers a year."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Generic, TypeVar
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray
from pyoxigraph import NamedNode

from scholargraph import ScholarGraphError

from . import vocab as v
from .iris import Iris
from .parts import FACTS
from .questions import Row, rows
from .store import Snapshot
from .ties import Ties, foremost, ties

T = TypeVar("T")

log = logging.getLogger(__name__)

CONCEPT_KINDS = ("method", "dataset", "task", "metric")
KINDS = ("paper", "author", *CONCEPT_KINDS)

# As many authors as a list of papers names before it says 'and n more'.
BYLINE = 3

# Seconds that a page may wait for what it keeps to be made anew.
PATIENCE = 0.5


@dataclass(frozen=True, slots=True)
class Named:
    """A resource and what it is called."""

    iri: str
    name: str


@dataclass(frozen=True, slots=True)
class Counted:
    """An author or a concept, and how many papers are theirs or name it."""

    iri: str
    name: str
    papers: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A paper as a list shows it; *authors* are its first ones of *author_count*."""

    iri: str
    title: str
    date: str | None
    venue: str | None
    code: bool
    authors: tuple[Named, ...]
    author_count: int


@dataclass(frozen=True, slots=True)
class Catalogue:
    """
    The lists that pages show and that the search index is made of, of one snapshot.

    Counting them takes about 0.6 s at 2,000 papers on disk, hence they are kept: see `Kept`. *ties*
    number the papers as they stand in *papers*; *kinds* are places in `KINDS`, by thing. *claims*
    are the values and the IRIs of the results that a paper claims: in the graph they are found
    among all parts of the paper only, some 1.5 ms for each paper.
    """

    papers: tuple[Listed, ...]
    authors: tuple[Counted, ...]
    concepts: dict[str, tuple[Counted, ...]]
    years: tuple[tuple[int, int], ...]
    ties: Ties
    kinds: NDArray[np.int8]
    paper_at: Mapping[str, Listed]
    thing_at: Mapping[str, Counted]
    kind_at: Mapping[str, str]
    claims: Mapping[str, tuple[tuple[float, str], ...]]

    def counted(self, kind: str) -> tuple[Counted, ...]:
        """Authors or concepts of *kind*, those of most papers first."""
        return self.authors if kind == "author" else self.concepts[kind]

    def count(self, kind: str) -> int:
        return len(self.papers) if kind == "paper" else len(self.counted(kind))

    def common(self, papers: int) -> Iterator[Counted]:
        """Concepts that more than so many *papers* name."""
        for found in self.concepts.values():
            yield from takewhile(lambda thing: thing.papers > papers, found)

    def name(self, iri: str) -> str:
        """What an author, a paper or a concept is called."""
        if paper := self.paper_at.get(iri):
            return paper.title
        thing = self.thing_at.get(iri)
        return thing.name if thing else ending(iri)

    def span(self, iri: str) -> tuple[str | None, str | None]:
        """The years of the first and the last paper of a thing; None where none has a date."""
        papers = self.ties.papers_with(iri)
        # They are as in *papers*, the newest first and those without a date last.
        dated = papers[: np.searchsorted(papers, sum(count for _, count in self.years))]
        if not len(dated):
            return None, None
        first, last = (self.papers[paper].date or "" for paper in (dated[-1], dated[0]))
        return first[:4], last[:4]

    def of_kind(self, kind: str) -> NDArray[np.bool_]:
        """Which things, by their numbers, are of *kind*."""
        chosen: NDArray[np.bool_] = self.kinds == KINDS.index(kind)
        return chosen

    def beside(
        self, papers: Iterable[str], *without: str, most: int | None = None
    ) -> dict[str, tuple[Counted, ...]]:
        """
        Authors and concepts of *papers* by kind, with how many of these are theirs.

        Those of most papers come first, and only *most* of each kind. Nothing is said of *without*.
        """
        counts = self.ties.beside(self.ties.numbers(papers))
        counts[[self.ties.thing_at[iri] for iri in without if iri in self.ties.thing_at]] = 0
        ranked = {}
        for kind in KINDS[1:]:
            # Equals go by their names: all that may be among the first ones are needed.
            found = foremost(counts * self.of_kind(kind), most).tolist()
            iris = ((self.ties.thing_iris[thing], int(counts[thing])) for thing in found)
            things = _most_first(Counted(iri, self.name(iri), number) for iri, number in iris)
            ranked[kind] = things[:most]
        return ranked


def catalogue(snapshot: Snapshot, iris: Iris) -> Catalogue:
    """Reads the catalogue of *snapshot*; papers newest first, the rest by number of papers."""
    names = _texts(snapshot, v.NAME)
    papers = _papers(snapshot, names)
    tied = ties(snapshot, [paper.iri for paper in papers])
    labels = _texts(snapshot, v.LABEL)
    kinds: dict[str, list[Counted]] = {kind: [] for kind in KINDS[1:]}
    kind_at = [kind_of(iri, iris) for iri in tied.thing_iris]
    counts = np.diff(tied.thing_ends).tolist()
    for iri, kind, count in zip(tied.thing_iris, kind_at, counts, strict=True):
        name = names.get(iri) or labels.get(iri) or ending(iri)
        kinds.setdefault(kind, []).append(Counted(iri, name, count))
    return Catalogue(
        papers=papers,
        authors=_most_first(kinds["author"]),
        concepts={kind: _most_first(kinds[kind]) for kind in CONCEPT_KINDS},
        years=papers_a_year(paper.date for paper in papers),
        ties=tied,
        kinds=np.array([KINDS.index(kind) if kind in KINDS else -1 for kind in kind_at], np.int8),
        paper_at={paper.iri: paper for paper in papers},
        thing_at={thing.iri: thing for things in kinds.values() for thing in things},
        kind_at={thing.iri: kind for kind, things in kinds.items() for thing in things},
        claims=_claims(snapshot),
    )


def _claims(snapshot: Snapshot) -> dict[str, tuple[tuple[float, str], ...]]:
    found: dict[str, tuple[tuple[float, str], ...]] = {}
    for row in rows(snapshot, "claims"):
        paper = row.text("paper")
        found[paper] = (*found.get(paper, ()), (float(row.decimal("value")), row.text("result")))
    return found


def _texts(snapshot: Snapshot, predicate: NamedNode) -> dict[str, str]:
    """What things are called; of several names the first in the alphabet."""
    found: dict[str, str] = {}
    for quad in snapshot.quads(None, predicate, None, FACTS):
        iri, text = getattr(quad.subject, "value", ""), getattr(quad.object, "value", "")
        if text and text < found.get(iri, "\U0010ffff"):
            found[iri] = text
    return found


def _papers(snapshot: Snapshot, names: dict[str, str]) -> tuple[Listed, ...]:
    bylines: dict[str, list[tuple[int, str]]] = {}
    for row in rows(snapshot, "bylines"):
        # A position that 'et al.' hides comes last.
        place = row.whole("position") or 1_000_000
        bylines.setdefault(row.text("paper"), []).append((place, row.text("author")))
    found: dict[str, Listed] = {}
    for row in rows(snapshot, "papers"):
        iri = row.text("paper")
        byline = sorted(bylines.get(iri, ()))
        found[iri] = Listed(
            iri=iri,
            title=name_of(row, "paper", "title"),
            date=row.maybe("issued"),
            venue=row.maybe("venue"),
            code=row.maybe("code") is not None,
            authors=tuple(
                Named(author, names.get(author, author)) for _, author in byline[:BYLINE]
            ),
            author_count=len(byline),
        )
    by_title = sorted(found.values(), key=lambda paper: paper.title.casefold())
    return tuple(sorted(by_title, key=lambda paper: paper.date or "", reverse=True))


def papers_a_year(dates: Iterable[str | None]) -> tuple[tuple[int, int], ...]:
    """
    Years and their numbers of papers, from the first to the last without a gap.

    >>> papers_a_year(["2020-05", None, "2022"])
    ((2020, 1), (2021, 0), (2022, 1))
    """
    counts = Counter(int(date[:4]) for date in dates if date)
    if not counts:
        return ()
    return tuple((year, counts[year]) for year in range(min(counts), max(counts) + 1))


def kind_of(iri: str, iris: Iris) -> str:
    """
    What a resource is, by its IRI: ``author``, ``paper``, ``method``; '' where it is not ours.

    >>> kind_of("https://w3id.org/scholargraph/method/bert", Iris())
    'method'
    """
    local = iris.local(iri)
    return local.split("/")[1].partition("#")[0] if local else ""


def name_of(row: Row, iri: str, name: str) -> str:
    """The column *name*, or where it is empty the end of the column *iri*."""
    return row.maybe(name) or ending(row.text(iri))


def ending(iri: str) -> str:
    """The part of an IRI after its last slash or hash, decoded: the name of what has none."""
    return unquote(iri.rstrip("/#").replace("#", "/").rsplit("/", 1)[-1])


def counted(row: Row, iri: str) -> Counted:
    """A row of *iri*, ``label`` and ``papers``."""
    return Counted(row.text(iri), name_of(row, iri, "label"), row.integer("papers"))


def by_kind(found: Iterable[Counted], iris: Iris) -> dict[str, tuple[Counted, ...]]:
    """Concepts by kind, in the order they came; every kind is there."""
    kinds: dict[str, list[Counted]] = {kind: [] for kind in CONCEPT_KINDS}
    for concept in found:
        kinds.setdefault(kind_of(concept.iri, iris), []).append(concept)
    return {kind: tuple(concepts) for kind, concepts in kinds.items()}


def _most_first(found: Iterable[Counted]) -> tuple[Counted, ...]:
    return tuple(sorted(found, key=lambda item: (-item.papers, item.name.casefold(), item.iri)))


class Kept(Generic[T]):
    """
    A value made of the newest snapshot, and kept until a newer one is asked for.

    One thread makes it. Others meanwhile get the former value, or wait where there is none. What
    took longer than `PATIENCE` to make is made anew in the background, of the snapshot that
    *newest* opens, and pages show the former value until it is ready.
    """

    def __init__(
        self, make: Callable[[Snapshot], T], newest: Callable[[], Snapshot] | None = None
    ) -> None:
        self._make = make
        self._newest = newest
        self._making = threading.Lock()
        self._kept: tuple[str, T] | None = None
        self._seconds = 0.0

    def of(self, snapshot: Snapshot) -> T:
        """The value of *snapshot*, or for a while of an earlier one."""
        return self.named(snapshot)[1]

    def named(self, snapshot: Snapshot) -> tuple[str, T]:
        """As `of`, behind the name of the snapshot that the value is of."""
        kept = self._kept
        if kept is not None and kept[0] == snapshot.name:
            return kept
        if not self._making.acquire(blocking=kept is None):
            assert kept is not None
            return kept
        if kept is not None and self._newest is not None and self._seconds > PATIENCE:
            threading.Thread(target=self._remake, args=(self._newest,), daemon=True).start()
            return kept
        try:
            return self._made(snapshot)
        finally:
            self._making.release()

    def prepare(self) -> None:
        """Begins to make the first value in the background, so that nobody need wait for it."""
        if self._kept is None and self._newest is not None and self._making.acquire(blocking=False):
            threading.Thread(target=self._remake, args=(self._newest,), daemon=True).start()

    def within(self, seconds: float, snapshot: Snapshot) -> T | None:
        """
        As `of`; None where the first value, which this starts, is not made within *seconds*.

        Without a way to open snapshots nothing can be made in the background, and one has to wait.
        """
        self.prepare()
        if self._kept is None and self._newest is not None:
            if not self._making.acquire(timeout=seconds):
                return None
            self._making.release()
        return self.of(snapshot)

    def exactly(self, snapshot: Snapshot) -> T:
        """The value of *snapshot*, however long it takes."""
        with self._making:
            return self._made(snapshot)[1]

    def _made(self, snapshot: Snapshot) -> tuple[str, T]:
        if self._kept is None or self._kept[0] != snapshot.name:
            began = time.monotonic()
            self._kept = snapshot.name, self._make(snapshot)
            self._seconds = time.monotonic() - began
        return self._kept

    def _remake(self, newest: Callable[[], Snapshot]) -> None:
        try:
            with newest() as snapshot:
                self._made(snapshot)
        except ScholarGraphError as error:  # whoever asks next is told, or finds it mended
            log.warning("what pages keep could not be made: %s", error)
        finally:
            self._making.release()
