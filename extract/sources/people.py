"""People as Crossref and CSL write them: a name in parts."""

from ..papers import Author
from . import names
from .jsonrecords import Fields


def authors(record: Fields, key: str) -> tuple[tuple[Author, ...], bool]:
    """
    The people listed under *key*, in order, and whether 'et al.' hides more.

    A name is put together as it is printed: given name, particles, family name, suffix.
    """
    found: list[Author] = []
    hidden = False
    for position, person in enumerate(record.each(key), start=1):
        name, cut = names.without_et_al(_name(person))
        if name.casefold() in ("others", "et al"):  # what BibTeX's 'and others' becomes
            name, cut = "", True
        hidden = hidden or cut
        if name:
            orcid = person.orcid("ORCID") or person.orcid("orcid")
            found.append(Author(name, position, orcid, _affiliations(person)))
    return tuple(found), hidden


def _name(person: Fields) -> str:
    whole = person.text("literal") or person.text("name")
    if whole:
        return whole
    parts = ("given", "dropping-particle", "non-dropping-particle", "family")
    name = _joined([person.text(part).strip('"') for part in parts])
    suffix = person.text("suffix")
    return f"{name}, {suffix}" if name and suffix else name


def _joined(parts: list[str]) -> str:
    """
    The parts with spaces, but for a particle that ends in an apostrophe.

    >>> _joined(["Jean", "", "d'", "Alembert"]), _joined(["Alaa’", "", "", "Omar"])
    ("Jean d'Alembert", 'Alaa’ Omar')
    """
    name, glued = "", True
    for place, part in enumerate(parts):
        if part:
            name += part if glued else f" {part}"
            glued = place > 0 and part.endswith(("'", "’"))
    return name


def _affiliations(person: Fields) -> tuple[str, ...]:
    """Crossref lists objects with a name, CSL's users write a string."""
    if not isinstance(person.record.get("affiliation"), list):
        return person.texts("affiliation")
    found = (place.text("name") for place in person.each("affiliation"))
    return tuple(dict.fromkeys(place for place in found if place))
