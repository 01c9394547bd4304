"""The pages: what they say, in which form, and that users' text stays text."""

import html
import json
import re
from collections.abc import Iterator
from urllib.parse import quote

import pyoxigraph
import pytest
from conftest import RUN
from corpus import CORPUS, HOSTILE_NAME, HOSTILE_TITLE, PROFILE, paper
from flask.testing import FlaskClient
from pyoxigraph import NamedNode, RdfFormat

from scholargraph.graph.catalogue import KINDS
from scholargraph.graph.commit import Committer, Entry, Outcome, PaperEntry, ProfileEntry
from scholargraph.graph.questions import examples
from scholargraph.graph.store import Store
from scholargraph.server import create_app
from scholargraph.web.remembered import Remembered
from scholargraph.web.service import EXTENSION, Settings

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
BASE = "https://w3id.org/scholargraph"

PAPER = "/paper/arxiv:2305.00001"
WITH_SLASH = "/paper/doi:10.5555/water.2"
HIDDEN = "/paper/maps-from-many-hands-2020"
AUTHOR = "/author/ada-lindqvist"
METHOD = "/method/rivernet"

PAGES = (
    "/",
    "/paper",
    "/author",
    "/method",
    "/dataset",
    "/task",
    "/metric",
    "/search?q=rivernet",
    PAPER,
    WITH_SLASH,
    HIDDEN,
    AUTHOR,
    METHOD,
    "/dataset/kitchenner",
    "/task/river-segmentation",
    "/metric/miou",
    "/category/cs.CV",
    "/profile/ada-lindqvist",
    "/ontology",
    "/sparql",
)


def text_of(page: str) -> str:
    """What a page shows: without tags, blanks run together."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """A client that only reads, one for all tests here: a store a test would cost a minute."""
    store = Store.open(tmp_path_factory.mktemp("pages") / "papers.db", create=True)
    entries: list[Entry] = [ProfileEntry(PROFILE, RUN)]
    entries += [PaperEntry(paper, extraction, RUN) for paper, extraction in CORPUS]
    Committer(store).commit(entries, Outcome())
    app = create_app(Settings(store=store.path))
    with app.test_client() as client:
        yield client
    app.extensions[EXTENSION].close()


@pytest.fixture
def get(reader: FlaskClient):
    """Gets a page as a browser does."""

    def get(address: str, accept: str = BROWSER):
        return reader.get(address, headers={"Accept": accept})

    return get


@pytest.mark.parametrize("address", PAGES)
def test_every_kind_of_page_is_html_for_browsers(get, address):
    response = get(address)

    assert response.status_code == 200
    assert response.mimetype == "text/html"
    assert "Accept" in response.headers["Vary"]
    assert response.text.count("<h1>") == 1


@pytest.mark.parametrize("address", PAGES)
def test_pages_hold_no_inline_script_or_style(get, address):
    page = get(address).text

    scripts = re.findall(r"<script(?![^>]*\bsrc=)([^>]*)>", page)
    assert [s for s in scripts if "application/ld+json" not in s] == []
    assert "<style" not in page
    assert not re.search(r"<[^>]+\s(style|on\w+)=", page.replace(html.escape(HOSTILE_NAME), ""))


@pytest.mark.parametrize("address", PAGES)
def test_every_link_of_a_page_leads_somewhere(get, reader, address):
    links = {html.unescape(link) for link in re.findall(r'href="(/[^"#]*)', get(address).text)}
    dead = set()
    for link in links:
        with reader.get(link) as response:
            if response.status_code >= 400:
                dead.add(link)

    assert dead == set()


def test_the_start_page_counts_what_its_lists_hold(get):
    counts = get("/", "application/json").json["counts"]

    lists = {
        plural: get(f"/{plural.removesuffix('s')}", "application/json").json["total"]
        for plural in counts
    }
    assert counts == lists
    assert counts["papers"] == 8


def test_the_start_page_offers_the_example_questions(get):
    page = get("/").text

    assert all(html.escape(example.question) in page for example in examples())


def test_papers_per_year_are_drawn_and_told(get):
    page = get("/").text

    assert '<svg class="chart"' in page
    assert "2023 2" in text_of(page)


@pytest.mark.parametrize("kind", KINDS)
def test_lists_sort_by_name(get, kind):
    plural, order = f"{kind}s", "title" if kind == "paper" else "name"
    items = get(f"/{kind}?sort={order}", "application/json").json[plural]

    names = [item["title" if kind == "paper" else "name"].casefold() for item in items]
    assert names == sorted(names)


def test_lists_take_papers_of_one_year(get):
    papers = get("/paper?year=2023", "application/json").json["papers"]

    assert {paper["date"][:4] for paper in papers} == {"2023"}


@pytest.mark.parametrize("page", ["0", "-1", "2", "x", "١", "9" * 40, ""])
def test_a_page_that_is_none_is_not_found(get, page):
    assert get(f"/paper?page={page}").status_code == 404


def test_an_unknown_order_is_refused_with_the_known_ones(get):
    response = get("/author?sort=fame", "application/json")

    assert response.status_code == 400
    assert "papers or name" in response.json["detail"]


def test_the_abstract_is_marked_where_the_mentions_are(get):
    page = get(PAPER).text

    abstract = re.search(r'<p class="abstract">(.*?)</p>', page, re.DOTALL)[1]
    phrases = [text_of(mark) for mark in re.findall(r"<mark.*?</mark>", abstract, re.DOTALL)]
    assert phrases == [
        "RiverNet",
        "convolutional network",
        "river segmentation",
        "DeltaSAR",
        "RiverNet",
        "mIoU",
        "river segmentation",
        "U-Net",
    ]
    assert "confidence 0." in abstract


def test_the_marked_abstract_reads_as_the_stored_one(get):
    page, stored = get(PAPER).text, get(PAPER, "application/json").json["abstract"]

    abstract = re.search(r'<p class="abstract">(.*?)</p>', page, re.DOTALL)[1]
    assert html.unescape(re.sub(r"<[^>]*>", "", abstract)) == stored


def test_nodes_of_a_paper_are_places_on_its_page(get, store):
    snapshot = store.snapshot()
    page = get(PAPER).text

    fragments = set(re.findall(r'id="((?:mention|relation|result|author|claim)-[^"]+)"', page))
    known = {
        quad.subject.value.partition("#")[2]
        for quad in snapshot.quads(None, NamedNode("http://purl.org/dc/terms/isPartOf"), None)
    }
    assert len(fragments) > 10
    assert fragments <= known


def test_a_hidden_author_is_told_apart_from_the_listed_ones(get):
    page = text_of(get(HIDDEN).text)

    assert "Bo Ek Mei-Ling O'Neil et al." in page
    assert "Ada Lindqvist is also an author" in page
    assert "position unknown" in page


def test_results_are_claims_with_sign_and_unit(get):
    page = text_of(get(PAPER).text)

    assert "84.2 % mIoU RiverNet DeltaSAR river segmentation" in page
    assert "+3.1 points mIoU RiverNet against U-Net DeltaSAR" in page


def test_a_paper_tells_search_engines_what_it_is(get):
    page = get(PAPER).text

    data = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page)[1])
    assert data["@type"] == "ScholarlyArticle"
    assert data["headline"] == "RiverNet: Following Water in Radar Images"
    assert [author["name"] for author in data["author"]][0] == "Ada Lindqvist"


def test_search_engines_hear_where_a_paper_appeared(store, client):
    made = paper(
        "vol-1",
        "In a Volume",
        "{RiverNet|method} again.",
        venue="Journal of Water",
        volume="12",
        issue="3",
        pages="1-9",
        publisher="Lake Press",
        withdrawn=True,
    )
    Committer(store).commit([PaperEntry(*made, RUN)], Outcome())

    page = client.get("/paper/in-a-volume", headers={"Accept": BROWSER}).text

    data = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page)[1])
    assert data["isPartOf"]["issueNumber"] == "3"
    assert data["isPartOf"]["isPartOf"]["volumeNumber"] == "12"
    assert data["isPartOf"]["isPartOf"]["isPartOf"]["name"] == "Journal of Water"
    assert (data["pagination"], data["publisher"]["name"]) == ("1-9", "Lake Press")
    assert "withdrawn or retracted" in page
    assert "volume 12, issue 3, pages 1-9" in text_of(page)


def test_an_author_sees_the_sources_claims_beside_what_the_graph_counts(get):
    page = text_of(get(AUTHOR).text)

    assert "4 " in page[page.index("What the graph counts") :]
    claims = page[page.index("What the source claims") :]
    assert "Papers 4 papers of this graph that name the author nothing" in claims
    assert (
        "h-index – no source says how often these papers are cited "
        "9 said by corpus.txt on 2026-02-11; not checkable here" in claims
    )
    assert "Novelty – not checkable here: how it is made is not said 51 % said by" in claims


def test_an_author_has_papers_coauthors_and_concepts(get):
    author = get(AUTHOR, "application/json").json

    assert {paper["title"]: paper["position"] for paper in author["papers"]} == {
        "Rivers over Time with Recurrent RiverNet": 2,
        "RiverNet: Following Water in Radar Images": 1,
        f"{HOSTILE_TITLE} Considered Harmful to Text Classification": 2,
        "Maps from Many Hands": None,
    }
    assert author["coauthors"][0] == {
        "iri": f"{BASE}/author/jose-garcia-marquez",
        "name": "José García-Márquez",
        "papers": 2,
        "first": "2023",
        "last": "2024",
    }
    assert [concept["name"] for concept in author["concepts"]["dataset"]][0] == "DeltaSAR"


def test_a_concept_quotes_the_sentences_that_name_it(get):
    page = get(METHOD).text

    quotes = [text_of(q) for q in re.findall(r"<blockquote>(.*?)</blockquote>", page, re.DOTALL)]
    assert "We propose RiverNet , a convolutional network for river segmentation." in quotes[2]
    assert "Introduced by RiverNet: Following Water in Radar Images (2023)" in text_of(page)


def test_relations_read_from_both_ends(get):
    assert "evaluated on DeltaSAR" in text_of(get(METHOD).text)
    assert "evaluates RiverNet" in text_of(get("/dataset/deltasar").text)


@pytest.mark.parametrize(
    ("suffix", "media"),
    [
        (".ttl", "text/turtle"),
        (".nt", "application/n-triples"),
        (".jsonld", "application/ld+json"),
        (".rdf", "application/rdf+xml"),
    ],
)
@pytest.mark.parametrize("address", [PAPER, WITH_SLASH, AUTHOR, METHOD, "/category/cs.CV"])
def test_a_resource_is_the_same_graph_by_suffix_and_by_accept(get, address, suffix, media):
    by_suffix, by_accept = get(address + suffix), get(address, media)

    assert by_suffix.mimetype == by_accept.mimetype == media
    assert by_suffix.data == by_accept.data
    triples = list(pyoxigraph.parse(by_suffix.data, RdfFormat.from_media_type(media)))
    assert NamedNode(BASE + address) in {triple.subject for triple in triples}


def test_a_resource_names_its_other_forms(get):
    response = get(WITH_SLASH)

    assert f'<{WITH_SLASH}.ttl>; rel="alternate"; type="text/turtle"' in response.headers["Link"]
    assert f'href="{WITH_SLASH}.jsonld"' in response.text


def test_headers_stay_ascii_for_names_of_any_script(get):
    response = get(f"/author/{quote('何-良华')}")

    assert response.status_code == 200
    assert response.headers["Link"].isascii()


def test_a_form_that_no_resource_has_is_not_acceptable(get):
    assert get(AUTHOR, "image/png").status_code == 406


@pytest.mark.parametrize(
    "address",
    [
        "/author/nobody",
        "/paper/doi:10.1//x",
        "/method/nope.ttl",
        "/method/%00",
        "/method/%FF",
        f"/method/{'x' * 9000}",
        "/venue/x",
    ],
)
def test_an_unknown_resource_is_a_problem_document_or_a_page(get, address):
    for_programs, for_people = get(address, "application/json"), get(address)

    assert (for_programs.status_code, for_people.status_code) == (404, 404)
    assert for_programs.mimetype == "application/problem+json"
    assert for_people.mimetype == "text/html"


@pytest.mark.parametrize("address", PAGES)
def test_markup_in_names_and_titles_stays_text(get, address):
    page = get(address).text

    assert HOSTILE_TITLE not in page
    assert "<img" not in page
    assert "<friends>" not in page


def test_markup_in_a_title_reads_as_it_was_written(get):
    page = get("/paper").text

    assert html.escape(HOSTILE_TITLE) in page


def test_an_address_that_is_no_web_address_is_no_link(store: Store, client: FlaskClient):
    code = NamedNode("https://schema.org/codeRepository")
    quad = pyoxigraph.Quad(NamedNode(BASE + PAPER), code, NamedNode("javascript:alert(1)"))
    with store.writing() as writer:
        writer.apply([], [quad])

    pages = [client.get(address, headers={"Accept": BROWSER}).text for address in (PAPER, AUTHOR)]
    assert all("javascript:alert(1)" in page for page in pages)
    assert not any('href="javascript:' in page for page in pages)


def test_an_import_shows_without_a_restart(store: Store, client: FlaskClient):
    before = client.get("/", headers={"Accept": "application/json"}).json["counts"]["papers"]
    paper = NamedNode(f"{BASE}/paper/new-2026")
    kind = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
    article = NamedNode("https://schema.org/ScholarlyArticle")
    with store.writing() as writer:
        writer.apply([], [pyoxigraph.Quad(paper, kind, article)])

    after = client.get("/", headers={"Accept": "application/json"}).json["counts"]["papers"]
    assert (before, after) == (8, 9)


def test_a_store_without_papers_says_how_to_begin(empty_store: Store):
    with empty_store.writing():
        pass
    client = create_app(Settings(store=empty_store.path)).test_client()

    addresses = ("/", "/paper", "/author", "/search?q=x")
    pages = {address: client.get(address, headers={"Accept": BROWSER}) for address in addresses}
    assert {page.status_code for page in pages.values()} == {200}
    assert "scholargraph import" in pages["/"].text


def test_a_page_that_did_not_change_is_not_sent_again(get, reader):
    tag = get(METHOD).headers["ETag"]

    again = reader.get(METHOD, headers={"Accept": BROWSER, "If-None-Match": tag})
    otherwise = reader.get(METHOD, headers={"Accept": "text/turtle", "If-None-Match": tag})
    assert (again.status_code, otherwise.status_code) == (304, 200)


def test_a_page_of_a_changed_paper_changes(store: Store, client: FlaskClient):
    def title() -> str:
        return client.get(PAPER, headers={"Accept": "application/json"}).json["title"]

    before = title(), title()
    with store.writing() as writer:
        writer.update(
            "PREFIX dct: <http://purl.org/dc/terms/> "
            f"DELETE WHERE {{ <{BASE}{PAPER}> dct:title ?title }}; "
            f"INSERT DATA {{ <{BASE}{PAPER}> dct:title 'Another title' }}"
        )

    assert before == ("RiverNet: Following Water in Radar Images",) * 2
    assert title() == "Another title"


def test_remembered_answers_stay_below_their_bound():
    memory = Remembered(most=250)
    for name in "abc":
        memory.put((name, "", "", ""), bytes(100), [])

    assert memory.get(("a", "", "", "")) is None
    assert memory.get(("c", "", "", "")) == (bytes(100), [])


def test_a_size_and_its_model_lead_to_each_other(store, client):
    sized = paper("sized-1", "Sizes", "We tune {BERT-large|method|BERT-large}.")
    Committer(store).commit([PaperEntry(*sized, RUN)], Outcome())

    size = client.get("/method/bert-large", headers={"Accept": BROWSER}).text
    model = client.get("/method/bert", headers={"Accept": BROWSER}).text

    assert 'A size of <a href="/method/bert">BERT</a>' in size
    assert '<a href="/method/bert-large">BERT-large</a>' in model
