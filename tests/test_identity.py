"""Identifiers in the forms that sources write them, and the one form that is kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scholargraph.extract.sources import identity

S2 = "2d5673caa9e6af3a7b82a43f19ee920992db07ad"


@pytest.mark.parametrize(
    ("normal", "given", "kept"),
    [
        (
            identity.doi,
            "https://doi.org/10.18653/V1/2023.ACL-long.1",
            "10.18653/v1/2023.acl-long.1",
        ),
        (identity.doi, "doi: 10.1000.10/123", "10.1000.10/123"),
        (
            identity.doi,
            "https://doi.org/10.1000%2F(SICI)49%3C1::A%3E2-O",
            "10.1000/(sici)49<1::a>2-o",
        ),
        (identity.doi, "10.1000/50%41", "10.1000/50%41"),
        (identity.arxiv, "http://arxiv.org/abs/2203.07720v3", "2203.07720"),
        (identity.arxiv, "math.GT/0309136", "math/0309136"),
        (identity.arxiv, "https://arxiv.org/pdf/hep-th/9901001v1.pdf", "hep-th/9901001"),
        (identity.pmid, "https://pubmed.ncbi.nlm.nih.gov/29456894/", "29456894"),
        (identity.pmid, "http://www.ncbi.nlm.nih.gov/pubmed/29456894", "29456894"),
        (identity.pmid, "PMID: 0123", "123"),
        (identity.pmcid, "https://www.ncbi.nlm.nih.gov/pmc/articles/5815332", "PMC5815332"),
        (identity.pmcid, "https://pmc.ncbi.nlm.nih.gov/articles/PMC5815332/", "PMC5815332"),
        (identity.pmcid, "pmc5815332.2", "PMC5815332"),
        (identity.openalex, "https://openalex.org/W2741809807", "W2741809807"),
        (identity.openalex, "https://api.openalex.org/works/w12", "W12"),
        (identity.s2, S2.upper(), S2),
        (identity.s2, f"https://www.semanticscholar.org/paper/Owls-at-Night/{S2}", S2),
        (identity.s2, f"https://www.semanticscholar.org/paper/{S2}", S2),
        (identity.dblp, "journals/x/Turing50", "journals/x/Turing50"),
        (identity.dblp, "https://dblp.org/rec/conf/acl/Owl19.html", "conf/acl/Owl19"),
        (identity.dblp, "DBLP:journals/corr/abs-1706-03762", "journals/corr/abs-1706-03762"),
        (identity.isbn, "0-306-40615-2", "9780306406157"),
        (identity.isbn, "ISBN 978-3-16-148410-0", "9783161484100"),
        (identity.isbn, "080442957x", "9780804429573"),
        (identity.isbn, "http://id.crossref.org/isbn/9780306406157", "9780306406157"),
        (identity.orcid, "https://orcid.org/0000-0002-1825-0097", "0000-0002-1825-0097"),
    ],
)
def test_every_spelling_has_one_normal_form(normal, given, kept):
    assert normal(given) == kept
    assert normal(f"  {kept}\n") == kept


@pytest.mark.parametrize(
    ("normal", "given", "message"),
    [
        (identity.doi, "10.1/x", "no DOI; write"),
        (identity.doi, "10.1234/a\ud800", "no DOI"),
        (identity.doi, "10.1234/" + "9" * 1_001, "no DOI"),
        (identity.arxiv, "2203.1", "no arXiv identifier; write"),
        (identity.pmid, "0", "no PubMed identifier; write"),
        (identity.pmid, "PMC12", "no PubMed identifier"),
        (identity.pmcid, "article", "no PubMed Central identifier; write"),
        (identity.openalex, "https://openalex.org/A5048491430", "no OpenAlex work; write"),
        (identity.openalex, "W0", "no OpenAlex work"),
        (identity.s2, S2[1:], "no Semantic Scholar identifier; write its 40"),
        (identity.dblp, "Turing50", "no DBLP key; write"),
        (identity.isbn, "0-306-40615-3", "its check digit is wrong"),
        (identity.isbn, "978-3-16-148410-1", "its check digit is wrong"),
        (identity.isbn, "12345", "no ISBN; write"),
        (identity.orcid, "0000-0002-1825-0098", "its check digit is wrong"),
    ],
)
def test_what_is_no_identifier_says_what_one_looks_like(normal, given, message):
    with pytest.raises(ValueError, match=message):
        normal(given)


@pytest.mark.parametrize(
    ("doi", "arxiv"),
    [
        ("10.48550/arxiv.2203.07720", "2203.07720"),
        ("10.48550/arxiv.math/0309136", "math/0309136"),
        ("10.48550/arxiv.owls", None),
        ("10.1234/arxiv.2203.07720", None),
    ],
)
def test_a_doi_of_arxiv_holds_its_identifier(doi, arxiv):
    assert identity.arxiv_of_doi(doi) == arxiv


@given(st.text())
def test_any_text_is_normal_or_refused(text):
    for normal in (
        identity.doi,
        identity.arxiv,
        identity.pmid,
        identity.pmcid,
        identity.openalex,
        identity.s2,
        identity.dblp,
        identity.isbn,
        identity.orcid,
    ):
        try:
            kept = normal(text)
        except ValueError:
            continue
        assert normal(kept) == kept
