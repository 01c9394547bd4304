"""
The folder of one fetch: pages as they came, and how far it has got.

::

    fetch.json      the service, the words, the pages so far, and where the next one is
    0001.xml, …     pages as the service sent them

A page is written before ``fetch.json`` names it, each in one step: killed at any moment, a fetch
goes on with the page after the last one named.
"""

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .transport import FetchError

STATE = "fetch.json"


@dataclass(slots=True)
class Progress:
    """
    How far a fetch has got. *next* is the cursor of the next page, None for the first; *done* once
    there is none. *records* counts those of all pages, *total* those that the service has.
    """

    service: str
    words: list[str]
    pages: list[dict[str, Any]] = field(default_factory=list)
    next: str | None = None
    done: bool = False
    total: int | None = None

    @property
    def records(self) -> int:
        return sum(page["records"] for page in self.pages)


class Folder:
    """The folder at *path* for *words* of *service*; made with its first page."""

    def __init__(self, path: Path, service: str, words: list[str]) -> None:
        self.path = path
        self._service = service
        self._words = words

    def progress(self) -> Progress:
        """
        How far the fetch has got.

        Raises: FetchError where the folder is of something else, or a page of it was changed.
        """
        try:
            text = (self.path / STATE).read_text("utf-8")
        except FileNotFoundError:
            if self.path.exists() and any(self.path.iterdir()):
                raise FetchError(f"{self.path}: not empty; name another folder") from None
            return Progress(self._service, self._words)
        except OSError as error:
            raise FetchError(f"{self.path}: {error.strerror}; name another folder") from None
        except ValueError as error:
            raise FetchError(f"{self.path / STATE}: {error}; name another folder") from None
        try:
            found = Progress(**json.loads(text))
            pages = [
                (self.path / page["file"], page["sha256"], int(page["records"]))
                for page in found.pages
            ]
        except (ValueError, TypeError, KeyError) as error:
            raise FetchError(f"{self.path / STATE}: {error}; name another folder") from None
        if (found.service, found.words) != (self._service, self._words):
            raise FetchError(
                f"{self.path}: holds {found.service} {' '.join(found.words)!r}; name another folder"
            )
        for file, sha256, _ in pages:
            if not file.exists() or _sha256(file.read_bytes()) != sha256:
                raise FetchError(
                    f"{file}: is not as it was fetched; remove the folder to fetch it again"
                )
        return found

    def keep(self, progress: Progress, content: bytes, suffix: str, records: int) -> Path:
        """Writes the next page, and *progress* with it."""
        name = f"{len(progress.pages) + 1:04}.{suffix}"
        _replace(self.path / name, content)
        page = {"file": name, "sha256": _sha256(content), "records": records}
        progress.pages.append(page)
        return self.path / name

    def save(self, progress: Progress) -> None:
        """Writes *progress*."""
        text = json.dumps(asdict(progress), ensure_ascii=False, indent=1) + "\n"
        _replace(self.path / STATE, text.encode())

    def files(self, progress: Progress) -> list[Path]:
        """The pages, in order."""
        return [self.path / page["file"] for page in progress.pages]


def _replace(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise FetchError(f"{path}: cannot be written: {error.strerror}") from error


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
