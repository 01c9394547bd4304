"""
Which records speak of the same work.

Two records do if they share an identifier, unless they differ in another of the same sort and in
their titles too: then one of them has a slip. They also do if they have the same title, years at
most one apart and an author in common, and no identifiers that say otherwise; the DOI of a preprint
says nothing against that of the publication. A short title ('Introduction') needs the same year and
the same authors throughout. What a person decided comes before all of this.

Works are groups of records. They are made by joining the surest pairs first, never two groups of
which a record of one and a record of the other cannot be the same, so that the order in which
records came to the graph makes no difference.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from itertools import combinations

from pyoxigraph import NamedNode

from scholargraph.extract.papers import Paper, Reference
from scholargraph.extract.sources.names import find

from .identifiers import ADDRESSES, addresses, canonical
from .iris import digest, slug

# Titles with fewer letters or words are given to many works.
_LETTERS, _WORDS = 20, 3

# Two works of one title have two of these. OpenAlex, DBLP and Semantic Scholar know a preprint and
# its publication by two identifiers at times.
_TELLING = ("doi", "arxiv", "acl")

# Of the words of two titles, the part that makes them near enough to be one title misspelt.
_NEAR = 0.5

Pair = tuple[int, int]


def title_digest(title: str) -> str | None:
    """What two spellings of a telling *title* have in common; None for a short title."""
    key = slug(title)
    letters = sum(map(str.isalnum, key))
    # Scripts without blanks have a word in each character.
    words = key.count("-") + 1 if key.isascii() else letters
    return digest(key) if letters >= _LETTERS and words >= _WORDS else None


def title_digests(paper: Paper) -> str | None:
    """
    As `title_digest`, for records: a short title counts with its year and all its authors.

    None for a record without a title.
    """
    if whole := title_digest(paper.title):
        return whole
    key = slug(paper.title)
    authors = sorted({_bare(author.name) for author in paper.authors})
    return digest(key, (paper.date or "")[:4], *authors) if key else None


def same_work(one: Paper, other: Paper) -> int | None:
    """
    How surely two records speak of the same work, 0 surest; None where they do not.

    >>> same_work(Paper("1", "A", "", ids=(("doi", "10.5/x"),)), Paper("2", "A", "",
    ...     ids=(("doi", "10.5/x"), ("arxiv", "2101.00001"))))
    0
    """
    mine, others = _ids(one), _ids(other)
    for rank, scheme in enumerate(ADDRESSES):
        if mine.get(scheme, set()) & others.get(scheme, set()):
            slips = any(
                mine[name].isdisjoint(others[name])
                for name in _TELLING
                if name in mine and name in others and name != scheme
            )
            return None if slips and not _near(one.title, other.title) else rank
    if title_digests(one) is None or title_digests(one) != title_digests(other):
        return None
    if differ(one, other) or not _years_agree(one.date, other.date):
        return None
    if title_digest(one.title) is None:
        return len(ADDRESSES)
    names = [author.name for author in other.authors]
    if not any(_among(author.name, names) for author in one.authors):
        return None
    same_year = (one.date or "")[:4] == (other.date or "")[:4]
    return len(ADDRESSES) + (0 if same_year else 1)


def differ(one: Paper, other: Paper) -> bool:
    """Whether identifiers say that records of one title are of two works."""
    mine, others = _ids(one), _ids(other)
    return any(
        mine[name].isdisjoint(others[name])
        for name in _TELLING
        if name in mine and name in others
        if not (name == "doi" and (one.genre == "preprint") != (other.genre == "preprint"))
    )


def is_cited(paper: Paper, reference: Reference) -> bool:
    """Whether a reference without a shared identifier means *paper*: by title and year."""
    if not reference.title or not reference.year or not paper.date:
        return False
    key = title_digest(reference.title)
    if key is None or key != title_digest(paper.title):
        return False
    cited = Paper("", reference.title, "", ids=reference.ids)
    bare = Paper("", paper.title, "", ids=paper.ids)
    return _years_agree(paper.date, reference.year) and not differ(bare, cited)


def groups(
    papers: Sequence[Paper],
    *,
    together: Collection[Pair] = (),
    apart: Collection[Pair] = (),
    order: Sequence[str],
) -> list[list[int]]:
    """
    The works that *papers* speak of, as groups of their places.

    *together* and *apart* are pairs of places, the smaller first, that a person decided about.
    *order* gives each paper a text that does not depend on its place: equally sure pairs are joined
    in its order.
    """
    links: list[tuple[int, str, str, int, int]] = []
    for one, other in combinations(range(len(papers)), 2):
        sure = same_work(papers[one], papers[other])
        if (one, other) in together:
            sure = -1
        if sure is not None:
            first, second = sorted((order[one], order[other]))
            links.append((sure, first, second, one, other))
    group_of = {place: [place] for place in range(len(papers))}
    for sure, _, _, one, other in sorted(links):
        mine, others = group_of[one], group_of[other]
        if mine is others:
            continue
        by_title = sure >= len(ADDRESSES)
        if any(
            (min(i, j), max(i, j)) in apart or (by_title and differ(papers[i], papers[j]))
            for i in mine
            for j in others
        ):
            continue
        mine += others
        group_of.update(dict.fromkeys(others, mine))
    distinct = {id(group): sorted(group) for group in group_of.values()}
    return sorted(distinct.values())


def known_by(paper: Paper) -> tuple[NamedNode, ...]:
    """The addresses of the identifiers that *paper* can be recognised by."""
    return addresses(paper.ids)


def _ids(paper: Paper) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = {}
    for scheme, value in (canonical(*pair) for pair in paper.ids):
        found.setdefault(scheme, set()).add(value)
    return found


def _years_agree(one: str | None, other: str | None) -> bool:
    return one is None or other is None or abs(int(one[:4]) - int(other[:4])) <= 1


def _near(one: str, other: str) -> bool:
    mine, others = set(slug(one).split("-")), set(slug(other).split("-"))
    return len(mine & others) >= _NEAR * max(len(mine), len(others))


def _among(name: str, names: Sequence[str]) -> bool:
    """Whether one of *names* is *name*, or either of them the other in initials."""
    return find(name, names) is not None or any(find(other, [name]) is not None for other in names)


def _bare(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(sorted(re.findall(r"\w+", letters)))
