"""The interactive view: its page, its data, the evidence behind a link, a file of its own."""

import base64
import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import asdict
from functools import cache
from importlib.resources import files

from flask import Blueprint, Response, current_app, render_template, request
from markupsafe import Markup

from scholargraph.graph.entities import Entity, Years
from scholargraph.graph.links import evidence
from scholargraph.graph.store import Snapshot

from . import vendor
from .choice import Choice, choice, heading, known, network, number, refusal
from .problems import Problem
from .service import service

blueprint = Blueprint("explore", __name__)

PICTURES = "scholargraph.pictures"

# A picture of 300 nodes is about 300 kB of JSON.
KEPT_PICTURES = 24

SCRIPTS = ("network.js", "explore.js")
STYLES = ("app.css", "explore.css")


class Pictures:
    """
    The latest pictures as JSON, by snapshot and choice, so that a reload draws nothing anew.

    Who asks for one that is being drawn waits for it: a crowd at a new page draws once.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, Choice], Future[str]] = OrderedDict()

    def forget(self) -> None:
        """Keeps none any longer."""
        with self._lock:
            self._kept.clear()

    def of(self, snapshot: Snapshot, chosen: Choice, draw: Callable[[], str]) -> str:
        """The picture of *chosen* in *snapshot*; *draw* makes it where it is not kept."""
        key = snapshot.name, chosen
        with self._lock:
            picture = self._kept.get(key)
            if picture is None:
                mine = self._kept[key] = Future()
                while len(self._kept) > KEPT_PICTURES:
                    self._kept.popitem(last=False)
            else:
                self._kept.move_to_end(key)
        if picture is not None:
            try:
                return picture.result()
            except CancelledError:  # whoever drew it failed, and was told why: so will this one
                return draw()
        try:
            mine.set_result(draw())
        finally:
            if not mine.done():
                with self._lock:
                    self._kept.pop(key, None)
                mine.cancel()
        return mine.result()


@blueprint.get("/explore")
def page() -> str:
    """The view as a page; its data stand in it, so that the picture waits for no second answer."""
    snapshot = service().snapshot()
    chosen = choice(snapshot)
    return render_template(
        "explore.html",
        chosen=chosen,
        data=_inline(_picture(snapshot, chosen)),
        vis=vendor.address("vis-network.min.js"),
    )


@blueprint.get("/explore.json")
def data() -> Response:
    """Nodes and links of the view."""
    snapshot = service().snapshot()
    response = Response(_picture(snapshot, choice(snapshot)), content_type="application/json")
    return _revalidated(response)


@blueprint.get("/explore.html")
def standalone() -> Response:
    """The view as one file that opens from a disk: no network, no server."""
    snapshot = service().snapshot()
    chosen = choice(snapshot)
    focus = known(snapshot, chosen.focus, "focus")
    scripts = [vis_network(), *(_static(name) for name in SCRIPTS)]
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
        heading=heading(chosen, focus),
        data=_inline(_picture(snapshot, chosen)),
        policy=policy,
        scripts=[Markup(script) for script in scripts],
        style=Markup(style),
    )
    response = Response(text, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = policy
    response.headers["Content-Disposition"] = f'attachment; filename="{_file_name(focus, chosen)}"'
    return _revalidated(response)


@blueprint.get("/explore/evidence.json")
def evidence_between() -> Response:
    """The papers, and the sentences marked, that link the parameters a and b."""
    snapshot = service().snapshot()
    ends = []
    for name in ("a", "b"):
        if not (iri := request.args.get(name, "").strip()):
            raise refusal(name, "is missing; the evidence is between two things, a and b")
        ends.append(known(snapshot, iri, name))
    a, b = ends
    assert a is not None and b is not None
    if a.kind == b.kind == "paper":
        raise refusal("b", "is a paper as a is; a link has an author or a concept at one end")
    years = Years(number("from", 0, 9999), number("to", 0, 9999))
    found = evidence(snapshot, a, b, years=years)
    if not found.papers and years == Years():
        raise Problem(404, "No link", f"No paper links {a.label} and {b.label}.")
    text = json.dumps(asdict(found), ensure_ascii=False)
    return _revalidated(Response(text, content_type="application/json"))


def _picture(snapshot: Snapshot, chosen: Choice) -> str:
    def draw() -> str:
        # pyvis brings IPython along: only who wants a picture waits for it.
        from scholargraph.graph.view import picture

        drawn = picture(network(snapshot, chosen))
        drawn.update(
            base=service().iris.base,
            heading=heading(chosen, known(snapshot, chosen.focus, "focus")),
            view=chosen.view,
            kinds=chosen.kinds,
            opened=chosen.opened,
            hidden=chosen.hidden,
        )
        drawn["from"], drawn["to"] = chosen.years.first, chosen.years.last
        drawn["min"], drawn["limit"] = chosen.minimum, chosen.limit
        return json.dumps(drawn, ensure_ascii=False)

    pictures = current_app.extensions.setdefault(PICTURES, Pictures())
    return str(pictures.of(snapshot, chosen, draw))


def _inline(text: str) -> Markup:
    """JSON as the content of a script element: no label in it can end the element."""
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


def _revalidated(response: Response) -> Response:
    response.add_etag()
    response.cache_control.no_cache = True
    response.make_conditional(request)
    return response


@cache
def vis_network() -> str:
    """vis-network as text that can stand in a script element."""
    text = vendor.located("vis-network.min.js").read_text("utf-8")
    # HTML turns CRLF into LF before the browser hashes; the map's address would lead nowhere.
    text = text.replace("\r\n", "\n").partition("\n//# sourceMappingURL")[0]
    return text.replace("</script", "<\\/script")


@cache
def _static(name: str) -> str:
    return files(__package__).joinpath("static", name).read_text("utf-8")


@cache
def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _file_name(focus: Entity | None, chosen: Choice) -> str:
    name = focus.iri.rstrip("/").rpartition("/")[2] if focus else "corpus"
    safe = "".join(c if c.isascii() and c.isalnum() else "-" for c in name)[:60].strip("-")
    return f"{chosen.view}-{safe or 'focus'}.html"
