"""The descriptions of service and data: whole, valid, current, and read by those who want them."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pyoxigraph
import pyshacl
import pytest
import rdflib
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad
from rdflib.compare import isomorphic
from rdflib.namespace import DCTERMS, RDF, RDFS, SH, VOID, XSD
from serving import served

from scholargraph.graph import vocab as v
from scholargraph.graph.questions import examples
from scholargraph.graph.vocab import PREFIXES
from scholargraph.server import create_app
from scholargraph.web.service import EXTENSION, Settings, SettingsError

SD = rdflib.Namespace("http://www.w3.org/ns/sparql-service-description#")
SCHEMA = rdflib.Namespace(PREFIXES["schema"])
VOID_EXT = rdflib.Namespace("http://ldf.fi/void-ext#")
COMUNICA = Path(__file__).parent / "comunica"
ENDPOINT = rdflib.URIRef("http://localhost/sparql")
DATASET = rdflib.URIRef("http://localhost/.well-known/void#dataset")

FORMATS = {
    "text/turtle": "turtle",
    "application/n-triples": "nt",
    "application/ld+json": "json-ld",
    "application/rdf+xml": "xml",
}
BOTH = pytest.mark.parametrize("path", ["/sparql", "/.well-known/void"])

# What SPARQL editors ask a description for, written anew after sib-swiss/sparql-editor's queries.
PREFIXES_FOR_EDITORS = """
PREFIX sh: <http://www.w3.org/ns/shacl#>
SELECT DISTINCT ?prefix ?namespace WHERE { [] sh:namespace ?namespace ; sh:prefix ?prefix }
"""
EXAMPLES_FOR_EDITORS = """
PREFIX sh: <http://www.w3.org/ns/shacl#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT DISTINCT ?example ?comment ?query WHERE {
    ?example a sh:SPARQLExecutable ; rdfs:comment ?comment ;
             sh:select|sh:ask|sh:construct|sh:describe ?query .
}
"""
COMPLETIONS_FOR_EDITORS = """
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX void: <http://rdfs.org/ns/void#>
PREFIX ext: <http://ldf.fi/void-ext#>
SELECT DISTINCT ?subject ?property ?object ?datatype ?triples ?label WHERE {
    ?partition void:class ?subject ; void:propertyPartition ?part .
    ?part void:property ?property ; void:triples ?triples .
    OPTIONAL { ?subject rdfs:label ?label }
    OPTIONAL {
        { ?part void:classPartition [ void:class ?object ] }
        UNION { ?part ext:datatypePartition [ ext:datatype ?datatype ] }
    }
}
"""


def get(client, path, accept="text/turtle", **headers):
    return client.get(path, headers={"Accept": accept, **headers})


def read(client, path="/sparql", accept="text/turtle"):
    """The description at *path*, once every figure is in it."""
    for _ in range(30):
        graph = rdflib.Graph().parse(data=get(client, path, accept).data, format=FORMATS[accept])
        document = rdflib.URIRef("http://localhost/.well-known/void")
        if (document, RDFS.comment, None) not in graph:
            return graph
    raise AssertionError("the figures are still being counted after 60 s")


def one(graph, subject, predicate):
    (value,) = graph.objects(subject, predicate)
    return value


# Valid RDF, the same in every form, each time


# rdflib's reader of JSON-LD calls its own deprecated class.
@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
@BOTH
def test_each_format_says_the_same_and_names_every_node(client, path):
    turtle = read(client, path)

    assert len(turtle) > 700
    assert not [term for triple in turtle for term in triple if isinstance(term, rdflib.BNode)]
    for accept, name in FORMATS.items():
        response = get(client, path, accept)
        assert response.mimetype == accept
        assert isomorphic(rdflib.Graph().parse(data=response.data, format=name), turtle)
        parsed = set(pyoxigraph.parse(response.data, pyoxigraph.RdfFormat.from_media_type(accept)))
        assert len(parsed) == len(turtle)


@BOTH
def test_the_same_store_gives_the_same_bytes_in_another_process(client, store, path):
    read(client, path)
    again = create_app(Settings(store=store.path))

    other = again.test_client()
    read(other, path)

    assert get(other, path).data == get(client, path).data
    again.extensions[EXTENSION].close()


@BOTH
def test_every_literal_that_has_a_datatype_is_of_it(client, path):
    for literal in read(client, path).objects():
        if isinstance(literal, rdflib.Literal) and literal.datatype:
            assert not literal.ill_typed, literal


def test_the_suffix_asks_for_a_format_as_accept_does(client):
    read(client, "/.well-known/void")

    for suffix, accept in (("ttl", "text/turtle"), ("rdf", "application/rdf+xml")):
        by_suffix = get(client, f"/.well-known/void.{suffix}", "text/html")
        assert by_suffix.data == get(client, "/.well-known/void", accept).data
    assert client.get("/.well-known/void.csv").status_code == 404


# What the service is


def test_the_service_says_what_it_speaks(client):
    graph = read(client)

    services = set(graph.subjects(RDF.type, SD.Service))
    assert services == {ENDPOINT}
    assert one(graph, ENDPOINT, SD.endpoint) == ENDPOINT
    assert one(graph, ENDPOINT, SD.supportedLanguage) == SD.SPARQL11Query
    formats = {str(term).rpartition("/")[2] for term in graph.objects(ENDPOINT, SD.resultFormat)}
    assert formats >= {"SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV", "Turtle"}


def test_updates_are_spoken_of_only_where_a_token_allows_them(store):
    app = create_app(Settings(store=store.path, token="secret"))
    graph = read(app.test_client())
    app.extensions[EXTENSION].close()

    update = rdflib.URIRef("http://localhost/update")
    assert set(graph.subjects(RDF.type, SD.Service)) == {ENDPOINT, update}
    assert one(graph, update, SD.endpoint) == update
    assert one(graph, update, SD.supportedLanguage) == SD.SPARQL11Update
    assert len(set(graph.objects(update, SD.inputFormat))) == 6
    assert "secret" not in graph.serialize(format="nt")


@pytest.mark.parametrize("allowed", [(), ("sparql.example.org",)])
def test_federation_is_spoken_of_only_where_a_server_may_be_asked(store, allowed):
    app = create_app(Settings(store=store.path, allowed_services=allowed))
    graph = read(app.test_client())
    app.extensions[EXTENSION].close()

    assert ((ENDPOINT, SD.feature, SD.BasicFederatedQuery) in graph) == bool(allowed)


def test_every_named_graph_is_named_with_its_triples(client, store):
    name = "https://example.org/a graph".replace(" ", "%20")
    quads = [Quad(NamedNode(name), v.TITLE, Literal(str(n)), NamedNode(name)) for n in range(7)]
    with store.writing() as writer:
        writer.apply([], quads)

    graph = read(client)

    whole = one(graph, ENDPOINT, SD.defaultDataset)
    triples = {
        str(one(graph, named, SD.name)): one(graph, one(graph, named, SD.graph), VOID.triples)
        for named in graph.objects(whole, SD.namedGraph)
    }
    with store.snapshot() as snapshot:
        expected = {
            name.value: len(snapshot.quads(graph=name)) for name in snapshot.store.named_graphs()
        }
    assert {name: int(count) for name, count in triples.items()} == expected
    assert expected[name] == 7
    default = one(graph, whole, SD.defaultGraph)
    with store.snapshot() as snapshot:
        assert int(one(graph, default, VOID.triples)) == len(snapshot.quads(graph=DefaultGraph()))


# What the data are


def test_the_figures_are_what_queries_count(client):
    graph = read(client, "/.well-known/void")

    def count(what, where):
        query = f"SELECT (COUNT({what}) AS ?n) WHERE {{ {where} }}"
        answer = client.get("/sparql", query_string={"query": query}).json
        return int(answer["results"]["bindings"][0]["n"]["value"])

    assert int(one(graph, DATASET, VOID.triples)) == count("*", "?s ?p ?o")
    assert int(one(graph, DATASET, VOID.entities)) == count("DISTINCT ?s", "?s a ?c")
    assert int(one(graph, DATASET, VOID.distinctSubjects)) == count("DISTINCT ?s", "?s ?p ?o")
    assert int(one(graph, DATASET, VOID.distinctObjects)) == count("DISTINCT ?o", "?s ?p ?o")
    assert int(one(graph, DATASET, VOID.classes)) == count("DISTINCT ?c", "?s a ?c")
    assert int(one(graph, DATASET, VOID.properties)) == count("DISTINCT ?p", "?s ?p ?o")
    classes = list(graph.objects(DATASET, VOID.classPartition))
    properties = list(graph.objects(DATASET, VOID.propertyPartition))
    assert len(classes) == count("DISTINCT ?c", "?s a ?c")
    assert len(properties) == count("DISTINCT ?p", "?s ?p ?o")
    for part in classes:
        name = one(graph, part, VOID["class"]).n3()
        assert int(one(graph, part, VOID.entities)) == count("*", f"?s a {name}")
    for part in properties:
        name = one(graph, part, VOID.property).n3()
        assert int(one(graph, part, VOID.triples)) == count("*", f"?s {name} ?o")
        assert int(one(graph, part, VOID.distinctObjects)) == count("DISTINCT ?o", f"?s {name} ?o")


def test_a_commit_shows_in_the_next_description(client, store):
    before = read(client, "/.well-known/void")
    with store.writing() as writer:
        writer.apply([], [Quad(NamedNode("https://example.org/new"), v.TITLE, Literal("New"))])

    after = read(client, "/.well-known/void")

    counts = [int(one(graph, DATASET, VOID.triples)) for graph in (before, after)]
    assert counts[1] == counts[0] + 1
    dates = [one(graph, DATASET, DCTERMS.modified) for graph in (before, after)]
    assert dates[0].datatype == XSD.dateTime
    assert dates[0].value <= dates[1].value


def test_until_they_are_counted_figures_are_left_out_and_that_is_said(store, monkeypatch):
    monkeypatch.setattr("scholargraph.graph.censuses.COUNTER", "scholargraph.no_such_module")
    app = create_app(Settings(store=store.path))

    response = get(app.test_client(), "/.well-known/void")
    page = get(app.test_client(), "/.well-known/void", "text/html")

    app.extensions[EXTENSION].close()
    graph = rdflib.Graph().parse(data=response.data, format="turtle")
    assert response.status_code == 200
    assert (DATASET, VOID.sparqlEndpoint, ENDPOINT) in graph
    assert (None, VOID.triples, None) not in graph
    comment = one(graph, rdflib.URIRef("http://localhost/.well-known/void"), RDFS.comment)
    assert "being counted" in comment
    assert "being counted" in page.text


def test_every_address_of_the_description_answers(client):
    graph = read(client, "/.well-known/void")
    base = str(one(graph, DATASET, VOID.uriSpace))

    ways = (VOID.dataDump, VOID.sparqlEndpoint, VOID.openSearchDescription, rdflib.FOAF.homepage)
    for way in ways:
        for address in graph.objects(DATASET, way):
            assert client.get(str(address).removeprefix("http://localhost")).status_code == 200
    examples_of = list(graph.objects(DATASET, VOID.exampleResource))
    assert len(examples_of) == 6
    prefix = str(one(graph, DATASET, VOID.uriLookupEndpoint)).removeprefix("http://localhost")
    for example in examples_of:
        path = str(example).removeprefix(base)
        assert client.get(f"/{path}").status_code == 200
        assert client.get(prefix + str(example)).headers["Location"].endswith(path)


def test_the_vocabularies_in_use_are_named(client):
    graph = read(client, "/.well-known/void")

    found = {str(term) for term in graph.objects(DATASET, VOID.vocabulary)}
    assert found == {
        PREFIXES[name] for name in "sg rdf schema dct foaf fabio prism skos prov oa".split()
    }


def test_the_licence_is_named_where_it_is_known(store):
    address = "https://creativecommons.org/publicdomain/zero/1.0/"
    named = Settings.from_environment(
        {"SCHOLARGRAPH_STORE": str(store.path), "SCHOLARGRAPH_LICENSE": address}
    )
    app = create_app(named)
    client = app.test_client()

    graph = read(client, "/.well-known/void")
    link = get(client, "/paper/arxiv:2305.00001").headers["Link"]
    app.extensions[EXTENSION].close()

    assert one(graph, DATASET, DCTERMS.license) == rdflib.URIRef(address)
    assert f'<{address}>; rel="license"' in link


@pytest.mark.parametrize(
    "license", ["CC0", 'https://x/"; rel="next', "https://x/\n", "javascript:1"]
)
def test_a_licence_is_an_address(license):
    with pytest.raises(SettingsError, match="SCHOLARGRAPH_LICENSE is .*; give an address"):
        Settings.from_environment({"SCHOLARGRAPH_LICENSE": license})


def test_people_get_a_page_of_the_figures(client):
    read(client, "/.well-known/void")

    response = get(client, "/.well-known/void", "text/html,*/*;q=0.1")

    assert response.mimetype == "text/html"
    assert "schema:ScholarlyArticle" in response.text
    assert re.search(r"<dt>Triples</dt><dd>[\d,]+</dd>", response.text)


# Examples and prefixes, for editors


def test_editors_find_the_prefixes(client):
    rows = read(client).query(PREFIXES_FOR_EDITORS)

    assert {str(row.prefix): str(row.namespace) for row in rows} == PREFIXES


def test_editors_find_the_examples(client):
    rows = list(read(client).query(EXAMPLES_FOR_EDITORS))

    assert {(str(row.comment), str(row.query)) for row in rows} == {
        (example.question, example.query) for example in examples()
    }


def test_editors_learn_which_properties_a_class_has(client):
    rows = list(read(client).query(COMPLETIONS_FOR_EDITORS))

    found = {(str(row.subject), str(row.property), str(row.object)) for row in rows}
    article, method = v.ARTICLE.value, v.CONCEPT_CLASSES["method"].value
    assert (article, v.USES["method"].value, method) in found
    datatypes = {(str(row.property), str(row.datatype)) for row in rows}
    assert (v.CONFIDENCE.value, v.XSD_DECIMAL.value) in datatypes
    assert "method" in {str(row.label) for row in rows}


def test_comunica_reads_the_description_where_editors_look_for_it(store, tmp_path):
    """sib-swiss/sparql-editor asks Comunica to read the endpoint's own address as a file."""
    node = shutil.which("node")
    if node is None or not (COMUNICA / "node_modules").is_dir():
        pytest.skip("no node or Comunica: apt install nodejs npm; npm ci --prefix tests/comunica")
    with served(store.path, cwd=tmp_path) as address:
        source = [{"type": "file", "value": f"{address}/sparql"}]
        questions = [
            {"query": query, "sources": source, "format": "application/sparql-results+json"}
            for query in (PREFIXES_FOR_EDITORS, EXAMPLES_FOR_EDITORS, COMPLETIONS_FOR_EDITORS)
        ]
        done = subprocess.run(
            [node, COMUNICA / "ask.mjs"],
            input=json.dumps(questions),
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )

    prefixes, queries, completions = (
        json.loads(outcome["answer"])["results"]["bindings"] for outcome in json.loads(done.stdout)
    )
    assert {row["prefix"]["value"] for row in prefixes} == set(PREFIXES)
    assert {row["query"]["value"] for row in queries} == {found.query for found in examples()}
    assert v.ARTICLE.value in {row["subject"]["value"] for row in completions}


def test_every_example_runs_against_its_endpoint(client):
    graph = read(client)
    kinds = {SH.select: "results", SH.construct: None, SH.ask: "boolean"}

    for example in graph.subjects(RDF.type, SH.SPARQLExecutable):
        ((kind, query),) = [
            (kind, query) for kind in kinds for query in graph.objects(example, kind)
        ]
        target = str(one(graph, example, SCHEMA.target)).removeprefix("http://localhost")
        response = client.get(target, query_string={"query": str(query)})
        assert response.status_code == 200, query
        if kind == SH.construct:
            rdflib.Graph().parse(data=response.data, format="turtle")
        else:
            assert kinds[kind] in response.json


SHAPES = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix schema: <https://schema.org/> .
@prefix void: <http://rdfs.org/ns/void#> .
@prefix : <https://example.org/> .

:Executable a sh:NodeShape ; sh:targetClass sh:SPARQLExecutable ;
    sh:property [ sh:path rdfs:comment ; sh:minCount 1 ; sh:uniqueLang true ] ,
        [ sh:path rdfs:label ; sh:minCount 1 ] ,
        [ sh:path schema:target ; sh:nodeKind sh:IRI ; sh:minCount 1 ; sh:maxCount 1 ] ,
        [ sh:path sh:prefixes ; sh:node :Declarations ; sh:minCount 1 ; sh:maxCount 1 ] ,
        [ sh:path [ sh:alternativePath ( sh:select sh:construct sh:ask sh:describe ) ] ;
          sh:datatype xsd:string ; sh:minCount 1 ; sh:maxCount 1 ] .
:Declarations sh:property [ sh:path sh:declare ; sh:node :Declaration ; sh:minCount 10 ] .
:Declaration
    sh:property [ sh:path sh:prefix ; sh:datatype xsd:string ; sh:minCount 1 ; sh:maxCount 1 ] ,
        [ sh:path sh:namespace ; sh:datatype xsd:anyURI ; sh:minCount 1 ; sh:maxCount 1 ] .
:Figure a sh:PropertyShape ; sh:targetClass void:Dataset ;
    sh:path void:triples ; sh:datatype xsd:integer ; sh:minInclusive 0 ; sh:maxCount 1 .
"""


def test_the_description_keeps_to_what_shacl_says_of_queries_and_prefixes(client):
    conforms, _, report = pyshacl.validate(
        read(client), shacl_graph=rdflib.Graph().parse(data=SHAPES, format="turtle")
    )

    assert conforms, report


def test_shacl_engines_take_the_prefixes_from_the_description(client):
    """A constraint without a PREFIX of its own, whose prefixes are those that we declare."""
    shapes = read(client)
    shapes.parse(
        format="turtle",
        data="""
        @prefix sh: <http://www.w3.org/ns/shacl#> .
        <https://example.org/shape> a sh:NodeShape ; sh:targetNode <https://example.org/paper> ;
            sh:sparql <https://example.org/rule> .
        <https://example.org/rule> sh:prefixes <http://localhost/sparql#prefixes> ;
            sh:message "a title is missing" ;
            sh:select "SELECT $this WHERE { $this a ?c FILTER NOT EXISTS { $this dct:title ?t } }" .
        """,
    )
    paper = rdflib.URIRef("https://example.org/paper")
    data = rdflib.Graph().add((paper, RDF.type, SCHEMA.ScholarlyArticle))

    without, report, _ = pyshacl.validate(data, shacl_graph=shapes)
    data.add((paper, DCTERMS.title, rdflib.Literal("A title")))
    with_title, _, _ = pyshacl.validate(data, shacl_graph=shapes)

    assert not without and (None, SH.resultMessage, rdflib.Literal("a title is missing")) in report
    assert with_title


# HTTP manners


@BOTH
def test_who_has_it_is_not_sent_it_again_until_something_changes(client, store, path):
    read(client, path)
    tag = get(client, path).headers["ETag"]

    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = get(client, path, **{"If-None-Match": known})
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["ETag"] == tag
        assert "Accept" in again.vary
    assert get(client, path, **{"If-None-Match": '"other"'}).status_code == 200
    assert get(client, path, "application/n-triples").headers["ETag"] != tag
    with store.writing() as writer:
        writer.apply([], [Quad(NamedNode("https://example.org/new"), v.TITLE, Literal("New"))])
    read(client, path)
    assert get(client, path, **{"If-None-Match": tag}).status_code == 200


@BOTH
def test_each_names_the_others(client, path):
    link = get(client, path).headers["Link"]

    assert "</.well-known/void" in link
    assert get(client, path).headers["Access-Control-Allow-Origin"] == "*"


def test_what_suits_nobody_is_not_acceptable(client):
    response = get(client, "/.well-known/void", "image/png")

    assert response.status_code == 406
    assert response.mimetype == "application/problem+json"


@pytest.mark.parametrize("host", ["<script>", 'a"b', "a b"])
@BOTH
def test_a_host_that_is_none_gets_no_description(client, path, host):
    response = get(client, path, Host=host)

    assert response.status_code == 400
