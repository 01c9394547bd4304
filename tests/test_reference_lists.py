"""Papers as BibTeX, RIS and CSL-JSON: other programs read them back, and so do we."""

import json
import re
from pathlib import Path
from typing import Any

import bibtexparser
import pytest
import rispy
from bibtexparser.bparser import BibTexParser
from citeproc.source.json import CiteProcJSON
from corpus import CORPUS, HOSTILE_NAME, HOSTILE_TITLE
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from pylatexenc.latex2text import LatexNodes2Text

from scholargraph.extract.latex import plain
from scholargraph.extract.mentions import Extraction
from scholargraph.extract.papers import Author, Paper
from scholargraph.extract.sources import read
from scholargraph.extract.sources.names import folded
from scholargraph.graph.bibliography import Publication, publications
from scholargraph.graph.bibtex import bibtex, entry
from scholargraph.graph.build import Run
from scholargraph.graph.commit import Committer, Outcome, PaperEntry
from scholargraph.graph.csl import csl_json, item
from scholargraph.graph.export import chunks
from scholargraph.graph.name_parts import Name, parts
from scholargraph.graph.ris import record, ris
from scholargraph.graph.store import Store

FORMATS = ("bib", "ris", "json")
RIVER = "/paper/arxiv:2305.00001"
RUN = Run("more.jsonl", "6" * 64, "jsonl", "0.1.0", "none")

FULL = Paper(
    id="full",
    title="BERT & its 100% Brackets for $5: {a_b, c} #1 in C:\\x, ~5 ^ x < y",
    abstract="Whole numbers -- and {half, more} of ''them'' a--b.",
    authors=(
        Author("Ludwig van Beethoven", 1),
        Author("Hal Daumé III", 2),
        Author("Lake University", 3),
        Author("何 良华", 4),
        Author("Barnes and Noble", 5),
    ),
    truncated=True,
    date="2023-05-17",
    venue="Transactions on R&D",
    categories=("cs.CL", "river ice"),
    ids=(("doi", "10.5555/a_b(1)"), ("arxiv", "2305.99999"), ("pmid", "29456894")),
    urls=("https://example.org/a_b%20c?d=1&e=~f#g",),
    genre="article",
    volume="7",
    issue="2",
    pages="12-34",
    publisher="Lake Press & Sons",
    withdrawn=True,
)


def put(store: Store, *papers: Paper) -> None:
    nothing = Extraction((), (), (), (), (), "none")
    Committer(store).commit([PaperEntry(paper, nothing, RUN) for paper in papers], Outcome())


def exported(store: Store, suffix: str) -> bytes:
    with store.snapshot() as snapshot:
        return b"".join(chunks(snapshot, "papers", suffix))


@pytest.fixture
def full(store: Store) -> Store:
    """The store of the corpus and of a paper that has every field."""
    put(store, FULL)
    return store


@pytest.fixture
def known(full: Store) -> list[Publication]:
    with full.snapshot() as snapshot:
        return list(publications(snapshot))


# Read back by other programs


def untexed(text: str) -> str:
    for macro, sign in (
        ("braceleft", r"\{"),
        ("braceright", r"\}"),
        ("asciicircum", "^"),
        ("less", "<"),
        ("greater", ">"),
    ):  # which LaTeX knows, and pylatexenc does not
        text = text.replace(f"{{\\text{macro}}}", sign)
    return " ".join(LatexNodes2Text().latex_to_text(text).split())


def loose(text: str) -> str:
    """Without what LaTeX's typography changes: blanks behind macros, dashes."""
    return re.sub(r"[\s–-]", "", text)


def bibtex_entries(data: bytes) -> list[dict[str, Any]]:
    parser = BibTexParser(common_strings=True, ignore_nonstandard_types=False)
    entries: list[dict[str, Any]] = bibtexparser.loads(data.decode(), parser).entries
    return entries


def test_bibtexparser_reads_every_entry(full: Store, known: list[Publication]) -> None:
    found = bibtex_entries(exported(full, "bib"))

    assert len(found) == len(known) == 9
    for fields, paper in zip(found, known, strict=True):
        assert loose(untexed(fields["title"])) == loose(paper.title)
        assert fields["ID"] == paper.key
        assert fields.get("year", "") == paper.date[:4]
        assert fields.get("doi", "") == paper.doi
        assert fields.get("eprint", "") == paper.arxiv
        people = fields["author"].replace("Barnes and Noble", "Barnes").split(" and ")
        assert len(people) == len(paper.authors) + paper.truncated


def test_rispy_reads_every_record(full: Store, known: list[Publication]) -> None:
    found = rispy.loads(exported(full, "ris").decode())

    assert len(found) == len(known)
    for read_back, paper in zip(found, known, strict=True):
        assert read_back["title"] == paper.title
        assert read_back["id"] == paper.key
        assert read_back.get("abstract", "") == paper.abstract
        assert read_back.get("year", "") == paper.date[:4]
        assert read_back.get("doi", "") == paper.doi
        assert len(read_back["authors"]) == len(paper.authors) + paper.truncated
        first = parts(paper.authors[0])
        if first.literal:
            assert read_back["authors"][0] == first.literal


def test_citeproc_reads_every_item(full: Store, known: list[Publication]) -> None:
    items = json.loads(exported(full, "json"))
    found = CiteProcJSON(items)

    assert len(items) == len(found) == len(known)
    for paper in known:
        reference = found[paper.key.lower()]
        assert str(reference["title"]) == paper.title
        assert len(reference["author"]) == len(paper.authors) + paper.truncated
        assert str(reference.get("DOI", "")) == paper.doi
        if paper.date:
            assert str(reference["issued"]["year"]) == paper.date[:4]


# Read back by ourselves


def same(paper: Paper, publication: Publication) -> None:
    # What was not read from a file, as in the corpus, may still have markup in it.
    assert paper.title == plain(publication.title)
    assert paper.abstract == plain(publication.abstract)
    assert [folded(author.name) for author in paper.authors] == [*map(folded, publication.authors)]
    assert paper.truncated == publication.truncated
    assert (paper.date or "") == publication.date
    assert (paper.venue or "") == publication.venue
    ids = dict(paper.ids)
    assert ids.get("doi", "") == publication.doi
    assert ids.get("arxiv", "") == publication.arxiv
    assert sorted(paper.categories) == sorted(publication.categories)


@pytest.mark.parametrize("suffix", FORMATS)
def test_our_own_readers_find_every_field_again(
    full: Store, known: list[Publication], tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / "references.txt"
    path.write_bytes(exported(full, suffix))

    found = list(read(path))
    assert len(found) == len(known)
    for paper, publication in zip(found, known, strict=True):
        assert isinstance(paper, Paper)
        same(paper, publication)
        assert (paper.genre or "") == (publication.sort or "")
    (again,) = [p for p in found if isinstance(p, Paper) and p.title == FULL.title]
    assert (again.volume, again.issue, again.pages) == ("7", "2", "12-34")
    assert (again.publisher, again.withdrawn) == (FULL.publisher, True)
    assert FULL.urls[0] in again.urls
    assert dict(again.ids)["pmid"] == "29456894"


@pytest.mark.parametrize("suffix", FORMATS)
def test_an_export_of_an_import_of_an_export_is_the_same_file(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "references.txt"
    first, second = (Store.open(tmp_path / name, create=True) for name in ("1.db", "2.db"))
    put(first, FULL, *(paper for paper, _ in CORPUS if "Harmful" not in paper.title))
    path.write_bytes(exported(first, suffix))
    put(second, *(paper for paper in read(path) if isinstance(paper, Paper)))

    assert exported(second, suffix).decode() == path.read_bytes().decode()


# Whatever a title holds

TEXT = st.text(
    st.sampled_from("{}\\$&%#_^~\"'`-<>|@,=é何 ab\n\t\u202e") | st.characters(exclude_categories=())
)


@given(TEXT, TEXT, st.lists(TEXT, max_size=3))
def test_hostile_text_survives_bibtex(title: str, abstract: str, names: list[str]) -> None:
    title, abstract = plain(title)[:300] or "x", plain(abstract)
    paper = Publication("https://example.org/paper/x", plain(title), abstract, tuple(names))
    written = b"".join(bibtex([paper, Publication("https://example.org/y", "Next")]))

    assert len(bibtex_entries(written)) == 2
    assert b"title = {Next}" in written


@given(title=TEXT, abstract=TEXT, venue=TEXT, name=TEXT, suffix=st.sampled_from(FORMATS))
def test_what_is_written_is_what_is_read(
    tmp_path_factory: pytest.TempPathFactory,
    title: str,
    abstract: str,
    venue: str,
    name: str,
    suffix: str,
) -> None:
    paper = Publication(
        "https://example.org/paper/x",
        plain(plain(title)[:300]) or "x",
        plain(abstract),
        tuple(filter(None, [plain(name)])),
        venue=plain(venue),
        date="2020",
        genre="article",
    )
    path = tmp_path_factory.getbasetemp() / "fuzz.references"
    writer = {"bib": bibtex, "ris": ris, "json": csl_json}[suffix]
    path.write_bytes(b"".join(writer([paper])))
    format = {"bib": "bibtex", "ris": "ris", "json": "csljson"}[suffix]

    (found,) = [r for r in read(path, format=format) if isinstance(r, Paper)]
    assert (found.title, found.abstract, found.venue or "") == (
        paper.title,
        paper.abstract,
        paper.venue,
    )


# Names and keys


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Ada Lovelace", Name("Lovelace", "Ada")),
        ("Noor van der Berg", Name("Berg", "Noor", "van der")),
        ("van Gogh", Name("Gogh", "", "van")),
        ("Plato", Name("Plato")),
        ("King, Martin", Name("King", "Martin")),
        ("Sammy Davis, Jr.", Name("Davis", "Sammy", "", "Jr.")),
        ("BigScience Workshop", Name(literal="BigScience Workshop")),
        ("Blue Company", Name(literal="Blue Company")),
        ("Ada Sol-Company", Name("Sol-Company", "Ada")),
        ("김민준", Name(literal="김민준")),
        (HOSTILE_NAME, Name(literal=HOSTILE_NAME)),
        ("A1 Team", Name(literal="A1 Team")),
        ("", Name(literal="")),
    ],
)
def test_names_come_in_parts(name: str, expected: Name) -> None:
    assert parts(name) == expected


def test_a_key_is_the_papers_own(full: Store, known: list[Publication]) -> None:
    keys = [paper.key for paper in known]
    put(full, Paper(id="more", title="A Paper More", abstract="", date="1999"))
    with full.snapshot() as snapshot:
        later = {paper.iri: paper.key for paper in publications(snapshot)}

    assert len(set(keys)) == len(keys)
    assert all(re.fullmatch(r"[a-z0-9]+-[0-9a-f]{5}", key) for key in keys)
    assert {iri: later[iri] for iri in (p.iri for p in known)} == {p.iri: p.key for p in known}


def test_two_entries_never_share_a_key() -> None:
    paper = Publication("https://example.org/x", "Owls")
    found = bibtex_entries(b"".join(bibtex([paper, paper, paper])))

    assert [e["ID"] for e in found] == [paper.key, f"{paper.key}-2", f"{paper.key}-3"]


def test_an_empty_graph_is_an_empty_list() -> None:
    assert b"".join(bibtex([])) == b"".join(ris([])) == b""
    assert json.loads(b"".join(csl_json([]))) == []


ACL = "https://aclanthology.org/"
MEETING = ("inproceedings", "CPAPER", "paper-conference")
JOURNAL = ("article", "JOUR", "article-journal")


@pytest.mark.parametrize(
    ("fields", "kinds"),
    [
        ({"genre": "thesis"}, ("phdthesis", "THES", "thesis")),
        ({"genre": "preprint"}, ("misc", "UNPB", "article")),
        ({"venue": "Workshop on Owls"}, ("inproceedings", "CPAPER", "paper-conference")),
        ({"venue": "Owls"}, ("article", "JOUR", "article-journal")),
        ({"venue": "lrec", "urls": (f"{ACL}L16-1245/",)}, MEETING),
        ({"venue": "acl", "urls": (f"{ACL}2023.acl-long.1/",)}, MEETING),
        ({"venue": "tacl", "urls": (f"{ACL}2021.tacl-1.5/",)}, JOURNAL),
        ({"venue": "cl", "urls": (f"{ACL}J16-1001",)}, JOURNAL),
        ({"arxiv": "2305.00001"}, ("misc", "UNPB", "article")),
        ({}, ("misc", "GEN", "document")),
    ],
)
def test_the_kind_is_known_or_guessed(fields: dict[str, str], kinds: tuple[str, str, str]) -> None:
    paper = Publication("https://example.org/x", "Owls", **fields)  # type: ignore[arg-type]

    written = re.match(r"@(\w+)", entry(paper)), re.match(r"TY  - (\w+)", record(paper))
    assert (*(match and match[1] for match in written), item(paper)["type"]) == kinds


# Over HTTP

MEDIA = {
    ".bib": "application/x-bibtex",
    ".ris": "application/x-research-info-systems",
    ".csl.json": "application/vnd.citationstyles.csl+json",
}


@pytest.mark.parametrize(("suffix", "media"), MEDIA.items())
def test_a_paper_is_had_by_suffix_and_by_accept(
    client: FlaskClient, suffix: str, media: str
) -> None:
    by_suffix, by_accept = client.get(RIVER + suffix), client.get(RIVER, headers={"Accept": media})

    assert (by_suffix.status_code, by_suffix.mimetype, by_accept.mimetype) == (200, media, media)
    assert by_suffix.data == by_accept.data
    assert b"Following Water in Radar Images" in by_suffix.data
    assert f'<{RIVER}{suffix}>; rel="alternate"; type="{media}"' in by_accept.headers["Link"]


def test_a_paper_alone_is_what_it_is_in_the_list(client: FlaskClient) -> None:
    alone, listed = client.get(f"{RIVER}.bib").data, client.get("/export/papers.bib").data
    item = client.get(f"{RIVER}.csl.json").json

    assert alone in listed
    assert item in json.loads(client.get("/export/papers.json").data)


@pytest.mark.parametrize("suffix", MEDIA)
def test_what_is_no_paper_has_no_reference(client: FlaskClient, suffix: str) -> None:
    response = client.get("/author/wei-chen", headers={"Accept": MEDIA[suffix]})

    assert client.get(f"/author/wei-chen{suffix}").status_code == 404
    assert response.status_code == 406
    assert MEDIA[suffix] not in client.get("/author/wei-chen").headers["Link"]


@pytest.mark.parametrize(
    ("suffix", "media"),
    [("bib", MEDIA[".bib"]), ("ris", MEDIA[".ris"]), ("json", "application/json")],
)
def test_all_papers_are_a_download(client: FlaskClient, suffix: str, media: str) -> None:
    response = client.get(f"/export/papers.{suffix}")

    assert (response.status_code, response.mimetype) == (200, media)
    assert response.headers["Content-Disposition"] == f'attachment; filename="papers.{suffix}"'
    assert f'href="/export/papers.{suffix}"' in client.get("/export").text
    assert "Considered Harmful" in response.text
    assert HOSTILE_TITLE.encode() not in response.data or suffix != "bib"
