"""A search at a service, fetched to its end or to a limit, from where the last try stopped."""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .folder import Folder, Progress
from .services import SERVICES, Page, Service
from .transport import FetchError, Transport


@dataclass(frozen=True, slots=True)
class Fetched:
    """
    What a fetch has brought: *files* in order, with *records* of *total* that the service has.

    *new* is how many of the records came with this call; *complete* says that there are no more.
    """

    files: tuple[Path, ...]
    records: int
    new: int
    total: int | None
    complete: bool


def fetch(
    service: str,
    words: Sequence[str],
    folder: Path,
    *,
    limit: int | None = None,
    address: str | None = None,
    environment: Mapping[str, str] = os.environ,
    transport: Callable[[str, float, Mapping[str, str]], Transport] = Transport,
    told: Callable[[int, int | None], None] = lambda records, total: None,
) -> Fetched:
    """
    Fetches what *service*, one of `SERVICES`, finds for *words*, into *folder*.

    Whole pages are fetched until they hold *limit* records, None for all. What an earlier call left
    in *folder* is not asked for again. *address* stands in for the service's own, as a mirror's.
    Keys come from *environment*: ``OPENALEX_API_KEY``, ``SEMANTIC_SCHOLAR_API_KEY``, and
    ``SCHOLARGRAPH_MAILTO`` for a mail address. *told* hears how many records are there after each
    page, and of how many.

    Raises: FetchError; what was fetched until then is kept.
    """
    asking = SERVICES.get(service)
    if asking is None:
        raise FetchError(f"no service is called {service!r}; choose from {', '.join(SERVICES)}")
    if not any(word.strip() for word in words):
        raise FetchError("nothing to look for; give some words")
    if address and not re.match(r"https?://[^/\s]", address):
        raise FetchError(f"{address}: no address of a service; write one with https://")
    place = Folder(folder, service, list(words))
    progress = place.progress()
    before = progress.records
    told(before, progress.total)
    line = transport((address or asking.address).rstrip("/"), asking.pause, environment)
    while not progress.done and (limit is None or progress.records < limit):
        content, page = _next(asking, words, progress, line, environment)
        place.keep(progress, content, asking.suffix, page.records)
        progress.next, progress.total, progress.done = page.next, page.total, page.next is None
        place.save(progress)
        told(progress.records, progress.total)
    return Fetched(
        files=tuple(place.files(progress)),
        records=progress.records,
        new=progress.records - before,
        total=progress.total,
        complete=progress.done,
    )


def _next(
    service: Service,
    words: Sequence[str],
    progress: Progress,
    line: Transport,
    environment: Mapping[str, str],
) -> tuple[bytes, Page]:
    path, headers = service.asked(words, progress.next, environment)
    found: list[Page] = []

    def check(content: bytes) -> None:
        found.append(service.page(content, progress.next))

    content = line.get(path, headers, check)
    return content, found[-1]
