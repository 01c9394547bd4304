"""PubMed's XML: articles, chapters, and what is missing or odd in them."""

import pytest
from damage import assert_readable, damaged
from hypothesis import given

from scholargraph.extract.papers import Author, Paper, Record, Reference
from scholargraph.extract.sources import read, recognise

SET = """<?xml version="1.0" ?>
<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN"
  "https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">
<PubmedArticleSet>
{}</PubmedArticleSet>
"""
DATE = "<PubDate><Year>2031</Year><Month>Mar</Month><Day>05</Day></PubDate>"
ABSTRACT = """<Abstract>
        <AbstractText Label="BACKGROUND">Owls see H<sub>2</sub>O.</AbstractText>
        <AbstractText Label="RESULTS">10<sup>3</sup> owls (<i>p</i> &lt; 0.05).</AbstractText>
        <CopyrightInformation>Owl Press</CopyrightInformation>
      </Abstract>"""
ARTICLE = f"""<PubmedArticle>
  <MedlineCitation Status="MEDLINE" Owner="NLM">
    <PMID Version="1">29456894</PMID>
    <Article PubModel="Print">
      <Journal>
        <ISSN IssnType="Print">0000-0000</ISSN>
        <JournalIssue CitedMedium="Print"><Volume>12</Volume><Issue>3</Issue>{DATE}</JournalIssue>
        <Title>The journal of owls</Title><ISOAbbreviation>J Owls</ISOAbbreviation>
      </Journal>
      <ArticleTitle>Owls at <i>10<sup>3</sup></i> m.</ArticleTitle>
      <Pagination><StartPage>101</StartPage><MedlinePgn>101-9</MedlinePgn></Pagination>
      <ELocationID EIdType="doi" ValidYN="Y">10.1000/OWL.1</ELocationID>
      {ABSTRACT}
      <AuthorList CompleteYN="Y">
        <Author ValidYN="Y"><LastName>M\u00fcller</LastName><ForeName>Ada B</ForeName>
          <Initials>AB</Initials><Suffix>Jr</Suffix>
          <Identifier Source="ORCID">http://orcid.org/0000000218250097</Identifier>
          <AffiliationInfo><Affiliation>Owl Lab, Nest.</Affiliation></AffiliationInfo>
          <AffiliationInfo><Affiliation>Moth Lab.</Affiliation></AffiliationInfo></Author>
        <Author ValidYN="N"><LastName>Wrong</LastName></Author>
        <Author ValidYN="Y"><LastName>Li</LastName><Initials>B</Initials></Author>
        <Author ValidYN="Y"><CollectiveName>The Owl Group</CollectiveName></Author>
      </AuthorList>
      <Language>eng</Language>
      <PublicationTypeList><PublicationType UI="D016428">Journal Article</PublicationType>
        <PublicationType UI="D016454">Review</PublicationType></PublicationTypeList>
    </Article>
    <MedlineJournalInfo><MedlineTA>J Owls</MedlineTA></MedlineJournalInfo>
    <CommentsCorrectionsList>
      <CommentsCorrections RefType="Cites"><RefSource>x</RefSource><PMID>77</PMID>
      </CommentsCorrections>
      <CommentsCorrections RefType="Cites"><RefSource>x</RefSource><PMID>99</PMID>
      </CommentsCorrections>
      <CommentsCorrections RefType="CommentIn"><RefSource>x</RefSource><PMID>66</PMID>
      </CommentsCorrections>
    </CommentsCorrectionsList>
    <MeshHeadingList>
      <MeshHeading><DescriptorName MajorTopicYN="Y">Strigiformes</DescriptorName></MeshHeading>
      <MeshHeading><DescriptorName MajorTopicYN="N" UI="D1">Flight</DescriptorName>
        <QualifierName MajorTopicYN="Y" UI="Q1">physiology</QualifierName></MeshHeading>
      <MeshHeading><DescriptorName MajorTopicYN="N" UI="D2">Animals</DescriptorName></MeshHeading>
    </MeshHeadingList>
  </MedlineCitation>
  <PubmedData>
    <ArticleIdList><ArticleId IdType="pubmed">29456894</ArticleId>
      <ArticleId IdType="pmc">PMC5815332</ArticleId><ArticleId IdType="pii">S1</ArticleId>
      <ArticleId IdType="doi">10.1000/owl.1</ArticleId></ArticleIdList>
    <ReferenceList>
      <Reference><Citation>Li B. Nests. J Owls. 2020;1:2-3.</Citation>
        <ArticleIdList><ArticleId IdType="pubmed">99</ArticleId>
          <ArticleId IdType="doi">10.1000/nest</ArticleId></ArticleIdList></Reference>
      <Reference><Citation>Li B. Eggs. 2019.</Citation></Reference>
    </ReferenceList>
  </PubmedData>
</PubmedArticle>
"""
CHAPTER = """<PubmedBookArticle><BookDocument>
  <PMID Version="1">20301295</PMID>
  <ArticleIdList><ArticleId IdType="bookaccession">NBK1</ArticleId></ArticleIdList>
  <Book><Publisher><PublisherName>Owl Press</PublisherName></Publisher>
    <BookTitle book="owls">The Book of Owls</BookTitle><PubDate><Year>1993</Year></PubDate>
    <AuthorList Type="editors"><Author><LastName>Ditor</LastName></Author></AuthorList></Book>
  <ArticleTitle book="owls" part="p1">Night</ArticleTitle>
  <AuthorList Type="authors"><Author><LastName>Li</LastName><ForeName>Bo</ForeName></Author>
  </AuthorList>
  <Abstract><AbstractText>Night is dark.</AbstractText></Abstract>
</BookDocument></PubmedBookArticle>
"""


@pytest.fixture
def articles(tmp_path):
    def of(*parts: str) -> list[Record]:
        path = tmp_path / "pubmed.xml"
        path.write_text(SET.replace("{}", "".join(parts)), encoding="utf-8")
        assert recognise(path) == "pubmed"
        return list(read(path))

    return of


def test_an_article_becomes_a_paper(articles):
    assert articles(ARTICLE) == [
        Paper(
            id="29456894",
            title="Owls at 10^3 m",
            abstract="BACKGROUND: Owls see H2O. RESULTS: 10^3 owls (p < 0.05).",
            authors=(
                Author(
                    "Ada B Müller Jr", 1, "0000-0002-1825-0097", ("Owl Lab, Nest.", "Moth Lab.")
                ),
                Author("B Li", 2),
                Author("The Owl Group", 3),
            ),
            date="2031-03-05",
            venue="The journal of owls",
            categories=("Strigiformes", "Flight"),
            ids=(("pmid", "29456894"), ("pmcid", "PMC5815332"), ("doi", "10.1000/owl.1")),
            urls=("https://pubmed.ncbi.nlm.nih.gov/29456894/",),
            genre="review",
            volume="12",
            issue="3",
            pages="101-109",
            references=(
                Reference((("pmid", "99"), ("doi", "10.1000/nest")), year="2020"),
                Reference(title="Li B. Eggs. 2019.", year="2019"),
                Reference((("pmid", "77"),)),
            ),
        )
    ]


def test_a_chapter_stands_in_its_book(articles):
    assert articles(CHAPTER) == [
        Paper(
            id="20301295",
            title="Night",
            abstract="Night is dark.",
            authors=(Author("Bo Li", 1),),
            date="1993",
            venue="The Book of Owls",
            ids=(("pmid", "20301295"),),
            urls=("https://pubmed.ncbi.nlm.nih.gov/20301295/",),
            genre="chapter",
            publisher="Owl Press",
        )
    ]


def test_a_whole_book_has_its_own_title(articles):
    (book,) = articles(
        CHAPTER.replace('<ArticleTitle book="owls" part="p1">Night</ArticleTitle>', "")
    )

    assert (book.title, book.genre, book.venue) == ("The Book of Owls", "book", None)


@pytest.mark.parametrize(
    ("printed", "date"),
    [
        ("<Year>2031</Year>", "2031"),
        ("<Year>2031</Year><Month>12</Month>", "2031-12"),
        ("<Year>2031</Year><Month>Dec</Month><Day>3</Day>", "2031-12-03"),
        ("<Year>2031</Year><Season>Spring</Season>", "2031"),
        ("<MedlineDate>2030 Dec-2031 Jan</MedlineDate>", "2030-12"),
        ("<MedlineDate>2031 Winter</MedlineDate>", "2031"),
        ("<MedlineDate>2031-2032</MedlineDate>", "2031"),
        ("", None),
    ],
)
def test_dates_are_read_as_far_as_they_are_sure(articles, printed, date):
    (paper,) = articles(ARTICLE.replace(DATE, f"<PubDate>{printed}</PubDate>"))

    assert paper.date == date


def test_a_wrong_date_is_left_out(articles):
    paper, notice = articles(
        ARTICLE.replace("<Month>Mar</Month><Day>05", "<Month>Feb</Month><Day>30")
    )

    assert paper.date is None
    assert notice.reason.startswith("PubDate: February 30, 2031 does not exist")


@pytest.mark.parametrize(
    ("printed", "vernacular", "title"),
    [
        ("[Owls in the night].", "Eulen in der Nacht.", "Owls in the night"),
        ("[Not Available].", "Eulen in der Nacht.", "Eulen in der Nacht"),
        ("", "Eulen in der Nacht.", "Eulen in der Nacht"),
        ("[Owls] and [moths].", "", "[Owls] and [moths]"),
        ("Do owls fly?", "", "Do owls fly?"),
        ("Owls and so on...", "", "Owls and so on..."),
        ("OWLS AT NIGHT.", "", "OWLS AT NIGHT"),
    ],
)
def test_titles_lose_what_pubmed_puts_around_them(articles, printed, vernacular, title):
    article = ARTICLE.replace("Owls at <i>10<sup>3</sup></i> m.", printed)
    if vernacular:
        added = f"<VernacularTitle>{vernacular}</VernacularTitle></Article>"
        article = article.replace("</Article>", added, 1)

    (paper,) = articles(article)

    assert paper.title == title


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('RefType="CommentIn"', 'RefType="RetractionIn"'),
        (">Journal Article<", ">Retracted Publication<"),
        ("<ArticleTitle>", "<ArticleTitle>RETRACTED: "),
    ],
)
def test_retracted_articles_are_marked(articles, old, new):
    (paper,) = articles(ARTICLE.replace(old, new))

    assert paper.withdrawn


def test_an_incomplete_list_of_authors_is_marked(articles):
    (paper,) = articles(ARTICLE.replace('CompleteYN="Y"', 'CompleteYN="N"'))

    assert paper.truncated


@pytest.mark.parametrize(
    ("other", "abstract"),
    [
        ("", ""),
        ('<OtherAbstract Type="Publisher" Language="ger"><AbstractText>E</AbstractText>', ""),
        ('<OtherAbstract Type="Publisher"><AbstractText>Owls.</AbstractText>', "Owls."),
    ],
)
def test_an_article_may_have_no_abstract_or_another(articles, other, abstract):
    closed = f"{other}</OtherAbstract>" if other else ""
    article = ARTICLE.replace(ABSTRACT, "").replace(
        "</MedlineCitation>", f"{closed}</MedlineCitation>"
    )

    (paper,) = articles(article)

    assert paper.abstract == abstract


@pytest.mark.parametrize(
    ("printed", "pages"),
    [("101-9", "101-109"), ("1223-32", "1223-1232"), ("98-103", "98-103"), ("e12", "e12"),
     ("5", "5"), ("S1-4; quiz S5", "S1-4; quiz S5")],
)  # fmt: skip
def test_pages_are_written_in_full(articles, printed, pages):
    (paper,) = articles(ARTICLE.replace(">101-9<", f">{printed}<"))

    assert paper.pages == pages


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (">29456894</PMID>", "></PMID>", "is no PubMed identifier"),
        ("Owls at <i>10<sup>3</sup></i> m.", "", '"title" is blank'),
        ("MedlineCitation", "Citation", "no MedlineCitation with an Article"),
    ],
)
def test_an_article_without_the_least_is_refused_with_its_line(articles, old, new, reason):
    refusal, paper = articles(ARTICLE.replace(old, new), CHAPTER)

    assert isinstance(paper, Paper)
    assert refusal.line == 5
    assert reason in refusal.reason


def test_a_malformed_identifier_is_left_out(articles):
    article = ARTICLE.replace("0000000218250097", "0000-0002-1825-0098").replace("10.1000/", "x/")

    paper, *notices = articles(article)

    assert dict(paper.ids) == {"pmid": "29456894", "pmcid": "PMC5815332"}
    assert paper.authors[0].orcid is None
    assert [notice.reason.partition(":")[0] for notice in notices] == [
        "the ORCID iD of Ada B Müller Jr",
        "ArticleId of type doi",
        "ELocationID",
    ]


def test_citations_of_the_old_baseline_stand_alone(tmp_path):
    citation = ARTICLE[ARTICLE.index("<MedlineCitation") : ARTICLE.index("<PubmedData>")]
    path = tmp_path / "medline.xml"
    path.write_text(f"<MedlineCitationSet>{citation}</MedlineCitationSet>")

    (paper,) = read(path)

    assert dict(paper.ids) == {"pmid": "29456894", "doi": "10.1000/owl.1"}


def test_errors_and_empty_sets_say_so(articles, tmp_path):
    (refusal,) = articles()
    error = tmp_path / "error.xml"
    error.write_text("<eFetchResult><ERROR>no such id</ERROR></eFetchResult>")

    (told,) = read(error, format="pubmed")

    assert refusal.reason.startswith("PubMed's answer holds no articles")
    assert "PubMed answers with an error: no such id" in told.reason


@given(damaged(SET.replace("{}", ARTICLE + CHAPTER).encode()))
def test_mutated_sets_raise_nothing(tmp_path_factory, content):
    assert_readable(tmp_path_factory.getbasetemp() / "pubmed.xml", content, "pubmed")
