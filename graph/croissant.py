"""A folder of exports, described for machines: Croissant for data frames, DCAT for catalogues."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from .tables import TABLES

CROISSANT = "http://mlcommons.org/croissant/1.0"

# The terms of Croissant that are used here: https://docs.mlcommons.org/croissant/docs/croissant-spec.html
_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "citeAs": "cr:citeAs",
    **{
        term: f"cr:{term}"
        for term in ("column", "extract", "field", "fileObject", "key", "recordSet", "source")
    },
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
}

# Whatever is not said here is text.
_TYPES = {
    "start": "sc:Integer",
    "end": "sc:Integer",
    "papers": "sc:Integer",
    "confidence": "sc:Float",
    "value": "sc:Float",
}


@dataclass(frozen=True, slots=True)
class File:
    """A file of a release: its *name*, its media type, its *size* in bytes and its SHA-256."""

    name: str
    media_type: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class About:
    """
    What a release is: *date* is the ISO day of the last import in it, None where there was none.

    *iri* names the data set; *license* is an IRI, None where nobody said one.
    """

    iri: str
    title: str
    description: str
    date: str | None
    license: str | None = None


def croissant(about: About, files: Sequence[File]) -> bytes:
    """The description as Croissant 1.0 (JSON-LD), with a record set for each table in *files*."""
    document: dict[str, object] = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "@id": about.iri,
        "conformsTo": CROISSANT,
        "name": about.title,
        "description": about.description,
        "url": about.iri,
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": file.name,
                "name": file.name,
                "contentUrl": file.name,
                "contentSize": f"{file.size} B",
                "encodingFormat": file.media_type,
                "sha256": file.sha256,
            }
            for file in files
        ],
        "recordSet": [
            _records(name, file)
            for file in files
            if file.name.endswith(".csv") and (name := file.name.removesuffix(".csv")) in TABLES
        ],
    }
    if about.date:
        document |= {"datePublished": about.date, "version": about.date.replace("-", ".")}
    if about.license:
        document["license"] = about.license
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def _records(name: str, file: File) -> dict[str, object]:
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{name}/{column}",
                "name": column,
                "dataType": _TYPES.get(column, "sc:Text"),
                "source": {"fileObject": {"@id": file.name}, "extract": {"column": column}},
            }
            for column in TABLES[name].columns
        ],
    }
