"""The lists of everything: papers, authors and concepts, filtered, sorted, page by page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from urllib.parse import urlencode

from flask import Response, request

from scholargraph.graph.catalogue import KINDS, Catalogue, Counted, Listed, Named
from scholargraph.graph.search import fold

from . import wording
from .answering import HTML, JSON, as_json, chosen, page, page_number
from .holdings import current_catalogue
from .problems import standard
from .remembered import remembered
from .service import service

# What a page shows of a list.
PAGE = 50

# The first order is the one without asking.
SORTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "paper": (("date", "newest first"), ("oldest", "oldest first"), ("title", "title")),
    "concept": (("papers", "number of papers"), ("name", "name"), ("recent", "latest paper")),
}

# Things that papers can be asked for by: ?author=…&method=…
TIED = KINDS[1:]


@dataclass(frozen=True, slots=True)
class Span:
    """The years of the first and the last paper of a thing; None where no paper has a date."""

    first: str | None
    last: str | None


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list is narrowed to: words in names, a year, papers with code, papers of *things*."""

    words: str
    year: str
    code: bool
    things: tuple[Named, ...]

    def query(self) -> list[tuple[str, str]]:
        """Its parameters, as an address has them."""
        found = [(wording.kind(thing.iri), wording.key(thing.iri)) for thing in self.things]
        found += [("q", self.words)] if self.words else []
        found += [("year", self.year)] if self.year else []
        return found + ([("code", "yes")] if self.code else [])


@remembered
def listing(kind: str) -> Response:
    """
    Every paper, author or concept of one kind, page by page.

    Raises:
        Problem: 400 for an unknown order or choice, 404 for a page that is none.
    """
    catalogue = current_catalogue()
    sorts = SORTS.get(kind, SORTS["concept"])
    sort = request.args.get("sort", sorts[0][0])
    if sort not in dict(sorts):
        known = " or ".join(key for key, _ in sorts)
        raise standard(400, f"There is no order {sort!r}; sort is {known}.")
    wanted = _filter(kind, catalogue)
    items = (
        _papers(catalogue, wanted, sort)
        if kind == "paper"
        else _things(catalogue, kind, wanted, sort)
    )
    number, pages = page_number(len(items), PAGE)
    shown = items[(number - 1) * PAGE : number * PAGE]
    plural = wording.PLURALS[kind]
    if chosen(HTML, JSON) == JSON:
        return as_json(
            {
                "total": len(items),
                "page": number,
                "pages": pages,
                plural: [asdict(item) for item in shown],
            }
        )

    def list_address(
        number: int = 1, order: str | None = None, without: Named | None = None
    ) -> str:
        order = order or sort
        kept = Filter(
            wanted.words,
            wanted.year,
            wanted.code,
            tuple(thing for thing in wanted.things if thing != without),
        )
        query = kept.query() + ([("sort", order)] if order != sorts[0][0] else [])
        query += [("page", str(number))] if number > 1 else []
        path = wording.here(f"/{kind}")
        return f"{path}?{urlencode(query)}" if query else path

    return page(
        "list.html",
        kind=kind,
        plural=plural,
        total=len(items),
        all=catalogue.count(kind),
        wanted=wanted,
        years=[year for year, count in reversed(catalogue.years) if count],
        items=shown,
        spans={}
        if kind == "paper"
        else {item.iri: Span(*catalogue.span(item.iri)) for item in shown},
        sort=sort,
        sorts=sorts,
        page=number,
        pages=pages,
        list_address=list_address,
    )


def _filter(kind: str, catalogue: Catalogue) -> Filter:
    words = request.args.get("q", "").strip()[:200]
    if kind != "paper":
        return Filter(words, "", False, ())
    iris = [
        service().iris.resource(tied, key).value
        for tied in TIED
        for key in request.args.getlist(tied)
        if key
    ]
    if request.args.get("code", "yes") != "yes":
        raise standard(400, "There is no such choice of code; code=yes asks for papers with code.")
    return Filter(
        words,
        request.args.get("year", "").strip()[:10],
        "code" in request.args,
        tuple(Named(iri, catalogue.name(iri)) for iri in dict.fromkeys(iris)),
    )


def _papers(catalogue: Catalogue, wanted: Filter, sort: str) -> Sequence[Listed]:
    papers: Sequence[Listed] = catalogue.papers
    if wanted.things:
        common = catalogue.ties.together(thing.iri for thing in wanted.things)
        papers = [catalogue.paper_at[paper] for paper in common]
    if wanted.year:
        papers = [paper for paper in papers if (paper.date or "").startswith(wanted.year)]
    if wanted.code:
        papers = [paper for paper in papers if paper.code]
    if wanted.words:
        holds = _holding(wanted.words)
        papers = [paper for paper in papers if holds(paper.title)]
    if sort == "title":
        return sorted(papers, key=lambda paper: paper.title.casefold())
    if sort == "oldest":
        return sorted(papers, key=lambda paper: paper.date or "9999")
    return papers


def _things(catalogue: Catalogue, kind: str, wanted: Filter, sort: str) -> Sequence[Counted]:
    items: Sequence[Counted] = catalogue.counted(kind)
    if wanted.words:
        holds = _holding(wanted.words)
        items = [item for item in items if holds(item.name)]
    if sort == "name":
        return sorted(items, key=lambda item: item.name.casefold())
    if sort == "recent":
        latest = {
            item.iri: catalogue.papers[catalogue.ties.papers_with(item.iri)[0]].date or ""
            for item in items
        }
        return sorted(items, key=lambda item: latest[item.iri], reverse=True)
    return items


def _holding(words: str) -> Callable[[str], bool]:
    """Whether a name holds every one of *words*, whatever its case, accents and hyphens."""
    wanted = fold(words).split()

    def holds(name: str) -> bool:
        # Folding every name of 20,000 takes longer than the rest of the page.
        folded = name.casefold() if name.isascii() else fold(name)
        return all(word in folded for word in wanted)

    return holds
