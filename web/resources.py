"""The pages of resources: authors, papers, concepts, and whatever else has an IRI in the graph."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from urllib.parse import urlencode

from flask import Response, current_app, request
from pyoxigraph import NamedNode

from scholargraph.graph import vocab as v
from scholargraph.graph.articles import Article, Mentioned, article
from scholargraph.graph.authors import author
from scholargraph.graph.catalogue import CONCEPT_KINDS, Named, ending, kind_of
from scholargraph.graph.concepts import PAGE, Using, concept
from scholargraph.graph.describe import describe
from scholargraph.graph.rdfxml import NotXml
from scholargraph.graph.resources import Value, plain, statements
from scholargraph.graph.resources import resource as generic
from scholargraph.graph.serialize import FORMATS, serialize

from . import wording
from .answering import HTML, JSON, as_json, chosen, page, page_number
from .json_ld import scholarly_article
from .marking import Piece, Span, marked
from .problems import standard
from .remembered import remembered
from .service import service

NOUNS = ("author", "paper", *CONCEPT_KINDS, "category", "source", "run", "profile")

# What a description may be asked for as, by Accept or by the end of the address.
GRAPHS = {FORMATS[name].media_type: name for name in ("ttl", "nt", "jsonld", "rdf")}
SUFFIXES = {f".{name}": media for media, name in GRAPHS.items()} | {".json": JSON}

# Names of a resource that has no page of its own kind, the best first.
NAMES = (v.NOTATION, v.FILE_NAME, v.NAME_AS_GIVEN, v.LABEL, v.NAME, v.TITLE)

Statements = dict[str, list[Value]]


@remembered
def resource(noun: str, key: str) -> Response:
    """
    The page of a resource, or its data, by Accept or by suffix.

    Raises:
        Problem: 404 for what the graph does not know, 406 for a form that there is none of.
    """
    iri, said, form = _asked_for(noun, key)
    response = _graph(iri, form) if form in GRAPHS else _page(noun, iri, said, form)
    links = [f'<{wording.ascii_address(iri.value)}>; rel="canonical"'] + [
        f'<{wording.ascii_address(iri.value)}{suffix}>; rel="alternate"; type="{media}"'
        for suffix, media in SUFFIXES.items()
    ]
    response.headers["Link"] = ", ".join(links)
    response.vary.add("Accept")
    return response


def _asked_for(noun: str, key: str) -> tuple[NamedNode, Statements, str]:
    """The resource at ``/noun/key``, what is said of it, and the media type to say it in."""
    snapshot, iris = service().snapshot(), service().iris
    iri = iris.resource(noun, key)
    # A key may itself end like a suffix: what exists comes first.
    if said := statements(snapshot, iri):
        return iri, said, chosen(HTML, *SUFFIXES.values())
    for suffix, media in SUFFIXES.items():
        if key.endswith(suffix):
            iri = iris.resource(noun, key.removesuffix(suffix))
            if said := statements(snapshot, iri):
                return iri, said, media
    raise standard(404, f"The graph knows no {noun} {key!r}. Search finds names and titles.")


def _graph(iri: NamedNode, form: str) -> Response:
    quads = describe(service().snapshot(), iri)
    try:
        # Whole before the status goes out; a description is bounded.
        body = b"".join(serialize(quads, GRAPHS[form]))
    except NotXml as error:
        raise standard(406, f"{error} Ask for text/turtle.") from error
    content_type = f"{form}; charset=utf-8" if form.startswith("text/") else form
    response = current_app.response_class(body, content_type=content_type)
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _page(noun: str, iri: NamedNode, said: Statements, form: str) -> Response:
    if noun == "author":
        return _author(iri, said, form)
    if noun == "paper":
        return _paper(iri, said, form)
    if noun in CONCEPT_KINDS:
        return _concept(noun, iri, said, form)
    return _other(noun, iri, said, form)


def _author(iri: NamedNode, said: Statements, form: str) -> Response:
    name = next(iter(plain(said).get(v.NAME.value, ())), None)
    found = author(service().snapshot(), iri, service().iris, name=name)
    return as_json(asdict(found)) if form == JSON else page("author.html", page=found)


def _paper(iri: NamedNode, said: Statements, form: str) -> Response:
    found = article(service().snapshot(), iri, plain(said))
    if form == JSON:
        return as_json(asdict(found))

    def mentions(text: str, field: str) -> Sequence[Piece[Mentioned]]:
        # A record that came as one text has its mentions in 'text', and is stored as the abstract.
        fields = ("abstract", "text") if field == "abstract" else (field,)
        spans = (Span(m.start, m.end, m) for m in found.mentions if m.field in fields)
        return marked(text, spans)

    named = _named(found)
    return page(
        "paper.html",
        page=found,
        json_ld=scholarly_article(found),
        mentions=mentions,
        named=named,
        kinds=[kind for kind, group in named.items() if group],
        pairs=[(None, claim) for claim in found.results],
    )


def _named(found: Article) -> dict[str, list[tuple[Named, int]]]:
    """The concepts of a paper by kind, each with its number of mentions, the most named first."""
    times = Counter(mention.concept for mention in found.mentions)
    named: dict[str, list[tuple[Named, int]]] = {kind: [] for kind in CONCEPT_KINDS}
    for mentioned, count in times.most_common():
        named.setdefault(kind_of(mentioned.iri, service().iris), []).append((mentioned, count))
    return named


def _concept(noun: str, iri: NamedNode, said: Statements, form: str) -> Response:
    snapshot, iris, properties = service().snapshot(), service().iris, plain(said)
    wanted = request.args.get("page", "1")
    number = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 10 else 1
    found = concept(snapshot, iri, iris, properties, page=max(1, number))
    number, pages = page_number(found.paper_count, PAGE)
    if form == JSON:
        return as_json(asdict(found))

    def page_address(number: int) -> str:
        query = f"?{urlencode({'page': number})}" if number > 1 else ""
        return f"{wording.address(iri.value)}{query}"

    return page(
        "concept.html",
        page=found,
        kind=noun,
        quotes=lambda paper: _quotes(paper, noun),
        number=number,
        pages=pages,
        first=(number - 1) * PAGE + 1,
        page_address=page_address,
    )


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence of a paper with every place where it names the concept; the surest of them."""

    sentence: str
    spans: tuple[tuple[int, int, str], ...]
    confidence: float


def _quotes(paper: Using, kind: str) -> list[Quote]:
    """Each sentence of *paper* once, in reading order."""
    quotes: dict[str, Quote] = {}
    for found in paper.evidence:
        spans: tuple[tuple[int, int, str], ...] = ((found.start, found.end, kind),)
        confidence = found.confidence
        if same := quotes.get(found.sentence):
            spans, confidence = same.spans + spans, max(confidence, same.confidence)
        quotes[found.sentence] = Quote(found.sentence, spans, confidence)
    return list(quotes.values())


def _other(noun: str, iri: NamedNode, said: Statements, form: str) -> Response:
    properties = plain(said)
    names = (text for name in NAMES for text in properties.get(name.value, ()))
    found = generic(service().snapshot(), iri, said, name=next(names, ending(iri.value)))
    if form == JSON:
        return as_json(asdict(found))
    return page("resource.html", page=found, kind=noun)
