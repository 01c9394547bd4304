"""What the OpenAPI document says of pages, resources and downloads."""

from scholargraph.graph.articles import Article
from scholargraph.graph.authors import Author
from scholargraph.graph.catalogue import CONCEPT_KINDS, Counted, Listed
from scholargraph.graph.concepts import Concept
from scholargraph.graph.export import FORMATS_OF, MEDIA_TYPES
from scholargraph.graph.opening import Rising
from scholargraph.graph.questions import Question
from scholargraph.graph.resources import Resource
from scholargraph.graph.search import Hit

from . import openapi_corpus, openapi_explore, openapi_machines
from .json_schema import schema
from .lists import SORTS, TIED
from .openapi_parts import (
    HTML,
    JSON,
    TEXT,
    UNCHANGED,
    Node,
    answer,
    choice,
    content,
    list_of,
    object_of,
    operation,
    or_empty,
    parameter,
    whole,
)
from .references import WRITERS
from .representations import GRAPHS
from .resources import NOUNS
from .wording import PLURALS

# Sources, runs and the like have no page of their own kind.
MODELS: dict[str, type] = {"author": Author, "paper": Article} | dict.fromkeys(
    CONCEPT_KINDS, Concept
)

PAGE = parameter("page", "Which page of the list.", whole(1, 999_999_999, default=1), example=1)
ADDRESSED = {"address": {"type": ["string", "null"], "description": "Where its page is."}}
COUNTS = {"type": "object", "additionalProperties": {"type": "integer"}}


def _hits() -> Node:
    found = schema(Hit)
    return found | {"properties": found["properties"] | ADDRESSED}


def paths() -> Node:
    """Every path but those of the SPARQL protocols."""
    people = _start() | _lists() | _resources() | _search() | _export()
    return people | openapi_explore.paths() | openapi_corpus.paths() | openapi_machines.paths()


def _start() -> Node:
    rising = schema(Rising | None)
    home = object_of(
        counts=COUNTS, papersPerYear=COUNTS, rising=rising, questions=list_of(schema(Question))
    )
    both = content(HTML) | content(JSON, schema=home)
    return {
        "/": {
            "get": operation(
                "home", "What is in the graph", {200: answer("All of it.", both)}, 406, tag="Pages"
            )
        }
    }


def _lists() -> Node:
    found = {}
    for kind, plural in PLURALS.items():
        item = schema(Listed if kind == "paper" else Counted)
        sorts = [key for key, _ in SORTS.get(kind, SORTS["concept"])]
        parameters = [
            PAGE,
            parameter("sort", "The order.", choice(*sorts, default=sorts[0]), example=sorts[1]),
            parameter("q", "Words of the title or the name.", TEXT),
        ]
        if kind == "paper":
            parameters += [
                parameter("year", "Only papers whose date begins so.", TEXT),
                parameter("code", "Only papers with code.", choice("yes"), example="yes"),
            ]
            parameters += [
                parameter(
                    tied, f"Only papers of this {tied}, by the end of its IRI.", list_of(TEXT)
                )
                for tied in TIED
            ]
        number: Node = {"type": "integer"}
        page = object_of(total=number, page=number, pages=number, **{plural: list_of(item)})
        found[f"/{kind}"] = {
            "get": operation(
                plural,
                f"List {plural}",
                {200: answer("One page of the list.", content(HTML) | content(JSON, schema=page))},
                *(400, 404, 406),
                tag="Pages",
                parameters=parameters,
            )
        }
    return found


def _resources() -> Node:
    found = {}
    for noun in NOUNS:
        model = MODELS.get(noun, Resource)
        key = parameter(
            "key",
            "The rest of its IRI, slashes and all; a suffix (.ttl .nt .jsonld .rdf .json, of a "
            "paper also .bib .ris .csl.json) is a format.",
            TEXT,
            where="path",
            example="bert.ttl" if noun == "method" else None,
        )
        forms = content(HTML, *GRAPHS) | content(JSON, schema=schema(model))
        if noun == "paper":
            forms |= content(*WRITERS)
        found[f"/{noun}/{{key}}"] = {
            "get": operation(
                noun,
                f"What the graph says of a {noun}",
                {
                    200: answer("All of it.", forms, ETag=TEXT, Link=TEXT, Vary=TEXT),
                    304: UNCHANGED,
                    308: answer("It has another IRI now.", Location=TEXT),
                },
                *(404, 406, 410),
                tag="Resources",
                parameters=[key, PAGE] if noun in CONCEPT_KINDS else [key],
            )
        }
    return found


def _search() -> Node:
    question = parameter(
        "q", "Beginnings of names; small errors are forgiven.", TEXT, example="graph"
    )
    group = object_of(total={"type": "integer"}, hits=list_of(_hits()))
    page = object_of(question=TEXT, found={"type": "object", "additionalProperties": group})
    suggestions = object_of(suggestions=list_of(_hits()))
    return {
        "/search": {
            "get": operation(
                "search",
                "Find by name",
                {200: answer("Hits by kind.", content(HTML) | content(JSON, schema=page))},
                406,
                tag="Pages",
                parameters=[question],
            )
        },
        "/suggest": {
            "get": operation(
                "suggest",
                "A few hits while one types",
                {200: answer("The best of all kinds.", content(JSON, schema=suggestions))},
                400,
                tag="Pages",
                parameters=[
                    question,
                    parameter("kind", "Hits of this kind only.", choice(*PLURALS), example="task"),
                ],
            )
        },
    }


def _export() -> Node:
    kinds = parameter(
        "kinds",
        "Kinds of concepts, repeated or with commas.",
        {"type": "array", "items": or_empty(choice(*CONCEPT_KINDS))},
        example=["method", "task"],
    )
    found: Node = {
        "/export": {
            "get": operation(
                "exports",
                "What can be had as a file",
                {200: answer("A page.", content(HTML))},
                tag="Downloads",
            )
        }
    }
    for what, suffixes in FORMATS_OF.items():
        media = content(*(MEDIA_TYPES[suffix].partition(";")[0] for suffix in suffixes))
        suffix = parameter("suffix", "The format.", choice(*suffixes), where="path")
        found[f"/export/{what}.{{suffix}}"] = {
            "get": operation(
                f"export{what.capitalize()}",
                f"The whole of it: {what}",
                {200: answer("The file, streamed.", media, ETag=TEXT), 304: UNCHANGED},
                *(400, 404, 406),
                tag="Downloads",
                parameters=[suffix, kinds, openapi_explore.LEAST],
            )
        }
    return found
