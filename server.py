"""
The web application: what `flask --app server run`, `python server.py` and WSGI servers start.

Nothing is computed here.
"""

import logging
import os
import socket
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from scholargraph import ScholarGraphError
from scholargraph.graph.store import Store
from scholargraph.web import (
    explore,
    export,
    graph_store,
    health,
    metrics,
    openapi,
    pages,
    problems,
    search,
    sparql,
    updates,
    vendor,
)
from scholargraph.web.headers import common
from scholargraph.web.service import EXTENSION, Service, Settings


class ServerError(ScholarGraphError):
    """An address that cannot be listened at."""


def create_app(settings: Settings | None = None) -> Flask:
    """
    The application over the store that *settings* name; without them the environment does.

    Raises:
        StoreError: There is no store at that path.
        SettingsError: A variable of the environment makes no sense.
    """
    settings = settings or Settings.from_environment()
    app = Flask("scholargraph.web")
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body
    # Else a form field above 500 kB is refused: queries and graphs may be longer.
    app.config["MAX_FORM_MEMORY_SIZE"] = settings.max_body
    app.json.sort_keys = False  # type: ignore[attr-defined]
    service = Service(settings)
    app.extensions[EXTENSION] = service
    _register_blueprints(app)
    _register_errors(app)

    @app.after_request
    def headers(response: Response) -> Response:
        for name, value in common(request.method, request.path).items():
            response.headers.setdefault(name, value)
        if request.method == "OPTIONS" and "Allow" in response.headers:
            response.headers["Access-Control-Allow-Methods"] = response.headers["Allow"]
        return response

    return app


def _register_blueprints(app: Flask) -> None:
    protocols = (sparql, updates, graph_store)
    machines = (health, metrics, openapi)
    for module in (pages, search, explore, export, vendor, *protocols, *machines):
        app.register_blueprint(module.blueprint)


def _register_errors(app: Flask) -> None:
    @app.errorhandler(ScholarGraphError)
    def deliberate(error: ScholarGraphError) -> Response:
        problem = problems.problem_of(error)
        if problem is None:
            raise error
        return problems.answer(problem)

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        status = error.code or 500
        if status < 400:  # a redirect, such as the one that adds a final slash
            return error.get_response()  # type: ignore[return-value]
        kept = ("Allow", "Retry-After", "WWW-Authenticate")
        headers = {name: value for name, value in error.get_headers() if name in kept}
        return problems.answer(problems.standard(status, error.description or "", headers))


def serve(
    store: Path, host: str, port: int, *, threads: int, announce: Callable[[str], object]
) -> None:
    """
    Serves *store* until stopped, *threads* requests at once; the rest is as the environment says.

    Raises:
        StoreError: *store* is none.
        ServerError: The port cannot be had.
    """
    from granian import Granian
    from granian.constants import Interfaces

    folder = Store.open(store)  # no store: say so here, not in a worker
    claim(host, port)
    os.environ["SCHOLARGRAPH_STORE"] = str(folder.path.resolve())
    address = f"[{host}]" if ":" in host else host
    announce(f"{store}: http://{address}:{port}/   (Ctrl-C stops)")
    Granian(
        __name__,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        blocking_threads=threads,
        websockets=False,
        log_enabled=False,
        workers_kill_timeout=10,
        # Its own loader would look the name up below the working directory first.
    ).serve(target_loader=_warm_app, wrap_loader=False)


def claim(host: str, port: int) -> None:
    """
    Complains if *port* cannot be had; granian itself would only log it.

    Raises:
        ServerError: Somebody else listens there, or it needs other rights.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reason = error.strerror or str(error)
            raise ServerError(
                f"port {port} of {host} cannot be had ({reason}); choose another with --port"
            ) from error


def _warm_app() -> Flask:
    import_module("scholargraph.graph.view")  # 0.4 s of pyvis, before the first picture needs it
    return create_app()


def main() -> None:
    """Serves the environment's store to this machine, for trying things out."""
    port = os.environ.get("SCHOLARGRAPH_PORT") or "5000"
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        sys.exit(f"scholargraph: SCHOLARGRAPH_PORT is {port!r}; a number up to 65535 is needed")
    try:
        app = create_app()
    except ScholarGraphError as error:
        sys.exit(f"scholargraph: {error}")
    logging.basicConfig(level=logging.INFO)
    app.run("127.0.0.1", int(port), threaded=True)


def __getattr__(name: str) -> Flask:
    # A WSGI server asks for `server:app`; whoever wants only `create_app` opens no store.
    if name == "app":
        globals()["app"] = app = create_app()
        return app
    raise AttributeError(name)


if __name__ == "__main__":
    main()
