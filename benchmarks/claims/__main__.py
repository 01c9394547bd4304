"""
How well numeric results are read out of abstracts, against 60 that people annotated.

    python benchmarks/claims [PAPERS] [--errors]

PAPERS is the JSON Lines file that holds them. gold.jsonl stores ids, offsets and labels only, and a
hash of each abstract: a text that changed is an error. What one can argue about is marked optional
there: it counts neither as missed nor as wrong. A part of a claim with the mark "?" is not judged.

20 of the papers were drawn at random from all with a digit in the abstract, 40 from those with a
percentage, a decimal fraction or points. They were annotated before the extractor was asked.
"""

import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scholargraph.extract.mentions import Extraction, ResultClaim
from scholargraph.extract.papers import Paper
from scholargraph.extract.pipeline import extract, load_pipeline

ROOT = Path(__file__).parents[2]
PAPERS = ROOT.parent / "shared" / "data" / "papers" / "acl-anthology-ccby-2k.jsonl"
GOLD = Path(__file__).parent / "gold.jsonl"
MENTIONS = ("metric", "dataset", "task", "method", "baseline")

Claim = dict[str, Any]


def overlaps(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def compare(
    gold: list[Claim], extraction: Extraction, abstract: str, counts: Counter[str]
) -> list[str]:
    """Adds to *counts* and says what is wrong."""
    mistakes = []
    open_claims = list(gold)
    for found in extraction.results:
        match = next(
            (c for c in open_claims if overlaps((found.start, found.end), c["number"])), None
        )
        if match is None:
            counts["spurious"] += 1
            mistakes.append(f"spurious: {around(abstract, found.start, found.end)}")
            continue
        open_claims.remove(match)
        if match.get("optional"):
            counts["optional"] += 1
            continue
        counts["found"] += 1
        wrong = judged(match, found, extraction, counts)
        counts["whole"] += not wrong
        if wrong:
            where = around(abstract, found.start, found.end)
            mistakes.append(f"{', '.join(wrong)}: {where}")
    for claim in open_claims:
        if not claim.get("optional"):
            counts["missed"] += 1
            mistakes.append(f"missed: {around(abstract, *claim['number'])}")
    return mistakes


def judged(
    gold: Claim, found: ResultClaim, extraction: Extraction, counts: Counter[str]
) -> list[str]:
    """The parts of *found* that differ from *gold*."""
    verdicts = {
        "value": float(found.value) == float(gold["value"]),
        "unit": found.unit == gold["unit"],
    }
    if gold["change"] != "?":
        verdicts["change"] = found.change == gold["change"]
    for part in MENTIONS:
        if gold[part] == "?":
            continue
        index = getattr(found, part)
        if gold[part] is None or index is None:
            verdicts[part] = gold[part] is None and index is None
        else:
            verdicts[part] = names(extraction, index, gold[part])
    for part, right in verdicts.items():
        counts[f"{part} judged"] += 1
        counts[f"{part} right"] += right
    return [part for part, right in verdicts.items() if not right]


def names(extraction: Extraction, index: int, place: tuple[int, int]) -> bool:
    """
    Whether the mention *index* means what stands at *place* of the abstract.

    A claim holds of a concept, not of one mention of it: another mention of the same concept is as
    right ('BERT' in the sentence of the figure, where the sentence before it was annotated).
    """
    mention = extraction.mentions[index]
    meant = [
        other.concept
        for other in extraction.mentions
        if other.field == "abstract" and overlaps((other.start, other.end), place)
    ]
    here = mention.field == "abstract" and overlaps((mention.start, mention.end), place)
    return here or mention.concept in meant


def around(text: str, start: int, end: int) -> str:
    return f"{text[max(0, start - 90) : start]}[[{text[start:end]}]]{text[end : end + 60]}"


def papers(path: Path, gold: dict[str, Any]) -> Iterator[Paper]:
    """The annotated papers in the order of the file; abstracts exactly as annotated."""
    with path.open(encoding="utf-8") as file:
        for record in map(json.loads, file):
            if record["id"] in gold:
                abstract = record["abstract"]
                digest = hashlib.sha256(abstract.encode()).hexdigest()[:16]
                if digest != gold[record["id"]]["sha256"]:
                    sys.exit(f"{record['id']}: its abstract is not the one that was annotated")
                yield Paper(record["id"], record["title"], abstract)


def main() -> None:
    arguments = [argument for argument in sys.argv[1:] if argument != "--errors"]
    path = Path(arguments[0]) if arguments else PAPERS
    if not path.is_file():
        sys.exit(f"{path} is not there; give the file that holds the annotated papers")
    gold = {line["id"]: line for line in map(json.loads, GOLD.read_text("utf-8").splitlines())}
    counts: Counter[str] = Counter()
    mistakes = []
    for paper, extraction in extract(papers(path, gold), load_pipeline()):
        found = compare(gold.pop(paper.id)["claims"], extraction, paper.abstract, counts)
        mistakes += [f"{paper.id}  {mistake}" for mistake in found]
    if gold:
        sys.exit(f"{path} lacks {', '.join(gold)}")
    if "--errors" in sys.argv:
        print(*mistakes, "", sep="\n")
    found, spurious, missed = counts["found"], counts["spurious"], counts["missed"]
    print(f"precision              {share(found, found + spurious)}")
    print(f"recall                 {share(found, found + missed)}")
    print(f"all parts right        {share(counts['whole'], found)}")
    for part in ("value", "unit", "change", *MENTIONS):
        print(f"  {part:<20} {share(counts[f'{part} right'], counts[f'{part} judged'])}")
    print(f"arguable, not counted  {counts['optional']} found")


def share(part: int, whole: int) -> str:
    return f"{100 * part / whole if whole else 0:5.1f} %  ({part} of {whole})"


if __name__ == "__main__":
    main()
