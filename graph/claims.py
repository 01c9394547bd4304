"""What sources say of themselves: figures that are reported, never recomputed."""

from dataclasses import dataclass
from decimal import Decimal

from pyoxigraph import NamedNode

from .catalogue import name_of
from .questions import rows
from .store import Snapshot


@dataclass(frozen=True, slots=True)
class Claimed:
    """*measure* of an author or a paper: who said so (*source*), and on which day it was read."""

    iri: str
    measure: str
    value: Decimal
    unit: str | None
    captured: str | None
    source: str
    source_name: str


def claims(snapshot: Snapshot, about: NamedNode) -> tuple[Claimed, ...]:
    """The claims about one author or paper, by measure and day."""
    return tuple(
        Claimed(
            iri=row.text("claim"),
            measure=row.text("measure"),
            value=row.decimal("value"),
            unit=row.maybe("unit"),
            captured=row.maybe("captured"),
            source=row.text("source"),
            source_name=name_of(row, "source", "file"),
        )
        for row in rows(snapshot, "source_claims", about=about)
    )
