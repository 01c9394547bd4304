"""The ACL Anthology's XML, of today and of before 2019."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from damage import assert_readable, damaged
from hypothesis import given

from scholargraph.extract.papers import Author, Paper, Record
from scholargraph.extract.sources import SourceError, read, recognise

SAMPLE = Path(__file__).parents[1].parent / "shared/data/samples/acl_anthology_xml/2020.sdp.xml"

COLLECTION = """<?xml version='1.0' encoding='UTF-8'?>
<collection id="2031.owl">
  <volume id="main" ingest-date="2031-07-01" type="proceedings">
    <meta>
      <booktitle>Proceedings of the <fixed-case>OWL</fixed-case> Meeting</booktitle>
      <editor><first>Eve</first><last>Ditor</last></editor>
      <publisher>Owl Society</publisher>
      <month>July</month>
      <year>2031</year>
      <url hash="00000000">2031.owl-main</url>
    </meta>
    <frontmatter><url hash="00000001">2031.owl-main.0</url></frontmatter>
{}  </volume>
</collection>
"""
PAPER = """    <paper id="7">
      <title>Deep <fixed-case>O</fixed-case>wls in <tex-math>5^i</tex-math> <i>Nests</i></title>
      <author id="ada-muller" orcid="0000-0002-1825-0097"><first>Ada</first><last>M\u00fcller</last>
        <affiliation>Owl Lab</affiliation>
        <variant script="hani"><last>\u7a46</last></variant></author>
      <author><last>Plato</last></author>
      <author><first>Tel\u0301ma</first><last>\u05db\u05d4\u05df</last></author>
      <pages>12\u201334</pages>
      <abstract>Owls <b>see</b> <tex-math>\\alpha &lt; 5</tex-math>. Code:
        <url>https://github.com/owl/deep</url>.</abstract>
      <url hash="00000002">2031.owl-main.7</url>
      <doi>10.1000/2031.OWL-main.7</doi>
      <pwccode url="https://github.com/owl/nest" additional="false">owl/nest</pwccode>
      <bibkey>muller-etal-2031-deep</bibkey>
    </paper>
"""


@pytest.fixture
def volume(tmp_path):
    def of(*papers: str, frame: str = COLLECTION) -> list[Record]:
        path = tmp_path / "volume.xml"
        path.write_text(frame.replace("{}", "".join(papers)), encoding="utf-8")
        assert recognise(path) == "acl"
        return list(read(path))

    return of


def test_a_paper_takes_from_its_volume_what_it_does_not_say(volume):
    assert volume(PAPER) == [
        Paper(
            id="2031.owl-main.7",
            title="Deep Owls in 5^i Nests",
            abstract="Owls see α < 5. Code: https://github.com/owl/deep.",
            authors=(
                Author("Ada Müller", 1, "0000-0002-1825-0097", ("Owl Lab",)),
                Author("Plato", 2),
                Author("Tel\u0301ma כהן", 3),
            ),
            date="2031-07",
            venue="Proceedings of the OWL Meeting",
            ids=(("acl", "2031.owl-main.7"), ("doi", "10.1000/2031.owl-main.7")),
            urls=("https://aclanthology.org/2031.owl-main.7/",),
            code=("https://github.com/owl/nest", "https://github.com/owl/deep"),
            genre="conference-paper",
            pages="12-34",
            publisher="Owl Society",
        )
    ]


def test_a_journal_names_itself_its_volume_and_its_issue(volume):
    frame = COLLECTION.replace('type="proceedings"', 'type="journal"').replace(
        "<month>",
        "<journal-title>Owl Letters</journal-title><journal-volume>3</journal-volume>"
        "<journal-issue>2</journal-issue><month>",
    )

    (paper,) = volume(PAPER, frame=frame)

    assert (paper.genre, paper.venue, paper.volume, paper.issue) == (
        "article",
        "Owl Letters",
        "3",
        "2",
    )


def test_a_paper_of_an_old_journal_says_so_itself(volume):
    paper = PAPER.replace("<pages>", "<journal>Owl Letters</journal><volume>9</volume><pages>")

    (found,) = volume(paper, frame=COLLECTION.replace("2031.owl", "J31").replace('"main"', '"1"'))

    assert (found.id, found.genre, found.venue, found.volume) == (
        "J31-1007",
        "article",
        "Owl Letters",
        "9",
    )


@pytest.mark.parametrize(
    ("collection", "volume_id", "paper", "identifier"),
    [
        ("2020.acl", "main", "703", "2020.acl-main.703"),
        ("2022.naacl", "1", "1", "2022.naacl-1.1"),
        ("P18", "1", "1", "P18-1001"),
        ("N19", "1", "423", "N19-1423"),
        ("W18", "63", "10", "W18-6310"),
        ("W00", "3", "2", "W00-0302"),
        ("D19", "1", "1", "D19-1001"),
        ("D19", "57", "2", "D19-5702"),
        ("C69", "1", "2", "C69-0102"),
    ],
)
def test_identifiers_are_formed_as_the_anthology_forms_them(
    volume, collection, volume_id, paper, identifier
):
    frame = COLLECTION.replace("2031.owl", collection).replace('"main"', f'"{volume_id}"')

    (found,) = volume(PAPER.replace('id="7"', f'id="{paper}"'), frame=frame)

    assert found.id == identifier
    assert found.urls == (f"https://aclanthology.org/{identifier}/",)


def test_a_volume_of_before_2019_has_no_collection_around_it(volume):
    frame = '<?xml version="1.0"?>\n<volume id="P18">{}</volume>'
    front = '<paper id="1000"><title>Proceedings</title></paper>'
    papers = volume(front, PAPER.replace('id="7"', 'id="1007"'), frame=frame)

    assert [paper.id for paper in papers] == ["P18-1007"]
    assert papers[0].venue is None


def test_volumes_do_not_lend_each_other_what_they_say(volume):
    other = PAPER.replace('id="7"', 'id="8"').replace("10.1000/2031.OWL-main.7", "10.1000/8")
    between = "  </volume>\n<volume id='short'>"

    first, second = volume(PAPER, between, other)

    assert first.venue == "Proceedings of the OWL Meeting"
    assert (second.id, second.venue, second.date) == ("2031.owl-short.8", None, None)


@pytest.mark.parametrize("mark", ["<retracted date='2031-08-01'>wrong</retracted>", "<removed/>"])
def test_retracted_and_removed_papers_are_marked(volume, mark):
    (paper,) = volume(PAPER.replace("<pages>", f"{mark}<pages>"))

    assert paper.withdrawn


@pytest.mark.parametrize(
    ("month", "date"),
    [
        ("July", "2031-07"),
        ("July 5", "2031-07-05"),
        ("July–August", "2031-07"),
        ("2-7 August", "2031-08"),
        ("Spring", "2031"),
        ("", "2031"),
    ],
)
def test_months_are_read_as_far_as_they_are_sure(volume, month, date):
    (paper,) = volume(PAPER, frame=COLLECTION.replace("July<", f"{month}<"))

    assert paper.date == date


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('id="7"', "", "the paper has no id, or its volume has none"),
        ('id="7"', 'id="7/../x"', "the paper has no id, or its volume has none"),
        ("title>", "heading>", '"title" is blank'),
    ],
)
def test_a_paper_without_the_least_is_refused_with_its_line(volume, old, new, reason):
    refusal, paper = volume(PAPER.replace(old, new), PAPER)

    assert isinstance(paper, Paper)
    assert refusal.line == 13
    assert reason in refusal.reason


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("10.1000/2031", "2031", "doi: '2031.OWL-main.7' is no DOI"),
        ("1825-0097", "1825-0098", "the ORCID iD of Ada Müller: 0000-0002-1825-0098 is no ORCID"),
    ],
)
def test_what_is_wrong_beside_that_is_left_out(volume, old, new, reason):
    paper, notice = volume(PAPER.replace(old, new))

    assert isinstance(paper, Paper)
    assert notice.reason.startswith(reason)


def test_a_paper_that_stands_twice_goes_in_once(volume):
    paper, refusal = volume(PAPER, PAPER)

    assert paper.id == "2031.owl-main.7"
    assert "stands on line 13 already" in refusal.reason


def test_a_volume_without_papers_says_so(volume):
    (refusal,) = volume()

    assert refusal.reason.startswith("the volume holds no papers")


def test_other_collections_are_not_the_anthologys(tmp_path):
    path = tmp_path / "marc.xml"
    path.write_text('<collection id="books"><record/></collection>')

    with pytest.raises(SourceError, match="not a format known here"):
        recognise(path)


@pytest.mark.skipif(not SAMPLE.exists(), reason="the volume is not here")
def test_a_real_volume_is_read_whole():
    said = ET.parse(SAMPLE).getroot().findall("volume/paper")

    found = list(read(SAMPLE))

    assert [paper.id for paper in found] == [f"2020.sdp-1.{p.get('id')}" for p in said]
    assert [dict(paper.ids)["doi"] for paper in found] == [p.findtext("doi") for p in said]
    assert [len(paper.authors) for paper in found] == [len(p.findall("author")) for p in said]
    assert [paper.pages.replace("-", "–") for paper in found] == [p.findtext("pages") for p in said]
    assert [bool(paper.abstract) for paper in found] == [
        p.find("abstract") is not None for p in said
    ]
    assert {paper.date for paper in found} == {"2020-11"}


@given(damaged(COLLECTION.replace("{}", PAPER).encode()))
def test_mutated_volumes_raise_nothing(tmp_path_factory, content):
    assert_readable(tmp_path_factory.getbasetemp() / "acl.xml", content, "acl")
