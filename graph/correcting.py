"""Corrections made and withdrawn: at once in the papers that they concern, in one transaction."""

from collections.abc import Callable, Iterable, Sequence

from pyoxigraph import Literal, NamedNode, Quad

from . import vocab as v
from .amending import Amender, run_of
from .correction_requests import Request, alike, check_request, requested
from .corrections import Correction, CorrectionError, about, correction_quads, corrections
from .entities import value_of
from .iris import Iris
from .parts import FACTS
from .records import held
from .settle import Names
from .store import Store, StoreError, Writer
from .tombstones import buried, lifted


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
        check_request(request)

    def change(writer: Writer) -> list[Correction]:
        writer.begin("correction")
        known = corrections(writer, writer.iris)
        made: list[Correction] = []
        new: list[Correction] = []
        for place, request in enumerate(requests):
            number = str(writer.number())
            id = number if len(requests) == 1 else f"{number}.{place + 1}"
            correction = requested(request, id, writer)
            same = next((each for each in (*known, *new) if alike(each, correction)), None)
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
