"""Papers from where they are catalogued, over the network."""

from pathlib import Path

import click

from .options import PATH, base_option, jobs_option, progress, store_option
from .papers import import_papers

SERVICES = ["arxiv", "openalex", "semanticscholar", "crossref"]


@click.command()
@click.argument("service", type=click.Choice(SERVICES))
@click.argument("words", nargs=-1, required=True, metavar="QUERY...")
@click.option(
    "-o",
    "--output",
    type=PATH,
    metavar="FOLDER",
    help="Where the service's answers go.  [default: ./fetched/SERVICE-QUERY]",
)
@click.option(
    "--limit",
    type=click.IntRange(1),
    default=1000,
    show_default=True,
    metavar="PAPERS",
    help="Stop after the page that reaches this number.",
)
@click.option("--all", "everything", is_flag=True, help="No limit.")
@click.option("--address", metavar="URL", help="A mirror of the service, instead of its own.")
@click.option("--import", "also_import", is_flag=True, help="Import what was fetched.")
@jobs_option
@base_option
@store_option
def fetch(
    service: str,
    words: tuple[str, ...],
    output: Path | None,
    limit: int,
    everything: bool,
    address: str | None,
    also_import: bool,
    jobs: int,
    base: str | None,
    store: Path | str,
) -> None:
    """
    Fetch what SERVICE finds for QUERY..., page by page, into a folder.

    The answers are kept as they came, so that they can be imported again without a network. The
    same command goes on where it was interrupted, or fetches more with a higher limit.

    arXiv takes fields (ti: au: abs: cat: all:); OpenAlex and Crossref take filters, such as
    publication_year:2024. Keys come from the environment: OPENALEX_API_KEY (free, and needed for
    more than a few pages a day), SEMANTIC_SCHOLAR_API_KEY; SCHOLARGRAPH_MAILTO is the mail address
    that the services are told.

    \b
    scholargraph fetch arxiv 'cat:cs.CL AND abs:"few-shot"' --limit 300 --import
    scholargraph fetch openalex river segmentation publication_year:2024 -o rivers
    """
    from scholargraph.extract.fetching import fetch as fetched
    from scholargraph.graph.iris import slug

    folder = output or Path("fetched") / f"{service}-{slug(' '.join(words))[:80] or 'query'}"
    with progress("papers") as bar:

        def told(records: int, total: int | None) -> None:
            bar.total = total if everything or total is None else min(total, max(limit, records))
            bar.update(records - bar.n)

        found = fetched(
            service,
            words,
            folder,
            limit=None if everything else limit,
            address=address,
            told=told,
        )
    of = f" of {found.total:,}" if found.total is not None else ""
    click.echo(f"{found.records:,}{of} papers in {folder}, {found.new:,} of them new")
    if also_import and found.files:
        if import_papers(found.files, store, base, format=service, jobs=jobs):
            raise SystemExit(1)
    elif found.files:
        click.echo(f"scholargraph import {folder}/*{found.files[0].suffix}   reads them in")
