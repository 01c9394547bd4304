"""A server on this machine that SPARQL asks with SERVICE and LOAD, and what it may answer."""

import gc
import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pyoxigraph

from scholargraph.graph.federation import asking
from scholargraph.graph.peers import Peers

LOOPBACK = ("127.0.0.0/8", "::1/128")
JSON = "application/sparql-results+json"
ROW = b'{"head":{"vars":["s"]},"results":{"bindings":[{"s":{"type":"uri","value":"x:from-afar"}}]}}'
Reply = tuple[int, dict[str, str], bytes]


class Peer(http.server.ThreadingHTTPServer):
    """A server on loopback that answers with what *reply* says, and remembers what it was asked."""

    daemon_threads = False  # so that the end waits for them

    def __init__(self, reply: Callable[["Handler"], Reply]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.reply = reply
        self.asked: list[tuple[str, str, str]] = []
        self.cut = threading.Event()


class Handler(http.server.BaseHTTPRequestHandler):
    server: Peer

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length).decode()
        self.server.asked.append((self.command, self.path, body))
        status, headers, answer = self.server.reply(self)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_GET

    def log_message(self, format, *arguments):
        pass


def rows(_handler):
    return 200, {"Content-Type": JSON}, ROW


def turtle(_handler):
    return 200, {"Content-Type": "text/turtle; charset=utf-8"}, b"<#s> <x:p> _:b . _:b <x:q> '}' ."


@contextmanager
def peer(reply: Callable[[Handler], Reply] = rows) -> Iterator[Peer]:
    with Peer(reply) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        gc.disable()  # results of the engine are not to be collected in the server's threads
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
    gc.enable()


def allowing(*servers: Peer, networks=LOOPBACK, timeout=20.0):
    hosts = [f"127.0.0.1:{server.server_port}" for server in servers]
    return Peers.allowing(hosts, networks, timeout=timeout)


def address(server, path="/sparql", host="127.0.0.1"):
    return f"http://{host}:{server.server_port}{path}"


def answer(text, peers, base=None):
    store = pyoxigraph.Store()
    store.update("INSERT DATA { <x:a> <x:p> 1 }")
    with asking(text, base, peers) as edited:
        result = store.query(edited.text, base_iri=base)
        if isinstance(result, pyoxigraph.QueryBoolean):
            return bool(result)
        names = [variable.value for variable in result.variables]
        rows = []
        try:
            for row in result:
                rows.append({name: row[name].value for name in names if row[name] is not None})
        finally:
            del result  # what a failure's traceback keeps may be collected by another thread
        return rows


def redirection(to, status=307):
    return lambda _handler: (status, {"Location": to, "Content-Length": "0"}, b"")


def dripping(handler, until):
    handler.send_response(200)
    handler.send_header("Content-Type", JSON)
    handler.end_headers()
    try:
        while not until.wait(0.05):
            handler.wfile.write(b" ")
    except OSError:
        pass
    return 200, {}, b""
