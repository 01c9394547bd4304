"""Which queries ask the same, and which are answered otherwise each time."""

import hashlib
import re
from collections.abc import Sequence

# With these the same query of the same store has another answer each time. Where they only seem to
# be called, in a string, nothing is lost but a place in a cache.
_FICKLE = re.compile(r"(?:NOW|RAND|UUID)(?:\s|#[^\n]*\n)*\(|SERVICE", re.IGNORECASE)


def digest(
    text: str,
    media_type: str,
    default_graphs: Sequence[str],
    named_graphs: Sequence[str],
    base: str,
) -> str:
    """What is the same for all requests that ask the same, and for no others."""
    # What stands before the text cannot be taken for a part of it: its length is told first.
    graphs = f"{tuple(default_graphs)!r} {tuple(named_graphs)!r}"
    parts = f"{len(text)} {media_type} {graphs} {base} {text}"
    return hashlib.sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()


def tag(digest: str, state: str) -> str:
    """The ETag, without quotes, of the answer to what has *digest* in *state* of the store."""
    return hashlib.sha256(f"{digest} {state}".encode()).hexdigest()[:32]


def is_fickle(text: str) -> bool:
    """
    Whether the query *text* may be answered otherwise each time.

    >>> is_fickle("SELECT (NOW () AS ?now) {}"), is_fickle("SELECT ?known { ?known ?p ?o }")
    (True, False)
    """
    # A search that ignores case looks at each letter; one query in a hundred needs it.
    capitals = text.upper()
    words = ("NOW", "RAND", "UUID", "SERVICE")
    return any(word in capitals for word in words) and _FICKLE.search(text) is not None
