"""What the readers of XML share: the text of an element, and how records become papers."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from ..latex import plain
from ..papers import Author, Paper, Record, Refusal
from . import identity, names
from .elements import Found
from .first_places import FirstPlaces, first_places

# What stands around the text of an element, in the LaTeX or HTML that `latex.plain` reads.
_SIGNS = {
    "tex-math": ("$", "$"),
    "sup": ("<sup>", "</sup>"),
    "br": (" ", ""),
    "p": (" ", " "),
    "DispFormula": (" ", " "),
}
# The same formula once more, in another notation.
_TWINS = frozenset(("annotation", "annotation-xml"))


def text(element: Element | None, path: str = ".") -> str:
    """The text of the first element at *path*, plain and on one line; '' where there is none."""
    found = element.find(path) if element is not None else None
    return plain(markup(found)) if found is not None else ""


def markup(element: Element | None) -> str:
    """
    The text of *element* with what its markup says in LaTeX and HTML, for `fields.title_text`.

    Emphasis says nothing; a formula and an exponent do.
    """
    if element is None:
        return ""
    pieces: list[str] = []
    _write(element, pieces)
    return "".join(pieces)


def _write(element: Element, pieces: list[str]) -> None:
    before, after = _SIGNS.get(element.tag, ("", ""))
    pieces.append(before)
    pieces.append(element.text or "")
    for child in element:
        if child.tag not in _TWINS:
            _write(child, pieces)
        pieces.append(child.tail or "")
    pieces.append(after)


def author(
    name: str, position: int, affiliations: Iterable[str], orcid: str, notices: list[str]
) -> Author:
    """An author whose texts are plain; an ORCID iD that is none goes to *notices*."""
    known = None
    if orcid:
        try:
            known = identity.orcid(orcid)
        except ValueError as error:
            notices.append(f"the ORCID iD of {name[:60]}: {error}")
    places = (place.strip(" ;") for place in affiliations)
    return Author(name, position, known, tuple(dict.fromkeys(filter(None, places))))


def byline(
    listed: Iterable[tuple[str, Iterable[str], str]], notices: list[str]
) -> tuple[tuple[Author, ...], bool]:
    """
    The authors of (name, affiliations, ORCID iD or '') in order, and whether an 'et al.' hides
    some. An entry without a name is no author.
    """
    authors: list[Author] = []
    truncated = False
    for name, affiliations, orcid in listed:
        name, hidden = names.without_et_al(names.reread(name))
        truncated = truncated or hidden
        if any(c.isalnum() for c in name):
            authors.append(author(name, len(authors) + 1, affiliations, orcid, notices))
    return tuple(authors), truncated


def papers(
    path: Path,
    found: Iterable[Found | Refusal],
    paper: Callable[[Found, list[str]], Paper | None],
) -> Iterator[Record]:
    """
    The papers that *paper* makes of records; None is none, a ValueError refuses the record.

    What it adds to its list of notices is reported, and the paper goes in without it. Of papers
    with the same identifier the first goes in.
    """
    with first_places() as places:
        yield from _papers(path, found, paper, places)


def _papers(
    path: Path,
    found: Iterable[Found | Refusal],
    paper: Callable[[Found, list[str]], Paper | None],
    places: FirstPlaces,
) -> Iterator[Record]:
    for record in found:
        if isinstance(record, Refusal):
            yield record
            continue
        notices: list[str] = []
        try:
            made = paper(record, notices)
            if made is None:
                continue
            if first := places.before(made.id, f"on line {record.line}"):
                raise ValueError(f"{made.id} stands {first} already; the first one was kept")
        except ValueError as error:
            yield Refusal(path, record.line, str(error))
            continue
        yield made
        for notice in notices:
            yield Refusal(path, record.line, f"{notice}; the paper went in without it")
