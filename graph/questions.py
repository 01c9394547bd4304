"""The SPARQL queries that the program comes with: files whose first line is their question."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files

from pyoxigraph import Literal, NamedNode

from .snapshots import Term
from .store import Snapshot

EXAMPLE = "example_"

# Each group that is answered by itself: what is bound outside a subquery is not bound in it.
_WHERE = re.compile(r"\bWHERE \{")


@dataclass(frozen=True, slots=True)
class Question:
    """
    A query to begin from: *name* is its file's, *question* its first line, *topic* its second.

    The *query* is the file's text.
    """

    name: str
    question: str
    topic: str
    query: str


class Row:
    """One row of an answer, read by what its columns are."""

    __slots__ = ("_values",)

    def __init__(self, values: dict[str, Term | None]) -> None:
        self._values = values

    def maybe(self, name: str) -> str | None:
        """The IRI or the text of a column; None where the row leaves it unbound."""
        value = self._values[name]
        return value.value if isinstance(value, NamedNode | Literal) else None

    def text(self, name: str) -> str:
        """As `maybe`, '' where the row leaves it unbound."""
        return self.maybe(name) or ""

    def integer(self, name: str) -> int:
        return int(self.text(name) or 0)

    def whole(self, name: str) -> int | None:
        """An integer that may be absent."""
        value = self.maybe(name)
        return None if value is None else int(value)

    def decimal(self, name: str) -> Decimal:
        return Decimal(self.text(name) or 0)

    def truth(self, name: str) -> bool:
        return self.maybe(name) == "true"

    def term(self, name: str) -> Term | None:
        return self._values[name]


@cache
def named_query(name: str) -> str:
    """The text of ``queries/<name>.rq``."""
    return files(__package__).joinpath("queries", f"{name}.rq").read_text("utf-8")


def spelled_out(name: str, **bindings: NamedNode | Iterable[NamedNode]) -> str:
    """
    ``queries/<name>.rq`` as anyone can ask it anywhere: *bindings* stand in it as VALUES.

    >>> print(spelled_out("concept_introduced", concept=NamedNode("x:bert")).splitlines()[4])
    WHERE { VALUES ?concept { <x:bert> } ?paper sg:introduces ?concept }
    """
    values = " ".join(
        f"VALUES ?{variable} {{ {_listed(bound)} }}" for variable, bound in bindings.items()
    )
    return (
        _WHERE.sub(lambda found: f"{found[0]} {values}", named_query(name))
        if values
        else (named_query(name))
    )


def _listed(bound: NamedNode | Iterable[NamedNode]) -> str:
    return str(bound) if isinstance(bound, NamedNode) else " ".join(map(str, bound))


@cache
def examples() -> tuple[Question, ...]:
    """The example queries, in the order of their names."""
    folder = files(__package__).joinpath("queries")
    found = []
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.startswith(EXAMPLE) and file.name.endswith(".rq"):
            query = file.read_text("utf-8")
            question, topic = (line.removeprefix("#").strip() for line in query.split("\n")[:2])
            name = file.name.removeprefix(EXAMPLE).removesuffix(".rq")
            found.append(Question(name, question, topic.removeprefix("Topic: "), query))
    return tuple(found)


def rows(snapshot: Snapshot, name: str, **bindings: Term) -> list[Row]:
    """The answer of ``queries/<name>.rq``, *bindings* put in place of its variables."""
    return [Row(values) for values in snapshot.select(named_query(name), **bindings)]


def rows_among(
    snapshot: Snapshot, name: str, values: Mapping[str, Iterable[str]], **bindings: Term
) -> list[Row]:
    """As `rows`; variables of *values* have one of these IRIs each."""
    among = {variable: map(NamedNode, iris) for variable, iris in values.items()}
    return [Row(found) for found in snapshot.select(spelled_out(name, **among), **bindings)]
