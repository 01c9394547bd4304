"""Files into the store: new, changed, unchanged or refused, and all of it repeatable."""

import datetime
import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from pyoxigraph import DefaultGraph, Literal, NamedNode

from scholargraph.extract.mentions import Concept, Extraction, Kind, Mention, Sentence
from scholargraph.extract.papers import Paper
from scholargraph.extract.sources import SourceError
from scholargraph.graph import vocab as v
from scholargraph.graph.importing import Report, import_files
from scholargraph.graph.iris import DEFAULT_BASE, slug
from scholargraph.graph.snapshots import Snapshot
from scholargraph.graph.store import Store
from scholargraph.graph.validate import validate

KNOWN: dict[str, Kind] = {
    "RiverNet": "method",
    "U-Net": "method",
    "DeltaSAR": "dataset",
    "segmentation": "task",
    "Segmentation": "task",
    "mIoU": "metric",
}
LABEL = re.compile("|".join(KNOWN))

PAGE = """Ada Lindqvist
CV
h-index9
12 papers
214citations
Novelty51%
AI Score60
2 Papers
87.5CVMay 17, 2023Code
RiverNet: Following Water in Radar Images
Ada Lindqvist, Wei Chen, Bo Ek
We propose RiverNet for segmentation on DeltaSAR.
CVFeb 3
Maps from Many Hands
Noor van Dijk, Bo Ek, Wei Chenet al.
Volunteers draw maps for U-Net.
"""


def extract(papers: Iterable[Paper]) -> Iterator[tuple[Paper, Extraction]]:
    """Finds the labels of `KNOWN`; a title and an abstract are one sentence each."""
    for paper in papers:
        mentions = []
        fields = ("title", "abstract")
        for number, field in enumerate(fields):
            for match in LABEL.finditer(getattr(paper, field)):
                kind = KNOWN[match[0]]
                concept = Concept(kind, slug(match[0]), match[0])
                mentions.append(
                    Mention(field, match.start(), match.end(), match[0], kind, 0.9, concept, number)
                )
        sentences = tuple(Sentence(field, 0, len(getattr(paper, field))) for field in fields)
        yield paper, Extraction(sentences, tuple(mentions), (), (), (), "labels-1")


def record(id: str, **changes: object) -> dict[str, object]:
    return {
        "id": id,
        "title": f"RiverNet {id}",
        "abstract": "U-Net reaches 80 mIoU on DeltaSAR.",
        "authors": ["Ada Lindqvist", "Wei Chen"],
        "year": 2023,
        **changes,
    }


def write(path: Path, *records: dict[str, object] | str) -> Path:
    lines = [item if isinstance(item, str) else json.dumps(item) for item in records]
    path.write_text("\n".join(lines) + "\n")
    return path


def bring(store: Store, *paths: Path, model: str = "labels-1", **options: object) -> Report:
    return import_files(paths, store, extract=extract, model=model, **options)  # type: ignore[arg-type]


def counts(report: Report) -> tuple[int, int, int, int]:
    return report.new, report.changed, report.unchanged, len(report.skipped)


def facts(snapshot: Snapshot) -> str:
    return "\n".join(sorted(map(str, snapshot.quads(graph=DefaultGraph()))))


def graph(store: Store) -> str:
    with store.snapshot() as snapshot:
        return facts(snapshot)


def papers(store: Store) -> set[str]:
    with store.snapshot() as snapshot:
        quads = snapshot.quads(None, v.TYPE, v.ARTICLE)
        return {quad.subject.value.removeprefix(f"{DEFAULT_BASE}paper/") for quad in quads}


def test_papers_go_in_and_the_report_counts_them(empty_store, tmp_path):
    file = write(tmp_path / "a.jsonl", record("1"), record("2"))
    done: list[int] = []

    report = bring(empty_store, file, progress=done.append)

    assert (report.read, report.papers, sum(done)) == (2, 2, 2)
    assert counts(report) == (2, 0, 0, 0)
    with empty_store.snapshot() as snapshot:
        facts = snapshot.quads(graph=DefaultGraph())
        assert len(facts) == report.triples_added - report.triples_removed
        assert validate(snapshot) == []


def test_an_unchanged_file_changes_no_triple_and_records_no_run(empty_store, tmp_path):
    file = write(tmp_path / "a.jsonl", record("1"), record("2"))
    bring(empty_store, file)
    before = empty_store.current()

    report = bring(empty_store, file)

    assert counts(report) == (0, 0, 2, 0)
    assert (report.triples_added, report.triples_removed) == (0, 0)
    assert empty_store.current() == before


def test_what_is_unchanged_is_not_extracted_again(empty_store, tmp_path):
    bring(empty_store, write(tmp_path / "a.jsonl", record("1"), record("2")))
    read: list[str] = []

    def watched(stream: Iterable[Paper]) -> Iterator[tuple[Paper, Extraction]]:
        for paper, extraction in extract(stream):
            read.append(paper.id)
            yield paper, extraction

    file = write(tmp_path / "a.jsonl", record("1"), record("2", venue="Elsewhere"), record("3"))
    report = import_files([file], empty_store, extract=watched, model="labels-1")

    assert read == ["2", "3"]
    assert counts(report) == (1, 1, 1, 0)


def test_a_changed_paper_replaces_its_own_triples_only(empty_store, tmp_path):
    bring(empty_store, write(tmp_path / "a.jsonl", record("1"), record("2")))
    before = set(graph(empty_store).splitlines())

    abstract = "RiverNet needs no U-Net."
    bring(empty_store, write(tmp_path / "b.jsonl", record("2", abstract=abstract)))

    after = set(graph(empty_store).splitlines())
    other = f"<{DEFAULT_BASE}paper/rivernet-1-2023"
    assert {line for line in before if line.startswith(other)} <= after
    gone = {line for line in before - after if "/paper/rivernet-2-2023" not in line}
    assert gone == set()


def test_importing_changes_back_and_forth_gives_the_same_graph(empty_store, tmp_path):
    file = tmp_path / "a.jsonl"
    bring(empty_store, write(file, record("1"), record("2")))
    before = {line for line in graph(empty_store).splitlines() if "/paper/" in line.split()[0]}

    bring(empty_store, write(file, record("1"), record("2", abstract="No names.")))
    bring(empty_store, write(file, record("1"), record("2")))

    after = {line for line in graph(empty_store).splitlines() if "/paper/" in line.split()[0]}
    assert after == before


def test_another_model_reads_every_paper_again(empty_store, tmp_path):
    file = write(tmp_path / "a.jsonl", record("1"))
    bring(empty_store, file)

    report = bring(empty_store, file, model="labels-2")

    assert counts(report) == (0, 1, 0, 0)
    with empty_store.snapshot() as snapshot:
        assert len(snapshot.quads(None, v.TYPE, v.ACTIVITY)) == 2
        assert validate(snapshot) == []


@pytest.mark.parametrize(
    ("first", "second", "left"),
    [
        ({"title": "Rivernet"}, {"title": "RiverNet, Corrected"}, {"rivernet-corrected-2023"}),
        ({"year": 2022}, {"year": 2023}, {"rivernet-1-2023"}),
        ({}, {"doi": "10.5555/River.1"}, {"doi:10.5555/river.1"}),
    ],
)
def test_a_corrected_paper_replaces_what_it_was(empty_store, tmp_path, first, second, left):
    file = tmp_path / "a.jsonl"
    bring(empty_store, write(file, record("1", **first)))

    report = bring(empty_store, write(file, record("1", **second)))

    assert counts(report) == (0, 1, 0, 0)
    assert papers(empty_store) == left


def test_equal_ids_in_files_of_the_same_name_are_not_the_same_paper(empty_store, tmp_path):
    (tmp_path / "other").mkdir()
    bring(empty_store, write(tmp_path / "a.jsonl", record("1")))
    stranger = record("1", title="Cooking", abstract="Recipes.", authors=["Amina Diallo"])
    report = bring(empty_store, write(tmp_path / "other" / "a.jsonl", stranger))

    assert counts(report) == (1, 0, 0, 0)
    assert papers(empty_store) == {"rivernet-1-2023", "cooking-2023"}


def test_a_paper_of_this_import_is_not_taken_for_another_s_former_state(empty_store, tmp_path):
    (tmp_path / "other").mkdir()
    one = write(tmp_path / "a.jsonl", record("1", title="One"))
    other = write(tmp_path / "other" / "a.jsonl", record("1", title="Other"))

    report = bring(empty_store, one, other, batch=1)

    assert counts(report) == (2, 0, 0, 0)
    assert papers(empty_store) == {"one-2023", "other-2023"}


def test_two_records_of_one_paper_are_one_paper(empty_store, tmp_path):
    one = write(tmp_path / "one.jsonl", record("1", title="Same"))
    two = write(tmp_path / "two.jsonl", record("9", title="Same", abstract="Other words."))

    report = bring(empty_store, one, two)

    assert counts(report) == (1, 1, 0, 0)
    assert papers(empty_store) == {"same-2023"}


def test_the_same_record_twice_is_no_fault(empty_store, tmp_path):
    one = write(tmp_path / "one.jsonl", record("1"))
    two = write(tmp_path / "two.jsonl", record("1"))

    report = bring(empty_store, one, two)

    assert counts(report) == (1, 0, 1, 0)


def test_what_cannot_be_read_is_reported_and_the_rest_goes_in(empty_store, tmp_path):
    file = write(tmp_path / "a.jsonl", record("1"), "{broken", record("2"))
    missing = tmp_path / "missing.jsonl"

    report = bring(empty_store, missing, file)

    assert (report.new, report.papers) == (2, 2)
    assert [(refusal.path, refusal.line) for refusal in report.skipped] == [
        (missing, None),
        (file, 2),
    ]
    assert "no such file" in report.skipped[0].reason
    assert str(missing) not in report.skipped[0].reason
    assert report.text().splitlines()[-1].startswith(f"refused: {file}:2: ")


def test_when_nothing_can_be_read_no_store_is_made(empty_store, tmp_path):
    report = bring(empty_store, write(tmp_path / "a.jsonl", "{broken"), tmp_path)

    assert (report.read, report.papers, len(report.skipped)) == (0, 0, 2)
    assert not empty_store.path.exists()


def test_a_verbatim_record_is_refused_with_the_way_to_read_it(empty_store, tmp_path):
    file = write(tmp_path / "a.jsonl", {"id": "7", "text": "U-Net."})

    report = bring(empty_store, file)

    assert counts(report) == (0, 0, 0, 1)
    assert "`scholargraph extract` reads such records" in report.skipped[0].reason


def test_an_unknown_format_is_refused_at_once(empty_store, tmp_path):
    with pytest.raises(SourceError, match="no format is called 'docx'; use auto or one of"):
        bring(empty_store, tmp_path / "a.jsonl", format="docx")


def test_the_graph_does_not_depend_on_the_size_of_batches(tmp_path):
    records = [
        record(str(n), authors=[f"Author {n % 3}", "Wei Chen"], title=f"Paper {n} on U-Net")
        for n in range(10)
    ]
    files = [write(tmp_path / "a.jsonl", *records), tmp_path / "page.txt"]
    files[1].write_text(PAGE)
    graphs = []
    for size in (1, 3, 256):
        store = Store.open(tmp_path / f"{size}.db", create=True)
        bring(store, *files, batch=size, captured=datetime.date(2026, 2, 11))
        graphs.append(graph(store))

    assert graphs[0] == graphs[1] == graphs[2] != ""


def test_the_order_of_files_changes_no_name(tmp_path):
    one = write(tmp_path / "one.jsonl", record("1", title="Segmentation", authors=["JOSÉ Diaz"]))
    two = write(tmp_path / "two.jsonl", record("2", title="segmentation x", authors=["José Diaz"]))
    graphs = []
    for files in ((one, two), (two, one)):
        store = Store.open(tmp_path / f"{files[0].stem}.db", create=True)
        bring(store, *files, batch=1)
        graphs.append(graph(store))

    assert graphs[0] == graphs[1]


def test_a_profile_page_keeps_its_day_of_capture(empty_store, tmp_path):
    page = tmp_path / "page.txt"
    page.write_text(PAGE)
    first = bring(empty_store, page, captured=datetime.date(2026, 2, 11))
    before = graph(empty_store)

    again = bring(empty_store, page)

    assert counts(first) == (2, 0, 0, 0)
    assert counts(again) == (0, 0, 2, 0)
    assert graph(empty_store) == before
    with empty_store.snapshot() as snapshot:
        assert validate(snapshot) == []


def test_another_day_of_capture_replaces_the_first(empty_store, tmp_path):
    page = tmp_path / "page.txt"
    page.write_text(PAGE)
    bring(empty_store, page, captured=datetime.date(2026, 2, 11))

    report = bring(empty_store, page, captured=datetime.date(2025, 3, 1))

    assert counts(report) == (0, 2, 0, 0)
    assert papers(empty_store) == {
        "maps-from-many-hands-2025",
        "rivernet-following-water-in-radar-images-2023",
    }
    with empty_store.snapshot() as snapshot:
        facts = snapshot.quads(None, v.CAPTURED, None, DefaultGraph())
        assert {quad.object.value for quad in facts} == {"2025-03-01"}
        assert validate(snapshot) == []


def test_the_owner_of_a_profile_wrote_what_et_al_hides(empty_store, tmp_path):
    page = tmp_path / "page.txt"
    page.write_text(PAGE)
    bring(empty_store, page, captured=datetime.date(2026, 2, 11))

    with empty_store.snapshot() as snapshot:
        quads = snapshot.quads(None, v.CREATOR, NamedNode(f"{DEFAULT_BASE}author/ada-lindqvist"))
    assert len(quads) == 2


def test_a_run_says_when_it_was_in_a_graph_of_its_own(empty_store, tmp_path):
    bring(empty_store, write(tmp_path / "a.jsonl", *(record(str(n)) for n in range(5))), batch=2)

    with empty_store.snapshot() as snapshot:
        (run,) = {quad.object for quad in snapshot.quads(None, v.GENERATED_BY)}
        times = snapshot.quads(run, graph=empty_store.iris.runs_graph())
    assert sorted(quad.predicate.value.rpartition("#")[2] for quad in times) == [
        "endedAtTime",
        "startedAtTime",
    ]
    for quad in times:
        assert isinstance(quad.object, Literal) and quad.object.datatype == v.XSD_DATE_TIME


def test_interrupted_between_batches_whole_batches_are_in(empty_store, tmp_path):
    def tired(stream: Iterable[Paper]) -> Iterator[tuple[Paper, Extraction]]:
        for number, pair in enumerate(extract(stream)):
            if number == 5:
                raise KeyboardInterrupt
            yield pair

    file = write(tmp_path / "a.jsonl", *(record(str(n)) for n in range(8)))
    with pytest.raises(KeyboardInterrupt):
        import_files([file], empty_store, extract=tired, model="labels-1", batch=2)

    assert len(papers(empty_store)) == 4
    assert counts(bring(empty_store, file)) == (4, 0, 4, 0)


def test_two_imports_at_once_both_succeed(empty_store, tmp_path):
    files = [
        write(tmp_path / f"{name}.jsonl", *(record(f"{name}{n}") for n in range(6)))
        for name in "ab"
    ]
    reports: list[Report] = []

    def run(file: Path) -> None:
        reports.append(bring(Store.open(empty_store.path, create=True), file, batch=2))

    threads = [threading.Thread(target=run, args=(file,)) for file in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    alone = Store.open(tmp_path / "alone.db", create=True)
    bring(alone, *files)
    assert [counts(report) for report in reports] == [(6, 0, 0, 0)] * 2
    assert graph(empty_store) == graph(alone)


def test_an_extractor_that_loses_papers_is_found_out(empty_store, tmp_path):
    def careless(stream: Iterable[Paper]) -> Iterator[tuple[Paper, Extraction]]:
        for number, pair in enumerate(extract(stream)):
            if number != 1:
                yield pair

    file = write(tmp_path / "a.jsonl", *(record(str(n)) for n in range(3)))
    with pytest.raises(ValueError, match="kept 1 paper to itself"):
        import_files([file], empty_store, extract=careless, model="labels-1")

    assert len(papers(empty_store)) == 2


def test_killed_at_any_moment_whole_papers_are_in(tmp_path):
    file = write(tmp_path / "a.jsonl", *(record(str(n)) for n in range(60)))
    fresh = Store.open(tmp_path / "fresh.db", create=True)
    bring(fresh, file)
    path = tmp_path / "papers.db"
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from test_import import *\n"
        f"store = Store.open({str(path)!r}, create=True)\n"
        "print('go', flush=True)\n"
        f"bring(store, Path({str(file)!r}), batch=3)\n"
    )
    sizes = []
    for delay in (0.02, 0.1, 0.2, 0.3, 0.4):
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        store = Store.open(path, create=True)
        if store.exists:
            present = papers(store)
            sizes.append(len(present))
            assert owned_by(store, present) == owned_by(fresh, present)
    report = bring(Store.open(path, create=True), file)

    assert sizes == sorted(sizes)
    assert [size for size in sizes if size % 3] == []
    assert report.papers == 60
    assert graph(Store.open(path)) == graph(fresh)


def owned_by(store: Store, keys: set[str]) -> set[str]:
    owners = {f"<{DEFAULT_BASE}paper/{key}" for key in keys}
    lines = (line for line in graph(store).splitlines())
    return {line for line in lines if re.split("[#>]", line)[0] in owners}


SHARED = Path(__file__).parents[1].parent / "shared"


@pytest.mark.skipif(not (SHARED / "seed").exists(), reason="the seed page is not here")
def test_the_seed_page_conforms_and_is_imported_once(empty_store):
    page = next((SHARED / "seed").glob("*.txt"))

    report = bring(empty_store, page)
    again = bring(empty_store, page)

    assert counts(report) == (27, 0, 0, 0)
    assert counts(again) == (0, 0, 27, 0)
    with empty_store.snapshot() as snapshot:
        assert validate(snapshot) == []
