"""CSL-JSON as Zotero and others export it: names in parts, dates in every form."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutations import ANYTHING, check, mutated
from reading import paper_of, reader_of

from scholargraph.extract.papers import Author, Paper, Refusal
from scholargraph.extract.sources import read

OWLS = {
    "id": "http://zotero.org/users/1/items/ABCD1234",
    "type": "article-journal",
    "abstract": "Owls see <i>well</i>.",
    "container-title": "Journal of Owls",
    "DOI": "10.1234/OWLS.1",
    "ISSN": "1234-5678",
    "issue": "2",
    "journalAbbreviation": "J. Owls",
    "language": "en",
    "note": "PMID: 777\nPMCID: PMC888",
    "page": "17-23",
    "publisher": "Night Press",
    "source": "DOI.org (Crossref)",
    "title": "Owls see at night",
    "URL": "https://example.org/owls",
    "volume": 6,
    "author": [
        {"family": "Berg", "given": "Ada", "non-dropping-particle": "van den"},
        {"family": "Alembert", "given": "Jean", "dropping-particle": "d'"},
        {"family": "Li", "given": "Bo", "suffix": "Jr."},
        {"literal": "The Owl Group"},
    ],
    "accessed": {"date-parts": [["2022", 1, 2]]},
    "issued": {"date-parts": [["2021", 3, 4]]},
}


read_text = reader_of("csljson")
paper = paper_of(OWLS, listed=True)


def test_an_item_becomes_a_paper(paper):
    assert paper() == Paper(
        id="http://zotero.org/users/1/items/ABCD1234",
        title="Owls see at night",
        abstract="Owls see well.",
        authors=(
            Author("Ada van den Berg", 1),
            Author("Jean d'Alembert", 2),
            Author("Bo Li, Jr.", 3),
            Author("The Owl Group", 4),
        ),
        date="2021-03-04",
        venue="Journal of Owls",
        ids=(
            ("doi", "10.1234/owls.1"),
            ("pmid", "777"),
            ("pmcid", "PMC888"),
            ("source", "http://zotero.org/users/1/items/ABCD1234"),
        ),
        urls=("https://example.org/owls",),
        genre="article",
        volume="6",
        issue="2",
        pages="17-23",
        publisher="Night Press",
    )


@pytest.mark.parametrize(
    "wrapped", ["{}", "[{}]", "{}\n", '{{"items": [{}]}}', '{{"references": [{}]}}']
)
def test_an_item_is_the_same_in_every_wrapping(read_text, paper, wrapped):
    assert read_text(wrapped.format(json.dumps(OWLS))) == [paper()]


@pytest.mark.parametrize(
    ("issued", "date"),
    [
        ({"date-parts": [[2021, 3, 4]]}, "2021-03-04"),
        ({"date-parts": [["2021", "03"]]}, "2021-03"),
        ({"date-parts": [[2021, 3], [2021, 5]]}, "2021-03"),
        ({"date-parts": [[2021]], "season": 1}, "2021"),
        ({"date-parts": [[2021, 21]]}, "2021"),
        ({"date-parts": [[2021, 14]]}, "2021"),
        ({"raw": "4 March 2021"}, "2021-03-04"),
        ({"literal": "Spring 2021"}, "2021"),
        ({"literal": "in press"}, None),
        ({"season": "summer"}, None),
        ("2021-03-04", "2021-03-04"),
        (2021, "2021"),
        (None, None),
    ],
)
def test_a_date_comes_in_any_form(read_text, issued, date):
    found = read_text(json.dumps([OWLS | {"issued": issued}]))

    assert found[0].date == date
    assert len(found) == (2 if issued == {"literal": "in press"} else 1)


@pytest.mark.parametrize(
    ("person", "name"),
    [
        ({"family": "Müller", "given": "Ada"}, "Ada Müller"),
        ({"family": "Plato"}, "Plato"),
        ({"given": "Ada"}, "Ada"),
        ({"family": "علي", "given": "محمد"}, "محمد علي"),
        ({"family": "Beethoven", "given": "L.", "dropping-particle": "van"}, "L. van Beethoven"),
        ({"name": "Owl Group"}, "Owl Group"),
    ],
)
def test_a_name_is_put_together(paper, person, name):
    assert paper(author=[person]).authors == (Author(name, 1),)


@pytest.mark.parametrize(
    "last", [{"literal": "others"}, {"family": "others"}, {"literal": "et al."}]
)
def test_others_hide_authors(paper, last):
    found = paper(author=[{"family": "Li", "given": "Bo"}, last])

    assert found.authors == (Author("Bo Li", 1),)
    assert found.truncated


@pytest.mark.parametrize(
    ("type", "genre"),
    [
        ("article", "preprint"),
        ("paper-conference", "conference-paper"),
        ("chapter", "chapter"),
        ("book", "book"),
        ("thesis", "thesis"),
        ("report", "report"),
        ("webpage", None),
    ],
)
def test_the_type_tells_the_genre(paper, type, genre):
    assert paper(type=type).genre == genre


@pytest.mark.parametrize(
    ("fields", "ids"),
    [
        ({"type": "article", "number": "arXiv:2203.07720", "archive": "arXiv"},
         (("arxiv", "2203.07720"),)),
        ({"URL": "http://arxiv.org/abs/2203.07720v2"}, (("arxiv", "2203.07720"),)),
        ({"note": "arXiv:2203.07720 [cs]"}, (("arxiv", "2203.07720"),)),
        ({"DOI": "10.48550/arXiv.2203.07720"},
         (("doi", "10.48550/arxiv.2203.07720"), ("arxiv", "2203.07720"))),
        ({"URL": "https://doi.org/10.1234/x"}, (("doi", "10.1234/x"),)),
        ({"URL": "https://aclanthology.org/2021.owl-main.7/"}, (("acl", "2021.owl-main.7"),)),
        ({"type": "book", "ISBN": "978-0-306-40615-7"}, (("isbn", "9780306406157"),)),
        ({"type": "book", "ISBN": "0306406152, 978-3-16-148410-0"},
         (("isbn", "9780306406157"), ("isbn", "9783161484100"))),
    ],
)  # fmt: skip
def test_identifiers_are_found_where_people_keep_them(read_text, fields, ids):
    (found,) = read_text(json.dumps([{"type": "article-journal", "title": "Owls"} | fields]))

    assert found.ids == ids


def test_a_preprint_is_of_its_archive(paper):
    fields = {"type": "article", "container-title": None}

    assert paper(**fields, publisher="arXiv").venue == "arXiv"


def test_an_item_without_an_id_is_named_by_its_doi_or_its_title(read_text):
    items = [
        {"type": "book", "title": "Owls", "DOI": "10.1234/x"},
        {"type": "book", "title": "Owls", "issued": {"date-parts": [[2020]]}},
    ]

    assert [made.id for made in read_text(json.dumps(items))] == ["10.1234/x", "owls-2020"]


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ({"id": "b", "type": "book"}, "record 2 (b): the record has no title"),
        (OWLS, "the same record stands as record 1, line 1, already"),
        (None, "record 2: this is null, not a record"),
    ],
)
def test_what_is_no_paper_is_refused_and_the_rest_goes_in(read_text, item, reason):
    found = read_text(json.dumps([OWLS, item, OWLS | {"id": "last"}]))

    assert [made.id for made in found if isinstance(made, Paper)] == [OWLS["id"], "last"]
    (refusal,) = [made for made in found if isinstance(made, Refusal)]
    assert reason in refusal.reason


@settings(max_examples=200, deadline=None)
@given(mutated(OWLS) | ANYTHING | st.binary(max_size=100))
def test_nothing_makes_the_reader_fail(tmp_path_factory, record):
    path = tmp_path_factory.mktemp("fuzz") / "items"

    check(read, path, "csljson", record)
