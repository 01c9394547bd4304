"""What the SPARQL service is, in the W3C's words: SPARQL 1.1 Service Description."""

from pyoxigraph import NamedNode, Triple

from .vocab import TYPE, term

FORMATS = "http://www.w3.org/ns/formats/"
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


def service_description(endpoint: str) -> list[Triple]:
    """The description of the service at *endpoint*."""
    service = NamedNode(endpoint)
    dataset, graph = NamedNode(f"{endpoint}#dataset"), NamedNode(f"{endpoint}#default-graph")
    return [
        Triple(service, TYPE, term("sd:Service")),
        Triple(service, term("sd:endpoint"), service),
        Triple(service, term("sd:supportedLanguage"), term("sd:SPARQL11Query")),
        *(
            Triple(service, term("sd:resultFormat"), NamedNode(FORMATS + name))
            for name in RESULT_FORMATS
        ),
        Triple(service, term("sd:defaultDataset"), dataset),
        Triple(dataset, TYPE, term("sd:Dataset")),
        Triple(dataset, term("sd:defaultGraph"), graph),
        Triple(graph, TYPE, term("sd:Graph")),
    ]
