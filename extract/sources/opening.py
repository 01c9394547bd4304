"""Bytes to text: what every format needs before it can look for papers."""

import codecs
import gzip
import hashlib
import io
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scholargraph import ScholarGraphError

LONGEST_LINE = 32 * 2**20  # bytes; the longest real record met is 30 KB
LARGEST_PAGE = 64 * 2**20  # bytes; a profile page of 27 papers is 44 KB
HEAD = 64 * 2**10  # bytes that are enough to recognise a format
_PIECE = 2**20  # bytes read at a time
_BLOCK = 64 * 2**10

_GZIP = b"\x1f\x8b"
# Files that people pass by mistake, each with the way out.
_NOT_TEXT = {
    b"%PDF": "a PDF; papers are read from their metadata, as JSON lines or a profile page",
    b"PK\x03\x04": "a ZIP archive; unpack it first",
    b"BZh": "compressed with bzip2; unpack it with bunzip2 first",
    b"\xfd7zXZ": "compressed with xz; unpack it with unxz first",
    b"\x28\xb5\x2f\xfd": "compressed with zstd; unpack it with unzstd first",
}
_WIDE_MARKS = {
    b"\xff\xfe\x00\x00": "UTF-32",
    b"\x00\x00\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}
# What gzip raises for data that is cut or damaged.
_DAMAGE = (EOFError, zlib.error, gzip.BadGzipFile)


class SourceError(ScholarGraphError):
    """A file that cannot be read as papers at all; the message says where and what to do."""


class Broken(Exception):
    """Compressed data that breaks off or is damaged; the message says so, with the remedy."""


@dataclass(frozen=True, slots=True)
class Line:
    """
    One line of a file, without its end; *number* is 1-based.

    *content* is None where the line cannot be had: it is too long, or the compressed data breaks
    off. *fault* then says so.
    """

    number: int
    content: bytes | None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """Some bytes of a file; none where the compressed data breaks off, and *fault* then says so."""

    content: bytes
    fault: str = ""


def head(path: Path) -> str:
    """
    The first 64 KB as text, for recognising a format; bytes that are not UTF-8 are replaced.

    XML may be in UTF-16, since it says so itself.

    Raises: SourceError for a file that holds no text in UTF-8.
    """
    start = b""
    with _bytes_of(path) as stream:
        try:
            while len(start) < HEAD and (more := stream.read1(HEAD)):
                start += more
        except _DAMAGE as error:
            if not start:
                raise SourceError(f"{path}: {_damaged(error)}") from error
    for mark, what in _NOT_TEXT.items():
        if start.startswith(mark):
            raise SourceError(f"{path}: the file is {what}")
    encoding = _xml_encoding(start)
    if encoding is None:
        _refuse_wide_encodings(path, start)
    text = _with_unix_ends(start.decode(encoding or "utf-8", errors="replace"))
    if not text.strip():
        raise SourceError(f"{path}: the file is empty; a source holds at least one paper")
    return text


def lines(path: Path) -> Iterator[Line]:
    """Every line of *path*, one at a time; a line over `LONGEST_LINE` is passed over."""
    number = 0
    with _bytes_of(path) as stream:
        while True:
            number += 1
            try:
                content = stream.readline(LONGEST_LINE + 1)
                if not content:
                    return
                if len(content) > LONGEST_LINE:
                    while content and not content.endswith(b"\n"):
                        content = stream.readline(2**20)
                    limit = LONGEST_LINE // 2**20
                    yield Line(number, None, f"the line is longer than {limit} MB; split the file")
                    continue
            except _DAMAGE as error:
                yield Line(number, None, _damaged(error))
                return
            yield Line(number, content.rstrip(b"\r\n"))


def blocks(path: Path) -> Iterator[Block]:
    """The bytes of *path*, unpacked, some 64 KB at a time."""
    with _bytes_of(path) as stream:
        while True:
            try:
                content = stream.read1(_BLOCK)
            except _DAMAGE as error:
                yield Block(b"", _damaged(error))
                return
            if not content:
                return
            yield Block(content)


def pieces(path: Path) -> Iterator[str]:
    """
    The text of *path* in pieces of about 1 MB, without a byte order mark.

    A byte that is not UTF-8 comes as half a surrogate, U+DC80 to U+DCFF (PEP 383).

    Raises: Broken, after what could be read.
    """
    decoder = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape")
    with _bytes_of(path) as stream:
        try:
            while content := stream.read1(_PIECE):
                if text := decoder.decode(content):
                    yield text
        except _DAMAGE as error:
            raise Broken(_damaged(error)) from error
    if text := decoder.decode(b"", final=True):
        yield text


def page(path: Path) -> tuple[str, bool]:
    """
    The whole of a page as text, and whether it breaks off inside a character.

    Line ends become ``\\n``; a byte order mark is dropped.

    Raises: SourceError for bytes that are not UTF-8, for NUL bytes, and above `LARGEST_PAGE`.
    """
    with _bytes_of(path) as stream:
        try:
            content = stream.read(LARGEST_PAGE + 1)
        except _DAMAGE as error:
            raise SourceError(f"{path}: {_damaged(error)}") from error
    if len(content) > LARGEST_PAGE:
        limit = LARGEST_PAGE // 2**20
        raise SourceError(f"{path}: the page is larger than {limit} MB; save one profile a file")
    if b"\0" in content:
        line = content.count(b"\n", 0, content.index(b"\0")) + 1
        raise SourceError(f"{path}:{line}: a NUL byte; save the page again as plain text")
    cut = False
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        if error.reason != "unexpected end of data" or error.end != len(content):
            line = content.count(b"\n", 0, error.start) + 1
            raise SourceError(
                f"{path}:{line}: byte 0x{content[error.start]:02x} is not UTF-8; "
                "save the page as UTF-8 (iconv -f ISO-8859-1 -t UTF-8)"
            ) from error
        text, cut = content[: error.start].decode(), True
    return _with_unix_ends(text), cut


def source_hash(path: Path) -> str:
    """
    SHA-256 of the bytes of *path*, as 64 hexadecimal digits.

    Raises: SourceError for a file that cannot be opened.
    """
    with _opened(path) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def _opened(path: Path) -> Iterator[io.BufferedReader]:
    """*path* as it lies on disk. What is no file (a folder, a pipe) is refused before reading."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise SourceError(f"{path}: this is a folder; name the files in it")
        if not stat.S_ISREG(mode):
            raise SourceError(f"{path}: this is not a file; write its content to one first")
        with path.open("rb") as stream:
            yield stream
    except FileNotFoundError as error:
        if path == Path("-"):
            raise SourceError(
                "-: papers are read from files; write what is piped to one first"
            ) from error
        raise SourceError(f"{path}: no such file; check the spelling of the path") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path itself
        if isinstance(error, (gzip.BadGzipFile, UnicodeError)):
            raise
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise SourceError(f"{path}: {reason}; the file must be readable") from error


@contextmanager
def _bytes_of(path: Path) -> Iterator[io.BufferedIOBase]:
    """The bytes of *path*, unpacked where they begin with gzip's magic number."""
    with _opened(path) as stream:
        magic = stream.read(2)
        stream.seek(0)
        if magic == _GZIP:
            with gzip.open(stream) as unpacked:
                yield unpacked
        else:
            yield stream


def _with_unix_ends(text: str) -> str:
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _damaged(error: Exception) -> str:
    if isinstance(error, EOFError):
        return "the compressed data breaks off here; fetch the file again"
    return f"the compressed data is damaged ({error}); fetch the file again"


def _xml_encoding(start: bytes) -> str | None:
    """UTF-16 in its two orders, where the first character is the one that XML begins with."""
    bare = start.removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    return {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}.get(bare[:2])


def _refuse_wide_encodings(path: Path, start: bytes) -> None:
    encoding = next((name for mark, name in _WIDE_MARKS.items() if start.startswith(mark)), "")
    if not encoding:
        # Without a mark, every other byte of mostly Latin text is NUL.
        sample = start[:4096]
        if max(sample[0::2].count(0), sample[1::2].count(0)) <= len(sample) // 4 or not sample:
            return
        encoding = "UTF-16"
    raise SourceError(
        f"{path}: the file is {encoding}; save it as UTF-8 (iconv -f {encoding} -t UTF-8)"
    )
