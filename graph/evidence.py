"""Evidence out of the graph: what was read in a paper, as the values that it was made of."""

from collections.abc import Iterable
from decimal import Decimal
from typing import cast, get_args

from pyoxigraph import NamedNode, Quad

from scholargraph.extract.mentions import (
    LINK_RULES,
    Concept,
    Extraction,
    Field,
    Kind,
    Mention,
    Predicate,
    Relation,
    ResultClaim,
    Sentence,
)

from . import vocab as v
from .entities import value_of
from .iris import Iris
from .snapshots import Term

_Said = dict[NamedNode, list[Term]]

_PREDICATES = {term: name for name, term in v.RELATIONS.items()}
_FIELDS: tuple[Field, ...] = get_args(Field)


def concept_named(iri: NamedNode, label: str, abbreviation: str | None, iris: Iris) -> Concept:
    """The concept *iri*, which a mention calls *label*."""
    noun = (iris.local(iri.value) or "/").split("/")[1]
    return Concept(cast(Kind, noun), iris.key(iri.value), label, abbreviation)


def read_evidence(quads: Iterable[Quad], paper: NamedNode, iris: Iris) -> Extraction:
    """
    The extraction whose evidence *quads* are, all those of *paper*.

    `build.evidence_quads` makes the same quads of it again. Only sentences that something was found
    in are kept; *model* is ''.
    """
    about: dict[object, _Said] = {}
    for quad in quads:
        about.setdefault(quad.subject, {}).setdefault(quad.predicate, []).append(quad.object)
    nodes: dict[NamedNode, list[tuple[NamedNode, _Said]]] = {}
    for node, said in about.items():
        for kind in said.get(v.TYPE, ()):
            if isinstance(node, NamedNode) and isinstance(kind, NamedNode):
                nodes.setdefault(kind, []).append((node, said))

    places: dict[Sentence, NamedNode] = {}
    for node, said in nodes.get(v.SENTENCE, ()):
        places[_sentence(said)] = node
    sentences = sorted(places, key=lambda one: (_FIELDS.index(one.field), one.start, one.end))
    number_of: dict[Term, int] = {places[one]: number for number, one in enumerate(sentences)}

    mentions = []
    for _, said in nodes.get(v.MENTION, ()):
        sentence = number_of[said[v.IN_SENTENCE][0]]
        mentions.append(_mention(said, sentence, sentences[sentence].field, iris))
    mentions.sort(key=_place)
    by_concept: dict[Term, list[int]] = {}
    for number, mention in enumerate(mentions):
        by_concept.setdefault(iris.concept(mention.concept), []).append(number)

    def first(concept: Term, sentence: int | None = None) -> int | None:
        """The mention that stands for *concept*, one in the sentence if there is one."""
        found = by_concept.get(concept, [])
        near = (number for number in found if mentions[number].sentence == sentence)
        return next(near, next(iter(found), None))

    relations = []
    for node, said in nodes.get(v.RELATION, ()):
        relation = _relation(node, said, mentions, number_of, iris)
        if relation is not None:
            relations.append(relation)
    results = []
    for _, said in nodes.get(v.RESULT_CLAIM, ()):
        sentence = number_of[said[v.IN_SENTENCE][0]]
        parts = {
            name: first(said[predicate][0], sentence)
            for name, predicate in v.RESULT_PARTS.items()
            if predicate in said
        }
        results.append(_result(said, sentence, parts))
    introduced = (first(term) for term in about.get(paper, {}).get(v.INTRODUCES, ()))
    return Extraction(
        sentences=tuple(sentences),
        mentions=tuple(mentions),
        relations=tuple(sorted(relations, key=lambda one: (one.subject, one.object))),
        results=tuple(sorted(results, key=lambda one: (one.sentence, one.start))),
        introduces=tuple(sorted(number for number in introduced if number is not None)),
        model="",
    )


def _place(mention: Mention) -> tuple[int, int, int, str]:
    return _FIELDS.index(mention.field), mention.start, mention.end, mention.kind


def _sentence(said: _Said) -> Sentence:
    return Sentence(cast(Field, _text(said, v.FIELD)), _int(said, v.START), _int(said, v.END))


def _mention(said: _Said, sentence: int, field: Field, iris: Iris) -> Mention:
    text = _text(said, v.EXACT)
    concept = cast(NamedNode, said[v.OF_CONCEPT][0])
    label = _text(said, v.CONCEPT_LABEL) or text
    rules = {value_of(rule) for rule in said.get(v.LINKED_BY, ())}
    named = concept_named(concept, label, _text(said, v.ABBREVIATION) or None, iris)
    return Mention(
        field=field,
        start=_int(said, v.START),
        end=_int(said, v.END),
        text=text,
        kind=named.kind,
        confidence=float(_text(said, v.CONFIDENCE)),
        concept=named,
        sentence=sentence,
        linked_by=tuple(rule for rule in LINK_RULES if rule in rules),
        corrections=tuple(sorted(value_of(iri) for iri in said.get(v.CORRECTED_BY, ()))),
    )


def _relation(
    node: NamedNode,
    said: _Said,
    mentions: list[Mention],
    number_of: dict[Term, int],
    iris: Iris,
) -> Relation | None:
    # The ends are known by their places, which the name of the node holds, and their concepts.
    names = node.value.rpartition("#")[2].split("-")[-6:]
    ends = []
    for names_of, predicate in ((names[:3], v.SUBJECT), (names[3:], v.OBJECT)):
        field, start, end = names_of
        concept = said[predicate][0]
        ends.append(
            next(
                (
                    number
                    for number, mention in enumerate(mentions)
                    if (mention.field, str(mention.start), str(mention.end)) == (field, start, end)
                    and iris.concept(mention.concept) == concept
                ),
                None,
            )
        )
    subject, object = ends
    if subject is None or object is None:
        return None
    return Relation(
        subject,
        cast(Predicate, _PREDICATES[cast(NamedNode, said[v.PREDICATE][0])]),
        object,
        number_of[said[v.IN_SENTENCE][0]],
        float(_text(said, v.CONFIDENCE)),
    )


def _result(said: _Said, sentence: int, parts: dict[str, int | None]) -> ResultClaim:
    return ResultClaim(
        sentence=sentence,
        start=_int(said, v.START),
        end=_int(said, v.END),
        text=_text(said, v.EXACT),
        value=Decimal(_text(said, v.VALUE)),
        unit=_text(said, v.UNIT) or None,  # type: ignore[arg-type]
        change=_text(said, v.CHANGE),  # type: ignore[arg-type]
        confidence=float(_text(said, v.CONFIDENCE)),
        **parts,
    )


def _text(said: _Said, predicate: NamedNode) -> str:
    return next((value_of(value) for value in said.get(predicate, ())), "")


def _int(said: _Said, predicate: NamedNode) -> int:
    return int(_text(said, predicate))
