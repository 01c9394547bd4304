"""`/update` and `/store`: who may write, what, and that a failure changes nothing."""

import io
import threading

import pytest
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, RdfFormat, parse

from scholargraph.graph.store import Store
from scholargraph.graph.updates import with_dataset
from scholargraph.server import create_app
from scholargraph.web.service import Settings

EX = "http://example.org/"
TOKEN = "a secret"
ALLOWED = {"Authorization": f"Bearer {TOKEN}"}
UPDATE = "application/sparql-update"
TURTLE = "text/turtle"
G = f"{EX}g"


def thing(name):
    return NamedNode(EX + name)


@pytest.fixture
def store(tmp_path):
    store = Store.open(tmp_path / "papers.db", create=True)
    with store.writing() as writer:
        writer.apply(
            [],
            [
                Quad(thing("s"), thing("p"), Literal("default")),
                Quad(thing("s"), thing("p"), Literal("g"), thing("g")),
            ],
        )
    return store


@pytest.fixture
def client(store):
    app = create_app(Settings(store=store.path, token=TOKEN))
    yield app.test_client()
    app.extensions["scholargraph"].close()


@pytest.fixture
def open_client(store):
    return create_app(Settings(store=store.path)).test_client()


def values(store, graph=None):
    with store.snapshot() as snapshot:
        return sorted(quad.object.value for quad in snapshot.quads(graph=graph or DefaultGraph()))


def update(client, text, **options):
    options = {"headers": ALLOWED, "content_type": UPDATE} | options
    return client.post("/update", data=text, **options)


INSERT = f"INSERT DATA {{ <{EX}s> <{EX}p> 'new' }}"
WRITES = [
    ("POST", "/update", {"data": INSERT, "content_type": UPDATE}),
    ("PUT", "/store?default", {"data": "<x:s> <x:p> 1 .", "content_type": TURTLE}),
    ("POST", "/store?default", {"data": "<x:s> <x:p> 1 .", "content_type": TURTLE}),
    ("DELETE", "/store?default", {}),
]


@pytest.mark.parametrize(("method", "path", "options"), WRITES)
def test_without_a_token_nobody_writes(open_client, store, method, path, options):
    response = open_client.open(path, method=method, headers=ALLOWED, **options)

    assert response.status_code == 403
    assert values(store) == ["default"]


@pytest.mark.parametrize(("method", "path", "options"), WRITES)
@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer wrong", "Bearer a secret!", "Basic a secret", f"Bearer {'é' * 5}"],
)
def test_with_another_token_nobody_writes(client, store, method, path, options, authorization):
    headers = {} if authorization is None else {"Authorization": authorization}

    response = client.open(path, method=method, headers=headers, **options)

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer ")
    assert TOKEN not in response.text
    assert values(store) == ["default"]


def test_an_update_is_seen_by_the_next_query(client, store):
    answers = [
        update(client, INSERT),
        client.post("/update", data={"update": INSERT.replace("new", "newer")}, headers=ALLOWED),
    ]
    query = {"query": f"SELECT ?o {{ <{EX}s> <{EX}p> ?o }}", "format": "csv"}
    rows = client.get("/sparql", query_string=query).text.split()

    assert [(answer.status_code, answer.data) for answer in answers] == [(204, b"")] * 2
    assert sorted(rows) == ["default", "new", "newer", "o"]


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ({"method": "GET", "query_string": {"update": INSERT}}, 405),
        ({"data": INSERT, "content_type": "text/plain"}, 415),
        ({"data": INSERT, "content_type": "application/sparql-query"}, 415),
        ({"data": INSERT.encode("utf-16"), "content_type": UPDATE}, 400),
        ({"data": INSERT, "content_type": f"{UPDATE}; charset=latin1"}, 415),
        ({"data": {"query": "ASK {}"}}, 400),
        ({"data": {"update": [INSERT, INSERT]}}, 400),
        ({"data": {}, "content_type": "application/x-www-form-urlencoded"}, 400),
        ({"data": "SELECT * {}", "content_type": UPDATE}, 400),
        ({"data": "INSERT DATA {", "content_type": UPDATE}, 400),
        ({"data": f"{INSERT}; CREATE GRAPH <{G}>", "content_type": UPDATE}, 400),
        ({"data": f"{INSERT}; LOAD <http://127.0.0.1:1/>", "content_type": UPDATE}, 403),
        (
            {
                "data": "INSERT { ?s ?p ?o } WHERE { SERVICE <x:s> { ?s ?p ?o } }",
                "content_type": UPDATE,
            },
            403,
        ),
    ],
)
def test_a_bad_update_changes_nothing(client, store, request_, status):
    response = client.open("/update", **{"method": "POST", "headers": ALLOWED, **request_})

    assert response.status_code == status, response.text
    assert values(store) == ["default"]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, ["copy of default"]),
        ({"using-graph-uri": G}, ["copy of g"]),
        ({"using-named-graph-uri": G}, []),
    ],
)
def test_the_dataset_of_an_update_is_what_the_parameters_say(client, store, parameters, expected):
    text = (
        f"INSERT {{ GRAPH <{EX}h> {{ ?s ?p ?copy }} }} "
        "WHERE { ?s ?p ?o BIND(CONCAT('copy of ', ?o) AS ?copy) }"
    )

    response = update(client, text, query_string=parameters)

    assert response.status_code == 204
    assert values(store, thing("h")) == expected


@pytest.mark.parametrize("clause", [f"WITH <{G}>", ""])
def test_the_dataset_is_given_in_one_place_only(client, store, clause):
    using = "" if clause else f"USING <{G}>"
    text = f"{clause} DELETE {{ ?s ?p ?o }} {using} WHERE {{ ?s ?p ?o }}"

    response = update(client, text, query_string={"using-graph-uri": G})

    assert response.status_code == 400
    assert "cannot stand beside" in response.get_json()["detail"]
    assert values(store, thing("g")) == ["g"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "DELETE WHERE { ?s ?p 'WHERE' }",
            "DELETE { ?s ?p 'WHERE' } USING <x:g> WHERE { ?s ?p 'WHERE' }",
        ),
        (
            "DELETE { ?s ?p ?o } WHERE { { SELECT * WHERE { ?s ?p ?o } } } ; CLEAR ALL",
            "DELETE { ?s ?p ?o } USING <x:g> WHERE { { SELECT * WHERE { ?s ?p ?o } } } ; CLEAR ALL",
        ),
        (
            "insert {} # WHERE\nwhere { ?where ?p <x:WHERE> }; delete { ?s ?p ?o } where {}",
            "insert {} # WHERE\nUSING <x:g> where { ?where ?p <x:WHERE> }; "
            "delete { ?s ?p ?o } USING <x:g> where {}",
        ),
        ("INSERT DATA { <x:s> <x:p> 'using' }", "INSERT DATA { <x:s> <x:p> 'using' }"),
    ],
)
def test_every_where_gets_the_dataset(text, expected):
    assert with_dataset(text, "USING <x:g>") == expected


ONCE = f"PREFIX ex: <{EX}>"
LATER = "INSERT DATA { ex:new ex:p 'added' }"


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (f"CLEAR DEFAULT; {ONCE} {LATER}", 204),
        (
            f"CLEAR DEFAULT;\n# PREFIX\n{ONCE}\n{LATER}; {ONCE} DELETE WHERE {{ ex:x ex:y ?o }};",
            204,
        ),
        (
            f"{ONCE} CLEAR DEFAULT; prefix f: <x:> prefix g: <y:> INSERT DATA {{f:a g:b 'added'}}",
            204,
        ),
        (f"BASE <{EX}> CLEAR DEFAULT; PREFIX e: <#> INSERT DATA {{ e:a e:b 'added' }}", 204),
        (f"CLEAR DEFAULT; {LATER}; {ONCE}", 400),
        (f"CLEAR DEFAULT; {LATER}; {ONCE} {LATER}", 400),
        (f"CLEAR DEFAULT; {ONCE} PREFIX INSERT DATA {{}}", 400),
        (f"CLEAR DEFAULT; PREFIX ex: {LATER}", 400),
    ],
)
def test_prefixes_may_be_declared_before_any_operation(client, store, text, status):
    response = update(client, text)

    assert response.status_code == status, response.text
    assert values(store) == (["added"] if status == 204 else ["default"])


def test_a_string_with_a_prologue_in_it_is_kept(client, store):
    text = "CLEAR DEFAULT; INSERT DATA { <x:s> <x:p> '; PREFIX a: <x:>' }"

    update(client, text)

    assert values(store) == ["; PREFIX a: <x:>"]


def test_an_endless_update_is_answered_and_the_next_one_runs(store):
    app = create_app(Settings(store=store.path, token=TOKEN, update_timeout=1.0))
    client = app.test_client()
    update(client, "INSERT DATA { " + "".join(f"<x:{n}> <x:q> 'n' . " for n in range(300)) + "}")
    endless = "INSERT { ?a ?b ?i } WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o }"

    stopped = update(client, endless)
    following = update(client, "CLEAR DEFAULT; INSERT DATA { <x:s> <x:p> 'after' }")

    assert (stopped.status_code, following.status_code) == (503, 204)
    assert stopped.headers["Retry-After"]
    assert "nothing has changed" in stopped.get_json()["detail"]
    assert values(store) == ["after"]
    app.extensions["scholargraph"].close()


# Graphs


def test_a_graph_is_read_by_anybody_in_any_format(open_client):
    formats = {
        "": RdfFormat.TURTLE,
        "text/turtle": RdfFormat.TURTLE,
        "application/n-triples": RdfFormat.N_TRIPLES,
        "application/rdf+xml": RdfFormat.RDF_XML,
        "application/ld+json": RdfFormat.JSON_LD,
    }
    read = {
        accept: [
            quad.object.value
            for quad in parse(
                open_client.get(
                    "/store", query_string={"graph": G}, headers={"Accept": accept}
                ).data,
                format=format,
            )
        ]
        for accept, format in formats.items()
    }
    head = open_client.head("/store?default")

    assert read == dict.fromkeys(formats, ["g"])
    assert (head.status_code, head.mimetype, head.data) == (200, TURTLE, b"")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/store", 400),
        (f"/store?graph={G}&default", 400),
        (f"/store?graph={G}&graph={G}", 400),
        ("/store?graph=relative", 400),
        (f"/store?graph={EX}absent", 404),
        (f"/store?graph={EX}%2567", 404),  # decoded once, this is %67, not g
    ],
)
def test_a_graph_that_is_not_there_is_said_to_be_absent(open_client, path, status):
    assert open_client.get(path).status_code == status


def test_a_graph_is_made_replaced_added_to_and_removed(client, store):
    def send(method, data=b"", graph=f"{EX}new"):
        return client.open(
            "/store",
            method=method,
            query_string={"graph": graph},
            data=data,
            content_type=TURTLE,
            headers=ALLOWED,
        ).status_code

    steps = []
    for method, data in [
        ("PUT", "<s> <p> 'one', [ <p> 'blank' ] ."),
        ("PUT", "<s> <p> 'two' ."),
        ("POST", "<s> <p> 'three' ."),
        ("DELETE", ""),
        ("DELETE", ""),
        ("POST", "<s> <p> 'four' ."),
    ]:
        status = send(method, data)
        steps.append((status, values(store, thing("new"))))

    assert [status for status, _ in steps] == [201, 204, 204, 204, 404, 201]
    assert [found for _, found in steps[1:]] == [["two"], ["three", "two"], [], [], ["four"]]


def test_relative_iris_are_below_the_graph(client, store):
    client.put(
        "/store",
        query_string={"graph": f"{EX}a/b"},
        data="<c> <d> 1 .",
        content_type=TURTLE,
        headers=ALLOWED,
    )

    with store.snapshot() as snapshot:
        (quad,) = snapshot.quads(graph=thing("a/b"))
    assert (quad.subject, quad.predicate) == (thing("a/c"), thing("a/d"))


def test_many_documents_may_come_at_once(client, store):
    response = client.post(
        "/store",
        query_string={"graph": f"{EX}new"},
        data={
            "a": (io.BytesIO(b"<x:s> <x:p> 'a', _:b . _:b <x:p> 'c' ."), "a.ttl", TURTLE),
            "b": (io.BytesIO(b'_:b <x:p> "b" .'), "b.nt", "application/n-triples"),
        },
        headers=ALLOWED,
    )

    assert response.status_code == 201
    with store.snapshot() as snapshot:
        subjects = {quad.subject for quad in snapshot.quads(graph=thing("new"))}
    assert len(subjects) == 3


def test_a_nameless_graph_is_given_a_name(client):
    response = client.post("/store", data="<x:s> <x:p> 1 .", content_type=TURTLE, headers=ALLOWED)

    name = response.headers["Location"]
    assert response.status_code == 201
    assert client.get("/store", query_string={"graph": name}).status_code == 200


def test_a_graph_is_sent_again_only_when_it_has_changed(client):
    def read(**headers):
        return client.get("/store", query_string={"graph": G}, headers=headers)

    first = read()
    again = read(**{"If-None-Match": first.headers["ETag"]})
    update(client, f"INSERT DATA {{ GRAPH <{G}> {{ <x:s> <x:p> 1 }} }}")
    changed = read(**{"If-None-Match": first.headers["ETag"]})

    assert [first.status_code, again.status_code, changed.status_code] == [200, 304, 200]
    assert again.data == b""


def test_a_graph_that_has_changed_meanwhile_is_not_overwritten(client, store):
    def write(method, graph=G, **conditions):
        return client.open(
            "/store",
            method=method,
            query_string={"graph": graph},
            data="<x:s> <x:p> 'mine' .",
            content_type=TURTLE,
            headers=ALLOWED | conditions,
        ).status_code

    tag = client.get("/store", query_string={"graph": G}).headers["ETag"]
    absent = f"{EX}absent"
    steps = [
        write("PUT", **{"If-Match": '"another"'}),
        write("DELETE", **{"If-Match": '"another"'}),
        write("PUT", **{"If-None-Match": "*"}),
        write("PUT", graph=absent, **{"If-Match": "*"}),
        write("PUT", **{"If-Match": tag}),
        write("PUT", **{"If-Match": tag}),
        write("PUT", graph=absent, **{"If-None-Match": "*"}),
    ]

    assert steps == [412, 412, 412, 412, 204, 412, 201]
    assert values(store, thing("g")) == ["mine"]


@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize(
    ("data", "content_type", "status"),
    [
        (b"<x:s> <x:p> 1 . <x:s> <x:p", TURTLE, 400),
        (b"<x:s> <x:p> '\xff' .", TURTLE, 400),
        (b"not json", "application/ld+json", 400),
        (b"true", "application/ld+json", 400),
        (b"\xef\xbb\xbf \n 'text'", "application/ld+json", 400),
        (b'"text"', "application/ld+json", 400),
        (b"<x:s> <x:p> 1 <x:g> .", "application/n-quads", 415),
        (b"<x:s> <x:p> 1 .", "text/plain", 415),
        (b"<x:s> <x:p> 1 .", "", 415),
        (
            b'{"@id": "x:g", "@graph": [{"@id": "x:s", "x:p": 1}]}',
            "application/ld+json",
            400,
        ),
    ],
)
def test_broken_rdf_leaves_the_graph_as_it_was(client, store, method, data, content_type, status):
    before = store.current()

    response = client.open(
        "/store",
        method=method,
        query_string={"graph": G},
        data=data,
        content_type=content_type,
        headers=ALLOWED,
    )

    assert response.status_code == status
    assert (values(store, thing("g")), store.current()) == (["g"], before)


def test_an_update_waits_for_another_writer(client, store):
    taken, done = threading.Event(), threading.Event()

    def hold():
        with store.writing():
            taken.set()
            done.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    taken.wait(10)
    threading.Timer(0.3, done.set).start()
    response = update(client, INSERT)
    thread.join()

    assert response.status_code == 204
    assert values(store) == ["default", "new"]
