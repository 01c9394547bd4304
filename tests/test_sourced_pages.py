"""What pages and commands say of papers of several sources, and of citations."""

import json

import pytest
from pyoxigraph import DefaultGraph, NamedNode

from scholargraph.extract.mentions import Extraction
from scholargraph.extract.papers import Author, Paper, Reference, SourceClaim
from scholargraph.graph import vocab as v
from scholargraph.graph.build import Run
from scholargraph.graph.commit import Committer, Outcome, PaperEntry
from scholargraph.graph.iris import DEFAULT_BASE
from scholargraph.graph.questions import named_query
from scholargraph.graph.removal import remove
from scholargraph.graph.rulings import Rulings
from scholargraph.graph.store import Store

NOTHING = Extraction((), (), (), (), (), "none-1")
TITLE = "A Bridge <Seen> from Below"
AUTHORS = (Author("Ada Lindqvist", 1), Author("Bo Ek", 2))
PREPRINT = Paper(
    *("2001.00001", TITLE, "Long ago, and at length.", AUTHORS),
    date="2019-12-30",
    ids=(("arxiv", "2001.00001"),),
    references=(
        Reference((("doi", "10.5555/cited"),), "Cited <by> Many", "2001"),
        Reference((("arxiv", "2305.00001"),)),
    ),
)
PRINTED = Paper(
    *("lindqvist", TITLE, "Short.", AUTHORS[:1]),
    date="2020",
    venue="Journal <of> Bridges",
    ids=(("doi", "10.5555/bridge"), ("arxiv", "2001.00001")),
    claims=(SourceClaim("citations", 7),),  # type: ignore[arg-type]
)


def entry(paper: Paper, file: str) -> PaperEntry:
    run = Run(file, file.encode().hex().ljust(64, "0")[:64], "jsonl", "0.1.0", "none-1")
    return PaperEntry(paper, NOTHING, run)


@pytest.fixture
def sourced(store: Store) -> Store:
    """The corpus, and a paper of two sources that cites a paper of it."""
    for paper, file in ((PREPRINT, "<arxiv>.jsonl"), (PRINTED, "shelf.jsonl")):
        Committer(store).commit([entry(paper, file)], Outcome())
    return store


@pytest.fixture
def site(sourced: Store, client):
    return client


def test_a_page_shows_where_sources_disagree_and_who_says_what(site):
    page = site.get("/paper/arxiv:2001.00001").text

    assert "Sources disagree" in page
    assert "2 records of this paper" in page
    assert "Journal &lt;of&gt; Bridges" in page
    assert "<arxiv>" not in page and "&lt;arxiv&gt;.jsonl" in page
    assert "Seen>" not in page


def test_the_data_of_a_page_has_conflicts_by_field_value_and_source(site):
    data = site.get("/paper/arxiv:2001.00001.json").get_json()

    found = {
        conflict["field"]: [
            (value, [source["name"] for source in sources]) for value, sources in conflict["values"]
        ]
        for conflict in data["conflicts"]
    }
    assert {field: sorted(values) for field, values in found.items()} == {
        "year": [("2019", ["<arxiv>.jsonl"]), ("2020", ["shelf.jsonl"])],
        "number of authors": [("1", ["shelf.jsonl"]), ("2", ["<arxiv>.jsonl"])],
    }
    assert {record["venue"] for record in data["records"]} == {None, "Journal <of> Bridges"}
    assert [claim["value"] for claim in data["claims"]] in ([7], ["7"])


def test_a_paper_of_one_source_shows_no_disagreement(site):
    page = site.get("/paper/arxiv:2305.00001").text

    assert "Sources disagree" not in page and "records of this paper" not in page


def test_a_page_shows_what_a_paper_cites_and_what_cites_it(site):
    citing = site.get("/paper/arxiv:2001.00001")
    cited = site.get("/paper/arxiv:2305.00001.json").get_json()

    assert "Cited &lt;by&gt; Many" in citing.text and "known from references" in citing.text
    assert cited["cited_by"]["total"] == 1
    assert cited["cited_by"]["works"] == [
        {
            "iri": f"{DEFAULT_BASE}paper/arxiv:2001.00001",
            "title": TITLE,
            "year": "2019",
            "here": True,
        }
    ]
    members = json.loads(
        citing.text.partition('application/ld+json">')[2].partition("</script>")[0]
    )
    assert {work["@id"].removeprefix(DEFAULT_BASE) for work in members["citation"]} == {
        "work/doi:10.5555/cited",
        "paper/arxiv:2305.00001",
    }


def test_every_identifier_of_a_paper_leads_to_it(site):
    for place in ("paper/doi:10.5555/bridge", "work/doi:10.5555/bridge", "work/arxiv:2001.00001"):
        answer = site.get(f"/{place}")
        assert answer.status_code == 308
        assert answer.location.endswith("/paper/arxiv:2001.00001")
    data = site.get("/paper/doi:10.5555/bridge.ttl")
    assert (data.status_code, data.location.rpartition("/")[2]) == (308, "arxiv:2001.00001.ttl")
    assert site.get("/paper/doi:10.5555/nothing").status_code == 404


def test_a_work_has_a_page_until_it_is_a_paper(site, sourced):
    assert "Cited &lt;by&gt; Many" in site.get("/work/doi:10.5555/cited").text

    cited = Paper("c", "Cited by Many", "", AUTHORS, date="2001", ids=(("doi", "10.5555/cited"),))
    Committer(sourced).commit([entry(cited, "c.jsonl")], Outcome())
    answer = site.get("/work/doi:10.5555/cited")
    assert answer.status_code == 308
    assert answer.location.endswith("/paper/doi:10.5555/cited")

    remove(sourced, ["doi:10.5555/cited"])
    assert site.get("/work/doi:10.5555/cited").status_code == 200
    assert site.get("/paper/doi:10.5555/cited").status_code in (308, 410)


def test_counts_of_papers_leave_works_out(sourced):
    with sourced.snapshot() as snapshot:
        years = snapshot.select(named_query("example_years"))
        papers = {quad.subject for quad in snapshot.quads(None, v.TYPE, v.ARTICLE)}
        dated = [q for q in snapshot.quads(None, v.ISSUED, None, DefaultGraph())]

    assert "2001" not in {row["year"].value for row in years}
    assert len([quad for quad in dated if quad.subject not in papers]) == 1
    assert sum(int(row["papers"].value) for row in years) == len(dated) - 1


def test_the_example_of_citations_counts_them_beside_what_sources_claim(sourced):
    citing = Paper(
        *("z", "Zeal", "", AUTHORS),
        references=(
            Reference((("doi", "10.5555/bridge"),)),
            Reference((("doi", "10.5555/cited"),)),
        ),
    )
    Committer(sourced).commit([entry(citing, "z.jsonl")], Outcome())
    with sourced.snapshot() as snapshot:
        rows = snapshot.select(named_query("example_citations"))
        found = {
            row["cited"].value.removeprefix(DEFAULT_BASE): (
                row["papers"].value,
                row["claimedBySource"].value if row["claimedBySource"] else None,
            )
            for row in rows
        }

    assert found == {
        "work/doi:10.5555/cited": ("2", None),
        "paper/arxiv:2001.00001": ("1", "7"),
        "paper/arxiv:2305.00001": ("1", None),
    }


def test_the_example_of_conflicts_finds_them(sourced):
    with sourced.snapshot() as snapshot:
        rows = snapshot.select(named_query("example_conflicts"))

    assert [row["field"].value for row in rows] == ["year"]
    assert {rows[0]["one"].value, rows[0]["other"].value} == {"2019", "2020"}


def test_what_was_split_has_two_pages(site, sourced):
    def extract(papers):
        return ((paper, NOTHING) for paper in papers)

    Rulings(sourced, extract, "none-1").split("paper/doi:10.5555/bridge")

    assert site.get("/paper/arxiv:2001.00001").status_code == 200
    assert site.get("/paper/doi:10.5555/bridge").status_code == 200
    with sourced.snapshot() as snapshot:
        (decision,) = snapshot.quads(None, v.TYPE, v.DECISION)
    place = decision.subject.value.removeprefix(DEFAULT_BASE)
    assert "shelf.jsonl" in site.get(f"/{place}").text


def test_the_description_of_a_paper_holds_no_machinery(site):
    turtle = site.get("/paper/arxiv:2001.00001.nt").text

    assert "ns#titleKey" not in turtle
    assert "/reference/" not in turtle
    assert str(v.CITES) in turtle
    assert NamedNode(f"{DEFAULT_BASE}work/doi:10.5555/cited").value in turtle
