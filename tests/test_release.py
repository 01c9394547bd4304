"""A release is a folder that other programs understand, whole or absent, the same each time."""

import hashlib
import json
import shutil
from pathlib import Path

import mlcroissant
import pytest
import rdflib

from scholargraph.commands.asking import release as command
from scholargraph.graph.export import ExportError
from scholargraph.graph.release import CONTENTS, release
from scholargraph.graph.store import Snapshot, Store
from scholargraph.graph.tables import TABLES, table

CC0 = "https://creativecommons.org/publicdomain/zero/1.0/"
DCAT = rdflib.Namespace("http://www.w3.org/ns/dcat#")
SPDX = rdflib.Namespace("http://spdx.org/rdf/terms#")

# What the reader of Croissant and rdflib 7.6 themselves use.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib.*"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:mlcroissant.*"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:jsonpath_rw.*"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:etils.*"),
]


@pytest.fixture
def snapshot(store: Store) -> Snapshot:
    return store.snapshot()


@pytest.fixture
def released(store: Store, snapshot: Snapshot, tmp_path: Path) -> Path:
    release(snapshot, tmp_path / "release", store.iris, license=CC0)
    return tmp_path / "release"


def test_each_file_is_described_with_its_size_and_checksum(released):
    graph = rdflib.Graph().parse(released / "dcat.ttl", publicID=f"{released.as_uri()}/")
    files = {path.name for path in released.iterdir()} - {"croissant.json", "dcat.ttl"}

    described = set()
    for node in graph.subjects(rdflib.RDF.type, DCAT.Distribution):
        content = Path(str(node).removeprefix("file://")).read_bytes()
        described.add(Path(str(node)).name)
        checksum = graph.value(graph.value(node, SPDX.checksum), SPDX.checksumValue)
        assert int(graph.value(node, DCAT.byteSize)) == len(content)
        assert checksum.lower() == hashlib.sha256(content).hexdigest()
    assert described == files == {f"{what}.{format}" for what, format in CONTENTS}


def test_croissant_s_own_reader_takes_every_table(released, snapshot):
    dataset = mlcroissant.Dataset(released / "croissant.json")

    assert not dataset.metadata.issues.errors
    for name in TABLES:
        rows = list(dataset.records(record_set=name))
        assert len(rows) == b"".join(table(snapshot, name)).count(b"\r\n") - 1
        assert {key.partition("/")[2] for key in rows[0]} == set(TABLES[name].columns)


def test_the_same_graph_gives_the_same_release(released, store, snapshot, tmp_path):
    release(snapshot, tmp_path / "again", store.iris, license=CC0)

    for path in released.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()


def test_a_folder_that_is_there_is_left_alone(released, store, snapshot):
    before = sorted(path.name for path in released.iterdir())

    with pytest.raises(ExportError, match="is there already"):
        release(snapshot, released, store.iris)
    assert sorted(path.name for path in released.iterdir()) == before


def test_a_release_that_breaks_off_leaves_nothing(store, snapshot, tmp_path):
    def told(file: object) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(ExportError, match="No space left"):
        release(snapshot, tmp_path / "new" / "release", store.iris, told=told)
    assert list((tmp_path / "new").iterdir()) == []


def test_what_is_no_licence_is_refused(store, snapshot, tmp_path):
    with pytest.raises(ExportError, match="no IRI"):
        release(snapshot, tmp_path / "release", store.iris, license="CC0 please")
    assert not (tmp_path / "release").exists()


def test_the_command_lists_what_it_wrote(store, tmp_path, capsys):
    folder = tmp_path / "release"

    command.main(
        [str(folder), "--title", "Maps", "--store", str(store.path)], standalone_mode=False
    )

    assert json.loads((folder / "croissant.json").read_text())["name"] == "Maps"
    listed = capsys.readouterr().out.split()
    assert {f"{what}.{format}" for what, format in CONTENTS} <= set(listed)
    shutil.rmtree(folder)
