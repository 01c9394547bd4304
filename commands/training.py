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
    show_default="that of the packaged tagger",
    help="Settings as TOML: corpora, seed, epochs, rates.",
)
def train(data: Path, output: Path, config: Path | None) -> None:
    """
    Train the mention tagger on the annotated corpora in DATA.

    Goes on after the last whole epoch if it was interrupted. Needs scholargraph[train].

    \b
    scholargraph train corpora/ -o weights/
    """
    from scholargraph.extract.train import SETTINGS, Training
    from scholargraph.extract.train import train as trained

    training = Training.from_file(config or SETTINGS, data=data)
    trained(training, output, report=lambda line: click.echo(line, err=True))
