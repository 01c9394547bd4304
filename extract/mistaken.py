"""
Annotated mentions with mistakes in them, such as a tagger makes.

What is learnt from perfect mentions alone takes every mention for right; one with a wrong end has
no relation, exactly judged, and what is no mention at all has none either.
"""

import random
from collections.abc import Iterable

from .annotations import Marked
from .mentions import Kind, Predicate
from .relation_views import Words

# About what a tagger does that finds three mentions of four.
MISSED = 0.12
SHIFTED = 0.12
INVENTED = 0.35  # sentences with a mention that is none
_KINDS: tuple[Kind, ...] = ("method", "method", "dataset", "task")

RelationTriple = tuple[int, Predicate, int]


def with_mistakes(
    words: Words,
    mentions: tuple[Marked, ...],
    relations: Iterable[RelationTriple],
    chance: random.Random,
) -> tuple[tuple[Marked, ...], frozenset[RelationTriple]] | None:
    """
    Other *mentions* of a sentence, in reading order, and which of the *relations* they still have.

    None where chance left it as it is, or with fewer than two mentions. Two that grow towards each
    other can share the word between them.
    """
    number = len(words.starts)
    places = [words.place(mention) for mention in mentions]
    taken = {word for place in places if place for word in range(*place)}
    changed = False
    found: list[tuple[Marked, int | None]] = []
    for index, (mention, place) in enumerate(zip(mentions, places, strict=True)):
        roll = chance.random()
        if place is None:
            continue
        if roll < MISSED:
            changed = True
            continue
        if roll < MISSED + SHIFTED:
            first, after = place
            others = [
                (start, stop)
                for start, stop in (
                    *((first - 1, after), (first, after + 1)),
                    *((first + 1, after), (first, after - 1)),
                )
                if 0 <= start < stop <= number
                and not taken.intersection(set(range(start, stop)) - set(range(first, after)))
            ]
            if others:
                found.append((_moved(mention, words, *chance.choice(others)), None))
                changed = True
                continue
        found.append((mention, index))
    if chance.random() < INVENTED and number > 3:
        length = chance.randint(1, 3)
        start = chance.randrange(number - length)
        if taken.isdisjoint(range(start, start + length)):
            invented = Marked(0, 0, chance.choice(_KINDS), 1.0)
            found.append((_moved(invented, words, start, start + length), None))
            changed = True
    if not changed or len(found) < 2:
        return None
    found.sort(key=lambda entry: entry[0])
    now = {index: place for place, (_, index) in enumerate(found) if index is not None}
    kept = frozenset(
        (now[subject], predicate, now[object_])
        for subject, predicate, object_ in relations
        if subject in now and object_ in now
    )
    return tuple(mention for mention, _ in found), kept


def _moved(mention: Marked, words: Words, first: int, after: int) -> Marked:
    start, end = int(words.starts[first]), int(words.ends[after - 1])
    return mention._replace(start=start, end=end)
