"""How two mentions are related by what the tagger's network made of their words."""

import numpy as np
import pytest
import spacy

from scholargraph.extract.annotations import STATES, Marked
from scholargraph.extract.model import Model
from scholargraph.extract.pipeline import load_pipeline
from scholargraph.extract.relation_views import TAGS, Views, Words, tags, words_of
from scholargraph.extract.relations import CLASSES, PERMITTED, load, related
from scholargraph.extract.tagger import WEIGHTS

# Three words of four characters, the second of which was not read.
FAST = Marked(0, 4, "method", 1.0)
MNIST = Marked(10, 14, "dataset", 1.0)


def words(*states: list[float]) -> Words:
    starts = np.arange(len(states)) * 5
    return Words(starts, starts + 4, np.array(states, np.float16))


def views(width: int = 2, states: int = 3) -> Views:
    chance = np.random.default_rng(1)

    def drawn(*shape: int) -> np.ndarray:
        return chance.normal(size=shape).astype(np.float32)

    return Views(
        drawn(states, width),
        drawn(width),
        drawn(TAGS, width),
        drawn(width, 5 * width),
        drawn(5 * width),
        drawn(5, width),
        drawn(9, width),
        drawn(13, width),
        drawn(7 * width, width),
        drawn(width),
        drawn(width, len(CLASSES)),
        drawn(len(CLASSES)),
    )


@pytest.mark.parametrize(
    ("start", "end", "place"),
    [(0, 4, (0, 1)), (0, 9, (0, 2)), (2, 7, (0, 2)), (5, 14, (1, 3)), (4, 5, None), (15, 20, None)],
)
def test_a_mention_has_the_words_that_it_touches(start, end, place):
    assert words([1], [1], [1]).place(Marked(start, end, "task", 1.0)) == place


def test_words_of_a_sentence_count_from_its_start():
    here = words([1], [2], [3]).within(5, 14)

    assert here.starts.tolist() == [0, 5]
    assert here.ends.tolist() == [4, 9]
    assert here.states.tolist() == [[2], [3]]


def test_tokens_that_were_not_read_are_no_words_of_a_sentence():
    doc = spacy.blank("en").make_doc("Fast  net")

    found = words_of(doc, np.array([[1], [np.nan], [2]], np.float16)).within(0, 9)

    assert (found.starts.tolist(), found.ends.tolist()) == ([0, 6], [4, 9])
    assert found.states.tolist() == [[1], [2]]


def test_tags_tell_the_first_word_of_a_mention_from_the_next():
    mentions = [MNIST, Marked(15, 20, "metric", 1.0), FAST]

    assert tags([(1, 3), (4, 5), (2, 4)], mentions, 5) == [0, 3, 4, 2, 0]


def test_a_pair_is_judged_by_all_words_of_the_sentence():
    alone = views().scores(words([1, 0, 0], [0, 1, 0], [0, 0, 1]), [FAST, MNIST], [(0, 1)])
    other = views().scores(words([1, 0, 0], [3, 1, 2], [0, 0, 1]), [FAST, MNIST], [(0, 1)])
    longer = views().scores(
        words([1, 0, 0], [0, 1, 0], [0, 0, 1], [4, 4, 4]), [FAST, MNIST], [(0, 1)]
    )

    assert np.abs(alone - other).max() > 1e-3
    assert np.abs(alone - longer).max() > 1e-3


def test_a_mention_that_was_not_read_has_no_score():
    found = views().scores(
        words([1, 0, 0], [0, 1, 0]), [FAST, MNIST, Marked(5, 9, "task", 1.0)], [(0, 1), (0, 2)]
    )

    assert np.isnan(found[0]).all()
    assert not np.isnan(found[1]).any()


def test_without_words_the_features_decide_alone():
    text = "Fast  for MNIST"
    mentions = [FAST, Marked(10, 15, "dataset", 1.0)]
    model = load()
    nothing = Words(np.array([100]), np.array([104]), np.ones((1, 768), np.float16))

    assert related(model, text, mentions, nothing) == related(model, text, mentions)


def test_views_are_learnt_for_the_tagger_that_is_shipped():
    assert load().network == Model.load(WEIGHTS).sha256


def test_states_are_off_the_document_when_relations_are_decided():
    nlp = load_pipeline()
    text = "We evaluate FastNet on the MNIST dataset."
    with nlp.select_pipes(disable="scholar_relations"):
        sha256, states = nlp(text)._.get(STATES)

    assert sha256 == Model.load(WEIGHTS).sha256
    assert states.shape == (len(nlp.make_doc(text)), 768)
    assert nlp(text)._.get(STATES) is None


def test_states_of_another_network_are_left_alone():
    nlp = load_pipeline()
    relations = nlp.get_pipe("scholar_relations")
    text = "We evaluate FastNet on the MNIST dataset."
    with nlp.select_pipes(disable="scholar_relations"):
        foreign, plain = nlp(text), nlp(text)
    foreign._.set(STATES, ("another", np.ones((len(foreign), 4), np.float16)))
    plain._.set(STATES, None)

    assert relations(foreign)._.scholar_relations == relations(plain)._.scholar_relations


def test_what_pytorch_learns_is_what_numpy_reads():
    torch = pytest.importorskip("torch")
    from scholargraph.extract import train_relation_views as training

    kinds = ("method", "dataset")
    yes = CLASSES.index(("evaluatedOn", True))
    lessons = [
        training.Lesson(
            words([1, 0, 0], [0, float(number % 2), 0], [0, 0, 1]),
            (FAST, MNIST),
            ((0, 1),),
            (yes if number % 2 else 0,),
            PERMITTED[kinds][None],
        )
        for number in range(600)
    ]

    learnt = training.trained(lessons)

    assert torch.get_num_threads() == 1
    for number in (0, 1):
        (row,) = learnt.scores(lessons[number].words, (FAST, MNIST), [(0, 1)])
        row[~PERMITTED[kinds]] = -np.inf
        assert row.argmax() == lessons[number].gold[0]
