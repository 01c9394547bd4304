"""The store: one writer, any number of readers, and what kill -9 leaves."""

import json
import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad

from scholargraph import ScholarGraphError
from scholargraph.graph.effects import FILED, Effect
from scholargraph.graph.migrations import FORMAT_VERSION
from scholargraph.graph.store import Store, StoreBusy, StoreError
from scholargraph.graph.vocab import PART_OF

EXAMPLE = NamedNode("https://example.org/s")
SAYS = NamedNode("https://example.org/says")


def fact(text: str) -> Quad:
    return Quad(EXAMPLE, SAYS, Literal(text))


def said(store: Store) -> set[str]:
    with store.snapshot() as snapshot:
        return {quad.object.value for quad in snapshot.quads(EXAMPLE)}


def add(store: Store, *texts: str) -> None:
    with store.writing() as writer:
        writer.apply([], [fact(text) for text in texts])


def child(code: str, store: Store) -> subprocess.Popen[str]:
    """A process that runs *code* with `store` opened and `fact` defined."""
    start = f"""
        import sys
        from pyoxigraph import *
        from scholargraph.graph.store import Store as Opened
        store = Opened.open({str(store.path)!r}, create=True)
        def fact(text):
            return Quad(NamedNode({EXAMPLE.value!r}), NamedNode({SAYS.value!r}), Literal(text))
    """
    code = textwrap.dedent(start) + textwrap.dedent(code)
    return subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, stdin=subprocess.PIPE
    )


def files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_opening_writes_nothing(tmp_path):
    store = Store.open(tmp_path / "new.db", create=True)

    assert not store.exists
    assert list(tmp_path.iterdir()) == []


def test_what_is_committed_is_read(empty_store):
    add(empty_store, "one", "two")

    assert said(Store.open(empty_store.path)) == {"one", "two"}


def test_apply_counts_real_changes_only(empty_store):
    add(empty_store, "one", "two")

    with empty_store.writing() as writer:
        counts = writer.apply([fact("one"), fact("absent")], [fact("two"), fact("three")])
        counts_of_both = writer.apply([fact("two")], [fact("two")])

    assert counts == (1, 1)
    assert counts_of_both == (0, 0)
    assert said(empty_store) == {"two", "three"}


@pytest.mark.parametrize(
    "text", ["", 'a"b\\c\n\r\t', "NUL \0 and \x07", "\\u0041", "𝒳 何 \u2028", "}"]
)
def test_any_text_can_be_replaced(empty_store, text):
    add(empty_store, text)

    with empty_store.writing() as writer:
        counts = writer.apply([fact(text)], [fact(f"{text}!")])

    assert counts == (1, 1)
    assert said(empty_store) == {f"{text}!"}


def test_named_graphs_are_changed_apart(empty_store):
    graph = NamedNode("https://example.org/g")
    named = Quad(EXAMPLE, SAYS, Literal("one"), graph)
    with empty_store.writing() as writer:
        writer.apply([], [fact("one"), named])

    with empty_store.writing() as writer:
        counts = writer.apply([named], [Quad(EXAMPLE, SAYS, Literal("two"), graph)])

    with empty_store.snapshot() as snapshot:
        assert counts == (1, 1)
        assert snapshot.quads(graph=DefaultGraph()) == [fact("one")]
        assert snapshot.quads(graph=graph) == [Quad(EXAMPLE, SAYS, Literal("two"), graph)]


def test_quads_with_blank_nodes_are_changed_too(empty_store):
    blank = Quad(BlankNode("b1"), SAYS, Literal("one"))
    other = Quad(EXAMPLE, SAYS, BlankNode("b2"))
    with empty_store.writing() as writer:
        writer.apply([], [blank, fact("one")])

    with empty_store.writing() as writer:
        counts = writer.apply([blank, fact("one")], [other, fact("two")])

    with empty_store.snapshot() as snapshot:
        assert counts == (2, 2)
        assert set(snapshot.quads()) == {other, fact("two")}


def test_many_quads_at_once_are_changed_as_few_are(empty_store):
    graph = NamedNode("https://example.org/g")
    many = [Quad(EXAMPLE, SAYS, Literal(n), graph) for n in range(FILED.start)]
    blank = Quad(BlankNode("b1"), SAYS, Literal("one"))
    with empty_store.writing() as writer:
        writer.apply([], [blank, fact("one"), fact("two"), many[0]])

    with empty_store.writing() as writer:
        counts = writer.apply(
            [blank, fact("one"), fact("absent"), many[0]], [fact("two"), fact("three"), *many]
        )

    with empty_store.snapshot() as snapshot:
        assert counts == (2, len(many))
        assert set(snapshot.quads()) == {fact("two"), fact("three"), *many}


def test_what_an_effect_says_is_done_with_the_rest(empty_store):
    add(empty_store, "one", "two")

    with empty_store.writing() as writer:
        known = writer.effect([fact("one"), fact("absent")], [fact("two"), fact("three")])
        counts = writer.apply([fact("two")], [fact("four")], known=known)

    assert known == Effect([fact("one")], [fact("three")])
    assert known.facts == (1, 1)
    assert counts == (2, 2)
    assert said(empty_store) == {"three", "four"}


def test_files_that_a_killed_writer_had_not_taken_in_are_cleared_away(empty_store):
    add(empty_store, "one")
    left = empty_store.path / "oxigraph" / "bulk-123.sst"
    left.write_bytes(b"half of a file")

    add(empty_store, "two")

    assert not left.exists()
    assert said(empty_store) == {"one", "two"}


def test_a_commit_without_change_publishes_nothing(empty_store):
    add(empty_store, "one")
    before = empty_store.current()

    add(empty_store, "one")

    assert empty_store.current() == before


def test_a_snapshot_does_not_change(empty_store):
    add(empty_store, "one")
    with empty_store.snapshot() as snapshot:
        add(empty_store, "two")
        add(empty_store, "three")

        assert snapshot.quads() == [fact("one")]
        assert snapshot.path.exists()
        assert empty_store.current() != snapshot.name


def test_old_snapshots_are_removed_when_nobody_reads_them(empty_store):
    add(empty_store, "one")
    with empty_store.snapshot() as snapshot:
        add(empty_store, "two")
        kept = {path.name for path in (empty_store.path / "snapshots").iterdir()}
    add(empty_store, "three")

    assert kept == {snapshot.name, "000002"}
    assert [path.name for path in (empty_store.path / "snapshots").iterdir()] == ["000003"]


def test_a_dropped_snapshot_is_closed(empty_store):
    add(empty_store, "one")
    empty_store.snapshot()
    add(empty_store, "two")

    assert [path.name for path in (empty_store.path / "snapshots").iterdir()] == ["000002"]


def test_a_closed_snapshot_says_so(empty_store):
    add(empty_store, "one")
    snapshot = empty_store.snapshot()
    snapshot.close()

    with pytest.raises(StoreError, match="closed"):
        snapshot.quads()


def test_select_binds_values_and_names_columns(empty_store):
    add(empty_store, "one")
    query = f"SELECT ?s ?text ?missing WHERE {{ ?s <{SAYS.value}> ?text }}"

    with empty_store.snapshot() as snapshot:
        rows = snapshot.select(query, s=EXAMPLE)
        none = snapshot.select(query, s=SAYS)

    assert rows == [{"s": EXAMPLE, "text": Literal("one"), "missing": None}]
    assert none == []


def test_ask_and_construct_answer(empty_store):
    add(empty_store, "one")

    with empty_store.snapshot() as snapshot:
        assert snapshot.ask("ASK { ?s ?p ?o }", s=EXAMPLE)
        assert not snapshot.ask("ASK { ?s ?p ?o }", s=SAYS)
        assert snapshot.construct("CONSTRUCT WHERE { ?s ?p ?o }") == [fact("one").triple]


def test_what_an_exception_interrupts_is_published_as_far_as_it_came(empty_store):
    with pytest.raises(ZeroDivisionError), empty_store.writing() as writer:
        writer.apply([], [fact("one")])
        raise ZeroDivisionError

    assert said(empty_store) == {"one"}


def test_a_failed_update_changes_nothing(empty_store):
    add(empty_store, "one")

    with pytest.raises(SyntaxError), empty_store.writing() as writer:
        writer.update("DELETE WHERE { ?s ?p ?o } INSERT nonsense")

    assert said(empty_store) == {"one"}


def test_a_caller_s_own_os_error_stays_what_it_is(empty_store):
    with pytest.raises(IsADirectoryError), empty_store.writing():
        raise IsADirectoryError


def test_a_late_writer_sees_what_was_published_and_then_what_it_writes(empty_store):
    add(empty_store, "one")

    with empty_store.writing(late=True) as writer:
        before = fact("one") in writer, writer.quads(EXAMPLE)
        counts = writer.apply([fact("one")], [fact("two"), fact("three")])
        after = fact("one") in writer, len(writer.quads(EXAMPLE))

    assert before == (True, [fact("one")])
    assert counts == (1, 2)
    assert after == (False, 2)
    assert said(empty_store) == {"two", "three"}


def test_a_late_writer_that_changes_nothing_touches_nothing(empty_store):
    add(empty_store, "one")
    before = files(empty_store.path / "oxigraph"), empty_store.current()

    with empty_store.writing(late=True) as writer:
        assert writer.apply([], [fact("one")]) == (0, 0)

    assert (files(empty_store.path / "oxigraph"), empty_store.current()) == before


def test_a_late_writer_finds_what_a_killed_one_had_committed(empty_store):
    add(empty_store, "one")
    code = """
        import os
        with store.writing(late=True) as writer:
            writer.apply([], [fact("two")])
            os._exit(9)
    """
    child(code, empty_store).communicate()

    with empty_store.writing(late=True) as writer:
        found = {quad.object.value for quad in writer.quads(EXAMPLE)}

    assert found == {"one", "two"}
    assert said(empty_store) == {"one", "two"}


def test_a_closed_late_writer_says_so(empty_store):
    add(empty_store, "one")
    with empty_store.writing(late=True) as writer:
        pass

    with pytest.raises(StoreError, match="closed"):
        writer.quads(EXAMPLE)


@pytest.mark.parametrize("known", ["nothing", "itself", "a part"])
def test_an_effect_has_of_a_node_and_its_parts_what_is_new(empty_store, known):
    part = NamedNode(f"{EXAMPLE.value}#part")
    own = [fact("own"), fact("too")]
    of_part = [Quad(part, PART_OF, EXAMPLE), Quad(part, SAYS, Literal("of part"))]
    there = {"nothing": [], "itself": own[:1], "a part": of_part}[known]
    with empty_store.writing() as writer:
        writer.apply([], [fact("else"), *there] if known == "itself" else there)

    with empty_store.writing() as writer:
        effect = writer.effect([], [*own, *of_part, fact("again")])

    assert effect.added == [q for q in (*own, *of_part, fact("again")) if q not in there]


def test_a_kept_query_result_does_not_lock_the_next_writer_out(empty_store):
    add(empty_store, "one")
    with empty_store.writing() as writer:
        kept = writer.store.quads_for_pattern(None, None, None)
        ring = [kept]
        ring.append(ring)
    del kept, ring, writer

    add(empty_store, "two")

    assert said(empty_store) == {"one", "two"}


def test_a_writer_waits_for_results_that_another_thread_drops_soon(empty_store):
    add(empty_store, "one")
    closed = threading.Event()

    def keep() -> None:
        with empty_store.writing() as writer:
            results = writer.store.quads_for_pattern(None, None, None)
        closed.set()
        time.sleep(0.2)
        del results

    thread = threading.Thread(target=keep)
    thread.start()
    closed.wait()
    add(empty_store, "two")
    thread.join()

    assert said(empty_store) == {"one", "two"}


def test_two_writers_take_turns(empty_store):
    threads = [threading.Thread(target=add, args=(empty_store, str(n))) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert said(empty_store) == {"0", "1", "2", "3"}


def test_two_processes_write_one_after_the_other(empty_store):
    code = """
        for n in range(5):
            with store.writing() as writer:
                writer.apply([], [fact(f"{sys.argv[0]}{id(store)}-{n}" + NAME)])
    """
    both = [child(code.replace("NAME", repr(name)), empty_store) for name in "ab"]
    for process in both:
        process.communicate()

    assert [process.returncode for process in both] == [0, 0]
    assert len(said(empty_store)) == 10


def test_who_is_writing_is_said(empty_store):
    process = child(
        """
        with store.writing() as writer:
            print("in", flush=True)
            sys.stdin.read()
        """,
        empty_store,
    )
    assert process.stdout is not None and process.stdout.readline() == "in\n"

    with pytest.raises(StoreBusy) as caught, empty_store.writing(wait=0.1):
        pass

    process.communicate()
    message = str(caught.value)
    assert f"store in use by process {process.pid} (-c)" in message
    assert "waited 0.1 s: try again when it is done" in message


def test_reading_goes_on_while_another_process_writes(empty_store):
    add(empty_store, "0")
    process = child(
        """
        for n in range(1, 15):
            with store.writing() as writer:
                writer.apply([], [fact(str(n))])
        """,
        empty_store,
    )
    seen = []
    while process.poll() is None:
        seen.append(len(said(empty_store)))
    process.communicate()

    assert process.returncode == 0
    assert seen == sorted(seen) and len(said(empty_store)) == 15


# Each commit adds a pair and takes the former pair away, so that a state is whole or it is not.
SERIES = """
    import itertools
    for n in itertools.count(int(START)):
        with store.writing(wait=30) as writer:
            old = [q for q in writer.quads() if q.object.value.partition("-")[0] != "kept"]
            writer.apply(old, [fact(f"{n}-a"), fact(f"{n}-b"), fact(f"kept-{n}")])
        print(n, flush=True)
"""


def test_kill_at_any_moment_leaves_a_whole_store(empty_store):
    seed = random.Random(7)
    acknowledged = -1
    for kill in range(20):
        code = SERIES.replace("START", repr(kill * 1000))
        process = child(code, empty_store)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(seed.random() * 0.06)
        process.send_signal(signal.SIGKILL)
        done = process.communicate()[0].split()
        acknowledged = int(done[-1]) if done else kill * 1000

        store = Store.open(empty_store.path)
        before = said(store)
        store.recover()
        after = said(store)

        for texts in (before, after):
            pairs = {text for text in texts if not text.startswith("kept")}
            numbers = {text.partition("-")[0] for text in pairs}
            assert len(pairs) == 2 and len(numbers) == 1
            assert f"kept-{numbers.pop()}" in texts
        assert f"kept-{acknowledged}" in before
        assert {text for text in before if text.startswith("kept")} <= after


def test_a_writer_killed_while_it_made_the_store_leaves_a_usable_place(empty_store):
    for delay in (0.0, 0.002, 0.005, 0.01, 0.02, 0.04):
        process = child(
            """
            print("go", flush=True)
            with store.writing() as writer:
                writer.apply([], [fact("one")])
            """,
            empty_store,
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        store = Store.open(empty_store.path, create=True)
        if store.exists:
            assert said(store) <= {"one"}

    add(Store.open(empty_store.path, create=True), "two")

    assert "two" in said(empty_store)


def test_what_a_killed_writer_committed_is_published_by_the_next(empty_store):
    add(empty_store, "one")
    process = child(
        """
        with store.writing() as writer:
            writer.apply([], [fact("two")])
            print("in", flush=True)
            sys.stdin.read()
        """,
        empty_store,
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.kill()
    process.communicate()
    unpublished = said(empty_store)

    assert unpublished == {"one"}
    assert empty_store.recover()
    assert said(empty_store) == {"one", "two"}
    assert not empty_store.recover()


@pytest.mark.parametrize("leftover", ["000002.tmp", "000001.old", "000002"])
def test_what_a_kill_while_publishing_leaves_is_cleared_away(empty_store, leftover):
    add(empty_store, "one")
    folder = empty_store.path / "snapshots" / leftover
    folder.mkdir()
    (folder / "CURRENT").write_text("half")

    add(empty_store, "two")

    assert said(empty_store) == {"one", "two"}
    assert [path.name for path in folder.parent.iterdir()] == [empty_store.current()]


def test_a_store_made_but_never_published_is_empty(empty_store):
    add(empty_store, "one")
    (empty_store.path / "current").unlink()
    (empty_store.path / "unpublished").touch()

    assert said(Store.open(empty_store.path)) == {"one"}


def test_an_absent_store_is_not_opened(tmp_path):
    with pytest.raises(StoreError, match=r"nowhere: no such store; `scholargraph import` makes"):
        Store.open(tmp_path / "nowhere")


def test_a_store_not_made_yet_has_no_snapshot(empty_store):
    with pytest.raises(StoreError, match="no store yet"):
        empty_store.snapshot()


def test_an_empty_folder_becomes_a_store(tmp_path):
    add(Store.open(tmp_path, create=True), "one")

    assert said(Store.open(tmp_path)) == {"one"}


def test_an_empty_folder_is_no_store_to_read(tmp_path):
    with pytest.raises(StoreError, match="an empty folder"):
        Store.open(tmp_path)


@pytest.mark.parametrize("create", [False, True])
def test_a_folder_with_other_things_is_left_alone(tmp_path, create):
    (tmp_path / "thesis.tex").write_text("years of work")
    before = files(tmp_path)

    with pytest.raises(StoreError, match="not a store, and not empty; name another folder"):
        Store.open(tmp_path, create=create)

    assert files(tmp_path) == before


def test_a_folder_that_fills_up_before_the_first_commit_is_left_alone(empty_store):
    empty_store.path.mkdir()
    (empty_store.path / "thesis.tex").write_text("years of work")

    with pytest.raises(StoreError, match="not a store, and not empty"):
        add(empty_store, "one")

    assert [path.name for path in empty_store.path.iterdir()] == ["thesis.tex"]


def test_a_file_is_no_store(tmp_path):
    (tmp_path / "papers.jsonl").write_text("{}")

    with pytest.raises(StoreError, match="a file, not a store"):
        Store.open(tmp_path / "papers.jsonl", create=True)


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        ("{", "not JSON"),
        ("[]", "says something else"),
        ('{"kind": "other"}', "says something else"),
        ('{"kind": "scholargraph store"}', "version or base is missing"),
        (
            '{"kind": "scholargraph store", "version": 99, "base": "https://example.org/"}',
            r"newer scholargraph \(store version 99, this one reads 2\); upgrade",
        ),
    ],
)
def test_a_marker_that_cannot_be_read_says_why(tmp_path, marker, message):
    (tmp_path / "format.json").write_text(marker)

    with pytest.raises(StoreError, match=message):
        Store.open(tmp_path, create=True)


def test_an_unwritable_place_is_an_error_with_a_remedy():
    store = Store.open("/proc/scholargraph.db", create=True)

    with pytest.raises(StoreError, match="cannot be written: .*; check the folder's permissions"):
        add(store, "one")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_store_can_be_read(empty_store):
    add(empty_store, "one")
    for path in [empty_store.path, *empty_store.path.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)

    assert said(Store.open(empty_store.path)) == {"one"}


def test_a_missing_snapshot_is_an_error_with_a_remedy(empty_store):
    add(empty_store, "one")
    (empty_store.path / "snapshots" / "000001").rename(empty_store.path / "elsewhere")

    with pytest.raises(StoreError, match="is missing; restore the store from a backup"):
        empty_store.snapshot()


def test_a_damaged_snapshot_is_an_error_with_a_remedy(empty_store):
    add(empty_store, "one")
    for path in (empty_store.path / "snapshots" / "000001").iterdir():
        if path.name.startswith(("MANIFEST", "CURRENT")):
            path.write_bytes(b"damage")

    with pytest.raises(StoreError, match="damaged .*; restore the store from a backup"):
        empty_store.snapshot()


def test_a_damaged_folder_is_an_error_with_a_remedy(empty_store):
    add(empty_store, "one")
    (empty_store.path / "oxigraph" / "CURRENT").write_bytes(b"damage")

    with pytest.raises(StoreError, match="damaged .*; restore the store from a backup"):
        add(empty_store, "two")

    assert said(empty_store) == {"one"}


def test_the_base_is_the_store_s_own(tmp_path):
    add(Store.open(tmp_path / "a", create=True, base="https://papers.example.org/"), "one")

    assert Store.open(tmp_path / "a").iris.base == "https://papers.example.org/"
    assert json.loads((tmp_path / "a" / "format.json").read_bytes())["version"] == FORMAT_VERSION
    with pytest.raises(StoreError, match="made with the base https://papers.example.org/"):
        Store.open(tmp_path / "a", base="https://other.example.org/")
    with pytest.raises(StoreError, match="ends in a slash; give https://x.example/y/"):
        Store.open(tmp_path / "b", create=True, base="https://x.example/y")


@pytest.mark.parametrize("base", ["", "papers/", "https://x.example/a b/", "https://x.example/#/"])
def test_a_base_that_makes_no_iris_is_refused(tmp_path, base):
    with pytest.raises(StoreError, match="base"):
        Store.open(tmp_path / "a", create=True, base=base)


def test_two_makers_of_one_store_must_agree_on_its_base(tmp_path):
    one = Store.open(tmp_path / "a", create=True, base="https://one.example/")
    two = Store.open(tmp_path / "a", create=True, base="https://two.example/")
    add(one, "one")

    with pytest.raises(StoreError, match="made it with the base https://one.example/"):
        add(two, "two")


def test_every_error_of_the_store_is_one_of_ours():
    assert issubclass(StoreBusy, StoreError) and issubclass(StoreError, ScholarGraphError)


def test_all_who_make_a_store_at_once_succeed(tmp_path):
    def commit(path: Path, name: str) -> None:
        with Store.open(path, create=True).writing() as writer:
            writer.apply([], [Quad(NamedNode(f"x:{name}"), NamedNode("x:p"), NamedNode("x:o"))])

    paths = [tmp_path / f"{number}.db" for number in range(12)]
    for path in paths:
        with ThreadPoolExecutor(3) as pool:
            for done in [pool.submit(commit, path, name) for name in "abc"]:
                done.result()

    assert {len(Store.open(path).snapshot().quads()) for path in paths} == {3}
