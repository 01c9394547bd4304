"""References become citations: of papers that are there, else of works known from references."""

from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import DefaultGraph, NamedNode

from scholargraph.extract.mentions import Extraction
from scholargraph.extract.papers import Author, Paper, Reference
from scholargraph.graph import vocab as v
from scholargraph.graph.build import Run
from scholargraph.graph.commit import Committer, Outcome, PaperEntry
from scholargraph.graph.iris import DEFAULT_BASE
from scholargraph.graph.removal import remove
from scholargraph.graph.store import Store
from scholargraph.graph.tombstones import tombstone
from scholargraph.graph.validate import validate

NOTHING = Extraction((), (), (), (), (), "none-1")
TITLE = "On the Colour of Bridges after Rain"


def paper(key: str, *references: Reference, **details: object) -> Paper:
    values: dict[str, object] = {
        "abstract": f"About {key}.",
        "date": "2020",
        "authors": (Author(f"Writer of {key}", 1),),
        **details,
    }
    return Paper(key, f"A Long Study of {key}", references=references, **values)  # type: ignore[arg-type]


def by(doi: str, **more: str) -> Reference:
    title, year = more.pop("title", None), more.pop("year", None)
    return Reference((("doi", doi), *more.items()), title, year)


def entry(paper: Paper, file: str | None = None) -> PaperEntry:
    name = file or f"{paper.id}.json"
    run = Run(name, name.encode().hex().ljust(64, "0")[:64], "openalex", "0.1.0", "none-1")
    return PaperEntry(paper, NOTHING, run)


def bring(store: Store, *papers: Paper) -> Outcome:
    outcome = Outcome()
    for one in papers:
        Committer(store).commit([entry(one)], outcome)
    return outcome


def cites(store: Store) -> set[tuple[str, str]]:
    with store.snapshot() as snapshot:
        return {
            (local(quad.subject.value), local(quad.object.value))
            for quad in snapshot.quads(None, v.CITES)
        }


def local(iri: str) -> str:
    return iri.removeprefix(DEFAULT_BASE)


def everything(store: Store) -> set[str]:
    """All that is said, but when it was done."""
    iris = store.iris
    without = (iris.runs_graph(), iris.removed_graph())
    with store.snapshot() as snapshot:
        return {
            str(quad)
            for quad in snapshot.quads()
            if quad.graph_name not in without and quad.predicate != v.SOURCE
        }


def test_a_reference_that_nobody_brought_is_a_work(empty_store):
    bring(empty_store, paper("a", by("10.5/x", arxiv="2001.00001", title=TITLE, year="2019")))

    assert cites(empty_store) == {("paper/a-long-study-of-a-2020", "work/doi:10.5/x")}
    with empty_store.snapshot() as snapshot:
        work = snapshot.quads(NamedNode(f"{DEFAULT_BASE}work/doi:10.5/x"))
        assert {(quad.predicate, quad.object.value) for quad in work} == {
            (v.TYPE, v.WORK.value),
            (v.TITLE, TITLE),
            (v.ISSUED, "2019"),
            (v.SAME_AS, "https://doi.org/10.5/x"),
            (v.SAME_AS, "https://arxiv.org/abs/2001.00001"),
        }
        assert len(snapshot.quads(None, v.TYPE, v.ARTICLE)) == 1
        assert validate(snapshot) == []


@pytest.mark.parametrize(
    ("ids", "reference"),
    [
        ((("doi", "10.5/x"),), by("10.5/X")),
        ((("arxiv", "2001.00001"),), by("10.48550/arXiv.2001.00001")),
        ((("openalex", "W7"),), Reference((("openalex", "W7"),))),
        ((("pmid", "77"), ("doi", "10.5/x")), Reference((("s2", "a" * 40), ("pmid", "77")))),
        ((("acl", "2020.x-1.1"),), Reference((("acl", "2020.x-1.1"),))),
        ((), Reference((), "a long study of: THE COLOUR of Bridges", "2019")),
        (
            (("doi", "10.5/x"),),
            Reference((("s2", "a" * 40),), "A long study of the colour of bridges", "2021"),
        ),
    ],
)
def test_a_reference_means_the_paper_that_is_there(empty_store, ids, reference):
    cited = Paper("b", "A Long Study of the Colour of Bridges", "", date="2020", ids=ids)
    citing = paper("a", reference)
    bring(empty_store, cited, citing)
    first = everything(empty_store)

    assert {target.split("/")[0] for _, target in cites(empty_store)} == {"paper"}
    other = Store.open(empty_store.path.with_name("other.db"), create=True)
    bring(other, citing, cited)
    assert everything(other) == first


@pytest.mark.parametrize(
    "reference",
    [
        Reference((("doi", "10.5/y"),), "A Long Study of the Colour of Bridges", "2020"),
        Reference((), "A Long Study of the Colour of Bridges", "2016"),
        Reference((), "A Long Study of the Colour of Bridges"),
        Reference((), "A Long", "2020"),
    ],
)
def test_a_reference_that_may_mean_another_work_is_left_alone(empty_store, reference):
    title = reference.title or ""
    cited = Paper("b", title, "", date="2020", ids=(("doi", "10.5/x"),))
    bring(empty_store, cited, paper("a", reference))

    assert {target.split("/")[0] for _, target in cites(empty_store)} == {"work"}


def test_of_two_papers_with_the_title_none_is_meant(empty_store):
    title = "A Long Study of the Colour of Bridges"
    twins = [
        Paper(doi, title, "", authors=(Author("Bo", 1),), date="2020", ids=(("doi", doi),))
        for doi in ("10.5/x", "10.5/y")
    ]
    bring(empty_store, *twins, paper("a", Reference((), title, "2020")))

    assert {target.split("/")[0] for _, target in cites(empty_store)} == {"work"}


def test_a_work_that_is_imported_leads_to_its_paper_and_back(empty_store):
    work = NamedNode(f"{DEFAULT_BASE}work/doi:10.5/b")
    bring(empty_store, paper("a", by("10.5/b")), paper("c", by("10.5/b", title="B")))
    before = everything(empty_store)

    bring(empty_store, paper("b", ids=(("doi", "10.5/b"),)))

    assert {target for _, target in cites(empty_store)} == {"paper/doi:10.5/b"}
    with empty_store.snapshot() as snapshot:
        stone = tombstone(snapshot, work, empty_store.iris)
        assert stone is not None and stone.successor == f"{DEFAULT_BASE}paper/doi:10.5/b"
        assert snapshot.quads(work, None, None, DefaultGraph()) == []

    remove(empty_store, ["doi:10.5/b"])

    with empty_store.snapshot() as snapshot:
        assert tombstone(snapshot, work, empty_store.iris) is None
        assert validate(snapshot) == []
    source = next(line for line in everything(empty_store) - before if "b.json" in line)
    assert "schema.org/name" in source
    assert {line for line in everything(empty_store) - before if "/paper/" in line} == set()
    assert before - everything(empty_store) == set()


def test_a_work_goes_with_the_last_paper_that_cites_it(empty_store):
    bring(empty_store, paper("a", by("10.5/x")), paper("c", by("10.5/x"), by("10.5/y")))

    remove(empty_store, ["a"])
    assert {target for _, target in cites(empty_store)} == {"work/doi:10.5/x", "work/doi:10.5/y"}
    remove(empty_store, ["c"])

    with empty_store.snapshot() as snapshot:
        assert snapshot.quads(None, v.TYPE, v.WORK) == []
        assert snapshot.quads(graph=empty_store.iris.references_graph()) == []


def test_new_references_replace_the_old_ones(empty_store):
    bring(empty_store, paper("a", by("10.5/x"), by("10.5/y")))

    outcome = bring(empty_store, paper("a", by("10.5/y"), by("10.5/z")))

    assert (outcome.new, outcome.changed) == (0, 1)
    assert {target for _, target in cites(empty_store)} == {"work/doi:10.5/y", "work/doi:10.5/z"}
    with empty_store.snapshot() as snapshot:
        assert len(snapshot.quads(None, v.TYPE, v.WORK)) == 2


def test_the_same_paper_again_changes_nothing(empty_store):
    papers = [paper("a", by("10.5/b"), by("10.5/x")), paper("b", ids=(("doi", "10.5/b"),))]
    bring(empty_store, *papers)
    before = empty_store.current()

    outcome = bring(empty_store, *papers)

    assert (outcome.unchanged, outcome.triples_added, outcome.triples_removed) == (2, 0, 0)
    assert empty_store.current() == before


def test_no_paper_cites_itself(empty_store):
    bring(empty_store, paper("a", by("10.5/a"), ids=(("doi", "10.5/a"),)))

    assert cites(empty_store) == set()


def test_a_reference_that_says_nothing_is_no_citation(empty_store):
    bring(empty_store, paper("a", Reference((), "…"), Reference((), None, "2020"), by("10.5/x")))

    assert {target for _, target in cites(empty_store)} == {"work/doi:10.5/x"}


def test_two_references_to_one_work_are_one_citation_until_both_are_gone(empty_store):
    twice = paper("a", by("10.5/b"), by("10.5/b", title="Of Bridges"))
    bring(empty_store, twice, paper("b", ids=(("doi", "10.5/b"),)))
    bring(empty_store, paper("a", by("10.5/b")))

    assert cites(empty_store) == {("paper/a-long-study-of-a-2020", "paper/doi:10.5/b")}


def test_the_order_of_papers_and_of_batches_makes_no_difference(tmp_path):
    papers = [
        paper("a", by("10.5/b"), by("10.5/c", arxiv="2001.00003"), by("10.5/z")),
        paper("b", Reference((("arxiv", "2001.00003"),)), ids=(("doi", "10.5/b"),)),
        paper("c", by("10.5/z", title="Z"), ids=(("arxiv", "2001.00003"),)),
        paper(
            "d", Reference((), "A Long Study of c", "2020"), by("10.5/c"), ids=(("doi", "10.5/c"),)
        ),
    ]
    graphs = []
    for number, order in enumerate(permutations(papers)):
        store = Store.open(tmp_path / f"{number}.db", create=True)
        if number % 2:
            bring(store, *order)
        else:
            Committer(store).commit([entry(one) for one in order], Outcome())
        graphs.append(everything(store))

    assert all(graph == graphs[0] for graph in graphs)


IDS = st.lists(
    st.tuples(st.sampled_from(["doi", "arxiv", "s2"]), st.sampled_from(["1", "2"])),
    max_size=2,
    unique_by=lambda pair: pair[0],
)
REFERENCES = st.builds(
    lambda ids, title, year: Reference(tuple(ids), title, year),
    IDS,
    st.sampled_from(
        [None, "A Long Study of k0", "A Long Study of k1", "Something Else Altogether"]
    ),
    st.sampled_from([None, "2019", "2020"]),
)


@given(st.data())
@settings(max_examples=15, suppress_health_check=list(HealthCheck))
def test_any_papers_in_any_order_cite_the_same(tmp_path_factory: pytest.TempPathFactory, data):
    papers = [
        paper(
            f"k{number}",
            *data.draw(st.lists(REFERENCES, max_size=4)),
            ids=tuple((scheme, f"{value}{number}") for scheme, value in data.draw(IDS)),
        )
        for number in range(3)
    ]
    folder = Path(tmp_path_factory.mktemp("orders"))
    one, other = (Store.open(folder / name, create=True) for name in ("one.db", "other.db"))
    bring(one, *papers)
    bring(other, *data.draw(st.permutations(papers)))
    whole = everything(one)

    assert everything(other) == whole
    gone = data.draw(st.sampled_from(papers))
    remove(one, [gone.id])
    bring(one, gone)
    assert everything(one) == whole
