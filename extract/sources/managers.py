"""What the files of reference managers share: how they print names, dates, pages, identifiers."""

import re
from collections.abc import Callable, Iterable

from ..dates import iso_date, worded_date
from ..latex import plain
from ..papers import Author
from . import identity, names
from .jsonrecords import says_withdrawn

# An arXiv identifier inside other text, as Google Scholar, DBLP and Zotero write it.
_ARXIV = re.compile(
    r"(?:arxiv\s*[:.]\s*|arxiv\.org/(?:abs|pdf)/|\bCoRR\W{1,3}abs/)"
    r"(\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})",
    re.IGNORECASE | re.ASCII,
)
# Publishers' DOIs of the nineties have signs that no address has: '…49:8<693::AID-ASI4>3.0.CO;2-O'.
_ADDRESS = re.compile(
    r"https?://(?:(?:dx\.)?doi\.org/10\.\d{4,9}/\(SICI\)[^\s\"{}|\\^`]+|[^\s<>\"{}|\\^`]+)",
    re.IGNORECASE,
)
# 'Retraction of Publication' is a notice of another paper, 'Retraction in' stands with the paper.
_WITHDRAWN = re.compile(r"\b(?:withdrawn|retracted|retraction in)\b", re.IGNORECASE)
_INITIALS = re.compile(r"(?:[^\W\d_a-z]\.?[ -]?){1,4}")
# As Scopus and PubMed print names: 'Turing A.M.', 'Turing AM'.
_INITIALS_LAST = re.compile(r"(?:[A-Z]\.-?){1,4}|[A-Z]{1,3}\.?")
_SUFFIX = re.compile(r"(?:jr|sr|ii|iii|iv)\.?", re.IGNORECASE)

_NUMBERED = re.compile(r"(\d{4})[-/.](\d{1,2})(?:[-/.](\d{1,2}))?(?!\d)", re.ASCII)
_RANGE = re.compile(r"\s*(?:-+|[‐-―−])\s*")


def person(text: str) -> str:
    """
    A name in reading order.

    >>> person("Lovelace, Ada"), person("King, Martin Luther, Jr."), person("Ada Lovelace")
    ('Ada Lovelace', 'Martin Luther King Jr.', 'Ada Lovelace')
    """
    parts = [part for part in (" ".join(part.split()) for part in text.split(",")) if part]
    suffix = next((part for part in parts[1:] if _SUFFIX.fullmatch(part)), None)
    if suffix is not None:
        parts.remove(suffix)
    if len(parts) == 2:
        parts = [f"{parts[1]} {parts[0]}"]
    return ", ".join(parts) + (f" {suffix}" if suffix else "")


def people(text: str) -> list[str]:
    """
    The names in one printed list, in reading order.

    >>> people("Lovelace, Ada; Turing, Alan"), people("Lovelace A., Turing A.M.")
    (['Ada Lovelace', 'Alan Turing'], ['A. Lovelace', 'A.M. Turing'])
    >>> people("Lovelace, A., Turing, A. M."), people("Ada Lovelace and Alan Turing")
    (['A. Lovelace', 'A. M. Turing'], ['Ada Lovelace', 'Alan Turing'])
    >>> people("Lovelace, Ada"), people("Ada Lovelace, Alan Turing")
    (['Ada Lovelace'], ['Ada Lovelace', 'Alan Turing'])
    >>> people("Lovelace A, Turing AM"), people("Hal Daumé III"), people("Meta AI")
    (['A Lovelace', 'AM Turing'], ['Hal Daumé III'], ['Meta AI'])
    """
    text = " ".join(text.split())
    if "," in text and text.find(".") == len(text) - 1:  # PubMed ends its list as a sentence
        text = text[:-1]
    parts = [part.strip() for part in text.split(",")]
    if len(parts) == 2 and " " not in parts[0] and not re.search(r";|\s(?:and|&)\s", text):
        return [person(text)]
    if ";" not in text and len(parts) > 2 and len(parts) % 2 == 0:
        pairs = list(zip(parts[::2], parts[1::2], strict=True))
        short = _INITIALS.fullmatch
        if all(short(given) and not short(name) for name, given in pairs):
            return [f"{given} {name}" for name, given in pairs]
    listed = [person(name) for name in names.split(text)]
    parted = [name.rpartition(" ") for name in listed]
    # One name that ends in capitals alone may be an organisation's: 'Meta AI'.
    if (len(listed) > 1 or "." in text) and all(
        len(family) > 1
        and "." not in family
        and _INITIALS_LAST.fullmatch(given)
        and not _SUFFIX.fullmatch(given)
        for family, _, given in parted
    ):
        return [f"{given} {family}" for family, _, given in parted]
    return listed


def authors(listed: Iterable[str]) -> tuple[tuple[Author, ...], bool]:
    """The authors of names in reading order, and whether an 'et al.' hides some."""
    found: list[Author] = []
    truncated = False
    for name in listed:
        name, hidden = names.without_et_al(plain(name))
        truncated = truncated or hidden or name.lower() == "others"
        if name and name.lower() != "others" and any(c.isalnum() for c in name):
            found.append(Author(name, len(found) + 1))
    return tuple(found), truncated


def date(text: str) -> str | None:
    """
    What a reference manager prints as a date, in ISO 8601 at the precision that it has.

    Months by name, seasons (which leave the year), ranges (of which the beginning counts), and
    RIS's '2020/03/15/'. None where there is no digit in it, as in 'in press'.

    >>> date("March 2020"), date("2020/03//"), date("Spring 2020"), date("12 Mar 2020")
    ('2020-03', '2020-03', '2020', '2020-03-12')
    >>> date("2020-03/2020-05"), date("2020-21"), date("in press"), date("Jun-Jul 2020")
    ('2020-03', '2020', None, '2020-06')

    Raises: ValueError, saying why, for a day that no calendar has, or a year far away.
    """
    text = " ".join(text.split())[:200]
    if not any(c.isdigit() for c in text):
        return None
    start = _NUMBERED.match(text)
    if start is None:
        return worded_date(text)
    year, month, day = start.groups()
    if int(month) > 12 and day is None:  # a season (ISO 8601-2 has 21 to 41), or 2019/20
        return iso_date(year)
    return iso_date("-".join(part for part in (year, month, day) if part))


def pages(first: str | None, last: str | None = None) -> str | None:
    """
    Pages as 'first-last', with a hyphen; an article number stays what it is.

    >>> pages("12--34"), pages("12", "34"), pages("e12345"), pages("  ")
    ('12-34', '12-34', 'e12345', None)
    """
    parts = [_RANGE.sub("-", plain(part)) for part in (first, last) if part and part.strip()]
    return "-".join(dict.fromkeys(parts)) or None


def is_withdrawn(title: str, *notes: str) -> bool:
    """Whether a title or a note says that the paper was withdrawn or retracted."""
    return says_withdrawn(title) or any(map(_WITHDRAWN.search, notes))


def addresses(text: str) -> list[str]:
    """
    The web addresses in *text*.

    >>> addresses("(https://doi.org/10.1000/a(2), http://b.org/c.) https://d.org).")
    ['https://doi.org/10.1000/a(2)', 'http://b.org/c', 'https://d.org']
    """
    return [_bare(found) for found in _ADDRESS.findall(text)]


def _bare(address: str) -> str:
    """*address* without the sentence's signs after it; a parenthesis that it opens it closes."""
    bare = address.rstrip(".,;")
    while bare.endswith(")") and bare.count("(") < bare.count(")"):
        bare = bare[:-1].rstrip(".,;")
    return bare.replace("<", "%3C").replace(">", "%3E")


class Identifiers:
    """Gathers a paper's identifiers; what is malformed goes to *notices* and is left out."""

    def __init__(self, notices: list[str]) -> None:
        self._found: dict[tuple[str, str], None] = {}
        self._notices = notices

    def add(
        self, scheme: str, text: str | None, normal: Callable[[str], str], field: str | None
    ) -> None:
        """
        The identifier that *field* is for; *normal* raises ValueError where it is none.

        That is no news where no field is for it.
        """
        if not text or not text.strip():
            return
        try:
            self._keep(scheme, normal(text))
        except ValueError as error:
            if field:
                self._notices.append(f"{field}: {error}")

    def look(self, *texts: str | None) -> None:
        """Whatever arXiv identifiers stand in texts that say where the paper is."""
        for text in texts:
            if text and (found := _ARXIV.search(text)):
                self._keep("arxiv", identity.arxiv(found[1]))

    def look_at_notes(self, *notes: str | None) -> None:
        """What notes begin with; further on they may speak of other papers."""
        self.look(*(note for note in notes if note and note.lstrip().lower().startswith("arxiv")))

    def addresses(self, listed: Iterable[str]) -> tuple[str, ...]:
        """*listed*, each once; what they say of identifiers is kept."""
        kept = dict.fromkeys(listed)
        for address in kept:
            if acl := identity.acl(address):
                self._keep("acl", acl)
            self.look(address)
            if ".nih.gov/" in address:
                self.add("pmid", address, identity.pmid, None)
                self.add("pmcid", address, identity.pmcid, None)
            if "doi.org/" in address.lower():
                self.add("doi", address, identity.doi, "url")
        return tuple(kept)

    def _keep(self, scheme: str, value: str) -> None:
        # The first of a scheme counts: fields of its own are added before others are looked into.
        if not any(known == scheme for known, _ in self._found):
            self._found[scheme, value] = None
        if scheme == "doi" and (arxiv := identity.arxiv_of_doi(value)):
            self._keep("arxiv", arxiv)

    def all(self) -> tuple[tuple[str, str], ...]:
        return tuple(self._found)
