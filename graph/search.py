"""
Search by name: an index in memory of what papers, authors and concepts are called.

Names and questions are folded the same way (case, accents and hyphens), so that 'frechet' finds
'Fréchet' and 'fewshot' finds 'few-shot'. What is asked never reaches a query parser: any text is a
question.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import tantivy
from tantivy import Occur, Query

from .catalogue import CONCEPT_KINDS, KINDS, Catalogue
from .questions import rows
from .store import Snapshot

# Words of a question beyond these are ignored, and letters of a word: nobody types more on purpose.
MAX_WORDS = 12
MAX_LETTERS = 40

# Shorter words have too many neighbours at one letter's distance to be worth correcting.
SHORTEST_TYPO = 4

# How many hits of one score are put in order by their papers.
CANDIDATES = 50

_WORD = re.compile(r"[^\W_]+")
_COMPOUND = re.compile(r"\w+(?:[-‐-―/.+]\w+)+")
# Scripts that put no blanks between words: each character is a word.
_UNSPACED = re.compile(r"([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff])")

# Scores: of a name that is all that was typed; the least of names as they were typed; and what a
# title counts beside the names of concepts and authors.
WHOLE_NAME, NAMED, TITLE = 1000.0, 1.0, 0.1

WHOLE, NAME, OTHER, TEXT = "whole", "name", "other", "text"

# Beginnings of so many letters, which thousands of words have, are indexed as words of their own.
SHORT = 2
STARTS = {field: f"{field}_starts" for field in (WHOLE, NAME, OTHER)}


@dataclass(frozen=True, slots=True)
class Hit:
    """Something found: *papers* is how many are theirs or name it, None for a paper itself."""

    iri: str
    kind: str
    name: str
    note: str
    papers: int | None


@dataclass(frozen=True, slots=True)
class Found:
    """The best hits of one kind, and of how many."""

    hits: tuple[Hit, ...]
    total: int


def fold(text: str) -> str:
    """
    *text* without what a reader may type otherwise: case, accents, punctuation.

    >>> fold("Fréchet  Inception-Distance")
    'frechet inception distance'
    """
    letters = text.casefold()
    if not letters.isascii():
        decomposed = unicodedata.normalize("NFKD", letters)
        plain = "".join(c for c in decomposed if not unicodedata.combining(c))
        letters = _UNSPACED.sub(r" \1 ", plain)
    return " ".join(_WORD.findall(letters))


def _indexed(texts: Iterable[str]) -> str:
    """Words as the index holds them: folded, compounds also as one word."""
    words: list[str] = []
    for text in texts:
        words.append(fold(text))
        words.extend(fold(compound).replace(" ", "") for compound in _COMPOUND.findall(text))
    return " ".join(words)


def _starts(names: str) -> str:
    """The first letters of the words of *names*: to find these, no list of words need be read."""
    return " ".join({word[:n] for word in names.split() for n in range(1, SHORT + 1)})


class Index:
    """The index of one snapshot; building takes about 0.5 s at 2,000 papers."""

    def __init__(self, hits: list[Hit], index: tantivy.Index) -> None:
        self._hits = hits
        self._index = index
        self._searcher = index.searcher()

    @classmethod
    def build(cls, catalogue: Catalogue, snapshot: Snapshot) -> "Index":
        """Indexes what *catalogue* lists, with other names and abstracts from *snapshot*."""
        index = tantivy.Index(_schema())
        blanks = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
        index.register_tokenizer("blanks", blanks)
        index.register_tokenizer("prose", _prose())
        others: dict[str, list[str]] = {}
        for row in rows(snapshot, "other_names"):
            others.setdefault(row.text("thing"), []).append(row.text("name"))
        abstracts = {row.text("paper"): row.text("abstract") for row in rows(snapshot, "abstracts")}
        hits = list(_hits(catalogue))
        # One thread: a second would take as long to start as the work lasts.
        writer = index.writer(heap_size=64_000_000, num_threads=1)
        for number, hit in enumerate(hits):
            names = [name for name in others.get(hit.iri, ()) if name != hit.name]
            document = tantivy.Document(number=number, kind=[hit.kind])
            for name in (hit.name, *names):
                document.add_text(WHOLE, fold(name))
                document.add_text(STARTS[WHOLE], _starts(fold(name).partition(" ")[0]))
            for field, text in (
                (NAME, _indexed([hit.name])),
                (OTHER, _indexed([*names, hit.note])),
            ):
                document.add_text(field, text)
                document.add_text(STARTS[field], _starts(text))
            if hit.iri in abstracts:
                document.add_text(TEXT, abstracts[hit.iri])
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        return cls(hits, index)

    def search(
        self, question: str, *, limit: int, kinds: Iterable[str] = KINDS
    ) -> dict[str, Found]:
        """
        The best *limit* hits of each kind, the kind with the best hit first, none without any.

        Whole names come before beginnings of names, these before names that hold the words, and
        these before abstracts; equals by number of papers. Typing errors are looked for only where
        no name fits as it was typed.
        """
        compounds = _COMPOUND.findall(question[:1000])
        words = [word[:MAX_LETTERS] for word in fold(question[:1000]).split()[:MAX_WORDS]]
        if not words:
            return {}
        joined = [fold(word).replace(" ", "") for word in compounds]
        kinds = tuple(kinds)
        found = self._ranked(self._query(words, joined, typos=False), kinds, limit)
        if not found or found[0][0] < NAMED:
            found = self._ranked(self._query(words, joined, typos=True), kinds, limit)
        return {kind: best for _, kind, best in found}

    def _ranked(
        self, query: Query, kinds: Iterable[str], limit: int
    ) -> list[tuple[float, str, Found]]:
        """The hits of each kind with the score of its best, the best kind first."""
        found = []
        for kind in kinds:
            of_kind = Query.boolean_query(
                [(Occur.Must, query), (Occur.Must, self._constant("kind", kind, 0.0))]
            )
            answer = self._searcher.search(of_kind, limit=max(CANDIDATES, limit))
            if answer.hits:
                score = answer.hits[0][0]
                if kind == "paper" and score < WHOLE_NAME:
                    # Beginnings of titles are many; what a phrase names is likelier meant.
                    score *= TITLE
                total = int(answer.count)  # type: ignore[attr-defined]  # the stub lags behind
                found.append((score, kind, Found(self._best(answer.hits, limit), total)))
        found.sort(key=lambda item: -item[0])
        return found

    def _best(self, hits: list[tuple[float, tantivy.DocAddress]], limit: int) -> tuple[Hit, ...]:
        scored = []
        for score, address in hits:
            number = self._searcher.doc(address)["number"][0]
            scored.append((-round(score, 3), -(self._hits[number].papers or 0), number))
        return tuple(self._hits[number] for _, _, number in sorted(scored)[:limit])

    def _query(self, words: list[str], compounds: list[str], *, typos: bool) -> Query:
        whole = " ".join(words)
        schema = self._index.schema
        choices = [
            self._constant(WHOLE, whole, WHOLE_NAME),
            self._begins(WHOLE, whole, 300.0),
            self._all(words, typos=typos),
        ]
        for compound in compounds:
            choices.append(self._constant(NAME, compound, 50.0))
            choices.append(self._constant(OTHER, compound, 40.0))
        joined = "".join(words)
        if len(words) > 1:  # 'few shot' for what is written 'few-shot' or 'fewshot'
            choices.append(self._begins(NAME, joined, 30.0))
        elif typos and len(whole) >= SHORTEST_TYPO:
            typo = Query.fuzzy_term_query(schema, WHOLE, whole, distance=1)
            choices.append(Query.const_score_query(typo, 5.0))
        in_text = [(Occur.Must, self._constant(TEXT, word, 0.1)) for word in words]
        choices.append(Query.boolean_query(in_text))
        return Query.disjunction_max_query(choices)

    def _all(self, words: list[str], *, typos: bool) -> Query:
        """Names that hold every word, the last one perhaps unfinished; with *typos* misspelt."""
        parts = []
        for number, word in enumerate(words):
            last = number == len(words) - 1
            choices = [self._constant(NAME, word, 60.0), self._constant(OTHER, word, 50.0)]
            if last:
                choices.append(self._begins(NAME, word, 40.0))
                choices.append(self._begins(OTHER, word, 30.0))
            if typos and len(word) >= SHORTEST_TYPO:
                distance = 1 if len(word) < 8 else 2
                for field, score in ((NAME, 3.0), (OTHER, 1.5)):
                    typo = Query.fuzzy_term_query(
                        self._index.schema, field, word, distance=distance, prefix=False
                    )
                    choices.append(Query.const_score_query(typo, score))
                    if last:
                        begun = Query.fuzzy_term_query(
                            self._index.schema, field, word, distance=1, prefix=True
                        )
                        choices.append(Query.const_score_query(begun, score - 1.0))
            parts.append((Occur.Must, Query.disjunction_max_query(choices)))
        # Scores of words add up: their mean keeps long questions comparable to whole names.
        return Query.boost_query(Query.boolean_query(parts), 1.0 / len(words))

    def _constant(self, field: str, word: str, score: float) -> Query:
        return Query.const_score_query(Query.term_query(self._index.schema, field, word), score)

    def _begins(self, field: str, word: str, score: float) -> Query:
        if len(word) <= SHORT:
            return self._constant(STARTS[field], word, score)
        prefix = Query.fuzzy_term_query(self._index.schema, field, word, distance=0, prefix=True)
        return Query.const_score_query(prefix, score)


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("number", stored=True, indexed=False)
    builder.add_text_field("kind", tokenizer_name="raw")
    builder.add_text_field(WHOLE, tokenizer_name="raw")
    starts = ((field, "blanks") for field in STARTS.values())
    for field, words in ((NAME, "blanks"), (OTHER, "blanks"), (TEXT, "prose"), *starts):
        builder.add_text_field(field, tokenizer_name=words, index_option="basic")
    return builder.build()


def _prose() -> tantivy.TextAnalyzer:
    # Folding an abstract here in Python would cost ten times what Tantivy's own filters do; they
    # fold Latin letters only, which is enough for what merely adds to the names.
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    return builder.filter(tantivy.Filter.lowercase()).filter(tantivy.Filter.ascii_fold()).build()


def _hits(catalogue: Catalogue) -> Iterator[Hit]:
    for author in catalogue.authors:
        yield Hit(author.iri, "author", author.name, "", author.papers)
    for paper in catalogue.papers:
        names = ", ".join(author.name for author in paper.authors)
        more = " et al." if paper.author_count > len(paper.authors) else ""
        year = f" ({paper.date[:4]})" if paper.date else ""
        yield Hit(paper.iri, "paper", paper.title, f"{names}{more}{year}", None)
    for kind in CONCEPT_KINDS:
        for concept in catalogue.concepts[kind]:
            yield Hit(concept.iri, kind, concept.name, "", concept.papers)
