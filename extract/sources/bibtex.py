"""BibTeX and BibLaTeX as reference managers, search engines and publishers write it."""

import datetime
import re
from collections.abc import Iterator
from pathlib import Path

from ..latex import plain
from ..papers import Genre, Paper, Record, Refusal
from ..repositories import repositories
from . import identity, managers, opening
from .bibtex_entries import Entry, entries
from .bibtex_text import field, people, unmarked
from .categories import arxiv_names
from .fields import optional_abstract, title_text
from .first_places import FirstPlaces, first_places

# An '@' that begins a line and opens a brace; Turtle's '@prefix' opens none.
_BEGINS = re.compile(r"^[ \t]*@[ \t]*[A-Za-z]+\s*[{(]\s*[^\s{}()]", re.MULTILINE)
_REFERS = re.compile(rb"\b(?:crossref|xdata)\s*=\s*[{\"]\s*([^{}\"]*)", re.IGNORECASE)

_GENRES: dict[str, Genre] = {
    "article": "article",
    "suppperiodical": "article",
    "conference": "conference-paper",
    "inproceedings": "conference-paper",
    "review": "review",
    "book": "book",
    "mvbook": "book",
    "collection": "book",
    "mvcollection": "book",
    "proceedings": "book",
    "mvproceedings": "book",
    "booklet": "book",
    "manual": "book",
    "inbook": "chapter",
    "bookinbook": "chapter",
    "incollection": "chapter",
    "inreference": "chapter",
    "suppbook": "chapter",
    "thesis": "thesis",
    "phdthesis": "thesis",
    "mastersthesis": "thesis",
    "report": "report",
    "techreport": "report",
    "unpublished": "preprint",
}
# Volumes that others point to with `crossref` are where those stand, and no papers.
_VOLUMES = ("proceedings", "mvproceedings", "collection", "mvcollection", "periodical")
# What a paper takes from the volume that it stands in. Its DOI, pages and abstract are its own.
_INHERITED = (
    "booktitle", "journal", "journaltitle", "eventtitle", "date", "year", "month", "publisher",
    "organization", "institution", "volume", "number",
)  # fmt: skip
# What is kept of an entry that others point to.
_KEPT = frozenset(_INHERITED) | {
    "title", "subtitle", "author", "abstract", "doi", "eprint", "eprinttype", "eprintclass",
    "archiveprefix", "primaryclass", "url", "pages", "eid", "isbn", "keywords", "note", "pubstate",
    "school", "day", "issue", "howpublished", "xdata", "crossref",
}  # fmt: skip
# arXiv's archives that are divided into classes: alone they say too little.
_ARCHIVES = frozenset("cs math stat eess econ q-bio q-fin nlin physics cond-mat astro-ph".split())
_MARKED = re.compile(r"[\\{}]")
_MOST_PARENTS = 100_000
_DEEPEST = 4

Parents = dict[str, Entry]


def matches(head: str) -> bool:
    """Whether an entry begins at the beginning of a line, below whatever an exporter wrote."""
    return not head.lstrip().startswith(("<", "[", "{")) and _BEGINS.search(head) is not None


def read(path: Path, captured: datetime.date) -> Iterator[Record]:
    """
    The papers of *path* in file order; a broken entry comes as a `Refusal`.

    A malformed identifier or date is reported and left out, and its paper goes in. ``crossref``
    and ``xdata`` are looked up wherever they stand, and only what they point to is kept. The keys
    of all entries wait in a temporary file on disk, so that memory does not grow with the file.
    """
    wanted = _referred(path)
    parents = _parents(path, wanted) if wanted else {}
    with first_places() as places:
        yield from _papers(path, wanted, parents, places)


def _papers(
    path: Path, wanted: set[str], parents: Parents, places: FirstPlaces
) -> Iterator[Record]:
    for entry in entries(path):
        if isinstance(entry, Refusal):
            yield entry
            continue
        if entry.kind == "xdata" or (entry.kind in _VOLUMES and _folded(entry.key) in wanted):
            continue
        notices = list(entry.notices)
        try:
            here = f"on line {entry.line}"
            if entry.key and (first := places.before(_folded(entry.key), here)):
                raise ValueError(
                    f"the key {entry.key[:60]!r} stands {first} already; give each entry its own, "
                    "or take one out"
                )
            fields = _with_inherited(entry, parents, notices)
            paper = _paper(entry, fields, notices)
        except ValueError as error:
            yield Refusal(path, entry.line, str(error))
            continue
        yield paper
        for notice in notices:
            yield Refusal(path, entry.line, f"{notice}; the paper went in without it")


def _folded(key: str) -> str:
    return key.strip().lower()


def _referred(path: Path) -> set[str]:
    """The keys that entries point to."""
    found: set[str] = set()
    for line in opening.lines(path):
        if line.content and len(found) < _MOST_PARENTS and _may_refer(line.content):
            for keys in _REFERS.findall(line.content):
                found.update(map(_folded, keys.decode(errors="replace").split(",")))
    return found - {""}


def _may_refer(line: bytes) -> bool:
    """A quick look, before the whole line is searched for what few lines have."""
    line = line.lower()
    return b"crossref" in line or b"xdata" in line


def _parents(path: Path, wanted: set[str]) -> Parents:
    found: Parents = {}
    for entry in entries(path):
        if isinstance(entry, Entry) and (key := _folded(entry.key)) in wanted:
            kept = {name: text[:10_000] for name, text in entry.fields.items() if name in _KEPT}
            found.setdefault(key, Entry(entry.line, entry.kind, entry.key, kept))
    return found


def _with_inherited(entry: Entry, parents: Parents, notices: list[str]) -> dict[str, str]:
    """
    The fields of *entry* with those of what it points to.

    ``xdata`` gives every field that the entry lacks; ``crossref`` those of a volume, whose title
    becomes the ``booktitle`` (BibLaTeX's manual, appendix B).
    """
    fields = dict(entry.fields)
    follow = [(name, key, 1) for name in ("xdata", "crossref") for key in _keys(fields.get(name))]
    done: set[tuple[str, str]] = set()
    while follow:
        name, key, depth = follow.pop(0)
        if (name, key) in done or depth > _DEEPEST:
            continue
        done.add((name, key))
        parent = parents.get(key)
        if parent is None:
            notices.append(f"{name} = {{{key[:60]}}} names no entry of this file")
            continue
        given = parent.fields
        if name == "crossref":
            title = ": ".join(given[k] for k in ("title", "subtitle") if given.get(k))
            volume = {k: given[k] for k in _INHERITED if k in given}
            given = {"booktitle": title} | volume if title else volume
            if fields.keys() & {"date", "year"}:
                given = {k: text for k, text in given.items() if k not in ("date", "year", "month")}
        for inherited, text in given.items():
            if not fields.get(inherited, "").strip():
                fields[inherited] = text
        for further in ("xdata", "crossref"):
            keys = _keys(parent.fields.get(further))
            follow += [(further, key, depth + 1) for key in keys]
    return fields


def _keys(value: str | None) -> list[str]:
    return [key for part in (value or "").split(",") if (key := _folded(part))]


def _paper(entry: Entry, fields: dict[str, str], notices: list[str]) -> Paper:
    def text(*names: str) -> str | None:
        """The first of these fields that says something."""
        return next((said for name in names if (said := field(fields.get(name, "")))), None)

    if not fields.get("title", "").strip():
        raise ValueError('"title" is missing; an entry needs at least a title')
    title = title_text(unmarked(fields["title"]))
    if subtitle := text("subtitle"):
        title = title_text(f"{title}{'' if title[-1] in '.:?!' else ':'} {subtitle}")
    abstract = optional_abstract(unmarked(fields.get("abstract", "")))
    authors, truncated = managers.authors(people(fields.get("author", "")))
    date = _date(fields, notices)
    venue = text("journaltitle", "journal", "booktitle", "eventtitle")
    if venue is None and "://" not in fields.get("howpublished", ""):
        venue = text("howpublished")
    number = text("number", "issue")
    ids = _identifiers(entry, fields, venue, notices)
    urls = ids.addresses(_addresses(fields))
    found = dict(ids.all())
    volume = text("volume")
    if "arxiv" in found and _is_preprint_server(venue):  # Google Scholar's and DBLP's journal
        venue, volume = None, None
    if "arxiv" in found and number and number.lower().startswith(("arxiv", "abs/")):  # Zotero's
        number = None
    genre = _genre(entry.kind, fields, "arxiv" in found, venue)
    # The ISBN of a volume is none of the paper in it.
    if genre in ("book", "thesis", "report"):
        ids.add("isbn", fields.get("isbn"), identity.isbn, "isbn")
    return Paper(
        id=entry.key[:300] or identity.title_id(title, date[:4] if date else None),
        title=title,
        abstract=abstract,
        authors=authors,
        truncated=truncated,
        date=date,
        venue=venue,
        categories=_categories(fields),
        ids=(*ids.all(), *([("source", entry.key[:300])] if entry.key else [])),
        urls=urls,
        code=repositories(abstract),
        genre=genre,
        volume=volume,
        issue=number,
        pages=managers.pages(field(fields.get("pages") or fields.get("eid", ""))),
        publisher=text("publisher", "organization", "institution", "school"),
        withdrawn=managers.is_withdrawn(title, *(fields.get(n, "") for n in ("note", "pubstate"))),
    )


def _genre(kind: str, fields: dict[str, str], on_arxiv: bool, venue: str | None) -> Genre | None:
    if "preprint" in fields.get("type", "").lower() or _is_preprint_server(venue):
        return "preprint"
    if on_arxiv and venue is None and kind in ("article", "misc", "online", "unpublished"):
        return "preprint"
    return _GENRES.get(kind)


def _is_preprint_server(venue: str | None) -> bool:
    return venue is not None and re.match(r"(?:arxiv|CoRR)\b", venue, re.IGNORECASE) is not None


def _identifiers(
    entry: Entry, fields: dict[str, str], venue: str | None, notices: list[str]
) -> managers.Identifiers:
    ids = managers.Identifiers(notices)
    ids.add("doi", _verbatim(fields.get("doi", "")), identity.doi, "doi")
    eprint = _verbatim(fields.get("eprint", ""))
    archive = (fields.get("eprinttype") or fields.get("archiveprefix") or "").strip().lower()
    if archive == "arxiv":
        ids.add("arxiv", eprint, identity.arxiv, "eprint")
    elif not archive:
        ids.look(f"arxiv:{eprint}")
    ids.add("arxiv", fields.get("arxivid"), identity.arxiv, "arxivid")
    ids.add("pmid", fields.get("pmid") or (eprint * (archive == "pubmed")), identity.pmid, "pmid")
    ids.add("pmcid", fields.get("pmcid") or fields.get("pmc"), identity.pmcid, "pmcid")
    if entry.key.upper().startswith("DBLP:"):
        ids.add("dblp", entry.key, identity.dblp, None)
    ids.look(venue, *(fields.get(name) for name in ("number", "volume", "howpublished")))
    ids.look_at_notes(fields.get("note"))
    if venue and _is_preprint_server(venue):  # DBLP's 'CoRR, abs/1706.03762'
        ids.look(f"arxiv:{fields.get('volume', '').removeprefix('abs/')}")
    return ids


def _addresses(fields: dict[str, str]) -> list[str]:
    named = ("url", "ee", "link", "howpublished", *(n for n in fields if n.startswith("bdsk-url")))
    return [a for name in named for a in managers.addresses(_verbatim(fields.get(name, "")))]


def _verbatim(text: str) -> str:
    r"""An address or identifier without TeX's escapes: 'http://a/b\_c', '\url{…}'."""
    if not _MARKED.search(text):
        return " ".join(text.split())
    text = re.sub(r"\\(?:url|path|nolinkurl|href)\b", " ", text)
    text = re.sub(r"\\textasciitilde(?:\{\})?|\\~(?:\{\})?|\{?\\sim\}?", "~", text)
    text = text.replace("{\\_}", "_").replace("\\textunderscore", "_")
    text = re.sub(r"\\([%&_#$~{}])", r"\1", text)
    return " ".join(re.sub(r"[{}]", " ", text).split())


def _categories(fields: dict[str, str]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for part in field(fields.get("primaryclass") or fields.get("eprintclass") or "").split():
        found.update(dict.fromkeys(() if part in _ARCHIVES else arxiv_names(part)))
    for keyword in re.split(r"[;,]", field(fields.get("keywords", ""))):
        if keyword.strip() and len(keyword) <= 200:
            found[keyword.strip()] = None
    return tuple(found)


def _date(fields: dict[str, str], notices: list[str]) -> str | None:
    """``date`` if it says one, else ``year`` with ``month`` and ``day``."""
    written = plain(unmarked(fields.get("date", "")))
    if not re.search(r"\d{4}", written):
        month = field(fields.get("month", ""))
        if re.fullmatch(r"0?[1-9]|1[0-2]", month):
            written = f"{field(fields.get('year', ''))}-{month}"
        else:
            day = field(fields.get("day", ""))
            written = f"{month} {day} {field(fields.get('year', ''))}"
    try:
        return managers.date(written)
    except ValueError as error:
        notices.append(f'"date": {error}')
        return None
