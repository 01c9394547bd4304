"""
The `scholargraph` command: results on stdout, progress and complaints on stderr.

Exit status: 0 done, 1 some input was refused or the work failed, 2 the command line is wrong.
Libraries are imported by the commands that need them, so that `--help` answers at once.
"""

import os
import sys

import click

from scholargraph import ScholarGraphError, __version__

from .commands import asking, correcting, fetching, history, keeping, papers, serving, training


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="scholargraph")
def cli() -> None:
    """
    Methods, datasets and tasks from paper abstracts, as a queryable graph.

    \b
    scholargraph import papers.jsonl      read papers into ./scholargraph.db
    scholargraph serve                    look at them at http://127.0.0.1:5000
    scholargraph query 'SELECT …'         ask
    """


for command in (
    papers.import_,
    papers.extract,
    fetching.fetch,
    asking.query,
    asking.export,
    asking.release,
    asking.stats,
    history.runs,
    history.diff,
    history.reextract,
    correcting.correct,
    correcting.corrections,
    correcting.settle_kinds,
    keeping.remove,
    keeping.split,
    keeping.join,
    keeping.validate,
    keeping.backup,
    keeping.restore,
    serving.serve,
    serving.demo,
    training.evaluate,
    training.train,
):
    cli.add_command(command)


def main() -> None:
    """Runs the command; a deliberate error is one line, a closed pipe is no error."""
    try:
        cli()
    except ScholarGraphError as error:
        click.echo(f"scholargraph: {error}", err=True)
        raise SystemExit(1) from None
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
