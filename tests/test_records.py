"""Records: what a source says goes into the graph, and comes out of it the same."""

from dataclasses import replace
from decimal import Decimal

import pytest
from corpus import CORPUS, MODEL
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Dataset, NamedNode, Quad

from scholargraph.extract.mentions import Extraction
from scholargraph.extract.papers import Author, Genre, Paper, SourceClaim
from scholargraph.graph.build import Run, paper_quads, source_iri
from scholargraph.graph.iris import Iris
from scholargraph.graph.merging import conflicts, merged, text_record
from scholargraph.graph.records import Record, held, normal, record_quads

IRIS = Iris()
RUN = Run("shelf.bib", "7" * 64, "bibtex", "0.1.0", MODEL, "2026-02-11")
SOURCE = source_iri(RUN, IRIS)
NOTHING = Extraction((), (), (), (), (), MODEL)

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)
MAYBE = st.none() | TEXT


class Quads:
    """As much of a store as records are read from."""

    def __init__(self, quads: set[Quad]) -> None:
        self._quads = Dataset(quads)

    def quads(self, subject=None, predicate=None, object=None, graph=None) -> list[Quad]:
        wanted = (subject, predicate, object, graph)
        return [
            quad
            for quad in self._quads
            if all(
                want is None or want == term
                for want, term in zip(
                    wanted,
                    (quad.subject, quad.predicate, quad.object, quad.graph_name),
                    strict=True,
                )
            )
        ]


PAPERS = st.builds(
    Paper,
    id=TEXT,
    title=TEXT,
    abstract=st.just("") | TEXT,
    authors=st.lists(
        st.builds(
            Author, name=TEXT, orcid=MAYBE, affiliations=st.lists(TEXT, max_size=2).map(tuple)
        ),
        max_size=3,
    ).map(lambda found: tuple(replace(a, position=n) for n, a in enumerate(found, 1))),
    truncated=st.booleans(),
    date=st.sampled_from([None, "2020", "2020-02", "2020-02-29"]),
    venue=MAYBE,
    categories=st.lists(st.sampled_from(["cs.CL", "cs.CV", "a b/é"]), max_size=2).map(tuple),
    ids=st.lists(
        st.sampled_from(
            [
                ("doi", "10.5/a"),
                ("doi", "10.48550/arxiv.2101.00001"),
                ("arxiv", "2101.00001"),
                ("acl", "P19-1001"),
                ("isbn", "9780306406157"),
                ("source", "key"),
            ]
        ),
        max_size=3,
    ).map(tuple),
    urls=st.lists(st.sampled_from(["https://example.org/", "no address"]), max_size=2).map(tuple),
    code_flag=st.booleans(),
    affiliations=st.lists(TEXT, max_size=2).map(tuple),
    claims=st.lists(
        st.builds(
            SourceClaim,
            measure=st.sampled_from(["citations", "novelty"]),
            value=st.decimals(0, 10**6, places=2),
            unit=st.sampled_from([None, "percent"]),
        ),
        max_size=2,
        unique_by=lambda claim: claim.measure,
    ).map(tuple),
    genre=st.sampled_from([None, *Genre.__args__]),  # type: ignore[attr-defined]
    volume=MAYBE,
    issue=MAYBE,
    pages=MAYBE,
    publisher=MAYBE,
    withdrawn=st.booleans(),
)


@given(PAPERS)
def test_what_a_paper_of_one_record_says_is_that_record(paper):
    quads = set(paper_quads(normal(paper), NOTHING, RUN, IRIS, record_hash="0" * 32))
    found = held(Quads(quads), IRIS.paper(normal(paper)), IRIS)  # type: ignore[arg-type]

    assert found is not None
    assert [record.paper for record in found.records] == [normal(paper)]
    assert found.records[0].sources == (SOURCE,)


@given(PAPERS)
def test_a_record_beside_the_facts_says_the_same(paper):
    subject = IRIS.paper(paper)
    kept = Record(normal(paper), (SOURCE,), RUN.captured if paper.claims else None, "0" * 32)
    quads = set(paper_quads(normal(CORPUS[0][0]), NOTHING, RUN, IRIS, record_hash="1" * 32))
    quads = {
        Quad(subject if q.subject == IRIS.paper(CORPUS[0][0]) else q.subject, q.predicate, q.object)
        for q in quads
    }
    found = held(Quads(quads | set(record_quads(kept, subject, IRIS))), subject, IRIS)  # type: ignore[arg-type]

    assert found is not None and found.records == [kept]


@given(PAPERS)
def test_the_normal_form_is_normal(paper):
    assert normal(normal(paper)) == normal(paper)


def test_there_is_no_record_where_there_is_no_paper():
    assert held(Quads(set()), NamedNode("https://example.org/"), IRIS) is None  # type: ignore[arg-type]


def test_evidence_is_told_from_what_sources_say():
    paper, extraction = CORPUS[0]
    quads = set(paper_quads(normal(paper), extraction, RUN, IRIS, record_hash="0" * 32))
    found = held(Quads(quads), IRIS.paper(paper), IRIS)  # type: ignore[arg-type]
    bare = set(paper_quads(normal(paper), NOTHING, RUN, IRIS, record_hash="0" * 32))

    assert found is not None
    assert set(found.evidence) == quads - bare


def record(number: int = 1, **details: object) -> Record:
    values: dict[str, object] = {"id": "1", "title": "Bridges", "abstract": "", **details}
    paper = normal(Paper(**values))  # type: ignore[arg-type]
    return Record(paper, (NamedNode(f"https://example.org/source/{number}"),), None, "0" * 32)


def view(*records: Record) -> Paper:
    found = merged(records)
    assert found == merged(tuple(reversed(records)))
    return found


def test_the_longest_abstract_comes_with_its_title():
    cut = record(title="Cut", abstract="It begins and goes on and on and on and then …")
    whole = record(2, title="Whole", abstract="It begins and ends.")

    assert (view(cut, whole).title, view(cut, whole).abstract) == ("Whole", "It begins and ends.")
    assert text_record([cut, record(title="None")]) == cut


@pytest.mark.parametrize(
    ("dates", "best"),
    [
        (("2020", "2020-03-01"), "2020-03-01"),
        (("2020", None), "2020"),
        (("2021-02", "2020-03"), "2020-03"),
    ],
)
def test_the_most_complete_date_counts(dates, best):
    assert view(*(record(n, date=date) for n, date in enumerate(dates))).date == best


def test_a_published_date_comes_before_a_preprint_s():
    preprint = record(date="2019-12", venue="arXiv", genre="preprint")
    printed = record(2, date="2020-05", venue="Journal of Bridges", genre="article")

    assert view(preprint, printed).date == "2020-05"


def test_authors_are_the_list_that_is_whole_with_what_others_know_of_them():
    short = record(
        authors=(Author("Ada Lindqvist", 1, "0000-0002-1825-0097"), Author("Noor van Dijk")),
        truncated=True,
    )
    whole = record(
        2, authors=(Author("A. Lindqvist", 1), Author("Bo Ek", 2, None, ("Lake University",)))
    )

    assert view(short, whole).authors == (
        Author("A. Lindqvist", 1, "0000-0002-1825-0097"),
        Author("Bo Ek", 2, None, ("Lake University",)),
    )
    assert not view(short, whole).truncated


def test_an_author_whom_et_al_hides_in_another_list_is_kept():
    one = record(authors=(Author("Ada Lindqvist", 1), Author("Bo Ek", 2)), truncated=True)
    other = record(2, authors=(Author("Ada Lindqvist", 1), Author("Wei Chen")), truncated=True)

    assert view(one, other).authors[-1] == Author("Wei Chen", None)


def test_a_publication_is_told_whole_and_before_a_preprint():
    preprint = record(venue="arXiv", genre="preprint", ids=(("doi", "10.48550/arxiv.2101.00001"),))
    printed = record(
        2, venue="Journal of Bridges", genre="article", pages="1-9", ids=(("doi", "10.5/z"),)
    )
    found = view(preprint, printed)

    assert (found.venue, found.genre, found.pages) == ("Journal of Bridges", "article", "1-9")
    assert found.ids[0] == ("doi", "10.5/z")
    assert ("arxiv", "2101.00001") in found.ids


def test_sets_are_joined_and_marks_are_kept():
    one = record(categories=("cs.CL",), urls=("https://example.org/1",), withdrawn=True)
    other = record(2, categories=("cs.CV",), urls=("https://example.org/2",), code_flag=True)
    found = view(one, other)

    assert found.categories == ("cs.CL", "cs.CV")
    assert found.urls == ("https://example.org/1", "https://example.org/2")
    assert found.withdrawn and found.code_flag


def test_conflicts_name_the_field_the_values_and_who_says_so():
    one = Paper("1", "On Bridges", "", (Author("A", 1),), date="2019-05", venue="Journal A")
    same = Paper("2", "ON BRIDGES.", "", (Author("B", 1),), date="2019", venue="journal a")
    other = Paper(
        *("3", "Over Bridges", "", (Author("A", 1), Author("B", 2))),
        date="2020",
        venue="Journal B",
        ids=(("doi", "10.5/x"),),
    )

    found = {conflict.field: conflict.values for conflict in conflicts([one, same, other])}

    assert found == {
        "title": (("On Bridges", (0, 1)), ("Over Bridges", (2,))),
        "year": (("2019", (0, 1)), ("2020", (2,))),
        "number of authors": (("1", (0, 1)), ("2", (2,))),
        "venue": (("Journal A", (0, 1)), ("Journal B", (2,))),
    }


def test_a_preprint_and_et_al_contradict_nobody():
    preprint = Paper(
        *("1", "On Bridges", "", (Author("A", 1),), True),
        venue="arXiv",
        ids=(("doi", "10.48550/arxiv.2101.00001"),),
    )
    printed = Paper(
        *("2", "On Bridges", "", (Author("A", 1), Author("B", 2))),
        venue="Journal",
        ids=(("doi", "10.5/x"),),
    )

    assert conflicts([preprint, printed]) == ()


def test_a_claim_s_value_is_the_same_in_any_spelling():
    one = normal(Paper("1", "T", "", claims=(SourceClaim("citations", Decimal("7.0")),)))
    other = normal(Paper("1", "T", "", claims=(SourceClaim("citations", Decimal("7")),)))

    assert repr(one) == repr(other)
