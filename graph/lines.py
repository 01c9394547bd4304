"""Extractions as JSON lines, for programs that want no graph."""

import json

from scholargraph.extract.mentions import Extraction
from scholargraph.extract.papers import Paper

from .iris import Iris


def extraction_line(paper: Paper, extraction: Extraction, iris: Iris) -> str:
    """
    *paper* and its extraction as one line of JSON, without a newline.

    Offsets count characters of the field that a mention names, end exclusive; relations, results
    and ``introduces`` name mentions by their index.
    """
    texts = (
        {"text": paper.abstract}
        if paper.verbatim
        else {"title": paper.title, "abstract": paper.abstract}
    )
    sentences = extraction.sentences
    record = {
        "id": paper.id,
        **texts,
        "mentions": [
            {
                "field": mention.field,
                "start": mention.start,
                "end": mention.end,
                "text": mention.text,
                "kind": mention.kind,
                "confidence": round(mention.confidence, 3),
                "concept": iris.concept(mention.concept).value,
                "label": mention.concept.label,
                "linked_by": list(mention.linked_by),
            }
            for mention in extraction.mentions
        ],
        "introduces": list(extraction.introduces),
        "relations": [
            {
                "subject": relation.subject,
                "predicate": relation.predicate,
                "object": relation.object,
                "confidence": round(relation.confidence, 3),
            }
            for relation in extraction.relations
        ],
        "results": [
            {
                "field": sentences[result.sentence].field,
                "start": result.start,
                "end": result.end,
                "text": result.text,
                "value": str(result.value),
                "unit": result.unit,
                "change": result.change,
                "metric": result.metric,
                "dataset": result.dataset,
                "task": result.task,
                "method": result.method,
                "baseline": result.baseline,
                "confidence": round(result.confidence, 3),
            }
            for result in extraction.results
        ],
    }
    return json.dumps(record, ensure_ascii=False)
