"""A comparison as a table for a spreadsheet, and as one for a paper."""

import csv
import io
from collections.abc import Iterator, Sequence

from .compare import Claim, Comparison, Rivalry
from .tables import guarded

# What LaTeX would take for a command; everything else stays as it is written (UTF-8).
_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "$": r"\$",
        "&": r"\&",
        "%": r"\%",
        "#": r"\#",
        "_": r"\_",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        '"': "''",
    }
)

_UNITS = {"percent": "%", "points": " points", "times": "x"}

Row = tuple[str, Sequence[str]]


def _rows(compared: Comparison) -> Iterator[tuple[str, list[Row]]]:
    """Each part of the table with its rows, of which the first cell says what they are about."""
    columns = compared.columns
    about: list[Row] = []
    if compared.kind != "paper":
        about.append(("papers", [str(column.papers) for column in columns]))
    about.append(("first year", [column.first or "" for column in columns]))
    if compared.kind != "paper":
        about.append(("last year", [column.last or "" for column in columns]))
    yield compared.kind, about
    for section in compared.sections:
        lines = (*section.shared, *section.some, *section.one)
        yield (
            section.kind,
            [(line.thing.name, [str(count) for count in line.counts]) for line in lines],
        )
    if compared.results:
        yield (
            "result",
            [
                (place(rivalry), ["; ".join(map(value, claims)) for claims in rivalry.claims])
                for rivalry in compared.results
            ],
        )


def place(rivalry: Rivalry) -> str:
    """What the results of *rivalry* are of: 'mIoU, DeltaSAR, river segmentation'."""
    parts = (rivalry.metric, rivalry.dataset, rivalry.task)
    return ", ".join(part.name for part in parts if part)


def value(claim: Claim) -> str:
    """
    The number of *claim* with its sign and unit, as the sentence means it: '+3.1 points'.

    A change is told from a value by its sign.
    """
    found = claim.result
    sign = "+" if found.change == "delta" and found.value > 0 else ""
    return f"{sign}{found.value}{_UNITS.get(found.unit or '', '')}"


def comparison_csv(compared: Comparison) -> bytes:
    """
    One row for each thing beside the compared ones: its kind, its name, and how many papers of each
    column name it; UTF-8.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    names = [column.name for column in compared.columns]
    writer.writerow(["about", "what", *map(guarded, names)])
    for part, rows in _rows(compared):
        for name, cells in rows:
            writer.writerow([part, guarded(name), *map(guarded, cells)])
    return text.getvalue().encode()


def comparison_latex(compared: Comparison) -> bytes:
    """A ``tabular`` that needs no package; what is 0 is a dash. UTF-8."""
    every = len(compared.columns)
    lines = [
        "% Counts are of papers in the graph. Results are what papers claim.",
        rf"\begin{{tabular}}{{l{'r' * every}}}",
        r"\hline",
        _line("", [column.name for column in compared.columns]),
    ]
    for part, rows in _rows(compared):
        lines += [r"\hline", rf"\multicolumn{{{every + 1}}}{{l}}{{\textit{{{escaped(part)}}}}} \\"]
        lines += [
            _line(name, ["--" if cell in ("0", "") else cell for cell in cells])
            for name, cells in rows
        ]
    lines += [r"\hline", r"\end{tabular}", ""]
    return "\n".join(lines).encode()


def escaped(text: str) -> str:
    r"""
    *text* as LaTeX prints it.

    >>> print(escaped("R&D_1 at 5%"))
    R\&D\_1 at 5\%
    """
    return " ".join(text.split()).translate(_LATEX)


def _line(name: str, cells: Sequence[str]) -> str:
    return " & ".join(escaped(cell) for cell in (name, *cells)) + r" \\"
