"""Identifiers of papers as public addresses, and back: what schema:sameAs says of a paper."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from urllib.parse import quote, unquote

from pyoxigraph import NamedNode

# Schemes whose identifiers name one work, the surest first; an ISBN may name a whole volume.
ADDRESSES: dict[str, str] = {
    "doi": "https://doi.org/",
    "arxiv": "https://arxiv.org/abs/",
    "acl": "https://aclanthology.org/",
    "pmid": "https://pubmed.ncbi.nlm.nih.gov/",
    "pmcid": "https://pmc.ncbi.nlm.nih.gov/articles/",
    "openalex": "https://openalex.org/",
    "s2": "https://www.semanticscholar.org/paper/",
    "dblp": "https://dblp.org/rec/",
}

_ORDER = {scheme: place for place, scheme in enumerate(ADDRESSES)}
_ARXIV_DOI = re.compile(r"10\.48550/arxiv\.(.+)", re.ASCII)
_SAFE = "/:;()-._~+,@!$'*="


def address(scheme: str, value: str) -> NamedNode | None:
    """
    The public address of an identifier in its normal form; None for schemes without one.

    A DOI that arXiv gave is the arXiv identifier in it, so that both have one address.

    >>> address("doi", "10.48550/arxiv.2203.07720").value
    'https://arxiv.org/abs/2203.07720'
    """
    scheme, value = canonical(scheme, value)
    prefix = ADDRESSES.get(scheme)
    return NamedNode(prefix + quote(value, safe=_SAFE)) if prefix else None


def addresses(ids: Iterable[tuple[str, str]]) -> tuple[NamedNode, ...]:
    """The public addresses of identifiers, each once, those of the surest schemes first."""
    return _addresses(tuple(ids))


@lru_cache(maxsize=16_384)  # the references of a batch are asked for several times
def _addresses(ids: tuple[tuple[str, str], ...]) -> tuple[NamedNode, ...]:
    known = {pair for pair in (canonical(*pair) for pair in ids) if pair[0] in ADDRESSES}
    ordered = sorted(known, key=lambda pair: (_ORDER[pair[0]], pair[1]))
    found = (address(scheme, value) for scheme, value in ordered)
    return tuple(node for node in found if node is not None)


def identifiers(found: Iterable[str]) -> Iterator[tuple[str, str]]:
    """
    The identifiers whose public addresses are among *found*.

    >>> list(identifiers(["https://dblp.org/rec/conf/acl/X19", "https://example.org/"]))
    [('dblp', 'conf/acl/X19')]
    """
    for text in found:
        for scheme, prefix in ADDRESSES.items():
            if text.startswith(prefix):
                yield scheme, unquote(text.removeprefix(prefix))


def canonical(scheme: str, value: str) -> tuple[str, str]:
    """An identifier as it is compared: DOIs without case, those that arXiv gave as arXiv's own."""
    if scheme == "doi" and (match := _ARXIV_DOI.fullmatch(value.lower())):
        return "arxiv", match[1]
    return scheme, value.lower() if scheme == "doi" else value
