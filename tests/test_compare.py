"""Things side by side: what they share, as page, JSON, CSV and LaTeX; how they are chosen."""

import csv
import html
import io
import re
from decimal import Decimal
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from conftest import RUN
from corpus import HOSTILE_NAME, Number, paper
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad

from scholargraph.extract.papers import Author
from scholargraph.graph import vocab as v
from scholargraph.graph.catalogue import catalogue
from scholargraph.graph.commit import Committer, Outcome, PaperEntry
from scholargraph.graph.compare import CompareError, comparison
from scholargraph.graph.comparison_tables import comparison_latex, escaped

BASE = "https://w3id.org/scholargraph"
BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"
RIVERNET, UNET = f"{BASE}/method/rivernet", f"{BASE}/method/u-net"
ADA, WEI, JOSE = (
    f"{BASE}/author/{name}" for name in ("ada-lindqvist", "wei-chen", "jose-garcia-marquez")
)
RESULT = Number(
    "86.0%",
    "86.0",
    "percent",
    metric="mIoU",
    dataset="DeltaSAR",
    task="river segmentation",
    method="DeepRiver",
)
RIVER, RIVERS = f"{BASE}/paper/arxiv:2305.00001", f"{BASE}/paper/doi:10.5555/water.2"


def address(*iris: str, end: str = "", **more: str) -> str:
    pairs = [f"iri={quote(iri, safe='')}" for iri in iris]
    pairs += [f"{name}={quote(value)}" for name, value in more.items()]
    return f"/compare{end}?{'&'.join(pairs)}"


@pytest.fixture
def compared(store):
    """Compares things of the corpus."""
    snapshot = store.snapshot()
    listed = catalogue(snapshot, store.iris)
    return lambda *iris: comparison(snapshot, listed, iris)


def lines(compared, kind: str) -> dict[str, tuple[int, ...]]:
    """The counts of everything of *kind* that stands beside what is compared, by name."""
    return {
        line.thing.name: line.counts
        for section in compared.sections
        if section.kind == kind
        for _, group in section.groups
        for line in group
    }


def test_methods_have_what_their_papers_name_side_by_side(compared):
    found = compared(RIVERNET, UNET)

    assert [(column.name, column.papers) for column in found.columns] == [
        ("RiverNet", 2),
        ("U-Net", 3),
    ]
    assert lines(found, "dataset") == {"DeltaSAR": (2, 1), "CrowdMaps": (0, 1), "WebPages": (0, 1)}
    assert lines(found, "method")["Gated Memory"] == (1, 0)
    assert [(pair.first.name, pair.second.name, pair.papers) for pair in found.joint] == [
        ("RiverNet", "U-Net", 1)
    ]


def test_what_all_share_is_told_from_what_one_has(compared):
    sections = {section.kind: section for section in compared(RIVERNET, UNET).sections}

    assert [line.thing.name for line in sections["dataset"].shared] == ["DeltaSAR"]
    assert [line.thing.name for line in sections["dataset"].one] == ["CrowdMaps", "WebPages"]
    assert sections["dataset"].some == ()


def test_among_three_some_can_share(compared):
    found = {section.kind: section for section in compared(ADA, WEI, JOSE).sections}

    assert "RiverNet" in [line.thing.name for line in found["method"].shared] + [
        line.thing.name for line in found["method"].some
    ]
    assert all(1 < sum(count > 0 for count in line.counts) < 3 for line in found["method"].some)


def test_papers_are_compared_by_what_they_name(compared):
    found = compared(RIVER, RIVERS)

    assert lines(found, "dataset") == {"DeltaSAR": (1, 1)}
    assert lines(found, "author")["Wei Chen"] == (1, 0)
    assert found.joint == ()


def test_results_of_one_place_stand_in_one_row(store):
    other = paper(
        "river-3",
        "Deeper Rivers",
        "{DeepRiver|method} reaches 86.0% {mIoU|metric} on {DeltaSAR|dataset} for "
        "{river segmentation|task}.",
        results=(RESULT,),
        date="2025",
    )
    Committer(store).commit([PaperEntry(*other, RUN)], Outcome())
    with store.snapshot() as snapshot:
        listed = catalogue(snapshot, store.iris)
        found = comparison(snapshot, listed, (RIVERNET, f"{BASE}/method/deepriver"))

    shared = [rivalry for rivalry in found.results if rivalry.shared]
    assert [
        [[claim.result.value for claim in claims] for claims in rivalry.claims]
        for rivalry in shared
    ] == [[[Decimal("84.2")], [Decimal("86")]]]
    assert shared[0].metric.name == "mIoU"


def test_authors_have_the_results_that_their_papers_claim(store):
    other = paper(
        "river-3",
        "Deeper Rivers",
        "{DeepRiver|method} reaches 86.0% {mIoU|metric} on {DeltaSAR|dataset} for "
        "{river segmentation|task}.",
        results=(RESULT,),
        authors=(Author("Amina Diallo", 1),),
    )
    Committer(store).commit([PaperEntry(*other, RUN)], Outcome())
    with store.snapshot() as snapshot:
        listed = catalogue(snapshot, store.iris)
        found = comparison(snapshot, listed, (ADA, f"{BASE}/author/amina-diallo"))

    shared = [rivalry for rivalry in found.results if rivalry.shared]
    assert [
        [[(claim.paper.name, claim.result.exact) for claim in claims] for claims in rivalry.claims]
        for rivalry in shared
    ] == [
        [
            [("RiverNet: Following Water in Radar Images", "84.2%")],
            [("Deeper Rivers", "86.0%")],
        ]
    ]


def test_a_value_that_is_no_number_is_no_result(store):
    node = NamedNode(f"{RIVER}#result-abstract-0-5")
    odd = [
        Quad(node, v.TYPE, v.RESULT_CLAIM),
        Quad(node, v.PART_OF, NamedNode(RIVER)),
        Quad(node, v.VALUE, Literal("many")),
    ]
    with store.writing() as writer:
        writer.apply((), odd)

    with store.snapshot() as snapshot:
        found = catalogue(snapshot, store.iris).claims[RIVER]

    assert {value for value, _ in found} == {84.2, 3.1}


def test_a_baseline_does_not_get_the_value_of_its_rival(compared):
    found = compared(RIVERNET, UNET)

    assert all(not rivalry.claims[1] for rivalry in found.results)


@pytest.mark.parametrize(
    ("iris", "what"),
    [
        ((RIVERNET,), "1 things were given"),
        ((RIVERNET,) * 6, "6 things were given"),
        ((RIVERNET, ADA), "things of one kind"),
        ((RIVERNET, f"{BASE}/method/nothing"), "is no author, paper or concept"),
        ((RIVERNET, "no iri"), "is no author, paper or concept"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_the_reason(compared, iris, what):
    with pytest.raises(CompareError, match=re.escape(what)):
        compared(*iris)


def test_page_and_data_say_the_same(client):
    data = client.get(address(RIVERNET, UNET), headers={"Accept": "application/json"}).json
    page = client.get(address(RIVERNET, UNET), headers={"Accept": BROWSER}).text

    for section in data["sections"]:
        for group in ("shared", "some", "one"):
            for line in section[group]:
                assert line["thing"]["name"] in html.unescape(page)
    assert data["kind"] == "method"


def test_every_number_leads_to_as_many_papers(client):
    page = client.get(address(RIVERNET, UNET), headers={"Accept": BROWSER}).text

    numbers = re.findall(r'<a href="(/paper\?[^"]+)">(\d+)<', page)
    assert len(numbers) > 5
    for link, number in numbers:
        listed = client.get(link.replace("&amp;", "&"), headers={"Accept": "application/json"})
        assert listed.json["total"] == int(number)


def test_a_spreadsheet_gets_the_same_table(client):
    by_suffix = client.get(address(RIVERNET, UNET, end=".csv"))
    by_accept = client.get(address(RIVERNET, UNET), headers={"Accept": "text/csv"})

    rows = list(csv.reader(io.StringIO(by_suffix.text)))
    assert rows[0] == ["about", "what", "RiverNet", "U-Net"]
    assert ["dataset", "DeltaSAR", "2", "1"] in rows
    assert ["method", "papers", "2", "3"] in rows
    assert by_accept.data == by_suffix.data
    assert by_suffix.mimetype == "text/csv"


def test_no_name_is_a_formula_in_a_spreadsheet(store, client):
    hostile = paper("sum-1", "Sums", "We use {=cmd()|method} and {RiverNet|method}.")
    Committer(store).commit([PaperEntry(*hostile, RUN)], Outcome())

    text = client.get(address(RIVERNET, UNET, end=".csv")).text

    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert "'=cmd()" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "@"))]


def test_latex_has_as_many_cells_in_every_row(client):
    text = client.get(address(ADA, WEI, end=".tex")).text

    rows = [line for line in text.splitlines() if line.endswith(r" \\") and " & " in line]
    assert r"\begin{tabular}{lrr}" in text
    assert len(rows) > 5
    assert {len(re.split(r"(?<!\\)&", row)) for row in rows} == {3}


@given(st.text())
def test_latex_never_meets_a_command_of_a_name(name):
    text = escaped(name)

    plain = re.sub(
        r"\\(?:textbackslash|textasciitilde|textasciicircum|textless|textgreater)\{\}", "", text
    )
    assert not re.search(r"(?<!\\)[{}$&%#_~^<>]|\n", plain)
    assert not re.search(r"\\(?![{}$&%#_])", plain)


def test_a_hostile_author_stays_text_in_every_form(compared, client):
    hostile = f"{BASE}/author/img-src-x-onerror-alert-1"
    page = client.get(address(ADA, hostile), headers={"Accept": BROWSER}).text

    assert HOSTILE_NAME not in page
    assert r"onerror=alert(1)\textgreater{}" in comparison_latex(compared(ADA, hostile)).decode()


def test_without_a_choice_there_is_a_search(client):
    page = client.get("/compare", headers={"Accept": BROWSER}).text

    assert 'name="add"' in page
    assert "<table" not in page


def test_a_name_that_is_whole_joins_at_once(client):
    response = client.get(address(RIVERNET, add="u-net"), headers={"Accept": BROWSER})

    assert response.status_code == 303
    chosen = parse_qs(urlsplit(response.headers["Location"]).query)["iri"]
    assert chosen == [RIVERNET, UNET]


def test_a_part_of_a_name_gives_a_choice_of_its_kind(client):
    page = client.get(address(ADA, add="a"), headers={"Accept": BROWSER}).text

    assert "Which one?" in page
    choices = re.search(r"Which one\?.*?</section>", page, re.DOTALL)[0]
    assert "Amina Diallo" in choices
    assert "author" in choices and "tag k-method" not in choices


def test_what_is_near_is_offered(client):
    page = client.get(address(RIVER), headers={"Accept": BROWSER}).text

    assert "Near RiverNet: Following Water in Radar Images" in page
    assert "Rivers over Time with Recurrent RiverNet" in page


def test_each_column_can_be_left_out(client):
    page = client.get(address(RIVERNET, UNET), headers={"Accept": BROWSER}).text

    drops = re.findall(r'<a class="drop" href="([^"]+)"', page)
    assert [parse_qs(urlsplit(link).query)["iri"] for link in drops] == [[UNET], [RIVERNET]]


@pytest.mark.parametrize(
    "wrong",
    [
        address(RIVERNET, ADA),
        address("x", "y"),
        address(*(f"{RIVERNET}{n}" for n in range(6))),
        address(RIVERNET, end=".csv"),
    ],
)
def test_a_comparison_that_is_none_is_a_problem(client, wrong):
    response = client.get(wrong, headers={"Accept": "application/json"})

    assert response.status_code == 400
    assert response.mimetype == "application/problem+json"
