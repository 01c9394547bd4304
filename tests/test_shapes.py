"""The shapes hold for what we build, and each of them can fail."""

import subprocess
import sys
from importlib import resources

import pytest
import rdflib
from corpus import MODEL, PROFILE, Marked
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad
from rdflib.namespace import RDF, SH

from scholargraph.graph import vocab as v
from scholargraph.graph.build import Run
from scholargraph.graph.commit import Committer, Outcome, PaperEntry, ProfileEntry
from scholargraph.graph.iris import DEFAULT_BASE
from scholargraph.graph.store import Store
from scholargraph.graph.validate import Violation, validate

RIVER = f"{DEFAULT_BASE}paper/arxiv:2305.00001"
MENTION = f"{RIVER}#mention-title-0-8-method"
RELATION = f"{RIVER}#relation-evaluatedOn-abstract-129-137-abstract-120-128"
RESULT = f"{RIVER}#result-abstract-146-151"


@pytest.fixture
def river(empty_store: Store, corpus: tuple[Marked, ...]) -> Store:
    """A store of one paper and one profile, which is quicker to check than the corpus."""
    run = Run("river.txt", "5" * 64, "profile", "0.1.0", MODEL, PROFILE.captured)
    entries = [ProfileEntry(PROFILE, run), PaperEntry(*corpus[0], run)]
    Committer(empty_store).commit(entries, Outcome())
    return empty_store


def node(iri: str) -> NamedNode:
    return NamedNode(iri if iri.startswith("http") else DEFAULT_BASE + iri)


def decimal(text: str) -> Literal:
    return Literal(text, datatype=v.XSD_DECIMAL)


def change(store: Store, subject: str, predicate: NamedNode, *values: Literal | NamedNode) -> None:
    """Gives *subject* exactly *values* of *predicate*."""
    with store.writing() as writer:
        old = writer.quads(node(subject), predicate)
        assert old or values
        writer.apply(old, [Quad(node(subject), predicate, value) for value in values])


def violations(store: Store) -> list[Violation]:
    with store.snapshot() as snapshot:
        return validate(snapshot)


def test_the_corpus_conforms(store):
    assert violations(store) == []


@pytest.mark.parametrize(
    ("subject", "predicate", "values", "broken"),
    [
        (RIVER, v.TITLE, [], "Paper-title"),
        (RIVER, v.ABSTRACT, [Literal("One."), Literal("Two.")], "Paper-abstract"),
        (RIVER, v.ISSUED, [Literal("17 May 2023")], "Paper-issued"),
        (RIVER, v.ISSUED, [Literal("2023-02-30", datatype=v.XSD_DATE)], "Paper-issued"),
        (RIVER, v.RECORD_HASH, [Literal("abc")], "Paper-recordHash"),
        (RIVER, v.AUTHOR, [node("author/ada-lindqvist")], "Paper-creator"),
        (RIVER, v.USES["method"], [node("dataset/deltasar")], "Paper-usesMethod"),
        (RIVER, v.DOI, [Literal("https://doi.org/10.1/x")], "Paper-doi"),
        (f"{RIVER}#author-1", v.POSITION, [Literal(0)], "Authorship-position"),
        (f"{RIVER}#author-1", v.OF_AUTHOR, [node("author/nobody")], "Authorship-author"),
        ("author/wei-chen", v.NAME, [Literal("Wei"), Literal("Chen")], "Person-name"),
        ("author/wei-chen", v.PERSON_ID, [node("https://example.org/1")], "Person-identifier"),
        ("method/rivernet", v.LABEL, [], "Concept-label"),
        ("method/rivernet", v.ALT_LABEL, [Literal("RiverNet")], "Concept-other"),
        ("method/rivernet", v.TYPE, [v.CONCEPT], "Concept"),
        ("method/rivernet", v.TYPE, [v.CONCEPT_CLASSES["method"]], "Kind-concept"),
        (
            "method/rivernet",
            v.TYPE,
            [v.CONCEPT, v.CONCEPT_CLASSES["method"], v.CONCEPT_CLASSES["task"]],
            "Kind-single",
        ),
        (MENTION, v.CONFIDENCE, [decimal("1.2")], "Mention-confidence"),
        (MENTION, v.CONFIDENCE, [Literal(0.5)], "Mention-confidence"),
        (MENTION, v.END, [Literal(0)], "Mention-start"),
        (MENTION, v.START, [Literal(-1)], "Mention-start"),
        (MENTION, v.EXACT, [Literal("RiverNot")], "Mention-offsets"),
        (MENTION, v.START, [Literal(1)], "Mention-offsets"),
        (
            MENTION,
            v.IN_SENTENCE,
            [node(f"{RIVER}#sentence-abstract-48-116")],
            "Mention-offsets",
        ),
        (MENTION, v.OF_CONCEPT, [], "Mention-concept"),
        (MENTION, v.GENERATED_BY, [], "Mention-run"),
        (MENTION, v.LINKED_BY, [Literal("luck")], "Mention-rule"),
        (MENTION, v.FAMILY, [node("dataset/deltasar")], "Mention-family"),
        (MENTION, v.FAMILY_LABEL, [Literal("A"), Literal("B")], "Mention-family-label"),
        ("method/rivernet", v.BROADER, [node("dataset/deltasar")], "Concept-broader"),
        (f"{RIVER}#sentence-title-0-41", v.VALUE, [Literal("Else")], "Sentence-offsets"),
        (f"{RIVER}#sentence-title-0-41", v.FIELD, [Literal("body")], "Sentence-field"),
        (RELATION, v.PREDICATE, [v.INTRODUCES], "Relation-predicate"),
        (
            "method/rivernet",
            v.RELATIONS["evaluatedOn"],
            [node("dataset/crowdmaps")],
            "Relation-plain",
        ),
        (RESULT, v.VALUE, [Literal("84.2")], "Result-value"),
        (RESULT, v.UNIT, [Literal("metres")], "Result-unit"),
        (RESULT, v.RESULT_PARTS["metric"], [node("task/river-segmentation")], "Result-metric"),
        (RESULT, v.START, [Literal(140)], "Result-offsets"),
        (f"{RIVER}#claim-paper-score", v.MEASURE, [Literal("fame")], "Claim-measure"),
        ("profile/ada-lindqvist", v.CAPTURED, [], "Profile-captured"),
        (f"source/{'5' * 16}", v.SHA256, [Literal("5")], "Source-sha256"),
    ],
)
def test_what_breaks_a_rule_is_found_by_that_rule(river, subject, predicate, values, broken):
    change(river, subject, predicate, *values)

    found = {(violation.node, violation.shape) for violation in violations(river)}
    culprit = RELATION if broken == "Relation-plain" else node(subject).value
    assert (culprit, broken) in found


def test_a_violation_says_where_what_and_which_rule(store):
    change(store, MENTION, v.CONFIDENCE, decimal("1.2"))

    assert [str(violation) for violation in violations(store)] == [
        f"{MENTION}: exactly one confidence, a decimal from 0 to 1 (found 1.2) [Mention-confidence]"
    ]


def test_nodes_checked_in_parts_are_all_checked(store, monkeypatch):
    change(store, MENTION, v.CONFIDENCE, decimal("1.2"))
    change(store, "author/wei-chen", v.NAME)
    whole = violations(store)
    monkeypatch.setattr("scholargraph.graph.validate._NODES", 10)

    done: list[int] = []
    with store.snapshot() as snapshot:
        assert validate(snapshot, progress=done.append) == whole
        subjects = {quad.subject for quad in snapshot.quads(graph=DefaultGraph())}
    assert sum(done) == len(subjects)


def test_every_class_of_ours_has_a_shape():
    shapes = rdflib.Graph().parse(_shapes(), format="turtle")
    targets = {str(term) for term in shapes.objects(None, SH.targetClass)}
    ours = {
        *(v.SENTENCE, v.MENTION, v.RELATION, v.RESULT_CLAIM, v.SOURCE_CLAIM, v.AUTHORSHIP),
        *v.CONCEPT_CLASSES.values(),
        *(v.ARTICLE, v.PERSON, v.PROFILE, v.CONCEPT, v.ACTIVITY, v.ENTITY),
        *(v.WORK, v.SOURCE_RECORD, v.DECISION),
        *(v.RUN_REPORT, v.REFUSED_RECORD, v.CORRECTION),
    }

    assert {term.value for term in ours} == targets


def test_every_rule_says_what_is_right():
    shapes = rdflib.Graph().parse(_shapes(), format="turtle")
    rules = [
        *shapes.subjects(RDF.type, SH.PropertyShape),
        *shapes.subjects(RDF.type, SH.SPARQLConstraint),
    ]

    assert len(rules) > 80
    assert [rule for rule in rules if shapes.value(rule, SH.message) is None] == []


def test_without_pyshacl_the_way_to_get_it_is_said(store):
    code = (
        "import sys; sys.modules['pyshacl'] = None\n"
        "from scholargraph import ScholarGraphError\n"
        "from scholargraph.graph.store import Store\n"
        "from scholargraph.graph.validate import validate\n"
        f"try: validate(Store.open({str(store.path)!r}).snapshot())\n"
        "except ScholarGraphError as error: print(error)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert answer.stdout == "pyshacl is not installed; pip install 'scholargraph[validate]'\n"


def _shapes() -> str:
    return str(resources.files("scholargraph.graph").joinpath("shapes.ttl"))
