"""
What a backup consists of, so that damage shows before anything is replaced with it.

``manifest.json`` lists each file of the backup's snapshot and history with its size and SHA-256,
and counts the quads. The files of a snapshot never change: where they do, something is wrong.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph
from pyoxigraph import RdfFormat

from . import snapshots
from .locks import StoreError
from .snapshots import newest, replace

FILE = "manifest.json"
KIND = "scholargraph backup"

# What Oxigraph writes anew whenever a folder is opened.
_LOGS = ("LOG", "LOCK")

_PART = 1 << 20


@dataclass(frozen=True, slots=True)
class Contents:
    """How many quads a graph holds, and the SHA-256 of them all in the engine's order."""

    quads: int
    sha256: str

    @classmethod
    def of(cls, engine: pyoxigraph.Store) -> "Contents":
        """The contents of *engine*, every block of which is read: 1 s for each million quads."""
        lines = _Digest()
        engine.dump(lines, RdfFormat.N_QUADS)  # type: ignore[arg-type]
        return cls(lines.lines, lines.digest.hexdigest())


class _Digest:
    """A file to write lines into, which keeps their number and their hash."""

    def __init__(self) -> None:
        self.digest = hashlib.sha256()
        self.lines = 0

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        self.lines += data.count(b"\n")
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""


def write_manifest(folder: Path, contents: Contents, others: Iterable[Path] = ()) -> None:
    """Lists the newest snapshot of the store in *folder*, with *others* of its files."""
    name = newest(folder)
    files = [path for path in (folder / snapshots.FOLDER / name).rglob("*") if _is_kept(path)]
    manifest = {
        "kind": KIND,
        "snapshot": name,
        "quads": contents.quads,
        "files": {
            path.relative_to(folder).as_posix(): [path.stat().st_size, _sha256(path)]
            for path in sorted([*files, *others])
        },
    }
    replace(folder / FILE, json.dumps(manifest, indent=1) + "\n")


def verify(folder: Path) -> None:
    """
    Reads the backup in *folder* to its last byte.

    One without a manifest, made by an earlier version, is read through the engine, which checks
    the blocks that it reads.

    Raises: StoreError where anything is missing or is not as it was written.
    """
    another = f"{folder}: this backup is damaged (%s); take another, nothing was changed"
    try:
        text = (folder / FILE).read_text("utf-8")
    except FileNotFoundError:
        text = ""
    except (OSError, ValueError) as error:
        raise StoreError(another % f"{FILE}: {error}") from error
    quads: int | None = None
    if text:
        quads = _verify_files(folder, text, another)
    try:
        with snapshots.Snapshot.newest(folder) as snapshot:
            found = Contents.of(snapshot.store).quads
    except (OSError, RuntimeError) as error:
        raise StoreError(another % error) from error
    if quads is not None and found != quads:
        raise StoreError(another % f"{found:,} quads instead of {quads:,}")


def _verify_files(folder: Path, text: str, another: str) -> int:
    """Compares the files with the manifest *text*; how many quads they are to hold."""
    try:
        manifest = json.loads(text)
        name, quads, files = manifest["snapshot"], manifest["quads"], manifest["files"]
        listed = [(folder / place, size, sha256) for place, (size, sha256) in files.items()]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(another % f"{FILE} cannot be read: {error!r}") from error
    if newest(folder) != name:
        raise StoreError(
            f"{folder}: was changed after the backup was made, so that it cannot be verified; "
            "make a backup of it as it is now, and restore that"
        )
    for path, size, sha256 in listed:
        try:
            whole = path.stat().st_size == size and _sha256(path) == sha256
        except OSError as error:
            raise StoreError(another % f"{path.name}: {error.strerror}") from error
        if not whole:
            raise StoreError(another % f"{path.relative_to(folder)} is not as it was written")
    return int(quads)


def _is_kept(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(_LOGS)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
