"""Sentences that people have corrected, as annotations to learn from."""

from collections.abc import Iterator, Sequence

from pyoxigraph import NamedNode

from scholargraph.extract.gold import GoldSentence, Span
from scholargraph.extract.mentions import Extraction, Mention, Sentence

from . import vocab as v
from .amending import sentence_around
from .corrections import Correction, corrections
from .evidence import read_evidence
from .iris import Iris
from .parts import Readable
from .records import Held, held

# What says where mentions are and of which kind; other corrections are about names.
_ABOUT_SPANS = {"accept", "reject", "retype", "add"}


def reviewed_sentences(graph: Readable, iris: Iris) -> Iterator[GoldSentence]:
    """
    Every sentence of which a person has accepted, rejected, retyped or added a mention.

    Its spans are all mentions that it has now, but for those of the extractor's that overlap one
    that a person has looked at. In order of papers and places.
    """
    found = [
        each
        for each in corrections(graph, iris)
        if not each.is_machine and each.action in _ABOUT_SPANS
    ]
    papers = {each.paper for each in found if each.paper}
    for each in found:
        if each.paper is None and each.new_kind:
            papers |= _papers_with(graph, each, iris)
    credited = {each.iri(iris).value for each in found}
    for paper in sorted(papers):
        was = held(graph, NamedNode(paper), iris)
        if was is None:
            continue
        extraction = read_evidence(was.evidence, was.iri, iris)
        here = [each for each in found if each.paper == paper]
        yield from _sentences(was, extraction, here, credited)


def _papers_with(graph: Readable, correction: Correction, iris: Iris) -> set[str]:
    quads = graph.quads(None, v.CORRECTED_BY, correction.iri(iris), None)
    return {getattr(quad.subject, "value", "").partition("#")[0] for quad in quads}


def _sentences(
    paper: Held, extraction: Extraction, here: Sequence[Correction], credited: set[str]
) -> Iterator[GoldSentence]:
    texts = {"title": paper.title, "abstract": paper.abstract}
    wanted: set[Sentence] = set()
    reviewed: list[Mention] = []
    for mention in extraction.mentions:
        if not credited.isdisjoint(mention.corrections):
            reviewed.append(mention)
            wanted.add(extraction.sentences[mention.sentence])
    for each in here:  # of what was rejected, the sentence is all that is left
        if each.field and each.start is not None and each.text:
            text = texts[each.field]
            start = each.start if text.startswith(each.text, each.start) else text.find(each.text)
            place = Sentence(each.field, start, start + len(each.text))
            sentence = _around(place, extraction, text) if start >= 0 else None
            if sentence is not None:
                wanted.add(sentence)
    for sentence in sorted(wanted, key=lambda one: (one.field != "title", one.start)):
        inside = [
            mention
            for mention in extraction.mentions
            if mention.field == sentence.field
            and sentence.start <= mention.start
            and mention.end <= sentence.end
            and (mention in reviewed or not any(_overlap(mention, other) for other in reviewed))
        ]
        spans = {
            Span(mention.start - sentence.start, mention.end - sentence.start, mention.kind)
            for mention in inside
        }
        yield GoldSentence(
            id=f"{paper.iri.value}#sentence-{sentence.field}-{sentence.start}-{sentence.end}",
            document=paper.iri.value,
            text=texts[sentence.field][sentence.start : sentence.end],
            spans=tuple(sorted(spans)),
        )


def _around(place: Sentence, extraction: Extraction, text: str) -> Sentence | None:
    """The sentence that *place* is in: the extractor's own where it found anything else there."""
    for sentence in extraction.sentences:
        inside = sentence.start <= place.start and place.end <= sentence.end
        if sentence.field == place.field and inside:
            return sentence
    bounds = sentence_around(text, place.start, place.end, whole=place.field == "title")
    return None if bounds is None else Sentence(place.field, *bounds)


def _overlap(one: Mention, other: Mention) -> bool:
    return one.field == other.field and one.start < other.end and other.start < one.end
