"""Where each record of a file was first met, kept on disk: a file may hold a million of them."""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager


class FirstPlaces:
    """The places of records by their identifiers; see `first_places`."""

    def __init__(self, kept: sqlite3.Connection) -> None:
        self._kept = kept

    def before(self, identifier: str, place: str) -> str | None:
        """
        Where *identifier* was met before; None where it was not, and then *place* is kept.

        *place* is said to people: 'on line 3'.
        """
        # Of a fixed length, whatever a file calls an identifier; half surrogates come along.
        key = hashlib.blake2b(identifier.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        added = self._kept.execute("INSERT OR IGNORE INTO first VALUES (?, ?)", (key, place))
        if added.rowcount:
            return None
        (found,) = self._kept.execute("SELECT place FROM first WHERE key = ?", (key,)).fetchone()
        return str(found)


@contextmanager
def first_places() -> Iterator[FirstPlaces]:
    """
    None yet, in a temporary file that is gone afterwards; memory does not grow with it.

    >>> with first_places() as places:
    ...     places.before("owls", "on line 1"), places.before("owls", "on line 7")
    (None, 'on line 1')
    """
    # A file of papers may be read in another thread than it was opened in.
    kept = sqlite3.connect("", check_same_thread=False, isolation_level=None)
    with closing(kept):
        kept.execute("PRAGMA journal_mode = OFF")
        kept.execute("CREATE TABLE first (key BLOB PRIMARY KEY, place TEXT) WITHOUT ROWID")
        yield FirstPlaces(kept)
