"""`serve` with its logs: what requests leave there, whatever they send, and when it stops."""

import json
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request

import pytest
from serving import served

TOKEN = "no-one-may-read-this"
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"


def asked(address, **headers):
    """The status of the answer to GET *address*."""
    request = urllib.request.Request(address, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            answer.read()
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            error.read()
            return error.code


def lines(path):
    return [json.loads(line) for line in path.read_text("ascii").splitlines()]


def test_a_stopped_server_has_logged_every_request(store, tmp_path):
    token, log = tmp_path / "token", tmp_path / "access.log"
    token.write_text(TOKEN)
    options = ("--access-log", str(log), "--token-file", str(token))
    bearer = {"Authorization": f"Bearer {TOKEN}"}

    with served(store.path, *options, cwd=tmp_path) as address:
        statuses = [
            asked(f"{address}/"),
            asked(f"{address}/sparql?query=ASK%7B%7D", **{"User-Agent": "tests/1"}),
            asked(f"{address}/sparql?query=ASK%7B%7D", **bearer),
            asked(f"{address}/nowhere?access_token={TOKEN}&x=%0A"),
        ]

    found = [line for line in lines(log) if line["kind"] != "health"]
    assert [line["status"] for line in found] == statuses == [200, 200, 200, 404]
    assert [line["kind"] for line in found] == ["page", "sparql", "sparql", "page"]
    assert [line["cached"] for line in found] == [None, False, True, None]
    assert found[1]["user_agent"] == "tests/1"
    assert found[1]["path"] == "/sparql?query=ASK%7B%7D"
    assert found[3]["path"] == "/nowhere?access_token=[secret]&x=%0A"
    assert all(line["client"] == "127.0.0.1" and line["bytes"] > 0 for line in found)
    assert TOKEN not in log.read_text()


def test_a_killed_query_is_among_the_slow_ones(store, tmp_path):
    log = tmp_path / "slow.log"
    options = ("--slow-log", str(log), "--slow-after", "100", "--query-timeout", "0.5")

    with served(store.path, *options, cwd=tmp_path) as address:
        query = urllib.parse.urlencode({"query": ENDLESS})
        statuses = asked(f"{address}/sparql?{query}"), asked(f"{address}/sparql?query=ASK%7B%7D")

    (line,) = lines(log)
    assert statuses == (503, 200)
    assert (line["outcome"], line["status"], line["query"]) == ("timeout", 503, ENDLESS)
    assert line["seconds"] >= 0.5


def test_answers_do_not_need_their_log(store, tmp_path):
    with served(store.path, "--access-log", "/dev/full", cwd=tmp_path) as address:
        statuses = {asked(f"{address}/health/live") for _ in range(20)}

    assert statuses == {200}
    assert (tmp_path / "server.log").read_text().count("lines are lost") == 1


@pytest.mark.parametrize("option", ["--access-log", "--slow-log"])
def test_a_log_that_cannot_be_written_is_told_before_serving(store, tmp_path, option):
    command = [sys.executable, "-P", "-m", "scholargraph.cli", "serve", "--port", "1"]
    log = tmp_path / "absent" / "log"

    found = subprocess.run(
        [*command, "--store", str(store.path), option, str(log)], capture_output=True, text=True
    )

    assert found.returncode == 1
    assert found.stderr.startswith(f"scholargraph: the log {log} cannot be written")
    assert found.stderr.count("\n") == 1
