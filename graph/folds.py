"""The communities of the newest state of a store: found once, in the background, and kept."""

from .background import Background
from .communities import Communities


class Folds(Background[Communities]):
    """Keeps the communities of the newest state of a store."""

    module = "scholargraph.graph.communities"
    file = "communities.json"

    @staticmethod
    def read(text: str) -> Communities:
        """As `Communities.from_text`."""
        return Communities.from_text(text)
