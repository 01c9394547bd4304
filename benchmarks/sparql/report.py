"""What was measured, as tables and beside the targets."""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

MB = 1024 * 1024

# Class of queries, server beside ours, how many times its requests a second ours shall reach.
TARGETS = (
    ("light", "rust-disk", 1.0),
    ("medium", "rust-disk", 2.0),
    ("medium", "rust-memory", 0.95),
    ("heavy", "rust-disk", 2.0),
    ("heavy", "rust-memory", 0.95),
    ("repeated", "rust-disk", 1.5),
    ("large", "rust-disk", 0.95),
)
# Of the load average: a machine that does nothing else.
QUIET = 0.5
# The memory that large answers may add from the first round to the last.
FLAT = 64 * MB


class Started(Protocol):
    """What the report wants to know of a server."""

    @property
    def name(self) -> str: ...

    start_seconds: float


@dataclass(frozen=True, slots=True)
class Sample:
    """
    One server, one class, one round.

    *latencies* are in seconds; *rate* is answers a second; *processor_ms* is the server's work for
    an answer, *client_share* the client's part of all processors' time. *footprint* counts shared
    pages once, the resident sizes count them for each process.
    """

    server: str
    queries: str
    round: int
    rate: float
    answered: int
    latencies: list[float] = field(repr=False)
    bytes_a_second: float
    processor_ms: float
    client_share: float
    resident_before: int
    resident_peak: int
    footprint: int
    reconnected: int

    def __str__(self) -> str:
        return (
            f"round {self.round + 1}  {self.queries:<9}{self.server:<16}"
            f"{self.rate:>9,.1f}/s  p50 {percentile(self.latencies, 50) * 1000:>8.1f} ms"
            f"  p99 {percentile(self.latencies, 99) * 1000:>8.1f} ms"
        )

    def summary(self) -> dict[str, Any]:
        """Everything but the single latencies."""
        values = asdict(self)
        latencies = values.pop("latencies")
        for share in (50, 90, 99, 100):
            values[f"p{share}_ms"] = round(percentile(latencies, share) * 1000, 3)
        return values


def percentile(values: Sequence[float], share: float) -> float:
    """
    The smallest value that *share* percent of *values* do not exceed.

    >>> percentile([3, 1, 2, 4], 50), percentile([3, 1, 2, 4], 99)
    (2, 4)
    """
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share / 100) - 1)]


def ratios(
    samples: Sequence[Sample],
    queries: str,
    ours: str,
    peer: str,
    of: Callable[[Sample], float] | None = None,
) -> list[float]:
    """Ours to the peer's, round by round; empty where one of them was not measured."""
    of = of or _rate
    rates = {(s.server, s.round): of(s) for s in samples if s.queries == queries}
    rounds = sorted({round for _, round in rates})
    return [
        rates[ours, round] / rates[peer, round]
        for round in rounds
        if (ours, round) in rates and (peer, round) in rates
    ]


def report(samples: Sequence[Sample], servers: Sequence[Started], *, busy: float) -> None:
    """
    Prints a table for each class of queries, and the targets with yes or no.

    *busy* is how many processes of others wanted a processor before it began.
    """
    names = [server.name for server in servers]
    for queries in dict.fromkeys(sample.queries for sample in samples):
        print(f"\n{queries}")
        print(
            f"{'':<16}{'requests/s':>11}{'lowest to highest':>20}{'p50 ms':>9}{'p99 ms':>9}"
            f"{'work ms':>9}{'client':>8}{'peak MB':>9}{'PSS MB':>8}"
            f"{'/ disk':>8}{'by work':>9}{'/ memory':>10}{'by work':>9}"
        )
        for name in names:
            print(_line(samples, queries, name))
    print(f"\n{'':<16}{'answers after':>14}{'PSS MB':>9}")
    for server in servers:
        last = [sample for sample in samples if sample.server == server.name][-1]
        print(f"{server.name:<16}{server.start_seconds:>12.2f} s{last.footprint / MB:>9,.0f}")
    _targets(samples, names)
    if busy > QUIET:
        print(
            f"\n{busy:.1f} other processes wanted a processor before this began. Requests a second "
            "then favour\nthe server with more processes; by work is the ratio that counts."
        )


def _rate(sample: Sample) -> float:
    return sample.rate


def _answers_by_work(sample: Sample) -> float:
    """Answers for a millisecond of work: what stays comparable where others use the machine."""
    return 1 / max(sample.processor_ms, 1e-6)


def _line(samples: Sequence[Sample], queries: str, name: str) -> str:
    mine = [s for s in samples if s.server == name and s.queries == queries]
    rates = [sample.rate for sample in mine]
    latencies = [latency for sample in mine for latency in sample.latencies]

    def median(of: Callable[[Sample], float]) -> float:
        return statistics.median(map(of, mine))

    beside = ""
    for peer, width in (("rust-disk", 8), ("rust-memory", 10)):
        for of, wide in ((_rate, width), (_answers_by_work, 9)):
            found = ratios(samples, queries, name, peer, of)
            beside += f"{statistics.median(found):>{wide}.2f}" if found else " " * wide
    return (
        f"{name:<16}{statistics.median(rates):>11,.1f}"
        f"{f'{min(rates):,.1f} to {max(rates):,.1f}':>20}"
        f"{percentile(latencies, 50) * 1000:>9.1f}{percentile(latencies, 99) * 1000:>9.1f}"
        f"{median(lambda s: s.processor_ms):>9.2f}{median(lambda s: s.client_share):>8.1%}"
        f"{max(s.resident_peak for s in mine) / MB:>9,.0f}{mine[-1].footprint / MB:>8,.0f}{beside}"
    )


def _targets(samples: Sequence[Sample], names: Sequence[str]) -> None:
    ours = next((name for name in names if name.startswith("ours")), None)
    if ours is None:
        return
    lines = []
    for queries, peer, wanted in TARGETS:
        if found := ratios(samples, queries, ours, peer):
            median = statistics.median(found)
            work = statistics.median(ratios(samples, queries, ours, peer, _answers_by_work))
            lines.append(
                f"{queries:<9}{wanted:>5.2f} of {peer:<12} {'yes' if median >= wanted else 'NO':<4}"
                f"{median:>6.2f}   {min(found):.2f} to {max(found):.2f}   by work {work:.2f}"
            )
    large = [s.resident_peak for s in samples if s.server == ours and s.queries == "large"]
    if len(large) > 1:
        grown = large[-1] - large[0]
        lines.append(
            f"large    memory stays flat    {'yes' if grown <= FLAT else 'NO':<4}"
            f"{grown / MB:>+6.0f} MB from the first round to the last"
        )
    if lines:
        print(f"\ntargets for {ours}: median of the rounds' ratios, lowest to highest")
        print("\n".join(lines))
