"""One folder of the engine in place of another; a kill leaves the old one or the new one."""

import os
import shutil
from pathlib import Path

_MARK = "replacing"


def prepare(source: Path, store: Path) -> None:
    """
    Copies the engine's folder *source* into *store*, durably, to be put in its place by `finish`.

    The caller holds the writers' lock.
    """
    new = _new(store)
    shutil.rmtree(new, ignore_errors=True)
    shutil.copytree(source, new)
    for path in (*new.rglob("*"), new):
        _sync(path)
    (store / _MARK).touch()
    _sync(store)


def finish(store: Path, engine: Path) -> None:
    """
    Puts what `prepare` has copied in the place of *engine*, where that was not done yet.

    The caller holds the writers' lock, and nobody has *engine* open.
    """
    if (store / _MARK).exists():
        if _new(store).exists():
            if engine.exists():
                shutil.rmtree(engine)
            os.rename(_new(store), engine)
            _sync(store)
        (store / _MARK).unlink()
    shutil.rmtree(_new(store), ignore_errors=True)  # of a copy that was killed


def _new(store: Path) -> Path:
    return store / "oxigraph.new"


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
