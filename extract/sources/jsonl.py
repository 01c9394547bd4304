"""
JSON lines: one paper a line, as an object; ``data/README.md`` lists every key.

A record has ``title`` and ``abstract``, or ``text`` alone, which is then kept to the letter because
someone else's offsets point into it.
"""

import datetime
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from ..dates import iso_date
from ..latex import plain
from ..papers import Author, Paper, Record, Refusal
from ..repositories import repositories
from . import identity, names, opening
from .categories import arxiv_names
from .fields import abstract_text, check_length, title_text

_LONGEST_ID = 300
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_CATEGORY = re.compile(r"[A-Z]{2}", re.ASCII)


class _Invalid(Exception):
    """A record that cannot be read; the message names the field and the remedy."""


def matches(head: str) -> bool:
    """Whether *head* has JSON objects one a line; a first line that is broken does no harm."""
    lines = [line.strip() for line in head.split("\n")]
    lines = [line for line in lines if line]
    if not lines or lines[0] == "{" or lines[0].startswith("["):
        return False
    objects = sum(re.match(r'\{\s*(?:"|\}|$)', line) is not None for line in lines)
    return lines[0].startswith("{") or 2 * objects > len(lines)


def read(path: Path, captured: datetime.date) -> Iterator[Record]:
    """
    The papers of *path* in file order; a line that is none comes as a `Refusal`.

    A malformed DOI, arXiv identifier or ORCID iD is reported and left out, and its paper goes in.
    Nothing is kept of a line but its identifier, about 150 bytes, to find the same one again.
    """
    seen: dict[str, int] = {}
    for line in opening.lines(path):
        if line.content is None:
            yield Refusal(path, line.number, line.fault)
            continue
        try:
            record = _record(line.content, first=line.number == 1)
            if record is None:
                continue
            notices: list[str] = []
            paper = _paper(record, notices)
            if paper.id in seen:
                raise _Invalid(
                    f'"id" {_short(paper.id)} stands on line {seen[paper.id]} already; '
                    "give each paper its own"
                )
        except (_Invalid, ValueError) as error:
            yield Refusal(path, line.number, str(error))
            continue
        seen[paper.id] = line.number
        yield paper
        for notice in notices:
            yield Refusal(path, line.number, f"{notice}; the paper went in without it")


def _record(content: bytes, *, first: bool) -> dict[str, Any] | None:
    """The object on a line; None for a blank line."""
    try:
        text = content.decode("utf-8-sig" if first else "utf-8")
    except UnicodeDecodeError as error:
        raise _Invalid(
            f"column {error.start + 1}: byte 0x{content[error.start]:02x} is not UTF-8; "
            "save the file as UTF-8 (iconv -f ISO-8859-1 -t UTF-8)"
        ) from None
    if not text.strip():
        return None
    nul = text.find("\0")
    if nul >= 0:
        raise _Invalid(f"column {nul + 1}: a NUL byte; remove it (tr -d '\\000')")
    try:
        record = json.loads(text, strict=False, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise _Invalid(
            f"column {error.colno}: not JSON ({error.msg}); each line needs one whole object"
        ) from None
    except RecursionError:
        raise _Invalid("the JSON is nested too deeply; a paper needs two levels") from None
    except ValueError as error:  # an integer of thousands of digits
        raise _Invalid(f"not JSON that can be read ({error}); correct the number") from None
    if not isinstance(record, dict):
        raise _Invalid(f"the line is {_kind(record)}; each line needs one object, {{…}}")
    return record


def _no_constant(name: str) -> NoReturn:
    raise _Invalid(f"{name} is not JSON; write null")


def _paper(record: dict[str, Any], notices: list[str]) -> Paper:
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
    )


def _verbatim(text: str) -> str:
    """*text* as it is: what could not be stored is refused, since removing it moves offsets."""
    if not text.strip():
        raise _Invalid('"text" is blank; a record needs text, or a title and an abstract')
    check_length(text, "text")
    unprintable = _UNPRINTABLE.search(text)
    if unprintable:
        code = ord(unprintable[0])
        raise _Invalid(f'"text" has U+{code:04X} at character {unprintable.start()}; remove it')
    return text


def _verbatim_title(record: dict[str, Any]) -> str:
    title = _string(record, "title")
    return title_text(title) if title and title.strip() else ""


def _needed(record: dict[str, Any], key: str) -> str:
    value = _string(record, key)
    if value is None:
        raise _Invalid(f'"{key}" is missing; each line needs title and abstract, or text')
    return value


def _string(record: dict[str, Any], key: str) -> str | None:
    """The string under *key*, None where it is absent or null."""
    value = record.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        raise _Invalid(f'"{key}" is {_kind(value)}; it must be a string')
    if "\0" in value:
        raise _Invalid(f'"{key}" has a NUL character; remove it')
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
            raise _Invalid(
                f'"{key}" has {_kind(item)} in it; it must be a string or a list of them'
            )
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
        raise _Invalid('"id" is blank; give one, or leave the key out')
    if len(own) > _LONGEST_ID or _UNPRINTABLE.search(own):
        raise _Invalid(f'"id" is longer than {_LONGEST_ID} characters or has control characters')
    return own


def _ids(
    record: dict[str, Any], own: str | None, notices: list[str]
) -> tuple[tuple[str, str], ...]:
    ids: dict[tuple[str, str], None] = {}
    for key, scheme, normal in (
        ("doi", "doi", identity.doi),
        ("arxiv", "arxiv", identity.arxiv),
        ("arxiv_id", "arxiv", identity.arxiv),
    ):
        value = _string(record, key)
        if value and value.strip():
            try:
                ids[scheme, normal(value)] = None
            except ValueError as error:
                notices.append(f'"{key}": {error}')
    for url in _strings(record, "url"):
        known = identity.acl(url)
        if known:
            ids["acl", known] = None
    if own is not None:
        ids["source", own] = None
    return tuple(ids)


def _date(record: dict[str, Any]) -> str | None:
    """``date`` if it is there, else ``year``."""
    for key in ("date", "year"):
        value = record.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1:
            value = str(int(value))
        if value is None or (isinstance(value, str) and not value.strip()):
            continue
        if not isinstance(value, str):
            raise _Invalid(f'"{key}" is {_kind(value)}; write "2022-03-15", "2022-03" or 2022')
        try:
            return iso_date(value)
        except ValueError as error:
            raise _Invalid(f'"{key}": {error}') from None
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
    truncated = record.get("truncated")
    if not isinstance(truncated, bool | None):
        raise _Invalid(f'"truncated" is {_kind(truncated)}; it must be true or false')
    value = record.get("authors")
    if value is None:
        return (), bool(truncated)
    if isinstance(value, str):
        people, hidden = names.without_et_al(_string(record, "authors") or "")
        listed: list[Any] = names.split(plain(people))
    elif isinstance(value, list):
        listed, hidden = value, False
    else:
        raise _Invalid(f'"authors" is {_kind(value)}; it must be a list of names or of objects')
    authors: list[Author] = []
    place = 0
    for item in listed:
        if item is None:
            continue
        entry = {"name": item} if isinstance(item, str) else item
        if not isinstance(entry, dict):
            raise _Invalid(f'"authors" has {_kind(item)} in it; write a name or {{"name": …}}')
        name, cut = names.without_et_al(_plain(entry, "name") or "")
        hidden = hidden or cut
        if not name:
            if cut:
                continue
            raise _Invalid('"authors" has an entry without "name"; add it or take the entry out')
        position = _position(entry, place)
        place = position or place
        affiliation = _plain(entry, "affiliation")
        authors.append(
            Author(name, position, _orcid(entry, notices), (affiliation,) if affiliation else ())
        )
    positions = [author.position for author in authors if author.position is not None]
    if len(positions) != len(set(positions)):
        raise _Invalid('two "authors" have the same "position"; number them 1, 2, 3…')
    return tuple(authors), bool(truncated) or hidden


def _position(entry: dict[str, Any], place: int) -> int | None:
    """Where an author stands: next in line unless "position" says a number, or null: unknown."""
    if "position" not in entry:
        return place + 1
    position = entry["position"]
    if position is None:
        return None
    if isinstance(position, bool) or not isinstance(position, int) or not 1 <= position <= 100_000:
        raise _Invalid('"position" of an author must be a number from 1, or null where unknown')
    return position


def _orcid(entry: dict[str, Any], notices: list[str]) -> str | None:
    value = _string(entry, "orcid")
    if value is None or not value.strip():
        return None
    try:
        return identity.orcid(value)
    except ValueError as error:
        notices.append(f'"orcid": {error}')
        return None


def _kind(value: object) -> str:
    """What a JSON value is, in words."""
    if isinstance(value, bool):
        return str(value).lower()
    for types, name in (((int, float), "a number"), (str, "a string"), (list, "a list")):
        if isinstance(value, types):
            return name
    return "null" if value is None else "an object"


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:60] + "…")
