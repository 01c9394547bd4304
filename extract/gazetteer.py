"""Names that are known by heart: public data sets, measures, common abbreviations."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .mentions import KINDS, Kind

PATTERNS = Path(__file__).parent / "patterns"

_ATOM = re.compile(r"[^\W\d_]+|\d+|[^\w\s]|_|\s+")
_WORD_START = re.compile(r"(?<![^\W_])(?:[^\W\d_]+|\d+)")
# A name counts only beside one of these where it is also an ordinary word.
NOUN = {
    "dataset": re.compile(
        r"[\s-]*(?:data ?sets?|benchmarks?|corpus|corpora|challenges?|test sets?|tasks?|"
        r"databases?|leaderboard)\b"
    )
}
_DATA = re.compile(r"[\s-]*(?:data(?: ?sets?)?|benchmarks?|corpus|corpora|tasks?|challenges?)\b")
_NUMBER = re.compile(r"\d")
# What follows a model's name and belongs to it: '-large', ' BASE', '-2.5', '-VL', '-7B', '-B/16'.
# A single digit after a space is more often a footnote.
_SIZE = r"(?:(?i:base|large|small|tiny|mini|medium|huge|nano|xl|xxl)|[BLSHTgG](?:[/-]?\d{1,2})?)"
# 'BERT 3 %', 'by BERT 2 points': no version.
_UNIT = r"(?:%|[x×]\b|percent|points?|times|epochs?|layers?|hours?|days?)"
_VERSION = (
    rf"(?:\s(?:v\s?\d|\d{{1,2}}(?:[BM]|\.\d{{1,2}}[BM]?)|\d{{2,4}})(?![\d.]|\s?{_UNIT})"
    r"|-?(?:v\s?)?\d{1,4}(?:\.\d{1,2}){0,2}(?:[a-z]{1,2}|[BM])?"
    rf"|[\s-]{_SIZE}(?:/\d{{1,2}})?"
    r"|-(?:VL|Audio|Math|Coder|R1|V\d|NeXT|OneVision|FPN|Instruct|instruct|Chat|chat|[Tt]urbo|"
    r"Video|uncased|cased|multilingual|[Mm]ini|o\d?))"
)
_LONGER = r"(?![^\W_]|[-@][A-Z0-9]|\.\d|\+|@\d|')"


@dataclass(frozen=True, slots=True)
class Name:
    """A row of ``patterns/*.tsv``: *label* is the usual spelling, *guard* says when it counts."""

    kind: Kind
    label: str
    spellings: tuple[str, ...]
    guard: str = ""


@dataclass(frozen=True, slots=True)
class Abbreviation:
    """A row of ``patterns/abbreviations.tsv``; *label* is the form that people say."""

    short: str
    long: str
    kind: Kind
    label: str


def lines(name: str) -> Iterator[str]:
    """The lines of a file in ``patterns/``, comments and blank ones left out."""
    for line in (PATTERNS / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line


def rows(name: str) -> Iterator[list[str]]:
    """The rows of a table in ``patterns/``."""
    return (line.split("\t") for line in lines(name))


@cache
def names() -> tuple[Name, ...]:
    """The data sets, measures and models of ``patterns/``."""
    found = []
    for kind in ("dataset", "metric", "method"):
        assert kind in KINDS
        for row in rows(f"{kind}s.tsv"):
            label, others, guard = [*row, "", ""][:3]
            spellings = (label, *(other for other in others.split("|") if other))
            found.append(Name(kind, label, spellings, guard))
    return tuple(found)


@cache
def abbreviations() -> tuple[Abbreviation, ...]:
    """The abbreviations of ``patterns/abbreviations.tsv``."""
    found = []
    for row in rows("abbreviations.tsv"):
        short, long, kind = row[:3]
        label = short if row[3:] == ["short"] else long
        matching = next(known for known in KINDS if known == kind)
        found.append(Abbreviation(short, long, matching, label))
    return tuple(found)


class Gazetteer:
    """
    Finds *names* in a text in one pass; its cost does not grow with the number of names.

    >>> [text for text in Gazetteer(names()).spellings("MNIST and CIFAR10, but not 5-MNISTs")]
    ['MNIST', 'CIFAR10']
    """

    def __init__(self, names: Iterable[Name]) -> None:
        # By first word; longer spellings first, so that 'CIFAR-10-C' is not read as 'CIFAR-10'.
        self._index: dict[str, list[tuple[str, Name]]] = {}
        # Patterns are made when a text has their first word: 1,900 of them take 0.4 s.
        self._patterns: dict[str, list[tuple[re.Pattern[str], Name]]] = {}
        spelled = [(spelling, name) for name in names for spelling in name.spellings]
        for spelling, name in sorted(spelled, key=lambda pair: -len(pair[0])):
            first = _ATOM.findall(spelling)[0]
            for variant in {first, first.capitalize() if first.islower() else first}:
                self._index.setdefault(variant, []).append((spelling, name))

    def find(
        self, text: str, start: int = 0, end: int | None = None
    ) -> Iterator[tuple[int, int, Name]]:
        """The names in *text* from *start* to *end*, in reading order, none within another."""
        stop = len(text) if end is None else end
        free = start
        for word in _WORD_START.finditer(text, start, stop):
            if word.start() < free:
                continue
            for pattern, name in self._beginning(word[0]):
                match = pattern.match(text, word.start(), stop)
                if match and _admits(name, text, start, stop, match):
                    free = match.end()
                    yield match.start(), match.end(), name
                    break

    def _beginning(self, word: str) -> Sequence[tuple[re.Pattern[str], Name]]:
        """The names whose first word is *word*, longer spellings first."""
        if word not in self._index:
            return ()
        found = self._patterns.get(word)
        if found is None:
            found = [(_pattern(spelling, name), name) for spelling, name in self._index[word]]
            self._patterns[word] = found
        return found

    def spellings(self, text: str) -> list[str]:
        """The names in *text* as they are written there."""
        return [text[start:end] for start, end, _ in self.find(text)]


def _admits(name: Name, text: str, start: int, end: int, match: re.Match[str]) -> bool:
    """Whether a name that is also an ordinary word means what the table says here."""
    if text[max(0, match.start() - 1) : match.start()] == "-":
        return False
    if name.guard == "noun":
        return NOUN["dataset"].match(text, match.end(), end) is not None
    if name.kind == "method":
        # 'the BERT corpus' is not BERT.
        return _DATA.match(text, match.end(), end) is None
    if name.guard == "number":
        return _NUMBER.search(text, start, end) is not None
    return True


def _pattern(spelling: str, name: Name) -> re.Pattern[str]:
    version = rf"(?:{_VERSION}){{0,4}}" if name.kind == "method" else ""
    return re.compile(_regex(spelling) + version + _LONGER)


def _regex(spelling: str) -> str:
    """
    A pattern for *spelling* in which hyphen and space are one, and optional beside a digit.

    `_LONGER` after it refuses the beginning of a longer name: 'MNIST' in 'MNIST-M' or 'MNISTs'.
    """
    atoms = _ATOM.findall(spelling)
    parts = []
    for position, atom in enumerate(atoms):
        before = atoms[position - 1] if position else ""
        after = atoms[position + 1] if position + 1 < len(atoms) else ""
        if atom.isspace() or atom == "-":
            beside_digit = before[-1:].isdigit() != after[:1].isdigit()
            parts.append(r"[\s-]?" if beside_digit else r"[\s-]+")
        else:
            if before.isalnum() and atom.isalnum():
                parts.append(r"[\s-]?")
            if not position and atom.islower():
                parts.append(f"[{atom[0]}{atom[0].upper()}]{re.escape(atom[1:])}")
            else:
                parts.append(re.escape(atom))
    return "".join(parts)
