"""LaTeX and HTML markup to the plain text that is stored, shown and pointed into."""

import re


def plain(text: str) -> str:
    """*text* on one line."""
    return re.sub(r"\s+", " ", text).strip()
