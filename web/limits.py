"""How much of the server one client may have, and all of them together."""

import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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


class Turns:
    """How many of something one client has going at once, and all together. Used on one thread."""

    def __init__(self, share: Share, name: str) -> None:
        self._share = share
        self._name = name
        self._going: Counter[str] = Counter()
        self._all = 0

    @contextmanager
    def turn(self, client: str) -> Iterator[None]:
        """
        Counts one more of *client* while the block lasts.

        Raises: Problem, 429 where the client has its share, 503 where nobody gets another.
        """
        each, together = self._share.each, self._share.together
        if each is not None and self._going[client] >= each:
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
        self._going[client] += 1
        self._all += 1
        try:
            yield
        finally:
            self._all -= 1
            self._going[client] -= 1
            if not self._going[client]:
                del self._going[client]


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
