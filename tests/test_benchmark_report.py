"""The tables of benchmarks/sparql: ratios within a round, and targets that can be missed."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

SOURCE = Path(__file__).parents[1] / "benchmarks" / "sparql" / "report.py"


@pytest.fixture(scope="module")
def report() -> ModuleType:
    spec = importlib.util.spec_from_file_location("report", SOURCE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def sample(report: ModuleType, server: str, round: int, rate: float, **changes: object) -> object:
    values = {
        "server": server,
        "queries": "light",
        "round": round,
        "rate": rate,
        "answered": 3,
        "latencies": [0.001, 0.003, 0.002],
        "bytes_a_second": 1.0,
        "processor_ms": 1.0,
        "client_share": 0.1,
        "resident_before": 1,
        "resident_peak": 2,
        "footprint": 1,
        "reconnected": 0,
    }
    return report.Sample(**(values | changes))


def told(report: ModuleType, capsys: pytest.CaptureFixture[str], *samples: object) -> str:
    names = dict.fromkeys(found.server for found in samples)
    servers = [SimpleNamespace(name=name, start_seconds=1.0) for name in names]
    report.report(samples, servers, busy=0.0)
    return capsys.readouterr().out


@pytest.mark.parametrize(("share", "value"), [(1, 1), (25, 1), (26, 2), (50, 2), (99, 4), (100, 4)])
def test_a_percentile_is_a_value_that_was_measured(report, share, value):
    assert report.percentile([4, 2, 1, 3], share) == value


def test_ratios_compare_the_same_round(report):
    samples = [
        sample(report, "ours", 0, 10),
        sample(report, "rust-disk", 0, 20),
        sample(report, "rust-disk", 1, 5),
        sample(report, "ours", 1, 20),
        sample(report, "ours", 2, 1000),
    ]

    assert report.ratios(samples, "light", "ours", "rust-disk") == [0.5, 4.0]


@pytest.mark.parametrize(("rate", "verdict"), [(10.0, "yes"), (9.9, "NO")])
def test_a_target_is_met_or_missed(report, capsys, rate, verdict):
    samples = sample(report, "ours", 0, rate), sample(report, "rust-disk", 0, 10)

    lines = told(report, capsys, *samples).splitlines()

    (line,) = [line for line in lines if line.startswith("light ") and "rust-disk" in line]
    assert line.split()[4] == verdict


@pytest.mark.parametrize(("grown", "verdict"), [(1, "yes"), (65 * 1024 * 1024, "NO")])
def test_memory_that_grows_with_large_answers_is_told(report, capsys, grown, verdict):
    first = sample(report, "ours", 0, 1, queries="large")
    last = sample(report, "ours", 1, 1, queries="large", resident_peak=2 + grown)

    (line,) = [line for line in told(report, capsys, first, last).splitlines() if "flat" in line]

    assert line.split()[4] == verdict


def test_a_busy_machine_is_told(report, capsys):
    servers = [SimpleNamespace(name="ours", start_seconds=1.0)]

    report.report([sample(report, "ours", 0, 1)], servers, busy=3.0)

    assert "3.0 other processes wanted a processor" in capsys.readouterr().out
