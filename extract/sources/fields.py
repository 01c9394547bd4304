"""What every source's titles and abstracts must meet before they become a paper."""

from ..latex import plain

# Characters. The longest title of 51,541 papers of the ACL Anthology has 245, the longest
# abstract 12,000; what is far beyond is a whole paper or debris in the wrong field.
LONGEST_TITLE = 1_000
LONGEST_ABSTRACT = 100_000


def title_text(raw: str) -> str:
    """
    *raw* as plain text.

    Raises: ValueError where nothing is left, or too much.
    """
    return _text(raw, "title", LONGEST_TITLE)


def abstract_text(raw: str) -> str:
    """
    *raw* as plain text.

    Raises: ValueError where nothing is left, or too much.
    """
    return _text(raw, "abstract", LONGEST_ABSTRACT)


def optional_abstract(raw: str) -> str:
    """
    *raw* as plain text, empty where the source has no abstract.

    Raises: ValueError where it is too long.
    """
    check_length(raw, "abstract")
    return plain(raw)


def check_length(text: str, name: str, longest: int = LONGEST_ABSTRACT) -> None:
    """Raises: ValueError where *text* is longer than *longest* characters."""
    if len(text) > longest:
        raise ValueError(
            f'"{name}" has {len(text):,} characters; at most {longest:,} are read, shorten it'
        )


def _text(raw: str, name: str, longest: int) -> str:
    check_length(raw, name, longest)
    text = plain(raw)
    if not text:
        raise ValueError(f'"{name}" is blank; a paper needs one')
    return text
