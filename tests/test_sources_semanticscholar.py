"""Semantic Scholar's papers: the API's answers and the lines of the data sets."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutations import ANYTHING, check, mutated
from reading import paper_of, reader_of

from scholargraph.extract.papers import Author, Paper, Reference, Refusal, SourceClaim
from scholargraph.extract.sources import read

SAMPLES = Path(__file__).parents[1].parent / "shared" / "data" / "samples" / "semantic_scholar"

ONE, TWO, THREE = (digit * 40 for digit in "abc")
OWLS = {
    "paperId": ONE,
    "externalIds": {
        "MAG": "12",
        "DBLP": "conf/owl/Li21",
        "ACL": "2021.owl-main.7",
        "ArXiv": "2101.00001",
        "DOI": "10.1234/OWLS.1",
        "PubMed": "777",
        "PubMedCentral": "888",
        "CorpusId": 99,
    },
    "corpusId": 99,
    "publicationVenue": {"name": "Meeting of Owls", "type": "conference"},
    "url": f"https://www.semanticscholar.org/paper/{ONE}",
    "title": "Owls see at night",
    "abstract": "Owls see well. Code: https://github.com/owl/eye.",
    "venue": "OWL",
    "year": 2021,
    "citationCount": 42,
    "openAccessPdf": {"url": "https://example.org/owls.pdf", "status": "GREEN"},
    "fieldsOfStudy": ["Biology"],
    "s2FieldsOfStudy": [
        {"category": "Biology", "source": "external"},
        {"category": "Computer Science", "source": "s2-fos-model"},
    ],
    "publicationTypes": ["JournalArticle", "Conference"],
    "publicationDate": "2021-03-04",
    "journal": {"name": "ArXiv", "pages": "17 - 23", "volume": "abs/2101.00001"},
    "authors": [
        {"authorId": "1", "name": "Ada Müller", "affiliations": ["Owl House"]},
        {"authorId": None, "name": "李波", "externalIds": {"ORCID": "0000-0002-1825-0097"}},
    ],
    "references": [
        {"paperId": TWO, "externalIds": {"DOI": "10.1234/two"}, "title": "Moths", "year": 1999},
        {"paperId": None, "title": "A talk on mice", "year": None},
        {"paperId": None, "title": None},
    ],
    "tldr": {"model": "tldr@v2", "text": "Owls see."},
}
# As the data set 'papers' spells it.
LINE = {
    "corpusid": 99,
    "externalids": {"ACL": None, "DBLP": None, "ArXiv": None, "DOI": "10.1234/owls.1"},
    "url": f"https://www.semanticscholar.org/paper/{ONE}",
    "title": "Owls see at night",
    "authors": [{"authorId": "1", "name": "Ada Müller"}],
    "venue": "Journal of Owls",
    "publicationvenueid": None,
    "year": 2021,
    "referencecount": 3,
    "citationcount": 42,
    "s2fieldsofstudy": [{"category": "Biology", "source": "external"}],
    "publicationtypes": ["JournalArticle"],
    "publicationdate": None,
    "journal": {"name": "Journal of Owls", "pages": None, "volume": "6"},
}


read_text = reader_of("semanticscholar")
paper = paper_of(OWLS)


def test_a_record_becomes_a_paper(paper):
    assert paper() == Paper(
        id=ONE,
        title="Owls see at night",
        abstract="Owls see well. Code: https://github.com/owl/eye.",
        authors=(
            Author("Ada Müller", 1, None, ("Owl House",)),
            Author("李波", 2, "0000-0002-1825-0097"),
        ),
        date="2021-03-04",
        venue="OWL",
        categories=("Biology", "Computer Science"),
        ids=(
            ("doi", "10.1234/owls.1"),
            ("arxiv", "2101.00001"),
            ("pmid", "777"),
            ("pmcid", "PMC888"),
            ("dblp", "conf/owl/Li21"),
            ("acl", "2021.owl-main.7"),
            ("s2", ONE),
        ),
        urls=(f"https://www.semanticscholar.org/paper/{ONE}", "https://example.org/owls.pdf"),
        code=("https://github.com/owl/eye",),
        claims=(SourceClaim("citations", Decimal(42)),),
        genre="conference-paper",
        pages="17-23",
        references=(
            Reference((("doi", "10.1234/two"), ("s2", TWO)), "Moths", "1999"),
            Reference((), "A talk on mice", None),
        ),
    )


def test_a_line_of_the_data_set_becomes_a_paper(read_text):
    assert read_text(json.dumps(LINE) + "\n") == [
        Paper(
            id=ONE,
            title="Owls see at night",
            abstract="",
            authors=(Author("Ada Müller", 1),),
            date="2021",
            venue="Journal of Owls",
            categories=("Biology",),
            ids=(("doi", "10.1234/owls.1"), ("s2", ONE)),
            urls=(f"https://www.semanticscholar.org/paper/{ONE}",),
            claims=(SourceClaim("citations", Decimal(42)),),
            genre="article",
            volume="6",
        )
    ]


@pytest.mark.parametrize(
    "wrapped",
    [
        "[{}]",
        '{{"total": 1, "offset": 0, "next": 1, "data": [{}]}}',
        '{{"total": 1, "token": "x", "data": [{}]}}',
        '{{"recommendedPapers": [{}]}}',
        '{{"authorId": "1", "name": "Bo Li", "papers": [{}]}}',
        '{{"offset": 0, "data": [{{"contexts": [], "citedPaper": {}}}]}}',
        '{{"offset": 0, "data": [{{"isInfluential": true, "citingPaper": {}}}]}}',
    ],
)
def test_a_paper_is_the_same_in_every_answer(read_text, paper, wrapped):
    assert read_text(wrapped.format(json.dumps(OWLS))) == [paper()]


def test_each_null_of_a_batch_says_where_it_stands(read_text):
    first, *refusals, last = read_text(json.dumps([OWLS, None, None, OWLS | {"paperId": TWO}]))

    assert (first.id, last.id) == (ONE, TWO)
    assert [(refusal.line, refusal.reason) for refusal in refusals] == [
        (1, f"record {n}: Semantic Scholar has no paper of the identifier that was asked for here")
        for n in (2, 3)
    ]


@pytest.mark.parametrize(
    ("fields", "genre"),
    [
        ({"publicationTypes": ["JournalArticle", "Review"]}, "review"),
        ({"publicationTypes": ["JournalArticle"]}, "article"),
        ({"publicationTypes": ["Journal Article"]}, "article"),
        ({"publicationTypes": ["BookSection"]}, "chapter"),
        ({"publicationTypes": ["JournalArticle"], "venue": "arXiv.org"}, "preprint"),
        ({"publicationTypes": None, "venue": "bioRxiv"}, "preprint"),
        ({"publicationTypes": ["Dataset"]}, None),
        ({"publicationTypes": None}, None),
    ],
)
def test_the_types_tell_the_genre(paper, fields, genre):
    assert paper(**fields).genre == genre


def test_a_paper_needs_little(read_text):
    assert read_text(json.dumps({"paperId": ONE, "title": "Owls"})) == [
        Paper(id=ONE, title="Owls", abstract="", ids=(("s2", ONE),))
    ]


def test_the_venue_may_stand_elsewhere(paper):
    assert paper(venue="").venue == "Meeting of Owls"
    assert paper(venue="", publicationVenue=None).venue == "ArXiv"
    assert paper(venue=None, publicationVenue=None, journal=None).venue is None


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"authorId": "1", "name": "Bo Li", "papers": []}, "an author of Semantic Scholar, not"),
        ({"paperId": THREE, "title": None}, "has no title"),
        ({"paperId": THREE, "title": "x" * 2_000}, '"title" has 2,000 characters'),
        ({"corpusid": 5, "abstract": "Owls."}, "has no title; import the data set 'papers'"),
        ({"message": "Too Many Requests"}, "no paper of Semantic Scholar"),
        (OWLS, "the same record stands as record 1, line 1, already"),
        (7, "this is a number, not a record"),
    ],
)
def test_what_is_no_paper_is_refused_and_the_rest_goes_in(read_text, record, reason):
    found = read_text(json.dumps([OWLS, record, OWLS | {"paperId": TWO}]))

    assert [made.id for made in found if isinstance(made, Paper)] == [ONE, TWO]
    (refusal,) = [made for made in found if isinstance(made, Refusal)]
    assert refusal.reason.startswith("record 2")
    assert reason in refusal.reason


def test_a_malformed_identifier_is_reported_and_left_out(read_text):
    paper, refusal = read_text(json.dumps(OWLS | {"externalIds": {"DOI": "owls", "MAG": 1}}))

    assert paper.ids == (("s2", ONE),)
    assert "\"DOI\": 'owls' is no DOI" in refusal.reason


def test_a_doi_of_arxiv_gives_its_identifier(paper):
    found = paper(externalIds={"DOI": "10.48550/arXiv.2203.07720"})

    assert found.ids == (("doi", "10.48550/arxiv.2203.07720"), ("arxiv", "2203.07720"), ("s2", ONE))


@pytest.mark.parametrize(
    ("name", "papers", "refusals"),
    [("Paper.json", 1, 0), ("test_get_papers_not_found_warning.0.json", 3, 1)],
)
def test_the_samples_go_in(name, papers, refusals):
    if not (SAMPLES / name).exists():
        pytest.skip("the samples are not here")

    found = list(read(SAMPLES / name))

    assert sum(isinstance(made, Paper) for made in found) == papers
    assert sum(isinstance(made, Refusal) for made in found) == refusals
    assert all(made.authors and made.abstract for made in found if isinstance(made, Paper))


@settings(max_examples=200, deadline=None)
@given(mutated(OWLS) | mutated(LINE) | ANYTHING | st.binary(max_size=100))
def test_nothing_makes_the_reader_fail(tmp_path_factory, record):
    path = tmp_path_factory.mktemp("fuzz") / "papers"

    check(read, path, "semanticscholar", record)
