"""The pages in a browser: keyboard, scripts and none, small and dark screens, accessibility."""

import json
import re
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from corpus import HOSTILE_NAME, HOSTILE_TITLE
from explore_page import address as address_of
from playwright.sync_api import expect

PAPER = "/paper/arxiv:2305.00001"
HOSTILE_PAPER = "/paper/script-alert-1-script-considered-harmful-to-text-classification-2021"

IRIS = "https://w3id.org/scholargraph/"

KINDS_OF_PAGES = {
    "start": "/",
    "list": "/paper",
    "search": "/search?q=river",
    "author": "/author/ada-lindqvist",
    "paper": PAPER,
    "hidden author": "/paper/maps-from-many-hands-2020",
    "concept": "/method/rivernet",
    "category": "/category/cs.CV",
    "profile": "/profile/ada-lindqvist",
    "filtered list": "/paper?method=rivernet&author=ada-lindqvist",
    "list of concepts": "/dataset",
    "dataset of papers": "/dataset/deltasar",
    "task": "/task/river-segmentation",
    "metric": "/metric/miou",
    "compare, empty": "/compare",
    "compare, one": f"/compare?iri={IRIS}method/rivernet&add=net",
    "compare": f"/compare?iri={IRIS}method/rivernet&iri={IRIS}method/u-net",
    "compare papers": f"/compare?iri={IRIS}paper/arxiv:2305.00001"
    f"&iri={IRIS}paper/doi:10.5555/water.2",
    "runs": "/runs",
    "model": "/model",
    "ontology": "/ontology",
    "unknown": "/method/nothing-of-the-kind",
    "no page": "/nothing/of/the/kind",
    "no such page of a list": "/paper?page=99",
    "search for nothing": "/search?q=zzzqqq",
    "compare authors": f"/compare?iri={IRIS}author/ada-lindqvist&iri={IRIS}author/wei-chen",
    "compare, refused": f"/compare?iri={IRIS}author/ada-lindqvist&iri={IRIS}method/rivernet",
    "explore, refused": f"/explore?focus={IRIS}method/nothing-of-the-kind",
    "export": "/export",
    "dataset": "/.well-known/void",
    "named graph": "/graph/runs",
    "sparql": "/sparql?example=years",
}
PAGES = pytest.mark.parametrize("address", list(KINDS_OF_PAGES.values()), ids=list(KINDS_OF_PAGES))


def violations(page, **options: object) -> list[tuple[str, list[str]]]:
    """The rules of axe-core that *page* breaks, and where."""
    found = Axe().run(page, options=options).response["violations"]
    return [(rule["id"], [node["target"] for node in rule["nodes"]]) for rule in found]


@PAGES
def test_no_accessibility_rule_is_broken_in_light_or_dark(opened, address):
    page = opened(address, color_scheme="light")
    if "sparql" in address:
        expect(page.locator("#result tbody tr")).to_have_count(5)

    light = violations(page)
    page.emulate_media(color_scheme="dark")
    dark = violations(page, runOnly=["color-contrast", "link-in-text-block"])

    assert (light, dark) == ([], [])


@PAGES
def test_the_tab_key_reaches_whatever_can_be_worked(opened, address):
    page = opened(address)
    if "sparql" in address:
        expect(page.locator("#result tbody tr")).to_have_count(5)
    controls = page.evaluate(
        """() => {
          const found = [...document.querySelectorAll(
            "a[href], button, input, select, textarea, summary, [tabindex='0']")];
          window.left = new Set(found.filter((one) =>
            one.checkVisibility({ visibilityProperty: true }) && !one.disabled &&
            one.tabIndex >= 0 && one.type !== "radio"));
          document.addEventListener("focusin", (event) => window.left.delete(event.target));
          return window.left.size;
        }"""
    )

    for _ in range(controls + 5):
        page.keyboard.press("Tab")

    assert controls > 5
    assert page.evaluate("[...window.left].map((one) => one.outerHTML)") == []


@PAGES
def test_a_small_screen_never_scrolls_sideways(opened, address):
    page = opened(address, width=390)
    if "sparql" in address:
        expect(page.locator("#result tbody tr")).to_have_count(5)

    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@PAGES
def test_headings_go_down_one_level_at_a_time(opened, address):
    page = opened(address)

    levels = page.eval_on_selector_all(
        "h1, h2, h3, h4", "elements => elements.map(element => Number(element.tagName[1]))"
    )
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in zip(levels, levels[1:], strict=False))


@pytest.mark.parametrize(
    "address", ["/", "/author/ada-lindqvist", PAPER, "/method/rivernet", "/explore", "/sparql"]
)
def test_a_page_weighs_little_and_next_to_nothing_when_it_is_seen_again(opened, address):
    page = opened("/robots.txt")
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    weights = []
    session.on("Network.loadingFinished", lambda event: weights.append(event["encodedDataLength"]))

    loads = []
    for _ in range(2):
        weights.clear()
        page.goto(address)
        page.wait_for_load_state("networkidle")
        loads.append(sum(weights))

    first, again = loads
    assert 5_000 < first < 700_000
    assert again < 60_000


def test_suggestions_are_walked_by_arrows_and_taken_by_enter(opened):
    page = opened("/")
    box = page.get_by_role("combobox").first
    box.press_sequentially("rivern")
    expect(page.get_by_role("option").first).to_contain_text("RiverNet")
    expect(box).to_have_attribute("aria-expanded", "true")

    box.press("ArrowDown")
    expect(page.get_by_role("option").first).to_have_attribute("aria-selected", "true")
    box.press("Enter")

    expect(page).to_have_url(re.compile(r"/method/rivernet$"))


def test_escape_closes_the_suggestions_and_enter_searches(opened):
    page = opened("/paper")
    box = page.get_by_role("combobox").first
    box.press_sequentially("rivern")
    expect(page.get_by_role("option").first).to_be_visible()

    box.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(box).to_have_value("rivern")
    box.press("Enter")

    expect(page).to_have_url(re.compile(r"/search\?q=rivern$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("rivern")


def test_markup_in_names_shows_as_text(opened):
    page = opened(HOSTILE_PAPER)

    expect(page.get_by_role("heading", level=1)).to_contain_text(HOSTILE_TITLE)
    expect(page.locator(".byline").get_by_text(HOSTILE_NAME, exact=True)).to_be_visible()
    expect(page.locator(".abstract")).to_contain_text('<b>bold</b> & "quotes"')
    assert page.locator("main img, main b").count() == 0


def test_markup_in_suggestions_and_answers_shows_as_text(opened):
    page = opened("/")
    page.get_by_role("combobox").first.press_sequentially("script alert")
    expect(page.get_by_role("option").first).to_contain_text(HOSTILE_TITLE)

    query = (
        "SELECT ?name { ?author <http://xmlns.com/foaf/0.1/name> ?name "
        "FILTER CONTAINS(?name, '<') }"
    )
    page.goto(f"/sparql?query={quote(query)}")

    expect(page.locator("#result td")).to_have_text(HOSTILE_NAME)


def test_a_chosen_theme_lasts(opened):
    page = opened("/", color_scheme="light")
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)

    page.get_by_role("button", name="Switch between light and dark").click()
    dark = page.evaluate(background)
    page.goto("/paper")

    assert dark != light
    assert page.evaluate(background) == dark


def test_a_column_sorts_by_its_heading(opened):
    page = opened("/author/ada-lindqvist")
    positions = page.locator("section:has(> h2:text-is('Papers')) tbody td:nth-child(4)")

    page.get_by_role("button", name="Position").click()
    expect(positions).to_have_text(["2", "2", "1", "unknown"])
    page.get_by_role("button", name="Position").click()

    expect(positions).to_have_text(["1", "2", "2", "unknown"])
    expect(page.locator("[aria-sort=ascending]")).to_contain_text("Position")


def test_the_first_tab_offers_to_skip_to_the_content(opened):
    page = opened("/paper")

    page.keyboard.press("Tab")

    expect(page.locator(":focus")).to_have_text("Skip to content")
    expect(page.locator(":focus")).to_be_in_viewport()


def test_a_mention_can_be_linked_to(opened):
    page = opened(f"{PAPER}#mention-title-0-8-method")

    expect(page.locator("mark:target")).to_have_text("RiverNet")


def test_search_and_queries_work_without_scripts(opened):
    page = opened("/", java_script_enabled=False)
    page.get_by_role("searchbox").fill("deltasar")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("link", name="DeltaSAR")).to_be_visible()

    page.goto("/sparql?example=years")
    with page.expect_response("**/sparql") as answer:
        page.get_by_role("button", name="Run").click()

    assert answer.value.status == 200
    assert "2023" in answer.value.text()


def test_an_example_runs_when_it_is_chosen(opened):
    page = opened("/sparql")
    page.get_by_role("link", name="How many papers appeared in each year?").click()

    expect(page.locator("#result tbody tr")).to_have_count(5)
    expect(page.get_by_role("status")).to_contain_text("5 rows, ")
    expect(page.locator("#query")).to_have_value(re.compile("GROUP BY"))


def type_query(page, query: str) -> None:
    page.locator("#query").fill(query)
    page.locator("#query").press("Control+Enter")


def test_resources_of_the_graph_lead_to_their_pages(opened):
    page = opened("/sparql")
    type_query(page, "SELECT ?p { ?p <http://purl.org/dc/terms/title> 'Maps from Many Hands' }")
    page.locator("#result").get_by_role("link").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Maps from Many Hands")


def test_many_rows_come_page_by_page(opened):
    page = opened("/sparql")
    type_query(page, "SELECT * { ?s ?p ?o } ORDER BY ?s LIMIT 250")
    expect(page.locator("#result tbody tr")).to_have_count(100)

    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Next").click()

    expect(page.locator("#result tbody tr")).to_have_count(50)
    expect(page.get_by_role("button", name="Next")).to_be_disabled()


def test_numbers_can_be_seen_as_a_chart(opened):
    page = opened("/sparql?example=years")
    expect(page.locator("#result tbody tr")).to_have_count(5)

    page.get_by_role("button", name="Chart").click()

    expect(page.locator("#result dt")).to_have_text(["2020", "2021", "2022", "2023", "2024"])
    widths = page.eval_on_selector_all("#result .bar", "bars => bars.map(bar => bar.offsetWidth)")
    assert widths[3] == widths[4] == pytest.approx(2 * widths[0], abs=2)
    assert violations(page) == []


@pytest.mark.parametrize(
    ("query", "view"),
    [
        ("SELECT ?p ?a { ?p <http://purl.org/dc/terms/creator> ?a }", "Graph"),
        ("CONSTRUCT WHERE { ?p <http://purl.org/dc/terms/creator> ?a }", "Graph"),
        ("CONSTRUCT WHERE { ?p <http://purl.org/dc/terms/creator> ?a }", None),
        (
            "SELECT ?c (COUNT(*) AS ?n) { ?p <http://purl.org/dc/terms/creator> ?c } GROUP BY ?c",
            None,
        ),
        (
            "SELECT (STR(?c) AS ?name) (COUNT(*) AS ?n) { ?p a ?c } GROUP BY ?c ORDER BY ?c",
            "Chart",
        ),
        ("ASK {}", None),
        ("SELECT ?p { ?p ?o", None),
        ("SELECT ?p { ?p <x:none> ?o }", None),
    ],
)
def test_an_answer_of_any_form_is_accessible_and_fits_a_small_screen(opened, query, view):
    page = opened("/sparql", color_scheme="light")
    type_query(page, query)
    expect(page.locator("#answer, #problem").filter(visible=True).first).to_be_visible()
    if view:
        page.get_by_role("button", name=view).click()
        expect(page.get_by_role("button", name=view)).to_have_attribute("aria-pressed", "true")

    light = violations(page)
    page.emulate_media(color_scheme="dark")
    dark = violations(page, runOnly=["color-contrast", "link-in-text-block"])
    page.set_viewport_size({"width": 390, "height": 800})

    assert (light, dark) == ([], [])
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_an_answer_without_numbers_offers_no_chart(opened):
    page = opened("/sparql")
    type_query(page, "SELECT ?s ?o { ?s <http://purl.org/dc/terms/title> ?o }")
    expect(page.locator("#result tbody tr")).to_have_count(8)

    expect(page.get_by_role("button", name="Chart")).to_be_hidden()


def test_an_error_is_shown_where_it_is(opened):
    page = opened("/sparql")
    type_query(page, "SELECT *\nWHERE { ?s ?p }")

    expect(page.get_by_role("alert")).to_contain_text("Line 2, column")
    expect(page.locator("#editor .error")).to_have_count(1)
    expect(page.locator("#answer")).to_be_hidden()


def test_a_graph_is_shown_as_turtle(opened):
    page = opened("/sparql")
    type_query(page, "CONSTRUCT WHERE { ?p <http://purl.org/dc/terms/title> ?title }")

    expect(page.locator("#result pre")).to_contain_text("Maps from Many Hands")
    expect(page.get_by_role("button", name="JSON-LD")).to_be_visible()


def test_a_question_is_answered_by_a_word(opened):
    page = opened("/sparql")
    type_query(page, "ASK {}")

    expect(page.locator("#result")).to_have_text("Yes.")


def test_an_answer_downloads_in_the_format_chosen(opened):
    page = opened("/sparql?example=years")
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()

    assert download.value.suggested_filename == "answer.csv"
    assert download.value.path().read_text().startswith("year,papers")


def test_a_link_brings_back_the_query_and_runs_it(opened):
    page = opened("/sparql")
    type_query(page, "SELECT ?x { VALUES ?x { 1 2 3 } } # naïve")
    expect(page.locator("#result tbody tr")).to_have_count(3)

    again = opened(address_of(page))

    expect(again.locator("#query")).to_have_value("SELECT ?x { VALUES ?x { 1 2 3 } } # naïve")
    expect(again.locator("#result tbody tr")).to_have_count(3)


def test_a_term_is_completed_with_its_prefix(opened):
    page = opened("/sparql")
    page.wait_for_load_state("networkidle")
    query = page.locator("#query")
    query.fill("")
    query.press_sequentially("SELECT * { ?paper sg:usesMe")
    expect(page.get_by_role("option").first).to_have_text("sg:usesMethod")
    query.press("Enter")
    query.press_sequentially(" ?method }")

    expect(query).to_have_value(
        "PREFIX sg: <https://w3id.org/scholargraph/ns#>\nSELECT * { ?paper sg:usesMethod ?method }"
    )


def test_a_running_query_can_be_cancelled(opened):
    page = opened("/sparql")
    page.route("**/sparql", lambda route: None)  # an answer that never comes
    type_query(page, "SELECT * { ?s ?p ?o } LIMIT 1")

    page.get_by_role("button", name="Cancel").click()

    expect(page.get_by_role("alert")).to_have_text("Cancelled.")
    expect(page.get_by_role("button", name="Cancel")).to_be_hidden()


def test_json_ld_in_a_page_is_data_under_the_policy(opened):
    page = opened(HOSTILE_PAPER)

    data = json.loads(page.locator("script[type='application/ld+json']").text_content())
    assert HOSTILE_TITLE in data["headline"]
