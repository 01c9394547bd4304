import datetime
from collections.abc import Iterator
from pathlib import Path

from ..papers import Record


def matches(head: str) -> bool:
    return False


def read(path: Path, captured: datetime.date) -> Iterator[Record]:
    yield from ()
