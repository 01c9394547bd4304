"""A paper in our own keys, as a JSON object; ``data/README.md`` lists them all."""

import re
from collections.abc import Callable
from typing import Any, get_args

from ..dates import iso_date
from ..latex import plain
from ..papers import Author, Genre, Paper, Reference
from ..repositories import repositories
from . import identity, names
from .categories import arxiv_names
from .fields import abstract_text, check_length, title_text
from .jsonrecords import kind

_LONGEST_ID = 300
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_CATEGORY = re.compile(r"[A-Z]{2}", re.ASCII)
_SCHEMES: dict[str, tuple[str, Callable[[str], str]]] = {
    "doi": ("doi", identity.doi),
    "arxiv": ("arxiv", identity.arxiv),
    "arxiv_id": ("arxiv", identity.arxiv),
    "acl": ("acl", identity.acl_id),
    "pmid": ("pmid", identity.pmid),
    "pmcid": ("pmcid", identity.pmcid),
    "openalex": ("openalex", identity.openalex),
    "s2": ("s2", identity.s2),
    "dblp": ("dblp", identity.dblp),
    "isbn": ("isbn", identity.isbn),
}
# An identifier without the name of its scheme; PubMed's numbers and ISBNs would be guesses.
_TELLING = ("doi", "arxiv", "openalex", "s2", "acl")
_PREFIXED = re.compile(r"(pmid|pmcid|isbn|dblp)\s*:\s*(\S.*)", re.IGNORECASE)


class Invalid(Exception):
    """A record that cannot be read; the message names the field and the remedy."""


def paper(record: dict[str, Any], notices: list[str]) -> Paper:
    """
    The paper that *record* describes; a malformed identifier goes to *notices*.

    Raises: Invalid, or ValueError, saying which field and what would be right.
    """
    said = record.get("error", record.get("message"))
    if isinstance(said, str) and record.keys().isdisjoint(("title", "abstract", "text")):
        raise Invalid(f"this is an error message, {_short(said)}, and no paper; fetch it again")
    given = _string(record, "text") if record.get("abstract") is None else None
    verbatim = given is not None
    if verbatim:
        title, abstract = _verbatim_title(record), _verbatim(given or "")
    else:
        title = title_text(_needed(record, "title"))
        abstract = abstract_text(_needed(record, "abstract"))
    date = _date(record)
    authors, truncated = _authors(record, notices)
    own = _identifier(record)
    ids = _ids(record, own, notices)
    named, flag = _code(record)
    year = date[:4] if date else None
    return Paper(
        id=own or identity.title_id(title or abstract, year),
        title=title,
        abstract=abstract,
        authors=authors,
        truncated=truncated,
        date=date,
        venue=_plain(record, "venue"),
        categories=_categories(record),
        ids=ids,
        urls=tuple(dict.fromkeys((*_strings(record, "url"), *_strings(record, "urls")))),
        code=tuple(dict.fromkeys((*named, *repositories(abstract)))),
        code_flag=flag,
        affiliations=tuple(plain(name) for name in _strings(record, "affiliations")),
        verbatim=verbatim,
        genre=_genre(record),
        volume=_number(record, "volume"),
        issue=_number(record, "issue"),
        pages=_number(record, "pages"),
        publisher=_plain(record, "publisher"),
        references=_references(record, notices),
        withdrawn=_flag(record, "withdrawn"),
    )


def _verbatim(text: str) -> str:
    """*text* as it is: what could not be stored is refused, since removing it moves offsets."""
    if not text.strip():
        raise Invalid('"text" is blank; a record needs text, or a title and an abstract')
    check_length(text, "text")
    unprintable = _UNPRINTABLE.search(text)
    if unprintable:
        code = ord(unprintable[0])
        raise Invalid(f'"text" has U+{code:04X} at character {unprintable.start()}; remove it')
    return text


def _verbatim_title(record: dict[str, Any]) -> str:
    title = _string(record, "title")
    return title_text(title) if title and title.strip() else ""


def _needed(record: dict[str, Any], key: str) -> str:
    value = _string(record, key)
    if value is None:
        raise Invalid(f'"{key}" is missing; each line needs title and abstract, or text')
    return value


def _string(record: dict[str, Any], key: str) -> str | None:
    """The string under *key*, None where it is absent or null."""
    value = record.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        raise Invalid(f'"{key}" is {kind(value)}; it must be a string')
    if "\0" in value:
        raise Invalid(f'"{key}" has a NUL character; remove it')
    return value


def _plain(record: dict[str, Any], key: str) -> str | None:
    value = _string(record, key)
    return plain(value) or None if value else None


def _strings(record: dict[str, Any], key: str) -> list[str]:
    """The strings under *key*, which may be one string, a list of them, null or absent."""
    value = record.get(key)
    values = value if isinstance(value, list) else [value]
    for item in values:
        if not isinstance(item, str | None):
            raise Invalid(f'"{key}" has {kind(item)} in it; it must be a string or a list of them')
        _string({key: item}, key)
    stripped = [" ".join(_UNPRINTABLE.sub(" ", item).split()) for item in values if item]
    return [item for item in stripped if item]


def _identifier(record: dict[str, Any]) -> str | None:
    value = record.get("id")
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    own = _string(record | {"id": value}, "id")
    if own is None:
        return None
    own = own.strip()
    if not own:
        raise Invalid('"id" is blank; give one, or leave the key out')
    if len(own) > _LONGEST_ID or _UNPRINTABLE.search(own):
        raise Invalid(f'"id" is longer than {_LONGEST_ID} characters or has control characters')
    return own


def _ids(
    record: dict[str, Any], own: str | None, notices: list[str]
) -> tuple[tuple[str, str], ...]:
    ids = dict.fromkeys(_named_ids(record, notices))
    for url in _strings(record, "url"):
        known = identity.acl(url)
        if known:
            ids["acl", known] = None
    if own is not None:
        ids["source", own] = None
    return tuple(ids)


def _named_ids(record: dict[str, Any], notices: list[str]) -> list[tuple[str, str]]:
    """The identifiers under the names of their schemes, each a string or a number."""
    ids: list[tuple[str, str]] = []
    for key, (scheme, normal) in _SCHEMES.items():
        value = _number(record, key)
        if value and value.strip():
            try:
                ids.append((scheme, normal(value)))
            except ValueError as error:
                notices.append(f'"{key}": {error}')
    return ids


def _references(record: dict[str, Any], notices: list[str]) -> tuple[Reference, ...]:
    """What the paper cites: identifiers, or objects with identifiers, a title and a year."""
    value = record.get("references")
    if not isinstance(value, list | None):
        raise Invalid(f'"references" is {kind(value)}; it must be a list of identifiers or objects')
    found: dict[Reference, None] = {}
    for item in value or ():
        if isinstance(item, str | int) and not isinstance(item, bool):
            reference = Reference(_guessed_id(str(item)))
        elif isinstance(item, dict):
            own = _identifier(item)
            ids = (*_named_ids(item, notices), *((("source", own),) if own else ()))
            reference = Reference(ids, _plain(item, "title"), _year(item))
        else:
            raise Invalid(f'"references" has {kind(item)} in it; write a DOI or {{"title": …}}')
        if reference.ids or reference.title:
            found[reference] = None
    return tuple(found)


def _guessed_id(text: str) -> tuple[tuple[str, str], ...]:
    """*text* as the identifier that it looks like, else as another record's own; () if blank."""
    prefixed = _PREFIXED.fullmatch(text.strip())
    tried = [(prefixed[1].lower(), prefixed[2])] if prefixed else [(key, text) for key in _TELLING]
    for key, value in tried:
        scheme, normal = _SCHEMES[key]
        try:
            return ((scheme, normal(value)),)
        except ValueError:
            continue
    own = _identifier({"id": text}) if text.strip() else None
    return (("source", own),) if own else ()


def _genre(record: dict[str, Any]) -> Genre | None:
    value = _string(record, "genre")
    for genre in get_args(Genre):
        if value == genre:
            return genre  # type: ignore[no-any-return]
    if value is None or not value.strip():
        return None
    raise Invalid(f'"genre" is {_short(value)}; write one of {", ".join(get_args(Genre))}')


def _number(record: dict[str, Any], key: str) -> str | None:
    """The string under *key*, which may be a whole number."""
    value = record.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return _plain({key: value}, key)


def _year(record: dict[str, Any]) -> str | None:
    date = _date(record)
    return date[:4] if date else None


def _flag(record: dict[str, Any], key: str) -> bool:
    value = record.get(key)
    if not isinstance(value, bool | None):
        raise Invalid(f'"{key}" is {kind(value)}; it must be true or false')
    return bool(value)


def _date(record: dict[str, Any]) -> str | None:
    """``date`` if it is there, else ``year``."""
    for key in ("date", "year"):
        value = record.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1:
            value = str(int(value))
        if value is None or (isinstance(value, str) and not value.strip()):
            continue
        if not isinstance(value, str):
            raise Invalid(f'"{key}" is {kind(value)}; write "2022-03-15", "2022-03" or 2022')
        try:
            return iso_date(value)
        except ValueError as error:
            raise Invalid(f'"{key}": {error}') from None
    return None


def _categories(record: dict[str, Any]) -> tuple[str, ...]:
    """Two capitals are arXiv's second part (``CV``); anything else stays as it is."""
    found: dict[str, None] = {}
    for name in _strings(record, "categories"):
        for part in name.split() if re.fullmatch(r"[\w.-]+(?: [\w.-]+)+", name) else [name]:
            found.update(dict.fromkeys(arxiv_names(part) if _CATEGORY.fullmatch(part) else (part,)))
    return tuple(found)


def _code(record: dict[str, Any]) -> tuple[list[str], bool]:
    """Repository addresses under ``code``, and whether there is code at all."""
    value = record.get("code")
    if isinstance(value, bool):
        return [], value
    listed = _strings(record, "code")
    known = [repositories(address) or (address,) for address in listed]
    return [address for addresses in known for address in addresses], bool(listed)


def _authors(record: dict[str, Any], notices: list[str]) -> tuple[tuple[Author, ...], bool]:
    """The authors, and whether the list hides some."""
    truncated = _flag(record, "truncated")
    value = record.get("authors")
    if value is None:
        return (), truncated
    if isinstance(value, str):
        people, hidden = names.without_et_al(_string(record, "authors") or "")
        listed: list[Any] = names.split(plain(people))
    elif isinstance(value, list):
        listed, hidden = value, False
    else:
        raise Invalid(f'"authors" is {kind(value)}; it must be a list of names or of objects')
    authors: list[Author] = []
    place = 0
    for item in listed:
        if item is None:
            continue
        entry = {"name": item} if isinstance(item, str) else item
        if not isinstance(entry, dict):
            raise Invalid(f'"authors" has {kind(item)} in it; write a name or {{"name": …}}')
        name, cut = names.without_et_al(_plain(entry, "name") or "")
        hidden = hidden or cut
        if not name:
            if cut:
                continue
            raise Invalid('"authors" has an entry without "name"; add it or take the entry out')
        position = _position(entry, place)
        place = position or place
        authors.append(Author(name, position, _orcid(entry, notices), _affiliations(entry)))
    positions = [author.position for author in authors if author.position is not None]
    if len(positions) != len(set(positions)):
        raise Invalid('two "authors" have the same "position"; number them 1, 2, 3…')
    return tuple(authors), truncated or hidden


def _position(entry: dict[str, Any], place: int) -> int | None:
    """Where an author stands: next in line unless "position" says a number, or null: unknown."""
    if "position" not in entry:
        return place + 1
    position = entry["position"]
    if position is None:
        return None
    if isinstance(position, bool) or not isinstance(position, int) or not 1 <= position <= 100_000:
        raise Invalid('"position" of an author must be a number from 1, or null where unknown')
    return position


def _affiliations(entry: dict[str, Any]) -> tuple[str, ...]:
    """Where an author works: one string or a list, under either name."""
    listed = [*_strings(entry, "affiliation"), *_strings(entry, "affiliations")]
    return tuple(dict.fromkeys(name for item in listed if (name := plain(item))))


def _orcid(entry: dict[str, Any], notices: list[str]) -> str | None:
    value = _string(entry, "orcid")
    if value is None or not value.strip():
        return None
    try:
        return identity.orcid(value)
    except ValueError as error:
        notices.append(f'"orcid": {error}')
        return None


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:60] + "…")
