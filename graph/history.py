"""
What was done to the graph: each run of an import with its report, newest first.

A run is one reading of one file. Reports stand in the named graph of runs, beside the facts, since
the same facts may be read at any time: see `scholargraph.graph.iris.Iris.runs_graph`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, Quad

import scholargraph

from . import vocab as v
from .build import Run, run_iri
from .iris import Iris, part
from .parts import FACTS, Readable
from .snapshots import Term

# Refused records that a report lists; it counts them all.
LISTED = 100
# Characters of one reason that are kept.
_REASON = 500


@dataclass(frozen=True, slots=True)
class Skipped:
    """A record that was refused: its *file*, the 1-based *line* where one is known, and why."""

    file: str
    line: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class RunSummary:
    """
    One run: what was read, by what, when, and what came of it.

    *iri* is that of the report, or of the run itself where it was made before reports were kept:
    *number* and all counts are then None. *run* is the activity that facts name as their origin,
    None where the file could not even be opened. *operation* is ``import`` or ``reextract``.
    *started* and *ended* are xsd:dateTime in UTC; *captured* is an ISO day. Of papers *new*,
    *changed*, *unchanged* and *refused* count all; *skipped* lists the first `LISTED` refused.
    Triples are those of the facts. *interrupted* marks a run that did not come to its end: its
    counts are those of its last commit.
    """

    iri: str
    number: int | None
    operation: str
    run: str | None
    file: str
    sha256: str
    format: str
    captured: str | None
    version: str
    model: str
    started: str
    ended: str
    new: int | None = None
    changed: int | None = None
    unchanged: int | None = None
    refused: int | None = None
    triples_added: int | None = None
    triples_removed: int | None = None
    skipped: tuple[Skipped, ...] = ()
    interrupted: bool = False


@dataclass(slots=True)
class Tally:
    """What one run has come to so far; *number* and *started* are set by its first commit."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    triples_added: int = 0
    triples_removed: int = 0
    number: int | None = None
    started: str = ""
    skipped: list[Skipped] | None = None

    def skip(self, skipped: Skipped) -> None:
        """Counts a refused record, and lists it while there is room."""
        self.refused += 1
        self.skipped = self.skipped or []
        if len(self.skipped) < LISTED:
            self.skipped.append(skipped)

    @property
    def touched(self) -> bool:
        """Whether the run has anything to report but papers that are as they were."""
        return bool(self.new or self.changed or self.refused or self.number is not None)


_COUNTS = {
    "new": v.PAPERS_NEW,
    "changed": v.PAPERS_CHANGED,
    "unchanged": v.PAPERS_UNCHANGED,
    "refused": v.PAPERS_REFUSED,
    "triples_added": v.TRIPLES_ADDED,
    "triples_removed": v.TRIPLES_REMOVED,
}


def runs(graph: Readable) -> tuple[RunSummary, ...]:
    """Every run that *graph* knows of, newest first."""
    found = [_summary(graph, node) for node in _reports(graph)]
    reported = {quad.object for quad in graph.quads(None, v.REPORTS, None, None)}
    reported |= {NamedNode(summary.iri) for summary in found}
    ended = {quad.subject for quad in graph.quads(None, v.ENDED, None, None)} - reported
    older = [_summary(graph, node) for node in ended if isinstance(node, NamedNode)]
    # What a run reads beside its own file is a run to facts, and has no report either.
    first = min((summary.started for summary in found), default="9")
    found += [summary for summary in older if summary.ended < first]
    return tuple(sorted(found, key=lambda run: (run.number or 0, run.ended, run.iri), reverse=True))


def run(graph: Readable, iri: str) -> RunSummary | None:
    """
    The run *iri*, a report or an activity; of an activity's reports the newest.

    None where *graph* knows of none.
    """
    node = NamedNode(iri)
    if graph.quads(node, v.TYPE, v.RUN_REPORT, None):
        return _summary(graph, node)
    reports = [
        _summary(graph, quad.subject)
        for quad in graph.quads(None, v.REPORTS, node, None)
        if isinstance(quad.subject, NamedNode)
    ]
    if reports:
        return max(reports, key=lambda summary: summary.number or 0)
    return _summary(graph, node) if graph.quads(node, v.ENDED, None, None) else None


def report_iri(number: int, iris: Iris) -> NamedNode:
    return iris.resource("report", str(number))


def report_quads(
    run: Run | str,
    tally: Tally,
    *,
    ended: str,
    over: bool,
    operation: str,
    iris: Iris,
    model: str = "",
) -> Iterator[Quad]:
    """
    The report of *run*, or of what is so called where there is no run; *tally* has its number.

    *model* is what read it, where that is not the run's.
    *over* says that this is its end and not only a commit on the way.
    """
    if tally.number is None:
        raise ValueError("a report needs a number")
    node, place = report_iri(tally.number, iris), iris.runs_graph()

    def said(predicate: NamedNode, value: Term) -> Quad:
        return Quad(node, predicate, value, place)

    yield said(v.TYPE, v.RUN_REPORT)
    yield said(v.NUMBER, Literal(tally.number))
    yield said(v.OPERATION, Literal(operation))
    yield said(v.STARTED, Literal(tally.started, datatype=v.XSD_DATE_TIME))
    if over:
        yield said(v.ENDED, Literal(ended, datatype=v.XSD_DATE_TIME))
    if isinstance(run, Run):
        yield said(v.REPORTS, run_iri(run, iris))
        yield said(v.FILE_NAME, Literal(run.file_name))
        yield said(v.SHA256, Literal(run.sha256))
        yield said(v.FORMAT, Literal(run.format))
        yield said(v.SOFTWARE_VERSION, Literal(run.version))
        yield said(v.MODEL, Literal(run.model))
        if run.captured:
            yield said(v.CAPTURED, Literal(run.captured, datatype=v.XSD_DATE))
    else:
        yield said(v.FILE_NAME, Literal(run))
    if model:
        yield said(v.SOFTWARE_VERSION, Literal(scholargraph.__version__))
        yield said(v.MODEL, Literal(model))
    for name, predicate in _COUNTS.items():
        yield said(predicate, Literal(getattr(tally, name)))
    for position, skipped in enumerate(tally.skipped or (), start=1):
        record = part(node, "refused", position)
        yield Quad(record, v.TYPE, v.REFUSED_RECORD, place)
        yield Quad(record, v.IN_REPORT, node, place)
        yield Quad(record, v.FILE_NAME, Literal(skipped.file), place)
        yield Quad(record, v.REASON, Literal(_kept(skipped.reason)), place)
        if skipped.line is not None:
            yield Quad(record, v.LINE, Literal(skipped.line), place)


def stored_report(graph: Readable, number: int, iris: Iris) -> list[Quad]:
    """The quads of report *number* as they are."""
    node, place = report_iri(number, iris), iris.runs_graph()
    quads = graph.quads(node, None, None, place)
    for quad in graph.quads(None, v.IN_REPORT, node, place):
        if isinstance(quad.subject, NamedNode):
            quads += graph.quads(quad.subject, None, None, place)
    return quads


def _kept(reason: str) -> str:
    """*reason* cut to what is kept of it, in text that a store can hold."""
    whole = reason.encode(errors="replace").decode()
    return whole if len(whole) <= _REASON else f"{whole[: _REASON - 1]}…"


def _reports(graph: Readable) -> Iterator[NamedNode]:
    for quad in graph.quads(None, v.TYPE, v.RUN_REPORT, None):
        if isinstance(quad.subject, NamedNode):
            yield quad.subject


def _summary(graph: Readable, node: NamedNode) -> RunSummary:
    said = _texts(graph.quads(node, None, None, None))
    report = v.NUMBER in said
    activity = said.get(v.REPORTS) if report else node.value
    if not report:  # made before reports were kept: what the facts say of it
        for quad in graph.quads(node, v.USED, None, FACTS):
            if isinstance(quad.object, NamedNode):
                said = _texts(graph.quads(quad.object, None, None, FACTS)) | said
    counts = {name: int(said[p]) for name, p in _COUNTS.items() if report and p in said}
    return RunSummary(
        iri=node.value,
        number=int(said[v.NUMBER]) if report else None,
        operation=said.get(v.OPERATION, "import"),
        run=activity,
        file=said.get(v.FILE_NAME, ""),
        sha256=said.get(v.SHA256, ""),
        format=said.get(v.FORMAT, ""),
        captured=said.get(v.CAPTURED),
        version=said.get(v.SOFTWARE_VERSION, ""),
        model=said.get(v.MODEL, ""),
        started=said.get(v.STARTED, ""),
        ended=said.get(v.ENDED, ""),
        skipped=_skipped(graph, node) if report else (),
        interrupted=report and v.ENDED not in said,
        **counts,
    )


def _skipped(graph: Readable, report: NamedNode) -> tuple[Skipped, ...]:
    found = []
    for quad in graph.quads(None, v.IN_REPORT, report, None):
        if isinstance(quad.subject, NamedNode):
            said = _texts(graph.quads(quad.subject, None, None, quad.graph_name))
            line = int(said[v.LINE]) if v.LINE in said else None
            position = int(quad.subject.value.rpartition("-")[2])
            skipped = Skipped(said.get(v.FILE_NAME, ""), line, said.get(v.REASON, ""))
            found.append((position, skipped))
    return tuple(skipped for _, skipped in sorted(found, key=lambda pair: pair[0]))


def _texts(quads: Iterable[Quad]) -> dict[NamedNode, str]:
    return {
        quad.predicate: quad.object.value
        for quad in quads
        if isinstance(quad.object, Literal | NamedNode)
    }
