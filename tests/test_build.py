"""Papers and extractions as quads: the data model, fact by fact."""

from dataclasses import replace
from decimal import Decimal

import pytest
from corpus import CORPUS, MODEL, PROFILE, Marked
from pyoxigraph import Literal, NamedNode, Quad

from scholargraph.extract.mentions import Concept, Mention
from scholargraph.extract.papers import Author, Paper, SourceClaim
from scholargraph.graph import vocab as v
from scholargraph.graph.build import (
    Run,
    date_literal,
    paper_quads,
    profile_quads,
    run_iri,
    run_quads,
)
from scholargraph.graph.commit import record_hash
from scholargraph.graph.iris import DEFAULT_BASE, Iris

IRIS = Iris()
RUN = Run("page.txt", "a1" * 32, "profile", "0.1.0", MODEL, "2026-02-11")
RIVER = CORPUS[0]


def quads(marked: Marked, run: Run = RUN) -> set[Quad]:
    return set(paper_quads(*marked, run, IRIS, record_hash="0" * 32))


def about(found: set[Quad], iri: NamedNode | str) -> dict[str, set[str]]:
    """Predicates, by their last name, and their values; IRIs of resources without the base."""
    node = iri if isinstance(iri, NamedNode) else NamedNode(f"{DEFAULT_BASE}{iri}")
    values: dict[str, set[str]] = {}
    for quad in found:
        if quad.subject == node:
            name = quad.predicate.value.rpartition("/")[2].rpartition("#")[2]
            value = quad.object.value
            if not value.startswith(v.PREFIXES["sg"]):
                value = value.removeprefix(DEFAULT_BASE)
            values.setdefault(name, set()).add(value)
    return values


def test_a_paper_s_own_facts():
    facts = about(quads(RIVER), "paper/arxiv:2305.00001")

    assert facts == {
        "type": {v.ARTICLE.value, v.RESEARCH_PAPER.value},
        "title": {"RiverNet: Following Water in Radar Images"},
        "abstract": {RIVER[0].abstract},
        "identifier": {"river-1"},
        "issued": {"2023-05-17"},
        "hasArXivId": {"2305.00001"},
        "sameAs": {"https://arxiv.org/abs/2305.00001"},
        "publicationName": {"Workshop on Water"},
        "codeFlag": {"true"},
        "subject": {"category/cs.CV", "category/eess.IV"},
        "url": {"https://example.org/rivernet"},
        "codeRepository": {"https://example.org/code/rivernet"},
        "source": {"source/a1a1a1a1a1a1a1a1"},
        "recordHash": {"0" * 32},
        "creator": {"author/ada-lindqvist", "author/jose-garcia-marquez", "author/wei-chen"},
        "author": {"author/ada-lindqvist", "author/jose-garcia-marquez", "author/wei-chen"},
        "introduces": {"method/rivernet"},
        "usesMethod": {"method/rivernet", "method/convolutional-network", "method/u-net"},
        "usesDataset": {"dataset/deltasar"},
        "addressesTask": {"task/river-segmentation"},
        "reportsMetric": {"metric/miou"},
    }


def test_an_authorship_has_its_place_and_the_name_as_printed():
    facts = about(quads(RIVER), "paper/arxiv:2305.00001#author-2")

    assert facts == {
        "type": {v.AUTHORSHIP.value},
        "isPartOf": {"paper/arxiv:2305.00001"},
        "author": {"author/jose-garcia-marquez"},
        "nameAsGiven": {"José García-Márquez"},
        "position": {"2"},
    }


def test_an_author_whom_et_al_hides_has_no_position():
    marked = next(pair for pair in CORPUS if pair[0].truncated)
    subject = "paper/maps-from-many-hands-2020"
    found = quads(marked)

    assert about(found, f"{subject}#author-ada-lindqvist") == {
        "type": {v.AUTHORSHIP.value},
        "isPartOf": {subject},
        "author": {"author/ada-lindqvist"},
        "nameAsGiven": {"Ada Lindqvist"},
    }
    assert about(found, subject)["authorsTruncated"] == {"true"}


def test_two_authors_of_one_name_are_two_authorships():
    twins = replace(CORPUS[6][0], authors=(Author("Wei Zhang", 1), Author("Wei Zhang", 2)))

    found = quads((twins, CORPUS[6][1]))

    assert len({q.subject for q in found if q.predicate == v.OF_AUTHOR}) == 2


def test_a_mention_has_its_evidence():
    facts = about(quads(RIVER), "paper/arxiv:2305.00001#mention-abstract-71-92-method")

    assert facts == {
        "type": {v.MENTION.value, v.ANNOTATION.value},
        "isPartOf": {"paper/arxiv:2305.00001"},
        "concept": {"method/convolutional-network"},
        "inSentence": {"paper/arxiv:2305.00001#sentence-abstract-48-116"},
        "exact": {"convolutional network"},
        "start": {"71"},
        "end": {"92"},
        "confidence": {"0.95"},
        "conceptLabel": {"Convolutional Network"},
        "abbreviation": {"CNN"},
        "wasGeneratedBy": {run_iri(RUN, IRIS).value.removeprefix(DEFAULT_BASE)},
    }


@pytest.mark.parametrize("marked", CORPUS, ids=[paper.id for paper, _ in CORPUS])
def test_every_offset_points_at_its_text(marked):
    paper, extraction = marked
    fields = {"title": paper.title, "abstract": paper.abstract}
    found = quads(marked)
    nodes = {q.subject for q in found if q.predicate == v.EXACT}

    for node in nodes:
        facts = about(found, node)
        field = facts["inSentence"].pop().split("#sentence-")[1].split("-")[0]
        start, end = int(facts["start"].pop()), int(facts["end"].pop())
        assert {fields[field][start:end]} == facts["exact"]
    assert len(nodes) == len(extraction.mentions) + len(extraction.results)


@pytest.mark.parametrize("marked", CORPUS, ids=[paper.id for paper, _ in CORPUS])
def test_every_quad_is_about_the_paper_or_a_part_that_says_so(marked):
    found = quads(marked)
    subject = IRIS.paper(marked[0])
    parts = {q.subject for q in found if q.predicate == v.PART_OF and q.object == subject}

    assert {q.subject for q in found} == parts | {subject}
    assert all(part.value.startswith(f"{subject.value}#") for part in parts)


def test_only_sentences_with_evidence_are_kept():
    found = quads(RIVER)
    texts = {
        q.object.value for q in found if q.predicate == v.VALUE and "#sentence" in q.subject.value
    }

    assert len(texts) == 3
    assert "Finding rivers in radar images is slow by hand." not in texts


def test_a_relation_is_stated_with_its_evidence():
    facts = about(
        quads(RIVER),
        "paper/arxiv:2305.00001#relation-evaluatedOn-abstract-129-137-abstract-120-128",
    )

    assert facts["subject"] == {"method/rivernet"}
    assert facts["predicate"] == {v.RELATIONS["evaluatedOn"].value}
    assert facts["object"] == {"dataset/deltasar"}
    assert facts["confidence"] == {"0.95"}


def test_a_result_is_a_claim_with_its_parts():
    facts = about(quads(RIVER), "paper/arxiv:2305.00001#result-abstract-181-191")

    assert facts["type"] == {v.RESULT_CLAIM.value}
    assert (facts["value"], facts["unit"], facts["change"]) == ({"3.1"}, {"points"}, {"delta"})
    assert facts["method"] == {"method/rivernet"}
    assert facts["baseline"] == {"method/u-net"}
    assert "task" not in facts


def test_what_a_source_claims_says_who_and_when():
    facts = about(quads(RIVER), "paper/arxiv:2305.00001#claim-paper-score")

    assert facts == {
        "type": {v.SOURCE_CLAIM.value},
        "isPartOf": {"paper/arxiv:2305.00001"},
        "claimsAbout": {"paper/arxiv:2305.00001"},
        "measure": {"paper-score"},
        "value": {"87.5"},
        "source": {"source/a1a1a1a1a1a1a1a1"},
        "captured": {"2026-02-11"},
    }


def test_a_profile_claims_about_its_author():
    found = set(profile_quads(PROFILE, RUN, IRIS))

    assert about(found, "profile/ada-lindqvist")["mainEntity"] == {"author/ada-lindqvist"}
    assert about(found, "profile/ada-lindqvist#claim-novelty")["unit"] == {"percent"}
    assert about(found, "profile/ada-lindqvist#claim-novelty")["claimsAbout"] == {
        "author/ada-lindqvist"
    }


def test_a_run_names_file_software_and_model():
    found = set(run_quads(RUN, IRIS))
    run = next(q.subject for q in found if q.predicate == v.USED)

    assert about(found, run) == {
        "type": {v.ACTIVITY.value},
        "used": {"source/a1a1a1a1a1a1a1a1"},
        "softwareVersion": {"0.1.0"},
        "model": {MODEL},
    }
    assert about(found, "source/a1a1a1a1a1a1a1a1") == {
        "type": {v.ENTITY.value},
        "name": {"page.txt"},
        "sha256": {RUN.sha256},
        "format": {"profile"},
        "captured": {"2026-02-11"},
    }


def test_the_same_paper_gives_the_same_quads():
    assert quads(RIVER) == quads(RIVER)


@pytest.mark.parametrize(
    ("date", "datatype"),
    [("2022", "gYear"), ("2022-03", "gYearMonth"), ("2022-03-15", "date")],
)
def test_a_date_keeps_its_precision(date, datatype):
    assert date_literal(date) == Literal(date, datatype=v.term(f"xsd:{datatype}"))


@pytest.mark.parametrize(
    ("value", "kept"),
    [("84.20", "84.2"), ("100", "100"), ("1E+2", "100"), ("-0.0", "0"), ("-1.50", "-1.5")],
)
def test_decimals_are_spelled_as_the_store_keeps_them(empty_store, value, kept):
    claim = SourceClaim("paper-score", Decimal(value))
    found = quads((replace(RIVER[0], claims=(claim,)), RIVER[1]))
    with empty_store.writing() as writer:
        writer.apply([], found)

    with empty_store.snapshot() as snapshot:
        assert set(snapshot.quads()) == found
    assert about(found, "paper/arxiv:2305.00001#claim-paper-score")["value"] == {kept}


def test_an_address_that_is_no_iri_is_kept_as_text():
    found = quads(CORPUS[2])
    addresses = [q.object for q in found if q.predicate == v.URL]

    assert addresses == [Literal("https://example.org/tiny chef")]


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"ids": (("doi", "10.5555/A.B"), ("arxiv", "2305.00001"))}, "doi:10.5555/a.b"),
        ({"ids": (("arxiv", "cs/0112017"),)}, "arxiv:cs/0112017"),
        ({"ids": (), "date": None}, "rivernet-following-water-in-radar-images"),
        ({"ids": (), "title": "Ünïcode &  何?", "date": "2020-01"}, "unicode-何-2020"),
        ({"ids": (("doi", '10.1/<a>"b#c%'),)}, "doi:10.1/%3Ca%3E%22b%23c%25"),
    ],
)
def test_a_paper_s_iri_comes_from_what_identifies_it(changes, key):
    assert IRIS.paper(replace(RIVER[0], **changes)).value == f"{DEFAULT_BASE}paper/{key}"


def test_a_long_title_gives_a_short_iri_of_its_own():
    long = [replace(RIVER[0], ids=(), title="word " * 60 + end) for end in ("one", "two")]
    one, two = (IRIS.paper(paper).value for paper in long)

    assert one != two and len(one) < 170


@pytest.mark.parametrize("title", ["???", "\u200b", "🙂🙂", "﷽", "\ue000", "a\U000e0001b", "٣ ½ ²"])
def test_any_title_and_name_make_an_iri(title):
    paper = replace(RIVER[0], ids=(), title=title, authors=(Author(title, 1),))
    concept = Concept("method", title, title)
    mention = Mention("title", 0, len(title), title, "method", 0.5, concept, 0)
    extraction = replace(RIVER[1], mentions=(mention,), relations=(), results=(), introduces=())

    assert quads((paper, extraction))


def test_the_record_hash_follows_what_matters():
    paper = RIVER[0]
    claimless = replace(paper, claims=())
    other_day = replace(RUN, captured="2026-02-12")

    assert record_hash(paper, RUN) == record_hash(Paper(**_fields(paper)), replace(RUN, sha256="b"))
    assert record_hash(paper, RUN) != record_hash(paper, replace(RUN, model="other"))
    assert record_hash(paper, RUN) != record_hash(replace(paper, venue=None), RUN)
    assert record_hash(paper, RUN) != record_hash(paper, other_day)
    assert record_hash(claimless, RUN) == record_hash(claimless, other_day)


def _fields(paper: Paper) -> dict[str, object]:
    return {name: getattr(paper, name) for name in Paper.__dataclass_fields__}
