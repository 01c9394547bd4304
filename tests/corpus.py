"""
A small corpus written for the tests: eight invented papers that share authors and concepts.

Texts carry their mentions as marks, ``{text|kind}`` or ``{text|kind|label}`` or
``{text|kind|label|abbreviation}``, so that every offset is right by construction.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from scholargraph.extract.mentions import (
    Concept,
    Extraction,
    Field,
    Kind,
    Mention,
    Predicate,
    Relation,
    ResultClaim,
    Sentence,
)
from scholargraph.extract.papers import Author, Paper, Profile, SourceClaim
from scholargraph.graph.iris import slug

MODEL = "corpus-1"
HOSTILE_TITLE = "<script>alert(1)</script>"
HOSTILE_NAME = '"><img src=x onerror=alert(1)>'

_MARK = re.compile(r"\{([^|{}]+)\|(\w+)(?:\|([^|{}]+))?(?:\|([^|{}]+))?\}")

Marked = tuple[Paper, Extraction]


@dataclass(frozen=True, slots=True)
class Number:
    """A result by the texts of the mentions that it speaks of."""

    text: str
    value: str
    unit: str | None = None
    change: str = "absolute"
    metric: str | None = None
    dataset: str | None = None
    task: str | None = None
    method: str | None = None
    baseline: str | None = None


def paper(
    id: str,
    title: str,
    *sentences: str,
    relations: tuple[tuple[str, Predicate, str, float], ...] = (),
    results: tuple[Number, ...] = (),
    introduces: tuple[str, ...] = (),
    **details: object,
) -> Marked:
    """A paper and its extraction from marked text."""
    spans: list[Sentence] = []
    mentions: list[Mention] = []
    plain_title = _read(title, "title", 0, spans, mentions)
    offset, texts = 0, []
    for sentence in sentences:
        texts.append(_read(sentence, "abstract", offset, spans, mentions))
        offset += len(texts[-1]) + 1
    abstract = " ".join(texts)

    def first(text: str | None) -> int | None:
        if text is None:
            return None
        return next(n for n, mention in enumerate(mentions) if mention.text == text)

    def together(subject: str, object: str) -> tuple[int, int]:
        return next(
            (i, j)
            for i, one in enumerate(mentions)
            for j, other in enumerate(mentions)
            if (one.text, other.text) == (subject, object) and one.sentence == other.sentence
        )

    related = []
    for subject, predicate, object, confidence in relations:
        i, j = together(subject, object)
        related.append(Relation(i, predicate, j, mentions[i].sentence, confidence))
    claims = []
    for number in results:
        start = abstract.index(number.text)
        place = next(
            n
            for n, span in enumerate(spans)
            if span.field == "abstract" and span.start <= start < span.end
        )
        claims.append(
            ResultClaim(
                sentence=place,
                start=start,
                end=start + len(number.text),
                text=number.text,
                value=Decimal(number.value),
                unit=number.unit,  # type: ignore[arg-type]
                change=number.change,  # type: ignore[arg-type]
                metric=first(number.metric),
                dataset=first(number.dataset),
                task=first(number.task),
                method=first(number.method),
                baseline=first(number.baseline),
                confidence=0.8,
            )
        )
    extraction = Extraction(
        sentences=tuple(spans),
        mentions=tuple(mentions),
        relations=tuple(related),
        results=tuple(claims),
        introduces=tuple(n for text in introduces if (n := first(text)) is not None),
        model=MODEL,
    )
    return Paper(id, plain_title, abstract, **details), extraction  # type: ignore[arg-type]


def _read(
    marked: str, field: Field, offset: int, spans: list[Sentence], mentions: list[Mention]
) -> str:
    text, last = "", 0
    for mark in _MARK.finditer(marked):
        text += marked[last : mark.start()]
        last = mark.end()
        phrase, kind, label, abbreviation = mark.groups()
        start = offset + len(text)
        text += phrase
        mentions.append(
            Mention(
                field=field,
                start=start,
                end=start + len(phrase),
                text=phrase,
                kind=_kind(kind),
                confidence=round(0.6 + 0.035 * (len(phrase) % 11), 3),
                concept=Concept(_kind(kind), slug(label or phrase), label or phrase, abbreviation),
                sentence=len(spans),
            )
        )
    text += marked[last:]
    spans.append(Sentence(field, offset, offset + len(text)))
    return text


def _kind(name: str) -> Kind:
    if name not in ("method", "dataset", "task", "metric"):
        raise ValueError(name)
    return name  # type: ignore[return-value]


def authors(*names: str, first: int | None = 1) -> tuple[Author, ...]:
    """Authors in order; their positions are unknown where *first* is None."""
    return tuple(Author(name, first + n if first else None) for n, name in enumerate(names))


PROFILE = Profile(
    author="Ada Lindqvist",
    captured="2026-02-11",
    categories=("cs.CV",),
    claims=(
        SourceClaim("h-index", Decimal(9)),
        SourceClaim("citations", Decimal(214)),
        SourceClaim("novelty", Decimal(51), "percent"),
    ),
)

CORPUS: tuple[Marked, ...] = (
    paper(
        "river-1",
        "{RiverNet|method}: Following Water in Radar Images",
        "Finding rivers in radar images is slow by hand.",
        "We propose {RiverNet|method}, a {convolutional network|method|Convolutional Network|CNN} "
        "for {river segmentation|task}.",
        "On {DeltaSAR|dataset} {RiverNet|method} reaches 84.2% {mIoU|metric} "
        "for {river segmentation|task}, 3.1 points above {U-Net|method}.",
        relations=(
            ("RiverNet", "usedFor", "river segmentation", 0.91),
            ("RiverNet", "evaluatedOn", "DeltaSAR", 0.95),
            ("RiverNet", "comparedWith", "U-Net", 0.7),
        ),
        results=(
            Number(
                "84.2%",
                "84.2",
                "percent",
                metric="mIoU",
                dataset="DeltaSAR",
                task="river segmentation",
                method="RiverNet",
            ),
            Number(
                "3.1 points",
                "3.1",
                "points",
                "delta",
                metric="mIoU",
                dataset="DeltaSAR",
                method="RiverNet",
                baseline="U-Net",
            ),
        ),
        introduces=("RiverNet",),
        authors=authors("Ada Lindqvist", "José García-Márquez", "Wei Chen"),
        date="2023-05-17",
        venue="Workshop on Water",
        categories=("cs.CV", "eess.IV"),
        ids=(("arxiv", "2305.00001"),),
        urls=("https://example.org/rivernet",),
        code=("https://example.org/code/rivernet",),
        code_flag=True,
        claims=(SourceClaim("paper-score", Decimal("87.5")),),
    ),
    paper(
        "river-2",
        "Rivers over Time with {Recurrent RiverNet|method}",
        "{RiverNet|method} sees one image at a time.",
        "{Recurrent RiverNet|method} adds a {gated memory|method|Gated Memory} to "
        "{RiverNet|method} and tracks {flood extent|task}.",
        "Trained on {DeltaSAR|dataset}, {Recurrent RiverNet|method} scores 0.81 {F1|metric}.",
        relations=(
            ("gated memory", "partOf", "Recurrent RiverNet", 0.66),
            ("Recurrent RiverNet", "usedFor", "flood extent", 0.88),
            ("Recurrent RiverNet", "trainedOn", "DeltaSAR", 0.93),
        ),
        results=(Number("0.81", "0.81", metric="F1", method="Recurrent RiverNet"),),
        introduces=("Recurrent RiverNet",),
        authors=authors("José García-Márquez", "Ada Lindqvist"),
        date="2024-03",
        categories=("cs.CV",),
        ids=(("doi", "10.5555/Water.2"), ("arxiv", "2403.00002")),
    ),
    paper(
        "tiny-1",
        "Small Language Models Read Recipes",
        "We distil {TinyChef|method} from a {large language model|method|Large Language Model|LLM} "
        "for {named entity recognition|task|Named Entity Recognition|NER} in recipes.",
        "{TinyChef|method} is tested on {KitchenNER|dataset}, our corpus of 4,000 recipes, where "
        "{accuracy|metric} falls by only 1.5%.",
        relations=(("TinyChef", "evaluatedOn", "KitchenNER", 0.9),),
        results=(Number("1.5%", "-1.5", "percent", "delta", metric="accuracy", method="TinyChef"),),
        introduces=("TinyChef", "KitchenNER"),
        authors=authors("Wei Chen", "Amina Diallo", "何 良华"),
        date="2022",
        venue="Proceedings of Cooking and Computing",
        categories=("cs.CL",),
        ids=(("acl", "2022.cook-1.4"), ("doi", "10.5555/cook.4")),
        urls=("https://example.org/tiny chef",),
    ),
    paper(
        "tiny-2",
        "{KitchenNER|dataset} in Twelve Languages",
        "{KitchenNER|dataset} was English only; we extend it to twelve languages and benchmark "
        "{NER|task|Named Entity Recognition|NER} with {LLMs|method|Large Language Model|LLM}.",
        "{KitchenNER|dataset} is a benchmark for {named-entity recognition|task|"
        "Named Entity Recognition}.",
        relations=(("KitchenNER", "benchmarkFor", "named-entity recognition", 0.97),),
        authors=authors("Amina Diallo", "Wei Chen", HOSTILE_NAME),
        date="2023-11-02",
        categories=("cs.CL", "cs.LG"),
        ids=(("doi", "10.5555/cook.9"),),
    ),
    paper(
        "script-1",
        f"{HOSTILE_TITLE} Considered Harmful to {{Text Classification|task}}",
        'Pages with markup such as <b>bold</b> & "quotes" fool {U-Net|method} and '
        "{BERT & <friends>|method} alike.",
        "{text classification|task} on {WebPages|dataset} needs {tag stripping|method}.",
        relations=(("tag stripping", "usedFor", "text classification", 0.5),),
        authors=authors(HOSTILE_NAME, "Ada Lindqvist"),
        date="2021-12-31",
        categories=("cs.CL",),
    ),
    paper(
        "hidden-1",
        "Maps from Many Hands",
        "Volunteers draw maps that {U-Net|method} learns from for {river segmentation|task}.",
        "{CrowdMaps|dataset} has 70 regions.",
        relations=(("U-Net", "usedFor", "river segmentation", 0.6),),
        authors=(
            *authors("Noor van Dijk", "Bo Ek", "Mei-Ling O'Neil"),
            *authors("Ada Lindqvist", first=None),
        ),
        truncated=True,
        date="2020-08-09",
        categories=("cs.HC",),
        affiliations=("Lake University",),
        code_flag=True,
    ),
    paper(
        "plain-1",
        "A Note without Methods",
        "This abstract names nothing that the graph knows.",
        authors=authors("Bo Ek"),
    ),
    paper(
        "syn-1",
        "Gates and {Gated Memory|method}",
        "A {gated recurrent unit|method|Gated Recurrent Unit|GRU} is a kind of "
        "{gated memory|method|Gated Memory}, also called {GM|method}.",
        "{Flood Extent|task} is a subtask of {earth observation|task}.",
        relations=(
            ("gated recurrent unit", "subclassOf", "gated memory", 0.85),
            ("GM", "synonymOf", "gated memory", 0.75),
            ("Flood Extent", "subtaskOf", "earth observation", 0.8),
        ),
        authors=(Author("Wei Chen", 1, "0000-0002-1825-0097", ("Lake University",)),),
        date="2024-07-01",
        categories=("cs.LG",),
    ),
)
