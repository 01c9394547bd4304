"""The view over HTTP: its page, its data, its evidence, its file, and what it refuses."""

import base64
import gzip
import hashlib
import html
import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from corpus import HOSTILE_NAME
from flask.testing import FlaskClient

from scholargraph.graph.entities import UnknownEntity
from scholargraph.graph.store import Store
from scholargraph.web import vendor
from scholargraph.web.choice import Choice
from scholargraph.web.pictures import Picture, Pictures
from scholargraph.web.standalone import MODULES, program

BASE = "https://w3id.org/scholargraph/"
ADA, RIVERNET = f"{BASE}author/ada-lindqvist", f"{BASE}method/rivernet"
DELTASAR, RIVER_1 = f"{BASE}dataset/deltasar", f"{BASE}paper/arxiv:2305.00001"


def get(client: FlaskClient, address: str, **parameters: object) -> Any:
    response = client.get(address, query_string=parameters)
    assert response.status_code == 200, response.text
    return json.loads(response.text)


def test_without_a_focus_the_whole_corpus_shows_its_coauthors(client: FlaskClient) -> None:
    found = get(client, "/explore.json")

    assert (found["view"], found["focus"], found["limit"]) == ("coauthors", None, 150)
    assert found["counts"] == {"author": 9}
    assert len(found["edges"]) == 15
    assert found["heading"] == "Coauthors in the whole graph"


@pytest.mark.parametrize(
    ("focus", "kinds", "view"),
    [
        (ADA, None, "coauthors"),
        (ADA, "method,dataset", "mixed"),
        (RIVERNET, None, "mixed"),
        (RIVER_1, None, "mixed"),
    ],
)
def test_the_view_follows_the_focus(
    client: FlaskClient, focus: str, kinds: str | None, view: str
) -> None:
    found = get(client, "/explore.json", focus=focus, **({"kinds": kinds} if kinds else {}))

    assert (found["view"], found["focus"]) == (view, focus)
    assert focus in {node["id"] for node in found["nodes"]}


def test_parameters_bound_the_picture(client: FlaskClient) -> None:
    asked = {"view": "concepts", "kinds": "dataset", "from": 2022, "to": 2023, "min": 1, "limit": 2}
    found = get(client, "/explore.json", **asked)

    assert {node["group"] for node in found["nodes"]} == {"dataset"}
    assert (found["kinds"], found["from"], found["to"], found["limit"]) == (
        ["dataset"],
        2022,
        2023,
        2,
    )
    assert len(found["nodes"]) == 2


def test_opened_nodes_bring_their_surroundings_and_hidden_ones_leave(client: FlaskClient) -> None:
    amina = f"{BASE}author/amina-diallo"
    alone = get(client, "/explore.json", focus=amina)
    opened = get(client, "/explore.json", focus=amina, open=f"{BASE}author/wei-chen")
    hidden = get(client, "/explore.json", focus=amina, hide=f"{BASE}author/wei-chen")

    names = {node["label"] for node in opened["nodes"]}
    assert names - {node["label"] for node in alone["nodes"]} == {
        "Ada Lindqvist",
        "José García-Márquez",
    }
    assert "Wei Chen" not in {node["label"] for node in hidden["nodes"]}


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"view": "hairball"}, "view"),
        ({"kinds": "author,robot"}, "kinds"),
        ({"view": "concepts", "kinds": "author"}, "kinds"),
        ({"from": "last year"}, "from"),
        ({"to": "-1"}, "to"),
        ({"from": "2024", "to": "2020"}, "from"),
        ({"limit": "0"}, "limit"),
        ({"limit": "100000"}, "limit"),
        ({"limit": "9" * 5000}, "limit"),
        ({"min": "1.5"}, "min"),
        ({"open": [f"{BASE}author/{n}" for n in range(21)]}, "open"),
    ],
)
@pytest.mark.parametrize("address", ["/explore.json", "/explore", "/explore.html", "/explore.csv"])
def test_a_bad_parameter_is_named(
    client: FlaskClient, address: str, parameters: dict[str, object], named: str
) -> None:
    response = client.get(address, query_string=parameters)

    assert response.status_code == 400
    assert response.content_type == "application/problem+json"
    assert json.loads(response.text)["parameter"] == named


@pytest.mark.parametrize("iri", [f"{BASE}author/nobody", "x", "<script>", f"{RIVER_1}> <b"])
@pytest.mark.parametrize("name", ["focus", "open"])
def test_an_unknown_focus_is_not_found(client: FlaskClient, name: str, iri: str) -> None:
    response = client.get("/explore.json", query_string={name: iri})

    assert response.status_code == 404
    assert json.loads(response.text)["parameter"] == name


def test_a_browser_gets_a_page_for_a_bad_parameter(client: FlaskClient) -> None:
    response = client.get("/explore?view=<script>", headers={"Accept": "text/html"})

    assert response.status_code == 400
    assert "<script>'" not in response.text
    assert "&lt;script&gt;" in response.text


def test_the_page_holds_its_data_and_no_script_of_its_own(client: FlaskClient) -> None:
    page = client.get("/explore").text

    (data,) = re.findall(r'<script type="application/json" id="picture">(.*?)</script>', page, re.S)
    assert HOSTILE_NAME in {node["label"] for node in json.loads(data)["nodes"]}
    assert "<" not in data
    scripts = re.findall(r"<script([^>]*)>", page)
    assert all("src=" in script or "application/json" in script for script in scripts)
    assert " style=" not in page


def test_evidence_between_two_concepts(client: FlaskClient) -> None:
    found = get(client, "/explore/evidence.json", a=RIVERNET, b=DELTASAR)

    assert (found["a"]["label"], found["b"]["kind"], found["more"]) == ("RiverNet", "dataset", 0)
    first = found["papers"][1]["sentences"][0]
    assert first["relations"] == ["evaluatedOn"]
    assert first["spans"][1] == {"text": "DeltaSAR", "kind": "dataset"}


def test_evidence_keeps_to_the_years_of_the_picture(client: FlaskClient) -> None:
    asked = {"a": RIVERNET, "b": DELTASAR, "from": "2024"}
    found = get(client, "/explore/evidence.json", **asked)

    assert [paper["year"] for paper in found["papers"]] == [2024]


@pytest.mark.parametrize(
    ("a", "b", "status", "named"),
    [
        (None, ADA, 400, "a"),
        (ADA, None, 400, "b"),
        (RIVER_1, RIVER_1, 400, "b"),
        (ADA, f"{BASE}author/nobody", 404, "b"),
        (ADA, f"{BASE}dataset/kitchenner", 404, None),
    ],
)
def test_evidence_that_cannot_be(
    client: FlaskClient, a: str | None, b: str | None, status: int, named: str | None
) -> None:
    asked = {name: iri for name, iri in (("a", a), ("b", b)) if iri}
    response = client.get("/explore/evidence.json", query_string=asked)

    assert response.status_code == status
    assert json.loads(response.text).get("parameter") == named


def test_an_unchanged_picture_is_not_sent_again(client: FlaskClient) -> None:
    first = client.get("/explore.json")
    again = client.get("/explore.json", headers={"If-None-Match": first.headers["ETag"]})

    assert again.status_code == 304


def test_a_commit_changes_the_picture(client: FlaskClient, store: Store) -> None:
    before = client.get("/explore.json").text
    with store.writing() as writer:
        writer.update(
            f"DELETE WHERE {{ <{ADA}> <http://xmlns.com/foaf/0.1/name> ?n }} ; "
            f'INSERT DATA {{ <{ADA}> <http://xmlns.com/foaf/0.1/name> "Ada the Second" }}'
        )

    assert "Ada the Second" not in before
    assert "Ada the Second" in client.get("/explore.json").text


def test_a_crowd_at_one_picture_draws_it_once() -> None:
    pictures, begun, drawn = Pictures(), threading.Event(), []
    chosen, nothing = Choice("coauthors", kinds=("author",)), Picture({}, "{}")

    def draw() -> Picture:
        drawn.append(begun.wait(5))
        return nothing

    with ThreadPoolExecutor(8) as crowd:
        answers = [crowd.submit(pictures.of, "000001", chosen, draw) for _ in range(8)]
        begun.set()
        assert {answer.result(5) for answer in answers} == {nothing}
    assert drawn == [True]


def test_a_picture_that_failed_is_drawn_anew() -> None:
    pictures, nothing = Pictures(), Picture({}, "{}")
    chosen = Choice("coauthors", kinds=("author",))

    def fail() -> Picture:
        raise UnknownEntity("gone")

    with pytest.raises(UnknownEntity):
        pictures.of("000001", chosen, fail)
    assert pictures.of("000001", chosen, lambda: nothing) is nothing


def test_the_standalone_file_needs_nothing_else(client: FlaskClient) -> None:
    response = client.get("/explore.html", query_string={"focus": RIVERNET})
    text = response.text

    assert response.headers["Content-Disposition"] == 'attachment; filename="mixed-rivernet.html"'
    # Namespaces and licences in scripts name addresses; elements must not.
    elements = re.sub(
        r"(<script[^>]*>).*?</script>|(<style>).*?</style>", r"\1\2", text, flags=re.S
    )
    assert not re.search(r"\b(src|href|action)=.https?:", elements)
    assert "src=" not in elements
    assert "vis-network" in text


def test_the_standalone_file_allows_its_own_scripts_only(client: FlaskClient) -> None:
    response = client.get("/explore.html")

    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', response.text)
    policy = html.unescape(policy)
    assert policy == response.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    scripts = re.findall(r"<script>(.*?)</script>", response.text, re.S)
    assert len(scripts) == 2
    for script in [*scripts, *re.findall(r"<style>(.*?)</style>", response.text, re.S)]:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy


def test_no_label_ends_the_standalone_file_early(client: FlaskClient) -> None:
    text = client.get("/explore.html?view=mixed&kinds=author,paper,method,task").text

    (data,) = re.findall(r'<script type="application/json" id="picture">(.*?)</script>', text, re.S)
    assert "<script>alert(1)</script> Considered Harmful to Text Classification" in {
        node["label"] for node in json.loads(data)["nodes"]
    }
    assert "<img src=x" not in text
    assert "alert(1)</script>" not in text


def test_vis_network_comes_from_pyvis_and_is_kept(client: FlaskClient) -> None:
    with client.get("/vendor/9.1.2/vis-network.min.js") as response:
        served = response.data

    assert served == vendor.located("vis-network.min.js").read_bytes()
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.content_type.startswith("text/javascript")


@pytest.mark.parametrize(
    "path",
    [
        "9.1.2/network.py",
        "9.1.2/..%2f..%2fnetwork.py",
        "9.0.4/vis-network.min.js",
        "9.1.2/%2e%2e/template.html",
    ],
)
def test_nothing_else_of_pyvis_is_served(client: FlaskClient, path: str) -> None:
    assert client.get(f"/vendor/{path}").status_code == 404


def test_our_scripts_never_write_markup() -> None:
    from importlib.resources import files

    for name in MODULES:
        text = files("scholargraph.web").joinpath("static", name).read_text("utf-8")
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", text
        )


def test_the_page_links_to_pages_of_this_server(client: FlaskClient) -> None:
    page = client.get("/explore", query_string={"focus": ADA}).text

    assert 'data-root="/"' in page
    assert f'value="{ADA}"' in page
    assert client.get("/author/" + quote("ada-lindqvist")).status_code == 200


def asked(client: FlaskClient, query: str) -> set[str]:
    """What the endpoint answers for ``?node``."""
    response = client.get("/sparql", query_string={"query": query}, headers={"Accept": "text/csv"})
    assert response.status_code == 200, response.text
    return {line.partition(",")[0] for line in response.text.splitlines()[1:]}


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"focus": ADA},
        {"focus": RIVERNET, "view": "coauthors"},
        {"view": "concepts"},
        {"view": "concepts", "kinds": "dataset,metric", "from": 2022, "to": 2023},
        {"view": "concepts", "confidence": 0.75},
        {"view": "concepts", "focus": RIVERNET, "confidence": 0.8},
        {"view": "concepts", "limit": 5},
        {"view": "mixed", "focus": ADA},
        {"view": "mixed", "focus": RIVER_1},
        {"view": "mixed", "focus": ADA, "kinds": "dataset"},
        {"view": "mixed", "focus": ADA, "kinds": "author,paper,method"},
        {"view": "mixed", "kinds": "author,paper,method,dataset,task,metric", "from": 2023},
        {"view": "mixed", "min": 2},
        {"focus": f"{BASE}author/amina-diallo", "open": f"{BASE}author/wei-chen"},
        {"focus": ADA, "hide": f"{BASE}author/wei-chen"},
        {"view": "path", "a": f"{BASE}author/bo-ek", "b": f"{BASE}author/amina-diallo"},
        {"fold": "yes"},
        {"view": "concepts", "community": RIVERNET},
    ],
)
def test_the_query_behind_a_view_selects_exactly_its_nodes(
    client: FlaskClient, parameters: dict[str, object]
) -> None:
    shown = {node["id"] for node in get(client, "/explore.json", **parameters)["nodes"]}
    response = client.get("/explore/query", query_string=parameters)

    assert response.status_code == 303
    address = urlsplit(response.headers["Location"])
    assert address.path == "/sparql"
    assert shown
    assert asked(client, parse_qs(address.query)["query"][0]) == shown


def test_a_bounded_view_says_in_its_query_that_more_fit(client: FlaskClient) -> None:
    response = client.get("/explore/query?limit=4")

    (query,) = parse_qs(urlsplit(response.headers["Location"]).query)["query"]
    assert "the 4 that the picture shows; 5 more fit" in query


def test_no_name_ends_the_comment_of_the_query(client: FlaskClient, store: Store) -> None:
    with store.writing() as writer:
        writer.update(
            f"DELETE WHERE {{ <{ADA}> <http://xmlns.com/foaf/0.1/name> ?n }} ; INSERT DATA {{ "
            f'<{ADA}> <http://xmlns.com/foaf/0.1/name> "Ada\\nSERVICE <http://x.org/> {{}}" }}'
        )
    response = client.get("/explore/query", query_string={"focus": ADA})

    (query,) = parse_qs(urlsplit(response.headers["Location"]).query)["query"]
    assert not any(line.startswith("SERVICE") for line in query.splitlines())
    assert ADA in asked(client, query)


def test_confidence_leaves_unsure_mentions_out(client: FlaskClient) -> None:
    every = get(client, "/explore.json", view="concepts")
    sure = get(client, "/explore.json", view="concepts", confidence=0.8)

    assert {node["id"] for node in sure["nodes"]} < {node["id"] for node in every["nodes"]}
    assert sure["confidence"] == 0.8


def test_evidence_keeps_to_the_confidence_of_the_picture(client: FlaskClient) -> None:
    found = get(client, "/explore/evidence.json", a=RIVERNET, b=DELTASAR, confidence=1)

    assert found["papers"] == []


def test_communities_fold_the_whole_corpus_and_open(client: FlaskClient) -> None:
    found = get(client, "/explore.json", fold="yes")

    assert found["folded"] is True
    assert {node["group"] for node in found["nodes"]} == {"community"}
    assert sum(node["members"] for node in found["nodes"]) == 9
    assert found["notes"][0].endswith("communities, which hold 9 of 9 authors.")
    inside = get(client, "/explore.json", community=found["nodes"][0]["id"])
    assert len(inside["nodes"]) == found["nodes"][0]["members"]
    assert {node["group"] for node in inside["nodes"]} == {"author"}


def test_a_path_comes_with_the_sentences_behind_each_step(client: FlaskClient) -> None:
    found = get(client, "/explore.json", view="path", a=DELTASAR, b=f"{BASE}method/u-net")

    assert found["heading"] == "From DeltaSAR to U-Net"
    (step,) = found["steps"]
    assert step["paper"]["iri"] == RIVER_1
    assert [end["label"] for end in step["ends"]] == ["DeltaSAR", "U-Net"]
    marked = {
        span["text"]
        for sentence in step["paper"]["sentences"]
        for span in sentence["spans"]
        if span["kind"]
    }
    assert {"DeltaSAR", "U-Net"} <= marked


def test_that_there_is_no_path_is_said(client: FlaskClient) -> None:
    asked = {"a": f"{BASE}author/bo-ek", "b": f"{BASE}author/amina-diallo", "kinds": "dataset"}
    found = get(client, "/explore.json", view="path", **asked)

    assert len(found["nodes"]) == 2
    assert found["edges"] == []
    assert found["notes"][0].startswith("There is no path")


@pytest.mark.parametrize("asked", [{}, {"a": ADA}, {"a": ADA, "b": ADA}])
def test_a_path_needs_two_ends(client: FlaskClient, asked: dict[str, str]) -> None:
    found = get(client, "/explore.json", view="path", **asked)

    assert found["edges"] == []
    assert "hoose" in found["notes"][0]


def test_things_are_known_by_their_names_too(client: FlaskClient) -> None:
    by_name = get(client, "/explore.json", focus="jose garcia marquez")
    path = get(client, "/explore.json", view="path", a="Bo Ek", b="amina diallo")

    assert by_name["focus"] == f"{BASE}author/jose-garcia-marquez"
    assert path["ends"][0]["iri"] == f"{BASE}author/bo-ek"


@pytest.mark.parametrize(
    ("parameters", "status", "named"),
    [
        ({"confidence": "2"}, 400, "confidence"),
        ({"confidence": "nan"}, 400, "confidence"),
        ({"confidence": "1e999"}, 400, "confidence"),
        ({"pin": "1,2"}, 400, "pin"),
        ({"pin": f"1,inf,{ADA}"}, 400, "pin"),
        ({"pin": f"1e9,2,{ADA}"}, 400, "pin"),
        ({"pin": [f"1,2,{BASE}author/{n}" for n in range(61)]}, 400, "pin"),
        ({"view": "mixed", "fold": "yes"}, 400, "fold"),
        ({"fold": "perhaps"}, 400, "fold"),
        ({"view": "path", "a": "nobody"}, 404, "a"),
        ({"community": f"{BASE}author/nobody"}, 404, "community"),
        ({"community": RIVERNET}, 404, "community"),
    ],
)
def test_other_parameters_that_make_no_sense_are_named(
    client: FlaskClient, parameters: dict[str, object], status: int, named: str
) -> None:
    response = client.get("/explore.json", query_string=parameters)

    assert response.status_code == status
    assert json.loads(response.text)["parameter"] == named


def test_pinned_nodes_stand_where_the_address_says(client: FlaskClient) -> None:
    found = get(client, "/explore.json", pin=[f"12.5,-7,{ADA}", f"0,0,{BASE}author/x"])

    (ada,) = [node for node in found["nodes"] if node["id"] == ADA]
    assert (ada["x"], ada["y"]) == (12.5, -7.0)
    assert found["pinned"] == [ADA]


def test_without_scripts_the_page_says_so_and_holds_the_tables(client: FlaskClient) -> None:
    page = client.get("/explore", query_string={"focus": ADA}).text
    plain = page.partition("<noscript>\n<p")[2].partition("</noscript>")[0]

    assert "The picture needs JavaScript" in plain
    assert '<a href="/author/wei-chen">Wei Chen</a></th><td>author</td>' in plain
    assert "explore-plain.css" in page


@pytest.mark.parametrize("address", ["/explore", "/explore.json"])
def test_who_takes_gzip_gets_it(client: FlaskClient, address: str) -> None:
    plain = client.get(address)
    packed = client.get(address, headers={"Accept-Encoding": "gzip"})

    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert "Accept-Encoding" in plain.headers["Vary"]


def test_vis_network_is_packed_for_who_takes_it_so(client: FlaskClient) -> None:
    address = "/vendor/9.1.2/vis-network.min.js"
    with client.get(address, headers={"Accept-Encoding": "gzip"}) as response:
        packed = response.data

    assert gzip.decompress(packed) == vendor.located("vis-network.min.js").read_bytes()
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("suffix", ["cyjs", "vosviewer.json"])
def test_other_programs_get_what_is_shown_where_it_stands(client: FlaskClient, suffix: str) -> None:
    shown = get(client, "/explore.json", focus=ADA)
    response = client.get(f"/explore.{suffix}", query_string={"focus": ADA})
    document = json.loads(response.text)

    if suffix == "cyjs":
        found = {
            node["data"]["id"]: node["position"]["x"] for node in document["elements"]["nodes"]
        }
    else:
        found = {item["id"]: item["x"] * 1000 for item in document["network"]["items"]}
    assert found == pytest.approx({node["id"]: node["x"] for node in shown["nodes"]})
    assert response.headers["Content-Disposition"].endswith(f'.{suffix}"')


def test_the_standalone_program_has_every_module_once() -> None:
    from importlib.resources import files

    folder = files("scholargraph.web").joinpath("static")
    modules = {path.name for path in folder.iterdir() if re.fullmatch(r"explore.*\.js", path.name)}
    assert modules == set(MODULES)
    assert not re.search(r"^(import|export)\b", program(), re.MULTILINE)
    known: set[str] = set()
    for name in MODULES:
        text = folder.joinpath(name).read_text("utf-8")
        wanted = re.findall(r'^import .* from "\./([^"]+)";$', text, re.MULTILINE)
        assert set(wanted) <= known, f"{name} comes before what it imports"
        known.add(name)
