"""
A release: the graph in a folder of files, ready to be put on the web or into an archive.

Every export that the folder holds is named in it twice, for two kinds of readers: in
``croissant.json`` (https://docs.mlcommons.org/croissant/) and in ``dcat.ttl``
(https://www.w3.org/TR/vocab-dcat-3/), each time with its size and SHA-256. The same graph gives the
same bytes.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Quad

from . import vocab as v
from .croissant import About, File, croissant
from .export import FORMATS_OF, MEDIA_TYPES, ExportError, What, chunks
from .iris import Iris
from .serialize import serialize
from .store import Snapshot
from .void import DESCRIPTION, TITLE

# Every table, and of what comes in many formats the one that most programs read.
CONTENTS: tuple[tuple[What, str], ...] = (
    ("graph", "ttl"),
    ("nanopublications", "trig"),
    *((what, "csv") for what, formats in FORMATS_OF.items() if formats[0] == "csv"),
    ("papers", "jsonld"),
    ("coauthors", "graphml"),
    ("concepts", "graphml"),
)
_SPDX = "http://spdx.org/rdf/terms#"
_PREFIXES = v.PREFIXES | {"spdx": _SPDX}


def release(
    snapshot: Snapshot,
    folder: Path,
    iris: Iris,
    *,
    title: str = TITLE,
    license: str | None = None,
    told: Callable[[File], None] = lambda file: None,
) -> None:
    """
    Writes the new *folder*, all or nothing; *told* hears of each file that is done.

    *license* is the IRI of the terms under which the release may be used.

    Raises:
        ExportError: *folder* is there already, or cannot be written; *license* is no IRI.
    """
    if folder.exists():
        raise ExportError(f"{folder}: is there already; name a new folder")
    if license is not None:
        _iri(license)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        try:
            about = About(
                f"{iris.base}.well-known/void#dataset", title, DESCRIPTION, _date(snapshot), license
            )
            files = []
            for what, format in CONTENTS:
                name = f"{what}.{format}"
                file = _written(draft / name, MEDIA_TYPES[format], chunks(snapshot, what, format))
                files.append(file)
                told(file)
            (draft / "croissant.json").write_bytes(croissant(about, files))
            (draft / "dcat.ttl").write_bytes(_dcat(about, files))
            mask = os.umask(0)
            os.umask(mask)
            draft.chmod(0o777 & ~mask)  # mkdtemp's folder is for its owner only
            draft.rename(folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        raise ExportError(f"{folder}: cannot be written: {error.strerror}") from error


def _written(path: Path, media_type: str, found: Iterator[bytes]) -> File:
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as file:
        for chunk in found:
            file.write(chunk)
            digest.update(chunk)
            size += len(chunk)
        file.flush()
        os.fsync(file.fileno())
    return File(path.name, media_type.partition(";")[0], size, digest.hexdigest())


def _date(snapshot: Snapshot) -> str | None:
    """The day of the last import."""
    moments = (quad.object for quad in snapshot.quads(None, v.ENDED))
    return max((m.value[:10] for m in moments if isinstance(m, Literal)), default=None)


def _iri(text: str) -> NamedNode:
    try:
        return NamedNode(text)
    except ValueError:
        raise ExportError(
            f"{text!r} is no IRI; name the licence as https://creativecommons.org/… does"
        ) from None


def _dcat(about: About, files: list[File]) -> bytes:
    dataset = NamedNode(about.iri)
    quads = [
        Quad(dataset, v.TYPE, v.term("dcat:Dataset")),
        Quad(dataset, v.TITLE, Literal(about.title)),
        Quad(dataset, v.term("dct:description"), Literal(about.description)),
    ]
    if about.date:
        date = Literal(about.date, datatype=v.XSD_DATE)
        quads.append(Quad(dataset, v.term("dct:modified"), date))
    if about.license:
        quads.append(Quad(dataset, v.term("dct:license"), _iri(about.license)))
    for file in files:
        # Relative to where the release lies: the file itself is its own distribution.
        here = NamedNode(f"{_HERE}{file.name}")
        checksum = NamedNode(f"{_HERE}{file.name}#sha256")
        size = Literal(str(file.size), datatype=v.term("xsd:nonNegativeInteger"))
        media = NamedNode(f"https://www.iana.org/assignments/media-types/{file.media_type}")
        quads += [
            Quad(dataset, v.term("dcat:distribution"), here),
            Quad(here, v.TYPE, v.term("dcat:Distribution")),
            Quad(here, v.TITLE, Literal(file.name)),
            Quad(here, v.term("dcat:downloadURL"), here),
            Quad(here, v.term("dcat:mediaType"), media),
            Quad(here, v.term("dcat:byteSize"), size),
            Quad(here, NamedNode(f"{_SPDX}checksum"), checksum),
            Quad(checksum, v.TYPE, NamedNode(f"{_SPDX}Checksum")),
            Quad(
                checksum,
                NamedNode(f"{_SPDX}algorithm"),
                NamedNode(f"{_SPDX}checksumAlgorithm_sha256"),
            ),
            Quad(
                checksum,
                NamedNode(f"{_SPDX}checksumValue"),
                Literal(file.sha256, datatype=v.term("xsd:hexBinary")),
            ),
        ]
    text = b"".join(serialize(quads, "ttl", prefixes=_PREFIXES))
    return text.replace(_HERE.encode(), b"")


# Stands for the place of the release until the text is written, which then names it by nothing.
_HERE = "x-here:/"
