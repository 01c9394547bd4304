"""Wheel, sdist and editable install hold the whole package, and one name lands beside others."""

import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from importlib.metadata import entry_points, files, version
from pathlib import Path

import pytest

import scholargraph

ROOT = Path(__file__).parents[1]
DATA_FILES = {
    "scholargraph/py.typed",
    "scholargraph/ontology.ttl",
    "scholargraph/data/papers.jsonl",
    "scholargraph/graph/shapes.ttl",
    "scholargraph/graph/queries/example_coauthors.rq",
    "scholargraph/web/templates/base.html",
    "scholargraph/web/static/app.css",
    "scholargraph/extract/weights/MODEL_CARD.md",
    "scholargraph/extract/weights/LICENSE",
}


@pytest.fixture(scope="module")
def dist(tmp_path_factory):
    """A folder with the wheel and the sdist of this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT],
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture(scope="module")
def wheel(dist):
    (path,) = dist.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def tracked():
    """The Python files that git knows, as they should be named in the wheel."""
    listing = subprocess.run(
        ["git", "ls-files", "*.py", ":!tests", ":!benchmarks"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listing.returncode:
        pytest.skip("not a git checkout")
    return {f"scholargraph/{name}" for name in listing.stdout.split()}


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The Python of a new virtual environment with the wheel, and this one's libraries, in it."""
    folder = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    pip = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, wheel], check=True, capture_output=True)
    (site,) = (folder / "lib").glob("python*/site-packages")
    # After its own site-packages, so that the wheel is found before this checkout's link.
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib"))
    return python


def test_version_is_the_distributions():
    assert scholargraph.__version__ == version("scholargraph")


def test_this_checkout_is_under_test():
    assert Path(scholargraph.__file__).parent == ROOT


def test_only_one_top_level_name():
    names = {path.parts[0] for path in files("scholargraph") if path.suffix == ".py"}

    assert names <= {"scholargraph"} or all(name.startswith("__editable__") for name in names)


def test_wheel_holds_every_module_and_nothing_else(wheel, tracked):
    names = set(zipfile.ZipFile(wheel).namelist())

    assert {name for name in names if name.endswith(".py")} == tracked
    assert DATA_FILES <= names
    assert {name.split("/")[0] for name in names} == {
        "scholargraph",
        f"scholargraph-{scholargraph.__version__}.dist-info",
    }


def test_wheel_carries_the_licences_of_code_and_weights(wheel):
    names = zipfile.ZipFile(wheel).namelist()

    folder = f"scholargraph-{scholargraph.__version__}.dist-info/licenses"
    assert {f"{folder}/LICENSE", f"{folder}/extract/weights/LICENSE"} <= set(names)


def test_sdist_builds_the_same_package(dist, tracked):
    (path,) = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}

    assert {name.removeprefix("scholargraph/") for name in tracked | DATA_FILES} <= names


def test_the_wheel_works_away_from_the_checkout(installed, tmp_path):
    program = "import scholargraph, scholargraph.server; print(scholargraph.__file__)"
    found = subprocess.run(
        [installed, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    helped = subprocess.run(
        [installed.parent / "scholargraph", "--version"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert Path(found.strip()).parents[4] == installed.parents[1]
    assert helped.strip().endswith(scholargraph.__version__)


def test_the_pipeline_is_found_by_spacy():
    names = {point.name for point in entry_points(group="spacy_factories")}

    assert "scholar_tagger" in names
