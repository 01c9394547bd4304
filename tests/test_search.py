"""Search: names found as people type them, and nothing that anybody types breaks it."""

import pytest
from corpus import HOSTILE_NAME, HOSTILE_TITLE
from flask.testing import FlaskClient

from scholargraph.graph.catalogue import catalogue
from scholargraph.graph.search import MAX_WORDS, Index, fold
from scholargraph.graph.store import Store


@pytest.fixture
def index(store: Store) -> Index:
    with store.snapshot() as snapshot:
        return Index.build(catalogue(snapshot, store.iris), snapshot)


def first(index: Index, question: str) -> str | None:
    """The name of the best hit of the best kind."""
    found = index.search(question, limit=5)
    return next((group.hits[0].name for group in found.values()), None)


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("RiverNet", "RiverNet"),
        ("rivernet", "RiverNet"),
        ("riverne", "RiverNet"),
        ("rivernte", "RiverNet"),
        ("RivrNet", "RiverNet"),
        ("river segmentation", "river segmentation"),
        ("river segm", "river segmentation"),
        ("river segmantation", "river segmentation"),
        ("u-net", "U-Net"),
        ("U Net", "U-Net"),
        ("unet", "U-Net"),
        ("UNET", "U-Net"),
        ("LLM", "Large Language Model"),
        ("ner", "Named Entity Recognition"),
        ("garcia marquez", "José García-Márquez"),
        ("García-Márquez", "José García-Márquez"),
        ("lindqvist ada", "Ada Lindqvist"),
        ("lindquist", "Ada Lindqvist"),
        ("何", "何 良华"),
        ("良华", "何 良华"),
        ("small language models", "Small Language Models Read Recipes"),
        ("2305.00001", "RiverNet: Following Water in Radar Images"),
    ],
)
def test_names_are_found_as_people_type_them(index, question, name):
    assert first(index, question) == name


def test_a_whole_name_comes_before_names_that_begin_with_it(index):
    (best, *others) = index.search("KitchenNER", limit=5)["dataset"].hits

    assert best.name == "KitchenNER"
    assert index.search("KitchenNER", limit=5)["paper"].hits[0].name.startswith("KitchenNER in")


def test_hits_of_one_kind_are_ordered_by_their_papers(index):
    names = [hit.name for hit in index.search("riv", limit=5)["method"].hits]

    assert names[0] == "RiverNet"


def test_a_papers_authors_and_its_abstract_find_it(index):
    assert index.search("volunteers", limit=5)["paper"].hits[0].name == "Maps from Many Hands"
    assert {hit.name for hit in index.search("noor", limit=5)["paper"].hits} == {
        "Maps from Many Hands"
    }


def test_what_nobody_is_called_is_not_found(index):
    assert index.search("zzzzqqqq", limit=5) == {}


HOSTILE = [
    '"',
    ":",
    "*",
    "(",
    "a:b",
    "title:(x OR",
    "\\",
    "/",
    "[a TO b]",
    "~2^9",
    "+-&&||!",
    "\x00",
    "\ud800",
    "𝔸",
    " ",
    "",
    "%",
    "' OR 1=1 --",
    HOSTILE_TITLE,
    HOSTILE_NAME,
    "x" * 10_240,
    "x " * 5_120,
    '"' * 10_240,
]


@pytest.mark.parametrize("question", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("path", ["/search", "/suggest"])
def test_whatever_is_typed_gets_an_answer(client: FlaskClient, path, question):
    encoded = question.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    for accept in ("text/html", "application/json"):
        response = client.get(path, query_string={"q": encoded}, headers={"Accept": accept})

        assert response.status_code == 200
        assert "<script>alert" not in response.text or response.mimetype == "application/json"
        assert len(response.data) < 100_000


def test_a_search_page_repeats_the_question_as_text(client: FlaskClient):
    page = client.get("/search", query_string={"q": HOSTILE_NAME}, headers={"Accept": "text/html"})

    assert "&#34;&gt;&lt;img src=x onerror=alert(1)&gt;" in page.text
    assert "<img" not in page.text


def test_suggestions_say_where_their_pages_are(client: FlaskClient):
    suggestions = client.get("/suggest?q=rivernet").json["suggestions"]

    assert suggestions[0]["name"] == "RiverNet"
    assert client.get(suggestions[0]["address"]).status_code == 200


def test_a_name_that_an_import_brings_is_found(client: FlaskClient, store: Store):
    before = client.get("/search?q=lakeformer", headers={"Accept": "application/json"}).json
    with store.writing() as writer:
        writer.update(
            "PREFIX sg: <https://w3id.org/scholargraph/ns#> "
            "PREFIX skos: <http://www.w3.org/2004/02/skos/core#> "
            "INSERT DATA { <https://w3id.org/scholargraph/paper/arxiv:2305.00001> sg:usesMethod "
            "<https://w3id.org/scholargraph/method/lakeformer> . "
            "<https://w3id.org/scholargraph/method/lakeformer> skos:prefLabel 'LakeFormer' }"
        )

    after = client.get("/search?q=lakeformer", headers={"Accept": "application/json"}).json
    assert before["found"] == {}
    assert after["found"]["method"]["hits"][0]["name"] == "LakeFormer"


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Fréchet Inception-Distance", "frechet inception distance"),
        ("ŁÓDŹ", "łodz"),
        ("Straße", "strasse"),
        ("ﬁne-tuning", "fine tuning"),
        ("何良华", "何 良 华"),
        ("C++ & F#", "c f"),
    ],
)
def test_folding_takes_away_what_readers_type_otherwise(text, folded):
    assert fold(text) == folded


def test_long_questions_are_cut_to_their_first_words(index):
    question = "rivernet " * (MAX_WORDS * 100)

    assert index.search(question, limit=5) is not None
