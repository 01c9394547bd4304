"""
A .bib file to its entries, one at a time: what is broken costs only itself.

The file is cut into entries here, by counting braces as BibTeX does, and pybtex parses each of
them. (Measured against bibtexparser 1.4 on 24 broken entries and a whole one: both lose what is
beyond repair, but bibtexparser says neither where nor why, loses an entry for one undefined
abbreviation or a missing comma, and takes 5 ms an entry where pybtex takes 0.06 ms.)
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pybtex.database.input.bibtex import LowLevelParser, UndefinedMacro, month_names
from pybtex.exceptions import PybtexError
from pybtex.scanner import PybtexSyntaxError
from pybtex.utils import CaseInsensitiveDict

from ..papers import Refusal
from . import opening

# Characters. An entry with 3,000 authors has 80,000. pybtex looks for each brace to the entry's
# end, so that its time grows with both.
LONGEST_ENTRY = 256 * 1024
MOST_BRACES = 20_000
# Abbreviations may be made of abbreviations: without a bound, thirty lines make a gigabyte.
_LONGEST_STRING = 2_000
_LONGEST_DEFINITION = 20_000
_LONGEST_VALUE = 200_000
_MOST_STRINGS = 20_000

_ENTRY = re.compile(r"@\s*([A-Za-z][A-Za-z_-]*)\s*(?:([{(])|$)")
# Where an entry begins although the one before is not closed: at the very start of a line.
_RESTART = re.compile(
    r"[ ]{0,2}@[ ]*(?:(?:string|comment|preamble)[ ]*[{(]"
    r"|[A-Za-z]+[ ]*[{(][ ]*[^\s,{}()\"=]*[ ]*,)",
    re.IGNORECASE,
)
_SIGN = re.compile(r'[{}"%()]')
_HEAD = re.compile(r"@\s*+[A-Za-z][\w-]*+\s*+([{(])([^,={}]*+),")
_KEYLESS = re.compile(r"@\s*[A-Za-z][\w-]*\s*([{(])(?=\s*[A-Za-z][\w:+-]*\s*=)")
_DECLARED = re.compile(rb"\s*%+\s*Encoding:\s*([\w-]+)", re.IGNORECASE)
# What JabRef writes in its first line, where it is not UTF-8.
_SINGLE_BYTE = {
    "cp1250", "cp1251", "cp1252", "windows-1250", "windows-1251", "windows-1252", "macroman",
    *(f"iso8859_{n}" for n in range(1, 17)), *(f"iso-8859-{n}" for n in range(1, 17)),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One entry: *kind* (``article``) and the names of *fields* in lower case, values as written.

    *line* is where it begins, 1-based; *key* is empty where there is none. *notices* say what of
    it could not be read.
    """

    line: int
    kind: str
    key: str
    fields: dict[str, str]
    notices: tuple[str, ...] = ()


@dataclass(slots=True)
class _Piece:
    """The text of an entry as it stands in the file, or what is wrong with it."""

    line: int
    kind: str
    text: str
    fault: str = ""


def entries(path: Path) -> Iterator[Entry | Refusal]:
    """Every entry of *path* in file order; ``@string`` is put in, comments are passed over."""
    strings: CaseInsensitiveDict = CaseInsensitiveDict(month_names)
    for piece in _pieces(path):
        if piece.kind in ("comment", "preamble"):
            continue
        if not piece.fault and piece.kind == "string":
            piece.fault = _define(piece.text, strings)
            if not piece.fault:
                continue
        if piece.fault:
            yield Refusal(path, piece.line, piece.fault)
            continue
        try:
            yield _parsed(piece, strings)
        except ValueError as error:
            yield Refusal(path, piece.line, str(error))


def _pieces(path: Path) -> Iterator[_Piece]:
    cutter = _Cutter()
    number = 0
    encoding = "utf-8"
    for line in opening.lines(path):
        number = line.number
        if line.content is None:
            yield from cutter.broken(number, line.fault)
            continue
        content = line.content
        if number == 1:
            content = content.removeprefix(b"\xef\xbb\xbf")
        if number <= 3 and (declared := _DECLARED.match(content)):
            name = declared[1].decode().lower()
            encoding = name if name in _SINGLE_BYTE else "utf-8"
        fault = ""
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError as error:
            text = content.decode(encoding, "replace")
            fault = (
                f"line {number}, column {error.start + 1}: byte 0x{content[error.start]:02x} is "
                "not UTF-8; save the file as UTF-8 (iconv -f ISO-8859-1 -t UTF-8)"
            )
        # BibTeX takes a carriage return for a line's end; old Macs wrote nothing else.
        for part in text.split("\r"):
            yield from cutter.take(part, number, fault)
    yield from cutter.end()


class _Cutter:
    """Cuts lines into entries; holds no more than the entry that is open."""

    def __init__(self) -> None:
        self._piece: _Piece | None = None
        self._parts: list[str] = []
        self._size = 0
        self._depth = 0
        self._closer = "}"
        self._quoted = False
        self._pending = ""  # '@article' whose brace stands on the next line

    def take(self, line: str, number: int, fault: str) -> Iterator[_Piece]:
        """The entries that end on *line*; *fault* says what is wrong with the line itself."""
        if self._piece is not None and _RESTART.match(line):
            yield self._cut(f"the entry is not closed before line {number}; add the missing }}")
        line = self._pending + line
        self._pending = ""
        here = 0
        while True:
            if self._piece is None:
                start = _ENTRY.search(line, here)
                if start is None or "%" in line[here : start.start()]:  # a comment, says Biber
                    return
                if start[2] is None:
                    self._pending = line[start.start() :] + " "
                    return
                self._piece = _Piece(number, start[1].lower(), "")
                self._closer = "}" if start[2] == "{" else ")"
                self._depth, self._quoted = 0, False
                self._keep(line[start.start() : start.end()])
                here = start.end()
            if fault:
                self._piece.fault = self._piece.fault or fault
            here, closed = self._scan(line, here)
            if not closed:
                self._keep("\n")
                return
            yield self._cut("")

    def _scan(self, line: str, here: int) -> tuple[int, bool]:
        """Keeps *line* from *here* on; where the entry ends, and whether it does."""
        begun = here
        for sign in _SIGN.finditer(line, here):
            what = sign[0]
            if what == "{":
                self._depth += 1
            elif what == "}" and self._depth:
                self._depth -= 1
            elif self._depth == 0 and what == '"':
                self._quoted = not self._quoted
            elif self._depth == 0 and what == "%" and not self._quoted:
                self._keep(line[begun : sign.start()])  # Biber's comment, to the end of the line
                return len(line), False
            # A brace counts inside quotes too; a parenthesis does not.
            elif what == "}" or (self._depth == 0 and what == self._closer and not self._quoted):
                self._keep(line[begun : sign.end()])
                return sign.end(), True
        self._keep(line[begun:])
        return len(line), False

    def broken(self, number: int, fault: str) -> Iterator[_Piece]:
        """A line that could not be had: it ends the entry that it stood in."""
        if self._piece is None:
            yield _Piece(number, "", "", fault)
        else:
            yield self._cut(f"line {number}: {fault}")

    def end(self) -> Iterator[_Piece]:
        if self._piece is not None:
            yield self._cut("the file ends inside the entry; fetch it whole, or add the missing }")

    def _keep(self, text: str) -> None:
        self._size += len(text)
        if self._size <= LONGEST_ENTRY:
            self._parts.append(text)

    def _cut(self, fault: str) -> _Piece:
        piece = self._piece or _Piece(0, "", "")
        if self._size > LONGEST_ENTRY:
            fault = (
                f"the entry has {self._size:,} characters; at most {LONGEST_ENTRY:,} are read, "
                "shorten it (notes and files are not needed)"
            )
        piece.text, piece.fault = "".join(self._parts), fault or piece.fault
        self._piece, self._parts, self._size = None, [], 0
        return piece


def _define(text: str, strings: CaseInsensitiveDict) -> str:
    """Takes an ``@string`` in; what is wrong with it comes back."""
    if len(text) > _LONGEST_DEFINITION or len(strings) >= _MOST_STRINGS:
        return (
            f"@string: at most {_MOST_STRINGS:,} abbreviations of {_LONGEST_DEFINITION:,} "
            "characters are read; write this one out where it is used"
        )
    parser = LowLevelParser(text, macros=strings)
    try:
        list(parser)
    except PybtexError as error:
        return f"@string: {_said(error)}"
    name = parser.current_field_name
    if len(strings[name]) > _LONGEST_STRING:
        del strings[name]
        return f"@string {name} is longer than {_LONGEST_STRING:,} characters; shorten it"
    return ""


def _parsed(piece: _Piece, strings: CaseInsensitiveDict) -> Entry:
    """
    The entry in *piece*.

    Raises: ValueError where its text cannot be understood.
    """
    if piece.text.count("{") > MOST_BRACES:
        raise ValueError(f"the entry has more than {MOST_BRACES:,} braces; take some out")
    key, text = _with_plain_key(piece.text)
    faults: list[PybtexError] = []
    parser = LowLevelParser(text, macros=strings, handle_error=faults.append)
    commands = list(parser)
    broken = next((fault for fault in faults if not isinstance(fault, UndefinedMacro)), None)
    if broken is not None:
        raise ValueError(_said(broken, piece.line))
    if not commands or not commands[0][1][1]:
        raise ValueError("the entry has no fields; it needs at least a title")
    _, (named, listed) = commands[0]
    fields: dict[str, str] = {}
    for name, parts in listed:
        if sum(map(len, parts)) > _LONGEST_VALUE:
            raise ValueError(f"{name} is longer than {_LONGEST_VALUE:,} characters; shorten it")
        value, name = "".join(parts), name.lower()
        if name == "author" and name in fields:  # one field an author, as some programs write
            fields[name] += f" and {value}"
        else:
            fields.setdefault(name, value)
    notices = tuple(f"{_said(fault)}; define it with @string" for fault in faults)
    return Entry(piece.line, piece.kind, named if key is None else key, fields, notices)


def _with_plain_key(text: str) -> tuple[str | None, str]:
    """
    The key of an entry, and its text with one that any parser takes.

    JabRef leaves keys out, and people put blanks into them. None stands for 'see the parser'.
    """
    head = _HEAD.match(text)
    if head:
        lines = "\n" * text.count("\n", 0, head.end())
        return " ".join(head[2].split()), f"@entry{head[1]}key,{lines}{text[head.end() :]}"
    keyless = _KEYLESS.match(text)
    if keyless:
        return "", f"@entry{keyless[1]}key,{text[keyless.end() :]}"
    return None, text


def _said(error: PybtexError, line: int = 1) -> str:
    """What pybtex says, with the line of the file."""
    message = str(error)
    if isinstance(error, PybtexSyntaxError) and error.lineno is not None:
        message = message.replace(f" in line {error.lineno}:", ":", 1)
        if error.lineno > 1:
            message = f"line {line + error.lineno - 1}: {message}"
    if isinstance(error, UndefinedMacro):
        return message
    return f"{message}; values stand in {{…}}, with a comma between fields"
