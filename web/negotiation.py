"""Which of the media types on offer a client likes best (RFC 9110, section 12.5.1)."""

import re
from collections.abc import Iterator, Sequence

# One element of a comma-separated list; a quoted string may hold commas of its own.
_ELEMENT = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*"|")+')
_PARAMETER = re.compile(r';\s*([^\s=;"]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)')
_WEIGHT = re.compile(r"0(\.\d*)?|1(\.0*)?")


def best(accept: str, offers: Sequence[str]) -> str | None:
    """
    The offer that *accept* weighs highest, the first of equals; None where nothing fits.

    An empty header accepts everything. Parameters of a media range other than its weight, such as
    ``charset``, do not narrow it; a weight that is no number counts as 1.

    >>> best("text/turtle;q=0.5, application/ld+json", ["text/turtle", "application/ld+json"])
    'application/ld+json'
    >>> best("image/png", ["text/turtle"]) is None
    True
    """
    ranges = list(_ranges(accept))
    if not ranges:
        return offers[0] if offers else None
    weights = [_weight(offer, ranges) for offer in offers]
    heaviest = max(weights, default=0.0)
    return offers[weights.index(heaviest)] if heaviest > 0 else None


def _ranges(accept: str) -> Iterator[tuple[str, float]]:
    for element in _ELEMENT.findall(accept):
        name, _, _ = element.partition(";")
        name = name.strip().lower()
        if not name:
            continue
        weight = 1.0
        for parameter, value in _PARAMETER.findall(element):
            if parameter.lower() == "q" and _WEIGHT.fullmatch(value.strip()):
                weight = float(value)
        # `*` alone is what some old clients send for `*/*`.
        yield ("*/*" if name == "*" else name), weight


def _weight(offer: str, ranges: Sequence[tuple[str, float]]) -> float:
    # The most specific range that names the offer decides, whatever its weight; 0 excludes.
    media = offer.partition(";")[0].strip().lower()
    for wanted in (media, media.partition("/")[0] + "/*", "*/*"):
        weights = [weight for name, weight in ranges if name == wanted]
        if weights:
            return max(weights)
    return 0.0
