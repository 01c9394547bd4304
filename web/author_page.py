"""An author's page: figures beside what sources claim, and a table of papers that narrows."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from flask import Response, request
from pyoxigraph import NamedNode

from scholargraph.graph.authors import Author, Figure, Written, author
from scholargraph.graph.claims import Claimed
from scholargraph.graph.search import fold

from .answering import JSON, as_json, page
from .holdings import current_catalogue
from .problems import standard
from .service import service

# What the table of papers can be ordered by; the first without asking.
SORTS = (
    ("date", "newest first"),
    ("oldest", "oldest first"),
    ("title", "title"),
    ("citations", "citations claimed"),
)

# Nothing in a graph of papers says what these were made from.
UNKNOWABLE = {
    "novelty": "not checkable here: how it is made is not said",
    "ai-score": "not checkable here: how it is made is not said",
    "paper-score": "not checkable here: how it is made is not said",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: what is counted here and *how*, and what sources claim it to be."""

    measure: str
    value: int | None
    how: str
    claims: tuple[Claimed, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the table of papers is narrowed to."""

    words: str
    year: str
    kind: str

    def admits(self, paper: Written) -> bool:
        text = fold(f"{paper.title} {paper.venue or ''}")
        return (
            all(word in text for word in fold(self.words).split())
            and (paper.date or "").startswith(self.year)
            and (not self.kind or paper.sort == self.kind)
        )


def author_page(iri: NamedNode, name: str | None, form: str) -> Response:
    """
    The page of the author *iri*, called *name* where the graph says one.

    Raises:
        Problem: 400 for an unknown order.
    """
    found = author(service().snapshot(), iri, current_catalogue(), name=name)
    if form == JSON:
        return as_json(asdict(found))
    sort = request.args.get("sort", SORTS[0][0])
    if sort not in dict(SORTS):
        raise standard(400, f"There is no order {sort[:40]!r}; sort is {' or '.join(dict(SORTS))}.")
    wanted = Wanted(
        request.args.get("q", "").strip()[:200],
        request.args.get("year", "").strip()[:10],
        request.args.get("kind", "").strip()[:40],
    )
    return page(
        "author.html",
        page=found,
        figures=figures(found),
        wanted=wanted,
        papers=_ordered(filter(wanted.admits, found.papers), sort),
        cited=any(paper.citations is not None for paper in found.papers),
        sort=sort,
        sorts=SORTS,
    )


def _ordered(papers: Iterable[Written], sort: str) -> list[Written]:
    """*papers*, which come newest first, in another order; equals stay as they are."""
    if sort == "oldest":
        return sorted(papers, key=lambda paper: paper.date or "9999")
    if sort == "title":
        return sorted(papers, key=lambda paper: paper.title.casefold())
    if sort == "citations":
        return sorted(
            papers,
            key=lambda paper: -1 if paper.citations is None else paper.citations,
            reverse=True,
        )
    return list(papers)


def figures(found: Author) -> list[Row]:
    """Every figure that can be counted here or that a source claims, each said how."""
    claimed: dict[str, list[Claimed]] = {}
    for claim in found.claims:
        claimed.setdefault(claim.measure, []).append(claim)
    counted = {figure.measure: figure for figure in found.figures}
    return [
        Row(
            measure,
            counted[measure].value if measure in counted else None,
            _how(counted[measure], len(found.papers))
            if measure in counted
            else UNKNOWABLE.get(measure, "not checkable here"),
            tuple(claimed.get(measure, ())),
        )
        for measure in dict.fromkeys([*counted, *claimed])
        if measure in claimed or counted[measure].value is not None
    ]


def _how(figure: Figure, papers: int) -> str:
    if figure.measure == "papers":
        return "papers of this graph that name the author"
    if figure.value is None:
        return "no source says how often these papers are cited"
    if figure.measure.endswith("-here"):
        return f"from citations by papers of this graph, of {figure.of} of {papers} papers"
    rest = f"of {figure.of} of {papers} papers whose citations a source counts"
    return f"sum {rest}" if figure.measure == "citations" else rest
