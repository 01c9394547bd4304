"""The extractor itself: how good it is, and how to make another."""

from pathlib import Path

import click

from .options import PATH


@click.command()
@click.argument("gold", type=PATH, nargs=-1, required=True, metavar="GOLD...")
@click.option(
    "--kinds",
    metavar="KIND,...",
    help="Kinds to count, such as method,dataset,task.  [default: those that GOLD annotates]",
)
@click.option("--errors", is_flag=True, help="Also list what was missed and what was wrong.")
def evaluate(gold: tuple[Path, ...], kinds: str | None, errors: bool) -> None:
    """
    Count how well the extractor finds the mentions of GOLD...: precision, recall and F1.

    GOLD is JSON lines with `text` and `spans`; a mention counts if span and kind are exact.

    \b
    scholargraph evaluate dev.jsonl.gz --kinds method,dataset,task
    """
    from scholargraph.extract.evaluate import evaluate as evaluated
    from scholargraph.extract.pipeline import load_pipeline

    scores = evaluated(gold, load_pipeline(), kinds=kinds.split(",") if kinds else None)
    click.echo(scores.table())
    if errors:
        click.echo(scores.listing())


@click.command()
@click.argument("data", type=PATH)
@click.option("-o", "--output", type=PATH, required=True, help="The folder for the weights.")
@click.option(
    "--config",
    type=PATH,
    default=None,
    show_default="that of the packaged weights",
    help="Settings as TOML: corpora, seed, epochs, rates.",
)
@click.option("--relations", is_flag=True, help="Train what decides on relations instead.")
def train(data: Path, output: Path, config: Path | None, relations: bool) -> None:
    """
    Train the mention tagger on the annotated corpora in DATA, or what decides on relations.

    Goes on after the last whole epoch or fold if it was interrupted. Needs scholargraph[train].

    \b
    scholargraph train corpora/ -o weights/
    scholargraph train corpora/ -o weights/ --relations
    """

    def report(line: str) -> None:
        click.echo(line, err=True)

    if relations:
        from scholargraph.extract import relation_training

        settings = config or relation_training.SETTINGS
        run = relation_training.RelationTraining.from_file(settings, data=data)
        relation_training.train(run, output, report=report)
        return
    from scholargraph.extract.train import SETTINGS, Training
    from scholargraph.extract.train import train as trained

    training = Training.from_file(config or SETTINGS, data=data)
    trained(training, output, report=report)
