"""Mentions with mistakes in them, such as a tagger makes."""

import random

import numpy as np

from scholargraph.extract.annotations import Marked
from scholargraph.extract.mistaken import with_mistakes
from scholargraph.extract.relation_views import Words

TEXT = "We test Fast Net and SlowNet on MNIST for digit recognition here"
WORDS = TEXT.split()
STARTS = np.array([sum(len(word) + 1 for word in WORDS[:place]) for place in range(len(WORDS))])
READ = Words(
    STARTS,
    STARTS + [len(word) for word in WORDS],
    np.zeros((len(WORDS), 1), np.float16),
)


def mark(name: str, kind: str) -> Marked:
    return Marked(TEXT.index(name), TEXT.index(name) + len(name), kind, 1.0)


MENTIONS = (
    mark("Fast Net", "method"),
    mark("SlowNet", "method"),
    mark("MNIST", "dataset"),
    mark("digit recognition", "task"),
)
RELATIONS = {(0, "comparedWith", 1), (0, "evaluatedOn", 2), (2, "benchmarkFor", 3)}


def many():
    chance = random.Random(1)
    found = [with_mistakes(READ, MENTIONS, RELATIONS, chance) for _ in range(300)]
    return [one for one in found if one is not None]


def test_all_sorts_of_mistakes_are_made():
    texts = [{TEXT[m.start : m.end] for m in mentions} for mentions, _ in many()]

    assert any(len(names) < 4 for names in texts)  # missed
    assert any({"Net", "Fast"} & names for names in texts)  # too short
    assert any({"test Fast Net", "Fast Net and"} & names for names in texts)  # too long
    assert any("here" in names or "We" in names for names in texts)  # invented
    assert len(texts) < 300


def test_mentions_are_in_reading_order():
    for mentions, _ in many():
        assert list(mentions) == sorted(mentions)
        assert len(set(mentions)) == len(mentions) > 1


def test_relations_are_those_of_mentions_that_are_right():
    gold = {
        (TEXT[slice(*MENTIONS[a][:2])], predicate, TEXT[slice(*MENTIONS[b][:2])])
        for a, predicate, b in RELATIONS
    }
    right = {mention[:2] for mention in MENTIONS}

    for mentions, relations in many():
        named = {
            (TEXT[slice(*mentions[a][:2])], predicate, TEXT[slice(*mentions[b][:2])])
            for a, predicate, b in relations
        }
        still = {TEXT[slice(*mention[:2])] for mention in mentions if mention[:2] in right}
        assert named == {triple for triple in gold if {triple[0], triple[2]} <= still}


def test_a_single_mention_has_nothing_to_be_confused_with():
    chance = random.Random(1)

    assert all(
        with_mistakes(Words(*(part[:3] for part in READ)), (), (), chance) is None
        for _ in range(50)
    )
