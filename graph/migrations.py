"""
From the layout of an older store's folder to the present one, a version at a time.

Older stores are read as they are; the first commit brings the folder up to date. A step may be
killed anywhere and done again. What a paper's quads look like is no layout: a change of that raises
`commit.BUILD_VERSION`, and the next import of the paper follows it.
"""

import contextlib
from collections.abc import Callable
from pathlib import Path

FORMAT_VERSION = 2


def _keep_history(folder: Path) -> None:
    """
    Version 2 keeps what each transaction changed, beginning with the next one.

    The figures of a census are counted anew: an older server's may lack some.
    """
    (folder / "history").mkdir(exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        (folder / "census.json").unlink()


# By the version that each begins with.
_STEPS: dict[int, Callable[[Path], None]] = {1: _keep_history}

OLDEST = min(_STEPS)


def migrate(folder: Path, version: int) -> None:
    """
    Makes the store in *folder*, of *version* from `OLDEST` on, one of `FORMAT_VERSION`.

    The caller holds the writers' lock, and writes the new version down when this returns.
    """
    for step in range(version, FORMAT_VERSION):
        _STEPS[step](folder)
