"""What each service is asked, how soon again, and where its next page is."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlencode
from xml.etree import ElementTree

# Where a service knows of one reader of mail, it answers sooner, and writes before it shuts out.
MAIL = "SCHOLARGRAPH_MAILTO"


class Unexpected(Exception):
    """An answer that is none of the service's pages; the message says what it is instead."""


class Page(NamedTuple):
    """
    What an answer holds: how many *records*, of how many in all, and where the *next* page is.

    *next* is None after the last; *total* where the service does not say.
    """

    records: int
    total: int | None
    next: str | None


class Service(Protocol):
    """A bibliographic service, at *address*; its pages are files that end in *suffix*."""

    @property
    def address(self) -> str: ...

    @property
    def suffix(self) -> str: ...

    @property
    def pause(self) -> float:
        """Seconds between two requests."""

    def asked(
        self, words: Sequence[str], cursor: str | None, environment: Mapping[str, str]
    ) -> tuple[str, dict[str, str]]:
        """The address below `address` of the page at *cursor* (None: the first), and headers."""

    def page(self, content: bytes, cursor: str | None) -> Page:
        """
        What *content*, the answer for *cursor*, holds.

        Raises: Unexpected.
        """


@dataclass(frozen=True, slots=True)
class ArXiv:
    """https://info.arxiv.org/help/api/user-manual.html: one request in three seconds."""

    address: str = "https://export.arxiv.org"
    suffix: str = "xml"
    pause: float = 3.0
    size: int = 100

    def asked(
        self, words: Sequence[str], cursor: str | None, environment: Mapping[str, str]
    ) -> tuple[str, dict[str, str]]:
        # A word without a field is looked for in all of them, and every word is wanted.
        terms = " ".join(words)
        if not re.search(r"\b(?:ti|au|abs|co|jr|cat|rn|id|all):", terms):
            terms = " AND ".join(f"all:{word}" for word in terms.split())
        asked = {
            "search_query": terms,
            "start": cursor or "0",
            "max_results": str(self.size),
            "sortBy": "submittedDate",
            "sortOrder": "descending",
        }
        return f"/api/query?{urlencode(asked)}", {}

    def page(self, content: bytes, cursor: str | None) -> Page:
        if b"<!" in content.lstrip()[:1000].replace(b"<!--", b""):
            raise Unexpected("a document with declarations of its own, such as a web page")
        try:
            feed = ElementTree.fromstring(content)
        except ElementTree.ParseError as error:
            raise Unexpected(f"not XML: {error}") from None
        atom, search = "{http://www.w3.org/2005/Atom}", "{http://a9.com/-/spec/opensearch/1.1/}"
        if feed.tag != f"{atom}feed":
            raise Unexpected(f"no Atom feed, but {feed.tag}")
        entries = feed.findall(f"{atom}entry")
        for entry in entries:
            if entry.findtext(f"{atom}title") == "Error":
                raise Unexpected(f"an error: {entry.findtext(f'{atom}summary')}")
        total = _count(feed.findtext(f"{search}totalResults", "").strip() or len(entries))
        if total is None:
            raise Unexpected("a feed that does not say how many papers there are")
        start = int(cursor or 0)
        if not entries and start < total:
            raise Unexpected("a page without entries, which arXiv sends now and then")
        end = start + len(entries)
        return Page(len(entries), total, str(end) if end < total else None)


@dataclass(frozen=True, slots=True)
class OpenAlex:
    """
    https://developers.openalex.org: a free key is wanted for more than a few pages a day.

    Words with a colon are filters (``publication_year:2024``), the others are searched for. Without
    a key pages are numbered, up to 10,000 works; with one any number follow a cursor.
    """

    address: str = "https://api.openalex.org"
    suffix: str = "json"
    pause: float = 0.1
    size: int = 100
    most: int = 10_000

    def asked(
        self, words: Sequence[str], cursor: str | None, environment: Mapping[str, str]
    ) -> tuple[str, dict[str, str]]:
        filters = [word for word in words if re.match(r"[a-z_.]+:\S", word)]
        searched = [word for word in words if word not in filters]
        asked = {"per_page": str(self.size)}
        if searched:
            asked["search"] = " ".join(searched)
        if filters:
            asked["filter"] = ",".join(filters)
        key = environment.get("OPENALEX_API_KEY")
        if cursor is not None:
            asked["page" if cursor.isdigit() else "cursor"] = cursor
        elif key:
            asked["cursor"] = "*"
        else:
            asked["page"] = "1"
        if key:
            asked["api_key"] = key
        if mail := environment.get(MAIL):
            asked["mailto"] = mail
        return f"/works?{urlencode(asked)}", {}

    def page(self, content: bytes, cursor: str | None) -> Page:
        answer = _object(content)
        results, meta = answer.get("results"), answer.get("meta")
        if not isinstance(results, list) or not isinstance(meta, dict):
            raise Unexpected(f"no list of works: {_told(answer)}")
        total = _count(meta.get("count"))
        following = _cursor(meta.get("next_cursor"))
        if "next_cursor" not in meta:
            number = _count(meta.get("page")) or 1
            left = number * self.size < min(total or 0, self.most)
            following = str(number + 1) if left else None
        return Page(len(results), total, following if results else None)


@dataclass(frozen=True, slots=True)
class SemanticScholar:
    """https://api.semanticscholar.org/api-docs: one request a second with a key, fewer without."""

    address: str = "https://api.semanticscholar.org"
    suffix: str = "json"
    pause: float = 3.0

    def asked(
        self, words: Sequence[str], cursor: str | None, environment: Mapping[str, str]
    ) -> tuple[str, dict[str, str]]:
        asked = {
            "query": " ".join(words),
            "fields": "title,abstract,authors,year,publicationDate,venue,journal,externalIds,"
            "publicationTypes,citationCount,fieldsOfStudy,url",
        }
        if cursor:
            asked["token"] = cursor
        key = environment.get("SEMANTIC_SCHOLAR_API_KEY")
        return f"/graph/v1/paper/search/bulk?{urlencode(asked)}", {"x-api-key": key} if key else {}

    def page(self, content: bytes, cursor: str | None) -> Page:
        answer = _object(content)
        if not isinstance(answer.get("data"), list):
            # Of a search that finds nothing there is only a total.
            if answer.get("total") == 0:
                return Page(0, 0, None)
            raise Unexpected(f"no list of papers: {_told(answer)}")
        found = answer["data"]
        following = _cursor(answer.get("token")) if found else None
        return Page(len(found), _count(answer.get("total")), following)


@dataclass(frozen=True, slots=True)
class Crossref:
    """https://www.crossref.org/documentation/retrieve-metadata/rest-api: politely, in order."""

    address: str = "https://api.crossref.org"
    suffix: str = "json"
    pause: float = 1.0
    size: int = 100

    def asked(
        self, words: Sequence[str], cursor: str | None, environment: Mapping[str, str]
    ) -> tuple[str, dict[str, str]]:
        filters = [word for word in words if re.match(r"[a-z-]+:\S", word)]
        asked = {
            "query": " ".join(word for word in words if word not in filters),
            "filter": ",".join(filters),
            "rows": str(self.size),
            "cursor": cursor or "*",
            "mailto": environment.get(MAIL, ""),
        }
        given = {name: text for name, text in asked.items() if text}
        return f"/works?{urlencode(given)}", {}

    def page(self, content: bytes, cursor: str | None) -> Page:
        message = _object(content).get("message")
        if not isinstance(message, dict) or not isinstance(message.get("items"), list):
            raise Unexpected(f"no list of works: {_told(message)}")
        items = message["items"]
        # Its cursor goes on for ever; an incomplete page is the last.
        following = _cursor(message.get("next-cursor")) if len(items) == self.size else None
        return Page(len(items), _count(message.get("total-results")), following)


SERVICES: dict[str, Service] = {
    "arxiv": ArXiv(),
    "openalex": OpenAlex(),
    "semanticscholar": SemanticScholar(),
    "crossref": Crossref(),
}


def _object(content: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(content)
    except ValueError as error:
        raise Unexpected(f"not JSON: {error}") from None
    except RecursionError:
        raise Unexpected("JSON that is nested too deeply") from None
    if not isinstance(answer, dict):
        raise Unexpected("JSON, but no object")
    return answer


def _count(value: object) -> int | None:
    """A whole number, as JSON or in its digits; None for anything else."""
    if isinstance(value, str) and re.fullmatch(r"\d{1,15}", value, re.ASCII):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _cursor(value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise Unexpected(f"no cursor of a next page, but {json.dumps(value)[:60]}")
    return value or None


def _told(answer: object) -> str:
    """What an answer says of itself, where it says anything."""
    if isinstance(answer, dict):
        for name in ("message", "error", "detail"):
            if isinstance(answer.get(name), str):
                return str(answer[name])[:300]
    return json.dumps(answer)[:200]
