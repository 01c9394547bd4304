"""Names of authors and concepts, and relations between concepts, from all evidence."""

from dataclasses import replace

import pytest
from corpus import MODEL, Marked, authors, paper
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, Triple

from scholargraph.extract.papers import Author, Profile
from scholargraph.graph import settle
from scholargraph.graph import vocab as v
from scholargraph.graph.build import Run
from scholargraph.graph.categories import category_name
from scholargraph.graph.commit import Committer, Entry, Outcome, PaperEntry, ProfileEntry
from scholargraph.graph.iris import Iris
from scholargraph.graph.parts import owned
from scholargraph.graph.store import Store

RUN = Run("small.jsonl", "6" * 64, "jsonl", "0.1.0", MODEL)
IRIS = Iris()


def commit(store: Store, *marked: Marked | Profile) -> Outcome:
    entries: list[Entry] = [
        ProfileEntry(item, RUN) if isinstance(item, Profile) else PaperEntry(*item, RUN)
        for item in marked
    ]
    outcome = Outcome()
    Committer(store).commit(entries, outcome)
    return outcome


def values(store: Store, subject: str, predicate: NamedNode) -> set[str]:
    with store.snapshot() as snapshot:
        quads = snapshot.quads(NamedNode(IRIS.base + subject), predicate)
        return {quad.object.value for quad in quads}


def facts(store: Store) -> set[Quad]:
    with store.snapshot() as snapshot:
        return set(snapshot.quads(graph=DefaultGraph()))


def says(id: str, *forms: str) -> Marked:
    """A paper that names the one concept `memory` in these forms."""
    marks = " and ".join(f"{{{form}|method|{form}}}" for form in forms)
    marked = paper(id, f"Paper {id}", f"We use {marks}.", authors=authors("Bo Ek"), date="2020")
    mentions = tuple(
        replace(mention, concept=replace(mention.concept, key="memory"))
        for mention in marked[1].mentions
    )
    return marked[0], replace(marked[1], mentions=mentions)


def test_a_concept_bears_its_most_frequent_name(empty_store):
    commit(empty_store, says("1", "Memory", "memories", "Memory"), says("2", "memories", "Memory"))

    assert values(empty_store, "method/memory", v.LABEL) == {"Memory"}
    assert values(empty_store, "method/memory", v.ALT_LABEL) == {"memories"}


def test_of_equally_frequent_names_the_first_in_the_alphabet_wins(empty_store):
    commit(empty_store, says("1", "memories", "Memory"))

    assert values(empty_store, "method/memory", v.LABEL) == {"Memory"}


def test_a_name_changes_with_the_evidence(empty_store):
    commit(empty_store, says("1", "Memory"))
    commit(empty_store, says("2", "memories", "memories"))
    grown = values(empty_store, "method/memory", v.LABEL)
    commit(empty_store, says("2", "Memory"))

    assert grown == {"memories"}
    assert values(empty_store, "method/memory", v.LABEL) == {"Memory"}
    assert values(empty_store, "method/memory", v.ALT_LABEL) == set()


def test_one_committer_and_many_agree(corpus, store, tmp_path):
    apart = Store.open(tmp_path / "apart", create=True)
    for marked in reversed(corpus):
        commit(apart, marked)
    together = Store.open(tmp_path / "together", create=True)
    committer = Committer(together)
    for marked in corpus:
        committer.commit([PaperEntry(*marked, RUN)], Outcome())

    assert facts(apart) == facts(together)


@pytest.mark.parametrize("few", [0, 1_000])
def test_what_was_forgotten_of_shared_nodes_is_counted_again(corpus, tmp_path, few, monkeypatch):
    monkeypatch.setattr(settle, "_REMEMBERED", 3)
    monkeypatch.setattr(settle, "_FEW", few)
    forgetful = Store.open(tmp_path / "forgetful", create=True)
    committer = Committer(forgetful)
    for marked in corpus:
        committer.commit([PaperEntry(*marked, RUN)], Outcome())
    apart = Store.open(tmp_path / "apart", create=True)
    for marked in corpus:
        commit(apart, marked)

    assert facts(forgetful) == facts(apart)


def test_another_s_commit_in_between_is_taken_into_account(empty_store):
    committer = Committer(empty_store)
    committer.commit([PaperEntry(*says("1", "Memory"), RUN)], Outcome())
    commit(empty_store, says("2", "memories", "memories", "memories"))
    committer.commit([PaperEntry(*says("3", "Memory"), RUN)], Outcome())

    assert values(empty_store, "method/memory", v.LABEL) == {"memories"}


def test_shared_nodes_vanish_with_their_last_evidence(empty_store, corpus):
    commit(empty_store, *corpus)
    bare = [
        (replace(item, authors=(), categories=()), replace(found, mentions=(), relations=()))
        for item, found in corpus
    ]
    commit(empty_store, *((item, replace(e, results=(), introduces=())) for item, e in bare))

    left = {quad.subject.value.removeprefix(IRIS.base) for quad in facts(empty_store)}
    assert {path.split("/")[0] for path in left} == {"paper", "run", "source"}


def test_a_concept_has_class_abbreviations_and_other_names(store):
    assert values(store, "task/named-entity-recognition", v.TYPE) == {
        v.CONCEPT_CLASSES["task"].value,
        v.CONCEPT.value,
    }
    assert values(store, "task/named-entity-recognition", v.ABBREVIATION) == {"NER"}
    assert values(store, "task/named-entity-recognition", v.ALT_LABEL) == {
        "NER",
        "named entity recognition",
        "named-entity recognition",
    }


def test_an_author_bears_the_most_frequent_spelling(empty_store):
    spellings = ["José Álvarez", "Jose Alvarez", "José Álvarez"]
    commit(
        empty_store,
        *(
            paper(str(n), f"Paper {n}", "Nothing.", authors=authors(name))
            for n, name in enumerate(spellings)
        ),
    )

    assert values(empty_store, "author/jose-alvarez", v.NAME) == {"José Álvarez"}
    assert values(empty_store, "author/jose-alvarez", v.ALT_LABEL) == {"Jose Alvarez"}


def test_a_profile_alone_names_its_author(empty_store):
    commit(empty_store, Profile("Ada Lindqvist", "2026-02-11", ("cs.CV",)))

    assert values(empty_store, "author/ada-lindqvist", v.NAME) == {"Ada Lindqvist"}
    assert values(empty_store, "author/ada-lindqvist", v.TYPE) == {
        v.PERSON.value,
        v.FOAF_PERSON.value,
    }
    assert values(empty_store, "category/cs.CV", v.NOTATION) == {"cs.CV"}


@pytest.mark.parametrize(
    ("orcid", "address"),
    [
        ("0000-0002-1825-0097", {"https://orcid.org/0000-0002-1825-0097"}),
        ("https://orcid.org/0000-0002-1694-233X", {"https://orcid.org/0000-0002-1694-233X"}),
        ("not an identifier", set()),
    ],
)
def test_an_orcid_becomes_an_address(empty_store, orcid, address):
    commit(empty_store, paper("1", "Paper", "Nothing.", authors=(Author("Bo Ek", 1, orcid),)))

    assert values(empty_store, "author/bo-ek", v.PERSON_ID) == address


def test_a_relation_stands_between_concepts_while_a_paper_states_it(empty_store, corpus):
    marked = corpus[0]
    plain = Triple(
        NamedNode(f"{IRIS.base}method/rivernet"),
        v.RELATIONS["evaluatedOn"],
        NamedNode(f"{IRIS.base}dataset/deltasar"),
    )
    commit(empty_store, marked)
    stated = {quad.triple for quad in facts(empty_store)}
    commit(empty_store, (marked[0], replace(marked[1], relations=())))

    assert plain in stated
    assert plain not in {quad.triple for quad in facts(empty_store)}


def test_a_concept_has_no_relation_to_itself(empty_store):
    same = says("1", "Memory", "memories")
    related = paper(
        "2",
        "Other",
        "{Memory|method} equals {memories|method}.",
        relations=(("Memory", "synonymOf", "memories", 0.5),),
    )
    commit(empty_store, (same[0], replace(same[1], relations=related[1].relations)))

    quads = facts(empty_store)
    assert not [q for q in quads if q.object in (v.RELATION, v.RELATIONS["synonymOf"])]
    assert not [q for q in quads if q.predicate == v.RELATIONS["synonymOf"]]


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("cs.LG", "Machine Learning"),
        ("stat.ML", "Machine Learning"),
        ("eess.IV", "Image and Video Processing"),
        ("quant-ph", "Quantum Physics"),
        ("cond-mat.mtrl-sci", "Materials Science"),
        ("XY", "XY"),
    ],
)
def test_a_category_has_arxiv_s_name(code, name):
    assert category_name(code) == name


def test_names_given_by_hand_give_way_to_the_evidence(empty_store):
    commit(empty_store, says("1", "Memory"))
    with empty_store.writing() as writer:
        node = NamedNode(f"{IRIS.base}method/memory")
        writer.apply(
            [Quad(node, v.LABEL, Literal("Memory"))], [Quad(node, v.LABEL, Literal("Mine"))]
        )
    commit(empty_store, says("2", "memories"))

    assert values(empty_store, "method/memory", v.LABEL) == {"Memory"}


def test_what_a_paper_owns_is_found_again(empty_store, corpus):
    commit(empty_store, *corpus)

    with empty_store.snapshot() as snapshot:
        quads = owned(snapshot, IRIS.paper(corpus[0][0]))
    assert {quad.subject.value.partition("#")[0] for quad in quads} == {
        IRIS.paper(corpus[0][0]).value
    }
    assert len(quads) == len(set(quads)) > 150


def test_a_size_is_narrower_than_its_model(empty_store):
    sized = paper("1", "One", "We tune {BERT-large|method|BERT-large}.", authors=authors("Bo Ek"))
    commit(empty_store, sized)
    alone = values(empty_store, "method/bert", v.LABEL)
    commit(empty_store, paper("2", "Two", "We tune {Bert|method|Bert}.", authors=authors("Bo Ek")))

    assert values(empty_store, "method/bert-large", v.BROADER) == {IRIS.base + "method/bert"}
    assert alone == {"BERT"}  # known by its size only
    assert values(empty_store, "method/bert", v.LABEL) == {"Bert"}


def test_a_family_goes_with_its_last_size(empty_store):
    commit(empty_store, paper("1", "One", "We tune {T5-small|method|T5-small}.", date="2020"))
    before = facts(empty_store)
    commit(empty_store, paper("2", "Two", "We tune {BART-large|method|BART-large}.", date="2020"))
    commit(empty_store, paper("2", "Two", "We tune {nothing|method|nothing}.", date="2020"))

    assert values(empty_store, "method/bart", v.TYPE) == set()
    assert values(empty_store, "method/bart-large", v.BROADER) == set()
    assert before <= facts(empty_store)
