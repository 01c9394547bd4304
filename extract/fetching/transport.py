"""Requests that are spaced out, tried again where that may help, and answered whole or not."""

import logging
import random
import re
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import urllib3

from scholargraph import ScholarGraphError, __version__

from .services import MAIL, Unexpected

# Seconds to connect, and for each piece of an answer.
CONNECT, READ = 15.0, 120.0
# Times that one page is asked for, and the seconds before the second time, which double each time.
TRIES = 6
FIRST_WAIT = 2.0
# Nobody is waited for longer, whatever they ask for.
LONGEST_WAIT = 300.0
# Bytes of one page; the largest met has 30 MB.
LARGEST = 256 * 2**20

# What another try may mend. OpenAlex says 403 to who is too quick.
_LATER = frozenset({403, 408, 425, 429, 500, 502, 503, 504})
_SECRETS = re.compile(r"(?<=[?&])(api_key|mailto)=[^&]*")

_log = logging.getLogger(__name__)


class FetchError(ScholarGraphError):
    """A page that could not be had; the message says which, why, and what to do."""


@dataclass(slots=True)
class Transport:
    """
    Asks the service at *address*, at most once in *pause* seconds.

    *environment* may have a mail address for the user agent, and proxies (``https_proxy``).
    """

    address: str
    pause: float
    environment: Mapping[str, str]
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _pool: urllib3.PoolManager = field(init=False, repr=False)
    _last: float | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        mail = self.environment.get(MAIL)
        agent = f"scholargraph/{__version__}" + (f" (mailto:{mail})" if mail else "")
        scheme = urlsplit(self.address).scheme
        options: dict[str, Any] = {
            "headers": {"User-Agent": agent, "Accept-Encoding": "gzip"},
            "timeout": urllib3.Timeout(connect=CONNECT, read=READ),
            "retries": urllib3.Retry(0, redirect=3),
        }
        proxy = urllib.request.getproxies().get(scheme)
        if proxy and not urllib.request.proxy_bypass(urlsplit(self.address).hostname or ""):
            self._pool = urllib3.ProxyManager(proxy, **options)
        else:
            self._pool = urllib3.PoolManager(**options)

    def get(self, path: str, headers: Mapping[str, str], check: Callable[[bytes], None]) -> bytes:
        """
        The whole answer at *path* that *check* takes, which raises `Unexpected` for another.

        Raises: FetchError after `TRIES`, or at once for what will not change.
        """
        url = f"{self.address}{path}"
        place = _SECRETS.sub(r"\1=…", url)
        for attempt in range(1, TRIES + 1):
            self._wait_for_turn()
            try:
                content = self._asked(url, headers)
                check(content)
                return content
            except Unexpected as error:
                trouble = _Trouble(f"it sent {error}")
            except _Trouble as error:
                trouble = error
            if not trouble.passing:
                raise FetchError(f"{place}: {trouble}")
            if attempt < TRIES:
                wait = FIRST_WAIT * 2 ** (attempt - 1) if trouble.wait is None else trouble.wait
                wait = min(wait * random.uniform(1.0, 1.2), LONGEST_WAIT)
                _log.warning("%s: %s; trying again in %.0f s", place, trouble, wait)
                self.sleep(wait)
        raise FetchError(
            f"{place}: {trouble}, {TRIES} times; what came before is kept, so give the same "
            "command again later"
        )

    def _wait_for_turn(self) -> None:
        if self._last is not None:
            early = self._last + self.pause - self.clock()
            if early > 0:
                self.sleep(early)
        self._last = self.clock()

    def _asked(self, url: str, headers: Mapping[str, str]) -> bytes:
        merged = {**self._pool.headers, **headers}
        try:
            answer = self._pool.request("GET", url, headers=merged, preload_content=False)
            try:
                content = answer.read(LARGEST + 1, decode_content=True)
                whole = len(content) <= LARGEST and not answer.read(1)
            finally:
                answer.release_conn()
        except urllib3.exceptions.HTTPError as error:
            reason = (
                getattr(error, "reason", None) or error
            )  # the whole error has the address in it
            raise _Trouble(f"no whole answer came: {reason}") from None
        if answer.status != 200:
            raise _refusal(answer, content)
        if not whole:
            raise _Trouble(f"the page is larger than {LARGEST // 2**20} MB", passing=False)
        return content


class _Trouble(Exception):
    """No answer; *passing* where another try may bring one, after *wait* seconds if said."""

    def __init__(self, problem: str, *, passing: bool = True, wait: float | None = None) -> None:
        super().__init__(problem)
        self.passing = passing
        self.wait = wait


def _refusal(answer: urllib3.BaseHTTPResponse, content: bytes) -> _Trouble:
    said = " ".join(content[:300].decode(errors="replace").split())
    problem = f"the service answers {answer.status} {answer.reason}"
    if said:
        problem += f": {said}"
    if answer.status == 401:
        problem += "; it wants a key, see `scholargraph fetch --help`"
    wait = _seconds(answer.headers.get("Retry-After"))
    return _Trouble(problem, passing=answer.status in _LATER, wait=wait)


def _seconds(header: str | None) -> float | None:
    """Retry-After, in seconds or as a date (RFC 9110, 10.2.3)."""
    if not header:
        return None
    if re.fullmatch(r"\d{1,9}", header.strip(), re.ASCII):
        return float(header)
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    if moment.tzinfo is None:  # what '-0000' becomes
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
