"""What the tests of sources share: fixtures that make a file of a text, and records of the file."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scholargraph.extract.papers import Paper, Record
from scholargraph.extract.sources import read, recognise


def reader_of(format: str) -> Any:
    """A fixture: the records of a text that is recognised as *format*."""

    @pytest.fixture
    def read_text(tmp_path: Path) -> Callable[[str], list[Record]]:
        def of(text: str) -> list[Record]:
            path = tmp_path / "file"
            path.write_text(text)
            assert recognise(path) == format
            return list(read(path))

        return of

    return read_text


def records_of(format: str) -> Any:
    """A fixture: the records of a text, or of bytes, that is read as *format*."""

    @pytest.fixture
    def records(tmp_path: Path) -> Callable[..., list[Record]]:
        def of(content: str | bytes, **options: dict[str, str]) -> list[Record]:
            path = tmp_path / "file"
            path.write_bytes(content.encode() if isinstance(content, str) else content)
            return list(read(path, format=format, **options))  # type: ignore[arg-type]

        return of

    return records


def paper_of(example: dict[str, Any], *, listed: bool = False) -> Any:
    """A fixture: the paper of the JSON record *example* with other fields, alone or in a list."""

    @pytest.fixture
    def paper(read_text: Callable[[str], list[Record]]) -> Callable[..., Paper]:
        def of(**fields: object) -> Paper:
            record = example | fields
            (found,) = read_text(json.dumps([record] if listed else record))
            assert isinstance(found, Paper), str(found)
            return found

        return of

    return paper
