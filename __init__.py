"""
Methods, datasets and tasks from paper abstracts, as a queryable RDF graph.

Every error that this package raises on purpose is a `ScholarGraphError`; a test compares this
tree with the code:

* ScholarGraphError
  * SourceError            a file that cannot be read as papers
  * FetchError             a page of a bibliographic service that could not be had
  * ModelError             weights that are missing or do not fit
  * WorkerError            an extracting process that ended before its papers were done
  * ClusterError           a Dask cluster that cannot be reached, or cannot do the work
  * StoreError             a folder that is no store, or cannot be written
    - StoreBusy            another process is writing
    - PatchError           a part of a store's history that cannot be read
    - RemoteError          a server that cannot be reached, or does not answer as it should
      + Misunderstood      a query or an update that the server refuses as it is written
      + Unanswered         a request whose answer did not come whole
  * HistoryError           a change that the history does not have, or cannot describe
  * RdfError               RDF that cannot be read, with its line
  * GraphChanged           a graph that is not the one whose change was asked for
  * QueryError             a query that cannot be answered as written, with line and column
    - QueryRefused         one that asks a server which may not be asked
  * PeerError              another server, asked by a query, that did not answer as it should
  * PeersError             servers that are allowed in words which cannot be understood
  * QueryTimeout           a query that ran past its time, or waited too long for its turn
  * UpdateTimeout          a change that ran past its time; nothing has changed
  * QueryCancelled         a query whose answer nobody waits for any more
  * QueryTooLarge          a query that ran past its memory, or whose answer is too long
  * AnswerUnwritable       an answer that the format asked for cannot hold
  * NotXml                 a graph that RDF/XML cannot hold
  * CompareError           things that cannot be compared: too many, unknown, of several kinds
  * ExportError            what cannot be exported so, or to there
  * CorrectionError        a correction of what is not there, or that makes no sense
  * RulingError            a decision about papers that cannot be carried out
  * RemovalError           a name that stands for nothing that can be removed
  * UnknownEntity          an IRI that the graph does not describe
  * ValidationUnavailable  the library that checks shapes is not installed
  * SettingsError          a setting whose value makes no sense
  * ServerError            an address that cannot be listened at
  * VendorError            a library that no longer ships what pages need of it
  * Problem                what a client is told, with its HTTP status
"""

__version__ = "0.1.0"


class ScholarGraphError(Exception):
    """Base of every error this package raises on purpose."""
