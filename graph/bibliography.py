"""Papers as a list of references needs them, read from the graph a batch at a time."""

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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
class Publication:
    """
    One paper; *authors* in order, whom 'et al.' hides last, and *truncated* where it hides some.

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

    @property
    def sort(self) -> str:
        """The genre; where no source says it, what the rest of the record speaks for, or ''."""
        if self.genre:
            return self.genre
        if not self.venue:
            return "preprint" if self.arxiv else ""
        of_acl = any(url.startswith(ADDRESSES["acl"]) for url in self.urls)
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


def publications(snapshot: Snapshot) -> Iterator[Publication]:
    """Every paper of the graph, in the order of the IRIs; `BATCH` of them are held at once."""
    found = snapshot.select(f"SELECT ?paper WHERE {{ ?paper {v.TYPE} {v.ARTICLE} }}")
    papers = sorted(value_of(row["paper"]) for row in found)
    del found
    for start in range(0, len(papers), BATCH):
        yield from _read(snapshot, [NamedNode(iri) for iri in papers[start : start + BATCH]])


def publication(snapshot: Snapshot, paper: NamedNode) -> Publication:
    """The paper *paper*."""
    return next(_read(snapshot, [paper]))


def _read(snapshot: Snapshot, papers: Sequence[NamedNode]) -> Iterator[Publication]:
    # A list of values cannot be bound; terms write themselves safely.
    wanted = f"VALUES ?paper {{ {' '.join(map(str, papers))} }}"
    # Not VALUES: two of them are joined first, which took thirty times as long.
    asked = f"FILTER(?property IN ({', '.join(map(str, _ASKED))}))"
    said: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in snapshot.select(
        f"SELECT ?paper ?property ?value WHERE {{ {wanted} ?paper ?property ?value {asked} }}"
    ):
        said[value_of(row["paper"])][value_of(row["property"])].append(value_of(row["value"]))
    authors: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for row in snapshot.select(
        f"SELECT ?paper ?name ?position WHERE {{ {wanted} "
        f"?authorship {v.PART_OF} ?paper ; {v.NAME_AS_GIVEN} ?name "
        f"OPTIONAL {{ ?authorship {v.POSITION} ?position }} }}"
    ):
        place = int(value_of(row["position"]) or 10**9)
        authors[value_of(row["paper"])].append((place, value_of(row["name"])))
    for paper in papers:
        names = tuple(name for _, name in sorted(set(authors[paper.value])))
        yield _publication(paper.value, said[paper.value], names)


def _publication(iri: str, said: dict[str, list[str]], authors: tuple[str, ...]) -> Publication:
    def every(property: NamedNode) -> tuple[str, ...]:
        return tuple(sorted(set(said.get(property.value, ()))))

    def one(property: NamedNode) -> str:
        return next(iter(every(property)), "")

    return Publication(
        iri=iri,
        title=one(v.TITLE),
        abstract=one(v.ABSTRACT),
        authors=authors,
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
    )


def one_line(text: str) -> str:
    """*text* with single spaces for line ends and for characters that no file should hold."""
    return " ".join(_UNSEEN.sub(" ", text).split())


def _ascii(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.casefold().replace("ß", "ss").replace("ø", "o"))
    return "".join(c for c in folded if c.isascii() and c.isalnum())


def _category(iri: str) -> str:
    return unquote(iri.partition("/category/")[2] or iri)
