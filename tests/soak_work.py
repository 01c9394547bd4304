"""
Work to be killed at, as a program: ``python soak_work.py WHAT STORE ARGUMENT…``.

It says "ready" when it begins, and whatever is done when it is done, each on a line.
"""

import itertools
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Quad

from scholargraph.extract.mentions import Concept, Extraction, Mention, Sentence
from scholargraph.extract.papers import Paper
from scholargraph.graph import effects
from scholargraph.graph.backup import backup, restore
from scholargraph.graph.importing import import_files
from scholargraph.graph.store import Store

MODEL = "capitals-1"
BATCH = 16
# Quads of one commit of `commit`.
WHOLE = 200

_NAME = re.compile(r"\b[A-Z][a-z]+Net\b")


def extract(papers: Iterable[Paper]) -> Iterator[tuple[Paper, Extraction]]:
    """Takes every RiverNet, LakeNet and so on for a method: quick, and shared between papers."""
    for paper in papers:
        mentions = tuple(
            Mention(
                *("abstract", found.start(), found.end(), found[0], "method", 0.9),
                Concept("method", found[0].lower(), found[0]),
                0,
            )
            for found in _NAME.finditer(paper.abstract)
        )
        sentence = Sentence("abstract", 0, len(paper.abstract))
        yield paper, Extraction((sentence,), mentions, (), (), (), MODEL)


def say(text: object) -> None:
    print(text, flush=True)


def main(what: str, store: str, *arguments: str) -> None:
    say("ready")
    place = Store.open(store, create=True)
    if what == "import":
        effects.FILED = range(50, 1_000_000)  # so that these commits are made as large ones are
        import_files([Path(arguments[0])], place, extract=extract, model=MODEL, batch=BATCH)
    elif what == "backup":
        for number in itertools.count(int(arguments[1])):
            backup(place, Path(arguments[0]) / f"{number}.db")
            say(number)
    elif what == "restore":
        for number in itertools.count():
            restore(Path(arguments[number % len(arguments)]), place)
            say(number)
    elif what == "commit":
        for number in itertools.count(int(arguments[0])):
            batch = NamedNode(f"http://example.org/batch{number}")
            with place.writing() as writer:
                quads = [
                    Quad(batch, NamedNode("http://example.org/p"), Literal(str(item)))
                    for item in range(WHOLE)
                ]
                writer.apply([], quads)
            say(number)
    say("done")


if __name__ == "__main__":
    main(*sys.argv[1:])
