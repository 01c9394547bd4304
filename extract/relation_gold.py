"""Sentences with the relations that people marked in them, for learning and for judging."""

import gzip
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from .annotations import Marked
from .mentions import Kind, Predicate
from .relation_views import Words

LABELS: dict[str, Predicate] = {
    "Used-For": "usedFor",
    "Evaluated-With": "evaluatedOn",
    "Trained-With": "trainedOn",
    "Compare-With": "comparedWith",
    "Part-Of": "partOf",
    "SubClass-Of": "subclassOf",
    "SubTask-Of": "subtaskOf",
    "Benchmark-For": "benchmarkFor",
    "Synonym-Of": "synonymOf",
}


@dataclass(frozen=True, slots=True)
class Annotated:
    """A sentence with gold mentions in reading order and gold relations between them."""

    document: str
    text: str
    mentions: tuple[Marked, ...]
    relations: frozenset[tuple[int, Predicate, int]]
    words: Words | None = field(default=None, compare=False)


def read(path: Path) -> list[Annotated]:
    """The sentences of a JSON lines file as ``relations`` describes them; mentions sorted."""
    sentences = []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            spans = [
                Marked(span["start"], span["end"], cast(Kind, span["label"].lower()), 1.0)
                for span in record["spans"]
            ]
            order = sorted(range(len(spans)), key=spans.__getitem__)
            place = {old: new for new, old in enumerate(order)}
            relations = frozenset(
                (place[entry["head"]], LABELS[entry["label"]], place[entry["tail"]])
                for entry in record["relations"]
            )
            mentions = tuple(spans[old] for old in order)
            sentences.append(Annotated(record["doc_id"], record["text"], mentions, relations))
    return sentences
