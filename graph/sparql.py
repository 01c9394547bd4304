"""
Query text before it reaches the engine: its tokens, its form, and what this service refuses.

A word inside a string, a comment, an IRI, a variable or a prefixed name is not a keyword. But
Oxigraph reads more than the grammar allows, and what it would read as SERVICE or LOAD is refused:
keywords grown together with their neighbours (``SERVICEex:sparql { }``, ``trueSERVICE``), and
``?a<?b)SERVICE#>`` inside FILTER, which is an IRI by the rule of the longest token and a comparison
to the engine.
"""

import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Literal, NamedTuple, Self

from pyoxigraph import NamedNode

from scholargraph import ScholarGraphError

Form = Literal["solutions", "boolean", "graph", "update"]

_ENGINE_MESSAGE = re.compile(r"error at (?P<line>\d+):(?P<column>\d+): (?P<rest>.*)", re.DOTALL)
_UNKNOWN_FUNCTION = re.compile(r"custom function <(.*)> is not supported")
# Among what the engine would have expected, its own checks read as sentences.
_SENTENCE = re.compile(r"(?:[A-Z][a-z]+|IRI|The SELECT|\\u) [a-z][\w ?<>:/.#'-]+")


class QueryError(ScholarGraphError):
    """A query that cannot be answered as written; *line* and *column* from 1, 0 if unknown."""

    def __init__(self, message: str, *, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.line = line
        self.column = column

    @classmethod
    def at(cls, text: str, offset: int, message: str) -> Self:
        """The error at *offset* of *text*, which its message names by line and column."""
        line = text.count("\n", 0, offset) + 1
        column = offset - (text.rfind("\n", 0, offset) + 1) + 1
        return cls(f"line {line}, column {column}: {message}", line=line, column=column)

    @classmethod
    def undeclared(cls, text: str, name: "Token") -> Self:
        """The error of a prefixed *name* of *text* whose prefix was not declared."""
        prefix = name.text.partition(":")[0] + ":"
        explanation = f"the prefix {prefix} is not declared; begin with PREFIX {prefix} <…>"
        return cls.at(text, name.start, explanation)

    @classmethod
    def from_engine(
        cls,
        text: str,
        message: str,
        original: str | None = None,
        place: Callable[[int], int] = int,
    ) -> Self:
        """
        What pyoxigraph says of *text* (``error at 1:20: expected …``), for its author.

        Whose text was edited before is shown the *original*, where *place* finds what stood at an
        offset.
        """
        found = _ENGINE_MESSAGE.fullmatch(message)
        if found is None:
            return cls(message)
        lines = text.split("\n")
        start = sum(len(line) + 1 for line in lines[: int(found["line"]) - 1])
        start = place(start + int(found["column"]) - 1)
        text = text if original is None else original
        if name := _undeclared(text, start):
            return cls.undeclared(text, name)
        if sentence := _SENTENCE.search(found["rest"]):
            return cls.at(text, start, sentence[0].strip())
        # The engine may read half a word as a keyword and stop inside: `LIMIT` of `LIMITED`.
        word = re.search(r"\w*\Z", text[max(0, start - 100) : start])
        if word and text[start : start + 1].isalpha():
            start -= len(word[0])
        if rest := " ".join(text[start : start + 40].split()):
            return cls.at(text, start, f"the query cannot be understood from here on: {rest}")
        return cls.at(
            text, start, "the query ends too early, or what comes before cannot be understood"
        )


class QueryRefused(QueryError):
    """A query that would make this server fetch from where it may not: SERVICE or LOAD."""


class PeerError(ScholarGraphError):
    """Another server, which a SERVICE or LOAD asks, did not answer as it should."""


class AnswerUnwritable(ScholarGraphError):
    """An answer that the format asked for cannot hold: RDF/XML has no way to write some triples."""


class QueryTimeout(ScholarGraphError):
    """A query that ran past its time, or waited too long for its turn."""


class QueryCancelled(ScholarGraphError):
    """A query that was stopped because nobody waits for its answer any more."""


class UpdateTimeout(ScholarGraphError):
    """A change that ran past its time; nothing has changed."""


class QueryTooLarge(ScholarGraphError):
    """A query that needed more memory, or gave a larger answer, than it may."""


class Token(NamedTuple):
    """
    A word of SPARQL: its *text*, what it is, and where it starts.

    *kind* is ``iri``, ``string``, ``language``, ``variable``, ``blank``, ``name`` (prefixed),
    ``number``, ``word`` (keywords, ``a``, ``true``) or ``sign``.
    """

    kind: str
    text: str
    start: int


# SPARQL 1.1, section 19.8. Names take every letter beyond ASCII: what the grammar does not know
# there is an error wherever it stands, so nothing can hide behind it. Prefixes are cut at 100
# letters, or `a.a.a.a…` would be read anew from every `a`.
_TOKEN = re.compile(
    r"""
    (?P<space> (?: [ \t\r\n] | \#[^\r\n]* )++ )
  | (?P<iri> < (?: [^\x00-\x20<>"{}|^`\\] | \\u[0-9A-Fa-f]{4} | \\U[0-9A-Fa-f]{8} )*+ > )
  | (?P<string>
        \"{3} (?: [^"\\] | \\. | "(?!"") )*+ \"{3}
      | '{3} (?: [^'\\] | \\. | '(?!'') )*+ '{3}
      | " (?: [^"\\\n\r] | \\. )*+ "
      | ' (?: [^'\\\n\r] | \\. )*+ '
    )
  | (?P<language> @ [A-Za-z]+ (?: --? [A-Za-z0-9]+ )*+ )
  | (?P<variable> [?$] [A-Za-z0-9_\x80-\U0010FFFF]++ )
  | (?P<blank> _: [A-Za-z0-9_.\-\x80-\U0010FFFF]* (?<! \. ) )
  | (?P<name>
        (?: [A-Za-z\x80-\U0010FFFF] [A-Za-z0-9_.\-\x80-\U0010FFFF]{0,99}+ )? :
        (?:
            (?: [A-Za-z0-9_:\x80-\U0010FFFF] | %[0-9A-Fa-f]{2} | \\[^A-Za-z0-9\s] )
            (?: [A-Za-z0-9_:\-.\x80-\U0010FFFF] | %[0-9A-Fa-f]{2} | \\[^A-Za-z0-9\s] )*
            (?<! [^\\]\. )
        )?
    )
  | (?P<number> (?: \d+ (?: \.\d+ )? | \.\d+ ) (?: [eE][+-]?\d+ )? )
  | (?P<word> [A-Za-z_\x80-\U0010FFFF] [A-Za-z0-9_\x80-\U0010FFFF]*+ )
  | (?P<sign> . )
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)

# After these a `<` may be a comparison, where the engine is inside an expression.
_OPERANDS = {"iri", "string", "language", "variable", "blank", "name", "number", "word"}
# What stands after `<` in an IRI that no comparison could go on with: `//` is no operator, and a
# bare word is no operand.
_NO_OPERAND = re.compile(
    r"=?(?:[A-Za-z][\w.-]*://|/|\.(?!\d)|(?!true|false)[a-z]\w*(?:/|$)|$)", re.ASCII | re.IGNORECASE
)

# An IRI follows these, then `{` may.
_BEFORE_GRAPH = {"GRAPH", "NAMED", "FROM", "USING", "WITH"}

_FORMS: dict[Form, tuple[str, ...]] = {
    "solutions": ("SELECT",),
    "boolean": ("ASK",),
    "graph": ("CONSTRUCT", "DESCRIBE"),
    "update": (
        "INSERT",
        "DELETE",
        "WITH",
        "LOAD",
        "CLEAR",
        "DROP",
        "CREATE",
        "ADD",
        "MOVE",
        "COPY",
    ),
}


def unknown_function(error: RuntimeError) -> NamedNode | None:
    """
    The function that the engine stopped at because it does not know it.

    To SPARQL that is an error of its expression only (section 17.2): run the query again with a
    custom function of this name that has no value.
    """
    found = _UNKNOWN_FUNCTION.search(str(error))
    return NamedNode(found[1]) if found else None


def tokens(text: str, start: int = 0) -> Iterator[Token]:
    """
    The tokens of *text* from *start* on, each the longest possible; white space is left out.

    >>> [token.text for token in tokens("ASK { ?s a ex:Paper } # SERVICE")]
    ['ASK', '{', '?s', 'a', 'ex:Paper', '}']
    """
    for match in _TOKEN.finditer(text, start):
        kind = match.lastgroup
        if kind is not None and kind != "space":
            yield Token(kind, match[0], match.start())


def form(text: str) -> Form | None:
    """
    What *text* asks for, by the first keyword after its prologue; None where there is none.

    A prologue of ten thousand tokens is not read to its end.

    >>> form("PREFIX ask: <http://example.org/> SELECT * { ?s ask:p ?o }")
    'solutions'
    """
    declared = False  # the prefix of a PREFIX declaration may be called like a form
    for token in islice(tokens(text), 10_000):
        if token.kind in ("word", "name") and not declared:
            for meaning, keywords in _FORMS.items():
                # startswith: the engine takes `SELECTDISTINCT`, and `DESCRIBEex:x`.
                if token.text.upper().startswith(keywords):
                    return meaning
        declared = token.text.upper() == "PREFIX"
    return None


def keyword_places(text: str, keyword: str) -> set[int]:
    """Where *keyword*, SERVICE or LOAD, stands in *text* in any way that the engine may read it."""
    found: set[int] = set()
    seen: set[int] = set()
    readings = [(0, 0)]
    while readings:
        start, depth = readings.pop()
        earlier = previous = Token("sign", ";", 0)
        for token in tokens(text, start):
            prefix = token.text.partition(":")[0].upper()
            if token.kind == "word" and keyword in prefix:
                found.add(token.start)
            # `LOADex:file`, where an operation may begin: first, after `;` or after the prologue
            elif token.kind == "name" and keyword in prefix and keyword == "LOAD" and depth == 0:
                if previous.text == ";" or previous.kind in ("iri", "string"):
                    found.add(token.start)
            # `SERVICEex:sparql {`: an IRI before a brace names a graph or else a service
            elif token.text == "{" and previous.kind == "name" and keyword == "SERVICE":
                glued = keyword in previous.text.partition(":")[0].upper()
                if glued and earlier.text.upper() not in _BEFORE_GRAPH:
                    found.add(previous.start)
            ends_operand = previous.kind in _OPERANDS or previous.text in (")", "}")
            if token.kind == "iri" and ends_operand and not _NO_OPERAND.match(token.text[1:-1]):
                readings.append((token.start + 1, depth))
            if token.start in seen:  # read on from here before, only arrived at otherwise
                break
            seen.add(token.start)
            depth += {"{": 1, "}": -1}.get(token.text, 0)
            earlier, previous = previous, token
    return found


def _undeclared(text: str, end: int) -> Token | None:
    """The first prefixed name before *end* whose prefix was not declared."""
    declared = {"_:"}
    previous = ""
    for token in tokens(text):
        if token.start >= end:
            break
        if token.kind == "name":
            prefix = token.text.partition(":")[0] + ":"
            if previous.upper() == "PREFIX":
                declared.add(prefix)
            elif prefix not in declared:
                return token
        previous = token.text
    return None
