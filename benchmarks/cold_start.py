"""
How long a newcomer waits: a page of papers imported, extracted and asked, from nothing.

    python benchmarks/cold_start.py [PAGE]

PAGE is the profile page if it is there, else data/papers.jsonl. Limits: 10 s for import and first
answer together, 0.4 s for `scholargraph --help`; beside the latter, what importing spaCy costs.
"""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
COMMAND = shutil.which("scholargraph", path=Path(sys.executable).parent) or "scholargraph"
QUESTION = "SELECT (COUNT(*) AS ?papers) WHERE { ?s a <https://schema.org/ScholarlyArticle> }"


def seconds(*command: str | Path) -> float:
    """Wall time of one whole process."""
    begin = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - begin


def median(runs: int, *command: str | Path) -> float:
    seconds(*command)  # the first run reads the files from disk
    return statistics.median(seconds(*command) for _ in range(runs))


def main() -> None:
    pages = sorted((ROOT.parent / "shared" / "seed").glob("*.txt"))
    page = Path(sys.argv[1]) if sys.argv[1:] else next(iter(pages), ROOT / "data" / "papers.jsonl")
    print(f"page: {page.name}")
    imports, answers = [], []
    for _ in range(3):
        with tempfile.TemporaryDirectory() as folder:
            store = Path(folder) / "fresh.db"
            imports.append(seconds(COMMAND, "import", page, "--store", store))
            answers.append(seconds(COMMAND, "query", QUESTION, "--store", store))
    whole = statistics.median(a + b for a, b in zip(imports, answers, strict=True))
    print(f"import, cold     {statistics.median(imports):6.2f} s")
    print(f"first answer     {statistics.median(answers):6.2f} s")
    print(f"together         {whole:6.2f} s    limit 10 s")
    print(f"--help           {median(5, COMMAND, '--help'):6.2f} s    limit 0.4 s")
    print(f"python -c pass   {median(5, sys.executable, '-c', 'pass'):6.2f} s")
    print(f"import spacy     {median(3, sys.executable, '-c', 'import spacy'):6.2f} s")


if __name__ == "__main__":
    main()
