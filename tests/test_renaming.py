"""Annotated relations between other names."""

import random

from scholargraph.extract.annotations import Marked
from scholargraph.extract.relation_gold import Annotated
from scholargraph.extract.renaming import renamed

TEXT = "The convolutional network (CNN) is tested on MNIST beside SlowNet."


def mark(name: str, kind: str) -> Marked:
    return Marked(TEXT.index(name), TEXT.index(name) + len(name), kind, 1.0)


SENTENCE = Annotated(
    "d",
    TEXT,
    (
        mark("convolutional network", "method"),
        mark("CNN", "method"),
        mark("MNIST", "dataset"),
        mark("SlowNet", "method"),
    ),
    frozenset({(1, "synonymOf", 0), (1, "evaluatedOn", 2), (1, "comparedWith", 3)}),
)


def drawn(*sentences: Annotated) -> list[Annotated]:
    chance = random.Random(1)
    return [copy for _ in range(30) for copy in renamed(sentences, chance)]


def test_relations_hold_between_other_names():
    copies = drawn(SENTENCE)

    names = {copy.text[copy.mentions[3].start : copy.mentions[3].end] for copy in copies}
    assert len(names) > 5
    for copy in copies:
        assert copy.relations == SENTENCE.relations
        assert [mention.kind for mention in copy.mentions] == [
            mention.kind for mention in SENTENCE.mentions
        ]
        one, other = copy.mentions[2:]
        assert copy.text[one.end : other.start] == " beside "
        assert copy.text[other.end :] == "."


def test_names_that_tell_their_relation_stay():
    assert all(
        copy.text.startswith("The convolutional network (CNN) is tested on ")
        for copy in drawn(SENTENCE)
    )


def test_the_words_of_a_copy_are_not_read_yet():
    assert {copy.words for copy in drawn(SENTENCE)} == {None}


def test_a_single_name_is_no_lesson():
    lonely = Annotated("d", "We use MNIST.", (Marked(7, 12, "dataset", 1.0),), frozenset())

    assert drawn(lonely) == []


def test_the_same_chance_draws_the_same_names():
    assert drawn(SENTENCE) == drawn(SENTENCE)
