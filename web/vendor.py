"""vis-network for the browser, straight out of the installed pyvis: no copy, no CDN."""

import gzip
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from flask import Blueprint, Response, request, send_from_directory, url_for

from scholargraph import ScholarGraphError

from .problems import Problem

blueprint = Blueprint("vendor", __name__)

VERSION = "9.1.2"

# The public name and the path inside the package; nothing else can be had.
FILES = {"vis-network.min.js": f"templates/lib/vis-{VERSION}/vis-network.min.js"}

# The address holds the version, so what it names never changes.
A_YEAR = 365 * 24 * 3600


class VendorError(ScholarGraphError):
    """The installed pyvis lacks a file that the view needs."""


@cache
def located(name: str) -> Path:
    """
    Where the installed pyvis keeps *name*, found without importing it: that would import IPython.

    Raises:
        VendorError: It is not there.
    """
    spec = find_spec("pyvis")
    folders = spec.submodule_search_locations if spec else None
    path = Path(next(iter(folders or ("pyvis",)))) / FILES[name]
    if not path.is_file():
        raise VendorError(f"{path} is missing; install pyvis 0.3.2 again")
    return path


def address(name: str) -> str:
    """Where a page of this app finds *name*."""
    return url_for("vendor.file", version=VERSION, name=name)


@cache
def _packed(name: str) -> bytes:
    return gzip.compress(located(name).read_bytes(), mtime=0)


@blueprint.get("/vendor/<version>/<name>")
def file(version: str, name: str) -> Response:
    """One of `FILES`, for a browser to keep for good."""
    if version != VERSION or name not in FILES:
        raise Problem(404, "Not found", f"No file {name} of version {version} is served here.")
    path = located(name)
    response = send_from_directory(path.parent, path.name, max_age=A_YEAR)
    response.vary.add("Accept-Encoding")
    if request.accept_encodings.quality("gzip") > 0:
        response.close()  # the file that it would send
        response = Response(_packed(name), content_type=response.content_type)
        response.vary.add("Accept-Encoding")
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
    return response
