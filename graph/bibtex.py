r"""
Papers as BibTeX, which BibTeX and Biber read alike: UTF-8, and LaTeX's signs as macros.

Braces are counted before macros are read, so that a brace in a title becomes a macro too:
``\{`` alone would leave the entry open.
"""

import re
from collections.abc import Iterable, Iterator

from .bibliography import Publication, one_line
from .identifiers import ADDRESSES
from .name_parts import parts

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_KINDS = {
    "article": "article",
    "review": "article",
    "conference-paper": "inproceedings",
    "preprint": "misc",
    "book": "book",
    "chapter": "incollection",
    "thesis": "phdthesis",
    "report": "techreport",
}
_VENUES = {"article": "journal", "inproceedings": "booktitle", "incollection": "booktitle"}
_PUBLISHERS = {"phdthesis": "school", "techreport": "institution"}

_SIGNS = str.maketrans(
    {
        "\\": r"{\textbackslash}",
        "{": r"{\textbraceleft}",
        "}": r"{\textbraceright}",
        "^": r"{\textasciicircum}",
        "~": r"{\textasciitilde}",
        "<": r"{\textless}",
        ">": r"{\textgreater}",
        **{sign: f"\\{sign}" for sign in "$&%#_"},
    }
)
# Two of these would become one sign, a dash or a quotation mark, but for TeX's `\/` between them.
_LIGATURE = re.compile(r"-(?=-)|`(?=`)|'(?=')")
_WORD = re.compile(r"([^\W_]+)")
_VERBATIM = re.compile(r"[{}\\\s\x00-\x20\x7f]")
_ARXIV_CLASS = re.compile(r"[a-z-]+\.[A-Z]{2}|[a-z]+-[a-z]+", re.ASCII)


def bibtex(found: Iterable[Publication]) -> Iterator[bytes]:
    """One entry after the other; no two have the same key."""
    keys: set[str] = set()
    for paper in found:
        key, again = paper.key, 1
        while key in keys:
            again += 1
            key = f"{paper.key}-{again}"
        keys.add(key)
        yield entry(paper, key).encode()


def entry(paper: Publication, key: str | None = None) -> str:
    """*paper* as one entry with a blank line behind it; *key* is its own unless given."""
    kind = _KINDS.get(paper.sort, "misc")
    arxiv_class = next((c for c in paper.categories if _ARXIV_CLASS.fullmatch(c)), "")
    fields = {
        "title": _with_capitals(paper.title),
        "author": " and ".join([*map(author, paper.authors), *["others"] * paper.truncated]),
        _VENUES.get(kind, "howpublished"): escaped(paper.venue),
        "type": "preprint" if kind == "misc" and paper.sort == "preprint" else "",
        **_date(paper.date),
        "volume": escaped(paper.volume),
        "number": escaped(paper.issue),
        "pages": escaped(paper.pages).replace("-", "--"),
        _PUBLISHERS.get(kind, "publisher"): escaped(paper.publisher),
        "isbn": escaped(paper.isbn) if kind in ("book", "phdthesis", "techreport") else "",
        "doi": _verbatim(paper.doi),
        "eprint": escaped(paper.arxiv),
        "archiveprefix": "arXiv" if paper.arxiv else "",
        "primaryclass": arxiv_class if paper.arxiv else "",
        **{scheme: escaped(value) for scheme, value in paper.ids if scheme in ("pmid", "pmcid")},
        "url": _address(paper),
        "keywords": escaped(", ".join(c.replace(",", " ") for c in paper.categories)),
        "note": "Withdrawn" if paper.withdrawn else "",
        "abstract": escaped(paper.abstract),
    }
    lines = [
        f"  {name} = {text}," if name == "month" else f"  {name} = {{{text}}},"
        for name, text in fields.items()
        if text
    ]
    return "\n".join([f"@{kind}{{{key or paper.key},", *lines, "}", "", ""])


def escaped(text: str) -> str:
    r"""
    *text* as LaTeX prints it as it stands, on one line.

    >>> print(escaped(r"R&D at 5%: {a_b} -- C:\x"))
    R\&D at 5\%: {\textbraceleft}a\_b{\textbraceright} -\/- C:{\textbackslash}x
    """
    return _marked(one_line(text))


def _marked(text: str) -> str:
    return _LIGATURE.sub(lambda sign: f"{sign[0]}\\/", text.translate(_SIGNS))


def _with_capitals(title: str) -> str:
    r"""
    *title* with braces around words that a style must not write small: 'BERT', 'iPhone', '3D'.

    >>> _with_capitals("BERT: Deep Language Models for mRNA & 3D")
    '{BERT}: Deep Language Models for {mRNA} \\& {3D}'
    """
    pieces = _WORD.split(one_line(title))
    return "".join(
        f"{{{piece}}}" if place % 2 and any(c.isupper() for c in piece[1:]) else _marked(piece)
        for place, piece in enumerate(pieces)
    )


def author(name: str) -> str:
    """
    A name as 'von Last, Jr, First'; what is no person's is kept whole by braces.

    >>> author("Ludwig van Beethoven"), author("Lake University"), author("Plato")
    ('van Beethoven, Ludwig', '{Lake University}', 'Plato')
    """
    found = parts(name)
    if found.literal:
        return f"{{{escaped(found.literal)}}}"
    family = f"{found.particle} {found.family}".strip()
    return escaped(", ".join(part for part in (family, found.suffix, found.given) if part))


def _date(date: str) -> dict[str, str]:
    year, _, rest = date.partition("-")
    month, _, day = rest.partition("-")
    return {
        "year": year,
        "month": MONTHS[int(month) - 1] if month.isdigit() and 1 <= int(month) <= 12 else "",
        "day": day.lstrip("0"),
    }


def _address(paper: Publication) -> str:
    if paper.addresses:
        return paper.addresses[0]
    acl = dict(paper.ids).get("acl")
    return f"{ADDRESSES['acl']}{acl}" if acl else ""


def _verbatim(identifier: str) -> str:
    """An identifier without escapes, which Biber and url.sty want; '' where braces forbid it."""
    return "" if _VERBATIM.search(identifier) else identifier
