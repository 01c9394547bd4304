"""What the nodes of a network are: authors, papers and concepts, how they are found and called."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from pyoxigraph import Literal as RdfLiteral
from pyoxigraph import NamedNode

from scholargraph import ScholarGraphError

from . import vocab as v
from .store import Snapshot

NodeKind = Literal["author", "paper", "method", "dataset", "task", "metric"]
View = Literal["coauthors", "concepts", "mixed", "path"]

NODE_KINDS: tuple[NodeKind, ...] = get_args(NodeKind)
AUTHORS: tuple[NodeKind, ...] = ("author",)
CONCEPT_KINDS: tuple[NodeKind, ...] = ("method", "dataset", "task", "metric")

# What ties a paper to a thing of each kind, and what a thing of each kind is called.
LINKS: dict[NodeKind, NamedNode] = {
    "author": v.CREATOR,
    "method": v.USES["method"],
    "dataset": v.USES["dataset"],
    "task": v.USES["task"],
    "metric": v.USES["metric"],
}
NAMES: dict[NodeKind, NamedNode] = {
    "author": v.NAME,
    "paper": v.TITLE,
    **dict.fromkeys(CONCEPT_KINDS, v.LABEL),
}
TYPES: dict[NamedNode, NodeKind] = {
    v.PERSON: "author",
    v.ARTICLE: "paper",
    v.CONCEPT_CLASSES["method"]: "method",
    v.CONCEPT_CLASSES["dataset"]: "dataset",
    v.CONCEPT_CLASSES["task"]: "task",
    v.CONCEPT_CLASSES["metric"]: "metric",
}
# Above this many IRIs a query asks for all of a kind: cheaper than looking each of them up.
MANY = 2_000


class UnknownEntity(ScholarGraphError):
    """An IRI that names no author, paper or concept of this graph."""


@dataclass(frozen=True, slots=True)
class Entity:
    """An author, a paper or a concept."""

    iri: str
    kind: NodeKind
    label: str


@dataclass(frozen=True, slots=True)
class Years:
    """A range of years, both ends included; None is an open end."""

    first: int | None = None
    last: int | None = None

    def admits(self, year: int | None) -> bool:
        """Papers without a date belong to the open range only."""
        if year is None:
            return self.first is None and self.last is None
        return (self.first is None or year >= self.first) and (
            self.last is None or year <= self.last
        )


ALL_YEARS = Years()


def entity(snapshot: Snapshot, iri: str) -> Entity:
    """
    What *iri* names.

    Raises:
        UnknownEntity: Nothing in the graph that a network could show.
    """
    rows = []
    if is_iri(iri):
        rows = snapshot.select(
            f"""
            SELECT ?thing ?type ?label WHERE {{
              ?thing {v.TYPE} ?type
              OPTIONAL {{ ?thing {v.NAME}|{v.TITLE}|{v.LABEL} ?label }}
            }} ORDER BY ?type ?label""",
            thing=NamedNode(iri),
        )
    for row in rows:
        kind = TYPES.get(row["type"])  # type: ignore[arg-type]
        if kind is not None:
            return Entity(iri, kind, value_of(row["label"]) or tail(iri))
    raise UnknownEntity(f"{iri} names no author, paper or concept of this graph")


def is_iri(text: str) -> bool:
    """Whether *text* can stand as an IRI in a query at all."""
    try:
        NamedNode(text)
    except ValueError:
        return False
    return True


def years_of(snapshot: Snapshot, papers: Collection[str]) -> dict[str, int | None]:
    """When *papers* appeared; the undated are left out, others may be among them."""
    if not papers:
        return {}
    among = f"VALUES ?paper {{ {listed(papers)} }}" if len(papers) <= MANY else ""
    rows = snapshot.select(f"SELECT ?paper ?issued WHERE {{ {among} ?paper {v.ISSUED} ?issued }}")
    return {value_of(row["paper"]): year_of(value_of(row["issued"])) for row in rows}


def labels_of(snapshot: Snapshot, kinds: Mapping[str, NodeKind]) -> dict[str, str]:
    """What the things of *kinds* (IRI to kind) are called; the end of the IRI where nobody says."""
    labels = {iri: tail(iri) for iri in kinds}
    branches = []
    for name in sorted({NAMES[kind].value for kind in kinds.values()}):
        things = [iri for iri, kind in kinds.items() if NAMES[kind].value == name]
        among = f"VALUES ?thing {{ {listed(things)} }}" if len(things) <= MANY else ""
        branches.append(f"{{ {among} ?thing {NamedNode(name)} ?label }}")
    if branches:
        rows = snapshot.select(f"SELECT ?thing ?label WHERE {{ {' UNION '.join(branches)} }}")
        # The same of several labels every time.
        for thing, label in sorted(
            (value_of(row["thing"]), value_of(row["label"])) for row in rows
        ):
            if thing in labels:
                labels[thing] = label
    return labels


def listed(iris: Iterable[str]) -> str:
    """*iris* as the values of a VALUES list; anything that is no IRI raises ValueError."""
    return " ".join(str(NamedNode(iri)) for iri in iris)


def year_of(issued: str) -> int | None:
    """The year of an ISO date at any precision."""
    text = issued[:4]
    return int(text) if len(text) == 4 and text.isascii() and text.isdigit() else None


def value_of(term: object) -> str:
    """The text of an IRI or a literal; '' for what a row leaves unbound."""
    return term.value if isinstance(term, NamedNode | RdfLiteral) else ""


def tail(iri: str) -> str:
    """The last part of an IRI: a name for what has none."""
    return iri.rstrip("/").rpartition("/")[2]
