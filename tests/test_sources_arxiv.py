"""arXiv's answers: Atom of its API, OAI-PMH, and what it says instead of them."""

from pathlib import Path

import pytest
from damage import assert_readable, damaged
from hypothesis import given

from scholargraph.extract.papers import Author, Paper, Record
from scholargraph.extract.sources import read, recognise

SAMPLES = Path(__file__).parents[1].parent / "shared" / "data" / "samples" / "arxiv_atom"

FEED = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom"
      xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">
  <title type="html">arXiv Query: all:owls</title>
  <opensearch:totalResults>0</opensearch:totalResults>
{}</feed>
"""
ENTRY = """  <entry>
    <id>http://arxiv.org/abs/2203.07720v3</id>
    <updated>2023-01-02T00:00:00Z</updated>
    <published>2022-03-15T09:41:30Z</published>
    <title>Deep
      Owls with $k$ eyes</title>
    <summary>  Owls are \\textit{deep}: 5$^i$ &lt; 10.
    Code: https://github.com/owl/deep.
    </summary>
    <author><name>Ada M\u00fcller</name><arxiv:affiliation>Owl Lab</arxiv:affiliation></author>
    <author><name>Jos\u00c3\u00a9 L\u00c3\u00b3pez</name></author>
    <arxiv:comment>8 pages. See also github.com/owl/data</arxiv:comment>
    <arxiv:journal_ref>Owl Letters 3 (2022) 12-34</arxiv:journal_ref>
    <arxiv:doi>10.1000/OWL.1</arxiv:doi>
    <link href="http://arxiv.org/abs/2203.07720v3" rel="alternate" type="text/html"/>
    <arxiv:primary_category term="cs.CV" scheme="http://arxiv.org/schemas/atom"/>
    <category term="cs.LG" scheme="http://arxiv.org/schemas/atom"/>
    <category term="cs.CV" scheme="http://arxiv.org/schemas/atom"/>
    <category term="68T50 (Primary), 91F20" scheme="http://arxiv.org/schemas/atom"/>
  </entry>
"""
OAI = """<?xml version="1.0" encoding="UTF-8"?>
<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">
<request verb="ListRecords" metadataPrefix="arXiv">http://oaipmh.arxiv.org/oai</request>
<ListRecords>{}<resumptionToken>6|1001</resumptionToken></ListRecords>
</OAI-PMH>
"""
RECORD = """<record>
<header><identifier>oai:arXiv.org:math/0309136</identifier></header>
<metadata><arXiv xmlns="http://arxiv.org/OAI/arXiv/"><id>math/0309136</id>
<created>2003-09-08</created><updated>2004-01-01</updated>
<authors><author><keyname>M\u00fcller</keyname><forenames>Ada</forenames><suffix>Jr</suffix>
<affiliation>Owl Lab</affiliation></author></authors>
<title>Owls</title><categories>math.GT cs.CV</categories>
<comments>Withdrawn by the author</comments>
<journal-ref>Owl Letters</journal-ref><doi>10.1000/owl.2 10.1000/owl.3</doi>
<abstract>  Owls turn.
</abstract></arXiv></metadata></record>
"""


@pytest.fixture
def answer(tmp_path):
    def of(*parts: str, frame: str = FEED) -> list[Record]:
        path = tmp_path / "answer.xml"
        path.write_text(frame.replace("{}", "".join(parts)), encoding="utf-8")
        assert recognise(path) == "arxiv"
        return list(read(path))

    return of


def test_an_entry_becomes_a_paper(answer):
    assert answer(ENTRY) == [
        Paper(
            id="2203.07720",
            title="Deep Owls with k eyes",
            abstract="Owls are deep: 5^i < 10. Code: https://github.com/owl/deep.",
            authors=(
                Author("Ada Müller", 1, affiliations=("Owl Lab",)),
                Author("José López", 2),
            ),
            date="2022-03-15",
            venue="Owl Letters 3 (2022) 12-34",
            categories=("cs.CV", "cs.LG", "68T50", "91F20"),
            ids=(("arxiv", "2203.07720"), ("doi", "10.1000/owl.1")),
            urls=("https://arxiv.org/abs/2203.07720",),
            code=("https://github.com/owl/deep", "https://github.com/owl/data"),
            genre="preprint",
        )
    ]


def test_an_entry_may_have_no_more_than_an_id_and_a_title(answer):
    (paper,) = answer(
        "<entry><id>http://arxiv.org/abs/hep-th/9901001v1</id><title>O</title></entry>"
    )

    assert paper == Paper(
        id="hep-th/9901001",
        title="O",
        abstract="",
        ids=(("arxiv", "hep-th/9901001"),),
        urls=("https://arxiv.org/abs/hep-th/9901001",),
        genre="preprint",
    )


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("2203.07720v3", "owls", "is no arXiv identifier; write 2203.07720"),
        ("<title>Deep\n      Owls with $k$ eyes</title>", "", '"title" is blank'),
        ("Deep\n", "Deep " * 300, '"title" has'),
    ],
)
def test_an_entry_without_the_least_is_refused_with_its_line(answer, old, new, reason):
    refusal, paper = answer(ENTRY.replace(old, new), ENTRY)

    assert isinstance(paper, Paper)
    assert (refusal.line, reason in refusal.reason) == (6, True)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("2022-03-15T", "2022-02-30T", "published: February 30, 2022 does not exist"),
        ("10.1000/OWL.1", "owl.1", "doi: 'owl.1' is no DOI"),
    ],
)
def test_what_is_wrong_beside_that_is_left_out(answer, old, new, reason):
    paper, notice = answer(ENTRY.replace(old, new))

    assert isinstance(paper, Paper)
    assert notice.reason.startswith(reason)
    assert notice.reason.endswith("; the paper went in without it")


@pytest.mark.parametrize(
    ("part", "text", "withdrawn"),
    [
        ("summary", "This paper has been withdrawn by the author due to an error.", True),
        ("summary", "This submission has been withdrawn by arXiv administrators.", True),
        ("summary", "The article was retracted.", True),
        ("summary", "We study papers. This paper has been withdrawn is what they say.", False),
        ("arxiv:comment", "Withdrawn", True),
        ("arxiv:comment", "Paper withdrawn, see v1", True),
        ("arxiv:comment", "Supersedes a withdrawn paper", False),
    ],
)
def test_withdrawn_papers_are_marked(answer, part, text, withdrawn):
    start, end = ENTRY.index(f"<{part}>"), ENTRY.index(f"</{part}>")
    (paper,) = answer(f"{ENTRY[:start]}<{part}>{text}{ENTRY[end:]}")

    assert paper.withdrawn is withdrawn


def test_the_same_paper_in_two_versions_goes_in_once(answer):
    paper, refusal = answer(ENTRY, ENTRY.replace("v3", "v1"))

    assert isinstance(paper, Paper)
    assert refusal.line == 26
    assert refusal.reason == "2203.07720 stands on line 6 already; the first one was kept"


def test_a_thousand_authors_keep_their_order(answer):
    names = [f"Ada{n} Müller" for n in range(1_000)] + ["שרה כהן", "Nguyễn Thị Ánh"]
    people = "".join(f"<author><name>{name}</name></author>" for name in names)

    (paper,) = answer(ENTRY.replace("<author>", people + "<author>", 1))

    assert [author.name for author in paper.authors[:-2]] == names
    assert [author.position for author in paper.authors] == list(range(1, 1_005))


def test_an_error_is_told_in_arxivs_words(answer):
    error = (
        "<entry><id>https://arxiv.org/api/errors#incorrect_id_format_for_owl</id>"
        "<title>Error</title><summary>incorrect id format for owl</summary></entry>"
    )

    (refusal,) = answer(error)

    assert "an error: incorrect id format for owl; correct the request" in refusal.reason


def test_a_paper_may_be_called_error(answer):
    (paper,) = answer(ENTRY.replace("Deep\n      Owls with $k$ eyes", "Error"))

    assert paper.title == "Error"


def test_a_feed_without_entries_says_what_it_was_for(answer):
    (refusal,) = answer()

    assert "no papers; it is called 'arXiv Query: all:owls', of 0 results" in refusal.reason


@pytest.mark.parametrize("start", ["<!DOCTYPE html>\n", "", '<?xml version="1.0"?>\n\n'])
def test_a_web_page_instead_of_an_answer_says_what_it_says(tmp_path, start):
    path = tmp_path / "page"
    path.write_text(f"{start}<html><head><title>503 arXiv is\n busy</title></head></html>")

    assert recognise(path) == "arxiv"
    (refusal,) = read(path)
    assert "a web page, '503 arXiv is busy', where arXiv's answer should be" in refusal.reason


def test_oai_records_are_read_too(answer):
    assert answer(RECORD, frame=OAI) == [
        Paper(
            id="math/0309136",
            title="Owls",
            abstract="Owls turn.",
            authors=(Author("Ada Müller Jr", 1, affiliations=("Owl Lab",)),),
            date="2003-09-08",
            venue="Owl Letters",
            categories=("math.GT", "cs.CV"),
            ids=(("arxiv", "math/0309136"), ("doi", "10.1000/owl.2")),
            urls=("https://arxiv.org/abs/math/0309136",),
            genre="preprint",
            withdrawn=True,
        )
    ]


def test_oai_tells_what_is_deleted_and_what_is_wrong(answer):
    deleted = '<record><header status="deleted"/></record>'
    foreign = "<record><metadata><dc><title>x</title></dc></metadata></record>"

    (refusal,) = answer(deleted, foreign, frame=OAI)
    (error,) = answer(frame=OAI.replace("{}", '<error code="noRecordsMatch">none there</error>'))

    assert "ask with metadataPrefix=arXiv" in refusal.reason
    assert "arXiv answers noRecordsMatch: none there" in error.reason


@pytest.mark.skipif(not SAMPLES.exists(), reason="the recorded answers are not here")
def test_recorded_answers_are_read():
    found = {path.name.split("_s0")[0]: list(read(path)) for path in SAMPLES.iterdir()}

    assert [paper.id for paper in found["id_1605.08386"]] == ["1605.08386"]
    assert "incorrect id format for abc" in found["id_abc"][0].reason
    assert "of 0 results" in found["id_0000.0000"][0].reason
    ten = found["q_testing"]
    assert all(isinstance(paper, Paper) and paper.abstract and paper.date for paper in ten)
    assert len(ten) == 10
    assert "José Raúl Romero" in [author.name for author in ten[1].authors]


@given(damaged((FEED.replace("{}", ENTRY) + OAI.replace("{}", RECORD)).encode()))
def test_mutated_answers_raise_nothing(tmp_path_factory, content):
    assert_readable(tmp_path_factory.getbasetemp() / "arxiv.xml", content, "arxiv")
