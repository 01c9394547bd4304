"""The view's controls in a browser: communities, paths, sliders, pins, undo, filters, files."""

import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from corpus import HOSTILE_NAME
from explore_page import ADA, BASE, PLACE, PLACES, address, settled, shown, until
from playwright.sync_api import expect

AMINA, BO, WEI = (f"{BASE}author/{n}" for n in ("amina-diallo", "bo-ek", "wei-chen"))
PATH = f"/explore?view=path&a={quote(BO)}&b={quote(AMINA)}"
NETWORK = 'document.getElementById("explorer").network'


def status(page):
    return page.locator("#status")


def select(page, iri: str) -> None:
    page.evaluate(f"(id) => {NETWORK}.show(id)", iri)


def test_the_corpus_folds_into_communities_and_one_opens(opened):
    page = settled(opened("/explore"))
    page.get_by_role("checkbox", name="Fold into communities").check()
    expect(page.locator("#heading")).to_have_text("Communities of authors")
    expect(status(page)).to_contain_text("which hold 9 of 9 authors")
    page.locator("#twin summary").click()
    first = page.locator("#node-table tbody tr").first
    expect(first.locator("td").first).to_have_text("community")
    members = int(first.locator("td").nth(2).inner_text())
    first.get_by_role("button").click()
    expect(page.locator("#panel")).to_contain_text(f"{members} members on")
    page.locator("#panel").get_by_role("button", name="Open", exact=True).click()

    expect(page.locator("#heading")).to_contain_text("The community of")
    assert len(shown(page)) == members
    expect(page).to_have_url(re.compile("community="))
    again = settled(opened(address(page)))
    assert shown(again) == shown(page)
    page.get_by_role("button", name="All communities").click()
    expect(page.locator("#heading")).to_have_text("Communities of authors")
    page.go_back()
    expect(page.locator("#heading")).to_contain_text("The community of")


def test_a_double_click_opens_a_community(opened):
    page = settled(opened("/explore?view=concepts&fold=yes"))
    first = page.evaluate(f"{NETWORK}.ranked[0]")
    page.mouse.dblclick(*page.evaluate(PLACE, first))

    expect(page.locator("#heading")).to_contain_text("The community of")


def test_a_path_is_found_by_name_with_the_keyboard(opened):
    page = settled(opened("/explore"))
    page.locator("#view").select_option("path")
    expect(status(page)).to_contain_text("Choose two things by name")
    page.get_by_role("searchbox", name="From", exact=True).fill("bo ek")
    expect(
        page.get_by_role("list", name="Matches for from").get_by_role("button").first
    ).to_have_text("Bo Ek")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_role("searchbox", name="To", exact=True).fill("amina")
    page.get_by_role("list", name="Matches for to").get_by_role("button").first.wait_for()
    page.keyboard.press("Enter")

    expect(page.locator("#heading")).to_have_text("From Bo Ek to Amina Diallo")
    expect(status(page)).to_contain_text(re.compile("shortest path leads over 3 papers"))
    expect(page.locator("#panel .steps li")).to_have_count(3)
    expect(page.locator("#panel .steps h3 a").first).to_have_attribute(
        "href", "/paper/maps-from-many-hands-2020"
    )


def test_each_step_of_a_path_shows_its_sentences(opened):
    a, b = f"{BASE}dataset/deltasar", f"{BASE}method/u-net"
    page = settled(opened(f"/explore?view=path&a={quote(a)}&b={quote(b)}"))

    marked = page.locator("#panel .steps li mark")
    expect(marked.first).to_be_visible()
    assert {"DeltaSAR", "U-Net"} <= set(marked.all_inner_texts())
    page.get_by_role("checkbox", name="Methods").uncheck()
    expect(page.locator("#heading")).to_have_text("From DeltaSAR to U-Net")
    expect(marked.first).to_be_visible()


def test_a_path_leads_from_one_chosen_node_to_another(opened):
    page = settled(opened("/explore"))
    select(page, BO)
    page.get_by_role("button", name="Path from here").click()
    select(page, AMINA)
    page.get_by_role("button", name="Path to here").click()

    expect(page.locator("#heading")).to_have_text("From Bo Ek to Amina Diallo")
    assert parse_qs(urlsplit(address(page)).query)["a"] == [BO]
    again = settled(opened(address(page)))
    assert shown(again) == shown(page)


def test_that_there_is_no_path_is_said(opened):
    page = settled(opened(f"{PATH}&kinds=dataset"))

    expect(status(page)).to_contain_text("There is no path")
    assert shown(page) == {"Bo Ek", "Amina Diallo"}


def test_the_slider_of_years_has_two_thumbs_for_the_keyboard(opened):
    page = settled(opened("/explore?view=concepts"))
    before = page.evaluate(PLACES)
    page.get_by_role("slider", name="From year, slider").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_label("From year", exact=True)).to_have_value("2021")
    expect(page).to_have_url(re.compile("from=2021"))
    page.get_by_role("slider", name="To year, slider").focus()
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(re.compile("to=2023"))
    after = page.evaluate(PLACES)
    assert 0 < len(after) < len(before)
    assert all(after[iri] == before[iri] for iri in after)

    page.keyboard.press("Home")
    expect(page.get_by_label("From year", exact=True)).to_have_value("")
    expect(page.get_by_label("To year", exact=True)).to_have_value("2020")


def test_confidence_bounds_the_picture_and_its_evidence(opened):
    page = settled(opened("/explore?view=concepts"))
    every = shown(page)
    page.locator("#confidence").focus()
    page.keyboard.press("End")
    expect(page).to_have_url(re.compile("confidence=1"))
    expect(status(page)).to_contain_text("Nothing matches")
    expect(page.locator("#confidence-told")).to_have_text("1.00")
    page.locator("#confidence").fill("0.8")

    expect(page).to_have_url(re.compile("confidence=0.8"))
    until(page, f"{NETWORK}.shownThings().length > 0")
    assert shown(page) < every


def test_a_kind_that_was_not_loaded_joins_and_moves_nothing(opened):
    page = settled(opened("/explore?view=concepts"))
    before = page.evaluate(PLACES)
    page.get_by_role("checkbox", name="Metrics").check()
    expect(page.locator('.kind[data-kind="metric"] .count')).to_have_text("3")

    after = page.evaluate(PLACES)
    assert len(after) > len(before)
    assert all(after[iri] == before[iri] for iri in before)


def test_a_dragged_node_is_pinned_and_stays_where_it_is(opened):
    page = settled(opened("/explore"))
    x, y = page.evaluate(PLACE, ADA)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y + 40, steps=4)
    page.mouse.up()
    expect(page.get_by_role("button", name="Unpin all")).to_be_visible()
    place = page.evaluate(PLACES)[ADA]
    page.get_by_role("button", name="Arrange").click()
    settled(page)
    until(page, f"!{NETWORK}.net.physics.physicsEnabled")
    assert page.evaluate(PLACES)[ADA] == place

    again = settled(opened(address(page)))
    assert again.evaluate(PLACES)[ADA] == pytest.approx(place, abs=0.1)
    again.get_by_role("button", name="Unpin all").click()
    expect(again.get_by_role("button", name="Unpin all")).to_be_hidden()
    expect(again).not_to_have_url(re.compile("pin="))


def test_what_was_done_is_undone_step_by_step(opened):
    page = settled(opened("/explore"))
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_disabled()
    every, places = shown(page), page.evaluate(PLACES)
    page.locator("#network .vis-network").focus()
    page.keyboard.press("n")
    page.keyboard.press("h")
    assert len(shown(page)) == len(every) - 1
    page.keyboard.press("n")
    page.keyboard.press("i")
    expect(page.locator("#panel").get_by_role("button", name="Unpin")).to_be_visible()
    page.get_by_label("Joint papers, at least").fill("2")
    page.keyboard.press("Tab")
    expect(status(page)).to_contain_text(re.compile("^[0-9] nodes, 1 link"))

    undo.click()
    assert len(shown(page)) == len(every) - 1
    assert page.get_by_label("Joint papers, at least").input_value() == "1"
    assert page.evaluate(f"{NETWORK}.pins.size") == 1
    undo.click()
    assert page.evaluate(f"{NETWORK}.pins.size") == 0
    page.locator("#network .vis-network").focus()
    page.keyboard.press("u")
    assert shown(page) == every
    assert page.evaluate(PLACES) == places
    expect(undo).to_be_disabled()


def test_the_browsers_back_brings_back_what_was_hidden(opened):
    page = settled(opened("/explore"))
    every = shown(page)
    select(page, WEI)
    page.get_by_role("button", name="Hide", exact=True).click()
    expect(page).to_have_url(re.compile("hide="))
    page.go_back()

    until(page, f"{NETWORK}.shownThings().length === {len(every)}")
    expect(page).not_to_have_url(re.compile("hide="))
    page.go_forward()
    until(page, f"{NETWORK}.shownThings().length === {len(every) - 1}")


def test_the_tables_filter_the_picture_sort_and_show_what_is_chosen(opened):
    page = settled(opened("/explore"))
    page.locator("#twin summary").click()
    page.get_by_label("Only names with").fill("garcia")
    expect(page.locator("#node-table tbody tr")).to_have_count(1)
    assert shown(page) == {"José García-Márquez"}
    page.get_by_label("Only names with").fill("")
    assert len(shown(page)) == 9

    page.locator("#node-table").get_by_role("button", name="Name", exact=True).click()
    names = page.locator("#node-table tbody th").all_inner_texts()
    assert names[1:] == sorted(names[1:], key=str.casefold)
    select(page, ADA)
    chosen = page.locator("#node-table tr.chosen")
    expect(chosen).to_have_count(1)
    expect(chosen).to_contain_text("Ada Lindqvist")
    expect(chosen.get_by_role("button")).to_have_attribute("aria-current", "true")


def test_a_chosen_link_is_part_of_the_address(opened):
    page = settled(opened("/explore"))
    page.locator("#twin summary").click()
    page.locator("#link-table tbody button").first.click()
    page.locator("#panel .behind h3").first.wait_for()

    again = settled(opened(address(page)))
    expect(again.locator("#panel h2")).to_have_text(page.locator("#panel h2").inner_text())


def test_the_query_behind_the_view_answers_with_its_nodes(opened):
    page = settled(opened(f"/explore?focus={quote(ADA)}&hide={quote(WEI)}"))
    nodes = set(page.evaluate(f"{NETWORK}.shownThings().map((thing) => thing.id)"))
    page.get_by_text("Share and download").click()
    page.get_by_role("link", name="The query behind this view").click()
    page.wait_for_url(re.compile("/sparql"))
    expect(page.locator("#answer")).to_be_visible()
    query = page.locator("#query").input_value()

    response = page.request.post(
        "/sparql", form={"query": query}, headers={"Accept": "application/sparql-results+json"}
    )
    found = response.json()["results"]["bindings"]
    assert {row["node"]["value"] for row in found} == nodes


def test_the_picture_is_saved_as_svg_with_names_and_a_legend(opened, tmp_path):
    page = settled(opened("/explore?view=mixed&kinds=author,paper,method,task"))
    page.get_by_text("Share and download").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="SVG").click()
    file = tmp_path / "view.svg"
    download.value.save_as(file)

    space = "{http://www.w3.org/2000/svg}"
    root = ElementTree.parse(file).getroot()
    assert root.tag == f"{space}svg"
    titles = {title.text for title in root.iter(f"{space}title")}
    assert {HOSTILE_NAME, "Everything in the whole graph"} <= titles
    texts = [text.text for text in root.iter(f"{space}text")]
    assert any(text.startswith("Authors ") for text in texts)
    assert len(texts) > 10
    assert {part.tag.removeprefix(space) for part in root.iter()} <= {
        *("svg", "title", "rect", "g", "line", "circle", "polygon", "text"),
    }


@pytest.mark.parametrize("name", ["VOSviewer", "Cytoscape", "GEXF", "Links (CSV)"])
def test_the_network_is_saved_for_other_programs(opened, name):
    page = settled(opened(f"/explore?focus={quote(ADA)}"))
    page.get_by_text("Share and download").click()
    with page.expect_download() as download:
        page.get_by_role("link", name=name).click()

    text = Path(download.value.path()).read_text("utf-8")
    assert "Ada Lindqvist" in text
    if name in ("VOSviewer", "Cytoscape"):
        json.loads(text)


def test_sizes_and_widths_have_a_legend(opened):
    page = settled(opened("/explore"))

    expect(page.locator("#sizes")).to_contain_text("Size: papers")
    expect(page.locator("#sizes")).to_contain_text("Width: joint papers")
    assert page.locator("#sizes circle").count() >= 2


@pytest.mark.parametrize("address", ["/explore", PATH, "/explore?fold=yes"])
def test_without_scripts_the_page_is_tables_and_forms(opened, address):
    page = opened("/search", java_script_enabled=False)

    def bare(route) -> None:
        # Chromium without scripts shows what stands in noscript; its driver's switch comes later.
        response = route.fetch()
        text = re.sub("</?noscript>", "", response.text())
        route.fulfill(response=response, body=text)

    page.route(re.compile(r"/explore(\?|$)"), bare)
    page.goto(address)

    expect(page.get_by_text("The picture needs JavaScript")).to_be_visible()
    expect(page.locator("#network")).to_be_hidden()
    assert page.locator("#main > table tbody tr").count() >= 3
    page.get_by_label("View").select_option("concepts")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("h1")).to_contain_text(re.compile("oncepts"))
    expect(page.locator("#main > table").first.locator("td").first).to_have_text(
        re.compile("method|dataset|task|community")
    )


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("address", [PATH, "/explore?view=concepts&fold=yes"])
def test_paths_and_communities_break_no_accessibility_rule(opened, address, scheme, width):
    page = settled(opened(address, color_scheme=scheme, width=width))
    if width == 390:
        page.locator("#controls summary").click()
    page.get_by_text("Share and download").click()
    page.locator("#twin summary").click()

    found = Axe().run(page).response["violations"]
    assert [(rule["id"], [node["target"] for node in rule["nodes"]]) for rule in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_every_control_is_reached_with_the_tab_key(opened):
    page = settled(opened("/explore"))
    page.locator("#focus-text").focus()
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.className"))

    assert {
        *("view", "fold", "from", "to", "from-thumb", "to-thumb", "confidence", "min", "limit"),
        *("find-text", "closer", "farther", "fit", "arrange", "vis-network"),
    } <= reached
