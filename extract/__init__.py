"""
Documents to papers, papers to mentions, relations and results.

The values (`Paper`, `Mention`, `Extraction`, …) are plain; spaCy and the model are imported when
`load_pipeline` or `extract` is first used, so that commands without extraction start at once.
"""

from typing import TYPE_CHECKING, Any

from .fingerprint import model_id
from .keys import concept_key
from .mentions import (
    KINDS,
    PREDICATES,
    Concept,
    Extraction,
    Field,
    Kind,
    Mention,
    Predicate,
    Relation,
    ResultClaim,
    Sentence,
)
from .papers import Author, Measure, Paper, Profile, Record, Refusal, SourceClaim

if TYPE_CHECKING:
    from .model import ModelError as ModelError
    from .pipeline import WorkerError as WorkerError
    from .pipeline import extract as extract
    from .pipeline import load_pipeline as load_pipeline

__all__ = [
    "KINDS",
    "PREDICATES",
    "Author",
    "Concept",
    "Extraction",
    "Field",
    "Kind",
    "Measure",
    "Mention",
    "ModelError",
    "Paper",
    "Predicate",
    "Profile",
    "Record",
    "Refusal",
    "Relation",
    "ResultClaim",
    "Sentence",
    "SourceClaim",
    "WorkerError",
    "concept_key",
    "extract",
    "load_pipeline",
    "model_id",
]
_LATE = {
    "ModelError": "model",
    "WorkerError": "pipeline",
    "extract": "pipeline",
    "load_pipeline": "pipeline",
}


def __getattr__(name: str) -> Any:
    if name in _LATE:
        from importlib import import_module

        return getattr(import_module(f".{_LATE[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
