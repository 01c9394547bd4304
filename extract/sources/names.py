"""Names of people as sources print them: split, compared, never rewritten."""

import re
import unicodedata
from collections.abc import Sequence

# Parts that follow a comma without being a person: 'Sammy Davis, Jr.'.
_SUFFIX = re.compile(r"(?:jr|sr|ii|iii|iv|ph\.?\s?d|md)\.?", re.IGNORECASE)
_BETWEEN = re.compile(r"\s*[,;]\s*(?:(?:and|&)\s+)?|\s+(?:and|&)\s+", re.IGNORECASE)
# A run of separators is looked at from its beginning alone, else its length would count squared.
_ET_AL = re.compile(
    r"(?:^|(?<![\s,;])[\s,;]++)(?:et\.?\s*al\b\.?|and\s+others\b\.?|…|\.\.\.)[\s,;]*$", re.I
)


def without_et_al(names: str) -> tuple[str, bool]:
    """*names* without a final 'et al.', and whether there was one."""
    match = _ET_AL.search(names)
    return (names[: match.start()], True) if match else (names, False)


def split(names: str) -> list[str]:
    """
    The single names in a list such as 'Ada Lovelace, Sammy Davis, Jr. and Alan Turing'.

    Where semicolons or 'and' alone separate, a comma belongs to a name: 'Lovelace, Ada; Turing,
    Alan'.
    """
    between = _BETWEEN
    if ";" in names:
        between = re.compile(r"\s*;\s*")
    elif re.search(r"\sand\s", names) and all(
        part.count(",") == 1 and " " not in part.split(",")[0].strip()
        for part in re.split(r"\s+and\s+", names)
    ):
        between = re.compile(r"\s+and\s+")  # BibTeX's 'Lovelace, Ada and Turing, Alan'
    parts: list[str] = []
    for part in between.split(names):
        part = part.strip(" ,;")
        if parts and _SUFFIX.fullmatch(part):
            parts[-1] = f"{parts[-1]}, {part}"
        elif part:
            parts.append(part)
    return parts


def reread(name: str) -> str:
    """
    *name* with its letters back, where it is UTF-8 that somebody read as Latin-1; else as it is.

    >>> reread("JosÃ© RamÃ\xadrez"), reread("José Ramírez"), reread("AVELÃ")
    ('José Ramírez', 'José Ramírez', 'AVELÃ')
    """
    try:
        return name if name.isascii() else name.encode("latin-1").decode()
    except UnicodeError:
        return name


def folded(name: str) -> str:
    """*name* without accents, case, punctuation and extra space, for comparing."""
    decomposed = unicodedata.normalize("NFKD", name)
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(re.sub(r"[\W_]+", " ", bare.casefold()).split())


def find(name: str, names: Sequence[str]) -> int | None:
    """
    Where *name* stands in *names*, or None.

    The same name may differ in case, accents, spacing, punctuation and the order of its parts.
    Failing that, a name in initials counts ('L. He' for 'Lianghua He') if only one fits.
    """
    wanted = folded(name)
    for index, other in enumerate(names):
        same = folded(other)
        if sorted(same.split()) == sorted(wanted.split()) or _unspaced(same) == _unspaced(wanted):
            return index
    initialled = [i for i, other in enumerate(names) if _abbreviates(folded(other), wanted)]
    return initialled[0] if len(initialled) == 1 else None


def _unspaced(name: str) -> str:
    return name.replace(" ", "")


def _abbreviates(short: str, full: str) -> bool:
    *given, family = short.split() or [""]
    *full_given, full_family = full.split() or [""]
    if family != full_family or not given or len(given) > len(full_given):
        return False
    return all(
        len(initial) == 1 and whole.startswith(initial)
        for initial, whole in zip(given, full_given, strict=False)
    )
