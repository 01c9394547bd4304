"""What a correction is asked for in, and which correction of the graph, as it is, that means."""

import datetime
from dataclasses import replace
from typing import Any, cast

from pyoxigraph import NamedNode

from scholargraph.extract.mentions import Field

from . import vocab as v
from .amending import sentence_around
from .corrections import ACTIONS, Action, Correction, CorrectionError, corrections, kind_named
from .entities import value_of
from .iris import Iris
from .parts import FACTS
from .store import Writer

# What a request may say, and the longest text that it may say it in.
MEMBERS = {
    *("action", "who", "note", "mention", "paper", "field", "start", "end", "kind"),
    *("concept", "into", "label"),
}
LONGEST = 500

Request = dict[str, Any]


def check_request(request: Request) -> None:
    """
    Looks *request* over, whatever the graph holds.

    Raises: CorrectionError for a member, a value or an action that no correction has.
    """
    if not isinstance(request, dict):
        raise CorrectionError("a correction is an object with an action")
    if unknown := sorted(set(map(str, request)) - MEMBERS):
        raise CorrectionError(
            f"a correction has no {unknown[0][:50]!r}; it may have {', '.join(sorted(MEMBERS))}"
        )
    for name, value in request.items():
        right = isinstance(value, int) and not isinstance(value, bool)
        if not right and name in ("start", "end"):
            raise CorrectionError(f"{name} is a number of characters, from 0")
        if name not in ("start", "end") and not (
            isinstance(value, str) and len(value) <= LONGEST and _is_writable(value)
        ):
            raise CorrectionError(f"{name} is a text of at most {LONGEST} characters")
    if request.get("action") not in ACTIONS:
        raise CorrectionError(f"the action is one of {', '.join(ACTIONS)}")


def _is_writable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return "\0" not in text


def requested(request: Request, id: str, writer: Writer) -> Correction:
    """
    The correction that *request* means, called *id*, made now.

    Raises: CorrectionError for what is not there or makes no sense.
    """
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    action = cast(Action, request["action"])
    blank = Correction(
        id=id,
        action=action,
        who=request.get("who", "").strip() or "unknown",
        when=now.replace("+00:00", "Z"),
        note=request.get("note", "").strip(),
    )
    if action in ("accept", "reject") or (action == "retype" and "concept" not in request):
        return _on_mention(blank, request, writer)
    if action == "add":
        return _addition(blank, request, writer)
    return _on_concept(blank, request, writer)


def _on_mention(blank: Correction, request: Request, writer: Writer) -> Correction:
    node = _mention(request, writer)
    said = {quad.predicate: value_of(quad.object) for quad in writer.quads(node, graph=FACTS)}
    concept = said[v.OF_CONCEPT]
    field = node.value.rpartition("#mention-")[2].partition("-")[0]
    kind = kind_named(writer.iris.local(concept).split("/")[1])  # type: ignore[union-attr]
    correction = replace(
        blank,
        paper=said[v.PART_OF],
        field=cast(Field, field),
        start=int(said[v.START]),
        end=int(said[v.END]),
        text=said[v.EXACT],
        kind=kind,
        concept=concept,
        label=said.get(v.CONCEPT_LABEL, said[v.EXACT]),
        abbreviation=said.get(v.ABBREVIATION),
    )
    if blank.action != "retype":
        return correction
    new = kind_named(_needed(request, "kind"))
    if new == kind:
        raise CorrectionError(f"“{correction.text}” is a {kind} already")
    key = writer.iris.key(concept)
    return replace(correction, new_kind=new, concept=writer.iris.resource(new, key).value)


def _mention(request: Request, writer: Writer) -> NamedNode:
    """The mention that *request* is about."""
    if "mention" in request:
        node = _node(request["mention"], writer.iris)
        if not writer.quads(node, v.TYPE, v.MENTION, FACTS):
            raise CorrectionError(f"there is no mention {node.value}")
        return node
    paper, field, start, end = _place(request, writer)
    name = f"{paper.value}#mention-{field}-{start}-{end}-"
    found = [
        quad.subject
        for quad in writer.quads(None, v.PART_OF, paper, FACTS)
        if isinstance(quad.subject, NamedNode) and quad.subject.value.startswith(name)
    ]
    if "kind" in request and request["action"] != "retype":
        found = [node for node in found if node.value == name + kind_named(request["kind"])]
    if len(found) != 1:
        number = "several mentions stand" if found else "no mention stands"
        raise CorrectionError(
            f"{number} at {start} to {end} of the {field} of {paper.value}; "
            + ("name one with its kind" if found else "`add` makes one")
        )
    return found[0]


def _addition(blank: Correction, request: Request, writer: Writer) -> Correction:
    paper, field, start, end = _place(request, writer)
    kind = kind_named(_needed(request, "kind"))
    predicate = v.TITLE if field == "title" else v.ABSTRACT
    whole = next((value_of(q.object) for q in writer.quads(paper, predicate, None, FACTS)), "")
    if not 0 <= start < end <= len(whole):
        raise CorrectionError(
            f"{start} to {end} is not within the {field}, which has {len(whole):,} characters"
        )
    text = whole[start:end]
    if text != text.strip() or not any(character.isalnum() for character in text):
        raise CorrectionError(f"{text!r} is no name: it begins or ends with a blank, or has none")
    if sentence_around(whole, start, end, whole=field == "title") is None:
        raise CorrectionError(f"{text!r} runs across sentences")
    correction = replace(
        blank, paper=paper.value, field=field, start=start, end=end, text=text, kind=kind
    )
    if "concept" not in request:
        return correction
    concept = _concept(request["concept"], writer)
    if not writer.quads(concept, v.TYPE, v.CONCEPT_CLASSES[kind], FACTS):
        raise CorrectionError(f"{concept.value} is no {kind}")
    label, short = _names(concept, writer)
    return replace(correction, concept=concept.value, label=label, abbreviation=short)


def _on_concept(blank: Correction, request: Request, writer: Writer) -> Correction:
    concept = _concept(_needed(request, "concept"), writer)
    correction = replace(blank, concept=concept.value)
    if blank.action == "retype":
        kind = kind_named(_needed(request, "kind"))
        if writer.quads(concept, v.TYPE, v.CONCEPT_CLASSES[kind], FACTS):
            raise CorrectionError(f"{concept.value} is a {kind} already")
        return replace(correction, new_kind=kind)
    if blank.action == "merge":
        into = _concept(_needed(request, "into"), writer)
        if into == concept:
            raise CorrectionError(f"{concept.value} is itself already")
        label, short = _names(into, writer)
        return replace(correction, into=into.value, label=label, abbreviation=short)
    label = _needed(request, "label").strip()
    if not any(character.isalnum() for character in label):
        raise CorrectionError(f"{label!r} is no name: it has no letter or digit")
    if blank.action == "split":
        texts = {
            " ".join(value_of(exact.object).split())
            for quad in writer.quads(None, v.OF_CONCEPT, concept, FACTS)
            if isinstance(quad.subject, NamedNode)
            for exact in writer.quads(quad.subject, v.EXACT, None, FACTS)
        }
        if label not in texts:
            raise CorrectionError(f"nobody calls {concept.value} {label!r}")
        if len(texts) == 1:
            raise CorrectionError(f"everybody calls {concept.value} {label!r}: that is its name")
    if blank.action == "rename":
        return replace(correction, label=label, text=_names(concept, writer)[0])
    return replace(correction, label=label)


def _names(concept: NamedNode, writer: Writer) -> tuple[str, str | None]:
    """What *concept* is called but for corrections, and its abbreviation."""
    labels = [value_of(q.object) for q in writer.quads(concept, v.LABEL, None, FACTS)]
    shorts = sorted(value_of(q.object) for q in writer.quads(concept, v.ABBREVIATION, None, FACTS))
    for each in corrections(writer, writer.iris):
        if each.action == "rename" and each.concept == concept.value and each.text:
            return each.text, next(iter(shorts), None)
    return labels[0], next(iter(shorts), None)


def _place(request: Request, writer: Writer) -> tuple[NamedNode, Field, int, int]:
    paper = _node(_needed(request, "paper"), writer.iris)
    if not writer.quads(paper, v.TYPE, v.ARTICLE, FACTS):
        raise CorrectionError(f"there is no paper {paper.value}")
    field = _needed(request, "field")
    if field not in ("title", "abstract"):
        raise CorrectionError(f"{field!r} is no field; give title or abstract")
    if "start" not in request or "end" not in request:
        raise CorrectionError("a place has a start and an end, in characters of the field")
    return paper, cast(Field, field), request["start"], request["end"]


def _concept(name: str, writer: Writer) -> NamedNode:
    node = _node(name, writer.iris)
    types = {quad.object for quad in writer.quads(node, v.TYPE, None, FACTS)}
    if types.isdisjoint(v.CONCEPT_CLASSES.values()):
        raise CorrectionError(f"there is no method, dataset, task or metric {node.value}")
    return node


def _node(name: str, iris: Iris) -> NamedNode:
    """*name* as an IRI; without a scheme it is below the base."""
    try:
        return NamedNode(name if "://" in name else iris.base + name.removeprefix("/"))
    except ValueError as error:
        raise CorrectionError(f"{name[:200]!r} is no IRI: {error}") from error


def _needed(request: Request, name: str) -> str:
    value = request.get(name)
    if not isinstance(value, str) or not value:
        raise CorrectionError(f"{request['action']} needs a {name}")
    return value


def alike(one: Correction, other: Correction) -> bool:
    """Whether two corrections say the same, whoever says it, when and why."""
    plain = replace(one, id="", who="", when="", note="")
    return plain == replace(other, id="", who="", when="", note="")
