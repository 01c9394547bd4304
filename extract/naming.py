"""
Phrases in which a paper names something: 'termed X', 'X, a novel framework', 'the X dataset'.

What is found here is a place in the text and a kind; whether the paper proposes the thing is the
business of `introduces`.
"""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from .mentions import Kind

Cue = Literal["title", "called", "apposition", "noun", "list", "proposal"]

# Head nouns that tell the kind of the thing that a name stands for.
HEADS: dict[Kind, str] = {
    "dataset": r"data ?sets?|datasets?|corpus|corpora|benchmarks?|treebanks?|test ?suites?|test ?sets?|testbeds?|"
    r"databases?|collections?|lexicons?|knowledge bases?|challenge sets?|resources?|benchmark suites?",
    "task": r"tasks?|problems?|shared tasks?",
    "metric": r"metrics?|measures?|scores?|evaluation measures?",
    "method": r"methods?|approach(?:es)?|frameworks?|models?|algorithms?|architectures?|networks?|systems?|"
    r"techniques?|modules?|mechanisms?|strateg(?:y|ies)|pipelines?|toolkits?|tools?|librar(?:y|ies)|schemes?|"
    r"paradigms?|loss(?:es)?(?: functions?)?|regulari[sz]ations?|variants?|encoders?|decoders?|units?|layers?|"
    r"attentions?|agents?|platforms?|parsers?|taggers?|classifiers?|generators?|optimi[sz]ers?|objectives?|"
    r"procedures?|solutions?|recipes?|transformers?|GANs?|Transformers?|plugins?|packages?|interfaces?|engines?|"
    r"chatbots?|assistants?|methodolog(?:y|ies)|learning|decoding|pre-?training|fine-?tuning|representations?|"
    r"embeddings?|LLMs?|MLLMs?|prompting|policy|workflow",
}
_ANY_HEAD = "|".join(HEADS.values())
_KIND_OF_HEAD = [(kind, re.compile(rf"(?:{words})$")) for kind, words in HEADS.items()]
_HEAD_BEFORE = re.compile(rf"\b(?P<head>{_ANY_HEAD})\b")

# A coined word ('EntropyPrune', 'MG-FTE', 'vcGAN') or capitalised words ('Stanford Cars').
_WORD = r"(?:[A-Z][\w^*+@’'&-]*(?:\.\d+)*|[a-z]+[A-Z][\w^*+-]*|[a-z]+-[A-Z]\w*|\d+[A-Z][\w-]*)"
_NAME = rf"{_WORD}(?:\s(?:(?:of|for|in|the)\s)?(?:{_WORD}|\d+(?:\.\d+)?))*"
_OPEN = r"[\"“”'‘`*]*"
_SHUT = r"[\"”’'`*]*"
_CALLED = re.compile(
    rf"(?:\b(?:termed|called|named|dubbed|coined|titled|nicknamed|which we (?:call|term|name|dub|refer to as|denote as)"
    rf"|we (?:call|term|name|dub) (?:it|this|them|our \w+|the \w+|this \w+)|refer(?:red)? to as|denoted(?: as| by)|abbreviated as"
    rf"|namely)(?:\s(?:as|to|the|an|a))?,?\s){_OPEN}(?P<name>{_NAME})"
)
_APPOSITION = re.compile(
    rf"{_OPEN}(?P<name>{_NAME}){_SHUT}(?:\s\([^()]{{1,60}}\))?\s?(?:,|--|–|—|:)\s"
    rf"(?:an?|the first|our)\s(?P<kind>[^,.;:()]{{2,110}})"
)
_BESIDE = re.compile(
    rf"\b(?:[Tt]he|[Oo]ur|[Oo]n|[Uu]sing|[Aa]nd|[Ff]rom|[Ii]n|[Vv]ia|,)\s{_OPEN}(?P<name>{_NAME}){_SHUT}(?:\s\([^()]{{1,60}}\))?\s"
    rf"(?P<head>(?:{HEADS['dataset']})|(?:image |text |review |public )+(?:{HEADS['dataset']}))\b"
)
_LIST = re.compile(
    rf"\b(?:on|from|including|namely|i\.e\.,?|e\.g\.,?|datasets?:?|benchmarks?:?|such as|with|the|and|of|across)\s(?:the\s)?"
    rf"(?P<list>(?:{_NAME}(?:\s\([^()]{{1,40}}\))?,\s)+(?:and\s|or\s)?(?:the\s)?{_NAME}"
    rf"|{_NAME}\s(?:and|or)\s(?:the\s)?{_NAME})(?P<after>\s(?:image |text |review |public )*(?:data ?sets|benchmarks|corpora)\b)?"
)
_LIST_BEFORE = re.compile(
    r"(?:datasets?|data sets|benchmarks|corpora)[^.;]{0,30}?(?:including|namely|such as|i\.e\.,?|e\.g\.,?|:|\()\s?$"
)
_TITLE_NAME = re.compile(
    rf"^\s*{_OPEN}(?P<name>[^\s:–—?]+(?:[\s][^\s:–—?]+){{0,4}}?){_SHUT}\s?(?::|–|—|\s--?\s)\s*\S"
)
_SUBJECT = (
    r"\b(?:we|(?:in )?this (?:paper|work|article|study|thesis|tutorial|research)|"
    r"(?:the|our|present) (?:paper|work|study|authors?)|I)\b"
)
_VERB = (
    r"\b(?:propos|introduc|present|develop|design|devis|suggest|releas|construct|creat|build|built|contribut|"
    r"collect|curat|publish|formulat|describ|pioneer|establish|annotat|compil|craft|conceiv|invent)(?:e|es|ed|s|ing)?\b"
)
_NEW = r"\b(?:exploit|explor|adopt|employ|us|utili[sz]|leverag|appl)(?:e|es|ed|s|y|ies|ied|ing)?\s(?:an?|the)\s(?:novel|new)\b"
PROPOSES = re.compile(rf"{_SUBJECT}(?P<gap>[^.;:?!]{{0,90}}?)(?P<verb>{_VERB}|{_NEW})")
IS_PROPOSED = re.compile(
    r"\b(?:is|are|was|were)\s(?:(?:also|then|further|thus|hereby|first|finally|next|therefore|subsequently|additionally)\s)?"
    r"(?:proposed|introduced|presented|designed|developed|devised|suggested|constructed|released)\b"
    r"(?!\s(?:by|in \d|\(|for evaluat))"
)
# Adjectives of praise and novelty, which belong to no name.
PRAISE = (
    r"(?:novel|new|simple|effective|efficient|lightweight|unified|general|generic|powerful|robust|innovative|"
    r"first|large|flexible|yet|but|and|very|highly|fast|practical|principled|straightforward|scalable|better|improved|"
    r"comprehensive|challenging|original|intuitive|end-to-end|state-of-the-art|useful|publicly available|open-source|"
    r"interpretable|conceptually|surprisingly|extremely|also|two|three|several|special|specific|different|so-called|"
    r"proposed|holistic|elegant|compact|easy-to-use|versatile|complete|full|larger?-scale|high-quality)"
)
_PROPOSED_PHRASE = re.compile(
    rf"\s(?:(?:an?|the|our|two|three)\s)?(?:{PRAISE},?\s)*(?P<phrase>(?:[\w’'^&+@-]+\s){{1,6}}?(?P<head>{_ANY_HEAD}))\b(?![-\s]\w+ing?\b)"
)
_PASSIVE_PHRASE = re.compile(
    rf"(?:^|[,;]\s|\b)(?:an?|the|our)\s(?:{PRAISE},?\s)*(?P<phrase>(?:[\w’'^&+@-]+\s){{1,7}}(?P<head>{_ANY_HEAD}))\s(?:\([^()]{{2,40}}\)\s)?$",
    re.I,
)
_LINK_WORD = re.compile(
    r"\b(?:of|for|to|that|which|with|by|on|in|based|using|from|at|via|and|or|is|are|whose|as|our|the|an?|this|these|"
    r"two|three|several|various|existing|previous|other|both|each|more|their|its|it|how|what)\b",
    re.I,
)
_COMMON_FIRST = frozenset(
    "a an the this these that those we our in on for from to of with by as at it its is are and or but both "
    "each all some most many such here there while when where experiments extensive results however "
    "moreover furthermore finally first second third recent previous existing using given based despite "
    "unlike although after before under over through compared figure table section english chinese "
    "french german spanish arabic hindi code data also i to if further specifically technically".split()
)


class Naming(NamedTuple):
    """A name at *start* to *end*, and the cue that says it is one."""

    start: int
    end: int
    kind: Kind
    cue: Cue


def is_coined(name: str) -> bool:
    """
    Whether *name* holds a word that only a name can be: 'vcGAN', 'MG-FTE', 'AFiRe', 'GPT-4'.

    >>> [is_coined(word) for word in ("EntropyPrune", "Transformer", "CUB-200", "A")]
    [True, False, True, False]
    """
    return any(
        len(word) > 1
        and (
            any(character.isupper() for character in word[1:])
            or (word[0].isupper() and any(character.isdigit() for character in word))
        )
        for word in name.split()
    )


def kind_of_head(phrase: str) -> Kind | None:
    """The kind of thing that *phrase* names, by its last word; None where that does not tell."""
    for kind, pattern in _KIND_OF_HEAD:
        if pattern.search(phrase):
            return kind
    return None


def _kind_described(phrase: str) -> Kind | None:
    """The kind that 'novel token pruning framework that quantifies …' describes."""
    core = re.split(
        r"\b(?:that|which|for|of|to|with|based|using|by|designed|built|where|whose|on|in)\b", phrase
    )[0]
    for kind, pattern in reversed(_KIND_OF_HEAD):
        if pattern.search(core.strip().lower()) or pattern.search(core.strip()):
            return kind
    return None


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Leave out what a sentence puts before a name: 'The', 'In', quotes."""
    while True:
        first = re.match(r"\S+\s+", text[start:end])
        if first and first[0].strip().lower() in _COMMON_FIRST:
            start += first.end()
        else:
            break
    while end > start and text[end - 1] in "'’\"”.,-*":
        end -= 1
    if text[start:end].endswith(("'s", "’s")):
        end -= 2
    return start, end


def _is_name(name: str) -> bool:
    return len(name) > 1 and name.lower() not in _COMMON_FIRST and not name.isdigit()


def title_name(title: str) -> Naming | None:
    """
    The name before a title's colon, where it can only be a name; its kind is a guess.

    >>> title_name("EntropyPrune: Matrix Entropy Guided Visual Token Pruning").end
    12
    """
    match = _TITLE_NAME.match(title)
    if match is None:
        return None
    start, end = _trim(title, *match.span("name"))
    name = title[start:end]
    rest = title[match.end("name") :]
    words = name.split()
    capitalised = len(words) <= 4 and all(word[0].isupper() for word in words)
    described = re.match(r"\W*(?:an?|the)\s(?P<kind>.{3,80})", rest, re.I)
    if not _is_name(name) or not (is_coined(name) and len(words) <= 3 or capitalised and described):
        return None
    if re.search(r"\b(?:at|in|on|for|of|and|vs|task|semeval|challenge)\b", name, re.I):
        return None
    kind = (_kind_described(described["kind"]) if described else None) or _kind_in_title(rest)
    return Naming(start, end, kind, "title")


def _kind_in_title(rest: str) -> Kind:
    head = re.search(rf"\b(?:{HEADS['dataset']})\b", rest, re.I)
    early = head is not None and not re.search(
        r"\b(?:for|on|of|via|using)\b", rest[: head.start()], re.I
    )
    return "dataset" if early else "method"


def namings(text: str, start: int, end: int) -> Iterator[Naming]:
    """What the sentence *start* to *end* of *text* names; may overlap, in no order."""
    for match in _CALLED.finditer(text, start, end):
        begin, stop = _trim(text, *match.span("name"))
        if _is_name(text[begin:stop]) and (is_coined(text[begin:stop]) or " " in text[begin:stop]):
            yield Naming(begin, stop, _kind_before(text, start, match.start(), stop, end), "called")
    for match in _APPOSITION.finditer(text, start, end):
        kind = _kind_described(match["kind"])
        begin, stop = _trim(text, *match.span("name"))
        if kind and _is_name(text[begin:stop]) and is_coined(text[begin:stop]):
            yield Naming(begin, stop, kind, "apposition")
    for match in _BESIDE.finditer(text, start, end):
        begin, stop = _trim(text, *match.span("name"))
        if _is_name(text[begin:stop]):
            yield Naming(begin, stop, "dataset", "noun")
    for match in _LIST.finditer(text, start, end):
        before = text[max(start, match.start("list") - 60) : match.start("list")]
        if match["after"] or _LIST_BEFORE.search(before):
            for item in re.finditer(_NAME, match["list"]):
                begin, stop = _trim(
                    text, match.start("list") + item.start(), match.start("list") + item.end()
                )
                if _is_name(text[begin:stop]):
                    yield Naming(begin, stop, "dataset", "list")
    yield from proposals(text, start, end)


def _kind_before(text: str, start: int, position: int, after: int, end: int) -> Kind:
    """'a new dataset called X' is a dataset; else what follows in apposition says; else a method."""
    heads = list(_HEAD_BEFORE.finditer(text, max(start, position - 120), position))
    if heads:
        return kind_of_head(heads[-1]["head"]) or "method"
    following = re.match(rf"\s(?P<head>{_ANY_HEAD})\b", text[after : min(end, after + 40)])
    return (kind_of_head(following["head"]) if following else None) or "method"


def proposals(text: str, start: int, end: int) -> Iterator[Naming]:
    """
    Unnamed things that a sentence proposes: 'we propose an adaptive routing algorithm'.

    The phrase runs up to the first head noun; one that a preposition or an article interrupts is
    left out.
    """
    for match in PROPOSES.finditer(text, start, end):
        phrase = _PROPOSED_PHRASE.match(text, match.end(), end)
        if phrase and not _LINK_WORD.search(phrase["phrase"]):
            yield _proposal(phrase)
    for match in IS_PROPOSED.finditer(text, start, end):
        window = max(start, match.start() - 120)
        found = _PASSIVE_PHRASE.search(text, window, match.start())
        if found and not _LINK_WORD.search(found["phrase"]):
            yield _proposal(found)


def _proposal(match: re.Match[str]) -> Naming:
    kind = kind_of_head(match["head"]) or "method"
    return Naming(*match.span("phrase"), kind, "proposal")
