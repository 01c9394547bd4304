"""Answers that were asked for before."""

import io
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from scholargraph.graph.readers import Answer
from scholargraph.graph.sparql import QueryTimeout
from scholargraph.web.answer_cache import AnswerCache


class Engine:
    """Counts how often it is asked."""

    def __init__(self, *, state="1", body=b"answer", seconds=0.0, file=None, error=None):
        self.asked = 0
        self.seconds = seconds
        self.error = error
        self.value = Answer("boolean", "text/csv", state, len(body), body, file)

    def __call__(self):
        self.asked += 1
        time.sleep(self.seconds)
        if self.error:
            raise self.error
        return self.value


def test_the_same_question_is_computed_once():
    cache, engine = AnswerCache(), Engine()

    answers = [cache.answer(("ASK {}", "csv"), "1", engine) for _ in range(3)]

    assert (answers, engine.asked) == ([engine.value] * 3, 1)


def test_another_question_or_state_is_computed_anew():
    cache, engine = AnswerCache(), Engine()

    for key, state in [(("a",), "1"), (("b",), "1"), (("a",), "2")]:
        cache.answer(key, state, engine)

    assert engine.asked == 3


def test_an_answer_from_a_newer_state_is_not_kept_for_the_older():
    cache, engine = AnswerCache(), Engine(state="2")

    for _ in range(2):
        assert cache.answer(("a",), "1", engine) == engine.value

    assert engine.asked == 2


def test_many_who_ask_at_once_wait_for_one():
    cache, engine = AnswerCache(), Engine(seconds=0.2)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: cache.answer(("a",), "1", engine), range(8)))

    assert (answers, engine.asked) == ([engine.value] * 8, 1)


def test_many_who_ask_at_once_fail_together_and_the_next_tries_again():
    cache, engine = AnswerCache(), Engine(seconds=0.2, error=QueryTimeout("slow"))
    failures = []

    def ask(_):
        try:
            cache.answer(("a",), "1", engine)
        except QueryTimeout as error:
            failures.append(str(error))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(ask, range(8)))
    asked_together = engine.asked
    with pytest.raises(QueryTimeout):
        cache.answer(("a",), "1", engine)

    assert (failures, asked_together, engine.asked) == (["slow"] * 8, 1, 2)


def test_answers_in_files_are_never_shared():
    cache = AnswerCache()
    engine = Engine(seconds=0.2, file=io.BytesIO(b"long"))
    other = threading.Thread(target=cache.answer, args=(("a",), "1", engine))
    other.start()
    cache.answer(("a",), "1", engine)
    other.join()
    cache.answer(("a",), "1", engine)

    assert engine.asked == 3


def test_what_was_not_asked_for_lately_goes_first():
    cache, engine = AnswerCache(most=20), Engine(body=b"0123456789")
    for key in ("a", "b", "a", "c"):
        cache.answer((key,), "1", engine)
    computed = engine.asked
    for key in ("a", "c", "b"):
        cache.answer((key,), "1", engine)

    assert (computed, engine.asked) == (3, 4)
