"""
Query text before it reaches the engine: its tokens, its form, and what this service refuses.

Nothing here searches for substrings: a word inside a string, a comment, an IRI, a variable or a
prefixed name is not a keyword.
"""

import re
from typing import Self

from scholargraph import ScholarGraphError

_ENGINE_MESSAGE = re.compile(r"error at (?P<line>\d+):(?P<column>\d+): (?P<rest>.*)", re.DOTALL)


class QueryError(ScholarGraphError):
    """A query that cannot be answered as written; *line* and *column* from 1, 0 if unknown."""

    def __init__(self, message: str, *, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.line = line
        self.column = column

    @classmethod
    def at(cls, text: str, offset: int, message: str) -> Self:
        """The error at *offset* of *text*, which its message names by line and column."""
        line = text.count("\n", 0, offset) + 1
        column = offset - (text.rfind("\n", 0, offset) + 1) + 1
        return cls(f"line {line}, column {column}: {message}", line=line, column=column)

    @classmethod
    def from_engine(cls, text: str, message: str) -> Self:
        """What pyoxigraph says of *text* (``error at 1:20: expected …``), for its author."""
        found = _ENGINE_MESSAGE.fullmatch(message)
        if found is None:
            return cls(message)
        line, column = int(found["line"]), int(found["column"])
        return cls(f"line {line}, column {column}: {found['rest']}", line=line, column=column)


class QueryTimeout(ScholarGraphError):
    """A query that ran past its time, or waited too long for its turn."""


class QueryTooLarge(ScholarGraphError):
    """A query that needed more memory, or gave a larger answer, than it may."""
