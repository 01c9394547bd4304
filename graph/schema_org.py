"""
Papers as schema.org JSON-LD: what search engines read in a page, and data catalogues in a file.

The page of a paper and the file of all papers hold the same nodes. The page names the context that
search engines look for; the file carries its own, so that it can be read without a network: terms
are those of ``https://schema.org/``, as in the graph, ``url`` and ``sameAs`` are addresses, and
``datePublished`` is a schema:Date, as schema.org's own context has it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pyoxigraph import NamedNode

from . import vocab as v
from .bibliography import Contributor, Publication, batches
from .catalogue import Named, ending
from .csl import dumped
from .entities import value_of
from .identifiers import addresses
from .serialize import chunks
from .store import Snapshot

CONTEXT: Mapping[str, object] = {
    "@vocab": v.PREFIXES["schema"],
    "datePublished": {"@type": "Date"},
    "sameAs": {"@type": "@id"},
    "url": {"@type": "@id"},
}

ORCID = "https://orcid.org/"

# What a paper stands in, where that is no journal.
_PLACES = {"conference-paper": "Book", "chapter": "Book"}


def schema_org(snapshot: Snapshot) -> Iterator[bytes]:
    """Every paper as one JSON-LD document, a paper a line, in the order of the IRIs."""
    return chunks(_document(snapshot))


def _document(snapshot: Snapshot) -> Iterator[str]:
    yield f'{{"@context": {dumped(CONTEXT)},\n"@graph": ['
    between = "\n"
    for batch in batches(snapshot, people=True):
        papers = [NamedNode(paper.iri) for paper in batch]
        cited = _linked(snapshot, papers, v.CITES, v.TITLE)
        introduced = _linked(snapshot, papers, v.INTRODUCES, v.LABEL)
        for paper in batch:
            yield between + dumped(
                scholarly_article(paper, cited[paper.iri], introduced[paper.iri])
            )
            between = ",\n"
    yield "\n]}\n"


def scholarly_article(
    paper: Publication, cited: Iterable[Named], introduced: Iterable[Named]
) -> dict[str, object]:
    """
    *paper*, with its *people*, as a schema:ScholarlyArticle, but for the context.

    What the graph does not know is left out.
    """
    identified = [("doi", paper.doi), ("arxiv", paper.arxiv)]
    if paper.sort in ("book", "thesis", "report"):  # else it is that of a whole volume
        identified.append(("isbn", paper.isbn))
    return _known(
        {
            "@type": "ScholarlyArticle",
            "@id": paper.iri,
            "headline": paper.title,
            "name": paper.title,
            "abstract": paper.abstract,
            "author": [*map(_person, paper.people)],
            "datePublished": paper.date,
            "isPartOf": _place(paper) if paper.venue else None,
            "identifier": [
                {"@type": "PropertyValue", "propertyID": scheme, "value": value}
                for scheme, value in identified
                if value
            ],
            "sameAs": [node.value for node in addresses(paper.ids)],
            "pagination": paper.pages,
            "publisher": _organization(paper.publisher) if paper.publisher else None,
            "url": [*paper.addresses],
            "citation": [
                {"@type": "CreativeWork", "@id": work.iri, "name": work.name}
                for work in sorted(cited, key=lambda work: work.iri)
            ],
            "keywords": sorted({concept.name for concept in introduced}),
            "creativeWorkStatus": "Withdrawn" if paper.withdrawn else None,
        }
    )


def _person(person: Contributor) -> dict[str, object]:
    return _known(
        {
            "@type": "Person",
            "@id": person.iri,
            "name": person.name,
            "sameAs": f"{ORCID}{person.orcid}" if person.orcid else None,
            "affiliation": [*map(_organization, person.affiliations)],
        }
    )


def _organization(name: str) -> dict[str, object]:
    return {"@type": "Organization", "name": name}


def _place(paper: Publication) -> dict[str, object]:
    """Where *paper* appeared: its venue, within that the volume and the issue."""
    place: dict[str, object] = {"@type": _PLACES.get(paper.sort, "Periodical"), "name": paper.venue}
    if paper.volume:
        place = {"@type": "PublicationVolume", "volumeNumber": paper.volume, "isPartOf": place}
    if paper.issue:
        place = {"@type": "PublicationIssue", "issueNumber": paper.issue, "isPartOf": place}
    return place


def _known(members: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in members.items() if value}


def _linked(
    snapshot: Snapshot, papers: Sequence[NamedNode], link: NamedNode, label: NamedNode
) -> dict[str, list[Named]]:
    """What each of *papers* has a *link* to, by what it is called."""
    names: dict[tuple[str, str], str] = {}
    for row in snapshot.select(
        f"SELECT ?paper ?thing ?name WHERE {{ VALUES ?paper {{ {' '.join(map(str, papers))} }} "
        f"?paper {link} ?thing OPTIONAL {{ ?thing {label} ?name }} }}"
    ):
        pair = value_of(row["paper"]), value_of(row["thing"])
        name = value_of(row["name"]) or ending(pair[1])
        names[pair] = min(name, names.get(pair, name))
    found: dict[str, list[Named]] = defaultdict(list)
    for (paper, thing), name in names.items():
        found[paper].append(Named(thing, name))
    return found
