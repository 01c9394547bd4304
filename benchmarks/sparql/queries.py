"""
What is asked: five classes of queries, with constants of the invented graph.

light     what a page asks: an author's papers, a concept's papers, a paper's mentions; about 1 ms
medium    joins with a filter and an order; 5 to 10 ms
heavy     counts over the whole graph; about 300 ms at 1.4 million triples
repeated  a small set of the light ones again and again: what a cache of answers is for
large     titles and abstracts, 4 MB of JSON

Milliseconds are the engine's own on disk; the run measures and prints them. Every request of the
other classes has a text of its own, for all servers the same: the constants differ, and where a
run is longer than their list, a comment tells the rounds apart.
"""

import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pyoxigraph
from generate import CATEGORIES, VENUES, Corpus
from pyoxigraph import NamedNode, QueryResultsFormat, QuerySolutions

from scholargraph.extract.papers import Paper
from scholargraph.graph import vocab as v
from scholargraph.graph.store import Store

CLASSES = ("light", "medium", "heavy", "repeated", "large")
# Different queries of a class; what is asked of each server before it counts checks every one.
DISTINCT = {"light": 900, "medium": 150, "heavy": 12, "repeated": 16, "large": 3}
# Of a graph of ten times the usual size they take too long to be asked before it begins.
LARGE_GRAPH = 50_000
FEWER = 3
LARGE = range(3_000_000, 6_500_000)
MOST_ROWS = 400  # of a light query

PREFIXES = "".join(
    f"PREFIX {name}: <{v.PREFIXES[name]}>\n"
    for name in ("dct", "foaf", "oa", "prism", "rdf", "sg", "skos")
)


@dataclass(frozen=True, slots=True)
class Question:
    """A query, its answer as counted rows, and the milliseconds that the engine took for it."""

    text: str
    rows: Counter[str]
    milliseconds: float


def rows(document: bytes) -> Counter[str]:
    """
    The rows of an answer in SPARQL's JSON: how often each comes. Their order is not told.

    rdflib names the type of a plain string, the others leave it out: that is the same.
    """
    found = json.loads(document)["results"]["bindings"]
    for row in found:
        for value in row.values():
            if value.get("datatype") == v.XSD_STRING.value:
                del value["datatype"]
    return Counter(json.dumps(row, sort_keys=True) for row in found)


def questions(name: str, corpus: Corpus, store: Path) -> list[Question]:
    """The different queries of class *name*, with the answers of the engine in this process."""
    chance = random.Random(f"{name}, the same for everybody")
    candidates = MAKERS[name](corpus, chance.random)
    with Store.open(store).snapshot() as snapshot:
        engine = snapshot.store
        asked = (_asked(engine, PREFIXES + text) for text in candidates)
        wanted = DISTINCT[name] // (FEWER if corpus.papers > LARGE_GRAPH else 1)
        return list(islice(filter(None, asked), wanted))


def _asked(engine: pyoxigraph.Store, text: str) -> Question | None:
    begin = time.thread_time()
    answer = engine.query(text)
    assert isinstance(answer, QuerySolutions)
    document = answer.serialize(format=QueryResultsFormat.JSON)
    milliseconds = (time.thread_time() - begin) * 1000
    if len(document) > 1_000_000 and len(document) not in LARGE:
        return None
    return Question(text, rows(document), milliseconds)


def _light(corpus: Corpus, random: Callable[[], float]) -> Iterator[str]:
    authors, papers = _known(corpus, random)
    for author, paper in zip(authors, papers, strict=True):
        yield f"""SELECT ?paper ?title ?issued ?venue WHERE {{
  ?paper dct:creator {author} ; dct:title ?title ; prism:publicationName ?venue .
  OPTIONAL {{ ?paper dct:issued ?issued }}
}} ORDER BY DESC(STR(?issued)) ?title LIMIT {MOST_ROWS}"""
        concept, uses = _concept(corpus, random, 5, 100)
        yield f"""SELECT ?paper ?title ?issued WHERE {{
  ?paper {uses} {concept} ; dct:title ?title ; dct:issued ?issued
}}"""
        yield f"""SELECT ?mention ?exact ?kind ?concept ?label ?confidence ?sentence WHERE {{
  ?mention dct:isPartOf {paper} ; sg:concept ?concept ; oa:exact ?exact ;
    sg:confidence ?confidence ; sg:inSentence/rdf:value ?sentence .
  ?concept skos:prefLabel ?label ; a ?kind
}}"""


def _medium(corpus: Corpus, random: Callable[[], float]) -> Iterator[str]:
    while True:
        concept, uses = _concept(corpus, random, 120, 250)
        yield f"""SELECT ?paper ?title ?issued ?name WHERE {{
  ?paper {uses} {concept} ; dct:title ?title ; dct:issued ?issued ; dct:creator ?author .
  ?author foaf:name ?name
  FILTER(STR(?issued) >= "{2005 + int(15 * random())}")
}} ORDER BY DESC(STR(?issued)) ?title ?name LIMIT 50"""
        concept, uses = _concept(corpus, random, 300, 600)
        yield f"""SELECT ?other ?label (COUNT(?paper) AS ?papers) WHERE {{
  ?paper {uses} {concept} ; sg:usesMethod ?other .
  ?other skos:prefLabel ?label
  FILTER(?other != {concept})
}} GROUP BY ?other ?label ORDER BY DESC(?papers) ?label LIMIT {20 + int(20 * random())}"""
        concept, uses = _concept(corpus, random, 200, 400)
        yield f"""SELECT ?mention ?exact ?confidence ?sentence WHERE {{
  ?mention sg:concept {concept} ; oa:exact ?exact ; sg:confidence ?confidence ;
    sg:inSentence/rdf:value ?sentence
  FILTER(?confidence > {0.5 + 0.4 * random():.3f})
}} ORDER BY DESC(?confidence) ?mention LIMIT 20"""


def _heavy(corpus: Corpus, random: Callable[[], float]) -> Iterator[str]:
    while True:
        yield f"""SELECT ?concept (COUNT(?mention) AS ?mentions) (MAX(?sure) AS ?surest) WHERE {{
  ?mention sg:concept ?concept ; sg:confidence ?sure
  FILTER(?sure > {0.6 + 0.3 * random():.3f})
}} GROUP BY ?concept ORDER BY DESC(?mentions) ?concept LIMIT 20"""
        yield f"""SELECT ?method (COUNT(?paper) AS ?papers) WHERE {{
  ?paper sg:usesMethod ?method ; dct:issued ?issued
  FILTER(STR(?issued) >= "{2005 + int(15 * random())}-{1 + int(12 * random()):02}")
}} GROUP BY ?method ORDER BY DESC(?papers) ?method LIMIT 20"""
        yield f"""SELECT ?year (COUNT(DISTINCT ?author) AS ?authors) WHERE {{
  ?paper prism:publicationName ?venue ; dct:creator ?author ; dct:issued ?issued
  FILTER(?venue != "{VENUES[int(len(VENUES) * random())]}")
  BIND(SUBSTR(STR(?issued), 1, 4) AS ?year)
}} GROUP BY ?year ORDER BY ?year"""


def _large(corpus: Corpus, random: Callable[[], float]) -> Iterator[str]:
    filed = [f"dct:subject {corpus.iris.category(code)}" for code in CATEGORIES]
    for among in (*filed, *(f'prism:publicationName "{venue}"' for venue in VENUES)):
        for both in ("?identifier", "?url", "?issued"):
            predicate = {"?url": f"{v.URL}"}.get(both, f"dct:{both[1:]}")
            yield f"""SELECT ?paper ?title ?abstract {both} WHERE {{
  ?paper {among} ; dct:title ?title ; dct:abstract ?abstract ; {predicate} {both}
}}"""


MAKERS: dict[str, Callable[[Corpus, Callable[[], float]], Iterator[str]]] = {
    "light": _light,
    "medium": _medium,
    "heavy": _heavy,
    "repeated": _light,
    "large": _large,
}


def _known(
    corpus: Corpus, random: Callable[[], float]
) -> tuple[Iterator[NamedNode], Iterator[NamedNode]]:
    """Authors, those with many papers more often, and papers."""
    entries = list(islice(Corpus(corpus.papers).entries(), 2_000))

    def drawn() -> Iterator[Paper]:
        while True:
            yield entries[int(len(entries) * random())].paper

    def authors() -> Iterator[NamedNode]:
        return (corpus.iris.author(paper.authors[0].name) for paper in drawn())

    return authors(), map(corpus.iris.paper, drawn())


def _concept(
    corpus: Corpus, random: Callable[[], float], least: int, most: int
) -> tuple[NamedNode, NamedNode]:
    """A concept that about *least* to *most* papers name, and the property by which they do."""
    papers = least * (most / least) ** random()
    concept = corpus.concept(corpus.concept_named_by(papers))
    return corpus.iris.concept(concept), v.USES[concept.kind]
