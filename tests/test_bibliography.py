"""What a bibliography says of a paper, all of it, from the record to the pages."""

import json
import re

import pytest
from pyoxigraph import NamedNode

from scholargraph.extract.mentions import Extraction
from scholargraph.extract.papers import Author, Genre, Paper
from scholargraph.graph import vocab as v
from scholargraph.graph.build import Run
from scholargraph.graph.commit import Committer, Outcome, PaperEntry
from scholargraph.graph.identifiers import addresses, identifiers
from scholargraph.graph.iris import DEFAULT_BASE
from scholargraph.graph.store import Store
from scholargraph.graph.validate import validate

RUN = Run("shelf.bib", "7" * 64, "bibtex", "0.1.0", "none-1")
NOTHING = Extraction((), (), (), (), (), "none-1")

WHOLE = Paper(
    "lindqvist2021",
    "Bridges and Their Shadows",
    "",
    authors=(
        Author("Ada Lindqvist", 1, "0000-0002-1825-0097", ("Lake University", "Bridge Museum")),
        Author("Bo Ek", 2),
    ),
    date="2021-06",
    venue="Journal of Bridges",
    ids=(
        ("doi", "10.5555/bridge.7"),
        ("arxiv", "2106.00007"),
        ("acl", "2021.bridge-1.7"),
        ("pmid", "29456894"),
        ("pmcid", "PMC5815332"),
        ("openalex", "W2741809807"),
        ("s2", "0123456789abcdef0123456789abcdef01234567"),
        ("dblp", "journals/bridges/LindqvistE21"),
        ("isbn", "9780306406157"),
        ("source", "lindqvist2021"),
    ),
    genre="article",
    volume="12",
    issue="3-4",
    pages="101-118",
    publisher="Shadow Press",
    withdrawn=True,
)

ADDRESSES = {
    "https://doi.org/10.5555/bridge.7",
    "https://arxiv.org/abs/2106.00007",
    "https://aclanthology.org/2021.bridge-1.7",
    "https://pubmed.ncbi.nlm.nih.gov/29456894",
    "https://pmc.ncbi.nlm.nih.gov/articles/PMC5815332",
    "https://openalex.org/W2741809807",
    "https://www.semanticscholar.org/paper/0123456789abcdef0123456789abcdef01234567",
    "https://dblp.org/rec/journals/bridges/LindqvistE21",
}


@pytest.fixture
def bridge(store: Store) -> Store:
    """The corpus, and a paper of which everything is known but the abstract."""
    Committer(store).commit([PaperEntry(WHOLE, NOTHING, RUN)], Outcome())
    return store


@pytest.fixture
def shelf(bridge: Store, client):
    """A client of a store with that paper."""
    return client


def test_every_field_of_a_record_is_in_the_graph(bridge):
    with bridge.snapshot() as snapshot:
        said: dict[NamedNode, set[str]] = {}
        for quad in snapshot.quads(NamedNode(f"{DEFAULT_BASE}paper/doi:10.5555/bridge.7")):
            said.setdefault(quad.predicate, set()).add(quad.object.value)
        assert validate(snapshot) == []

    assert said[v.TYPE] == {v.ARTICLE.value, v.RESEARCH_PAPER.value, v.GENRES["article"].value}
    assert said[v.SAME_AS] == ADDRESSES
    assert {name: said[term] for name, term in vars(v).items() if name in EXPECTED} == EXPECTED
    assert v.ABSTRACT not in said


EXPECTED = {
    "DOI": {"10.5555/bridge.7"},
    "ARXIV_ID": {"2106.00007"},
    "VENUE": {"Journal of Bridges"},
    "VOLUME": {"12"},
    "ISSUE": {"3-4"},
    "PAGES": {"101-118"},
    "PUBLISHER": {"Shadow Press"},
    "ISBN": {"9780306406157"},
    "WITHDRAWN": {"true"},
}


def test_its_page_and_its_data_say_so_without_an_abstract(shelf):
    page = shelf.get("/paper/doi:10.5555/bridge.7")
    data = shelf.get("/paper/doi:10.5555/bridge.7.json").get_json()

    assert page.status_code == 200
    assert "The source gives none." in page.text
    assert "Lake University" in page.text and "Bridge Museum" in page.text
    assert data["abstract"] == ""
    assert set(map(tuple, data["ids"])) == {pair for pair in WHOLE.ids if pair[0] in SHOWN}
    fields = ("genre", "volume", "issue", "pages", "publisher", "withdrawn", "isbn")
    assert [data[name] for name in fields] == [
        *("article", "12", "3-4", "101-118", "Shadow Press", True, ["9780306406157"])
    ]
    assert data["authors"][0]["affiliations"] == ["Bridge Museum", "Lake University"]


SHOWN = {"doi", "arxiv", "acl", "pmid", "pmcid", "openalex", "s2", "dblp"}


def test_its_json_ld_names_its_other_addresses(shelf):
    page = shelf.get("/paper/doi:10.5555/bridge.7").text
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    members = json.loads(found[1])

    assert "abstract" not in members
    assert set(members["sameAs"]) == ADDRESSES
    assert members["pagination"] == "101-118"


@pytest.mark.parametrize("suffix", ["ttl", "nt", "jsonld", "rdf"])
def test_it_can_be_had_as_rdf(shelf, suffix):
    answer = shelf.get(f"/paper/doi:10.5555/bridge.7.{suffix}")

    assert answer.status_code == 200
    assert "2741809807" in answer.text


def test_it_is_found_and_listed(shelf):
    found = shelf.get("/search?q=bridges shadows", headers={"Accept": "application/json"})

    assert "paper/doi:10.5555/bridge.7" in found.text
    assert shelf.get("/").status_code == 200
    assert shelf.get("/author/ada-lindqvist").status_code == 200
    assert "Bridges and Their Shadows" in shelf.get("/export/graph.ttl").text


def test_every_sort_of_publication_has_a_class_of_its_own():
    assert set(v.GENRES) == set(Genre.__args__)  # type: ignore[attr-defined]
    assert len(set(v.GENRES.values())) == len(v.GENRES)


def test_identifiers_come_back_from_their_addresses():
    kept = {pair for pair in WHOLE.ids if pair[0] in SHOWN}

    assert set(identifiers(node.value for node in addresses(WHOLE.ids))) == kept


@pytest.mark.parametrize(
    "value", ["10.5555/a b", "10.5555/<x>", "10.1002/(sici)1097;2-#x", "10.5/é"]
)
def test_an_identifier_with_odd_characters_has_an_address_too(value):
    (address,) = addresses([("doi", value)])

    assert list(identifiers([address.value])) == [("doi", value)]


def test_the_doi_that_arxiv_gives_is_the_arxiv_identifier():
    both = addresses([("doi", "10.48550/arXiv.2106.00007"), ("arxiv", "2106.00007")])

    assert [node.value for node in both] == ["https://arxiv.org/abs/2106.00007"]
