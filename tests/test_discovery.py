"""Programs find their way: from the start page, by site maps, robots.txt, search and look-ups."""

from urllib.parse import quote
from xml.etree import ElementTree

import pytest

from scholargraph.graph.iris import DEFAULT_BASE
from scholargraph.graph.parts import FACTS
from scholargraph.graph.vocab import TYPE

KINDS = ("paper/", "author/", "method/", "dataset/", "task/", "metric/")


def test_the_start_page_names_what_describes_the_service(client):
    link = client.get("/").headers["Link"]

    assert '</.well-known/void>; rel="describedby"; type="text/turtle"' in link
    assert '</sparql>; rel="service-desc"; type="text/turtle"' in link
    assert '</opensearch.xml>; rel="search"' in link


def test_crawlers_may_read_pages_but_ask_nothing(client):
    lines = client.get("/robots.txt").text.splitlines()

    assert lines[0] == "User-agent: *"
    forbidden = [line.partition(" ")[2] for line in lines if line.startswith("Disallow")]
    assert {"/explore", "/sparql?", "/search", "/export/"} <= set(forbidden)
    assert not any(path.startswith(("/paper", "/author", "/ontology")) for path in forbidden)
    assert "Sitemap: http://localhost/sitemap.xml" in lines


def locations(client, path):
    """The addresses that the site map at *path* lists, without our host."""
    root = ElementTree.fromstring(client.get(path).data)
    name = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"
    return [place.text.removeprefix("http://localhost") for place in root.iter(name)]


def test_the_site_map_leads_to_every_paper_author_and_concept(store, client):
    with store.snapshot() as snapshot:
        typed = {quad.subject.value for quad in snapshot.quads(None, TYPE, None, FACTS)}

    addresses = [
        path for part in locations(client, "/sitemap.xml") for path in locations(client, part)
    ]

    places = [iri.removeprefix(DEFAULT_BASE) for iri in typed if "#" not in iri]
    assert sorted(addresses) == sorted(
        "/" + quote(place, safe="/:@!$&'()*+,;=~%") for place in places if place.startswith(KINDS)
    )
    assert {client.get(path).status_code for path in addresses} == {200}
    assert client.get("/sitemap-paper-2.xml").status_code == 404


def test_a_long_site_map_comes_in_parts(client, monkeypatch):
    monkeypatch.setattr("scholargraph.web.discovery.MOST_ADDRESSES", 3)

    parts = [path for path in locations(client, "/sitemap.xml") if "paper" in path]

    assert parts == [f"/sitemap-paper-{number}.xml" for number in (1, 2, 3)]
    assert [len(locations(client, part)) for part in parts] == [3, 3, 2]


def test_the_search_describes_itself_for_browsers(client):
    description = client.get("/opensearch.xml")

    assert description.mimetype == "application/opensearchdescription+xml"
    root = ElementTree.fromstring(description.data)
    (url,) = root.iter("{http://a9.com/-/spec/opensearch/1.1/}Url")
    assert url.get("template") == "http://localhost/search?q={searchTerms}"
    assert 'rel="search" href="/opensearch.xml"' in client.get("/").text


@pytest.mark.parametrize(
    ("uri", "status", "location"),
    [
        (f"{DEFAULT_BASE}author/wei-chen", 303, "http://localhost/author/wei-chen"),
        (f"{DEFAULT_BASE}paper/x#author-1", 303, "http://localhost/paper/x#author-1"),
        (f"{DEFAULT_BASE}author/何-良华", 303, f"http://localhost/author/{quote('何-良华')}"),
        (f"{DEFAULT_BASE}/example.org/", 303, "http://localhost//example.org/"),
        ("https://example.org/", 404, None),
        ("not an iri", 400, None),
        ("", 400, None),
        ("https://w3id.org/scholargraph/\r\nX: y", 400, None),
    ],
)
def test_a_look_up_leads_to_the_resource_on_this_server(client, uri, status, location):
    response = client.get("/lookup", query_string={"uri": uri})

    assert response.status_code == status
    assert response.headers.get("Location") == location
