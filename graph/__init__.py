"""
Papers and extractions as RDF: a store, what is put into it, and what it answers.

>>> from scholargraph.graph import Store
>>> store = Store.open("papers.db", create=True)   # nothing is written before the first commit
"""

from .iris import DEFAULT_BASE, Iris
from .store import Snapshot, Store, StoreBusy, StoreError, Writer

__all__ = ["DEFAULT_BASE", "Iris", "Snapshot", "Store", "StoreBusy", "StoreError", "Writer"]
