"""Identifiers of papers and people in their normal form."""

import hashlib
import re
import unicodedata

_DOI = re.compile(r"10\.\d{4,9}/\S+", re.ASCII)
_DOI_PREFIX = re.compile(r"(?:https?://(?:dx\.|www\.)?doi\.org/|doi:\s*)", re.IGNORECASE)
_ARXIV = re.compile(r"(\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?", re.ASCII)
_ARXIV_PREFIX = re.compile(
    r"(?:https?://(?:www\.|export\.)?arxiv\.org/(?:abs|pdf)/|arxiv:\s*)", re.IGNORECASE
)
_ACL = re.compile(r"https?://(?:www\.)?aclanthology\.org/([A-Za-z0-9.-]+?)(?:\.pdf)?/?", re.ASCII)
_ORCID = re.compile(r"(?:https?://orcid\.org/)?(\d{4}-\d{4}-\d{4}-\d{3}[\dXx])", re.ASCII)

_SLUG_LENGTH = 160


def title_id(title: str, year: str | None) -> str:
    """
    An identifier for a paper without one: its title's words and its year, in ASCII.

    Long titles, and titles in letters that ASCII lacks, end in eight digits of their hash, so that
    two of them do not meet.

    >>> title_id("Adaptive Routing Between Capsules", "2019")
    'adaptive-routing-between-capsules-2019'
    """
    text = " ".join(unicodedata.normalize("NFKD", title).casefold().split())
    text = "".join(c for c in text if not unicodedata.combining(c))
    slug = re.sub(r"[^a-z0-9]+", "-", text).strip("-")
    whole = len(slug) <= _SLUG_LENGTH and not any(c.isalnum() and not c.isascii() for c in text)
    parts = [slug[:_SLUG_LENGTH].rstrip("-")]
    if not whole or not slug:
        parts.append(hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:8])
    parts.append(year or "")
    return "-".join(part for part in parts if part)


def doi(text: str) -> str:
    """
    *text* as a bare DOI in lower case: DOIs compare without case (DOI Handbook, 2.4).

    Raises: ValueError for what is no DOI.
    """
    bare = _DOI_PREFIX.sub("", text.strip(), count=1).lower()
    if _DOI.fullmatch(bare) is None:
        raise ValueError(f"{text[:60]!r} is no DOI; write 10.18653/v1/2023.acl-long.1")
    return bare


def arxiv(text: str) -> str:
    """
    *text* as a bare arXiv identifier without version: ``2203.07720``, ``cs.CL/9705012``.

    Raises: ValueError for what is none.
    """
    bare = _ARXIV_PREFIX.sub("", text.strip(), count=1).removesuffix(".pdf")
    match = _ARXIV.fullmatch(bare)
    if match is None:
        raise ValueError(f"{text[:60]!r} is no arXiv identifier; write 2203.07720")
    return match[1]


def acl(url: str) -> str | None:
    """The ACL Anthology's identifier in one of its addresses, or None for other addresses."""
    match = _ACL.fullmatch(url)
    return match[1] if match else None


def orcid(text: str) -> str:
    """
    *text* as a bare ORCID iD whose check digit (ISO 7064, 11-2) is right.

    Raises: ValueError for what is none.
    """
    match = _ORCID.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text[:60]!r} is no ORCID iD; write 0000-0002-1825-0097")
    bare = match[1].upper()
    total = 0
    for digit in bare[:-1].replace("-", ""):
        total = (total + int(digit)) * 2
    if "0123456789X"[(12 - total % 11) % 11] != bare[-1]:
        raise ValueError(f"{bare} is no ORCID iD: its check digit is wrong")
    return bare
