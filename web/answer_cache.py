"""Answers that were asked for before, as long as the store has not changed."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future

from scholargraph.graph.readers import Answer

# Answers to people have some kilobytes; those in files, above a megabyte, are never kept.
MOST = 64 * 1024 * 1024

Key = tuple[object, ...]


class AnswerCache:
    """
    The answers used last, up to *most* bytes of them, by what was asked of which state.

    Whoever asks for what is being computed gets that outcome too, be it an exception.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._answers: OrderedDict[Key, Answer] = OrderedDict()
        self._size = 0
        self._computing: dict[Key, Future[Answer]] = {}

    def answer(self, key: Key, state: str, compute: Callable[[], Answer]) -> Answer:
        """The answer to *key* in *state* of the store or, from *compute*, a newer one."""
        key = (state, *key)
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
                return self._answers[key]
            outcome = self._computing.get(key)
            first = outcome is None
            if outcome is None:
                outcome = self._computing[key] = Future()
        if first:
            return self._compute(key, outcome, compute)
        answer = outcome.result()
        return answer if answer.file is None else compute()  # a file can be read once only

    def _compute(self, key: Key, outcome: Future[Answer], compute: Callable[[], Answer]) -> Answer:
        try:
            answer = compute()
        except BaseException as error:
            with self._lock:
                del self._computing[key]
            outcome.set_exception(error)
            raise
        with self._lock:
            del self._computing[key]
            if answer.file is None and answer.state == key[0]:
                self._answers[key] = answer
                self._size += answer.size
                while self._size > self._most:
                    self._size -= self._answers.popitem(last=False)[1].size
        outcome.set_result(answer)
        return answer
