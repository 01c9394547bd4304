import pytest
import spacy
from spacy.language import Language

from scholargraph.extract import Paper
from scholargraph.extract.pipeline import document, extraction, register

NAMES = {
    "method": ["CNN", "BERT", "GAN", "attention module", "LSTM", "ARTNs"],
    "task": ["image captioning", "test-time adaptation", "parsing"],
    "dataset": ["ImageNet", "speech corpus", "GrowOVER-QA", "GrowOVER-Dialogue"],
}


@pytest.fixture(scope="module")
def nlp() -> Language:
    register()
    nlp = spacy.blank(
        "en", config={"nlp": {"tokenizer": {"@tokenizers": "scholargraph.Tokenizer.v1"}}}
    )
    nlp.add_pipe("scholar_sentences")
    ruler = nlp.add_pipe("span_ruler", config={"spans_key": "mentions"})
    ruler.add_patterns(
        [{"label": kind, "pattern": name} for kind, names in NAMES.items() for name in names]
    )
    for name in ("abbreviations", "patterns", "linker", "introduces"):
        nlp.add_pipe(f"scholar_{name}")
    return nlp


def introduced(nlp: Language, abstract: str, title: str = "A study") -> list[tuple[str, str]]:
    found = extraction(nlp(document(Paper("1", title, abstract), nlp)))
    concepts = (found.mentions[index].concept for index in found.introduces)
    return [(concept.kind, concept.label) for concept in concepts]


@pytest.mark.parametrize(
    ("abstract", "expected"),
    [
        (
            "We propose a novel Hierarchical Geometry Learning (HGL) framework.",
            ("method", "Hierarchical Geometry Learning"),
        ),
        ("In this paper, we present EntropyPrune, a novel tool.", ("method", "EntropyPrune")),
        ("We propose a GAN variant called virtual conditional GAN (vcGAN).",
         ("method", "virtual conditional GAN")),
        ("Therefore, the decoupling prototypical network (DProtoNet) was proposed.",
         ("method", "decoupling prototypical network")),
        ("Our method, termed as AdaTreeFormer, has one encoder.", ("method", "AdaTreeFormer")),
        ("Moreover, a new cross-domain few-shot triple extraction task is introduced.",
         ("task", "cross-domain few-shot triple extraction")),
        ("We release TinyTrees, a dataset of trees.", ("dataset", "TinyTrees")),
        ("This paper introduces a parallel dataset, SHADES, for stereotypes.",
         ("dataset", "SHADES")),
        ("Hierarchical dynamic masks (HDM), a novel map generation method, is proposed here.",
         ("method", "Hierarchical dynamic masks")),
        ("We propose an adaptive routing algorithm that is fast.",
         ("method", "adaptive routing algorithm")),
        ("We build a space and propose a Visual Semantic Decouple Framework that works.",
         ("method", "Visual Semantic Decouple Framework")),
    ],
)  # fmt: skip
def test_a_proposal_is_introduced(nlp, abstract, expected):
    assert introduced(nlp, abstract) == [expected]


@pytest.mark.parametrize(
    "abstract",
    [
        "We propose a BERT-based approach.",
        "We propose an image captioning model.",
        "Recently, test-time adaptation (TTA) has been introduced.",
        "BERT was introduced by Devlin et al.",
        "We use a CNN and present experiments on ImageNet.",
        "We introduce a new speech corpus.",
        "We propose to train an LSTM.",
        "",
    ],
)
def test_what_others_made_is_not_introduced(nlp, abstract):
    assert introduced(nlp, abstract) == []


def test_a_name_before_the_titles_colon_is_introduced(nlp):
    assert introduced(nlp, "It prunes.", "EntropyPrune: Entropy Guided Pruning") == [
        ("method", "EntropyPrune")
    ]


def test_title_and_abstract_agree_on_the_kind(nlp):
    found = introduced(nlp, "We release TreeBank5, a novel dataset.", "TreeBank5: Trees for All")

    assert found == [("dataset", "TreeBank5")]


@pytest.mark.parametrize("title", ["CNNs: A Survey", "BERT or not?", "Task 3 at SemEval: Notes"])
def test_other_titles_introduce_nothing(nlp, title):
    assert introduced(nlp, "We look at it.", title) == []


def test_several_named_things_are_introduced(nlp):
    found = introduced(nlp, "We propose GrowOVER-QA and GrowOVER-Dialogue, two new benchmarks.")

    assert [label for _, label in found] == ["GrowOVER-QA", "GrowOVER-Dialogue"]


def test_nameless_parts_of_a_named_method_are_left_out(nlp):
    found = introduced(
        nlp, "We propose FastNet. Furthermore, we introduce a temporal consistency regularization."
    )

    assert found == [("method", "FastNet")]
