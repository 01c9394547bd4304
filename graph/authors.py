"""What the graph knows of one author."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pyoxigraph import NamedNode

from . import vocab as v
from .catalogue import Catalogue, Counted, ending, name_of, papers_a_year
from .claims import Claimed, claims
from .parts import FACTS
from .questions import rows
from .store import Snapshot


@dataclass(frozen=True, slots=True)
class Written:
    """
    A paper of the author; *position* is None where 'et al.' hides it.

    *genre* is one of `scholargraph.extract.papers.Genre`, *categories* are codes such as cs.CV.
    *citations* are those that a source claims, the highest of several claims; *cited_here* counts
    the papers of this graph that cite it.
    """

    iri: str
    title: str
    date: str | None
    venue: str | None
    position: int | None
    code: tuple[str, ...]
    genre: str | None
    categories: tuple[str, ...]
    citations: int | None
    cited_here: int

    @property
    def sort(self) -> str:
        """The kind of work: its genre, else its category; '' where neither is known."""
        if self.genre or not self.categories:
            return self.genre or ""
        return self.categories[0] if len(self.categories) == 1 else "several categories"


@dataclass(frozen=True, slots=True)
class Figure:
    """
    A figure that can be counted in this graph: *value* is None where nothing is there to count.

    *of* is on how many papers it rests.
    """

    measure: str
    value: int | None
    of: int


@dataclass(frozen=True, slots=True)
class Coauthor:
    """Someone with joint papers; *first* and *last* are their years."""

    iri: str
    name: str
    papers: int
    first: str | None
    last: str | None


@dataclass(frozen=True, slots=True)
class Author:
    """
    An author's page; *names* are the spellings in papers, the most frequent first.

    *years* are all papers a year, *sorts* the same for each kind of work, the most frequent first.
    """

    iri: str
    name: str
    names: tuple[tuple[str, int], ...]
    claims: tuple[Claimed, ...]
    figures: tuple[Figure, ...]
    papers: tuple[Written, ...]
    coauthors: tuple[Coauthor, ...]
    concepts: dict[str, tuple[Counted, ...]]
    years: tuple[tuple[int, int], ...]
    sorts: tuple[tuple[str, tuple[tuple[int, int], ...]], ...]

    @property
    def repositories(self) -> tuple[str, ...]:
        """Where the author's code is, once each, in the order of the papers."""
        return tuple(dict.fromkeys(address for paper in self.papers for address in paper.code))


def author(snapshot: Snapshot, iri: NamedNode, catalogue: Catalogue, *, name: str | None) -> Author:
    """The author *iri*, called *name* where the graph says a name."""
    papers = _papers(snapshot, iri)
    beside = catalogue.beside([paper.iri for paper in papers], iri.value)
    return Author(
        iri=iri.value,
        name=name or ending(iri.value),
        names=tuple(
            (row.text("name"), row.integer("times"))
            for row in rows(snapshot, "author_names", author=iri)
        ),
        claims=claims(snapshot, iri),
        figures=_figures(papers),
        papers=papers,
        coauthors=tuple(_coauthor(catalogue, iri, other) for other in beside.pop("author")),
        concepts=beside,
        years=papers_a_year(paper.date for paper in papers),
        sorts=_sorts(papers),
    )


def h_index(citations: Iterable[int]) -> int:
    """
    The most papers that have each at least as many citations (Hirsch 2005).

    >>> h_index([10, 8, 5, 4, 3])
    4
    """
    ranked = sorted(citations, reverse=True)
    return sum(count > place for place, count in enumerate(ranked))


def _figures(papers: Sequence[Written]) -> tuple[Figure, ...]:
    counts = [paper.citations for paper in papers if paper.citations is not None]
    here = [paper.cited_here for paper in papers if paper.cited_here]
    return (
        Figure("papers", len(papers), len(papers)),
        Figure("citations", sum(counts) if counts else None, len(counts)),
        Figure("h-index", h_index(counts) if counts else None, len(counts)),
        Figure("citations-here", sum(here) if here else None, len(here)),
        Figure("h-index-here", h_index(here) if here else None, len(here)),
    )


def _sorts(papers: Sequence[Written]) -> tuple[tuple[str, tuple[tuple[int, int], ...]], ...]:
    dated = [(paper.sort, int(paper.date[:4])) for paper in papers if paper.date]
    years = sorted({year for _, year in dated})
    found = Counter(dated)
    ranked = Counter(sort for sort, _ in dated).most_common()
    return tuple((sort, tuple((year, found[sort, year]) for year in years)) for sort, _ in ranked)


def _coauthor(catalogue: Catalogue, iri: NamedNode, other: Counted) -> Coauthor:
    joint = catalogue.ties.together((iri.value, other.iri))
    years = sorted(date[:4] for paper in joint if (date := catalogue.paper_at[paper].date))
    first, last = (years[0], years[-1]) if years else (None, None)
    return Coauthor(other.iri, other.name, other.papers, first, last)


def _papers(snapshot: Snapshot, iri: NamedNode) -> tuple[Written, ...]:
    claimed: dict[str, int] = {}
    for row in rows(snapshot, "author_citations", author=iri):
        citations = int(row.decimal("citations"))
        claimed[row.text("paper")] = max(citations, claimed.get(row.text("paper"), 0))
    found: dict[str, Written] = {}
    for row in rows(snapshot, "author_papers", author=iri):
        # One row for each repository of a paper.
        paper = row.text("paper")
        code = found[paper].code if paper in found else ()
        if address := row.maybe("code"):
            code = tuple(dict.fromkeys((*code, address)))
        found[paper] = Written(
            iri=paper,
            title=name_of(row, "paper", "title"),
            date=row.maybe("issued"),
            venue=row.maybe("venue"),
            position=row.whole("position"),
            code=code,
            genre=_genre(snapshot, NamedNode(paper)),
            categories=_categories(snapshot, NamedNode(paper)),
            citations=claimed.get(paper),
            cited_here=len(snapshot.quads(None, v.CITES, NamedNode(paper), FACTS)),
        )
    return tuple(found.values())


def _genre(snapshot: Snapshot, paper: NamedNode) -> str | None:
    types = {quad.object for quad in snapshot.quads(paper, v.TYPE, None, FACTS)}
    return next((name for name, kind in v.GENRES.items() if kind in types), None)


def _categories(snapshot: Snapshot, paper: NamedNode) -> tuple[str, ...]:
    objects = (quad.object for quad in snapshot.quads(paper, v.CATEGORY, None, FACTS))
    return tuple(sorted(ending(thing.value) for thing in objects if isinstance(thing, NamedNode)))
