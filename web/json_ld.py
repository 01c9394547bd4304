"""A paper as schema.org JSON-LD, for the head of its page: what search engines read."""

from scholargraph.graph.articles import Article
from scholargraph.graph.identifiers import addresses

from .wording import is_web


def scholarly_article(paper: Article) -> dict[str, object]:
    """*paper* as a schema:ScholarlyArticle; members that the graph does not know are left out."""
    authors = [
        {"@type": "Person", "@id": byline.author.iri, "name": byline.author.name}
        for byline in paper.authors
    ]
    members: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "ScholarlyArticle",
        "@id": paper.iri,
        "headline": paper.title,
        "name": paper.title,
        "abstract": paper.abstract,
        "author": authors,
        "datePublished": paper.date,
        "isPartOf": _place(paper) if paper.venue else None,
        "identifier": [
            {"@type": "PropertyValue", "propertyID": scheme, "value": value}
            for scheme, value in (("doi", paper.doi), ("arxiv", paper.arxiv))
            if value
        ],
        "sameAs": [node.value for node in addresses(paper.ids)],
        "pagination": paper.pages,
        "publisher": {"@type": "Organization", "name": paper.publisher}
        if paper.publisher
        else None,
        "url": [address for address in paper.urls if is_web(address)],
        "citation": [
            {"@type": "CreativeWork", "@id": work.iri, "name": work.title}
            for work in paper.cites.works
        ],
        "keywords": [concept.name for concept in paper.introduces],
    }
    return {name: value for name, value in members.items() if value}


def _place(paper: Article) -> dict[str, object]:
    """Where *paper* appeared: its venue, within that the volume and the issue."""
    place: dict[str, object] = {"@type": "Periodical", "name": paper.venue}
    if paper.volume:
        place = {
            "@type": "PublicationVolume",
            "volumeNumber": paper.volume,
            "isPartOf": place,
        }
    if paper.issue:
        place = {"@type": "PublicationIssue", "issueNumber": paper.issue, "isPartOf": place}
    return place
