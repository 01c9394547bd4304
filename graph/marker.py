"""What tells that a folder is a store, of which version, and with which base for its IRIs."""

import json
from pathlib import Path

from pyoxigraph import NamedNode

from .locks import StoreError, wanted_file
from .migrations import FORMAT_VERSION, OLDEST
from .snapshots import replace

KIND = "scholargraph store"

MARKER = "format.json"
LOCK = "lock"
UNPUBLISHED = "unpublished"

# What a process killed while it made a store may leave: such a folder is still as good as empty.
_UNFINISHED = {LOCK, wanted_file(Path(LOCK)).name, UNPUBLISHED, f"{MARKER}.tmp"}


def check_base(base: str) -> None:
    """Raises: StoreError where *base* cannot be what the IRIs of a store begin with."""
    try:
        NamedNode(f"{base}paper/1")
    except ValueError as error:
        raise StoreError(f"{base!r} is no base for IRIs ({error}); give https://…/") from error
    if not base.endswith("/") or "#" in base or "?" in base:
        raise StoreError(f"{base}: the base of a store ends in a slash; give {base}/")


def made_with(path: Path, *, create: bool) -> str | None:
    """The base alone; see `marked`."""
    return marked(path, create=create)[0]


def marked(path: Path, *, create: bool) -> tuple[str | None, int]:
    """
    The base of the store at *path* and its version; None and 0 where a store may be made.

    That is in an absent or empty folder, if *create* allows it.

    Raises: StoreError for what is no store, or one that this version cannot read.
    """
    remedy = "name another folder with --store"
    if not path.exists():
        if create:
            return None, 0
        raise StoreError(f"{path}: no such store; `scholargraph import` makes one, or {remedy}")
    if not path.is_dir():
        raise StoreError(f"{path}: a file, not a store, which is a folder; {remedy}")
    marker = path / MARKER
    # Listed before the marker is looked for: whoever makes a store makes the marker first.
    present = {entry.name for entry in path.iterdir()}
    if not marker.exists():
        if not present - _UNFINISHED:
            if create:
                return None, 0
            raise StoreError(f"{path}: an empty folder; `scholargraph import` makes it a store")
        raise StoreError(f"{path}: not a store, and not empty; {remedy}")
    try:
        value = json.loads(marker.read_bytes())
    except ValueError as error:
        raise StoreError(f"{marker}: not JSON ({error}); restore the store from a backup") from None
    if not isinstance(value, dict) or value.get("kind") != KIND:
        raise StoreError(f"{path}: not a store: {MARKER} says something else; {remedy}")
    version, base = value.get("version"), value.get("base")
    if not isinstance(version, int) or not isinstance(base, str):
        raise StoreError(f"{marker}: version or base is missing; restore the store from a backup")
    if version > FORMAT_VERSION:
        raise StoreError(
            f"{path}: made by a newer scholargraph (store version {version}, this one reads "
            f"{FORMAT_VERSION}); upgrade with pip install -U scholargraph"
        )
    if version < OLDEST:
        raise StoreError(
            f"{path}: made by an older scholargraph (store version {version}), which this one no "
            "longer reads; import the papers into another folder"
        )
    return base, version


def mark(path: Path, base: str) -> None:
    """Says that *path* is a store of this version with *base*, whatever it said before."""
    marker = {"kind": KIND, "version": FORMAT_VERSION, "base": base}
    replace(path / MARKER, json.dumps(marker, indent=2) + "\n")
