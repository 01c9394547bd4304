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

import click
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from scholargraph import ScholarGraphError
from scholargraph.graph.store import Store
from scholargraph.web import (
    corrections,
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
from scholargraph.web.front import Front
from scholargraph.web.headers import common
from scholargraph.web.observation import Observed
from scholargraph.web.service import EXTENSION, Service, Settings, check_logs


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

    app.wsgi_app = Observed(app.wsgi_app, service)  # type: ignore[method-assign]

    @app.before_request
    def refuse() -> None:
        if error := request.environ.get(problems.ERROR):
            raise error

    @app.after_request
    def headers(response: Response) -> Response:
        for name, value in common(request.method, request.path).items():
            response.headers.setdefault(name, value)
        if request.method == "OPTIONS" and "Allow" in response.headers:
            response.headers["Access-Control-Allow-Methods"] = response.headers["Allow"]
        return response

    return app


def _register_blueprints(app: Flask) -> None:
    protocols = (sparql, updates, graph_store, corrections)
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


def create_front(settings: Settings | None = None) -> Front:
    """
    What `scholargraph serve` runs, for any ASGI server: limits, queries by themselves, then Flask.

    Raises:
        StoreError: There is no store at that path.
        SettingsError: A variable of the environment makes no sense.
    """
    settings = settings or Settings.from_environment()
    return Front(create_app(settings), threads=settings.threads)


def serve(store: Path | str, host: str, port: int, *, announce: Callable[[str], object]) -> None:
    """
    Serves *store* until stopped; all else is as the environment says.

    SIGTERM or SIGINT lets what runs end, for ten seconds at most; a second one does not.

    Raises:
        StoreError: *store* is none.
        SettingsError: A variable of the environment makes no sense.
        ServerError: The port cannot be had.
    """
    from scholargraph.web.host import run

    folder = Store.open(store)  # no store: say so before anything is begun
    os.environ["SCHOLARGRAPH_STORE"] = folder.address
    check_logs(Settings.from_environment())
    claim(host, port)
    address = f"[{host}]" if ":" in host else host
    announce(f"{store}: http://{address}:{port}/   (Ctrl-C stops)")
    run(_warm_front, host, port)


def claim(host: str, port: int) -> None:
    """
    Complains if *port* cannot be had, before anything is begun.

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


def _warm_front() -> Front:
    import_module("scholargraph.graph.view")  # 0.4 s of pyvis, before the first picture needs it
    return create_front()


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


def __getattr__(name: str) -> Flask | Front:
    # Servers ask for `server:app` (WSGI) or `server:asgi`; whoever wants neither opens no store.
    if name not in ("app", "asgi"):
        raise AttributeError(name)
    try:
        made = create_app() if name == "app" else create_front()
    except ScholarGraphError as error:
        if click.get_current_context(silent=True) is None:
            raise
        raise click.ClickException(str(error)) from error  # one line from `flask run`
    globals()[name] = made
    return made


if __name__ == "__main__":
    main()
