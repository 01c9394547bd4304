"""`/openapi.json`: it describes every path, and what is described is what is answered."""

import json
import os
import re
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest
import schemathesis
from serving import served

from scholargraph.server import create_app
from scholargraph.web.openapi import document
from scholargraph.web.service import EXTENSION, Settings

TESTS = Path(__file__).parent
TOKEN = "schemathesis-may-write"

# What a server may do that no description forbids, and one check that asks for more than a schema
# can say: which texts are SPARQL.
CHECKS = ("--checks", "all", "--exclude-checks", "positive_data_acceptance")
READS = ("--include-method", "GET", "--include-operation-id", "queryByPost")
WRITES = ("--include-tag", "SPARQL", "--include-tag", "Corrections")
EXAMPLES = "10"

OPERATIONS = [
    (path, method)
    for path, methods in document()["paths"].items()
    for method in methods
    if method != "parameters"
]


def spelled(path, alternatives):
    """Every path that *path* stands for, one for each of *alternatives* of its parameters."""
    names = [name for name in alternatives if f"{{{name}}}" in path]
    for values in product(*(alternatives[name] for name in names)):
        found = path
        for name, value in zip(names, values, strict=True):
            found = found.replace(f"{{{name}}}", value)
        yield found


def routes(app):
    """The paths of *app* with their methods, written as OpenAPI writes them."""
    for rule in app.url_map.iter_rules():
        alternatives = {
            name: choices.split(",")
            for choices, name in re.findall(r"<any\(([^)]*)\):(\w+)>", rule.rule)
        }
        template = re.sub(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", r"{\1}", rule.rule)
        for path in spelled(template, alternatives):
            for method in rule.methods - {"HEAD", "OPTIONS"}:
                yield path, method.lower()


def described():
    """The operations of the document; a suffix that the route leaves open is left open here too."""
    for path, method in OPERATIONS:
        parameters = document()["paths"][path][method].get("parameters", ())
        alternatives = {
            parameter["name"]: parameter["schema"]["enum"]
            for parameter in parameters
            if parameter["in"] == "path" and "enum" in parameter["schema"]
        }
        if path.startswith("/export/"):
            alternatives = {}
        for found in spelled(path, alternatives):
            yield found, method


def test_every_route_is_described_and_what_is_described_is_there(client):
    assert sorted(described()) == sorted(set(routes(client.application)))


def test_the_document_is_valid():
    schemathesis.openapi.from_dict(document()).validate()


def test_operations_have_names_of_their_own():
    names = [document()["paths"][path][method]["operationId"] for path, method in OPERATIONS]

    assert len(set(names)) == len(names)


def test_every_reference_leads_somewhere():
    text = json.dumps(document())

    for reference in set(re.findall(r'"\$ref": "#/([^"]*)"', text)):
        place = document()
        for part in reference.split("/"):
            place = place[part]


def test_every_parameter_of_a_path_is_described():
    for path, method in OPERATIONS:
        parameters = document()["paths"][path][method].get("parameters", ())
        names = {item["name"] for item in parameters if item["in"] == "path"}

        assert names == set(re.findall(r"{(\w+)}", path)), path


def test_only_writing_needs_the_token():
    secured = {
        (path, method)
        for path, method in OPERATIONS
        if "security" in document()["paths"][path][method]
    }

    stores = {
        (path, method)
        for path in ("/store", "/store/{name}")
        for method in ("put", "post", "delete")
    }
    corrections = {("/corrections", "post"), ("/corrections/{id}", "delete")}
    assert secured == stores | corrections | {("/update", "post")}


def test_the_document_is_served_with_where_it_is_mounted(client):
    plain = client.get("/openapi.json")
    mounted = client.get("/openapi.json", environ_overrides={"SCRIPT_NAME": "/graph"})

    assert plain.content_type == "application/json"
    assert plain.get_json() == document() | {"servers": [{"url": "/"}]}
    assert mounted.get_json()["servers"] == [{"url": "/graph"}]


def test_the_document_is_not_sent_twice(client):
    first = client.get("/openapi.json")

    again = client.get("/openapi.json", headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("asked", ["", "query=ASK%7B%7D&"])
def test_a_format_that_is_none_is_refused_whatever_is_asked(client, asked):
    answer = client.get(f"/sparql?{asked}format=AAA")

    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")
    assert "AAA" in answer.get_json()["detail"]


def test_an_empty_etag_is_one_that_no_graph_has(store):
    app = create_app(Settings(store=store.path, token=TOKEN))
    headers = {"Authorization": f"Bearer {TOKEN}", "If-Match": '"", "other"'}

    answer = app.test_client().delete("/store?default", headers=headers)

    assert answer.status_code == 412
    app.extensions[EXTENSION].close()


KINDS = ("author", "paper", "method", "dataset", "task", "metric", "source", "run", "profile")
FIRST = "SELECT ?thing { ?thing a ?class FILTER STRSTARTS(STR(?thing), '%s%s/') } LIMIT 1"


@pytest.mark.parametrize("suffix", ["", ".json", ".ttl", ".nt", ".jsonld", ".rdf"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_there_is_of_each_kind_is_as_described(client, store, kind, suffix):
    base = store.iris.base
    with store.snapshot() as snapshot:
        (row,) = snapshot.select(FIRST % (base, kind))
    key = row["thing"].value.removeprefix(f"{base}{kind}/")
    operation = schemathesis.openapi.from_dict(document())[f"/{kind}/{{key}}"]["GET"]

    answer = client.get(f"/{kind}/{key}{suffix}")

    assert answer.status_code == 200
    operation.validate_response(answer)


@pytest.mark.parametrize("operations", [READS, WRITES], ids=["reads", "writes"])
def test_schemathesis_finds_nothing(store, tmp_path, operations):
    (tmp_path / "token").write_text(TOKEN)
    fixed = ("--seed", "1") if "CI" in os.environ else ()
    options = ("--token-file", str(tmp_path / "token"), "--query-timeout", "2", "--limits", "off")

    with served(store.path, *options, cwd=tmp_path) as address:
        command = [sys.executable, "-m", "schemathesis.cli", "run", f"{address}/openapi.json"]
        command += ["--header", f"Authorization: Bearer {TOKEN}", *CHECKS, *operations, *fixed]
        command += ["--max-examples", EXAMPLES, "--phases", "examples,coverage,fuzzing"]
        command += ["--generation-database", "none", "--continue-on-failure", "--no-color"]
        found = subprocess.run(
            command,
            cwd=tmp_path,
            env={**os.environ, "SCHEMATHESIS_HOOKS": "openapi_hooks", "PYTHONPATH": str(TESTS)},
            capture_output=True,
            text=True,
        )

    assert found.returncode == 0, found.stdout[-20_000:] + found.stderr[-2000:]
