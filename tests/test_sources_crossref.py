"""Crossref's works, with the markup that publishers leave in them."""

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutations import ANYTHING, check, mutated
from reading import paper_of, reader_of

from scholargraph.extract.papers import Author, Paper, Reference, Refusal, SourceClaim
from scholargraph.extract.sources import read

OWLS = {
    "indexed": {"date-parts": [[2022, 4, 1]], "timestamp": 1648771200000},
    "reference-count": 4,
    "publisher": "Night Press",
    "issue": "2",
    "content-domain": {"domain": [], "crossmark-restriction": False},
    "short-container-title": ["J. Owls"],
    "abstract": "<jats:title>Abstract</jats:title><jats:sec><jats:title>Aim</jats:title>"
    "<jats:p>Owls see H<jats:sub>2</jats:sub>O at 10<jats:sup>3</jats:sup> &lt; 5.</jats:p>"
    "</jats:sec>",
    "DOI": "10.1234/OWLS.1",
    "type": "journal-article",
    "created": {"date-parts": [[2021, 1, 1]]},
    "page": "17-23",
    "is-referenced-by-count": 42,
    "title": ["<i>Strix</i> sees"],
    "subtitle": ["A study"],
    "prefix": "10.1234",
    "volume": "6",
    "author": [
        {
            "ORCID": "http://orcid.org/0000-0002-1825-0097",
            "authenticated-orcid": False,
            "given": "Ada",
            "family": "Müller",
            "sequence": "first",
            "affiliation": [{"name": "Owl House"}, {"name": "Barn"}],
        },
        {"given": "Bo", "family": "Li", "suffix": "Jr.", "affiliation": []},
        {"name": "The Owl Group", "sequence": "additional", "affiliation": []},
    ],
    "member": "1",
    "container-title": ["Journal of Owls &amp; Moths"],
    "language": "en",
    "issued": {"date-parts": [[2021, 3]]},
    "URL": "http://dx.doi.org/10.1234/owls.1",
    "resource": {"primary": {"URL": "https://example.org/owls/1"}},
    "ISSN": ["1234-5678"],
    "subject": ["Ornithology"],
    "reference": [
        {"key": "1", "DOI": "10.1234/MOTHS", "doi-asserted-by": "crossref", "year": "1999a"},
        {"key": "2", "article-title": "Mice", "author": "Li", "year": "in press"},
        {"key": "3", "unstructured": "Li, B. Voles. doi: 10.1234/voles. 2001."},
        {"key": "4", "unstructured": "Li, B. Toads. arXiv:2101.00001 (2021)."},
        {"key": "5", "volume-title": "The book of frogs", "year": "2003"},
        {"key": "6", "unstructured": "Li, B. A talk."},
        {"key": "7", "journal-title": "Nature", "volume": "1"},
    ],
}


read_text = reader_of("crossref")
paper = paper_of(OWLS)


def test_a_work_becomes_a_paper(paper):
    assert paper() == Paper(
        id="10.1234/owls.1",
        title="Strix sees: A study",
        abstract="Aim: Owls see H2O at 10^3 < 5.",
        authors=(
            Author("Ada Müller", 1, "0000-0002-1825-0097", ("Owl House", "Barn")),
            Author("Bo Li, Jr.", 2),
            Author("The Owl Group", 3),
        ),
        date="2021-03",
        venue="Journal of Owls & Moths",
        categories=("Ornithology",),
        ids=(("doi", "10.1234/owls.1"),),
        urls=("http://dx.doi.org/10.1234/owls.1", "https://example.org/owls/1"),
        claims=(SourceClaim("citations", Decimal(42)),),
        genre="article",
        volume="6",
        issue="2",
        pages="17-23",
        publisher="Night Press",
        references=(
            Reference((("doi", "10.1234/moths"),), None, "1999"),
            Reference((), "Mice", None),
            Reference((("doi", "10.1234/voles"),), "Li, B. Voles. doi: 10.1234/voles. 2001."),
            Reference((("arxiv", "2101.00001"),), "Li, B. Toads. arXiv:2101.00001 (2021)."),
            Reference((), "The book of frogs", "2003"),
            Reference((), "Li, B. A talk."),
        ),
    )


@pytest.mark.parametrize(
    "wrapped",
    [
        "{}\n",
        "[{}]",
        '{{"items": [{}]}}',
        '{{"status": "ok", "message-type": "work", "message-version": "1.0.0", "message": {}}}',
        '{{"status": "ok", "message-type": "work-list", "message": {{"facets": {{}}, '
        '"total-results": 1, "items": [{}], "items-per-page": 20, "query": {{}}}}}}',
        '{{"message": {{"items": [{}]}}, "status": "ok"}}',
        '[{{"status": "ok", "message": {{"items": [{}]}}}}]',
    ],
)
def test_a_work_is_the_same_in_every_answer(read_text, paper, wrapped):
    assert read_text(wrapped.format(json.dumps(OWLS))) == [paper()]


def test_an_answer_without_works_is_no_fault(read_text):
    assert (
        read_text('{"status": "ok", "message": {"total-results": 0, "items": [], "query": {}}}')
        == []
    )


@pytest.mark.parametrize(
    ("title", "plain"),
    [
        ([" Owls\n  see "], "Owls see"),
        (["OWLS SEE"], "OWLS SEE"),
        (["H<sub>2</sub>O and x<sup>2</sup>"], "H2O and x^2"),
        (["Owls &amp; <b>moths</b>"], "Owls & moths"),
        (["Owls where p < 0.05 and <s> is"], "Owls where p < 0.05 and <s> is"),
        (
            ['On <mml:math xmlns:mml="x"><mml:msup><mml:mi>Z</mml:mi><mml:mn>2</mml:mn></mml:msup>'
             "</mml:math>-graphs"],
            "On Z^2-graphs",
        ),
        ("Owls, as content negotiation gives it", "Owls, as content negotiation gives it"),
        (["", "Owls in translation"], "Owls in translation"),
    ],
)  # fmt: skip
def test_titles_lose_their_markup(paper, title, plain):
    assert paper(title=title, subtitle=[]).title == plain


@pytest.mark.parametrize(
    ("title", "subtitle", "whole"),
    [
        (["Owls?"], ["A study"], "Owls? A study"),
        (["Owls: a study"], ["A study"], "Owls: a study"),
        (["Owls"], [], "Owls"),
    ],
)
def test_a_subtitle_follows_where_the_title_lacks_it(paper, title, subtitle, whole):
    assert paper(title=title, subtitle=subtitle).title == whole


@pytest.mark.parametrize(
    ("fields", "date"),
    [
        ({"issued": {"date-parts": [[2021, 3, 4]]}}, "2021-03-04"),
        ({"issued": {"date-parts": [["2021", "3"]]}}, "2021-03"),
        ({"issued": {"date-parts": [[None]]}}, None),
        ({"issued": None, "published-online": {"date-parts": [[2020]]}}, "2020"),
        ({"issued": {"date-parts": [[2021, 22]]}}, "2021"),
        ({"issued": None, "posted": {"date-parts": [[2019, 5, 6]]}}, "2019-05-06"),
    ],
)  # fmt: skip
def test_a_date_keeps_its_precision(paper, fields, date):
    assert paper(**fields).date == date


@pytest.mark.parametrize(
    ("fields", "genre"),
    [
        ({"type": "proceedings-article"}, "conference-paper"),
        ({"type": "posted-content", "subtype": "preprint"}, "preprint"),
        ({"type": "posted-content", "subtype": "letter"}, None),
        ({"type": "book-chapter"}, "chapter"),
        ({"type": "monograph"}, "book"),
        ({"type": "dissertation"}, "thesis"),
        ({"type": "report"}, "report"),
        ({"type": "peer-review"}, None),
        ({"type": None}, None),
    ],
)
def test_the_type_tells_the_genre(paper, fields, genre):
    assert paper(**fields).genre == genre


@pytest.mark.parametrize(
    ("fields", "withdrawn"),
    [
        ({"updated-by": [{"type": "retraction", "DOI": "10.1234/note"}]}, True),
        ({"updated-by": [{"type": "correction", "DOI": "10.1234/note"}]}, False),
        ({"update-to": [{"type": "retraction", "DOI": "10.1234/owls.1"}]}, True),
        ({"title": ["RETRACTED ARTICLE: Owls"]}, True),
        ({"title": ["WITHDRAWN: Owls"]}, True),
        # The notice is not itself retracted.
        ({"title": ["Retraction: Owls"], "update-to": [{"type": "retraction", "DOI": "10.1/x"}]},
         False),
    ],
)  # fmt: skip
def test_a_retracted_work_is_marked_and_its_notice_is_not(paper, fields, withdrawn):
    assert paper(**fields).withdrawn is withdrawn


def test_a_preprint_is_of_where_it_was_posted(paper):
    posted = {"type": "posted-content", "container-title": [], "group-title": "Ecology"}

    assert paper(**posted, institution=[{"name": "bioRxiv"}]).venue == "bioRxiv"
    assert paper(**posted, institution={"name": "bioRxiv"}).venue == "Ecology"


def test_a_formula_in_two_notations_is_said_once(paper):
    abstract = (
        "<jats:p>Let <jats:inline-formula><jats:alternatives><jats:tex-math>"
        "\\documentclass[12pt]{minimal}\n\\begin{document}$$x^2$$\\end{document}</jats:tex-math>"
        "<mml:math><mml:msup><mml:mi>x</mml:mi><mml:mn>2</mml:mn></mml:msup></mml:math>"
        "</jats:alternatives></jats:inline-formula> grow.</jats:p>"
    )

    assert paper(abstract=abstract).abstract == "Let x^2 grow."


def test_a_book_has_its_isbn(paper):
    found = paper(type="book", ISBN=["http://id.crossref.org/isbn/9780306406157", "0306406152"])

    assert found.ids == (("doi", "10.1234/owls.1"), ("isbn", "9780306406157"))


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (OWLS | {"type": "journal", "DOI": "10.1234/j"}, "(10.1234/j): this is a journal of Cross"),
        (OWLS | {"type": "component", "DOI": "10.1234/c"}, "this is a component of Crossref, not"),
        (OWLS | {"title": [], "DOI": "10.1234/c"}, "(10.1234/c): the record has no title"),
        (OWLS, "the same record stands as record 1"),
        ({"status": "failed", "message-type": "validation-failure"}, "'validation-failure', not"),
        ("Resource not found.", "this is a string, not a record"),
    ],
)
def test_what_is_no_work_is_refused_and_the_rest_goes_in(read_text, record, reason):
    items = [OWLS, record, OWLS | {"DOI": "10.1234/last"}]

    found = read_text(json.dumps({"status": "ok", "message": {"items": items}}))

    assert [made.id for made in found if isinstance(made, Paper)] == [
        "10.1234/owls.1",
        "10.1234/last",
    ]
    (refusal,) = [made for made in found if isinstance(made, Refusal)]
    assert refusal.reason.startswith("record 2")
    assert reason in refusal.reason


def test_the_record_of_a_journal_is_refused(read_text):
    journal = {"title": "Journal of Owls", "ISSN": ["1234-5678"], "counts": {"total-dois": 5}}

    (refusal,) = read_text(
        json.dumps({"status": "ok", "message-type": "journal", "message": journal})
    )

    assert "not a work of Crossref" in str(refusal)


def test_a_date_that_does_not_exist_leaves_the_year(read_text):
    paper, refusal = read_text(json.dumps(OWLS | {"issued": {"date-parts": [[2021, 2, 30]]}}))

    assert paper.date == "2021"
    assert '"issued": February 30, 2021 does not exist' in refusal.reason


@settings(max_examples=200, deadline=None)
@given(mutated(OWLS) | ANYTHING | st.binary(max_size=100))
def test_nothing_makes_the_reader_fail(tmp_path_factory, record):
    path = tmp_path_factory.mktemp("fuzz") / "works"

    check(read, path, "crossref", record)
