"""The store as a thing to look after: checked, copied, put back, and rid of papers."""

from pathlib import Path

import click

from .options import PATH, store_option


@click.command()
@click.argument("papers", nargs=-1, required=True, metavar="IRI-OR-ID...")
@store_option
def remove(papers: tuple[str, ...], store: Path | str) -> None:
    """
    Take papers out of the graph, by their IRIs or identifiers; all of them or none.

    Authors and concepts that no other paper names go too. Their pages say from then on that they
    are gone, until an import brings them back. Works while the graph is served.

    \b
    scholargraph remove https://w3id.org/scholargraph/paper/arxiv:2305.00001
    scholargraph remove doi:10.1000/182 my-record-17 --store my-field.db
    """
    from scholargraph.graph.removal import remove as removed
    from scholargraph.graph.store import Store

    click.echo(removed(Store.open(store), papers).text())


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
