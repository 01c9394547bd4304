"""
A stretch of JSON text that moves over a file, and the values that begin in it.

The standard library's decoder reads each value where it begins. Over OpenAlex works (27 MB, 1,000
times the same) that took 0.20 s of CPU, ijson 3.6 with its C backend 0.38 s; and ijson cannot go on
behind a value that is broken.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from .opening import Broken

LONGEST_VALUE = 32 * 2**20  # characters; the longest real record met is 2.8 million

_SPACE = re.compile(r"[ \t\r\n]*")
_NOT_UTF8 = re.compile("[\udc80-\udcff]")
_FIRST_KEY = re.compile(r'\{\s*"((?:[^"\\]|\\.)*)"\s*:')
# A string, or what there is of it, or a bracket.
_BRACKETS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?:(?P<closed>")|\\?\Z)|[\[\]{}]', re.DOTALL)
# What may be left of a value that the end of the text cuts: 'nul', '1.', '\\u12'.
_REST_OF_A_CUT = re.compile(r"\s*|[a-zA-Z-]{1,8}|[.eE][+-]?\d*|\\?u?[0-9a-fA-F]{0,4}")
_LONGEST_INDENT = 200
_STEP = 2**16  # characters at least that the window moves by


class Fault(Exception):
    """A value that cannot be read; *cut* where more text could mend it."""

    def __init__(self, message: str, *, cut: bool = False) -> None:
        super().__init__(message)
        self.cut = cut


def _no_constant(name: str) -> NoReturn:
    raise Fault(f"{name} is not JSON; write null")


_DECODER = json.JSONDecoder(strict=False, parse_constant=_no_constant)


class Window:
    """A stretch of the text: what is before *at* is done with."""

    def __init__(self, text: Iterator[str]) -> None:
        self._pieces = text
        self.text = ""
        self.at = 0
        self.ended = False
        self.broken = ""  # why the text ended, if not by its end
        self._suspect = False  # whether there was a byte that is not UTF-8
        self._line = 1  # of the character at _counted
        self._counted = 0
        self._before = 0  # characters on the first line that are no longer in the window
        self._dropped = 0  # characters of the file before the window
        self._unclosed = 0  # where in the file brackets were last found not to close

    def grow(self, least: int = 1) -> bool:
        """Add at least *least* characters, and drop what is done with; False at the end."""
        if self.ended:
            return False
        added: list[str] = []
        size = 0
        try:
            while size < least:
                added.append(next(self._pieces))
                size += len(added[-1])
        except StopIteration:
            self.ended = True
        except Broken as error:
            self.ended, self.broken = True, str(error)
        if not size:
            return False
        self.line()
        # What a value is set in by stays before it.
        begin = self.text.rfind("\n", 0, self.at)
        kept = begin if 0 <= self.at - begin - 1 <= _LONGEST_INDENT else self.at
        kept = max(kept, 0)
        newline = self.text.rfind("\n", 0, kept)
        self._before = self._before + kept if newline < 0 else kept - newline - 1
        self._dropped += kept
        self.text = self.text[kept:] + "".join(added)
        self.at = self._counted = self.at - kept
        for piece in added:
            try:
                piece.encode()
            except UnicodeEncodeError:
                self._suspect = True
        return True

    def line(self) -> int:
        """The line of what comes next."""
        self._line += self.text.count("\n", self._counted, self.at)
        self._counted = self.at
        return self._line

    def place(self, position: int) -> str:
        """Line and column of *position* in the text, in words; the column alone on this line."""
        newline = self.text.rfind("\n", 0, position)
        column = position - newline if newline >= 0 else self._before + position + 1
        further = self.text.count("\n", self.at, position)
        return f"line {self.line() + further}, column {column}" if further else f"column {column}"

    def skip(self, space: re.Pattern[str] = _SPACE) -> str:
        """Go on to the next character that is no space, and say which; '' at the end."""
        while True:
            match = space.match(self.text, self.at)
            self.at = match.end() if match else self.at
            if self.at < len(self.text):
                return self.text[self.at]
            if not self.grow():
                return ""

    def decode(self) -> Any:
        """
        The value that begins here, and go on behind it.

        Raises: Fault, and stay.
        """
        content, self.at = self.parsed()
        return content

    def parsed(self) -> tuple[Any, int]:
        """
        The value that begins here, and where it ends; stay.

        Raises: Fault.
        """
        while True:
            try:
                content, end = _DECODER.raw_decode(self.text, self.at)
            except json.JSONDecodeError as error:
                cut = error.msg.startswith("Untermin") or (
                    _REST_OF_A_CUT.fullmatch(self.text, error.pos) is not None
                )
                if cut and self._more():
                    continue
                reason = f"{self.place(error.pos)}: not JSON ({error.msg}); correct it"
                raise Fault(reason, cut=cut) from None
            except RecursionError:
                raise Fault("the JSON is nested too deeply to be a paper; take it out") from None
            except ValueError as error:  # an integer of thousands of digits
                raise Fault(f"not JSON that can be read ({error}); correct the number") from None
            if end == len(self.text) and not isinstance(content, dict | list) and self._more():
                continue  # a number may go on
            self._check(end)
            return content, end

    def _check(self, end: int) -> None:
        """Raises: Fault for signs up to *end* that no JSON has."""
        nul = self.text.find("\0", self.at, end)
        if nul >= 0:
            raise Fault(f"{self.place(nul)}: a NUL byte; remove it (tr -d '\\000')")
        bad = _NOT_UTF8.search(self.text, self.at, end) if self._suspect else None
        if bad:
            raise Fault(
                f"{self.place(bad.start())}: byte 0x{ord(bad[0]) - 0xDC00:02x} is not UTF-8; "
                "save the file as UTF-8 (iconv -f ISO-8859-1 -t UTF-8)"
            )

    def _more(self) -> bool:
        """Take in as much again as there is of this value, within bounds."""
        length = len(self.text) - self.at
        if length > LONGEST_VALUE:
            limit = LONGEST_VALUE // 2**20
            raise Fault(f"longer than {limit} million characters; no paper is, split it")
        return self.grow(min(length, LONGEST_VALUE + 1 - length))

    def first_key(self) -> str:
        """The first key of the object that begins here; '' where it has none."""
        match = _FIRST_KEY.match(self.text, self.at)
        while match is None and len(self.text) - self.at < 4096 and self.grow():
            match = _FIRST_KEY.match(self.text, self.at)
        return match[1] if match else ""

    def indent(self) -> str | None:
        """What stands before this on its line, if that is only space and commas."""
        newline = self.text.rfind("\n", 0, self.at)
        if newline < 0 and self._before:
            return None
        before = self.text[newline + 1 : self.at]
        return before if not before.strip(" \t,\ufeff") else None

    def find(self, pattern: re.Pattern[str]) -> str:
        """
        Go on to the next match and say what it is, or to the end of the file.

        Matches are shorter than 4,096 characters.
        """
        while True:
            match = pattern.search(self.text, self.at)
            if match and (match.end() < len(self.text) or self.ended):
                self.at = match.start()
                return match[0]
            self.at = max(self.at, match.start() if match else len(self.text) - 4096)
            if not self.grow(_STEP):
                self.at = len(self.text)
                return ""

    def to_the_end(self) -> None:
        self.at = len(self.text)
        while self.grow():
            self.at = len(self.text)

    def bracketed(self) -> int | None:
        """How long the value that begins here is by its brackets; None where they do not close."""
        if self._dropped + self.at < self._unclosed:
            return None  # nor do they from here: it is looked at once
        done = depth = 0
        while True:
            for token in _BRACKETS.finditer(self.text, self.at + done):
                if token[0][0] == '"' and not token["closed"]:
                    break
                done = token.end() - self.at
                if token[0][0] != '"':
                    depth += 1 if token[0] in "[{" else -1
                    if depth <= 0:
                        return done if depth == 0 else None
            length = len(self.text) - self.at
            room = LONGEST_VALUE + 1 - length
            if room <= 0 or not self.grow(min(length, room)):
                self._unclosed = self._dropped + len(self.text)
                return None

    def sign_behind(self, length: int) -> str:
        """The first character that is no space, *length* characters from here; '' at the end."""
        while True:
            match = _SPACE.match(self.text, self.at + length)
            end = match.end() if match else len(self.text)
            if end < len(self.text):
                return self.text[end]
            if not self.grow():
                return ""
