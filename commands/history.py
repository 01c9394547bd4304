"""What was done to the graph: its runs, and what separates two states of it."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from .options import jobs_option, progress, store_option, writing


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As one JSON object a line.")
@store_option
def runs(as_json: bool, store: Path | str) -> None:
    """
    List every change of the graph, newest first: imports by file, and what else was done.

    \b
    scholargraph runs --store my-field.db
    scholargraph runs --json | head -1
    """
    from scholargraph.graph.differences import changes
    from scholargraph.graph.store import Store

    for change in changes(Store.open(store)):
        if as_json:
            record: dict[str, Any] = {"operation": change.operation, "time": change.time}
            record |= asdict(change.run) if change.run else {}
            click.echo(json.dumps({"number": change.number} | record, ensure_ascii=False))
            continue
        line = f"{change.number or '-':>5}  {change.time:20}  {change.operation:10}"
        if run := change.run:
            line += (
                f"  {run.file}: {run.new or 0:,} new, {run.changed or 0:,} changed, "
                f"{run.unchanged or 0:,} unchanged, {run.refused or 0:,} refused; "
                f"triples +{run.triples_added or 0:,} -{run.triples_removed or 0:,}"
            )
            if run.interrupted:
                line += "; interrupted"
        click.echo(line.rstrip())


@click.command()
@click.argument("first", metavar="RUN")
@click.argument("second", metavar="RUN")
@click.option(
    "--format",
    "diff_format",
    type=click.Choice(["text", "trig", "patch"]),
    default="text",
    show_default=True,
    help="`patch` is an RDF Patch of all graphs; `trig` has the facts that came and went.",
)
@store_option
def diff(first: str, second: str, diff_format: str, store: Path | str) -> None:
    """
    Say which facts the graph gained and lost between two of its states.

    RUN is a number that `scholargraph runs` lists, 0 for the state before the first, the IRI of a
    run, or last, last~1, …: the state when that change was done.

    \b
    scholargraph diff last~1 last
    scholargraph diff 3 7 --format patch > changes.rdfp
    """
    from scholargraph.graph.difference_files import patch, trig
    from scholargraph.graph.difference_text import changed_papers, text
    from scholargraph.graph.differences import difference, number_of
    from scholargraph.graph.store import Store

    opened = Store.open(store)
    start, end = (number_of(opened, name) for name in (first, second))
    found = difference(opened, start, end)
    if diff_format == "text":
        with opened.snapshot() as snapshot:
            for line in text(changed_papers(found, snapshot)):
                click.echo(line)
        return
    with writing(None) as write:
        if diff_format == "trig":
            write(trig(found, start, end, opened.iris))
            return
        for chunk in patch(found, end):
            write(chunk)


@click.command()
@jobs_option
@store_option
def reextract(jobs: int, store: Path | str) -> None:
    """
    Read the graph's own abstracts again, after an upgrade: no file is needed.

    Only papers that another model has read are; what people corrected stays corrected. Interrupted,
    it can be run again.

    \b
    scholargraph reextract --jobs 2
    """
    from functools import partial

    from scholargraph.extract import extract, model_id
    from scholargraph.graph.reextraction import reextract as reextracted
    from scholargraph.graph.store import Store

    with progress("papers") as bar:

        def advance(papers: int) -> None:
            bar.update(papers)

        done = reextracted(
            Store.open(store),
            extract=partial(extract, jobs=jobs),
            model=model_id(),
            progress=advance,
        )
    click.echo(done.text())
