"""SPARQL 1.1 Update on a store: what the protocol adds to the text, and what is refused."""

import re
from collections.abc import Callable, Iterator, Sequence

from pyoxigraph import NamedNode

from .federation import Edited, asking, loaded
from .peers import NOBODY, Peers
from .snapshots import Term
from .sparql import QueryError, Token, form, tokens, unknown_function
from .store import Store, Writer

_LATER_PROLOGUE = re.compile(r";(?:\s|#[^\n]*\n)*(?:PREFIX|BASE)\b", re.IGNORECASE)


def update(
    store: Store,
    text: str,
    *,
    using: Sequence[str] = (),
    using_named: Sequence[str] = (),
    base_iri: str | None = None,
    peers: Peers = NOBODY,
) -> None:
    """
    Runs *text* on *store*, all or nothing; it is durable and published on return.

    *using* and *using_named* are the graphs that every WHERE sees, as USING and USING NAMED say.

    Raises:
        QueryError: *text* is no update, or says USING or WITH itself beside these graphs.
        QueryRefused: It loads from, or asks, a server that is none of *peers*.
        PeerError: One of them did not answer as it should.
        StoreBusy: Another process is writing.
    """
    change = updating(text, using=using, using_named=using_named, base_iri=base_iri, peers=peers)
    with store.writing() as writer:
        writer.begin("update")
        change(writer)


def updating(
    text: str,
    *,
    using: Sequence[str] = (),
    using_named: Sequence[str] = (),
    base_iri: str | None = None,
    peers: Peers = NOBODY,
) -> Callable[[Writer], None]:
    """What `update` does to the store; all that can be done before is done, and may raise."""
    if form(text) in ("solutions", "boolean", "graph"):
        raise QueryError("this is a query; updates only are run here")
    if using or using_named:
        clauses = [f"USING {_graph(iri)}" for iri in using]
        clauses += [f"USING NAMED {_graph(iri)}" for iri in using_named]
        text = with_dataset(text, " ".join(clauses))
    text = with_one_prologue(text)
    text = loaded(text, base_iri, peers)

    def change(writer: Writer) -> None:
        try:
            with asking(text, base_iri, peers) as edited:
                _run(edited.text, base_iri, writer)
        except RuntimeError as error:  # a graph that CREATE or COPY finds, or does not find
            raise QueryError(str(error)) from error

    return change


def _run(text: str, base_iri: str | None, writer: Writer) -> None:
    functions: dict[NamedNode, Callable[..., Term | None]] = {}
    while True:
        try:
            writer.update(text, base_iri=base_iri, custom_functions=functions)
            return
        except RuntimeError as error:
            unknown = unknown_function(error)
            if unknown is None:
                raise
            functions[unknown] = lambda *_arguments: None


def with_dataset(text: str, clauses: str) -> str:
    """
    *text* with *clauses*, such as ``USING <x:g>``, before the WHERE of each of its operations.

    >>> with_dataset("DELETE WHERE { ?s ?p 'WHERE' }", "USING <x:g>")
    "DELETE { ?s ?p 'WHERE' } USING <x:g> WHERE { ?s ?p 'WHERE' }"

    Raises:
        QueryError: An operation says USING or WITH itself.
    """
    edited, done = [], 0
    for operation in _operations(text):
        words = [token for token in operation if token.kind == "word"]
        for token in words:
            if token.text.upper() in ("USING", "WITH"):
                raise QueryError.at(
                    text,
                    token.start,
                    f"{token.text} cannot stand beside using-graph-uri or using-named-graph-uri",
                )
        where = next((token for token in words if token.text.upper() == "WHERE"), None)
        if where is None:
            continue
        template = ""
        before = operation[operation.index(where) - 1]
        if before.text.upper() == "DELETE":  # DELETE WHERE { … }: the pattern is the template too
            braces = [token for token in operation if token.start > where.start]
            template = text[braces[0].start : braces[-1].start + 1] + " "
        edited += [text[done : where.start], template, clauses, " "]
        done = where.start
    return "".join([*edited, text[done:]])


def with_one_prologue(text: str) -> str:
    """
    *text* with the prefixes that are declared after a semicolon declared at its beginning.

    The grammar allows them there, Oxigraph does not. Left alone are those that it would then read
    otherwise: a prefix with another meaning before, or a BASE.

    >>> with_one_prologue("CLEAR ALL; PREFIX e: <x:> INSERT DATA { e:a e:b 1 }")
    'PREFIX e: <x:> CLEAR ALL;                INSERT DATA { e:a e:b 1 }'
    """
    if not _LATER_PROLOGUE.search(text):
        return text
    declared: dict[str, str] = {}
    used: set[str] = set()
    moved: list[tuple[int, int]] = []
    first: Token | None = None  # of the first operation
    depth = 0
    stream = tokens(text)
    for token in stream:
        word = token.text.upper() if token.kind == "word" and depth == 0 else ""
        if word == "BASE" and first is not None:
            return text
        if word == "PREFIX":
            name, iri = next(stream, token), next(stream, token)
            if declared.get(name.text, iri.text) != iri.text or name.text in used - set(declared):
                return text
            declared[name.text] = iri.text
            if first is not None:
                moved.append((token.start, iri.start + len(iri.text)))
        elif word == "BASE":
            next(stream, None)
        else:
            first = first or token
            if token.kind == "name":
                used.add(token.text.partition(":")[0] + ":")
        depth += {"{": 1, "}": -1}.get(token.text, 0)
    if first is None:
        return text
    prologue = "".join(f"{text[start:end]} " for start, end in moved)
    blanks = [(start, end, re.sub(r"[^\n]", " ", text[start:end])) for start, end in moved]
    return Edited(text, [(first.start, first.start, prologue), *blanks]).text


def _operations(text: str) -> Iterator[list[Token]]:
    """The tokens outside braces, and the braces, of each operation."""
    operation: list[Token] = []
    depth = 0
    for token in tokens(text):
        if token.text == "}":
            depth -= 1
        if depth == 0:
            if token.text == ";":
                yield operation
                operation = []
            else:
                operation.append(token)
        if token.text == "{":
            depth += 1
    yield operation


def _graph(iri: str) -> NamedNode:
    try:
        return NamedNode(iri)
    except ValueError as error:
        raise QueryError(f"{iri[:200]!r} names no graph: {error}; give an absolute IRI") from error
