"""What several commands share: their options, progress on stderr, and results on stdout."""

import contextlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from scholargraph import ScholarGraphError

if TYPE_CHECKING:
    from tqdm import tqdm

    from scholargraph.extract.mentions import Extraction
    from scholargraph.extract.papers import Paper

Command = TypeVar("Command", bound=Callable[..., Any])

PATH = click.Path(path_type=Path)
# Of sources, named here since reading them takes time.
FORMATS = [
    *("auto", "profile", "jsonl", "arxiv", "openalex", "semanticscholar", "crossref", "acl"),
    *("bibtex", "ris", "csljson", "pubmed", "csv", "turtle", "arxivjson"),
]


class StorePlace(click.ParamType):  # type: ignore[type-arg]  # generic in newer ones only
    """A folder, or the address of a SPARQL server, which stays as it is written."""

    name = "store"

    def convert(
        self, value: object, parameter: click.Parameter | None, context: click.Context | None
    ) -> Path | str:
        text = str(value)
        return text if text.lower().startswith(("http://", "https://")) else Path(text)


def store_option(command: Command) -> Command:
    return click.option(
        "--store",
        type=StorePlace(),
        metavar="DIR|URL",
        envvar="SCHOLARGRAPH_STORE",
        default=Path("scholargraph.db"),
        show_default="$SCHOLARGRAPH_STORE, else ./scholargraph.db",
        help="The folder that holds the graph, or the address of a SPARQL 1.1 server that does.",
    )(command)


def base_option(command: Command) -> Command:
    return click.option(
        "--base",
        envvar="SCHOLARGRAPH_BASE",
        default=None,
        metavar="IRI",
        help="What the graph's own IRIs begin with; fixed when the store is made.",
    )(command)


def columns_option(command: Command) -> Command:
    return click.option(
        "--columns",
        multiple=True,
        callback=_columns,
        metavar="FIELD=HEADING,...",
        help="Which columns of a table hold what, where their headings do not say so.",
    )(command)


def _columns(
    context: click.Context, option: click.Parameter, given: tuple[str, ...]
) -> dict[str, str]:
    pairs = [pair.partition("=") for text in given for pair in text.split(",")]
    for field, _, heading in pairs:
        if not field.strip() or not heading.strip():
            raise click.BadParameter("write --columns title=Titel,abstract=Zusammenfassung")
    return {field.strip(): heading.strip() for field, _, heading in pairs}


def jobs_option(command: Command) -> Command:
    return click.option(
        "--jobs",
        type=click.IntRange(1, 256),
        default=os.cpu_count() or 1,
        show_default="one for each core",
        help="Processes that extract.",
    )(command)


def dask_option(command: Command) -> Command:
    return click.option(
        "--dask",
        default=None,
        metavar="ADDRESS",
        envvar="SCHOLARGRAPH_DASK",
        help="Extract on the Dask cluster of this scheduler, such as tcp://host:8786, instead of"
        " here.",
    )(command)


def extractor(
    jobs: int, dask: str | None
) -> "Callable[[Iterable[Paper]], Iterator[tuple[Paper, Extraction]]]":
    """What extracts: a Dask cluster at the address *dask*, or *jobs* processes here."""
    from functools import partial

    if dask is not None:
        from scholargraph.extract.cluster import extract_on

        return partial(extract_on, dask)
    from scholargraph.extract import extract

    return partial(extract, jobs=jobs)


@contextlib.contextmanager
def progress(unit: str) -> Iterator["tqdm[Any]"]:
    from tqdm import tqdm

    # Not drawn where stderr is no terminal, nor for work that is done within half a second.
    with tqdm(unit=f" {unit}", disable=None, delay=0.5, leave=False) as bar:
        yield bar


@contextlib.contextmanager
def writing(path: Path | None) -> Iterator[Callable[[bytes], Any]]:
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
