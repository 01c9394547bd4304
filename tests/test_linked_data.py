"""Every IRI of the graph leads to what the graph says of it, in the form that is asked for."""

import functools
from collections import defaultdict
from dataclasses import replace
from importlib import resources
from pathlib import Path
from urllib.parse import quote

import pyoxigraph
import pytest
from corpus import CORPUS, MODEL, paper
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat

import scholargraph
from scholargraph.extract import extract, model_id
from scholargraph.graph import vocab as v
from scholargraph.graph.build import Run
from scholargraph.graph.commit import Committer, Outcome, PaperEntry
from scholargraph.graph.importing import import_files
from scholargraph.graph.iris import DEFAULT_BASE, part
from scholargraph.graph.removal import remove
from scholargraph.graph.store import Store
from scholargraph.server import create_app
from scholargraph.web.service import EXTENSION, Settings

FORMATS = {
    ".ttl": "text/turtle",
    ".nt": "application/n-triples",
    ".jsonld": "application/ld+json",
    ".rdf": "application/rdf+xml",
}
RIVER = "/paper/arxiv:2305.00001"
RUN = Run("more.txt", "6" * 64, "profile", "0.1.0", MODEL, None)


def serving(store):
    app = create_app(Settings(store=store.path))
    app.testing = True
    return app


def address(iri: str) -> str:
    """The path at which a server answers for *iri*, as a client would send it."""
    return quote("/" + iri.removeprefix(DEFAULT_BASE), safe="/:@!$&'()*+,;=~%")


def get(client, path, accept="text/turtle", **headers):
    return client.get(path, headers={"Accept": accept, **headers}, follow_redirects=True)


def subjects(response) -> set[str]:
    triples = pyoxigraph.parse(response.data, RdfFormat.TURTLE)
    return {triple.subject.value for triple in triples}


def iris_of(store) -> dict[str, set[str]]:
    """Every IRI below the base, wherever in the graph it stands, by what a client asks for."""
    with store.snapshot() as snapshot:
        terms = {
            term.value
            for quad in snapshot.quads()
            for term in (quad.subject, quad.predicate, quad.object, quad.graph_name)
            if isinstance(term, NamedNode)
        }
    documents = defaultdict(set)
    for iri in terms:
        if iri.startswith(DEFAULT_BASE):
            documents[iri.partition("#")[0]].add(iri)
    return documents


def undescribed(client, documents) -> list[str]:
    """What of *documents* does not answer, has no place on its page, or is not in its Turtle."""
    found = []
    for document, iris in documents.items():
        page, turtle = (
            get(client, address(document), form) for form in ("text/html", "text/turtle")
        )
        if (page.status_code, page.mimetype) != (200, "text/html"):
            found.append(f"{document} as a page: {page.status}")
        else:
            ends = [iri.partition("#")[2] for iri in iris if "#" in iri]
            found += [
                f"{document}: no entry {end}" for end in ends if f'id="{end}"' not in page.text
            ]
        if (turtle.status_code, turtle.mimetype) != (200, "text/turtle"):
            found.append(f"{document} as Turtle: {turtle.status}")
        else:
            found += [f"{iri}: nothing said" for iri in iris - subjects(turtle)]
    return found


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory):
    """The graph of data/papers.jsonl."""
    store = Store.open(tmp_path_factory.mktemp("demo") / "demo.db", create=True)
    papers = Path(scholargraph.__file__).parent / "data" / "papers.jsonl"
    import_files([papers], store, extract=extract, model=model_id())
    return store


# Every IRI


def test_every_iri_of_the_demonstration_graph_is_a_page_and_turtle_about_it(demonstration):
    documents = iris_of(demonstration)
    app = serving(demonstration)

    assert undescribed(app.test_client(), documents) == []
    app.extensions[EXTENSION].close()
    nouns = {address(document).split("/")[1] for document in documents}
    assert nouns >= {"paper", "author", "method", "category", "run", "source", "graph", "ns"}
    assert sum(map(len, documents.values())) > 800


def test_every_iri_of_the_corpus_is_a_page_and_turtle_about_it(client, store):
    documents = iris_of(store)

    assert undescribed(client, documents) == []
    assert any("profile/" in document for document in documents)


@pytest.mark.parametrize(
    "doi",
    [
        '10.1/a<b>"c d?e#f',
        "10.1/%25%2f..%",
        "10.1//two//slashes/",
        "10.1/何良华-é-ẞ-ß",
        "10.1/ends.ttl",
        "10.1/ends.json",
        "10.1/{x}|^`\\[y];=&+",
    ],
)
def test_the_strangest_identifiers_lead_to_their_papers(store, client, doi):
    strange = paper("strange-1", "Strange", "We use {U-Net|method}.", ids=(("doi", doi),))
    Committer(store).commit([PaperEntry(*strange, RUN)], Outcome())
    iri = store.iris.paper(strange[0])
    with store.snapshot() as snapshot:
        assert snapshot.quads(iri, v.TITLE)

    assert (
        undescribed(client, {iri.value: {iri.value, part(iri, "sentence-abstract-0-13").value}})
        == []
    )
    for suffix, media_type in FORMATS.items():
        assert get(client, address(iri.value) + suffix, "text/html").mimetype == media_type


def test_what_an_uploaded_graph_describes_below_our_base_answers_too(store, client):
    graph = NamedNode(f"{DEFAULT_BASE}graph/of a user".replace(" ", "%20"))
    things = [
        NamedNode(DEFAULT_BASE + place)
        for place in ("thing", "thing/a/b.c", "paper/not-a-paper", "method/not%20a-method")
    ]
    quads = [Quad(thing, v.TITLE, Literal(f"<b>{n}</b>"), graph) for n, thing in enumerate(things)]
    quads += [Quad(things[0], v.CATEGORY, Literal("x")), Quad(graph, v.TITLE, Literal("Mine"))]
    with store.writing() as writer:
        writer.apply([], quads)

    documents = {thing.value: {thing.value} for thing in [*things, graph]}
    assert undescribed(client, documents) == []
    assert "<b>1</b>" not in get(client, "/thing/a/b.c", "text/html").text


def test_a_run_says_when_it_ran(store, client):
    with store.snapshot() as snapshot:
        (run,) = {quad.subject for quad in snapshot.quads(None, v.ENDED)}

    turtle = get(client, address(run.value))
    page = get(client, address(run.value), "text/html")

    triples = list(pyoxigraph.parse(turtle.data, RdfFormat.TURTLE))
    assert {triple.predicate for triple in triples} >= {v.STARTED, v.ENDED, v.MODEL}
    assert "prov:endedAtTime" in page.text


def test_terms_of_the_namespace_lead_to_the_ontology(client):
    response = client.get("/ns", headers={"Accept": "text/turtle"})

    assert response.status_code == 303
    assert response.headers["Location"] == "/ontology"


# Which form


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", "text/html"),
        ("*/*", "text/html"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html"),
        ("text/turtle", "text/turtle"),
        ("text/turtle;q=0.4, application/ld+json;q=0.5", "application/ld+json"),
        ("text/turtle;q=0.4, application/ld+json;q=0.5, text/html;q=0", "application/ld+json"),
        ("text/*;q=0.3, application/rdf+xml;q=0.2", "text/html"),
        ("text/html;q=0.1, text/turtle;q=0.9", "text/turtle"),
        ("text/turtle;q=0, */*;q=0.1, text/html;q=0", "application/n-triples"),
        ("application/n-triples;charset=utf-8", "application/n-triples"),
        ("TEXT/TURTLE", "text/turtle"),
        ("application/json", "application/json"),
    ],
)
@pytest.mark.parametrize("path", [RIVER, "/author/wei-chen", "/method/rivernet", "/category/cs.CV"])
def test_the_form_is_the_one_that_the_client_likes_best(client, path, accept, expected):
    response = get(client, path, accept)

    assert response.mimetype == expected
    assert "Accept" in response.vary


@pytest.mark.parametrize("path", [RIVER, "/author/wei-chen", "/graph/runs", "/ontology"])
def test_what_suits_nobody_is_not_acceptable(client, path):
    response = get(client, path, "image/png, text/html;q=0")

    assert response.status_code == 406
    assert response.mimetype == "application/problem+json"
    assert "text/turtle" in response.json["detail"]


@pytest.mark.parametrize(("suffix", "media_type"), FORMATS.items())
@pytest.mark.parametrize("path", [RIVER, "/task/flood-extent", "/graph/runs", "/ontology"])
def test_a_suffix_asks_for_a_form_whatever_accept_says(client, path, suffix, media_type):
    by_suffix = get(client, path + suffix, "text/html")

    assert by_suffix.mimetype == media_type
    assert by_suffix.data == get(client, path, media_type).data


# What the headers say


@pytest.mark.parametrize("path", [RIVER, "/author/jose-garcia-marquez", "/graph/runs", "/ontology"])
@pytest.mark.parametrize("accept", ["text/html", "text/turtle"])
def test_links_name_every_form_and_what_describes_it(client, path, accept):
    link = get(client, path, accept).headers["Link"]

    for suffix, media_type in FORMATS.items():
        assert f'<{path}{suffix}>; rel="alternate"; type="{media_type}"' in link
        assert get(client, path + suffix).status_code == 200
    assert f'<{path}>; rel="canonical"' in link
    assert f'<{path}.ttl>; rel="describedby"; type="text/turtle"' in link
    if path != "/ontology":
        assert '</.well-known/void#dataset>; rel="http://rdfs.org/ns/void#inDataset"' in link


@pytest.mark.parametrize("accept", ["text/html", "application/json", *FORMATS.values()])
@pytest.mark.parametrize("path", [RIVER, "/author/wei-chen", "/category/cs.CV", "/ontology"])
def test_who_has_it_is_not_sent_it_again(client, path, accept):
    first = get(client, path, accept)
    tag = first.headers["ETag"]

    for method in (client.get, client.head):
        for known in (tag, f"W/{tag}", f'"other", W/"another", {tag}', "*"):
            again = method(path, headers={"Accept": accept, "If-None-Match": known})
            assert (again.status_code, again.data) == (304, b"")
            assert again.headers["ETag"] == tag
            assert again.headers["Cache-Control"] == "no-cache"
            assert "Accept" in again.vary
    for known in ('"other"', 'W/"other"', "", tag.strip('"')[:-1], "nonsense,,"):
        again = get(client, path, accept, **{"If-None-Match": known})
        assert (again.status_code, again.data) == (200, first.data)


def test_each_form_of_each_resource_has_a_tag_of_its_own(client):
    forms = ["text/html", "application/json", *FORMATS.values()]
    tags = [
        get(client, path, form).headers["ETag"]
        for path in (RIVER, "/author/wei-chen", "/graph/runs", "/ontology")
        for form in forms
        if (path, form) != ("/graph/runs", "application/json")
    ]

    assert len(set(tags)) == len(tags)
    assert not any(tag.startswith("W/") for tag in tags)


def test_a_head_is_a_get_without_the_body(client):
    for accept in ("text/html", "text/turtle"):
        whole = get(client, RIVER, accept)
        head = client.head(RIVER, headers={"Accept": accept})

        assert (head.status_code, head.data) == (200, b"")
        for name in ("Content-Length", "Content-Type", "ETag", "Link", "Vary"):
            assert head.headers[name] == whole.headers[name]


def test_a_commit_gives_what_it_changes_another_tag_and_leaves_the_rest(store, client):
    paths = ("/author/wei-chen", "/author/noor-van-dijk")
    before = [get(client, path).headers["ETag"] for path in paths]
    another = paper("more-1", "More", "Nothing.", authors=CORPUS[2][0].authors[:1])
    Committer(store).commit([PaperEntry(*another, RUN)], Outcome())

    after = [get(client, path, **{"If-None-Match": ", ".join(before)}) for path in paths]

    assert [response.status_code for response in after] == [200, 304]
    assert after[0].headers["ETag"] != before[0]


# What is not there


@pytest.mark.parametrize(
    "path",
    ["/paper/none", "/paper/none.ttl", "/graph/none", "/none", "/none/x.rdf", "/static/none"],
)
@pytest.mark.parametrize("accept", ["text/turtle", "*/*", "image/png"])
def test_what_the_graph_does_not_know_is_a_404_with_a_problem_document(client, path, accept):
    response = get(client, path, accept)

    assert response.status_code == 404
    assert response.mimetype == "application/problem+json"
    assert response.json["status"] == 404
    assert client.head(path).status_code == 404
    assert get(client, path, "text/html").mimetype == "text/html"


def test_an_address_without_a_thing_takes_no_other_method(client):
    assert client.post("/none/x").status_code == 404
    assert client.delete("/paper/none").status_code == 405


def test_what_was_removed_is_gone_in_every_form_until_it_is_imported_again(store, client):
    tag = get(client, RIVER).headers["ETag"]
    paths = [RIVER, *(RIVER + suffix for suffix in FORMATS), "/metric/miou", "/dataset/crowdmaps"]
    remove(store, ["river-1", "hidden-1"])

    gone = [get(client, path, **{"If-None-Match": tag}) for path in paths]
    page = get(client, RIVER, "text/html")
    heads = [client.head(path).status_code for path in paths]
    Committer(store).commit([PaperEntry(*CORPUS[0], RUN)], Outcome())
    back = [get(client, path).status_code for path in paths]

    assert [response.status_code for response in gone] == [410] * len(paths) == heads
    assert {response.mimetype for response in gone} == {"application/problem+json"}
    assert (
        "Following Water in Radar Images' was removed from this graph on 20"
        in (gone[0].json["detail"])
    )
    assert (page.status_code, page.mimetype) == (410, "text/html")
    assert back == [200] * (len(paths) - 1) + [410]
    assert get(client, "/author/ada-lindqvist").status_code == 200


def test_a_graph_that_speaks_of_what_was_removed_does_not_bring_it_back(store, client):
    remove(store, ["river-1"])
    with store.writing() as writer:
        note = NamedNode("https://example.org/notes")
        writer.apply([], [Quad(NamedNode(DEFAULT_BASE + RIVER[1:]), v.TITLE, Literal("x"), note)])

    assert get(client, RIVER).status_code == 410


def test_a_paper_that_has_another_iri_now_is_found_by_its_old_one(store, client):
    known = replace(CORPUS[5][0], ids=(("doi", "10.5555/maps"),))
    run = replace(RUN, file_name="corpus.txt")
    Committer(store).commit([PaperEntry(known, CORPUS[5][1], run)], Outcome())
    old, new = "/paper/maps-from-many-hands-2020", "/paper/doi:10.5555/maps"

    for suffix in ("", ".ttl", ".json"):
        moved = client.get(old + suffix)
        assert (moved.status_code, moved.headers["Location"]) == (308, new + suffix)
    assert f"{DEFAULT_BASE}{new[1:]}" in subjects(get(client, old))


def test_a_removed_hostile_title_is_escaped(store, client):
    remove(store, ["script-1"])
    path = address(store.iris.paper(CORPUS[4][0]).value)

    page = get(client, path, "text/html")

    assert page.status_code == 410
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert" in page.text


# The ontology


@functools.cache
def declared() -> set[str]:
    text = resources.files("scholargraph").joinpath("ontology.ttl").read_bytes()
    triples = pyoxigraph.parse(text, RdfFormat.TURTLE)
    return {t.subject.value.partition("#")[2] for t in triples if "#" in t.subject.value}


def test_every_term_has_its_entry_on_the_page_of_the_ontology(client):
    page = get(client, "/ontology", "text/html").text

    assert len(declared()) > 40
    assert [name for name in declared() if f'id="{name}"' not in page] == []


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
def test_every_form_of_the_ontology_says_the_same(client):
    graphs = []
    for media_type in FORMATS.values():
        format = RdfFormat.from_media_type(media_type)
        parsed = pyoxigraph.parse(get(client, "/ontology", media_type).data, format)
        graphs.append({quad.triple for quad in parsed})

    assert graphs[0] == graphs[1] == graphs[2] == graphs[3]
    assert len(graphs[0]) > 250


def test_a_class_lists_its_properties_and_links_to_them(client):
    page = get(client, "/ontology", "text/html").text

    entry = page[page.index('<tr id="Authorship">') :].partition("</tr>")[0]
    assert 'has <a href="#affiliation"><code>sg:affiliation</code></a>' in entry
    assert '<a href="#position">' in entry
