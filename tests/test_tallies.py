"""What common concepts' pages show is counted beforehand, and is what counting anew would find."""

import time

import pytest
from conftest import RUN
from corpus import paper
from pyoxigraph import NamedNode

from scholargraph.graph import tallies
from scholargraph.graph.catalogue import catalogue
from scholargraph.graph.commit import Committer, Outcome, PaperEntry
from scholargraph.graph.concepts import concept
from scholargraph.graph.state import state
from scholargraph.graph.tallies import COMMON, Tallied, Tallies, tally
from scholargraph.web.holdings import EXTENSION as HOLDINGS
from scholargraph.web.service import EXTENSION

DATA = {"Accept": "application/json"}
METHOD = "https://w3id.org/scholargraph/method/u-net"


@pytest.fixture
def many(store):
    made = [paper(f"m-{n}", f"Many {n}", "{U-Net|method} it is.") for n in range(COMMON)]
    Committer(store).commit([PaperEntry(*one, RUN) for one in made], Outcome())
    return store


@pytest.fixture
def keeper(many):
    found = Tallied(many)
    yield found
    found.close()


def test_a_tally_comes_back_from_its_text(store):
    with store.snapshot() as snapshot:
        found = [tally(snapshot, NamedNode(iri)) for iri in catalogue(snapshot, store.iris).kind_at]

    assert any(one.links for one in found)
    assert any(one.results for one in found)
    assert [tallies.Tally.from_text(one.text()) for one in found] == found


def test_common_concepts_alone_are_tallied(many, keeper):
    found = keeper.newest(wait=60)

    assert found.state == state(many)
    assert list(found.texts) == [METHOD]
    with many.snapshot() as snapshot:
        assert found.get(METHOD) == tally(snapshot, NamedNode(METHOD))
    assert found.get("https://w3id.org/scholargraph/method/rivernet") is None


def test_a_page_says_the_same_with_a_tally(many, keeper):
    found = keeper.newest(wait=60)

    with many.snapshot() as snapshot:
        lists = catalogue(snapshot, many.iris)
        asked = snapshot, NamedNode(METHOD), "method", lists, {}
        assert concept(*asked, tallied=found.get(METHOD)) == concept(*asked)


@pytest.mark.parametrize("text", ["", "1", "1\n", "1\nhttps://example.org/a {}", "[]\n{}\n"])
def test_what_was_cut_short_is_no_tallies(text):
    with pytest.raises(ValueError, match="cut short"):
        Tallies.from_text(text)


def test_none_are_tallies_too():
    assert Tallies.from_text(Tallies("000001-0", {}).text()) == Tallies("000001-0", {})


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"forms": [], "links": [{}]}', '{"forms": [1'])
def test_what_another_version_wrote_is_counted_anew(text):
    assert Tallies("000001-0", {METHOD: text}).get(METHOD) is None


def counted(answer) -> tuple[int, str]:
    """How often papers name the concept as it is, as its page says, and whether that is kept."""
    forms = {form["text"]: form["times"] for form in answer.json["forms"]}
    return forms["U-Net"], answer.headers["Cache-Control"]


def test_a_page_of_an_earlier_tally_is_not_kept(many, client, monkeypatch):
    keeper = client.application.extensions[EXTENSION].tallies
    keeper.newest(wait=60)
    before = counted(client.get("/method/u-net", headers=DATA))
    Committer(many).commit([PaperEntry(*paper("new", "New", "{U-Net|method}."), RUN)], Outcome())
    with many.snapshot() as snapshot:
        client.application.extensions[HOLDINGS].catalogue.exactly(snapshot)

    # A console reads what it shall do from a pipe, to which nobody writes.
    monkeypatch.setattr(Tallied, "module", "code")
    meanwhile = counted(client.get("/method/u-net", headers=DATA))
    keeper.close()
    while keeper.busy:
        time.sleep(0.01)
    without = counted(client.get("/method/u-net", headers=DATA))

    times, kept = before
    assert kept == "no-cache"
    assert meanwhile == (times, "no-store")
    assert without == (times + 1, "no-cache")
