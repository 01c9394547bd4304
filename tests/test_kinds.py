"""A label that nearly all papers use as one kind is of that kind, until people say otherwise."""

from collections.abc import Iterable, Iterator

import pytest
from pyoxigraph import NamedNode, Quad
from spotting import KNOWN, bring, record, spotted, write

from scholargraph.extract.mentions import Extraction, Kind
from scholargraph.extract.papers import Paper
from scholargraph.graph import vocab as v
from scholargraph.graph.correcting import correct
from scholargraph.graph.iris import DEFAULT_BASE
from scholargraph.graph.kind_cues import named_as
from scholargraph.graph.kinds import doubts, settle_kinds
from scholargraph.graph.parts import FACTS
from scholargraph.graph.store import Store
from scholargraph.graph.validate import validate

ODD = f"{DEFAULT_BASE}paper/paper-5"
NODE = f"{ODD}#mention-abstract-0-8-task"


def mostly(papers: Iterable[Paper]) -> Iterator[tuple[Paper, Extraction]]:
    """DeltaSAR is a task in the fifth paper, elsewhere a data set; RiverNet is either by turns."""
    for paper in papers:
        known = dict(KNOWN)
        if paper.id == "5":
            known["DeltaSAR"] = "task"
        if paper.id in "12":
            known["RiverNet"] = "task"
        yield paper, spotted(paper, known)


@pytest.fixture
def papers(empty_store: Store, tmp_path) -> Store:
    lines = [record(str(n), "DeltaSAR and RiverNet.") for n in range(1, 6)]
    bring(empty_store, write(tmp_path / "a.jsonl", *lines), extract=mostly)
    return empty_store


def dump(store: Store) -> frozenset[Quad]:
    with store.snapshot() as snapshot:
        return frozenset(snapshot.quads())


def uses(store: Store, kind: str) -> list[str]:
    with store.snapshot() as snapshot:
        quads = snapshot.quads(NamedNode(ODD), v.USES[kind], None, FACTS)
        return [getattr(quad.object, "value", "").removeprefix(DEFAULT_BASE) for quad in quads]


def test_the_corpus_settles_what_it_is_sure_of_and_leaves_the_rest(papers):
    done = settle_kinds(papers)

    assert (done.doubts, done.left, len(done.made)) == (2, 1, 1)
    assert uses(papers, "dataset") == ["dataset/deltasar"]
    assert uses(papers, "task") == []
    (made,) = done.made
    assert made.note == (
        "dataset in 4 papers, 4 mentions, confidence 0.90; "
        "task in 1 paper, 1 mention, confidence 0.90"
    )
    with papers.snapshot() as snapshot:
        rules = snapshot.quads(NamedNode(NODE.replace("task", "dataset")), v.LINKED_BY, None, FACTS)
        assert [getattr(quad.object, "value", "") for quad in rules] == ["kind-by-corpus"]
        assert validate(snapshot) == []


def test_settled_again_nothing_changes_and_undone_all_is_as_before(papers):
    before = dump(papers)
    settle_kinds(papers)
    settled = dump(papers)

    again = settle_kinds(papers)
    assert (again.made, again.withdrawn, dump(papers)) == ((), 0, settled)
    undone = settle_kinds(papers, undo=True)

    assert (undone.withdrawn, dump(papers)) == (1, before)


def test_what_the_corpus_is_no_longer_sure_of_is_taken_back(papers, tmp_path):
    settle_kinds(papers)
    lines = [record(str(n), "DeltaSAR again.") for n in range(11, 15)]
    path = write(tmp_path / "b.jsonl", *lines)
    bring(
        papers,
        path,
        extract=lambda stream: ((p, spotted(p, {"DeltaSAR": "task"})) for p in stream),
    )
    assert uses(papers, "dataset") == ["dataset/deltasar"]

    done = settle_kinds(papers)

    assert (done.withdrawn, done.made) == (1, ())
    assert uses(papers, "task") == ["task/deltasar"]


def test_people_outrank_the_corpus(papers):
    correct(papers, [{"action": "accept", "mention": NODE, "who": "ada"}])

    settle_kinds(papers)

    assert uses(papers, "task") == ["task/deltasar"]


def test_the_order_of_imports_does_not_matter(papers, tmp_path):
    other = Store.open(tmp_path / "other.db", create=True)
    lines = [record(str(n), "DeltaSAR and RiverNet.") for n in (5, 3, 1, 4, 2)]
    bring(other, write(tmp_path / "c.jsonl", *lines), extract=mostly)

    with papers.snapshot() as one, other.snapshot() as two:
        assert doubts(one, papers.iris) == doubts(two, other.iris)


def read(store: Store, tmp_path, texts: list[tuple[str, dict[str, Kind]]]) -> None:
    """Imports a paper a text, its things named as the kinds beside it."""
    kinds = {str(number): known for number, (_, known) in enumerate(texts)}
    lines = [record(str(number), text) for number, (text, _) in enumerate(texts)]
    bring(
        store,
        write(tmp_path / "named.jsonl", *lines),
        extract=lambda stream: ((p, spotted(p, kinds[p.id])) for p in stream),
    )


def test_a_public_name_outweighs_a_few_papers(empty_store, tmp_path):
    texts: list[tuple[str, dict[str, Kind]]] = [
        ("We read SQuAD.", {"SQuAD": "task"}),
        ("SQuAD was built by people.", {"SQuAD": "dataset"}),
    ]

    read(empty_store, tmp_path, texts)

    with empty_store.snapshot() as snapshot:
        assert doubts(snapshot, empty_store.iris)[0].right == "dataset"


def test_the_last_word_of_a_label_speaks_for_its_kind(empty_store, tmp_path):
    words = ["red", "blue", "green", "black", "white", "brown", "pink", "grey"]
    texts: list[tuple[str, dict[str, Kind]]] = [
        (f"On {word} finding.", {f"{word} finding": "task"}) for word in words
    ]
    texts += [
        ("On leaf finding.", {"leaf finding": "method"}),
        ("Leaves by leaf finding.", {"leaf finding": "task"}),
    ]

    read(empty_store, tmp_path, texts)

    with empty_store.snapshot() as snapshot:
        (doubt,) = doubts(snapshot, empty_store.iris)
    assert (doubt.key, doubt.right) == ("leaf-finding", "task")
    assert "100% of labels that end so" in doubt.note()


@pytest.mark.parametrize(
    ("sentence", "name", "kinds"),
    [
        ("We address the task of parsing.", "parsing", ["task"]),
        ("On the parsing task it fails.", "parsing", ["task"]),
        ("With metrics such as Zeta.", "Zeta", ["metric"]),
        ("On corpora like Zeta.", "Zeta", ["dataset"]),
        ("Large models such as Zeta fail.", "Zeta", ["method"]),
        ("The Zeta dataset and the Zeta model.", "Zeta", []),
    ],
)
def test_words_beside_a_name_say_its_kind(sentence, name, kinds):
    start = sentence.index(name)

    assert named_as(sentence, start, start + len(name)) == kinds
