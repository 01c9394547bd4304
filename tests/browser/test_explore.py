"""The view in a browser: ink on the canvas, clicks, keys, tables in step, shared links."""

import json
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from corpus import HOSTILE_NAME
from explore_page import ADA, BASE, PLACE, PLACES, address, settled, shown, until
from playwright.sync_api import expect

RIVERNET = f"{BASE}method/rivernet"
WHOLE = "/explore"
AUTHOR = f"/explore?focus={quote(ADA)}"
CONCEPT = f"/explore?focus={quote(RIVERNET)}"
CONCEPTS = "/explore?view=concepts"

INK = """() => {
  const canvas = document.querySelector("#network canvas");
  const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  let ink = 0;
  for (let i = 3; i < data.length; i += 4) ink += data[i] > 0;
  return ink / (canvas.width * canvas.height);
}"""


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
@pytest.mark.parametrize("address", [WHOLE, AUTHOR, CONCEPTS])
def test_the_canvas_shows_ink_and_fits_the_window(opened, address, width, scheme):
    page = settled(opened(address, width=width, color_scheme=scheme))

    canvas = page.locator("#network canvas").bounding_box()
    assert page.evaluate(INK) > 0.003
    assert 200 < canvas["height"] < 900
    assert canvas["width"] <= width
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("address", [WHOLE, AUTHOR, CONCEPTS])
def test_no_accessibility_rule_is_broken(opened, address):
    page = settled(opened(address))
    page.locator("#twin summary").click()
    page.locator("#node-table tbody button").first.click()
    page.locator("#panel h2").wait_for()

    light = Axe().run(page).response["violations"]
    page.emulate_media(color_scheme="dark")
    dark = Axe().run(page, options={"runOnly": ["color-contrast"]}).response["violations"]
    assert [
        (rule["id"], [node["target"] for node in rule["nodes"]]) for rule in [*light, *dark]
    ] == []


def test_a_click_on_a_node_tells_what_it_is(opened):
    page = settled(opened(AUTHOR))
    page.mouse.click(*page.evaluate(PLACE, ADA))

    expect(page.locator("#panel h2")).to_have_text("Ada Lindqvist")
    expect(page.locator("#panel")).to_contain_text("4 papers, 6 links here")
    expect(page.locator("#panel h2 a")).to_have_attribute("href", "/author/ada-lindqvist")
    expect(page).to_have_url(re.compile(re.escape("#" + quote(ADA, safe="")) + "$"))


def test_a_link_between_coauthors_shows_their_papers(opened):
    page = settled(opened(AUTHOR))
    page.mouse.click(*page.evaluate(PLACE, ADA))
    page.get_by_role("button", name="José García-Márquez 2 papers").click()

    papers = page.locator("#panel h3")
    expect(papers).to_have_text(
        [
            "Rivers over Time with Recurrent RiverNet (2024)",
            "RiverNet: Following Water in Radar Images (2023)",
        ]
    )
    expect(page.locator("#panel h3 a").first).to_have_attribute(
        "href", "/paper/doi:10.5555/water.2"
    )


def test_a_link_between_concepts_shows_the_sentences_that_say_so(opened):
    page = settled(opened(CONCEPT))
    page.mouse.click(*page.evaluate(PLACE, RIVERNET))
    page.get_by_role("button", name="DeltaSAR 2 papers").click()

    telling = page.locator("#panel blockquote", has_text="evaluatedOn")
    expect(telling.locator("mark")).to_have_text(["DeltaSAR", "RiverNet"])
    expect(telling.locator("mark.k-dataset")).to_have_text("DeltaSAR")


def test_a_click_on_a_line_of_the_picture_opens_its_evidence(opened):
    page = settled(opened("/explore?view=concepts&kinds=dataset,task&min=2"))
    kitchen, ner = f"{BASE}dataset/kitchenner", f"{BASE}task/named-entity-recognition"
    (x1, y1), (x2, y2) = page.evaluate(PLACE, kitchen), page.evaluate(PLACE, ner)
    page.mouse.click((x1 + x2) / 2, (y1 + y2) / 2)

    expect(page.locator("#panel h2")).to_have_text(re.compile("KitchenNER and Named Entity"))
    expect(page.locator("#panel mark").first).to_be_visible()


def test_opening_a_node_adds_its_surroundings_and_moves_nothing_else(opened):
    page = settled(opened(f"/explore?focus={quote(BASE)}author/amina-diallo"))
    before, places = shown(page), page.evaluate(PLACES)
    page.mouse.dblclick(*page.evaluate(PLACE, f"{BASE}author/wei-chen"))
    expect(page.get_by_role("button", name="Close")).to_be_visible()
    settled(page)

    assert shown(page) - before == {"Ada Lindqvist", "José García-Márquez"}
    after = page.evaluate(PLACES)
    assert {iri: after[iri] for iri in places} == places
    assert page.evaluate(INK) > 0.003

    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("button", name="Open", exact=True)).to_be_visible()
    assert shown(page) == before


def test_the_keyboard_goes_from_node_to_node_and_opens_them(opened):
    page = settled(opened(f"/explore?focus={quote(BASE)}author/amina-diallo"))
    page.locator("#network .vis-network").focus()
    page.keyboard.press("n")
    expect(page.locator("#panel h2")).to_have_text("Wei Chen")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Close")).to_be_visible()
    assert "Ada Lindqvist" in shown(page)

    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_contain_text("Choose a node")


def test_without_motion_an_opened_node_is_settled_at_once(opened):
    page = settled(
        opened(f"/explore?focus={quote(BASE)}author/amina-diallo", reduced_motion="reduce")
    )
    page.mouse.dblclick(*page.evaluate(PLACE, f"{BASE}author/wei-chen"))
    expect(page.get_by_role("button", name="Close")).to_be_visible()
    settled(page)

    assert "Ada Lindqvist" in shown(page)


def test_the_legend_filters_picture_and_tables_alike(opened):
    page = settled(opened(CONCEPT))
    page.locator("#twin summary").click()
    expect(page.locator("#node-table td", has_text="author")).to_have_count(3)
    page.get_by_role("checkbox", name="Authors").uncheck()

    expect(page.locator("#node-table td", has_text="author")).to_have_count(0)
    assert not shown(page) & {"Ada Lindqvist", "Wei Chen"}
    rows = page.locator("#link-table tbody tr").count()
    assert page.locator("#status").inner_text().startswith(f"{len(shown(page))} nodes, {rows} link")
    expect(page).to_have_url(re.compile("kinds=method%2Cdataset%2Ctask"))

    page.get_by_role("checkbox", name="Metrics").check()
    expect(page.locator("#node-table td", has_text="metric").first).to_be_visible()
    page.get_by_role("checkbox", name="Authors").check()
    expect(page.locator("#node-table td", has_text="author")).to_have_count(3)


def test_a_name_is_found_without_its_accents(opened):
    page = settled(opened(WHOLE))
    page.locator("#find-text").fill("garcia-MARQUEZ")
    page.keyboard.press("Enter")
    expect(page.locator("#panel h2")).to_have_text("José García-Márquez")

    page.locator("#find-text").fill("nobody")
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_have_text("No node has a name like that.")


def test_something_else_is_put_in_the_middle_and_back_brings_the_former(opened):
    page = settled(opened(WHOLE))
    page.get_by_role("searchbox", name="Put in the middle").fill("rivern")
    page.locator("#focus-form .hits button").first.click()
    expect(page.locator("#heading")).to_contain_text("RiverNet")
    page.locator("#view").select_option("concepts")
    expect(page.locator("#heading")).to_have_text("Concepts around RiverNet")

    page.go_back()
    expect(page.locator("#heading")).to_have_text("Who writes about RiverNet")
    page.go_back()
    expect(page.locator("#heading")).to_have_text("Coauthors in the whole graph")
    assert len(shown(page)) == 9


def test_years_and_weights_bound_the_picture(opened):
    page = settled(opened(WHOLE))
    page.get_by_label("Joint papers, at least").fill("2")
    page.keyboard.press("Tab")
    expect(page.locator("#status")).to_have_text(re.compile("^4 nodes, 2 links"))
    page.get_by_label("From year", exact=True).fill("2024")
    page.keyboard.press("Tab")
    expect(page.locator("#status")).to_have_text(re.compile("Nothing matches"))
    page.get_by_label("From year", exact=True).fill("9999")
    page.get_by_label("To year", exact=True).fill("2000")
    page.keyboard.press("Tab")
    expect(page.locator("#status")).to_have_text(re.compile("Not shown: from: 9999 is later"))


def test_a_shared_link_brings_back_what_was_opened_hidden_and_selected(opened):
    page = settled(opened(f"/explore?focus={quote(BASE)}author/amina-diallo"))
    page.mouse.dblclick(*page.evaluate(PLACE, f"{BASE}author/wei-chen"))
    expect(page.get_by_role("button", name="Close")).to_be_visible()
    settled(page)
    page.evaluate('(id) => document.getElementById("explorer").network.show(id)', ADA)
    page.get_by_role("button", name="Hide", exact=True).click()
    page.locator("#find-text").fill("José")
    page.keyboard.press("Enter")
    expect(page.locator("#panel h2")).to_have_text("José García-Márquez")
    before = shown(page)

    again = settled(opened(address(page)))
    assert shown(again) == before
    assert "Ada Lindqvist" not in before
    expect(again.locator("#panel h2")).to_have_text("José García-Márquez")
    again.get_by_role("button", name="Show hidden").click()
    expect(again.get_by_role("button", name="Show hidden")).to_be_hidden()
    assert "Ada Lindqvist" in shown(again)


def test_hostile_names_stay_text_in_panel_table_and_evidence(opened):
    page = settled(opened("/explore?view=mixed&kinds=author,paper,method,task"))
    page.locator("#twin summary").click()
    page.get_by_role("button", name=HOSTILE_NAME, exact=True).click()
    expect(page.locator("#panel h2")).to_have_text(HOSTILE_NAME)
    page.locator("#panel .neighbours button").first.click()
    page.locator("#panel .behind h3").first.wait_for()
    page.mouse.move(*page.evaluate(PLACE, f"{BASE}author/img-src-x-onerror-alert-1"))

    assert page.locator("#explorer img, #explorer script:not([type])").count() == 0
    expect(page.locator("#node-table", has_text="<script>alert(1)</script>")).to_be_visible()


def test_the_picture_can_be_saved(opened):
    page = settled(opened(WHOLE))
    page.get_by_text("Share and download").click()
    with page.expect_download() as png:
        page.get_by_role("button", name="PNG").click()
    with page.expect_download() as graphml:
        page.get_by_role("link", name="GraphML").click()

    assert png.value.suggested_filename == "Coauthors-in-the-whole-graph.png"
    assert Path(png.value.path()).read_bytes().startswith(b"\x89PNG")
    assert Path(graphml.value.path()).read_text("utf-8").count("<node ") == 9


def test_dark_repaints_what_is_drawn(opened):
    page = settled(opened(WHOLE, color_scheme="light"))
    colour = 'getComputedStyle(document.documentElement).getPropertyValue("--c-author")'
    drawn = (
        '[...document.getElementById("explorer").network.nodes.get()][0].color.background === '
        + colour
        + ".trim()"
    )
    light = page.evaluate(colour)
    page.emulate_media(color_scheme="dark")

    until(page, drawn)
    assert page.evaluate(colour) != light
    assert page.evaluate(INK) > 0.003


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_standalone_file_opens_from_a_disk_without_a_network(opened, browser, tmp_path, scheme):
    page = settled(opened("/explore?view=mixed&kinds=author,paper,method,task"))
    page.get_by_text("Share and download").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="HTML", exact=True).click()
    file = tmp_path / "view.html"
    download.value.save_as(file)

    context = browser.new_context(offline=True, color_scheme=scheme)
    alone, complaints = context.new_page(), []
    alone.on("pageerror", lambda error: complaints.append(str(error)))
    alone.on("console", lambda message: complaints.append(message.text))
    alone.on("dialog", lambda dialog: (complaints.append("a dialog"), dialog.dismiss()))
    alone.on("request", lambda request: complaints.append(request.url))
    alone.goto(file.as_uri())
    settled(alone)
    alone.locator("#twin summary").click()
    alone.get_by_role("button", name=HOSTILE_NAME, exact=True).click()
    expect(alone.locator("#panel h2")).to_have_text(HOSTILE_NAME)
    alone.get_by_role("checkbox", name="Papers").uncheck()

    assert not any("Considered Harmful" in label for label in shown(alone))
    assert alone.evaluate(INK) > 0.003
    assert complaints == [file.as_uri()]
    context.close()


def test_the_evidence_of_a_link_is_also_data(opened, live):
    page = opened(f"/explore/evidence.json?a={quote(RIVERNET)}&b={quote(ADA)}")

    assert json.loads(page.locator("body").inner_text())["a"]["label"] == "RiverNet"
