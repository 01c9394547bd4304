"""What the graph knows of one author."""

from dataclasses import dataclass

from pyoxigraph import NamedNode

from .catalogue import Counted, by_kind, counted, ending, name_of, papers_a_year
from .claims import Claimed, claims
from .iris import Iris
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


def author(snapshot: Snapshot, iri: NamedNode, iris: Iris, *, name: str | None) -> Author:
    """The author *iri*, called *name* where the graph says a name."""
    papers = _papers(snapshot, iri)
    return Author(
        iri=iri.value,
        name=name or ending(iri.value),
        names=tuple(
            (row.text("name"), row.integer("times"))
            for row in rows(snapshot, "author_names", author=iri)
        ),
        claims=claims(snapshot, iri),
        papers=papers,
        coauthors=tuple(
            Coauthor(
                iri=row.text("coauthor"),
                name=name_of(row, "coauthor", "name"),
                papers=row.integer("papers"),
                first=(row.text("first") or None) and row.text("first")[:4],
                last=(row.text("last") or None) and row.text("last")[:4],
            )
            for row in rows(snapshot, "author_coauthors", author=iri)
        ),
        concepts=by_kind(
            (counted(row, "concept") for row in rows(snapshot, "author_concepts", author=iri)),
            iris,
        ),
        years=papers_a_year(paper.date for paper in papers),
    )


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
