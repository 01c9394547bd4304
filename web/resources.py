"""The pages of resources: authors, papers, concepts, and whatever else has an IRI in the graph."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from urllib.parse import urlencode

from flask import Response, request
from pyoxigraph import NamedNode
from werkzeug.exceptions import NotFound
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response as BaseResponse

from scholargraph.graph import vocab as v
from scholargraph.graph.aliases import known_as
from scholargraph.graph.articles import (
    Article,
    Located,
    Mentioned,
    Result,
    Stated,
    article,
)
from scholargraph.graph.catalogue import CONCEPT_KINDS, Named, ending, kind_of
from scholargraph.graph.concepts import PAGE, Using, concept
from scholargraph.graph.describe import describe
from scholargraph.graph.related import related_papers
from scholargraph.graph.resources import Value, plain, statements
from scholargraph.graph.resources import resource as generic
from scholargraph.graph.tombstones import tombstone
from scholargraph.graph.vocab import term

from . import problems, references, representations, wording
from .answering import HTML, JSON, as_json, chosen, page, page_number
from .author_page import author_page
from .holdings import current_catalogue, current_tally
from .json_ld import head
from .marking import Piece, Span, marked
from .problems import Problem, standard
from .remembered import remembered
from .representations import GRAPHS, graph, linked
from .service import service

NOUNS = (
    *("author", "paper", *CONCEPT_KINDS, "category", "source", "run", "profile", "graph"),
    *("work", "reference", "decision"),
)

SUFFIXES = dict(representations.SUFFIXES) | {".json": JSON}

# Names of a resource that has no page of its own kind, the best first.
NAMES = (v.NOTATION, v.FILE_NAME, v.NAME_AS_GIVEN, v.LABEL, v.NAME, v.TITLE)

# What people type for the lists, whose addresses are where those of their things begin.
LISTS = {f"/{plural}": kind for kind, plural in wording.PLURALS.items()}

Statements = dict[str, list[Value]]


@remembered
def resource(noun: str, key: str) -> Response:
    """
    The page of a resource, or its data, by Accept or by suffix.

    Raises:
        Problem: 404 for what the graph does not know, 406 for a form that there is none of, 410 for
            what was removed.
        RequestRedirect: 308 for what has another IRI now.
    """
    return _resource(f"{noun}/{key}")


@remembered
def _elsewhere(place: str) -> Response:
    return _resource(place)


def unrouted(error: NotFound) -> BaseResponse:
    """
    Whatever no other address answers: resources whose IRIs are not of our making.

    Graphs that were put into the store may describe anything below our base.
    """
    try:
        if request.method in ("GET", "HEAD"):
            if kind := LISTS.get(request.path):  # /papers for /paper
                raise RequestRedirect(wording.here(f"/{kind}"))
            return _elsewhere(request.path.removeprefix("/"))
        raise standard(404, error.description or "")
    except Problem as problem:
        return problems.answer(problem)
    except RequestRedirect as moved:  # nobody else answers for what an error handler raises
        return moved.get_response()


def _resource(place: str) -> Response:
    iri, said, form = _asked_for(place)
    if form in GRAPHS:
        response = graph(describe(service().snapshot(), iri, service().iris), form)
    elif form in references.WRITERS:
        response = references.reference(iri, form)
    else:
        response = _page(kind_of(iri.value, service().iris), iri, said, form)
    here, license = wording.ascii_address(iri.value), service().settings.license
    links = [(here, "canonical", "")]
    links += [(f"{here}{suffix}", "alternate", media) for suffix, media in _forms(said).items()]
    links += [(f"{here}.ttl", "describedby", "text/turtle")]
    links += [(wording.here("/.well-known/void#dataset"), term("void:inDataset").value, "")]
    links += [(license, "license", "")] if license else []
    response.vary.add("Accept")
    return linked(response, *links)


def _asked_for(place: str) -> tuple[NamedNode, Statements, str]:
    """The resource at *place* below the base, what is said of it, and the media type for that."""
    snapshot, iris = service().snapshot(), service().iris
    iri = iris.at(place)
    # A key may itself end like a suffix: what exists comes first.
    if said := statements(snapshot, iri, iris):
        return iri, said, chosen(HTML, *_forms(said).values())
    gone, other, end = tombstone(snapshot, iri, iris), known_as(snapshot, iri, iris), ""
    for suffix, media in (SUFFIXES | dict(references.SUFFIXES)).items():
        if place.endswith(suffix):
            iri = iris.at(place.removesuffix(suffix))
            said = statements(snapshot, iri, iris)
            if suffix in _forms(said) and said:
                return iri, said, media
            if gone is None and other is None:
                gone, other = tombstone(snapshot, iri, iris), known_as(snapshot, iri, iris)
                end = suffix if gone or other else ""
    if gone is not None and gone.successor:
        raise RequestRedirect(wording.ascii_address(gone.successor) + end)
    if other is not None:
        raise RequestRedirect(wording.ascii_address(other.value) + end)
    if gone is not None:
        what = f"{gone.name!r}" if gone.name else "What was here"
        raise standard(410, f"{what} was removed from this graph on {gone.removed[:10]}.")
    noun, _, key = place.partition("/")
    unknown = f"no {noun} {key!r}" if noun in NOUNS else f"nothing at {request.path[:200]!r}"
    raise standard(404, f"The graph knows {unknown}. Search finds names and titles.")


def _forms(said: Statements) -> dict[str, str]:
    """The suffixes and media types of data on what the graph says *said* of."""
    if v.ARTICLE.value in plain(said).get(v.TYPE.value, ()):
        return SUFFIXES | dict(references.SUFFIXES)
    return SUFFIXES


def _page(noun: str, iri: NamedNode, said: Statements, form: str) -> Response:
    # The address alone does not make a paper: an uploaded graph may use it for something else.
    types = plain(said).get(v.TYPE.value, ())
    if noun == "author" and v.PERSON.value in types:
        return author_page(iri, next(iter(plain(said).get(v.NAME.value, ())), None), form)
    if noun == "paper" and v.ARTICLE.value in types:
        return _paper(iri, said, form)
    if noun in CONCEPT_KINDS and v.CONCEPT_CLASSES[noun].value in types:
        return _concept(noun, iri, said, form)
    return _other(noun, iri, said, form)


def _paper(iri: NamedNode, said: Statements, form: str) -> Response:
    found = article(service().snapshot(), iri, plain(said), service().iris)
    if form == JSON:
        return as_json(asdict(found))

    def running(text: str, field: str) -> list[Sentence]:
        # A record that came as one text has its mentions in 'text', and is stored as the abstract.
        fields = ("abstract", "text") if field == "abstract" else (field,)
        return _sentences(
            text,
            [sentence for sentence in found.sentences if sentence.field in fields],
            [mention for mention in found.mentions if mention.field in fields],
        )

    named = _named(found)
    return page(
        "paper.html",
        page=found,
        json_ld=head(found, plain(said)),
        running=running,
        sentences=_said(found),
        related=related_papers(current_catalogue(), iri.value),
        named=named,
        kinds=[kind for kind, group in named.items() if group],
        pairs=[(None, claim) for claim in found.results],
    )


@dataclass(frozen=True, slots=True)
class Sentence:
    """A run of text with its mentions marked; *iri* is None between sentences with evidence."""

    iri: str | None
    pieces: Sequence[Piece[Mentioned]]


def _sentences(text: str, places: list[Located], mentions: list[Mentioned]) -> list[Sentence]:
    """*text* in runs that join to it, those at *places* with their IRIs."""
    runs: list[tuple[int, int, str | None]] = []
    done = 0
    for place in places:
        if place.start < done or place.end > len(text):
            continue
        runs += [(done, place.start, None), (place.start, place.end, place.iri)]
        done = place.end
    runs.append((done, len(text), None))
    return [
        Sentence(
            iri,
            marked(
                text[start:end],
                (
                    Span(mention.start - start, mention.end - start, mention)
                    for mention in mentions
                    if start <= mention.start < end
                ),
            ),
        )
        for start, end, iri in runs
        if start < end
    ]


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence, marked, with everything that was read out of it."""

    pieces: Sequence[Piece[Mentioned]]
    mentions: tuple[Mentioned, ...]
    relations: tuple[Stated, ...]
    results: tuple[Result, ...]


def _said(found: Article) -> list[Said]:
    """The sentences of *found* in reading order, the title's first."""
    said = []
    for place in sorted(found.sentences, key=lambda place: (place.field != "title", place.start)):
        text = (found.title if place.field == "title" else found.abstract)[place.start : place.end]
        mentions = tuple(
            mention
            for mention in found.mentions
            if mention.field == place.field and place.start <= mention.start < place.end
        )
        spans = (
            Span(mention.start - place.start, mention.end - place.start, mention)
            for mention in mentions
        )
        relations = tuple(stated for stated in found.relations if stated.sentence == text)
        results = tuple(result for result in found.results if result.sentence == text)
        said.append(Said(marked(text, spans), mentions, relations, results))
    return said


def _named(found: Article) -> dict[str, list[tuple[Named, int]]]:
    """The concepts of a paper by kind, each with its number of mentions, the most named first."""
    times = Counter(mention.concept for mention in found.mentions)
    named: dict[str, list[tuple[Named, int]]] = {kind: [] for kind in CONCEPT_KINDS}
    for mentioned, count in times.most_common():
        named.setdefault(kind_of(mentioned.iri, service().iris), []).append((mentioned, count))
    return named


def _concept(noun: str, iri: NamedNode, said: Statements, form: str) -> Response:
    snapshot, properties = service().snapshot(), plain(said)
    wanted = request.args.get("page", "1")
    number = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 10 else 1
    found = concept(
        snapshot,
        iri,
        noun,
        current_catalogue(),
        properties,
        tallied=current_tally(iri.value),
        page=max(1, number),
    )
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
