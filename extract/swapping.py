"""
Annotated sentences with other names in them: what a name is must be read from around it, too.

SciER's training part is 78 papers, each of which repeats its own names; a network learns them by
heart. Mention replacement: Dai and Adel (2020), "An Analysis of Simple Data Augmentation for Named
Entity Recognition".
"""

import random
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator

from . import gazetteer
from .gold import GoldSentence, Span

_LONGEST = 60  # letters
# No name is cut off in the middle: 'SQuAD 2.' is not one.
_WHOLE = re.compile(r"[\w(].*[\w)+]")
_MARK = re.compile(r"[A-Z0-9]")
_UNKNOWN = 0.15  # how often a coined name becomes one that nobody knows
_CONSONANTS, _VOWELS = "BCDFGKLMNPRSTVX", "AEIO"
_ENDINGS = (
    *("Net", "Bench", "QA", "NLI", "Text", "Set", "Former", "GAN", "BERT"),
    *("DB", "VQA", "Corpus", "COCO", "CNN", "Seg", "3D"),
)
_VERSIONS = (
    *("10", "100", "1000", "1k", "10k", "50", "101", "200", "2", "3", "v2", "S", "L", "Large"),
    *("XL", "16", "2015", "2.0", "1.1", "B", "20", "360"),
)

# A name is replaced by one of its kind that is coined or a phrase, one word or several, and in the
# plural or not, as it is itself: the sentence stays English.
Form = tuple[str, bool, bool, bool]


class Names:
    """Names by kind and form, each once, in the order in which they were added."""

    def __init__(self) -> None:
        self._by_form: defaultdict[Form, list[str]] = defaultdict(list)
        self._known: set[tuple[str, str]] = set()

    def add(self, kind: str, name: str) -> None:
        name = " ".join(name.split())
        if (
            (kind, name) not in self._known
            and 2 <= len(name) <= _LONGEST
            and _WHOLE.fullmatch(name)
        ):
            self._known.add((kind, name))
            self._by_form[_form(kind, name)].append(name)

    def another(self, kind: str, name: str, chance: random.Random) -> str:
        """A name of the same kind and form; *name* itself where there is none."""
        form = _form(kind, name)
        names = self._by_form.get(form)
        if names is None:
            return name
        return coined(chance) if form[1] and chance.random() < _UNKNOWN else chance.choice(names)


def names_of(
    taught: Iterable[GoldSentence], others: Iterable[GoldSentence], kinds: Iterable[str]
) -> Names:
    """
    The names of *kinds* that *taught* marks, those that *others* mark at least twice, and those
    that are known by heart.

    What only one annotation calls so is wrong too often where a machine helped.
    """
    wanted = set(kinds)
    names = Names()
    for kind, name in _marked(taught, wanted):
        names.add(kind, name)
    for (kind, name), count in Counter(_marked(others, wanted)).items():
        if count > 1:
            names.add(kind, name)
    for known in gazetteer.names():
        if known.kind in wanted:
            for spelling in known.spellings:
                names.add(known.kind, spelling)
    return names


def swapped(
    sentence: GoldSentence,
    names: Names,
    chance: random.Random,
    *,
    each: float,
    keep: Collection[str] = (),
) -> GoldSentence:
    """
    *sentence* with some of its names replaced, each but those of *keep* with probability *each*.

    A name that stands there twice is replaced by the same one. Spans within spans: no change.
    """
    spans = sentence.spans
    if any(later.start < span.end for span, later in zip(spans, spans[1:], strict=False)):
        return sentence
    replaced = {name: name for name in keep}
    text, at, moved = "", 0, []
    for span in spans:
        name = sentence.text[span.start : span.end]
        if name not in replaced:
            other = names.another(span.kind, name, chance) if chance.random() < each else name
            replaced[name] = other
        text += sentence.text[at : span.start]
        moved.append(Span(len(text), len(text) + len(replaced[name]), span.kind))
        text += replaced[name]
        at = span.end
    return GoldSentence(sentence.id, sentence.document, text + sentence.text[at:], tuple(moved))


def coined(chance: random.Random) -> str:
    """A name that no paper has, as likely a method's as a data set's: 'RONU-50', 'TesBench'."""
    syllables = "".join(
        chance.choice(_CONSONANTS)
        + chance.choice(_VOWELS)
        + (chance.choice(_CONSONANTS) if chance.random() < 0.5 else "")
        for _ in range(chance.randint(1, 2))
    )
    roll = chance.random()
    if roll < 0.35:
        name = syllables
    elif roll < 0.6:
        name = syllables.capitalize()
    elif roll < 0.8:
        name = syllables.capitalize() + chance.choice(_ENDINGS)
    else:
        name = "".join(chance.choice("ABCDEFGILMNOPRSTV") for _ in range(chance.randint(2, 4)))
    return f"{name}-{chance.choice(_VERSIONS)}" if chance.random() < 0.35 else name


def _form(kind: str, name: str) -> Form:
    several = " " in name
    coined_ = bool(_MARK.search(name[1:])) or (name[:1].isupper() and not several)
    return kind, coined_, several, not coined_ and name.endswith("s")


def _marked(sentences: Iterable[GoldSentence], kinds: set[str]) -> Iterator[tuple[str, str]]:
    for sentence in sentences:
        for span in sentence.spans:
            if span.kind in kinds:
                yield span.kind, " ".join(sentence.text[span.start : span.end].split())
