"""What speaks for the names of shared nodes: in quads, and in what quads are made of."""

from collections.abc import Iterable, Iterator

from pyoxigraph import Literal, NamedNode, Quad, Triple

from scholargraph.extract.mentions import Extraction
from scholargraph.extract.papers import Paper

from . import vocab as v
from .build import wider_concept
from .iris import Iris

# A node, or a plain triple between concepts, with what speaks for it: ("name", "Ada Lindqvist").
Node = NamedNode | Triple
Item = tuple[str, str]
Count = dict[Item, int]
Counts = dict[Node, Count]

_WITNESSES = {
    *(v.OF_CONCEPT, v.EXACT, v.CONCEPT_LABEL, v.ABBREVIATION, v.FAMILY, v.FAMILY_LABEL),
    *(v.OF_AUTHOR, v.MAIN_ENTITY, v.NAME_AS_GIVEN, v.ORCID),
    *(v.CATEGORY, v.SUBJECT, v.PREDICATE, v.OBJECT),
}
_SAID: Item = ("said", "")


def add_to(count: Count, item: Item, number: int) -> None:
    count[item] = count.get(item, 0) + number


def witnessed_by(quads: Iterable[Quad]) -> Iterator[tuple[Node, Item]]:
    """What *quads*, in which every node is described whole, say of shared nodes."""
    nodes: dict[object, dict[NamedNode, list[object]]] = {}
    for quad in quads:
        predicate = quad.predicate
        if predicate in _WITNESSES:
            nodes.setdefault(quad.subject, {}).setdefault(predicate, []).append(quad.object)
    for values in nodes.values():
        for concept in _iris(values, v.OF_CONCEPT):
            forms = _texts(values, v.EXACT)
            for label in _texts(values, v.CONCEPT_LABEL) or forms:
                yield concept, ("label", label)
            for form in forms:
                yield concept, ("form", form)
            for short in _texts(values, v.ABBREVIATION):
                yield concept, ("abbreviation", short)
            for family in _iris(values, v.FAMILY):
                yield Triple(concept, v.BROADER, family), _SAID
        for family in _iris(values, v.FAMILY):
            for name in _texts(values, v.FAMILY_LABEL):
                yield family, ("family", name)
        for author in [*_iris(values, v.OF_AUTHOR), *_iris(values, v.MAIN_ENTITY)]:
            for name in _texts(values, v.NAME_AS_GIVEN):
                yield author, ("name", name)
            for orcid in _texts(values, v.ORCID):
                yield author, ("orcid", orcid)
        for category in _iris(values, v.CATEGORY):
            yield category, ("use", "")
        for subject in _iris(values, v.SUBJECT):
            for relation in _iris(values, v.PREDICATE):
                for other in _iris(values, v.OBJECT):
                    yield Triple(subject, relation, other), _SAID


def is_plain(paper: Paper, extraction: Extraction) -> bool:
    """Whether each author, mention and relation has a node of its own, as they nearly all have."""
    mentions = extraction.mentions
    places = {(mention.field, mention.start, mention.end) for mention in mentions}
    related = {(one.predicate, one.subject, one.object) for one in extraction.relations}
    positions = {author.position for author in paper.authors}
    return (
        len(places) == len(mentions)
        and len(related) == len(extraction.relations)
        and len(positions) == len(paper.authors)
        and None not in positions
    )


def witnessed_in(paper: Paper, extraction: Extraction, iris: Iris) -> Iterator[tuple[Node, Item]]:
    """
    What the quads of *paper* and *extraction* say of shared nodes, without making them.

    Both are as `is_plain` wants them, and *paper* is in `scholargraph.graph.records.normal` form.
    """
    for code in paper.categories:
        yield iris.category(code), ("use", "")
    for author in paper.authors:
        person = iris.author(author.name)
        yield person, ("name", author.name)
        if author.orcid:
            yield person, ("orcid", author.orcid)
    concepts = [iris.concept(mention.concept) for mention in extraction.mentions]
    for mention, concept in zip(extraction.mentions, concepts, strict=True):
        named = mention.concept
        yield concept, ("label", named.label)
        yield concept, ("form", mention.text)
        if named.abbreviation:
            yield concept, ("abbreviation", named.abbreviation)
        if wider := wider_concept(named):
            family = iris.concept(wider)
            yield Triple(concept, v.BROADER, family), _SAID
            yield family, ("family", wider.label)
    for relation in extraction.relations:
        subject, object = concepts[relation.subject], concepts[relation.object]
        if subject != object:
            yield Triple(subject, v.RELATIONS[relation.predicate], object), _SAID


def _iris(values: dict[NamedNode, list[object]], predicate: NamedNode) -> list[NamedNode]:
    return [value for value in values.get(predicate, ()) if isinstance(value, NamedNode)]


def _texts(values: dict[NamedNode, list[object]], predicate: NamedNode) -> list[str]:
    return [value.value for value in values.get(predicate, ()) if isinstance(value, Literal)]
