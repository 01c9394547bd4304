"""An extractor for tests of the graph, which finds a handful of names, and files for it to read."""

import json
import re
from collections.abc import Iterable, Iterator
from importlib import resources
from pathlib import Path

import pyshacl
import rdflib
from corpus import MODEL
from pyoxigraph import NamedNode, RdfFormat, serialize

from scholargraph.extract.mentions import Concept, Extraction, Kind, Mention, Relation, Sentence
from scholargraph.extract.papers import Paper
from scholargraph.graph.importing import Report, import_files
from scholargraph.graph.iris import slug
from scholargraph.graph.store import Store

KNOWN: dict[str, Kind] = {
    "RiverNet": "method",
    "U-Net": "method",
    "UNet": "method",
    "DeltaSAR": "dataset",
    "segmentation": "task",
    "mIoU": "metric",
}


def spotted(paper: Paper, known: dict[str, Kind] = KNOWN, *, model: str = MODEL) -> Extraction:
    """The names of *known*, each a concept; a title and an abstract are one sentence each."""
    sentences, mentions, relations = [], [], []
    for field, text in (("title", paper.title), ("abstract", paper.abstract)):
        if not text:
            continue
        here = []
        for found in re.finditer("|".join(map(re.escape, known)), text):
            kind = known[found[0]]
            mention = Mention(
                field=field,
                start=found.start(),
                end=found.end(),
                text=found[0],
                kind=kind,
                confidence=0.9,
                concept=Concept(kind, slug(found[0]), found[0]),
                sentence=len(sentences),
            )
            here.append(len(mentions))
            mentions.append(mention)
        relations += [
            Relation(one, "evaluatedOn", other, len(sentences), 0.7)
            for one, other in zip(here, here[1:], strict=False)
            if (mentions[one].kind, mentions[other].kind) == ("method", "dataset")
        ]
        sentences.append(Sentence(field, 0, len(text)))
    return Extraction(tuple(sentences), tuple(mentions), tuple(relations), (), (), model)


def extract(papers: Iterable[Paper]) -> Iterator[tuple[Paper, Extraction]]:
    return ((paper, spotted(paper)) for paper in papers)


def record(id: str, abstract: str = "We train RiverNet on DeltaSAR for segmentation.") -> str:
    value = {"id": id, "title": f"Paper {id}", "abstract": abstract, "authors": ["Ada Lindqvist"]}
    return json.dumps(value)


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def bring(store: Store, *paths: Path, **options: object) -> Report:
    settings: dict[str, object] = {"extract": extract, "model": MODEL}
    return import_files(paths, store, **(settings | options))  # type: ignore[arg-type]


def broken_rules(store: Store, graph: NamedNode) -> str:
    """What the shapes have against the named graph *graph*, '' where it conforms."""
    with store.snapshot() as snapshot:
        triples = [quad.triple for quad in snapshot.quads(graph=graph)]
    assert triples
    data = rdflib.Graph().parse(data=serialize(triples, format=RdfFormat.N_TRIPLES) or b"")
    shapes = resources.files("scholargraph.graph").joinpath("shapes.ttl").read_text("utf-8")
    conforms, _, text = pyshacl.validate(data, shacl_graph=rdflib.Graph().parse(data=shapes))
    return "" if conforms else str(text)
