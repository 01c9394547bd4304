"""An author's profile page: what is read, and what a page that is not whole says."""

import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scholargraph.extract.papers import Author, Paper, Profile, Record, Refusal, SourceClaim
from scholargraph.extract.sources import SourceError, read, recognise

CAPTURED = datetime.date(2026, 5, 1)
SEED = Path(__file__).parents[1].parent / "shared" / "seed"

HEAD = "Ada Müller\n\nCV\nh-index17\n3papers\n1,292citations\nNovelty54%\nAI Score60\n\n3 Papers\n"
FIRST = (
    "\nCVMar 15, 2022Code\nPatch Voting for Moths\n\nBo Li, Cy Oz, Di Wu et al. · moth-lab\n\n"
    "We reach 80\\% accuracy, \\textit{e.g.}, on owls. Code: \\url{https://github.com/moth/vote}.\n"
)
SECOND = "\n49.3IVApr 10\nDeep Owls\n\nBo Li, ada muller\n\nOwls are deep. We dig.\n"
THIRD = "\nCLDec 8\nQuiet Words\n\nAda Müller\n\nWords are quiet.\n"
PAGE = HEAD + FIRST + SECOND + THIRD


@pytest.fixture
def records(tmp_path):
    def of(content: str | bytes, captured: datetime.date = CAPTURED) -> list[Record]:
        path = tmp_path / "page"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return list(read(path, captured=captured))

    return of


def papers(records: list[Record]) -> list[Paper]:
    return [record for record in records if isinstance(record, Paper)]


def refusals(records: list[Record]) -> list[tuple[int | None, str]]:
    return [(record.line, record.reason) for record in records if isinstance(record, Refusal)]


def test_the_head_becomes_a_profile(records):
    profile = records(PAGE)[0]

    assert profile == Profile(
        "Ada Müller",
        "2026-05-01",
        ("cs.CV",),
        (
            SourceClaim("h-index", Decimal(17)),
            SourceClaim("papers", Decimal(3)),
            SourceClaim("citations", Decimal(1292)),
            SourceClaim("novelty", Decimal(54), "percent"),
            SourceClaim("ai-score", Decimal(60)),
        ),
    )


def test_an_entry_becomes_a_paper(records):
    paper = papers(records(PAGE))[0]

    assert paper == Paper(
        id="patch-voting-for-moths-2022",
        title="Patch Voting for Moths",
        abstract="We reach 80% accuracy, e.g., on owls. Code: https://github.com/moth/vote.",
        authors=(
            Author("Bo Li", 1),
            Author("Cy Oz", 2),
            Author("Di Wu", 3),
            Author("Ada Müller", None),
        ),
        truncated=True,
        date="2022-03-15",
        categories=("cs.CV",),
        code=("https://github.com/moth/vote",),
        code_flag=True,
        affiliations=("moth-lab",),
    )


def test_the_score_before_the_category_is_a_claim(records):
    paper = papers(records(PAGE))[1]

    assert (paper.claims, paper.categories) == (
        (SourceClaim("paper-score", Decimal("49.3")),),
        ("eess.IV",),
    )


@pytest.mark.parametrize("spelling", ["ada muller", "ADA MÜLLER", "Müller Ada", "A. Müller"])
def test_the_profile_author_is_one_person_in_any_spelling(records, spelling):
    page = HEAD + FIRST + SECOND.replace("ada muller", spelling) + THIRD

    assert papers(records(page))[1].authors == (Author("Bo Li", 1), Author("Ada Müller", 2))


def test_an_author_missing_from_a_full_list_is_still_linked(records):
    page = HEAD + FIRST + SECOND.replace(", ada muller", ", Eve Ng") + THIRD

    paper = papers(records(page))[1]

    assert paper.authors == (Author("Bo Li", 1), Author("Eve Ng", 2), Author("Ada Müller", None))
    assert not paper.truncated


@pytest.mark.parametrize(
    ("captured", "dates"),
    [
        (datetime.date(2026, 5, 1), ["2022-03-15", "2026-04-10", "2025-12-08"]),
        (datetime.date(2026, 4, 9), ["2022-03-15", "2025-04-10", "2025-12-08"]),
        (datetime.date(2026, 12, 8), ["2022-03-15", "2026-04-10", "2026-12-08"]),
    ],
)
def test_a_date_without_year_lies_in_the_year_up_to_the_capture(records, captured, dates):
    assert [paper.date for paper in papers(records(PAGE, captured))] == dates


@pytest.mark.parametrize(
    "rewrite",
    [
        lambda page: "\ufeff" + page,
        lambda page: page.replace("\n", "\r\n"),
        lambda page: page.replace("\n", "\r"),
        lambda page: page.replace("\n\n", "\n\n\n \n\n"),
        lambda page: page.replace("\n\n", "\n"),
        lambda page: page.replace(" ", "\u00a0"),
        lambda page: "\n\n" + page,
        lambda page: page.rstrip("\n"),
        lambda page: page.replace("h-index17\n", "").replace("AI Score60\n", ""),
        lambda page: page.replace("1,292citations", "1.2K citations"),
        lambda page: page.replace("CVMar", "CV Mar").replace("2022Code", "2022 Code"),
    ],
)
def test_layout_changes_no_paper(records, rewrite):
    assert papers(records(rewrite(PAGE))) == papers(records(PAGE))


def test_a_scaled_figure_is_multiplied(records):
    profile = records(PAGE.replace("1,292citations", "1.2Kcitations"))[0]

    assert SourceClaim("citations", Decimal(1200)) in profile.claims


@pytest.mark.parametrize(
    "title", ["CVMar 15, 2022Code", "Code", "The World on Mar 15, 2022", "27 Papers", "h-index17"]
)
def test_a_title_may_look_like_anything(records, title):
    found = papers(records(PAGE.replace("Deep Owls", title)))

    assert [paper.title for paper in found] == ["Patch Voting for Moths", title, "Quiet Words"]


def test_an_abstract_of_several_paragraphs_is_one_text(records):
    page = PAGE.replace("Owls are deep. We dig.", "Owls are deep.\n\nWe dig,\nand find.")

    assert papers(records(page))[1].abstract == "Owls are deep. We dig, and find."


def test_two_category_codes_without_space_are_two(records):
    paper = papers(records(PAGE.replace("49.3IVApr", "49.3IVLGApr")))[1]

    assert paper.categories == ("eess.IV", "cs.LG")


@pytest.mark.parametrize("code", ["cs.CV", "q-bio.NC", "quant-ph"])
def test_a_full_category_name_is_kept(records, code):
    assert papers(records(PAGE.replace("49.3IVApr", f"{code}Apr")))[1].categories == (code,)


@pytest.mark.parametrize("rest", ["", SECOND])
def test_a_line_that_begins_no_paper_is_reported(records, tmp_path, rest):
    page = HEAD + "\n★ Mar 15\nTitle\n\nBo Li\n\nOwls.\n" + rest
    reason = "'★ Mar 15' is not how a paper begins; that is a line such as 'CVMar 15, 2022'"

    if rest:
        assert (12, reason) in refusals(records(page))
    else:
        with pytest.raises(SourceError, match=f"page:12: {reason}"):
            records(page)


def test_an_unknown_category_code_stays_as_it_is(records):
    assert papers(records(PAGE.replace("IVApr", "QQApr")))[1].categories == ("QQ",)


def test_an_author_without_papers_has_a_profile(records):
    assert records("Ada Müller\n\nCV\nh-index0\n0papers\n\n0 Papers\n") == [
        Profile(
            "Ada Müller",
            "2026-05-01",
            ("cs.CV",),
            (SourceClaim("h-index", Decimal(0)), SourceClaim("papers", Decimal(0))),
        )
    ]


@pytest.mark.parametrize(
    ("page", "line", "reason"),
    [
        (PAGE.replace("Apr 10", "Feb 30, 2021"), 19, "February 30, 2021 does not exist"),
        (PAGE.replace("Apr 10", "Foo 10, 2021"), 19, "there is no month 'Foo'"),
        (PAGE.replace("\n\nOwls are deep. We dig.", ""), 19, "'Deep Owls' has no abstract"),
        (
            PAGE.replace("Deep Owls\n\nBo Li, ada muller\n\nOwls are deep. We dig.\n", ""),
            19,
            "title",
        ),
        (PAGE.replace("Deep Owls\n\nBo Li,", "Bo Li et al.\n\n"), 19, "no title"),
        (PAGE.replace("Owls are deep", "Owls " * 30_000), 19, "at most 100,000"),
    ],
)
def test_an_entry_that_is_not_whole_is_refused_and_the_rest_goes_in(records, page, line, reason):
    found = records(page)

    assert [paper.title for paper in papers(found)] == ["Patch Voting for Moths", "Quiet Words"]
    assert [(place, reason in said) for place, said in refusals(found)] == [(line, True)]


def test_the_same_paper_twice_is_read_once(records):
    found = records(PAGE.replace("3 Papers", "4 Papers") + FIRST)

    assert len(papers(found)) == 3
    assert refusals(found) == [(33, "the same paper stands on line 12; one was kept")]


@pytest.mark.parametrize("cut", range(1, len(THIRD) - 1))
def test_a_page_cut_anywhere_says_so_and_keeps_whole_entries(records, cut):
    """From just after the second entry to the last letter before the end of the third."""
    found = records((HEAD + FIRST + SECOND + THIRD)[: len(HEAD + FIRST + SECOND) + cut].rstrip())

    titles = [paper.title for paper in papers(found)]
    whole = cut == len(THIRD) - 2  # only the last full stop tells a whole sentence
    assert titles[:2] == ["Patch Voting for Moths", "Deep Owls"]
    assert refusals(found) or whole
    assert all(paper.abstract != "Owls are deep. We dig. CLDec" for paper in papers(found))
    assert [reason for _, reason in refusals(found) if "scrolled to its end" not in reason] == []


def test_a_page_cut_inside_a_character_says_so(records):
    page = PAGE.replace("Words are quiet.", "Words are très").encode()
    cut = page[: page.index("è".encode()) + 1] if "è".encode() in page else page

    found = records(cut)

    assert len(papers(found)) == 2
    assert "breaks off inside its abstract" in refusals(found)[0][1]


def test_fewer_papers_than_announced_are_reported(records):
    found = records(PAGE.replace("3 Papers", "27 Papers"))

    assert len(papers(found)) == 3
    assert refusals(found)[0][1].startswith("the page announces 27 papers and ends after 3")


@pytest.mark.parametrize(
    "page", ["Ada Müller\n\nCV\nh-index17\n27pap", HEAD, "Ada Müller\n\nCV\nh-index17\n"]
)
def test_a_page_cut_in_its_head_is_no_source(records, page):
    with pytest.raises(SourceError, match=r"page:\d+: the page ends before .*save the whole page"):
        records(page)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (PAGE.encode("latin-1", "replace"), r"page:1: byte 0xfc is not UTF-8; .*iconv"),
        (PAGE.encode("utf-16"), "the file is UTF-16; .*iconv -f UTF-16 -t UTF-8"),
        (PAGE.encode("utf-16-le"), "the file is UTF-16"),
        (PAGE.replace("Deep", "De\0ep").encode(), "page:20: a NUL byte"),
    ],
)
def test_a_page_in_another_encoding_is_no_source(records, content, message):
    with pytest.raises(SourceError, match=message):
        records(content)


def test_markup_in_names_and_titles_stays_text(records):
    page = PAGE.replace("Deep Owls", '"><img onerror=alert(1)>').replace(
        "Bo Li", "<script>Bo</script>"
    )

    paper = papers(records(page))[1]

    assert (paper.title, paper.authors[0].name) == (
        '"><img onerror=alert(1)>',
        "<script>Bo</script>",
    )


@pytest.mark.skipif(not SEED.is_dir(), reason="the seed page lies outside the project")
def test_the_seed_page_is_read_whole():
    path = next(SEED.glob("*.txt"))

    found = list(read(path, captured=CAPTURED))

    assert recognise(path) == "profile"
    assert refusals(found) == []
    assert len(papers(found)) == 27
    assert all("Lianghua He" in [author.name for author in p.authors] for p in papers(found))
    assert sum(p.truncated for p in papers(found)) == 22
    assert sum(p.code_flag for p in papers(found)) == sum(bool(p.code) for p in papers(found)) == 11
    assert not any("\\" in p.abstract or "$" in p.abstract for p in papers(found))


LINES = st.sampled_from(
    PAGE.split("\n") + ["CVFeb 30", "\0", "é", "·", "et al.", "CVMa", "{", "27 Papers"]
)


@given(st.one_of(st.binary(), st.lists(LINES).map(lambda lines: "\n".join(lines).encode())))
def test_any_bytes_give_records_or_a_source_error(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "fuzz-profile"
    path.write_bytes(content)

    try:
        found = list(read(path, format="profile", captured=CAPTURED))
    except SourceError as error:
        assert str(error).startswith(str(path))
    else:
        assert all(isinstance(record, Paper | Profile | Refusal) for record in found)
