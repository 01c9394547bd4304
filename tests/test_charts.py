"""Charts and drawings: what stands in them is what was counted, and names stay text."""

import re
from dataclasses import dataclass
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from scholargraph.graph.catalogue import catalogue
from scholargraph.graph.diagram import diagram
from scholargraph.graph.opening import Link, Node, Picture, picture
from scholargraph.web.charts import bars, reliability, stacks
from scholargraph.web.drawings import diagram as drawn
from scholargraph.web.drawings import network
from scholargraph.web.markdown import html

YEARS = ((2020, 3), (2021, 0), (2022, 5))
COUNTS = st.lists(st.integers(0, 10_000), min_size=1, max_size=40)


@dataclass(frozen=True)
class Bin:
    said: float
    true: float
    candidates: int


def heights(svg: str) -> list[float]:
    return [float(height) for height in re.findall(r'<rect[^>]* height="([\d.]+)"', svg)]


def test_a_bar_is_as_high_as_its_count():
    three, five = heights(bars(YEARS, "Papers", 480))

    assert abs(three / five - 3 / 5) < 0.01


def test_a_year_without_papers_has_a_label_and_no_bar():
    svg = bars(YEARS, "Papers", 480)

    assert ">2021</text>" in svg
    assert "2021:" not in svg


def test_nothing_is_drawn_of_nothing():
    assert bars((), "Papers", 480) == stacks((), (), "Papers", 480) == ""
    assert network(Picture((), ()), "Nothing", lambda iri: iri) == ""


@given(COUNTS)
def test_stacked_bars_add_up_to_the_bars_of_all(counts):
    years = [(2000 + n, count) for n, count in enumerate(counts)]
    halves = [(year, count // 2) for year, count in years]
    rest = [(year, count - count // 2) for year, count in years]

    whole = sum(heights(bars(years, "Papers", 720)))
    parts = sum(heights(stacks([("a", halves), ("b", rest)], years, "Papers", 720)))
    assert abs(whole - parts) <= 0.06 * len(counts) * 2


def test_a_series_is_named_at_its_bar_and_beyond_eight_shares_a_colour():
    series = [(f"kind {n}", [(2020, 1)]) for n in range(10)]
    svg = stacks(series, [(2020, 10)], "Papers", 480)

    assert "<title>2020, kind 0: 1 paper</title>" in svg
    assert svg.count("bar s7") == 3
    assert "s8" not in svg


def test_a_name_in_a_chart_stays_text():
    svg = stacks([("<script>", [(2020, 1)])], [(2020, 1)], '"><script>', 480)

    assert "<script>" not in svg


def test_calibration_stands_where_it_was_measured():
    svg = reliability([Bin(0.5, 0.5, 10), Bin(0.9, 0.7, 40)], "Calibration")

    middle, off = re.findall(r'<circle[^>]* cx="([\d.]+)" cy="([\d.]+)"', svg)
    line = re.search(r'class="even" x1="([\d.]+)" y1="([\d.]+)" x2="([\d.]+)" y2="([\d.]+)"', svg)
    x1, y1, x2, y2 = map(float, line.groups())
    assert abs(float(middle[0]) - (x1 + x2) / 2) < 0.2
    assert abs(float(middle[1]) - (y1 + y2) / 2) < 0.2
    assert "40 candidates: said 0.90, right 0.70" in svg
    assert float(off[1]) > y2  # below the line


def test_a_network_links_every_node_and_keeps_names_text():
    nodes = (
        Node("x:a", "<b>A</b>", "method", 4, 0.0, 0.0),
        Node("x:b", "B" * 40, "task", 2, 50.0, 20.0),
    )
    svg = network(Picture(nodes, (Link(0, 1, 2),)), "Two", lambda iri: f"/at/{iri}")

    assert re.findall(r'<a href="([^"]+)"', svg) == ["/at/x:a", "/at/x:b"]
    assert "<b>" not in svg
    assert "B" * 25 + "…</text>" in svg
    assert "&lt;b&gt;A&lt;/b&gt; and" in svg


def test_the_picture_links_what_papers_name_together(store):
    with store.snapshot() as snapshot:
        found = picture(catalogue(snapshot, store.iris))

    names = [node.name for node in found.nodes]
    pairs = {
        frozenset((names[link.first], names[link.second])): link.papers for link in found.links
    }
    assert pairs[frozenset(("RiverNet", "DeltaSAR"))] == 2
    assert all(node.kind in ("method", "dataset", "task") for node in found.nodes)


def test_the_diagram_has_the_ontologys_classes_and_properties():
    found = diagram()

    arrows = {(arrow.subject, arrow.object): arrow for arrow in found.arrows}
    assert arrows["schema:ScholarlyArticle", "sg:Method"].names == ("sg:usesMethod",)
    assert arrows["sg:Mention", "sg:Sentence"].names == ("sg:inSentence",)
    assert arrows["sg:Method", "skos:Concept"].is_a
    assert {end for pair in arrows for end in pair} == {box.name for box in found.boxes}
    assert "sg:usedFor" in dict(found.loops)["skos:Concept"]


def test_no_name_of_the_diagram_covers_another_or_a_class():
    svg = drawn(diagram(), "Classes")

    boxes = [
        (float(x), float(y), float(x) + float(width), float(y) + float(height))
        for x, y, width, height in re.findall(
            r'<rect x="([-\d]+)" y="([-\d]+)" width="(\d+)" height="(\d+)"', svg
        )
    ]
    small = re.findall(r'class="small" x="([-\d]+)" y="([-\d]+)">([^<]+)<', svg)
    names = [
        (float(x) - 3 * len(name), float(y) - 8, float(x) + 3 * len(name), float(y) + 2)
        for x, y, name in small
    ]
    assert len(names) > 20 and len(boxes) > 15
    assert not [
        (one, other)
        for one, other in combinations([*names, *boxes], 2)
        if min(one[2], other[2]) > max(one[0], other[0])
        and min(one[3], other[3]) > max(one[1], other[1])
    ]


def test_the_last_year_has_room_for_its_label():
    svg = bars([(year, 1) for year in range(1990, 2026)], "Papers", 480)

    labels = [float(place) for place in re.findall(r'middle" x="([\d.]+)"', svg)]
    assert len(labels) > 3
    assert max(labels) + 22 <= 480


def test_every_box_of_ours_leads_to_its_class():
    svg = drawn(diagram(), "Classes")

    assert '<a href="#Mention" class="class ours">' in svg
    assert 'href="#ScholarlyArticle"' not in svg


def test_markdown_keeps_users_markup_text():
    page = html("# A <script>\n\nIt is `x < y` and **sure**.\n\n| a | b |\n|---|--:|\n| 1 | <i> |")

    assert page == (
        "<h2>A &lt;script&gt;</h2>\n<p>It is <code>x &lt; y</code> and <strong>sure</strong>.</p>\n"
        '<div class="scroll" role="region" tabindex="0" aria-label="a"><table><thead><tr>'
        '<th scope="col">a</th><th scope="col">b</th></tr></thead>'
        "<tbody><tr><td>1</td><td>&lt;i&gt;</td></tr></tbody></table></div>"
    )


def test_markdown_keeps_empty_lines_in_code_together():
    assert html("```\na\n\nb\n```") == "<pre><code>a\n\nb</code></pre>"
