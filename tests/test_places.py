"""Whose query runs next, which ones go on beside the others, and which make room for them."""

import pytest

from scholargraph.web.places import GRACE, HALF_LIFE, HEAVY, SHORT, TIMES, UNKNOWN, Places


class Work:
    """Clients' work at places, by a clock that goes on only when it is told to."""

    def __init__(self, most=1, **options):
        self.now = 1000.0
        self.places = Places(most, clock=lambda: self.now, **options)
        self.started = []
        self.stopped = []

    def take(self, name, client=None):
        return self.places.take(
            client or name,
            name,
            lambda: self.started.append(name),
            lambda: self.stopped.append(name),
        )

    def done(self, name, *, after=0.0):
        self.now += after
        self.places.give_back(name)

    def known(self, client, seconds):
        """Lets *client* have had work of so many *seconds*."""
        self.take("before", client)
        self.done("before", after=seconds)
        self.started.clear()

    def last(self, seconds):
        for _ in range(round(seconds / SHORT)):
            self.now += SHORT * 1.001
            self.places.look()


@pytest.fixture
def work():
    return Work()


def test_what_finds_a_place_begins_at_once(work):
    assert work.take("a")
    assert not work.take("b")
    assert work.started == ["a"]


def test_a_place_given_back_is_the_next_one_s(work):
    work.take("a")
    work.take("b")
    work.done("a")

    assert work.started == ["a", "b"]


def test_who_is_forgotten_is_not_called(work):
    work.take("a")
    work.take("b")
    work.take("c")

    assert work.places.forget("b") and not work.places.forget("b")
    assert not work.places.forget("a")  # it runs
    work.done("a")
    assert work.started == ["a", "c"]


def test_clients_take_turns(work):
    for client in "abc":
        work.known(client, SHORT / 2)
    work.take("a0", "a")
    for name in ("a1", "a2", "a3"):
        work.take(name, "a")
    work.take("b1", "b")
    work.take("c1", "c")
    for name in ("a0", "b1", "c1", "a1", "a2"):
        work.done(name)

    assert work.started == ["a0", "b1", "c1", "a1", "a2", "a3"]


def test_whose_work_was_short_comes_before_whose_work_was_long(work):
    work.known("long", 3.0)
    work.known("short", SHORT / 2)
    work.take("first")
    for name in ("long", "unknown", "short"):
        work.take(name)
    for name in ("first", "short", "unknown"):
        work.done(name)

    assert work.started == ["first", "short", "unknown", "long"]


def test_what_was_long_is_forgotten_with_time(work):
    work.known("long", 3.0)
    work.known("unknown", UNKNOWN)
    work.now += 10 * HALF_LIFE
    work.take("first")
    work.take("long")
    work.take("short", "new")
    work.done("first")

    assert work.started == ["first", "long"]


def test_who_waits_long_enough_comes_before_anybody(work):
    work.known("long", 3.0)
    work.take("first")
    work.take("long")
    work.now += 60
    for number in range(3):
        work.take(f"new{number}")
    work.done("first")

    assert work.started == ["first", "long"]


def test_what_lasts_goes_on_beside_the_others(work):
    work.take("long")
    work.take("next")
    work.last(SHORT)

    assert work.started == ["long", "next"]
    assert work.stopped == []


def test_of_what_is_long_as_much_runs_as_of_what_is_short():
    work = Work(most=2)
    for name in "abcdef":
        work.take(name)
    work.last(GRACE)

    assert work.started == ["a", "b", "c", "d"]
    work.done("a")  # a long one: there is room beside the short ones again
    work.last(SHORT)
    assert work.started == ["a", "b", "c", "d", "e"]


def test_nothing_is_stopped_while_nobody_waits(work):
    work.take("long")
    work.last(SHORT)
    work.take("other")
    work.last(100 * GRACE)

    assert work.stopped == []


def test_what_has_lasted_longest_makes_room_for_short_work(work):
    work.known("short", SHORT / 2)
    work.take("long")
    work.last(2 * SHORT)
    work.take("other")
    work.last(SHORT)
    work.take("short")
    work.last(SHORT)

    assert work.stopped == ["long"]  # its room is the other's, whose place is free
    assert work.started == ["long", "other", "short"]


def test_work_just_begun_is_not_stopped(work):
    work.known("short", SHORT / 2)
    work.take("long")
    work.take("other")
    work.last(SHORT)
    work.take("short")
    work.last(GRACE - 2 * SHORT)

    assert work.stopped == []


def test_for_an_unknown_client_what_runs_has_more_time(work):
    work.take("long")
    work.take("other")
    work.last(SHORT)
    work.take("unknown")

    work.last(TIMES * UNKNOWN - 3 * SHORT)
    assert work.stopped == []
    work.last(3 * SHORT)
    assert work.stopped == ["long"]


def test_no_client_s_work_is_stopped_for_its_own(work):
    work.known("a", SHORT / 2)
    for name in ("a1", "a2", "a3"):
        work.take(name, "a")
    work.last(10 * TIMES * UNKNOWN)

    assert work.stopped == []


def test_no_more_of_a_heavy_client_begins_while_there_is_no_room_for_it(work):
    work.known("heavy", 2 * HEAVY)
    work.take("one", "heavy")
    work.last(SHORT)
    assert not work.take("two", "heavy")
    assert work.take("light")
    work.done("light")

    assert work.started == ["one", "light"]
    work.done("one")
    assert work.started == ["one", "light", "two"]


def test_without_limits_nothing_is_stopped():
    work = Work(limited=False)
    work.known("short", SHORT / 2)
    for name in ("long", "other", "short"):
        work.take(name)
    work.last(10 * GRACE)

    assert work.stopped == []


def test_every_place_is_there_again_in_the_end():
    work = Work(most=2)
    work.known("short", SHORT / 2)
    for number in range(40):
        work.take(f"hostile{number}")
        if number % 4 == 0:
            work.take(f"short{number}", "short")
    begun = 0
    while begun < len(work.started):
        work.last(GRACE)
        for name in work.started[begun : begun + 3]:
            work.done(name)
        begun += 3

    assert sorted(work.started) == sorted(
        [f"hostile{n}" for n in range(40)] + [f"short{n}" for n in range(0, 40, 4)]
    )
    assert not work.places.look()
    assert [work.take(name) for name in "abc"] == [True, True, False]
