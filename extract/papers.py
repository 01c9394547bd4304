"""What a source says: papers, their authors, and claims that we cannot check."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Literal

Measure = Literal["h-index", "papers", "citations", "novelty", "ai-score", "paper-score"]

# What sort of publication a paper is; each source's own words are mapped to these.
Genre = Literal[
    "article", "conference-paper", "preprint", "review", "book", "chapter", "thesis", "report"
]


@dataclass(frozen=True, slots=True)
class Author:
    """
    One author of one paper.

    *position* is 1-based; None where 'et al.' hides the author whose profile lists the paper.
    """

    name: str
    position: int | None = None
    orcid: str | None = None
    affiliations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """
    A work that a paper cites, as far as its source says: at least one identifier, or a title.

    *ids* pairs schemes with values as in `Paper`; *year* has four digits.
    """

    ids: tuple[tuple[str, str], ...] = ()
    title: str | None = None
    year: str | None = None


@dataclass(frozen=True, slots=True)
class SourceClaim:
    """A figure that the source states about an author or a paper; reported, never recomputed."""

    measure: Measure
    value: Decimal
    unit: Literal["percent"] | None = None


@dataclass(frozen=True, slots=True)
class Paper:
    """
    One paper as its source states it, markup already turned into plain text.

    *abstract* is empty where the source has none. *date* is ISO 8601 at the precision known:
    ``2022-03-15``, ``2022-03`` or ``2022``. *categories* are arXiv's names where they are known
    (``cs.CV``). *ids* pairs a scheme with a value in its normal form: ``doi``, ``arxiv``, ``acl``,
    ``pmid``, ``pmcid``, ``openalex`` (``W2741809807``), ``s2`` (Semantic Scholar's 40 digits),
    ``dblp``, ``isbn``, ``source`` (the record's own). *code* holds repository addresses.
    *affiliations* belong to the paper as a whole where the source does not say whose they are.
    *references* are what the paper cites, in the source's order. *withdrawn* marks what its source
    calls withdrawn or retracted. *verbatim* marks a record that came with ``text`` instead of title
    and abstract: *abstract* is then that text, untouched.
    """

    id: str
    title: str
    abstract: str
    authors: tuple[Author, ...] = ()
    truncated: bool = False
    date: str | None = None
    venue: str | None = None
    categories: tuple[str, ...] = ()
    ids: tuple[tuple[str, str], ...] = ()
    urls: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    code_flag: bool = False
    affiliations: tuple[str, ...] = ()
    claims: tuple[SourceClaim, ...] = ()
    verbatim: bool = False
    genre: Genre | None = None
    volume: str | None = None
    issue: str | None = None
    pages: str | None = None
    publisher: str | None = None
    references: tuple[Reference, ...] = ()
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Profile:
    """
    The head of an author's profile page.

    *captured* is the ISO date of the capture: the day on which the page said so.
    """

    author: str
    captured: str
    categories: tuple[str, ...] = ()
    claims: tuple[SourceClaim, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A record that was skipped: where it stands (1-based *line*) and why, with the remedy."""

    path: Path
    line: int | None
    reason: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line is not None else str(self.path)
        return f"{place}: {self.reason}"


Record = Paper | Profile | Refusal
