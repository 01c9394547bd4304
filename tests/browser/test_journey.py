"""
From a name to the evidence, and what readers can switch on the way.

Pictures of the pages are left in the folder that SCHOLARGRAPH_SCREENSHOTS names, else in pytest's
own: artefacts of the run, looked at by people.
"""

import os
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

BASE = "https://w3id.org/scholargraph"
PAPER = "/paper/arxiv:2305.00001"
AUTHOR = "/author/ada-lindqvist"
COMPARED = "/compare?" + "&".join(
    f"iri={quote(f'{BASE}/method/{name}', safe='')}" for name in ("rivernet", "u-net")
)


@pytest.fixture(scope="session")
def album(tmp_path_factory) -> Path:
    """The folder for pictures."""
    folder = os.environ.get("SCHOLARGRAPH_SCREENSHOTS")
    path = Path(folder) if folder else tmp_path_factory.mktemp("screenshots")
    path.mkdir(parents=True, exist_ok=True)
    return path


def test_four_clicks_lead_from_a_name_to_the_sentence_and_its_turtle(opened, album):
    page = opened("/")
    page.get_by_role("combobox").press_sequentially("lindqv")
    page.screenshot(path=album / "1-search.png")
    page.get_by_role("option", name="Ada Lindqvist").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ada Lindqvist")
    page.screenshot(path=album / "2-author.png", full_page=True)

    page.get_by_role("link", name="Coauthor view").click()
    expect(page.locator("canvas")).to_be_visible()
    page.screenshot(path=album / "3-coauthors.png")
    page.go_back()

    page.locator("#methods").get_by_role("link", name="RiverNet", exact=True).click()
    expect(page.locator("blockquote", has_text="We propose RiverNet")).to_be_visible()
    page.screenshot(path=album / "4-method.png", full_page=True)

    with page.expect_response(lambda response: response.url.endswith(".ttl")) as answered:
        page.get_by_role("navigation", name="This page as data").get_by_role(
            "link", name="Turtle"
        ).click()
    turtle = page.request.get(answered.value.url).text()
    assert "We propose RiverNet, a convolutional network for river segmentation." in turtle


def test_marks_are_switched_by_kind(opened):
    page = opened(PAPER)
    methods = page.locator(".abstract mark.k-method")
    shown = page.locator(".abstract mark.k-method:not(.off)")
    assert methods.count() == shown.count() > 2

    page.locator("#marks").get_by_label("method").uncheck()

    expect(shown).to_have_count(0)
    expect(page.locator(".abstract mark.k-dataset:not(.off)").first).to_be_visible()
    expect(page.locator("#marks-count")).to_have_text(re.compile(r"\d+ of \d+ marks shown"))


def test_marks_that_are_less_sure_go_as_the_threshold_rises(opened):
    page = opened(PAPER)
    slider = page.get_by_label("Confidence at least")
    sure = page.eval_on_selector_all(
        "article mark[data-sure]", "marks => marks.map(mark => Number(mark.dataset.sure))"
    )

    slider.focus()
    for _ in range(16):
        page.keyboard.press("ArrowRight")

    expect(page.locator("#marks output")).to_have_text("0.80")
    left = page.locator("article mark[data-sure]:not(.off)").count()
    assert left == sum(value >= 0.8 for value in sure) < len(sure)


def test_sentences_show_what_was_read_out_of_them(opened):
    page = opened(PAPER)

    page.get_by_text("Sentence by sentence").click()

    sentence = page.locator(".sentences > ol > li", has_text="RiverNet reaches 84.2%")
    expect(sentence.get_by_role("link", name="DeltaSAR").first).to_be_visible()
    expect(sentence).to_contain_text("evaluated on")
    expect(sentence).to_contain_text("result 84.2%")


def test_an_authors_papers_narrow_while_one_types(opened):
    page = opened(AUTHOR)
    rows = page.locator("#papers-table tbody tr:visible")
    expect(rows).to_have_count(4)

    page.get_by_label("Title or venue has").press_sequentially("rivers over")

    expect(rows).to_have_count(1)
    expect(page.locator("#papers-table-count")).to_have_text("1 of 4")


def test_an_authors_papers_narrow_without_scripts_too(opened):
    page = opened(AUTHOR, java_script_enabled=False)

    page.get_by_label("Title or venue has").fill("rivers over")
    page.get_by_role("button", name="Show").click()

    expect(page.locator("#papers-table tbody tr")).to_have_count(1)


def test_a_comparison_grows_by_a_suggestion(opened, album):
    page = opened("/method/rivernet")
    page.get_by_role("link", name="Compare with…").click()

    box = page.get_by_role("combobox", name="Another method")
    box.press_sequentially("u-n")
    expect(page.get_by_role("option").first).to_contain_text("U-Net")
    assert page.get_by_role("option").locator(".k-author, .k-paper").count() == 0
    box.press("ArrowDown")
    box.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Methods side by side")
    expect(page.locator("tbody tr", has_text="DeltaSAR").first.locator("td")).to_have_text(
        [re.compile("^2"), re.compile("^1")]
    )
    page.screenshot(path=album / "compare.png", full_page=True)


def test_a_comparison_is_made_without_scripts(opened):
    page = opened(f"/compare?iri={quote(BASE + AUTHOR, safe='')}", java_script_enabled=False)

    page.get_by_label("Another author").fill("wei chen")
    page.get_by_role("button", name="Add").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Authors side by side")


def test_a_comparison_is_saved_as_a_table_for_a_paper(opened):
    page = opened(COMPARED)

    with page.expect_download() as saved:
        page.get_by_role("link", name="LaTeX table").click()

    assert saved.value.suggested_filename == "comparison.tex"
    assert r"\begin{tabular}{lrr}" in Path(saved.value.path()).read_text("utf-8")


def test_a_number_leads_to_its_papers_and_the_query_to_its_rows(opened):
    page = opened("/method/rivernet")

    page.locator("#matrix td a", has_text="1").first.click()
    expect(page.locator("table.list tbody tr")).to_have_count(1)
    page.go_back()
    page.locator("#matrix .ask").click()

    expect(page.locator("#result tbody tr").first).to_be_visible()


def test_the_first_picture_leads_to_a_concept_by_keyboard(opened):
    page = opened("/")
    node = page.locator("svg.network a", has_text="RiverNet").first

    node.focus()
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(r"/method/(recurrent-)?rivernet$"))


def test_print_shows_what_was_read_and_no_controls(opened):
    page = opened(PAPER)

    page.emulate_media(media="print")

    expect(page.locator(".abstract")).to_be_visible()
    for control in ("header.top", "#marks", ".actions", ".ask", ".downloads"):
        expect(page.locator(control).first).to_be_hidden()


def test_no_page_writes_an_error_to_the_console(opened):
    page = opened("/")
    said = []
    page.on("console", lambda message: said.append(message.text))

    for address in (AUTHOR, PAPER, "/method/rivernet", COMPARED, "/runs", "/model", "/ontology"):
        page.goto(address)

    assert said == []


def test_what_only_screen_readers_hear_widens_no_page(opened):
    page = opened("/method/rivernet", width=390)

    # Placed by the page and not by its table, it would stand as far right as the table is wide.
    inside = page.eval_on_selector_all(
        ".scroll .hidden",
        "items => items.filter(item => item.offsetParent)"
        ".map(item => item.closest('.scroll').contains(item.offsetParent))",
    )
    assert len(inside) > 2
    assert all(inside)
