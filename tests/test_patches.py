"""Every committed change is an RDF Patch that can be undone, and none is of what was not done."""

import gzip
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pyoxigraph
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad
from spotting import bring, record, write

from scholargraph.graph.difference_files import patch, trig
from scholargraph.graph.difference_text import changed_papers, text
from scholargraph.graph.differences import HistoryError, changes, difference, number_of
from scholargraph.graph.documents import Document
from scholargraph.graph.graph_store import putting, removing
from scholargraph.graph.patch_log import PatchLog
from scholargraph.graph.patches import Difference, Patch, PatchError, net, read_patch
from scholargraph.graph.removal import remove
from scholargraph.graph.scope import scope
from scholargraph.graph.store import Store
from scholargraph.graph.updates import update

EX = "https://example.org/"
GRAPH = NamedNode(f"{EX}g")


def fact(text: str, graph: NamedNode | DefaultGraph | None = None) -> Quad:
    return Quad(NamedNode(f"{EX}s"), NamedNode(f"{EX}p"), Literal(text), graph or DefaultGraph())


def dump(store: Store) -> frozenset[Quad]:
    with store.snapshot() as snapshot:
        return frozenset(snapshot.quads())


def patches(store: Store) -> list[Patch]:
    return [file.read() for file in PatchLog(store.path).files()]


def applied(state: frozenset[Quad], change: Patch | Difference) -> frozenset[Quad]:
    return (state - frozenset(change.removed)) | frozenset(change.added)


UPDATES = [
    "INSERT DATA { <x:a> <x:b> 1, 'two', _:c . GRAPH <x:g> { <x:a> <x:b> [] } }",
    "DELETE DATA { <x:a> <x:b> 1 } ; INSERT DATA { <x:a> <x:b> 3 }",
    "DELETE { ?s <x:b> ?o } INSERT { ?s <x:c> ?o . ?s <x:r> ?r } "
    "WHERE { ?s <x:b> ?o BIND (RAND() AS ?r) }",
    "INSERT { ?s <x:list> (1 2 ?o) } WHERE { ?s <x:c> ?o }",
    "DELETE WHERE { ?s <x:c> ?o }",
    "WITH <x:g> DELETE { ?s ?p ?o } INSERT { [] <x:was> ?p } WHERE { ?s ?p ?o }",
    "COPY GRAPH <x:g> TO <x:h>",
    "PREFIX x: <x:> INSERT { GRAPH ?g { ?s a x:Thing ; x:say 'a'@en, 1.5, true } } "
    "WHERE { GRAPH ?g { ?s ?p ?o } }",
    "MOVE GRAPH <x:h> TO DEFAULT",
    "CLEAR GRAPH <x:g>",
    "BASE <http://example.org/> INSERT { <s> <p> <o> } WHERE {}",
    "INSERT { <x:a> <x:d> '2026-01-01'^^<http://www.w3.org/2001/XMLSchema#date>, -4 } WHERE {}",
    "DROP ALL",
]


def test_whatever_an_update_does_its_patch_applied_backwards_undoes(empty_store):
    with empty_store.writing() as writer:
        writer.apply([], [fact("kept")])
    states = [dump(empty_store)]
    for each in UPDATES:
        update(empty_store, each)
        states.append(dump(empty_store))

    found = patches(empty_store)[1:]

    assert len(found) == len(UPDATES)
    for each, before, after, made in zip(UPDATES, states[:-1], states[1:], found, strict=True):
        assert before != after, each
        assert applied(before, made) == after, each
        assert applied(after, made.inverse()) == before, each


def test_an_update_that_fails_or_changes_nothing_leaves_no_patch(empty_store):
    update(empty_store, "INSERT DATA { <x:a> <x:b> 1 }")
    update(empty_store, "INSERT DATA { <x:a> <x:b> 1 }")
    with pytest.raises(SyntaxError), empty_store.writing() as writer:
        writer.update("DELETE { <x:a> <x:b> 1 } WHERE nonsense")

    assert len(patches(empty_store)) == 1
    assert not (empty_store.path / "history" / "untracked").exists()


def test_whole_graphs_that_come_and_go_are_in_the_history(empty_store):
    turtle = b"<x:a> <x:b> 1, 2 . <x:a> <x:c> [ <x:d> 3 ] ."
    states = [frozenset()]
    document = [Document(turtle, "text/turtle")]
    other = [Document(b"<x:a> <x:b> 2, 9 .", "text/turtle")]
    for act in (
        putting(GRAPH, document, replace=False, base=EX),
        putting(GRAPH, other, replace=True, base=EX),
        putting(DefaultGraph(), document, replace=True, base=EX),
        removing(GRAPH),
        removing(DefaultGraph()),
    ):
        with empty_store.writing() as writer:
            act(writer)
        states.append(dump(empty_store))

    found = patches(empty_store)

    for before, after, made in zip(states[:-1], states[1:], found, strict=True):
        assert applied(before, made) == after
        assert applied(after, made.inverse()) == before


def test_what_is_done_to_the_engine_itself_is_found_out(empty_store):
    with empty_store.writing() as writer:
        writer.apply([], [fact("one"), fact("two")])
    before = dump(empty_store)
    with empty_store.writing() as writer:
        writer.apply([fact("one")], [fact("three")])
        writer.store.add(fact("four", GRAPH))
        writer.store.remove(fact("two"))

    made = net(patches(empty_store)[1:])

    assert applied(before, made) == dump(empty_store)
    assert fact("four", GRAPH) in made.added


quads = st.builds(
    Quad,
    st.sampled_from([NamedNode(f"{EX}{n}") for n in range(3)] + [BlankNode("b")]),
    st.just(NamedNode(f"{EX}p")),
    st.one_of(st.text(max_size=5).map(Literal), st.just(BlankNode("b"))),
    st.sampled_from([DefaultGraph(), GRAPH]),
)


@given(st.lists(st.tuples(st.frozensets(quads), st.frozensets(quads)), max_size=5))
def test_a_series_of_patches_comes_to_what_separates_its_ends(made):
    state: frozenset[Quad] = frozenset()
    series = []
    for gone, come in made:
        removed, added = (gone & state) - come, come - state
        series.append(Patch(None, tuple(removed), tuple(added)))  # type: ignore[arg-type]
        state = (state - removed) | added

    total = net(series)

    assert (total.added, total.removed) == (state, frozenset())


@given(st.lists(st.text(max_size=20), unique=True, max_size=6))
def test_a_patch_is_read_as_it_was_written(tmp_path_factory, texts):
    store = Store.open(tmp_path_factory.mktemp("patch") / "papers.db", create=True)
    facts = [fact(text, GRAPH) for text in texts]
    with store.writing() as writer:
        writer.apply([], facts)

    assert [frozenset(made.added) for made in patches(store)] == ([frozenset(facts)] * bool(facts))


def test_a_patch_is_rows_as_the_format_has_them(empty_store):
    with empty_store.writing() as writer:
        writer.begin("correction")
        writer.apply([], [fact("one\nline", GRAPH)])
    with empty_store.writing() as writer:
        writer.apply([fact("one\nline", GRAPH)], [fact("two")])

    first, second = (
        gzip.decompress(file.path.read_bytes()).decode().splitlines()
        for file in PatchLog(empty_store.path).files()
    )

    assert first[0].startswith("H id <urn:uuid:")
    assert first[1:3] == ['H number "1" .', 'H operation "correction" .']
    assert first[4:] == ["TX .", f'A <{EX}s> <{EX}p> "one\\nline" <{EX}g> .', "TC ."]
    assert second[1] == f"H prev {first[0].split()[2]} ."
    assert second[-3:] == [
        f'D <{EX}s> <{EX}p> "one\\nline" <{EX}g> .',
        f'A <{EX}s> <{EX}p> "two" .',
        "TC .",
    ]


def test_a_damaged_patch_is_said_to_be_so(empty_store):
    with empty_store.writing() as writer:
        writer.apply([], [fact("one")])
    (file,) = PatchLog(empty_store.path).files()
    whole = file.path.read_bytes()
    file.path.write_bytes(whole[:-20])

    with pytest.raises(PatchError, match=r"00000001-1\.rdfp\.gz"):
        read_patch(file.path)


CHANGES = """
import sys
from pyoxigraph import Literal, NamedNode, Quad
from scholargraph.graph.store import Store
store = Store.open(sys.argv[1], create=True)
s, p = NamedNode("x:s"), NamedNode("x:p")
print("ready", flush=True)
for n in range(10_000):
    with store.writing() as writer:
        writer.begin("change")
        old = writer.quads(s, p)
        writer.apply(old, [Quad(s, p, Literal(f"{n}-{i}")) for i in range(20)])
        writer.update("DELETE { ?s <x:q> ?o } INSERT { ?s <x:q> ?n } WHERE "
                      "{ ?s <x:p> ?n OPTIONAL { ?s <x:q> ?o } }")
"""


@pytest.mark.parametrize("after", [0.15, 0.31, 0.47, 0.64, 0.83])
def test_killed_at_any_moment_the_history_is_that_of_the_store(tmp_path, after):
    path = tmp_path / "papers.db"
    process = subprocess.Popen(
        [sys.executable, "-c", CHANGES, str(path)], stdout=subprocess.PIPE, start_new_session=True
    )
    assert process.stdout is not None
    process.stdout.readline()
    try:
        process.wait(after)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()

    store = Store.open(path, create=True)
    with store.writing() as writer:
        writer.begin("change")
        writer.apply([], [fact("after")])

    assert net(patches(store)).added == dump(store)
    assert net(patches(store)).removed == frozenset()
    assert not list((path / "history").rglob("*.tmp"))


def test_a_patch_whose_transaction_did_not_come_about_is_dropped(empty_store):
    with empty_store.writing() as writer:
        writer.apply([], [fact("one")])
    # As a process leaves it that is killed between the two.
    (empty_store.path / "unpublished").touch()
    log = PatchLog(empty_store.path)
    (header,) = (file.header() for file in log.files())
    log.add(header, [fact("one")], [fact("two")])

    empty_store.recover()

    assert [made.added for made in patches(empty_store)] == [(fact("one"),)]


@pytest.mark.parametrize("gone", [0, 1, 2])
def test_a_large_change_that_was_begun_is_made_whole(empty_store, gone):
    old, new = [fact("one"), fact("two")], [fact("three"), fact("four")]
    with empty_store.writing() as writer:
        writer.apply([], old)
    # As a process leaves it that is killed when the first step was done, or some more.
    (empty_store.path / "unpublished").touch()
    log = PatchLog(empty_store.path)
    (header,) = (file.header() for file in log.files())
    log.add(header, old, new)
    engine = pyoxigraph.Store(empty_store.path / "oxigraph")
    engine.bulk_extend(new)
    for quad in old[:gone]:
        engine.remove(quad)
    del engine

    empty_store.recover()

    assert dump(empty_store) == set(new)
    assert [made.added for made in patches(empty_store)] == [tuple(old), tuple(new)]


def test_what_a_killed_writer_did_unseen_is_found_out(tmp_path):
    program = textwrap.dedent("""
        import os, sys
        from pyoxigraph import Literal, NamedNode, Quad
        from scholargraph.graph.store import Store
        store = Store.open(sys.argv[1], create=True)
        with store.writing() as writer:
            writer.apply([], [Quad(NamedNode("x:s"), NamedNode("x:p"), Literal("one"))])
        with store.writing() as writer:
            writer.begin("update")
            writer.apply([], [Quad(NamedNode("x:s"), NamedNode("x:p"), Literal("two"))])
            writer.store.add(Quad(NamedNode("x:s"), NamedNode("x:p"), Literal("three")))
            writer.store.flush()
            os._exit(9)
    """)
    path = tmp_path / "papers.db"
    assert subprocess.run([sys.executable, "-c", program, str(path)]).returncode == 9
    store = Store.open(path)

    store.recover()

    assert net(patches(store)).added == dump(store)
    assert [len(made.added) for made in patches(store)] == [1, 1, 1]
    assert patches(store)[-1].header.operation == "update"


def test_the_oldest_history_goes_where_there_is_too_much(empty_store, monkeypatch):
    monkeypatch.setattr("scholargraph.graph.patch_log._EACH", 4)
    monkeypatch.setattr("scholargraph.graph.patch_log.BYTES", 3_000)
    for number in range(40):
        with empty_store.writing() as writer:
            writer.apply([], [fact(str(number))])

    files = list(PatchLog(empty_store.path).files())

    assert files[-1].sequence == 40
    assert files[0].sequence > 20
    assert sum(file.path.stat().st_size for file in files) < 4_500
    with pytest.raises(HistoryError, match="begins with change"):
        difference(empty_store, 2, 40)


def test_updates_and_removals_are_numbered_with_the_imports(empty_store, tmp_path):
    bring(empty_store, write(tmp_path / "a.jsonl", record("1"), record("2")))
    update(empty_store, "INSERT DATA { <x:a> <x:b> 1 }")
    remove(empty_store, ["2"])

    found = changes(empty_store)

    assert [(each.number, each.operation) for each in found] == [
        (3, "removal"),
        (2, "update"),
        (1, "import"),
    ]
    assert [number_of(empty_store, name) for name in ("last", "last~1", "1")] == [3, 2, 1]
    assert found[2].run is not None
    assert number_of(empty_store, found[2].run.iri) == 1
    assert number_of(empty_store, found[2].run.run or "") == 1


@pytest.mark.parametrize("name", ["last~9", "yesterday", "https://example.org/x", "7"])
def test_a_change_that_is_not_there_is_named(empty_store, name):
    with empty_store.writing() as writer:
        writer.apply([], [fact("one")])

    with pytest.raises(HistoryError):
        difference(empty_store, 1, number_of(empty_store, name))


def test_a_difference_is_of_the_states_after_both_changes(empty_store):
    for name in ("one", "two", "three"):
        with empty_store.writing() as writer:
            writer.apply([], [fact(name)])

    assert difference(empty_store, 1, 3).added == {fact("two"), fact("three")}
    assert difference(empty_store, 3, 1).removed == {fact("two"), fact("three")}
    assert difference(empty_store, 0, 1).added == {fact("one")}
    assert difference(empty_store, 2, 2) == Difference(frozenset(), frozenset())


def test_a_difference_reads_by_paper_with_the_sentences(empty_store, tmp_path):
    path = write(tmp_path / "a.jsonl", record("1", "We train RiverNet."), record("2"))
    bring(empty_store, path)
    bring(empty_store, write(path, record("1", "We train U-Net."), record("2")))

    with empty_store.snapshot() as snapshot:
        found = difference(empty_store, 1, 2)
        lines = list(text(changed_papers(found, snapshot)))

    assert lines == [
        "~ Paper 1 <https://w3id.org/scholargraph/paper/paper-1>",
        "  - abstract We train RiverNet.",
        "  + abstract We train U-Net.",
        "  - mention of method RiverNet as “RiverNet”: We train RiverNet. (0.9)",
        "  + mention of method U-Net as “U-Net”: We train U-Net. (0.9)",
        "  - usesMethod RiverNet: We train RiverNet. (0.9)",
        "  + usesMethod U-Net: We train U-Net. (0.9)",
        "Names and relations that papers share",
        "  + U-Net prefLabel U-Net",
    ]


def test_a_difference_for_people_calls_things_by_their_names(store):
    with store.snapshot() as snapshot:
        lines = list(text(changed_papers(difference(store, 0, 1), snapshot)))

    facts = [line for line in lines if line.startswith("  ")]
    assert not [line for line in facts if "ns#" in line or "#claim" in line]
    assert any(" usedFor " in line for line in facts)
    assert any(" its source says: h-index " in line for line in facts)


def test_a_difference_for_programs_is_a_patch_and_trig(empty_store, tmp_path):
    path = write(tmp_path / "a.jsonl", record("1"))
    bring(empty_store, path)
    before = dump(empty_store)
    bring(empty_store, write(path, record("1", "We train U-Net.")))
    found = difference(empty_store, 1, 2)

    file = tmp_path / "patch.gz"
    file.write_bytes(gzip.compress(b"".join(patch(found, 2))))

    assert applied(before, read_patch(file)) == dump(empty_store)
    written = trig(found, 1, 2, empty_store.iris).decode()
    assert "graph/diff/1-2/added" in written and "graph/diff/1-2/removed" in written
    assert '"We train U-Net."' in written and "endedAtTime" not in written


@pytest.mark.parametrize("each", UPDATES)
def test_a_scope_is_found_for_every_update(each):
    assert scope(each)


def test_an_update_of_one_resource_looks_at_that_alone():
    (pattern,) = scope("DELETE WHERE { <x:s> ?p ?o }")

    assert pattern == (NamedNode("x:s"), None, None, DefaultGraph())


def test_the_patches_are_files_of_the_store(empty_store):
    with empty_store.writing() as writer:
        writer.apply([], [fact("one")])

    assert Path(next(PatchLog(empty_store.path).files()).path).is_relative_to(empty_store.path)
