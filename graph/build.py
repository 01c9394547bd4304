"""
Papers and extractions to triples. No input, no output: generators over values.

A paper's triples are written as lines of N-Triples, see `scholargraph.graph.ntriples`.
"""

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
from .ntriples import integer, line, literal, quads_in

Term = NamedNode | Literal

# Terms of most lines, as text.
_TYPE, _PART_OF, _VALUE, _FIELD = map(str, (v.TYPE, v.PART_OF, v.VALUE, v.FIELD))
_START, _END, _EXACT, _CHANGE = map(str, (v.START, v.END, v.EXACT, v.CHANGE))
_SENTENCE, _MENTION, _ANNOTATION = map(str, (v.SENTENCE, v.MENTION, v.ANNOTATION))
_RELATION, _RESULT_CLAIM, _AUTHORSHIP = map(str, (v.RELATION, v.RESULT_CLAIM, v.AUTHORSHIP))
_OF_CONCEPT, _IN_SENTENCE = map(str, (v.OF_CONCEPT, v.IN_SENTENCE))
_CONFIDENCE, _GENERATED_BY = map(str, (v.CONFIDENCE, v.GENERATED_BY))
_SUBJECT, _PREDICATE, _OBJECT = map(str, (v.SUBJECT, v.PREDICATE, v.OBJECT))
_CREATOR, _AUTHOR = map(str, (v.CREATOR, v.AUTHOR))
_OF_AUTHOR, _NAME_AS_GIVEN = map(str, (v.OF_AUTHOR, v.NAME_AS_GIVEN))
_USES = {kind: str(predicate) for kind, predicate in v.USES.items()}
_RELATIONS = {name: str(predicate) for name, predicate in v.RELATIONS.items()}


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
        lines = claim_lines(claim, page, author, source_iri(run, iris), run.captured)
        yield from quads_in(lines)


def paper_quads(
    paper: Paper, extraction: Extraction, run: Run, iris: Iris, *, record_hash: str
) -> list[Quad]:
    """
    Every triple that *paper* owns, and its links to authors and concepts; some may be twice.

    What authors and concepts are called is settled over all papers, in `scholargraph.graph.settle`;
    what its references are found to mean, in `scholargraph.graph.citations`. *record_hash* tells
    the next import whether the record or the model has changed.
    """
    subject, source = iris.paper(paper), source_iri(run, iris)
    lines = [
        *type_lines(subject),
        *statement_lines(paper, subject, iris),
        line(subject, v.SOURCE, source),
        line(subject, v.RECORD_HASH, literal(record_hash)),
    ]
    for claim in paper.claims:
        lines += claim_lines(claim, subject, subject, source, run.captured)
    lines += evidence_lines(subject, paper, extraction, run_iri(run, iris), iris)
    return quads_in(lines)


def type_lines(subject: NamedNode) -> Iterator[str]:
    """What every paper is."""
    yield line(subject, v.TYPE, v.ARTICLE)
    yield line(subject, v.TYPE, v.RESEARCH_PAPER)


def statement_lines(paper: Paper, subject: NamedNode, iris: Iris) -> Iterator[str]:
    """What *paper* says of *subject*, a paper or one record of it, but claims and references."""
    ids = dict(reversed(paper.ids))  # of several of one scheme the first
    if paper.genre:
        yield line(subject, v.TYPE, v.GENRES[paper.genre])
    if paper.date:
        yield line(subject, v.ISSUED, date_literal(paper.date))
    for predicate, text in (
        (v.TITLE, paper.title),
        (v.ABSTRACT, paper.abstract),
        (v.DOI, ids.get("doi")),
        (v.ARXIV_ID, ids.get("arxiv")),
        (v.VENUE, paper.venue),
        (v.VOLUME, paper.volume),
        (v.ISSUE, paper.issue),
        (v.PAGES, paper.pages),
        (v.PUBLISHER, paper.publisher),
    ):
        if text:
            yield line(subject, predicate, literal(text))
    yield line(subject, v.IDENTIFIER, literal(paper.id))
    for address in addresses(paper.ids):
        yield line(subject, v.SAME_AS, address)
    for scheme, value in paper.ids:
        if scheme == "isbn":
            yield line(subject, v.ISBN, literal(value))
    for predicate, flag in (
        (v.WITHDRAWN, paper.withdrawn),
        (v.AUTHORS_TRUNCATED, paper.truncated),
        (v.CODE_FLAG, paper.code_flag),
    ):
        if flag:
            yield line(subject, predicate, Literal(True))
    for tag in paper.affiliations:
        yield line(subject, v.AFFILIATION_TAG, literal(tag))
    for code in paper.categories:
        yield line(subject, v.CATEGORY, iris.category(code))
    for predicate, links in ((v.URL, paper.urls), (v.CODE, paper.code)):
        for link in links:
            yield line(subject, predicate, _link(link))
    for author in paper.authors:
        yield from _author_lines(author, subject, iris)


def _author_lines(author: Author, subject: NamedNode, iris: Iris) -> Iterator[str]:
    person = iris.author(author.name)
    name = (
        f"author-{author.position}" if author.position else f"author-{person.value.rsplit('/')[-1]}"
    )
    node = part(subject, name)
    yield (
        f"{subject} {_CREATOR} {person} .\n"
        f"{subject} {_AUTHOR} {person} .\n"
        f"{node} {_TYPE} {_AUTHORSHIP} .\n"
        f"{node} {_PART_OF} {subject} .\n"
        f"{node} {_OF_AUTHOR} {person} .\n"
        f"{node} {_NAME_AS_GIVEN} {literal(author.name)} .\n"
    )
    if author.position:
        yield line(node, v.POSITION, integer(author.position))
    if author.orcid:
        yield line(node, v.ORCID, literal(author.orcid))
    for affiliation in author.affiliations:
        yield line(node, v.AFFILIATION, literal(affiliation))


def claim_lines(
    claim: SourceClaim,
    owner: NamedNode,
    about: NamedNode,
    source: NamedNode,
    captured: str | None,
    *record: str,
) -> Iterator[str]:
    """*claim* as a part of *owner*; *record* tells it from the same claim of another record."""
    node = part(owner, "claim", claim.measure, *record)
    yield line(node, v.TYPE, v.SOURCE_CLAIM)
    yield line(node, v.PART_OF, owner)
    yield line(node, v.CLAIMS_ABOUT, about)
    yield line(node, v.MEASURE, literal(claim.measure))
    yield line(node, v.VALUE, decimal_literal(claim.value))
    yield line(node, v.SOURCE, source)
    if claim.unit:
        yield line(node, v.UNIT, literal(claim.unit))
    if captured:
        yield line(node, v.CAPTURED, Literal(captured, datatype=v.XSD_DATE))


def evidence_quads(
    subject: NamedNode, paper: Paper, extraction: Extraction, run: NamedNode, iris: Iris
) -> list[Quad]:
    """The quads of `evidence_lines`; some may be twice."""
    return quads_in(evidence_lines(subject, paper, extraction, run, iris))


def evidence_lines(
    subject: NamedNode, paper: Paper, extraction: Extraction, run: NamedNode, iris: Iris
) -> Iterator[str]:
    """
    What *run* read in the title and the abstract of *paper*, as parts of *subject*.

    Of 230 triples of a paper 170 are written here, so that each node is written at once.
    """
    start = str(part(subject, ""))[:-1]  # of the IRIs of parts
    owner, activity = str(subject), str(run)
    concepts = [str(iris.concept(mention.concept)) for mention in extraction.mentions]
    spoken = {item.sentence for item in extraction.mentions}
    spoken.update(item.sentence for item in extraction.relations)
    spoken.update(item.sentence for item in extraction.results)
    sentences: dict[int, str] = {}
    for number in sorted(spoken):
        sentence = extraction.sentences[number]
        node = f"{start}sentence-{sentence.field}-{sentence.start}-{sentence.end}>"
        sentences[number] = node
        text = paper.title if sentence.field == "title" else paper.abstract
        yield (
            f"{node} {_TYPE} {_SENTENCE} .\n"
            f"{node} {_PART_OF} {owner} .\n"
            f"{node} {_VALUE} {literal(text[sentence.start : sentence.end])} .\n"
            f"{node} {_FIELD} {literal(sentence.field)} .\n"
            f"{node} {_START} {integer(sentence.start)} .\n"
            f"{node} {_END} {integer(sentence.end)} .\n"
        )

    for mention, concept in zip(extraction.mentions, concepts, strict=True):
        node = f"{start}mention-{mention.field}-{mention.start}-{mention.end}-{mention.kind}>"
        yield (
            f"{node} {_TYPE} {_MENTION} .\n"
            f"{node} {_TYPE} {_ANNOTATION} .\n"
            f"{node} {_PART_OF} {owner} .\n"
            f"{node} {_OF_CONCEPT} {concept} .\n"
            f"{node} {_IN_SENTENCE} {sentences[mention.sentence]} .\n"
            f"{node} {_EXACT} {literal(mention.text)} .\n"
            f"{node} {_START} {integer(mention.start)} .\n"
            f"{node} {_END} {integer(mention.end)} .\n"
            f"{node} {_CONFIDENCE} {_probability(mention.confidence)} .\n"
            f"{node} {_GENERATED_BY} {activity} .\n"
            f"{owner} {_USES[mention.kind]} {concept} .\n"
        )
        yield from _naming(node, mention, iris)
    for number in extraction.introduces:
        yield line(owner, v.INTRODUCES, concepts[number])

    for relation in extraction.relations:
        if concepts[relation.subject] == concepts[relation.object]:
            continue  # a full name and its short form: one concept, which is no news of itself
        ends = extraction.mentions[relation.subject], extraction.mentions[relation.object]
        names = "-".join(f"{end.field}-{end.start}-{end.end}" for end in ends)
        node = f"{start}relation-{relation.predicate}-{names}>"
        yield (
            f"{node} {_TYPE} {_RELATION} .\n"
            f"{node} {_PART_OF} {owner} .\n"
            f"{node} {_SUBJECT} {concepts[relation.subject]} .\n"
            f"{node} {_PREDICATE} {_RELATIONS[relation.predicate]} .\n"
            f"{node} {_OBJECT} {concepts[relation.object]} .\n"
            f"{node} {_IN_SENTENCE} {sentences[relation.sentence]} .\n"
            f"{node} {_CONFIDENCE} {_probability(relation.confidence)} .\n"
            f"{node} {_GENERATED_BY} {activity} .\n"
        )

    for result in extraction.results:
        field = extraction.sentences[result.sentence].field
        node = f"{start}result-{field}-{result.start}-{result.end}>"
        yield (
            f"{node} {_TYPE} {_RESULT_CLAIM} .\n"
            f"{node} {_PART_OF} {owner} .\n"
            f"{node} {_VALUE} {decimal_literal(result.value)} .\n"
            f"{node} {_CHANGE} {literal(result.change)} .\n"
            f"{node} {_EXACT} {literal(result.text)} .\n"
            f"{node} {_START} {integer(result.start)} .\n"
            f"{node} {_END} {integer(result.end)} .\n"
            f"{node} {_IN_SENTENCE} {sentences[result.sentence]} .\n"
            f"{node} {_CONFIDENCE} {_probability(result.confidence)} .\n"
            f"{node} {_GENERATED_BY} {activity} .\n"
        )
        if result.unit:
            yield line(node, v.UNIT, literal(result.unit))
        for name, predicate in v.RESULT_PARTS.items():
            number = getattr(result, name)
            if number is not None:
                yield line(node, predicate, concepts[number])


def _naming(node: str, mention: Mention, iris: Iris) -> Iterator[str]:
    # A mention speaks for its concept's name by its own text; only where it does not, that is said.
    concept = mention.concept
    if concept.label != mention.text:
        yield line(node, v.CONCEPT_LABEL, literal(concept.label))
    if concept.abbreviation:
        yield line(node, v.ABBREVIATION, literal(concept.abbreviation))
    for rule in mention.linked_by:
        yield line(node, v.LINKED_BY, literal(rule))
    for correction in mention.corrections:
        yield line(node, v.CORRECTED_BY, NamedNode(correction))
    if wider := wider_concept(concept):
        yield line(node, v.FAMILY, iris.concept(wider))
        yield line(node, v.FAMILY_LABEL, literal(wider.label))


@lru_cache(maxsize=16_384)
def wider_concept(concept: Concept) -> Concept | None:
    """The model that *concept* is a size of."""
    wider = family(concept.label) if concept.kind == "method" else None
    return Concept("method", concept_key(wider), wider) if wider else None


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


def _probability(confidence: float) -> str:
    # Three digits: more would claim a precision that the calibration does not have.
    return _decimal(f"{confidence:.3f}")


@lru_cache(maxsize=1001)
def _decimal(text: str) -> str:
    return str(decimal_literal(Decimal(text)))
