"""Papers in, extractions out: the whole spaCy pipeline, in one process or in several."""

import importlib
import multiprocessing
import re
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from decimal import Decimal
from itertools import chain, islice
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any, cast

from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import load_config, load_config_from_str, load_model_from_config

from scholargraph import ScholarGraphError

from .annotations import (
    CONCEPTS,
    INTRODUCES,
    LINKED_BY,
    RELATIONS,
    RESULTS,
    TITLE_END,
    marked,
    sentence_bounds,
    text_of,
    title_end,
)
from .fingerprint import model_id
from .mentions import (
    Concept,
    Extraction,
    Field,
    LinkRule,
    Mention,
    Predicate,
    Relation,
    ResultClaim,
    Sentence,
)
from .papers import Paper

_HERE = Path(__file__).parent
CONFIG = _HERE / "config.cfg"
# Papers that a process has in hand or waiting at most: a minute's work, of 10 MB, so that it goes
# on while what was extracted is committed.
_AHEAD = 1024
# Papers that a process takes at once: half a second's work, so that all of them end together.
_SHARE = 16
# Stands between title and abstract, so that no word runs across.
SEPARATOR = "\n\n"
# spaCy refuses longer texts unless told that the pipeline's cost is linear, which ours is.
_MAX_LENGTH = 1 << 30
# Longer than any word or address that a paper holds.
_LONG_RUN = re.compile(r"[^\w\s]{40}|\S{250}")
_FACTORIES = (
    "abbreviations",
    "introduces",
    "link",
    "relations",
    "results",
    "rules",
    "sentences",
    "tagger",
    "tokenization",
)


class WorkerError(ScholarGraphError):
    """An extracting process ended before its papers were done."""


def register() -> None:
    """Make every ``scholar_*`` factory known to spaCy; installed packages do this by entry
    point."""
    for name in _FACTORIES:
        importlib.import_module(f".{name}", __package__)


def load_pipeline() -> Language:
    """
    Open the pipeline of ``config.cfg``, weights included.

    Raises:
        ModelError: weights are missing or do not fit.
    """
    register()
    nlp = load_model_from_config(load_config(CONFIG), auto_fill=True)
    nlp.max_length = _MAX_LENGTH
    return nlp


def document(paper: Paper, nlp: Language) -> Doc:
    """*paper* as an unprocessed Doc: title, separator, abstract; a verbatim text as it is."""
    if paper.verbatim or not paper.title:
        return _words(paper.abstract, nlp)
    doc = _words(paper.title + SEPARATOR + paper.abstract, nlp)
    doc._.set(TITLE_END, len(paper.title) + len(SEPARATOR))
    return doc


def _words(text: str, nlp: Language) -> Doc:
    """
    *text* as words. spaCy takes more than linear time over a run of signs without a space, so such
    a run is cut first.
    """
    cuts = [match.end() for match in _LONG_RUN.finditer(text)]
    if not cuts:
        return nlp.make_doc(text)
    bounds = zip([0, *cuts], [*cuts, len(text)], strict=True)
    docs = [nlp.make_doc(text[start:end]) for start, end in bounds if start < end]
    return Doc.from_docs(docs, ensure_whitespace=False) or nlp.make_doc("")


def extraction(doc: Doc, *, verbatim: bool = False, model: str = "") -> Extraction:
    """What the stages wrote on *doc*, as values; offsets count from the start of their field."""
    border = title_end(doc)
    text = text_of(doc)
    body: Field = "text" if verbatim else "abstract"
    bounds = sentence_bounds(doc)

    def place(position: int) -> tuple[Field, int]:
        return ("title", 0) if position < border else (body, border)

    sentences = []
    for start, end in bounds:
        field, shift = place(start)
        sentences.append(Sentence(field, start - shift, end - shift))
    concepts = cast("list[tuple[str, str, str | None]]", doc._.get(CONCEPTS) or [])
    linked_by = cast("list[list[LinkRule]]", doc._.get(LINKED_BY) or [[]] * len(concepts))
    mentions: list[Mention] = []
    renumbered: dict[int, int] = {}
    sentence = 0
    for index, (mention, (key, label, short)) in enumerate(zip(marked(doc), concepts, strict=True)):
        while bounds[sentence][1] <= mention.start:
            sentence += 1
        if mention.start < bounds[sentence][0] or mention.end > bounds[sentence][1]:
            # A tagger's span across sentences; nothing in the graph could say where it stands.
            continue
        field, shift = place(mention.start)
        renumbered[index] = len(mentions)
        mentions.append(
            Mention(
                field,
                mention.start - shift,
                mention.end - shift,
                text[mention.start : mention.end],
                mention.kind,
                round(min(1.0, max(0.0, mention.score)), 4),
                Concept(mention.kind, key, label, short),
                sentence,
                tuple(linked_by[index]),
            )
        )
    return Extraction(
        tuple(sentences),
        tuple(mentions),
        tuple(_relations(doc, renumbered, mentions)),
        tuple(_results(doc, renumbered, bounds, place)),
        tuple(renumbered[i] for i in doc._.get(INTRODUCES) or () if i in renumbered),
        model,
    )


def _relations(doc: Doc, renumbered: dict[int, int], mentions: list[Mention]) -> Iterator[Relation]:
    entries = cast("list[tuple[int, Predicate, int, float]]", doc._.get(RELATIONS) or [])
    for subject, predicate, object_, confidence in entries:
        if subject in renumbered and object_ in renumbered:
            first = renumbered[subject]
            yield Relation(
                first,
                predicate,
                renumbered[object_],
                mentions[first].sentence,
                round(confidence, 4),
            )


def _results(
    doc: Doc, renumbered: dict[int, int], bounds: list[tuple[int, int]], place: Any
) -> Iterator[ResultClaim]:
    sentence = 0
    text = text_of(doc)
    for entry in cast("list[dict[str, Any]]", doc._.get(RESULTS) or []):
        while bounds[sentence][1] <= entry["start"]:
            sentence += 1
        _, shift = place(entry["start"])
        roles = {
            role: renumbered.get(entry[role]) if entry[role] is not None else None
            for role in ("metric", "dataset", "task", "method", "baseline")
        }
        yield ResultClaim(
            sentence,
            entry["start"] - shift,
            entry["end"] - shift,
            text[entry["start"] : entry["end"]],
            Decimal(entry["value"]),
            entry["unit"],
            entry["change"],
            confidence=entry["confidence"],
            **roles,
        )


def extract(
    papers: Iterable[Paper],
    nlp: Language | None = None,
    *,
    jobs: int = 1,
    batch_size: int = 64,
) -> Iterator[tuple[Paper, Extraction]]:
    """
    Each paper with its extraction, streaming, in the order of *papers*.

    With *jobs* above 1 that many processes share the work, unless there are fewer papers than
    *batch_size*: to start them takes longer. Each opens its own pipeline (*nlp* is rebuilt there
    from its config and bytes). They are started afresh ('spawn'), so a script that calls this
    needs ``if __name__ == "__main__":``. Closing the iterator or pressing Ctrl-C ends them. The
    output depends on neither number.

    Raises:
        ModelError: weights are missing or do not fit.
        WorkerError: a process was killed, most often for want of memory.
    """
    if jobs < 1 or batch_size < 1:
        raise ValueError("jobs and batch_size count from 1")
    source = iter(papers)
    first = list(islice(source, batch_size))
    if not first:
        return  # nothing to open a pipeline for
    source = chain(first, source)
    if jobs == 1 or len(first) < batch_size:
        yield from _extract_here(source, nlp or load_pipeline(), batch_size, model_id())
    else:
        yield from _extract_in_processes(source, nlp, jobs, batch_size)


def _extract_here(
    papers: Iterable[Paper], nlp: Language, batch_size: int, model: str
) -> Iterator[tuple[Paper, Extraction]]:
    pairs = ((document(paper, nlp), paper) for paper in papers)
    for doc, paper in nlp.pipe(pairs, as_tuples=True, batch_size=batch_size):
        yield paper, extraction(doc, verbatim=paper.verbatim, model=model)


def _extract_in_processes(
    papers: Iterable[Paper], nlp: Language | None, jobs: int, batch_size: int
) -> Iterator[tuple[Paper, Extraction]]:
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    recipe = (nlp.config.to_str(), nlp.to_bytes()) if nlp is not None else None
    model = model_id()
    pool = ProcessPoolExecutor(jobs, context, _start_worker, (recipe, model, stop))
    waiting: deque[tuple[list[Paper], Future[list[Extraction]]]] = deque()
    source = iter(papers)
    size = min(_SHARE, batch_size)
    ahead = 2 * jobs * batch_size  # papers, and more when it is seen that they are wanted
    try:
        while True:
            while len(waiting) * size < ahead and (batch := list(islice(source, size))):
                waiting.append((batch, pool.submit(_extract_batch, batch)))
            if not waiting:
                return
            batch, future = waiting.popleft()
            yield from zip(batch, future.result(), strict=True)
            ahead = min(ahead + size, _AHEAD * jobs)
    except BrokenProcessPool as error:
        raise WorkerError(
            "an extracting process was ended from outside, perhaps for want of memory; "
            "use fewer jobs"
        ) from error
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)


class _Worker:
    """What one extracting process holds."""

    nlp: Language
    model: str
    stop: Event


def _start_worker(recipe: tuple[str, bytes] | None, model: str, stop: Event) -> None:
    # The parent answers Ctrl-C; it tells its workers by *stop*.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _Worker.stop = stop
    _Worker.model = model
    if recipe is None:
        _Worker.nlp = load_pipeline()
        return
    register()
    config, data = recipe
    _Worker.nlp = load_model_from_config(load_config_from_str(config), auto_fill=True)
    _Worker.nlp.from_bytes(data)
    _Worker.nlp.max_length = _MAX_LENGTH


def _extract_batch(papers: list[Paper]) -> list[Extraction]:
    found = []
    for _, result in _extract_here(papers, _Worker.nlp, len(papers), _Worker.model):
        if _Worker.stop.is_set():
            break
        found.append(result)
    return found
