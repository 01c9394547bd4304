"""What the graph knows of one author."""

from dataclasses import dataclass

from pyoxigraph import NamedNode

from .catalogue import Catalogue, Counted, ending, name_of, papers_a_year
from .claims import Claimed, claims
from .questions import rows
from .store import Snapshot


@dataclass(frozen=True, slots=True)
class Written:
    """A paper of the author; *position* is None where 'et al.' hides it."""

    iri: str
    title: str
    date: str | None
    venue: str | None
    position: int | None
    code: tuple[str, ...]


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
    """An author's page; *names* are the spellings in papers, the most frequent first."""

    iri: str
    name: str
    names: tuple[tuple[str, int], ...]
    claims: tuple[Claimed, ...]
    papers: tuple[Written, ...]
    coauthors: tuple[Coauthor, ...]
    concepts: dict[str, tuple[Counted, ...]]
    years: tuple[tuple[int, int], ...]

    @property
    def repositories(self) -> tuple[str, ...]:
        """Where the author's code is, once each, in the order of the papers."""
        return tuple(dict.fromkeys(address for paper in self.papers for address in paper.code))


def author(snapshot: Snapshot, iri: NamedNode, catalogue: Catalogue, *, name: str | None) -> Author:
    """The author *iri*, called *name* where the graph says a name."""
    papers = _papers(snapshot, iri)
    beside = catalogue.beside((paper.iri for paper in papers), iri.value)
    return Author(
        iri=iri.value,
        name=name or ending(iri.value),
        names=tuple(
            (row.text("name"), row.integer("times"))
            for row in rows(snapshot, "author_names", author=iri)
        ),
        claims=claims(snapshot, iri),
        papers=papers,
        coauthors=tuple(_coauthor(catalogue, iri, other) for other in beside.pop("author")),
        concepts=beside,
        years=papers_a_year(paper.date for paper in papers),
    )


def _coauthor(catalogue: Catalogue, iri: NamedNode, other: Counted) -> Coauthor:
    joint = catalogue.ties.together((iri.value, other.iri))
    years = sorted(date[:4] for paper in joint if (date := catalogue.paper_at[paper].date))
    first, last = (years[0], years[-1]) if years else (None, None)
    return Coauthor(other.iri, other.name, other.papers, first, last)


def _papers(snapshot: Snapshot, iri: NamedNode) -> tuple[Written, ...]:
    found: dict[str, Written] = {}
    for row in rows(snapshot, "author_papers", author=iri):
        # One row for each repository of a paper.
        code = found[row.text("paper")].code if row.text("paper") in found else ()
        if address := row.maybe("code"):
            code = tuple(dict.fromkeys((*code, address)))
        found[row.text("paper")] = Written(
            iri=row.text("paper"),
            title=name_of(row, "paper", "title"),
            date=row.maybe("issued"),
            venue=row.maybe("venue"),
            position=row.whole("position"),
            code=code,
        )
    return tuple(found.values())
