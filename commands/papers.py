"""Papers in: read into the graph, or only read."""

import datetime
from collections.abc import Iterator
from pathlib import Path

import click

from .options import (
    FORMATS,
    PATH,
    base_option,
    columns_option,
    dask_option,
    extractor,
    jobs_option,
    progress,
    store_option,
    writing,
)


@click.command("import")
@click.argument("paths", type=PATH, nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--format",
    "source_format",
    type=click.Choice(FORMATS),
    default="auto",
    show_default=True,
    help="What the files are; recognised by their content unless given.",
)
@click.option(
    "--captured",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="The day on which a profile page was taken; dates without a year count from it."
    "  [default: today]",
)
@columns_option
@jobs_option
@dask_option
@base_option
@store_option
def import_(
    paths: tuple[Path, ...],
    source_format: str,
    captured: datetime.datetime | None,
    columns: dict[str, str],
    jobs: int,
    dask: str | None,
    base: str | None,
    store: Path | str,
) -> None:
    """
    Read papers from PATH... into the graph, and say what came of it.

    A paper that is there already is replaced if it has changed. Works while the graph is served.

    \b
    scholargraph import profile.txt --captured 2026-04-20
    scholargraph import papers.jsonl --store my-field.db
    scholargraph import papers.csv --columns title=Titel,abstract=Zusammenfassung
    """
    if import_papers(
        paths,
        store,
        base,
        format=source_format,
        captured=captured and captured.date(),
        columns=columns,
        jobs=jobs,
        dask=dask,
    ):
        raise SystemExit(1)


def import_papers(
    paths: tuple[Path, ...],
    folder: Path | str,
    base: str | None,
    *,
    jobs: int,
    dask: str | None = None,
    format: str = "auto",
    captured: datetime.date | None = None,
    columns: dict[str, str] | None = None,
) -> bool:
    """Imports, prints the report, and says whether anything was refused."""
    from scholargraph.extract import model_id
    from scholargraph.graph.importing import import_files
    from scholargraph.graph.store import Store

    store = Store.open(folder, create=True, base=base)
    with progress("papers") as bar:

        def advance(papers: int) -> None:
            bar.update(papers)

        report = import_files(
            paths,
            store,
            format=format,
            captured=captured,
            columns=columns,
            model=model_id(),
            extract=extractor(jobs, dask),
            progress=advance,
        )
    click.echo(report.text())
    return bool(report.skipped)


@click.command()
@click.argument("paths", type=PATH, nargs=-1, required=True, metavar="PATH...")
@click.option("-o", "--output", type=PATH, help="Write to this file instead of stdout.")
@click.option("--format", "source_format", type=click.Choice(FORMATS), default="auto")
@columns_option
@base_option
@jobs_option
@dask_option
def extract(
    paths: tuple[Path, ...],
    output: Path | None,
    source_format: str,
    columns: dict[str, str],
    base: str | None,
    jobs: int,
    dask: str | None,
) -> None:
    """
    Print what is found in the papers of PATH..., one JSON object a line.

    A record with `text` instead of title and abstract is taken as it is.

    \b
    scholargraph extract papers.jsonl -o mentions.jsonl
    """
    from scholargraph.extract.papers import Paper, Refusal
    from scholargraph.extract.sources import SourceError, read
    from scholargraph.graph.iris import DEFAULT_BASE, Iris
    from scholargraph.graph.lines import extraction_line

    refused = 0

    def papers() -> Iterator[Paper]:
        nonlocal refused
        for path in paths:
            try:
                for record in read(path, format=source_format, columns=columns):
                    if isinstance(record, Refusal):
                        refused += 1
                        click.echo(f"scholargraph: {record}", err=True)
                    elif isinstance(record, Paper):
                        yield record
            except SourceError as error:
                refused += 1
                click.echo(f"scholargraph: {error}", err=True)

    iris = Iris(base or DEFAULT_BASE)
    with writing(output) as write, progress("papers") as bar:
        for paper, extraction in extractor(jobs, dask)(papers()):
            write(f"{extraction_line(paper, extraction, iris)}\n".encode())
            bar.update()
    if refused:
        raise SystemExit(1)
