"""A paper as schema.org JSON-LD, for the head of its page: what search engines read."""

from collections.abc import Mapping, Sequence

from scholargraph.graph.articles import Article
from scholargraph.graph.bibliography import Contributor, described
from scholargraph.graph.catalogue import Named
from scholargraph.graph.schema_org import scholarly_article


def head(paper: Article, said: Mapping[str, Sequence[str]]) -> dict[str, object]:
    """*paper*, of which the graph says *said*, as `scholarly_article` describes it."""
    people = [
        Contributor(
            iri=byline.author.iri,
            name=byline.author.name,
            given=byline.given,
            orcid=byline.orcid or "",
            affiliations=byline.affiliations,
        )
        for byline in paper.authors
    ]
    cited = [Named(work.iri, work.title) for work in paper.cites.works]
    article = scholarly_article(described(paper.iri, said, people), cited, paper.introduces)
    return {"@context": "https://schema.org", **article}
