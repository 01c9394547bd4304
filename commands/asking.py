"""Answers out: queries, files, counts."""

import json
import shutil
import sys
from pathlib import Path

import click

from scholargraph import ScholarGraphError

from .options import PATH, store_option, writing

ANSWERS = ["table", "json", "csv", "tsv", "xml", "ttl", "nt", "jsonld", "rdf"]
CONTENTS = [
    "graph",
    "coauthors",
    "concepts",
    "papers",
    "authors",
    "terms",
    "mentions",
    "relations",
    "results",
    "nanopublications",
]


@click.command()
@click.argument("question", metavar="SPARQL|FILE.rq|-")
@click.option(
    "--format",
    "answer_format",
    type=click.Choice(ANSWERS),
    default="table",
    show_default=True,
    help="`table` is for people and shows graphs as Turtle.",
)
@store_option
def query(question: str, answer_format: str, store: Path | str) -> None:
    """
    Ask the graph a SPARQL question.

    \b
    scholargraph query 'SELECT ?name WHERE { ?s <http://xmlns.com/foaf/0.1/name> ?name } LIMIT 5'
    scholargraph query coauthors.rq --format csv > coauthors.csv
    """
    from scholargraph.graph.answers import answered
    from scholargraph.graph.store import Store

    text = _query_text(question)
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    with writing(None) as write:
        for chunk in answered(Store.open(store), text, answer_format, width=width):
            write(chunk)


def _query_text(question: str) -> str:
    if question == "-":
        return sys.stdin.read()
    # A query has blanks or braces; whatever has neither was meant to name a file.
    if question.endswith((".rq", ".sparql")) or not set(question) & set(" \t\n{"):
        try:
            return Path(question).read_text("utf-8")
        except FileNotFoundError:
            raise ScholarGraphError(
                f"{question}: no such file; a query in quotes, or a file that ends in .rq"
            ) from None
        except (OSError, UnicodeDecodeError) as error:
            raise ScholarGraphError(f"{question}: cannot be read: {error}") from error
    return question


@click.command()
@click.argument("file", type=PATH)
@click.option(
    "--what",
    type=click.Choice(CONTENTS),
    default=None,
    show_default="by the file's name, else graph",
    help="The whole graph, or a network, table or list of it.",
)
@click.option(
    "--format",
    "export_format",
    metavar="SUFFIX",
    help="ttl, nt, jsonld, rdf, trig, nq; graphml, gexf, csv, json for networks;"
    " csv, bib, ris, json (CSL), jsonld (schema.org) for papers."
    "  [default: by the file's suffix]",
)
@store_option
def export(file: Path, what: str | None, export_format: str | None, store: Path | str) -> None:
    """
    Write the graph, or a network, a table or the statements of it, to FILE.

    \b
    scholargraph export graph.ttl
    scholargraph export coauthors.graphml
    scholargraph export papers.bib
    scholargraph export papers.jsonld
    """
    from scholargraph.graph.export import export as exported
    from scholargraph.graph.store import Store

    with Store.open(store).snapshot() as snapshot:
        exported(snapshot, file, format=export_format, what=what)


@click.command()
@click.argument("folder", type=PATH)
@click.option("--title", help="What the release is called.")
@click.option("--license", metavar="IRI", help="The licence it is under, such as CC0's address.")
@store_option
def release(folder: Path, title: str | None, license: str | None, store: Path | str) -> None:
    """
    Write the graph to the new FOLDER in every form, described for machines.

    It holds the graph as Turtle, nanopublications, the papers as schema.org describes them, tables
    and networks, and says what they are in croissant.json and dcat.ttl, with the size and the
    checksum of each.

    \b
    scholargraph release my-field-2026 --license https://creativecommons.org/publicdomain/zero/1.0/
    """
    from scholargraph.graph.release import release as released
    from scholargraph.graph.store import Store

    graph = Store.open(store)
    named = {"title": title} if title else {}
    with graph.snapshot() as snapshot:
        released(
            snapshot,
            folder,
            graph.iris,
            license=license,
            told=lambda file: click.echo(f"{file.size:>14,}  {file.name}"),
            **named,
        )


@click.command()
@store_option
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
def stats(store: Path | str, as_json: bool) -> None:
    """
    Say what is in the graph.

    \b
    scholargraph stats --store my-field.db
    """
    from dataclasses import asdict

    from scholargraph.graph.backup import stats as counted
    from scholargraph.graph.store import Store

    with Store.open(store).snapshot() as snapshot:
        counts = asdict(counted(snapshot))
    if as_json:
        click.echo(json.dumps(counts))
        return
    for kind, count in counts.pop("concepts").items():
        counts[f"{kind}s"] = count
    for name, count in counts.items():
        click.echo(f"{name:10}{count:>12,}")
