"""RDF/XML, https://www.w3.org/TR/rdf-syntax-grammar/."""

import re
from collections.abc import Iterator, Mapping
from xml.sax.saxutils import escape, quoteattr

from pyoxigraph import BlankNode, Literal, NamedNode

from scholargraph import ScholarGraphError

from .description import Description
from .snapshots import Term
from .vocab import PREFIXES, XSD_STRING

# The end of an IRI that may be an element's name (https://www.w3.org/TR/xml-names/#NT-NCName, of
# which this takes the part that every reader agrees on).
_NAME = re.compile(r"[A-Za-z_][\w.-]*\Z", re.ASCII)

# What XML 1.0 cannot hold, not even escaped: https://www.w3.org/TR/xml/#charsets.
_FORBIDDEN = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class NotXml(ScholarGraphError):
    """Something that RDF can say and RDF/XML cannot."""


def write(descriptions: Iterator[Description], prefixes: Mapping[str, str]) -> Iterator[str]:
    """
    RDF/XML, one element a node.

    Raises: NotXml for a predicate that ends in no name and for characters that XML excludes.
    """
    names = {start: prefix for prefix, start in {**prefixes, "rdf": PREFIXES["rdf"]}.items()}
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF'
    for start, prefix in names.items():
        yield f"\n    xmlns:{prefix}={quoteattr(start)}"
    yield ">\n"
    for _, node, values in descriptions:
        yield f"<rdf:Description {_reference('about', node)}>\n"
        for predicate, objects in values:
            opening, closing = _tags(predicate, names)
            for value in objects:
                yield f"  <{opening}{_value(value, closing)}\n"
        yield "</rdf:Description>\n"
    yield "</rdf:RDF>\n"


def _tags(predicate: NamedNode, names: Mapping[str, str]) -> tuple[str, str]:
    """The element for *predicate*: what stands in its opening tag, and its name."""
    # The name begins after the last delimiter where it can, as people would split the IRI.
    iri = predicate.value
    cut = max(iri.rfind(delimiter) for delimiter in "#/:") + 1
    match = _NAME.search(iri, cut)
    if match is None:
        raise NotXml(f"{predicate} ends in no name that XML allows; export Turtle instead")
    start, local = iri[: match.start()], match[0]
    if start in names:
        return f"{names[start]}:{local}", f"{names[start]}:{local}"
    return f"x:{local} xmlns:x={quoteattr(start)}", f"x:{local}"


def _value(term: Term, closing: str) -> str:
    if not isinstance(term, Literal):
        return f" {_reference('resource', term)}/>"
    attribute = ""
    if term.language is not None:
        attribute = f' xml:lang="{term.language}"'
    elif term.datatype != XSD_STRING:
        attribute = f" rdf:datatype={quoteattr(term.datatype.value)}"
    return f"{attribute}>{_text(term.value)}</{closing}>"


def _reference(attribute: str, term: Term) -> str:
    if isinstance(term, BlankNode):
        return f'rdf:nodeID="b{term.value}"'
    if isinstance(term, NamedNode):
        return f"rdf:{attribute}={quoteattr(term.value)}"
    raise NotXml(f"RDF/XML 1.1 has no triple terms ({term}); export Turtle instead")


def _text(text: str) -> str:
    if match := _FORBIDDEN.search(text):
        raise NotXml(
            f"the text {text[:60]!r} has a character that XML excludes "
            f"(U+{ord(match[0]):04X}); export Turtle instead"
        )
    return escape(text, {"\r": "&#13;"})
