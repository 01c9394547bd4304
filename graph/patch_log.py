"""
The history of a store: its patches, one file for each transaction.

::

    history/000000/00000001-1.rdfp.gz     the first transaction, of the change with number 1
    history/000000/00000002-1.rdfp.gz     the second, of the same change
    history/untracked                     a change is under way whose patch follows only after it

Folders hold a thousand each, so that the newest are found at once. A file gets its name when it is
whole. When all of them exceed `BYTES`, the oldest folders are removed.
"""

import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import Quad

from .ntriples import Lines
from .patches import Header, Patch, PatchError, PatchWriter, read_header, read_patch

FOLDER = "history"
# 2,000 papers take 10 MB.
BYTES = 1 << 30

_MARK = "untracked"
_EACH = 1_000
_NAME = re.compile(r"(?P<sequence>\d{8})-(?P<number>\d+)\.rdfp\.gz")


@dataclass(frozen=True, slots=True, order=True)
class PatchFile:
    """One patch: its place among all of the store, from 1, and the number of its change."""

    sequence: int
    number: int
    path: Path

    def read(self) -> Patch:
        return read_patch(self.path)

    def header(self) -> Header:
        return read_header(self.path)


@dataclass(frozen=True, slots=True)
class Untracked:
    """
    A change under way that is not on record yet.

    *snapshot* and *sequence* are the newest that were published when it began; *number* and
    *operation* are the change's own.
    """

    snapshot: str
    sequence: int
    number: int
    operation: str


class PatchLog:
    """The patches of the store in folder *store*; whoever adds to them holds the writers' lock."""

    def __init__(self, store: Path) -> None:
        self._folder = store / FOLDER
        self._unsynced: list[Path] = []

    def files(self, *, after: int = 0) -> Iterator[PatchFile]:
        """Every patch later than *after*, oldest first."""
        for folder in self._folders():
            if int(folder.name) >= after // _EACH:
                yield from (file for file in _patches_in(folder) if file.sequence > after)

    def newest(self) -> PatchFile | None:
        for folder in reversed(self._folders()):
            if files := _patches_in(folder):
                return files[-1]
        return None

    def last_number(self) -> int:
        """The highest number of a change, 0 before the first."""
        files = (file for folder in self._folders()[-2:] for file in _patches_in(folder))
        return max((file.number for file in files), default=0)

    @contextmanager
    def adding(self, header: Header) -> Iterator[PatchWriter]:
        """Another patch, which exists once the block is left without an exception, with rows."""
        newest = self.newest()
        sequence = newest.sequence + 1 if newest else 1
        folder = self._folder / f"{sequence // _EACH:06}"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{sequence:08}-{header.number}.rdfp.gz"
        draft = path.with_suffix(".tmp")
        try:
            with open(draft, "wb") as file:
                writer = PatchWriter(file, header)
                yield writer
                writer.close()
            if writer.rows or header.opaque:
                os.rename(draft, path)
                self._unsynced.append(path)
        finally:
            draft.unlink(missing_ok=True)

    def add(
        self,
        header: Header,
        removed: Iterable[Quad],
        added: Iterable[Quad],
        written: Iterable[Lines] = (),
    ) -> None:
        """Another patch with these rows; those *written* out are added too."""
        with self.adding(header) as patch:
            patch.delete(removed)
            for lines in written:
                patch.add_lines(lines)
            patch.add(added)

    def drop(self, file: PatchFile) -> None:
        """Takes back the newest patch, whose transaction did not come about."""
        file.path.unlink(missing_ok=True)
        with suppress(ValueError):
            self._unsynced.remove(file.path)

    def sync(self) -> None:
        """Makes what was added durable, and removes what is beyond the bound."""
        for path in self._unsynced:
            with open(path, "rb") as file:
                os.fsync(file.fileno())
        for folder in {path.parent for path in self._unsynced}:
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        if any(int(path.name[:8]) % _EACH == 0 for path in self._unsynced):  # another folder
            self._prune()
        self._unsynced.clear()

    def sweep(self) -> None:
        """Removes what a killed writer left unfinished."""
        for folder in self._folders()[-2:]:
            for draft in folder.glob("*.tmp"):
                draft.unlink()

    def mark(self, change: Untracked) -> None:
        """Says that *change* is under way."""
        self._folder.mkdir(exist_ok=True)
        value = {
            "snapshot": change.snapshot,
            "sequence": change.sequence,
            "number": change.number,
            "operation": change.operation,
        }
        draft = self._folder / f"{_MARK}.tmp"
        draft.write_text(json.dumps(value) + "\n")
        os.replace(draft, self._folder / _MARK)

    def marked(self) -> Untracked | None:
        """The change that `mark` told of."""
        path = self._folder / _MARK
        try:
            return Untracked(**json.loads(path.read_bytes()))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError) as error:
            raise PatchError(f"{path}: cannot be read ({error}); remove it") from error

    def unmark(self) -> None:
        (self._folder / _MARK).unlink(missing_ok=True)

    def _folders(self) -> list[Path]:
        try:
            return sorted(entry for entry in self._folder.iterdir() if entry.name.isdecimal())
        except FileNotFoundError:
            return []

    def _prune(self) -> None:
        folders = self._folders()
        sizes = [sum(file.stat().st_size for file in folder.iterdir()) for folder in folders]
        total = sum(sizes)
        for folder, size in zip(folders[:-1], sizes, strict=False):
            if total <= BYTES:
                return
            shutil.rmtree(folder)
            total -= size


def _patches_in(folder: Path) -> list[PatchFile]:
    found = []
    for name in os.listdir(folder):
        if match := _NAME.fullmatch(name):
            found.append(PatchFile(int(match["sequence"]), int(match["number"]), folder / name))
    return sorted(found)
