"""
The values of a JSON file one after the other, in memory that does not grow with the file.

A file holds one value, a list of them, an answer of a service with a list in it, or any of these
one after the other, as JSON lines do. A value that is broken costs itself alone: the next one is
found again.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .jsonwindow import Fault, Window
from .opening import pieces

# Between values; a bracket too many does no harm.
_SPACE_IN_LIST = re.compile(r"[ \t\r\n,}]*")
_SPACE_BETWEEN = re.compile(r"[ \t\r\n,}\]\ufeff\x1e]*")
# How many broken objects are looked at for one that is like the last before a list is given up.
_MOST_TRIES = 100
_BEGIN = re.compile(r"[\[{](?=\s{0,100}(?:[\"\[{\]}]|null))")


@dataclass(frozen=True, slots=True)
class Shape:
    """
    How a service wraps its records: an object that begins with one of the keys *begins* is no
    record, but holds a list of them under one of *lists*, or wraps again under one of *inner*.
    """

    begins: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()
    inner: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Value:
    """
    A value and where it begins: its *line*, 1-based, and its *index* in its list, 1-based, or None
    outside of lists.

    *fault* says why it could not be read, with the remedy; *content* is then None. *over* tells
    that the file ends here, before its end.
    """

    line: int
    index: int | None
    content: Any
    fault: str = ""
    over: bool = False


@dataclass(slots=True)
class Glimpse:
    """What the beginning of a file shows: its first *records* and its *wrapper*'s keys."""

    records: list[Any] = field(default_factory=list)
    wrapper: set[str] = field(default_factory=set)


def values(path: Path, shape: Shape) -> Iterator[Value]:
    """The values of *path* in file order; what is broken comes as a value with a fault."""
    return _Walk(Window(pieces(path)), shape).values()


def looks_like_json(head: str) -> bool:
    """Whether *head* begins like JSON, or most of its lines do."""
    begin = head.lstrip()[:4]
    if begin[:1] in ("{", "[") or begin == "null":
        return True
    lines = [line for line in head.split("\n") if line.strip()]
    objects = sum(re.match(r'\s*\{\s*(?:"|\}|$)', line) is not None for line in lines)
    return 2 * objects > len(lines)


def glimpse(head: str, shape: Shape) -> Glimpse:
    """
    The first few records in *head*, and the keys of what wraps them.

    Of a record that *head* cuts, the members before the cut come.
    """
    seen = Glimpse()
    if not looks_like_json(head):
        return seen
    walk = _Walk(Window(iter([head])), shape, seen.wrapper)
    for value in walk.values():
        if not value.fault:
            seen.records.append(value.content)
        elif value.over and (begun := walk.begun()):
            seen.records.append(begun)
        if len(seen.records) == 8 and any(isinstance(record, dict) for record in seen.records):
            break
    return seen


class _Walk:
    """The way through a file: lists and wrappers are entered, anything else is a value."""

    def __init__(self, window: Window, shape: Shape, wrapper: set[str] | None = None) -> None:
        self._window = window
        self._shape = shape
        self._wrapper = wrapper if wrapper is not None else set()
        self._keys: list[str] = []  # of the last record that was whole, the first two
        self._over = False

    def values(self) -> Iterator[Value]:
        window = self._window
        while not self._over and (sign := window.skip(_SPACE_BETWEEN)):
            if sign == "[":
                yield from self._list()
            elif sign == "{" and window.first_key() in self._shape.begins:
                yield from self._wrapped()
            else:
                yield from self._value(None)
        if window.broken and not self._over:
            yield Value(window.line(), None, None, window.broken, over=True)

    def begun(self) -> dict[str, Any]:
        """The members of the record here that are whole, after the file broke off in it."""
        window = self._window
        members: dict[str, Any] = {}
        if window.skip() != "{":
            return members
        window.at += 1
        try:
            while window.skip() == '"':
                key = window.decode()
                members[key] = None
                if window.skip() != ":":
                    break
                window.at += 1
                window.skip()
                members[key] = window.decode()
                if window.skip() == ",":
                    window.at += 1
        except Fault:
            pass
        return members

    def _list(self) -> Iterator[Value]:
        """The elements of the list that begins here."""
        window = self._window
        window.at += 1
        index = 0
        while not self._over:
            sign = window.skip(_SPACE_IN_LIST)
            if sign == "]":
                window.at += 1
                return
            if not sign:
                yield self._ends(f"the file ends after record {index:,}, before its list is closed")
                return
            index += 1
            yield from self._value(index)

    def _wrapped(self) -> Iterator[Value]:
        """
        The records in the object that begins here; the object itself where it has none.

        Where it is broken before its list, the list is looked for.
        """
        window = self._window
        line = window.line()
        rest: dict[str, Any] = {}
        held = False
        window.at += 1
        while not self._over:
            try:
                entry = self._member(rest)
            except Fault as fault:
                if fault.cut and window.ended:
                    yield self._ends("the file ends inside the answer")
                    return
                yield Value(line, None, None, f"what wraps the records is broken: {fault}")
                found = window.find(_opening("", listed=False) if held else self._list_key())
                window.at += len(found)
                if held or not found:
                    return
                entry = self._list
            if entry is None:
                break
            held = held or entry is not _no_records
            yield from entry()
        if not held:
            yield Value(line, None, rest)

    def _member(self, rest: dict[str, Any]) -> Callable[[], Iterator[Value]] | None:
        """
        What yields the records of a wrapper's next member; None at the wrapper's end.

        What is no list of records goes into *rest*.

        Raises: Fault.
        """
        window = self._window
        while (sign := window.skip()) == ",":
            window.at += 1
        if sign == "}":
            window.at += 1
            return None
        if not sign:
            raise Fault("", cut=True)
        key = window.decode()
        sign = window.skip()
        if not isinstance(key, str) or sign != ":":
            reason = f"{window.place(window.at)}: not JSON (Expecting ':' delimiter); correct it"
            raise Fault(reason, cut=not sign)
        window.at += 1
        sign = window.skip()
        self._wrapper.add(key)
        if sign == "[" and key in self._shape.lists:
            return self._list
        if sign == "{" and key in self._shape.inner:
            return self._wrapped if window.first_key() in self._shape.begins else self._single
        content = window.decode()
        rest[key] = content if isinstance(content, str | int | float) else None
        return _no_records

    def _single(self) -> Iterator[Value]:
        yield from self._value(None)

    def _list_key(self) -> re.Pattern[str]:
        keys = "|".join(map(re.escape, sorted(self._shape.lists)))
        return re.compile(rf'"(?:{keys})"\s{{0,100}}:\s{{0,100}}(?=\[)')

    def _value(self, index: int | None) -> Iterator[Value]:
        """The value that begins here; a list in it that holds records is entered."""
        window = self._window
        line = window.line()
        try:
            content = window.decode()
        except Fault as fault:
            yield self._broken(line, index, fault)
            return
        if isinstance(content, dict):
            inside = list(self._unwrapped(content, line))
            if inside:
                yield from inside
                return
            self._keys = list(content)[:2]
        yield Value(line, index, content)

    def _unwrapped(self, content: dict[str, Any], line: int, depth: int = 0) -> Iterator[Value]:
        """The records that *content* wraps, if it does: a page of an answer in a list of pages."""
        for key in self._shape.lists & content.keys():
            if isinstance(content[key], list):
                self._wrapper.update(content)
                for index, record in enumerate(content[key], start=1):
                    yield Value(line, index, record)
                return
        for key in self._shape.inner & content.keys():
            inner = content[key]
            if isinstance(inner, dict) and depth < 3:
                self._wrapper.update(content)
                deeper = list(self._unwrapped(inner, line, depth + 1))
                yield from deeper or [Value(line, None, inner)]
                return

    def _broken(self, line: int, index: int | None, fault: Fault) -> Value:
        """The fault of the value that begins here; go on to where the next one does."""
        window = self._window
        cut = fault.cut and window.ended
        at = window.at
        if self._to_next(index, cut):
            return Value(line, index, None, str(fault))
        if not cut:
            self._over = True
            return Value(line, index, None, f"{fault}; nothing behind it could be read")
        window.at = at
        record = "this record" if index is None else f"record {index:,}"
        return self._ends(f"the file ends inside {record}", line, index)

    def _to_next(self, index: int | None, cut: bool) -> bool:
        """
        Go on to where the next value begins, or its list ends; False where that was not found.

        Brackets tell, unless a value on lines of its own seems to hold one that is set in alike:
        then that is the next. Failing both, it is an object with the first keys of the last one.
        """
        window = self._window
        indent = window.indent()
        if index is None and window.text[window.at] not in "[{":
            return bool(window.find(_BEGIN))
        opening = None if indent is None else _opening(indent, listed=index is not None)
        length = window.bracketed()
        if length is not None:
            end = window.at + length
            alone = opening is None or opening.search(window.text, window.at, end) is None
            follows = ("", "{", "[") if index is None else (",", "]")
            if alone and window.sign_behind(length) in follows:
                window.at += length
                return True
        if opening is not None:
            found = window.find(opening)
            window.at += len(found)
            return bool(found)
        keys = self._keys or [window.first_key()]
        if not cut and keys[0]:
            return self._to_one_alike(keys)
        window.to_the_end()
        return False

    def _to_one_alike(self, keys: list[str]) -> bool:
        window = self._window
        key = re.escape(json.dumps(keys[0], ensure_ascii=False))
        opening = re.compile(rf"[\[,\s]\{{\s{{0,100}}{key}\s{{0,100}}:")
        tried = 0
        while tried < _MOST_TRIES and window.find(opening):
            window.at += 1
            try:
                content, end = window.parsed()
            except Fault:
                tried += 1
                continue
            if list(content)[: len(keys)] == keys:
                return True
            window.at = end
        window.to_the_end()
        return False

    def _ends(self, what: str, line: int | None = None, index: int | None = None) -> Value:
        """That the file ends here, where it should not."""
        self._over = True
        line = self._window.line() if line is None else line
        remedy = self._window.broken or "fetch the file again"
        return Value(line, index, None, f"{what}; {remedy}", over=True)


def _no_records() -> Iterator[Value]:
    yield from ()


def _opening(indent: str, *, listed: bool) -> re.Pattern[str]:
    """Where an object begins that is set in by *indent*; *listed*, also where its list ends."""
    lead = re.escape(indent.lstrip("\ufeff"))
    begins = rf"\n{lead}(?=\{{\s{{0,100}}[\"}}]|\[\s{{0,100}}\{{)"
    if not listed:
        return re.compile(begins)
    outer = max(len(indent) - 1, 0)
    return re.compile(rf"{begins}|\n[ \t]{{0,{outer}}}(?=\])")
