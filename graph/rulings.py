"""
What a person rules about papers: split into their records, or joined though no rule finds them one.

Rulings are kept as `scholargraph.graph.decisions`, so that they outlive every import, and can be
taken back: the graph is then what it would have been without them, under the same IRIs.
"""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import combinations, product

from pyoxigraph import NamedNode

from scholargraph import ScholarGraphError

from .build import run_quads
from .commit import settled, tombstones
from .decisions import Decision, decided, decisions
from .pool import Pool
from .reconcile import Extractor, Reconciler
from .records import Record, record_node
from .removal import meant_paper
from .settle import Names
from .store import Store, StoreError, Writer


class RulingError(ScholarGraphError):
    """A ruling that makes no sense for these papers; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a ruling did: the *papers* that there are now in place of the *former*, by IRI."""

    former: tuple[str, ...]
    papers: tuple[str, ...]
    triples_added: int
    triples_removed: int

    def text(self) -> str:
        """
        The ruling for people, without a newline at the end.

        >>> Ruling(("https://example.org/1",), ("https://example.org/1",), 0, 0).text()
        'kept in mind; for now nothing changes'
        """
        if set(self.former) == set(self.papers):
            return "kept in mind; for now nothing changes"
        number = "one paper" if len(self.papers) == 1 else f"{len(self.papers)} papers"
        listed = "".join(f"\n  {paper}" for paper in self.papers)
        return (
            f"{number} now; {self.triples_added:,} triples added, "
            f"{self.triples_removed:,} removed:{listed}"
        )


@dataclass(frozen=True, slots=True)
class Rulings:
    """
    The rulings of *store*; *extract*, which *model* identifies, reads abstracts that nobody has.

    *wait* is how many seconds to wait for other writers. What is done here raises RulingError for
    what makes no sense, RemovalError for a name of no paper or of several, StoreBusy and
    StoreError.
    """

    store: Store
    extract: Extractor
    model: str
    wait: float = 30.0

    def split(self, name: str, *, note: str = "") -> Ruling:
        """
        Takes the paper *name* apart, each of its records a paper of its own.

        Where *name* is the IRI of a record (``…#record-…``), that record alone leaves the others.
        *note* says why, for later readers.
        """
        with self._writing() as writer:
            paper = meant_paper(writer, name.partition("#")[0], self.store.iris)
            pool = self._pool(writer)
            pool.load([paper])
            records = pool.held[paper].records
            if len(records) == 1:
                raise RulingError(f"{paper.value} is of one record; there is nothing to split")
            pairs = list(combinations(records, 2))
            if "#" in name:
                pairs = [
                    (one, other)
                    for one, other in pairs
                    if name in (record_node(paper, one).value, record_node(paper, other).value)
                ]
            if not pairs:
                raise RulingError(f"{paper.value} has no record {name!r} now")
            return self._rule(writer, pool, pairs, [paper], same=False, note=note)

    def join(self, one: str, other: str, *, note: str = "") -> Ruling:
        """Makes the papers *one* and *other* one paper, under the IRI of *one*."""
        with self._writing() as writer:
            iris = self.store.iris
            papers = [meant_paper(writer, name, iris) for name in (one, other)]
            if papers[0] == papers[1]:
                raise RulingError(f"{one!r} and {other!r} are one paper, {papers[0].value}")
            pool = self._pool(writer)
            pool.load(papers)
            first, second = (pool.held[paper].records for paper in papers)
            pairs = list(product(first, second))
            return self._rule(writer, pool, pairs, papers, same=True, note=note)

    def withdraw(self, name: str) -> Ruling:
        """
        Takes back every ruling about the records of the paper *name*.

        Of a paper that was split and goes on as one of its parts, the whole split is taken back.
        """
        with self._writing() as writer:
            iris = self.store.iris
            paper = meant_paper(writer, name.partition("#")[0], iris)
            pool = self._pool(writer)
            pool.load([paper])
            mine = {
                origin for record in pool.held[paper].records for origin in pool.origins(record)
            }
            known = decisions(writer, iris)
            back = [
                decision
                for decision in known
                if not mine.isdisjoint(decision.records)
                or (decision.paper == paper and not decision.same)
            ]
            if not back:
                raise RulingError(f"nobody ruled anything about {paper.value}")
            others = self._papers(writer, back)
            left = [decision for decision in known if decision not in back]
            prefer = {decision.paper for decision in back}
            return self._change(writer, [paper, *others], left, prefer, gone=back, come=())

    def _rule(
        self,
        writer: Writer,
        pool: Pool,
        pairs: Iterable[tuple[Record, Record]],
        papers: Sequence[NamedNode],
        *,
        same: bool,
        note: str,
    ) -> Ruling:
        iris = self.store.iris
        origins = [
            pair for one, other in pairs for pair in product(pool.origins(one), pool.origins(other))
        ]
        made = decided(origins, same=same, paper=papers[-1], note=note)
        known = decisions(writer, iris)
        about = {decision.records for decision in made}
        over = [decision for decision in known if decision.records in about]
        left = [decision for decision in known if decision not in over]
        return self._change(writer, papers, [*left, *made], {papers[0]}, gone=over, come=made)

    def _change(
        self,
        writer: Writer,
        papers: Sequence[NamedNode],
        kept: Sequence[Decision],
        prefer: set[NamedNode],
        *,
        gone: Sequence[Decision],
        come: Sequence[Decision],
    ) -> Ruling:
        iris = self.store.iris
        writer.begin("ruling")
        reconciler = Reconciler(
            writer, iris, decisions=kept, extract=self.extract, model=self.model
        )
        change = reconciler.again(papers, prefer)
        change.remove += [quad for decision in gone for quad in decision.quads(iris)]
        change.add += [quad for decision in come for quad in decision.quads(iris)]
        change.add += [quad for run in change.runs for quad in run_quads(run, iris)]
        remove, add = settled(writer, Names(iris), change)
        effect = writer.effect(remove, add)
        removed, added = effect.facts
        writer.apply(*tombstones(writer, change, add, iris), known=effect)
        return Ruling(
            former=tuple(paper.value for paper in change.before),
            papers=tuple(paper.value for paper in change.after),
            triples_added=added,
            triples_removed=removed,
        )

    def _papers(self, writer: Writer, made: Iterable[Decision]) -> list[NamedNode]:
        """The papers that have the records of *made*."""
        pool = self._pool(writer)
        ids = {origin.id for decision in made for origin in decision.records}
        wanted = {origin for decision in made for origin in decision.records}
        pool.load(paper for id in sorted(ids) for paper in pool.identified(id))
        return [
            paper
            for paper, found in pool.held.items()
            if any(not wanted.isdisjoint(pool.origins(record)) for record in found.records)
        ]

    def _pool(self, writer: Writer) -> Pool:
        return Pool(writer, self.store.iris, decisions(writer, self.store.iris))

    def _writing(self) -> AbstractContextManager[Writer]:
        if not self.store.exists:
            raise StoreError(f"{self.store.address}: no store yet; `scholargraph import` makes it")
        return self.store.writing(wait=self.wait)
