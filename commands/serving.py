"""The server, for a store of one's own and for the demonstration."""

import os
from pathlib import Path

import click

import scholargraph

from .options import PATH, Command, store_option
from .papers import import_papers

_DATA = Path(scholargraph.__file__).parent / "data"
PROCESSORS = len(os.sched_getaffinity(0))  # those that this process may use


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


@click.command()
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
    store: Path | str,
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


@click.command()
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
    import_papers((_DATA / "papers.jsonl",), store, None, jobs=1)
    served(store, host, port, announce=click.echo)
