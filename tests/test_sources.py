"""Files as a whole: which format, which fault, which hash."""

import ast
import datetime
import gzip
import hashlib
import os
from pathlib import Path

import pytest

from scholargraph import ScholarGraphError
from scholargraph.commands import options
from scholargraph.extract import sources
from scholargraph.extract.papers import Paper
from scholargraph.extract.sources import FORMATS, SourceError, read, recognise, source_hash

PROFILE = "Ada Müller\n\nCV\nh-index1\n\nCVMar 15, 2022\nOwls\n\nBo Li et al.\n\nOwls are deep.\n"
LINE = '{"id": "owls", "title": "Deep Owls", "abstract": "Owls are deep."}\n'


@pytest.fixture
def file(tmp_path):
    def of(content: str | bytes, name: str = "file.bib") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return of


@pytest.mark.parametrize(
    ("content", "format"),
    [
        (PROFILE, "profile"),
        ("\ufeff" + PROFILE.replace("\n", "\r\n"), "profile"),
        (LINE, "jsonl"),
        ("\n\n  " + LINE, "jsonl"),
        (gzip.compress(LINE.encode()), "jsonl"),
        (gzip.compress(PROFILE.encode()), "profile"),
        ("[\n" + LINE.strip() + "\n]", "jsonl"),
        ('{\n  "title": "x"\n}', "jsonl"),
        ('[{"id": "a", "title": "x", "authors": ["Bo Li"], "type": "article"}]', "jsonl"),
        ('{"id": "https://openalex.org/W12", "title": "x"}', "openalex"),
        ('[{"id": "https://openalex.org/A12", "display_name": "Bo Li"}]', "openalex"),
        ('{"meta": {"count": 0}, "results": [], "group_by": []}', "openalex"),
        ('{"meta": {}, "results": [{"id": "https://openalex.org/W1"}]}', "openalex"),
        ('{"abstract_inverted_index": {"a": [0]}, "authorships": []}', "openalex"),
        ('{"paperId": "12", "title": "x"}', "semanticscholar"),
        ('[null, null, {"paperId": "12", "title": "x"}]', "semanticscholar"),
        ("[null, null]", "semanticscholar"),
        ('{"total": 0, "offset": 0, "data": []}', "semanticscholar"),
        ('{"total": 1, "token": null, "data": [{"paperId": "12"}]}', "semanticscholar"),
        ('{"corpusid": 12, "externalids": {}, "title": "x"}\n', "semanticscholar"),
        ('{"data": [{"citedPaper": {"paperId": null, "title": "x"}}]}', "semanticscholar"),
        ('{"status": "ok", "message-type": "work", "message": {"DOI": "10.1234/x"}}', "crossref"),
        ('{"status": "ok", "message-type": "work-list", "message": {"items": []}}', "crossref"),
        ('{"indexed": {}, "DOI": "10.1234/x", "title": ["x"], "type": "book"}', "crossref"),
        ('{"items": [{"DOI": "10.1234/x", "title": ["x"], "member": "1"}]}', "crossref"),
        ('[{"id": "a/b", "type": "article-journal", "title": "x"}]', "csljson"),
        ('{"id": "a", "type": "book", "title": "x", "DOI": "10.1234/x"}', "csljson"),
        ('{"items": [{"id": "a", "type": "thesis", "title": "x"}]}', "csljson"),
        ('[{"title": "x", "issued": {"raw": "2020"}, "container-title": "y"}]', "csljson"),
        ('oops\n{"paperId": "12", "title": "x"}\n{"paperId": "13"}\n', "semanticscholar"),
    ],
)
def test_the_content_decides_the_format_and_not_the_name(file, content, format):
    assert recognise(file(content)) == format


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the file is empty"),
        (" \n\n", "the file is empty"),
        (gzip.compress(b""), "the file is empty"),
        (
            "Just a letter.\nNothing else.\n",
            "not a format known here; give a file of one of .*jsonl",
        ),
        ('[{"name": "owls"}]', "JSON, but what it holds has none of the keys .*; give .*openalex"),
        ('{\n  "name": "owls"\n}', "JSON, but what it holds has none of the keys"),
        ("[1, 2]", "JSON, but"),
        ("<!DOCTYPE HTML>\n<html><h1>404</h1></html>", "a web page, perhaps a message instead"),
        (b"a\0b" * 20 + b"\n", "not text, it has NUL bytes"),
        (LINE.encode("utf-16"), "UTF-16; save it as UTF-8"),
        (LINE.encode("utf-16-be"), "UTF-16; save it as UTF-8"),
        (LINE.encode("utf-32"), "UTF-32; save it as UTF-8"),
        (b"%PDF-1.7\n", "a PDF; papers are read from"),
        (b"PK\x03\x04....", "a ZIP archive; unpack it first"),
        (gzip.compress(LINE.encode())[:10], "the compressed data breaks off"),
        ("PMID- 123\nTI  - Owls\n", "MEDLINE format; save the search as XML"),
        ("%0 Journal Article\n%T Owls\n", "EndNote's import format; export it as RIS"),
        ('<?xml version="1.0"?>\n<xml><records><record/>', "EndNote's XML; export it as RIS"),
        ("FN Clarivate Analytics\nPT J\nTI Owls\n", "Web of Science's plain text; export it tab"),
    ],
)
def test_a_file_that_holds_no_papers_says_why(file, content, message):
    path = file(content)

    with pytest.raises(SourceError, match=message) as raised:
        read(path)

    assert str(raised.value).startswith(f"{path}: ")


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("content", [b"", LINE.encode("utf-16"), b"%PDF-1.7\n"])
def test_naming_the_format_hides_no_fault(file, content, format):
    with pytest.raises(SourceError, match="empty|UTF-16|PDF"):
        read(file(content), format=format)


def test_a_missing_file_a_folder_and_a_pipe_say_so(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    for path, message in [
        (tmp_path / "none", "no such file"),
        (Path("-"), "write what is piped to one first"),
        (tmp_path, "this is a folder"),
        (pipe, "this is not a file"),
        (tmp_path / ("x" * 300), "name too long"),
        (Path("a\0b"), "null"),
    ]:
        with pytest.raises(SourceError, match=rf"(?i){message}"):
            read(path)
        with pytest.raises(SourceError, match=rf"(?i){message}"):
            source_hash(path)


def test_an_unknown_format_name_lists_the_known_ones(file):
    with pytest.raises(SourceError, match="no format is called 'word'; use auto or .*jsonl"):
        read(file(LINE), format="word")


def test_a_source_error_is_ours():
    assert issubclass(SourceError, ScholarGraphError)


def test_the_command_line_offers_every_format():
    assert set(options.FORMATS) == {"auto", *FORMATS}


def test_the_day_of_capture_is_today_unless_given(file):
    path = file(PROFILE)

    profile = next(read(path))

    assert profile.captured == datetime.date.today().isoformat()


def test_the_hash_is_that_of_the_bytes(file):
    assert source_hash(file(LINE)) == hashlib.sha256(LINE.encode()).hexdigest()


def test_the_same_paper_is_one_paper_in_both_formats(file):
    profile = [record for record in read(file(PROFILE)) if isinstance(record, Paper)]
    line = '{"title": "Owls", "abstract": "Deep.", "date": "2022-03-15"}'

    assert [record.id for record in read(file(line))] == [record.id for record in profile]


def test_sources_know_nothing_of_spacy_or_the_graph():
    parsers = {"turtle.py": {"pyoxigraph"}}  # which is our parser of RDF beside our store of it
    for module in Path(sources.__file__).parent.glob("*.py"):
        strange = {"spacy", "pyoxigraph", "flask"} - parsers.get(module.name, set())
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.ImportFrom):
                assert (node.module or "").split(".")[0] not in strange
