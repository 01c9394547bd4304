"""What people say against the extractor: made, listed, withdrawn, learnt from."""

import getpass
import json
from pathlib import Path
from typing import Any

import click

from .options import PATH, Command, store_option, writing

KINDS = ["method", "dataset", "task", "metric"]
FIELDS = ["title", "abstract"]


def saying_options(command: Command) -> Command:
    """Who says so, and why."""
    command = click.option("--note", default="", help="Why.")(command)
    command = click.option(
        "--who", default=None, show_default="your user name", help="Who says so."
    )(command)
    return store_option(command)


@click.group()
def correct() -> None:
    """
    Correct what was extracted: at once, and in every import to come.

    A mention or a concept is named by its IRI, or by the end of it.

    \b
    scholargraph correct reject 'paper/arxiv:2305.00001#mention-title-0-8-method'
    scholargraph correct merge method/unet method/u-net --note 'another spelling'
    """


@correct.command()
@click.argument("mentions", nargs=-1, required=True, metavar="MENTION...")
@saying_options
def accept(mentions: tuple[str, ...], store: Path | str, who: str | None, note: str) -> None:
    """
    Say that mentions are right: they get the confidence 1, and stay.

    \b
    scholargraph correct accept 'paper/arxiv:2305.00001#mention-title-0-8-method'
    """
    _make(store, who, note, *({"action": "accept", "mention": each} for each in mentions))


@correct.command()
@click.argument("mentions", nargs=-1, required=True, metavar="MENTION...")
@saying_options
def reject(mentions: tuple[str, ...], store: Path | str, who: str | None, note: str) -> None:
    """
    Say that mentions are none.

    \b
    scholargraph correct reject 'paper/arxiv:2305.00001#mention-title-0-8-method'
    """
    _make(store, who, note, *({"action": "reject", "mention": each} for each in mentions))


@correct.command()
@click.argument("thing", metavar="MENTION|CONCEPT")
@click.argument("kind", type=click.Choice(KINDS))
@saying_options
def retype(thing: str, kind: str, store: Path | str, who: str | None, note: str) -> None:
    """
    Give another kind to a mention, or to a concept in all papers.

    \b
    scholargraph correct retype dataset/adam method
    """
    name = "mention" if "#" in thing else "concept"
    _make(store, who, note, {"action": "retype", name: thing, "kind": kind})


@correct.command()
@click.argument("concept")
@click.argument("label")
@saying_options
def rename(concept: str, label: str, store: Path | str, who: str | None, note: str) -> None:
    """
    Call a concept otherwise, in all papers.

    \b
    scholargraph correct rename method/lstm 'Long short-term memory'
    """
    _make(store, who, note, {"action": "rename", "concept": concept, "label": label})


@correct.command()
@click.argument("concept")
@click.argument("into", metavar="SAME-AS")
@saying_options
def merge(concept: str, into: str, store: Path | str, who: str | None, note: str) -> None:
    """
    Say that a concept is the same as another, which stays.

    \b
    scholargraph correct merge method/unet method/u-net
    """
    _make(store, who, note, {"action": "merge", "concept": concept, "into": into})


@correct.command()
@click.argument("concept")
@click.argument("label")
@saying_options
def split(concept: str, label: str, store: Path | str, who: str | None, note: str) -> None:
    """
    Say that LABEL does not mean this concept, but something of its own.

    \b
    scholargraph correct split method/state-space-model SSM
    """
    _make(store, who, note, {"action": "split", "concept": concept, "label": label})


@correct.command()
@click.argument("paper")
@click.argument("field", type=click.Choice(FIELDS))
@click.argument("start", type=click.IntRange(0))
@click.argument("end", type=click.IntRange(1))
@click.argument("kind", type=click.Choice(KINDS))
@click.option("--concept", help="What it means, if that is not what it says.")
@saying_options
def add(
    paper: str,
    field: str,
    start: int,
    end: int,
    kind: str,
    concept: str | None,
    store: Path | str,
    who: str | None,
    note: str,
) -> None:
    """
    Add a mention that was missed, by its place: characters of the title or the abstract.

    \b
    scholargraph correct add paper/arxiv:2305.00001 abstract 20 28 dataset
    """
    request: dict[str, Any] = {"action": "add", "paper": paper, "field": field}
    request |= {"start": start, "end": end, "kind": kind}
    if concept:
        request["concept"] = concept
    _make(store, who, note, request)


def _make(store: Path | str, who: str | None, note: str, *requests: dict[str, Any]) -> None:
    from scholargraph.graph.correcting import correct as corrected
    from scholargraph.graph.store import Store

    opened = Store.open(store)
    said = {"who": who or _user(), "note": note}
    for made in corrected(opened, [request | said for request in requests]):
        click.echo(f"{made.id}: {made.statement(opened.iris.base)}")


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container may run as a number without a name
        return "unknown"


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="As one JSON object a line.")
@store_option
@click.pass_context
def corrections(context: click.Context, as_json: bool, store: Path | str) -> None:
    """
    List the corrections, in the order in which they apply.

    \b
    scholargraph corrections
    scholargraph corrections undo 12
    """
    if context.invoked_subcommand is not None:
        return
    from scholargraph.graph.corrections import corrections as found
    from scholargraph.graph.store import Store

    opened = Store.open(store)
    with opened.snapshot() as snapshot:
        for each in found(snapshot, opened.iris):
            if as_json:
                click.echo(json.dumps(each.json(), ensure_ascii=False))
                continue
            note = f" ({each.note})" if each.note else ""
            statement = each.statement(opened.iris.base)
            click.echo(f"{each.id:>6}  {each.when}  {each.who}: {statement}{note}")


@corrections.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@store_option
def undo(ids: tuple[str, ...], store: Path | str) -> None:
    """
    Withdraw corrections: the graph is as if they had never been made.

    \b
    scholargraph corrections undo 12
    """
    from scholargraph.graph.correcting import withdraw
    from scholargraph.graph.store import Store

    opened = Store.open(store)
    for gone in withdraw(opened, ids):
        click.echo(f"withdrawn: {gone.statement(opened.iris.base)}")


@corrections.command("export")
@click.argument("file", type=PATH)
@store_option
def export(file: Path, store: Path | str) -> None:
    """
    Write the sentences that people have corrected, with their mentions, for training.

    FILE.spacy is for `spacy train` (ner or spancat), FILE.jsonl for `scholargraph train`.

    \b
    scholargraph corrections export reviewed.spacy
    """
    from scholargraph import ScholarGraphError
    from scholargraph.graph.reviewed import reviewed_sentences
    from scholargraph.graph.store import Store

    if file.suffix not in (".spacy", ".jsonl"):
        raise ScholarGraphError(f"{file}: name a file that ends in .spacy or .jsonl")
    opened = Store.open(store)
    with opened.snapshot() as snapshot:
        sentences = list(reviewed_sentences(snapshot, opened.iris))
    from scholargraph.extract.annotated import doc_bin, lines

    with writing(file) as write:
        write(doc_bin(sentences) if file.suffix == ".spacy" else lines(sentences))
    click.echo(f"{len(sentences):,} sentences in {file}")


@click.command("settle-kinds")
@click.option("--undo", is_flag=True, help="Take back what was settled.")
@store_option
def settle_kinds(undo: bool, store: Path | str) -> None:
    """
    Give labels that are of several kinds the kind that nearly all papers mean.

    What is settled is listed among the corrections, with the evidence, and yields to yours.

    \b
    scholargraph settle-kinds
    scholargraph settle-kinds --undo
    """
    from scholargraph.graph.kinds import settle_kinds as settled
    from scholargraph.graph.store import Store

    click.echo(settled(Store.open(store), undo=undo).text())
