"""
Answers of bibliographic services, fetched page by page and kept as they came.

`scholargraph.extract.fetching.services` knows what each service is asked and how its pages follow
each other, `transport` how to ask politely, `folder` what is kept on disk so that a fetch can go on
where it stopped, and be imported again without a network.
"""

from .fetch import Fetched, fetch
from .services import SERVICES
from .transport import FetchError

__all__ = ["SERVICES", "FetchError", "Fetched", "fetch"]
