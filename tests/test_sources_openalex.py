"""OpenAlex works: every field that the graph knows, every wrapping, and what is refused."""

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

SAMPLES = Path(__file__).parents[1].parent / "shared" / "data" / "samples" / "openalex"

OWLS = {
    "id": "https://openalex.org/W12345",
    "doi": "https://doi.org/10.1234/Owls.1",
    "title": "Owls <i>see</i> at night",
    "display_name": "Owls <i>see</i> at night",
    "publication_year": 2021,
    "publication_date": "2021-03-04",
    "ids": {
        "openalex": "https://openalex.org/W12345",
        "doi": "https://doi.org/10.1234/owls.1",
        "mag": "12345",
        "pmid": "https://pubmed.ncbi.nlm.nih.gov/777",
        "pmcid": "https://www.ncbi.nlm.nih.gov/pmc/articles/888",
    },
    "primary_location": {
        "landing_page_url": "https://doi.org/10.1234/owls.1",
        "source": {
            "id": "https://openalex.org/S1",
            "display_name": "Journal of Owls",
            "host_organization_name": "Night Press",
            "type": "journal",
        },
    },
    "type": "article",
    "type_crossref": "journal-article",
    "authorships": [
        {
            "author_position": "first",
            "author": {
                "id": "https://openalex.org/A1",
                "display_name": "Ada Müller",
                "orcid": "https://orcid.org/0000-0002-1825-0097",
            },
            "institutions": [{"display_name": "Owl House"}, {"display_name": "Barn"}],
            "raw_affiliation_strings": ["Owl House, 1 Wood Lane"],
        },
        {
            "author": {"display_name": None, "orcid": None},
            "raw_author_name": "李波",
            "institutions": [],
            "raw_affiliation_strings": ["Night School, Oslo"],
        },
    ],
    "is_authors_truncated": False,
    "cited_by_count": 42,
    "biblio": {"volume": "6", "issue": "2", "first_page": "17", "last_page": "23"},
    "is_retracted": False,
    "primary_topic": {"display_name": "Owl vision", "field": {"display_name": "Biology"}},
    "topics": [{"display_name": "Owl vision"}, {"display_name": "Nocturnal life"}],
    "locations": [
        {"landing_page_url": "https://doi.org/10.1234/owls.1"},
        {"landing_page_url": "http://arxiv.org/abs/2101.00001v2", "pdf_url": None},
    ],
    "best_oa_location": {"pdf_url": "https://arxiv.org/pdf/2101.00001"},
    "referenced_works": ["https://openalex.org/W7", "https://openalex.org/W8"],
    "abstract_inverted_index": {"Owls": [0, 4], "see": [1], "well;": [2], "we": [3], "prove.": [5]},
    "counts_by_year": [{"year": 2022, "cited_by_count": 3}],
}


read_text = reader_of("openalex")
paper = paper_of(OWLS)


def test_a_work_becomes_a_paper(paper):
    assert paper() == Paper(
        id="W12345",
        title="Owls see at night",
        abstract="Owls see well; we Owls prove.",
        authors=(
            Author("Ada Müller", 1, "0000-0002-1825-0097", ("Owl House", "Barn")),
            Author("李波", 2, None, ("Night School, Oslo",)),
        ),
        date="2021-03-04",
        venue="Journal of Owls",
        categories=("Biology", "Owl vision", "Nocturnal life"),
        ids=(
            ("doi", "10.1234/owls.1"),
            ("pmid", "777"),
            ("pmcid", "PMC888"),
            ("arxiv", "2101.00001"),
            ("openalex", "W12345"),
        ),
        urls=("https://doi.org/10.1234/owls.1", "https://arxiv.org/pdf/2101.00001"),
        claims=(SourceClaim("citations", Decimal(42)),),
        genre="article",
        volume="6",
        issue="2",
        pages="17-23",
        publisher="Night Press",
        references=(Reference((("openalex", "W7"),)), Reference((("openalex", "W8"),))),
    )


@pytest.mark.parametrize(
    "wrapped",
    [
        "{}",
        '{{"meta": {{"count": 1}}, "results": [{}], "group_by": []}}',
        "[{}]",
        '[{{"meta": {{}}, "results": [{}]}}]',
        "{}\n",
    ],
)
def test_a_work_is_the_same_in_every_wrapping(read_text, paper, wrapped):
    assert read_text(wrapped.format(json.dumps(OWLS))) == [paper()]


def test_an_answer_without_works_is_no_fault(read_text):
    assert read_text('{"meta": {"count": 0}, "results": [], "group_by": []}') == []


def test_a_work_needs_little(read_text):
    found = read_text('{"id": "https://openalex.org/W9", "display_name": "Owls", "doi": null}')

    assert found == [Paper(id="W9", title="Owls", abstract="", ids=(("openalex", "W9"),))]


def test_selected_fields_are_enough(read_text):
    work = {"doi": "https://doi.org/10.1234/x", "display_name": "Owls", "publication_year": 2020}

    (found,) = read_text(json.dumps({"meta": {"count": 1}, "results": [work]}))

    assert (found.id, found.ids, found.date) == ("10.1234/x", (("doi", "10.1234/x"),), "2020")


def test_an_arxiv_identifier_may_be_given_outright(paper):
    found = paper(ids={"arxiv": "https://arxiv.org/abs/2101.00002"})

    assert dict(found.ids)["arxiv"] == "2101.00002"


@pytest.mark.parametrize(
    ("fields", "genre"),
    [
        ({"type": "preprint"}, "preprint"),
        ({"type": "book-chapter"}, "chapter"),
        ({"type": "dissertation"}, "thesis"),
        ({"type": "review"}, "review"),
        ({"type": "article", "type_crossref": "proceedings-article"}, "conference-paper"),
        ({"primary_location": {"source": {"type": "conference"}}}, "conference-paper"),
        ({"type": "dataset", "type_crossref": None}, None),
        ({"type": None}, "article"),
    ],
)
def test_the_type_tells_the_genre(paper, fields, genre):
    assert paper(**fields).genre == genre


@pytest.mark.parametrize(
    ("biblio", "pages"),
    [
        ({"first_page": "e4375", "last_page": "e4375"}, "e4375"),
        ({"first_page": "12", "last_page": None}, "12"),
        ({}, None),
        (None, None),
    ],
)
def test_pages_are_a_range_where_there_are_two(paper, biblio, pages):
    assert paper(biblio=biblio).pages == pages


@pytest.mark.parametrize(
    "fields",
    [{"is_retracted": True}, {"title": "RETRACTED: Owls"}, {"title": "[Retracted] Owls"}],
)
def test_a_retracted_work_is_marked(paper, fields):
    assert paper(**fields).withdrawn
    assert not paper(title="Retraction: Owls").withdrawn
    assert not paper(title="Retracted claws of owls").withdrawn


def test_an_abstract_may_hold_markup_and_come_in_the_old_wrapping(paper):
    index = {"<jats:p>Owls": [0], "see": [1], "H<jats:sub>2</jats:sub>O.</jats:p>": [2]}

    assert paper(abstract_inverted_index=index).abstract == "Owls see H2O."
    old = {"IndexLength": 3, "InvertedIndex": index}
    assert paper(abstract_inverted_index=old).abstract == "Owls see H2O."
    assert paper(abstract_inverted_index={"Owls": [10**30], "Two": [-1]}).abstract == "Two Owls"
    assert paper(abstract_inverted_index=None).abstract == ""
    assert paper(abstract_inverted_index=None, abstract="Owls see.").abstract == "Owls see."


def test_a_thousand_authors_keep_their_order(paper):
    authorships = [
        {"author": {"display_name": f"Author {n}", "orcid": None}} for n in range(1, 1_001)
    ]

    found = paper(authorships=authorships, is_authors_truncated=True)

    assert [author.position for author in found.authors] == list(range(1, 1_001))
    assert found.authors[-1].name == "Author 1000"
    assert found.truncated


@pytest.mark.parametrize("name", ["محمد علي", "Zoë  Åström", "Ngũgĩ", "אבא"])
def test_names_of_every_script_stay(paper, name):
    authorships = [{"author": {"display_name": name}}]

    assert paper(authorships=authorships).authors == (Author(" ".join(name.split()), 1),)


def test_titles_in_capitals_stay(paper):
    assert paper(title="OWLS SEE AT NIGHT").title == "OWLS SEE AT NIGHT"


def test_a_doi_of_arxiv_gives_its_identifier(paper):
    found = paper(doi="https://doi.org/10.48550/arXiv.2203.07720", locations=[], ids={})

    assert found.ids[:2] == (("doi", "10.48550/arxiv.2203.07720"), ("arxiv", "2203.07720"))


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"id": "https://openalex.org/A5", "display_name": "Bo Li"}, "an author of OpenAlex, not"),
        ({"id": "https://openalex.org/S5", "display_name": "Barn"}, "a source of OpenAlex, not"),
        ({"id": "https://openalex.org/domains/4", "display_name": "Life"}, "no work of OpenAlex"),
        ({"id": "https://openalex.org/W5", "title": None}, "has no title; a paper needs one"),
        ({"id": "https://openalex.org/W5", "title": " "}, "has no title"),
        ({"id": "https://openalex.org/W5", "title": "<i> </i>"}, '"title" is blank'),
        ({"id": "https://openalex.org/W5", "title": "x" * 1_001}, '"title" has 1,001 characters'),
        (OWLS, "the same record stands as record 1, line 1, already"),
        ({}, "this is no work of OpenAlex"),
        (None, "this is null, not a record"),
        ([], "this is a list, not a record"),
    ],
)
def test_what_is_no_work_is_refused_and_the_rest_goes_in(read_text, record, reason):
    last = OWLS | {"id": "https://openalex.org/W99"}

    found = read_text(json.dumps({"meta": {}, "results": [OWLS, record, last]}))

    assert [made.id for made in found if isinstance(made, Paper)] == ["W12345", "W99"]
    (refusal,) = [made for made in found if isinstance(made, Refusal)]
    assert refusal.line == 1
    assert refusal.reason.startswith("record 2")
    assert reason in refusal.reason


@pytest.mark.parametrize(
    ("fields", "notice"),
    [
        ({"doi": "owls", "ids": {}}, "\"doi\": 'owls' is no DOI"),
        ({"ids": {"pmid": "none"}}, "\"pmid\": 'none' is no PubMed identifier"),
        ({"publication_date": "2021-02-30"}, "February 30, 2021 does not exist"),
        ({"cited_by_count": "many"}, '"cited_by_count" is a string, not a whole number'),
        ({"cited_by_count": 10**30}, '"cited_by_count" is not between 0 and'),
        ({"authorships": [3]}, '"authorships" has a number in it, not an object'),
        ({"authorships": {}}, '"authorships" is an object, not a list'),
        ({"biblio": [1]}, '"biblio" is a list, not an object'),
        ({"referenced_works": ["https://openalex.org/A1"]}, "is no OpenAlex work"),
        ({"best_oa_location": {"pdf_url": "owls.pdf"}}, "'owls.pdf' is no web address"),
        ({"abstract_inverted_index": {"x" * 500_000: [1]}}, '"abstract" has 500,000 characters'),
    ],
)
def test_what_is_amiss_is_reported_and_the_paper_goes_in(read_text, fields, notice):
    paper, refusal = read_text(json.dumps(OWLS | fields))

    assert isinstance(paper, Paper)
    assert isinstance(refusal, Refusal)
    assert refusal.reason.startswith("W12345: ")
    assert notice in refusal.reason
    assert refusal.reason.endswith("; the paper went in without it")


def test_many_faults_of_one_record_are_a_few_lines(read_text):
    authorships = [
        {"author": {"display_name": "A", "orcid": f"0000-0000-0000-{n:04d}"}} for n in range(500)
    ]

    _, *refusals = read_text(json.dumps(OWLS | {"authorships": authorships}))

    assert len(refusals) == 6
    assert "more fields are malformed" in refusals[-1].reason


def test_a_year_stands_in_for_a_date(paper):
    assert paper(publication_date=None).date == "2021"


def test_the_sample_goes_in():
    path = SAMPLES / "work-W2741809807.json"
    if not path.exists():
        pytest.skip("the samples are not here")

    (paper,) = read(path)

    assert isinstance(paper, Paper)
    assert paper.id == "W2741809807"
    assert dict(paper.ids)["pmcid"] == "PMC5815332"
    assert len(paper.authors) == 9
    assert len(paper.references) == 45
    assert paper.abstract.startswith("Despite growing interest in Open Access (OA)")
    assert len(paper.abstract.split()) == 258


@settings(max_examples=200, deadline=None)
@given(mutated(OWLS) | ANYTHING | st.binary(max_size=100))
def test_nothing_makes_the_reader_fail(tmp_path_factory, record):
    path = tmp_path_factory.mktemp("fuzz") / "works"

    check(read, path, "openalex", record)
