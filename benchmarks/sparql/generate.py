"""
A research graph of any size, invented, in exactly the shape that an import makes.

    python benchmarks/sparql/generate.py --papers 20000 --nq graph.nq --store graph.db

The same size and seed give the same file, byte for byte. A paper comes to about 70 triples: 2.5
authors and two to three mentions, where a real abstract has nine mentions and 230 triples. So
20,000 papers make 1.4 million triples and 200,000 make 14 million. Authors and concepts are as
unequal as real ones: few in many papers, most in one or two.
"""

import argparse
import hashlib
import math
import random
import resource
import time
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import chain, count, islice
from pathlib import Path
from typing import TypeVar

from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    Triple,
    serialize,
)

from scholargraph import __version__
from scholargraph.extract.mentions import (
    Concept,
    Extraction,
    Kind,
    Mention,
    Predicate,
    Relation,
    ResultClaim,
    Sentence,
)
from scholargraph.extract.papers import Author, Paper
from scholargraph.graph import vocab as v
from scholargraph.graph.build import Run, run_iri, run_quads
from scholargraph.graph.commit import PaperEntry, entry_quads
from scholargraph.graph.iris import Iris
from scholargraph.graph.settle import Names
from scholargraph.graph.snapshots import Term
from scholargraph.graph.store import Store

T = TypeVar("T")

SEED = 7
YEARS = range(2005, 2025)
MODEL = "invented"
MOMENT = "2025-01-01T00:00:00Z"

# As often as in the extractions of 2,000 real abstracts.
KINDS: tuple[Kind, ...] = (*["method"] * 43, *["task"] * 36, *["dataset"] * 15, *["metric"] * 6)
# What a sentence with two mentions states of them; None where it only names both.
STATED: dict[tuple[Kind, Kind], Predicate] = {
    ("method", "task"): "usedFor",
    ("method", "dataset"): "evaluatedOn",
    ("method", "method"): "comparedWith",
    ("dataset", "task"): "benchmarkFor",
    ("task", "task"): "subtaskOf",
}

ONSETS = "b br ch d dr f fl g gr h k kl l m n p pr r s sh st t tr v w z".split()
RHYMES = "a al an ar e el en er i in is o on or os u un".split()
QUALITIES = "Sparse Dense Deep Robust Causal Latent Neural Graph Joint Masked Hybrid".split()
THINGS: dict[Kind, list[str]] = {
    "method": "Encoder Decoder Network Transformer Sampler Classifier Ranker Planner".split(),
    "task": "Parsing Retrieval Translation Segmentation Detection Summarisation Linking".split(),
    "dataset": "Corpus Benchmark Treebank Collection Bank Suite".split(),
    "metric": "Score Accuracy Recall Precision Error Agreement".split(),
}
VENUES = [
    f"{place} {what}"
    for place in ("North", "South", "East", "West", "Open", "General")
    for what in ("Conference", "Workshop", "Journal", "Letters", "Transactions")
]
CATEGORIES = ["cs.CL", "cs.LG", "cs.CV", "cs.AI", "cs.IR", "cs.RO", "cs.SE", "cs.DL", "stat.ML"]
OPENINGS = ["We study", "This paper presents", "We revisit", "Here we examine", "We describe"]
FILLERS = [
    "Earlier work left the question open, mostly for want of data and of a fair comparison.",
    "Our experiments cover several settings, and the outcome is the same in each of them.",
    "The gain is largest where training examples are few, and it does not depend on tuning.",
    "An analysis of errors shows what is left to do, and which cases remain out of reach.",
    "Code, data and the settings of every run are there for whoever wants to repeat this work.",
    "We compare with strong baselines under the same budget and report every run that we made.",
    "The approach needs no further annotation and adds little to the cost of a usual system.",
]  # fmt: skip


def word(number: int, syllables: int = 3) -> str:
    """A pronounceable word, another for every *number* below 442 to the power of *syllables*."""
    every = len(ONSETS) * len(RHYMES)
    number = number * 7_654_321 % every**syllables  # neighbours shall not look alike
    letters = ""
    for _ in range(syllables):
        number, syllable = divmod(number, every)
        onset, rhyme = divmod(syllable, len(RHYMES))
        letters += ONSETS[onset] + RHYMES[rhyme]
    return letters.capitalize()


class Corpus:
    """
    *papers* invented papers; to be gone through once, which notes what they name.

    Memory does not grow with the papers beyond a byte for each author and concept and the pairs
    of concepts that are related.
    """

    def __init__(self, papers: int, *, seed: int = SEED, iris: Iris | None = None) -> None:
        if papers < 1:
            raise ValueError(f"{papers} papers make no graph; ask for 1 or more")
        self.papers = papers
        self.iris = iris or Iris()
        name = f"invented-{papers}-{seed}.jsonl"
        self.run = Run(name, hashlib.sha256(name.encode()).hexdigest(), "jsonl", __version__, MODEL)
        self._random = random.Random(seed).random
        self._authors = bytearray(max(8, papers * 6 // 5))  # 1: wrote something
        self._concepts = bytearray(max(40, papers // 2))  # a bit for each form that was written
        self._categories: set[str] = set()
        self._related: set[tuple[int, Predicate, int]] = set()

    def quads(self) -> Iterator[Quad]:
        """The whole graph: every paper, what papers share, and the run."""
        for entry in self.entries():
            yield from entry_quads(entry, self.iris)
        for part in batched(self._witnesses(), 20_000):
            # Sorted, since what is settled comes in no order of its own.
            _, settled = Names(self.iris).settle(_Nothing(), (), chain.from_iterable(part))
            yield from sorted(settled, key=str)
        yield from run_quads(self.run, self.iris)
        for predicate in (v.STARTED, v.ENDED):
            moment = Literal(MOMENT, datatype=v.XSD_DATE_TIME)
            yield Quad(run_iri(self.run, self.iris), predicate, moment, self.iris.runs_graph())

    def entries(self) -> Iterator[PaperEntry]:
        """The papers, as an import would bring them."""
        for number in range(self.papers):
            yield self._entry(number)

    def author(self, number: int) -> str:
        """A name; no two are alike."""
        return f"{word(number % 311, 2)} {word(number)}"

    def concept(self, number: int) -> Concept:
        """A concept; no two are alike. Every third has a short form."""
        kind = KINDS[number * 37 % len(KINDS)]
        things = THINGS[kind]
        label = (
            f"{QUALITIES[number % len(QUALITIES)]} {word(number)} {things[number % len(things)]}"
        )
        short = f"{''.join(part[0] for part in label.split())}{number}" if number % 3 == 0 else None
        return Concept(kind, label.lower().replace(" ", "-"), label, short)

    def concept_named_by(self, papers: float) -> int:
        """The number of a concept that about *papers* papers name."""
        # The concept of number n has the share log((n + 2) / (n + 1)) of nearly two a paper.
        share = papers * math.log(len(self._concepts)) / (1.9 * self.papers)
        return min(len(self._concepts) - 1, round(max(0.0, 1 / math.expm1(share) - 1)))

    def _below(self, end: int) -> int:
        return int(end * self._random())

    def _entry(self, number: int) -> PaperEntry:
        random, below = self._random, self._below
        # The power makes few write much; the exponential below is Zipf's law for concepts.
        writers = dict.fromkeys(
            int(len(self._authors) * random() ** 1.6) for _ in range(1 + below(4))
        )
        for writer in writers:
            self._authors[writer] = 1
        named: dict[int, None] = {}
        for _ in range(1 + below(3)):
            named[int(len(self._concepts) ** random()) - 1] = None
        concepts = [self.concept(one) for one in named]

        text, sentences, mentions, relations = "", [], [], []
        results: list[ResultClaim] = []

        def sentence(words: str) -> None:
            nonlocal text
            start = len(text) + bool(text)
            text = f"{text} {words}" if text else words
            sentences.append(Sentence("abstract", start, len(text)))

        for first in range(0, len(concepts), 2):
            pair = list(named)[first : first + 2]
            start = len(text) + bool(text)
            words = OPENINGS[below(len(OPENINGS))]
            for place, one in enumerate(pair):
                concept = concepts[first + place]
                form = self._form(one, concept)
                words += " and " if place else " "
                begin = start + len(words)
                words += form
                mentions.append(
                    Mention(
                        *("abstract", begin, begin + len(form), form, concept.kind),
                        *(round(0.5 + 0.5 * random(), 3), concept, len(sentences)),
                    )
                )
            if len(pair) == 2:
                ends = concepts[first].kind, concepts[first + 1].kind
                if (stated := STATED.get(ends)) is not None:
                    relations.append(Relation(first, stated, first + 1, len(sentences), 0.75))
                    self._related.add((pair[0], stated, pair[1]))
            if below(8) == 0:
                value = Decimal(500 + below(500)) / 10
                words += ", and reach "
                begin = start + len(words)
                shown = f"{value} %"
                words += shown
                results.append(
                    ResultClaim(
                        *(len(sentences), begin, begin + len(shown), shown),
                        *(value, "percent", "absolute"),
                        method=first if concepts[first].kind == "method" else None,
                        confidence=0.8,
                    )
                )
            sentence(words + ".")
        for place in range(3 + below(3)):
            sentence(FILLERS[(number + place) % len(FILLERS)])

        year = YEARS[int(len(YEARS) * random() ** 0.7)]
        month = 1 + below(12)
        date = (str(year), f"{year}-{month:02}", f"{year}-{month:02}-{1 + below(28):02}")[below(3)]
        category = CATEGORIES[int(len(CATEGORIES) * random() ** 2)]
        self._categories.add(category)
        lead = concepts[0].label
        paper = Paper(
            id=f"p{number}",
            title=f"{lead} for {word(number)}: {word(number + 1, 2)} and {word(number + 2, 2)}",
            abstract=text,
            authors=tuple(
                Author(self.author(writer), place) for place, writer in enumerate(writers, 1)
            ),
            date=date,
            venue=VENUES[below(len(VENUES))],
            categories=(category,),
            ids=(("doi", f"10.5555/invented.{number}"),) if number % 2 else (),
            urls=(f"https://papers.example/{number}",),
            code=(f"https://code.example/{number}",) if number % 10 == 0 else (),
        )
        introduces = (0,) if number % 2 == 0 else ()
        found = Extraction(
            *(tuple(sentences), tuple(mentions), tuple(relations), tuple(results)),
            introduces,
            MODEL,
        )
        return PaperEntry(paper, found, self.run)

    def _form(self, number: int, concept: Concept) -> str:
        """How this paper writes *concept*: by its label, in lower case or by its short form."""
        choice = self._below(8)
        if choice == 0:
            self._concepts[number] |= 2
            return concept.label.lower()
        if choice == 1 and concept.abbreviation:
            self._concepts[number] |= 4
            return concept.abbreviation
        self._concepts[number] |= 1
        return concept.label

    def _witnesses(self) -> Iterator[list[Quad]]:
        """
        The least that says of every shared node what all papers together say of it.

        What a node is called depends on which names were written, and every name here has one
        label; so one witness for each is as good as thousands.
        """
        nodes = (BlankNode(str(number)) for number in count())
        for number, wrote in enumerate(self._authors):
            if wrote:
                name, node = self.author(number), next(nodes)
                yield [
                    Quad(node, v.OF_AUTHOR, self.iris.author(name)),
                    Quad(node, v.NAME_AS_GIVEN, Literal(name)),
                ]
        for number, forms in enumerate(self._concepts):
            if forms:
                concept = self.concept(number)
                yield list(chain.from_iterable(self._naming(concept, forms, nodes)))
        for code in sorted(self._categories):
            yield [Quad(next(nodes), v.CATEGORY, self.iris.category(code))]
        for subject, predicate, object in sorted(self._related):
            node = next(nodes)
            yield [
                Quad(node, v.SUBJECT, self.iris.concept(self.concept(subject))),
                Quad(node, v.PREDICATE, v.RELATIONS[predicate]),
                Quad(node, v.OBJECT, self.iris.concept(self.concept(object))),
            ]

    def _naming(
        self, concept: Concept, forms: int, nodes: Iterator[BlankNode]
    ) -> Iterator[list[Quad]]:
        written = (concept.label, concept.label.lower(), concept.abbreviation)
        for bit, form in enumerate(written):
            if forms & 1 << bit and form:
                node = next(nodes)
                quads = [
                    Quad(node, v.OF_CONCEPT, self.iris.concept(concept)),
                    Quad(node, v.EXACT, Literal(form)),
                    Quad(node, v.CONCEPT_LABEL, Literal(concept.label)),
                ]
                if concept.abbreviation:
                    quads.append(Quad(node, v.ABBREVIATION, Literal(concept.abbreviation)))
                yield quads


class _Nothing:
    """A graph without a quad: what there was before the first paper."""

    def quads(self, *pattern: object) -> list[Quad]:
        return []

    def select(self, query: str, **bindings: Term) -> list[dict[str, Term | None]]:
        return []

    def select_each(
        self, query: str, name: str, values: Iterable[Term]
    ) -> Iterator[tuple[Term, list[dict[str, Term | None]]]]:
        return ((value, []) for value in values)

    def expect(self, nodes: Iterable[NamedNode], *, parts: bool = False) -> None:
        """Nothing can be fetched ahead."""

    def expect_values(self, predicate: NamedNode, values: Iterable[Term]) -> None:
        """Nor of these."""


def batched(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """*values* in lists of *size*; itertools has it from Python 3.12 on."""
    values = iter(values)
    while part := list(islice(values, size)):
        yield part


def write(corpus: Corpus, path: Path) -> int:
    """Writes the graph as N-Quads, or as N-Triples without the run's times; how many."""
    written = 0
    facts = path.suffix == ".nt"

    def counted() -> Iterator[Quad | Triple]:
        nonlocal written
        for quad in corpus.quads():
            if facts and quad.graph_name != DefaultGraph():
                continue
            written += 1
            yield quad.triple if facts else quad

    serialize(counted(), path, RdfFormat.N_TRIPLES if facts else RdfFormat.N_QUADS)
    return written


def begins(corpus: Corpus, path: Path) -> bool:
    """Whether the file at *path* begins as *corpus* does; one of another version does not."""
    first = serialize(islice(corpus.quads(), 2_000), format=RdfFormat.N_QUADS)
    with open(path, "rb") as file:
        return file.read(len(first)) == first


def load(path: Path, folder: Path) -> int:
    """Makes the store *folder* of the file at *path*, compacted and published; how many quads."""
    store = Store.open(folder, create=True)
    if store.exists:
        raise SystemExit(f"{folder} is a store already; name another folder or remove it")
    with store.writing() as writer:
        writer.store.bulk_load(path=path, format=RdfFormat.N_QUADS)
        writer.optimize()
        return len(writer.store)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--papers", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--nq", type=Path, required=True, help="N-Quads, or N-Triples if .nt")
    parser.add_argument("--store", type=Path, help="also make a scholargraph store of it")
    chosen = parser.parse_args()
    begin = time.perf_counter()
    written = write(Corpus(chosen.papers, seed=chosen.seed), chosen.nq)
    wall = time.perf_counter() - begin
    work = time.process_time()
    print(
        f"{chosen.nq}: {written:,} triples in {wall:.1f} s, {work:.1f} s of work, "
        f"{written / work:,.0f} a second; largest memory {_peak():,.0f} MB"
    )
    if chosen.store:
        begin = time.perf_counter()
        loaded = load(chosen.nq, chosen.store)
        wall = time.perf_counter() - begin
        print(
            f"{chosen.store}: {loaded:,} quads loaded and compacted in {wall:.1f} s; "
            f"largest memory {_peak():,.0f} MB"
        )


def _peak() -> float:
    """The most megabytes that this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
