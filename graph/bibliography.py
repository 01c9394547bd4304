"""Papers as a list of references needs them, read from the graph a batch at a time."""

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote

from pyoxigraph import NamedNode

from . import vocab as v
from .entities import value_of
from .identifiers import ADDRESSES, identifiers
from .name_parts import surname
from .store import Snapshot

# Papers asked for at once: 0.6 ms each, whatever the number of papers in the store.
BATCH = 200

_GENRES = {kind.value: name for name, kind in v.GENRES.items()}
_MEETING = re.compile(
    r"\b(?:proceedings|conference|workshop|symposium|congress|meeting|findings)\b", re.IGNORECASE
)
# The two journals in the ACL Anthology, by both of its schemes: 'Q17-1010', '2021.tacl-1.5'.
_ACL_JOURNAL = re.compile(r"/(?:[JQ]\d\d-\d{4}|\d{4}\.(?:cl|tacl)-)")
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_NO_ADDRESS = re.compile(r"[\s\x00-\x20\x7f\ud800-\udfff\"<>\\^`{|}]")
# Words that tell the sense of a title from its grammar, for keys that people can read.
_SMALL = frozenset(
    "a an and are as at be by can do does for from how in into is it not of on or our that the "
    "their this to toward towards using via we what when where which why with without".split()
)

_ASKED = (
    v.TITLE, v.ABSTRACT, v.AUTHORS_TRUNCATED, v.ISSUED, v.VENUE, v.TYPE, v.VOLUME, v.ISSUE, v.PAGES,
    v.PUBLISHER, v.DOI, v.ARXIV_ID, v.ISBN, v.SAME_AS, v.URL, v.CATEGORY, v.WITHDRAWN,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Contributor:
    """
    An author of a paper, who is *given* there, and *name* in the graph.

    *iri* and *orcid* are empty where they are not known; *affiliations* are those of the paper.
    """

    iri: str
    name: str
    given: str
    orcid: str = ""
    affiliations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Publication:
    """
    One paper; *authors* in order, whom 'et al.' hides last, and *truncated* where it hides some.

    *authors* are names as they are given, and *people* whom they are of, where that was asked for.
    *date* is ISO 8601 at the precision known. *genre* is one of `scholargraph.extract.papers.Genre`
    or empty where no source says it; *ids* are identifiers with public addresses, by scheme. What
    is not known is empty.
    """

    iri: str
    title: str
    abstract: str = ""
    authors: tuple[str, ...] = ()
    truncated: bool = False
    date: str = ""
    venue: str = ""
    genre: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    publisher: str = ""
    doi: str = ""
    arxiv: str = ""
    isbn: str = ""
    ids: tuple[tuple[str, str], ...] = ()
    urls: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    withdrawn: bool = False
    people: tuple[Contributor, ...] = ()

    @property
    def sort(self) -> str:
        """The genre; where no source says it, what the rest of the record speaks for, or ''."""
        if self.genre:
            return self.genre
        if not self.venue:
            return "preprint" if self.arxiv else ""
        of_acl = [url for url in self.urls if url.startswith(ADDRESSES["acl"])]
        if any(map(_ACL_JOURNAL.search, of_acl)):
            return "article"
        if not self.volume and (of_acl or _MEETING.search(self.venue)):
            return "conference-paper"
        return "article"

    @property
    def addresses(self) -> tuple[str, ...]:
        """The web addresses in *urls*, with what no address may hold percent-encoded."""
        found = (url for url in self.urls if url.startswith(("http://", "https://")))
        return tuple(_NO_ADDRESS.sub(lambda sign: quote(sign[0], safe=""), url) for url in found)

    @property
    def key(self) -> str:
        """
        A citation key in ASCII: first author, year, a word of the title, and a piece of a hash.

        The hash is of the IRI: so the key stays the same whatever else is in the graph.

        >>> Publication("https://example.org/paper/x", "On Owls", authors=("José Díaz",)).key
        'diazowls-dcadb'
        """
        family = surname(self.authors[0]) if self.authors else ""
        words = (_ascii(word) for word in re.findall(r"[^\W_]+", self.title))
        word = next((word for word in words if word and word not in _SMALL), "")
        readable = f"{_ascii(family)[:24]}{self.date[:4]}{word[:24]}" or "paper"
        return f"{readable}-{hashlib.sha256(self.iri.encode()).hexdigest()[:5]}"


def publications(snapshot: Snapshot, *, people: bool = False) -> Iterator[Publication]:
    """
    Every paper of the graph, in the order of the IRIs; `BATCH` of them are held at once.

    With *people* it is also said whom the authors' names are of, which takes half as long again.
    """
    for batch in batches(snapshot, people=people):
        yield from batch


def batches(snapshot: Snapshot, *, people: bool = False) -> Iterator[list[Publication]]:
    """As `publications`, by the `BATCH`."""
    found = snapshot.select(f"SELECT ?paper WHERE {{ ?paper {v.TYPE} {v.ARTICLE} }}")
    papers = sorted(value_of(row["paper"]) for row in found)
    del found
    for start in range(0, len(papers), BATCH):
        asked = [NamedNode(iri) for iri in papers[start : start + BATCH]]
        yield list(_read(snapshot, asked, people))


def publication(snapshot: Snapshot, paper: NamedNode) -> Publication:
    """The paper *paper*."""
    return next(_read(snapshot, [paper], people=False))


def _read(snapshot: Snapshot, papers: Sequence[NamedNode], people: bool) -> Iterator[Publication]:
    # A list of values cannot be bound; terms write themselves safely.
    wanted = f"VALUES ?paper {{ {' '.join(map(str, papers))} }}"
    # Not VALUES: two of them are joined first, which took thirty times as long.
    asked = f"FILTER(?property IN ({', '.join(map(str, _ASKED))}))"
    said: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in snapshot.select(
        f"SELECT ?paper ?property ?value WHERE {{ {wanted} ?paper ?property ?value {asked} }}"
    ):
        said[value_of(row["paper"])][value_of(row["property"])].append(value_of(row["value"]))
    bylines = _bylines(snapshot, wanted, people)
    for paper in papers:
        found = described(paper.value, said[paper.value], bylines.get(paper.value, ()))
        yield found if people else replace(found, people=())


def _bylines(snapshot: Snapshot, wanted: str, people: bool) -> dict[str, list[Contributor]]:
    """The authors, in order, of each paper that *wanted* lists; names alone without *people*."""
    columns = ["given", "position"]
    of_people = ""
    if people:
        columns += ["author", "name", "orcid", "affiliation"]
        of_people = (
            f"OPTIONAL {{ ?authorship {v.OF_AUTHOR} ?author "
            f"OPTIONAL {{ ?author {v.NAME} ?name }} }} "
            f"OPTIONAL {{ ?authorship {v.ORCID} ?orcid }} "
            f"OPTIONAL {{ ?authorship {v.AFFILIATION} ?affiliation }}"
        )
    rows: dict[tuple[str, str], dict[str, set[str]]] = {}
    for row in snapshot.select(
        f"SELECT ?paper ?authorship ?{' ?'.join(columns)} WHERE {{ "
        f"{wanted} ?authorship {v.PART_OF} ?paper ; {v.NAME_AS_GIVEN} ?given "
        f"OPTIONAL {{ ?authorship {v.POSITION} ?position }} {of_people} }}"
    ):
        place = value_of(row["paper"]), value_of(row["authorship"])
        said = rows.setdefault(place, defaultdict(set))
        for column in columns:
            if text := value_of(row[column]):
                said[column].add(text)
    found: dict[str, list[tuple[int, Contributor]]] = defaultdict(list)
    for (paper, _), said in rows.items():
        given = _first(said["given"])
        person = Contributor(
            iri=_first(said["author"]),
            name=_first(said["name"]) or given,
            given=given,
            orcid=_first(said["orcid"]),
            affiliations=tuple(sorted(said["affiliation"])),
        )
        found[paper].append((int(_first(said["position"]) or 10**9), person))
    return {
        paper: [person for _, person in sorted(placed, key=lambda one: (one[0], one[1].given))]
        for paper, placed in found.items()
    }


def _first(texts: Iterable[str]) -> str:
    """Of several the first in the alphabet, so that it is the same every time."""
    return min(texts, default="")


def described(
    iri: str, said: Mapping[str, Sequence[str]], people: Sequence[Contributor]
) -> Publication:
    """The paper *iri*, of which the graph says *said*, written by *people* in this order."""

    def every(property: NamedNode) -> tuple[str, ...]:
        return tuple(sorted(set(said.get(property.value, ()))))

    def one(property: NamedNode) -> str:
        return _first(said.get(property.value, ()))

    return Publication(
        iri=iri,
        title=one(v.TITLE),
        abstract=one(v.ABSTRACT),
        authors=tuple(person.given for person in people),
        truncated=one(v.AUTHORS_TRUNCATED) == "true",
        date=one(v.ISSUED),
        venue=one(v.VENUE),
        genre=next((_GENRES[kind] for kind in every(v.TYPE) if kind in _GENRES), ""),
        volume=one(v.VOLUME),
        issue=one(v.ISSUE),
        pages=one(v.PAGES),
        publisher=one(v.PUBLISHER),
        doi=one(v.DOI),
        arxiv=one(v.ARXIV_ID),
        isbn=one(v.ISBN),
        ids=tuple(identifiers(every(v.SAME_AS))),
        urls=every(v.URL),
        categories=tuple(_category(iri) for iri in every(v.CATEGORY)),
        withdrawn=one(v.WITHDRAWN) == "true",
        people=tuple(people),
    )


def one_line(text: str) -> str:
    """*text* with single spaces for line ends and for characters that no file should hold."""
    return " ".join(_UNSEEN.sub(" ", text).split())


def _ascii(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.casefold().replace("ß", "ss").replace("ø", "o"))
    return "".join(c for c in folded if c.isascii() and c.isalnum())


def _category(iri: str) -> str:
    return unquote(iri.partition("/category/")[2] or iri)
