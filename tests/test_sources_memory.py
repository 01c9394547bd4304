"""Large files: memory is that of a record, whatever the file holds."""

import subprocess
import sys
from pathlib import Path

import pytest

# In a process of its own, since a peak that other tests left behind would hide this one's; for the
# same reason not getrusage(), which a process takes over from the one that started it.
PROGRAM = """
import re, sys
from pathlib import Path
from scholargraph.extract.papers import Paper
from scholargraph.extract.sources import read

def peak():
    return int(re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1]) // 1024

before = peak()
papers = sum(isinstance(record, Paper) for record in read(Path(sys.argv[1]), format=sys.argv[2]))
print(papers, peak() - before)
"""
ABSTRACT = "Owls see deep nests at night. " * 700
RECORDS = {
    "arxiv": (
        '<feed xmlns="http://www.w3.org/2005/Atom">\n',
        "<entry><id>http://arxiv.org/abs/2203.{n:05d}v1</id><title>Owls</title><summary>{abstract}"
        "</summary></entry>\n",
        "</feed>",
    ),
    "acl": (
        '<collection id="2031.owl"><volume id="1">\n',
        '<paper id="{n}"><title>Owls</title><abstract>{abstract}</abstract></paper>\n',
        "</volume></collection>",
    ),
    "pubmed": (
        "<PubmedArticleSet>\n",
        "<PubmedArticle><MedlineCitation><PMID>{n}</PMID><Article><ArticleTitle>Owls"
        "</ArticleTitle><Abstract><AbstractText>{abstract}</AbstractText></Abstract></Article>"
        "</MedlineCitation></PubmedArticle>\n",
        "</PubmedArticleSet>",
    ),
    "bibtex": (
        "",
        "@article{{k{n}, title={{Owl {n}}}, abstract={{{abstract}}}}}\n",
        "",
    ),
    "ris": ("", "TY  - JOUR\nTI  - Owl {n}\nAB  - {abstract}\nER  - \n", ""),
    "csv": ("title,year,abstract\n", 'Owl {n},2020,"{abstract}"\n', ""),
    "jsonl": ("", '{{"id": "{n}", "title": "Owl", "abstract": "{abstract}"}}\n', ""),
    "turtle": (
        "@prefix schema: <https://schema.org/> .\n@prefix dct: <http://purl.org/dc/terms/> .\n",
        "\n<https://x.example/paper/{n}>\n    a schema:ScholarlyArticle ;\n"
        '    dct:title "Owls {n}" ;\n    dct:abstract "{abstract}" .\n',
        "",
    ),
}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the kernel is not Linux")
@pytest.mark.parametrize("format", RECORDS)
def test_memory_does_not_grow_with_the_file(tmp_path, format):
    start, record, end = RECORDS[format]
    path = tmp_path / "large"
    with path.open("w") as file:
        file.write(start)
        for n in range(1, 2_501):
            file.write(record.format(n=n, abstract=ABSTRACT))
        file.write(end)

    printed = subprocess.run(
        [sys.executable, "-c", PROGRAM, path, format], capture_output=True, text=True, check=True
    ).stdout

    papers, growth = map(int, printed.split())
    assert path.stat().st_size > 50_000_000
    assert papers == 2_500
    assert growth < 20  # MB
