# SPDX-License-Identifier: EUPL-1.2
"""Reads the text of a table in blocks of rows, whatever its encoding, delimiter and quoting."""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from stadtkern.core import problems
from stadtkern.ingest.imports import flat, mapping, packed

if TYPE_CHECKING:
    import _csv

_SAMPLE = 1 << 20
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_DELIMITERS = ";\t,|"
# While the csv module reads, nothing else runs; the connection to the database must be fed meanwhile.
_BREATH = 1_000

Row = list[str]


class UnusableFile(problems.Problem):
    """The file cannot be read as a table.

    Save it as CSV in UTF-8 with one header line, or describe its layout under [file] in the mapping.
    """

    status = 422


class Layout(NamedTuple):
    """How the text is laid out."""

    encoding: str
    delimiter: str


class Broken(NamedTuple):
    """A stretch of lines that could not be split into cells."""

    line: int
    reason: str


class Block(NamedTuple):
    """Some consecutive rows, what was unreadable among them, and the lines they began in."""

    rows: Sequence[Row]
    marks: list[tuple[int, int]]
    """(index of a row, its line): the first row and each row after a broken line."""
    even: bool
    """Whether every row is one line long."""
    broken: list[Broken]
    done: int
    """How many bytes of the file are behind us."""

    def line(self, index: int) -> int:
        """The line in which a row begins; quoted line ends are counted."""
        start, line = next(mark for mark in reversed(self.marks) if mark[0] <= index)
        if self.even:
            return line + index - start
        return line + sum(1 + sum(cell.count("\n") for cell in row) for row in self.rows[start:index])


class Table:
    """An open file: its header, then its rows in blocks. Use it with `with`."""

    def __init__(self, *, path: Path, file: mapping.File):
        self.path = path
        self.size = path.stat().st_size
        self._raw, self._counted = packed.open_bytes(path=path)
        try:
            self._open(file)
        except BaseException:
            self._raw.close()
            raise

    def _open(self, file: mapping.File) -> None:
        self.layout = _layout(sample=self._peek(), file=file)
        text = io.TextIOWrapper(self._raw, encoding=self.layout.encoding, errors="replace", newline="")
        self._text = text
        for _ in range(file.skip):
            text.readline()
        self._line = file.skip + 1
        self.header = self._read_header()

    def __enter__(self) -> Table:
        """Hand out the table itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._text.close()

    def blocks(self, *, rows: int) -> Iterator[Block]:
        """The rows after the header, so many at a time; the same blocks each time the file is read."""
        while True:
            block = self._block(rows)
            if not block.rows and not block.broken:
                return
            yield block

    def _block(self, size: int) -> Block:
        lines = list(islice(self._text, size))
        narrow = self.layout.delimiter.isascii()
        plain = flat.read(lines, delimiter=self.layout.delimiter, width=len(self.header)) if narrow else None
        if plain is None:
            return self._split(lines, size)
        first, self._line = self._line, self._line + len(lines)
        return Block(plain, [(0, first)], True, [], self._counted.tell())

    def _split(self, lines: list[str], size: int) -> Block:
        """So many rows, beginning with these lines, of which there are at most as many."""
        reader = self._cells(chain(lines, self._text))
        rows: list[Row] = []
        broken: list[Broken] = []
        first = self._line
        marks = [(0, first)]
        while len(rows) < size:
            before = len(rows)
            try:
                rows.extend(islice(reader, min(_BREATH, size - before)))
            except csv.Error as error:
                broken.append(Broken(first + reader.line_num - 1, f"not readable as cells: {error}"))
                marks.append((len(rows), first + reader.line_num))
                continue
            if len(rows) == before:
                break
        self._line += reader.line_num
        even = not broken and reader.line_num == len(rows)
        return Block(rows, marks, even, broken, self._counted.tell())

    def _cells(self, lines: Iterable[str]) -> _csv.Reader:
        return csv.reader(lines, delimiter=self.layout.delimiter, strict=True)

    def _peek(self) -> bytes:
        sample = self._raw.read(_SAMPLE)
        self._raw.seek(0)
        if not sample.strip():
            raise UnusableFile(f"{self.path.name} is empty", where=self.path.name)
        if len(sample) == _SAMPLE and b"\n" not in sample and b"\r" not in sample:
            raise UnusableFile(
                f"{self.path.name} has no line end within the first mebibyte", where=self.path.name
            )
        return sample

    def _read_header(self) -> Row:
        reader = self._cells(self._text)
        try:
            header = next(reader)
        except (csv.Error, StopIteration) as error:
            raise UnusableFile(f"{self.path.name} has no readable header: {error}", where="line 1") from error
        self._line += reader.line_num
        return [cell.strip() for cell in header]


def fingerprint(path: Path) -> str:
    """SHA-256 of the file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _layout(*, sample: bytes, file: mapping.File) -> Layout:
    encoding = file.encoding or _encoding(sample)
    try:
        text = sample.decode(encoding, errors="replace")
    except LookupError as error:
        raise UnusableFile(f"there is no encoding named {encoding!r}", where="file.encoding") from error
    delimiter = file.delimiter or _delimiter(text, skip=file.skip)
    if len(delimiter) != 1:
        raise UnusableFile(f"the delimiter {delimiter!r} must be one character", where="file.delimiter")
    return Layout(encoding, delimiter)


def _encoding(sample: bytes) -> str:
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return name
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _delimiter(text: str, *, skip: int) -> str:
    """The sign that splits the first lines most often and most evenly."""
    lines = text.splitlines()[skip : skip + 30]

    def evenness(delimiter: str) -> tuple[int, int]:
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter)]
        usual = max(set(widths), key=widths.count, default=1)
        return (widths.count(usual) if usual > 1 else 0, usual)

    return max(_DELIMITERS, key=evenness)
