"""
What the SPARQL service is: SPARQL 1.1 Service Description, with example queries and prefixes.

https://www.w3.org/TR/sparql11-service-description/. Examples and prefixes are written as SHACL has
them (https://www.w3.org/TR/shacl/#sparql-prefixes), which is where SPARQL editors such as
https://github.com/sib-swiss/sparql-editor look for them.
"""

from collections.abc import Iterator

from pyoxigraph import Literal, NamedNode, Triple

from .census import Census
from .questions import Question, examples
from .sparql import tokens
from .vocab import PREFIXES, TYPE, term
from .void import FORMATS, Site, graph_descriptions, void

RESULT_FORMATS = (
    "SPARQL_Results_JSON",
    "SPARQL_Results_XML",
    "SPARQL_Results_CSV",
    "SPARQL_Results_TSV",
    "Turtle",
    "N-Triples",
    "JSON-LD",
    "RDF_XML",
    "TriG",
    "N-Quads",
)
INPUT_FORMATS = ("Turtle", "N-Triples", "JSON-LD", "RDF_XML", "TriG", "N-Quads")
SIMPLE_ENTAILMENT = NamedNode("http://www.w3.org/ns/entailment/Simple")
ANY_URI = term("xsd:anyURI")


def service_description(
    site: Site, census: Census | None, *, current: bool = True, federated: bool = False
) -> list[Triple]:
    """
    The description of the service at *site*; *census* and *current* are as for `void`.

    *federated* says whether SERVICE reaches any other endpoint.
    """
    return [
        *_services(site, federated),
        *graph_descriptions(site, census),
        *void(site, census, current=current),
        *_prefixes(site),
        *(triple for example in examples() for triple in _example(site, example)),
    ]


def _services(site: Site, federated: bool) -> Iterator[Triple]:
    service = site.endpoint
    yield from _service(site, service, "SPARQL 1.1 query")
    yield Triple(service, term("sd:supportedLanguage"), term("sd:SPARQL11Query"))
    if federated:
        yield Triple(service, term("sd:feature"), term("sd:BasicFederatedQuery"))
    for name in RESULT_FORMATS:
        yield Triple(service, term("sd:resultFormat"), NamedNode(FORMATS + name))
    if site.writable:
        update = NamedNode(f"{site.root}update")
        yield from _service(site, update, "SPARQL 1.1 update, with a token")
        yield Triple(update, term("sd:supportedLanguage"), term("sd:SPARQL11Update"))
        for name in INPUT_FORMATS:
            yield Triple(update, term("sd:inputFormat"), NamedNode(FORMATS + name))


def _service(site: Site, service: NamedNode, title: str) -> Iterator[Triple]:
    yield Triple(service, TYPE, term("sd:Service"))
    yield Triple(service, TYPE, term("dcat:DataService"))
    yield Triple(service, term("dct:title"), Literal(title, language="en"))
    yield Triple(service, term("sd:endpoint"), service)
    yield Triple(service, term("dcat:endpointURL"), service)
    yield Triple(service, term("dcat:servesDataset"), site.dataset)
    yield Triple(service, term("sd:defaultEntailmentRegime"), SIMPLE_ENTAILMENT)
    yield Triple(service, term("sd:feature"), term("sd:EmptyGraphs"))
    yield Triple(service, term("sd:defaultDataset"), NamedNode(f"{site.endpoint.value}#dataset"))


def _prefixes(site: Site) -> Iterator[Triple]:
    declarations = _named(site, "prefixes")
    for prefix, namespace in PREFIXES.items():
        declaration = _named(site, f"prefix-{prefix}")
        yield Triple(declarations, term("sh:declare"), declaration)
        yield Triple(declaration, TYPE, term("sh:PrefixDeclaration"))
        yield Triple(declaration, term("sh:prefix"), Literal(prefix))
        yield Triple(declaration, term("sh:namespace"), Literal(namespace, datatype=ANY_URI))


def _example(site: Site, example: Question) -> Iterator[Triple]:
    node = _named(site, f"example-{example.name}")
    form = _form(example.query)
    question = Literal(example.question, language="en")
    yield Triple(node, TYPE, term("sh:SPARQLExecutable"))
    yield Triple(node, TYPE, term(f"sh:SPARQL{form.capitalize()}Executable"))
    yield Triple(node, term("rdfs:label"), question)
    yield Triple(node, term("rdfs:comment"), question)
    yield Triple(node, term("sh:prefixes"), _named(site, "prefixes"))
    yield Triple(node, term(f"sh:{form}"), Literal(example.query))
    yield Triple(node, term("schema:target"), site.endpoint)


def _form(query: str) -> str:
    """
    The keyword that says what *query* asks for, in small letters.

    >>> _form("# CONSTRUCT? No:\\nSELECT * WHERE { ?s ?p ?o }")
    'select'
    """
    forms = ("select", "construct", "ask", "describe")
    return next(word for token in tokens(query) if (word := token.text.lower()) in forms)


def _named(site: Site, name: str) -> NamedNode:
    return NamedNode(f"{site.endpoint.value}#{name}")
