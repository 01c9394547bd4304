"""The view as one file that opens from a disk: no network, no server."""

import base64
import hashlib
import re
from functools import cache
from importlib.resources import files

from flask import render_template
from markupsafe import Markup

from . import vendor
from .choice import Choice
from .pictures import Picture

# Each after those that it imports.
MODULES = (
    "explore-dom.js",
    "explore-colours.js",
    "explore-labels.js",
    "explore-placing.js",
    "explore-svg.js",
    "explore-names.js",
    "explore-network.js",
    "explore-address.js",
    "explore-form.js",
    "explore-tables.js",
    "explore-evidence.js",
    "explore-panel.js",
    "explore-legend.js",
    "explore-years.js",
    "explore-search.js",
    "explore.js",
)
STYLES = ("app.css", "explore.css")

_IMPORT = re.compile(r"^import [^;]*;\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:class|const|function|async function)\b)", re.MULTILINE)


def standalone(drawn: Picture, chosen: Choice) -> tuple[str, str]:
    """The file, and the policy that allows it its own scripts and styles and nothing else."""
    scripts = [vis_network(), program()]
    style = "\n".join(_static(name) for name in STYLES)
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src {' '.join(_hash(script) for script in scripts)}",
            f"style-src {_hash(style)}",
            "img-src data: blob:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    text = render_template(
        "explore_file.html",
        chosen=chosen,
        picture=drawn.data,
        data=inline(drawn.text),
        policy=policy,
        scripts=[Markup(script) for script in scripts],
        style=Markup(style),
    )
    return text, policy


def inline(text: str) -> Markup:
    """JSON as the content of a script element: no label in it can end the element."""
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


@cache
def vis_network() -> str:
    """vis-network as text that can stand in a script element."""
    text = vendor.located("vis-network.min.js").read_text("utf-8")
    # HTML turns CRLF into LF before the browser hashes; the map's address would lead nowhere.
    text = text.replace("\r\n", "\n").partition("\n//# sourceMappingURL")[0]
    return text.replace("</script", "<\\/script")


@cache
def program() -> str:
    """Our modules as one script: a file on a disk can import no other."""
    parts = (_EXPORT.sub("", _IMPORT.sub("", _static(name))) for name in MODULES)
    return f'"use strict";\n(() => {{\n{"".join(parts)}}})();'


@cache
def _static(name: str) -> str:
    return files(__package__).joinpath("static", name).read_text("utf-8")


@cache
def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
