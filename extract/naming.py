"""
Phrases in which a paper names something: 'termed X', 'X, a novel framework', 'the X dataset'.

What is found here is a place in the text and a kind; whether the paper proposes the thing is the
business of `introduces`.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

from .mentions import Kind
from .phrases import any_of

if TYPE_CHECKING:  # spaCy comes with it, and the server reads what runs have come to without
    from .annotations import ShortForm

Cue = Literal["title", "called", "apposition", "noun", "list", "capitals", "definition", "proposal"]

# Head nouns that tell the kind of the thing that a name stands for.
HEADS: dict[Kind, str] = {
    "dataset": r"data ?sets?|datasets?|corpus|corpora|benchmarks?|treebanks?|test ?suites?|test "
    "?sets?|testbeds?|"
    r"databases?|collections?|lexicons?|knowledge bases?|challenge sets?|resources?|benchmark "
    r"suites?",
    "task": r"tasks?|problems?|shared tasks?",
    "metric": r"metrics?|measures?|scores?|evaluation measures?",
    "method": r"methods?|approach(?:es)?|frameworks?|models?|algorithms?|architectures?|networks?|"
    "systems?|"
    r"techniques?|modules?|mechanisms?|strateg(?:y|ies)|pipelines?|toolkits?|tools?|librar(?:y|"
    r"ies)|schemes?|"
    r"paradigms?|loss(?:es)?(?: functions?)?|regulari[sz]ations?|variants?|encoders?|decoders?|"
    r"units?|layers?|"
    r"attentions?|agents?|platforms?|parsers?|taggers?|classifiers?|generators?|optimi[sz]ers?|"
    r"objectives?|"
    r"procedures?|solutions?|recipes?|transformers?|GANs?|Transformers?|plugins?|packages?|"
    r"interfaces?|engines?|"
    r"chatbots?|assistants?|methodolog(?:y|ies)|learning|decoding|pre-?training|fine-?tuning|"
    r"representations?|"
    r"embeddings?|LLMs?|MLLMs?|prompting|policy|workflow",
}
_ANY_HEAD = "|".join(HEADS.values())
_KIND_OF_HEAD = [(kind, re.compile(rf"(?:{words})$")) for kind, words in HEADS.items()]
_HEAD_BEFORE = re.compile(rf"\b(?P<head>{_ANY_HEAD})\b")

# A coined word ('EntropyPrune', 'MG-FTE', 'vcGAN') or capitalised words ('Stanford Cars').
# Lengths are bounded, so that a text of capitals alone costs no more than another.
_WORD = (
    r"(?:[A-Z][\w^*+@’'&-]{0,40}(?:\.\d+){0,3}|[a-z]{1,12}[A-Z][\w^*+-]{0,40}"
    r"|[a-z]{1,12}-[A-Z]\w{0,40}|\d{1,4}[A-Z][\w-]{0,40})"
)
_NAME = rf"(?<![\w-]){_WORD}(?:\s(?:(?:of|for|in|the)\s)?(?:{_WORD}|\d{{1,4}}(?:\.\d+)?)){{0,6}}"
_OPEN = r"[\"“”'‘`*]{0,3}"
_SHUT = r"[\"”’'`*]{0,3}"
_CALLED = re.compile(
    rf"(?:\b(?:termed|called|named|dubbed|coined|titled|nicknamed|which we (?:call|term|name|dub|"
    rf"refer to as|denote as)"
    rf"|we (?:call|term|name|dub) (?:it|this|them|our \w+|the \w+|this \w+)|refer(?:red)? to as|"
    rf"denoted(?: as| by)|abbreviated as"
    rf"|namely)(?:\s(?:as|to|the|an|a))?,?\s){_OPEN}(?P<name>{_NAME})"
)
_APPOSITION = re.compile(
    rf"{_OPEN}(?P<name>{_NAME}){_SHUT}(?:\s\([^()]{{1,60}}\))?\s?(?:,|--|–|—|:)\s"
    rf"(?:an?|the first|our)\s(?P<kind>[^,.;:()]{{2,110}})"
)
_BESIDE = re.compile(
    rf"\b(?:[Tt]he|[Oo]ur|[Oo]n|[Uu]sing|[Aa]nd|[Ff]rom|[Ii]n|[Vv]ia|"
    rf",)\s{_OPEN}(?P<name>{_NAME}){_SHUT}(?:\s\([^()]{{1,60}}\))?\s"
    rf"(?P<head>(?:{HEADS['dataset']})|(?:image |text |review |public )+(?:{HEADS['dataset']}))\b"
)
# 'a parallel dataset, SHADES, that …', 'the language model GPT-3'.
_AFTER_HEAD = re.compile(
    rf"\b(?:an?|the|our)\s(?:[\w’'-]+,?\s){{0,6}}?(?P<head>{_ANY_HEAD})(?:,|"
    rf":)?\s{_OPEN}(?P<name>{_WORD})"
    r"(?=[\"”'*]*(?:\s\(|[,.;:)]|\s(?:to|that|which|for|with|on|as|by|is|was|and|in|consist\w+)\b))"
)
_LIST = re.compile(
    rf"\b(?:on|from|including|namely|i\.e\.,?|e\.g\.,?|datasets?:?|benchmarks?:?|such as|with|the|"
    rf"and|of|across)\s(?:the\s)?"
    rf"(?P<list>(?:{_NAME}(?:\s\([^()]{{1,40}}\))?,\s){{1,20}}(?:and\s|or\s)?(?:the\s)?{_NAME}"
    rf"|{_NAME}\s(?:and|or)\s(?:the\s)?{_NAME})(?P<after>\s(?:image |text |review |public "
    rf")*(?:data ?sets|benchmarks|corpora)\b)?"
)
_LIST_BEFORE = re.compile(
    r"(?:datasets?|data sets|benchmarks|corpora)[^.;]{0,30}?(?:including|namely|such as|i\.e\.,?|"
    r"e\.g\.,?|:|\()\s?$"
)
_TITLE_NAME = re.compile(
    rf"^\s*{_OPEN}(?P<name>[^\s:–—?]+(?:[\s][^\s:–—?]+){{0,4}}?){_SHUT}\s?(?::|–|—|\s--?\s)\s*\S"
)
_SUBJECT = (
    r"\b(?i:we|(?:in )?this (?:paper|work|article|study|thesis|tutorial|research)|"
    r"(?:the|our|present) (?:paper|work|study|authors?)|I)\b"
)
_VERB = (
    r"\b(?:propos|introduc|present|develop|design|devis|suggest|releas|construct|creat|build|"
    r"built|contribut|"
    r"collect|curat|publish|formulat|describ|pioneer|establish|annotat|compil|craft|conceiv|"
    r"invent)(?:e|es|ed|s|ing)?\b"
)
_NEW = (
    r"\b(?:exploit|explor|adopt|employ|us|utili[sz]|leverag|appl)(?:e|es|ed|s|y|ies|ied|ing)?"
    r"\s(?:an?|the)\s(?:novel|new)\b"
)
PROPOSES = re.compile(
    rf"{_SUBJECT}(?P<gap>[^.;:?!]{{0,90}}?)(?P<verb>{_VERB}|{_NEW})"
    r"|\band\s(?:then\s|further\s|also\s)?(?:propose|introduce|present|develop|design|devise|"
    r"release)s?\b"
)
IS_PROPOSED = re.compile(
    r"\b(?:is|are|was|were)\s(?:(?:also|then|further|thus|hereby|first|finally|next|therefore|"
    r"subsequently|additionally)\s)?"
    r"(?:proposed|introduced|presented|designed|developed|devised|suggested|constructed|released)\b"
    r"(?!\s(?:by|in \d|\(|for evaluat))"
)
# Adjectives of praise and novelty, which belong to no name.
PRAISE = (
    r"(?:novel|new|simple|effective|efficient|lightweight|unified|general|generic|powerful|robust|"
    r"innovative|"
    r"first|large|flexible|yet|but|and|very|highly|fast|practical|principled|straightforward|"
    r"scalable|better|improved|"
    r"comprehensive|challenging|original|intuitive|end-to-end|state-of-the-art|useful|publicly "
    r"available|open-source|"
    r"interpretable|conceptually|surprisingly|extremely|also|two|three|several|special|specific|"
    r"different|so-called|"
    r"proposed|holistic|elegant|compact|easy-to-use|versatile|complete|full|larger?-scale|"
    r"high-quality)"
)
_PHRASE = rf"(?:[\w’'^&+@-]+\s){{1,7}}?(?P<head>(?:{_ANY_HEAD})(?:\s(?:{_ANY_HEAD}))*)"
_PROPOSED_PHRASE = re.compile(
    rf"\s(?:(?:an?|the|our|two|three)\s)?(?:{PRAISE},?\s)*(?P<phrase>{_PHRASE})\b"
    r"(?!-\w|\s(?:based|driven|guided|aware|style|like)\b(?!\son))"
)
_PASSIVE_PHRASE = re.compile(
    rf"\b(?:an?|the|our)\s(?:{PRAISE},?\s)*(?P<phrase>{_PHRASE})\s(?:\([^()]{{2,40}}\)\s)?$", re.I
)
_LINKING = any_of(
    "of for to that which with by on in based using from at via and or is are whose as our the a "
    "an this these "
    "two three several various existing previous other both each more their its it how what"
)
_LINK_WORD = re.compile(rf"(?<![\w-]){_LINKING}(?![\w-])", re.I)
_ADJECTIVE = re.compile(
    r"-(?:based|like|style|driven|aware|guided|augmented|enhanced|specific|free|level|wise)$"
)
_COMMON_FIRST = frozenset(
    "a an the this these that those we our in on for from to of with by as at it its is are and "
    "or but both "
    "each all some most many such here there while when where experiments extensive results "
    "however "
    "moreover furthermore finally first second third recent previous existing using given based "
    "despite "
    "unlike although after before under over through compared figure table section english chinese "
    "french german spanish arabic hindi code data also i to if further specifically "
    "technically".split()
)


class Naming(NamedTuple):
    """A name at *start* to *end*, and the cue that says it is one."""

    start: int
    end: int
    kind: Kind
    cue: Cue
    # Whether the text itself says the kind ('a dataset called X'); else it is a guess.
    told: bool = True


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
    return (
        len(name) > 1
        and name.lower() not in _COMMON_FIRST
        and not name.isdigit()
        and not _ADJECTIVE.search(name)
    )


_PHRASE_IN_TITLE = re.compile(
    r"[,@]|\b(?:at|in|on|for|of|and|vs|task|semeval|challenge|your|our|we|is|are|meets?|towards?|"
    r"beyond|from|the)\b"
    r"|^[A-Z][a-z]+ing\s|^(?:Mind|How|What|Why|When|Do|Does|Can)\s",
    re.I,
)


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
    if (
        "~" in name
        or not _is_name(name)
        or not (is_coined(name) and len(words) <= 3 or capitalised and described)
    ):
        return None
    if _PHRASE_IN_TITLE.search(name):
        return None
    told = _kind_described(described["kind"]) if described else None
    told = told or kind_of_head(name.lower())
    return Naming(start, end, told or _kind_in_title(rest), "title", told is not None)


def _kind_in_title(rest: str) -> Kind:
    """A guess: a data set where the first noun phrase of *rest* speaks of one."""
    head = re.search(rf"(?<!-)\b(?:{HEADS['dataset']})\b", rest, re.I)
    early = head is not None and not _LINK_WORD.search(rest[: head.start()])
    return "dataset" if early else "method"


def namings(text: str, start: int, end: int) -> Iterator[Naming]:
    """What the sentence *start* to *end* of *text* names; may overlap, in no order."""
    for match in _CALLED.finditer(text, start, end):
        begin, stop = _trim(text, *match.span("name"))
        if _is_name(text[begin:stop]) and (is_coined(text[begin:stop]) or " " in text[begin:stop]):
            kind = _kind_before(text, start, match.start(), stop, end)
            yield Naming(begin, stop, kind or "method", "called", kind is not None)
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
                cited = text.startswith((" et al", ", 19", ", 20", " (19", " (20"), stop)
                if _is_name(text[begin:stop]) and not cited:
                    yield Naming(begin, stop, "dataset", "list")
    for match in _AFTER_HEAD.finditer(text, start, end):
        begin, stop = _trim(text, *match.span("name"))
        kind = kind_of_head(match["head"])
        if is_coined(text[begin:stop]) and kind in ("dataset", "method"):
            yield Naming(begin, stop, kind, "noun")
    yield from proposals(text, start, end)


def _kind_before(text: str, start: int, position: int, after: int, end: int) -> Kind | None:
    """'a new dataset called X' is a dataset; else what follows in apposition says; else a
    method."""
    heads = list(_HEAD_BEFORE.finditer(text, max(start, position - 120), position))
    if heads:
        return kind_of_head(heads[-1]["head"])
    return _head_after(text, after, end)


def _head_after(text: str, position: int, end: int) -> Kind | None:
    following = re.match(rf"\s(?P<head>{_ANY_HEAD})\b", text[position : min(end, position + 40)])
    return kind_of_head(following["head"]) if following else None


def proposals(text: str, start: int, end: int) -> Iterator[Naming]:
    """
    Unnamed things that a sentence proposes: 'we propose an adaptive routing algorithm'.

    The phrase runs up to the first head noun; one that a preposition or an article interrupts is
    left out.
    """
    for match in PROPOSES.finditer(text, start, end):
        phrase = _PROPOSED_PHRASE.match(text, match.end(), end)
        if phrase and _is_specific(phrase):
            yield _proposal(phrase)
        coined = _COINED_NEXT.match(text, match.end(), end)
        if coined and is_coined(coined["name"]) and _is_name(coined["name"]):
            begin, stop = _trim(text, *coined.span("name"))
            described = _THEN_APPOSITION.match(text, stop, end)
            kind = _kind_described(described["kind"]) if described else None
            kind = kind or _head_after(text, stop, end)
            yield Naming(begin, stop, kind or "method", "called", kind is not None)
        name = _CAPITALISED.match(text, match.end(), end)
        if name:
            head = kind_of_head(name["name"].lower()) or _head_after(text, name.end("name"), end)
            if head:
                yield Naming(*name.span("name"), head, "capitals")
    for match in IS_PROPOSED.finditer(text, start, end):
        window = max(start, match.start() - 120)
        found = _PASSIVE_PHRASE.search(text, window, match.start())
        if found and _is_specific(found):
            yield _proposal(found)


_LEAD_IN = re.compile(
    rf"(?:{_SUBJECT}[^.;:?!]{{0,90}}?(?:{_VERB}|{_NEW})|\b(?:{_VERB}|{_NEW}))"
    rf"\s(?:(?:an?|the|our|two|three)\s)?(?:{PRAISE}[,\s]+)*"
    r"(?:(?:idea|concept|notion|task|problem|family)\sof\s(?:an?\s|the\s)?)?[\"“‘'*]*$"
)
_CALLED_BEFORE = re.compile(
    r"\b(?:termed|called|named|dubbed|namely|which\swe\s(?:call|term|name|"
    r"dub))(?:\sas)?,?\s(?:the\s)?[\"“‘'*]*$"
)
_THEN_APPOSITION = re.compile(
    r"[\"”’'*]*\)?(?:\s\([^()]{1,60}\))?,\s(?:an?|the\sfirst)\s(?P<kind>[^,.;:()]{2,110})"
)
_COINED_NEXT = re.compile(
    rf"\s(?:(?:an?|the|our)\s)?(?:{PRAISE}[,\s]+)*{_OPEN}(?P<name>{_WORD})(?=[\"”'*]*(?:\s\(|"
    rf"[,.;:)]|"
    rf"\s(?:{_ANY_HEAD}|to|that|which|for|with|on|as|by|and|in|via|based)\b))"
)
_CAPITALISED = re.compile(
    rf"\s(?:(?:an?|the|our)\s)?(?:{PRAISE}[,\s]+)*[\"“]?"
    r"(?P<name>[A-Z][\w’'&-]*(?:\s(?:(?:of|for|in|the|and)\s)?[A-Z][\w’'&-]*){1,6})"
)


def definition_kind(text: str, start: int, end: int, form: "ShortForm") -> Kind | None:
    """
    The kind of what an abbreviation stands for, where the sentence names or proposes it there.

    None for abbreviations that are merely spelled out: 'generative adversarial networks (GANs)'.
    """
    if form.long_start < form.short_start:
        first, last = form.long_start, form.short_end
    else:
        first, last = form.short_start, form.long_end
    before = text[max(start, first - 140) : first]
    after = text[last : min(end, last + 140)]
    described = _THEN_APPOSITION.match(after)
    kind = _kind_described(described["kind"]) if described else None
    if kind and re.search(
        r"\b(?:novel|new|first|simple)\b", described["kind"] if described else ""
    ):
        return kind
    following = re.match(rf"[\"”’'*]*\)?\s(?P<head>{_ANY_HEAD})\b", after)
    long = text[form.long_start : form.long_end]
    # 'Benchmark for Retrieval Diversity': the head may come first.
    own = kind_of_head(long) or kind_of_head(re.split(r"\s(?:for|of|on)\s", long)[0].lower())
    guess = (kind_of_head(following["head"]) if following else None) or own or kind or "method"
    if _CALLED_BEFORE.search(before):
        return guess if following or own else _kind_before(text, start, first, last, end) or guess
    proposed = re.match(rf"[\"”’'*]*\)?(?:\s{_ANY_HEAD})?(?:,[^,]{{3,100}},)?\s", after)
    if _LEAD_IN.search(before):
        return guess
    if proposed and IS_PROPOSED.match(after, proposed.end()):
        return guess
    return None


def _is_specific(match: re.Match[str]) -> bool:
    """One thing with two words or more to describe it; a data set without a name is none."""
    phrase = match["phrase"]
    several = phrase.endswith("s") and not phrase.endswith(("ss", "us", "is"))
    long_enough = len(re.split(r"[\s-]+", phrase)) >= 3
    return (
        long_enough
        and not several
        and not _LINK_WORD.search(phrase)
        and kind_of_head(match["head"]) != "dataset"
    )


def _proposal(match: re.Match[str]) -> Naming:
    kind = kind_of_head(match["head"]) or "method"
    return Naming(*match.span("phrase"), kind, "proposal")
