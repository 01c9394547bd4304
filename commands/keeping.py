"""The store as a thing to look after: checked, copied, put back, and rid of papers."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .options import PATH, store_option

if TYPE_CHECKING:
    from scholargraph.graph.rulings import Rulings


@click.command()
@click.argument("papers", nargs=-1, metavar="IRI-OR-ID...")
@click.option(
    "--source",
    metavar="FILE-OR-IRI",
    help="Take out what this file says; papers that others speak of too stay.",
)
@store_option
def remove(papers: tuple[str, ...], source: str | None, store: Path | str) -> None:
    """
    Take papers out of the graph, by their IRIs or identifiers; all of them or none.

    Authors and concepts that no other paper names go too. Their pages say from then on that they
    are gone, until an import brings them back. Works while the graph is served.

    \b
    scholargraph remove https://w3id.org/scholargraph/paper/arxiv:2305.00001
    scholargraph remove doi:10.1000/182 my-record-17 --store my-field.db
    scholargraph remove --source old-library.bib
    """
    from scholargraph.graph import removal
    from scholargraph.graph.store import Store

    if bool(papers) == bool(source):
        raise click.UsageError("name papers, or one source with --source")
    there = Store.open(store)
    if source:
        from scholargraph.extract import extract, model_id

        done = removal.remove_source(there, source, extract=extract, model=model_id())
    else:
        done = removal.remove(there, papers)
    click.echo(done.text())


_note = click.option("--note", default="", help="Why, for those who read it later.")
_withdraw = click.option(
    "--withdraw", is_flag=True, help="Take back what was ruled about this paper's records."
)


@click.command()
@click.argument("paper", metavar="IRI-OR-ID")
@_note
@_withdraw
@store_option
def split(paper: str, note: str, withdraw: bool, store: Path | str) -> None:
    """
    Take apart what several sources were found to say of one paper.

    Each record becomes a paper of its own; the IRI of a record, as the paper's page has it, takes
    that record alone away. The ruling is kept through every import until it is withdrawn.

    \b
    scholargraph split doi:10.1000/182 --note 'The talk and the article are two works.'
    scholargraph split doi:10.1000/182 --withdraw
    """
    rulings = _rulings(store)
    click.echo((rulings.withdraw(paper) if withdraw else rulings.split(paper, note=note)).text())


@click.command()
@click.argument("papers", nargs=-1, required=True, metavar="IRI-OR-ID IRI-OR-ID")
@_note
@_withdraw
@store_option
def join(papers: tuple[str, ...], note: str, withdraw: bool, store: Path | str) -> None:
    """
    Make two papers one, where no rule finds that they are; the first one's IRI stays.

    The ruling is kept through every import until it is withdrawn.

    \b
    scholargraph join arxiv:2305.00001 doi:10.1000/182
    scholargraph join arxiv:2305.00001 --withdraw
    """
    if len(papers) != (1 if withdraw else 2):
        raise click.UsageError("name two papers, or with --withdraw one")
    rulings = _rulings(store)
    click.echo(
        (rulings.withdraw(papers[0]) if withdraw else rulings.join(*papers, note=note)).text()
    )


def _rulings(store: Path | str) -> "Rulings":
    from scholargraph.extract import extract, model_id
    from scholargraph.graph.rulings import Rulings
    from scholargraph.graph.store import Store

    return Rulings(Store.open(store), extract, model_id())


@click.command()
@store_option
def validate(store: Path | str) -> None:
    """
    Check the graph against its shapes; exit 1 if it does not conform.

    \b
    scholargraph validate --store my-field.db
    """
    from scholargraph.graph.store import Store
    from scholargraph.graph.validate import validate as validated

    with Store.open(store).snapshot() as snapshot:
        violations = validated(snapshot)
    for violation in violations:
        click.echo(str(violation))
    if violations:
        raise SystemExit(1)
    click.echo("conforms")


@click.command()
@click.argument("folder", type=PATH)
@store_option
def backup(folder: Path, store: Path | str) -> None:
    """
    Copy the graph to the new FOLDER, while it is in use if need be.

    \b
    scholargraph backup /media/disk/my-field
    """
    from scholargraph.graph.backup import backup as backed_up
    from scholargraph.graph.store import Store

    click.echo(f"{backed_up(Store.open(store), folder):,} triples copied to {folder}")


@click.command()
@click.argument("folder", type=PATH)
@store_option
def restore(folder: Path, store: Path | str) -> None:
    """
    Make the graph what it was when the backup in FOLDER was made.

    \b
    scholargraph restore /media/disk/my-field --store my-field.db
    """
    from scholargraph.graph.backup import restore as restored
    from scholargraph.graph.store import Store

    base = Store.open(folder).iris.base
    there = Store.open(store, create=True, base=base)
    click.echo(f"{restored(folder, there):,} triples restored to {store}")
