import gzip
import json
import multiprocessing
import subprocess
import sys
from collections import defaultdict, deque
from itertools import cycle
from pathlib import Path

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.language import Language

from scholargraph.extract import Extraction, Paper, extract, load_pipeline, model_id
from scholargraph.extract.abbreviations import definitions
from scholargraph.extract.annotations import sentence_bounds
from scholargraph.extract.gazetteer import Gazetteer, names
from scholargraph.extract.naming import definition_kind, namings
from scholargraph.extract.pipeline import WorkerError, document, extraction, register
from scholargraph.extract.rules import PRECISION

SHARED = Path(__file__).parents[1].parent / "shared"
STAGES = ("abbreviations", "patterns", "linker", "introduces", "relations", "results")
PAPERS = [
    Paper(
        "hgl",
        "HGL: Hierarchical Geometry Learning for 3D Segmentation",
        "We propose Hierarchical Geometry Learning (HGL). On the SynLiDAR dataset, HGL reaches "
        "an mIoU of 46.91%, improving GIPSO by 3.0%.",
    ),
    Paper("none", "", ""),
    Paper("text", "", "CRDN is tested on MRBrainS and HVSMR datasets.", verbatim=True),
    Paper("odd", "T\n", "\u0301 we propose 😀Net (EN)\x00, evaluated on MNIST."),
]


def staged(*, tagged: bool = True) -> Language:
    """The pipeline with a ruler in the tagger's place: everything but the trained part."""
    register()
    nlp = spacy.blank(
        "en", config={"nlp": {"tokenizer": {"@tokenizers": "scholargraph.Tokenizer.v1"}}}
    )
    nlp.add_pipe("scholar_sentences")
    if tagged:
        ruler = nlp.add_pipe("span_ruler", config={"spans_key": "mentions"})
        ruler.add_patterns(
            [
                {"label": "method", "pattern": "GIPSO"},
                {"label": "method", "pattern": "CRDN"},
                {"label": "other", "pattern": "MNIST"},
                {"label": "task", "pattern": "3D Segmentation"},
            ]
        )
    for stage in STAGES:
        nlp.add_pipe(f"scholar_{stage}")
    return nlp


@pytest.fixture(scope="module")
def nlp() -> Language:
    return staged()


def check_offsets(paper: Paper, found: Extraction) -> None:
    fields = {"title": paper.title, "abstract": paper.abstract, "text": paper.abstract}
    for mention in found.mentions:
        sentence = found.sentences[mention.sentence]
        assert fields[mention.field][mention.start : mention.end] == mention.text
        assert sentence.field == mention.field
        assert sentence.start <= mention.start < mention.end <= sentence.end
    for claim in found.results:
        field = found.sentences[claim.sentence].field
        assert fields[field][claim.start : claim.end] == claim.text
    for relation in found.relations:
        assert found.mentions[relation.subject].sentence == relation.sentence
        assert found.mentions[relation.object].sentence == relation.sentence
    assert list(found.mentions) == sorted(
        found.mentions, key=lambda mention: (mention.field != "title", mention.start)
    )


def test_a_paper_is_read_whole(nlp):
    (paper, found), *_ = extract(PAPERS, nlp)

    check_offsets(paper, found)
    labels = {(m.kind, m.concept.label, m.concept.abbreviation) for m in found.mentions}
    assert labels == {
        ("method", "Hierarchical Geometry Learning", "HGL"),
        ("method", "GIPSO", None),
        ("task", "3D Segmentation", None),
        ("dataset", "SynLiDAR", None),
        ("metric", "mIoU", None),
    }
    assert [found.mentions[i].concept.label for i in found.introduces] == [
        "Hierarchical Geometry Learning"
    ]
    assert [(str(c.value), c.change) for c in found.results] == [
        ("46.91", "absolute"),
        ("3.0", "delta"),
    ]
    assert found.model == model_id()


def test_the_shipped_pipeline_reads_a_paper():
    nlp = load_pipeline()

    (paper, found), *_ = extract(PAPERS, nlp)

    check_offsets(paper, found)
    labels = {mention.concept.label for mention in found.mentions}
    assert labels >= {"Hierarchical Geometry Learning", "SynLiDAR", "mIoU"}
    assert nlp.pipe_names == [
        "scholar_sentences",
        "scholar_tagger",
        *(f"scholar_{stage}" for stage in STAGES),
    ]


def test_a_verbatim_record_keeps_its_field_and_offsets(nlp):
    found = list(extract(PAPERS, nlp))[2][1]

    assert {mention.field for mention in found.mentions} == {"text"}
    assert [mention.text for mention in found.mentions] == ["CRDN", "MRBrainS", "HVSMR"]


def test_an_empty_paper_gives_an_empty_extraction(nlp):
    found = list(extract(PAPERS, nlp))[1][1]

    assert found == Extraction((), (), (), (), (), model_id())


@settings(max_examples=150)
@given(
    st.text(max_size=30),
    st.text(max_size=200)
    | st.text(alphabet="aAbB .,:()-5%😀\u0301\x00\n\u200d\ufeff", max_size=120)
    | st.lists(
        st.sampled_from(
            ["We", "propose", "FooNet", "(FN)", "on", "MNIST", "and", "by", "3.5%", "F1", "😀", ".",
             "\u0301", "a", "novel", "method", "called", "\n\n", "dataset", ",", "e\u0301", "HGL:"]
        ),
        max_size=30,
    ).map(" ".join),
    st.booleans(),
)  # fmt: skip
def test_offsets_hold_for_any_text(nlp, title, abstract, verbatim):
    paper = Paper("any", title, abstract, verbatim=verbatim)

    check_offsets(paper, extraction(nlp(document(paper, nlp)), verbatim=verbatim))


def test_batch_size_changes_nothing(nlp):
    assert list(extract(PAPERS * 3, nlp, batch_size=1)) == list(extract(PAPERS * 3, nlp))


def test_processes_change_nothing(nlp):
    papers = PAPERS * 5

    found = list(extract(papers, nlp, jobs=2, batch_size=3))

    assert found == list(extract(papers, nlp))


def test_processes_keep_the_order_of_papers(nlp):
    papers = [Paper(str(i), f"FooNet{i}: A Network", "") for i in range(40)]

    found = list(extract(papers, nlp, jobs=2, batch_size=10))

    assert [paper.id for paper, _ in found] == [paper.id for paper in papers]
    assert [result.mentions[0].text for _, result in found] == [f"FooNet{i}" for i in range(40)]


def test_a_sentence_that_is_joined_later_is_seen(nlp):
    doc = nlp.make_doc("It works. We use it.")
    nlp.get_pipe("scholar_sentences")(doc)
    before = sentence_bounds(doc)

    doc[3].is_sent_start = False

    assert (before, sentence_bounds(doc)) == ([(0, 9), (10, 20)], [(0, 20)])


def test_a_consumer_may_stop_early(nlp):
    taken = 0

    def endless():
        nonlocal taken
        while True:
            taken += 1
            yield PAPERS[0]

    stream = extract(endless(), nlp, jobs=2, batch_size=2)
    paper, _ = next(stream)
    stream.close()

    assert paper == PAPERS[0]
    assert taken <= 16


def test_a_killed_process_is_reported(nlp):
    stream = extract(cycle(PAPERS), nlp, jobs=2, batch_size=2)
    next(stream)
    for process in multiprocessing.active_children():
        process.kill()

    with pytest.raises(WorkerError, match="use fewer jobs"):
        deque(stream, maxlen=0)


def test_extraction_streams(nlp):
    def two_then_fail():
        yield PAPERS[0]
        yield PAPERS[1]
        raise RuntimeError("read too far")

    stream = extract(two_then_fail(), nlp, batch_size=1)

    assert next(stream)[0] == PAPERS[0]


@pytest.mark.parametrize("arguments", [{"jobs": 0}, {"batch_size": 0}])
def test_counts_start_at_one(nlp, arguments):
    with pytest.raises(ValueError, match="from 1"):
        list(extract(PAPERS, nlp, **arguments))


def test_a_doc_survives_serialisation(nlp):
    doc = nlp(document(PAPERS[0], nlp))

    again = spacy.tokens.Doc(nlp.vocab).from_bytes(doc.to_bytes())

    assert extraction(again) == extraction(doc)


def test_stages_work_with_the_stock_tokenizer_and_without_mentions():
    register()
    nlp = spacy.blank("en")
    for stage in ("sentences", *STAGES):
        nlp.add_pipe(f"scholar_{stage}")

    found = extraction(nlp("We propose FooNet. It is tested on MNIST."))

    assert [mention.text for mention in found.mentions] == ["FooNet", "MNIST"]


def test_stages_say_what_they_need_and_give():
    problems = staged(tagged=False).analyze_pipes()["problems"]

    assert {name: missing for name, missing in problems.items() if missing} == {}


def test_long_texts_take_linear_time(nlp):
    text = "We propose FooNet (FN), tested on MNIST with 3.5% better accuracy. " * 3000
    paper = Paper("long", "", text, verbatim=True)

    found = extraction(nlp(document(paper, nlp)), verbatim=True)

    assert len(found.sentences) == 3000
    assert len(found.results) == 3000


@pytest.mark.parametrize(
    "unit", ["(", "a", "A.", "((a", "1,", "et al. ", "A B ", "X and ", "5% by "]
)
def test_odd_texts_take_linear_time(nlp, unit):
    paper = Paper("odd", "", unit * (60_000 // len(unit)), verbatim=True)

    extraction(nlp(document(paper, nlp)), verbatim=True)


def test_the_package_imports_no_spacy():
    code = "import sys, scholargraph.extract as e; e.model_id(); sys.exit('spacy' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_rules_are_as_precise_as_they_say():
    paths = [SHARED / "data" / "ner" / "scier" / f"{part}.jsonl.gz" for part in ("train", "dev")]
    if not all(path.exists() for path in paths):
        pytest.skip("SciER is not beside this checkout")
    gazetteer = Gazetteer(name for name in names() if name.kind in ("dataset", "method"))
    right: dict[str, list[bool]] = defaultdict(list)
    for path in paths:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for record in map(json.loads, lines):
                text = record["text"]
                gold = {(s["start"], s["end"]): s["label"].lower() for s in record["spans"]}
                for start, end, name in gazetteer.find(text):
                    right[name.kind].append(gold.get((start, end)) == name.kind)
                for naming in namings(text, 0, len(text)):
                    right[naming.cue].append(gold.get(naming[:2]) == naming.kind)
                for form in definitions(text, 0, len(text)):
                    kind = definition_kind(text, 0, len(text), form)
                    if kind:
                        right["definition"].append(gold.get(form[:2]) == kind)
                        right["definition"].append(gold.get(form[2:]) == kind)

    for cue, answers in right.items():
        # A few more than the answers seen keep 24 of 24 from counting as certainty.
        measured = (sum(answers) + 1) / (len(answers) + 2)
        assert measured == pytest.approx(PRECISION[cue], abs=0.07), cue
