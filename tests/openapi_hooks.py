"""How schemathesis sends the bodies of SPARQL: as they are. Read by its own process."""

import schemathesis

TEXTS = (
    "application/sparql-query",
    "application/sparql-update",
    "application/n-triples",
    "application/rdf+xml",
    "text/turtle",
)


@schemathesis.serializer(*TEXTS)
def as_it_is(context, value):
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
