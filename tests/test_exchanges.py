"""What is told of each request: its kind, its outcome, and to whom it is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scholargraph.graph.sparql import (
    QueryCancelled,
    QueryError,
    QueryRefused,
    QueryTimeout,
    QueryTooLarge,
)
from scholargraph.web.exchanges import (
    KINDS,
    RESOURCES,
    Exchange,
    Observer,
    kind_of,
    outcome_of,
)
from scholargraph.web.resources import NOUNS


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "page"),
        ("", "page"),
        ("/paper", "page"),
        ("/paper/2004.05150", "resource"),
        ("/method/bert.ttl", "resource"),
        ("/sparql", "sparql"),
        ("/sparql/../../etc", "sparql"),
        ("/sparqling", "page"),
        ("/update", "update"),
        ("/store", "store"),
        ("/explore.json", "explore"),
        ("/export/graph.ttl", "export"),
        ("/suggest", "search"),
        ("/static/app.css", "static"),
        ("/vendor/9.1.2/vis-network.min.js", "static"),
        ("/.well-known/void", "machine"),
        ("/openapi.json", "machine"),
        ("/health/live", "health"),
        ("/metrics", "metrics"),
        ("/wp-admin.php", "page"),
    ],
)
def test_a_path_has_a_kind(path, kind):
    assert kind_of(path) == kind


@given(st.text())
def test_kinds_stay_few_whatever_clients_send(path):
    assert kind_of(path) in {*KINDS.values(), "page", "resource"}


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (QueryTimeout("late"), "timeout"),
        (QueryTooLarge("big"), "memory"),
        (QueryCancelled("gone"), "cancelled"),
        (QueryRefused("elsewhere"), "refused"),
        (QueryError("bad"), "error"),
        (RuntimeError("odd"), "error"),
    ],
)
def test_an_error_is_an_outcome(error, outcome):
    assert outcome_of(error) == outcome


def test_every_noun_of_a_resource_is_known():
    assert set(NOUNS) == RESOURCES


def test_every_watcher_is_told_of_every_exchange():
    first, second = [], []
    observer = Observer([first.append, second.append])
    exchange = Exchange("GET", "/", 200, 0.01, 10, "127.0.0.1", "page")

    observer.finished(exchange)

    assert first == second == [exchange]
