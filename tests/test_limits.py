"""What one client may have of the server, and all of them together."""

import pytest

from scholargraph.web.limits import MOST_CLIENTS, Rate, Share, Turns, client_of
from scholargraph.web.problems import Problem


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def refused(rate, client):
    try:
        rate.take(client)
    except Problem as problem:
        return problem.status, problem.headers
    return None


def test_a_client_may_send_a_burst_and_then_at_its_rate():
    clock = Clock()
    rate = Rate(2, 4, clock)

    burst = [refused(rate, "a") for _ in range(5)]
    clock.now = 1.0
    later = [refused(rate, "a") for _ in range(3)]

    assert burst == [None] * 4 + [(429, {"Retry-After": "1"})]
    assert later == [None, None, (429, {"Retry-After": "1"})]


def test_one_client_does_not_use_up_anothers_rate():
    rate = Rate(1, 1, Clock())

    assert [refused(rate, client) for client in "aba"] == [
        None,
        None,
        (429, {"Retry-After": "1"}),
    ]


def test_no_more_clients_are_remembered_than_there_is_room_for():
    rate = Rate(1, 1, Clock())
    for number in range(MOST_CLIENTS + 1):
        rate.take(str(number))

    # The first was forgotten, so that its bucket is full again; the last was not.
    assert refused(rate, "0") is None
    assert refused(rate, str(MOST_CLIENTS)) is not None


def test_a_client_with_its_share_is_told_429_and_a_full_server_tells_503():
    turns = Turns(Share(each=2, together=3), "queries")

    with turns.turn("a"), turns.turn("a"):
        with pytest.raises(Problem) as own, turns.turn("a"):
            pass
        with turns.turn("b"), pytest.raises(Problem) as everybodys, turns.turn("c"):
            pass
        with turns.turn("c"):
            pass
    with turns.turn("a"):
        pass

    assert (own.value.status, everybodys.value.status) == (429, 503)
    assert all("Retry-After" in error.value.headers for error in (own, everybodys))


def test_a_share_without_bounds_has_none():
    turns = Turns(Share(None, None), "queries")

    with turns.turn("a"), turns.turn("a"), turns.turn("b"):
        pass


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies", "expected"),
    [
        ("192.0.2.1", "", 0, "192.0.2.1"),
        ("192.0.2.1", "198.51.100.9", 0, "192.0.2.1"),
        ("127.0.0.1", "6.6.6.6, 198.51.100.9", 1, "198.51.100.9"),
        ("127.0.0.1", "6.6.6.6, 198.51.100.9, 10.0.0.2", 2, "198.51.100.9"),
        ("127.0.0.1", "198.51.100.9", 2, "198.51.100.9"),
        ("127.0.0.1", "", 1, "127.0.0.1"),
        ("2001:db8::1:2:3:4", "", 0, "2001:db8::"),
        ("::ffff:192.0.2.1", "", 0, "192.0.2.1"),
        ("[2001:db8:0:7::9%eth0]", "", 0, "2001:db8:0:7::"),
        ("", "", 0, ""),
        ("127.0.0.1", "x" * 1000 + ":", 1, "x" * 64),
    ],
)
def test_clients_are_told_apart_by_the_address_that_can_be_believed(
    peer, forwarded, proxies, expected
):
    assert client_of(peer, forwarded, proxies) == expected
