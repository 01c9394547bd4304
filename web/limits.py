"""How much of the server one client may have, and all of them together."""

import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from math import ceil

from .problems import Problem

# Clients remembered; by then the oldest have had time to refill what they used.
MOST_CLIENTS = 10_000
# Seconds after which a server that is full may be asked again.
RETRY = 5


@dataclass(frozen=True, slots=True)
class Share:
    """At most *each* at once of one client, and *together* of all; None lets any number."""

    each: int | None
    together: int | None


class Rate:
    """
    A bucket of *burst* requests for each client, refilled with *rate* of them a second.

    Used on one thread.
    """

    def __init__(
        self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, client: str) -> None:
        """
        Counts a request of *client*.

        Raises: Problem, 429, for the one too many.
        """
        now = self._clock()
        left, since = self._buckets.pop(client, (self._burst, now))
        left = min(self._burst, left + (now - since) * self._rate)
        self._buckets[client] = max(0.0, left - 1), now
        if len(self._buckets) > MOST_CLIENTS:
            self._buckets.popitem(last=False)
        if left < 1:
            raise Problem(
                429,
                "Too many requests",
                f"More than {self._rate:g} requests a second come from your address.",
                headers={"Retry-After": str(ceil((1 - left) / self._rate))},
            )

    def reserve(self, client: str, most: int) -> int:
        """Counts up to *most* requests of *client* in advance; how many. `refund` the rest."""
        now = self._clock()
        left, since = self._buckets.get(client, (self._burst, now))
        left = min(self._burst, left + (now - since) * self._rate)
        reserved = min(most, int(left))
        self._buckets[client] = left - reserved, now
        return reserved

    def refund(self, client: str, requests: int) -> None:
        """Gives *client* back what was reserved for *requests* that did not come."""
        if client in self._buckets:
            left, since = self._buckets[client]
            self._buckets[client] = min(self._burst, left + requests), since


class Turns:
    """How many of something one client has going at once, and all together. Used on one thread."""

    def __init__(self, share: Share, name: str) -> None:
        self._share = share
        self._name = name
        self._going: dict[str, int] = {}
        self._all = 0

    def turn(self, client: str) -> AbstractContextManager[None]:
        """
        Counts one more of *client* while the block lasts.

        Raises: Problem, 429 where the client has its share, 503 where nobody gets another.
        """
        return _Turn(self, client)

    def begin(self, client: str) -> None:
        """
        Counts one more of *client*, until `end`.

        Raises: Problem, as `turn`.
        """
        each, together = self._share.each, self._share.together
        going = self._going.get(client, 0)
        if each is not None and going >= each:
            raise Problem(
                429,
                "Too many requests",
                f"Your address has {each} {self._name} under way; wait for one to end.",
                headers={"Retry-After": "1"},
            )
        if together is not None and self._all >= together:
            raise Problem(
                503,
                "The server is busy",
                f"Too many {self._name} are under way; try again later.",
                headers={"Retry-After": str(RETRY)},
            )
        self._going[client] = going + 1
        self._all += 1

    def end(self, client: str) -> None:
        """Counts one less of *client*."""
        self._all -= 1
        left = self._going[client] - 1
        if left:
            self._going[client] = left
        else:
            del self._going[client]


class _Turn:
    """One of *client*'s."""

    __slots__ = ("_client", "_turns")

    def __init__(self, turns: Turns, client: str) -> None:
        self._turns = turns
        self._client = client

    def __enter__(self) -> None:
        self._turns.begin(self._client)

    def __exit__(self, *error: object) -> None:
        self._turns.end(self._client)


def client_of(peer: str, forwarded: str, proxies: int) -> str:
    """
    Whose request it is, for counting: an IPv4 address, or the /64 network of an IPv6 one.

    *proxies* is how many of our own stand before this server: each adds the address that it saw
    to *forwarded*, X-Forwarded-For. What stands further left may be invented.

    >>> client_of("10.0.0.1", "6.6.6.6, 192.0.2.7", proxies=1)
    '192.0.2.7'
    >>> client_of("2001:db8:1:2:3:4:5:6", "", proxies=0)
    '2001:db8:1:2::'
    """
    if proxies:
        seen = [part.strip() for part in forwarded.split(",")]
        peer = seen[-min(proxies, len(seen))] or peer
    if ":" not in peer and len(peer) <= 15:
        return peer
    try:
        address = ip_address(peer.strip("[]").partition("%")[0])
    except ValueError:
        return peer[:64]
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(IPv6Address(int(address) >> 64 << 64))
    return str(address)
