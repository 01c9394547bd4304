"""What common concepts' pages show is counted beforehand, and is what counting anew would find."""

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
