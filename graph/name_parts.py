"""Names of people as lists of references sort them: family, given, particle, suffix."""

import re
import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Name:
    """
    A person's name in parts; *literal* alone for what is no person's, or has no such parts.

    *family* goes without its *particle* ('van', 'de la').
    """

    family: str = ""
    given: str = ""
    particle: str = ""
    suffix: str = ""
    literal: str = ""


_SUFFIX = re.compile(r"(?:,\s*|\s+)((?:Jr|Sr)\.?|I{2,3}|IV)$")
_PARTICLES = frozenset(
    "af al am an auf aus bin da dal das de degli dei del della der des di do dos du e el het ibn "
    "in la las le les li lo los op san 't te ten ter ’t tot uit van vom von y zu zum zur".split()
)
_NO_PERSON = re.compile(
    r"(?<![-‐‑])\b(?:academy|agency|association|associates|bureau|center|centre|collaboration|college|"
    r"committee|community|company|consortium|corporation|council|department|foundation|group|"
    r"inc|initiative|institute|institut|laboratory|laboratories|labs?|ltd|ministry|network|"
    r"organi[sz]ation|partnership|project|research|society|task force|team|universit\w+|"
    r"workshop|working)\b",
    re.IGNORECASE,
)
_MARKS = frozenset(" .'’‘ʼ-‐‑`´·")


def parts(name: str) -> Name:
    """
    *name* as a list of references sorts it.

    Names of organisations, names with signs that no name has, and those in scripts that put the
    family first without saying so, stay whole.

    >>> parts("Ludwig van Beethoven")
    Name(family='Beethoven', given='Ludwig', particle='van', suffix='', literal='')
    >>> parts("Lake University").literal, parts("何 良华").literal, parts("M. L. King, Jr.").suffix
    ('Lake University', '何 良华', 'Jr.')
    """
    match = _SUFFIX.search(name)
    suffix = match[1] if match else ""
    bare = name[: match.start()] if match else name
    family, comma, given = bare.partition(", ")
    if not _is_person(family) or (comma and not _is_person(given)):
        return Name(literal=name)
    if comma:
        return Name(family=family, given=given, suffix=suffix)
    *before, last = bare.split()
    particles: list[str] = []
    while before and before[-1] in _PARTICLES:
        particles.insert(0, before.pop())
    return Name(last, " ".join(before), " ".join(particles), suffix)


def surname(name: str) -> str:
    """What a list of references sorts *name* by."""
    found = parts(name)
    return found.family or found.literal


def _is_person(name: str) -> bool:
    letters = [c for c in name if c not in _MARKS and not unicodedata.combining(c)]
    return (
        bool(letters)
        and all(c.isalpha() and _is_european(c) for c in letters)
        and re.search(r"(?:^|\s)and(?:\s|$)", name, re.IGNORECASE) is None
        and (" " not in name or _NO_PERSON.search(name) is None)
    )


def _is_european(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith(("LATIN", "GREEK", "CYRILLIC", "ARMENIAN"))
