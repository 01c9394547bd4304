"""What people say against the extractor counts at once, outlives imports, and can be withdrawn."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
import spacy
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad
from spacy.tokens import DocBin
from spacy.training import Corpus
from spotting import KNOWN, bring, broken_rules, record, spotted, write

from scholargraph.cli import cli
from scholargraph.extract.annotated import doc_bin, lines
from scholargraph.extract.gold import GoldSentence, Span, read_gold
from scholargraph.extract.mentions import Extraction
from scholargraph.extract.papers import Paper
from scholargraph.graph import vocab as v
from scholargraph.graph.correcting import correct, withdraw
from scholargraph.graph.corrections import MACHINE, Correction, CorrectionError, corrections
from scholargraph.graph.iris import DEFAULT_BASE
from scholargraph.graph.parts import FACTS
from scholargraph.graph.removal import remove
from scholargraph.graph.reviewed import reviewed_sentences
from scholargraph.graph.store import Store
from scholargraph.graph.tombstones import tombstone
from scholargraph.graph.validate import validate
from scholargraph.server import create_app
from scholargraph.web.service import EXTENSION, Settings

ONE = f"{DEFAULT_BASE}paper/paper-1"
TWO = f"{DEFAULT_BASE}paper/paper-2"
FIRST = "We train RiverNet on DeltaSAR for segmentation. A UNet is worse than a U-Net."
SECOND = "The U-Net was first. RiverNet reads DeltaSAR."


@pytest.fixture
def papers(empty_store: Store, tmp_path) -> Store:
    """Two papers that share a method and a data set."""
    bring(empty_store, write(tmp_path / "a.jsonl", record("1", FIRST), record("2", SECOND)))
    return empty_store


def dump(store: Store) -> frozenset[Quad]:
    with store.snapshot() as snapshot:
        return frozenset(snapshot.quads())


def mention(paper: str, text: str, kind: str, abstract: str) -> str:
    start = abstract.index(text)
    return f"{paper}#mention-abstract-{start}-{start + len(text)}-{kind}"


def said(store: Store, node: str, predicate: NamedNode) -> list[str]:
    with store.snapshot() as snapshot:
        quads = snapshot.quads(NamedNode(node), predicate, None, FACTS)
        return sorted(getattr(quad.object, "value", "") for quad in quads)


def concept(name: str) -> str:
    return DEFAULT_BASE + name


def made(store: Store, **request: Any) -> Correction:
    (correction,) = correct(store, [{"who": "ada"} | request])
    return correction


def test_an_accepted_mention_is_certain_and_names_the_correction(papers):
    node = mention(ONE, "DeltaSAR", "dataset", FIRST)
    correction = made(papers, action="accept", mention=node, note="seen it")

    assert said(papers, node, v.CONFIDENCE) == ["1"]
    assert said(papers, node, v.CORRECTED_BY) == [correction.iri(papers.iris).value]
    with papers.snapshot() as snapshot:
        assert corrections(snapshot, papers.iris) == (correction,)
        assert validate(snapshot) == []
    assert (correction.who, correction.note, correction.text) == ("ada", "seen it", "DeltaSAR")


def test_a_rejected_mention_goes_with_what_rests_on_it(papers):
    relation = f"{ONE}#relation-evaluatedOn-abstract-9-17-abstract-21-29"
    assert said(papers, relation, v.TYPE)

    made(papers, action="reject", mention=mention(ONE, "DeltaSAR", "dataset", FIRST))

    assert said(papers, ONE, v.USES["dataset"]) == []
    assert said(papers, relation, v.TYPE) == []
    assert said(papers, TWO, v.USES["dataset"]) == [concept("dataset/deltasar")]
    with papers.snapshot() as snapshot:
        assert validate(snapshot) == []


def test_a_retyped_mention_is_of_its_new_kind_in_this_paper_alone(papers):
    node = mention(ONE, "DeltaSAR", "dataset", FIRST)
    made(papers, action="retype", mention=node, kind="task")

    assert said(papers, node, v.TYPE) == []
    assert said(papers, ONE, v.USES["task"]) == [
        concept("task/deltasar"),
        concept("task/segmentation"),
    ]
    assert said(papers, TWO, v.USES["dataset"]) == [concept("dataset/deltasar")]


def test_a_missed_mention_is_added_with_its_sentence(papers):
    start = FIRST.index("A UNet")
    made(
        papers,
        action="add",
        paper=ONE,
        field="abstract",
        start=FIRST.index("worse"),
        end=FIRST.index("worse") + 5,
        kind="metric",
    )

    node = mention(ONE, "worse", "metric", FIRST)
    assert said(papers, node, v.CONFIDENCE) == ["1"]
    assert said(papers, ONE, v.USES["metric"]) == [concept("metric/worse")]
    (sentence,) = said(papers, node, v.IN_SENTENCE)
    assert said(papers, sentence, v.VALUE) == [FIRST] and start
    with papers.snapshot() as snapshot:
        assert validate(snapshot) == []


def test_a_mention_is_added_to_a_paper_in_which_nothing_was_found(empty_store, tmp_path):
    bring(empty_store, write(tmp_path / "a.jsonl", record("1", "Nothing here. We use Foo a lot.")))
    before = dump(empty_store)
    request = {"action": "add", "paper": ONE, "field": "abstract", "start": 21, "end": 24}
    correction = made(empty_store, kind="method", **request)

    (sentence,) = said(empty_store, f"{ONE}#mention-abstract-21-24-method", v.IN_SENTENCE)
    assert said(empty_store, sentence, v.VALUE) == ["We use Foo a lot."]
    with empty_store.snapshot() as snapshot:
        assert validate(snapshot) == []
    withdraw(empty_store, [correction.id])
    assert dump(empty_store) == before


def test_a_renamed_concept_has_its_new_name_everywhere(papers):
    made(papers, action="rename", concept="method/rivernet", label="River Network")

    assert said(papers, concept("method/rivernet"), v.LABEL) == ["River Network"]
    assert said(papers, concept("method/rivernet"), v.ALT_LABEL) == ["RiverNet"]


def test_a_retyped_concept_is_of_its_new_kind_everywhere_and_leads_there(papers):
    made(papers, action="retype", concept=concept("dataset/deltasar"), kind="task")

    assert said(papers, concept("dataset/deltasar"), v.TYPE) == []
    for paper in (ONE, TWO):
        assert concept("task/deltasar") in said(papers, paper, v.USES["task"])
    with papers.snapshot() as snapshot:
        stone = tombstone(snapshot, NamedNode(concept("dataset/deltasar")), papers.iris)
        assert validate(snapshot) == []
    assert stone is not None and stone.successor == concept("task/deltasar")


def test_merged_concepts_are_one_under_the_name_of_the_second(papers):
    made(papers, action="merge", concept="method/unet", into="method/u-net")

    node = mention(ONE, "UNet", "method", FIRST)
    assert said(papers, node, v.OF_CONCEPT) == [concept("method/u-net")]
    assert said(papers, node, v.LINKED_BY) == ["correction"]
    assert said(papers, concept("method/u-net"), v.LABEL) == ["U-Net"]
    assert said(papers, concept("method/u-net"), v.ALT_LABEL) == ["UNet"]
    assert said(papers, concept("method/unet"), v.TYPE) == []


def test_a_label_that_does_not_mean_its_concept_gets_one_of_its_own(papers):
    made(papers, action="merge", concept="method/unet", into="method/u-net")
    made(papers, action="split", concept="method/u-net", label="UNet")

    (own,) = said(papers, mention(ONE, "UNet", "method", FIRST), v.OF_CONCEPT)
    assert own != concept("method/u-net")
    assert said(papers, own, v.LABEL) == ["UNet"]
    assert said(papers, concept("method/u-net"), v.ALT_LABEL) == []


REQUESTS: list[dict[str, Any]] = [
    {"action": "accept", "mention": mention(ONE, "DeltaSAR", "dataset", FIRST)},
    {"action": "reject", "mention": mention(TWO, "RiverNet", "method", SECOND)},
    {"action": "retype", "mention": mention(ONE, "segmentation", "task", FIRST), "kind": "metric"},
    {
        "action": "add",
        "paper": TWO,
        "field": "abstract",
        "start": 4,
        "end": 13,
        "kind": "task",
    },
    {"action": "rename", "concept": "method/u-net", "label": "U-shaped network"},
    {"action": "merge", "concept": "method/unet", "into": "method/u-net"},
    {"action": "split", "concept": "method/u-net", "label": "UNet"},
    {"action": "retype", "concept": "dataset/deltasar", "kind": "task"},
]


def test_withdrawn_one_by_one_the_graph_is_what_it_would_be_without(papers):
    states = [dump(papers)]
    ids = []
    for request in REQUESTS:
        if request["action"] == "add":
            request = request | {"start": 0, "end": 3}
        ids.append(made(papers, **request).id)
        states.append(dump(papers))
        with papers.snapshot() as snapshot:
            assert validate(snapshot) == [], request

    for id, state in zip(reversed(ids), reversed(states[:-1]), strict=True):
        withdraw(papers, [id])
        assert dump(papers) == state


def test_withdrawn_in_another_order_the_rest_still_counts(papers, tmp_path):
    before = dump(papers)
    first = made(papers, action="merge", concept="method/unet", into="method/u-net")
    second = made(papers, action="rename", concept="method/u-net", label="U-shaped network")
    third = made(papers, action="reject", mention=mention(ONE, "UNet", "method", FIRST))

    withdraw(papers, [first.id])
    assert said(papers, mention(ONE, "UNet", "method", FIRST), v.TYPE) == []
    assert said(papers, concept("method/u-net"), v.LABEL) == ["U-shaped network"]
    withdraw(papers, [third.id])
    assert said(papers, mention(ONE, "UNet", "method", FIRST), v.OF_CONCEPT) == [
        concept("method/unet")
    ]
    withdraw(papers, [second.id])
    assert dump(papers) == before


def test_a_name_given_before_or_after_a_merge_is_the_same(papers):
    rename = {"action": "rename", "concept": "method/u-net", "label": "U-shaped network"}
    merge = {"action": "merge", "concept": "method/unet", "into": "method/u-net"}
    names = []
    for series in ((rename, merge), (merge, rename)):
        ids = [made(papers, **request).id for request in series]
        node = concept("method/u-net")
        names.append((said(papers, node, v.LABEL), said(papers, node, v.ALT_LABEL)))
        withdraw(papers, ids[:1] if series[0] is rename else ids[1:])
        assert said(papers, node, v.LABEL) == ["U-Net"]
        withdraw(papers, ids[1:] if series[0] is rename else ids[:1])

    assert names[0] == names[1] == (["U-shaped network"], ["U-Net", "UNet"])


def another_model(papers: Iterable[Paper]) -> Iterator[tuple[Paper, Extraction]]:
    """One that takes DeltaSAR for a method, finds no segmentation, and knows volcanoes."""
    known = KNOWN | {"DeltaSAR": "method", "volcano": "task"}
    known.pop("segmentation")
    for paper in papers:
        yield paper, spotted(paper, known)


def test_corrections_outlive_another_model_and_an_edited_abstract(papers, tmp_path):
    made(papers, action="accept", mention=mention(ONE, "DeltaSAR", "dataset", FIRST))
    made(papers, action="accept", mention=mention(ONE, "segmentation", "task", FIRST))
    made(papers, action="reject", mention=mention(TWO, "RiverNet", "method", SECOND))
    made(papers, action="merge", concept="method/unet", into="method/u-net")
    edited = f"On a volcano. {FIRST}"
    path = write(tmp_path / "a.jsonl", record("1", edited), record("2", SECOND))

    bring(papers, path, extract=another_model, model="corpus-2")

    assert said(papers, mention(ONE, "DeltaSAR", "dataset", edited), v.CONFIDENCE) == ["1"]
    assert said(papers, mention(ONE, "segmentation", "task", edited), v.CONFIDENCE) == ["1"]
    assert said(papers, mention(ONE, "volcano", "task", edited), v.CONFIDENCE) == ["0.9"]
    assert said(papers, ONE, v.USES["dataset"]) == [concept("dataset/deltasar")]
    assert concept("method/unet") not in said(papers, ONE, v.USES["method"])
    assert said(papers, TWO, v.USES["method"]) == [
        concept("method/deltasar"),
        concept("method/u-net"),
    ]


def test_an_import_with_corrections_and_then_without_is_an_import_without(papers, tmp_path):
    ids = [made(papers, **request).id for request in REQUESTS[:3]]
    path = write(tmp_path / "a.jsonl", record("1", f"{FIRST} So."), record("2", SECOND))
    bring(papers, path, extract=another_model, model="corpus-2")
    withdraw(papers, ids)

    plain = Store.open(tmp_path / "plain.db", create=True)
    bring(plain, path, extract=another_model, model="corpus-2")

    facts = {
        quad
        for quad in dump(papers) ^ dump(plain)
        if quad.graph_name in (FACTS, papers.iris.uncorrected_graph())
    }
    # The first import's file and run stay on record.
    assert {quad.subject.value.split("/")[4] for quad in facts} <= {"source", "run"}


def test_an_unchanged_file_leaves_corrections_as_they_are(papers, tmp_path):
    made(papers, action="reject", mention=mention(TWO, "RiverNet", "method", SECOND))
    before = dump(papers)

    report = bring(papers, tmp_path / "a.jsonl")

    assert (report.unchanged, report.changed) == (2, 0)
    assert dump(papers) == before


def test_with_its_paper_the_extractors_own_evidence_goes_and_comes(papers, tmp_path):
    made(papers, action="reject", mention=mention(TWO, "RiverNet", "method", SECOND))
    remove(papers, ["2"])
    with papers.snapshot() as snapshot:
        assert not snapshot.quads(graph=papers.iris.uncorrected_graph())

    bring(papers, tmp_path / "a.jsonl")

    assert concept("method/rivernet") not in said(papers, TWO, v.USES["method"])


def test_the_same_correction_is_made_once(papers):
    first = made(papers, **REQUESTS[0])
    second = made(papers, **(REQUESTS[0] | {"who": "wei", "note": "me too"}))

    assert second == first


def test_people_outrank_the_machine_whoever_speaks_last(papers):
    made(papers, action="retype", concept="dataset/deltasar", kind="task")
    withdrawn = made(papers, action="accept", mention=mention(TWO, "DeltaSAR", "task", SECOND))
    made(papers, action="retype", concept="method/rivernet", kind="metric", who=MACHINE)
    node = mention(TWO, "RiverNet", "metric", SECOND)
    assert said(papers, node, v.LINKED_BY) == ["kind-by-corpus"]

    made(papers, action="retype", mention=node, kind="method")

    assert said(papers, mention(TWO, "RiverNet", "method", SECOND), v.CONFIDENCE) == ["1"]
    assert said(papers, TWO, v.USES["metric"]) == []
    assert withdrawn.kind == "task"


WRONG: list[dict[str, Any]] = [
    {},
    {"action": "praise"},
    {"action": "accept"},
    {"action": "accept", "mention": f"{ONE}#mention-abstract-0-2-method"},
    {"action": "accept", "mention": "not an <iri>"},
    {"action": "accept", "mention": 7},
    {"action": "reject", "paper": ONE, "field": "abstract", "start": 0, "end": 2},
    {"action": "reject", "paper": ONE, "field": "body", "start": 0, "end": 2},
    {"action": "retype", "mention": REQUESTS[0]["mention"]},
    {"action": "retype", "mention": REQUESTS[0]["mention"], "kind": "dataset"},
    {"action": "retype", "mention": REQUESTS[0]["mention"], "kind": "thing"},
    {"action": "retype", "concept": "dataset/deltasar", "kind": "dataset"},
    {"action": "add", "paper": ONE, "field": "abstract", "start": 0, "end": 9_999, "kind": "task"},
    {"action": "add", "paper": ONE, "field": "abstract", "start": -1, "end": 2, "kind": "task"},
    {"action": "add", "paper": ONE, "field": "abstract", "start": 2, "end": 5, "kind": "task"},
    {"action": "add", "paper": ONE, "field": "abstract", "start": 40, "end": 55, "kind": "task"},
    {"action": "add", "paper": ONE, "field": "title", "start": True, "end": 2, "kind": "task"},
    {"action": "add", "paper": f"{ONE}0", "field": "title", "start": 0, "end": 2, "kind": "task"},
    {"action": "merge", "concept": "method/unet"},
    {"action": "merge", "concept": "method/unet", "into": "method/unet"},
    {"action": "merge", "concept": "method/unet", "into": "method/nothing"},
    {"action": "rename", "concept": "method/unet", "label": " - "},
    {"action": "rename", "concept": "author/ada-lindqvist", "label": "Ada"},
    {"action": "rename", "concept": "method/unet", "label": "x" * 501},
    {"action": "rename", "concept": "method/unet", "label": "\ud800"},
    {"action": "split", "concept": "method/unet", "label": "Nobody"},
    {"action": "split", "concept": "method/unet", "label": "UNet"},
    {"action": "rename", "concept": "method/unet", "label": "x", "colour": "red"},
]


@pytest.mark.parametrize("request_", WRONG, ids=lambda request: json.dumps(request)[:60])
def test_what_makes_no_sense_is_refused_and_changes_nothing(papers, request_):
    before = dump(papers)

    with pytest.raises(CorrectionError):
        correct(papers, [REQUESTS[0], request_])

    assert dump(papers) == before


def test_what_is_not_there_cannot_be_withdrawn(papers):
    id = made(papers, **REQUESTS[0]).id
    before = dump(papers)

    with pytest.raises(CorrectionError, match="77"):
        withdraw(papers, [id, "77"])

    assert dump(papers) == before


def test_a_correction_follows_its_paper_to_another_address(papers, tmp_path):
    made(papers, action="reject", mention=mention(TWO, "RiverNet", "method", SECOND))
    value = json.loads(record("2", SECOND)) | {"doi": "10.1234/x"}
    path = write(tmp_path / "a.jsonl", record("1", FIRST), json.dumps(value))

    bring(papers, path)
    again = SECOND.replace("first", "second")
    path = write(path, record("1", FIRST), json.dumps(value | {"abstract": again}))
    bring(papers, path)

    (two,) = [
        quad.subject
        for quad in dump(papers)
        if quad.predicate == v.ABSTRACT and quad.object == Literal(again)
    ]
    assert concept("method/rivernet") not in said(papers, two.value, v.USES["method"])


def test_a_sentence_that_people_looked_at_is_an_annotation(papers):
    made(papers, action="accept", mention=mention(ONE, "DeltaSAR", "dataset", FIRST))
    made(papers, action="reject", mention=mention(TWO, "U-Net", "method", SECOND))
    made(papers, action="rename", concept="method/rivernet", label="River Network")

    with papers.snapshot() as snapshot:
        one, two = reviewed_sentences(snapshot, papers.iris)

    assert (one.text, two.text) == (FIRST, SECOND)
    assert {(one.text[span.start : span.end], span.kind) for span in one.spans} == {
        ("RiverNet", "method"),
        ("DeltaSAR", "dataset"),
        ("segmentation", "task"),
        ("UNet", "method"),
        ("U-Net", "method"),
    }
    assert [two.text[span.start : span.end] for span in two.spans] == ["RiverNet", "DeltaSAR"]


def test_a_reviewed_mention_leaves_no_room_for_one_that_overlaps(papers):
    start = FIRST.index("UNet is")
    made(
        papers,
        action="add",
        paper=ONE,
        field="abstract",
        start=start,
        end=start + len("UNet is worse"),
        kind="method",
    )

    with papers.snapshot() as snapshot:
        (one,) = reviewed_sentences(snapshot, papers.iris)

    texts = {one.text[span.start : span.end] for span in one.spans}
    assert "UNet is worse" in texts and "UNet" not in texts


def test_spacy_and_train_read_the_annotations_back(papers, tmp_path):
    made(papers, action="accept", mention=mention(ONE, "DeltaSAR", "dataset", FIRST))
    with papers.snapshot() as snapshot:
        sentences = list(reviewed_sentences(snapshot, papers.iris))
    (tmp_path / "reviewed.spacy").write_bytes(doc_bin(sentences))
    (tmp_path / "reviewed.jsonl").write_bytes(lines(sentences))

    nlp = spacy.blank("en")
    (example,) = Corpus(tmp_path / "reviewed.spacy")(nlp)
    (gold,) = read_gold(tmp_path / "reviewed.jsonl")

    doc = example.reference
    spans = {(span.start_char, span.end_char, span.label_) for span in doc.spans["sc"]}
    assert doc.text == gold.text == FIRST
    assert spans == {(span.start, span.end, span.kind) for span in gold.spans}
    assert {(span.start_char, span.end_char, span.label_) for span in doc.ents} == spans
    assert len(spans) == 5


@given(st.text(min_size=1, max_size=60), st.data())
def test_spans_keep_their_places_whatever_the_words(text, data):
    edges = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=6)))
    spans = tuple(
        Span(start, end, "method") for start, end in zip(edges[::2], edges[1::2], strict=False)
    )
    sentence = GoldSentence("1", "1", text, spans)

    (doc,) = DocBin().from_bytes(doc_bin([sentence])).get_docs(spacy.blank("en").vocab)

    assert doc.text == text
    found = {(span.start_char, span.end_char) for span in doc.spans["sc"]}
    assert found == {(span.start, span.end) for span in spans}


def test_a_span_may_end_or_begin_with_a_space():
    text = "UNet is worse"
    spans = (Span(0, 5, "method"), Span(7, 13, "task"))

    packed = doc_bin([GoldSentence("1", "1", text, spans)])

    (doc,) = DocBin().from_bytes(packed).get_docs(spacy.blank("en").vocab)
    assert doc.text == text
    assert [span.text for span in doc.spans["sc"]] == ["UNet ", " worse"]


def test_over_http_corrections_are_made_listed_and_withdrawn(papers):
    app = create_app(Settings(store=papers.path, token="sesame"))
    client = app.test_client()
    key = {"Authorization": "Bearer sesame"}
    request = {"action": "rename", "concept": "method/u-net", "label": "U-shaped", "who": "ada"}
    try:
        made = client.post("/corrections", json=request, headers=key)
        again = client.post("/corrections", json=request, headers=key)
        place = made.headers["Location"]
        found = client.get("/corrections").json
        shown = client.get("/method/u-net", headers={"Accept": "application/json"}).text
        one = client.get(place).json
        withdrawn = client.delete(place, headers=key)
        gone = client.get(place)
    finally:
        app.extensions[EXTENSION].close()

    assert (made.status_code, again.status_code) == (201, 200)
    assert made.json == again.json == one == found["corrections"][0]
    assert one["label"] == "U-shaped" and one["text"] == "U-Net"
    assert "U-shaped" in shown
    assert (withdrawn.status_code, gone.status_code) == (204, 404)
    assert said(papers, concept("method/u-net"), v.LABEL) == ["U-Net"]


@pytest.mark.parametrize(
    ("method", "path", "body", "token", "status"),
    [
        ("POST", "/corrections", {"action": "accept"}, None, 401),
        ("DELETE", "/corrections/1", None, "wrong", 401),
        ("POST", "/corrections", {"action": "accept"}, "sesame", 400),
        ("POST", "/corrections", [1], "sesame", 400),
        ("POST", "/corrections", {"action": "rename", "concept": "x/y"}, "sesame", 400),
        ("DELETE", "/corrections/99", None, "sesame", 404),
        ("GET", "/corrections/99", None, None, 404),
        ("PUT", "/corrections", None, "sesame", 405),
    ],
)
def test_what_http_refuses_is_a_problem_document(papers, method, path, body, token, status):
    app = create_app(Settings(store=papers.path, token="sesame"))
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        answer = app.test_client().open(path, method=method, json=body, headers=headers)
    finally:
        app.extensions[EXTENSION].close()

    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.json["status"] == status


def test_the_command_makes_lists_withdraws_and_exports(papers, tmp_path):
    run = CliRunner()

    def do(*arguments: str) -> str:
        result = run.invoke(cli, [*arguments, "--store", str(papers.path)])
        assert result.exit_code == 0, result.output
        return result.output

    node = mention(ONE, "DeltaSAR", "dataset", FIRST).removeprefix(DEFAULT_BASE)
    do("correct", "accept", node, "--who", "ada", "--note", "sure")
    do("correct", "retype", "task/segmentation", "metric")
    do("correct", "merge", "method/unet", "method/u-net")
    do("correct", "rename", "method/u-net", "U-shaped")
    do("correct", "split", "method/u-net", "UNet")
    do("correct", "reject", mention(TWO, "DeltaSAR", "dataset", SECOND))
    do("correct", "add", "paper/paper-2", "abstract", "14", "19", "metric")
    found = [json.loads(line) for line in do("corrections", "--json").splitlines()]
    do("corrections", "export", str(tmp_path / "reviewed.spacy"))

    assert [each["action"] for each in found] == [
        *("accept", "retype", "merge", "rename", "split", "reject", "add")
    ]
    assert found[0]["who"] == "ada" and found[0]["note"] == "sure"
    assert "U-shaped" in do("corrections")
    assert (tmp_path / "reviewed.spacy").stat().st_size > 100
    do("corrections", "undo", *(each["id"] for each in found))
    assert do("corrections") == ""


def test_corrections_keep_to_their_shapes(papers):
    correct(papers, REQUESTS[:3] + REQUESTS[4:6])
    place = papers.iris.corrections_graph()
    assert broken_rules(papers, place) == ""

    with papers.writing() as writer:
        writer.apply(writer.quads(None, v.ON_CONCEPT, None, place), [])

    assert "sg:onConcept" in broken_rules(papers, place)
