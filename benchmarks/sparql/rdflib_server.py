"""rdflib-endpoint over Oxigraph in memory, as its documentation runs it; needs its own venv."""

import sys

import pyoxigraph
import uvicorn
from oxrdflib import OxigraphStore
from rdflib import Graph
from rdflib.graph import DATASET_DEFAULT_GRAPH_ID
from rdflib_endpoint import SparqlEndpoint


def main() -> None:
    path, port = sys.argv[1:]
    # Loaded by Oxigraph itself: rdflib's own parser takes ten times as long.
    engine = pyoxigraph.Store()
    engine.bulk_load(path=path, format=pyoxigraph.RdfFormat.N_QUADS)
    # Its default graph alone: over the union of all graphs the same queries take longer.
    graph = Graph(store=OxigraphStore(store=engine), identifier=DATASET_DEFAULT_GRAPH_ID)
    app = SparqlEndpoint(graph=graph, path="/")
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning")


if __name__ == "__main__":
    main()
