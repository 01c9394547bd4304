"""Documents sent to `/store` that are broken, traps, packed or too large."""

import gzip
import threading

import psutil
import pytest
from pyoxigraph import DefaultGraph, NamedNode

from scholargraph.graph.documents import DEEPEST, Document, RdfError, triples
from scholargraph.graph.graph_store import putting
from scholargraph.graph.sparql import QueryError, QueryTooLarge, UpdateTimeout
from scholargraph.graph.store import Store, StoreBusy
from scholargraph.graph.updates import update
from scholargraph.graph.writers import Writers
from scholargraph.server import create_app
from scholargraph.web.service import Settings

TURTLE = "text/turtle"
TRIPLES = "application/n-triples"
XML = "application/rdf+xml"
JSON_LD = "application/ld+json"
ALLOWED = {"Authorization": "Bearer t"}
RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://e/"'
BASE = "http://example.org/"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A store, and a client of the server over it, which has one writer for all tests."""
    store = Store.open(tmp_path_factory.mktemp("uploads") / "papers.db", create=True)
    update(store, "INSERT DATA { GRAPH <x:g> { <x:s> <x:p> 'old' } }")
    app = create_app(Settings(store=store.path, token="t", max_body=32 * 1024 * 1024))
    yield store, app.test_client()
    app.extensions["scholargraph"].close()


def send(served, data, content_type=TURTLE, graph="x:g", method="PUT", **headers):
    return served[1].open(
        "/store",
        method=method,
        query_string={"graph": graph},
        data=data,
        content_type=content_type,
        headers=ALLOWED | headers,
    )


def values(served, graph="x:g"):
    with served[0].snapshot() as snapshot:
        return sorted(quad.object.value for quad in snapshot.quads(graph=NamedNode(graph)))


def broken_at(line, good, bad):
    return b"".join((bad if number == line else good % number) for number in range(1, line + 10))


def xml(inside, doctype=""):
    return f'<?xml version="1.0"?>{doctype}<rdf:RDF {RDF}>{inside}</rdf:RDF>'.encode()


def valued(text):
    return f'<rdf:Description rdf:about="x:s"><e:p>{text}</e:p></rdf:Description>'


def entities(*values):
    declared = "".join(f"<!ENTITY e{number} {value}>" for number, value in enumerate(values))
    return f"<!DOCTYPE rdf:RDF [{declared}]>"


LAUGHS = entities('"ha"', *(f'"{f"&e{level};" * 10}"' for level in range(9)))
DEEP = 1_000_000

BROKEN = {
    "Turtle": (
        broken_at(10_000, b"<x:s> <x:p> %d .\n", b"<x:s> <x:p> oops .\n"),
        TURTLE,
        "line 10000 ",
    ),
    "N-Triples": (
        broken_at(10_000, b'<x:s> <x:p> "%d" .\n', b'<x:s> <x:p> "no end .\n'),
        TRIPLES,
        "line 10000 ",
    ),
    "RDF/XML": (
        broken_at(10_000, b"<e:p>%d</e:p>\n", b"<e:p>&nbsp;</e:p>\n"),
        XML,
        "not application/rdf+xml",
    ),
    "JSON-LD": (broken_at(10_000, b"[%d],\n", b"[,],\n"), JSON_LD, "not application/ld+json"),
    "not UTF-8": (b"<x:s> <x:p> 'a' .\n<x:s> <x:p> '\xff' .", TURTLE, "line 2 column"),
    "UTF-16": ("<x:s> <x:p> 'é' .".encode("utf-16"), TURTLE, "line 1"),
    "a blank in an IRI": (b"<x:s> <x:p> <http://a b/> .", TURTLE, "Invalid IRI"),
    "a broken escape in an IRI": (b"<x:s> <x:p> <http://a/%zz> .", TURTLE, "IRI"),
    "no end": (b"<x:s> <x:p> [ <x:p> ( 1", TURTLE, "line 1 column"),
    "nested blank nodes": (b"<x:s> <x:p> " + b"[ <x:p> " * DEEP, TURTLE, "nested more than 1000"),
    "nested collections": (
        b"\n<x:s> <x:p> " + b"(" * DEEP + b")" * DEEP + b" .",
        TURTLE,
        "line 2: nested more than 1000",
    ),
    "nested triples": (b"<x:s> <x:p> " + b"<<( <x:s> <x:p> " * DEEP, TRIPLES, "nested more than"),
    "nested elements": (
        xml("<e:a><e:b>" * 100_000 + "</e:b></e:a>" * 100_000),
        XML,
        "nested more than",
    ),
    "nested objects": (b'{"x:p":' * DEEP, JSON_LD, "nested more than"),
    "nested lists": (b"[" * DEEP + b"]" * DEEP, JSON_LD, "nested more than"),
    "a billion laughs": (xml(valued("&e9;"), LAUGHS), XML, "this entity is not read"),
    "a long entity": (
        xml(valued("&e0;" * 9), entities(f'"{"a" * 301}"')),
        XML,
        "this entity is not read",
    ),
    "a file as entity": (
        xml(valued("&e0;"), entities('SYSTEM "file:///etc/passwd"')),
        XML,
        "this entity is not read",
    ),
    "a parameter entity": (
        xml(valued("x"), '<!DOCTYPE r [<!ENTITY % p SYSTEM "http://127.0.0.1:1/">%p;]>'),
        XML,
        "this entity is not read",
    ),
    "a remote context": (
        b'{"@context": "http://127.0.0.1:1/context", "name": "a"}',
        JSON_LD,
        "is not fetched",
    ),
    "an imported context": (
        b'{"@context": {"@import": "http://127.0.0.1:1/c"}, "name": "a"}',
        JSON_LD,
        "not",
    ),
    "graphs": (b'{"@id": "x:g", "@graph": [{"@id": "x:s", "x:p": 1}]}', JSON_LD, "names the graph"),
}


@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize("name", BROKEN)
def test_a_bad_document_stores_nothing_and_says_why(served, name, method):
    data, media_type, says = BROKEN[name]
    before = served[0].current()

    response = send(served, data, media_type, method=method)

    assert response.status_code == 400, response.text
    assert says in response.get_json()["detail"]
    assert len(response.data) < 1000
    assert (served[0].current(), values(served)) == (before, ["old"])


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"<x:s> <x:p> " + b"[ <x:p> " * 900 + b"'end'" + b"]" * 900 + b" .", TURTLE),
        (b"<x:s> <x:p> '" + b"[(" * 5000 + b"', 'end' . # " + b"[" * 5000, TURTLE),
        (b'<x:s> <x:p> """' + b'"[' * 5000 + b'""", <x:' + b"(" * 2000 + b">, 'end' .", TURTLE),
        (b"<x:s> <x:p> 'end', " + b", ".join([b"[]"] * 3000) + b" .", TURTLE),
        (xml(valued("&e0;"), entities('"end"')), XML),
        (xml("".join(f"<e:t rdf:about='x:{n}'/>" for n in range(3000)) + valued("end")), XML),
        (xml(valued("end") + '<e:t rdf:about="x:t" e:p=">&gt;"/>' * 3000), XML),
        (xml("<!--" + "<a>" * 3000 + "-->" + valued("end")), XML),
        (b'{"@id": "x:s", "x:p": ["end", "' + b"[{" * 3000 + b'"]}', JSON_LD),
    ],
)
def test_a_document_that_only_looks_like_a_trap_is_read(data, media_type):
    found = {quad.object.value for quad in triples(Document(data, media_type), BASE)}

    assert "end" in found


def test_depth_is_bounded_exactly():
    def nested(depth):
        return Document(b"<x:s> <x:p> " + b"(" * depth + b"1" + b")" * depth + b" .", TURTLE)

    assert len(list(triples(nested(DEEPEST), BASE))) == 2 * DEEPEST + 1
    with pytest.raises(RdfError):
        list(triples(nested(DEEPEST + 1), BASE))


@pytest.mark.parametrize(
    ("data", "coding", "status"),
    [
        (gzip.compress(b"<x:s> <x:p> 'packed' ."), "gzip", 201),
        (gzip.compress(b"<x:s> <x:p> 'packed' ."), "GZIP", 204),
        (b"<x:s> <x:p> 'packed' .", "identity", 204),
        (gzip.compress(b"<x:s> <x:p> 'packed' .")[:-3], "gzip", 400),
        (gzip.compress(b"<x:s> <x:p> 'packed' .") + b"more", "gzip", 400),
        (b"<x:s> <x:p> 'packed' .", "gzip", 400),
        (gzip.compress(b"# " + b" " * (64 * 1024 * 1024)), "gzip", 413),
        (b"<x:s> <x:p> 'packed' .", "br", 415),
        (b"<x:s> <x:p> 'packed' .", "gzip, gzip", 415),
    ],
)
def test_a_packed_body_is_unpacked_within_bounds(served, data, coding, status):
    response = send(served, data, graph="x:packed", **{"Content-Encoding": coding})

    assert response.status_code == status, response.text
    assert values(served, "x:packed") == ["packed"]


@pytest.mark.parametrize(
    ("address", "graph"),
    [
        ("/store/a/b.ttl", "http://localhost/store/a/b.ttl"),
        ("/store/caf%C3%A9", "http://localhost/store/caf%C3%A9"),
        ("/store?graph=http%3A%2F%2Fe%2F%25C3%25A9", "http://e/%C3%A9"),
        ("/store?graph=http%3A%2F%2Fe%2F%C3%A9", "http://e/é"),
        ("/store?graph=http%3A%2F%2Fe%2Fa%2520b", "http://e/a%20b"),
    ],
)
def test_a_graph_has_the_name_that_it_is_called(served, address, graph):
    made = served[1].put(address, data="<> <x:p> 'named' .", content_type=TURTLE, headers=ALLOWED)
    read = served[1].get(address, headers={"Accept": TRIPLES})
    gone = served[1].delete(address, headers=ALLOWED)

    assert (made.status_code, gone.status_code) == (201, 204)
    assert read.text == f'<{graph}> <x:p> "named" .\n'


@pytest.mark.parametrize(
    "address",
    [
        "/store?graph=http%3A%2F%2Fe%2Fa%20b",
        "/store?graph=http%3A%2F%2Fe%2F%FF",
        "/store?graph=no-scheme",
        "/store?graph=",
        "/store/a?graph=http%3A%2F%2Fe%2F",
        "/store/a?default",
    ],
)
def test_a_name_that_is_none_is_refused(served, address):
    response = served[1].put(address, data="<> <x:p> 1 .", content_type=TURTLE, headers=ALLOWED)

    assert response.status_code == 400


def test_an_endless_update_is_stopped_and_lets_go_of_the_store(empty_store):
    update(
        empty_store, "INSERT DATA { " + "".join(f"<x:{n}> <x:p> {n} ." for n in range(300)) + "}"
    )
    before = empty_store.current()
    endless = (
        "INSERT DATA { <x:half> <x:written> 1 } ; INSERT { ?a <x:q> ?f } "
        "WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o }"
    )
    writers = Writers(empty_store, timeout=1.0)
    try:
        with pytest.raises(UpdateTimeout, match="nothing has changed"):
            writers.update(endless)
        stopped = empty_store.current()
        update(empty_store, "INSERT DATA { <x:in> <x:this> 'process' }")
        writers.update("INSERT DATA { <x:in> <x:another> 'process' }")
    finally:
        writers.close()

    assert stopped == before
    with empty_store.snapshot() as snapshot:
        assert len(snapshot.quads()) == 302


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("INSERT { <x:a> <x:b> 1 } WHERE {" + "{" * 100_000 + "}" * 100_000 + "}", QueryTooLarge),
        (
            "INSERT { <x:a> <x:b> ?x } WHERE { "
            + "".join(f"{{ SELECT ?x{n} {{ VALUES ?x{n} {{ {'1 ' * 900} }} }} }}" for n in range(9))
            + "} ORDER BY ?x1",
            QueryError,
        ),
        ("INSERT DATA { <x:a> <x:b>", QueryError),
        ("CREATE GRAPH <x:a> ; CREATE GRAPH <x:a>", QueryError),
    ],
)
def test_an_update_that_fails_leaves_no_trace(empty_store, text, error):
    update(empty_store, "INSERT DATA { <x:s> <x:p> 1 }")
    before = empty_store.current()
    writers = Writers(empty_store, memory_mb=256)
    try:
        with pytest.raises(error):
            writers.update(text)
        unchanged = empty_store.current()
        writers.update("INSERT DATA { <x:s> <x:p> 2 }")
    finally:
        writers.close()

    assert unchanged == before
    with empty_store.snapshot() as snapshot:
        assert sorted(quad.object.value for quad in snapshot.quads()) == ["1", "2"]


def test_memory_is_bounded(empty_store):
    update(empty_store, "INSERT DATA { <x:s> <x:p> 1 }")
    writers = Writers(empty_store, memory_mb=200)
    many = b"".join(b"<x:s%d> <x:p> 'a value of its own, %d' .\n" % (n, n) for n in range(400_000))
    try:
        with pytest.raises(QueryTooLarge, match="200 MB"):
            writers.put(DefaultGraph(), [Document(many, TURTLE)], replace=False, base="http://e/")
        writers.update("INSERT DATA { <x:s> <x:p> 2 }")
    finally:
        writers.close()

    with empty_store.snapshot() as snapshot:
        assert len(snapshot.quads()) == 2


def test_others_may_write_between_the_changes_of_a_server(empty_store):
    writers = Writers(empty_store, wait=20)
    update(empty_store, "INSERT DATA { <x:s> <x:p> 0 }")
    stop = threading.Event()
    made = []

    def keep_writing():
        while not stop.is_set():
            writers.update(f"INSERT DATA {{ <x:s> <x:p> {len(made) + 100} }}")
            made.append(None)

    thread = threading.Thread(target=keep_writing)
    thread.start()
    try:
        for number in range(1, 4):
            update(empty_store, f"INSERT DATA {{ <x:s> <x:p> {number} }}")
    finally:
        stop.set()
        thread.join()
        writers.close()

    with empty_store.snapshot() as snapshot:
        found = {int(quad.object.value) for quad in snapshot.quads()}
    assert found == {0, 1, 2, 3} | {100 + number for number in range(len(made))}


def is_writer(process):
    try:
        return "scholargraph.graph.writer" in process.cmdline()
    except (psutil.ZombieProcess, psutil.NoSuchProcess):
        return False


def test_a_store_that_was_replaced_is_not_written_to_under_its_old_name(tmp_path):
    path = tmp_path / "papers.db"
    update(Store.open(path, create=True), "INSERT DATA { <x:s> <x:p> 'old' }")
    writers = Writers(Store.open(path))
    try:
        writers.update("INSERT DATA { <x:s> <x:p> 'older' }")
        path.rename(tmp_path / "away.db")
        # Within moments: RocksDB knows its files by name, and would touch the new store's.
        writing = [child for child in psutil.Process().children() if is_writer(child)]
        gone, _ = psutil.wait_procs(writing, timeout=10)
        assert len(gone) == 1
        update(Store.open(path, create=True), "INSERT DATA { <x:s> <x:p> 'new' }")
        writers.update("INSERT DATA { <x:s> <x:p> 'newer' }")
    finally:
        writers.close()

    with Store.open(path).snapshot() as snapshot:
        assert sorted(quad.object.value for quad in snapshot.quads()) == ["new", "newer"]


def test_who_waits_too_long_for_the_store_is_told(empty_store):
    update(empty_store, "INSERT DATA { <x:s> <x:p> 0 }")
    writers = Writers(empty_store, wait=0.2)
    try:
        with empty_store.writing(), pytest.raises(StoreBusy):
            writers.update("INSERT DATA { <x:s> <x:p> 1 }")
        writers.update("INSERT DATA { <x:s> <x:p> 2 }")
    finally:
        writers.close()

    with empty_store.snapshot() as snapshot:
        assert len(snapshot.quads()) == 2


def test_a_change_is_prepared_without_the_store():
    with pytest.raises(RdfError):
        putting(DefaultGraph(), [Document(b"<x:s> <x:p", TURTLE)], replace=True, base=BASE)
