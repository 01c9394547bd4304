"""
What is counted of a concept over all that papers say of it: its names, relations and best results.

Thousands of mentions take long to count. So those of concepts that many papers name are counted
once for each state of a store, in a process of its own: ``python -m scholargraph.graph.tallies
STORE`` prints them, one concept a line.
"""

import json
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import chain

from pyoxigraph import NamedNode

from . import vocab as v
from .background import Background, newest_state
from .catalogue import Named, ending, name_of
from .entities import CONCEPT_KINDS, LINKS, value_of
from .parts import FACTS
from .questions import rows
from .store import Snapshot

# A concept that more papers name is tallied beforehand: while one waits, a hundred papers take
# some 10 ms.
COMMON = 100

# A tallying that takes more is given up: MB, and seconds.
MEMORY_MB = 2048
SECONDS = 1800


# What is kept of a statement or a result claim, and of the sentence that it is in.
OF_NODE = {
    "paper": v.PART_OF,
    "sentence": v.IN_SENTENCE,
    "value": v.VALUE,
    "unit": v.UNIT,
    "change": v.CHANGE,
    "exact": v.EXACT,
    "start": v.START,
    "end": v.END,
    "confidence": v.CONFIDENCE,
    **v.RESULT_PARTS,
}
OF_SENTENCE = {"text": v.VALUE, "offset": v.START}


@dataclass(frozen=True, slots=True)
class Form:
    """A phrase by which papers name the concept, *times* in all, and the *rules* that joined it."""

    text: str
    rules: tuple[str, ...]
    times: int


@dataclass(frozen=True, slots=True)
class Link:
    """
    A relation to *other* that *times* sentences state; *surest* is the IRI of the surest statement.

    *forward* tells whether the concept is the relation's subject.
    """

    predicate: str
    forward: bool
    other: Named
    times: int
    surest: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Tally:
    """
    *forms*, the most frequent first, *links*, and the IRIs of *results*, the highest first.

    *said* is what the graph says of each statement and result, by the names of `OF_NODE` and, of
    its sentence, of `OF_SENTENCE`.
    """

    forms: tuple[Form, ...]
    links: tuple[Link, ...]
    results: tuple[str, ...]
    said: Mapping[str, Mapping[str, str]]

    def text(self) -> str:
        """The tally as JSON; see `from_text`."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_text(cls, text: str) -> "Tally":
        """The tally that `text` wrote."""
        value = json.loads(text)
        return cls(
            tuple(
                Form(form["text"], tuple(form["rules"]), form["times"]) for form in value["forms"]
            ),
            tuple(Link(**link | {"other": Named(**link["other"])}) for link in value["links"]),
            tuple(value["results"]),
            value["said"],
        )


def tally(snapshot: Snapshot, concept: NamedNode) -> Tally:
    """Counts what *snapshot* says of *concept*: some 0.1 ms for each time that a paper names it."""
    forms = (
        Form(row.text("form"), tuple(sorted(row.text("rules").split())), row.integer("times"))
        for row in rows(snapshot, "concept_forms", concept=concept)
    )
    links = tuple(_links(snapshot, concept))
    results = highest(snapshot, concept)
    said = said_of(snapshot, [*(link.surest for link in links), *results])
    return Tally(tuple(forms), links, results, said)


def highest(snapshot: Snapshot, concept: NamedNode) -> tuple[str, ...]:
    """The IRIs of the highest results that papers claim with *concept*."""
    found = rows(snapshot, "concept_highest", concept=concept)
    return tuple(dict.fromkeys(row.text("result") for row in found))


def _links(snapshot: Snapshot, concept: NamedNode) -> Iterator[Link]:
    for query, forward in (("concept_relations", True), ("concept_inverse_relations", False)):
        for row in rows(snapshot, query, concept=concept):
            confidence, _, surest = row.text("surest").partition(" ")
            yield Link(
                predicate=ending(row.text("predicate")),
                forward=forward,
                other=Named(row.text("other"), name_of(row, "other", "label")),
                times=row.integer("times"),
                surest=surest,
                confidence=float(confidence),
            )


def said_of(snapshot: Snapshot, nodes: Collection[str]) -> dict[str, dict[str, str]]:
    """What is kept of *nodes* and their sentences; those without a paper or a text are left out."""
    found = _each(snapshot, nodes, OF_NODE)
    places = {said["sentence"] for said in found.values() if "sentence" in said}
    sentences = _each(snapshot, places, OF_SENTENCE)
    whole = {
        node: said | sentences.get(said.get("sentence", ""), {}) for node, said in found.items()
    }
    return {node: said for node, said in whole.items() if said.keys() >= {"paper", "text"}}


def _each(
    snapshot: Snapshot, nodes: Collection[str], names: Mapping[str, NamedNode]
) -> dict[str, dict[str, str]]:
    name_of_property = {predicate: name for name, predicate in names.items()}
    terms = [NamedNode(node) for node in nodes]
    snapshot.expect(terms)
    return {
        term.value: {
            name_of_property[quad.predicate]: value_of(quad.object)
            for quad in snapshot.quads(term, None, None, FACTS)
            if quad.predicate in name_of_property
        }
        for term in terms
    }


@dataclass(frozen=True, slots=True)
class Tallies:
    """The tallies of one state of a store, as texts by concept: few of them are asked for."""

    state: str
    texts: Mapping[str, str]

    def get(self, concept: str) -> Tally | None:
        """The tally of *concept*; None for one that is not common, or of another version."""
        try:
            return Tally.from_text(self.texts[concept])
        except (KeyError, TypeError, ValueError):
            return None

    def text(self) -> str:
        """A line with the state, and one for each concept; see `from_text`."""
        lines = chain([self.state], (f"{iri} {text}" for iri, text in self.texts.items()), ["."])
        return "\n".join(lines)

    @classmethod
    def from_text(cls, text: str) -> "Tallies":
        """
        The tallies that `text` wrote.

        Raises:
            ValueError: It did not, or not to its end.
        """
        lines = text.rstrip("\n").split("\n")
        if len(lines) < 2 or lines[-1] != ".":
            raise ValueError("the tallies were cut short")
        return cls(lines[0], dict(_pair(line) for line in lines[1:-1]))


def _pair(line: str) -> tuple[str, str]:
    concept, _, text = line.partition(" ")
    return concept, text


def tallies(snapshot: Snapshot, state: str) -> Tallies:
    """Those of the concepts that more than `COMMON` papers of *snapshot*, *state*, name."""
    return Tallies(
        state, {iri: tally(snapshot, NamedNode(iri)).text() for iri in _common(snapshot)}
    )


def _common(snapshot: Snapshot) -> Iterable[str]:
    for kind in CONCEPT_KINDS:
        found = snapshot.select(
            f"""
            SELECT ?concept WHERE {{ ?paper {LINKS[kind]} ?concept FILTER(isIRI(?concept)) }}
            GROUP BY ?concept HAVING(COUNT(?paper) > {COMMON})"""
        )
        yield from (value_of(row["concept"]) for row in found)


class Tallied(Background[Tallies]):
    """Keeps the tallies of the newest state of a store."""

    module = "scholargraph.graph.tallies"
    file = "tallies.txt"

    @staticmethod
    def read(text: str) -> Tallies:
        """As `Tallies.from_text`."""
        return Tallies.from_text(text)


def main(path: str) -> None:
    """Prints the tallies of the newest snapshot of the store at *path*."""
    with newest_state(path, memory_mb=MEMORY_MB, seconds=SECONDS) as (snapshot, state):
        print(tallies(snapshot, state).text(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
