"""Errors as documents: what programs and browsers get."""

import logging

import pytest

from scholargraph.graph.sparql import QueryError, QueryRefused, QueryTimeout, QueryTooLarge
from scholargraph.graph.store import StoreBusy
from scholargraph.server import create_app
from scholargraph.web.problems import Problem
from scholargraph.web.service import Settings

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def raising(store):
    """A client of an app whose page /raise raises what is put into its list."""
    errors = []
    app = create_app(Settings(store=store.path))

    @app.get("/raise")
    def raise_it():
        raise errors[0]

    return app.test_client(), errors


@pytest.mark.parametrize(
    ("error", "status", "headers"),
    [
        (Problem(418, "A teapot", "short"), 418, {}),
        (Problem(429, "Too fast", headers={"Retry-After": "3"}), 429, {"Retry-After": "3"}),
        (QueryError("wrong", line=3, column=4), 400, {}),
        (QueryRefused("SERVICE"), 403, {}),
        (QueryTimeout("slow"), 503, {"Retry-After": "10"}),
        (QueryTooLarge("large"), 503, {"Retry-After": "60"}),
        (StoreBusy("busy"), 503, {"Retry-After": "5"}),
    ],
)
def test_each_error_has_its_status(raising, error, status, headers):
    client, errors = raising
    errors.append(error)

    response = client.get("/raise")

    assert (response.status_code, response.content_type) == (status, "application/problem+json")
    assert response.get_json()["status"] == status
    assert headers.items() <= dict(response.headers).items()


def test_a_document_has_the_members_of_its_problem(raising):
    client, errors = raising
    errors.append(Problem(422, "Odd", "Very odd.", parameter="x", known=["a", "b"]))

    assert client.get("/raise").get_json() == {
        "type": "about:blank",
        "title": "Odd",
        "status": 422,
        "detail": "Very odd.",
        "parameter": "x",
        "known": ["a", "b"],
    }


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (BROWSER, "text/html"),
        ("text/html", "text/html"),
        ("text/html;q=0.5, application/json", "application/problem+json"),
        ("application/problem+json", "application/problem+json"),
        ("*/*", "application/problem+json"),
        ("", "application/problem+json"),
        ("image/png", "application/problem+json"),
    ],
)
def test_browsers_get_a_page_and_programs_a_document(client, accept, expected):
    response = client.get("/nowhere", headers={"Accept": accept})

    assert (response.status_code, response.mimetype) == (404, expected)
    assert "accept" in response.vary.as_set()


def test_what_a_page_quotes_is_text(raising):
    client, errors = raising
    errors.append(Problem(400, SCRIPT, f"It was {SCRIPT}"))

    page = client.get("/raise", headers={"Accept": BROWSER}).text

    assert SCRIPT not in page
    assert page.count("&lt;script&gt;alert(1)") >= 2


def test_a_bug_is_logged_with_its_traceback_and_told_to_nobody(raising, caplog):
    client, errors = raising
    errors.append(ZeroDivisionError("the secret of the bug"))
    client.application.config["PROPAGATE_EXCEPTIONS"] = False

    with caplog.at_level(logging.ERROR):
        response = client.get("/raise")

    assert (response.status_code, response.content_type) == (500, "application/problem+json")
    assert "secret" not in response.text
    assert "the secret of the bug" in caplog.text
    assert "Traceback" in caplog.text


def test_a_body_too_large_is_refused(store):
    client = create_app(Settings(store=store.path, max_body=1000)).test_client()

    statuses = [
        client.post("/sparql", data=data, content_type=content_type).status_code
        for data, content_type in [
            ("ASK {}" + " " * 1000, "application/sparql-query"),
            ({"query": "ASK {}" + " " * 1000}, None),
        ]
    ]

    assert statuses == [413, 413]


def test_every_answer_carries_the_headers_that_protect_browsers(client):
    for path in ("/", "/nowhere", "/sparql?query=ASK%7B%7D", "/health", "/static/app.css"):
        with client.get(path) as response:
            headers = response.headers

        assert "default-src 'self'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"


def test_asking_what_a_page_allows_that_is_not_there_is_no_bug(client):
    response = client.options("/nowhere")

    assert (response.status_code, response.content_type) == (404, "application/problem+json")
