"""The SPARQL page: answers as pictures, things by their names, queries that the browser keeps."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from explore_page import until
from playwright.sync_api import expect

PREFIXES = """PREFIX sg: <https://w3id.org/scholargraph/ns#>
PREFIX schema: <https://schema.org/>
PREFIX foaf: <http://xmlns.com/foaf/0.1/>
"""
METHODS = (
    PREFIXES + "SELECT ?paper ?method { ?paper sg:usesMethod ?method } ORDER BY ?paper ?method"
)


# The share of the picture's pixels that something is drawn on.
INK = """() => {
  const canvas = document.querySelector(".answer-graph canvas");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let drawn = 0;
  for (let n = 3; n < data.length; n += 4) drawn += data[n] > 0;
  return drawn / (data.length / 4);
}"""


def ask(page, query: str) -> None:
    page.locator("#query").fill(query)
    page.get_by_role("button", name="Run").click()


def test_any_two_columns_of_things_can_be_seen_as_a_graph(opened):
    page = opened("/sparql")
    ask(page, METHODS)
    expect(page.locator("#result tbody tr").first).to_be_visible()
    rows = page.locator("#result tbody tr").all_inner_texts()

    page.get_by_role("button", name="Graph").click()

    expect(page.locator(".answer-graph canvas")).to_be_visible()
    note = page.locator("#result > p.quiet")
    expect(note).to_contain_text("things")
    things, links = map(int, re.findall(r"\d+", note.inner_text())[:2])
    assert links == len(rows)
    assert things == len({cell for row in rows for cell in row.split("\t")})
    until(page, f"({INK})() > 0.005")
    assert Axe().run(page).response["violations"] == []


def test_the_statements_of_a_construct_can_be_seen_as_a_graph(opened):
    page = opened("/sparql")
    ask(page, PREFIXES + "CONSTRUCT { ?p sg:usesMethod ?m } WHERE { ?p sg:usesMethod ?m }")
    expect(page.locator("#result pre")).to_be_visible()

    page.get_by_role("button", name="Graph").click()

    expect(page.locator("#result > p.quiet")).to_contain_text("links")
    page.locator("#shapes").get_by_role("button", name="Turtle").click()
    expect(page.locator("#result pre")).to_contain_text("usesMethod")


@pytest.mark.parametrize(
    "query", ["SELECT ?p { ?p a ?c }", "SELECT ?p ?t { ?p <x:t> ?t }", "ASK {}"]
)
def test_what_joins_nothing_offers_no_graph(opened, query):
    page = opened("/sparql")
    ask(page, query)
    expect(page.locator("#answer")).to_be_visible()

    expect(page.get_by_role("button", name="Graph")).to_be_hidden()


def test_things_are_called_by_their_names(opened):
    page = opened("/sparql")
    ask(page, PREFIXES + "SELECT DISTINCT ?author { ?p schema:author ?author } ORDER BY ?author")

    expect(page.get_by_role("link", name="Ada Lindqvist", exact=True)).to_have_attribute(
        "href", "/author/ada-lindqvist"
    )


def test_a_name_after_an_angle_bracket_becomes_an_address(opened):
    page = opened("/sparql")
    page.wait_for_load_state("networkidle")
    query = page.locator("#query")
    query.fill("")
    query.press_sequentially("DESCRIBE <river se")
    expect(page.get_by_role("option").first).to_contain_text("(task)")
    query.press("Enter")

    expect(query).to_have_value("DESCRIBE <https://w3id.org/scholargraph/task/river-segmentation>")


def test_terms_of_other_vocabularies_are_completed_too(opened):
    page = opened("/sparql")
    page.wait_for_load_state("networkidle")
    query = page.locator("#query")
    query.fill("")
    query.press_sequentially("SELECT * { ?p dct:abs")

    expect(page.get_by_role("option").first).to_have_text("dct:abstract")


def test_a_query_can_be_kept_and_used_and_forgotten(opened):
    page = opened("/sparql")
    page.locator("#query").fill("ASK { ?s ?p ?o }")
    page.get_by_label("Keep this query as").fill("Is there <b>anything</b>?")
    page.get_by_role("button", name="Save").click()
    page.locator("#query").fill("ASK {}")
    page.reload()

    kept = page.locator("#saved")
    kept.get_by_role("button", name="Is there <b>anything</b>?", exact=True).click()
    expect(page.locator("#query")).to_have_value("ASK { ?s ?p ?o }")
    expect(page.locator("#result")).to_have_text("Yes.")

    kept.get_by_role("button", name="Remove Is there <b>anything</b>?").click()
    expect(kept).to_be_hidden()


def test_a_hundred_thousand_rows_are_turned_over_page_by_page(opened):
    page = opened("/sparql")
    digits = "VALUES ?{0} {{ 0 1 2 3 4 5 6 7 8 9 }}"
    body = " ".join(digits.format(name) for name in "abcde")
    ask(page, f"SELECT ?a ?b ?c ?d ?e {{ {body} }}")
    expect(page.locator("#status")).to_contain_text("100,000 rows", timeout=30_000)

    for _ in range(5):
        page.get_by_role("button", name="Next").click()

    expect(page.locator("#result-page")).to_have_text("Page 6 of 1000")
    expect(page.locator("#result tbody tr")).to_have_count(100)


def test_questions_stand_under_their_topics(opened):
    page = opened("/sparql")

    topics = page.locator("aside h3").all_inner_texts()
    assert {"Authors", "Papers", "Concepts", "Evidence"} <= set(topics)
    assert len(topics) == len(set(topics))
