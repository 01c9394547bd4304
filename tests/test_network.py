"""Networks of authors and concepts, and what stands behind their links."""

import networkx as nx
import pytest
from corpus import CORPUS, HOSTILE_NAME

from scholargraph.extract.papers import Author, Paper
from scholargraph.graph.build import Run
from scholargraph.graph.commit import Committer, Outcome, PaperEntry
from scholargraph.graph.entities import (
    NODE_KINDS,
    Entity,
    UnknownEntity,
    Years,
    entity,
    year_of,
)
from scholargraph.graph.incidence import CONSORTIUM, Incidence
from scholargraph.graph.links import Span, evidence
from scholargraph.graph.network import backbone, coauthors, concepts, neighbourhood
from scholargraph.graph.store import Snapshot, Store

BASE = "https://w3id.org/scholargraph/"
ADA, WEI, AMINA = (f"{BASE}author/{n}" for n in ("ada-lindqvist", "wei-chen", "amina-diallo"))
RIVERNET, U_NET = f"{BASE}method/rivernet", f"{BASE}method/u-net"
DELTASAR = f"{BASE}dataset/deltasar"
SEGMENTATION = f"{BASE}task/river-segmentation"
RIVER_1, RIVER_2 = f"{BASE}paper/arxiv:2305.00001", f"{BASE}paper/doi:10.5555/water.2"


@pytest.fixture
def snapshot(store: Store) -> Snapshot:
    return store.snapshot()


def pairs(graph: nx.Graph) -> dict[frozenset[str], int]:
    labels = nx.get_node_attributes(graph, "label")
    return {
        frozenset((labels[a], labels[b])): weight for a, b, weight in graph.edges(data="weight")
    }


def same(one: nx.Graph, other: nx.Graph) -> bool:
    return (
        list(one.nodes(data=True)) == list(other.nodes(data=True))
        and list(one.edges(data=True)) == list(other.edges(data=True))
        and one.graph == other.graph
    )


def test_coauthors_are_linked_by_the_papers_they_wrote_together(snapshot: Snapshot) -> None:
    graph = coauthors(Incidence.read(snapshot))

    assert len(graph) == 9
    assert graph.number_of_edges() == 15
    assert pairs(graph)[frozenset(("Ada Lindqvist", "José García-Márquez"))] == 2
    assert graph.edges[ADA, f"{BASE}author/jose-garcia-marquez"] == {
        "weight": 2,
        "papers": (RIVER_1, RIVER_2),
        "first": 2023,
        "last": 2024,
    }
    assert graph.nodes[ADA] == {"kind": "author", "papers": 4, "label": "Ada Lindqvist"}
    assert graph.graph == {"focus": None, "more": 0, "lighter": 0}


def test_a_hidden_author_is_a_coauthor_of_those_who_are_named(snapshot: Snapshot) -> None:
    graph = coauthors(Incidence.read(snapshot))

    assert pairs(graph)[frozenset(("Ada Lindqvist", "Noor van Dijk"))] == 1


def test_an_author_in_the_middle_keeps_only_coauthors(snapshot: Snapshot) -> None:
    graph = coauthors(Incidence.read(snapshot), entity(snapshot, AMINA))

    assert set(nx.get_node_attributes(graph, "label").values()) == {
        "Amina Diallo",
        "Wei Chen",
        "何 良华",
        HOSTILE_NAME,
    }
    assert next(iter(graph)) == AMINA


def test_authors_of_a_concept_are_those_whose_papers_name_it(snapshot: Snapshot) -> None:
    graph = coauthors(Incidence.read(snapshot), entity(snapshot, f"{BASE}dataset/deltasar"))

    assert sorted(nx.get_node_attributes(graph, "label").values()) == [
        "Ada Lindqvist",
        "José García-Márquez",
        "Wei Chen",
    ]


def test_a_minimum_leaves_lighter_links_and_lonely_nodes_out(snapshot: Snapshot) -> None:
    graph = coauthors(Incidence.read(snapshot), minimum=2)

    assert pairs(graph) == {
        frozenset(("Ada Lindqvist", "José García-Márquez")): 2,
        frozenset(("Amina Diallo", "Wei Chen")): 2,
    }
    assert len(graph) == 4


def test_a_limit_keeps_the_heaviest_and_counts_the_rest(snapshot: Snapshot) -> None:
    graph = coauthors(Incidence.read(snapshot), limit=4)

    assert sorted(pairs(graph).values()) == [1, 1, 2, 2]
    assert (len(graph), graph.graph["more"]) == (4, 5)


def test_a_backbone_reaches_every_node_and_keeps_the_heaviest_links() -> None:
    heavy = [("n0", "n1"), ("n1", "n2")]
    light = [("hub", f"n{number}") for number in range(9)]
    pairs = [*heavy, *light, ("n0", "n2"), ("n3", "n4")]

    assert backbone(pairs, 10) == [*heavy, light[0], *light[3:], light[1]]


def test_a_backbone_keeps_all_links_of_the_focus() -> None:
    pairs = [("n0", "n1"), *(("hub", f"n{number}") for number in range(9))]

    assert backbone(pairs, 3, "hub") == pairs


def test_links_beyond_the_bound_are_counted(snapshot: Snapshot) -> None:
    whole, bounded = (
        concepts(Incidence.read(snapshot)),
        concepts(Incidence.read(snapshot), limit=len(concepts(Incidence.read(snapshot)))),
    )

    assert bounded.number_of_edges() + bounded.graph["lighter"] == whole.number_of_edges()
    assert set(bounded) == set(whole)


@pytest.mark.parametrize("table", [0, 2_000])
def test_pairs_are_counted_alike_in_a_table_and_one_by_one(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch, table: int
) -> None:
    expected = pairs(coauthors(Incidence.read(snapshot)))
    monkeypatch.setattr("scholargraph.graph.network.TABLE", table)

    assert pairs(coauthors(Incidence.read(snapshot))) == expected


def test_years_bound_both_ends_and_leave_the_undated_out(snapshot: Snapshot) -> None:
    graph = coauthors(Incidence.read(snapshot), years=Years(2022, 2022))

    assert sorted(nx.get_node_attributes(graph, "label").values()) == [
        "Amina Diallo",
        "Wei Chen",
        "何 良华",
    ]


@pytest.mark.parametrize(
    ("years", "year", "admitted"),
    [
        (Years(), None, True),
        (Years(2020), None, False),
        (Years(2020, 2021), 2021, True),
        (Years(None, 2021), 2022, False),
    ],
)
def test_a_range_of_years(years: Years, year: int | None, admitted: bool) -> None:
    assert years.admits(year) is admitted


@pytest.mark.parametrize(
    ("date", "year"),
    [("2024-03-01", 2024), ("2024", 2024), ("", None), ("20", None), ("x024", None)],
)
def test_the_year_of_a_date(date: str, year: int | None) -> None:
    assert year_of(date) == year


def test_concepts_are_linked_by_the_papers_that_name_both(snapshot: Snapshot) -> None:
    graph = concepts(Incidence.read(snapshot))

    assert graph.edges[RIVERNET, DELTASAR]["weight"] == 2
    assert graph.edges[U_NET, SEGMENTATION]["papers"] == (
        RIVER_1,
        f"{BASE}paper/maps-from-many-hands-2020",
    )
    assert {kind for _, kind in graph.nodes(data="kind")} == {"method", "dataset", "task"}


def test_concepts_of_chosen_kinds_only(snapshot: Snapshot) -> None:
    graph = concepts(Incidence.read(snapshot), kinds=("dataset", "metric"))

    assert {kind for _, kind in graph.nodes(data="kind")} == {"dataset", "metric"}


def test_around_an_author_stand_coauthors_and_concepts(snapshot: Snapshot) -> None:
    graph = neighbourhood(Incidence.read(snapshot), entity(snapshot, ADA))

    kinds = {kind for _, kind in graph.nodes(data="kind")}
    assert kinds == {"author", "method", "dataset", "task"}
    assert graph.edges[ADA, RIVERNET]["weight"] == 2
    assert set(graph) - {ADA} == set(graph[ADA])
    assert graph.graph["focus"] == ADA


def test_the_focus_is_shown_although_its_kind_is_not_wanted(snapshot: Snapshot) -> None:
    graph = neighbourhood(Incidence.read(snapshot), entity(snapshot, ADA), kinds=("dataset",))

    assert sorted(kind for _, kind in graph.nodes(data="kind")) == [
        "author",
        "dataset",
        "dataset",
        "dataset",
    ]
    assert graph.has_edge(ADA, DELTASAR)


def test_of_things_on_as_many_papers_every_kind_is_shown(snapshot: Snapshot) -> None:
    graph = neighbourhood(
        Incidence.read(snapshot), entity(snapshot, f"{BASE}author/wei-chen"), limit=8
    )

    kinds = [kind for _, kind in graph.nodes(data="kind")]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "author": 3,
        "dataset": 2,
        "method": 2,
        "task": 1,
    }


def test_around_a_paper_stand_its_authors_and_concepts(snapshot: Snapshot) -> None:
    graph = neighbourhood(Incidence.read(snapshot), entity(snapshot, RIVER_1))

    assert graph.nodes[RIVER_1]["kind"] == "paper"
    assert len(graph[RIVER_1]) == len(graph) - 1 == 8
    # Between the others only what another paper says too.
    assert graph.has_edge(RIVERNET, DELTASAR)
    assert not graph.has_edge(WEI, RIVERNET)


def test_with_papers_every_link_goes_through_one(snapshot: Snapshot) -> None:
    graph = neighbourhood(Incidence.read(snapshot), entity(snapshot, ADA), kinds=NODE_KINDS)

    kinds = nx.get_node_attributes(graph, "kind")
    assert all((kinds[a] == "paper") != (kinds[b] == "paper") for a, b in graph.edges)
    assert sum(kind == "paper" for kind in kinds.values()) == 4
    assert {kinds[node] for node in graph[ADA]} == {"paper"}


def test_the_same_question_draws_the_same_graph(store: Store) -> None:
    with store.snapshot() as one, store.snapshot() as other:
        assert same(
            coauthors(Incidence.read(one), limit=5), coauthors(Incidence.read(other), limit=5)
        )
        assert same(
            concepts(Incidence.read(one), limit=7), concepts(Incidence.read(other), limit=7)
        )
        ada = entity(one, ADA)
        assert same(
            neighbourhood(Incidence.read(one), ada, limit=9),
            neighbourhood(Incidence.read(other), ada, limit=9),
        )


def test_an_empty_graph_has_empty_networks(empty_store: Store) -> None:
    with empty_store.writing():
        pass
    with empty_store.snapshot() as snapshot:
        assert len(coauthors(Incidence.read(snapshot))) == 0
        assert len(concepts(Incidence.read(snapshot), limit=10)) == 0
        assert len(neighbourhood(Incidence.read(snapshot), None, kinds=NODE_KINDS)) == 0


def test_papers_of_a_consortium_make_no_links(empty_store: Store) -> None:
    crowd = tuple(Author(f"Member {n}", n + 1) for n in range(CONSORTIUM + 1))
    paper = Paper("big", "Many Hands", "Nothing.", crowd)
    nothing = CORPUS[6][1]
    run = Run("big.jsonl", "0" * 64, "jsonl", "0.1", "none")
    Committer(empty_store).commit([PaperEntry(paper, nothing, run)], Outcome())

    with empty_store.snapshot() as snapshot:
        graph = coauthors(Incidence.read(snapshot))

    assert (len(graph), graph.number_of_edges()) == (CONSORTIUM + 1, 0)


@pytest.mark.parametrize("iri", [f"{BASE}author/nobody", "no IRI", "", f"{RIVER_1}#author-1"])
def test_what_is_not_in_the_graph_is_unknown(snapshot: Snapshot, iri: str) -> None:
    with pytest.raises(UnknownEntity):
        entity(snapshot, iri)


def test_an_entity_has_a_kind_and_a_name(snapshot: Snapshot) -> None:
    assert entity(snapshot, DELTASAR) == Entity(DELTASAR, "dataset", "DeltaSAR")


def test_evidence_of_two_concepts_begins_with_the_sentence_that_relates_them(
    snapshot: Snapshot,
) -> None:
    found = evidence(snapshot, entity(snapshot, RIVERNET), entity(snapshot, DELTASAR))

    assert [(paper.iri, paper.year) for paper in found.papers] == [(RIVER_2, 2024), (RIVER_1, 2023)]
    telling = found.papers[1].sentences[0]
    assert telling.relations == ("evaluatedOn",)
    assert telling.spans == (
        Span("On "),
        Span("DeltaSAR", "dataset"),
        Span(" "),
        Span("RiverNet", "method"),
        Span(" reaches 84.2% mIoU for river segmentation, 3.1 points above U-Net."),
    )


def test_a_relation_is_told_from_the_other_end_as_inverse(snapshot: Snapshot) -> None:
    found = evidence(snapshot, entity(snapshot, DELTASAR), entity(snapshot, RIVERNET))

    assert found.papers[1].sentences[0].relations == ("evaluatedOn inverse",)


def test_evidence_of_coauthors_is_their_joint_papers(snapshot: Snapshot) -> None:
    found = evidence(snapshot, entity(snapshot, AMINA), entity(snapshot, WEI))

    assert [(paper.title, paper.year, paper.sentences) for paper in found.papers] == [
        ("KitchenNER in Twelve Languages", 2023, ()),
        ("Small Language Models Read Recipes", 2022, ()),
    ]


def test_evidence_of_an_author_and_a_concept_marks_the_concept(snapshot: Snapshot) -> None:
    found = evidence(snapshot, entity(snapshot, ADA), entity(snapshot, f"{BASE}dataset/crowdmaps"))

    (paper,) = found.papers
    assert [sentence.spans for sentence in paper.sentences] == [
        (Span("CrowdMaps", "dataset"), Span(" has 70 regions."))
    ]


def test_evidence_of_a_paper_and_its_concept_is_in_that_paper(snapshot: Snapshot) -> None:
    found = evidence(snapshot, entity(snapshot, RIVERNET), entity(snapshot, RIVER_2))

    (paper,) = found.papers
    assert paper.iri == RIVER_2
    assert len(paper.sentences) == 2


def test_evidence_keeps_to_the_years_and_counts_what_it_leaves_out(snapshot: Snapshot) -> None:
    a, b = entity(snapshot, RIVERNET), entity(snapshot, DELTASAR)

    assert [p.year for p in evidence(snapshot, a, b, years=Years(last=2023)).papers] == [2023]
    assert evidence(snapshot, a, b, limit=1).more == 1


def test_sentences_join_to_their_text(snapshot: Snapshot, corpus: object) -> None:
    webpages = entity(snapshot, f"{BASE}dataset/webpages")
    found = evidence(snapshot, entity(snapshot, f"{BASE}task/text-classification"), webpages)

    (paper,) = found.papers
    assert ["".join(span.text for span in sentence.spans) for sentence in paper.sentences] == [
        "text classification on WebPages needs tag stripping.",
        "<script>alert(1)</script> Considered Harmful to Text Classification",
    ]
