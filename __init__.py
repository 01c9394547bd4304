"""
Methods, datasets and tasks from paper abstracts, as a queryable RDF graph.

Every error that this package raises on purpose is a `ScholarGraphError`:

* ScholarGraphError
  * SourceError            a file that cannot be read as papers (`scholargraph.extract`)
  * ModelError             weights that are missing or do not fit (`scholargraph.extract`)
  * StoreError             a folder that is no store, or cannot be written (`scholargraph.graph`)
    - StoreBusy            another process is writing
  * QueryError             a query that cannot be answered as written (`scholargraph.graph`)
  * QueryTimeout           a query that ran past its time (`scholargraph.graph`)
  * QueryTooLarge          a query that ran past its memory (`scholargraph.graph`)
"""

__version__ = "0.1.0"


class ScholarGraphError(Exception):
    """Base of every error this package raises on purpose."""
