"""
The few IRIs by which `turtle` finds papers: those of ``graph/vocab.py``, which this package may not
import. A test compares them.
"""

from collections.abc import Callable

from ..papers import Genre
from . import identity

SG = "https://w3id.org/scholargraph/ns#"
SCHEMA = "https://schema.org/"
DCT = "http://purl.org/dc/terms/"
FABIO = "http://purl.org/spar/fabio/"
PRISM = "http://prismstandard.org/namespaces/basic/2.0/"

TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
ARTICLE = SCHEMA + "ScholarlyArticle"
PROFILE = SCHEMA + "ProfilePage"
TITLE = DCT + "title"
ABSTRACT = DCT + "abstract"
ISSUED = DCT + "issued"
IDENTIFIER = DCT + "identifier"
CATEGORY = DCT + "subject"
PART_OF = DCT + "isPartOf"
DOI = PRISM + "doi"
ISBN = PRISM + "isbn"
VENUE = PRISM + "publicationName"
VOLUME = PRISM + "volume"
ISSUE = PRISM + "number"
PAGES = PRISM + "pageRange"
PUBLISHER = "http://purl.org/dc/elements/1.1/publisher"
ARXIV_ID = FABIO + "hasArXivId"
SAME_AS = SCHEMA + "sameAs"
URL = SCHEMA + "url"
CODE = SCHEMA + "codeRepository"
CODE_FLAG = SG + "codeFlag"
CITES = "http://purl.org/spar/cito/cites"
WITHDRAWN = SG + "withdrawn"
AUTHORS_TRUNCATED = SG + "authorsTruncated"
AFFILIATION_TAG = SG + "affiliationTag"
AUTHORSHIP = SG + "Authorship"
NAME_AS_GIVEN = SG + "nameAsGiven"
POSITION = SG + "position"
ORCID = SG + "orcid"
AFFILIATION = SG + "affiliation"
SOURCE_CLAIM = SG + "SourceClaim"
MEASURE = SG + "measure"
VALUE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#value"
UNIT = SG + "unit"
CAPTURED = SG + "captured"

GENRES: dict[str, Genre] = {
    FABIO + "JournalArticle": "article",
    FABIO + "ConferencePaper": "conference-paper",
    FABIO + "Preprint": "preprint",
    FABIO + "ReviewArticle": "review",
    FABIO + "Book": "book",
    FABIO + "BookChapter": "chapter",
    FABIO + "Thesis": "thesis",
    FABIO + "ReportDocument": "report",
}
# What begins an address that schema:sameAs gives, and the identifier behind it.
SCHEMES: dict[str, tuple[str, Callable[[str], str]]] = {
    "https://doi.org/": ("doi", identity.doi),
    "https://arxiv.org/abs/": ("arxiv", identity.arxiv),
    "https://aclanthology.org/": ("acl", str),
    "https://pubmed.ncbi.nlm.nih.gov/": ("pmid", identity.pmid),
    "https://pmc.ncbi.nlm.nih.gov/articles/": ("pmcid", identity.pmcid),
    "https://openalex.org/": ("openalex", identity.openalex),
    "https://www.semanticscholar.org/paper/": ("s2", identity.s2),
    "https://dblp.org/rec/": ("dblp", identity.dblp),
}
PROPERTIES = frozenset(
    (
        TYPE, TITLE, ABSTRACT, ISSUED, IDENTIFIER, CATEGORY, PART_OF, DOI, ISBN, VENUE, VOLUME,
        ISSUE, PAGES, PUBLISHER, ARXIV_ID, SAME_AS, URL, CODE, CODE_FLAG, WITHDRAWN, CITES,
        AUTHORS_TRUNCATED, AFFILIATION_TAG, NAME_AS_GIVEN, POSITION, ORCID, AFFILIATION, MEASURE,
        VALUE, UNIT, CAPTURED,
    )
)  # fmt: skip
