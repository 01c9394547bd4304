"""
The `scholargraph` command: results on stdout, progress and complaints on stderr.

Exit status: 0 done, 1 some input was refused or the work failed, 2 the command line is wrong.
Libraries are imported by the commands that need them, so that `--help` answers at once.
"""

import contextlib
import datetime
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from scholargraph import ScholarGraphError, __version__

if TYPE_CHECKING:
    from tqdm import tqdm


Command = TypeVar("Command", bound=Callable[..., Any])

HERE = Path(__file__).parent
PROCESSORS = len(os.sched_getaffinity(0))  # those that this process may use
PATH = click.Path(path_type=Path)
FORMATS = ["auto", "profile", "jsonl"]
ANSWERS = ["table", "json", "csv", "tsv", "xml", "ttl", "nt", "jsonld", "rdf"]
NETWORKS = ["graph", "coauthors", "concepts", "papers"]


def store_option(command: Command) -> Command:
    return click.option(
        "--store",
        type=PATH,
        envvar="SCHOLARGRAPH_STORE",
        default=Path("scholargraph.db"),
        show_default="$SCHOLARGRAPH_STORE, else ./scholargraph.db",
        help="The folder that holds the graph.",
    )(command)


def base_option(command: Command) -> Command:
    return click.option(
        "--base",
        envvar="SCHOLARGRAPH_BASE",
        default=None,
        metavar="IRI",
        help="What the graph's own IRIs begin with; fixed when the store is made.",
    )(command)


def jobs_option(command: Command) -> Command:
    return click.option(
        "--jobs",
        type=click.IntRange(1, 256),
        default=os.cpu_count() or 1,
        show_default="one for each core",
        help="Processes that extract.",
    )(command)


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


@cli.command("import")
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
@jobs_option
@base_option
@store_option
def import_(
    paths: tuple[Path, ...],
    source_format: str,
    captured: datetime.datetime | None,
    jobs: int,
    base: str | None,
    store: Path,
) -> None:
    """
    Read papers from PATH... into the graph, and say what came of it.

    A paper that is there already is replaced if it has changed. Works while the graph is served.

    \b
    scholargraph import profile.txt --captured 2026-04-20
    scholargraph import papers.jsonl --store my-field.db
    """
    if _import(
        paths, store, base, format=source_format, captured=captured and captured.date(), jobs=jobs
    ):
        raise SystemExit(1)


def _import(
    paths: tuple[Path, ...],
    folder: Path,
    base: str | None,
    *,
    jobs: int,
    format: str = "auto",
    captured: datetime.date | None = None,
) -> bool:
    """Imports, prints the report, and says whether anything was refused."""
    from functools import partial

    from scholargraph.extract import extract, model_id
    from scholargraph.graph.importing import import_files
    from scholargraph.graph.store import Store

    store = Store.open(folder, create=True, base=base)
    with _progress("papers") as bar:

        def advance(papers: int) -> None:
            bar.update(papers)

        report = import_files(
            paths,
            store,
            format=format,
            captured=captured,
            model=model_id(),
            extract=partial(extract, jobs=jobs),
            progress=advance,
        )
    click.echo(report.text())
    return bool(report.skipped)


@cli.command()
@click.argument("paths", type=PATH, nargs=-1, required=True, metavar="PATH...")
@click.option("-o", "--output", type=PATH, help="Write to this file instead of stdout.")
@click.option("--format", "source_format", type=click.Choice(FORMATS), default="auto")
@base_option
@jobs_option
def extract(
    paths: tuple[Path, ...], output: Path | None, source_format: str, base: str | None, jobs: int
) -> None:
    """
    Print what is found in the papers of PATH..., one JSON object a line.

    A record with `text` instead of title and abstract is taken as it is.

    \b
    scholargraph extract papers.jsonl -o mentions.jsonl
    """
    from scholargraph.extract import extract as extracted
    from scholargraph.extract.papers import Paper, Refusal
    from scholargraph.extract.sources import SourceError, read
    from scholargraph.graph.iris import DEFAULT_BASE, Iris
    from scholargraph.graph.lines import extraction_line

    refused = 0

    def papers() -> Iterator[Paper]:
        nonlocal refused
        for path in paths:
            try:
                for record in read(path, format=source_format):
                    if isinstance(record, Refusal):
                        refused += 1
                        click.echo(f"scholargraph: {record}", err=True)
                    elif isinstance(record, Paper):
                        yield record
            except SourceError as error:
                refused += 1
                click.echo(f"scholargraph: {error}", err=True)

    iris = Iris(base or DEFAULT_BASE)
    with _output(output) as write, _progress("papers") as bar:
        for paper, extraction in extracted(papers(), jobs=jobs):
            write(f"{extraction_line(paper, extraction, iris)}\n".encode())
            bar.update()
    if refused:
        raise SystemExit(1)


@cli.command()
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


@cli.command()
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


@cli.command()
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
def query(question: str, answer_format: str, store: Path) -> None:
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
    with _output(None) as write:
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


@cli.command()
@click.argument("file", type=PATH)
@click.option(
    "--what",
    type=click.Choice(NETWORKS),
    default=None,
    show_default="by the file's name, else graph",
    help="The whole graph, or one of its networks.",
)
@click.option(
    "--format",
    "export_format",
    metavar="SUFFIX",
    help="ttl, nt, jsonld, rdf, trig, nq; graphml, gexf, csv, json for networks."
    "  [default: by the file's suffix]",
)
@store_option
def export(file: Path, what: str | None, export_format: str | None, store: Path) -> None:
    """
    Write the graph, or one of its networks, to FILE.

    \b
    scholargraph export graph.ttl
    scholargraph export coauthors.graphml
    """
    from scholargraph.graph.export import export as exported
    from scholargraph.graph.store import Store

    with Store.open(store).snapshot() as snapshot:
        exported(snapshot, file, format=export_format, what=what)


@cli.command()
@click.argument("papers", nargs=-1, required=True, metavar="IRI-OR-ID...")
@store_option
def remove(papers: tuple[str, ...], store: Path) -> None:
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


@cli.command()
@store_option
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
def stats(store: Path, as_json: bool) -> None:
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


@cli.command()
@store_option
def validate(store: Path) -> None:
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


@cli.command()
@click.argument("folder", type=PATH)
@store_option
def backup(folder: Path, store: Path) -> None:
    """
    Copy the graph to the new FOLDER, while it is in use if need be.

    \b
    scholargraph backup /media/disk/my-field
    """
    from scholargraph.graph.backup import backup as backed_up
    from scholargraph.graph.store import Store

    click.echo(f"{backed_up(Store.open(store), folder):,} triples copied to {folder}")


@cli.command()
@click.argument("folder", type=PATH)
@store_option
def restore(folder: Path, store: Path) -> None:
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


def serving_options(command: Command) -> Command:
    options = [
        click.option("--host", default="127.0.0.1", show_default=True, help="Address to bind."),
        click.option(
            "--port", type=click.IntRange(1, 65535), default=5000, show_default=True, help="Port."
        ),
        click.option(
            "--threads",
            type=click.IntRange(1, 256),
            default=4 * max(2, PROCESSORS),
            show_default="four for each processor, at least 8",
            envvar="SCHOLARGRAPH_THREADS",
            help="Pages answered at once.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@cli.command()
@serving_options
@click.option(
    "--readers",
    type=click.IntRange(1, 256),
    default=max(2, PROCESSORS),
    show_default="one for each processor, at least 2",
    envvar="SCHOLARGRAPH_READERS",
    help="Processes that answer SPARQL from outside, each killed if it must be.",
)
@click.option(
    "--query-timeout",
    type=click.FloatRange(0.1, 3600),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    envvar="SCHOLARGRAPH_QUERY_TIMEOUT",
    help="A query that runs longer is killed.",
)
@click.option(
    "--query-memory",
    type=click.IntRange(64),
    default=1024,
    show_default=True,
    metavar="MB",
    envvar="SCHOLARGRAPH_QUERY_MEMORY",
    help="A query that takes more is killed.",
)
@click.option(
    "--memory",
    type=click.Choice(["auto", "on", "off"]),
    default="auto",
    show_default=True,
    envvar="SCHOLARGRAPH_MEMORY",
    help="Whether readers hold the graph in memory, which is quicker; `auto`: where there is room.",
)
@click.option(
    "--queue",
    type=click.IntRange(1, 10_000),
    default=64,
    show_default=True,
    envvar="SCHOLARGRAPH_QUEUE",
    help="Queries that wait for a reader; more are told 503. One client may have three quarters.",
)
@click.option(
    "--rate",
    type=click.FloatRange(0.1, 1e6),
    default=200.0,
    show_default=True,
    envvar="SCHOLARGRAPH_RATE",
    help="Requests a second that one client may send, five times as many at once; more are told"
    " 429.",
)
@click.option(
    "--proxies",
    type=click.IntRange(0, 99),
    default=0,
    show_default=True,
    envvar="SCHOLARGRAPH_PROXIES",
    help="How many proxies of your own stand before the server; X-Forwarded-For is believed from"
    " these alone.",
)
@click.option(
    "--update-timeout",
    type=click.FloatRange(0.1, 86400),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    envvar="SCHOLARGRAPH_UPDATE_TIMEOUT",
    help="An update or upload that runs longer is killed, and changes nothing.",
)
@click.option(
    "--allow-service",
    multiple=True,
    metavar="HOST[:PORT]",
    envvar="SCHOLARGRAPH_ALLOW_SERVICE",
    help="A server that SERVICE and LOAD may ask; repeatable. HOST:* is every port of it."
    "  [default: none]",
)
@click.option(
    "--allow-service-address",
    multiple=True,
    metavar="CIDR",
    envvar="SCHOLARGRAPH_ALLOW_SERVICE_ADDRESS",
    help="A network, such as 127.0.0.0/8, that allowed servers may be in although it is not"
    " public; repeatable.  [default: none]",
)
@click.option(
    "--token-file",
    type=PATH,
    help="A file with the bearer token for writing; without one, nobody writes over HTTP.",
)
@click.option(
    "--license",
    metavar="ADDRESS",
    default=None,
    show_default="$SCHOLARGRAPH_LICENSE, else none is named",
    help="What the data may be used under, such as "
    "https://creativecommons.org/publicdomain/zero/1.0/.",
)
@click.option(
    "--limits",
    type=click.Choice(["on", "off"]),
    default="on",
    show_default=True,
    envvar="SCHOLARGRAPH_LIMITS",
    help="`off` lets any client ask any number of queries at any rate; for tests and benchmarks."
    " Time and memory stay limited.",
)
@click.option(
    "--access-log",
    default="",
    metavar="FILE|-",
    envvar="SCHOLARGRAPH_ACCESS_LOG",
    help="Write each request to this file, or standard output, as a line of JSON.",
)
@click.option(
    "--slow-log",
    default="",
    metavar="FILE|-",
    envvar="SCHOLARGRAPH_SLOW_LOG",
    help="Write each slow or killed query to this file, or standard output, as a line of JSON.",
)
@click.option(
    "--slow-after",
    type=click.FloatRange(0.001, 3600),
    default=1.0,
    show_default=True,
    metavar="SECONDS",
    envvar="SCHOLARGRAPH_SLOW_AFTER",
    help="A query that takes as long is slow.",
)
@store_option
def serve(
    host: str,
    port: int,
    threads: int,
    readers: int,
    query_timeout: float,
    query_memory: int,
    memory: str,
    queue: int,
    rate: float,
    proxies: int,
    update_timeout: float,
    allow_service: tuple[str, ...],
    allow_service_address: tuple[str, ...],
    token_file: Path | None,
    license: str | None,
    limits: str,
    access_log: str,
    slow_log: str,
    slow_after: float,
    store: Path,
) -> None:
    """
    Serve the graph: pages, views, SPARQL and downloads.

    \b
    scholargraph serve --store my-field.db --port 8080
    """
    os.environ.update(
        SCHOLARGRAPH_THREADS=str(threads),
        SCHOLARGRAPH_READERS=str(readers),
        SCHOLARGRAPH_QUEUE=str(queue),
        SCHOLARGRAPH_RATE=str(rate),
        SCHOLARGRAPH_PROXIES=str(proxies),
        SCHOLARGRAPH_QUERY_TIMEOUT=str(query_timeout),
        SCHOLARGRAPH_QUERY_MEMORY=str(query_memory),
        SCHOLARGRAPH_MEMORY=memory,
        SCHOLARGRAPH_UPDATE_TIMEOUT=str(update_timeout),
        SCHOLARGRAPH_ALLOW_SERVICE=" ".join(allow_service),
        SCHOLARGRAPH_ALLOW_SERVICE_ADDRESS=" ".join(allow_service_address),
        SCHOLARGRAPH_LIMITS=limits,
        SCHOLARGRAPH_ACCESS_LOG=access_log,
        SCHOLARGRAPH_SLOW_LOG=slow_log,
        SCHOLARGRAPH_SLOW_AFTER=str(slow_after),
    )
    if token_file:
        os.environ["SCHOLARGRAPH_TOKEN_FILE"] = str(token_file)
    if license:
        os.environ["SCHOLARGRAPH_LICENSE"] = license
    from scholargraph.server import serve as served

    served(store, host, port, announce=click.echo)


@cli.command()
@serving_options
@click.option(
    "--store",
    type=PATH,
    default=Path("demo.db"),
    show_default=True,
    help="The folder to build the demonstration in.",
)
def demo(host: str, port: int, threads: int, store: Path) -> None:
    """
    Build the graph of the demonstration papers and serve it.

    \b
    scholargraph demo --port 8080
    """
    from scholargraph.server import claim
    from scholargraph.server import serve as served

    os.environ["SCHOLARGRAPH_THREADS"] = str(threads)
    claim(host, port)  # before the work, not after it
    _import((HERE / "data" / "papers.jsonl",), store, None, jobs=1)
    served(store, host, port, announce=click.echo)


@contextlib.contextmanager
def _progress(unit: str) -> Iterator["tqdm[Any]"]:
    from tqdm import tqdm

    # Not drawn where stderr is no terminal, nor for work that is done within half a second.
    with tqdm(unit=f" {unit}", disable=None, delay=0.5, leave=False) as bar:
        yield bar


@contextlib.contextmanager
def _output(path: Path | None) -> Iterator[Callable[[bytes], Any]]:
    """Writes to stdout, or to *path*, which appears only when everything is written."""
    if path is None:
        yield sys.stdout.buffer.write
        sys.stdout.buffer.flush()
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("wb") as file:
            yield file.write
        draft.replace(path)
    except OSError as error:
        raise ScholarGraphError(f"{path}: cannot be written: {error.strerror}") from error
    finally:
        draft.unlink(missing_ok=True)


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
