"""The application as it is started: settings, WSGI servers, health."""

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad
from serving import free_port, granian, running

import scholargraph
from scholargraph.server import create_app
from scholargraph.web.service import Settings, SettingsError

ROOT = Path(scholargraph.__file__).parent


def get(address):
    with urllib.request.urlopen(address, timeout=20) as response:
        return json.load(response)


def answers_queries(address):
    return get(f"{address}/sparql?query=ASK%7B%7D")["boolean"]


def test_python_runs_it(store, tmp_path):
    port = free_port()
    command = [sys.executable, str(ROOT / "server.py")]
    environment = {"SCHOLARGRAPH_STORE": str(store.path), "SCHOLARGRAPH_PORT": str(port)}

    with running(command, port, cwd=tmp_path, **environment) as address:
        assert answers_queries(address)


def test_flask_runs_it(store, tmp_path):
    port = free_port()
    program = "import sys; from flask.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "--app", str(ROOT / "server"), "run", "-p", str(port)]

    with running(command, port, cwd=tmp_path, SCHOLARGRAPH_STORE=str(store.path)) as address:
        assert answers_queries(address)


def test_wsgi_servers_run_it(store, tmp_path):
    with granian(store.path, cwd=tmp_path) as address:
        assert answers_queries(address)


def test_asgi_servers_run_it(store, tmp_path):
    port = free_port()
    command = [sys.executable, "-P", "-m", "granian", "--interface", "asgi"]
    command += ["--port", str(port), "scholargraph.server:asgi"]

    with running(command, port, cwd=tmp_path, SCHOLARGRAPH_STORE=str(store.path)) as address:
        assert answers_queries(address)
        assert get(f"{address}/health")["status"] == "ready"


def test_it_is_served_from_inside_the_checkout(store, tmp_path):
    port = free_port()
    program = f"import os; os.chdir({str(ROOT)!r}); from scholargraph.cli import main; main()"
    command = [sys.executable, "-c", program, "serve", "--port", str(port)]
    command += ["--store", str(store.path)]

    # `-c` puts the working directory first, where folders are called graph and web.
    with running(command, port, cwd=tmp_path) as address:
        assert answers_queries(address)


def test_flask_says_in_one_line_that_there_is_no_store(tmp_path):
    program = "import sys; from flask.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "--app", str(ROOT / "server"), "run"]

    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    assert result.returncode == 1
    assert result.stderr.startswith("Error: ") and "no such store" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"SCHOLARGRAPH_STORE": "absent"}, "no such store"),
        ({"SCHOLARGRAPH_PROXIES": "-1"}, "SCHOLARGRAPH_PROXIES is '-1'"),
        ({"SCHOLARGRAPH_RATE": "fast"}, "SCHOLARGRAPH_RATE is 'fast'"),
        ({"SCHOLARGRAPH_PORT": "http"}, "SCHOLARGRAPH_PORT is 'http'"),
        ({"SCHOLARGRAPH_READERS": "0"}, "SCHOLARGRAPH_READERS is '0'"),
        ({"SCHOLARGRAPH_TOKEN_FILE": "absent"}, "token file absent cannot be read"),
    ],
)
def test_a_server_that_cannot_start_says_why_in_one_line(tmp_path, environment, message):
    result = subprocess.run(
        [sys.executable, str(ROOT / "server.py")],
        cwd=tmp_path,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )

    assert result.returncode == 1
    assert message in result.stderr
    assert result.stderr.startswith("scholargraph: ")
    assert result.stderr.count("\n") == 1


def test_importing_the_server_is_light():
    program = "import sys, scholargraph.server; print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    loaded = set(result.stdout.split())
    assert b"scholargraph.web" in loaded
    assert not {b"spacy", b"onnxruntime", b"IPython"} & loaded


def test_health_says_which_state_is_served(client, store):
    answers = [client.get(path) for path in ("/health", "/health/ready", "/health/live")]

    assert [answer.get_json() for answer in answers] == [
        {"status": "ready", "snapshot": store.current()},
        {"status": "ready", "snapshot": store.current()},
        {"status": "alive"},
    ]


def test_a_commit_by_another_process_is_served_at_once(client, store):
    query = {"query": "ASK { <http://example.org/new> ?p ?o }"}
    name = NamedNode("http://example.org/new")

    before = client.get("/sparql", query_string=query).get_json(force=True)["boolean"]
    with store.writing() as writer:
        writer.apply([], [Quad(name, name, Literal("new"))])
    after = client.get("/sparql", query_string=query).get_json(force=True)["boolean"]

    assert (before, after) == (False, True)
    assert client.get("/health").get_json()["snapshot"] == store.current()


def test_settings_come_from_the_environment(tmp_path):
    token = tmp_path / "token"
    token.write_text("secret\n")

    settings = Settings.from_environment(
        {
            "SCHOLARGRAPH_STORE": "other.db",
            "SCHOLARGRAPH_QUERY_TIMEOUT": "2.5",
            "SCHOLARGRAPH_QUERY_MEMORY": "300",
            "SCHOLARGRAPH_READERS": "4",
            "SCHOLARGRAPH_TOKEN_FILE": str(token),
        }
    )

    assert settings == Settings(
        store=Path("other.db"), query_timeout=2.5, query_memory=300, readers=4, token="secret"
    )
    assert "secret" not in repr(settings)


@pytest.mark.parametrize("value", ["0", "-1", "ten", "nan", "inf", "1e99"])
def test_a_setting_that_is_no_number_is_refused(value):
    with pytest.raises(SettingsError, match=f"SCHOLARGRAPH_QUERY_TIMEOUT is '{value}'"):
        Settings.from_environment({"SCHOLARGRAPH_QUERY_TIMEOUT": value})


def test_an_app_needs_a_store(tmp_path):
    with pytest.raises(scholargraph.ScholarGraphError, match="no such store"):
        create_app(Settings(store=tmp_path / "absent"))
