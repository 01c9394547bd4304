"""Our own exports back in: the papers come out as they went in."""

import dataclasses
import gzip
import random
from decimal import Decimal

import pytest
from corpus import CORPUS, PROFILE
from damage import assert_readable, damaged
from hypothesis import given
from hypothesis import strategies as st

from scholargraph.extract.mentions import Extraction
from scholargraph.extract.papers import Author, Paper, Record, Reference, Refusal, SourceClaim
from scholargraph.extract.sources import read, recognise, turtle_terms
from scholargraph.graph import identifiers
from scholargraph.graph import vocab as v
from scholargraph.graph.build import Run
from scholargraph.graph.commit import Committer, Outcome, PaperEntry
from scholargraph.graph.serialize import serialize
from scholargraph.graph.store import Store

RUN = Run("papers.jsonl", "ab" * 32, "jsonl", "1.0", "model-1")
RICH = Paper(
    id="owls",
    title="Deep Owls",
    abstract="Owls are deep.",
    authors=(
        *(Author(f"Ada{n} Müller", n) for n in range(1, 12)),
        Author("Sara כהן", 12, "0000-0002-1825-0097", ("Lab 1", "Lab 2")),
        Author("Zoë Hidden"),
    ),
    truncated=True,
    date="2022-03",
    venue='Owl "Letters"',
    categories=("cs.CV", "Brain / Mapping é"),
    ids=(
        ("doi", "10.1000/o(w)l<1>"),
        ("arxiv", "2203.07720"),
        ("isbn", "9780306406157"),
        ("acl", "2022.owl-main.1"),
        ("dblp", "conf/owl/Mueller22"),
        ("openalex", "W2741809807"),
        ("pmcid", "PMC5815332"),
        ("pmid", "29456894"),
        ("s2", "0123456789abcdef0123456789abcdef01234567"),
        ("source", "owls"),
    ),
    urls=("https://owl.example/", "not an address"),
    code=("https://github.com/owl/deep",),
    code_flag=True,
    affiliations=("Nest University",),
    claims=(SourceClaim("citations", Decimal(12)), SourceClaim("paper-score", Decimal("8.5"))),
    genre="conference-paper",
    volume="3",
    issue="2",
    pages="12-34",
    publisher="Owl Press",
    references=(
        Reference((("doi", "10.1000/nest"),), "Nests", "2020"),
        Reference((), "Eggs of Owls", "2019"),
    ),
    withdrawn=True,
)
VERBATIM = Paper(
    id="text-1",
    title="",
    abstract="  We use  BERT .",
    ids=(("source", "text-1"),),
    verbatim=True,
)


def export(path, papers, format="ttl"):
    """*papers* in a new store beside *path*, exported there."""
    store = Store.open(path.with_suffix(".db"), create=True)
    entries = [
        PaperEntry(paper, Extraction((), (), (), (), (), "model-1"), RUN) for paper in papers
    ]
    Committer(store).commit(entries, Outcome())
    with store.snapshot() as snapshot:
        path.write_bytes(b"".join(serialize(snapshot, format)))
    return path


def alike(record: Record) -> Record:
    """*record* without the order of what RDF keeps no order of."""
    unordered = ("categories", "ids", "urls", "code", "affiliations", "claims", "references")
    changes = {
        name: tuple(sorted(getattr(record, name), key=repr))
        for name in unordered
        if hasattr(record, name)
    }
    return dataclasses.replace(record, **changes)


@pytest.mark.parametrize("format", ["ttl", "nt", "trig", "nq"])
def test_papers_come_out_as_they_went_in(tmp_path, format):
    path = export(tmp_path / f"graph.{format}", [RICH, VERBATIM], format)

    found = list(read(path))

    assert recognise(path) == "turtle"
    assert {alike(record) for record in found} == {alike(RICH), alike(VERBATIM)}


def test_a_built_corpus_comes_back_with_its_profile(store, tmp_path):
    path = tmp_path / "graph.ttl"
    with store.snapshot() as snapshot:
        path.write_bytes(b"".join(serialize(snapshot, "ttl")))

    profile, *papers = read(path)

    assert alike(profile) == alike(PROFILE)
    assert {alike(paper).id: alike(paper) for paper in papers} == {
        paper.id: alike(with_source(paper)) for paper, _ in CORPUS
    }


def with_source(paper: Paper) -> Paper:
    """*paper* with its own identifier among the others, and its DOI in the normal form."""
    ids = [(scheme, value.lower() if scheme == "doi" else value) for scheme, value in paper.ids]
    return dataclasses.replace(paper, ids=tuple(dict.fromkeys((*ids, ("source", paper.id)))))


def test_two_stores_of_the_same_papers_say_the_same_of_them(tmp_path):
    first = export(tmp_path / "first.ttl", [RICH, VERBATIM])

    second = export(tmp_path / "second.ttl", list(read(first)))

    about_the_import = ("recordHash", "sha256")
    lines = [
        [
            line
            for line in path.read_text().splitlines()
            if not any(map(line.count, about_the_import))
        ]
        for path in (first, second)
    ]
    assert lines[0] == lines[1]


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Five papers as Turtle and as N-Triples, by their formats."""
    papers = [
        Paper(f"owl-{n}", f"Owls {n}", "", (Author("Ada", 1), Author("Bo", 2)), date="2022")
        for n in range(5)
    ]
    folder = tmp_path_factory.mktemp("exported")
    return {
        format: export(folder / f"{format}.{format}", papers, format).read_text()
        for format in ("ttl", "nt")
    }


def papers_of(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    records = list(read(path))
    found = [record.id for record in records if isinstance(record, Paper)]
    return found, [str(record) for record in records if isinstance(record, Refusal)]


def test_statements_may_come_in_any_order(tmp_path, exported):
    lines = exported["nt"].splitlines(keepends=True)
    random.Random(3).shuffle(lines)

    assert papers_of(tmp_path / "a.nt", "".join(lines)) == ([f"owl-{n}" for n in range(5)], [])


def test_comments_compression_and_other_facts_do_no_harm(tmp_path, exported):
    more = "# made by hand\n<http://a.example/b> <http://c.example/d> _:e .\n" + exported["nt"]

    found, refusals = papers_of(tmp_path / "a.nt.gz", gzip.compress(more.encode()))

    assert (len(found), refusals) == (5, [])


@pytest.mark.parametrize("format", ["ttl", "nt"])
def test_a_cut_gives_what_came_whole(tmp_path, exported, format):
    content = exported[format]
    last = content.index("Owls 3")

    found, refusals = papers_of(tmp_path / "cut", content[: last + 3])

    assert found == ["owl-0", "owl-1", "owl-2"]
    line = content[:last].count("\n") + 1
    assert refusals[0].startswith(f"{tmp_path}/cut:{line}: column ")
    assert all(":" in refusal for refusal in refusals)


def test_compressed_data_that_breaks_off_gives_what_came_whole(tmp_path):
    papers = [Paper(f"owl-{n}", f"Owls {n}", f"{n}" * 5_000) for n in range(1_000, 1_200)]
    content = gzip.compress(export(tmp_path / "whole.nt", papers, "nt").read_bytes())

    found, refusals = papers_of(tmp_path / "cut.gz", content[: len(content) // 2])

    assert 0 < len(found) < 200
    assert "the compressed data breaks off here" in refusals[0]


def test_the_papers_beside_a_break_are_left_out_by_name(tmp_path, exported):
    broken = exported["nt"].replace('"Owls 2"', '"Owls 2')

    found, refusals = papers_of(tmp_path / "broken.nt", broken)

    assert found == ["owl-0", "owl-1", "owl-3", "owl-4"]
    line = broken[: broken.index('"Owls 2')].count("\n") + 1
    assert len(refusals) == 2
    assert refusals[0].startswith(f"{tmp_path}/broken.nt:{line}: column ")
    assert refusals[0].endswith("correct it, or export the graph again")
    assert "/paper/owls-2-2022> stands beside this break and may not be whole" in refusals[1]


def test_a_graph_without_papers_says_so(tmp_path):
    found, (refusal,) = papers_of(
        tmp_path / "a.ttl", "@prefix a: <http://a.example/> .\na:b a a:C ."
    )

    assert found == []
    assert "no schema:ScholarlyArticle in it; give what `scholargraph export` wrote" in refusal


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('dct:title "Owls 2"', 'dct:abstract " "', "neither a dct:title nor a dct:abstract"),
        ('"Owls 2"', f'"{"Owls" * 300}"', '"title" has 1,200 characters'),
        ('"Owls 2"', r'"Owls \u0007"', '"title" has U+0007 in it; remove it'),
        ('dct:issued "2022"^^xsd:gYear', 'dct:issued "soon"', "dct:issued: 'soon' is no date"),
        ('sg:nameAsGiven "Bo"', 'sg:nameAsGiven ""', "has no sg:nameAsGiven"),
    ],
)
def test_what_is_wrong_with_a_paper_is_told_with_its_iri(tmp_path, exported, old, new, reason):
    _, (refusal, *_) = papers_of(tmp_path / "a.ttl", exported["ttl"].replace(old, new))

    assert "/paper/owls-" in refusal
    assert reason in refusal


def test_the_terms_are_those_of_the_graph():
    for name, iri in vars(turtle_terms).items():
        if name.isupper() and isinstance(iri, str) and iri not in v.PREFIXES.values():
            assert getattr(v, name).value == iri, name
    assert turtle_terms.GENRES == {term.value: genre for genre, term in v.GENRES.items()}
    assert {prefix: scheme for prefix, (scheme, _) in turtle_terms.SCHEMES.items()} == {
        prefix: scheme for scheme, prefix in identifiers.ADDRESSES.items()
    }


SMALL = b"""@prefix schema: <https://schema.org/> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix sg: <https://w3id.org/scholargraph/ns#> .
<https://x.example/paper/a> a schema:ScholarlyArticle ; dct:title "A" ; dct:abstract "B" ;
    schema:sameAs <https://doi.org/10.1000/a> ; dct:subject <https://x.example/category/cs.CV> .
<https://x.example/paper/a#author-1> a sg:Authorship ; dct:isPartOf <https://x.example/paper/a> ;
    sg:nameAsGiven "Ada" ; sg:position 1 ; sg:orcid "0000-0002-1825-0097" .
"""


@given(st.one_of(damaged(SMALL), st.binary()))
def test_damaged_graphs_raise_nothing(tmp_path_factory, content):
    assert_readable(tmp_path_factory.getbasetemp() / "graph.ttl", content, "turtle")
