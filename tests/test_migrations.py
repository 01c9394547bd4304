"""Stores of earlier versions: read as they are, brought up to date by the first commit."""

import json
import shutil

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from scholargraph.graph.migrations import FORMAT_VERSION, OLDEST
from scholargraph.graph.store import Store, StoreError

NEW = Quad(NamedNode("http://example.org/s"), NamedNode("http://example.org/p"), Literal("x"))


def version(store: Store) -> int:
    return json.loads((store.path / "format.json").read_text())["version"]


def made_by(store: Store, version: int) -> Store:
    """*store* as an earlier version would have made it: what has come since is taken away."""
    marker = json.loads((store.path / "format.json").read_text())
    (store.path / "format.json").write_text(json.dumps(marker | {"version": version}))
    if version < 2:
        shutil.rmtree(store.path / "history", ignore_errors=True)
        (store.path / "census.json").write_text('{"triples": 12}')
    return Store.open(store.path)


def dump(store: Store) -> list[str]:
    with store.snapshot() as snapshot:
        return sorted(map(str, snapshot.quads()))


def test_a_store_of_version_1_is_read_without_being_changed(store):
    before = dump(store)

    old = made_by(store, 1)

    assert dump(old) == before
    assert version(old) == 1


def test_the_first_commit_brings_a_store_of_version_1_up_to_date(store):
    before = dump(store)
    old = made_by(store, 1)

    with old.writing() as writer:
        writer.apply([], [NEW])

    assert version(old) == FORMAT_VERSION
    assert dump(old) == sorted([*before, str(NEW)])
    assert len(list((old.path / "history").rglob("*.gz"))) == 1
    assert not (old.path / "census.json").exists()


@pytest.mark.parametrize("done", ["nothing", "history", "all but the marker"])
def test_a_migration_that_was_killed_is_done_again(done, store):
    old = made_by(store, 1)
    if done != "nothing":
        (old.path / "history").mkdir()
    if done == "all but the marker":
        (old.path / "census.json").unlink()

    with old.writing() as writer:
        writer.apply([], [NEW])

    assert version(old) == FORMAT_VERSION
    assert NEW in Store.open(store.path).snapshot().quads()


def test_a_new_store_is_of_the_present_version(empty_store):
    with empty_store.writing():
        pass

    assert version(empty_store) == FORMAT_VERSION


@pytest.mark.parametrize(
    ("other", "remedy"),
    [
        (FORMAT_VERSION + 1, "newer scholargraph .*; upgrade with pip install -U scholargraph"),
        (OLDEST - 1, "older scholargraph .*; import the papers into another folder"),
    ],
)
def test_a_version_that_is_not_understood_is_refused_and_left_alone(other, remedy, store):
    marker = store.path / "format.json"
    marker.write_text(json.dumps(json.loads(marker.read_text()) | {"version": other}))
    before = marker.read_bytes()

    with pytest.raises(StoreError, match=remedy):
        Store.open(store.path)
    with pytest.raises(StoreError, match=remedy), store.writing():
        pass

    assert marker.read_bytes() == before
