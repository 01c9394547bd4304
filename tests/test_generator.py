"""The invented graph that benchmarks/sparql measures with: as good as one that was imported."""

import importlib.util
import itertools
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pyoxigraph
import pytest
from pyoxigraph import DefaultGraph, RdfFormat

from scholargraph.graph import vocab as v
from scholargraph.graph.commit import Committer, Outcome
from scholargraph.graph.store import Store
from scholargraph.graph.validate import validate

SOURCE = Path(__file__).parents[1] / "benchmarks" / "sparql" / "generate.py"
PAPERS = 40


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", SOURCE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def made(generate, tmp_path_factory) -> tuple[Path, Store, int]:
    """The file, the store of it and how many quads were written."""
    folder = tmp_path_factory.mktemp("generated")
    written = generate.write(generate.Corpus(PAPERS), folder / "graph.nq")
    loaded = generate.load(folder / "graph.nq", folder / "db")
    assert loaded == written
    return folder / "graph.nq", Store.open(folder / "db"), written


def test_the_graph_is_the_one_that_an_import_makes_of_the_same_papers(generate, made, tmp_path):
    imported = Store.open(tmp_path / "db", create=True)
    Committer(imported).commit(list(generate.Corpus(PAPERS).entries()), Outcome())

    with imported.snapshot() as ours, made[1].snapshot() as theirs:
        assert set(theirs.quads(graph=DefaultGraph())) == set(ours.quads(graph=DefaultGraph()))


def test_the_graph_keeps_to_the_shapes(made):
    with made[1].snapshot() as snapshot:
        assert validate(snapshot) == []


def test_the_same_seed_gives_the_same_file(generate, made, tmp_path):
    generate.write(generate.Corpus(PAPERS), tmp_path / "again.nq")
    generate.write(generate.Corpus(PAPERS, seed=8), tmp_path / "other.nq")

    assert (tmp_path / "again.nq").read_bytes() == made[0].read_bytes()
    assert (tmp_path / "other.nq").read_bytes() != made[0].read_bytes()


def test_no_quad_is_written_twice(made):
    quads = list(pyoxigraph.parse(path=made[0], format=RdfFormat.N_QUADS))

    assert len(set(quads)) == len(quads) == made[2]


def test_n_triples_hold_the_facts_alone(generate, made, tmp_path):
    written = generate.write(generate.Corpus(PAPERS), tmp_path / "graph.nt")

    triples = {q.triple for q in pyoxigraph.parse(path=tmp_path / "graph.nt")}
    with made[1].snapshot() as snapshot:
        assert triples == {quad.triple for quad in snapshot.quads(graph=DefaultGraph())}
    assert written == len(triples)


def test_a_paper_comes_to_about_70_triples(generate):
    papers = 2_000

    triples = sum(1 for _ in generate.Corpus(papers).quads())

    assert 66 * papers < triples < 74 * papers


def test_few_authors_and_concepts_are_in_many_papers(generate):
    written, named = Counter(), Counter()
    for entry in generate.Corpus(2_000).entries():
        written.update(author.name for author in entry.paper.authors)
        named.update(mention.concept for mention in entry.extraction.mentions)

    for counts, many in ((written, 15), (named, 100)):
        assert counts.most_common(1)[0][1] > many
        assert sorted(counts.values())[len(counts) // 2] <= 4


def test_every_kind_of_fact_is_there(made):
    with made[1].snapshot() as snapshot:
        for thing in (
            *(v.ARTICLE, v.PERSON, v.AUTHORSHIP, v.MENTION, v.SENTENCE, v.RELATION),
            *(v.RESULT_CLAIM, v.ACTIVITY, *v.CONCEPT_CLASSES.values()),
        ):
            assert snapshot.quads(None, v.TYPE, thing), thing


def test_words_differ_for_every_number(generate):
    words = [
        generate.word(number) for number in itertools.chain(range(5_000), range(240_000, 245_000))
    ]

    assert len(set(words)) == len(words)


def test_no_papers_make_no_graph(generate):
    with pytest.raises(ValueError, match="0 papers make no graph"):
        generate.Corpus(0)


def test_a_store_that_is_there_is_left_alone(generate, made):
    with pytest.raises(SystemExit, match="is a store already"):
        generate.load(made[0], made[1].path)
