"""Files of JSON, in every shape that services send, are read in memory that does not grow."""

import json
import subprocess
import sys

import pytest

WORDS = {f"word{n}": [n] for n in range(300)}
WORK = {"id": "", "title": "Owls see", "abstract_inverted_index": WORDS, "authorships": []}
LONG = "a b " * 999
SHAPES = {
    "openalex": ('{"meta": {}, "results": [', ",", "]}", WORK),
    "semanticscholar": ("[", ",\n", "]", {"paperId": "", "title": "Owls", "abstract": LONG}),
    "crossref": ("", "\n", "\n", {"DOI": "", "title": ["Owls"], "abstract": LONG, "member": "1"}),
    "jsonl": ("[\n", ",\n", "\n]\n", {"id": "", "title": "Owls", "abstract": LONG}),
}
# Peak memory in KB after the first record and at the end, read by a process of its own.
PROGRAM = """
import resource, sys
from pathlib import Path
from scholargraph.extract.sources import read
records = read(Path(sys.argv[1]), format=sys.argv[2])
next(records)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
count = 1 + sum(1 for _ in records)
print(count, before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def identified(record: dict[str, object], number: int) -> dict[str, object]:
    key = next(iter(record))
    made = {"id": f"https://openalex.org/W{number + 1}", "paperId": f"{number:040x}"}
    own = f"10.1234/{number}" if key == "DOI" else made[key]
    if key == "id" and "authorships" not in record:
        own = f"owl-{number}"
    return record | {key: own}


@pytest.mark.parametrize("format", SHAPES)
def test_memory_stays_flat(tmp_path, format):
    opening, between, closing, record = SHAPES[format]
    path = tmp_path / "papers"
    size = 50_000_000 if format == "openalex" else 30_000_000
    count = size // len(json.dumps(record))
    with path.open("w") as file:
        file.write(opening)
        for number in range(count):
            file.write(between if number else "")
            file.write(json.dumps(identified(record, number)))
        file.write(closing)

    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(path), format],
        capture_output=True,
        text=True,
        check=True,
    )

    read, before, after = map(int, done.stdout.split())
    assert path.stat().st_size > 0.99 * size
    assert read == count
    assert after - before < 12_000
