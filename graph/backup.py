"""Backups of a store, and what is in one."""

import glob
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import DefaultGraph, Literal

from . import vocab as v
from .manifest import Contents, verify, write_manifest
from .marker import UNPUBLISHED
from .patch_log import FOLDER as HISTORY
from .snapshots import Snapshot, Term
from .store import ENGINE, Store, StoreBusy, StoreError


@dataclass(frozen=True, slots=True)
class Stats:
    """How much of what a snapshot holds; *concepts* by kind, *runs* are imports that changed it."""

    triples: int
    papers: int
    authors: int
    concepts: dict[str, int]
    mentions: int
    relations: int
    results: int
    runs: int


def stats(snapshot: Snapshot) -> Stats:
    """The size of what is in *snapshot*."""
    query = "SELECT ?class (COUNT(*) AS ?n) WHERE { ?thing a ?class } GROUP BY ?class"
    counts = {row["class"]: _integer(row["n"]) for row in snapshot.select(query)}
    total = snapshot.select("SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }")[0]["n"]
    return Stats(
        triples=_integer(total),
        papers=counts.get(v.ARTICLE, 0),
        authors=counts.get(v.PERSON, 0),
        concepts={kind: counts.get(name, 0) for kind, name in v.CONCEPT_CLASSES.items()},
        mentions=counts.get(v.MENTION, 0),
        relations=counts.get(v.RELATION, 0),
        results=counts.get(v.RESULT_CLAIM, 0),
        runs=counts.get(v.ACTIVITY, 0),
    )


def backup(store: Store, folder: Path) -> int:
    """
    Copies the newest snapshot of *store* to *folder*, which is then a store itself; its triples.

    The copy shares no file with the store, so that damage to one spares the other. It is read again
    and compared before it gets its name, and has a manifest that `restore` goes by. The
    history comes along. Restored into a store that is there, a backup is one more change of that.

    Raises: StoreError where *folder* is anything but absent or empty, or cannot be written.
    """
    if not store.is_remote and folder.resolve().is_relative_to(store.path.resolve()):
        raise StoreError(f"{folder}: inside the store itself; name a folder elsewhere")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StoreError(f"{folder}: exists already; name a folder that does not")
    draft = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    _sweep(folder)
    with store.snapshot() as snapshot:
        try:
            copied = _copy(snapshot, store, draft)
            if folder.exists():
                folder.rmdir()
            os.rename(draft, folder)
        except OSError as error:
            raise StoreError(f"{folder}: cannot be written: {error.strerror or error}") from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return copied


def restore(folder: Path, store: Store, *, wait: float = 30.0) -> int:
    """
    Makes *store* hold exactly what the backup in *folder* holds, in one commit; its triples.

    Raises: StoreError where *folder* is no store or has another base; StoreBusy.
    """
    if store.is_remote:
        raise StoreError(
            f"{store.address}: is a server, which no backup can replace in one step; restore into "
            "a folder, or load an export with the server's own tools"
        )
    saved = Store.open(folder)
    verify(folder)
    if store.exists and saved.iris.base != store.iris.base:
        raise StoreError(
            f"{folder}: this backup's IRIs begin with {saved.iris.base}, those of {store.path} "
            f"with {store.iris.base}; restore into a new folder"
        )
    if not store.exists:
        return backup(saved, store.path)
    with saved.snapshot() as snapshot, store.writing(wait=wait) as writer:
        writer.begin("restore")
        writer.replace(snapshot.path)
        return _triples(snapshot)


def _copy(snapshot: Snapshot, store: Store, draft: Path) -> int:
    copy = Store.open(draft, create=True, base=store.iris.base)
    if store.is_remote:
        return _download(snapshot, store, copy)
    with copy.writing():
        pass
    # A snapshot is a whole Oxigraph folder, and copying its files is quicker than its quads.
    shutil.rmtree(draft / ENGINE)
    shutil.copytree(snapshot.path, draft / ENGINE)
    _keep_history(store.path, draft)
    (draft / UNPUBLISHED).touch()
    copy.recover()
    with copy.snapshot() as copied:
        contents = Contents.of(copied.store)
        if contents != Contents.of(snapshot.store):
            raise StoreError(f"{draft}: what was written is not what was read; try another disk")
        write_manifest(draft, contents, _history(draft))
        return _triples(copied)


def _keep_history(store: Path, draft: Path) -> None:
    """Copies what each transaction changed; those after the snapshot are dropped by `recover`."""
    for path in _history(store):
        copied = draft / path.relative_to(store)
        copied.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):  # the oldest go when there are many
            shutil.copy2(path, copied)


def _history(folder: Path) -> list[Path]:
    return sorted((folder / HISTORY).rglob("*.gz"))


def _sweep(folder: Path) -> None:
    """Removes what backups to *folder* left that were killed."""
    for draft in folder.parent.glob(f".{glob.escape(folder.name)}.*.tmp"):
        owner = draft.name.split(".")[-2]
        if owner.isdecimal() and not Path(f"/proc/{owner}").exists():
            shutil.rmtree(draft, ignore_errors=True)


def _triples(snapshot: Snapshot) -> int:
    return _integer(snapshot.select("SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }")[0]["n"])


def _download(snapshot: Snapshot, store: Store, copy: Store) -> int:
    before = store.current()
    with copy.writing() as writer:
        engine, read = writer.store, 0
        for graph in (DefaultGraph(), *snapshot.named_graphs()):
            quads = snapshot.quads(graph=graph)
            engine.bulk_extend(quads)
            read += len(quads)
        del engine
    if store.current() != before:
        raise StoreBusy(f"{store.address}: was changed while it was copied; run this again")
    with copy.snapshot() as copied:
        contents = Contents.of(copied.store)
        if contents.quads != read:
            raise StoreError(f"{store.address}: sent {read:,} quads, {contents.quads:,} are here")
        write_manifest(copy.path, contents, _history(copy.path))
        return _triples(copied)


def _integer(term: Term | None) -> int:
    return int(term.value) if isinstance(term, Literal) else 0
