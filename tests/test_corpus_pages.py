"""Runs, the model, the queries behind tables: what pages say of the whole corpus."""

import html
import json
import re
from collections.abc import Iterator
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from conftest import RUN
from corpus import paper
from flask.testing import FlaskClient
from pyoxigraph import NamedNode

from scholargraph.extract.card import card
from scholargraph.graph.commit import Committer, Outcome, PaperEntry
from scholargraph.graph.importing import import_files
from scholargraph.graph.questions import spelled_out
from scholargraph.graph.store import Store
from scholargraph.server import create_app
from scholargraph.web.service import EXTENSION, Settings

BASE = "https://w3id.org/scholargraph"
BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"
JSON = "application/json"
METHOD, DATASET, AUTHOR = "/method/rivernet", "/dataset/deltasar", "/author/ada-lindqvist"
PAPER = "/paper/arxiv:2305.00001"


def text_of(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


@pytest.fixture
def get(client: FlaskClient):
    return lambda address, accept=BROWSER: client.get(address, headers={"Accept": accept})


@pytest.fixture
def imported(tmp_path, empty_store: Store) -> Iterator[FlaskClient]:
    """A client of a store into which a file of two papers and a broken line was imported."""
    lines = [
        json.dumps({"title": "One", "abstract": "We use RiverNet."}),
        '{"title": <b>broken</b>',
        json.dumps({"title": "Two", "abstract": "We use U-Net."}),
    ]
    path = tmp_path / "some <papers>.jsonl"
    path.write_text("\n".join(lines), "utf-8")
    nothing = paper("x", "X", "Nothing.")[1]
    import_files(
        [path],
        empty_store,
        extract=lambda papers: ((found, nothing) for found in papers),
        model="m-1",
    )
    app = create_app(Settings(store=empty_store.path))
    yield app.test_client()
    app.extensions[EXTENSION].close()


def test_a_run_says_what_came_of_it_and_why_records_were_skipped(imported):
    page = text_of(imported.get("/runs", headers={"Accept": BROWSER}).text)
    (run,) = imported.get("/runs", headers={"Accept": JSON}).json["runs"]

    assert (run["new"], run["refused"], run["file"]) == (2, 1, "some <papers>.jsonl")
    assert run["skipped"][0]["line"] == 2
    assert "some <papers>.jsonl, line 2" in page
    assert run["skipped"][0]["reason"] in page
    assert "<b>" not in imported.get("/runs", headers={"Accept": BROWSER}).text


def test_a_store_without_runs_says_how_to_begin(empty_store):
    with empty_store.writing():
        pass
    client = create_app(Settings(store=empty_store.path)).test_client()

    assert "scholargraph import" in client.get("/runs", headers={"Accept": BROWSER}).text


def test_the_model_page_shows_the_scores_of_the_shipped_weights(get):
    page, data = text_of(get("/model").text), get("/model", JSON).json

    for head in card().heads:
        for score in head.scores:
            assert f"{score.kind} {score.precision:.1f} {score.recall:.1f} {score.f1:.1f}" in page
    assert [head["name"] for head in data["heads"]] == [head.name for head in card().heads]
    assert "GPL-3.0" in page
    assert data["usedByRuns"] == {RUN.model: 1}


def test_the_model_card_is_on_the_page_whole(get):
    page = text_of(get("/model").text)

    for heading in re.findall(r"^## (.*)$", "\n".join(card().texts), re.MULTILINE):
        assert heading in page


def test_the_ontology_is_drawn_from_its_own_file(get):
    page = get("/ontology").text

    assert '<svg class="network"' in page
    for link in re.findall(r'<a href="#(\w+)" class="class ours">', page):
        assert f'id="{link}"' in page


def test_the_query_behind_a_table_is_one_click_away(get):
    response = get("/query/author_papers?author=" + quote(BASE + AUTHOR, safe=""))

    assert response.status_code == 303
    query = parse_qs(urlsplit(response.headers["Location"]).query)["query"][0]
    assert query == spelled_out("author_papers", author=NamedNode(BASE + AUTHOR))
    assert f"VALUES ?author {{ <{BASE}{AUTHOR}> }}" in query


@pytest.mark.parametrize("page", [AUTHOR, METHOD, DATASET, PAPER, "/", "/paper", "/task", "/runs"])
def test_every_query_behind_a_page_can_be_asked(get, client, page):
    links = {
        html.unescape(link) for link in re.findall(r'class="ask" href="([^"]+)"', get(page).text)
    }

    assert links
    for link in links:
        query = parse_qs(urlsplit(get(link).headers["Location"]).query)["query"][0]
        answer = client.get("/sparql", query_string={"query": query}, headers={"Accept": JSON})
        assert answer.status_code == 200, link
        assert answer.json["results"]["bindings"] or link.endswith("runs"), link


@pytest.mark.parametrize(
    ("query", "address", "column", "shown"),
    [
        ("author_coauthors", AUTHOR, "papers", lambda page: page["coauthors"]),
        ("author_concepts", AUTHOR, "papers", lambda page: sum(page["concepts"].values(), [])),
        ("concept_authors", METHOD, "papers", lambda page: page["neighbours"]["author"]),
        ("concept_forms", METHOD, "times", lambda page: page["forms"]),
    ],
)
def test_the_query_counts_what_the_page_counts(get, client, query, address, column, shown):
    page = get(address, JSON).json
    kind = query.partition("_")[0]
    text = parse_qs(
        urlsplit(
            get(f"/query/{query}?{kind}={quote(BASE + address, safe='')}").headers["Location"]
        ).query
    )["query"][0]
    rows = client.get("/sparql", query_string={"query": text}, headers={"Accept": JSON}).json

    asked = sorted(int(row[column]["value"]) for row in rows["results"]["bindings"])
    assert asked == sorted(item[column] for item in shown(page))
    assert asked


def test_the_table_of_a_concept_has_the_numbers_of_its_query(get, client):
    found = get(METHOD, JSON).json["matrix"]
    text = spelled_out("concept_matrix", concept=NamedNode(BASE + METHOD))
    rows = client.get("/sparql", query_string={"query": text}, headers={"Accept": JSON}).json

    asked = {
        (row["dataset"]["value"], row["task"]["value"]): int(row["papers"]["value"])
        for row in rows["results"]["bindings"]
    }
    shown = {
        (row["iri"], column["iri"]): count
        for row, counts in zip(found["rows"], found["counts"], strict=True)
        for column, count in zip(found["columns"], counts, strict=True)
        if count
    }
    assert asked == shown != {}


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ("/query/nothing", 404),
        ("/query/..%2Fvocab", 404),
        ("/query/author_papers?author=no%20iri", 400),
        ("/query/author_papers?author=x:%3E%7D%20%7B", 400),
        ("/query/author_papers?a-b=x:y", 400),
    ],
)
def test_a_query_that_is_none_is_a_problem(get, wrong, status):
    assert get(wrong, JSON).status_code == status


@pytest.mark.parametrize("page", [AUTHOR, METHOD, DATASET, "/method", "/author"])
def test_every_number_leads_to_as_many_papers(get, page):
    numbers = re.findall(r'href="(/paper\?[^"]+)">(\d+)<', get(page).text)

    assert numbers
    for link, number in set(numbers):
        assert get(html.unescape(link), JSON).json["total"] == int(number), link


def test_papers_are_listed_by_what_they_have(get):
    found = get("/paper?method=rivernet&author=ada-lindqvist&dataset=deltasar", JSON).json

    assert {item["title"] for item in found["papers"]} == {
        "RiverNet: Following Water in Radar Images",
        "Rivers over Time with Recurrent RiverNet",
    }
    assert get("/paper?method=nothing", JSON).json["total"] == 0


@pytest.mark.parametrize(
    ("address", "total"),
    [
        ("/paper?q=rivers", 1),
        ("/paper?q=WATER+radar", 1),
        ("/paper?code=yes", 1),
        ("/paper?year=2023&q=river", 1),
        ("/author?q=jose", 1),
        ("/method?q=rivernet", 2),
        ("/method?q=no+such", 0),
    ],
)
def test_lists_narrow_by_words_year_and_code(get, address, total):
    assert get(address, JSON).json["total"] == total


def test_a_narrowed_list_keeps_its_filter_from_page_to_page(store, client):
    many = [paper(f"m-{n}", f"Many {n}", "{ManyNet|method} it is.") for n in range(60)]
    Committer(store).commit([PaperEntry(*made, RUN) for made in many], Outcome())

    page = client.get("/paper?method=manynet&sort=title", headers={"Accept": BROWSER}).text

    (following,) = re.findall(r'<a rel="next" href="([^"]+)"', page)
    found = client.get(html.unescape(following), headers={"Accept": JSON}).json
    assert (found["total"], found["page"], len(found["papers"])) == (60, 2, 10)


def test_names_say_which_rule_joined_them(get):
    page = text_of(get("/task/named-entity-recognition").text)

    assert "Names, and why they are one" in page
    assert "named-entity recognition" in page


def test_an_authors_papers_narrow_and_sort_without_scripts(get):
    def titles(query: str) -> list[str]:
        page = get(AUTHOR + query).text
        table = re.search(r'id="papers-table">.*?</table>', page, re.DOTALL)[0]
        return [html.unescape(t) for t in re.findall(r'<th scope="row"><a[^>]*>([^<]*)<', table)]

    assert titles("?q=rivers") == ["Rivers over Time with Recurrent RiverNet"]
    assert titles("?year=2023") == ["RiverNet: Following Water in Radar Images"]
    assert titles("?sort=oldest")[0] == "Maps from Many Hands"
    assert get(AUTHOR + "?sort=fame").status_code == 400


def test_suggestions_can_be_of_one_kind(get):
    found = get("/suggest?q=r&kind=task", JSON).json["suggestions"]

    assert {hit["kind"] for hit in found} == {"task"}
    assert get("/suggest?q=r&kind=venue", JSON).status_code == 400


@pytest.mark.parametrize("kind", ["paper", "author", "method"])
def test_a_list_is_found_by_its_plural_too(get, kind):
    response = get(f"/{kind}s")

    assert (response.status_code, response.headers["Location"]) == (308, f"/{kind}")


def test_a_page_made_of_an_earlier_state_is_not_kept(store, client, monkeypatch):
    monkeypatch.setattr("scholargraph.graph.catalogue.PATIENCE", -1.0)
    before = client.get(METHOD, headers={"Accept": BROWSER})
    held = client.application.extensions["scholargraph.holdings"].catalogue
    made = paper("later", "Later", "{RiverNet|method} again.", date="2026")
    Committer(store).commit([PaperEntry(*made, RUN)], Outcome())

    meanwhile = client.get(METHOD, headers={"Accept": BROWSER})
    with store.snapshot() as snapshot:
        held.exactly(snapshot)
    after = client.get(METHOD, headers={"Accept": BROWSER})

    assert (before.headers["Cache-Control"], meanwhile.headers["Cache-Control"]) == (
        "no-cache",
        "no-store",
    )
    assert "ETag" not in meanwhile.headers
    assert ("Later" in meanwhile.text, "Later" in after.text) == (False, True)
