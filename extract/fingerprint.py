"""Which extractor this is, told without opening it."""

import hashlib
from pathlib import Path

from scholargraph import __version__

_HERE = Path(__file__).parent
NAME = "scholar"
# Prose about the weights and their licence does not change what they find.
_PROSE = frozenset({".md", ".txt", ""})


def model_id() -> str:
    """
    ``scholargraph-<version> <name> <hash>``: two extractors with the same id give the same output.

    The hash covers every file of weights and patterns, the pipeline's config and its code. Imports
    neither spaCy nor the model.
    """
    digest = hashlib.blake2b(digest_size=6)
    for path in _parts():
        digest.update(path.relative_to(_HERE).as_posix().encode() + b"\0")
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
        digest.update(b"\0")
    return f"scholargraph-{__version__} {NAME} {digest.hexdigest()}"


def _parts() -> list[Path]:
    folders = (_HERE / "patterns", _HERE / "weights")
    found = [
        path
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and path.suffix not in _PROSE and "__pycache__" not in path.parts
    ]
    return sorted([*found, _HERE / "config.cfg", *_HERE.glob("*.py")])
