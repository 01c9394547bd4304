"""Corrections made and withdrawn: at once in the papers that they concern, in one transaction."""

import datetime
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, cast

from pyoxigraph import Literal, NamedNode, Quad

from scholargraph.extract.mentions import Field

from . import vocab as v
from .amending import Amender, run_of, sentence_around
from .corrections import (
    ACTIONS,
    Action,
    Correction,
    CorrectionError,
    about,
    correction_quads,
    corrections,
    kind_named,
)
from .entities import value_of
from .iris import Iris
from .parts import FACTS
from .records import held
from .settle import Names
from .store import Store, StoreError, Writer
from .tombstones import buried, lifted

# What a request may say, and the longest text that it may say it in.
MEMBERS = {
    *("action", "who", "note", "mention", "paper", "field", "start", "end", "kind"),
    *("concept", "into", "label"),
}
LONGEST = 500

Request = dict[str, Any]


def correct(store: Store, requests: Sequence[Request], *, wait: float = 30.0) -> list[Correction]:
    """
    Makes the corrections that *requests* ask for, all or none; those there already are left.

    A request has an ``action`` (see `Correction`) and says what it is about: ``mention``, the IRI
    of a mention, or ``paper``, ``field``, ``start`` and ``end``; ``concept``, an IRI. It may need a
    ``kind`` (for retype the new one), ``into`` (a concept), or a ``label``; ``who`` and ``note``
    are free text.

    Raises: CorrectionError for what is not there or makes no sense; StoreBusy, StoreError.
    """
    _check_exists(store)
    change = correcting(requests)
    with store.writing(wait=wait) as writer:
        return change(writer)


def withdraw(store: Store, ids: Sequence[str], *, wait: float = 30.0) -> list[Correction]:
    """
    Takes the corrections *ids* back, all or none: the graph is as if they had never been made.

    Raises: CorrectionError where there is none of that id; StoreBusy, StoreError.
    """
    _check_exists(store)
    with store.writing(wait=wait) as writer:
        return withdrawing(ids)(writer)


def _check_exists(store: Store) -> None:
    if not store.exists:
        raise StoreError(f"{store.address}: no store yet; `scholargraph import` makes it")


def correcting(requests: Sequence[Request]) -> Callable[[Writer], list[Correction]]:
    """What `correct` does to a store; *requests* are looked over now."""
    for request in requests:
        _check_form(request)

    def change(writer: Writer) -> list[Correction]:
        writer.begin("correction")
        known = corrections(writer, writer.iris)
        made: list[Correction] = []
        new: list[Correction] = []
        for place, request in enumerate(requests):
            number = str(writer.number())
            id = number if len(requests) == 1 else f"{number}.{place + 1}"
            correction = _made(request, id, writer)
            same = next((each for each in (*known, *new) if _same(each, correction)), None)
            made.append(same or correction)
            if same is None:
                new.append(correction)
        if new:
            _rewrite(writer, (*known, *new), concerned=new, new=new, gone=())
        return made

    return change


def withdrawing(ids: Sequence[str]) -> Callable[[Writer], list[Correction]]:
    """What `withdraw` does to a store."""

    def change(writer: Writer) -> list[Correction]:
        writer.begin("correction")
        known = {each.id: each for each in corrections(writer, writer.iris)}
        for id in ids:
            if id not in known:
                raise CorrectionError(
                    f"there is no correction {id!r}; `scholargraph corrections` lists them"
                )
        gone = [known[id] for id in dict.fromkeys(ids)]
        if gone:
            rest = [each for each in known.values() if each not in gone]
            _rewrite(writer, rest, concerned=gone, new=(), gone=gone)
        return gone

    return change


def _check_form(request: Request) -> None:
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


def _made(request: Request, id: str, writer: Writer) -> Correction:
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


def _same(one: Correction, other: Correction) -> bool:
    plain = replace(one, id="", who="", when="", note="")
    return plain == replace(other, id="", who="", when="", note="")


def _rewrite(
    writer: Writer,
    found: Sequence[Correction],
    *,
    concerned: Iterable[Correction],
    new: Iterable[Correction],
    gone: Iterable[Correction],
) -> None:
    """Makes the papers that *concerned* are about what *found*, all corrections, say."""
    iris = writer.iris
    amender = Amender(writer, iris, sorted(found, key=lambda each: each.order))
    old: list[Quad] = []
    fresh: list[Quad] = []
    remove = [quad for each in gone for quad in correction_quads(each, iris)]
    add = [quad for each in new for quad in correction_quads(each, iris)]
    for paper in _papers(writer, concerned):
        was = held(writer, paper, iris)
        if was is None:
            continue
        machine = amender.machine(paper, was.evidence)
        run = run_of(writer, paper, machine)
        if run is None:
            raise StoreError(f"{paper.value}: no run has read it; import its file again")
        evidence, kept = amender.amended(paper, was.title, was.abstract, machine, run)
        replaced = set(was.evidence)
        old += was.facts
        fresh += [quad for quad in was.facts if quad not in replaced]
        fresh += evidence
        remove += amender.saved(paper)
        add += kept
    gone_names, come_names = Names(iris).settle(writer, old, fresh)
    remove += [*old, *gone_names]
    add += [*fresh, *come_names]
    stones = _stones(found, gone_names, come_names, iris)
    writer.apply([*remove, *lifted(writer, add, iris)], [*add, *stones])


def _papers(writer: Writer, concerned: Iterable[Correction]) -> list[NamedNode]:
    """The papers that *concerned* may change, in order."""
    iris = writer.iris
    found: set[str] = set()
    for correction in concerned:
        if correction.paper is not None:
            found.add(correction.paper)
        touched = list(writer.quads(None, v.CORRECTED_BY, correction.iri(iris), FACTS))
        for concept in about(correction):
            for place in (FACTS, iris.uncorrected_graph()):
                touched += writer.quads(None, v.OF_CONCEPT, NamedNode(concept), place)
        found.update(value_of(quad.subject).partition("#")[0] for quad in touched)
    return [NamedNode(paper) for paper in sorted(found)]


def _stones(
    found: Iterable[Correction], gone: Sequence[Quad], come: Sequence[Quad], iris: Iris
) -> list[Quad]:
    """Tombstones of the concepts that *found* leave nothing of: each leads to what it is now."""
    vanished = {quad.subject for quad in gone if quad.predicate == v.LABEL}
    vanished -= {quad.subject for quad in come if quad.predicate == v.LABEL}
    successors: dict[NamedNode, NamedNode | None] = {}
    since: dict[object, Literal] = {}
    for correction in found:
        if correction.concept is None or correction.paper is not None:
            continue
        concept = NamedNode(correction.concept)
        if concept not in vanished or not (correction.into or correction.new_kind):
            continue
        successors[concept] = (
            NamedNode(correction.into)
            if correction.into
            else iris.resource(correction.new_kind or "", iris.key(concept.value))
        )
        since[concept] = Literal(correction.when, datatype=v.XSD_DATE_TIME)
    return [
        Quad(quad.subject, quad.predicate, since[quad.subject], quad.graph_name)
        if quad.predicate == v.INVALIDATED
        else quad
        for quad in buried(gone, successors, iris)
    ]
