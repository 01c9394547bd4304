"""The W3C's own suites over HTTP: which tests fail is what docs/conformance.md says."""

import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from serving import served

from scholargraph.graph.store import Store

ROOT = Path(__file__).parents[1]
DOCUMENTED = (ROOT / "docs" / "conformance.md").read_text("utf-8")
SHARED = ROOT.parent / "shared"
SUITE = SHARED / "data" / "w3c" / "sparql-tests.tar.gz"
HARNESS = SHARED / "tools" / "w3c_conformance.py"
OPTIONS = (
    "--limits",
    "off",
    "--allow-service",
    "127.0.0.1:*",
    "--allow-service-address",
    "127.0.0.1/32",
)

pytestmark = pytest.mark.skipif(
    not (SUITE.exists() and HARNESS.exists()),
    reason="the W3C's tests lie beside the checkout, in ../shared",
)

Report = dict[str, list[dict[str, str]]]


@pytest.fixture(scope="module")
def reports() -> Iterator[list[Report]]:
    """What the harness says of each suite; both run at once, on a server and a store of its own."""
    # A commit waits for the disk three times, and there are 1,700: in memory that costs nothing.
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        with tarfile.open(SUITE) as archive:
            archive.extractall(folder, filter="data")
        with ThreadPoolExecutor() as both:
            yield list(both.map(lambda suite: _report(Path(folder), suite), ["10", "11"]))


def _report(folder: Path, suite: str) -> Report:
    place = folder / f"suite-{suite}"
    place.mkdir()
    store = Store.open(place / "papers.db", create=True)
    with store.writing():
        pass
    with served(store.path, *OPTIONS, cwd=place, SCHOLARGRAPH_TOKEN="secret") as address:
        command = [sys.executable, str(HARNESS), "--suite", str(folder), "--yes-wipe"]
        command += ["--query", f"{address}/sparql", "--update", f"{address}/update"]
        command += ["--gsp", f"{address}/store", "--gsp-direct", f"{address}/store"]
        command += ["--auth-header", "Authorization: Bearer secret", "--suites", suite]
        command += ["--json", str(place / "report.json")]
        command += ["--extras"] if suite == "11" else []
        result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    report: Report = json.loads((place / "report.json").read_text())
    return report


def _named(test: dict[str, str]) -> str:
    return f"{test['manifest']}#{test['id'].rpartition('#')[2]}"


def test_what_fails_is_what_the_documentation_says(reports):
    failures = {
        _named(test): test["reason"]
        for report in reports
        for test in report["tests"]
        if test["status"] == "failed"
    }

    documented = re.findall(r"^\| `(sparql1[01]/\S+)` \|", DOCUMENTED, re.MULTILINE)
    assert sorted(failures) == sorted(documented), failures


def test_the_documented_figures_are_the_measured_ones(reports):
    counted: dict[str, dict[str, int]] = {}
    for report in reports:
        for test in report["tests"]:
            if test["status"] != "skipped" and test["manifest"] != "extras":
                group = counted.setdefault(test["group"], {"passed": 0, "failed": 0})
                group[test["status"]] += 1

    rows = re.findall(r"^\| (SPARQL [^|]+?) \| (\d+) \| (\d+) \|", DOCUMENTED, re.MULTILINE)
    found = {name: {"passed": int(good), "failed": int(bad)} for name, good, bad in rows}
    assert found == counted
    assert sum(group["passed"] for group in counted.values()) == 1004
