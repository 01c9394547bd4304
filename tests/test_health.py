"""Alive and ready: what load balancers ask, and what they are told while the store is away."""

import json
import shutil

import pytest

from scholargraph.graph.snapshots import CURRENT
from scholargraph.graph.store import Store
from scholargraph.server import create_app
from scholargraph.web.service import EXTENSION, Settings


@pytest.fixture
def broken(store: Store):
    """A client of an app whose store was removed under it."""
    app = create_app(Settings(store=store.path))
    shutil.rmtree(store.path)
    yield app.test_client()
    app.extensions[EXTENSION].close()


@pytest.mark.parametrize("path", ["/health", "/health/ready"])
def test_ready_names_the_snapshot(client, store, path):
    answer = client.get(path)

    assert (answer.status_code, answer.get_json()) == (
        200,
        {"status": "ready", "snapshot": store.current()},
    )
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/health", "/health/ready", "/health/live"])
def test_head_tells_the_same_without_a_body(client, path):
    got, asked = client.get(path), client.head(path)

    assert (asked.status_code, asked.data) == (200, b"")
    assert asked.headers["Content-Length"] == got.headers["Content-Length"]


@pytest.mark.parametrize("path", ["/health", "/health/ready"])
def test_a_server_whose_store_is_away_is_not_ready(broken, store, path):
    answer = broken.get(path)

    assert answer.status_code == 503
    assert answer.content_type == "application/problem+json"
    assert json.loads(answer.data)["title"] == "Not ready"
    assert answer.headers["Cache-Control"] == "no-store"
    assert int(answer.headers["Retry-After"]) > 0
    assert str(store.path) not in answer.text


def test_head_says_not_ready_too(broken):
    assert broken.head("/health/ready").status_code == 503


def test_a_server_whose_store_is_away_is_alive(broken):
    answer = broken.get("/health/live")

    assert (answer.status_code, answer.get_json()) == (200, {"status": "alive"})


def test_a_damaged_snapshot_is_not_ready(store):
    snapshot = store.path / "snapshots" / store.current()
    for file in snapshot.iterdir():
        if file.is_file():
            file.write_bytes(b"damaged")
    app = create_app(Settings(store=store.path))

    answer = app.test_client().get("/health/ready")

    assert answer.status_code == 503
    app.extensions[EXTENSION].close()


def test_a_store_that_comes_back_is_ready_again(store):
    app = create_app(Settings(store=store.path))
    client = app.test_client()
    away = (store.path / CURRENT).rename(store.path / "away")
    assert client.get("/health/ready").status_code == 503
    away.rename(store.path / CURRENT)

    assert client.get("/health/ready").status_code == 200
    app.extensions[EXTENSION].close()
