"""The state of a store: what changes with every commit, and is compared for every query."""

import os
import weakref

from .snapshots import CURRENT
from .store import Store

_Mark = tuple[int, int]

_seen: weakref.WeakKeyDictionary[Store, tuple[_Mark, str]] = weakref.WeakKeyDictionary()


def state(store: Store) -> str:
    """
    What tells the newest snapshot of *store* from every other, also from one of the same name in a
    store that was removed and made anew.

    Costs some microseconds: the file that names the snapshot is read only when it was replaced.
    """
    if store.is_remote:
        return store.lately()
    path = f"{store.path}/{CURRENT}"
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return "-0"
    # Every commit puts another file there, with another inode than the one before.
    mark = (found.st_mtime_ns, found.st_ino)
    seen = _seen.get(store)
    if seen is not None and seen[0] == mark:
        return seen[1]
    with open(path, encoding="utf-8") as file:
        opened = os.fstat(file.fileno())
        name = f"{file.read().strip()}-{opened.st_mtime_ns:x}"
    _seen[store] = (opened.st_mtime_ns, opened.st_ino), name
    return name
