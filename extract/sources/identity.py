"""Identifiers of papers and people in their normal form."""

import hashlib
import re
import unicodedata
from urllib.parse import unquote

# No control character, half surrogate or noncharacter: an IRI could not hold it.
_SIGN = r"[^\s\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
_DOI = re.compile(rf"10\.\d{{4,9}}(?:\.\d{{1,9}})*/{_SIGN}{{1,1000}}", re.ASCII)
_DOI_PREFIX = re.compile(r"(?:https?://(?:dx\.|www\.)?doi\.org/|doi:\s*)", re.IGNORECASE)
_ARXIV = re.compile(r"(?:(\d{4}\.\d{4,5})|([a-z-]+)(?:\.[A-Za-z]{2})?(/\d{7}))(?:v\d+)?", re.ASCII)
_ARXIV_PREFIX = re.compile(
    r"(?:https?://(?:www\.|export\.)?arxiv\.org/(?:abs|pdf)/|arxiv:\s*)", re.IGNORECASE
)
_ACL = re.compile(r"https?://(?:www\.)?aclanthology\.org/([A-Za-z0-9.-]+?)(?:\.pdf)?/?", re.ASCII)
_ACL_ID = re.compile(r"[A-Z]\d{2}-\d{4,6}|\d{4}\.[a-z0-9]+-[A-Za-z0-9]+\.\d{1,5}", re.ASCII)
_ORCID = re.compile(r"(?:https?://orcid\.org/)?(\d{4}-\d{4}-\d{4}-\d{3}[\dXx])", re.ASCII)

# arXiv registers a DOI for each paper that holds its identifier (https://info.arxiv.org/help/doi.html).
_ARXIV_DOI = re.compile(r"10\.48550/arxiv\.(.+)", re.IGNORECASE)
_PMID = re.compile(
    r"(?:https?://(?:www\.)?(?:pubmed\.ncbi\.nlm\.nih\.gov|ncbi\.nlm\.nih\.gov/pubmed)/|pmid:?\s*)?"
    r"0*([1-9]\d{0,8})/?",
    re.ASCII | re.IGNORECASE,
)
_PMCID = re.compile(
    r"(?:https?://(?:(?:www\.)?ncbi\.nlm\.nih\.gov/pmc|pmc\.ncbi\.nlm\.nih\.gov)/articles/"
    r"|pmcid:?\s*)?(?:pmc)?\s*0*([1-9]\d{0,9})(?:\.\d{1,3})?/?",
    re.ASCII | re.IGNORECASE,
)
_OPENALEX = re.compile(
    r"(?:https?://(?:(?:www|api)\.)?openalex\.org/(?:works/)?|openalex:\s*)?(w[1-9]\d{0,14})/?",
    re.ASCII | re.IGNORECASE,
)
_S2 = re.compile(
    r"(?:https?://(?:www\.|api\.)?semanticscholar\.org/(?:[^\s?#]{1,300}/)?)?([0-9a-f]{40})/?",
    re.ASCII | re.IGNORECASE,
)
_DBLP_PREFIX = re.compile(
    r"(?:https?://(?:www\.)?dblp\.(?:org|uni-trier\.de|dagstuhl\.de)/(?:rec/)?|dblp:\s*)", re.I
)
_DBLP = re.compile(r"[a-z]{2,20}(?:/[A-Za-z0-9_.:+-]{1,80}){1,4}", re.ASCII)
_DBLP_FORM = re.compile(r"\.(?:html|xml|bib|rdf|nt|ttl)$")

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

    >>> doi("https://doi.org/10.1002%2F(SICI)1097%3C693")
    '10.1002/(sici)1097<693'

    Raises: ValueError for what is no DOI.
    """
    prefix = _DOI_PREFIX.match(text.strip())
    bare = text.strip()[prefix.end() if prefix else 0 :]
    if prefix and prefix[0].endswith("/"):  # an address, in which some signs of a DOI are quoted
        bare = unquote(bare)
    bare = bare.lower()
    if _DOI.fullmatch(bare) is None:
        raise ValueError(f"{text[:60]!r} is no DOI; write 10.18653/v1/2023.acl-long.1")
    return bare


def arxiv(text: str) -> str:
    """
    *text* as a bare arXiv identifier without version: ``2203.07720``, ``cs/9705012``.

    The subject class of an old one is left out, as arXiv does: ``math.GT/0309136`` is
    ``math/0309136`` (https://info.arxiv.org/help/arxiv_identifier.html).

    Raises: ValueError for what is none.
    """
    bare = _ARXIV_PREFIX.sub("", text.strip(), count=1).removesuffix(".pdf")
    match = _ARXIV.fullmatch(bare)
    if match is None:
        raise ValueError(f"{text[:60]!r} is no arXiv identifier; write 2203.07720")
    return match[1] or match[2] + match[3]


def arxiv_of_doi(bare: str) -> str | None:
    """
    The arXiv identifier in a DOI that arXiv registered, None for other DOIs.

    >>> arxiv_of_doi("10.48550/arxiv.2203.07720")
    '2203.07720'
    """
    match = _ARXIV_DOI.fullmatch(bare)
    try:
        return arxiv(match[1]) if match else None
    except ValueError:
        return None


def pmid(text: str) -> str:
    """
    *text* as PubMed's bare number: ``29456894``.

    Raises: ValueError for what is none.
    """
    return _matched(_PMID, text, "PubMed identifier", "29456894")


def pmcid(text: str) -> str:
    """
    *text* as PubMed Central's identifier without version: ``PMC5815332``.

    Raises: ValueError for what is none.
    """
    return "PMC" + _matched(_PMCID, text, "PubMed Central identifier", "PMC5815332")


def openalex(text: str) -> str:
    """
    *text* as OpenAlex's identifier of a work: ``W2741809807``.

    Raises: ValueError for what is none, an author's or a source's identifier among it.
    """
    return _matched(_OPENALEX, text, "OpenAlex work", "W2741809807").upper()


def s2(text: str) -> str:
    """
    *text* as Semantic Scholar's 40 digits of a paper, in lower case.

    Raises: ValueError for what is none.
    """
    example = "its 40 hexadecimal digits"
    return _matched(_S2, text, "Semantic Scholar identifier", example).lower()


def dblp(text: str) -> str:
    """
    *text* as a bare DBLP key, whose letter case counts: ``conf/acl/DevlinCLT19``.

    Raises: ValueError for what is none.
    """
    bare = _DBLP_PREFIX.sub("", text.strip(), count=1)
    bare = _DBLP_FORM.sub("", bare)
    return _matched(_DBLP, bare, "DBLP key", "conf/naacl/DevlinCLT19")


def isbn(text: str) -> str:
    """
    *text* as the thirteen digits of an ISBN, one of ten digits converted (ISO 2108).

    >>> isbn("0-306-40615-2")
    '9780306406157'

    Raises: ValueError for what is none, or whose check digit is wrong.
    """
    bare = re.sub(r"^isbn(?:-1[03])?:?", "", text.strip().lower().rpartition("/")[2])
    bare = re.sub(r"[\s\u2010-\u2015-]", "", bare).upper()
    if re.fullmatch(r"\d{9}[\dX]", bare, re.ASCII):
        weighted = sum(
            weight * (10 if digit == "X" else int(digit))
            for weight, digit in zip(range(10, 0, -1), bare, strict=True)
        )
        right = weighted % 11 == 0
        bare = "978" + bare[:-1]
        bare += str(-_ean_sum(bare) % 10)
    elif re.fullmatch(r"97[89]\d{10}", bare, re.ASCII):
        right = _ean_sum(bare) % 10 == 0
    else:
        raise ValueError(f"{text[:60]!r} is no ISBN; write 978-0-306-40615-7")
    if not right:
        raise ValueError(f"{text[:60]!r} is no ISBN: its check digit is wrong")
    return bare


def _ean_sum(digits: str) -> int:
    return sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))


def _matched(pattern: re.Pattern[str], text: str, what: str, example: str) -> str:
    match = pattern.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text[:60]!r} is no {what}; write {example}")
    return match[match.lastindex or 0]


def acl(url: str) -> str | None:
    """The ACL Anthology's identifier in one of its addresses, or None for other addresses."""
    match = _ACL.fullmatch(url)
    return match[1] if match else None


def acl_id(text: str) -> str:
    """
    *text*, bare or an address, as the ACL Anthology's identifier: ``2020.acl-main.447``,
    ``P19-1001``.

    Raises: ValueError for what is none.
    """
    return _matched(_ACL_ID, acl(text.strip()) or text, "ACL identifier", "2020.acl-main.447")


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
