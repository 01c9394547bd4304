"""
The records of an XML file, one at a time, however large the file and whatever is wrong with it.

Expat reads, from Python's own library: it streams, and it knows the line of everything. What a file
declares as an entity is refused before it can be expanded, and nothing outside the file is opened.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from html.entities import html5
from pathlib import Path
from typing import NoReturn
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from ..papers import Refusal
from . import opening

# Bytes. The longest real record met, of some 3,000 authors with their affiliations, has 2 MB.
LARGEST_RECORD = 16 * 2**20
LONGEST_TOKEN = 4 * 2**20  # bytes of one tag or comment, which expat holds in memory
MOST_ELEMENTS = 500_000  # in one record
DEEPEST = 200

# After so many breaks without a whole record between them, a file is no source of records.
_MOST_BREAKS = 1_000
# More than the longest name of an element, so that none is missed between two blocks.
_CARRIED = 256
_FETCH = "fetch the file again"


@dataclass(frozen=True, slots=True)
class Found:
    """
    A record, and the 1-based *line* on which it begins.

    Its elements are called by their names without prefix. *within* are the names and attributes of
    the elements around it, outermost first.
    """

    element: Element
    line: int
    within: tuple[tuple[str, dict[str, str]], ...]

    def around(self, name: str) -> dict[str, str]:
        """The attributes of the nearest element *name* around the record; none if there is none."""
        return next((given for known, given in reversed(self.within) if known == name), {})


def elements(
    path: Path, names: Collection[str], *, also: Collection[str] = ()
) -> Iterator[Found | Refusal]:
    """
    Every element of *path* whose name is one of *names*, and no other record around it, in order.

    Elements in *also* are found in the same way. Where the file is not well-formed, a `Refusal`
    says where, and reading goes on with the next of *names*. Documents that were written into one
    file one after another are all read. Memory is bounded by the largest record.
    """
    return _Reading(path, names, also).found()


@dataclass(slots=True)
class _Refused(Exception):
    """
    What a handler found that ends a record, or the whole file (*final*).

    The place is kept, since expat reads on to the end of its input before the exception comes out.
    """

    reason: str
    at: int
    line: int
    column: int
    final: bool = False


class _Reading:
    """One pass over a file, which may take several parsers: a break ends each one's work."""

    def __init__(self, path: Path, names: Collection[str], also: Collection[str]) -> None:
        self.path = path
        self.names = frozenset(names)
        self.wanted = self.names | frozenset(also)
        self.ready: list[Found | Refusal] = []
        self.around: list[tuple[str, dict[str, str]]] = []
        self.tags: list[str] = []  # the same as the file writes them
        self.encoding: str | None = None
        self.breaks = 0
        self.finished = False
        # The place at which the parser began: 1-based line, bytes before it on that line.
        self.line, self.column = 1, 0
        self.prefix = b""
        # What the parser was given and has not worked off, and where in its input that begins.
        self.window, self.offset = b"", 0
        # The record that the parser is in: how deep, how many elements, from where on. One that is
        # too large has no builder, and is read on to its end.
        self.depth, self.count = 0, 0
        self.record_line, self.record_offset = 0, 0
        self.builder: TreeBuilder | None = None
        self.parser: expat.XMLParserType | None = self._parser()

    def found(self) -> Iterator[Found | Refusal]:
        for block in opening.blocks(self.path):
            if block.fault:
                self._finish(self._here() if self.parser else self.line, block.fault)
            else:
                self._take(block.content)
            yield from self._drained()
            if self.finished:
                return
        rest: bytes | None = b""
        while self.parser is not None and rest is not None and not self.finished:
            rest = self._parse(b"", final=True)
            if rest is not None:
                self._take(rest)
            yield from self._drained()

    def _drained(self) -> list[Found | Refusal]:
        ready, self.ready = self.ready, []
        return ready

    def _take(self, content: bytes) -> None:
        rest: bytes | None = content
        while rest is not None and not self.finished:
            rest = self._resume(rest) if self.parser is None else self._parse(rest, final=False)

    # -- reading

    def _parser(self) -> expat.XMLParserType:
        parser = expat.ParserCreate(self.encoding)
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.XmlDeclHandler = self._declared
        parser.EntityDeclHandler = self._refuse_entity
        # An external DTD is taken as read, and as empty: then an entity that it would declare, such
        # as &eacute;, is told to us instead of ending the document.
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_ALWAYS)
        parser.UseForeignDTD(True)
        parser.ExternalEntityRefHandler = self._leave_out
        parser.SkippedEntityHandler = self._entity
        return parser

    def _parse(self, content: bytes, *, final: bool) -> bytes | None:
        """Gives *content* to the parser; where that breaks, the bytes from there on come back."""
        parser = self.parser
        assert parser is not None
        self.window += content
        try:
            parser.Parse(content, final)
        except expat.ExpatError as error:
            at, column = max(parser.ErrorByteIndex - self.offset, 0), error.offset
            if self.window[max(at - 2, 0) : at] == b"</":  # expat points at the name behind it
                at, column = at - 2, column - 2
            reason = self._reason(error, at)
            return self._broken(at, error.lineno, column, reason, ended=final)
        except _Refused as refused:
            if refused.final:
                line = self.line - 1 + refused.line
                self._finish(line, refused.reason)
                return None
            at = max(refused.at - self.offset, 0)
            return self._broken(at, refused.line, refused.column, refused.reason)
        except (LookupError, ValueError):  # from the codec that the XML declaration names
            self._finish(
                self.line,
                f"the encoding {self.encoding} cannot be read here; "
                f"save the file as UTF-8 (iconv -f {self.encoding} -t UTF-8) and say so in its "
                "first line",
            )
            return None
        worked_off = max(parser.CurrentByteIndex - self.offset, 0)
        self.window, self.offset = self.window[worked_off:], self.offset + worked_off
        if len(self.window) > LONGEST_TOKEN:
            limit = LONGEST_TOKEN // 2**20
            reason = f"a tag or comment is longer than {limit} MB; take it out"
            place = parser.CurrentLineNumber, parser.CurrentColumnNumber
            return self._broken(1, *place, reason)
        if self.builder and self.offset - self.record_offset > LARGEST_RECORD:
            limit = LARGEST_RECORD // 2**20
            self._skip_record(f"the record is larger than {limit} MB; take it out")
        return None

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag, name = name, name.rpartition(":")[2]
        if self.depth:
            self.depth += 1
            self.count += 1
            if self.depth > DEEPEST:
                raise self._refused(f"elements are nested more than {DEEPEST} deep; take them out")
            if self.builder is None:
                return
            if self.count > MOST_ELEMENTS:
                self._skip_record(f"the record has more than {MOST_ELEMENTS:,} elements")
                return
            self.builder.start(name, attributes)
        elif name in self.wanted:
            assert self.parser is not None
            self.depth, self.count = 1, 0
            self.record_line, self.record_offset = self._here(), self.parser.CurrentByteIndex
            self.builder = TreeBuilder()
            self.parser.CharacterDataHandler = self.builder.data
            self.builder.start(name, attributes)
        else:
            self.around.append((name, attributes))
            self.tags.append(tag)
            if len(self.around) > DEEPEST:
                raise self._refused(f"elements are nested more than {DEEPEST} deep; take them out")

    def _end(self, name: str) -> None:
        if not self.depth:
            self.around.pop()
            self.tags.pop()
            return
        self.depth -= 1
        if self.builder is not None:
            self.builder.end(name.rpartition(":")[2])
            if not self.depth:
                record = Found(self.builder.close(), self.record_line, tuple(self.around))
                self.ready.append(record)
                self.breaks = 0
        if not self.depth:
            self._forget_record()
            assert self.parser is not None
            self.parser.CharacterDataHandler = None

    def _declared(self, version: str, encoding: str | None, standalone: int) -> None:
        self.encoding = encoding

    def _refuse_entity(self, name: str, *rest: object) -> NoReturn:
        refused = self._refused(
            f"the file declares an entity of its own, &{name[:40]};, which could stand for "
            "gigabytes or for another file; write what it stands for, and take its declaration out"
        )
        refused.final = True
        raise refused

    def _refused(self, reason: str) -> _Refused:
        assert self.parser is not None
        parser = self.parser
        place = parser.CurrentByteIndex, parser.CurrentLineNumber, parser.CurrentColumnNumber
        return _Refused(reason, *place)

    def _leave_out(self, context: str, *address: str | None) -> int:
        assert self.parser is not None
        return self.parser.ExternalEntityParserCreate(context).Parse(b"", True)

    def _entity(self, name: str, parameter: bool) -> None:
        """HTML's names are known; others stay as they are."""
        if self.builder is not None and not parameter:
            self.builder.data(html5.get(f"{name};", f"&{name};"))

    def _forget_record(self) -> None:
        self.depth, self.count = 0, 0
        self.record_line, self.record_offset = 0, 0
        self.builder = None

    def _skip_record(self, reason: str) -> None:
        """Refuses a record that goes on, and only looks for its end."""
        self.ready.append(Refusal(self.path, self.record_line, reason))
        self.builder = None
        assert self.parser is not None
        self.parser.CharacterDataHandler = None

    # -- where a file breaks, and goes on

    def _here(self) -> int:
        assert self.parser is not None
        return self.line - 1 + self.parser.CurrentLineNumber

    def _finish(self, line: int, reason: str) -> None:
        self.ready.append(Refusal(self.path, line, reason))
        self.finished = True

    def _reason(self, error: expat.ExpatError, at: int) -> str:
        byte = self.window[at : at + 1]
        if error.code == expat.errors.codes[expat.errors.XML_ERROR_INVALID_TOKEN] and byte:
            if byte[0] >= 0x80:
                encoding = self.encoding or "UTF-8"
                return (
                    f"byte 0x{byte[0]:02x} is not {encoding}; the first line of the file must name "
                    'its encoding, as in <?xml version="1.0" encoding="ISO-8859-1"?>'
                )
            if byte[0] < 0x20:
                return f"the control character 0x{byte[0]:02x}, which XML cannot hold; remove it"
        what = expat.ErrorString(error.code).removeprefix("not well-formed ").strip("()")
        return f"not well-formed XML ({what}); correct it, or {_FETCH}"

    def _broken(
        self, at: int, line: int, column: int, reason: str, *, ended: bool = False
    ) -> bytes:
        """
        Ends the parser where it broke, *at* bytes into the window; what is left to read comes back.
        """
        rest = self.window[at:]
        if line == 1:
            column += self.column - len(self.prefix)
        line += self.line - 1
        stuck = self.offset + at <= len(self.prefix)
        next_document = not self.around and not self.depth and rest.startswith(b"<") and not stuck
        if not next_document:
            self._report(line, column, reason, ended=ended)
        self.breaks += 1
        self.parser = None
        self.line, self.column = line, column
        self.window, self.offset = b"", 0
        self._forget_record()
        if stuck:
            self._pass(rest[:1])
            rest = rest[1:]
        if self.breaks >= _MOST_BREAKS:
            many = f"{self.breaks:,} breaks and no whole record between them; the rest is left out"
            self._finish(line, many)
        return rest

    def _report(self, line: int, column: int, reason: str, *, ended: bool) -> None:
        place = f"column {column + 1}"
        if ended:
            reason = f"the file ends here, before its last end tag; {_FETCH}"
        if self.depth:
            place = f"line {line}, {place}"
            if ended:
                reason = f"the record breaks off, since the file ends here; {_FETCH}"
        self.ready.append(Refusal(self.path, self.record_line or line, f"{place}: {reason}"))

    def _resume(self, content: bytes) -> bytes | None:
        """
        Looks in *content* for the next record, or for the edge of an element around it, and sets a
        parser up that begins there; what it is to read comes back, None where there is none.
        """
        content = self.window + content
        match = self._edge().search(content)
        if match is None:
            cut = max(len(content) - _CARRIED, 0)
            self._pass(content[:cut])
            self.window = content[cut:]
            return None
        self._pass(content[: match.start()])
        self.window = b""
        if match["edge"] is not None:
            self._leave(match["edge"].decode(), closing=match["closing"] is not None)
        if not self.around:
            self.encoding = None
        self.parser = self._parser()
        self.prefix = "".join(f"<{tag}>" for tag in self.tags).encode(self.encoding or "UTF-8")
        self.parser.StartElementHandler = None
        self.parser.Parse(self.prefix, False)
        self.parser.StartElementHandler = self._start
        self.offset = len(self.prefix)
        return content[match.start() :]

    def _edge(self) -> re.Pattern[bytes]:
        if not self.around:
            return re.compile(rb"<(?P<edge>(?P<closing>(?!)))?(?=[A-Za-z_?!])")
        names = "|".join(map(re.escape, sorted(self.names)))
        around = "|".join(sorted({re.escape(name) for name, _ in self.around}))
        return re.compile(
            rf"<(?:(?:[\w.-]+:)?(?:{names})|(?P<closing>/)?(?:[\w.-]+:)?(?P<edge>{around}))"
            r"(?=[\s/>])".encode()
        )

    def _leave(self, name: str, *, closing: bool) -> None:
        """Forgets what must have ended before the edge of *name*, whose end may be lost."""
        while self.around[-1][0] != name:
            self.around.pop()
        if not closing:
            self.around.pop()
        del self.tags[len(self.around) :]

    def _pass(self, skipped: bytes) -> None:
        lines = skipped.count(b"\n")
        self.line += lines
        self.column = (
            len(skipped) - skipped.rfind(b"\n") - 1 if lines else self.column + len(skipped)
        )
