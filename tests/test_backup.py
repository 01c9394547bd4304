"""A backup is read again when it is made, and before anything is replaced with it."""

import json
import shutil
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from scholargraph.graph.backup import backup, restore
from scholargraph.graph.manifest import FILE
from scholargraph.graph.patch_log import PatchLog
from scholargraph.graph.store import Store, StoreError

P = NamedNode("http://example.org/p")
GRAPH = NamedNode("http://example.org/graph")


def quad(number: int) -> Quad:
    return Quad(NamedNode(f"http://example.org/{number}"), P, Literal("x"))


def dump(store: Store) -> list[str]:
    with store.snapshot() as snapshot:
        return sorted(map(str, snapshot.quads()))


@pytest.fixture
def saved(store, tmp_path) -> Path:
    """A backup of the corpus."""
    folder = tmp_path / "saved.db"
    backup(store, folder)
    return folder


def files(folder: Path) -> list[Path]:
    manifest = json.loads((folder / FILE).read_text())
    return [folder / name for name in manifest["files"]]


def test_a_backup_holds_what_the_store_holds_with_its_history(store, saved):
    copy = Store.open(saved)

    assert dump(copy) == dump(store)
    kept = [[file.sequence for file in PatchLog(path).files()] for path in (saved, store.path)]
    assert kept[0] == kept[1] != []


def test_a_restored_store_is_what_it_was(store, saved):
    before = dump(store)
    with store.writing() as writer:
        writer.apply([writer.quads()[0]], [quad(1), Quad(quad(2).subject, P, P, GRAPH)])

    restore(saved, store)

    assert dump(store) == before
    with store.writing() as writer:  # and can be written to
        writer.apply([], [quad(1)])
    assert dump(store) == sorted([*before, str(quad(1))])


def test_readers_keep_their_snapshot_while_a_store_is_restored(store, saved):
    with store.writing() as writer:
        writer.apply([], [quad(1)])
    with store.snapshot() as snapshot:
        restore(saved, store)

        assert quad(1) in snapshot.store


def test_the_history_says_what_a_restoring_changed(store, saved):
    with store.writing() as writer:
        writer.apply([], [quad(1)])

    restore(saved, store)

    last = list(PatchLog(store.path).files())[-1]
    assert last.header().operation == "restore"
    assert set(last.read().removed) == {quad(1)}


@pytest.mark.parametrize("where", ["first", "middle", "last"])
def test_one_wrong_byte_anywhere_is_refused_and_harms_nothing(where, store, saved):
    before, name = dump(store), store.current()
    listed = [path for path in files(saved) if path.stat().st_size]
    for path in listed:
        good = path.read_bytes()
        place = {"first": 0, "middle": len(good) // 2, "last": len(good) - 1}[where]
        path.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        with pytest.raises(StoreError, match="this backup is damaged .*nothing was changed"):
            restore(saved, store)
        path.write_bytes(good)

    assert len(listed) > 3
    assert (dump(store), store.current()) == (before, name)
    restore(saved, store)


def test_a_missing_or_shortened_file_is_refused_and_harms_nothing(store, saved):
    before = dump(store)
    path = max(files(saved), key=lambda path: path.stat().st_size)
    good = path.read_bytes()
    for change in (path.unlink, lambda: path.write_bytes(good[:-1])):
        change()
        with pytest.raises(StoreError, match="this backup is damaged"):
            restore(saved, store)

    assert dump(store) == before


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"snapshot": 1}', "\x00"])
def test_a_manifest_that_cannot_be_read_is_refused(text, store, saved):
    (saved / FILE).write_text(text)

    with pytest.raises(StoreError, match="this backup is damaged"):
        restore(saved, store)


def test_a_damaged_backup_makes_no_new_store(saved, tmp_path):
    files(saved)[1].write_bytes(b"")
    new = Store.open(tmp_path / "new.db", create=True)

    with pytest.raises(StoreError, match="this backup is damaged"):
        restore(saved, new)

    assert not new.exists


def test_a_backup_that_was_written_to_since_says_so(store, saved):
    with Store.open(saved).writing() as writer:
        writer.apply([], [quad(1)])

    with pytest.raises(StoreError, match="make a backup of it as it is now, and restore that"):
        restore(saved, store)


def test_a_backup_of_before_there_were_manifests_is_read_through(store, saved):
    before = dump(store)
    (saved / FILE).unlink()

    restore(saved, store)

    assert dump(store) == before
    damaged = max((saved / "snapshots").rglob("*.sst"), key=lambda path: path.stat().st_size)
    good = damaged.read_bytes()
    damaged.write_bytes(good[:100] + bytes(len(good) - 200) + good[-100:])
    with pytest.raises(StoreError, match="damaged"):
        restore(saved, store)
    assert dump(store) == before


def test_what_a_killed_backup_left_goes_with_the_next(store, tmp_path):
    left = tmp_path / ".saved.db.99999999.tmp"
    left.mkdir()
    mine = tmp_path / ".saved.db.1.tmp"  # whoever has process number 1 may still be at it
    mine.mkdir()

    backup(store, tmp_path / "saved.db")

    assert (left.exists(), mine.exists()) == (False, True)


@pytest.mark.parametrize("stage", ["copied", "marked", "old gone"])
def test_a_restoring_killed_half_way_is_undone_or_ended_by_the_next_writer(stage, store, saved):
    before = dump(store)
    with store.writing() as writer:
        writer.apply([], [quad(1)])
    changed = dump(store)
    name = Store.open(saved).current()
    shutil.copytree(saved / "snapshots" / name, store.path / "oxigraph.new")
    if stage != "copied":
        (store.path / "unpublished").touch()
        (store.path / "replacing").touch()
    if stage == "old gone":
        shutil.rmtree(store.path / "oxigraph")

    store.recover()
    with store.writing():
        pass

    assert dump(store) == (changed if stage == "copied" else before)
    assert not (store.path / "oxigraph.new").exists()
    assert not (store.path / "replacing").exists()
