"""Where a paper's code and data lie: repository addresses found in running text."""

import re

_HOSTS = (
    r"(?:www\.)?(?P<forge>github\.com|gitlab\.com|bitbucket\.org|codeberg\.org)"
    r"|(?P<pages>[\w-]+\.github\.io|[\w-]+\.gitlab\.io)"
    r"|(?:www\.)?(?P<hub>huggingface\.co|hf\.co)"
    r"|(?:www\.)?(?P<archive>zenodo\.org|sourceforge\.net|anonymous\.4open\.science)"
    r"|(?P<doi>(?:dx\.)?doi\.org)(?=/10\.5281/zenodo)"
)
# The lookbehind keeps 'notgithub.com' and 'mail@github.com' out.
_ADDRESS = re.compile(
    rf"(?<![\w@.-])(?:https?://)?(?:{_HOSTS})(?P<path>(?:/[^\s<>\"'`{{}}|\\^]*)?)",
    re.IGNORECASE,
)
# Looked for first: most abstracts name no host, and this is ten times faster than the pattern.
_HINTS = ("git", "bitbucket", "hugging", "hf.co", "codeberg", "zenodo", "sourceforge", "4open")
# How many path segments make a repository: github.com/owner alone is a person, not code.
_SEGMENTS = {"forge": 2, "pages": 0, "hub": 2, "archive": 1, "doi": 2}
_TRAILING = ".,;:!?*_'’”\"~"
# 'github.com/a/b.Our work': a full stop that lost its space.
_GLUED = re.compile(r"\.(?!Net$)[A-Z][a-z]+$")
_CLOSING = {")": "(", "]": "[", "}": "{"}


def repositories(text: str) -> tuple[str, ...]:
    """
    Addresses of repositories in *text*, in order, each once, with ``https://`` and no ``.git``.

    Known are GitHub, GitLab, Bitbucket, Codeberg, Hugging Face, Zenodo, SourceForge and
    Anonymous 4open; an address that names no repository (``github.com/owner``) is left out.
    Two spellings that differ in letter case, scheme, ``www.`` or a final slash are one address.

    >>> repositories("Code: github.com/spaCy-io/x.git, see also https://github.com/spacy-io/x/.")
    ('https://github.com/spaCy-io/x',)
    """
    found: dict[str, str] = {}
    lowered = text.lower()
    if not any(hint in lowered for hint in _HINTS):
        return ()
    for match in _ADDRESS.finditer(text):
        role = match.lastgroup if match.lastgroup != "path" else None
        role = role or next(name for name in _SEGMENTS if match[name])
        path = _without_punctuation(match["path"])
        path = _GLUED.sub("", path.rstrip("/")).removesuffix(".git")
        if len([part for part in path.split("/") if part]) < _SEGMENTS[role]:
            continue
        address = f"https://{match[role].lower()}{path}"
        found.setdefault(address.casefold(), address)
    return tuple(found.values())


def _without_punctuation(path: str) -> str:
    """*path* without the punctuation of the sentence around it; paired brackets stay."""
    end = len(path)
    while end:
        last = path[end - 1]
        if last in _TRAILING:
            end -= 1
        elif last in _CLOSING and path.count(last, 0, end) > path.count(_CLOSING[last], 0, end):
            end -= 1
        else:
            break
    return path[:end]
