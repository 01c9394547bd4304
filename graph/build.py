"""Papers and extractions to quads. No input, no output: generators over values."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from pyoxigraph import Literal, NamedNode, Quad

from scholargraph.extract.families import family
from scholargraph.extract.keys import concept_key
from scholargraph.extract.mentions import Concept, Extraction, Mention
from scholargraph.extract.papers import Author, Paper, Profile, SourceClaim

from . import vocab as v
from .identifiers import addresses
from .iris import Iris, part

Term = NamedNode | Literal


@dataclass(frozen=True, slots=True)
class Run:
    """
    One import of one file: what was read, by which software, with which model.

    *sha256* is of the file's bytes; *captured* is the ISO day on which a profile page was taken.
    """

    file_name: str
    sha256: str
    format: str
    version: str
    model: str
    captured: str | None = None


def source_iri(run: Run, iris: Iris) -> NamedNode:
    return iris.source(run.sha256)


def run_iri(run: Run, iris: Iris) -> NamedNode:
    return iris.run(run.sha256, run.captured or "", run.version, run.model)


def run_quads(run: Run, iris: Iris) -> Iterator[Quad]:
    """The run and the file that it read. Its times live in a named graph: see `Iris.runs_graph`."""
    activity, source = run_iri(run, iris), source_iri(run, iris)
    yield Quad(activity, v.TYPE, v.ACTIVITY)
    yield Quad(activity, v.USED, source)
    yield Quad(activity, v.SOFTWARE_VERSION, Literal(run.version))
    yield Quad(activity, v.MODEL, Literal(run.model))
    yield Quad(source, v.TYPE, v.ENTITY)
    yield Quad(source, v.FILE_NAME, Literal(run.file_name))
    yield Quad(source, v.SHA256, Literal(run.sha256))
    yield Quad(source, v.FORMAT, Literal(run.format))
    if run.captured:
        yield Quad(source, v.CAPTURED, Literal(run.captured, datatype=v.XSD_DATE))


def profile_quads(profile: Profile, run: Run, iris: Iris) -> Iterator[Quad]:
    """What a profile page says of its author."""
    page, author = iris.profile(profile.author), iris.author(profile.author)
    yield Quad(page, v.TYPE, v.PROFILE)
    yield Quad(page, v.MAIN_ENTITY, author)
    yield Quad(page, v.NAME_AS_GIVEN, Literal(profile.author))
    yield Quad(page, v.SOURCE, source_iri(run, iris))
    yield Quad(page, v.CAPTURED, Literal(profile.captured, datatype=v.XSD_DATE))
    for code in profile.categories:
        yield Quad(page, v.CATEGORY, iris.category(code))
    for claim in profile.claims:
        yield from claim_quads(claim, page, author, source_iri(run, iris), run.captured)


def paper_quads(
    paper: Paper, extraction: Extraction, run: Run, iris: Iris, *, record_hash: str
) -> Iterator[Quad]:
    """
    Every triple that *paper* owns, and its links to authors and concepts.

    What authors and concepts are called is settled over all papers, in `scholargraph.graph.settle`;
    what its references are found to mean, in `scholargraph.graph.citations`. *record_hash* tells
    the next import whether the record or the model has changed.
    """
    subject = iris.paper(paper)
    yield from type_quads(subject)
    yield from statement_quads(paper, subject, iris)
    yield Quad(subject, v.SOURCE, source_iri(run, iris))
    yield Quad(subject, v.RECORD_HASH, Literal(record_hash))
    for claim in paper.claims:
        yield from claim_quads(claim, subject, subject, source_iri(run, iris), run.captured)
    yield from evidence_quads(subject, paper, extraction, run_iri(run, iris), iris)


def type_quads(subject: NamedNode) -> Iterator[Quad]:
    """What every paper is."""
    yield Quad(subject, v.TYPE, v.ARTICLE)
    yield Quad(subject, v.TYPE, v.RESEARCH_PAPER)


def statement_quads(paper: Paper, subject: NamedNode, iris: Iris) -> Iterator[Quad]:
    """What *paper* says of *subject*, a paper or one record of it, but claims and references."""
    ids = dict(reversed(paper.ids))  # of several of one scheme the first
    if paper.genre:
        yield Quad(subject, v.TYPE, v.GENRES[paper.genre])
    if paper.title:
        yield Quad(subject, v.TITLE, Literal(paper.title))
    if paper.abstract:
        yield Quad(subject, v.ABSTRACT, Literal(paper.abstract))
    yield Quad(subject, v.IDENTIFIER, Literal(paper.id))
    if paper.date:
        yield Quad(subject, v.ISSUED, date_literal(paper.date))
    if "doi" in ids:
        yield Quad(subject, v.DOI, Literal(ids["doi"]))
    if "arxiv" in ids:
        yield Quad(subject, v.ARXIV_ID, Literal(ids["arxiv"]))
    for address in addresses(paper.ids):
        yield Quad(subject, v.SAME_AS, address)
    for scheme, value in paper.ids:
        if scheme == "isbn":
            yield Quad(subject, v.ISBN, Literal(value))
    for predicate, text in (
        (v.VENUE, paper.venue),
        (v.VOLUME, paper.volume),
        (v.ISSUE, paper.issue),
        (v.PAGES, paper.pages),
        (v.PUBLISHER, paper.publisher),
    ):
        if text:
            yield Quad(subject, predicate, Literal(text))
    if paper.withdrawn:
        yield Quad(subject, v.WITHDRAWN, Literal(True))
    if paper.truncated:
        yield Quad(subject, v.AUTHORS_TRUNCATED, Literal(True))
    if paper.code_flag:
        yield Quad(subject, v.CODE_FLAG, Literal(True))
    for tag in paper.affiliations:
        yield Quad(subject, v.AFFILIATION_TAG, Literal(tag))
    for code in paper.categories:
        yield Quad(subject, v.CATEGORY, iris.category(code))
    for predicate, links in ((v.URL, paper.urls), (v.CODE, paper.code)):
        for link in links:
            yield Quad(subject, predicate, _link(link))
    for author in paper.authors:
        yield from _author_quads(author, subject, iris)


def _author_quads(author: Author, subject: NamedNode, iris: Iris) -> Iterator[Quad]:
    person = iris.author(author.name)
    name = (
        f"author-{author.position}" if author.position else f"author-{person.value.rsplit('/')[-1]}"
    )
    authorship = part(subject, name)
    yield Quad(subject, v.CREATOR, person)
    yield Quad(subject, v.AUTHOR, person)
    yield Quad(authorship, v.TYPE, v.AUTHORSHIP)
    yield Quad(authorship, v.PART_OF, subject)
    yield Quad(authorship, v.OF_AUTHOR, person)
    yield Quad(authorship, v.NAME_AS_GIVEN, Literal(author.name))
    if author.position:
        yield Quad(authorship, v.POSITION, Literal(author.position))
    if author.orcid:
        yield Quad(authorship, v.ORCID, Literal(author.orcid))
    for affiliation in author.affiliations:
        yield Quad(authorship, v.AFFILIATION, Literal(affiliation))


def claim_quads(
    claim: SourceClaim,
    owner: NamedNode,
    about: NamedNode,
    source: NamedNode,
    captured: str | None,
    *record: str,
) -> Iterator[Quad]:
    """*claim* as a part of *owner*; *record* tells it from the same claim of another record."""
    node = part(owner, "claim", claim.measure, *record)
    yield Quad(node, v.TYPE, v.SOURCE_CLAIM)
    yield Quad(node, v.PART_OF, owner)
    yield Quad(node, v.CLAIMS_ABOUT, about)
    yield Quad(node, v.MEASURE, Literal(claim.measure))
    yield Quad(node, v.VALUE, decimal_literal(claim.value))
    yield Quad(node, v.SOURCE, source)
    if claim.unit:
        yield Quad(node, v.UNIT, Literal(claim.unit))
    if captured:
        yield Quad(node, v.CAPTURED, Literal(captured, datatype=v.XSD_DATE))


def evidence_quads(
    subject: NamedNode, paper: Paper, extraction: Extraction, run: NamedNode, iris: Iris
) -> Iterator[Quad]:
    """What *run* read in the title and the abstract of *paper*, as parts of *subject*."""
    concepts = [iris.concept(mention.concept) for mention in extraction.mentions]
    spoken = {item.sentence for item in extraction.mentions}
    spoken.update(item.sentence for item in extraction.relations)
    spoken.update(item.sentence for item in extraction.results)
    sentences: dict[int, NamedNode] = {}
    for number in sorted(spoken):
        sentence = extraction.sentences[number]
        node = part(subject, "sentence", sentence.field, sentence.start, sentence.end)
        sentences[number] = node
        text = paper.title if sentence.field == "title" else paper.abstract
        yield Quad(node, v.TYPE, v.SENTENCE)
        yield Quad(node, v.PART_OF, subject)
        yield Quad(node, v.VALUE, Literal(text[sentence.start : sentence.end]))
        yield Quad(node, v.FIELD, Literal(sentence.field))
        yield Quad(node, v.START, Literal(sentence.start))
        yield Quad(node, v.END, Literal(sentence.end))

    for mention, concept in zip(extraction.mentions, concepts, strict=True):
        node = part(subject, "mention", mention.field, mention.start, mention.end, mention.kind)
        yield Quad(node, v.TYPE, v.MENTION)
        yield Quad(node, v.TYPE, v.ANNOTATION)
        yield Quad(node, v.PART_OF, subject)
        yield Quad(node, v.OF_CONCEPT, concept)
        yield Quad(node, v.IN_SENTENCE, sentences[mention.sentence])
        yield Quad(node, v.EXACT, Literal(mention.text))
        yield Quad(node, v.START, Literal(mention.start))
        yield Quad(node, v.END, Literal(mention.end))
        yield Quad(node, v.CONFIDENCE, _probability(mention.confidence))
        yield Quad(node, v.GENERATED_BY, run)
        yield from _naming(node, mention, iris)
        yield Quad(subject, v.USES[mention.kind], concept)
    for number in extraction.introduces:
        yield Quad(subject, v.INTRODUCES, concepts[number])

    for relation in extraction.relations:
        if concepts[relation.subject] == concepts[relation.object]:
            continue  # a full name and its short form: one concept, which is no news of itself
        ends = extraction.mentions[relation.subject], extraction.mentions[relation.object]
        names = (f"{end.field}-{end.start}-{end.end}" for end in ends)
        node = part(subject, "relation", relation.predicate, *names)
        yield Quad(node, v.TYPE, v.RELATION)
        yield Quad(node, v.PART_OF, subject)
        yield Quad(node, v.SUBJECT, concepts[relation.subject])
        yield Quad(node, v.PREDICATE, v.RELATIONS[relation.predicate])
        yield Quad(node, v.OBJECT, concepts[relation.object])
        yield Quad(node, v.IN_SENTENCE, sentences[relation.sentence])
        yield Quad(node, v.CONFIDENCE, _probability(relation.confidence))
        yield Quad(node, v.GENERATED_BY, run)

    for result in extraction.results:
        field = extraction.sentences[result.sentence].field
        node = part(subject, "result", field, result.start, result.end)
        yield Quad(node, v.TYPE, v.RESULT_CLAIM)
        yield Quad(node, v.PART_OF, subject)
        yield Quad(node, v.VALUE, decimal_literal(result.value))
        yield Quad(node, v.CHANGE, Literal(result.change))
        yield Quad(node, v.EXACT, Literal(result.text))
        yield Quad(node, v.START, Literal(result.start))
        yield Quad(node, v.END, Literal(result.end))
        yield Quad(node, v.IN_SENTENCE, sentences[result.sentence])
        yield Quad(node, v.CONFIDENCE, _probability(result.confidence))
        yield Quad(node, v.GENERATED_BY, run)
        if result.unit:
            yield Quad(node, v.UNIT, Literal(result.unit))
        for name, predicate in v.RESULT_PARTS.items():
            number = getattr(result, name)
            if number is not None:
                yield Quad(node, predicate, concepts[number])


def _naming(node: NamedNode, mention: Mention, iris: Iris) -> Iterator[Quad]:
    # A mention speaks for its concept's name by its own text; only where it does not, that is said.
    concept = mention.concept
    if concept.label != mention.text:
        yield Quad(node, v.CONCEPT_LABEL, Literal(concept.label))
    if concept.abbreviation:
        yield Quad(node, v.ABBREVIATION, Literal(concept.abbreviation))
    for rule in mention.linked_by:
        yield Quad(node, v.LINKED_BY, Literal(rule))
    for correction in mention.corrections:
        yield Quad(node, v.CORRECTED_BY, NamedNode(correction))
    wider = family(concept.label) if concept.kind == "method" else None
    if wider:
        yield Quad(node, v.FAMILY, iris.concept(Concept("method", concept_key(wider), wider)))
        yield Quad(node, v.FAMILY_LABEL, Literal(wider))


def date_literal(date: str) -> Literal:
    """
    An ISO date at its own precision.

    >>> date_literal("2022-03").datatype.value
    'http://www.w3.org/2001/XMLSchema#gYearMonth'
    """
    datatype = {1: v.XSD_YEAR, 2: v.XSD_YEAR_MONTH, 3: v.XSD_DATE}[len(date.split("-"))]
    return Literal(date, datatype=datatype)


def _link(link: str) -> Term:
    try:
        return NamedNode(link)
    except ValueError:  # a source's address that is no IRI is kept as it was written
        return Literal(link)


def decimal_literal(value: Decimal) -> Literal:
    """
    *value* in the one spelling that Oxigraph keeps, so that a graph compares equal with its quads.

    >>> decimal_literal(Decimal("0.970")).value, decimal_literal(Decimal("1E+2")).value
    ('0.97', '100')
    """
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return Literal("0" if text == "-0" else text, datatype=v.XSD_DECIMAL)


def _probability(confidence: float) -> Literal:
    # Three digits: more would claim a precision that the calibration does not have.
    return _decimal(f"{confidence:.3f}")


@lru_cache(maxsize=1001)
def _decimal(text: str) -> Literal:
    return decimal_literal(Decimal(text))
