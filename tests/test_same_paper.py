"""The same paper out of several sources: one paper, every record kept, and all of it undoable."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import DefaultGraph, Literal, NamedNode

from scholargraph.extract.mentions import Concept, Extraction, Mention, Sentence
from scholargraph.extract.papers import Paper, Reference
from scholargraph.graph import vocab as v
from scholargraph.graph.identify import groups, same_work
from scholargraph.graph.importing import Report, import_files
from scholargraph.graph.iris import DEFAULT_BASE
from scholargraph.graph.removal import RemovalError, remove_source
from scholargraph.graph.rulings import RulingError, Rulings
from scholargraph.graph.store import Store
from scholargraph.graph.tombstones import tombstone
from scholargraph.graph.validate import validate

TITLE = "A Bridge Seen from Below"
WORDS = re.compile(r"BridgeNet|RiverNet|StoneNet")


def extract(papers: Iterable[Paper]) -> Iterator[tuple[Paper, Extraction]]:
    """Finds three methods; an abstract is one sentence."""
    for paper in papers:
        mentions = tuple(
            Mention(
                *("abstract", found.start(), found.end(), found[0], "method", 0.9),
                Concept("method", found[0].lower(), found[0]),
                0,
            )
            for found in WORDS.finditer(paper.abstract)
        )
        sentences = (Sentence("abstract", 0, len(paper.abstract)),)
        yield paper, Extraction(sentences, mentions, (), (), (), "words-1")


def record(id: str = "1", **changes: object) -> dict[str, object]:
    values = {
        "id": id,
        "title": TITLE,
        "abstract": "We look at BridgeNet.",
        "authors": ["Ada Lindqvist", "Bo Ek"],
        "year": 2020,
        **changes,
    }
    return {name: value for name, value in values.items() if value is not None}


def write(path: Path, *records: dict[str, object]) -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in records))
    return path


def bring(store: Store, *paths: Path, model: str = "words-1", **options: object) -> Report:
    return import_files(paths, store, extract=extract, model=model, **options)  # type: ignore[arg-type]


def papers(store: Store) -> set[str]:
    with store.snapshot() as snapshot:
        quads = snapshot.quads(None, v.TYPE, v.ARTICLE)
        return {quad.subject.value.removeprefix(f"{DEFAULT_BASE}paper/") for quad in quads}


def everything(store: Store) -> set[str]:
    """All that is said, but when it was done and what has been removed."""
    iris = store.iris
    without = (iris.runs_graph(), iris.removed_graph())
    with store.snapshot() as snapshot:
        assert validate(snapshot) == []
        return {str(quad) for quad in snapshot.quads() if quad.graph_name not in without}


def unnamed(store: Store) -> set[str]:
    """As `everything`, each paper called by what it says instead of by what was there first."""
    said = everything(store)
    with store.snapshot() as snapshot:
        for quad in snapshot.quads(None, v.RECORD_HASH, None, DefaultGraph()):
            said = {line.replace(f"{quad.subject.value}>", f"{quad.object}>") for line in said}
            said = {line.replace(f"{quad.subject.value}#", f"{quad.object}#") for line in said}
    return said


def values(store: Store, paper: str, predicate: NamedNode, graph=None) -> set[str]:
    with store.snapshot() as snapshot:
        node = NamedNode(f"{DEFAULT_BASE}paper/{paper}")
        found = snapshot.quads(node, predicate, None, graph or DefaultGraph())
        return {quad.object.value.removeprefix(DEFAULT_BASE) for quad in found}


def rulings(store: Store) -> Rulings:
    return Rulings(store, extract, "words-1")


ARXIV = record("2001.00001", arxiv="2001.00001", date="2019-12-30", year=None)
PRINTED = record(
    "lindqvist",
    doi="10.5555/bridge",
    venue="Journal of Bridges",
    abstract="RiverNet, seen from below.",
)


@pytest.fixture
def both(empty_store, tmp_path) -> Store:
    """A store of a preprint and its publication, which came second."""
    bring(empty_store, write(tmp_path / "arxiv.jsonl", ARXIV))
    bring(empty_store, write(tmp_path / "shelf.jsonl", PRINTED))
    return empty_store


def test_two_sources_of_one_work_are_one_paper_under_its_first_iri(both):
    assert papers(both) == {"arxiv:2001.00001"}
    assert values(both, "arxiv:2001.00001", v.SAME_AS) == {
        "https://arxiv.org/abs/2001.00001",
        "https://doi.org/10.5555/bridge",
    }
    assert values(both, "arxiv:2001.00001", v.VENUE) == {"Journal of Bridges"}
    assert values(both, "arxiv:2001.00001", v.ISSUED) == {"2019-12-30"}
    assert values(both, "arxiv:2001.00001", v.USES["method"]) == {"method/rivernet"}
    assert len(values(both, "arxiv:2001.00001", v.SOURCE)) == 2


def test_each_record_stays_as_its_source_stated_it(both):
    with both.snapshot() as snapshot:
        graph = both.iris.records_graph()
        nodes = [quad.subject for quad in snapshot.quads(None, v.TYPE, v.SOURCE_RECORD, graph)]
        stated = {
            quad.object.value: {
                other.object.value for other in snapshot.quads(quad.subject, None, None, graph)
            }
            for node in nodes
            for quad in snapshot.quads(node, v.IDENTIFIER, None, graph)
        }

    assert set(stated) == {"2001.00001", "lindqvist"}
    assert {"2019-12-30", "We look at BridgeNet."} <= stated["2001.00001"]
    assert {"Journal of Bridges", "RiverNet, seen from below.", "2020"} <= stated["lindqvist"]


def test_a_paper_of_one_source_has_no_record_beside_it(empty_store, tmp_path):
    bring(empty_store, write(tmp_path / "arxiv.jsonl", ARXIV))

    with empty_store.snapshot() as snapshot:
        assert snapshot.quads(graph=empty_store.iris.records_graph()) == []
        assert len(snapshot.quads(graph=empty_store.iris.references_graph())) == 1


def test_importing_either_file_again_changes_nothing(both, tmp_path):
    before = both.current()

    for name in ("arxiv.jsonl", "shelf.jsonl"):
        report = bring(both, tmp_path / name)
        assert (report.unchanged, report.triples_added, report.triples_removed) == (1, 0, 0)
    assert both.current() == before


def test_a_new_state_of_one_source_replaces_its_record_only(both, tmp_path):
    before = everything(both)
    report = bring(both, write(tmp_path / "shelf.jsonl", PRINTED | {"venue": "Annals of Bridges"}))

    assert (report.new, report.changed) == (0, 1)
    assert values(both, "arxiv:2001.00001", v.VENUE) == {"Annals of Bridges"}
    bring(both, write(tmp_path / "shelf.jsonl", PRINTED))
    gone = {line for line in before - everything(both) if "/paper/" in line.split()[0]}
    assert gone == set()


def test_other_text_of_another_source_is_read_when_it_comes_to_count(both, tmp_path):
    short = PRINTED | {"abstract": "Gone."}
    bring(both, write(tmp_path / "shelf.jsonl", short))

    assert values(both, "arxiv:2001.00001", v.ABSTRACT) == {"We look at BridgeNet."}
    assert values(both, "arxiv:2001.00001", v.USES["method"]) == {"method/bridgenet"}


@pytest.mark.parametrize(
    ("source", "left"), [("shelf.jsonl", "bridgenet"), ("arxiv.jsonl", "rivernet")]
)
def test_removing_a_source_leaves_what_the_others_say(both, source, left):
    removal = remove_source(both, source, extract=extract, model="words-1")

    assert removal.papers == ()
    assert values(both, "arxiv:2001.00001", v.USES["method"]) == {f"method/{left}"}
    with both.snapshot() as snapshot:
        assert snapshot.quads(graph=both.iris.records_graph()) == []
        assert len(snapshot.quads(None, v.SHA256, None, DefaultGraph())) == 1
    everything(both)


def test_what_a_source_brought_can_be_undone(empty_store, tmp_path):
    bring(empty_store, write(tmp_path / "arxiv.jsonl", ARXIV))
    before = everything(empty_store)
    bring(empty_store, write(tmp_path / "shelf.jsonl", PRINTED, record("z", title="Zeal")))
    removal = remove_source(empty_store, "shelf.jsonl", extract=extract, model="words-1")

    assert removal.papers == (f"{DEFAULT_BASE}paper/zeal-2020",)
    assert everything(empty_store) == before


def test_an_unknown_source_is_refused_with_the_way_to_name_one(both):
    with pytest.raises(RemovalError, match=r"no papers were imported from 'a\.bib'; give the name"):
        remove_source(both, "a.bib", extract=extract, model="words-1")


def test_a_bridge_between_two_papers_makes_them_one(empty_store, tmp_path):
    other = PRINTED | {"title": "Bridges, as Seen from Below"}
    bring(empty_store, write(tmp_path / "a.jsonl", ARXIV), write(tmp_path / "b.jsonl", other))
    assert papers(empty_store) == {"arxiv:2001.00001", "doi:10.5555/bridge"}

    bridge = record("W1", arxiv="2001.00001", doi="10.5555/bridge")
    bring(empty_store, write(tmp_path / "c.jsonl", bridge))

    assert papers(empty_store) == {"doi:10.5555/bridge"}
    with empty_store.snapshot() as snapshot:
        former = NamedNode(f"{DEFAULT_BASE}paper/arxiv:2001.00001")
        stone = tombstone(snapshot, former, empty_store.iris)
    assert stone is not None and stone.successor == f"{DEFAULT_BASE}paper/doi:10.5555/bridge"

    remove_source(empty_store, "c.jsonl", extract=extract, model="words-1")
    assert papers(empty_store) == {"arxiv:2001.00001", "doi:10.5555/bridge"}


def test_two_records_of_one_file_are_one_paper_too(empty_store, tmp_path):
    file = write(tmp_path / "shelf.jsonl", ARXIV, PRINTED)
    report = bring(empty_store, file)

    assert (report.new, report.changed, len(report.skipped)) == (1, 1, 0)
    assert papers(empty_store) == {"arxiv:2001.00001"}
    assert bring(empty_store, file).unchanged == 2


def test_the_very_same_record_of_two_files_is_one_record_of_two_sources(empty_store, tmp_path):
    read: list[str] = []

    def watched(stream: Iterable[Paper]) -> Iterator[tuple[Paper, Extraction]]:
        for paper, extraction in extract(stream):
            read.append(paper.id)
            yield paper, extraction

    one = write(tmp_path / "a.jsonl", ARXIV)
    two = write(tmp_path / "b.jsonl", ARXIV, record("z", title="Zeal"))
    bring(empty_store, one)
    report = import_files([two], empty_store, extract=watched, model="words-1")

    assert (report.new, report.unchanged, read) == (1, 1, ["z"])
    assert len(values(empty_store, "arxiv:2001.00001", v.SOURCE)) == 2
    with empty_store.snapshot() as snapshot:
        assert snapshot.quads(graph=empty_store.iris.records_graph()) == []
    assert bring(empty_store, one, two).triples_added == 0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"doi": "10.5555/a"}, {"doi": "10.5555/A", "title": "Another Title Altogether"}, True),
        ({"arxiv": "2001.00001"}, {"doi": "10.48550/arXiv.2001.00001", "title": "X"}, True),
        ({"doi": "10.5555/a"}, {"arxiv": "2001.00001"}, True),
        ({"doi": "10.48550/arXiv.2001.00001"}, {"doi": "10.5555/a"}, True),
        ({"title": "A BRIDGE: seen from-below"}, {"authors": ["A. Lindqvist"]}, True),
        ({"year": 2021}, {}, True),
        ({"year": None}, {}, True),
        ({"year": 2022}, {}, False),
        ({"doi": "10.5555/a"}, {"doi": "10.5555/b"}, False),
        ({"arxiv": "2001.00001"}, {"arxiv": "2001.00002"}, False),
        ({"authors": ["Wei Chen"]}, {}, False),
        ({"authors": ["Ben Ek"]}, {"authors": ["Bo Ek"]}, False),
        ({"title": "Preface"}, {"title": "Preface", "authors": ["Bo Ek"]}, False),
        ({"title": "Preface"}, {"title": "Preface"}, True),
        ({"title": "Preface"}, {"title": "Preface", "year": 2021}, False),
    ],
)
def test_what_makes_two_records_one_work(empty_store, tmp_path, one, other, same):
    files = [
        write(tmp_path / "a.jsonl", record("1", **one)),
        write(tmp_path / "b.jsonl", record("2", **other, abstract="Other words.")),
    ]
    bring(empty_store, *files)
    first = unnamed(empty_store)
    swapped = Store.open(tmp_path / "swapped.db", create=True)
    bring(swapped, *reversed(files))

    assert len(papers(empty_store)) == (1 if same else 2)
    assert unnamed(swapped) == first


def test_two_works_with_one_identifier_by_a_slip_stay_two():
    one = Paper("1", "On Bridges", "", ids=(("doi", "10.5555/a"), ("acl", "W18-6481")))
    other = Paper("2", "Soup for Two", "", ids=(("doi", "10.5555/a"), ("acl", "W18-6482")))

    assert same_work(one, other) is None


def test_a_record_that_fits_two_works_joins_one_of_them_in_any_order():
    papers = [
        Paper("1", TITLE, "", (), ids=(("doi", "10.5555/a"),), date="2020"),
        Paper("2", TITLE, "", (), ids=(("doi", "10.5555/b"),), date="2020"),
        Paper("3", TITLE, "", (), date="2020"),
    ]
    authors = Paper("", "", "", ()).authors
    from dataclasses import replace

    from scholargraph.extract.papers import Author

    papers = [replace(paper, authors=(*authors, Author("Bo Ek", 1))) for paper in papers]
    forward = groups(papers, order=["a", "b", "c"])
    backward = groups(papers[::-1], order=["c", "b", "a"])

    assert forward == [[0, 2], [1]]
    assert sorted(sorted(2 - place for place in group) for group in backward) == forward


def test_a_merge_is_split_and_the_split_outlives_every_import(both, tmp_path):
    before = everything(both)
    ruling = rulings(both).split("arxiv:2001.00001", note="Two works with one title.")

    assert papers(both) == {"arxiv:2001.00001", "doi:10.5555/bridge"}
    assert ruling.text().startswith("2 papers now; ")
    bring(both, write(tmp_path / "shelf.jsonl", PRINTED | {"venue": "Annals of Bridges"}))
    assert papers(both) == {"arxiv:2001.00001", "doi:10.5555/bridge"}
    bring(both, write(tmp_path / "shelf.jsonl", PRINTED))
    with both.snapshot() as snapshot:
        notes = snapshot.quads(None, v.NOTE, None, both.iris.decisions_graph())
        assert [quad.object.value for quad in notes] == ["Two works with one title."]

    rulings(both).withdraw("doi:10.5555/bridge")
    now = everything(both)
    assert {line for line in before - now if "/paper/" in line.split()[0]} == set()
    assert papers(both) == {"arxiv:2001.00001"}


def test_a_split_of_many_records_is_taken_back_whole(empty_store, tmp_path):
    third = record("W1", doi="10.5555/bridge", abstract="StoneNet.")
    for name, one in (("a", ARXIV), ("b", PRINTED), ("c", third)):
        bring(empty_store, write(tmp_path / f"{name}.jsonl", one))
    before = everything(empty_store)

    rulings(empty_store).split("arxiv:2001.00001")
    assert len(papers(empty_store)) == 3

    rulings(empty_store).withdraw("arxiv:2001.00001")
    assert everything(empty_store) == before


def test_what_the_rules_miss_is_joined_and_taken_apart_again(empty_store, tmp_path):
    other = record("z", title="Zeal", abstract="StoneNet at last, at length and in depth.")
    files = [write(tmp_path / "a.jsonl", ARXIV), write(tmp_path / "b.jsonl", other)]
    bring(empty_store, *files)
    before = everything(empty_store)

    rulings(empty_store).join("arxiv:2001.00001", "zeal-2020")
    assert papers(empty_store) == {"arxiv:2001.00001"}
    assert values(empty_store, "arxiv:2001.00001", v.USES["method"]) == {"method/stonenet"}
    assert bring(empty_store, *files).triples_added == 0

    rulings(empty_store).withdraw("arxiv:2001.00001")
    assert everything(empty_store) == before


def test_a_join_after_a_split_is_what_counts(both):
    rulings(both).split("arxiv:2001.00001")
    rulings(both).join("doi:10.5555/bridge", "arxiv:2001.00001")

    assert papers(both) == {"doi:10.5555/bridge"}


def test_one_record_can_leave_the_others(empty_store, tmp_path):
    third = record("W1", doi="10.5555/bridge", abstract="StoneNet.")
    files = [
        write(tmp_path / f"{name}.jsonl", one)
        for name, one in (("a", ARXIV), ("b", PRINTED), ("c", third))
    ]
    bring(empty_store, *files)
    graph = empty_store.iris.records_graph()
    with empty_store.snapshot() as snapshot:
        node = next(
            quad.subject
            for quad in snapshot.quads(None, v.IDENTIFIER, None, graph)
            if quad.object.value == "2001.00001"
        )
    rulings(empty_store).split(node.value)

    assert papers(empty_store) == {"arxiv:2001.00001", "doi:10.5555/bridge"}
    assert len(values(empty_store, "doi:10.5555/bridge", v.SOURCE)) == 2


def test_rulings_that_make_no_sense_are_refused(both):
    rulings(both).split("arxiv:2001.00001")
    for call, message in (
        (lambda: rulings(both).split("doi:10.5555/bridge"), "is of one record; there is nothing"),
        (lambda: rulings(both).join("lindqvist", "doi:10.5555/bridge"), "are one paper"),
    ):
        with pytest.raises(RulingError, match=message):
            call()
    rulings(both).withdraw("doi:10.5555/bridge")
    with pytest.raises(RulingError, match="nobody ruled anything about"):
        rulings(both).withdraw("arxiv:2001.00001")
    with pytest.raises(RemovalError, match="there is no paper"):
        rulings(both).split("nothing")


def test_references_of_all_records_are_citations_of_the_paper(empty_store):
    from test_citations import entry

    from scholargraph.extract.papers import Author
    from scholargraph.graph.commit import Committer, Outcome

    def stated(id: str, doi: str) -> Paper:
        return Paper(
            *(id, TITLE, id, (Author("Bo Ek", 1),)),
            date="2020",
            references=(Reference((("doi", doi),)),),
        )

    for one in (stated("a", "10.5555/x"), stated("b", "10.5555/y")):
        Committer(empty_store, extract=extract).commit([entry(one)], Outcome())

    with empty_store.snapshot() as snapshot:
        assert {quad.object.value for quad in snapshot.quads(None, v.CITES)} == {
            f"{DEFAULT_BASE}work/doi:10.5555/x",
            f"{DEFAULT_BASE}work/doi:10.5555/y",
        }
    remove_source(empty_store, "a.json", extract=extract, model="words-1")
    with empty_store.snapshot() as snapshot:
        assert {quad.object.value for quad in snapshot.quads(None, v.CITES)} == {
            f"{DEFAULT_BASE}work/doi:10.5555/y"
        }


RECORDS = st.builds(
    lambda title, doi, arxiv, year, authors, abstract: {
        "title": title,
        "doi": doi,
        "arxiv": arxiv,
        "year": year,
        "authors": authors,
        "abstract": abstract,
    },
    st.sampled_from([TITLE, TITLE.upper(), "Another Bridge Seen from Above"]),
    st.sampled_from([None, "10.5555/a", "10.5555/b"]),
    st.sampled_from([None, "2001.00001", "2001.00002"]),
    st.sampled_from([None, 2019, 2020, 2021]),
    st.sampled_from([["Ada Lindqvist", "Bo Ek"], ["A. Lindqvist"], ["Wei Chen"]]),
    st.sampled_from(["We look at BridgeNet.", "RiverNet.", "StoneNet, here and there, again."]),
)


@given(st.data())
@settings(max_examples=20, suppress_health_check=list(HealthCheck))
def test_any_files_in_any_order_are_the_same_papers(tmp_path_factory: pytest.TempPathFactory, data):
    folder = tmp_path_factory.mktemp("orders")
    files = [
        write(
            folder / f"{name}.jsonl",
            *(
                record(f"{name}{n}", **one)
                for n, one in enumerate(data.draw(st.lists(RECORDS, min_size=1, max_size=2)))
            ),
        )
        for name in "abc"
    ]
    one, other = (Store.open(folder / name, create=True) for name in ("one.db", "other.db"))
    bring(one, *files[:2])
    before = unnamed(one)
    bring(one, files[2])
    bring(other, *data.draw(st.permutations(files)))

    assert unnamed(other) == unnamed(one)
    assert bring(one, *files).triples_added == 0
    remove_source(one, "c.jsonl", extract=extract, model="words-1")
    assert unnamed(one) == before


SEED = Path(__file__).parents[2] / "shared" / "seed"


@pytest.mark.skipif(not SEED.exists(), reason="the seed page is beside the project, not in it")
def test_a_profile_page_and_a_bibliography_of_its_papers_merge(empty_store, tmp_path):
    from scholargraph.extract import sources

    page = next(path for path in sorted(SEED.iterdir()) if path.suffix == ".txt")
    known = [one for one in sources.read(page) if isinstance(one, Paper)]
    bring(empty_store, page)
    shelf = [
        record(
            f"key{number}",
            title=paper.title.upper(),
            authors=[author.name for author in paper.authors],
            year=int(paper.date[:4]) if paper.date else None,
            doi=f"10.5555/seed.{number}",
            abstract="Short.",
            venue="Journal of Seeds",
        )
        for number, paper in enumerate(known[::3])
    ]
    report = bring(empty_store, write(tmp_path / "shelf.jsonl", *shelf))

    assert (report.new, report.changed, report.papers) == (0, len(shelf), len(known))
    with empty_store.snapshot() as snapshot:
        venues = snapshot.quads(None, v.VENUE, Literal("Journal of Seeds"), DefaultGraph())
        assert len(venues) == len(shelf)
        abstracts = {quad.object.value for quad in snapshot.quads(None, v.ABSTRACT)}
        assert {paper.abstract for paper in known} <= abstracts
