"""A store on a SPARQL server: the Oxigraph server of PyPI, in a process of its own."""

import contextlib
import http.server
import socket
import subprocess
import sysconfig
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import RUN
from corpus import PROFILE
from processes import ServerProcess
from pyoxigraph import BlankNode, Literal, NamedNode, Quad
from serving import free_port

from scholargraph import ScholarGraphError
from scholargraph.cli import cli
from scholargraph.graph.commit import Committer, Outcome, PaperEntry, ProfileEntry
from scholargraph.graph.endpoint import Endpoint
from scholargraph.graph.locks import RemoteError, StoreBusy, StoreError
from scholargraph.graph.parts import FACTS
from scholargraph.graph.questions import named_query
from scholargraph.graph.readers import ReaderPool
from scholargraph.graph.remote_readers import RemoteReaders
from scholargraph.graph.removal import remove
from scholargraph.graph.serialize import serialize
from scholargraph.graph.sparql import QueryError, QueryRefused, QueryTooLarge
from scholargraph.graph.store import Store
from scholargraph.graph.substitution import substituted
from scholargraph.graph.vocab import TYPE, term

EXECUTABLE = Path(sysconfig.get_path("scripts")) / "oxigraph"
EX = "http://example.org/"
P = NamedNode(f"{EX}p")

pytestmark = pytest.mark.skipif(not EXECUTABLE.exists(), reason="needs oxigraph, from PyPI")


@contextlib.contextmanager
def oxigraph(*options: str) -> Iterator[str]:
    """The address of a fresh server in memory."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [EXECUTABLE, "serve", "--bind", f"127.0.0.1:{port}", *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 30
        while True:
            try:
                urllib.request.urlopen(f"{address}/query?query=ASK%7B%7D", timeout=5).close()
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < until
                time.sleep(0.02)
        yield address
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with oxigraph() as address:
        yield address


@pytest.fixture
def address(server: str) -> str:
    """A server without anything in it."""
    change(server, "CLEAR ALL")
    return server


@pytest.fixture
def remote(address: str) -> Store:
    return Store.open(address, create=True)


@pytest.fixture
def filled(remote: Store, corpus) -> Store:
    """The store that the fixture `store` is, on the server."""
    entries = [ProfileEntry(PROFILE, RUN)]
    entries += [PaperEntry(paper, extraction, RUN) for paper, extraction in corpus]
    Committer(remote).commit(entries, Outcome())
    return remote


def change(address: str, text: str) -> None:
    kind = {"Content-Type": "application/sparql-update"}
    request = urllib.request.Request(f"{address}/update", text.encode(), kind)
    urllib.request.urlopen(request, timeout=30).close()


def turtle(store: Store) -> str:
    with store.snapshot() as snapshot:
        return b"".join(serialize(snapshot, "ttl")).decode()


def quad(number: int, value: str = "x") -> Quad:
    return Quad(NamedNode(f"{EX}{number}"), P, Literal(value))


def run(*arguments: object, **environment: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(cli, [str(a) for a in arguments], env=environment)
    if result.exception and not isinstance(result.exception, SystemExit):
        if isinstance(result.exception, ScholarGraphError):  # which `main` prints
            return 1, result.stdout, str(result.exception)
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def test_a_corpus_makes_the_same_graph_there_as_here(filled, store):
    assert turtle(filled) == turtle(store)


def test_an_import_of_the_same_changes_nothing_there(filled, corpus):
    before = filled.current()
    outcome = Outcome()
    entries = [PaperEntry(paper, extraction, RUN) for paper, extraction in corpus]

    Committer(filled).commit(entries, outcome)

    assert (outcome.new, outcome.changed, outcome.unchanged) == (0, 0, len(corpus))
    assert filled.current() == before


def test_a_removal_leaves_what_it_leaves_here(filled, store, corpus):
    name = store.iris.paper(corpus[0][0]).value

    gone = [remove(place, [name]) for place in (filled, store)]

    assert gone[0] == gone[1]
    assert turtle(filled) == turtle(store)


def test_commands_work_on_a_server(address, tmp_path):
    papers = tmp_path / "papers.jsonl"
    papers.write_text(
        '{"id": "1", "title": "RiverNet", "abstract": "We propose RiverNet.", "year": 2023, '
        '"authors": ["Ada Lindqvist"]}\n'
    )
    here = tmp_path / "here.db"

    brought = [run("import", papers, "--store", place, "--jobs", 1) for place in (address, here)]
    stated = [run("stats", "--json", "--store", place) for place in (address, here)]
    asked = [
        run("query", "SELECT ?n { ?s <http://xmlns.com/foaf/0.1/name> ?n }", "--store", place)
        for place in (address, here)
    ]
    written = [
        run("export", tmp_path / f"{n}.ttl", "--store", p) for n, p in enumerate((address, here))
    ]

    assert [code for code, _, _ in (*brought, *stated, *asked, *written)] == [0] * 8
    assert brought[0][1].splitlines()[1:] == brought[1][1].splitlines()[1:]
    assert (stated[0], asked[0]) == (stated[1], asked[1])
    assert (tmp_path / "0.ttl").read_bytes() == (tmp_path / "1.ttl").read_bytes()
    assert run("validate", "--store", address)[:2] == (0, "conforms\n")


def test_a_backup_of_a_server_is_a_folder(filled, tmp_path):
    folder = tmp_path / "backup.db"

    assert run("backup", folder, "--store", filled.address)[0] == 0

    assert turtle(Store.open(folder)) == turtle(filled)


def test_a_server_is_not_restored_into(filled, tmp_path):
    run("backup", tmp_path / "backup.db", "--store", filled.address)

    code, _, said = run("restore", tmp_path / "backup.db", "--store", filled.address)

    assert (code, "is a server" in said, "\n" in said) == (1, True, False)


def test_pages_and_queries_are_served_from_a_server(filled, tmp_path):
    server = ServerProcess(tmp_path / "log", "--store", filled.address)
    try:
        page = fetched(f"{server.address}/health")
        titles = fetched(f"{server.address}/sparql?query=SELECT*%7B%3Fs%20a%20%3Fo%7DLIMIT%201")
        export = fetched(f"{server.address}/export/graph.ttl")
        refused = status(f"{server.address}/sparql?query=SELECT*%7BSERVICE%20%3Cx:y%3E%7B%7D%7D")
        pages = [
            status(server.address + place)
            for place in paths(filled, "schema:ScholarlyArticle", "foaf:Person", "sg:Method")
        ]
    finally:
        server.kill()

    assert page and titles
    assert export == turtle(filled).encode()
    assert refused == 403
    assert set(pages) == {200} and len(pages) > 10
    assert "Traceback" not in server.log


def paths(store: Store, *classes: str) -> list[str]:
    with store.snapshot() as snapshot:
        found = [q.subject for name in classes for q in snapshot.quads(None, None, term(name))]
    places = {node.value.removeprefix(store.iris.base.rstrip("/")) for node in found}
    return [urllib.parse.quote(place) for place in sorted(places)]


def fetched(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=60) as response:
        return response.read()


def status(address: str) -> int:
    try:
        with urllib.request.urlopen(address, timeout=60) as response:
            return response.status
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def test_a_commit_is_all_or_nothing_between_two_writers(remote):
    with remote.writing() as first, remote.writing() as second:
        first.apply([], [quad(1)])
        with pytest.raises(StoreBusy, match="somebody else changed this store"):
            second.apply([], [quad(2)])

    with remote.snapshot() as snapshot:
        assert snapshot.quads() == [quad(1)]


def test_a_writer_goes_on_after_its_own_commits(remote):
    with remote.writing() as writer:
        assert writer.apply([], [quad(1), quad(2)]) == (0, 2)
        assert writer.apply([quad(2), quad(9)], [quad(1), quad(3)]) == (1, 1)

    with remote.snapshot() as snapshot:
        assert sorted(map(str, snapshot.quads())) == sorted(map(str, [quad(1), quad(3)]))


def test_text_of_every_kind_comes_back_as_it_went(remote):
    text = "quotes \" ' and \\ line\nfeed \r\t end, 𝔘nicode \u202e é \x7f"
    graph = NamedNode(f"{EX}g")
    sent = {quad(1, text), Quad(quad(1).subject, P, Literal("x", language="de"), graph)}

    with remote.writing() as writer:
        writer.apply([], sent)

    with remote.snapshot() as snapshot:
        assert set(snapshot.quads()) == sent
        assert snapshot.named_graphs() == [graph]


def test_blank_nodes_are_refused_before_anything_is_written(remote):

    with remote.writing() as writer, pytest.raises(StoreError, match="blank nodes"):
        writer.apply([], [quad(1), Quad(BlankNode("b"), P, Literal("x"))])

    with remote.snapshot() as snapshot:
        assert snapshot.quads() == []


def test_lookups_are_answered_alike_announced_or_not(filled, store):
    with filled.snapshot() as there, store.snapshot() as here:
        subjects = sorted({q.subject for q in here.quads(graph=FACTS)}, key=str)
        plain = [sorted(map(str, there.quads(node, graph=FACTS))) for node in subjects]
        there.expect(subjects)
        announced = [sorted(map(str, there.quads(node, graph=FACTS))) for node in subjects]

        assert (
            plain
            == announced
            == [sorted(map(str, here.quads(node, graph=FACTS))) for node in subjects]
        )


QUERIES = {
    "author_papers": ("author", "foaf:Person"),
    "author_names": ("author", "foaf:Person"),
    "author_coauthors": ("author", "foaf:Person"),
    "concept_papers": ("concept", "sg:Method"),
    "concept_relations": ("concept", "sg:Method"),
    "concept_inverse_relations": ("concept", "sg:Dataset"),
    "concept_neighbours": ("concept", "sg:Method"),
    "paper_mentions": ("paper", "schema:ScholarlyArticle"),
    "paper_authors": ("paper", "schema:ScholarlyArticle"),
    "referring": ("resource", "sg:Task"),
}


@pytest.mark.parametrize("name", QUERIES)
def test_a_bound_query_has_the_same_rows_there_as_here(name, filled, store):
    variable, kind = QUERIES[name]
    with filled.snapshot() as there, store.snapshot() as here:
        nodes = [q.subject for q in here.quads(None, TYPE, term(kind))]
        rows = [
            [sorted(map(str, view.select(named_query(name), **{variable: n}))) for n in nodes]
            for view in (there, here)
        ]

    assert rows[0] == rows[1]
    assert any(rows[0])


def test_a_value_takes_the_place_of_its_variable_alone():
    node = NamedNode(f"{EX}a")
    query = 'SELECT ?a ?ab { ?a ?p "?a" . ?ab ?q ?a } ORDER BY ?a'

    assert substituted(query, {"a": node}) == (
        f'SELECT ({node} AS ?a) ?ab {{ {node} ?p "?a" . ?ab ?q {node} }} ORDER BY ?a'
    )


def test_a_server_with_another_s_data_is_left_alone(address):
    change(address, f"INSERT DATA {{ <{EX}a> <{EX}b> 1 }}")

    with pytest.raises(StoreError, match="holds something else already"):
        Store.open(address, create=True)


def test_a_server_without_a_store_says_what_makes_one(address):
    with pytest.raises(StoreError, match=f"no store yet; `scholargraph import --store {address}`"):
        Store.open(address)


def test_a_server_that_mixes_its_graphs_is_refused_and_left_as_it_was():
    with oxigraph("--union-default-graph") as address:
        store = Store.open(address, create=True)
        with pytest.raises(StoreError, match="shows named graphs as part of the default graph"):
            with store.writing():
                pass
        rows = Endpoint.find(address).select("SELECT * { GRAPH ?g { ?s ?p ?o } }")

    assert rows == []


def test_another_base_is_refused(filled):
    with pytest.raises(StoreError, match="was made with the base"):
        Store.open(filled.address, base="https://example.org/")


def test_a_store_of_a_newer_program_is_refused(filled):
    change(
        filled.address,
        "DELETE { GRAPH ?g { ?s <https://schema.org/schemaVersion> ?v } } "
        'INSERT { GRAPH ?g { ?s <https://schema.org/schemaVersion> "99" } } '
        "WHERE { GRAPH ?g { ?s <https://schema.org/schemaVersion> ?v } }",
    )

    with pytest.raises(StoreError, match="made by a newer scholargraph"):
        Store.open(filled.address)


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("SELECT * { ?s ?p", QueryError),
        ("INSERT DATA { <x:y> <x:z> 1 }", QueryError),
        ("SELECT * { SERVICE <http://example.org/> { ?s ?p ?o } }", QueryRefused),
        ("SELECT * { ?s ?p ?o }", QueryTooLarge),
    ],
)
def test_queries_from_outside_are_refused_as_they_are_here(query, error, filled):
    readers = RemoteReaders(filled, max_answer=10_000)

    with pytest.raises(error):
        readers.query(query)


@pytest.mark.parametrize("media", ["application/sparql-results+xml", "text/csv"])
def test_answers_have_the_formats_of_any_store(media, filled, store):
    query = "SELECT ?s ?o { ?s a ?o } ORDER BY ?s ?o LIMIT 20"
    pool = ReaderPool(store, processes=1)
    try:
        here = b"".join(pool.query(query, results=media).chunks())
    finally:
        pool.close()

    there = RemoteReaders(filled).query(query, results=media)

    assert b"".join(there.chunks()) == here


@dataclass
class Proxy:
    """A server before the server, which may spoil what goes through it; see `proxied`."""

    address: str
    spoil: Callable[[http.server.BaseHTTPRequestHandler, bytes], bool]


@contextlib.contextmanager
def proxied(address: str) -> Iterator[Proxy]:
    """
    A proxy of *address*. Its *spoil* is given each request, with the answer that came for it, and
    says whether it has answered itself.
    """
    proxy = Proxy("", lambda handler, answer: False)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {n: self.headers[n] for n in ("Content-Type", "Accept") if self.headers[n]}
            request = urllib.request.Request(f"{address}{self.path}", body, headers)
            try:
                with urllib.request.urlopen(request, timeout=30) as response:
                    code, kind, answer = response.status, response.headers, response.read()
            except urllib.error.HTTPError as error:
                code, kind, answer = error.code, error.headers, error.read()
                error.close()
            if proxy.spoil(self, answer):
                return
            self.send_response(code)
            self.send_header("Content-Type", kind.get("Content-Type", "text/plain"))
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *arguments: object) -> None:
            """Says nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    proxy.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def cut(handler: http.server.BaseHTTPRequestHandler, answer: bytes) -> bool:
    """Half of the answer, then the end of the connection."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/sparql-results+json")
    handler.send_header("Content-Length", str(len(answer)))
    handler.end_headers()
    handler.wfile.write(answer[: len(answer) // 2])
    handler.wfile.flush()
    handler.connection.shutdown(socket.SHUT_RDWR)
    return True


def half(handler: http.server.BaseHTTPRequestHandler, answer: bytes) -> bool:
    """Half of the answer as if it were the whole: what a time limit may make of one."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/sparql-results+json")
    handler.send_header("Content-Length", str(len(answer) // 2))
    handler.end_headers()
    handler.wfile.write(answer[: len(answer) // 2])
    return True


def answering(code: int) -> Callable[[http.server.BaseHTTPRequestHandler, bytes], bool]:
    def answer(handler: http.server.BaseHTTPRequestHandler, _: bytes) -> bool:
        handler.send_error(code, "as the test wants it")
        return True

    return answer


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (cut, "cut"),
        (half, "cut short"),
        (answering(401), "set SCHOLARGRAPH_STORE_USER and SCHOLARGRAPH_STORE_PASSWORD"),
        (answering(403), "those of somebody who may"),
        (answering(500), r"failed \(500"),
        (answering(503), r"failed \(503"),
        (answering(302), "sends on to"),
    ],
)
def test_what_goes_wrong_is_one_line(spoil, said, filled):
    with proxied(filled.address) as proxy:
        store = Store.open(proxy.address)
        proxy.spoil = spoil
        with pytest.raises(RemoteError, match=said) as caught:
            store.endpoint.select("SELECT * { ?s ?p ?o } LIMIT 50")

    assert "\n" not in str(caught.value)


def test_a_commit_whose_answer_was_lost_is_found_out(remote):
    with proxied(remote.address) as proxy:
        there = Store.open(proxy.address, create=True)
        with there.writing() as writer:
            proxy.spoil = lambda handler, answer: handler.path == "/update" and cut(handler, b"  ")
            counts = writer.apply([], [quad(1)])

    assert counts == (0, 1)
    with remote.snapshot() as snapshot:
        assert snapshot.quads() == [quad(1)]


def test_an_import_that_the_server_leaves_can_be_run_again(remote, corpus, store):
    """The server refuses every third commit: whole papers only, and in the end the same graph."""
    entries = [PaperEntry(paper, extraction, RUN) for paper, extraction in corpus]
    failed = 0
    with proxied(remote.address) as proxy:
        there = Store.open(proxy.address, create=True)
        with there.writing():
            pass
        updates = []

        def spoil(handler: http.server.BaseHTTPRequestHandler, _: bytes) -> bool:
            if handler.path == "/update":
                updates.append(handler.path)
                return len(updates) % 3 == 0 and answering(500)(handler, b"")
            return False

        proxy.spoil = spoil
        for entry in [ProfileEntry(PROFILE, RUN), *entries]:
            while True:
                try:
                    Committer(there).commit([entry], Outcome())
                    break
                except RemoteError:
                    failed += 1

    assert failed > 1
    assert turtle(remote) == turtle(store)


@pytest.mark.parametrize("command", ["stats", "validate", "serve"])
def test_a_server_that_is_not_there_is_one_line(command):
    code, _, said = run(command, "--store", f"http://127.0.0.1:{free_port()}")

    assert (code, "cannot be reached" in said, "\n" in said) == (1, True, False)


def test_services_are_found_where_servers_have_them(server):
    with proxied(server) as proxy:
        found = Endpoint.find(proxy.address + "/")
        named = Endpoint.find(f"{proxy.address}/query")
        told = Endpoint.find(
            f"{proxy.address}/query", {"SCHOLARGRAPH_STORE_UPDATE": f"{proxy.address}/elsewhere"}
        )

    assert found.query == named.query == told.query == f"{proxy.address}/query"
    assert found.update == named.update == f"{proxy.address}/update"
    assert told.update == f"{proxy.address}/elsewhere"


def test_credentials_go_along_and_never_in_the_clear(server):
    seen = []

    def look(handler: http.server.BaseHTTPRequestHandler, _: bytes) -> bool:
        seen.append(handler.headers["Authorization"])
        return False

    with proxied(server) as proxy:
        proxy.spoil = look
        Endpoint.find(proxy.address, {"SCHOLARGRAPH_STORE_TOKEN": "secret"})
        user = {"SCHOLARGRAPH_STORE_USER": "ada", "SCHOLARGRAPH_STORE_PASSWORD": "pass"}
        found = Endpoint.find(proxy.address, user)

    assert seen == ["Bearer secret", "Basic YWRhOnBhc3M="]
    assert "YWRh" not in repr(found)
    with pytest.raises(StoreError, match="for all to read"):
        Endpoint.find("http://example.org/", user)
    with pytest.raises(StoreError, match="leave them out") as caught:
        Endpoint.find("https://ada:pass@example.org/", {})
    assert "pass@" not in str(caught.value)


def test_a_server_with_a_token_is_not_started_over_a_server(filled):
    code, _, said = run("serve", "--store", filled.address, SCHOLARGRAPH_TOKEN="secret")

    assert (code, "where updates are to be sent" in said) == (1, True)
